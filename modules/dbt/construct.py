"""The resources of a ``dbt`` block."""

from athena_gate.modules.athena.construct.access_keys import access_keys
from athena_gate.modules.athena.construct.alarms import alarms
from athena_gate.modules.athena.construct.bucket import PrivateBucket, results_bucket
from athena_gate.modules.athena.construct.identity import managed_policies, role, user
from athena_gate.modules.athena.construct.lake_formation import lake_formation
from athena_gate.modules.athena.construct.workgroup import workgroup
from athena_gate.modules.bindings import Construct, IamAccessKey, TerraformResource
from athena_gate.modules.dbt.handoff import handoff
from athena_gate.modules.dbt.policies import access, grants, trust
from athena_gate.modules.dbt.settings import DbtSettings


class Dbt(Construct):
    """A role or user for dbt with its policy, buckets for results and tables, and a workgroup on
    request.

    ``handoff`` holds the role's ARN and profiles to paste, and ``encrypted_secrets`` the secret
    access keys by generation, each encrypted to the PGP key of the settings (base64).
    """

    def __init__(self, scope: Construct, construct_id: str, settings: DbtSettings) -> None:
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
            # Without the mode: a policy's description cannot be changed, so another mode would
            # replace the policy, and dbt would have none meanwhile (measured 2026-11):
            # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
            description="What dbt may do in Athena.",
        )
        keys = self._identity(settings, policies)
        results_bucket(
            self,
            settings.results,
            name=settings.results_bucket,
            partition=settings.account.arns.partition,
        )
        if settings.data.create:
            # Tables neither expire nor go with the block: Terraform refuses to delete a bucket
            # that holds some.
            PrivateBucket(
                self,
                "data",
                name=settings.data_bucket,
                partition=settings.account.arns.partition,
                kms_key=settings.data.kms_key,
            )
        if settings.watched:
            alarms(self, settings.watched)
        if (
            settings.workgroup is not None
            and settings.results_location
            and settings.makes_workgroup
        ):
            workgroup(
                self,
                name,
                settings.workgroup,
                description="Queries of dbt",
                results_location=settings.results_location,
                account=settings.account.id,
                results_owner=settings.results.owner,
                results_key=settings.results.kms_key,
                # Athena refuses to make a table at a location of its own where the workgroup
                # enforces one, and dbt names one for each table:
                # https://github.com/dbt-labs/dbt-athena/issues/176 (2023-03-10)
                enforce=False,
            )
        self.handoff = {
            **handoff(settings),
            **{f"access_key_id_{generation}": key.id for generation, key in keys.items()},
        }
        self.encrypted_secrets = {
            generation: key.encrypted_secret for generation, key in keys.items()
        }

    def _identity(self, settings: DbtSettings, policies: dict[str, str]) -> dict[str, IamAccessKey]:
        name, boundary = settings.resource_name, settings.permissions_boundary
        if settings.keys is not None:
            made = user(
                self,
                name=name,
                path=settings.path,
                permissions_boundary=boundary,
                policies=policies,
            )
            self._grants(settings, made)
            return access_keys(self, made, settings.keys)
        found = role(
            self,
            trust(settings),
            name=name,
            path=settings.path,
            description="dbt building models in Athena",
            permissions_boundary=boundary,
            policies=policies,
            max_session_duration=settings.max_session_duration,
        )
        self._grants(settings, found)
        return {}

    def _grants(self, settings: DbtSettings, to: TerraformResource) -> None:
        if settings.lake_formation is not None and settings.lake_formation.grants:
            lake_formation(self, grants(settings), to)


build = Dbt
