"""Who may write exports as Metronome, and what that is worth."""

from modules.athena import statements
from modules.iam.policy import Condition, Policy, Principal, Statement
from modules.metronome.guide import GUIDE, values
from modules.metronome.settings import PRIMARY, MetronomeSettings

# Not the ARN of an identity provider: IAM knows Google by this name, and with a provider made for
# it the tokens are refused with InvalidIdentityToken (three independent reports, 2026-11).
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html (2026-11)
GOOGLE = Principal("Federated", "accounts.google.com")


def trust(settings: MetronomeSettings) -> Policy:
    """Return who may take the role: the vendor's Google service account, and nobody else.

    Which claim of the token a key compares is in
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    (2026-11): ``sub`` is the service account, ``oaud`` the token's audience, and ``aud`` its
    authorized party (``azp``) where it has one.
    """
    claims = {
        "accounts.google.com:sub": settings.service_account_id,
        "accounts.google.com:oaud": settings.organization_identifier,
        "accounts.google.com:aud": settings.audience,
    }
    return Policy(
        (
            Statement(
                "Allow",
                sid="AllowServiceAccount",
                why="The vendor's own service account, known by its numeric id.",
                principals=(GOOGLE,),
                actions=("sts:AssumeRoleWithWebIdentity",),
                conditions=tuple(
                    Condition("StringEquals", key, (claim,))
                    for key, claim in claims.items()
                    if claim is not None
                ),
            ),
        )
    )


def access(settings: MetronomeSettings) -> Policy:
    """Return what the role or user is granted."""
    if settings.grants == "documented":
        return GUIDE.documented_for(values(settings))
    granted = (
        run_queries(settings),
        read_catalog(settings),
        write_tables(settings),
        statements.read_default_database(settings.account.arns, conditions=()),
        *write_bucket(settings),
    )
    if settings.kms_key:
        granted = (*granted, use_key(settings, settings.kms_key))
    return Policy(granted)


def run_queries(settings: MetronomeSettings) -> Statement:
    """Return the statement that runs queries; not the lists that show those of others, which
    would matter in ``primary``."""
    return Statement(
        "Allow",
        sid="AllowAthenaAccess",
        why="Run, watch and stop queries in the one workgroup, and read what they return.",
        actions=(
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetWorkGroup",
        ),
        resources=(settings.account.arns.workgroup(settings.workgroup_name),),
    )


def read_catalog(settings: MetronomeSettings) -> Statement:
    """Return the statement that looks up the schema and its tables through Athena."""
    return Statement(
        "Allow",
        sid="AllowAthenaCatalogReads",
        why="Look up the schema and its tables through Athena.",
        actions=("athena:GetDataCatalog", "athena:GetDatabase", "athena:GetTableMetadata"),
        resources=(settings.account.arns.data_catalog(statements.DEFAULT_CATALOG),),
    )


def write_tables(settings: MetronomeSettings) -> Statement:
    """Return the statement that makes the schema and keeps its tables and partitions."""
    arns = settings.account.arns
    return Statement(
        "Allow",
        sid="AllowGlueAccessToDestinationDatabaseAndTables",
        why="Make the schema and keep its tables and partitions; no other database.",
        actions=(
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:CreateDatabase",
            "glue:GetTable",
            "glue:GetTables",
            "glue:CreateTable",
            "glue:UpdateTable",
            "glue:DeleteTable",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:BatchGetPartition",
            "glue:CreatePartition",
            "glue:BatchCreatePartition",
            "glue:UpdatePartition",
            "glue:DeletePartition",
            "glue:BatchDeletePartition",
        ),
        resources=(
            arns.glue_catalog(),
            arns.glue_database(settings.schema),
            arns.glue_tables(settings.schema),
        ),
    )


def write_bucket(settings: MetronomeSettings) -> tuple[Statement, ...]:
    """Return the statements on the bucket and its objects.

    Without aws:CalledVia: the vendor stages files in the bucket itself, beside what Athena does.
    """
    arns = settings.account.arns
    return (
        Statement(
            "Allow",
            sid="AllowS3AccessToBucket",
            why="Find the bucket, its files and unfinished uploads.",
            actions=("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
            resources=(arns.bucket(settings.bucket),),
        ),
        Statement(
            "Allow",
            sid="AllowS3AccessToObjects",
            why="Stage files, write tables and query results, and clean up after them.",
            actions=(
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ),
            resources=(arns.objects(settings.bucket),),
        ),
    )


def use_key(settings: MetronomeSettings, kms_key: str) -> Statement:
    """Return the statement for a bucket that is encrypted with ``kms_key`` (an ARN).

    https://docs.aws.amazon.com/athena/latest/ug/encryption.html (2026-11): kms:Decrypt to read,
    kms:GenerateDataKey as well to write.
    """
    via_s3 = statements.via_s3_services(settings.account.arns)
    return Statement(
        "Allow",
        sid="AllowKeyOfBucket",
        why="Encrypt what is written and read it back, through S3 only.",
        actions=("kms:Decrypt", "kms:GenerateDataKey"),
        resources=(kms_key,),
        conditions=(Condition("StringEquals", "kms:ViaService", via_s3),),
    )


def documents(settings: MetronomeSettings) -> dict[str, Policy]:
    """Return every policy that is deployed, trust policies apart, by the names of the guides."""
    return {"access": access(settings)}


def trusts(settings: MetronomeSettings) -> dict[str, Policy]:
    """Return the trust policy of the role that is made, if any, by the name of its guide."""
    return {"access": trust(settings)} if settings.authentication == "web_identity" else {}


def managed(settings: MetronomeSettings) -> tuple[str, ...]:
    """Return the ARNs of AWS's own policies that are attached: none."""
    del settings
    return ()


def remarks(settings: MetronomeSettings) -> tuple[str, ...]:
    """Return what a reviewer of ``settings`` should know: what is wider than need be, what will
    not work, and what is recommended."""
    vendor = settings.vendor_name
    found = []
    if settings.authentication == "access_key":
        found.append(
            "authentication: access keys work from anywhere until they are removed; web_identity "
            f"leaves no secret with {vendor}, and the guide prefers it"
        )
    else:
        found.extend(_trust_remarks(settings))
    if settings.grants == "documented":
        found.append(
            "grants: documented opens every region, lets the database named default be created, "
            "has three catalog reads on a workgroup, where they take no effect, and lacks what "
            "partitions and uploads in parts need"
        )
        if settings.kms_key:
            found.append("kms_key: documented grants no use of KMS keys, so every export fails")
    if not settings.create_bucket:
        found.append(
            f"bucket: {vendor} may read, overwrite and delete everything in {settings.bucket!r}, "
            "not only its own folders; better give it a bucket that holds nothing else"
        )
    if settings.workgroup_name == PRIMARY:
        found.append(
            f"workgroup: {PRIMARY} is shared by the whole account and its limits are not set "
            "here; where it enforces a results location outside "
            f"{settings.bucket!r}, every export fails; workgroup {{}} makes one for {vendor}"
        )
    return (*found, *(settings.keys.remarks() if settings.keys else ()))


def _trust_remarks(settings: MetronomeSettings) -> list[str]:
    vendor = settings.vendor_name
    found = []
    if settings.organization_identifier is None:
        # Webflow's page prints one service account for all readers (2026-11):
        # https://developers.webflow.com/browser/data-exports/destinations/athena
        found.append(
            f"organization_identifier: recommended; {vendor}'s service account works for all its "
            "customers, so another one who enters your role's ARN as a destination could reach "
            f"your data through it; ask {vendor} for the identifier that ties the role to you"
        )
    if settings.account.arns.partition == "aws-cn":
        # https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html (2026-11): some providers
        # of web identity may not be available.
        found.append(
            "authentication: AWS in China does not take every web identity; whether it takes "
            "Google's was not tested, and access_key is the alternative"
        )
    return found
