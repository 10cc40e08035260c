"""A stack's JSON as the files of a Terraform module."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from athena_gate.gate.eject import schema
from athena_gate.gate.eject.hcl import (
    Attribute,
    Block,
    Call,
    Expression,
    Noted,
    NotEjectable,
    Template,
    Value,
    document,
    template,
)
from athena_gate.gate.eject.variables import PURPOSES, Parts, Place, Variables, words
from athena_gate.gate.stack.terraform_json import dictionaries
from athena_gate.modules.files import Unreadable, parse_json

Reason = Callable[[Mapping[str, Any]], str]

_SECTIONS = {"//", "data", "output", "provider", "resource", "terraform", "variable"}
# The arguments that say which resource it is come first, policies last.
_FIRST = ("name", "bucket", "function_name", "user", "role", "statement_id", "description", "path")

# The resources of a stack by what they are for, in the order a reviewer asks.
_FAMILIES = {
    "identity": "aws_iam_user aws_iam_role aws_iam_instance_profile aws_iam_policy "
    "aws_iam_role_policy aws_iam_user_policy_attachment aws_iam_role_policy_attachment "
    "aws_iam_access_key",
    "athena": "aws_athena_workgroup aws_athena_data_catalog aws_cloudwatch_metric_alarm "
    "aws_sns_topic aws_sns_topic_policy",
    "function": "aws_lambda_function terraform_data "
    "aws_serverlessapplicationrepository_cloudformation_stack aws_cloudwatch_log_group "
    "aws_lambda_permission",
    "bucket": "aws_kms_key aws_s3_bucket aws_s3_bucket_policy "
    "aws_s3_bucket_server_side_encryption_configuration aws_s3_bucket_public_access_block "
    "aws_s3_bucket_ownership_controls aws_s3_bucket_lifecycle_configuration",
}
_ORDER = [(family, kind) for family, kinds in _FAMILIES.items() for kind in kinds.split()]
_FAMILY = {kind: family for family, kind in _ORDER}
_RANK = {kind: rank for rank, (_, kind) in enumerate(_ORDER)}
_SIDES = ("", "owner", "consumer")
_TITLES = {
    ("identity", ""): "what {vendor} calls AWS as, and what it may do",
    ("identity", "owner"): "what the connector runs as, and what it may do",
    ("identity", "readers"): "what readers may do",
    ("identity", "sharing"): "the role that the Share button of the owner's console takes",
    ("athena", ""): "where queries run, and how much they may read",
    ("athena", "owner"): "where queries run, and the catalog they name",
    ("athena", "consumer"): "where queries run, and the catalog they name",
    ("function", "owner"): "the connector, and who may call it",
    ("bucket", "owner"): "the key of what is spilled",
}


def files(
    content: Mapping[str, Any],
    variables: Variables,
    reason: Reason,
    *,
    head: str,
    vendor: str,
) -> dict[str, str]:
    """Return the text of each file by its name.

    ``content`` is Terraform's JSON, ``reason`` says why a statement of a policy is there (or
    nothing), ``head`` is the comment main.tf begins with. Raises ``NotEjectable``.
    """
    unknown = sorted(content.keys() - _SECTIONS)
    if unknown:
        raise NotEjectable(
            f"the stack has {unknown[0]!r}, which gate eject does not know; allowed: "
            f"{', '.join(sorted(_SECTIONS - {'//'}))}"
        )
    writer = _Writer(variables, reason)
    written = {
        "versions.tf": document(
            "Which Terraform and provider this needs, and where its state is kept.",
            [writer.terraform(content.get("terraform", {}))],
        ),
        "providers.tf": document(
            "Where everything is made. allowed_account_ids refuses credentials of other accounts.\n"
            "The tag athena-gate is on everything that is deployed; without it here a plan would "
            "remove it.",
            [
                writer.block("provider", (name,), body, Place("provider"))
                for name, bodies in content.get("provider", {}).items()
                for body in dictionaries(bodies)
            ],
        ),
        "main.tf": document(head, list(writer.resources(content, vendor))),
        "outputs.tf": document(
            "What the vendor's form asks for." + (_SECRETS if _secrets(content) else ""),
            [
                writer.block("output", (name,), body, Place("output"))
                for name, body in content.get("output", {}).items()
            ],
        ),
    }
    # Last, for only what was replaced becomes a variable.
    declared = [
        writer.block("variable", (name,), body, Place("variable"))
        for name, body in content.get("variable", {}).items()
    ]
    return written | {
        "variables.tf": document(
            "What is likely to differ in another place. The defaults are the values of the state.",
            [*_declarations(variables), *declared],
        )
    }


_SECRETS = """ A secret is read and decrypted with
terraform output -raw NAME | base64 --decode | gpg --decrypt"""


def _secrets(content: Mapping[str, Any]) -> bool:
    return any(output.get("sensitive") for output in content.get("output", {}).values())


def _declarations(variables: Variables) -> Iterator[Block]:
    for name, (value, description) in variables.names.items():
        if name in variables.used:
            yield Block(
                "variable",
                (name,),
                (
                    Attribute("description", description),
                    Attribute("type", Expression("string")),
                    Attribute("default", value),
                ),
            )


@dataclass(frozen=True, slots=True)
class _Writer:
    """Turns the parts of a stack's JSON into blocks."""

    variables: Variables
    reason: Reason

    def terraform(self, content: Mapping[str, Any]) -> Block:
        """Return the ``terraform`` block."""
        body: list[Attribute | Block | None] = []
        for name, value in content.items():
            if name == "required_providers":
                items = [Attribute(k, self.plain(v)) for k, v in value.items()]
                body.append(Block(name, (), tuple(items)))
            elif name == "backend":
                for kind, settings in value.items():
                    comment = "The state is the one athena-gate deploys with."
                    if kind == "local":
                        comment += " The path begins at this folder."
                    made = self.block(name, (kind,), settings, Place("backend"), comment)
                    body.append(made)
            elif name == "cloud":
                comment = "The workspace is the one athena-gate deploys with."
                body.append(self.block(name, (), value, Place("cloud"), comment))
            elif isinstance(value, str):
                body.insert(0, Attribute(name, self.plain(value)))
            else:
                raise NotEjectable(f"terraform: {name} is not known to gate eject")
        return Block("terraform", (), tuple(sorted(body, key=_terraform_order)))

    def resources(self, content: Mapping[str, Any], vendor: str) -> Iterator[Block]:
        """Yield data sources, then resources by what they are for, each such group with a title
        above its first."""
        for section, kinds in (("data", content.get("data")), ("resource", content["resource"])):
            found = [
                (kind, name, body)
                for kind, some in (kinds or {}).items()
                for name, body in some.items()
            ]
            said = ""
            for kind, name, body in sorted(found, key=_place_in_file):
                title = _title(kind, words(body), vendor) if section == "resource" else ""
                comment = title if title != said else ""
                said = title
                yield self.block(section, (kind, name), body, Place(kind), comment)

    def block(
        self,
        kind: str,
        labels: tuple[str, ...],
        content: Mapping[str, Any],
        place: Place,
        comment: str = "",
    ) -> Block:
        """Return ``content`` as a block: attributes, then nested blocks, then what Terraform
        itself is told of it."""
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        first: list[Attribute | None] = []
        last: list[Attribute | Block | None] = []
        bare = schema.BARE.get("resource" if kind in ("resource", "data") else kind, frozenset())
        where = ".".join((kind, *labels))
        for name, value in sorted(content.items(), key=_place_in_block):
            if name == "//":
                continue
            if name == "lifecycle" and kind in ("resource", "data"):
                for body in dictionaries(value):
                    last += [None, self.block("lifecycle", (), body, Place("lifecycle"))]
            elif schema.nested(place.kind, where, name, value):
                for body in dictionaries(value):
                    blocks.append(self.block(name, (), body, place.at(name)))
            elif name in bare:
                made = Attribute(name, self.bare(value))
                if name == "provider":
                    first = [made, None]
                elif name == "depends_on":
                    last += [None, made]
                else:
                    attributes.append(made)
            else:
                attributes.append(Attribute(name, self.value(value, place.at(name))))
        return Block(kind, labels, (*first, *attributes, *blocks, *last), comment)

    def bare(self, value: Any) -> Value:
        """Return what JSON writes as plain strings: references, and the type of a variable."""
        if isinstance(value, list):
            return [self.bare(item) for item in value]
        return Expression(str(value).removeprefix("${").removesuffix("}"))

    def plain(self, value: Any) -> Value:
        """Return a value in which no variable can stand."""
        return _Writer(Variables(), self.reason).value(value, Place("terraform"))

    def value(self, value: Any, place: Place) -> Value:
        """Return a value of Terraform's JSON syntax."""
        if isinstance(value, Mapping):
            return {_key(name): self.value(item, place.at(name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, place) for item in value]
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]
        parts = template(value)
        if len(parts) == 1 and isinstance(parts[0], Expression):
            return parts[0]
        if len(parts) == 1 and isinstance(parts[0], str):
            found = _json(parts[0], place)
            if found is not None:
                return Call("jsonencode", self.json(found, place))
        if place.kind in ("terraform", "backend", "cloud", "variable"):
            return _text(parts)
        replaced: list[str | Expression] = []
        for part in parts:
            replaced += self.variables.replaced(part, place) if isinstance(part, str) else (part,)
        return _text(tuple(replaced))

    def json(self, value: Any, place: Place) -> Value:
        """Return a value of a JSON document, the statements of a policy with their reasons."""
        if isinstance(value, Mapping):
            return {name: self.json(item, place.at(name)) for name, item in value.items()}
        if isinstance(value, list):
            items = [self.json(item, place) for item in value]
            if place.last == "Statement":
                return [
                    Noted(self.reason(statement), item) if isinstance(statement, Mapping) else item
                    for statement, item in zip(value, items, strict=True)
                ]
            return items
        return _text(self.variables.replaced(value, place)) if isinstance(value, str) else value


def _text(parts: Parts) -> Value:
    if len(parts) == 1:
        return parts[0]
    return Template(parts) if parts else ""


def _key(name: str) -> str:
    parts = template(name)
    if any(isinstance(part, Expression) for part in parts):
        raise NotEjectable(f"{name!r}: an expression as a key is not known to gate eject")
    return "".join(str(part) for part in parts)


def _json(text: str, place: Place) -> Any:
    """Return the JSON document in ``text`` where jsonencode() gives what the provider takes for
    the same: a policy, or a text that jsonencode() gives letter by letter."""
    if not text.startswith(("{", "[")):
        return None
    try:
        found = parse_json(text, place.last)
        # Terraform writes 1.0 as 1.
        json.loads(text, parse_float=_not_exact)
    except (Unreadable, ValueError):
        return None
    policy = place.last in schema.POLICIES and place.kind.startswith("aws_")
    return found if policy or jsonencode(found) == text else None


def _not_exact(number: str) -> None:
    raise ValueError(number)


def jsonencode(value: Any) -> str:
    """Return what Terraform's function of that name returns: keys sorted, <, > and & escaped.

    https://developer.hashicorp.com/terraform/language/functions/jsonencode (2026-11)
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _place_in_block(argument: tuple[str, Any]) -> tuple[int, int]:
    name, value = argument
    if name in _FIRST:
        return 0, _FIRST.index(name)
    return (2 if isinstance(value, Mapping) or name in schema.POLICIES else 1), 0


def _terraform_order(item: Attribute | Block | None) -> int:
    if isinstance(item, Block):
        return 1 if item.type == "required_providers" else 2
    return 0


def _side(path: tuple[str, ...]) -> str:
    return path[0] if path and path[0] in _SIDES else ""


def _place_in_file(found: tuple[str, str, Mapping[str, Any]]) -> tuple[Any, ...]:
    kind, _, body = found
    path = words(body)
    families = list(_FAMILIES)
    family = families.index(_FAMILY[kind]) if kind in _FAMILY else len(families)
    return _SIDES.index(_side(path)), family, path, _RANK.get(kind, len(_RANK))


def _title(kind: str, path: tuple[str, ...], vendor: str) -> str:
    """Return what the resources around one of type ``kind`` are for."""
    family = _FAMILY.get(kind, "")
    last = path[-1] if path else ""
    title = _TITLES.get((family, last), PURPOSES.get(last, "") if family == "bucket" else "")
    title = (title or "whatever else belongs to it").format(vendor=vendor)
    side = _side(path)
    if side:
        return f"In the {side}'s account: {title}."
    return f"{title[0].upper()}{title[1:]}."
