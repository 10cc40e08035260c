"""What others must do before catalogs beside the account's own can be queried."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from athena_gate.modules.account import Account
from athena_gate.modules.athena.catalogs.settings import S3_TABLES, Catalog, glue_of
from athena_gate.modules.athena.statements import CALLED_VIA_ATHENA, via_s3_services
from athena_gate.modules.athena.todo import called, other_side, owner_of
from athena_gate.modules.iam.arn import Arns, account_of
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from athena_gate.modules.iam.todo import Rests, ToDo, sid_of

_UG = "https://docs.aws.amazon.com/athena/latest/ug"
# All read in 2026-11.
REGISTER_GLUE = f"{_UG}/data-sources-glue-cross-account.html"
GLUE_POLICY = f"{_UG}/security-iam-cross-account-glue-catalog-access.html"
CONNECTORS = f"{_UG}/xacct-fed-query-enable.html"
LAKE_FORMATION = f"{_UG}/lf-athena-limitations-cross-account.html"
S3_TABLES_PAGE = f"{_UG}/gdc-register-s3-table-bucket-cat.html"


def catalogs_todo(
    catalogs: Iterable[Catalog], account: Account, holder: str, granted: Policy
) -> tuple[ToDo, ...]:
    """Return what must be so outside of the stack for the user or role ``holder`` (an ARN) of
    ``account``, which has the policy ``granted``, to query ``catalogs``."""
    catalogs = tuple(catalogs)
    return (
        *(todo for one in catalogs for todo in _there(one, account, holder)),
        *_glue_policies(catalogs, account, holder, granted),
        *dict.fromkeys(
            todo
            for one in catalogs
            if one.function is not None
            for todo in _function_policy(one, account, holder)
        ),
    )


def of_others(
    catalogs: Iterable[Catalog], account: Account
) -> tuple[dict[str, str], tuple[str | None, ...]]:
    """Return what is read in S3, and which keys, for ``catalogs`` that no stack of the file makes:
    the owners by bucket, without those of ``account``, and the keys of anybody."""
    catalogs = tuple(catalogs)
    called = [one for one in catalogs if one.function is not None]
    owners = {one.spill.partition("/")[0]: one.spill_owner for one in called}
    others = {bucket: owner for bucket, owner in owners.items() if owner != account.id}
    return others, (*(one.glue_key for one in catalogs), *(one.spill_kms_key for one in called))


def made_connectors(catalogs: Iterable[Catalog], account: Account, holder: str) -> tuple[ToDo, ...]:
    """Return what the stacks of connectors that this file makes in other accounts say of
    ``holder``: nobody has to do more for it than to deploy them."""
    return tuple(
        replace(todo, who="you", says=_deployed(one))
        for one in catalogs
        if one.connector is not None
        for todo in _connector_policies(one, account, holder)
    )


def _there(one: Catalog, account: Account, holder: str) -> Iterator[ToDo]:
    """Yield what must be there and no policy says."""
    rests = (*_looked_up(one, account.arns, "athena:*"), *_behind(one, account.arns))
    if one.owner is not None:
        kind, parameter, page = "GLUE", f"catalog-id={one.owner.id}", REGISTER_GLUE
        says = _registered(one, account, kind, parameter)
    elif one.function is not None:
        says, page = _registered(one, account, "LAMBDA", f"function={one.function}"), CONNECTORS
    elif one.connector is not None:
        says, page = _deployed(one), CONNECTORS
    else:
        says, page = (
            f"the table bucket {one.table_bucket} is integrated with Glue of account {account.id}, "
            f"so that the catalog {one.name} is there",
            S3_TABLES_PAGE,
        )
    yield ToDo(f"catalog-{one.name}", "you", says, page, rests=rests)
    if one.lake_formation:
        owner = one.owner.id if one.owner else account.id
        names = ", ".join(one.databases)
        yield ToDo(
            f"catalog-{one.name}-lake-formation",
            owner_of(owner) if one.owner else "you",
            f"Lake Formation of account {owner} grants {called(holder)} DESCRIBE on {names} of the "
            f"catalog {one.name} and SELECT on the tables",
            LAKE_FORMATION if one.owner else S3_TABLES_PAGE,
            owner,
            rests=(
                Rests(("lakeformation:GetDataAccess",)),
                *_looked_up(one, account.arns, "athena:Get*", "athena:List*"),
                Rests(("glue:*",), _in_glue(one, account.arns)),
            ),
        )


def _looked_up(one: Catalog, arns: Arns, *actions: str) -> tuple[Rests, ...]:
    """Return the requests of Athena about the catalog, and about what holds it."""
    above = () if one.kind != "table bucket" else (arns.data_catalog(S3_TABLES),)
    return (Rests(actions, (arns.data_catalog(one.name), *above)),)


def _behind(one: Catalog, arns: Arns) -> tuple[Rests, ...]:
    """Return the requests to where the catalog leads that nobody makes while it is not there."""
    if one.owner is not None:
        return (Rests(("glue:*",), _in_glue(one, arns), by_services=True),)
    if one.kind == "table bucket":
        bucket = arns.table_bucket(one.table_bucket)
        stored = (Rests(("s3tables:*",), (bucket, f"{bucket}/table/*")),)
        return (Rests(("glue:*",), _in_glue(one, arns)), *stored)
    bucket, key = arns.bucket(one.spill.partition("/")[0]), one.spill_kms_key
    made = one.connector is not None and one.connector.made_key
    return (
        Rests(("lambda:InvokeFunction",), (one.called,)),
        Rests(("s3:*",), (bucket, f"{arns.bucket(one.spill)}*"), by_services=True),
        *((Rests(("kms:*",), (key,), by_services=True),) if key else ()),
        *((Rests(("kms:*",), by_services=True, about=bucket),) if made else ()),
    )


def _in_glue(one: Catalog, arns: Arns) -> tuple[str, ...]:
    """Return what the databases and tables of the catalog are in Glue, and the catalogs above them,
    but the account's own."""
    theirs, inside = glue_of(one, arns), "" if one.owner else f"{one.name}/"
    above = (
        (theirs.glue_catalog(),)
        if one.owner
        else (theirs.glue_catalog(S3_TABLES), theirs.glue_catalog(one.name))
    )
    return (
        *above,
        *(
            arn
            for name in one.databases
            for arn in (theirs.glue_database(inside + name), theirs.glue_tables(inside + name))
        ),
    )


def _registered(one: Catalog, account: Account, kind: str, parameter: str) -> str:
    return (
        f"the data catalog {one.name} is registered in Athena of account {account.id} as of type "
        f"{kind} with {parameter}"
    )


def _deployed(one: Catalog) -> str:
    assert one.connector is not None
    return f"the stack {one.connector.stack}, which makes the connector, is deployed"


def _glue_policies(
    catalogs: tuple[Catalog, ...], account: Account, holder: str, granted: Policy
) -> Iterator[ToDo]:
    """Yield what the policy of Glue of each other account must say: it has one in a region.

    AWS's example has no condition, but those of ``granted`` are no less met there: global keys "can
    be used in all policies", for they come with the request.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    (2026-11).
    """
    owners = dict.fromkeys(one.owner.id for one in catalogs if one.owner)
    for owner in owners:
        theirs = [one for one in catalogs if one.owner and one.owner.id == owner]
        arns = glue_of(theirs[0], account.arns)
        databases = tuple(dict.fromkeys(name for one in theirs for name in one.databases))
        statements = other_side(granted, arns.glue_catalog(), (holder,)).statements
        if any(one.lake_formation for one in theirs):
            statements += (
                Statement(
                    "Allow",
                    sid=f"{sid_of([holder])}LakeFormationShares",
                    why="Lake Formation shares with other accounts by the Resource Access Manager.",
                    principals=(Principal("Service", "ram.amazonaws.com"),),
                    actions=("glue:ShareResource",),
                    resources=(
                        arns.glue_catalog(),
                        arns.glue_database("*"),
                        arns.glue_tables("*"),
                    ),
                ),
            )
        yield _of_resource(
            "glue-policy",
            f"the policy of Glue of account {owner} in {account.region} lets {called(holder)} "
            f"describe {', '.join(databases)} (it has one policy: add to what is there)",
            GLUE_POLICY,
            arns.glue_catalog(),
            owner,
            statements,
        )


def _function_policy(one: Catalog, account: Account, holder: str) -> Iterator[ToDo]:
    """Yield what the policy of a connector must say, if it is in another account.

    For a caller that is no service, it takes no condition but an organization:
    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html (2026-11).
    """
    if one.spill_owner == account.id:
        return
    name = one.called.rpartition(":")[2]
    yield _of_resource(
        "connector-policy",
        f"the policy of the function {name} lets {called(holder)} call it",
        CONNECTORS,
        one.called,
        one.spill_owner,
        (
            Statement(
                "Allow",
                sid=f"{sid_of([holder])}Calls",
                why="Athena calls the connector as the reader.",
                principals=_named(holder),
                actions=("lambda:InvokeFunction",),
                resources=(one.called,),
            ),
        ),
    )


def _connector_policies(one: Catalog, account: Account, holder: str) -> Iterator[ToDo]:
    """Yield what the policies of a connector that is made here, its spill bucket and its key say,
    as far as they are in another account."""
    arns, owner, who = account.arns, one.spill_owner, called(holder)
    bucket, _, prefix = one.spill.partition("/")
    sid = sid_of([holder])
    yield from _function_policy(one, account, holder)
    if owner != account.id:
        yield _of_resource(
            "spill-bucket-policy",
            f"the policy of the bucket {bucket} lets {who} read what is spilled",
            CONNECTORS,
            arns.bucket(bucket),
            owner,
            (
                Statement(
                    "Allow",
                    sid=f"{sid}SpillBucket",
                    why="Find spilled data.",
                    principals=_named(holder),
                    actions=("s3:ListBucket",),
                    resources=(arns.bucket(bucket),),
                    conditions=(CALLED_VIA_ATHENA,),
                ),
                Statement(
                    "Allow",
                    sid=f"{sid}Spill",
                    why="Athena fetches spilled data as the reader.",
                    principals=_named(holder),
                    actions=("s3:GetObject",),
                    resources=(arns.objects(bucket, prefix),),
                    conditions=(CALLED_VIA_ATHENA,),
                ),
            ),
        )
    key = one.spill_kms_key
    if one.connector is not None and one.connector.made_key:
        key = Arns(owner, arns.region).key("*")
    if key and account_of(key) != account.id:
        yield _of_resource(
            "spill-key-policy",
            f"the policy of the key {key} lets {who} decrypt what is spilled",
            CONNECTORS,
            key,
            account_of(key),
            (
                Statement(
                    "Allow",
                    sid=f"{sid}Spill",
                    why="Decrypt spilled data, through S3 only.",
                    principals=_named(holder),
                    actions=("kms:Decrypt",),
                    resources=("*",),
                    conditions=(
                        Condition("StringEquals", "kms:ViaService", via_s3_services(arns)),
                    ),
                ),
            ),
        )


def _of_resource(
    name: str, says: str, page: str, resource: str, account: str, statements: tuple[Statement, ...]
) -> ToDo:
    """Return that ``account`` must add ``statements`` to the policy of its ``resource``."""
    return ToDo(name, owner_of(account), says, page, account, resource, Policy(statements))


def _named(arn: str) -> tuple[Principal, ...]:
    return (Principal("AWS", arn),)
