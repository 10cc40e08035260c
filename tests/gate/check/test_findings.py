"""The findings of `gate check` in each format, what was accepted, and where it ends with 1."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.check import check
from tests.conftest import DOT, Project
from tests.gate.test_cli import gate

WIDE = DOT.replace("  databases", '  grants = "full_access"\n  databases')
WHY = (
    "full_access attaches AmazonAthenaFullAccess and AWSGlueConsoleFullAccess, which reach far "
    "beyond this block"
)
FOUND = {
    "code": "GATE605",
    "severity": "warning",
    "line": 8,
    "block": 'dot "reporting"',
    "field": "grants",
    "text": WHY,
}


def accepting(code: str, *, until: str = "") -> str:
    day = f'\n    until = "{until}"' if until else ""
    block = f'  accept "{code}" {{\n    reason = "the trial ends soon"{day}\n  }}\n'
    return WIDE.replace("  databases", f"{block}  databases")


def test_a_warning_ends_a_strict_check_with_1_and_no_other(project: Project) -> None:
    project.write(WIDE)
    shown = (
        f'gate.hcl:8: warning: dot "reporting": grants: {WHY} [GATE605]\n'
        "✓ gate.hcl: 1 block (dot-reporting), 1 warning\n"
    )
    done = gate(project.folder, "check")
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, "")
    done = gate(project.folder, "check", "--strict")
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        shown,
        "gate: 1 warning; mend or accept each: gate rule CODE says how\n",
    )


def test_a_note_does_not_end_a_strict_check(project: Project) -> None:
    project.write(DOT.replace(' prefixes = ["sales/"] ', ""))
    done = gate(project.folder, "check", "--strict", "--json")
    assert done.returncode == 0
    assert [(one["code"], one["severity"]) for one in json.loads(done.stdout)["remarks"]] == [
        ("GATE703", "note")
    ]


def test_the_example_key_and_a_missing_external_id_stop_a_pipeline(project: Project) -> None:
    project.write(
        DOT.replace("keys/ops.asc", str(Path(__file__).parents[3] / "keys" / "example.asc"))
        + 'dbt "ci" {\n  account = "analytics"\n  mode = "run"\n  databases = ["dbt"]\n'
        '  trusted = ["arn:aws:iam::999988887777:role/ci"]\n  workgroup {}\n}\n'
    )
    done = gate(project.folder, "check", "--strict", "--json")
    assert done.returncode == 1
    warned = [one for one in json.loads(done.stdout)["remarks"] if one["severity"] == "warning"]
    assert [one["code"] for one in warned] == ["GATE602", "GATE601"]


def test_what_is_accepted_is_told_apart_with_its_reason(project: Project) -> None:
    project.write(accepting("GATE605", until="2027-01-31"))
    result = check(project.file, date(2027, 1, 31))
    assert (result["remarks"], result["accepted"]) == (
        [],
        [{**FOUND, "reason": "the trial ends soon", "until": "2027-01-31"}],
    )
    project.write(accepting("GATE605"))
    done = gate(project.folder, "check", "--strict")
    assert (done.returncode, done.stdout) == (
        0,
        "✓ gate.hcl: 1 block (dot-reporting), 1 accepted\n",
    )


def test_an_acceptance_that_has_expired_is_a_warning_beside_what_it_accepted(
    project: Project,
) -> None:
    project.write(accepting("GATE605", until="2027-01-31"))
    assert check(project.file, date(2027, 1, 31))["remarks"] == []
    result = check(project.file, date(2027, 2, 1))
    assert (result["remarks"], result["accepted"]) == (
        [
            FOUND,
            {
                "code": "GATE801",
                "severity": "warning",
                "line": 9,
                "block": 'dot "reporting"',
                "field": 'accept "GATE605"',
                "text": "expired on 2027-01-31",
            },
        ],
        [],
    )


def test_an_acceptance_of_nothing_is_a_warning(project: Project) -> None:
    project.write(accepting("GATE703"))
    assert [(one["code"], one["line"]) for one in check(project.file)["remarks"]] == [
        ("GATE605", 8),
        ("GATE802", 9),
    ]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("GATE999", "no rule 'GATE999'; `gate rule` lists them"),
        ("GATE203", "GATE203 is a mistake, with which nothing is built; correct it"),
        ("GATE801", "GATE801 is about what was accepted; mend that"),
    ],
)
def test_only_what_does_not_keep_a_block_from_being_built_is_accepted(
    project: Project, code: str, problem: str
) -> None:
    project.write(accepting(code))
    (found,) = check(project.file)["mistakes"]
    assert (found["code"], found["line"], found["field"], found["problem"]) == (
        "GATE803",
        9,
        "code",
        problem,
    )


@pytest.mark.parametrize("day", ["tomorrow", "2027-02-30", ""])
def test_a_day_that_is_none_is_a_mistake(project: Project, day: str) -> None:
    project.write(accepting("GATE605").replace('soon"', f'soon"\n    until = "{day}"'))
    (found,) = check(project.file)["mistakes"]
    assert (found["code"], found["line"]) == ("GATE201", 11)


def test_github_gets_a_command_for_each_finding(project: Project) -> None:
    project.write(WIDE)
    done = gate(project.folder, "check", "--output-format", "github")
    title = "GATE605 AWS's own policies are attached"
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f'::warning file=gate.hcl,line=8,title={title}::dot "reporting": grants: {WHY}\n',
        "",
    )


def test_what_a_file_says_cannot_be_a_command_of_its_own(project: Project) -> None:
    project.write(DOT.replace('"sales"]', '"a%0A::error::b"]'))
    done = gate(project.folder, "check", "--output-format", "github")
    assert done.returncode == 2
    (line,) = done.stdout.splitlines()
    assert line.startswith(
        "::error file=gate.hcl,line=8,title=GATE201 A name or id is not written as AWS writes it::"
        "dot \"reporting\": databases: 'a%250A::error::b' is not valid"
    )


def test_a_mistake_of_syntax_has_its_column(project: Project) -> None:
    project.write(DOT.replace("= [", "[", 1))
    done = gate(project.folder, "check", "--output-format", "github")
    assert "line=8,col=" in done.stdout
    (found,) = json.loads(gate(project.folder, "check", "--json").stdout)["mistakes"]
    assert found["source"][found["column"] - 1 :].startswith("[")


def test_gitlab_gets_a_report_on_code_quality(project: Project) -> None:
    project.write(WIDE)
    done = gate(project.folder, "check", "--output-format", "gitlab")
    (found,) = json.loads(done.stdout)
    fingerprint = found.pop("fingerprint")
    assert found == {
        "description": f'dot "reporting": grants: {WHY} (Remove the field, or set grants = '
        '"least_privilege".)',
        "check_name": "GATE605",
        "severity": "major",
        "location": {"path": "gate.hcl", "lines": {"begin": 8}},
    }
    project.write("# moved\n" + WIDE)
    (moved,) = json.loads(gate(project.folder, "check", "--output-format", "gitlab").stdout)
    assert (moved["fingerprint"], moved["location"]["lines"]) == (fingerprint, {"begin": 9})


# What code scanning reads of SARIF 2.1.0, written from its specification, 3.13 to 3.52: what is
# required, of which type, and nothing that is not there.
# https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html (2020-03)
TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def several(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


RULE = closed(
    ["id"],
    id={"type": "string"},
    name={"type": "string", "pattern": "^([A-Z][a-z0-9]*)+$"},
    shortDescription=TEXT,
    fullDescription=TEXT,
    help=TEXT,
    helpUri={"type": "string", "pattern": "^https://"},
    defaultConfiguration=closed([], level=LEVEL),
)
LOCATION = closed(
    ["physicalLocation"],
    physicalLocation=closed(
        ["artifactLocation", "region"],
        artifactLocation=closed(["uri"], uri={"type": "string", "pattern": "^[!-~]+$"}),
        region=closed(
            ["startLine"],
            startLine={"type": "integer", "minimum": 1},
            startColumn={"type": "integer", "minimum": 1},
        ),
    ),
    logicalLocations=several(
        closed([], fullyQualifiedName={"type": "string"}, kind={"type": "string"})
    ),
)
RESULT = closed(
    ["message"],
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=TEXT,
    locations=several(LOCATION),
    suppressions=several(
        closed(
            ["kind"],
            kind={"enum": ["inSource", "external"]},
            justification={"type": "string"},
        )
    ),
)
DRIVER = closed(["name"], name={"type": "string"}, version={"type": "string"}, rules=several(RULE))
SARIF = closed(
    ["version", "runs"],
    **{"$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"}},
    version={"const": "2.1.0"},
    runs=several(closed(["tool"], tool=closed(["driver"], driver=DRIVER), results=several(RESULT))),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        DOT,
        WIDE,
        accepting("GATE605"),
        DOT.replace('"sales"]', "'sales']"),
        DOT.replace("databases", "database"),
    ],
)
def test_sarif_is_what_its_specification_asks_for(project: Project, text: str) -> None:
    # Its formats take a second to import.
    from jsonschema import Draft7Validator

    project.write(text)
    log = json.loads(gate(project.folder, "check", "--output-format", "sarif").stdout)
    assert list(Draft7Validator(SARIF).iter_errors(log)) == []
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[one["ruleIndex"]] for one in run["results"]] == [
        one["ruleId"] for one in run["results"]
    ]


def test_what_is_accepted_is_suppressed_in_sarif(project: Project) -> None:
    project.write(accepting("GATE605"))
    log = json.loads(gate(project.folder, "check", "--output-format", "sarif").stdout)
    (found,) = log["runs"][0]["results"]
    assert found["suppressions"] == [{"kind": "inSource", "justification": "the trial ends soon"}]


def test_files_are_named_from_the_top_of_the_repository(project: Project) -> None:
    (project.folder / ".git").mkdir()
    inner = project.folder / "data access"
    inner.mkdir()
    (project.folder / "keys").rename(inner / "keys")
    (inner / "gate.hcl").write_text(WIDE)
    (found,) = json.loads(gate(inner, "check", "--output-format", "gitlab").stdout)
    assert found["location"]["path"] == "data access/gate.hcl"
    log = json.loads(gate(inner, "check", "--output-format", "sarif").stdout)
    (result,) = log["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "data%20access/gate.hcl"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ["--json", "--output-format", "sarif"],
            "--json and --output-format sarif print different things; choose one",
        ),
        (
            ["--against", ".", "--output-format", "github"],
            "--against prints text or JSON; leave --output-format out",
        ),
    ],
)
def test_two_formats_at_once_are_wrong_usage(
    project: Project, arguments: list[str], problem: str
) -> None:
    done = gate(project.folder, "check", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"gate: {problem}\n")
