"""What Dot documents, as data: https://docs.getdot.ai, page "AWS Athena" (read 2026-11-22)."""

from modules.athena.statements import via_s3_services
from modules.dot.settings import DotSettings
from modules.iam.guide import Guide
from modules.iam.policy import Policy, Statement

# Section 3 of the page.
VENDOR_IPS = ("3.229.110.216/32", "3.122.135.165/32")

_ATHENA = "arn:{partition}:athena:{region}:{account}"
_WORKGROUP = (_ATHENA + ":workgroup/{workgroup}",)

_GLUE_READS = ("glue:GetDatabase", "glue:GetTable", "glue:GetPartitions")
_S3_READS = ("s3:GetObject", "s3:ListBucket")
_S3_DOCUMENTED = Statement(
    "Allow",
    actions=_S3_READS,
    resources=(
        "arn:{partition}:s3:::{source_bucket}",
        "arn:{partition}:s3:::{source_bucket}/*",
    ),
)

GUIDE = Guide(
    vendor="Dot",
    title="AWS Athena, step 2: restricted policy",
    source="https://docs.getdot.ai",
    date="2026-11-22",
    documented=Policy(
        (
            Statement(
                "Allow",
                actions=(
                    "athena:StartQueryExecution",
                    "athena:StopQueryExecution",
                    "athena:GetQueryExecution",
                    "athena:GetQueryResults",
                ),
                resources=_WORKGROUP,
            ),
            Statement("Allow", actions=_GLUE_READS, resources=("*",)),
            _S3_DOCUMENTED,
        )
    ),
)


GUIDES = {"access": GUIDE}


def values(settings: DotSettings) -> dict[str, tuple[str, ...]]:
    """Return what the guide's placeholders stand for in ``settings``."""
    account = settings.account
    return {
        "partition": (account.arns.partition,),
        "region": (account.region,),
        "account": (account.id,),
        "workgroup": (settings.resource_name,),
        "catalog": (settings.catalog,),
        "database": settings.databases,
        "source_bucket": tuple(source.bucket for source in settings.sources),
        "source_location": tuple(
            location for source in settings.sources for location in source.locations
        ),
        "results_bucket": (settings.results_bucket,),
        "results_path": (settings.results_path,),
        "source_key": tuple(source.kms_key for source in settings.sources if source.kms_key),
        "results_key": (settings.results.kms_key,) if settings.results.kms_key else (),
        "via_s3": via_s3_services(account.arns),
    }
