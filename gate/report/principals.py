"""Who may do what, a row for each principal and what it becomes: the report's first table.

Computed from the policies of a stack, all of them: what is not known is said to be everything.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from athena_gate.gate.explain import words
from athena_gate.gate.parity import Parity
from athena_gate.gate.report.documented import names_of_documents
from athena_gate.gate.report.flow import addresses, alike, functions_as, shortened
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.text import counted
from athena_gate.modules.iam.actions import grants_nothing, level, matching
from athena_gate.modules.iam.arn import account_of
from athena_gate.modules.iam.attached import Identity, ResourcePolicy, statements_of
from athena_gate.modules.iam.policy import EVERYONE, Condition, Grant, Principal, Statement
from athena_gate.modules.lake_formation import LakeGrant
from athena_gate.stacks.configuration import ConfiguredBlock

Column = Literal["reads", "writes", "deletes"]
COLUMNS: tuple[Column, ...] = ("reads", "writes", "deletes")
# Why something is to be looked at.
NOT_ON_THE_PAGE = "not on the page"
MORE_THAN_THE_PAGE = "more than the page"
EVERYTHING = "not limited here"
UNKNOWN = "not known here"

_GOVERNED = "everything that Lake Formation allows it"
# What each permission of Lake Formation is for:
# https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html (2026-11).
_LAKE: Mapping[str, Column] = {
    "ALTER": "writes",
    "CREATE_DATABASE": "writes",
    "CREATE_TABLE": "writes",
    "DATA_LOCATION_ACCESS": "writes",
    "DELETE": "deletes",
    "DESCRIBE": "reads",
    "DROP": "deletes",
    "INSERT": "writes",
    "SELECT": "reads",
}


@dataclass(frozen=True, slots=True)
class Item:
    """Something that a principal may read, write or delete: ``what`` in words, ``when`` under which
    condition, where that is not the one of all its rights in the service. ``care`` says why it is
    to be looked at, if it is; with ``minor`` it is of names and settings only, not of data."""

    what: str
    when: str = ""
    care: str = ""
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A principal and what it may do: ``kind`` says whether it is a vendor outside or one's own,
    ``outside`` the same as yes or no. ``becomes`` is the user or role whose policies these are,
    ``account`` the id of the account of that, and ``care`` what is to be looked at in all of it."""

    who: str
    kind: str
    outside: bool
    becomes: str
    account: str
    reads: tuple[Item, ...]
    writes: tuple[Item, ...]
    deletes: tuple[Item, ...]
    conditions: tuple[str, ...]
    care: str = ""


def principals(stack: Stack, block: ConfiguredBlock, parity: Parity) -> tuple[Row, ...]:
    """Return a row for each principal that ``stack``, which is that of ``block``, lets in, and each
    identity that it becomes; ``parity`` is the block beside the vendor's page. Identities that are
    alike share a row."""
    names = names_of_documents(stack, block.integration.documents(block.settings))
    rows: list[Row] = []
    for identities in alike(stack):
        identity = identities[0]
        page = _Page.of(parity, names[identity.address])
        rows += _rows(stack, identities, block.vendor, page)
    return (*rows, *_let_in_by_resources(stack, block.vendor))


# -- what ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Page:
    """The grants of a block that its vendor's page has too; ``silent`` if that names none."""

    named: frozenset[tuple[str, str, frozenset[Condition]]]
    silent: bool

    @classmethod
    def of(cls, parity: Parity, name: str) -> "_Page":
        named, silent = set(), True
        for document in parity.documents:
            if document.policy != "access":
                continue
            rows = [row for section in document.sections for row in section.rows]
            silent &= not any(row.guide for row in rows)
            if document.name != name:
                continue
            for row in rows:
                if row.ours and row.effect == "Allow" and row.status in ("same", "narrower"):
                    named |= {
                        (action, resource, frozenset(row.ours.conditions))
                        for action in row.ours.actions
                        for resource in row.ours.resources
                    }
        return cls(frozenset(named), silent)

    def has(self, grant: Grant) -> bool:
        return self.silent or (grant.action, grant.resource, grant.conditions) in self.named


def _rows(stack: Stack, identities: Sequence[Identity], vendor: str, page: _Page) -> Iterator[Row]:
    identity = identities[0]
    statements = statements_of(identity.policies)
    shown = _Shown(identity.account)
    governed = [one for one in stack.lake_grants if one.principal == identity.arn]
    shown.add_governed(governed)
    own = [one for one in statements if one.effect == "Allow"]
    for statement in own:
        shown.add(statement, page)
    held = {(g.action.lower(), g.resource) for one in own for g in one.grants()}
    for place in stack.resource_policies:
        for statement in _of_identity(place, identity):
            more = {
                grant
                for grant in statement.grants()
                if (grant.action.lower(), grant.resource) not in held
            }
            if more:
                shown.add(statement, page)
    for arn in identity.aws_managed:
        name = arn.rsplit("/", 1)[-1]
        if identity.kind == "application":
            shown.everywhere(f"what the role of {name} may, which AWS makes", UNKNOWN)
        else:
            shown.everywhere(f"what AWS's {name} allows", EVERYTHING)
    columns, common = shown.items()
    conditions = [*common, *_never(statements)]
    if governed:
        conditions.append("Lake Formation as far as it grants here; what others grant is not known")
    if identity.boundary:
        conditions.append(f"as far as the boundary {identity.boundary.rsplit('/', 1)[-1]} lets it")
    becomes = f"{identity.kind}{'s' if len(identities) > 1 else ''} " + shortened(
        [one.name for one in identities]
    )
    care = "the vendor's page names no permissions" if page.silent and statements else ""
    for who, kind, outside, how in _who(stack, identity, vendor):
        yield Row(
            who,
            kind,
            outside,
            becomes if becomes != who else "",
            identity.account,
            columns["reads"],
            columns["writes"],
            columns["deletes"],
            tuple(dict.fromkeys((*how, *conditions))),
            care,
        )


def _of_identity(place: ResourcePolicy, identity: Identity) -> Iterator[Statement]:
    """Yield what the policy of a resource allows ``identity`` by its name."""
    for statement in place.policy.statements if place.kind != "trust" else ():
        if statement.effect == "Allow" and Principal("AWS", identity.arn) in statement.principals:
            yield replace(statement, principals=())


def _let_in_by_resources(stack: Stack, vendor: str) -> Iterator[Row]:
    """Yield whom only the policy of a resource lets in."""
    known = {one.arn for one in stack.identities}
    for place in stack.resource_policies:
        if place.kind == "trust":
            continue
        found: defaultdict[Principal, list[Statement]] = defaultdict(list)
        for statement in place.policy.statements:
            if statement.effect != "Allow":
                continue
            for principal in statement.principals or (EVERYONE,):
                found[principal].append(replace(statement, principals=(), not_principals=()))
        for principal, statements in found.items():
            # That leaves it to the policies of the account's own users and roles.
            own = principal.id == place.account or principal.id.endswith(f"::{place.account}:root")
            if principal.id in known or own:
                continue
            shown = _Shown(place.account)
            for statement in statements:
                shown.add(statement, _Page(frozenset(), silent=False))
            columns, common = shown.items()
            who, kind, outside, how = _named(stack, principal, vendor)
            by = f"by the policy of {words.resource(place.arn, place.account)}"
            yield Row(
                who,
                kind,
                outside,
                "",
                place.account,
                columns["reads"],
                columns["writes"],
                columns["deletes"],
                tuple(one for one in (how, by, *common) if one),
            )


@dataclass(frozen=True, slots=True)
class _Right:
    """What an item is made of: a place in words, of which service, and its conditions."""

    place: str
    service: str
    conditions: tuple[Condition, ...]


class _Shown:
    """The items of one principal, as they come from its statements."""

    def __init__(self, account: str) -> None:
        self._account = account
        # Column -> right -> its grants and whether each is on the page.
        self._found: dict[Column, dict[_Right, dict[Grant, bool]]] = {c: {} for c in COLUMNS}
        self._everywhere: list[Item] = []
        self._governed: list[LakeGrant] = []

    def add_governed(self, grants: Iterable[LakeGrant]) -> None:
        """Add what Lake Formation gives, which is then all that it lets data be asked for."""
        self._governed += grants

    def everywhere(self, what: str, care: str) -> None:
        """Add what stands elsewhere and may be anything."""
        self._everywhere.append(Item(what, care=care))

    def add(self, statement: Statement, page: _Page) -> None:
        """Add what ``statement`` allows."""
        places = self._places(statement)
        for grant in statement.grants():
            action = grant.action
            if action.startswith("Not "):
                action = "*"
            elif not grant.resource.startswith("Not ") and grants_nothing(action, grant.resource):
                continue
            place = places.get(grant.resource)
            if place is None:
                continue
            service = action.partition(":")[0].lower()
            if action == "lakeformation:GetDataAccess":
                if self._governed:
                    continue
                place = _GOVERNED
            elif _covers_all(action):
                all_of = _all_of("everything", service)
                place = all_of if place == "everything" else f"{all_of}: {place}"
            elif place == "everything":
                place = _all_of("names" if _of_names(action) else "everything", service)
            elif service == "athena":
                place = _in_athena(action, place)
            elif action in _BY:
                place = f"{_BY[action]} {place}"
            right = _Right(place, service, statement.conditions)
            for column in columns_of(action):
                self._found[column].setdefault(right, {})[replace(grant, action=action)] = page.has(
                    grant
                )

    def _places(self, statement: Statement) -> dict[str, str]:
        """Return what each resource of ``statement`` is in words; those that Glue asks for on the
        way to others are left out."""
        if statement.not_resources:
            outside = words.joined(
                words.resource(p, self._account) for p in statement.not_resources
            )
            return {f"Not {one}": f"everything but {outside}" for one in statement.not_resources}
        found = {one: words.resource(one, self._account) for one in statement.resources or ("*",)}
        for one in found:
            if one.split(":")[2:3] == ["s3"] and "/" in one and ":accesspoint/" not in one:
                # As everybody writes it, and shorter than in words.
                found[one] = f"s3://{one.split(':', 5)[5].removesuffix('*')}"
        glue = [one for one in found if one.split(":")[2:3] == ["glue"]]
        tables = {
            one.rpartition(":table/")[2].rpartition("/")[0] for one in glue if ":table/" in one
        }
        bases = {one.rpartition(":database/")[2] for one in glue if ":database/" in one}
        for one in glue:
            name = one.rpartition(":database/")[2]
            owner = account_of(one)
            whose = "" if owner in (self._account, "*", "") else f" in account {owner}"
            if (one.endswith(":catalog") or ":catalog/" in one) and (tables or bases):
                del found[one]
            elif ":database/" in one:
                also = " and its tables" if name in tables else ""
                found[one] = "every Glue database" if name == "*" else f"Glue database {name}{also}"
                found[one] += whose
            elif one.endswith("/*") and one.rpartition(":table/")[2][:-2] in bases:
                database = one.rpartition(":table/")[2][:-2]
                found[one] = f"Glue database {database} and its tables{whose}"
        return found

    def items(self) -> tuple[dict[Column, tuple[Item, ...]], list[str]]:
        """Return the items by column, and the conditions that all rights in a service have."""
        conditions: defaultdict[str, set[str]] = defaultdict(set)
        for rights in self._found.values():
            for right in rights:
                conditions[right.service].add(words.conditions(right.conditions))
        shared: defaultdict[str, list[str]] = defaultdict(list)
        for service, found in conditions.items():
            if len(found) == 1 and (only := next(iter(found))):
                shared[only].append(words.SERVICES.get(service, service))
        common = {name for names in shared.values() for name in names}
        columns: dict[Column, tuple[Item, ...]] = {}
        for column, rights in self._found.items():
            items = [_item(column, right, grants, common) for right, grants in rights.items()]
            items += self._everywhere
            items += [
                Item(f"{one.on}, by Lake Formation", minor=one.permissions == ("DESCRIBE",))
                for grant in self._governed
                for one in grant.each()
                if _LAKE.get(one.permissions[0], column) == column
            ]
            columns[column] = tuple(sorted(dict.fromkeys(items), key=_order))
        said = [f"{words.joined(sorted(names))} {text}" for text, names in shared.items()]
        return columns, said


def _item(
    column: Column, right: _Right, grants: Mapping[Grant, bool], common: Iterable[str]
) -> Item:
    when = (
        ""
        if words.SERVICES.get(right.service, right.service) in common
        else words.conditions(right.conditions)
    )
    actions = [grant.action for grant in grants]
    care = "" if all(grants.values()) else MORE_THAN_THE_PAGE
    if not any(grants.values()):
        care = NOT_ON_THE_PAGE
    minor = column == "reads" and all(map(_of_names, actions))
    everywhere = any(g.resource == "*" or g.resource.startswith("Not ") for g in grants)
    if right.place == _GOVERNED or any(map(_covers_all, actions)) or (everywhere and not minor):
        care = EVERYTHING
    return Item(right.place, when, care, minor)


def _order(item: Item) -> tuple[bool, bool, str, str]:
    return item.minor, not item.what.startswith("queries"), item.what, item.when


# What is done is said where the place alone would not say it.
_BY = {
    "kms:Decrypt": "decrypts with",
    "kms:Encrypt": "encrypts with",
    "kms:GenerateDataKey": "encrypts with",
    "lambda:InvokeFunction": "calls",
    "s3:GetBucketLocation": "names in",
    "s3:ListBucket": "names in",
    "s3:ListBucketMultipartUploads": "names in",
    "sts:AssumeRole": "takes",
}
# AWS calls them writing; what they write is in the other rights of whoever calls them.
_READS = frozenset(
    {
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
        "kms:Decrypt",
        "lambda:InvokeFunction",
    }
)
_DELETES = re.compile(r"(?:Batch)?(?:Delete|Remove|Purge|Drop|Terminate)|PartiQLDelete")
# Of names, places and settings, though AWS does not call them listing.
_NAMES = frozenset(
    {
        "athena:GetDataCatalog",
        "athena:GetDatabase",
        "athena:GetTableMetadata",
        "athena:GetWorkGroup",
        "dynamodb:DescribeTable",
        "glue:GetDatabase",
        "glue:GetDatabases",
        "s3:GetBucketLocation",
    }
)


def _covers_all(action: str) -> bool:
    return action.partition(":")[2] in ("", "*")


def _all_of(what: str, service: str) -> str:
    """Return ``what`` of a service, and of all of them where none is named."""
    return what if service in ("", "*") else f"{what} in {words.SERVICES.get(service, service)}"


def _in_athena(action: str, place: str) -> str:
    """Return what an action of Athena is about, at ``place``."""
    name = action.partition(":")[2]
    if "NamedQuer" in name or "PreparedStatement" in name:
        return f"saved queries of {place}"
    return f"queries in {place}" if place.startswith(("workgroup ", "every workgroup")) else place


@lru_cache(maxsize=4096)
def columns_of(action: str) -> tuple[Column, ...]:
    """Return what ``action``, a value of an Action element, does: all that one of the actions that
    it matches does. One that AWS does not describe does everything."""
    if _covers_all(action) or action == "lakeformation:GetDataAccess":
        # Lake Formation hands out credentials for what its own grants say, writing too:
        # https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html
        # (2026-11).
        return COLUMNS
    found = {_column(one) for one in matching(action)}
    return tuple(c for c in COLUMNS if c in found or None in found) if found else COLUMNS


def _column(action: str) -> Column | None:
    """Return what one action does, or None when it may do anything."""
    if action in _READS or level(action) in ("Read", "List"):
        return "reads"
    if level(action) is None:
        return None
    return "deletes" if _DELETES.match(action.partition(":")[2]) else "writes"


def _of_names(action: str) -> bool:
    return all(
        one in _NAMES or level(one) == "List" or one.partition(":")[2].startswith("List")
        for one in matching(action) or (action,)
    )


# -- who -----------------------------------------------------------------------------------------

# Who, what kind of a principal that is, whether outside, and the conditions under which it comes.
_Who = tuple[str, str, bool, tuple[str, ...]]


def _who(stack: Stack, identity: Identity, vendor: str) -> Iterator[_Who]:
    functions = functions_as(identity, stack.content)
    if identity.kind == "user":
        keys = len(identity.access_keys)
        yield (
            vendor,
            "outside, with a key",
            True,
            (
                f"with {counted(keys, 'access key')}" if keys else "with a key made elsewhere",
                *addresses(statements_of(identity.policies)),
            ),
        )
    elif identity.kind == "policy":
        yield "nobody yet", "whoever it is attached to", False, ()
    elif identity.kind == "application":
        yield "AWS's application", "your own", False, ()
    elif identity.trust is None:
        yield (
            f"{identity.kind} {identity.name}",
            f"your own {identity.kind}",
            False,
            ("whoever its own trust policy lets take it",),
        )
    for statement in identity.trust.policy.statements if identity.trust else ():
        if statement.effect == "Deny":
            continue
        when = words.conditions(statement.conditions)
        for principal in statement.principals or (EVERYONE,):
            if principal.kind == "Service" and functions:
                yield f"Lambda function {shortened(functions)}", "your own", False, ()
                continue
            who, kind, outside, how = _named(stack, principal, vendor)
            profiles = (f"instance profile {name}" for name in identity.instance_profiles)
            places = addresses(statements_of(identity.policies))
            yield who, kind, outside, tuple(one for one in (how, when, *profiles, *places) if one)


def _named(stack: Stack, principal: Principal, vendor: str) -> tuple[str, str, bool, str]:
    """Return who ``principal`` is, what kind of a principal, whether it is outside, and how it
    comes."""
    parts = principal.id.split(":", 5)
    account = parts[4] if len(parts) == 6 else principal.id if principal.id.isdigit() else ""
    own = account in stack.accounts
    if principal.id == "*":
        return "everyone", "everyone on AWS", True, ""
    if principal.kind == "Federated":
        eks = own and "oidc.eks." in principal.id
        how = f"vouched for by {principal.id.partition('oidc-provider/')[2] or principal.id}"
        return vendor, "your own cluster" if eks else "outside, with a token", not eks, how
    if principal.kind == "Service":
        service = _OWN_SERVICES.get(principal.id.partition(".")[0])
        kind = f"your own, on {service}" if service else "a service of AWS"
        return vendor, kind, not service, "" if service else f"as {principal.id}"
    if own:
        return words.principal(principal).partition(" of account ")[0], "your own", False, ""
    return vendor, "outside", True, f"as {words.principal(principal)}"


_OWN_SERVICES = {
    "ec2": "EC2",
    "ecs-tasks": "ECS",
    "lambda": "Lambda",
    "pods": "EKS",
}


def _never(statements: Iterable[Statement]) -> Iterator[str]:
    """Yield what is denied in any case."""
    for statement in statements:
        if statement.effect == "Deny" and not [*addresses([statement])]:
            when = words.conditions(statement.conditions)
            where = words.joined(map(words.resource, statement.resources)) or "anywhere else"
            does = words.verbs(statement.actions) if statement.actions else "do anything else"
            yield f"never may {does}: {where}" + (f", {when}" if when else "")
