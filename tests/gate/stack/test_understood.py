"""The tables of what is understood, and the stacks that the constructs make: the same, exactly."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from athena_gate.gate.pipeline.examine import not_visible
from athena_gate.gate.stack.consists import consists
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.stack.reader import read
from athena_gate.gate.stack.terraform_json import REFERENCE, is_expression
from athena_gate.gate.stack.understood import (
    CLAIMS,
    HANDOFF,
    OUTPUT,
    PROVIDERS,
    RESOURCES,
    TERRAFORM,
    VARIABLES,
    Address,
    Expression,
    Fields,
    Items,
    Names,
    Number,
    PolicyText,
    Reference,
    Shape,
    Text,
    Truth,
)
from athena_gate.modules.access.settings import CLASSES, Access
from athena_gate.stacks.backends import Backend
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load
from athena_gate.stacks.expected import expected
from athena_gate.stacks.integrations import INTEGRATIONS
from development.examples import BACKENDS, REGIONS, account, blocks_of, build, synthesize
from development.mutation import MODES
from tests.modules.vendors.test_catalogue import VENDORS, profile_of

pytestmark = pytest.mark.slow

# Each partition and each backend with every mode; every pair of them with one block, for where the
# state is kept depends on no mode.
CASES: list[tuple[str, str, int | None]] = [
    *zip(REGIONS, ("local", "s3-full", "cloud-full"), (None,) * 3, strict=True)
]
# No page of the catalogue has tokens of an issuer whose provider would be made.
ACME = """
title = "Acme"
class = "query"
page {
  title  = "Connect Athena"
  source = "https://docs.example.com/athena"
  date   = "2026-11-26"
}
web_identity {
  issuer   = "token.example.com"
  audience = "required"
}
"""
OIDC = """
acme "token" {
  account   = "a"
  databases = ["sales"]
  source "acme-lake" {}
  web_identity {
    subject  = "x"
    audience = "y"
  }
}
"""
CASES += [("aws", backend, None) for backend in ("s3", "cloud", "cloud-tags")]
PAIRS = {(partition, backend) for partition, backend, _ in CASES}
CASES += [(*pair, 1) for pair in product(REGIONS, BACKENDS) if pair not in PAIRS]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Stack, ConfiguredBlock, Backend]]:
    """The stacks of every mode, partition and backend, as the constructs make them, each with its
    block."""
    found = []
    for partition, backend, most in CASES:
        folder = tmp_path_factory.mktemp(f"{partition}-{backend}")
        # A local state lies in the current folder.
        with contextlib.chdir(folder):
            synthesize(partition, folder, backend, most)
            found += read_all(load(folder / "gate.hcl"), folder)
    catalogue = tmp_path_factory.mktemp("catalogue") / "gate.hcl"
    blocks = [text for kind in VENDORS for text in blocks_of(kind, profile_of(kind)).values()]
    catalogue.write_text("".join([account(), *blocks, OIDC]))
    own = catalogue.parent / "vendors" / "acme"
    own.mkdir(parents=True)
    (own / "profile.hcl").write_text(ACME)
    for file in (MODES, catalogue):
        folder = tmp_path_factory.mktemp("synthesized")
        with contextlib.chdir(folder):
            configuration = load(file)
            build(configuration, folder / "cdktf.out")
            found += read_all(configuration, folder)
    return found


def read_all(
    configuration: Configuration, folder: Path
) -> list[tuple[Stack, ConfiguredBlock, Backend]]:
    return [
        (
            read(folder / "cdktf.out" / "stacks" / block.stack / "cdk.tf.json"),
            block,
            configuration.backend,
        )
        for block in configuration.blocks
    ]


def test_every_stack_is_understood_and_consists_of_what_its_block_asks_for(
    made: list[tuple[Stack, ConfiguredBlock, Backend]],
) -> None:
    wrong = {
        (stack.name, block.settings.accounts[0].region): (stack.problems, failures)
        for stack, block, backend in made
        if (failures := [r for r in consists(stack, expected(block, backend)) if not r.holds])
        or stack.problems
    }
    assert wrong == {}
    # A pipeline refuses these.
    assert [text for stack, _, _ in made for text in not_visible(stack.content)] == []
    count = len(made)
    assert count > 400


def test_the_tables_hold_what_the_constructs_can_make_no_less_and_no_more(
    made: list[tuple[Stack, ConfiguredBlock, Backend]],
) -> None:
    used = set[str]()
    for stack, _, _ in made:
        used.update(forms_used(stack.content))
    known = set(forms_known())
    assert (sorted(used - known), sorted(known - used)) == ([], [])


def forms_known() -> Iterator[str]:
    """Yield each form of a value that the tables take: its path with ``[]`` for an item and ``*``
    for a name, and what it is."""
    for name, kind in RESOURCES.items():
        yield from forms(f"resource.{name}", Fields(kind.arguments))
    yield from forms("provider", Fields(PROVIDERS))
    yield from forms("terraform", Fields(TERRAFORM))
    yield from forms("variable", Fields(VARIABLES))
    yield from forms("output.handoff", HANDOFF)
    yield from forms("output.*", OUTPUT)


def forms(path: str, shape: Shape) -> Iterator[str]:
    match shape:
        case Fields():
            for name, one in shape.fields.items():
                yield from forms(f"{path}.{name}", one)
        case Items():
            yield from forms(f"{path}[]", shape.of)
        case Names():
            yield from forms(f"{path}.*", shape.of)
        case Text() | PolicyText():
            yield f"{path}: text"
        case Number():
            yield f"{path}: number"
        case Truth():
            yield f"{path}: truth"
        case Reference():
            yield f"{path}: reference to {shape.to}"
            if shape.or_text:
                yield f"{path}: text"
        case Address():
            for kind in shape.kinds:
                yield f"{path}: address of {kind}.{shape.attribute}".rstrip(".")
        case Expression():
            yield f"{path}: expression"


# Maps whose names a block, or the application, chooses.
NAMES = {
    "resource.aws_athena_workgroup.tags",
    "resource.aws_lambda_function.environment.variables",
    "resource.aws_serverlessapplicationrepository_cloudformation_stack.parameters",
    "resource.terraform_data.input",
    "provider.aws[].default_tags[].tags",
    "output.handoff.value",
}
ADDRESSES = ("depends_on[]", "replace_triggered_by[]")
EXPRESSIONS = (
    ".provider",
    "ignore_changes[]",
    "shared_config_files[]",
    "variable.tfc_aws_dynamic_credentials.type",
)


def forms_used(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield each form of a value in a stack, as ``forms_known`` writes it."""
    for section, body in content.items():
        for name, value in body.items():
            if section == "resource":
                for resource in value.values():
                    arguments = {key: one for key, one in resource.items() if key != "//"}
                    yield from forms_in(f"resource.{name}", arguments)
            elif section == "output":
                shown = name if name == "handoff" else "*"
                yield from forms_in(f"output.{shown}", value)
            else:
                yield from forms_in(f"{section}.{name}", value)


def forms_in(path: str, value: object) -> Iterator[str]:
    match value:
        case Mapping():
            for name, one in value.items():
                yield from forms_in(f"{path}.{'*' if path in NAMES else name}", one)
        case list():
            for one in value:
                yield from forms_in(f"{path}[]", one)
        case bool():
            yield f"{path}: truth"
        case int():
            yield f"{path}: number"
        case str() if path.endswith(ADDRESSES):
            kind, _, name = value.partition(".")
            yield f"{path}: address of {kind}.{name.partition('.')[2]}".rstrip(".")
        case str() if path.endswith(EXPRESSIONS):
            yield f"{path}: expression"
        case str() if is_expression(value):
            reference = REFERENCE.fullmatch(value)
            assert reference is not None, value
            kind, _, attribute = reference[1].split(".")
            yield f"{path}: reference to {kind}.{attribute}"
        case str():
            yield f"{path}: text"
        case _:
            raise AssertionError((path, value))


def test_every_type_of_resource_has_a_claim_and_every_claim_something_to_speak_of() -> None:
    sections = {"resources", "providers", "backend", "outputs"}
    assert {kind.claim for kind in RESOURCES.values()} | sections == CLAIMS.keys()


def test_every_option_of_gate_hcl_is_in_some_stack(
    made: list[tuple[Stack, ConfiguredBlock, Backend]],
) -> None:
    """What no example sets could make what the tables do not hold."""
    models: list[BaseModel] = [block.settings for _, block, _ in made]
    models += [backend for _, _, backend in made]
    set_somewhere = {
        (class_of(model).__name__, name) for one in models for model, name in options(one) if name
    }
    every = {
        (class_of(model).__name__, name)
        for one in models
        for model, _ in options(one)
        for name in class_of(model).model_fields.keys() - unused(model)
    }
    # A file is read into pgp_key; what is accepted of the findings builds nothing.
    every = {(model, name) for model, name in every if name != "accept"}
    assert every - set_somewhere == set()
    assert {block.kind for _, block, _ in made} == {*INTEGRATIONS, "acme"}


def unused(model: BaseModel) -> set[str]:
    """Return the fields of ``model`` that nothing can be built with."""
    return type(model).unused() if isinstance(model, Access) else set()


def class_of(model: BaseModel) -> type[BaseModel]:
    """Return the type of ``model``; of a vendor's block its class, for what is built is the same
    for all of a class."""
    return next((one for one in CLASSES.values() if isinstance(model, one)), type(model))


def options(model: BaseModel) -> Iterator[tuple[BaseModel, str]]:
    """Yield each model in ``model`` with an empty name, and with the name of each field of it that
    is not as by default."""
    yield model, ""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if field.is_required() or value != field.default:
            yield model, name
        for one in value if isinstance(value, Iterable) and not isinstance(value, str) else [value]:
            if isinstance(one, BaseModel):
                yield from options(one)
