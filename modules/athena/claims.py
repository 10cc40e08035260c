"""Claims that several integrations make: what a query needs, and where it must end.

The calls of a query and their resources:
https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html,
https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
(2026-11).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

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
from athena_gate.modules.iam.policy import Principal

# https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena-calledvia.html (2026-11).
ATHENA = "athena.amazonaws.com"
NOT_VIA_ATHENA: When = {"aws:CalledVia": AnyBut((ATHENA,))}

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

        Their aws:SourceIp is not known: AWS's pages contradict each other
        (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html
        and https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html, 2026-11).
        """
        context = {
            **{key: v for key, v in self.context.items() if key.lower() != "aws:sourceip"},
            "aws:ViaAWSService": ("true",),
            "aws:CalledVia": (ATHENA,),
        }
        unknown = frozenset({"aws:SourceIp"})
        return tuple(Call(action, resources, context, unknown) for action in actions)

    def calls_via_s3(self, actions: Iterable[str], *resources: str) -> tuple[Call, ...]:
        """Return calls that S3 makes for an object of Athena's, to the key it is encrypted with."""
        region = resources[0].split(":")[3]
        suffix = ".cn" if resources[0].startswith("arn:aws-cn:") else ""
        return tuple(
            Call(
                call.action,
                call.resources,
                {
                    **call.context,
                    "aws:CalledVia": (ATHENA, f"s3.{region}.amazonaws.com{suffix}"),
                    "kms:ViaService": (f"s3.{region}.amazonaws.com{suffix}",),
                },
                call.unknown,
            )
            for call in self.calls_via_athena(actions, *resources)
        )


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
    call for a table on its catalog and database too."""
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


def governed_by_lake_formation(holder: Holder) -> Need:
    """Return the need of tables that Lake Formation governs."""
    return holder.need(
        "lake-formation",
        "get credentials from Lake Formation",
        holder.calls_via_athena(("lakeformation:GetDataAccess",), "*"),
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


def one_workgroup(holder: Holder, workgroup: str, catalog: str) -> Never:
    """Return the claim that the holder reaches no workgroup but one, and no catalog but one
    (ARNs)."""
    return holder.never(
        "one-workgroup",
        "no other workgroup, no other catalog",
        Requests(("athena:*",), but_actions=(*LISTS, *BROWSING), but_resources=(workgroup,)),
        Requests(BROWSING, but_resources=(catalog,)),
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


def results_only(holder: Holder, arns: Arns, bucket: str, path: str) -> Never:
    """Return the claim that results at ``bucket/path`` are written and read, no more: nothing
    deletes them, and nobody opens them to others."""
    return holder.never(
        "results-only",
        "with results nothing but writing and reading",
        Requests(("s3:*",), (arns.objects(bucket, path),), but_actions=RESULTS_OBJECTS),
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
    holder: Holder, services: Iterable[str], read: Iterable[str], written: Iterable[str]
) -> tuple[Never, ...]:
    """Return the claims on KMS: only through S3 (``services``), and no more than to decrypt with
    the keys ``read`` and to encrypt too with those ``written`` (ARNs); none without keys."""
    read, written = tuple(read), tuple(written)
    if not read and not written:
        return ()
    return (
        holder.never(
            "no-other-key",
            "no other KMS key",
            Requests(("kms:*",), but_actions=("kms:Decrypt", "kms:GenerateDataKey")),
            Requests(("kms:Decrypt",), but_resources=(*read, *written)),
            Requests(("kms:GenerateDataKey",), but_resources=written),
        ),
        holder.never(
            "keys-through-s3",
            "KMS keys only through S3",
            Requests(("kms:*",)),
            when={"kms:ViaService": AnyBut(tuple(services))},
        ),
    )


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


def nobody_after(until: str | None) -> tuple[Never, ...]:
    """Return the claim that nobody takes a role, or is let at a resource, after ``until``."""
    if until is None:
        return ()
    everything = (Requests(("*",)),)
    return (Never("closes", f"nobody after {until}", Strangers(), everything, _after(until)),)


def _after(until: str) -> When:
    day = date.fromisoformat(until) + timedelta(days=1)
    return {"aws:CurrentTime": Since(f"{day.isoformat()}T00:00:00Z")}
