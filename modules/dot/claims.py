"""What is claimed of Dot's user: what it must be able to do, and what it never can."""

from modules.athena import claims
from modules.athena.claims import Holder
from modules.athena.statements import via_s3_services
from modules.dot.guide import VENDOR_IPS
from modules.dot.settings import DotSettings
from modules.iam.claims import AnyBut, Need, Never, Requests, When


def holder(settings: DotSettings) -> Holder:
    """Return Dot's user, calling from the first of Dot's addresses."""
    arns = settings.account.arns
    user = f"arn:{arns.partition}:iam::{arns.account}:user{settings.path}{settings.resource_name}"
    return claims.holder_of_user(user, (address.partition("/")[0] for address in VENDOR_IPS))


def needs(settings: DotSettings) -> tuple[Need, ...]:
    """Return what Dot must be able to do: find tables, query them, and get the results."""
    dot, arns = holder(settings), settings.account.arns
    workgroup = arns.workgroup(settings.resource_name)
    found = (
        *claims.run_queries(dot, workgroup),
        claims.stream_results(dot, workgroup),
        claims.find_earlier_queries(dot, workgroup),
        *claims.browse_catalog(dot, arns.data_catalog(settings.catalog)),
        *claims.describe_tables(dot, arns, settings.databases),
        *claims.read_sources(dot, arns, _locations(settings)),
        claims.write_results(dot, arns, settings.results_bucket, settings.results_path),
        *claims.use_keys(dot, _source_keys(settings), settings.results.kms_key),
    )
    if settings.reads_results_directly:
        results = f"{arns.bucket(settings.results_bucket)}/{settings.results_path}result.csv"
        found += (
            dot.need(
                "fetch-results",
                "fetch result files from S3",
                dot.calls(("s3:GetObject",), results),
            ),
        )
    if settings.lake_formation:
        found += (claims.governed_by_lake_formation(dot),)
    return found


def never(settings: DotSettings) -> tuple[Never, ...]:
    """Return what is never allowed, to Dot's user and to others."""
    dot, arns = holder(settings), settings.account.arns
    results = f"{settings.results_bucket}/{settings.results_path}"
    written = (settings.results.kms_key,) if settings.results.kms_key else ()
    keys = claims.keys_through_s3(dot, via_s3_services(arns), _source_keys(settings), written)
    services = ["athena:*", "glue:*", "s3:*", *(["kms:*"] if keys else [])]
    if settings.lake_formation:
        services.append("lakeformation:GetDataAccess")
    direct = [Requests(("s3:GetObject",), (f"{arns.bucket(results)}*",))]
    found = (
        claims.no_iam(dot),
        claims.no_other_service(dot, *services),
        claims.queries_only(
            dot,
            *(*claims.QUERIES, *claims.RESULTS, *claims.STREAM, *claims.HISTORY),
            *(*claims.BROWSING, *claims.LISTS),
        ),
        claims.one_workgroup(
            dot, arns.workgroup(settings.resource_name), arns.data_catalog(settings.catalog)
        ),
        claims.no_other_database(dot, arns, settings.databases),
        claims.catalog_reads_only(dot),
        claims.no_other_bucket(dot, arns, (*_locations(settings), results)),
        *claims.sources_read_only(dot, arns, _locations(settings), (results,)),
        claims.results_only(dot, arns, settings.results_bucket, settings.results_path),
        claims.only_through_athena(dot, *(direct if settings.reads_results_directly else ())),
        *keys,
        claims.nobody_else(),
        *claims.tls_only(arns.partition, settings.made_buckets),
    )
    if settings.restrict_to_vendor_ips is False:
        return found
    elsewhere: When = {"aws:SourceIp": AnyBut(VENDOR_IPS), "aws:ViaAWSService": ("false",)}
    return (
        *found,
        dot.never(
            "vendor-addresses",
            "keys useless from other addresses",
            Requests(("*",)),
            when=elsewhere,
        ),
    )


def _locations(settings: DotSettings) -> tuple[str, ...]:
    return tuple(location for source in settings.sources for location in source.locations)


def _source_keys(settings: DotSettings) -> tuple[str, ...]:
    return tuple(source.kms_key for source in settings.sources if source.kms_key)
