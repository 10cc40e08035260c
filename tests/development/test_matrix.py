"""How `make matrix` compares; that the three pairs agree is for `make matrix` itself to show, which
installs two gigabytes for it."""

import copy
import json
from typing import Any

import pytest

from development.matrix import __main__ as command
from development.matrix.comparison import MISSING, Difference, differences, resources
from development.matrix.environments import LOCKS, PAIRS, ROOT, Installed
from development.matrix.report import Row, show
from tests.conftest import Project

STACK: dict[str, Any] = {
    "//": {
        "metadata": {"version": "0.21.0", "stackName": "dot", "backend": "local"},
        "outputs": {"dot": {"handoff": "handoff"}},
    },
    "provider": {"aws": [{"region": "eu-central-1"}]},
    "resource": {
        "aws_iam_user": {"user": {"name": "dot", "force_destroy": True, "tags": {"team": "data"}}},
        "aws_s3_bucket": {"results": {"bucket": "results"}},
    },
    "terraform": {
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}}
    },
}


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the stack with another value at ``path``."""
    document = copy.deepcopy(STACK)
    *parents, name = path.split(" ")
    part: Any = document
    for parent in parents:
        part = part[int(parent) if parent.isdigit() else parent]
    part[name] = value
    return document


def test_the_engines_version_in_the_metadata_may_differ() -> None:
    assert differences({"dot": STACK}, {"dot": changed("// metadata version", "0.24.0")}) == []


@pytest.mark.parametrize(
    ("path", "value", "address", "argument", "first"),
    [
        ("// metadata stackName", "x", "//.metadata", "stackName", "dot"),
        ("// metadata backend", "s3", "//.metadata", "backend", "local"),
        (
            "terraform required_providers aws version",
            "6.25.0",
            "terraform.required_providers",
            "aws.version",
            ">= 5.100, < 7",
        ),
        (
            "terraform required_providers aws source",
            "aws",
            "terraform.required_providers",
            "aws.source",
            "hashicorp/aws",
        ),
        ("provider aws 0 region", "us-east-1", "provider.aws", "0.region", "eu-central-1"),
        ("resource aws_iam_user user name", "d", "aws_iam_user.user", "name", "dot"),
        ("resource aws_iam_user user force_destroy", 1, "aws_iam_user.user", "force_destroy", True),
        ("resource aws_iam_user user path", "/", "aws_iam_user.user", "path", MISSING),
        ("resource aws_iam_user user path", None, "aws_iam_user.user", "path", MISSING),
        ("resource aws_iam_user user tags", {}, "aws_iam_user.user", "tags.team", "data"),
        ("resource aws_iam_user other", {}, "aws_iam_user.other", "", MISSING),
        ("resource aws_kms_key", {"key": {}}, "aws_kms_key", "", MISSING),
    ],
)
def test_every_other_difference_is_found(
    path: str, value: object, address: str, argument: str, first: object
) -> None:
    (found,) = differences({"dot": STACK}, {"dot": changed(path, value)})
    other = MISSING if value == {} and argument == "tags.team" else value
    assert found == Difference("dot", address, argument, first, other)


def test_a_stack_that_only_one_pair_makes_is_a_difference() -> None:
    (found,) = differences({"dot": STACK}, {})
    assert (found.stack, found.first, found.other) == (
        "dot",
        STACK | {"//": found.first["//"]},
        MISSING,
    )


def test_resources_of_all_stacks_are_counted() -> None:
    assert resources({"a": STACK, "b": changed("resource", {}), "c": {}}) == 2


@pytest.mark.slow
def test_a_difference_planted_into_what_was_synthesized_is_found(project: Project) -> None:
    made = project.synth()
    other = copy.deepcopy(made)
    other["dot-reporting"]["//"]["metadata"]["version"] = "0.24.0"
    assert differences(made, other) == []
    (bucket,) = other["dot-reporting"]["resource"]["aws_s3_bucket_lifecycle_configuration"]
    lifecycle = other["dot-reporting"]["resource"]["aws_s3_bucket_lifecycle_configuration"][bucket]
    lifecycle["rule"][1]["expiration"][0]["days"] = 31
    assert differences(made, other) == [
        Difference(
            "dot-reporting",
            f"aws_s3_bucket_lifecycle_configuration.{bucket}",
            "rule.1.expiration.0.days",
            30,
            31,
        )
    ]


def row(pair: str, found: list[Difference] | None) -> Row:
    engine, version, _, schema = pair.split("-")
    return Row(
        source="gate.hcl",
        pair=pair,
        installed=Installed(engine, f"{version}.0", "binding", "1.0.0", f"{schema}.0"),
        stacks=5,
        resources=57,
        differences=found,
        seconds=0.8,
        stock_seconds=13.0,
        deployed="5.100.0",
    )


@pytest.mark.parametrize(
    ("found", "code"), [([], 0), ([Difference("dot", "aws_iam_user.user", "name", "a", "b")], 1)]
)
def test_a_difference_fails_the_run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    found: list[Difference],
    code: int,
) -> None:
    rows = [row(PAIRS[0], None), row(PAIRS[1], found)]
    monkeypatch.setattr(command, "require_terraform", lambda _: "1.11.4")
    monkeypatch.setattr(command, "terraform_environment", lambda *_: {})
    monkeypatch.setattr(command, "matrix", lambda *_: rows)
    assert command.main(["--json"]) == code
    assert [row["differences"] for row in json.loads(capsys.readouterr().out)] == [
        None,
        [
            {
                "stack": difference.stack,
                "address": difference.address,
                "argument": difference.argument,
                "first": difference.first,
                "other": difference.other,
            }
            for difference in found
        ],
    ]


def test_a_difference_is_shown_by_stack_address_and_argument(
    capsys: pytest.CaptureFixture[str],
) -> None:
    planted = Difference("dot", "aws_iam_user.user", "name", "a", MISSING)
    show([row(PAIRS[0], None), row(PAIRS[2], [planted])])
    shown = capsys.readouterr().out
    assert '\n  dot: aws_iam_user.user: name\n    "a"\n    "(missing)"\n' in shown
    assert "By synth only: the schemas 6.69.0." in shown


def test_the_first_pair_is_what_everyone_installs() -> None:
    def pins(text: str) -> set[str]:
        return {line.split(" ")[0] for line in text.splitlines() if line.startswith("cdkt")}

    locked = pins((ROOT / "requirements.lock").read_text())
    assert pins((LOCKS / f"{PAIRS[0]}.txt").read_text()) == locked


@pytest.mark.parametrize("pair", PAIRS)
def test_every_package_of_a_pair_is_locked_with_hashes_and_no_index(pair: str) -> None:
    text = (LOCKS / f"{pair}.txt").read_text()
    entries = text.replace("\\\n", "").splitlines()
    packages = [line for line in entries if line and not line.lstrip().startswith("#")]
    assert [line for line in packages if "==" not in line or "--hash=sha256:" not in line] == []
    assert "://" not in text
