"""What is claimed of whoever queries catalogs beside the account's own.

The calls: https://docs.aws.amazon.com/athena/latest/ug/federated-query-iam-access.html,
https://docs.aws.amazon.com/athena/latest/ug/security-iam-cross-account-glue-catalog-access.html,
https://docs.aws.amazon.com/athena/latest/ug/gdc-register-s3-table-bucket-cat.html (2026-11).
"""

from collections.abc import Iterable
from dataclasses import replace

from athena_gate.modules.account import Account
from athena_gate.modules.athena import claims
from athena_gate.modules.athena.catalogs.settings import Catalog
from athena_gate.modules.athena.claims import Holder
from athena_gate.modules.iam.arn import Arns
from athena_gate.modules.iam.claims import AnyBut, Call, Need, Never, Requests

# https://docs.aws.amazon.com/athena/latest/ug/gdc-register-s3-table-bucket-cat.html (2026-11), of
# its list what reads; GetTableMetadataLocation is in
# https://docs.aws.amazon.com/glue/latest/dg/s3tables-catalog-prerequisites.html (2026-11).
_OF_TABLE_BUCKET = ("s3tables:GetTableBucket", "s3tables:ListNamespaces")
_OF_NAMESPACE = ("s3tables:GetNamespace", "s3tables:ListTables")
_OF_TABLE = ("s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation")


def needs(
    holder: Holder,
    arns: Arns,
    catalogs: Iterable[Catalog],
    itself: Iterable[str] = (),
) -> tuple[Need, ...]:
    """Return what queries of ``catalogs`` need, each of which Athena looks up first; ``itself`` are
    the actions by which the holder asks Glue of tables itself, beside what Athena does."""
    catalogs, itself = tuple(catalogs), tuple(itself)
    if not catalogs:
        return ()
    looked_up = [
        holder.calls(claims.BROWSING, arn) for one in catalogs for arn in names(arns, (one,))
    ]
    browse = holder.need("other-catalogs", "look up tables of other catalogs", *looked_up)
    described: list[Call] = []
    called: list[Call] = []
    spilled: list[Call] = []
    decrypted: list[Call] = []
    stored: list[Call] = []
    for one in catalogs:
        if one.owner is not None or _in_table_bucket(one):
            theirs = replace(arns, account=one.owner.id) if one.owner else arns
            inside = "" if one.owner else one.name
            described += _of_glue(holder, theirs, inside, one.databases)
            if itself:
                described += _of_glue(holder, theirs, inside, one.databases, itself)
            if not one.owner and not one.lake_formation:
                stored += _of_table_bucket(holder, arns, one.name, one.databases)
            continue
        function, owner, spill = _connector(one)
        called += holder.calls_via_athena(("lambda:InvokeFunction",), function)
        spilled += _of_spill(holder, arns, owner, spill)
        if one.spill_kms_key:
            decrypted += holder.calls_via_s3(("kms:Decrypt",), one.spill_kms_key)
        elif one.connector is not None and one.connector.made_key:
            about = {"kms:EncryptionContext:aws:s3:arn": (arns.bucket(spill.partition("/")[0]),)}
            decrypted += (
                replace(call, account=owner, context={**call.context, **about})
                for call in holder.calls_via_s3(("kms:Decrypt",), _any_key(arns, owner))
            )
    words = (
        ("describe-others", "let Athena plan queries of other catalogs", described),
        ("connectors", "let Athena call connectors", called),
        ("read-spill", "let Athena read what connectors spill", spilled),
        ("spill-keys", "let S3 decrypt what connectors spill", decrypted),
        ("table-buckets", "read tables of S3 Tables", stored),
    )
    return (
        browse,
        *(holder.need(name, says, calls) for name, says, calls in words if calls),
        *(
            replace(need, name="other-catalog-keys", says="let Glue read other encrypted catalogs")
            for key in dict.fromkeys(glue_keys(catalogs))
            for need in claims.use_catalog_key(holder, key, writes=False, direct=bool(itself))
        ),
    )


def never(
    holder: Holder,
    account: Account,
    catalogs: Iterable[Catalog],
    data_keys: Iterable[str],
    data: Iterable[str],
) -> tuple[Never, ...]:
    """Return the claims on connectors and on S3 Tables; ``data_keys`` (ARNs) and ``data``
    (``bucket/prefix``) are those of tables and results."""
    arns, catalogs = account.arns, tuple(catalogs)
    connectors = [one for one in catalogs if one.function or one.connector]
    found: tuple[Never, ...] = ()
    if connectors:
        functions = tuple(_connector(one)[0] for one in connectors)
        found += (
            holder.never(
                "connectors-only",
                "no other function, and those named only called",
                Requests(("lambda:*",), but_actions=("lambda:InvokeFunction",)),
                Requests(("lambda:InvokeFunction",), but_resources=functions),
            ),
            holder.never(
                "connectors-through-athena",
                "connectors only through Athena",
                Requests(("lambda:*",)),
                when=claims.NOT_VIA_ATHENA,
            ),
            holder.never(
                "spill-through-athena",
                "what connectors spill only through Athena",
                Requests(
                    ("s3:*",),
                    tuple(f"{arns.bucket(place)}*" for place in spills(connectors)),
                    but_resources=tuple(f"{arns.bucket(place)}*" for place in data),
                ),
                Requests(
                    ("s3:*",),
                    tuple(arns.bucket(place.partition("/")[0]) for place in spills(connectors)),
                    but_resources=tuple(arns.bucket(place.partition("/")[0]) for place in data),
                ),
                when=claims.NOT_VIA_ATHENA,
            ),
        )
    inside = [one for one in catalogs if _in_table_bucket(one)]
    if inside:
        own = arns.glue_catalog()
        places = [p for one in inside for p in _glue_places(arns, one.name, one.databases)]
        found += (
            holder.never(
                "nested-catalogs-read-only",
                "in Glue's catalogs of table buckets nothing but reading tables",
                Requests(
                    ("glue:*",),
                    tuple(dict.fromkeys(place for place in places if place != own)),
                    but_actions=("glue:GetCatalog", *claims.DATABASE_READS, *claims.TABLES),
                ),
                Requests(("glue:GetCatalog",), but_resources=tuple(dict.fromkeys(places))),
            ),
        )
    made = [one.connector for one in catalogs if one.connector and one.connector.made_key]
    if made:
        named = (
            *data_keys,
            *glue_keys(catalogs),
            *(one.spill_kms_key for one in catalogs if one.spill_kms_key),
            *([account.catalog_kms_key] if account.catalog_kms_key else []),
        )
        about = tuple(dict.fromkeys(arns.bucket(one.spill_bucket) for one in made))
        found += (
            holder.never(
                "made-keys",
                "keys made with a spill bucket only for that bucket",
                Requests(
                    ("kms:*",),
                    tuple(dict.fromkeys(_any_key(arns, one.owner) for one in made)),
                    but_resources=named,
                ),
                when={"kms:EncryptionContext:aws:s3:arn": AnyBut(about)},
            ),
        )
    opened = {
        _table_bucket(arns, one.name): one.databases
        for one in catalogs
        if _in_table_bucket(one) and not one.lake_formation
    }
    if opened:
        found += (
            holder.never(
                "table-buckets-read-only",
                "no other table bucket, and of those named only reading",
                Requests(
                    ("s3tables:*",), but_actions=(*_OF_TABLE_BUCKET, *_OF_NAMESPACE, *_OF_TABLE)
                ),
                Requests((*_OF_TABLE_BUCKET, *_OF_NAMESPACE), but_resources=tuple(opened)),
                Requests(_OF_TABLE, but_resources=tuple(f"{one}/table/*" for one in opened)),
            ),
            *(
                holder.never(
                    "namespaces-only",
                    f"no namespace of {bucket.rpartition('/')[2]} but {', '.join(namespaces)}",
                    Requests((*_OF_NAMESPACE, *_OF_TABLE), (bucket, f"{bucket}/table/*")),
                    when={"s3tables:namespace": AnyBut(namespaces)},
                )
                for bucket, namespaces in opened.items()
            ),
        )
    return found


def services(catalogs: Iterable[Catalog]) -> tuple[str, ...]:
    """Return the patterns of actions that ``catalogs`` add to those of Athena, Glue, S3, KMS."""
    catalogs = tuple(catalogs)
    stored = any(_in_table_bucket(one) and not one.lake_formation for one in catalogs)
    called = any(one.function or one.connector for one in catalogs)
    return (
        *(("lambda:InvokeFunction",) if called else ()),
        *(("s3tables:*",) if stored else ()),
    )


def names(arns: Arns, catalogs: Iterable[Catalog]) -> tuple[str, ...]:
    """Return the ARNs of ``catalogs`` in Athena, with that above a table bucket."""
    return tuple(
        arn
        for one in catalogs
        for arn in (
            arns.data_catalog(one.name),
            *([arns.data_catalog("s3tablescatalog")] if _in_table_bucket(one) else []),
        )
    )


def glue(arns: Arns, catalogs: Iterable[Catalog]) -> tuple[str, ...]:
    """Return what is reached in Glue of ``catalogs``, as patterns of ARNs."""
    found: list[str] = []
    for one in catalogs:
        if one.owner is not None:
            found += _glue_places(replace(arns, account=one.owner.id), "", one.databases)
        elif _in_table_bucket(one):
            found += _glue_places(arns, one.name, one.databases)
    return tuple(found)


def nested(catalogs: Iterable[Catalog]) -> bool:
    """Return whether one of ``catalogs`` is within another."""
    return any(map(_in_table_bucket, catalogs))


def spills(catalogs: Iterable[Catalog]) -> tuple[str, ...]:
    """Return where connectors spill, as ``bucket/prefix``."""
    return tuple(_connector(one)[2] for one in catalogs if one.function or one.connector)


def keys(arns: Arns, catalogs: Iterable[Catalog]) -> tuple[str, ...]:
    """Return the ARNs of the keys that spilled data is encrypted with, as patterns."""
    made = [one.connector for one in catalogs if one.connector and one.connector.made_key]
    return (
        *(one.spill_kms_key for one in catalogs if one.spill_kms_key),
        *(_any_key(arns, one.owner) for one in made),
    )


def glue_keys(catalogs: Iterable[Catalog]) -> tuple[str, ...]:
    """Return the ARNs of the keys that catalogs of other accounts are encrypted with."""
    return tuple(key for one in catalogs if (key := _glue_key(one)))


def _glue_key(one: Catalog) -> str | None:
    return one.kms_key or (one.owner.catalog_kms_key if one.owner else None)


def _connector(one: Catalog) -> tuple[str, str, str]:
    """Return the ARN of the function of a connector, its account, and where it spills."""
    if one.connector is not None:
        made = one.connector
        return made.function, made.owner, f"{made.spill_bucket}/{made.spill_prefix}"
    function = str(one.function)
    return function, function.split(":")[4], f"{one.spill_bucket}/{one.spill_prefix or ''}"


def _in_table_bucket(one: Catalog) -> bool:
    return one.name.startswith("s3tablescatalog/")


def _table_bucket(arns: Arns, catalog: str) -> str:
    """Return the ARN of the table bucket whose ``catalog`` it is."""
    place = f"arn:{arns.partition}:s3tables:{arns.region}:{arns.account}"
    return f"{place}:bucket/{catalog.partition('/')[2]}"


def _any_key(arns: Arns, owner: str) -> str:
    return f"arn:{arns.partition}:kms:{arns.region}:{owner}:key/*"


def _glue_places(arns: Arns, nested: str, databases: Iterable[str]) -> tuple[str, ...]:
    """Return what ``databases`` and their tables are in Glue, with the catalogs they are in;
    ``nested`` is the name of a catalog in the account's own, ``s3tablescatalog/lake``."""
    parts = nested.split("/") if nested else []
    above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    inside = f"{nested}/" if nested else ""
    return (
        arns.glue_catalog(),
        *(f"{arns.glue_catalog()}/{name}" for name in above),
        *(
            arn
            for name in databases
            for arn in (arns.glue_database(inside + name), arns.glue_tables(inside + name))
        ),
    )


def _of_glue(
    holder: Holder, arns: Arns, nested: str, databases: Iterable[str], itself: Iterable[str] = ()
) -> list[Call]:
    """Return the calls that describe tables of ``databases`` in Glue of an account, or in a catalog
    ``nested`` there, on the table, its database and every catalog above them: those that Athena
    makes, or those of ``itself``, which the holder makes.

    https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html (2026-11): "All
    operations performed on a Data Catalog resource require permission on the resource and all the
    ancestors of that resource."
    """
    calls: list[Call] = []
    make = holder.calls if itself else holder.calls_via_athena
    # Tables of S3 Tables are Iceberg, whose partitions are not in Glue.
    kinds = claims.TABLES if nested else claims.TABLE_READS
    actions = [one for one in kinds if one in itself] if itself else kinds
    for database in databases:
        *above, base, tables = _glue_places(arns, nested, (database,))
        table = f"{tables.removesuffix('*')}t"
        if nested and not itself:
            calls += make(("glue:GetCatalog",), *above)
        calls += make(claims.DATABASE_READS, *above, base)
        calls += make(actions, *above, base, table)
    return calls


def _of_spill(holder: Holder, arns: Arns, owner: str, location: str) -> list[Call]:
    """Return the calls that read what a connector of the account ``owner`` spills to ``location``
    (``bucket/prefix``), with which its bucket is listed."""
    bucket, _, prefix = location.partition("/")
    calls = (
        *holder.calls_via_athena(("s3:ListBucket",), arns.bucket(bucket)),
        *holder.calls_via_athena(("s3:GetObject",), f"{arns.bucket(bucket)}/{prefix}part"),
    )
    about = {"s3:prefix": (f"{prefix}part",)}
    return [replace(call, account=owner, context={**call.context, **about}) for call in calls]


def _of_table_bucket(
    holder: Holder, arns: Arns, catalog: str, namespaces: Iterable[str]
) -> list[Call]:
    """Return the calls that read tables of a table bucket; whether they carry aws:CalledVia no page
    says (2026-11), so they must be allowed with and without it."""
    bucket = _table_bucket(arns, catalog)
    calls: list[Call] = []
    for make in (holder.calls, holder.calls_via_athena):
        calls += make(_OF_TABLE_BUCKET, bucket)
        for namespace in namespaces:
            # A table's ARN has an id that S3 gives it.
            of_one = (*make(_OF_NAMESPACE, bucket), *make(_OF_TABLE, f"{bucket}/table/1"))
            about = {"s3tables:namespace": (namespace,)}
            calls += (replace(call, context={**call.context, **about}) for call in of_one)
    return calls
