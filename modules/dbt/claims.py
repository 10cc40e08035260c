"""What is claimed of dbt's role: who takes it, what it must be able to do, and never can."""

from dataclasses import replace

from athena_gate.modules.athena import claims
from athena_gate.modules.athena.catalogs import claims as catalogs
from athena_gate.modules.athena.catalogs.todo import made_connectors
from athena_gate.modules.athena.claims import Holder
from athena_gate.modules.athena.settings import access_points
from athena_gate.modules.athena.statements import DEFAULT_CATALOG
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.dbt.todo import todo
from athena_gate.modules.iam.claims import AnyBut, Call, Need, Never, Requests, Strangers
from athena_gate.modules.iam.decide import Caller
from athena_gate.modules.iam.policy import Principal
from athena_gate.modules.lake_formation import Catalog, Database, LakeGrant, Location

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
    places, last_day = settings.only_from, claims.on_the_last_day(settings.until)
    if places is not None:
        found = claims.calling_from(found, places.addresses, places.vpc_endpoints)
    return replace(found, context={**found.context, **last_day})


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
        *catalogs.needs(dbt, arns, settings.catalogs, _LOOKS_UP if settings.runs_models else ()),
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
    if settings.list_all_databases:
        asks = dbt.calls if settings.runs_models else dbt.calls_via_athena
        listed = asks(claims.DATABASE_READS, arns.glue_catalog(), arns.glue_database("any"))
        found += (dbt.need("list-databases", "list all databases", listed),)
    if settings.lake_formation or any(one.lake_formation for one in settings.catalogs):
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
    points = access_points(settings.account, settings.sources)
    found = claims.needs_by_access_point(found, points)
    found = claims.of_named_tables(found, arns, settings.lake_formation)
    made = made_connectors(settings.catalogs, settings.account, dbt.arn)
    return claims.resting_on(found, settings.owners, (*todo(settings), *made))


def lake_formation(settings: DbtSettings) -> tuple[LakeGrant, ...]:
    """Return what the stack must make Lake Formation give dbt, for the calls it makes; no more may
    be given."""
    dbt, lake = holder(settings), settings.lake_formation
    if lake is None or not lake.grants:
        return ()
    found = [claims.governed(dbt, Catalog(), *claims.OWN_DATABASE)]
    dropped = ("glue:DeleteDatabase",) if settings.drop_schemas else ()
    there = [name for name in settings.databases if name not in lake.new_databases]
    calls = (*claims.OWN_DATABASE, *claims.OWN_TABLES, *claims.OWN_OBJECTS, *dropped)
    found += claims.writes_governed(dbt, there, *calls)
    exists = not (settings.data.create or settings.data_bucket in settings.owners)
    if lake.data_location or (lake.data_location is None and exists):
        place = settings.account.arns.bucket(_data(settings)).rstrip("/")
        found.append(claims.governed(dbt, Location(place), "glue:CreateTable"))
    found += claims.reads_governed(dbt, lake, settings.source_databases, "s3:GetObject")
    if lake.default_database and Database("default") not in [one.on for one in found]:
        found.append(claims.governed(dbt, Database("default"), "glue:GetDatabase"))
    return tuple(found)


def _told(settings: DbtSettings) -> tuple[str, tuple[str, ...]]:
    """Return the topic that is told, and of which alarms (ARNs); empty without any."""
    alarm = settings.workgroup.alarm if settings.workgroup else None
    arns, name = settings.account.arns, settings.resource_name
    return claims.told_of_alarms(arns, name, alarm) if alarm else ("", ())


def _take_role(settings: DbtSettings) -> tuple[Need, ...]:
    token, context = settings.web_identity, claims.on_the_last_day(settings.until)
    if token is not None:
        known = {f"{token.issuer}:{name}": (value,) for name, value in _said(settings).items()}
        arn = (holder(settings).arn,)
        taken = Call("sts:AssumeRoleWithWebIdentity", arn, {**known, **context})
        caller = Caller("federated", token.provider)
        provider = tuple(one for one in todo(settings) if one.name == "provider")
        return (Need("take-role", "the token takes the role", None, caller, (taken,), provider),)
    if settings.external_id:
        context["sts:ExternalId"] = (settings.external_id,)
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
    spills = catalogs.spills(settings.catalogs)
    built = (data,) if managed else (data, results)
    keys = claims.kms_only(
        dbt,
        settings.account,
        (*_source_keys(settings), *catalogs.keys(arns, settings.catalogs)),
        written,
        True,
        managed={results_key: workgroup} if managed and results_key else {},
        other_catalogs=catalogs.glue_keys(settings.catalogs),
    )
    topic, alarms = _told(settings)
    made = topic == arns.topic(f"{settings.resource_name}-limits")
    cloudwatch = (Principal("Service", "cloudwatch.amazonaws.com"),) if made else ()
    # What others do with the topic has claims of its own.
    told = ("sns:*",) if made else ()
    handed = {
        bucket: claims.HANDED_OVER
        for bucket in (settings.data_bucket, settings.results_bucket)
        if bucket in settings.owners
    }
    for_data = handed.get(settings.data_bucket, ())
    services = ["athena:*", "glue:*", "s3:*", *(["kms:*"] if keys else [])]
    services += catalogs.services(settings.catalogs)
    if settings.lake_formation or any(one.lake_formation for one in settings.catalogs):
        services.append("lakeformation:GetDataAccess")
    found = (
        claims.nobody_else(*_let_in(settings), *cloudwatch),
        *_taking(settings, told),
        *(claims.alarms_only(topic, alarms, settings.account.id) if made else ()),
        *claims.nothing_after(settings.until, dbt),
        *(claims.nobody_after(settings.until, *told) if settings.keys is None else ()),
        claims.no_iam(dbt),
        claims.no_other_service(dbt, *services),
        claims.queries_only(dbt, *_QUERIES, *claims.RESULTS, *claims.BROWSING, *_LISTS),
        claims.one_workgroup(
            dbt,
            arns.workgroup(settings.workgroup_name),
            arns.data_catalog(DEFAULT_CATALOG),
            *catalogs.names(arns, settings.catalogs),
        ),
        _no_other_database(settings),
        *_tables(settings),
        claims.no_other_bucket(dbt, arns, (*_locations(settings), *spills, *built)),
        *claims.sources_read_only(dbt, arns, (*_locations(settings), *spills), built),
        *catalogs.never(
            dbt,
            settings.account,
            settings.catalogs,
            (*_source_keys(settings), *written),
            (*_locations(settings), *built),
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
    return claims.never_by_access_point(found, access_points(settings.account, settings.sources))


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


def _no_other_database(settings: DbtSettings) -> Never:
    dbt, arns = holder(settings), settings.account.arns
    named = (*settings.databases, *settings.source_databases)
    also = (
        *(f"{_functions(settings, name)}/*" for name in settings.databases),
        *catalogs.glue(arns, settings.catalogs),
    )
    if not settings.list_all_databases:
        return claims.no_other_database(dbt, arns, named, also)
    return claims.no_other_table(dbt, arns, named, also)


def _tables(settings: DbtSettings) -> tuple[Never, ...]:
    """Return the claims on Glue: what is built is not more than tables, and sources are read."""
    dbt, arns = holder(settings), settings.account.arns
    built: tuple[str, ...] = (*claims.OWN_DATABASE, *claims.OWN_TABLES)
    if settings.runs_models:
        built += _REPLACES
    if settings.drop_schemas:
        built += ("glue:DeleteDatabase",)
    if catalogs.nested(settings.catalogs):
        built += ("glue:GetCatalog",)
    own = arns.glue_catalog()
    inside = [one for one in catalogs.glue(arns, settings.catalogs) if one != own]
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
    sources = (*sources, *inside)
    if not sources:
        return found
    reads = (
        *claims.DATABASE_READS,
        *claims.TABLE_READS,
        *(("glue:GetCatalog",) if inside else ()),
    )
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
    read = (
        *built,
        *_all_of(settings, settings.source_databases),
        *catalogs.glue(arns, settings.catalogs),
    )
    listed = (arns.glue_database("*"),) if settings.list_all_databases else ()
    data = f"{arns.bucket(_data(settings))}*"
    found = (
        Requests(claims.DATABASE_READS, (*read, *listed)),
        Requests(_LOOKS_UP, read),
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
