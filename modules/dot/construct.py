"""The resources of a ``dot`` block."""

from modules.athena.access_keys import access_keys
from modules.athena.bucket import DEFAULT_EXPIRY_DAYS, PrivateBucket
from modules.athena.identity import managed_policies, user
from modules.athena.workgroup import workgroup
from modules.bindings import Construct
from modules.dot.handoff import handoff
from modules.dot.policies import access, managed
from modules.dot.settings import DotSettings


class Dot(Construct):
    """An IAM user for Dot with its policy and keys, a workgroup, and a results bucket.

    ``handoff`` holds what Dot's form asks for, and ``encrypted_secrets`` the secret access keys
    by generation, each encrypted to the PGP key of the settings (base64).
    """

    def __init__(self, scope: Construct, construct_id: str, settings: DotSettings) -> None:
        """Make everything ``settings`` asks for.

        Raises ``PolicyTooLarge`` when one statement alone is longer than AWS takes.
        """
        super().__init__(scope, construct_id)
        name = settings.resource_name
        dot = user(
            self,
            name=name,
            path=settings.path,
            permissions_boundary=settings.permissions_boundary,
            policies={
                **{arn.rsplit("/", 1)[1]: arn for arn in managed(settings)},
                **managed_policies(
                    self,
                    access(settings),
                    name=name,
                    path=settings.path,
                    description="What Dot may do in Athena.",
                ),
            },
        )
        if settings.results.create:
            PrivateBucket(
                self,
                "results",
                name=settings.results_bucket,
                partition=settings.account.arns.partition,
                kms_key=settings.results.kms_key,
                expire_after_days=settings.results.expire_after_days or DEFAULT_EXPIRY_DAYS,
                # Results are copies that expire anyway: a deleted block must not stay for them.
                force_destroy=True,
            )
        workgroup(
            self,
            name,
            settings.workgroup,
            description="Queries of Dot",
            results_location=settings.results_location,
            results_owner=settings.account.id,
            results_key=settings.results.kms_key,
        )
        keys = access_keys(self, dot, settings.keys)
        self.handoff = {
            **handoff(settings),
            **{f"access_key_id_{generation}": key.id for generation, key in keys.items()},
        }
        self.encrypted_secrets = {
            generation: key.encrypted_secret for generation, key in keys.items()
        }


build = Dot
