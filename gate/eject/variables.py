"""What becomes a variable: account ids, regions, and the names of what the stack makes or reads.

A value is replaced by its variable only where it is known to be that value, never where it merely
looks the same:

- an account id where it is the account of an ARN, a label of an AWS host name, or all there is;
- a region where it is the region of an ARN, a label of an AWS host name, or a word of its own;
- a bucket where it is the bucket of an S3 ARN or of an s3:// URI, or the whole value of an argument
  that has "bucket" in its name; never a part of a key or a prefix;
- the block's name and the catalog where a resource of the stack is given its name (also with
  "-" and more behind it), in ARNs of resources that the stack makes, and where an output speaks
  of one.

Tags stay as they are, and so do the values of conditions, which are somebody else's words, except
ARNs, hosts and the ids and regions of keys that hold such.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from athena_gate.gate.eject.hcl import Expression
from athena_gate.gate.stack.terraform_json import TerraformJson

Parts = tuple[str | Expression, ...]

_SEPARATOR = re.compile(r"([\s\"',;=]+)")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (2026-11)
_CONDITION_KEYS = frozenset(
    {
        "aws:PrincipalAccount",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:SourceAccount",
        "kms:CallerAccount",
        "s3:ResourceAccount",
    }
)
# The arguments that name a resource after the block, or after the connector's catalog.
_NAMES = {
    "aws_athena_workgroup": "name",
    "aws_iam_instance_profile": "name",
    "aws_iam_policy": "name",
    "aws_iam_role": "name",
    "aws_iam_user": "name",
    "aws_serverlessapplicationrepository_cloudformation_stack": "name",
}
# Those that a block may adopt under the name they have.
_BY_HAND = {
    "aws_athena_workgroup": ("workgroup", "The workgroup"),
    "aws_iam_role": ("role", "The role"),
    "aws_iam_user": ("user", "The user"),
}
_CATALOGS = {
    "aws_athena_data_catalog": "name",
    "aws_lambda_function": "function_name",
    "aws_lambda_permission": "function_name",
}
_LOGS = "/aws/lambda/"
_OUTPUTS = frozenset(
    {"connection_string", "consumer_workgroup", "instance_profile", "owner_workgroup", "workgroup"}
)
# What the buckets are for, by the last word of their construct path.
PURPOSES = {
    "bucket": "where the vendor writes",
    "data": "where tables are written",
    "results": "where Athena writes query results",
    "spill": "where the connector leaves what is too large for an answer",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: the type of its resource (or kind of its block), and the names of the
    arguments and keys that lead to it."""

    kind: str
    keys: tuple[str, ...] = ()

    def at(self, key: str) -> "Place":
        return Place(self.kind, (*self.keys, key))

    @property
    def last(self) -> str:
        return self.keys[-1] if self.keys else ""


Kind = Literal["account", "region", "bucket", "name", "catalog", "pgp_key"]


@dataclass(slots=True)
class Variables:
    """The variables of one stack: ``names`` has for each the value it stands for and what it is,
    ``used`` those that have replaced something so far. No variable is called as one of ``taken``.
    """

    taken: frozenset[str] = frozenset()
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    _by_value: dict[tuple[Kind, str], str] = field(default_factory=dict)
    _workgroups: frozenset[str] = frozenset()

    @classmethod
    def of(cls, content: Mapping[str, Any], settings: Any) -> "Variables":
        """Return the variables for a stack's JSON and the settings of its block."""
        made = cls(frozenset(content.get("variable", {})))
        stack = TerraformJson(content)
        made._add_accounts(stack)
        what = "What the resources are called, or how their names begin."
        made._add("name", "name", settings.resource_name, what)
        for kind, (name, what) in _BY_HAND.items():
            for _, body in stack.resources(kind):
                if not str(body.get("name")).startswith(settings.resource_name):
                    made._add("name", name, body.get("name"), f"{what} that was made by hand.")
        for _, body in stack.resources("aws_athena_data_catalog"):
            made._add("catalog", "catalog", body["name"], "The data catalog, in SQL.")
        workgroups = (body.get("name") for _, body in stack.resources("aws_athena_workgroup"))
        made._workgroups = frozenset(map(str, workgroups))
        for bucket, path in _buckets(stack):
            name = "_".join((*path, "bucket") if path[-1:] != ("bucket",) else path)
            purpose = PURPOSES.get(path[-1] if path else "", "a bucket of this stack")
            made._add("bucket", name, bucket, f"{purpose[0].upper()}{purpose[1:]}.")
        for source in getattr(settings, "sources", ()):
            made._add("bucket", "source_bucket", source.bucket, "A bucket that tables lie in.")
        what = "The PGP key, in base64, that secrets are encrypted to; another makes new keys."
        for _, body in stack.resources("aws_iam_access_key"):
            made._add("pgp_key", "pgp_key", body.get("pgp_key"), what)
        return made

    def _add_accounts(self, stack: TerraformJson) -> None:
        regions = {provider.region for provider in stack.providers.values()}
        sides = {
            key.partition(".")[2] or ("owner" if len(stack.providers) > 1 else ""): provider
            for key, provider in stack.providers.items()
        }
        for side, provider in sides.items():
            name = f"{side}_account_id" if side else "account_id"
            whose = f"The {side}'s" if side else "The"
            self._add("account", name, provider.account, f"{whose} AWS account.")
        for side, provider in sides.items():
            name = f"{side}_region" if len(regions) > 1 else "region"
            where = f"the {side}'s account" if len(regions) > 1 else "everything"
            self._add("region", name, provider.region, f"The region that {where} is in.")

    def _add(self, kind: Kind, name: str, value: object, description: str) -> None:
        """Note a variable, with a number behind its name where that is given away already."""
        if not isinstance(value, str) or not value or (kind, value) in self._by_value:
            return
        numbered = (name if number == 1 else f"{name}_{number}" for number in count(1))
        free = next(one for one in numbered if one not in {*self.names, *self.taken})
        self._by_value[kind, value] = free
        self.names[free] = (value, description)

    def _of(self, kind: Kind, value: str) -> str | Expression:
        name = self._by_value.get((kind, value))
        if name is None:
            return value
        self.used.add(name)
        return Expression(f"var.{name}")

    def replaced(self, text: str, place: Place) -> Parts:
        """Return ``text`` (literal, without templates) with variables for what it holds of them."""
        if "tags" in place.keys:
            return (text,)
        if place.last == "pgp_key":
            return (self._of("pgp_key", text),)
        if place.keys == (_NAMES.get(place.kind),):
            return self._named(text)
        if place.kind == "aws_cloudwatch_log_group" and text.startswith(_LOGS):
            return _joined([_LOGS, self._of("catalog", text.removeprefix(_LOGS))])
        whole: list[Kind] = [] if _foreign(place) else ["account"]
        if "bucket" in place.last.lower():
            whole.append("bucket")
        if "catalog" in place.last.lower() or place.keys == (_CATALOGS.get(place.kind),):
            whole.append("catalog")
        for kind in whole:
            if isinstance(variable := self._of(kind, text), Expression):
                return (variable,)
        return _joined([p for word in _SEPARATOR.split(text) for p in self._word(word, place)])

    def _named(self, text: str) -> Parts:
        for kind, name in self._by_value:
            if kind == "name" and (text == name or text.startswith(f"{name}-")):
                return _joined([self._of("name", name), text[len(name) :]])
        return (text,)

    def _word(self, word: str, place: Place) -> Iterator[str | Expression]:
        if word.startswith("arn:") and word.count(":") >= 5:
            yield from self._arn(word)
        elif word.startswith("s3://"):
            bucket, slash, rest = word.removeprefix("s3://").partition("/")
            yield from ("s3://", self._of("bucket", bucket), f"{slash}{rest}")
        elif ".amazonaws.com" in word:
            host, slash, rest = word.partition("/")
            for number, label in enumerate(host.split(".")):
                yield "." if number else ""
                account = self._of("account", label)
                yield self._of("region", label) if account == label else account
            yield f"{slash}{rest}"
        elif place.kind == "output" and place.last in _OUTPUTS:
            yield self._of("name", word)
        else:
            yield word if _foreign(place) else self._of("region", word)

    def _arn(self, arn: str) -> Iterator[str | Expression]:
        _, partition, service, region, account, resource = arn.split(":", 5)
        yield f"arn:{partition}:{service}:"
        yield self._of("region", region)
        yield ":"
        yield self._of("account", account)
        yield ":"
        kind, separator, name = resource.partition(":" if ":" in resource else "/")
        ours = ("account", account) in self._by_value
        match service, kind:
            case "s3", _ if not region:
                bucket, slash, rest = resource.partition("/")
                yield from (self._of("bucket", bucket), f"{slash}{rest}")
            case "athena", "workgroup" if ours and name in self._workgroups:
                yield from (f"{kind}{separator}", self._of("name", name))
            case ("athena", "datacatalog") | ("lambda", "function") if ours:
                yield from (f"{kind}{separator}", self._of("catalog", name))
            case "logs", "log-group" if ours and name.startswith(_LOGS):
                group, colon, stream = name.removeprefix(_LOGS).partition(":")
                yield f"{kind}{separator}{_LOGS}"
                yield from (self._of("catalog", group), f"{colon}{stream}")
            case _:
                yield resource


def _foreign(place: Place) -> bool:
    return "Condition" in place.keys and place.last not in _CONDITION_KEYS


def _joined(parts: list[str | Expression]) -> Parts:
    """Return ``parts`` with neighbouring literals joined and empty ones left out."""
    joined: list[str | Expression] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined) or ("",)


def _buckets(stack: TerraformJson) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield name and role words of each bucket the stack makes, then of those it only writes
    query results to."""
    for _, body in stack.resources("aws_s3_bucket"):
        yield str(body.get("bucket")), words(body)
    for _, body in stack.resources("aws_athena_workgroup"):
        configuration = body.get("configuration", {})
        location = configuration.get("result_configuration", {}).get("output_location", "")
        yield location.removeprefix("s3://").partition("/")[0], (*words(body), "results")


def words(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the role words of a resource: its construct path without stack, block and itself."""
    match body.get("//"):
        case {"metadata": {"path": str(path)}}:
            pass
        case _:
            path = ""
    return tuple(path.split("/")[2:-1])
