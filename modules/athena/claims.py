"""Claims that several integrations make: what a query needs, and where it must end.

The calls of a query and their resources:
https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html,
https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
(2026-11).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from athena_gate.modules.account import Account
from athena_gate.modules.athena.alarm import Alarm
from athena_gate.modules.athena.settings import LakeFormationReader, by_access_point
from athena_gate.modules.athena.statements import via_s3_services
from athena_gate.modules.iam.arn import Arns
from athena_gate.modules.iam.claims import (
    AnyBut,
    Anyone,
    Call,
    Need,
    Never,
    Requests,
    Since,
    Strangers,
    When,
)
from athena_gate.modules.iam.decide import Caller
from athena_gate.modules.iam.patterns import arn_matches
from athena_gate.modules.iam.policy import Principal
from athena_gate.modules.iam.todo import ToDo
from athena_gate.modules.lake_formation import (
    Catalog,
    Columns,
    Database,
    LakeGrant,
    Location,
    On,
    Tables,
    Tagged,
)

# https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena-calledvia.html (2026-11).
ATHENA = "athena.amazonaws.com"
NOT_VIA_ATHENA: When = {"aws:CalledVia": AnyBut((ATHENA,))}
# Where a request comes from: an address of the internet, or a VPC endpoint.
PLACES = ("aws:SourceIp", "aws:SourceVpce")

QUERIES = (
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:GetQueryExecution",
    "athena:StopQueryExecution",
)
RESULTS = ("athena:GetQueryResults",)
STREAM = ("athena:GetQueryResultsStream",)
HISTORY = ("athena:ListQueryExecutions", "athena:BatchGetQueryExecution")
BROWSING = (
    "athena:GetDataCatalog",
    "athena:GetDatabase",
    "athena:ListDatabases",
    "athena:GetTableMetadata",
    "athena:ListTableMetadata",
)
# Names of catalogs, workgroups and engines; none takes a resource.
LISTS = ("athena:ListDataCatalogs", "athena:ListWorkGroups", "athena:ListEngineVersions")

DATABASE_READS = ("glue:GetDatabase", "glue:GetDatabases")
TABLES = ("glue:GetTable", "glue:GetTables")
PARTITIONS = ("glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition")
TABLE_READS = (*TABLES, *PARTITIONS)

BUCKET_READS = ("s3:GetBucketLocation", "s3:ListBucket")
RESULTS_BUCKET = (*BUCKET_READS, "s3:ListBucketMultipartUploads")
RESULTS_OBJECTS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)

# The permission that Lake Formation asks for when a call is made, by what it is on; calls to S3 are
# those that are made with its credentials:
# https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html (2026-11).
_LAKE: Mapping[type[On], Mapping[str, str]] = {
    Catalog: {"glue:CreateDatabase": "CREATE_DATABASE"},
    Database: {
        "glue:GetDatabase": "DESCRIBE",
        "glue:CreateTable": "CREATE_TABLE",
        "glue:DeleteDatabase": "DROP",
    },
    Tables: {
        "glue:GetTable": "DESCRIBE",
        "glue:UpdateTable": "ALTER",
        "glue:DeleteTable": "DROP",
        "s3:GetObject": "SELECT",
        "s3:PutObject": "INSERT",
        "s3:DeleteObject": "DELETE",
    },
    Location: {"glue:CreateTable": "DATA_LOCATION_ACCESS"},
}

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl (2026-11).
_OWNERS_ACL = "bucket-owner-full-control"
HANDED_OVER = ("s3:PutObjectAcl",)

# Of whoever makes tables: in a database of its own, with its data.
OWN_DATABASE = (*DATABASE_READS, "glue:CreateDatabase")
OWN_TABLES = (
    *TABLE_READS,
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:DeleteTable",
    "glue:CreatePartition",
    "glue:BatchCreatePartition",
    "glue:UpdatePartition",
    "glue:DeletePartition",
    "glue:BatchDeletePartition",
)
OWN_OBJECTS = (*RESULTS_OBJECTS, "s3:DeleteObject")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the policies that claims speak of: ``arn`` of a user, role or policy, and the
    caller that acts with them. ``context`` are the condition keys of its own calls."""

    arn: str
    caller: Caller
    context: Mapping[str, tuple[str, ...]]

    def need(self, name: str, says: str, *calls: Iterable[Call]) -> Need:
        """Return the need of these calls."""
        return Need(name, says, self.arn, self.caller, tuple(c for some in calls for c in some))

    def never(self, name: str, says: str, *requests: Requests, when: When | None = None) -> Never:
        """Return the claim that the holder is never allowed ``requests``."""
        return Never(name, says, self.arn, requests, when or {})

    def calls(self, actions: Iterable[str], *resources: str) -> tuple[Call, ...]:
        """Return the holder's own calls of ``actions``, each checked on all ``resources``."""
        context = {**self.context, "aws:ViaAWSService": ("false",)}
        return tuple(Call(action, resources, context) for action in actions)

    def calls_via_athena(self, actions: Iterable[str], *resources: str) -> tuple[Call, ...]:
        """Return calls that Athena makes on the holder's behalf.

        Their aws:SourceIp is not known, nor their aws:SourceVpce: AWS's pages contradict each other
        (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html
        and https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html, 2026-11).
        """
        context = {
            **{key: v for key, v in self.context.items() if key not in PLACES},
            "aws:ViaAWSService": ("true",),
            "aws:CalledVia": (ATHENA,),
        }
        unknown = frozenset(PLACES)
        return tuple(Call(action, resources, context, unknown) for action in actions)

    def calls_via_s3(self, actions: Iterable[str], *resources: str) -> tuple[Call, ...]:
        """Return calls that S3 makes for an object of Athena's, to the key it is encrypted with."""
        s3 = _host("s3", resources[0].split(":")[3])
        return tuple(
            Call(
                call.action,
                call.resources,
                {
                    **call.context,
                    "aws:CalledVia": (ATHENA, s3),
                    "kms:ViaService": (s3,),
                },
                call.unknown,
            )
            for call in self.calls_via_athena(actions, *resources)
        )


def _host(service: str, region: str) -> str:
    """Return what a service is called in ``region``, with the domain of its partition."""
    ends = {"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu"}
    end = next((end for start, end in ends.items() if region.startswith(start)), "amazonaws.com")
    return f"{service}.{region}.{end}"


def holder_of_user(arn: str, addresses: Iterable[str] = ("203.0.113.7",)) -> Holder:
    """Return the holder that is the user ``arn``, calling from the first of ``addresses``."""
    return Holder(arn, Caller.of(arn), _context(arn, arn, next(iter(addresses))))


def holder_of_role(arn: str) -> Holder:
    """Return the holder that is the role ``arn``, in a session of it."""
    session = Caller.session_of(arn)
    # An address kept for documentation (RFC 5737): some address.
    return Holder(arn, session, _context(arn, session.name, "203.0.113.7"))


def _context(arn: str, caller: str, address: str) -> dict[str, tuple[str, ...]]:
    # What AWS sends with every request:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    # (2026-11).
    return {
        "aws:PrincipalArn": (arn,),
        "aws:PrincipalAccount": (caller.split(":")[4],),
        "aws:SecureTransport": ("true",),
        "aws:SourceIp": (address,),
    }


def calling_from(holder: Holder, addresses: Iterable[str], endpoints: Iterable[str]) -> Holder:
    """Return ``holder`` calling from the first of ``addresses`` (CIDR), or where there is none of
    the VPC ``endpoints``."""
    return replace(holder, context=_from(holder.context, *_places(addresses, endpoints)[:1]))


def from_each_place(
    needs: Iterable[Need], holder: Holder, addresses: Iterable[str], endpoints: Iterable[str]
) -> Need:
    """Return the need to call from all of ``addresses`` and VPC ``endpoints``: the first of the
    holder's own calls among ``needs``, from each."""
    first = next(
        call
        for need in needs
        for call in need.calls
        if need.holder == holder.arn and call.context.get("aws:ViaAWSService") == ("false",)
    )
    calls = (
        replace(first, context=_from(first.context, place))
        for place in _places(addresses, endpoints)
    )
    return holder.need("from-each-place", "call from each place named", calls)


def nowhere_else(holder: Holder, addresses: Iterable[str], endpoints: Iterable[str]) -> Never:
    """Return the claim that the holder calls from ``addresses`` and VPC ``endpoints`` only; what
    AWS services call on its behalf is left out."""
    elsewhere: dict[str, AnyBut | tuple[str, ...]] = {
        "aws:SourceIp": AnyBut(tuple(addresses)),
        "aws:SourceVpce": AnyBut(tuple(endpoints)),
        "aws:ViaAWSService": ("false",),
    }
    return holder.never(
        "only-from", "useless from any other place", Requests(("*",)), when=elsewhere
    )


def _places(addresses: Iterable[str], endpoints: Iterable[str]) -> list[tuple[str, str]]:
    """Return one address of each range, and the endpoints, with the condition key they come in."""
    return [
        *(("aws:SourceIp", address.partition("/")[0]) for address in addresses),
        *(("aws:SourceVpce", endpoint) for endpoint in endpoints),
    ]


def _from(
    context: Mapping[str, tuple[str, ...]], *places: tuple[str, str]
) -> dict[str, tuple[str, ...]]:
    rest = {key: value for key, value in context.items() if key not in PLACES}
    return rest | {key: (place,) for key, place in places}


def resting_on(
    needs: Iterable[Need], owners: Mapping[str, str], todos: Iterable[ToDo]
) -> tuple[Need, ...]:
    """Return ``needs`` with what each of their calls rests on among ``todos``: the policy of its
    resource, and what stops it. ``owners`` are the accounts of those buckets, by name, that are not
    the caller's."""
    todos = tuple(todos)
    owners = {f":s3:::{bucket}": account for bucket, account in owners.items()}
    return tuple(
        replace(
            need,
            calls=tuple(
                one
                for call in need.calls
                for one in _resting(call, owners, todos, need.holder or need.caller.name)
            ),
        )
        for need in needs
    )


def _resting(
    call: Call, owners: Mapping[str, str], todos: Iterable[ToDo], by: str
) -> Iterator[Call]:
    """Yield ``call`` for each of its resources, with what it rests on."""

    def stops(todo: ToDo, resource: str) -> bool:
        return todo.stops(call.action, resource, by, call.context)

    # A call for a table is checked on its database and its catalog too, of which others are parts.
    last = call.resources[-1]
    for resource in call.resources:
        # As arn:aws:s3:::lake/sales/file.
        bucket = resource.partition("/")[0][resource.find(":s3:::") :]
        given = tuple(
            todo
            for todo in todos
            if (todo.policy and todo.governs(resource))
            or (stops(todo, resource) and (":glue:" not in last or stops(todo, last)))
        )
        account = owners.get(bucket, call.account)
        yield replace(call, resources=(resource,), account=account, given=given)


def run_queries(holder: Holder, workgroup: str) -> tuple[Need, ...]:
    """Return the needs of a query in the workgroup with this ARN, from start to results."""
    return (
        holder.need(
            "run-queries", "start, watch and stop queries", holder.calls(QUERIES, workgroup)
        ),
        holder.need("read-results", "read what they return", holder.calls(RESULTS, workgroup)),
    )


def stream_results(holder: Holder, workgroup: str) -> Need:
    """Return the need of the JDBC and ODBC drivers, which stream results.

    https://docs.aws.amazon.com/athena/latest/ug/jdbc-v2.html (2026-11).
    """
    return holder.need("stream-results", "stream it to a driver", holder.calls(STREAM, workgroup))


def find_earlier_queries(holder: Holder, workgroup: str) -> Need:
    """Return the need of clients that use the results of an earlier query again, as PyAthena does
    (4.2.1, source read 2026-11)."""
    return holder.need("earlier-queries", "find earlier queries", holder.calls(HISTORY, workgroup))


def browse_catalog(holder: Holder, catalog: str) -> tuple[Need, ...]:
    """Return the needs of a client that shows the schema of the catalog with this ARN."""
    return (
        holder.need(
            "browse-catalog", "look up tables through Athena", holder.calls(BROWSING, catalog)
        ),
        holder.need("list-account", "list catalogs, workgroups, engines", holder.calls(LISTS, "*")),
    )


def describe_tables(holder: Holder, arns: Arns, databases: Iterable[str]) -> tuple[Need, ...]:
    """Return the needs of Athena when it plans a query of tables of ``databases``: Glue checks a
    call for a table on its catalog and database too.

    So it is with lists: https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    (2026-11) has GetTables on catalog, database and its tables for SHOW TABLES, GetDatabases on
    catalog and the one database for CREATE TABLE, and on ``database/*`` only "to list all
    databases", for SHOW DATABASES, which is a need of its own (``list-databases``).
    """
    catalog = arns.glue_catalog()
    calls: list[Call] = []
    for database in databases:
        place = (catalog, arns.glue_database(database))
        calls += holder.calls_via_athena(DATABASE_READS, *place)
        calls += holder.calls_via_athena(TABLE_READS, *place, a_table(arns, database))
    default = (catalog, arns.glue_database("default"))
    return (
        *((holder.need("describe-tables", "let Athena plan a query", calls),) if calls else ()),
        holder.need(
            "default-database",
            "let Athena see the default database",
            holder.calls_via_athena(("glue:GetDatabase",), *default),
        ),
    )


def a_table(arns: Arns, database: str) -> str:
    """Return the ARN of some table of ``database``."""
    return f"{arns.glue_tables(database).removesuffix('*')}t"


def read_sources(holder: Holder, arns: Arns, locations: Iterable[str]) -> tuple[Need, ...]:
    """Return the need to read table data at each of ``locations`` (``bucket/prefix``)."""
    calls: list[Call] = []
    for location in locations:
        bucket = location.partition("/")[0]
        calls += holder.calls_via_athena(BUCKET_READS, arns.bucket(bucket))
        calls += holder.calls_via_athena(("s3:GetObject",), f"{arns.bucket(location)}file")
    return (holder.need("read-data", "let Athena read the tables' data", calls),) if calls else ()


def write_results(holder: Holder, arns: Arns, bucket: str, path: str) -> Need:
    """Return the need to write results to ``bucket/path``, in parts where they are large."""
    return holder.need(
        "write-results",
        "let Athena write results",
        holder.calls_via_athena(RESULTS_BUCKET, arns.bucket(bucket)),
        holder.calls_via_athena(RESULTS_OBJECTS, f"{arns.bucket(bucket)}/{path}result.csv"),
    )


def use_keys(
    holder: Holder, source_keys: Iterable[str], results_key: str | None
) -> tuple[Need, ...]:
    """Return the needs of encrypted data: to decrypt with ``source_keys``, and to encrypt too with
    ``results_key`` (ARNs)."""
    calls = [call for key in source_keys for call in holder.calls_via_s3(("kms:Decrypt",), key)]
    if results_key:
        calls += holder.calls_via_s3(("kms:Decrypt", "kms:GenerateDataKey"), results_key)
    return (holder.need("use-keys", "let S3 use the KMS keys", calls),) if calls else ()


def use_catalog_key(
    holder: Holder, key: str | None, writes: bool, direct: bool = False
) -> tuple[Need, ...]:
    """Return the need of an encrypted Glue catalog: to decrypt its tables with ``key`` (an ARN),
    and where tables are made, to encrypt; with ``direct``, in calls of Glue that the holder makes
    itself; none without a key.

    https://docs.aws.amazon.com/athena/latest/ug/access-encrypted-data-glue-data-catalog.html
    (2026-11).
    """
    if key is None:
        return ()
    actions = ("kms:Decrypt", *(("kms:Encrypt", "kms:GenerateDataKey") if writes else ()))
    through = {"kms:ViaService": (_host("glue", key.split(":")[3]),)}
    calls = [
        replace(call, context={**call.context, **through})
        for call in holder.calls_via_athena(actions, key)
    ]
    if direct:
        calls += [
            replace(call, context={k: v for k, v in call.context.items() if k != "aws:CalledVia"})
            for call in calls
        ]
    says = "read and write" if writes else "read"
    return (holder.need("catalog-key", f"let Glue {says} the encrypted catalog", calls),)


def hand_over(holder: Holder, arns: Arns, bucket: str, path: str, name: str = "hand-over") -> Need:
    """Return the need to write objects to ``bucket/path`` that are its owner's, another account:
    with an ACL in the request.

    https://docs.aws.amazon.com/athena/latest/ug/query-results-specify-location-workgroup.html and
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (2026-11).
    """
    calls = holder.calls_via_athena(("s3:PutObjectAcl",), f"{arns.bucket(bucket)}/{path}file")
    acl = {"s3:x-amz-acl": (_OWNERS_ACL,)}
    return holder.need(
        name,
        "let Athena hand over what it writes to the bucket's owner",
        [replace(call, context={**call.context, **acl}) for call in calls],
    )


def no_other_acl(holder: Holder) -> Never:
    """Return the claim that the holder gives objects to nobody but the owner of their bucket."""
    return holder.never(
        "owners-acl",
        "objects handed to nobody but their bucket's owner",
        Requests(("s3:PutObjectAcl",)),
        when={"s3:x-amz-acl": AnyBut((_OWNERS_ACL,))},
    )


def governed_by_lake_formation(holder: Holder) -> Need:
    """Return the need of tables that Lake Formation governs."""
    return holder.need(
        "lake-formation",
        "get credentials from Lake Formation",
        holder.calls_via_athena(("lakeformation:GetDataAccess",), "*"),
    )


def of_named_tables(
    needs: Iterable[Need], arns: Arns, lake: LakeFormationReader | None
) -> tuple[Need, ...]:
    """Return ``needs`` where others grant only some tables of a database (``lake``): on some table
    of it means on those."""
    named: dict[str, tuple[str, ...]] = {}
    for table in lake.tables if lake and not lake.grants else ():
        place, some = arns.glue_tables(table.database), a_table(arns, table.database)
        named[some] = (*named.get(some, ()), f"{place.removesuffix('*')}{table.table}")

    def on_those(call: Call) -> Iterator[Call]:
        *above, last = call.resources
        for one in named.get(last, (last,)):
            yield replace(call, resources=(*above, one))

    return tuple(
        replace(need, calls=tuple(one for call in need.calls for one in on_those(call)))
        for need in needs
    )


def governed(holder: Holder, on: On, *calls: str) -> LakeGrant:
    """Return the grant without which ``calls`` on something that Lake Formation governs fail."""
    kind: type[On] = type(on)
    if isinstance(on, Tagged):
        kind = Database if on.what == "databases" else Tables
    asked = _LAKE[Tables if kind is Columns else kind]
    found = {asked[call] for call in calls if call in asked}
    # Of the columns that SELECT is given on the description is given with it.
    return LakeGrant(holder.arn, on, tuple(found - {"DESCRIBE"} if "SELECT" in found else found))


def reads_governed(
    holder: Holder, lake: LakeFormationReader, databases: Iterable[str], *calls: str
) -> Iterator[LakeGrant]:
    """Yield the grants without which ``holder`` does not see ``databases``, and its ``calls`` for
    their tables fail."""
    if lake.tags:
        tags = frozenset((tag.key, frozenset(tag.values)) for tag in lake.tags)
        yield governed(holder, Tagged("databases", tags), *DATABASE_READS)
        yield governed(holder, Tagged("tables", tags), *calls)
        return
    alone = {table.database for table in lake.tables}
    for database in databases:
        yield governed(holder, Database(database), *DATABASE_READS)
        if database not in alone:
            yield governed(holder, Tables(database), *calls)
    for table in lake.tables:
        if table.columns:
            on: On = Columns(table.database, table.table, frozenset(table.columns))
        elif table.without_columns:
            on = Columns(table.database, table.table, frozenset(table.without_columns), but=True)
        else:
            on = Tables(table.database, table.table)
        yield governed(holder, on, *calls)


def writes_governed(holder: Holder, databases: Iterable[str], *calls: str) -> Iterator[LakeGrant]:
    """Yield the grants without which ``calls`` on ``databases``, their tables and the tables' data
    fail."""
    for database in databases:
        yield governed(holder, Database(database), *calls)
        # Nobody who makes tables sees only what it selects from.
        tables = governed(holder, Tables(database), *calls)
        yield replace(tables, permissions=(*tables.permissions, "DESCRIBE"))


def use_managed_key(holder: Holder, workgroup: str, key: str) -> Need:
    """Return the need of a workgroup that keeps its results in Athena, encrypted with ``key``: who
    queries decrypts and encrypts, for that workgroup (ARNs).

    https://docs.aws.amazon.com/athena/latest/ug/managed-results.html (2026-11).
    """
    calls = (
        replace(
            call, context={**call.context, "kms:EncryptionContext:aws:athena:arn": (workgroup,)}
        )
        for call in holder.calls_via_athena(("kms:Decrypt", "kms:GenerateDataKey"), key)
    )
    return holder.need("use-results-key", "let Athena use the key of its results", calls)


def told_of_alarms(arns: Arns, name: str, alarm: Alarm) -> tuple[str, tuple[str, ...]]:
    """Return the topic that ``alarm`` tells, of a block whose things are called ``name``, and the
    alarms that there must be (ARNs)."""
    limits = {"hour": alarm.bytes_per_hour, "day": alarm.bytes_per_day}
    alarms = tuple(
        arns.alarm(f"{name}-bytes-per-{word}") for word, limit in limits.items() if limit
    )
    return alarm.topic or arns.topic(f"{name}-limits"), alarms


def alarms_told(
    told: str, alarms: Iterable[str], account: str, key: str | None
) -> tuple[Need, ...]:
    """Return the needs of CloudWatch, which tells the topic ``told`` of ``alarms`` (ARNs) and uses
    its ``key``.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    (2026-11).
    """
    cloudwatch = Caller("service", "cloudwatch.amazonaws.com")
    contexts = [{"aws:SourceAccount": (account,), "aws:SourceArn": (alarm,)} for alarm in alarms]
    actions: dict[str, tuple[str, ...]] = {told: ("sns:Publish",)}
    if key:
        actions[key] = ("kms:Decrypt", "kms:GenerateDataKey")
    calls = tuple(
        Call(action, (resource,), context)
        for resource, some in actions.items()
        for action in some
        for context in contexts
    )
    return (Need("tell", "alarms tell the topic", None, cloudwatch, calls),)


def alarms_only(topic: str, alarms: Iterable[str], account: str) -> tuple[Never, ...]:
    """Return the claims on the ``topic`` that is made: CloudWatch tells it of ``alarms`` (ARNs) of
    ``account``, and nothing else is done with it from outside of its account."""
    tell = "sns:Publish"
    every = (Requests(("sns:*",)),)
    return (
        Never(
            "tell-only",
            "nothing but telling the topic",
            Strangers(),
            (
                Requests(("sns:*",), but_actions=(tell,)),
                Requests(("sns:*",), but_resources=(topic,)),
                Requests(("*",), (topic,), but_actions=(tell,)),
            ),
        ),
        Never(
            "no-other-alarm",
            "the topic is told of no other alarm",
            Strangers(),
            every,
            {"aws:SourceArn": AnyBut(tuple(alarms))},
        ),
        Never(
            "no-alarm-of-others",
            "the topic is told of no alarm of another account",
            Strangers(),
            every,
            {"aws:SourceAccount": AnyBut((account,))},
        ),
    )


def needs_by_access_point(needs: Iterable[Need], points: Mapping[str, str]) -> tuple[Need, ...]:
    """Return ``needs`` with the resources that S3 checks where a bucket's name is an access point's
    alias: ``points`` are the access points (ARNs) by the ARN that such a bucket would have."""
    return tuple(
        replace(
            need,
            calls=tuple(
                replace(call, resources=tuple(by_access_point(r, points) for r in call.resources))
                for call in need.calls
            ),
        )
        for need in needs
    )


def never_by_access_point(claims: Iterable[Never], points: Mapping[str, str]) -> tuple[Never, ...]:
    """Return ``claims`` as ``needs_by_access_point`` does needs."""
    return tuple(
        replace(
            one,
            requests=tuple(
                replace(
                    some,
                    resources=tuple(by_access_point(r, points) for r in some.resources),
                    but_resources=tuple(by_access_point(r, points) for r in some.but_resources),
                )
                for some in one.requests
            ),
        )
        for one in claims
    )


def no_iam(holder: Holder) -> Never:
    """Return the claim that the holder has no way to more rights."""
    return holder.never(
        "no-iam",
        "no IAM, no other role",
        Requests(("iam:*", "sts:*", "organizations:*", "sso:*", "sso-directory:*")),
    )


def no_other_service(holder: Holder, *services: str) -> Never:
    """Return the claim that the holder has nothing but ``services`` (patterns of actions)."""
    return holder.never(
        "no-other-service", "no other service", Requests(("*",), but_actions=services)
    )


def queries_only(holder: Holder, *actions: str) -> Never:
    """Return the claim that in Athena the holder has only ``actions``."""
    return holder.never(
        "queries-only",
        "in Athena nothing but queries",
        Requests(("athena:*",), but_actions=actions),
    )


def one_workgroup(holder: Holder, workgroup: str, *catalogs: str) -> Never:
    """Return the claim that the holder reaches no workgroup but one, and no catalog but
    ``catalogs`` (ARNs)."""
    return holder.never(
        "one-workgroup",
        "no other workgroup, no other catalog",
        Requests(("athena:*",), but_actions=(*LISTS, *BROWSING), but_resources=(workgroup,)),
        Requests(BROWSING, but_resources=catalogs),
    )


def no_other_database(
    holder: Holder, arns: Arns, databases: Iterable[str], also: Iterable[str] = ()
) -> Never:
    """Return the claim that in Glue the holder reaches ``databases``, their tables, what ``also``
    matches (ARNs), and of the database named default only its description."""
    default = (arns.glue_catalog(), arns.glue_database("default"))
    named = tuple(
        arn for name in databases for arn in (arns.glue_database(name), arns.glue_tables(name))
    )
    return holder.never(
        "no-other-database",
        "no other database",
        Requests(("glue:*",), but_resources=(*default, *named, *also)),
        Requests(
            ("glue:*",),
            resources=(arns.glue_database("default"),),
            but_actions=("glue:GetDatabase",),
            but_resources=named,
        ),
    )


def no_other_table(
    holder: Holder, arns: Arns, databases: Iterable[str], also: Iterable[str] = ()
) -> Never:
    """Return the claim of ``no_other_database`` where all databases can be listed."""
    named = tuple(
        arn for name in databases for arn in (arns.glue_database(name), arns.glue_tables(name))
    )
    return holder.never(
        "no-other-table",
        "no table of another database; all databases can be listed",
        Requests(
            ("glue:*",),
            but_resources=(arns.glue_catalog(), arns.glue_database("*"), *named, *also),
        ),
        Requests(
            ("glue:*",),
            resources=(arns.glue_database("*"),),
            but_actions=DATABASE_READS,
            but_resources=(*named, *also),
        ),
    )


def no_other_bucket(holder: Holder, arns: Arns, locations: Iterable[str]) -> Never:
    """Return the claim that in S3 the holder reaches nothing but ``locations``
    (``bucket/prefix``) and the buckets they are in.

    Names of objects are not kept to a prefix: AWS's policies for Athena grant s3:ListBucket without
    s3:prefix, and none of its pages says which prefixes Athena asks for
    (https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html, 2026-11).
    """
    locations = tuple(locations)
    buckets = dict.fromkeys(location.partition("/")[0] for location in locations)
    prefixed = any(location.partition("/")[2] for location in locations)
    return holder.never(
        "no-other-bucket",
        "no S3 but the buckets named: objects under the prefixes named, names of objects anywhere "
        "in these buckets"
        if prefixed
        else "no S3 but the buckets named",
        Requests(
            ("s3:*",),
            but_resources=(
                *(arns.bucket(bucket) for bucket in buckets),
                *(f"{arns.bucket(location)}*" for location in locations),
            ),
        ),
    )


def sources_read_only(
    holder: Holder, arns: Arns, locations: Iterable[str], written: Iterable[str] = ()
) -> tuple[Never, ...]:
    """Return the claim that the data at ``locations`` is only read; none without locations.

    What lies at ``written`` is left out: results may go to the same bucket.
    """
    locations, written = tuple(locations), tuple(written)
    shared = {location.partition("/")[0] for location in written}
    buckets = {location.partition("/")[0] for location in locations} - shared
    claim = holder.never(
        "sources-read-only",
        "no write to source data, only reading",
        Requests(
            ("s3:*",),
            resources=tuple(f"{arns.bucket(location)}*" for location in locations),
            but_actions=("s3:GetObject",),
            but_resources=tuple(f"{arns.bucket(location)}*" for location in written),
        ),
        *(
            Requests(("s3:*",), (arns.bucket(bucket),), but_actions=BUCKET_READS)
            for bucket in sorted(buckets)
        ),
    )
    return (claim,) if locations else ()


def results_only(
    holder: Holder, arns: Arns, bucket: str, path: str, also: tuple[str, ...] = ()
) -> Never:
    """Return the claim that results at ``bucket/path`` are written and read, no more than that and
    ``also``: nothing deletes them, and nobody opens them to others."""
    return holder.never(
        "results-only",
        "with results nothing but writing and reading",
        Requests(("s3:*",), (arns.objects(bucket, path),), but_actions=(*RESULTS_OBJECTS, *also)),
        Requests(("s3:*",), (arns.bucket(bucket),), but_actions=RESULTS_BUCKET),
    )


def only_through_athena(holder: Holder, *but: Requests) -> Never:
    """Return the claim that the holder cannot call Glue and S3 itself, but for the actions of
    ``but`` on their resources; no action stands in two of them."""
    excepted = tuple(action for some in but for action in some.actions)
    return holder.never(
        "only-through-athena",
        "Glue and S3 only through Athena",
        Requests(("glue:*", "s3:*"), but_actions=excepted),
        *(Requests(some.actions, but_resources=some.resources) for some in but),
        when=NOT_VIA_ATHENA,
    )


def keys_through_s3(
    holder: Holder,
    services: Iterable[str],
    read: Iterable[str],
    written: Iterable[str],
    managed: Mapping[str, str] | None = None,
) -> tuple[Never, ...]:
    """Return the claims on KMS: only through S3 (``services``), and no more than to decrypt with
    the keys ``read`` and to encrypt too with those ``written`` (ARNs); none without keys.

    ``managed`` is the key of results that Athena keeps, by ARN, with the ARN of the workgroup: that
    one is used for this workgroup's results too.
    """
    read, written, managed = tuple(read), tuple(written), managed or {}
    if not read and not written and not managed:
        return ()
    through: When = {"kms:ViaService": AnyBut(tuple(services))}
    found = [
        holder.never(
            "no-other-key",
            "no other KMS key",
            Requests(("kms:*",), but_actions=("kms:Decrypt", "kms:GenerateDataKey")),
            Requests(("kms:Decrypt",), but_resources=(*read, *written, *managed)),
            Requests(("kms:GenerateDataKey",), but_resources=(*written, *managed)),
        )
    ]
    if read or written:
        found.append(
            holder.never(
                "keys-through-s3",
                "KMS keys only through S3",
                Requests(("kms:*",), but_resources=tuple(managed)),
                when=through,
            )
        )
    found += _results_keys(holder, managed, services, read)
    return tuple(found)


def _results_keys(
    holder: Holder, managed: Mapping[str, str], services: Iterable[str], also: Iterable[str]
) -> Iterator[Never]:
    """Yield the claim on each key of results that Athena keeps, by ARN, with its workgroup's ARN;
    those in ``also`` serve ``services`` beside."""
    for key, workgroup in managed.items():
        results: When = {"kms:EncryptionContext:aws:athena:arn": AnyBut((workgroup,))}
        through: When = {"kms:ViaService": AnyBut(tuple(services))} if key in also else {}
        yield holder.never(
            "results-key",
            "the key of results only for those of the workgroup",
            Requests(("kms:*",), (key,)),
            when={**results, **through},
        )


def keys_through_glue(
    holder: Holder,
    arns: Arns,
    catalogs: Iterable[str],
    writes: bool,
    read: Iterable[str] = (),
    written: Iterable[str] = (),
    managed: Mapping[str, str] | None = None,
) -> tuple[Never, ...]:
    """Return the claims on KMS of a holder that reads Glue catalogs encrypted with the keys
    ``catalogs``: what ``keys_through_s3`` says of the keys ``read`` and ``written`` (ARNs), and of
    these that they are used through Glue only, to decrypt, and the first, where ``writes``, to
    encrypt; ``managed`` as there."""
    read, written, managed = tuple(read), tuple(written), managed or {}
    catalogs, data = tuple(dict.fromkeys(catalogs)), (*read, *written)
    regions = {one.split(":")[3] for one in data} or {arns.region}
    s3, glue = (
        tuple(
            dict.fromkeys(
                host
                for region in sorted(some)
                for host in (f"{name}.{region}.amazonaws.com", _host(name, region))
            )
        )
        for name, some in (("s3", regions), ("glue", {arns.region}))
    )
    encrypts = ("kms:GenerateDataKey", *(("kms:Encrypt",) if writes else ()))
    own = catalogs[:1] if writes else ()
    found: tuple[Never, ...] = (
        holder.never(
            "no-other-key",
            "no other KMS key",
            Requests(("kms:*",), but_actions=("kms:Decrypt", *encrypts)),
            Requests(("kms:Decrypt",), but_resources=(*data, *managed, *catalogs)),
            Requests(("kms:GenerateDataKey",), but_resources=(*written, *managed, *own)),
            Requests(("kms:Encrypt",), but_resources=own),
        ),
        *_results_keys(holder, managed, (*s3, *glue), (*read, *catalogs)),
        *(
            holder.never(
                "catalog-key-through-glue",
                f"the catalog's KMS key {key.rpartition('/')[2]} only through Glue"
                if len(catalogs) > 1
                else "the catalog's KMS key only through Glue",
                Requests(("kms:*",), (key,)),
                when={"kms:ViaService": AnyBut((*glue, *(s3 if _one_of(key, data) else ())))},
            )
            for key in catalogs
            if key not in managed
        ),
    )
    if not read and not written:
        return found
    return (
        *found,
        holder.never(
            "keys-through-s3",
            "KMS keys of data and results only through S3",
            Requests(("kms:*",), but_resources=(*catalogs, *managed)),
            when={"kms:ViaService": AnyBut(s3)},
        ),
    )


def _one_of(key: str, patterns: Iterable[str]) -> bool:
    return any(arn_matches(pattern, key) for pattern in patterns)


def kms_only(
    holder: Holder,
    account: Account,
    read: Iterable[str],
    written: Iterable[str],
    writes_catalog: bool = False,
    managed: Mapping[str, str] | None = None,
    other_catalogs: Iterable[str] = (),
) -> tuple[Never, ...]:
    """Return the claims on KMS of a holder that reads the catalog of ``account``, and where
    ``writes_catalog`` makes tables in it; ``read``, ``written`` and ``managed`` as in
    ``keys_through_s3``, and ``other_catalogs`` are the keys of catalogs of other accounts."""
    read, written = tuple(read), tuple(written)
    own = [account.catalog_kms_key] if account.catalog_kms_key else []
    catalogs = (*own, *other_catalogs)
    if not catalogs:
        services = via_s3_services(account.arns, (*read, *written))
        return keys_through_s3(holder, services, read, written, managed)
    writes = writes_catalog and bool(own)
    return keys_through_glue(holder, account.arns, catalogs, writes, read, written, managed)


def tls_only(partition: str, buckets: Iterable[str]) -> tuple[Never, ...]:
    """Return the claim that nobody reaches ``buckets``, made here, without TLS; none without
    buckets."""
    arns = [f"arn:{partition}:s3:::{bucket}" for bucket in buckets]
    resources = tuple(pattern for arn in arns for pattern in (arn, f"{arn}/*"))
    claim = Never(
        "tls-only",
        "nothing without TLS",
        Anyone(),
        (Requests(("s3:*",), resources),),
        {"aws:SecureTransport": ("false",)},
    )
    return (claim,) if arns else ()


def nobody_else(*but: Principal) -> Never:
    """Return the claim that the policies of the stack's resources let in nobody but these."""
    return Never("nobody-else", "nobody else is let in", Strangers(but), (Requests(("*",)),))


# ------------------------------------------------------------------------------ when it ends


def on_the_last_day(until: str | None) -> dict[str, tuple[str, ...]]:
    """Return the condition keys of a call in the last second of the day ``until``; none where
    access has no end."""
    return {"aws:CurrentTime": (f"{until}T23:59:59Z",)} if until else {}


def nothing_after(until: str | None, holder: Holder) -> tuple[Never, ...]:
    """Return the claim that nothing is allowed to ``holder`` after the day ``until``."""
    if until is None:
        return ()
    says = f"nothing after {until}"
    return (holder.never("ends", says, Requests(("*",)), when=_after(until)),)


def nobody_after(until: str | None, *but_actions: str) -> tuple[Never, ...]:
    """Return the claim that nobody takes a role, or is let at a resource, after ``until``;
    ``but_actions`` have claims of their own, as an alarm tells its topic later too."""
    if until is None:
        return ()
    everything = (Requests(("*",), but_actions=but_actions),)
    return (Never("closes", f"nobody after {until}", Strangers(), everything, _after(until)),)


def _after(until: str) -> When:
    day = date.fromisoformat(until) + timedelta(days=1)
    return {"aws:CurrentTime": Since(f"{day.isoformat()}T00:00:00Z")}
