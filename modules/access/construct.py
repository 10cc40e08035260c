"""The resources of a vendor's block."""

from athena_gate.modules.access.handoff import handoff
from athena_gate.modules.access.policies import access, grants, managed, trust
from athena_gate.modules.access.settings import Access, QueryAccess, TablesAccess
from athena_gate.modules.athena.construct.access_keys import access_keys
from athena_gate.modules.athena.construct.alarms import alarms
from athena_gate.modules.athena.construct.bucket import PrivateBucket, results_bucket
from athena_gate.modules.athena.construct.identity import managed_policies, role, user
from athena_gate.modules.athena.construct.lake_formation import lake_formation
from athena_gate.modules.athena.construct.workgroup import workgroup
from athena_gate.modules.bindings import (
    Construct,
    IamAccessKey,
    IamInstanceProfile,
    IamOpenidConnectProvider,
    IamRolePolicyAttachment,
    TerraformResource,
)


class VendorAccess(Construct):
    """A user or role for a vendor with its policy, and what it queries or writes with.

    ``handoff`` holds what the vendor's form asks for, and ``encrypted_secrets`` the secret access
    keys by generation, each encrypted to the PGP key of the settings (base64).
    """

    def __init__(self, scope: Construct, construct_id: str, settings: Access) -> None:
        """Make everything ``settings`` asks for.

        Raises ``PolicyTooLarge`` when one statement alone is longer than AWS takes.
        """
        super().__init__(scope, construct_id)
        policies = managed_policies(
            self,
            access(settings),
            name=settings.resource_name,
            path=settings.path,
            description=f"What {settings.vendor_name} may do in Athena.",
        )
        attached = {arn.rsplit("/", 1)[1]: arn for arn in managed(settings)}
        keys = self._identity(settings, {**attached, **policies})
        if settings.lake_formation is not None and settings.lake_formation.grants:
            lake_formation(self, grants(settings), self._made())
        if isinstance(settings, QueryAccess):
            self._results(settings)
        elif isinstance(settings, TablesAccess):
            self._tables(settings)
        if isinstance(settings, QueryAccess | TablesAccess) and settings.watched:
            alarms(self, settings.watched)
        self.handoff = {
            **handoff(settings),
            **{f"access_key_id_{generation}": key.id for generation, key in keys.items()},
        }
        self.encrypted_secrets = {
            generation: key.encrypted_secret for generation, key in keys.items()
        }

    def _identity(self, settings: Access, policies: dict[str, str]) -> dict[str, IamAccessKey]:
        name, boundary = settings.identity_name, settings.permissions_boundary
        if settings.keys is not None:
            made = user(
                self,
                name=name,
                path=settings.path,
                permissions_boundary=boundary,
                policies=policies,
            )
            return access_keys(self, made, settings.keys)
        if settings.existing_role is not None:
            for part, arn in policies.items():
                IamRolePolicyAttachment(
                    self, f"attach-{part}", role=settings.existing_role, policy_arn=arn
                )
            return {}
        taken = role(
            self,
            trust(settings),
            name=name,
            path=settings.path,
            description=f"{settings.vendor_name} acts as this role.",
            permissions_boundary=boundary,
            policies=policies,
        )
        if settings.runs_on is not None and settings.runs_on.on == "ec2":
            IamInstanceProfile(
                self,
                "instance_profile",
                name=settings.resource_name,
                path=settings.path,
                role=taken.name,
            )
        given = settings.web_identity
        if given is not None and settings.provider and given.provider is None:
            # IAM trusts the provider's certificate by itself; no thumbprint is needed:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
            # (2026-11).
            IamOpenidConnectProvider(
                self,
                "provider",
                url=f"https://{settings.issuer}",
                client_id_list=[str(given.audience)],
            )
        return {}

    def _made(self) -> TerraformResource | None:
        """Return the user or role that is made, if one is."""
        made = self.node.try_find_child("user") or self.node.try_find_child("role")
        return made if isinstance(made, TerraformResource) else None

    def _results(self, settings: QueryAccess) -> None:
        results_bucket(
            self,
            settings.results,
            name=settings.results_bucket,
            partition=settings.account.arns.partition,
            kept_but=settings.results_path if settings.adopts_bucket else None,
        )
        if settings.results_location and settings.workgroup.create:
            workgroup(
                self,
                settings.own_workgroup,
                settings.workgroup,
                description=f"Queries of {settings.vendor_name}",
                results_location=settings.results_location,
                account=settings.account.id,
                results_owner=settings.results.owner,
                results_key=settings.results.kms_key,
                enforce=settings.profile.workgroup.enforced,
                tags=settings.profile.workgroup.tags,
            )

    def _tables(self, settings: TablesAccess) -> None:
        if settings.create_bucket:
            # The tables are the customer's: nothing deletes them, neither time nor a deleted
            # block (S3 refuses to delete a bucket that holds objects).
            PrivateBucket(
                self,
                "bucket",
                name=settings.bucket,
                partition=settings.account.arns.partition,
                kms_key=settings.kms_key,
                expire_after_days=settings.results_expire_after_days,
                expire_prefix=settings.results_prefix,
                adopted=settings.adopts_bucket,
            )
        if settings.workgroup is not None and settings.workgroup.create:
            workgroup(
                self,
                settings.workgroup_name,
                settings.workgroup,
                description=f"Queries of {settings.vendor_name}",
                results_location=f"s3://{settings.bucket}/{settings.results_prefix}",
                account=settings.account.id,
                results_owner=settings.bucket_owner,
                results_key=settings.kms_key,
                # Enforced, a workgroup refuses tables at a location of their own, and would gain
                # nothing, as the policy lets the vendor write to this one bucket (2026-11):
                # https://docs.aws.amazon.com/athena/latest/ug/workgroups-troubleshooting.html
                enforce=False,
            )


build = VendorAccess
