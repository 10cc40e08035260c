"""To-do lists as Terraform: the statements that the owners of buckets and keys add to theirs."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from athena_gate.gate.eject.hcl import Attribute, Block, Value, document
from athena_gate.gate.todo import Listed
from athena_gate.gate.todo.text import WHEN
from athena_gate.modules.iam.policy import Statement
from athena_gate.modules.iam.todo import ToDo

# https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
# (2026-11).
_HOW = (
    "What others must allow, as policy documents: name each in source_policy_documents of the "
    "document that its bucket or key has already, for each of them has one policy, and another "
    "aws_s3_bucket_policy or aws_kms_key_policy would overwrite it."
)
_NEW = "Only where the bucket has no policy yet (aws s3api get-bucket-policy --bucket {0}):"


def as_terraform(lists: Sequence[Listed]) -> str:
    """Return the statements of ``lists`` as data sources, each with a comment for whom it is."""
    blocks = [block for listed in lists for block in _blocks(listed)]
    return document(f"{_HOW}\n{WHEN}", blocks) if blocks else ""


def _blocks(listed: Listed) -> Iterator[Block]:
    names: Counter[str] = Counter()
    for who, todos in listed.todos.items():
        for one in todos:
            if one.policy:
                name = re.sub("[^A-Za-z0-9_]", "_", f"{listed.stack}_{_called(one)}")
                # Functions of two accounts may be called the same.
                names[name] += 1
                name += f"_{names[name]}" if names[name] > 1 else ""
                comment = f"For {listed.title}, {who}: {one.says}.\n{one.page}"
                # Lambda writes the policy of a function itself.
                make = _permission if ":lambda:" in one.resource else _document
                yield make(name, one, comment)


def _called(one: ToDo) -> str:
    return re.split("[:/]", one.resource)[-1]


def _document(name: str, one: ToDo, comment: str) -> Block:
    if ":s3:::" in one.resource:
        bucket = _called(one)
        comment += (
            f"\n{_NEW.format(bucket)}\n"
            f'resource "aws_s3_bucket_policy" "{name}" {{\n'
            f'  bucket = "{bucket}"\n'
            f"  policy = data.aws_iam_policy_document.{name}.json\n}}"
        )
    if ":glue:" in one.resource:
        comment += (
            "\nOnly where Glue there has no policy yet (aws glue get-resource-policy):\n"
            f'resource "aws_glue_resource_policy" "{name}" {{\n'
            f"  policy = data.aws_iam_policy_document.{name}.json\n}}"
        )
    statements = one.policy.statements if one.policy else ()
    return Block(
        "data", ("aws_iam_policy_document", name), tuple(map(_statement, statements)), comment
    )


def _permission(name: str, one: ToDo, comment: str) -> Block:
    (statement,) = one.policy.statements if one.policy else ()
    return Block(
        "resource",
        ("aws_lambda_permission", name),
        (
            Attribute("statement_id", statement.sid),
            Attribute("action", statement.actions[0]),
            Attribute("function_name", one.resource),
            Attribute("principal", statement.principals[0].id),
        ),
        comment,
    )


def _statement(statement: Statement) -> Block:
    principals: dict[str, list[str]] = {}
    for principal in statement.principals:
        principals.setdefault(principal.kind, []).append(principal.id)
    named = [{"type": kind, "identifiers": sorted(ids)} for kind, ids in principals.items()]
    tested = [
        {"test": one.operator, "variable": one.key, "values": one.values}
        for one in statement.conditions
    ]
    return Block(
        "statement",
        (),
        (
            Attribute("sid", statement.sid),
            Attribute("effect", statement.effect),
            Attribute("actions", statement.actions),
            Attribute("resources", statement.resources),
            *(_nested("principals", one) for one in named),
            *(_nested("condition", one) for one in tested),
        ),
    )


def _nested(name: str, values: Mapping[str, Value]) -> Block:
    return Block(name, (), tuple(Attribute(key, value) for key, value in values.items()))
