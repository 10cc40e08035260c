"""The resources of an ``immuta`` block."""

from collections.abc import Mapping

from modules.athena.access_keys import access_keys
from modules.athena.bucket import DEFAULT_EXPIRY_DAYS, PrivateBucket
from modules.athena.identity import managed_policies, role, user
from modules.athena.workgroup import workgroup
from modules.bindings import Construct, IamAccessKey, IamInstanceProfile, IamRolePolicyAttachment
from modules.immuta.handoff import handoff
from modules.immuta.policies import access, trust
from modules.immuta.settings import ImmutaSettings


class Immuta(Construct):
    """A user with keys, or a role of EC2 instances, for Immuta; a workgroup and a results bucket.

    ``handoff`` holds what Immuta's form asks for, and ``encrypted_secrets`` the secret access keys
    by generation, each encrypted to the PGP key of the settings (base64); an instance role has
    none.
    """

    def __init__(self, scope: Construct, construct_id: str, settings: ImmutaSettings) -> None:
        """Make everything ``settings`` asks for.

        Raises ``PolicyTooLarge`` when one statement alone is longer than AWS takes.
        """
        super().__init__(scope, construct_id)
        name = settings.resource_name
        policies = managed_policies(
            self,
            access(settings),
            name=name,
            path=settings.path,
            description="What Immuta may do in Athena.",
        )
        keys: dict[str, IamAccessKey] = {}
        if settings.keys is not None:
            immuta = user(
                self,
                name=name,
                path=settings.path,
                permissions_boundary=settings.permissions_boundary,
                policies=policies,
            )
            keys = access_keys(self, immuta, settings.keys)
        elif settings.role_name is None:
            self._instance_role(settings, policies)
        else:
            for part, arn in policies.items():
                IamRolePolicyAttachment(
                    self, f"attach-{part}", role=settings.role_name, policy_arn=arn
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
        # Immuta sends the location with each query. An enforced workgroup overrides it without a
        # word, so both are made from the same settings:
        # https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html (2026-11)
        workgroup(
            self,
            name,
            settings.workgroup,
            description="Queries of Immuta",
            results_location=settings.results_location,
            results_owner=settings.account.id,
            results_key=settings.results.kms_key,
        )
        self.handoff = {
            **handoff(settings),
            **{f"access_key_id_{generation}": key.id for generation, key in keys.items()},
        }
        self.encrypted_secrets = {
            generation: key.encrypted_secret for generation, key in keys.items()
        }

    def _instance_role(self, settings: ImmutaSettings, policies: Mapping[str, str]) -> None:
        made = role(
            self,
            trust(settings),
            name=settings.resource_name,
            path=settings.path,
            description="Immuta's EC2 instances",
            permissions_boundary=settings.permissions_boundary,
            policies=policies,
        )
        IamInstanceProfile(
            self,
            "instance_profile",
            name=settings.resource_name,
            path=settings.path,
            role=made.name,
        )


build = Immuta
