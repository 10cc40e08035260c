"""The codes of findings, and what `gate rule` says of them."""

import ast
import json
import re
import tomllib
from dataclasses import asdict
from functools import cache

import pytest

from athena_gate.modules.rules import rules
from tests.conftest import ROOT
from tests.gate.test_cli import gate

GIVEN = ROOT / "tests" / "gate" / "rule" / "codes.txt"
# What makes a finding, and the place of its code among the arguments.
MAKERS = {
    "Mistake": 4,
    "Remark": 0,
    "Wrong": 0,
    "add": 0,
    "_note": 0,
    "_syntax": 0,
}
CODE = re.compile(r"GATE[0-9]{3}")


@cache
def sources() -> list[tuple[str, ast.Module]]:
    return [
        (str(file.relative_to(ROOT)), ast.parse(file.read_text()))
        for folder in ("modules", "stacks", "gate")
        for file in sorted((ROOT / folder).rglob("*.py"))
    ]


def used() -> set[str]:
    """Return every code that stands in the program."""
    return {
        node.value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value)
    }


@pytest.mark.slow
def test_every_code_is_a_rule_and_every_rule_is_used() -> None:
    assert used() == set(rules())


@pytest.mark.slow
def test_no_finding_is_made_without_a_code() -> None:
    without = []
    for name, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called not in MAKERS or (called == "add" and "notes" not in ast.dump(node.func)):
                continue
            given = node.args[MAKERS[called] : MAKERS[called] + 1]
            code = given[0] if given else None
            # A name, where one function makes findings of several rules or shows them again.
            literal = isinstance(code, ast.Constant) and CODE.fullmatch(str(code.value))
            if not literal and not isinstance(code, ast.Name | ast.Subscript):
                without.append(f"{name}:{node.lineno}")
    assert without == []


@pytest.mark.slow
def test_settings_raise_nothing_but_rules() -> None:
    """What pydantic would take for a mistake has to have a code."""
    raised = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        if name.endswith(("settings.py", "fields.py", "ways.py", "backends.py", "profile.py"))
        or name == "modules/account.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and getattr(node.exc.func, "id", "") == "ValueError"
    ]
    # Of a block that was not read from a file.
    assert [one.partition(":")[0] for one in raised] == ["modules/athena/settings.py"]


def test_a_code_keeps_its_rule_for_good() -> None:
    """A new rule adds a line to codes.txt, and no line of it is ever changed."""
    given = dict(line.split() for line in GIVEN.read_text().splitlines())
    with (ROOT / "modules" / "rules.toml").open("rb") as file:
        retired = set(tomllib.load(file)["retired"])
    now = {code: rule.name for code, rule in rules().items()}
    assert {**now, **{code: given[code] for code in retired}} == given
    assert retired.isdisjoint(now)


def test_every_rule_says_why_and_what_to_do() -> None:
    for rule in rules().values():
        assert re.fullmatch(r"[a-z][a-z0-9-]+", rule.name), rule
        assert rule.severity in ("error", "warning", "note"), rule
        assert not rule.title.endswith("."), rule
        assert rule.why.endswith("."), rule
        assert rule.remedy.endswith((".", ":")), rule
        assert rule.example, rule
        assert not rule.page or rule.page.startswith("https://"), rule
    assert len({rule.name for rule in rules().values()}) == len(rules())


def test_a_rule_is_explained_by_its_code_and_by_its_name() -> None:
    by_code = gate(ROOT, "rule", "GATE602")
    assert (by_code.returncode, by_code.stdout) == (
        0,
        """\
GATE602 example-key, a warning
The secret is encrypted to the example key

Why: Nobody has its private half, so nobody can read what is encrypted to it:
     the access key is useless, and has to be made again.
Example:
    pgp_key_file = "keys/example.asc"
Remedy: Write a public key of yours with `gpg --armor --export KEY >
        keys/team.asc`, and name that.
Or accept it, in the block:
    accept "GATE602" {
      reason = "..."
      until  = "2027-01-31"
    }
""",
    )
    assert gate(ROOT, "rule", "example-key").stdout == by_code.stdout


@pytest.mark.parametrize("arguments", [[], ["GATE601"], ["GATE203"]])
def test_no_line_of_a_rule_is_longer_than_a_terminal(arguments: list[str]) -> None:
    lines = gate(ROOT, "rule", *arguments).stdout.splitlines()
    assert [line for line in lines if len(line) > 80 and "https://" not in line] == []


def test_rules_are_listed_as_data() -> None:
    listed = json.loads(gate(ROOT, "rule", "--json").stdout)
    assert listed == [asdict(rule) for rule in rules().values()]


def test_a_code_that_is_none_is_wrong_usage() -> None:
    done = gate(ROOT, "rule", "GATE999")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: no rule GATE999; gate rule lists them\n",
    )
