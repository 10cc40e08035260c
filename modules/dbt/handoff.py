"""What dbt needs to know: a profile for the AWS SDK, as the guide has it, and one for dbt.

https://github.com/dbt-labs/dbt-athena/blob/5fd1d8cf70f1aa392b84bc67a141600a54640f86/tests/restrictive_role.md
(2026-11) and https://docs.getdbt.com/docs/core/connect-data-platform/athena-setup (2026-11).
"""

import json

from athena_gate.modules.dbt.settings import DbtSettings

FORM = "dbt: paste one text into ~/.aws/config, the other into ~/.dbt/profiles.yml"

LABELS = {
    "role_arn": "Role ARN",
    "aws_config_profile": "~/.aws/config",
    "dbt_profile": "~/.dbt/profiles.yml",
    "limits": "All queries together may scan",
}


def handoff(settings: DbtSettings) -> dict[str, str]:
    """Return what is known before anything is deployed; none of it is secret."""
    role = {
        "role_arn": settings.identity,
        "aws_config_profile": aws_config_profile(settings),
    }
    return {
        **({} if settings.keys else role),
        "dbt_profile": dbt_profile(settings),
        **({"limits": settings.watched.told} if settings.watched else {}),
    }


def aws_config_profile(settings: DbtSettings) -> str:
    """Return the section of ``~/.aws/config`` that takes dbt's role, with a token or from another
    profile.

    The settings: https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
    (2026-11).
    """
    lines = [
        f"[profile {settings.resource_name}]",
        f"role_arn = {settings.identity}",
        *(
            ("# the file with the token, as the provider's tool writes it",)
            if settings.web_identity
            else ("# default, or another profile that may take the role",)
        ),
        "web_identity_token_file = token" if settings.web_identity else "source_profile = default",
        f"region = {settings.account.region}",
    ]
    if settings.external_id:
        lines.append(f"external_id = {settings.external_id}")
    if settings.session_duration:
        lines.append(f"duration_seconds = {settings.session_duration}")
    return "\n".join(lines)


def dbt_profile(settings: DbtSettings) -> str:
    """Return a profile of ``profiles.yml`` with one target, named as the block is.

    The profile of the AWS SDK takes the role, which every version of dbt-athena can use. Access
    keys are for a form, as the dbt platform has one, or for the environment: in a file they would
    lie in plain text.
    """
    target = {
        "type": "athena",
        **({} if settings.keys else {"aws_profile_name": settings.resource_name}),
        "region_name": settings.account.region,
        # Lower case is how dbt-athena knows Glue's own catalog.
        "database": "awsdatacatalog",
        "schema": settings.databases[0],
        "work_group": settings.workgroup_name,
        # Athena refuses one beside results that it keeps itself.
        **({"s3_staging_dir": settings.results_location} if settings.results_location else {}),
        "s3_data_dir": settings.data_location,
    }
    return "\n".join(
        [
            f"{settings.resource_name}:",
            # Quoted, for YAML reads a bare on, 1e3 or 2026_11 as something else than text.
            f"  target: {json.dumps(settings.name)}",
            "  outputs:",
            f"    {json.dumps(settings.name)}:",
            *(f"      {key}: {json.dumps(value)}" for key, value in target.items()),
        ]
    )
