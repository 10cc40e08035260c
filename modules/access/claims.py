"""What is claimed of a vendor's user or role: what it must be able to do, and what it never can.

Written from the calls that a vendor with this profile makes, not from the policy it is given.
"""

from collections.abc import Iterable
from dataclasses import replace

from athena_gate.modules.access.profile import GOOGLE
from athena_gate.modules.access.settings import Access, MetadataAccess, QueryAccess, TablesAccess
from athena_gate.modules.access.todo import todo
from athena_gate.modules.athena import claims
from athena_gate.modules.athena.catalogs import claims as catalogs
from athena_gate.modules.athena.catalogs.todo import made_connectors
from athena_gate.modules.athena.claims import Holder
from athena_gate.modules.athena.settings import (
    LakeFormation,
    LakeFormationWriter,
    access_points,
)
from athena_gate.modules.athena.statements import DEFAULT_CATALOG
from athena_gate.modules.iam.claims import AnyBut, Call, Need, Never, Requests, Strangers, When
from athena_gate.modules.iam.decide import Caller
from athena_gate.modules.iam.policy import Principal
from athena_gate.modules.lake_formation import Catalog, Database, LakeGrant, Location

# The calls of what a vendor does beside the ordinary, by bundle, as the API Reference of Athena and
# Glue names them (https://docs.aws.amazon.com/athena/latest/APIReference/,
# https://docs.aws.amazon.com/glue/latest/webapi/, 2026-11).
_NAMED_QUERIES = (
    "athena:BatchGetNamedQuery",
    "athena:CreateNamedQuery",
    "athena:DeleteNamedQuery",
    "athena:GetNamedQuery",
    "athena:ListNamedQueries",
)
_PREPARED = (
    "athena:CreatePreparedStatement",
    "athena:DeletePreparedStatement",
    "athena:GetPreparedStatement",
    "athena:ListPreparedStatements",
    "athena:UpdatePreparedStatement",
)
_READ_HISTORY = (
    "athena:BatchGetQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetWorkGroup",
    "athena:ListQueryExecutions",
)
_VERSIONS = ("glue:GetTableVersion", "glue:GetTableVersions")
_SEARCH = ("glue:SearchTables",)
_LOOKS_UP = ("athena:GetDataCatalog", "athena:GetDatabase", "athena:GetTableMetadata")


def holder(settings: Access) -> Holder:
    """Return the user or role that the vendor acts as."""
    places, last_day = settings.only_from, claims.on_the_last_day(settings.until)
    found = _holder(settings)
    if places is not None:
        found = claims.calling_from(found, places.addresses, places.vpc_endpoints)
    return replace(found, context={**found.context, **last_day})


def _holder(settings: Access) -> Holder:
    arns, name = settings.account.arns, settings.identity_name
    if settings.keys is not None:
        user = f"arn:{arns.partition}:iam::{arns.account}:user{settings.path}{name}"
        addresses = [address.partition("/")[0] for address in settings.profile.addresses]
        return claims.holder_of_user(user, addresses or ("203.0.113.7",))
    if settings.existing_role is not None:
        return claims.holder_of_role(arns.role(settings.existing_role))
    return claims.holder_of_role(arns.role(name, settings.path))


# ------------------------------------------------------------------------------ what it needs


def needs(settings: Access) -> tuple[Need, ...]:
    """Return what the vendor must be able to do."""
    vendor = holder(settings)
    found = _take_role(settings, vendor)
    if isinstance(settings, QueryAccess):
        found += _query_needs(settings, vendor)
    elif isinstance(settings, TablesAccess):
        found += _tables_needs(settings, vendor)
    elif isinstance(settings, MetadataAccess):
        found += _metadata_needs(settings, vendor)
    if settings.lake_formation or any(one.lake_formation for one in settings.catalogs):
        found += (claims.governed_by_lake_formation(vendor),)
    if settings.only_from is not None:
        places = settings.only_from
        found += (claims.from_each_place(found, vendor, places.addresses, places.vpc_endpoints),)
    if isinstance(settings, QueryAccess | TablesAccess):
        found += _alarms_told(settings)
    key, cls = settings.account.catalog_kms_key, settings.profile.cls
    direct = "glue" in settings.profile.itself or cls != "query"
    found += claims.use_catalog_key(vendor, key, cls == "tables", direct)
    points = access_points(settings.account, getattr(settings, "sources", ()))
    found = claims.needs_by_access_point(found, points)
    found = claims.of_named_tables(found, settings.account.arns, settings.lake_formation)
    made = made_connectors(settings.catalogs, settings.account, vendor.arn)
    return claims.resting_on(found, settings.owners, (*todo(settings), *made))


def lake_formation(settings: Access) -> tuple[LakeGrant, ...]:
    """Return what the stack must make Lake Formation give the vendor, for the calls it makes; no
    more may be given."""
    vendor, lake = holder(settings), settings.lake_formation
    if lake is None or not lake.grants:
        return ()
    if isinstance(settings, MetadataAccess):
        return tuple(claims.reads_governed(vendor, lake, settings.databases, *claims.TABLES))
    rows = "s3:GetObject"
    if isinstance(settings, TablesAccess) and isinstance(lake, LakeFormationWriter):
        found = [*claims.reads_governed(vendor, lake, settings.databases, rows)]
        own = [settings.schema] if settings.schema not in lake.new_databases else []
        calls = (*claims.OWN_DATABASE, *claims.OWN_TABLES, *claims.OWN_OBJECTS)
        found.append(claims.governed(vendor, Catalog(), *calls))
        found += claims.writes_governed(vendor, own, *calls)
        there = not (settings.create_bucket or settings.bucket in settings.owners)
        if lake.data_location or (lake.data_location is None and there):
            place = Location(settings.account.arns.bucket(f"{settings.bucket}/{settings.schema}"))
            found.append(claims.governed(vendor, place, "glue:CreateTable"))
    elif isinstance(settings, QueryAccess):
        found = [*claims.reads_governed(vendor, lake, settings.databases, rows)]
    default = Database("default")
    wanted = isinstance(lake, LakeFormation) and lake.default_database
    if wanted and default not in [one.on for one in found]:
        found.append(claims.governed(vendor, default, "glue:GetDatabase"))
    return tuple(found)


def _topic(settings: Access) -> tuple[str, tuple[str, ...]] | None:
    """Return the topic that is told, and of which alarms (ARNs), where there is one."""
    if not isinstance(settings, QueryAccess | TablesAccess) or settings.workgroup is None:
        return None
    alarm, name = settings.workgroup.alarm, settings.resource_name
    return claims.told_of_alarms(settings.account.arns, name, alarm) if alarm else None


def _topic_made(settings: Access) -> tuple[str, tuple[str, ...]] | None:
    """Return the same of a topic that is made here."""
    told, name = _topic(settings), f"{settings.resource_name}-limits"
    return told if told and told[0] == settings.account.arns.topic(name) else None


def _alarms_told(settings: QueryAccess | TablesAccess) -> tuple[Need, ...]:
    told = _topic(settings)
    if told is None or settings.workgroup is None or settings.workgroup.alarm is None:
        return ()
    topic, alarms = told
    return claims.alarms_told(topic, alarms, settings.account.id, settings.workgroup.alarm.kms_key)


def _query_needs(settings: QueryAccess, vendor: Holder) -> tuple[Need, ...]:
    arns, profile = settings.account.arns, settings.profile
    workgroup = arns.workgroup(settings.workgroup_name)
    # The tags of a workgroup come with every call of Athena's about it:
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
    # (2026-11).
    tags = {f"aws:ResourceTag/{key}": (tag,) for key, tag in profile.workgroup.tags.items()}
    queries = replace(vendor, context={**vendor.context, **tags})
    found = (
        *claims.run_queries(queries, workgroup),
        claims.stream_results(queries, workgroup),
        claims.find_earlier_queries(queries, workgroup),
        *_bundled(settings, queries, workgroup),
        *claims.browse_catalog(vendor, arns.data_catalog(DEFAULT_CATALOG)),
        *claims.describe_tables(vendor, arns, settings.databases),
        *catalogs.needs(
            vendor,
            arns,
            settings.catalogs,
            claims.TABLE_READS if "glue" in profile.itself else (),
        ),
        *_catalog_needs(settings, vendor, settings.databases),
        *claims.read_sources(vendor, arns, settings.locations),
    )
    if settings.results.managed:
        key = settings.results.kms_key
        return (
            *found,
            *claims.use_keys(vendor, settings.source_keys, None),
            *((claims.use_managed_key(vendor, workgroup, key),) if key else ()),
        )
    found += (
        claims.write_results(vendor, arns, settings.results_bucket, settings.results_path),
        *(
            (claims.hand_over(vendor, arns, settings.results_bucket, settings.results_path),)
            if settings.results_bucket in settings.owners
            else ()
        ),
        *claims.use_keys(vendor, settings.source_keys, settings.results.kms_key),
    )
    results = arns.bucket(settings.results_bucket)
    file = f"{results}/{settings.results_path}result.csv"
    if "results" in profile.itself or "list_results" in profile.bundles:
        calls = vendor.calls(claims.BUCKET_READS, results)
        found += (vendor.need("list-results", "look for result files in S3", calls),)
    fetched = settings.reads_results_directly or "fetch_results" in profile.bundles
    if "results" in profile.itself or fetched:
        calls = vendor.calls(("s3:GetObject",), file)
        found += (vendor.need("fetch-results", "fetch result files from S3", calls),)
    if "delete_results" in profile.bundles:
        calls = vendor.calls(("s3:DeleteObject",), file)
        found += (vendor.need("delete-results", "delete result files in S3", calls),)
    return found


def _bundled(
    settings: QueryAccess | TablesAccess, vendor: Holder, workgroup: str
) -> tuple[Need, ...]:
    found: tuple[Need, ...] = ()
    if "named_queries" in settings.profile.bundles:
        calls = vendor.calls(_NAMED_QUERIES, workgroup)
        found += (vendor.need("named-queries", "save and delete queries", calls),)
    if "prepared_statements" in settings.profile.bundles:
        calls = vendor.calls(_PREPARED, workgroup)
        found += (vendor.need("prepared-statements", "prepare queries", calls),)
    return found


def _catalog_needs(settings: Access, vendor: Holder, databases: Iterable[str]) -> tuple[Need, ...]:
    """Return the needs of a vendor that asks Glue itself, or for more than tables."""
    arns, profile = settings.account.arns, settings.profile
    direct = "glue" in profile.itself or profile.cls == "metadata"
    calls = vendor.calls if direct else vendor.calls_via_athena
    found: tuple[Need, ...] = ()
    places = [
        (arns.glue_catalog(), arns.glue_database(database), claims.a_table(arns, database))
        for database in databases
    ]
    if direct and places:
        of_database, of_table = _descriptions(settings)
        found += (
            vendor.need(
                "describe-directly",
                "look up tables in Glue itself",
                *(calls(of_database, *place[:2]) for place in places),
                *(calls(of_table, *place) for place in places),
            ),
        )
    if "table_versions" in profile.bundles:
        versions = (calls(_VERSIONS, *place) for place in places)
        found += (vendor.need("table-versions", "see how tables have changed", *versions),)
    if "search_tables" in profile.bundles:
        searched = (calls(_SEARCH, *place) for place in places)
        found += (vendor.need("search-tables", "search tables by name", *searched),)
    if "all_databases" in profile.bundles or getattr(settings, "list_all_databases", False):
        listed = calls(claims.DATABASE_READS, arns.glue_catalog(), arns.glue_database("any"))
        found += (vendor.need("list-databases", "list all databases", listed),)
    return found


def _descriptions(settings: Access) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the calls by which databases are looked up, and tables: all that a query takes, or
    those of the page of a vendor that runs none."""
    profile = settings.profile
    if profile.cls != "metadata":
        return claims.DATABASE_READS, claims.TABLE_READS
    databases = claims.DATABASE_READS if "databases" in profile.bundles else ()
    return databases, (
        *claims.TABLES,
        *(claims.PARTITIONS if "partitions" in profile.bundles else ()),
    )


def _metadata_needs(settings: MetadataAccess, vendor: Holder) -> tuple[Need, ...]:
    arns, bundles = settings.account.arns, settings.profile.bundles
    found = _catalog_needs(settings, vendor, settings.databases)
    if "list_sources" in bundles and settings.sources:
        listed = (
            vendor.calls(("s3:ListBucket",), arns.bucket(source.bucket))
            for source in settings.sources
        )
        found += (vendor.need("list-sources", "find the tables' files", *listed),)
    if "iceberg_metadata" in bundles and settings.sources:
        files = (
            vendor.calls(("s3:GetObject",), f"{arns.bucket(location)}t/metadata/v1.json")
            for location in settings.locations
        )
        found += (vendor.need("read-metadata", "read metadata of Iceberg tables", *files),)
        if settings.source_keys:
            through_s3 = (
                replace(
                    call,
                    context={
                        **{k: v for k, v in vendor.context.items() if k not in claims.PLACES},
                        "aws:ViaAWSService": ("true",),
                        "kms:ViaService": call.context["kms:ViaService"],
                    },
                )
                for key in settings.source_keys
                for call in vendor.calls_via_s3(("kms:Decrypt",), key)
            )
            found += (vendor.need("use-keys", "let S3 use the KMS keys", through_s3),)
    if settings.workgroups:
        places = [arns.workgroup(name) for name in settings.workgroups]
        history = vendor.calls(_READ_HISTORY, *places)
        found += (vendor.need("query-history", "read which queries ran", history),)
    return found


def _tables_needs(settings: TablesAccess, vendor: Holder) -> tuple[Need, ...]:
    arns, workgroup = settings.account.arns, settings.workgroup_name
    table = (
        arns.glue_catalog(),
        arns.glue_database(settings.schema),
        claims.a_table(arns, settings.schema),
    )
    bucket, file = arns.bucket(settings.bucket), f"{arns.bucket(settings.bucket)}/stage/file"
    return (
        *claims.run_queries(vendor, arns.workgroup(workgroup)),
        *_bundled(settings, vendor, arns.workgroup(workgroup)),
        vendor.need(
            "browse-catalog",
            "look up tables through Athena",
            vendor.calls(_LOOKS_UP, arns.data_catalog(DEFAULT_CATALOG)),
        ),
        vendor.need(
            "write-tables",
            "make the schema, and its tables",
            vendor.calls(claims.OWN_DATABASE, *table[:2]),
            vendor.calls(claims.OWN_TABLES, *table),
            vendor.calls_via_athena(claims.OWN_DATABASE, *table[:2]),
            vendor.calls_via_athena(claims.OWN_TABLES, *table),
        ),
        *(
            (
                vendor.need(
                    "table-versions", "see how tables have changed", vendor.calls(_VERSIONS, *table)
                ),
            )
            if "table_versions" in settings.profile.bundles
            else ()
        ),
        vendor.need(
            "default-database",
            "see the default database",
            vendor.calls_via_athena(
                ("glue:GetDatabase",), arns.glue_catalog(), arns.glue_database("default")
            ),
        ),
        *(
            claims.describe_tables(vendor, arns, settings.databases)[:1]
            if settings.databases
            else ()
        ),
        *claims.read_sources(vendor, arns, settings.locations),
        vendor.need(
            "write-data",
            "stage files, write data and results",
            vendor.calls(claims.RESULTS_BUCKET, bucket),
            vendor.calls(claims.OWN_OBJECTS, file),
            vendor.calls_via_athena(claims.RESULTS_BUCKET, bucket),
            vendor.calls_via_athena(claims.OWN_OBJECTS, file),
        ),
        *(
            (claims.hand_over(vendor, arns, settings.bucket, "stage/"),)
            if settings.bucket in settings.owners
            else ()
        ),
        *claims.use_keys(vendor, settings.source_keys, settings.kms_key),
    )


def _take_role(settings: Access, vendor: Holder) -> tuple[Need, ...]:
    """Return the needs of whoever takes the role that is made."""
    if not settings.makes_role:
        return ()
    rests_on = {one.by: one for one in todo(settings) if one.name == "take-role"}
    last_day = claims.on_the_last_day(settings.until)
    return tuple(
        Need(
            "take-role",
            f"{says} takes the role",
            None,
            caller,
            (replace(call, context={**call.context, **last_day}),),
            tuple(one for arn, one in rests_on.items() if arn in (caller.name, caller.issuer)),
        )
        for says, caller, call in _takers(settings, vendor.arn)
    )


def _takers(settings: Access, role: str) -> Iterable[tuple[str, Caller, Call]]:
    name, account = settings.vendor_name, settings.account
    if settings.assumed_by is not None:
        offered = settings.profile.assumed_by
        principals = settings.assumed_by.principals or (offered.principals if offered else ())
        context = _given("sts:ExternalId", settings.assumed_by.external_id)
        for one in principals:
            caller = _caller(one, account.arns.partition)
            yield name, caller, Call("sts:AssumeRole", (role,), context)
    elif settings.trusted is not None:
        context = _given("sts:ExternalId", settings.trusted.external_id)
        for one in settings.trusted.principals:
            call = Call("sts:AssumeRole", (role,), context)
            yield one.rsplit(":", 1)[1], _caller(one, account.arns.partition), call
    elif settings.service is not None and settings.profile.service is not None:
        source = settings.service.source_arns[:1]
        context = {"aws:SourceAccount": (account.id,)}
        context |= {"aws:SourceArn": source} if source else {}
        caller = Caller("service", settings.profile.service.principal)
        yield name, caller, Call("sts:AssumeRole", (role,), context)
    elif settings.web_identity is not None or (settings.runs_on and settings.runs_on.provider):
        context = {key: (value,) for key, value in _token(settings).items()}
        caller = Caller("federated", settings.provider or GOOGLE)
        yield name, caller, Call("sts:AssumeRoleWithWebIdentity", (role,), context)
    elif settings.runs_on is not None:
        yield from _machines(settings, role)


def _machines(settings: Access, role: str) -> Iterable[tuple[str, Caller, Call]]:
    arns = settings.account.arns
    own = {"aws:SourceAccount": (arns.account,)}
    match settings.runs_on.on if settings.runs_on else None:
        case "ec2":
            suffix = ".cn" if arns.partition == "aws-cn" else ""
            ec2 = Caller("service", f"ec2.amazonaws.com{suffix}")
            yield "EC2", ec2, Call("sts:AssumeRole", (role,))
        case "ecs":
            task = f"arn:{arns.partition}:ecs:{arns.region}:{arns.account}:task/c/1"
            context = {**own, "aws:SourceArn": (task,)}
            ecs = Caller("service", "ecs-tasks.amazonaws.com")
            yield "ECS", ecs, Call("sts:AssumeRole", (role,), context)
        case "eks_pod_identity":
            pods = Caller("service", "pods.eks.amazonaws.com")
            for action in ("sts:AssumeRole", "sts:TagSession"):
                yield "EKS", pods, Call(action, (role,), own)


def _caller(principal: str, partition: str) -> Caller:
    """Return somebody whom ``principal``, an account or one of its roles or users, means in a trust
    policy of ``partition``."""
    if ":role/" in principal:
        return Caller.session_of(principal)
    if ":user/" in principal:
        return Caller.of(principal)
    # An id alone is an account of the policy's own partition.
    root = f"arn:{partition}:iam::{principal}:root" if principal.isdigit() else principal
    return Caller.session_of(root.removesuffix("root") + "role/vendor")


def _given(key: str, value: str | None) -> dict[str, tuple[str, ...]]:
    return {key: (value,)} if value else {}


def _token(settings: Access) -> dict[str, str]:
    """Return what the token says that opens the role, as condition keys of AWS."""
    if settings.runs_on is not None:
        subject = f"{settings.runs_on.namespace}:{settings.runs_on.service_account}"
        return {
            f"{settings.issuer}:sub": f"system:serviceaccount:{subject}",
            f"{settings.issuer}:aud": "sts.amazonaws.com",
        }
    given, offered = settings.web_identity, settings.profile.web_identity
    if given is None or offered is None:
        return {}
    said = {
        "sub": given.subject or offered.subject,
        "oaud": given.organization_identifier,
        "aud": given.audience,
    }
    return {f"{settings.issuer}:{name}": value for name, value in said.items() if value}


# ------------------------------------------------------------------------------ what it never may


def never(settings: Access) -> tuple[Never, ...]:
    """Return what is never allowed, to the vendor and to others."""
    vendor = holder(settings)
    if isinstance(settings, QueryAccess):
        found = _query_never(settings, vendor)
    elif isinstance(settings, TablesAccess):
        found = _tables_never(settings, vendor)
    elif isinstance(settings, MetadataAccess):
        found = _metadata_never(settings, vendor)
    found += claims.tls_only(settings.account.arns.partition, settings.made_buckets)
    if settings.only_from is not None:
        places = settings.only_from
        found += (claims.nowhere_else(vendor, places.addresses, places.vpc_endpoints),)
    elif (
        settings.keys
        and settings.profile.addresses
        and settings.restrict_to_vendor_ips is not False
    ):
        elsewhere: When = {
            "aws:SourceIp": AnyBut(settings.profile.addresses),
            "aws:ViaAWSService": ("false",),
        }
        found += (
            vendor.never(
                "vendor-addresses",
                "keys useless from other addresses",
                Requests(("*",)),
                when=elsewhere,
            ),
        )
    found += claims.nothing_after(settings.until, vendor)
    if settings.makes_role:
        told = ("sns:*",) if _topic_made(settings) else ()
        found += claims.nobody_after(settings.until, *told)
    points = access_points(settings.account, getattr(settings, "sources", ()))
    found = claims.never_by_access_point(found, points)
    return (*found, *_who_else(settings))


def _services(settings: Access, keys: bool) -> tuple[str, ...]:
    return (
        "athena:*",
        "glue:*",
        "s3:*",
        *(("kms:*",) if keys else ()),
        *catalogs.services(settings.catalogs),
        *(
            ("lakeformation:GetDataAccess",)
            if settings.lake_formation or any(one.lake_formation for one in settings.catalogs)
            else ()
        ),
    )


def _query_never(settings: QueryAccess, vendor: Holder) -> tuple[Never, ...]:
    arns, profile, bundles = settings.account.arns, settings.profile, settings.profile.bundles
    bucket, path = settings.results_bucket, settings.results_path
    results = f"{bucket}/{path}"
    workgroup, key = arns.workgroup(settings.workgroup_name), settings.results.kms_key
    managed = settings.results.managed
    written = (key,) if key and not managed else ()
    spills = catalogs.spills(settings.catalogs)
    written_to = () if managed else (results,)
    keys = claims.kms_only(
        vendor,
        settings.account,
        (*settings.source_keys, *catalogs.keys(arns, settings.catalogs)),
        written,
        managed={key: workgroup} if key and managed else {},
        other_catalogs=catalogs.glue_keys(settings.catalogs),
    )
    objects = f"{arns.bucket(results)}*"
    itself: list[Requests] = []
    if "fetch_results" in bundles or settings.reads_results_directly:
        itself.append(Requests(("s3:GetObject",), (objects,)))
    if "delete_results" in bundles:
        itself.append(Requests(("s3:DeleteObject",), (objects,)))
    if "list_results" in bundles:
        itself.append(Requests(claims.BUCKET_READS, (arns.bucket(bucket),)))
    return (
        claims.no_iam(vendor),
        claims.no_other_service(vendor, *_services(settings, bool(keys))),
        claims.queries_only(
            vendor,
            *(*claims.QUERIES, *claims.RESULTS, *claims.STREAM, *claims.HISTORY),
            *(*claims.BROWSING, *claims.LISTS),
            *(_NAMED_QUERIES if "named_queries" in bundles else ()),
            *(_PREPARED if "prepared_statements" in bundles else ()),
        ),
        claims.one_workgroup(
            vendor,
            workgroup,
            arns.data_catalog(DEFAULT_CATALOG),
            *catalogs.names(arns, settings.catalogs),
        ),
        *_catalog_never(settings, vendor, settings.databases),
        claims.no_other_bucket(vendor, arns, (*settings.locations, *spills, *written_to)),
        *claims.sources_read_only(vendor, arns, (*settings.locations, *spills), written_to),
        *catalogs.never(
            vendor,
            settings.account,
            settings.catalogs,
            (*settings.source_keys, *written),
            (*settings.locations, *written_to),
        ),
        *(() if managed else (_results_only(settings, vendor),)),
        *((claims.no_other_acl(vendor),) if bucket in settings.owners else ()),
        *_through_athena(profile.itself, vendor, itself),
        *keys,
    )


def _results_only(settings: QueryAccess, vendor: Holder) -> Never:
    arns, bucket = settings.account.arns, settings.results_bucket
    handed = claims.HANDED_OVER if bucket in settings.owners else ()
    if "delete_results" not in settings.profile.bundles:
        return claims.results_only(vendor, arns, bucket, settings.results_path, handed)
    return vendor.never(
        "results-only",
        "with results nothing but writing, reading and deleting",
        Requests(
            ("s3:*",),
            (arns.objects(bucket, settings.results_path),),
            but_actions=(*claims.RESULTS_OBJECTS, "s3:DeleteObject", *handed),
        ),
        Requests(("s3:*",), (arns.bucket(bucket),), but_actions=claims.RESULTS_BUCKET),
    )


def _through_athena(
    itself: Iterable[str], vendor: Holder, but: Iterable[Requests]
) -> tuple[Never, ...]:
    """Return the claim that the vendor calls Glue and S3 through Athena only, as far as its
    profile says so; none for one that calls them all itself."""
    itself = set(itself)
    if not itself:
        return (claims.only_through_athena(vendor, *but),)
    if itself == {"glue"}:
        excepted = tuple(but)
        direct = tuple(action for some in excepted for action in some.actions)
        return (
            vendor.never(
                "only-through-athena",
                "S3 only through Athena",
                Requests(("s3:*",), but_actions=direct),
                *(Requests(some.actions, but_resources=some.resources) for some in excepted),
                when=claims.NOT_VIA_ATHENA,
            ),
        )
    if "glue" not in itself:
        return (
            vendor.never(
                "only-through-athena",
                "Glue only through Athena",
                Requests(("glue:*",)),
                when=claims.NOT_VIA_ATHENA,
            ),
        )
    return ()


def _catalog_never(
    settings: QueryAccess | MetadataAccess, vendor: Holder, databases: Iterable[str]
) -> tuple[Never, ...]:
    arns, bundles = settings.account.arns, settings.profile.bundles
    of_database, of_table = _descriptions(settings)
    every = "all_databases" in bundles or settings.list_all_databases
    if every:
        of_database = claims.DATABASE_READS
    reads = (
        *of_database,
        *of_table,
        *(("glue:GetCatalog",) if catalogs.nested(settings.catalogs) else ()),
        *(_VERSIONS if "table_versions" in bundles else ()),
        *(_SEARCH if "search_tables" in bundles else ()),
    )
    only = vendor.never(
        "catalog-reads-only",
        "in Glue nothing but reading tables",
        Requests(("glue:*",), but_actions=reads),
    )
    also = catalogs.glue(arns, settings.catalogs)
    if not every:
        return (claims.no_other_database(vendor, arns, databases, also), only)
    return (claims.no_other_table(vendor, arns, databases, also), only)


def _metadata_never(settings: MetadataAccess, vendor: Holder) -> tuple[Never, ...]:
    arns, bundles = settings.account.arns, settings.profile.bundles
    reads_files = "iceberg_metadata" in bundles and bool(settings.sources)
    lists_files = "list_sources" in bundles and bool(settings.sources)
    # Of sources that are not read, the keys are not used.
    keys = claims.kms_only(
        vendor, settings.account, settings.source_keys if reads_files else (), ()
    )
    services = ["glue:*"]
    services += ["s3:*"] if reads_files or lists_files else []
    services += ["kms:*"] if keys else []
    services += ["athena:*"] if settings.workgroups else []
    services += ["lakeformation:GetDataAccess"] if settings.lake_formation else []
    found = (
        claims.no_iam(vendor),
        claims.no_other_service(vendor, *services),
        *_catalog_never(settings, vendor, settings.databases),
    )
    if reads_files or lists_files:
        places = [f"{arns.bucket(location)}*/metadata/*" for location in settings.locations]
        buckets = [arns.bucket(source.bucket) for source in settings.sources]
        opened = {
            "s3:GetObject": tuple(places) if reads_files else (),
            "s3:ListBucket": tuple(buckets) if lists_files else (),
        }
        found += (
            vendor.never(
                "metadata-only",
                "no table data: metadata files, and names of objects",
                Requests(
                    ("s3:*",), but_resources=tuple(p for some in opened.values() for p in some)
                ),
                *(
                    Requests(("s3:*",), some, but_actions=(action,))
                    for action, some in opened.items()
                    if some
                ),
            ),
        )
    found += keys
    if settings.workgroups:
        workgroups = tuple(arns.workgroup(name) for name in settings.workgroups)
        found += (
            vendor.never(
                "history-only",
                "in Athena nothing but the history of the workgroups named",
                Requests(("athena:*",), but_actions=_READ_HISTORY),
                Requests(("athena:*",), but_resources=workgroups),
            ),
        )
    return found


def _tables_never(settings: TablesAccess, vendor: Holder) -> tuple[Never, ...]:
    arns, bucket = settings.account.arns, settings.account.arns.bucket(settings.bucket)
    written = (settings.kms_key,) if settings.kms_key else ()
    keys = claims.kms_only(vendor, settings.account, settings.source_keys, written, True)
    handed = claims.HANDED_OVER if settings.bucket in settings.owners else ()
    prepared = _PREPARED if "prepared_statements" in settings.profile.bundles else ()
    versions = _VERSIONS if "table_versions" in settings.profile.bundles else ()
    schema = (arns.glue_database(settings.schema), arns.glue_tables(settings.schema))
    read = tuple(
        arn
        for name in settings.databases
        for arn in (arns.glue_database(name), arns.glue_tables(name))
    )
    found = (
        claims.no_iam(vendor),
        claims.no_other_service(vendor, *_services(settings, bool(keys))),
        claims.queries_only(vendor, *claims.QUERIES, *claims.RESULTS, *_LOOKS_UP, *prepared),
        claims.one_workgroup(
            vendor,
            arns.workgroup(settings.workgroup_name),
            arns.data_catalog(DEFAULT_CATALOG),
        ),
        claims.no_other_database(vendor, arns, (settings.schema, *settings.databases)),
        vendor.never(
            "tables-only",
            "in Glue nothing but its schema's tables",
            Requests(
                ("glue:*",), but_actions=(*claims.OWN_DATABASE, *claims.OWN_TABLES, *versions)
            ),
        ),
        claims.no_other_bucket(vendor, arns, (f"{settings.bucket}/", *settings.locations)),
        vendor.never(
            "objects-only",
            "no change to the bucket, its ACLs or versions",
            Requests(("s3:*",), (f"{bucket}/*",), but_actions=(*claims.OWN_OBJECTS, *handed)),
            Requests(("s3:*",), (bucket,), but_actions=claims.RESULTS_BUCKET),
        ),
        *((claims.no_other_acl(vendor),) if handed else ()),
        *claims.sources_read_only(vendor, arns, settings.locations),
        *keys,
    )
    if settings.databases and "glue" not in settings.profile.itself:
        found += (
            vendor.never(
                "read-through-athena",
                "the databases it only reads: through Athena",
                *(
                    Requests(
                        ("glue:*",),
                        (arns.glue_database(name), arns.glue_tables(name)),
                        # Athena asks for this one whatever it is that is queried.
                        but_actions=("glue:GetDatabase",) if name == "default" else (),
                    )
                    for name in settings.databases
                ),
                when=claims.NOT_VIA_ATHENA,
            ),
        )
    if settings.sources and "sources" not in settings.profile.itself:
        buckets = [arns.bucket(source.bucket) for source in settings.sources]
        found += (
            vendor.never(
                "sources-through-athena",
                "the buckets it only reads: through Athena",
                Requests(("s3:*",), (*buckets, *(f"{bucket}/*" for bucket in buckets))),
                when=claims.NOT_VIA_ATHENA,
            ),
        )
    if read:
        reading = (*claims.DATABASE_READS, *claims.TABLE_READS)
        found += (
            vendor.never(
                "databases-read-only",
                "no change to the databases it only reads",
                Requests(("glue:*",), resources=read, but_actions=reading, but_resources=schema),
            ),
        )
    return found


def _who_else(settings: Access) -> tuple[Never, ...]:
    """Return the claims that nobody else gets in, and nobody with another id or token."""
    topic: tuple[Never, ...] = ()
    cloudwatch: tuple[Principal, ...] = ()
    if told := _topic_made(settings):
        topic = claims.alarms_only(*told, settings.account.id)
        cloudwatch = (Principal("Service", "cloudwatch.amazonaws.com"),)
    if not settings.makes_role:
        return (claims.nobody_else(*cloudwatch), *topic)
    principals = (*_principals(settings), *cloudwatch)
    actions = ["sts:AssumeRole"]
    if settings.web_identity is not None or (settings.runs_on and settings.runs_on.provider):
        actions = ["sts:AssumeRoleWithWebIdentity"]
    elif settings.runs_on is not None and settings.runs_on.on == "eks_pod_identity":
        actions.append("sts:TagSession")
    # What others do with the topic has claims of its own.
    told_only = ("sns:*",) if topic else ()
    anything = (Requests(("*",), but_actions=told_only),)
    only = Requests(("*",), but_actions=(*actions, *told_only))
    found = [
        claims.nobody_else(*principals),
        Never("role-only", "nothing but taking the role", Strangers(), (only,)),
        *topic,
    ]
    for key, (name, says, *values) in _told(settings).items():
        found.append(Never(name, says, Strangers(), anything, {key: AnyBut(tuple(values))}))
    return tuple(found)


def _principals(settings: Access) -> Iterable[Principal]:
    for _, caller, _ in _takers(settings, ""):
        if caller.kind == "service":
            yield Principal("Service", caller.name)
        elif caller.kind == "federated":
            yield Principal("Federated", caller.name)
    offered = settings.profile.assumed_by
    if settings.assumed_by is not None:
        given = settings.assumed_by.principals or (offered.principals if offered else ())
        yield from (Principal("AWS", one) for one in given)
    if settings.trusted is not None:
        yield from (Principal("AWS", one) for one in settings.trusted.principals)


def _told(settings: Access) -> dict[str, tuple[str, ...]]:
    """Return the condition keys that must have one of some values for the role to open: name and
    words of the claim, and the values, of ARNs as patterns."""
    arns = settings.account.arns
    own = ("no-other-account", "no resource of another account", settings.account.id)
    found: dict[str, tuple[str, ...]] = {}
    external = settings.assumed_by or settings.trusted
    if external is not None and external.external_id:
        value = external.external_id
        found["sts:ExternalId"] = ("external-id", "not without the external id", value)
    if settings.service is not None:
        found["aws:SourceAccount"] = own
        if named := settings.service.source_arns:
            found["aws:SourceArn"] = ("no-other-resource", "no resource but those named", *named)
    if settings.runs_on is not None and settings.runs_on.on == "ecs":
        tasks = f"arn:{arns.partition}:ecs:{arns.region}:{arns.account}:*"
        found["aws:SourceArn"] = ("no-other-task", "nothing but ECS in this region", tasks)
    if settings.runs_on is not None and settings.runs_on.on in ("ecs", "eks_pod_identity"):
        found["aws:SourceAccount"] = own
    words = {
        "sub": ("no-other-token", "no other subject of a token"),
        "oaud": ("no-other-customer", "no token for another customer"),
        "aud": ("no-other-client", "no token for another audience"),
    }
    if settings.web_identity is not None or (settings.runs_on and settings.runs_on.provider):
        for key, value in _token(settings).items():
            found[key] = (*words[key.rsplit(":", 1)[1]], value)
    return found
