"""What dbt-athena documents for its restricted role, as data: see ``GUIDE.source``."""

from modules.athena.deviations import LAKE_FORMATION, reads_with_key, writes_with_key
from modules.athena.statements import CALLED_VIA_ATHENA, DEFAULT_CATALOG, via_s3_services
from modules.dbt.settings import DbtSettings
from modules.iam.guide import Deviation, Guide
from modules.iam.policy import Condition, Grant, Policy, Principal, Statement

_ATHENA = "arn:{partition}:athena:{region}:{account}"
_GLUE = "arn:{partition}:glue:{region}:{account}"
_WORKGROUP = (_ATHENA + ":workgroup/{workgroup}",)
_DATA_CATALOG = (_ATHENA + ":datacatalog/{catalog}",)
_TABLES = (_GLUE + ":catalog", _GLUE + ":database/{database}", _GLUE + ":table/{database}/*")
_DROPPED_WITH_A_DATABASE = (*_TABLES, _GLUE + ":userDefinedFunction/{database}/*")
_SOURCE_TABLES = (
    _GLUE + ":catalog",
    _GLUE + ":database/{source_database}",
    _GLUE + ":table/{source_database}/*",
)
_DEFAULT_DATABASE = (_GLUE + ":catalog", _GLUE + ":database/default")
_DATA_BUCKET = ("arn:{partition}:s3:::{data_bucket}",)
_DATA_OBJECTS = ("arn:{partition}:s3:::{data_bucket}/{data_path}*",)
_RESULTS_BUCKET = ("arn:{partition}:s3:::{results_bucket}",)
_RESULTS_OBJECTS = ("arn:{partition}:s3:::{results_bucket}/{results_path}*",)
_SOURCE_BUCKETS = ("arn:{partition}:s3:::{source_bucket}",)
_SOURCE_OBJECTS = ("arn:{partition}:s3:::{source_location}*",)
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
_NAMED = (Principal("AWS", "{trusted}"),)
_WITH_EXTERNAL_ID = (Condition("StringEquals", "sts:ExternalId", ("{external_id}",)),)

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

_TRUST_DEVIATIONS = (
    Deviation(
        "The guide trusts the account: whoever its administrators let take roles can take this "
        "one. Ours trusts the roles and users named.",
        dropped=(Statement("Allow", actions=("sts:AssumeRole",), principals=_ACCOUNT_ROOT),),
        added=(Statement("Allow", actions=("sts:AssumeRole",), principals=_NAMED),),
    ),
    Deviation(
        "Who takes the role must also give a text that was agreed on.",
        when="external_id",
        dropped=(Statement("Allow", actions=("sts:AssumeRole",), principals=_NAMED),),
        added=(
            Statement(
                "Allow",
                actions=("sts:AssumeRole",),
                principals=_NAMED,
                conditions=_WITH_EXTERNAL_ID,
            ),
        ),
    ),
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
    trust_deviations=_TRUST_DEVIATIONS,
    deviations=(
        Deviation(
            "The guide opens every workgroup of the account, the queries of others included; ours "
            "the one dbt queries in.",
            dropped=(Statement("Allow", actions=_RUN_QUERIES, resources=("*",)),),
            added=(Statement("Allow", actions=_RUN_QUERIES, resources=_WORKGROUP),),
        ),
        Deviation(
            "The guide opens every data catalog, those of other accounts included; ours Glue's.",
            dropped=(Statement("Allow", actions=_LOOK_UP, resources=("*",)),),
            added=(Statement("Allow", actions=_LOOK_UP, resources=_DATA_CATALOG),),
        ),
        Deviation(
            "Where Glue answers Athena only, tables and their columns can be found through Athena "
            "alone; the guide lists databases, not tables.",
            added=(
                Statement(
                    "Allow",
                    actions=("athena:GetTableMetadata", "athena:ListTableMetadata"),
                    resources=_DATA_CATALOG,
                ),
            ),
        ),
        Deviation(
            "The guide lets dbt change and delete every table of the account; ours those in the "
            "databases it builds in.",
            dropped=(
                Statement("Allow", actions=_BUILD_TABLES, resources=("*",), conditions=_VIA_ATHENA),
            ),
            added=(
                Statement(
                    "Allow", actions=_BUILD_TABLES, resources=_TABLES, conditions=_VIA_ATHENA
                ),
            ),
        ),
        Deviation(
            "dbt starts by making the database it builds in, which the guide does not allow.",
            added=(
                Statement(
                    "Allow",
                    actions=("glue:CreateDatabase",),
                    resources=_TABLES,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "Athena cannot query or fill a partitioned table with the guide's actions.",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "glue:GetPartition",
                        "glue:GetPartitions",
                        "glue:BatchGetPartition",
                        "glue:CreatePartition",
                        "glue:BatchCreatePartition",
                        "glue:UpdatePartition",
                        "glue:DeletePartition",
                        "glue:BatchDeletePartition",
                    ),
                    resources=_TABLES,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "Athena asks for the database named default on every query.",
            added=(
                Statement(
                    "Allow",
                    actions=("glue:GetDatabase",),
                    resources=_DEFAULT_DATABASE,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "The guide lets Athena overwrite and delete, in dbt's name, whatever lies in any "
            "bucket; ours what lies under the one prefix tables go to, and each action on the "
            "resource type it works on.",
            dropped=(Statement("Allow", actions=_S3, resources=("*",), conditions=_VIA_ATHENA),),
            added=(
                Statement(
                    "Allow",
                    actions=_REACH_BUCKET,
                    resources=_DATA_BUCKET,
                    conditions=_VIA_ATHENA,
                ),
                Statement(
                    "Allow",
                    actions=(*_READ_AND_WRITE, "s3:DeleteObject"),
                    resources=_DATA_OBJECTS,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "Query results are kept apart from tables; they are written and read, never deleted.",
            added=(
                Statement(
                    "Allow",
                    actions=_REACH_BUCKET,
                    resources=_RESULTS_BUCKET,
                    conditions=_VIA_ATHENA,
                ),
                Statement(
                    "Allow",
                    actions=_READ_AND_WRITE,
                    resources=_RESULTS_OBJECTS,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "Models read tables whose files dbt does not write: those buckets are opened for "
            "reading.",
            when="source_bucket",
            added=(
                Statement(
                    "Allow",
                    actions=("s3:GetBucketLocation", "s3:ListBucket"),
                    resources=_SOURCE_BUCKETS,
                    conditions=_VIA_ATHENA,
                ),
                Statement(
                    "Allow",
                    actions=("s3:GetObject",),
                    resources=_SOURCE_OBJECTS,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "Models read databases that dbt does not build in: those are opened for reading.",
            when="source_database",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "glue:GetDatabase",
                        "glue:GetDatabases",
                        "glue:GetTable",
                        "glue:GetTables",
                        "glue:GetPartition",
                        "glue:GetPartitions",
                        "glue:BatchGetPartition",
                    ),
                    resources=_SOURCE_TABLES,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "dbt drops the databases of runs that are over, and all that is in them.",
            when="drop_schemas",
            added=(
                Statement(
                    "Allow",
                    actions=("glue:DeleteDatabase",),
                    resources=_DROPPED_WITH_A_DATABASE,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "dbt run asks Glue itself which databases, tables and columns there are, swaps tables "
            "and partitions, drops tables and trims their old versions.",
            when="runs_models",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "glue:GetDatabase",
                        "glue:GetDatabases",
                        "glue:GetTable",
                        "glue:GetTables",
                        "glue:UpdateTable",
                        "glue:DeleteTable",
                        "glue:GetTableVersions",
                        "glue:DeleteTableVersion",
                        "glue:GetPartitions",
                        "glue:BatchCreatePartition",
                        "glue:BatchDeletePartition",
                    ),
                    resources=_TABLES,
                ),
            ),
        ),
        Deviation(
            "dbt asks Glue itself for the columns of the tables that models read.",
            when="describes_sources_itself",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "glue:GetDatabase",
                        "glue:GetDatabases",
                        "glue:GetTable",
                        "glue:GetTables",
                    ),
                    resources=_SOURCE_TABLES,
                ),
            ),
        ),
        Deviation(
            "dbt run uploads seeds to S3 itself, and deletes the files of the tables it replaces; "
            "it reads none, so neither can who gets hold of its session.",
            when="runs_models",
            added=(
                Statement("Allow", actions=("s3:ListBucket",), resources=_DATA_BUCKET),
                Statement(
                    "Allow",
                    actions=("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"),
                    resources=_DATA_OBJECTS,
                ),
            ),
        ),
        Deviation(
            "dbt's macro drop_glue_database calls Glue itself.",
            when="drops_schemas_itself",
            added=(
                Statement(
                    "Allow",
                    actions=("glue:DeleteDatabase",),
                    resources=_DROPPED_WITH_A_DATABASE,
                ),
            ),
        ),
        reads_with_key(
            "The files of the tables that models read are encrypted with a KMS key.",
            key="source_key",
        ),
        writes_with_key("Tables or results are encrypted with a KMS key.", key="written_key"),
        LAKE_FORMATION,
    ),
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
        "source_location": tuple(
            location for source in settings.sources for location in source.locations
        ),
        "source_key": tuple(source.kms_key for source in settings.sources if source.kms_key),
        "data_bucket": (settings.data_bucket,),
        "data_path": (settings.data_path,),
        "results_bucket": (settings.results_bucket,),
        "results_path": (settings.results_path,),
        "written_key": tuple(
            key for key in (settings.data.kms_key, settings.results.kms_key) if key
        ),
        "via_s3": via_s3_services(account.arns),
    }


def documented_trust(settings: DbtSettings) -> Policy:
    """Return the guide's trust policy in the account of ``settings``."""
    return GUIDE.trust.documented_for(values(settings))


def expected_grants(settings: DbtSettings) -> frozenset[Grant]:
    """Return what the guide and the deviations say the role is granted in ``settings``."""
    return _expected(GUIDE, settings)


def expected_trust_grants(settings: DbtSettings) -> frozenset[Grant]:
    """Return what the guide and the deviations say of who may take the role."""
    return _expected(GUIDE.trust, settings)


def _expected(guide: Guide, settings: DbtSettings) -> frozenset[Grant]:
    filled = values(settings)

    def applies(setting: str) -> bool:
        return bool(filled[setting] if setting in filled else getattr(settings, setting))

    return guide.expected_grants(filled, applies)
