"""What is claimed of both accounts: what readers and connector must be able to do, and what neither
they nor anyone else ever can."""

from collections.abc import Iterator
from dataclasses import replace

from athena_gate.modules.athena import claims
from athena_gate.modules.athena.claims import Holder
from athena_gate.modules.athena.statements import via_dynamodb, via_s3_services
from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings
from athena_gate.modules.dynamodb_connector.todo import todo
from athena_gate.modules.iam.claims import AnyBut, Call, Need, Never, Requests, Strangers, When
from athena_gate.modules.iam.decide import Caller
from athena_gate.modules.iam.policy import Principal
from athena_gate.modules.lake_formation import LakeGrant

# The application makes a role of its own, of which the stack knows nothing.
APPLICATION = "arn:aws:serverlessrepo:us-east-1:292517598671:applications/AthenaDynamoDBConnector"

_LAMBDA = Principal("Service", "lambda.amazonaws.com")
_READS = ("dynamodb:PartiQLSelect", "dynamodb:Query", "dynamodb:Scan")
_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
# What the connector asks DynamoDB of a name that Athena gives it, before it looks for another
# spelling: see settings.py.
_ASKED_FIRST = ("dynamodb:DescribeTable", "dynamodb:Scan")
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html (2026-11)
_NETWORK_CHANGES = (
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
_NETWORK_LISTS = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")
_ANYTHING = (Requests(("*",)),)


def readers(settings: DynamodbConnectorSettings) -> tuple[Holder, ...]:
    """Return the roles that query, or the policy that waits to be attached to some."""
    account = settings.readers_place.account
    iam = f"arn:{account.arns.partition}:iam::{account.id}"
    organization = (
        {"aws:PrincipalOrgID": (settings.organization_id,)} if settings.organization_id else {}
    )
    holders = [claims.holder_of_role(arn) for arn in settings.readers]
    if not holders or not settings.attach_policy:
        some = holders[0] if holders else claims.holder_of_role(f"{iam}:role/whoever")
        holders = [replace(some, arn=f"{iam}:policy{settings.path}{settings.readers_policy}")]
    more = {**organization, **claims.on_the_last_day(settings.until)}
    return tuple(replace(one, context={**one.context, **more}) for one in holders)


def connector(settings: DynamodbConnectorSettings) -> Holder:
    """Return the role that the connector's function has when it is made here."""
    return _ending(settings, settings.owner.arns.role(settings.resource_name, settings.path))


def sharing(settings: DynamodbConnectorSettings) -> Holder:
    """Return the role that the Share button takes."""
    return _ending(settings, settings.consumer.arns.role(settings.sharing_role))


def _ending(settings: DynamodbConnectorSettings, role: str) -> Holder:
    found = claims.holder_of_role(role)
    last_day = claims.on_the_last_day(settings.until)
    return replace(found, context={**found.context, **last_day})


def needs(settings: DynamodbConnectorSettings) -> tuple[Need, ...]:
    """Return what must be allowed for a query, from the reader's start to the results."""
    found = (
        *(need for reader in readers(settings) for need in _reader_needs(settings, reader)),
        *(_connector_needs(settings) if settings.deployment == "image" else ()),
        *(_sharing_needs(settings) if settings.console_sharing else ()),
    )
    return claims.resting_on(found, settings.readers_place.owners, todo(settings))


def lake_formation(settings: DynamodbConnectorSettings) -> tuple[LakeGrant, ...]:
    """Return what Lake Formation is to give: nothing, for the tables are in DynamoDB."""
    del settings
    return ()


def _reader_needs(settings: DynamodbConnectorSettings, reader: Holder) -> Iterator[Need]:
    place, owner = settings.readers_place, settings.owner.arns
    arns, workgroup = place.account.arns, place.account.arns.workgroup(place.resource_name)
    spill, results = owner.bucket(settings.spill_bucket), arns.bucket(place.results_bucket)
    yield from claims.run_queries(reader, workgroup)
    yield claims.stream_results(reader, workgroup)
    yield claims.find_earlier_queries(reader, workgroup)
    yield from claims.browse_catalog(reader, arns.data_catalog(settings.catalog_name))
    invoke = reader.calls_via_athena(("lambda:InvokeFunction",), settings.function_arn)
    yield reader.need("invoke", "let Athena call the connector", invoke)
    found = reader.calls_via_athena(("s3:ListBucket",), spill)
    read = reader.calls_via_athena(("s3:GetObject",), f"{spill}/{settings.spill.prefix}part")
    prefix = {"s3:prefix": (f"{settings.spill.prefix}part",)}
    yield reader.need(
        "read-spill",
        "let Athena read what the connector spills",
        *(
            (replace(call, account=owner.account, context={**call.context, **prefix}),)
            for call in (*found, *read)
        ),
    )
    yield claims.write_results(reader, arns, place.results_bucket, place.results_path)
    if place.owners:
        yield claims.hand_over(reader, arns, place.results_bucket, place.results_path)
    yield reader.need(
        "fetch-results",
        "fetch result files from S3",
        reader.calls(claims.BUCKET_READS, results),
        reader.calls(("s3:GetObject",), f"{results}/{place.results_path}result.csv"),
    )
    yield from claims.use_keys(reader, (), place.results.kms_key)
    if settings.spill.create_kms_key:
        decrypt = reader.calls_via_s3(("kms:Decrypt",), settings.arn("kms", "key/*"))
        yield reader.need(
            "spill-key", "let S3 decrypt what is spilled", _of_spill(settings, decrypt)
        )


def _of_spill(settings: DynamodbConnectorSettings, calls: tuple[Call, ...]) -> Iterator[Call]:
    arns = settings.owner.arns
    about = {"kms:EncryptionContext:aws:s3:arn": (arns.bucket(settings.spill_bucket),)}
    for call in calls:
        yield replace(call, account=arns.account, context={**call.context, **about})


def _connector_needs(settings: DynamodbConnectorSettings) -> Iterator[Need]:
    role, arns = connector(settings), settings.owner.arns
    spill = arns.bucket(settings.spill_bucket)
    tables = [settings.arn("dynamodb", f"table/{table}") for table in settings.tables]
    taken = (Call("sts:AssumeRole", (role.arn,), claims.on_the_last_day(settings.until)),)
    yield Need("take-role", "Lambda takes the connector's role", None, _service(), taken)
    yield role.need(
        "read-tables",
        "read the tables named, and their indexes",
        *(role.calls(("dynamodb:DescribeTable", *_READS), table) for table in tables),
        *(role.calls(_READS, f"{table}/index/i") for table in tables),
        role.calls(("dynamodb:ListTables",), "*"),
    )
    asked = [settings.arn("dynamodb", f"table/{table}") for table in settings.in_lower_case]
    if asked:
        yield role.need(
            "find-tables",
            "find tables with capitals, asked for in lower case",
            *(role.calls(_ASKED_FIRST, table) for table in asked),
        )
    if settings.table_keys:
        through = (f"dynamodb.{arns.region}.amazonaws.com",)
        decrypt = (
            replace(
                call,
                context={
                    **{key: v for key, v in call.context.items() if key != "aws:SourceIp"},
                    "aws:ViaAWSService": ("true",),
                    "aws:CalledVia": through,
                    "kms:ViaService": through,
                },
                unknown=frozenset({"aws:SourceIp"}),
            )
            for table in settings.table_keys
            for call in role.calls(("kms:Decrypt",), table.kms_key)
        )
        yield role.need("table-keys", "let DynamoDB decrypt tables", decrypt)
    if settings.vpc is not None:
        interface = settings.arn("ec2", "network-interface/eni-1")
        within = (
            *(settings.arn("ec2", f"subnet/{subnet}") for subnet in settings.vpc.subnets),
            *(settings.arn("ec2", f"security-group/{g}") for g in settings.vpc.security_groups),
        )
        yield role.need(
            "network",
            "let Lambda connect the function to the VPC",
            role.calls(("ec2:CreateNetworkInterface",), interface, *within),
            role.calls(_NETWORK_CHANGES, interface),
            role.calls(_NETWORK_LISTS, "*"),
        )
    yield role.need(
        "query-status",
        "see whether the owner's query goes on",
        role.calls(("athena:GetQueryExecution",), arns.workgroup(settings.resource_name)),
    )
    yield role.need(
        "spill",
        "spill what is too large for a response",
        role.calls(claims.BUCKET_READS, spill),
        role.calls(("s3:PutObject",), f"{spill}/{settings.spill.prefix}part"),
    )
    group = settings.arn("logs", f"log-group:/aws/lambda/{settings.catalog_name}")
    yield role.need("log", "write its log", role.calls(_LOGS, f"{group}:log-stream:s"))
    if settings.spill.create_kms_key:
        s3 = via_s3_services(arns)[:1]
        calls = (
            replace(
                call,
                context={
                    **{key: v for key, v in call.context.items() if key != "aws:SourceIp"},
                    "aws:ViaAWSService": ("true",),
                    "aws:CalledVia": s3,
                    "kms:ViaService": s3,
                },
                unknown=frozenset({"aws:SourceIp"}),
            )
            for call in role.calls(("kms:GenerateDataKey",), settings.arn("kms", "key/*"))
        )
        encrypt = _of_spill(settings, tuple(calls))
        yield role.need("spill-key", "let S3 encrypt what is spilled", encrypt)


def _service() -> Caller:
    return Caller("service", _LAMBDA.id)


def _sharing_needs(settings: DynamodbConnectorSettings) -> tuple[Need, ...]:
    role = sharing(settings)
    admin = Caller.session_of(settings.owner.arns.role("whoever"))
    taken = (Call("sts:AssumeRole", (role.arn,), claims.on_the_last_day(settings.until)),)
    catalog = settings.consumer.arns.data_catalog(settings.catalog_name)
    return (
        Need("take-sharing-role", "the owner's console takes the Share role", None, admin, taken),
        role.need("share", "make the catalog", role.calls(("athena:CreateDataCatalog",), catalog)),
    )


def never(settings: DynamodbConnectorSettings) -> tuple[Never, ...]:
    """Return what is never allowed, to readers, connector and others."""
    return (
        *(claim for reader in readers(settings) for claim in _reader_never(settings, reader)),
        *_connector_never(settings),
        *(_sharing_never(settings) if settings.console_sharing else ()),
        *_opened(settings),
        *_after(settings),
        *claims.tls_only(settings.owner.arns.partition, settings.made_buckets),
    )


def _reader_never(settings: DynamodbConnectorSettings, reader: Holder) -> Iterator[Never]:
    place, owner = settings.readers_place, settings.owner.arns
    arns = place.account.arns
    results, spill = f"{place.results_bucket}/{place.results_path}", _spill(settings)
    own_key, spill_key = place.results.kms_key, settings.arn("kms", "key/*")
    services = ["athena:*", "lambda:*", "s3:*"]
    services += ["kms:*"] if own_key or settings.spill.create_kms_key else []
    yield claims.no_iam(reader)
    yield claims.no_other_service(reader, *services)
    yield claims.queries_only(
        reader,
        *(*claims.QUERIES, *claims.RESULTS, *claims.STREAM, *claims.HISTORY),
        *(*claims.BROWSING, *claims.LISTS),
    )
    yield claims.one_workgroup(
        reader, arns.workgroup(place.resource_name), arns.data_catalog(settings.catalog_name)
    )
    yield reader.never(
        "one-function",
        "no other function, and only calling it",
        Requests(("lambda:*",), but_actions=("lambda:InvokeFunction",)),
        Requests(("lambda:InvokeFunction",), but_resources=(settings.function_arn,)),
    )
    yield reader.never(
        "only-through-athena",
        "the connector only through Athena",
        Requests(("lambda:*",)),
        when=claims.NOT_VIA_ATHENA,
    )
    yield claims.no_other_bucket(reader, arns, (spill, results))
    yield reader.never(
        "spill-read-only",
        "no write to spilled data",
        Requests(("s3:*",), (f"{owner.bucket(spill)}*",), but_actions=("s3:GetObject",)),
        Requests(("s3:*",), (owner.bucket(settings.spill_bucket),), but_actions=("s3:ListBucket",)),
    )
    handed = claims.HANDED_OVER if place.owners else ()
    yield claims.results_only(reader, arns, place.results_bucket, place.results_path, handed)
    if handed:
        yield claims.no_other_acl(reader)
    if settings.spill.create_kms_key:
        yield from claims.keys_through_s3(
            reader,
            via_s3_services(arns),
            (spill_key,),
            (own_key,) if own_key else (),
        )
        yield _spill_key(settings, reader, "kms:Decrypt", own_key)
    elif own_key:
        yield from claims.keys_through_s3(reader, via_s3_services(arns), (), (own_key,))


def _spill_key(
    settings: DynamodbConnectorSettings,
    holder: Holder,
    action: str,
    but: str | None = None,
    but_actions: tuple[str, ...] = (),
) -> Never:
    bucket = settings.owner.arns.bucket(settings.spill_bucket)
    return holder.never(
        "spill-key-only",
        "the owner's KMS keys for spilled data only",
        Requests((action,), but_actions=but_actions, but_resources=(but,) if but else ()),
        when={"kms:EncryptionContext:aws:s3:arn": AnyBut((bucket,))},
    )


def _connector_never(settings: DynamodbConnectorSettings) -> Iterator[Never]:
    arns = settings.owner.arns
    role = connector(settings)
    if settings.deployment == "application":
        role = replace(role, arn=APPLICATION)
    tables = [settings.arn("dynamodb", f"table/{table}") for table in settings.tables]
    group = settings.arn("logs", f"log-group:/aws/lambda/{settings.catalog_name}")
    spill, keys = _spill(settings), settings.spill.create_kms_key
    asked = [settings.arn("dynamodb", f"table/{table}") for table in settings.in_lower_case]
    network = ("ec2:CreateNetworkInterface", *_NETWORK_CHANGES, *_NETWORK_LISTS)
    services = ["dynamodb:*", "athena:GetQueryExecution", "s3:*", *_LOGS]
    services += ["kms:*"] if keys or settings.table_keys else []
    services += network if settings.vpc is not None else []
    yield claims.no_iam(role)
    yield claims.no_other_service(role, *services)
    yield role.never(
        "tables-read-only",
        "no write to any table",
        Requests(
            ("dynamodb:*",), but_actions=("dynamodb:DescribeTable", "dynamodb:ListTables", *_READS)
        ),
    )
    yield role.never(
        "no-other-table",
        "no other table",
        Requests(
            ("dynamodb:*",),
            but_actions=("dynamodb:ListTables",),
            but_resources=(*tables, *(f"{table}/index/*" for table in tables), *asked),
        ),
        *([Requests(("dynamodb:*",), tuple(asked), but_actions=_ASKED_FIRST)] if asked else []),
    )
    yield claims.no_other_bucket(role, arns, (spill,))
    yield role.never(
        "spill-write-only",
        "no reading of spilled data",
        Requests(("s3:*",), (f"{arns.bucket(spill)}*",), but_actions=("s3:PutObject",)),
        Requests(("s3:*",), (arns.bucket(settings.spill_bucket),), but_actions=claims.BUCKET_READS),
    )
    yield role.never(
        "own-log",
        "no other log, no other workgroup",
        Requests(("logs:*",), but_resources=(f"{group}:*",)),
        Requests(("athena:*",), but_resources=(arns.workgroup(settings.resource_name),)),
    )
    if keys:
        yield from _spill_keys(settings, role)
    if settings.table_keys:
        used = ("kms:Decrypt", *(("kms:GenerateDataKey",) if keys else ()))
        yield role.never(
            "table-keys-only",
            "no other KMS key of tables, and nothing but decrypting",
            Requests(("kms:*",), but_actions=used),
            Requests(("kms:Decrypt",), but_resources=settings.keys_of_tables),
        )
        yield role.never(
            "table-keys-through-dynamodb",
            "keys of tables only through DynamoDB",
            Requests(("kms:Decrypt",)),
            when={"kms:ViaService": AnyBut(via_dynamodb(arns))},
        )
    if settings.vpc is not None:
        yield role.never(
            "own-network",
            "no network of another account or region",
            Requests(
                ("ec2:CreateNetworkInterface", *_NETWORK_CHANGES),
                but_resources=(settings.arn("ec2", "*/*"),),
            ),
        )
        yield role.never(
            "network-by-lambda-only",
            "no network for the function's own code",
            Requests(("ec2:*",)),
            when={"lambda:SourceFunctionArn": (settings.function_arn,)},
        )


def _spill_keys(settings: DynamodbConnectorSettings, role: Holder) -> Iterator[Never]:
    """Yield the claims on the key of the spill bucket; of tables' keys others speak."""
    key, but = settings.arn("kms", "key/*"), ("kms:Decrypt",) if settings.table_keys else ()
    yield role.never(
        "encrypt-only",
        "with KMS keys nothing but encrypting",
        Requests(("kms:*",), but_actions=("kms:GenerateDataKey", *but)),
        Requests(("kms:*",), but_resources=(key, *settings.keys_of_tables)),
    )
    yield role.never(
        "keys-through-s3",
        "KMS keys only through S3",
        Requests(("kms:*",), but_actions=but),
        when={"kms:ViaService": AnyBut(via_s3_services(settings.owner.arns))},
    )
    yield _spill_key(settings, role, "kms:*", but_actions=but)


def _sharing_never(settings: DynamodbConnectorSettings) -> tuple[Never, ...]:
    role = sharing(settings)
    catalog = settings.consumer.arns.data_catalog(settings.catalog_name)
    return (
        role.never(
            "share-only",
            "nothing but making the one catalog",
            Requests(("*",), but_actions=("athena:CreateDataCatalog",)),
            Requests(("athena:CreateDataCatalog",), but_resources=(catalog,)),
        ),
    )


def _opened(settings: DynamodbConnectorSettings) -> Iterator[Never]:
    """Yield the claims on what the policies of bucket, function, key and roles open to others."""
    arns, prefix = settings.owner.arns, settings.spill.prefix
    bucket, function = arns.bucket(settings.spill_bucket), settings.function_arn
    key, role = settings.arn("kms", "key/*"), connector(settings).arn
    share = sharing(settings).arn
    invited = tuple(Principal("AWS", reader) for reader in settings.readers)
    owner = Principal("AWS", settings.owner.id)
    yield Never(
        "nobody-else",
        "nobody but the readers is let in",
        Strangers(invited if settings.shared else ()),
        (Requests(("*",), but_resources=(key, role, share)),),
    )
    yield Never(
        "nobody-else-keys",
        "nobody but the owner's and the readers use the key",
        Strangers((owner, *(invited if settings.shared else ()))),
        (Requests(("*",), (key,)),),
    )
    yield Never(
        "nobody-else-connector",
        "nobody but Lambda takes the connector's role",
        Strangers((_LAMBDA,)),
        (Requests(("*",), (role,)),),
    )
    yield Never(
        "nobody-else-share",
        "nobody but the owner's takes the Share role",
        Strangers((owner,)),
        (Requests(("*",), (share,)),),
    )
    yield Never(
        "opened",
        "nothing opened but calling and reading spilled data",
        Strangers((owner,)),
        (
            Requests(("s3:*",), but_actions=("s3:GetObject", "s3:ListBucket")),
            Requests(("s3:GetObject",), but_resources=(f"{bucket}/{prefix}*",)),
            Requests(("s3:ListBucket",), but_resources=(bucket,)),
            Requests(("lambda:*",), but_actions=("lambda:InvokeFunction",)),
            Requests(("lambda:InvokeFunction",), but_resources=(function,)),
            Requests(("kms:*",), but_actions=("kms:Decrypt",)),
            Requests(("*",), but_actions=("s3:*", "lambda:*", "kms:*", "sts:AssumeRole")),
        ),
    )
    yield Never(
        "role-only",
        "nothing but taking the roles",
        Strangers(),
        (Requests(("*",), (role, share), but_actions=("sts:AssumeRole",)),),
    )
    yield Never(
        "opened-prefix",
        "no listing beside the spilled data",
        Strangers(),
        (Requests(("s3:ListBucket",)),),
        {"s3:prefix": AnyBut((f"{prefix}*",))},
    )
    if settings.spill.create_kms_key:
        yield Never(
            "opened-key",
            "the key only through S3",
            Strangers((owner,)),
            (Requests(("kms:*",)),),
            {"kms:ViaService": AnyBut(via_s3_services(arns))},
        )
    if settings.organization_id:
        outside: When = {"aws:PrincipalOrgID": AnyBut((settings.organization_id,))}
        yield Never(
            "organization",
            "nobody from outside the organization",
            Strangers((owner, _LAMBDA)),
            _ANYTHING,
            outside,
        )


def _after(settings: DynamodbConnectorSettings) -> Iterator[Never]:
    """Yield the claims that access ends. Lambda's permissions carry no date: who has one may still
    call the function, which can then read nothing."""
    for one in readers(settings):
        yield from claims.nothing_after(settings.until, one)
    yield from claims.nothing_after(settings.until, connector(settings))
    if settings.console_sharing:
        yield from claims.nothing_after(settings.until, sharing(settings))
    owner = Principal("AWS", f"arn:{settings.owner.arns.partition}:iam::{settings.owner.id}:root")
    called = Requests(("*",), but_actions=("lambda:InvokeFunction",))
    for claim in claims.nobody_after(settings.until):
        says = f"{claim.says}, but to call a function that can read nothing"
        yield replace(claim, says=says, of=Strangers((owner,)), requests=(called,))


def _spill(settings: DynamodbConnectorSettings) -> str:
    return f"{settings.spill_bucket}/{settings.spill.prefix}"
