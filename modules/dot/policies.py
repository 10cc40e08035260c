"""What Dot's IAM user may do. Nobody takes a role here, so there is no trust policy."""

from modules.athena import statements
from modules.athena.statements import CALLED_VIA_ATHENA
from modules.dot.guide import GUIDE, VENDOR_IPS, values
from modules.dot.settings import DotSettings
from modules.iam.arn import managed_policy
from modules.iam.policy import Condition, Policy, Statement


def managed(settings: DotSettings) -> tuple[str, ...]:
    """Return the ARNs of the AWS managed policies that ``full_access`` attaches."""
    if settings.grants != "full_access":
        return ()
    partition = settings.account.arns.partition
    return (
        managed_policy(partition, "AmazonAthenaFullAccess"),
        managed_policy(partition, "AWSGlueConsoleFullAccess"),
    )


def access(settings: DotSettings) -> Policy:
    """Return what the user is granted beside ``managed``."""
    if settings.grants == "documented":
        return GUIDE.documented_for(values(settings))
    if settings.grants == "full_access":
        granted = _buckets(settings, conditions=())
    else:
        granted = _least_privilege(settings)
    if settings.restricted_to_vendor_ips:
        granted = (*granted, deny_other_addresses())
    return Policy(granted)


def _least_privilege(settings: DotSettings) -> tuple[Statement, ...]:
    arns = settings.account.arns
    via_athena = (CALLED_VIA_ATHENA,)
    granted = (
        statements.run_queries(arns, settings.resource_name),
        statements.read_catalog(arns, settings.catalog),
        statements.list_account(),
        statements.read_tables(arns, settings.databases, via_athena),
        statements.read_default_database(arns, via_athena),
        *_buckets(settings, via_athena),
    )
    if settings.reads_results_directly:
        granted = (*granted, read_results_directly(settings))
    granted = (
        *granted,
        *statements.use_keys(
            arns,
            dict.fromkeys(source.kms_key for source in settings.sources if source.kms_key),
            settings.results.kms_key,
        ),
    )
    if settings.lake_formation:
        granted = (*granted, statements.lake_formation())
    return granted


def _buckets(settings: DotSettings, conditions: tuple[Condition, ...]) -> tuple[Statement, ...]:
    arns = settings.account.arns
    results = statements.write_results(
        arns, settings.results_bucket, settings.results_path, conditions
    )
    if not settings.sources:
        return results
    return (
        *statements.read_sources(
            arns,
            [source.bucket for source in settings.sources],
            [location for source in settings.sources for location in source.locations],
            conditions,
        ),
        *results,
    )


def read_results_directly(settings: DotSettings) -> Statement:
    """Return the statement for clients that fetch result files from S3 themselves.

    PyAthena's pandas, Arrow and Polars cursors do (PyAthena 4.2.1, source read 2026-11); their
    calls carry no aws:CalledVia.
    """
    return Statement(
        "Allow",
        sid="ResultsDirect",
        why="The client reads result files from S3 itself.",
        actions=("s3:GetObject",),
        resources=(settings.account.arns.objects(settings.results_bucket, settings.results_path),),
    )


def deny_other_addresses() -> Statement:
    """Return the statement that makes the keys useless outside Dot's addresses.

    Calls that Athena makes on the user's behalf come from AWS and stay allowed:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html
    (2026-11) pairs aws:SourceIp with aws:ViaAWSService for that.
    """
    return Statement(
        "Deny",
        sid="DenyDirectCallsOutsideVendorIps",
        why="A stolen key is of no use from another address.",
        actions=("*",),
        resources=("*",),
        conditions=(
            Condition("NotIpAddress", "aws:SourceIp", VENDOR_IPS),
            Condition("Bool", "aws:ViaAWSService", ("false",)),
        ),
    )


def documents(settings: DotSettings) -> dict[str, Policy]:
    """Return every policy that is deployed, trust policies apart, by the names of the guides."""
    return {"access": access(settings)}


def trusts(settings: DotSettings) -> dict[str, Policy]:
    """Return the trust policy of the role that is made, if any, by the name of its guide."""
    del settings
    return {}


def remarks(settings: DotSettings) -> tuple[str, ...]:
    """Return what a reviewer of ``settings`` should know: what is wider than need be, and what
    will not work."""
    found = []
    if settings.grants == "full_access":
        found.append(
            "grants: full_access attaches AmazonAthenaFullAccess and AWSGlueConsoleFullAccess: "
            "every workgroup, every Glue table, write access included"
        )
    if settings.grants == "documented":
        found.append(
            "grants: documented cannot write query results (no s3:PutObject, no "
            "s3:GetBucketLocation), so queries fail"
        )
        if settings.results.kms_key or any(source.kms_key for source in settings.sources):
            found.append("kms_key: documented grants no use of KMS keys, so reading data fails")
    elif not settings.restricted_to_vendor_ips:
        found.append(
            "restrict_to_vendor_ips: with false, Dot's keys work from any address on the internet"
        )
    found.extend(
        f"source {source.bucket!r}: without prefixes, Dot may read the whole bucket"
        for source in settings.sources
        if not source.prefixes and settings.grants != "documented"
    )
    return (*found, *settings.keys.remarks())
