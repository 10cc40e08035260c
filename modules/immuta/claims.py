"""What is claimed of Immuta's user or role: what it must be able to do, and what it never can."""

from modules.athena import claims
from modules.athena.claims import Holder
from modules.athena.statements import DEFAULT_CATALOG, via_s3_services
from modules.iam.claims import Call, Need, Never, Requests, Strangers
from modules.iam.decide import Caller
from modules.immuta.policies import trust
from modules.immuta.settings import ImmutaSettings

_NAMED_QUERIES = (
    "athena:CreateNamedQuery",
    "athena:GetNamedQuery",
    "athena:BatchGetNamedQuery",
    "athena:ListNamedQueries",
    "athena:DeleteNamedQuery",
)


def holder(settings: ImmutaSettings) -> Holder:
    """Return the user whose keys Immuta has, or the role of the instances it runs on."""
    arns = settings.account.arns
    if settings.authentication == "access_key":
        name = f"{settings.path}{settings.resource_name}"
        return claims.holder_of_user(f"arn:{arns.partition}:iam::{arns.account}:user{name}")
    name = f"/{settings.role_name}" if settings.role_name else ""
    name = name or f"{settings.path}{settings.resource_name}"
    return claims.holder_of_role(f"arn:{arns.partition}:iam::{arns.account}:role{name}")


def needs(settings: ImmutaSettings) -> tuple[Need, ...]:
    """Return what Immuta must be able to do: find tables, query them, and get the results."""
    immuta, arns = holder(settings), settings.account.arns
    workgroup = arns.workgroup(settings.resource_name)
    database = (arns.glue_catalog(), arns.glue_database(settings.database))
    results = arns.bucket(settings.results_bucket)
    found = (
        *((_take_role(settings),) if _makes_role(settings) else ()),
        *claims.run_queries(immuta, workgroup),
        claims.stream_results(immuta, workgroup),
        claims.find_earlier_queries(immuta, workgroup),
        immuta.need(
            "named-queries", "save and delete queries", immuta.calls(_NAMED_QUERIES, workgroup)
        ),
        *claims.browse_catalog(immuta, arns.data_catalog(DEFAULT_CATALOG)),
        *claims.describe_tables(immuta, arns, (settings.database,)),
        immuta.need(
            "describe-directly",
            "look up tables in Glue itself",
            immuta.calls(claims.DATABASE_READS, *database),
            immuta.calls(claims.TABLE_READS, *database, claims.a_table(arns, settings.database)),
        ),
        *claims.read_sources(immuta, arns, _locations(settings)),
        claims.write_results(immuta, arns, settings.results_bucket, settings.results_path),
        immuta.need(
            "fetch-results",
            "fetch result files from S3",
            immuta.calls(claims.BUCKET_READS, results),
            immuta.calls(("s3:GetObject",), f"{results}/{settings.results_path}result.csv"),
        ),
        *claims.use_keys(immuta, _source_keys(settings), settings.results.kms_key),
    )
    if settings.lake_formation:
        found += (claims.governed_by_lake_formation(immuta),)
    return found


def _take_role(settings: ImmutaSettings) -> Need:
    ec2 = trust(settings).statements[0].principals[0].id
    return Need(
        "take-role",
        "EC2 takes the role for its instances",
        None,
        Caller("service", ec2),
        (Call("sts:AssumeRole", (holder(settings).arn,)),),
    )


def never(settings: ImmutaSettings) -> tuple[Never, ...]:
    """Return what is never allowed, to Immuta and to others."""
    immuta, arns = holder(settings), settings.account.arns
    results = f"{settings.results_bucket}/{settings.results_path}"
    written = (settings.results.kms_key,) if settings.results.kms_key else ()
    keys = claims.keys_through_s3(immuta, via_s3_services(arns), _source_keys(settings), written)
    services = ["athena:*", "glue:*", "s3:*", *(["kms:*"] if keys else [])]
    if settings.lake_formation:
        services.append("lakeformation:GetDataAccess")
    found = (
        claims.no_iam(immuta),
        claims.no_other_service(immuta, *services),
        claims.queries_only(
            immuta,
            *(*claims.QUERIES, *claims.RESULTS, *claims.STREAM, *claims.HISTORY),
            *(*_NAMED_QUERIES, *claims.BROWSING, *claims.LISTS),
        ),
        claims.one_workgroup(
            immuta, arns.workgroup(settings.resource_name), arns.data_catalog(DEFAULT_CATALOG)
        ),
        claims.no_other_database(immuta, arns, (settings.database,)),
        claims.catalog_reads_only(immuta),
        claims.no_other_bucket(immuta, arns, (*_locations(settings), results)),
        *claims.sources_read_only(immuta, arns, _locations(settings), (results,)),
        claims.results_only(immuta, arns, settings.results_bucket, settings.results_path),
        *keys,
        *claims.tls_only(arns.partition, settings.made_buckets),
    )
    if not _makes_role(settings):
        return (*found, claims.nobody_else())
    only = Requests(("*",), but_actions=("sts:AssumeRole",))
    return (
        *found,
        claims.nobody_else(trust(settings).statements[0].principals[0]),
        Never("role-only", "nothing but taking the role", Strangers(), (only,)),
    )


def _makes_role(settings: ImmutaSettings) -> bool:
    return settings.authentication == "instance_role" and settings.role_name is None


def _locations(settings: ImmutaSettings) -> tuple[str, ...]:
    return tuple(location for source in settings.sources for location in source.locations)


def _source_keys(settings: ImmutaSettings) -> tuple[str, ...]:
    return tuple(source.kms_key for source in settings.sources if source.kms_key)
