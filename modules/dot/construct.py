"""The resources of a ``dot`` block."""

from modules.athena.access_keys import access_keys
from modules.athena.results_bucket import ResultsBucket
from modules.athena.workgroup import workgroup
from modules.bindings import (
    Construct,
    IamPolicy,
    IamUser,
    IamUserPolicyAttachment,
)
from modules.dot.handoff import handoff
from modules.dot.policies import access, managed_policies
from modules.dot.settings import DotSettings
from modules.iam.policy import MANAGED_POLICY_LIMIT


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
        user = IamUser(
            self,
            "user",
            name=name,
            path=settings.path,
            permissions_boundary=settings.permissions_boundary,
            # A key or login made by hand must not keep a deleted block alive.
            force_destroy=True,
        )
        attachments = {arn.rsplit("/", 1)[1]: arn for arn in managed_policies(settings)}
        for number, policy in enumerate(access(settings).split(MANAGED_POLICY_LIMIT), start=1):
            part = "access" if number == 1 else f"access-{number}"
            attachments[part] = IamPolicy(
                self,
                part,
                name=part.replace("access", name),
                path=settings.path,
                description=f"What Dot may do in Athena ({settings.grants}).",
                policy=policy.terraform_json(MANAGED_POLICY_LIMIT),
            ).arn
        for part, arn in attachments.items():
            IamUserPolicyAttachment(self, f"attach-{part}", user=user.name, policy_arn=arn)
        if settings.results.create:
            ResultsBucket(
                self,
                "results",
                name=settings.results_bucket,
                partition=settings.account.arns.partition,
                kms_key=settings.results.kms_key,
                expire_after_days=settings.results.expire_after_days,
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
        keys = access_keys(self, user, settings.keys)
        self.handoff = {
            **handoff(settings),
            **{f"access_key_id_{generation}": key.id for generation, key in keys.items()},
        }
        self.encrypted_secrets = {
            generation: key.encrypted_secret for generation, key in keys.items()
        }
