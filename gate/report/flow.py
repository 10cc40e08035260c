"""Who becomes which identity of a stack, and what it reaches: what the report's picture shows.

All of it is read from the policies, so that a policy that opens more is drawn with more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from athena_gate.gate.explain.words import condition
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.text import counted
from athena_gate.modules.iam.actions import level, matching
from athena_gate.modules.iam.attached import Identity
from athena_gate.modules.iam.policy import Principal, Statement

# What a workgroup is called.
WORKGROUP = "Athena workgroup"
# Of a long list in the picture; the tables have it whole.
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the picture: what it is, its name, and what else there is to know of it.

    ``account`` is the id of the account it is in, or empty outside of those the stack works in.
    """

    kind: str
    title: str
    name: str
    account: str = ""
    notes: tuple[str, ...] = ()
    # How a sentence begins whose end is the identity that this node becomes.
    words: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what makes two nodes the same."""
        return self.kind, self.name, self.account


@dataclass(frozen=True, slots=True)
class Lane:
    """One identity: who becomes it, the workgroup it queries in, and what it reaches.

    ``who`` is empty when that is decided elsewhere, ``workgroup`` None when it runs no queries.
    """

    who: tuple[Node, ...]
    identity: Node
    workgroup: Node | None
    reached: tuple[Node, ...]

    def sentence(self) -> str:
        """Return the lane in words."""
        if self.identity.title == "Application":
            return (
                f"Application {self.identity.name} makes a role of its own; what that reaches is "
                "not in this stack."
            )
        also = f" ({', '.join(self.identity.notes)})" if self.identity.notes else ""
        identity = f"{self.identity.title.lower()} {self.identity.name}{also}"
        who = " and ".join(node.words for node in self.who)
        parts = [
            f"{who} {identity}." if who else f"Who may become {identity} is decided elsewhere."
        ]
        through = f"runs queries in workgroup {self.workgroup.name} and " if self.workgroup else ""
        reached = "; ".join(
            f"{node.title} {node.name} ({', '.join(node.notes)})" for node in self.reached
        )
        parts.append(f"It {through}reaches {reached or 'nothing'}.")
        return " ".join(parts)


def lanes(
    stack: Stack, content: Mapping[str, Any], vendor: str, results: str | None
) -> tuple[Lane, ...]:
    """Return a lane for each identity of ``stack``, those that query first; identities that are
    alike share one.

    ``content`` is the stack's JSON, ``vendor`` who is given access, and ``results`` where a client
    has query results written, as an S3 URI, when the workgroup does not say.
    """
    places = _Places(stack, content, results)
    found = (_lane(identities, places, vendor) for identities in alike(stack))
    return tuple(sorted(found, key=lambda lane: lane.workgroup is None))


def alike(stack: Stack) -> list[list[Identity]]:
    """Return the identities of ``stack``, those that are alike but for their names together."""
    found: defaultdict[tuple[Any, ...], list[Identity]] = defaultdict(list)
    for identity in stack.identities:
        policies = tuple(document.policy for document in identity.policies)
        trust = identity.trust.policy if identity.trust else None
        found[identity.kind, identity.account, identity.here, policies, trust].append(identity)
    return list(found.values())


def _lane(identities: Sequence[Identity], places: "_Places", vendor: str) -> Lane:
    identity = identities[0]
    statements = [s for document in identity.policies for s in document.policy.statements]
    allowed = [s for s in statements if s.effect == "Allow"]
    notes = [] if identity.here else ["not made here"]
    notes += ["attached to nobody yet"] if identity.kind == "policy" else []
    if identity.kind == "application":
        notes.append("makes a role of its own")
    else:
        notes += [f"and AWS's {arn.rsplit('/', 1)[-1]}" for arn in identity.aws_managed]
    notes += [f"bounded by {identity.boundary.rsplit('/', 1)[-1]}"] if identity.boundary else []
    notes += addresses(statements) if identity.kind == "role" else []
    workgroup = _workgroup(allowed, identity.account)
    return Lane(
        tuple(_who(identity, places, vendor, statements)),
        Node(
            "identity",
            identity.kind.capitalize() + ("s" if len(identities) > 1 else ""),
            shortened([one.name for one in identities]),
            identity.account,
            tuple(notes),
        ),
        workgroup,
        tuple(places.reached(allowed, identity.account, workgroup is not None)),
    )


def shortened(names: Sequence[str]) -> str:
    """Return the first of ``names`` and how many more there are."""
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more])


def _who(
    identity: Identity, places: "_Places", vendor: str, statements: Sequence[Statement]
) -> Iterator[Node]:
    if identity.kind == "user":
        keys = len(identity.access_keys)
        held = counted(keys, "access key") if keys else "no access key"
        yield Node(
            "vendor",
            vendor,
            f"holds {held}",
            notes=(*addresses(statements), *_ends(statements)),
            words=f"{vendor} holds {held} of",
        )
    if identity.trust:
        by_conditions: defaultdict[Any, list[Principal]] = defaultdict(list)
        for statement in identity.trust.policy.statements:
            if statement.effect == "Allow":
                by_conditions[statement.conditions] += statement.principals
        for conditions, principals in by_conditions.items():
            claims = [
                condition(c)
                if c.operator.startswith("Date")
                else f"{c.key.rpartition(':')[2]} = {shortened(c.values)}"
                for c in conditions
            ]
            yield from _principals(identity, principals, claims, places, vendor)


def addresses(statements: Iterable[Statement]) -> Iterator[str]:
    """Yield the addresses and VPC endpoints that a Deny of everything else leaves."""
    for statement in statements:
        every = statement.effect == "Deny" and statement.actions == ("*",)
        places = [
            value.removesuffix("/32")
            for condition in statement.conditions
            if every and (condition.operator, condition.key) in _ELSEWHERE
            for value in condition.values
        ]
        if places:
            yield f"only from {shortened(places)}"


_ELSEWHERE = {("NotIpAddress", "aws:SourceIp"), ("StringNotEquals", "aws:SourceVpce")}


def _ends(statements: Iterable[Statement]) -> Iterator[str]:
    """Yield until when a Deny of everything lets go."""
    for statement in statements:
        for one in statement.conditions:
            every = statement.effect == "Deny" and statement.actions == ("*",)
            if every and one.operator == "DateGreaterThanEquals":
                yield condition(replace(one, operator="DateLessThan"))


def _principals(
    identity: Identity,
    principals: Sequence[Principal],
    claims: Sequence[str],
    places: "_Places",
    vendor: str,
) -> Iterator[Node]:
    named: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    told = [claim for claim in claims if " = " in claim]
    if_so = f" with {' and '.join(told)}" if told else ""
    if_so += "".join(f" {claim}" for claim in claims if claim not in told)
    for principal in principals:
        account, _, resource = principal.id.partition("::")[2].partition(":")
        kind, _, name = resource.partition("/")
        node = Node("vendor", vendor, principal.id, notes=tuple(claims))
        if kind in ("role", "user"):
            named[kind, account].append(name)
        elif principal.kind == "Federated":
            said = f"{vendor}, vouched for by {principal.id}{if_so}, may take"
            yield replace(node, name=f"by {principal.id}", words=said)
        elif principal.kind == "Service" and (functions := places.functions(identity)):
            yield from functions
        elif principal.kind == "Service":
            profiles = tuple(f"instance profile {name}" for name in identity.instance_profiles)
            said = f"{vendor}, on {principal.id}{if_so}, takes"
            yield replace(node, notes=(*profiles, *claims), words=said)
        elif principal.id == "*":
            yield replace(node, title="Everyone", name="on AWS", words=f"Everyone{if_so} may take")
        else:
            owner = account or principal.id
            said = f"Whoever account {owner} lets{if_so} may take"
            inside = owner if owner in places.accounts else ""
            yield replace(node, title="Whole account", name=owner, account=inside, words=said)
    for (kind, account), names in named.items():
        shown, inside = shortened(names), account if account in places.accounts else ""
        notes = (*claims, *([] if inside else [f"in account {account}"]))
        said = f"{kind.capitalize()} {shown} of account {account}{if_so} may take"
        yield Node("vendor", kind.capitalize(), shown, inside, notes, said)


def _workgroup(allowed: Iterable[Statement], account: str) -> Node | None:
    started = [s for s in allowed if "athena:StartQueryExecution" in _actions(s)]
    if not started:
        return None
    names = [
        "every workgroup" if resource == "*" else resource.partition("workgroup/")[2]
        for statement in started
        for resource in statement.resources
        if resource == "*" or "workgroup/" in resource
    ]
    return Node("workgroup", WORKGROUP, shortened(list(dict.fromkeys(names))), account)


def _actions(statement: Statement) -> set[str]:
    return {action for pattern in statement.actions for action in matching(pattern)}


def _through_athena(statement: Statement) -> bool:
    return any(
        c.key.lower() == "aws:calledvia" and c.values == ("athena.amazonaws.com",)
        for c in statement.conditions
    )


_VERBS = {
    "s3:GetObject": "read",
    "s3:PutObject": "write",
    "s3:DeleteObject": "delete",
    "dynamodb:Scan": "read",
    "lambda:InvokeFunction": "call",
    "s3tables:GetTableData": "read",
    "kms:Decrypt": "decrypt",
    "kms:GenerateDataKey": "encrypt",
    "athena:CreateDataCatalog": "make",
    "athena:GetTableMetadata": "look up",
    "lakeformation:GetDataAccess": "read",
}
_PLURALS = {"Glue database": "Glue databases", "DynamoDB table": "DynamoDB tables"}


def functions_as(identity: Identity, content: Mapping[str, Any]) -> list[str]:
    """Return the names of the functions of a stack, whose JSON is ``content``, that run as
    ``identity``."""
    return [
        str(body.get("function_name"))
        for body in content.get("resource", {}).get("aws_lambda_function", {}).values()
        if str(body.get("role")) == f"${{{identity.address}.arn}}"
    ]


class _Places:
    """What a stack itself says of the buckets and functions that its policies name."""

    def __init__(self, stack: Stack, content: Mapping[str, Any], results: str | None) -> None:
        self.accounts = stack.accounts
        resources = content.get("resource", {})
        self._content = content
        self._results = {
            found["output_location"].removeprefix("s3://")
            for body in resources.get("aws_athena_workgroup", {}).values()
            if (found := body.get("configuration", {}).get("result_configuration"))
        } | {(results or "").removeprefix("s3://")}
        self._owners = {policy.arn: policy.account for policy in stack.resource_policies}
        self._made = {body.get("bucket") for body in resources.get("aws_s3_bucket", {}).values()}
        self._written = {
            _location(resource)
            for identity in stack.identities
            for document in identity.policies
            for statement in document.policy.statements
            if "s3:PutObject" in _actions(statement)
            for resource in statement.resources
        }

    def functions(self, identity: Identity) -> list[Node]:
        """Return the functions of the stack that run as ``identity``."""
        return [
            Node(
                "function",
                "Lambda function",
                name,
                identity.account,
                words=f"Lambda function {name} runs as",
            )
            for name in functions_as(identity, self._content)
        ]

    def reached(self, allowed: Iterable[Statement], account: str, queries: bool) -> list[Node]:
        """Return a node for each thing that is reached; its notes say how, and with ``queries``
        whether through Athena only."""
        # Verb -> whether Athena is not needed for it.
        verbs: defaultdict[Node, dict[str, bool]] = defaultdict(dict)
        for statement in allowed:
            direct = not _through_athena(statement)
            for node, verb in self._touched(statement, account):
                verbs[node][verb] = verbs[node].get(verb, False) or direct
        alike: defaultdict[tuple[str, str, str, tuple[str, ...]], list[str]] = defaultdict(list)
        for node, found in verbs.items():
            # Athena is no way to a key, and the way to its own catalogs in any case.
            how = _how(found, queries and node.title not in ("KMS key", "Athena data catalog"))
            alike[node.kind, node.title, node.account, how].append(node.name)
        return [
            Node(
                kind,
                _PLURALS.get(title, title) if len(names) > 1 else title,
                shortened(names),
                owner,
                how,
            )
            for (kind, title, owner, how), names in alike.items()
        ]

    def _touched(self, statement: Statement, account: str) -> Iterator[tuple[Node, str]]:
        actions = _actions(statement)
        verbs = {action.partition(":")[0]: set[str]() for action in sorted(actions)}
        for action in actions:
            service = action.partition(":")[0]
            if service == "glue" and actions != {"glue:GetDatabase"}:
                verbs[service].add("change" if level(action) == "Write" else "read")
            elif action in _VERBS:
                verbs[service].add(_VERBS[action])
        for resource in statement.resources:
            for service, found in verbs.items():
                node = self._node(service, resource, account) if found else None
                if node and service == "kms" and (bucket := _encrypted_bucket(statement)):
                    node = replace(node, name=f"that of {bucket}")
                if node:
                    yield from ((node, verb) for verb in sorted(found))

    def _node(self, service: str, resource: str, account: str) -> Node | None:
        """Return what ``resource`` is for an action of ``service``; None for what is no place of
        its own, such as the bucket of a prefix."""
        owner, name = ([*resource.split(":", 5), "", "", "", "", ""])[4:6]
        every, kind = resource == "*", name.partition("/")[0].partition(":")[0]
        name = name.partition("/")[2]
        match service:
            case "s3" if every or "/" in resource.replace(":accesspoint/", ":", 1):
                location = "every bucket" if every else _location(resource)
                bucket = resource.partition("/")[0]
                return Node("data", self._purpose(location), location, self._owners.get(bucket, ""))
            case "glue" if every or kind == "database":
                return Node(
                    "catalog", "Glue database", name.strip("*") or "every one", owner or account
                )
            case "s3tables" if "/table/" in resource:
                bucket = name.partition("/")[0]
                return Node("data", "Table bucket", bucket, owner or account)
            case "dynamodb" if every or (kind == "table" and "/index" not in name):
                return Node(
                    "data", "DynamoDB table", name.strip("*") or "every one", owner or account
                )
            case "lambda":
                function = resource.rpartition(":")[2]
                return Node("function", "Lambda function", function, owner or account)
            case "kms":
                return Node("key", "KMS key", name.strip("*") or "every one", owner or account)
            case "athena" if kind == "datacatalog" and name != "AwsDataCatalog":
                return Node("catalog", "Athena data catalog", name, owner)
            case "lakeformation":
                return Node("data", "Lake Formation", "tables it governs", account)
        return None

    def _purpose(self, location: str) -> str:
        if location in self._results:
            return "Query results"
        made = location.partition("/")[0] in self._made
        return "Data" if made or location in self._written else "Source data"


def _encrypted_bucket(statement: Statement) -> str:
    """Return the bucket that S3 names as encryption context, where a statement asks for one."""
    return shortened(
        [
            value.rpartition(":::")[2]
            for condition in statement.conditions
            if condition.key.lower() == "kms:encryptioncontext:aws:s3:arn"
            for value in condition.values
        ]
    )


def _location(resource: str) -> str:
    point = resource.partition(":accesspoint/")[2]
    place = f"access point {point.replace('/object/', '/', 1)}" if point else resource
    return place.rpartition(":::")[2].removesuffix("*")


def _how(verbs: Mapping[str, bool], queries: bool) -> tuple[str, ...]:
    order = ["look up", "read", "write", "change", "delete", *sorted(verbs)]
    listed = {d: [v for v in dict.fromkeys(order) if verbs.get(v) is d] for d in (False, True)}
    if not queries:
        return (", ".join([*listed[False], *listed[True]]),)
    return tuple(
        f"{', '.join(listed[direct])} {how}"
        for direct, how in ((False, "through Athena only"), (True, "also without Athena"))
        if listed[direct]
    )
