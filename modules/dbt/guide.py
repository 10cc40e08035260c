"""What dbt-athena documents for its restricted role, as data: see ``GUIDE.source``."""

from modules.athena.settings import source_keys, source_locations
from modules.athena.statements import CALLED_VIA_ATHENA, DEFAULT_CATALOG, via_s3_services
from modules.dbt.settings import DbtSettings
from modules.iam.guide import Guide
from modules.iam.policy import Policy, Principal, Statement

_VIA_ATHENA = (CALLED_VIA_ATHENA,)

_LOOK_UP = ("athena:GetDataCatalog", "athena:ListDatabases", "athena:GetDatabase")
_RUN_QUERIES = (
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
    "athena:BatchGetQueryExecution",
)
_BUILD_TABLES = (
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:DeleteTable",
    "glue:GetDatabases",
    "glue:GetDatabase",
    "glue:GetTable",
    "glue:GetTables",
)
_REACH_BUCKET = ("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads")
_READ_AND_WRITE = (
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:AbortMultipartUpload",
    "s3:PutObject",
)
_S3 = (*_REACH_BUCKET, *_READ_AND_WRITE, "s3:DeleteObject")
_ACCOUNT_ROOT = (Principal("AWS", "arn:{partition}:iam::{account}:root"),)

# The template writes the partition as aws, which is right in that one only.
_DOCUMENTED_TRUST = Policy(
    (
        Statement(
            "Allow",
            why="The guide trusts the account it is deployed in.",
            principals=_ACCOUNT_ROOT,
            actions=("sts:AssumeRole",),
        ),
    )
)

# The template's first version, which the page describes; two weeks later a second one opened Glue
# without the condition, and the file left the repository.
GUIDE = Guide(
    vendor="dbt",
    title="restrictive_role_cf.yaml, the role DbtAthenaRestricted",
    source="https://github.com/dbt-labs/dbt-athena/blob/"
    "5fd1d8cf70f1aa392b84bc67a141600a54640f86/tests/restrictive_role_cf.yaml",
    date="2026-11-22",
    documented=Policy(
        (
            Statement(
                "Allow",
                sid="AthenaPermissions",
                why="Run queries, and look up databases through Athena.",
                actions=("athena:ListDataCatalogs", *_LOOK_UP, *_RUN_QUERIES),
                resources=("*",),
            ),
            Statement(
                "Allow",
                sid="GlueViaAthenaPermissions",
                why="Athena makes, changes and deletes tables for dbt.",
                actions=_BUILD_TABLES,
                resources=("*",),
                conditions=_VIA_ATHENA,
            ),
            Statement(
                "Allow",
                sid="S3ViaAthenaPermissions",
                why="Athena reads and writes the tables' files for dbt.",
                actions=_S3,
                resources=("*",),
                conditions=_VIA_ATHENA,
            ),
        )
    ),
    documented_trust=_DOCUMENTED_TRUST,
    beside={
        "glue:DeleteDatabase": "dbt drops the databases of runs that are over.",
        "glue:DeleteTableVersion": "dbt trims old versions of the tables it replaces.",
    },
)

GUIDES = {"access": GUIDE}


def values(settings: DbtSettings) -> dict[str, tuple[str, ...]]:
    """Return what the guide's placeholders stand for in ``settings``."""
    account = settings.account
    return {
        "partition": (account.arns.partition,),
        "region": (account.region,),
        "account": (account.id,),
        "trusted": settings.trusted,
        "external_id": (settings.external_id,) if settings.external_id else (),
        "workgroup": (settings.workgroup_name,),
        "catalog": (DEFAULT_CATALOG,),
        "database": settings.databases,
        "source_database": settings.source_databases,
        "source_bucket": tuple(source.bucket for source in settings.sources),
        "source_location": source_locations(settings.sources),
        "source_key": source_keys(settings.sources),
        "data_bucket": (settings.data_bucket,),
        "data_path": (settings.data_path,),
        "results_bucket": (settings.results_bucket,),
        "results_path": (settings.results_path,),
        "written_key": tuple(
            key for key in (settings.data.kms_key, settings.results.kms_key) if key
        ),
        "via_s3": via_s3_services(account.arns),
    }
