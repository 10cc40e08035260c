"""Who may take dbt's role, and what it may do."""

from athena_gate.modules import until
from athena_gate.modules.athena import grants as lake
from athena_gate.modules.athena import statements
from athena_gate.modules.athena.alarm import alarm_remarks
from athena_gate.modules.athena.catalogs import statements as catalogs
from athena_gate.modules.athena.catalogs.settings import catalog_remarks
from athena_gate.modules.athena.settings import (
    access_points,
    shared_results,
    source_keys,
    source_locations,
    source_remarks,
)
from athena_gate.modules.athena.statements import (
    CALLED_VIA_ATHENA,
    DEFAULT_CATALOG,
    via_s3_services,
)
from athena_gate.modules.dbt.guide import GUIDE, values
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.findings import Remark
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from athena_gate.modules.lake_formation import LakeGrant

_VIA_ATHENA = (CALLED_VIA_ATHENA,)
_DESCRIBE_TABLES = ("glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables")


def trust(settings: DbtSettings) -> Policy:
    """Return the role's trust policy.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html (2026-11): the external
    id is for a party that takes roles of several customers.
    """
    return until.allowing(_trust(settings), settings.until)


def _trust(settings: DbtSettings) -> Policy:
    if settings.mode == "documented":
        return GUIDE.trust_for(values(settings))
    token = settings.web_identity
    if token is not None:
        return Policy(
            (
                Statement(
                    "Allow",
                    sid="Token",
                    why="A token about this one, made out for AWS, and no other.",
                    principals=(Principal("Federated", token.provider),),
                    actions=("sts:AssumeRoleWithWebIdentity",),
                    conditions=(
                        Condition("StringEquals", f"{token.issuer}:sub", (token.subject,)),
                        Condition("StringEquals", f"{token.issuer}:aud", (token.audience,)),
                    ),
                ),
            )
        )
    external_id = settings.external_id
    return Policy(
        (
            Statement(
                "Allow",
                sid="NamedOnly",
                why="These may take the role, and nobody else of their accounts.",
                principals=tuple(Principal("AWS", arn) for arn in settings.trusted),
                actions=("sts:AssumeRole",),
                conditions=(
                    (Condition("StringEquals", "sts:ExternalId", (external_id,)),)
                    if external_id
                    else ()
                ),
            ),
        )
    )


def access(settings: DbtSettings) -> Policy:
    """Return what the role is granted."""
    return until.ending(_granted(settings), settings.until)


def _granted(settings: DbtSettings) -> Policy:
    if settings.mode == "documented":
        return GUIDE.documented_for(values(settings))
    granted = _via_athena(settings)
    if settings.mode == "run":
        granted = (*granted, *_direct(settings))
    key = settings.account.catalog_kms_key
    granted = (
        *granted,
        *_keys(settings),
        *statements.use_catalog_key(settings.account.arns, key, writes=True),
    )
    if settings.only_from is not None:
        places = settings.only_from
        elsewhere = statements.deny_from_elsewhere(places.addresses, places.vpc_endpoints)
        granted = (*granted, elsewhere)
    points = access_points(settings.account, settings.sources)
    return Policy(statements.through_access_points(granted, points))


def _via_athena(settings: DbtSettings) -> tuple[Statement, ...]:
    arns = settings.account.arns
    granted: tuple[Statement, ...] = (
        run_queries(settings),
        statements.read_catalog(arns, DEFAULT_CATALOG, *catalogs.registered(settings.catalogs)),
        list_catalogs(),
        build_tables(settings),
        statements.read_default_database(arns, _VIA_ATHENA),
        *write_data(settings),
    )
    if not settings.results.managed:
        granted += statements.write_results(
            arns, settings.results_bucket, settings.results_path, _VIA_ATHENA
        )
    granted += tuple(
        statements.hand_to_owner(arns, bucket, path, _VIA_ATHENA, sid)
        for sid, bucket, path in (
            ("ResultsOwner", settings.results_bucket, settings.results_path),
            ("DataOwner", settings.data_bucket, settings.data_path),
        )
        if bucket in settings.owners
    )
    if settings.source_databases:
        granted = (
            *granted,
            statements.read_tables(arns, settings.source_databases, _VIA_ATHENA),
        )
    if settings.sources:
        granted = (
            *granted,
            *statements.read_sources(
                arns,
                [source.bucket for source in settings.sources],
                source_locations(settings.sources),
                _VIA_ATHENA,
            ),
        )
    granted += catalogs.granted(arns, settings.catalogs, _VIA_ATHENA)
    if settings.list_all_databases:
        # dbt lists schemas in Glue itself, without a filter: the source that _direct cites.
        through = () if settings.runs_models else _VIA_ATHENA
        granted += (statements.list_databases(arns, through),)
    if settings.drop_schemas:
        granted = (*granted, drop_schemas(settings, "DropSchemas", _VIA_ATHENA))
    if settings.lake_formation or any(one.lake_formation for one in settings.catalogs):
        granted = (*granted, statements.lake_formation())
    return granted


def run_queries(settings: DbtSettings) -> Statement:
    """Return the statement that runs queries in dbt's workgroup, with the guide's actions."""
    return Statement(
        "Allow",
        sid="AthenaQuery",
        why="Run, watch and stop queries in the one workgroup, and read what they return.",
        actions=(
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
            "athena:GetQueryExecution",
            "athena:BatchGetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetWorkGroup",
        ),
        resources=(settings.account.arns.workgroup(settings.workgroup_name),),
    )


def list_catalogs() -> Statement:
    """Return the statement that lists data catalogs, for which AWS has no narrower resource."""
    return Statement(
        "Allow",
        sid="AthenaAccountLists",
        why="Names of catalogs; AWS has no narrower resource for this.",
        actions=("athena:ListDataCatalogs",),
        resources=("*",),
    )


def build_tables(settings: DbtSettings) -> Statement:
    """Return the statement that lets Athena build databases, tables and partitions for dbt.

    https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    (2026-11) has the actions of each SQL statement.
    """
    return Statement(
        "Allow",
        sid="GlueViaAthena",
        why="Athena makes, fills, changes and drops tables where dbt builds.",
        actions=(
            "glue:CreateDatabase",
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:CreateTable",
            "glue:UpdateTable",
            "glue:DeleteTable",
            "glue:GetTable",
            "glue:GetTables",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:BatchGetPartition",
            "glue:CreatePartition",
            "glue:BatchCreatePartition",
            "glue:UpdatePartition",
            "glue:DeletePartition",
            "glue:BatchDeletePartition",
        ),
        resources=_tables(settings, settings.databases),
        conditions=_VIA_ATHENA,
    )


def write_data(settings: DbtSettings) -> tuple[Statement, ...]:
    """Return the statements that let Athena write, read and delete the tables' files."""
    arns = settings.account.arns
    return (
        Statement(
            "Allow",
            sid="DataBucket",
            why="Find the tables' files.",
            actions=("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
            resources=(arns.bucket(settings.data_bucket),),
            conditions=_VIA_ATHENA,
        ),
        Statement(
            "Allow",
            sid="DataObjects",
            why="Write, read and delete the tables' files, and nothing beside their prefix.",
            actions=(
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ),
            resources=(arns.objects(settings.data_bucket, settings.data_path),),
            conditions=_VIA_ATHENA,
        ),
    )


def drop_schemas(settings: DbtSettings, sid: str, conditions: tuple[Condition, ...]) -> Statement:
    """Return the statement that deletes the databases dbt builds in.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html (2026-11):
    a database goes with its tables and functions, and the action is checked on all of them.
    """
    arns = settings.account.arns
    functions = f"arn:{arns.partition}:glue:{arns.region}:{arns.account}:userDefinedFunction"
    return Statement(
        "Allow",
        sid=sid,
        why="Drop the databases of runs that are over.",
        actions=("glue:DeleteDatabase",),
        resources=(
            *_tables(settings, settings.databases),
            *(f"{functions}/{database}/*" for database in settings.databases),
        ),
        conditions=conditions,
    )


def _direct(settings: DbtSettings) -> tuple[Statement, ...]:
    """Return what dbt-athena calls itself, not through Athena.

    Read in its source,
    https://github.com/dbt-labs/dbt-adapters/blob/023f5ee473a36470deb6c7cdb95396d80806f7e7/dbt-athena/src/dbt/adapters/athena/impl.py
    (2026-11), without what only Spark models and Lake Formation tags need.
    Nothing there reads an object from S3 or makes a table in Glue.
    """
    arns = settings.account.arns
    granted: tuple[Statement, ...] = (
        Statement(
            "Allow",
            sid="GlueDirect",
            why="dbt lists what there is, swaps and drops tables, and trims their old versions.",
            actions=(
                *_DESCRIBE_TABLES,
                "glue:UpdateTable",
                "glue:DeleteTable",
                "glue:GetTableVersions",
                "glue:DeleteTableVersion",
                "glue:GetPartitions",
                "glue:BatchCreatePartition",
                "glue:BatchDeletePartition",
            ),
            resources=_tables(settings, settings.databases),
        ),
        Statement(
            "Allow",
            sid="DataBucketDirect",
            why="dbt looks for the files of a table before it deletes them.",
            actions=("s3:ListBucket",),
            resources=(arns.bucket(settings.data_bucket),),
        ),
        Statement(
            "Allow",
            sid="DataObjectsDirect",
            why="dbt uploads seeds, and deletes the files of tables it replaces.",
            actions=("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"),
            resources=(arns.objects(settings.data_bucket, settings.data_path),),
        ),
    )
    if settings.source_databases:
        granted = (
            *granted,
            Statement(
                "Allow",
                sid="GlueReadDirect",
                why="dbt asks for the columns of the tables that models read.",
                actions=_DESCRIBE_TABLES,
                resources=_tables(settings, settings.source_databases),
            ),
        )
    others = catalogs.described(arns, settings.catalogs)
    if others:
        granted += (
            Statement(
                "Allow",
                sid="GlueOthersDirect",
                why="dbt asks for the columns of tables in other catalogs.",
                actions=_DESCRIBE_TABLES,
                resources=others,
            ),
        )
    if settings.drop_schemas:
        granted = (*granted, drop_schemas(settings, "DropSchemasDirect", ()))
    return granted


def _tables(settings: DbtSettings, databases: tuple[str, ...]) -> tuple[str, ...]:
    arns = settings.account.arns
    return (
        arns.glue_catalog(),
        *(
            arn
            for database in databases
            for arn in (arns.glue_database(database), arns.glue_tables(database))
        ),
    )


def _keys(settings: DbtSettings) -> tuple[Statement, ...]:
    arns = settings.account.arns
    read = source_keys(settings.sources)
    granted = statements.use_keys(arns, read, None)
    managed = settings.results.kms_key if settings.results.managed else None
    if managed:
        key = statements.managed_results_key(arns, settings.workgroup_name, managed)
        granted = (*granted, key)
    own = (settings.data.kms_key, None if managed else settings.results.kms_key)
    written = dict.fromkeys(key for key in own if key)
    if written:
        granted = (
            *granted,
            Statement(
                "Allow",
                sid="KmsWritten",
                why="Encrypt tables and results and read them back, through S3 only.",
                actions=("kms:Decrypt", "kms:GenerateDataKey"),
                resources=tuple(written),
                conditions=(Condition("StringEquals", "kms:ViaService", via_s3_services(arns)),),
            ),
        )
    return granted


def documents(settings: DbtSettings) -> dict[str, Policy]:
    """Return every policy that is deployed, trust policies apart, by the names of the guides."""
    return {"access": access(settings)}


def trusts(settings: DbtSettings) -> dict[str, Policy]:
    """Return the trust policy of the role that is made, if any, by the name of its guide."""
    return {} if settings.keys else {"access": trust(settings)}


def grants(settings: DbtSettings) -> tuple[LakeGrant, ...]:
    """Return what Lake Formation is to grant, whoever grants it."""
    given, arns = settings.lake_formation, settings.account.arns
    if given is None:
        return ()
    holder = settings.identity
    written = lake.write(
        holder,
        given,
        settings.databases,
        arns.objects(settings.data_bucket, settings.data_path).removesuffix("/*"),
        exists=not settings.data.create and settings.data_bucket not in settings.owners,
        drops_databases=settings.drop_schemas,
    )
    read = lake.read(holder, given, settings.source_databases)
    return lake.with_default_database(holder, given, (*written, *read))


def managed(settings: DbtSettings) -> tuple[str, ...]:
    """Return the ARNs of AWS's own policies that are attached: none."""
    del settings
    return ()


def remarks(settings: DbtSettings) -> tuple[Remark, ...]:
    """Return what a reviewer of ``settings`` should know: what is wider than need be, and what
    will not work."""
    return (*_remarks(settings), *until.remarks(settings.until))


def _remarks(settings: DbtSettings) -> tuple[Remark, ...]:
    if settings.mode == "documented":
        return _remarks_on_the_guide(settings)
    owners = [source.owner for source in settings.sources]
    found = list(catalog_remarks(settings.catalogs, owners, "dbt"))
    if settings.list_all_databases:
        found.append(
            Remark(
                "GATE615",
                "list_all_databases",
                "with true, dbt sees names and descriptions of all databases of the account; "
                "without it, of those named",
            )
        )
    if settings.mode == "via_athena":
        found.append(
            Remark(
                "GATE710",
                "mode",
                "via_athena refuses what dbt-athena asks of Glue and S3 itself, so dbt run fails; "
                'mode = "run" grants that, within the same databases and prefix',
            )
        )
    found += lake.remarks(settings.lake_formation)
    found.extend(source_remarks(settings.sources, settings.account))
    if settings.only_from is not None:
        found.extend(settings.only_from.remarks("dbt"))
    if settings.keys is not None:
        found.extend(settings.keys.remarks())
    if settings.external_id is None:
        found.extend(
            Remark(
                "GATE601",
                "trusted",
                f"{arn} is in another account; when that is not yours, agree on an external_id "
                "with its owner",
            )
            for arn in settings.trusted
            if arn.split(":")[4] != settings.account.id
        )
    if (settings.session_duration or 0) > 3600:
        found.extend(
            Remark(
                "GATE711",
                "session_duration",
                f"{arn} is a role, and AWS grants a role that takes a role 3,600 seconds at most",
            )
            for arn in settings.trusted
            if ":role/" in arn
        )
    if settings.results.managed:
        found.append(
            Remark(
                "GATE730",
                "results",
                "dbt-athena asks for an s3_staging_dir in its profile, and Athena refuses one "
                "beside managed results (dbt-labs/dbt-adapters#1334, 2026-11): dbt run needs a "
                "version that takes a profile without",
            )
        )
    found.extend(shared_results(settings.workgroup_name, settings.results, "dbt"))
    found.extend(alarm_remarks(settings.watched))
    if not settings.makes_workgroup:
        found.append(
            Remark(
                "GATE708",
                "workgroup",
                f"dbt shares {settings.workgroup_name!r} with others, and nothing here limits "
                "what a query may scan; workgroup {} makes one that does",
            )
        )
    if settings.source_databases and not settings.sources and not settings.lake_formation:
        found.append(
            Remark(
                "GATE712",
                "source_databases",
                "without a source block or lake_formation, models read only those tables whose "
                "files lie where dbt writes",
            )
        )
    found.extend(
        Remark(
            "GATE703", "source", "without prefixes, dbt may read the whole bucket", source.bucket
        )
        for source in settings.sources
        if not source.prefixes
    )
    return tuple(found)


def _remarks_on_the_guide(settings: DbtSettings) -> tuple[Remark, ...]:
    found = [
        Remark(
            "GATE606",
            "mode",
            f"documented trusts the whole account {settings.account.id}: whoever there may take "
            "roles may take this one",
        ),
        Remark(
            "GATE607",
            "mode",
            "documented opens every workgroup, and through Athena every Glue table and every "
            "bucket, writing and deleting included",
        ),
        Remark(
            "GATE710",
            "mode",
            "documented lets dbt neither make its database nor use partitions, and refuses what "
            "dbt-athena asks of Glue and S3 itself, so dbt run fails",
        ),
    ]
    if (
        settings.data.kms_key
        or settings.results.kms_key
        or any(source.kms_key for source in settings.sources)
    ):
        text = "documented grants no use of KMS keys, so encrypted data is closed"
        found.append(Remark("GATE713", "kms_key", text))
    if settings.account.catalog_kms_key:
        text = "documented grants no use of the catalog's KMS key, so that its tables are closed"
        found.append(Remark("GATE713", "mode", text))
    return tuple(found)
