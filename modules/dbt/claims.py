"""What is claimed of dbt's role: who takes it, what it must be able to do, and never can."""

from athena_gate.modules.athena import claims
from athena_gate.modules.athena.claims import Holder
from athena_gate.modules.athena.statements import DEFAULT_CATALOG
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.dbt.todo import todo
from athena_gate.modules.iam.claims import AnyBut, Call, Need, Never, Requests, Strangers
from athena_gate.modules.iam.decide import Caller
from athena_gate.modules.iam.policy import Principal

_QUERIES = (*claims.QUERIES, "athena:BatchGetQueryExecution")
_LISTS = ("athena:ListDataCatalogs",)

# What dbt-athena asks of Glue and S3 itself: see policies.py.
_LOOKS_UP = ("glue:GetTable", "glue:GetTables")
_REPLACES = (
    "glue:UpdateTable",
    "glue:DeleteTable",
    "glue:GetTableVersions",
    "glue:DeleteTableVersion",
    "glue:GetPartitions",
    "glue:BatchCreatePartition",
    "glue:BatchDeletePartition",
)
_UPLOADS = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")


def holder(settings: DbtSettings) -> Holder:
    """Return dbt's role."""
    arns = settings.account.arns
    name = f"{settings.path}{settings.resource_name}"
    start = f"arn:{arns.partition}:iam::{arns.account}"
    if settings.keys is not None:
        found = claims.holder_of_user(f"{start}:user{name}")
    else:
        found = claims.holder_of_role(f"{start}:role{name}")
    places = settings.only_from
    if places is None:
        return found
    return claims.calling_from(found, places.addresses, places.vpc_endpoints)


def needs(settings: DbtSettings) -> tuple[Need, ...]:
    """Return what must be allowed: to take the role, and what dbt then does."""
    dbt, arns = holder(settings), settings.account.arns
    workgroup = arns.workgroup(settings.workgroup_name)
    data, prefix = arns.bucket(settings.data_bucket), settings.data_path
    managed = settings.results.managed
    keys = dict.fromkeys(
        key for key in (settings.data.kms_key, None if managed else settings.results.kms_key) if key
    )
    results_key = settings.results.kms_key if managed else None
    found = (
        *_take_role(settings),
        dbt.need("run-queries", "start, watch and stop queries", dbt.calls(_QUERIES, workgroup)),
        dbt.need("read-results", "read what they return", dbt.calls(claims.RESULTS, workgroup)),
        dbt.need(
            "browse-catalog",
            "look up tables through Athena",
            dbt.calls(claims.BROWSING, arns.data_catalog(DEFAULT_CATALOG)),
        ),
        dbt.need("list-account", "list catalogs", dbt.calls(_LISTS, "*")),
        dbt.need(
            "build-tables",
            "let Athena build databases and tables",
            *(
                dbt.calls_via_athena(claims.OWN_DATABASE, *_place(settings, d))
                for d in settings.databases
            ),
            *(
                dbt.calls_via_athena(
                    claims.OWN_TABLES, *_place(settings, database), claims.a_table(arns, database)
                )
                for database in settings.databases
            ),
        ),
        *claims.describe_tables(dbt, arns, settings.source_databases),
        *claims.read_sources(dbt, arns, _locations(settings)),
        dbt.need(
            "write-data",
            "let Athena write, read and delete tables' files",
            dbt.calls_via_athena(claims.RESULTS_BUCKET, data),
            dbt.calls_via_athena(claims.OWN_OBJECTS, f"{data}/{prefix}file"),
        ),
        *(
            ()
            if managed
            else (claims.write_results(dbt, arns, settings.results_bucket, settings.results_path),)
        ),
        *((claims.use_managed_key(dbt, workgroup, results_key),) if results_key else ()),
        *claims.use_keys(dbt, _source_keys(settings), None),
        *(
            dbt.need("write-keys", f"let S3 encrypt with key {key.rsplit('/', 1)[1]}", calls)
            for key in keys
            if (calls := dbt.calls_via_s3(("kms:Decrypt", "kms:GenerateDataKey"), key))
        ),
        *(_run(settings) if settings.runs_models else ()),
    )
    if settings.drop_schemas:
        dropped = (
            dbt.calls_via_athena(("glue:DeleteDatabase",), *_dropped(settings, database))
            for database in settings.databases
        )
        found += (dbt.need("drop-schemas", "let Athena drop schemas", *dropped),)
    if settings.lake_formation:
        found += (claims.governed_by_lake_formation(dbt),)
    if settings.only_from is not None:
        places = settings.only_from
        found += (claims.from_each_place(found, dbt, places.addresses, places.vpc_endpoints),)
    alarm = settings.workgroup.alarm if settings.workgroup else None
    if alarm is not None:
        topic, alarms = _told(settings)
        found += claims.alarms_told(topic, alarms, settings.account.id, alarm.kms_key)
    found += tuple(
        claims.hand_over(dbt, arns, bucket, path, name)
        for name, bucket, path in (
            ("hand-over", settings.results_bucket, settings.results_path),
            ("hand-over-data", settings.data_bucket, settings.data_path),
        )
        if bucket in settings.owners
    )
    key = settings.account.catalog_kms_key
    found += claims.use_catalog_key(dbt, key, writes=True, direct=settings.runs_models)
    todos = todo(settings)
    shared = (one for one in todos if one.name == "results-owner")
    found = claims.given(found, shared, "write-results")
    found = claims.needs_by_access_point(claims.set_up_by_others(found, todos), _points(settings))
    return claims.resting_on(found, settings.owners, todos)


def _points(settings: DbtSettings) -> dict[str, str]:
    """Return the ARNs of access points by those that their aliases would have as buckets."""
    bucket = settings.account.arns.bucket
    return {bucket(one.bucket): one.access_point for one in settings.sources if one.access_point}


def _told(settings: DbtSettings) -> tuple[str, tuple[str, ...]]:
    """Return the topic that is told, and of which alarms (ARNs); empty without any."""
    alarm = settings.workgroup.alarm if settings.workgroup else None
    arns, name = settings.account.arns, settings.resource_name
    if alarm is None:
        return "", ()
    limits = {"hour": alarm.bytes_per_hour, "day": alarm.bytes_per_day}
    alarms = tuple(
        arns.alarm(f"{name}-bytes-per-{word}") for word, limit in limits.items() if limit
    )
    return alarm.topic or arns.topic(f"{name}-limits"), alarms


def _take_role(settings: DbtSettings) -> tuple[Need, ...]:
    token = settings.web_identity
    if token is not None:
        known = {f"{token.issuer}:{name}": (value,) for name, value in _said(settings).items()}
        taken = Call("sts:AssumeRoleWithWebIdentity", (holder(settings).arn,), known)
        caller = Caller("federated", token.provider)
        provider = tuple(one for one in todo(settings) if one.name == "provider")
        return (Need("take-role", "the token takes the role", None, caller, (taken,), provider),)
    context = {"sts:ExternalId": (settings.external_id,)} if settings.external_id else {}
    call = Call("sts:AssumeRole", (holder(settings).arn,), context)
    return tuple(
        Need(
            "take-role",
            f"{arn.rsplit(':', 1)[1]} takes the role",
            None,
            Caller.session_of(arn) if ":role/" in arn else Caller.of(arn),
            (call,),
            tuple(one for one in todo(settings) if one.name == "take-role" and one.by == arn),
        )
        for arn in settings.trusted
    )


def _run(settings: DbtSettings) -> tuple[Need, ...]:
    """Return the needs of `dbt run`, which calls Glue and S3 itself."""
    dbt, arns = holder(settings), settings.account.arns
    data, prefix = arns.bucket(settings.data_bucket), settings.data_path
    read = (*settings.databases, *settings.source_databases)
    found = (
        dbt.need(
            "describe-directly",
            "look up tables in Glue itself",
            *(dbt.calls(claims.DATABASE_READS, *_place(settings, d)) for d in read),
            *(
                dbt.calls(_LOOKS_UP, *_place(settings, database), claims.a_table(arns, database))
                for database in read
            ),
        ),
        dbt.need(
            "replace-tables",
            "swap, drop and trim tables in Glue itself",
            *(
                dbt.calls(_REPLACES, *_place(settings, database), claims.a_table(arns, database))
                for database in settings.databases
            ),
        ),
        dbt.need(
            "upload",
            "upload seeds to S3, delete replaced files",
            dbt.calls(("s3:ListBucket",), data),
            dbt.calls(_UPLOADS, f"{data}/{prefix}file"),
        ),
    )
    if not settings.drop_schemas:
        return found
    dropped = (
        dbt.calls(("glue:DeleteDatabase",), *_dropped(settings, database))
        for database in settings.databases
    )
    return (*found, dbt.need("drop-directly", "drop schemas in Glue itself", *dropped))


def never(settings: DbtSettings) -> tuple[Never, ...]:
    """Return what is never allowed, to dbt and to others."""
    dbt, arns = holder(settings), settings.account.arns
    data, results = _data(settings), f"{settings.results_bucket}/{settings.results_path}"
    workgroup, managed = arns.workgroup(settings.workgroup_name), settings.results.managed
    results_key = settings.results.kms_key
    own = (settings.data.kms_key, None if managed else results_key)
    written = tuple(key for key in own if key)
    keys = claims.kms_only(
        dbt,
        settings.account,
        _source_keys(settings),
        written,
        True,
        managed={results_key: workgroup} if managed and results_key else {},
    )
    topic, alarms = _told(settings)
    made = topic == arns.topic(f"{settings.resource_name}-limits")
    cloudwatch = (Principal("Service", "cloudwatch.amazonaws.com"),) if made else ()
    handed = {
        bucket: claims.HANDED_OVER
        for bucket in (settings.data_bucket, settings.results_bucket)
        if bucket in settings.owners
    }
    for_data = handed.get(settings.data_bucket, ())
    services = ["athena:*", "glue:*", "s3:*", *(["kms:*"] if keys else [])]
    if settings.lake_formation:
        services.append("lakeformation:GetDataAccess")
    found = (
        claims.nobody_else(*_let_in(settings), *cloudwatch),
        *_taking(settings, ("sns:*",) if made else ()),
        *(claims.alarms_only(topic, alarms, settings.account.id) if made else ()),
        claims.no_iam(dbt),
        claims.no_other_service(dbt, *services),
        claims.queries_only(dbt, *_QUERIES, *claims.RESULTS, *claims.BROWSING, *_LISTS),
        claims.one_workgroup(dbt, workgroup, arns.data_catalog(DEFAULT_CATALOG)),
        claims.no_other_database(
            dbt,
            arns,
            (*settings.databases, *settings.source_databases),
            [f"{_functions(settings, name)}/*" for name in settings.databases],
        ),
        *_tables(settings),
        claims.no_other_bucket(
            dbt, arns, (*_locations(settings), data, *(() if managed else (results,)))
        ),
        *claims.sources_read_only(
            dbt, arns, _locations(settings), (data,) if managed else (data, results)
        ),
        dbt.never(
            "data-only",
            "with tables' files nothing but reading and writing",
            Requests(
                ("s3:*",), (f"{arns.bucket(data)}*",), but_actions=(*claims.OWN_OBJECTS, *for_data)
            ),
            Requests(
                ("s3:*",), (arns.bucket(settings.data_bucket),), but_actions=claims.RESULTS_BUCKET
            ),
        ),
        *(
            ()
            if managed
            else (
                claims.results_only(
                    dbt,
                    arns,
                    settings.results_bucket,
                    settings.results_path,
                    handed.get(settings.results_bucket, ()),
                ),
            )
        ),
        *((claims.no_other_acl(dbt),) if handed else ()),
        claims.only_through_athena(dbt, *_direct(settings)),
        *keys,
        *claims.tls_only(arns.partition, settings.made_buckets),
        *(
            (claims.nowhere_else(dbt, places.addresses, places.vpc_endpoints),)
            if (places := settings.only_from)
            else ()
        ),
    )
    return claims.never_by_access_point(found, _points(settings))


def _taking(settings: DbtSettings, but: tuple[str, ...]) -> tuple[Never, ...]:
    """Return the claims on who takes the role; ``but`` are actions that have claims of their
    own."""
    if settings.keys is not None:
        return ()
    with_token = "sts:AssumeRoleWithWebIdentity"
    action = with_token if settings.web_identity else "sts:AssumeRole"
    only = Requests(("*",), but_actions=(action, *but))
    found = (Never("role-only", "nothing but taking the role", Strangers(), (only,)),)
    if settings.web_identity is not None:
        words = {"sub": "no other subject of a token", "aud": "no token for another audience"}
        return (
            *found,
            *(
                Never(
                    {"sub": "no-other-token", "aud": "no-other-client"}[name],
                    words[name],
                    Strangers(),
                    (Requests(("*",), but_actions=but),),
                    {f"{settings.web_identity.issuer}:{name}": AnyBut((value,))},
                )
                for name, value in _said(settings).items()
            ),
        )
    if settings.external_id is None:
        return found
    without = {"sts:ExternalId": AnyBut((settings.external_id,))}
    return (
        *found,
        Never(
            "external-id",
            "no role without the external id",
            Strangers(),
            (Requests(("*",), but_actions=but),),
            without,
        ),
    )


def _said(settings: DbtSettings) -> dict[str, str]:
    """Return what a token must say, by the name of the claim in it."""
    token = settings.web_identity
    return {"sub": token.subject, "aud": token.audience} if token else {}


def _let_in(settings: DbtSettings) -> tuple[Principal, ...]:
    """Return who may take the role."""
    if settings.web_identity is not None:
        return (Principal("Federated", settings.web_identity.provider),)
    return tuple(Principal("AWS", arn) for arn in settings.trusted)


def _tables(settings: DbtSettings) -> tuple[Never, ...]:
    """Return the claims on Glue: what is built is not more than tables, and sources are read."""
    dbt, arns = holder(settings), settings.account.arns
    built: tuple[str, ...] = (*claims.OWN_DATABASE, *claims.OWN_TABLES)
    if settings.runs_models:
        built += _REPLACES
    if settings.drop_schemas:
        built += ("glue:DeleteDatabase",)
    sources = tuple(
        arn
        for name in settings.source_databases
        for arn in (arns.glue_database(name), arns.glue_tables(name))
    )
    found = (
        dbt.never(
            "tables-only",
            "in Glue nothing but tables and their schemas",
            Requests(("glue:*",), but_actions=built),
        ),
    )
    if not sources:
        return found
    reads = (*claims.DATABASE_READS, *claims.TABLE_READS)
    return (
        *found,
        dbt.never(
            "source-tables-read-only",
            "no change of source tables",
            Requests(("glue:*",), sources, but_actions=reads),
        ),
    )


def _direct(settings: DbtSettings) -> tuple[Requests, ...]:
    """Return what dbt may ask of Glue and S3 itself, each action once."""
    if not settings.runs_models:
        return ()
    arns = settings.account.arns
    built = _all_of(settings, settings.databases)
    read = (*built, *_all_of(settings, settings.source_databases))
    data = f"{arns.bucket(_data(settings))}*"
    found = (
        Requests((*claims.DATABASE_READS, *_LOOKS_UP), read),
        Requests(_REPLACES, built),
        Requests(("s3:ListBucket",), (arns.bucket(settings.data_bucket),)),
        Requests(_UPLOADS, (data,)),
    )
    if not settings.drop_schemas:
        return found
    functions = (f"{_functions(settings, name)}/*" for name in settings.databases)
    return (*found, Requests(("glue:DeleteDatabase",), (*built, *functions)))


def _place(settings: DbtSettings, database: str) -> tuple[str, str]:
    arns = settings.account.arns
    return (arns.glue_catalog(), arns.glue_database(database))


def _dropped(settings: DbtSettings, database: str) -> tuple[str, ...]:
    table = claims.a_table(settings.account.arns, database)
    return (*_place(settings, database), table, f"{_functions(settings, database)}/f")


def _functions(settings: DbtSettings, database: str) -> str:
    arns = settings.account.arns
    return arns.glue_database(database).replace(":database/", ":userDefinedFunction/")


def _all_of(settings: DbtSettings, databases: tuple[str, ...]) -> tuple[str, ...]:
    arns = settings.account.arns
    return (
        arns.glue_catalog(),
        *(arn for d in databases for arn in (arns.glue_database(d), arns.glue_tables(d))),
    )


def _data(settings: DbtSettings) -> str:
    return f"{settings.data_bucket}/{settings.data_path}"


def _locations(settings: DbtSettings) -> tuple[str, ...]:
    return tuple(location for source in settings.sources for location in source.locations)


def _source_keys(settings: DbtSettings) -> tuple[str, ...]:
    return tuple(source.kms_key for source in settings.sources if source.kms_key)
