"""Statements for catalogs beside the account's own, whoever queries them."""

from collections.abc import Iterable

from athena_gate.modules.athena.catalogs.settings import S3_TABLES, Catalog, glue_of
from athena_gate.modules.athena.statements import (
    CALLED_VIA_ATHENA,
    tables_of,
    via_glue,
    via_s3_services,
)
from athena_gate.modules.iam.arn import Arns
from athena_gate.modules.iam.policy import Condition, Statement


def registered(catalogs: Iterable[Catalog]) -> tuple[str, ...]:
    """Return the names by which Athena knows ``catalogs``.

    Of a table bucket Athena's pages do not say whether the catalog above it is asked for as well:
    https://docs.aws.amazon.com/athena/latest/ug/gdc-register-s3-table-bucket-cat.html (2026-11).
    """
    names = [catalog.name for catalog in catalogs]
    above = [S3_TABLES] if any(name.startswith(f"{S3_TABLES}/") for name in names) else []
    return (*names, *above)


def described(arns: Arns, catalogs: Iterable[Catalog]) -> tuple[str, ...]:
    """Return what is read of ``catalogs`` in Glue, as patterns of ARNs, each once."""
    return tuple(
        dict.fromkeys(
            arn
            for one in catalogs
            if one.kind != "connector"
            for arn in (
                tables_of(glue_of(one, arns), one.databases)
                if one.owner
                else _in_table_bucket(arns, one.name, one.databases)
            )
        )
    )


def granted(
    arns: Arns, catalogs: Iterable[Catalog], through: tuple[Condition, ...]
) -> tuple[Statement, ...]:
    """Return what whoever queries ``catalogs`` is granted; ``through`` are the conditions of calls
    to Glue."""
    catalogs = tuple(catalogs)
    of_others = [(glue_of(one, arns), one.databases) for one in catalogs if one.kind == "glue"]
    called = [one for one in catalogs if one.kind == "connector"]
    found: tuple[Statement, ...] = ()
    if of_others:
        found += (_read_other_accounts(of_others, through),)
    if glue_keys := tuple(dict.fromkeys(one.glue_key for one in catalogs if one.glue_key)):
        found += (_use_glue_keys(arns, glue_keys),)
    if called:
        keys = [one.spill_kms_key for one in called if one.spill_kms_key]
        made = [one.connector for one in called if one.connector and one.connector.made_key]
        found += (
            _call_connectors([one.called for one in called], (CALLED_VIA_ATHENA,)),
            *_read_spill(arns, [one.spill for one in called], (CALLED_VIA_ATHENA,)),
            *_use_spill_keys(arns, keys, [(one.owner, one.spill_bucket) for one in made]),
        )
    buckets = [one for one in catalogs if one.kind == "table bucket"]
    for number, one in enumerate(buckets, 1):
        suffix = str(number) if number > 1 else ""
        found += (
            _describe_table_bucket(
                arns, one.name, one.databases, f"GlueTableBucket{suffix}", through
            ),
        )
        # Lake Formation hands out credentials for the tables it governs.
        if not one.lake_formation:
            found += _read_table_bucket(arns, one.table_bucket, one.databases, suffix)
    return found


def _read_other_accounts(
    places: Iterable[tuple[Arns, Iterable[str]]], conditions: tuple[Condition, ...]
) -> Statement:
    """Return the statement that reads the description of databases in Glue of other accounts, each
    with the builder of ARNs of its account.

    https://docs.aws.amazon.com/athena/latest/ug/security-iam-cross-account-glue-catalog-access.html
    (2026-11) has it, with glue:*, and asks the owner for the same in the policy of its Glue.
    """
    return Statement(
        "Allow",
        sid="GlueOtherAccounts",
        why="Describe tables in catalogs of other accounts; their owners must let it too.",
        actions=(
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:GetTable",
            "glue:GetTables",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:BatchGetPartition",
        ),
        resources=tuple(
            dict.fromkeys(arn for arns, databases in places for arn in tables_of(arns, databases))
        ),
        conditions=conditions,
    )


def _use_glue_keys(arns: Arns, keys: tuple[str, ...]) -> Statement:
    """Return the statement for catalogs of other accounts that are encrypted: "For catalogs that
    you want to query across accounts, use customer managed keys".

    https://docs.aws.amazon.com/athena/latest/ug/security-iam-cross-account-glue-catalog-access.html
    (2026-11).
    """
    return Statement(
        "Allow",
        sid="KmsOtherCatalogs",
        why="Read the encrypted descriptions of tables of other accounts, through Glue only.",
        actions=("kms:Decrypt",),
        resources=keys,
        conditions=(Condition("StringEquals", "kms:ViaService", via_glue(arns)),),
    )


def _call_connectors(functions: Iterable[str], conditions: tuple[Condition, ...]) -> Statement:
    """Return the statement that lets Athena call the connectors with these ARNs.

    https://docs.aws.amazon.com/athena/latest/ug/federated-query-iam-access.html (2026-11).
    """
    return Statement(
        "Allow",
        sid="Connectors",
        why="Athena calls the connectors of the catalogs named, for data that lies elsewhere.",
        actions=("lambda:InvokeFunction",),
        resources=tuple(dict.fromkeys(functions)),
        conditions=conditions,
    )


def _read_spill(
    arns: Arns, locations: Iterable[str], conditions: tuple[Condition, ...]
) -> tuple[Statement, ...]:
    """Return the statements that read what connectors spill to ``locations`` (``bucket/prefix``).

    https://docs.aws.amazon.com/athena/latest/ug/federated-query-iam-access.html (2026-11): its
    example lets the caller write there too, but of the spill bucket it explains s3:GetObject alone;
    the connector writes as its own role.
    """
    places = [location.partition("/") for location in dict.fromkeys(locations)]
    return (
        Statement(
            "Allow",
            sid="SpillBucket",
            why="Find what connectors spill.",
            actions=("s3:ListBucket",),
            resources=tuple(dict.fromkeys(arns.bucket(bucket) for bucket, _, _ in places)),
            conditions=conditions,
        ),
        Statement(
            "Allow",
            sid="SpillObjects",
            why="Athena reads back what did not fit into a connector's response.",
            actions=("s3:GetObject",),
            resources=tuple(arns.objects(bucket, prefix) for bucket, _, prefix in places),
            conditions=conditions,
        ),
    )


def _use_spill_keys(
    arns: Arns, keys: Iterable[str], made_for: Iterable[tuple[str, str]]
) -> tuple[Statement, ...]:
    """Return the statements that decrypt what is spilled, with ``keys`` (ARNs), and, where the key
    is made with the connector so that its id is not known, with any of its account's, for its
    bucket only: ``made_for`` has these two.

    S3 gives the bucket's ARN as encryption context where the bucket has a bucket key:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html (2026-11).
    """
    via_s3 = Condition("StringEquals", "kms:ViaService", via_s3_services(arns))
    keys, made_for = tuple(dict.fromkeys(keys)), tuple(made_for)
    found: tuple[Statement, ...] = ()
    if keys:
        found += (
            Statement(
                "Allow",
                sid="KmsSpill",
                why="Decrypt what connectors spill, through S3 only.",
                actions=("kms:Decrypt",),
                resources=keys,
                conditions=(via_s3,),
            ),
        )
    if made_for:
        owners = dict.fromkeys(owner for owner, _ in made_for)
        about = tuple(dict.fromkeys(arns.bucket(bucket) for _, bucket in made_for))
        found += (
            Statement(
                "Allow",
                sid="KmsSpillMade",
                why="Decrypt with the key that is made with a spill bucket, for it only.",
                actions=("kms:Decrypt",),
                resources=tuple(Arns(owner, arns.region).key("*") for owner in owners),
                conditions=(
                    via_s3,
                    Condition("StringEquals", "kms:EncryptionContext:aws:s3:arn", about),
                ),
            ),
        )
    return found


def _describe_table_bucket(
    arns: Arns, catalog: str, namespaces: Iterable[str], sid: str, conditions: tuple[Condition, ...]
) -> Statement:
    """Return the statement that reads Glue's description of tables of S3 Tables; ``catalog`` is
    the table bucket's in Glue.

    https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html and
    https://docs.aws.amazon.com/glue/latest/dg/s3tables-catalog-prerequisites.html (2026-11).
    """
    return Statement(
        "Allow",
        sid=sid,
        why="Athena finds a table bucket's namespaces and tables in Glue, catalog within catalog.",
        actions=(
            "glue:GetCatalog",
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:GetTable",
            "glue:GetTables",
        ),
        resources=_in_table_bucket(arns, catalog, namespaces),
        conditions=conditions,
    )


def _in_table_bucket(arns: Arns, catalog: str, namespaces: Iterable[str]) -> tuple[str, ...]:
    return (
        arns.glue_catalog(),
        arns.glue_catalog(S3_TABLES),
        arns.glue_catalog(catalog),
        *tables_of(arns, [f"{catalog}/{name}" for name in namespaces])[1:],
    )


def _read_table_bucket(
    arns: Arns, bucket: str, namespaces: Iterable[str], number: str
) -> tuple[Statement, ...]:
    """Return the statements that read the tables of some namespaces of a table bucket; ``number``
    ends their ids.

    https://docs.aws.amazon.com/athena/latest/ug/gdc-register-s3-table-bucket-cat.html (2026-11)
    lists the actions. A table's ARN has an id for its name, so s3tables:namespace keeps to the
    namespaces: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3tables.html.
    No page says whether these calls carry aws:CalledVia, so nothing ties them to Athena.
    """
    of_these = (Condition("StringEquals", "s3tables:namespace", tuple(namespaces)),)
    return (
        Statement(
            "Allow",
            sid=f"TableBucket{number}",
            why="Find the table bucket and its namespaces.",
            actions=("s3tables:GetTableBucket", "s3tables:ListNamespaces"),
            resources=(arns.table_bucket(bucket),),
        ),
        Statement(
            "Allow",
            sid=f"TableBucketNamespaces{number}",
            why="Find the tables of the namespaces named.",
            actions=("s3tables:GetNamespace", "s3tables:ListTables"),
            resources=(arns.table_bucket(bucket),),
            conditions=of_these,
        ),
        Statement(
            "Allow",
            sid=f"TableBucketTables{number}",
            why="Read the tables of the namespaces named, and write none.",
            actions=(
                "s3tables:GetTable",
                "s3tables:GetTableData",
                "s3tables:GetTableMetadataLocation",
            ),
            resources=(f"{arns.table_bucket(bucket)}/table/*",),
            conditions=of_these,
        ),
    )
