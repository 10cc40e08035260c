"""The command line as a person meets it."""

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from athena_gate.gate.cli import app
from athena_gate.gate.sandbox import Sandbox
from tests.conftest import DOT, ROOT, Project, Terraform


def gate(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``gate`` in ``folder``, in this process: a new one would import for half a second."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(
            app, arguments, env={"COLUMNS": "80", **environment}, catch_exceptions=False
        )
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


@pytest.mark.slow
def test_the_installed_program_answers_like_the_command(project: Project) -> None:
    same = gate(project.folder, "check")
    done = subprocess.run(
        ["gate", "check"], cwd=project.folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        same.returncode,
        same.stdout,
        same.stderr,
    )


def test_check_says_that_a_configuration_is_fine(project: Project) -> None:
    done = gate(project.folder, "check")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "✓ gate.hcl: 1 block (dot-reporting)\n",
        "",
    )


def test_check_points_out_what_is_wide(project: Project) -> None:
    project.write(DOT.replace("  databases", '  grants = "full_access"\n  databases'))
    done = gate(project.folder, "check")
    assert (done.returncode, done.stdout) == (
        0,
        'gate.hcl:8: warning: dot "reporting": grants: full_access attaches '
        "AmazonAthenaFullAccess and AWSGlueConsoleFullAccess, which reach far beyond this block "
        "[GATE605]\n"
        "✓ gate.hcl: 1 block (dot-reporting), 1 warning\n",
    )


def test_check_lists_mistakes_on_standard_error_and_exits_with_2(project: Project) -> None:
    project.write(DOT.replace('"sales"]', '"Sales"]'))
    done = gate(project.folder, "check")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate.hcl:8: dot \"reporting\": databases: 'Sales' is not valid; allowed: 1 to 255 "
        "lower-case letters, digits, underscores and hyphens; no wildcards [GATE201]\n"
        "gate: 1 mistake in gate.hcl\n",
    )


def test_check_answers_in_json(project: Project) -> None:
    done = gate(project.folder, "check", "--json")
    assert json.loads(done.stdout) == {
        "file": "gate.hcl",
        "accounts": [{"name": "analytics", "id": "111122223333", "region": "eu-central-1"}],
        "blocks": [
            {
                "kind": "dot",
                "name": "reporting",
                "stack": "dot-reporting",
                "accounts": ["111122223333"],
                "line": 6,
            }
        ],
        "mistakes": [],
        "remarks": [],
        "accepted": [],
    }


def test_mistakes_are_in_the_json_too(project: Project) -> None:
    project.write(DOT.replace('"sales"]', '"Sales"]'))
    done = gate(project.folder, "check", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["mistakes"] == [
        {
            "code": "GATE201",
            "severity": "error",
            "line": 8,
            "block": 'dot "reporting"',
            "field": "databases",
            "problem": "'Sales' is not valid; allowed: 1 to 255 lower-case letters, digits, "
            "underscores and hyphens; no wildcards",
        }
    ]


def test_a_repeated_check_sees_what_changed(project: Project) -> None:
    assert gate(project.folder, "check").returncode == 0
    assert gate(project.folder, "check").returncode == 0
    (project.folder / "keys" / "ops.asc").write_text("no key\n")
    done = gate(project.folder, "check")
    assert (done.returncode, done.stderr) == (
        2,
        "gate.hcl:11: dot \"reporting\": keys: pgp_key_file: 'keys/ops.asc': not a PGP public "
        "key; write one with `gpg --armor --export KEY` [GATE208]\n"
        "gate: 1 mistake in gate.hcl\n",
    )


def test_what_a_check_keeps_is_ignored_by_git(project: Project) -> None:
    gate(project.folder, "check")
    assert (project.folder / ".gate" / ".gitignore").read_text() == "*\n"


def test_another_file_can_be_named_by_option_and_by_variable(project: Project) -> None:
    project.file.rename(project.folder / "other.hcl")
    expected = "✓ other.hcl: 1 block (dot-reporting)\n"
    assert gate(project.folder, "--file", "other.hcl", "check").stdout == expected
    assert gate(project.folder, "check", GATE_FILE="other.hcl").stdout == expected


def test_a_missing_file_is_told_with_the_way_out(tmp_path: Path) -> None:
    done = gate(tmp_path, "check")
    assert (done.returncode, done.stderr) == (
        2,
        "gate.hcl:1: no such file; `gate init` makes one, `gate --file FILE` or GATE_FILE names "
        "another [GATE001]\n"
        "gate: 1 mistake in gate.hcl\n",
    )


def test_a_sheet_of_a_block_that_is_not_there_names_those_that_are(project: Project) -> None:
    done = gate(project.folder, "sheet", "reportin")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: no block is called reportin; did you mean reporting?; allowed: dot.reporting\n",
    )


def test_a_sheet_before_the_deploy_says_how_to_deploy(
    project: Project, undeployed: dict[str, str]
) -> None:
    done = gate(project.folder, "sheet", "reporting", **undeployed)
    assert (done.returncode, done.stderr) == (
        1,
        "gate: dot-reporting was not synthesized yet; run: gate apply dot-reporting\n",
    )


def test_a_missing_terraform_is_one_sentence(project: Project) -> None:
    only = Path(sys.executable).parent
    done = gate(project.folder, "sheet", "reporting", PATH=str(only))
    assert (done.returncode, done.stderr) == (
        2,
        "gate: Terraform was not found on the PATH; install version 1.11 or newer "
        "(https://developer.hashicorp.com/terraform/install)\n",
    )


@pytest.mark.slow
def test_main_tells_mistakes_without_a_trace_and_without_node(project: Project) -> None:
    project.write(DOT.replace('"sales"]', '"Sales"]'))
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py")],
        cwd=project.folder,
        env={**os.environ, "JSII_NODE": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate.hcl:8: dot \"reporting\": databases: 'Sales' is not valid; allowed: 1 to 255 "
        "lower-case letters, digits, underscores and hyphens; no wildcards [GATE201]\n",
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", [["check"], ["check", "--json"]])
def test_check_imports_neither_the_engine_nor_the_embedded_aws(
    project: Project, command: list[str]
) -> None:
    program = f"""
import sys
sys.argv = ['gate', *{command!r}]
from athena_gate.gate.cli import main
try:
    main()
except SystemExit as done:
    code = done.code
heavy = {{'jsii', 'cdktf', 'cdktn', 'constructs', 'cdktf_cdktf_provider_aws', 'moto'}}
print(code, sorted(heavy & set(sys.modules)))
"""
    shown = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.splitlines()[-1] == "0 []"


def test_a_sandbox_refuses_states_in_hcp_terraform(project: Project) -> None:
    project.write(f'backend "cloud" {{\n  organization = "acme"\n}}\n{DOT}')

    done = gate(project.folder, "sandbox", "--", "terraform", "init")

    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        'gate: gate.hcl has backend "cloud": Terraform would ask HCP Terraform, which is not in '
        "the sandbox. Copy the file without that block (and without hcp_credentials) and name the "
        "copy: gate --file COPY sandbox -- COMMAND\n",
    )


def test_a_sandbox_refuses_a_folder_synthesized_for_hcp_terraform(project: Project) -> None:
    stack = project.folder / "cdktf.out" / "stacks" / "dot-reporting"
    stack.mkdir(parents=True)
    (stack / "cdk.tf.json").write_text('{"terraform": {"cloud": {"organization": "acme"}}}')
    command = ["terraform", "-chdir=cdktf.out/stacks/dot-reporting", "init"]

    done = gate(project.folder, "sandbox", "--", *command)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "gate: cdktf.out/stacks/dot-reporting/cdk.tf.json keeps its state elsewhere (cloud)"
    )


@pytest.mark.parametrize(
    "resources", [pytest.param(0, marks=pytest.mark.slow, id="none"), pytest.param(3, id="three")]
)
def test_a_sandbox_takes_no_state_from_elsewhere(project: Project, resources: int) -> None:
    state = project.folder / "terraform.dot-reporting.tfstate"
    state.write_text(json.dumps({"version": 4, "resources": [{"mode": "managed"}] * resources}))

    done = gate(project.folder, "sandbox", "--", "true")

    refused = (
        "gate: terraform.dot-reporting.tfstate lists 3 resources, and a new sandbox has none of "
        "them: Terraform would take them for deleted and forget them. Work in a copy of the folder "
        "without that file; if an earlier sandbox left it, delete it\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        (2, "", refused) if resources else (0, "", "")
    )


@pytest.mark.parametrize(
    ("note", "command"),
    [
        ("pyvenv.cfg", "pip install"),
        ("pipx_metadata.json", "pipx install --force"),
        ("uv-receipt.toml", "uv tool install"),
    ],
)
def test_a_sandbox_without_moto_says_how_to_install_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, note: str, command: str
) -> None:
    (tmp_path / note).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("athena_gate.gate.cli.terraform_variables", dict)

    done = gate(project.folder, "sandbox", "--", "true")

    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: the embedded AWS needs moto, which is not installed here; run: "
        f"{command} 'athena-gate[sandbox]'\n",
    )


def test_an_option_that_the_sandbox_does_not_have_is_no_command(project: Project) -> None:
    done = gate(project.folder, "sandbox", "--with-role", "--", "true")

    assert (done.returncode, done.stdout) == (2, "")
    assert "No such option: --with-role (Possible options: --with-roles)" in done.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("terraform_variables")
def test_a_sandbox_gives_roles_and_names_the_configuration_it_looked_at(project: Project) -> None:
    other = project.file.rename(project.folder / "other.hcl")
    code = (
        "import os, urllib.request as r; "
        "print(r.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/gate/inventory').read().decode(), "
        "os.environ['GATE_FILE'])"
    )

    command = ["gate", "--file", "other.hcl", "sandbox", "--with-roles", "--"]
    done = subprocess.run(
        [*command, sys.executable, "-c", code],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f'{{"111122223333":{{"aws_s3_bucket":["acme-lake"]}}}}\n {other}\n',
        "gate sandbox: taken for granted: arn:aws:s3:::acme-lake\n",
    )


@pytest.mark.slow
def test_the_cdktf_command_line_lists_synthesizes_diffs_deploys_and_destroys(
    project: Project, sandbox: Sandbox, sandbox_variables: dict[str, str], terraform: Terraform
) -> None:
    results = '  results {\n bucket = "acme-results"\n create = false\n }\n  keys {'
    project.write(DOT.replace("  keys {", results))

    def cdktf(*arguments: str) -> str:
        done = subprocess.run(
            [str(ROOT / "node_modules" / ".bin" / "cdktf"), *arguments],
            cwd=project.folder,
            env={**sandbox_variables, "CI": "true"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # What it prints last is sometimes cut off as it exits, so effects are compared, not words.
    stack = project.folder / "cdktf.out" / "stacks" / "dot-reporting"
    assert "dot-reporting" in cdktf("list")
    cdktf("synth")
    assert (stack / "cdk.tf.json").exists()
    cdktf("diff", "dot-reporting")
    assert sandbox.inventory() == {}
    cdktf("deploy", "--auto-approve", "dot-reporting")
    made = sandbox.inventory()["111122223333"]
    assert {kind: len(names) for kind, names in made.items()} == {
        "aws_athena_workgroup": 1,
        "aws_iam_access_key": 1,
        "aws_iam_policy": 1,
        "aws_iam_user": 1,
    }
    terraform(stack, "plan", "-input=false", "-detailed-exitcode")
    cdktf("destroy", "--auto-approve", "dot-reporting")
    assert sandbox.inventory() == {}


def run(folder: Path, *arguments: str | bytes, **given: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the installed program, whose streams are those of ``given``. It prints what this process
    has found out and kept: a new one would import for half a second."""
    gate(folder, *map(os.fsdecode, arguments))
    stdout, stderr = (given.pop(name, subprocess.PIPE) for name in ("stdout", "stderr"))
    environment = {**os.environ, **given}
    return subprocess.run(
        ["gate", *arguments],
        cwd=folder,
        env=environment,
        stdout=stdout,
        stderr=stderr,
        check=False,
    )


@pytest.mark.slow
def test_output_that_cannot_be_written_is_said_in_a_sentence(project: Project) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(project.folder, "check", stdout=full)
    assert (done.returncode, done.stderr) == (2, b"gate: the output: No space left on device\n")


@pytest.mark.slow
def test_whoever_reads_no_further_ends_the_program_without_a_word(project: Project) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run(project.folder, "check", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.slow
def test_a_terminal_that_knows_ascii_alone_gets_escapes(project: Project) -> None:
    project.file.rename(project.folder / "gäte.hcl")
    done = run(project.folder, "--file", "gäte.hcl", "check", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        b"ok g\\xe4te.hcl: 1 block (dot-reporting)\n",
        b"",
    )


@pytest.mark.slow
def test_a_name_that_is_no_utf_8_is_a_name(project: Project) -> None:
    project.file.rename(project.folder / os.fsdecode(b"\xff.hcl"))
    done = run(project.folder, "--file", b"\xff.hcl", "check", "--json")
    assert (done.returncode, json.loads(done.stdout)["file"], done.stderr) == (0, "\udcff.hcl", b"")


@pytest.mark.parametrize("command", [["check"], ["check", "--json"], ["parity", "reporting"]])
def test_a_configuration_that_is_a_pipe_is_not_waited_for(
    project: Project, command: list[str]
) -> None:
    os.mkfifo(project.folder / "pipe")
    done = gate(project.folder, "--file", "pipe", *command)
    assert done.returncode == 2
    assert "is a pipe or device; allowed: a file" in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["prove", "explain"])
def test_a_configuration_in_the_place_of_a_stack_is_said_to_be_one(
    project: Project, command: str
) -> None:
    done = gate(project.folder, command, "./gate.hcl")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: gate.hcl: is HCL, not JSON; allowed: a folder with cdk.tf.json in it, such a file, "
        "or for gate prove a plan as `terraform show -json PLAN` prints it\n",
    )


def test_a_plan_that_was_not_shown_as_json_is_not_read(project: Project) -> None:
    (project.folder / "plan").write_bytes(b"PK\x03\x04\xff")
    done = gate(project.folder, "prove", "plan")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: plan: line 1 is not UTF-8; allowed: a folder with cdk.tf.json in it, such a file, "
        "or for gate prove a plan as `terraform show -json PLAN` prints it\n",
    )


def test_a_configuration_in_the_place_of_an_earlier_synth_is_said_to_be_one(
    project: Project,
) -> None:
    done = gate(project.folder, "check", "--against", "gate.hcl")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: gate.hcl: is HCL, not JSON; name the output folder of an earlier synth, as in "
        "--against cdktf.out\n",
    )


@pytest.mark.parametrize(
    ("usage", "command", "named"),
    [
        ("[OPTIONS] COMMAND [ARGS]...", ["--file", "", "check"], "--file' (env var: 'GATE_FILE')"),
        ("check [OPTIONS]", ["check", "--against", ""], "--against'"),
        ("prove [OPTIONS] [WHAT]", ["prove", ""], "[WHAT]'"),
        ("explain [OPTIONS] WHAT", ["explain", ""], "WHAT'"),
        ("report [OPTIONS]", ["report", "--output", ""], "--output'"),
        ("eject [OPTIONS] NAME", ["eject", "reporting", "--output", ""], "--output'"),
        ("policy-set [OPTIONS]", ["policy-set", "--output", ""], "--output'"),
    ],
)
def test_an_empty_path_is_not_the_current_folder(
    project: Project, usage: str, command: list[str], named: str
) -> None:
    done = gate(project.folder, *command)
    program = f"gate {usage.partition('[')[0]}".strip()
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"Usage: gate {usage}\nTry '{program} --help' for help.\n\n"
        f"Error: Invalid value for '{named}: it is empty; allowed: a path, such as . for this "
        "folder\n",
    )


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (
            ["reporting", "--can", "s3:GetObject", "arn:aws:s3:::lake/x"],
            "s3:GetObject arn:aws:s3:::lake/x",
        ),
        (
            ["--can", "s3:GetObject", "arn:aws:s3:::lake/x", "reporting"],
            "s3:GetObject arn:aws:s3:::lake/x",
        ),
        (["--can", "s3:GetObject", "arn:aws:s3:::lake/x"], "s3:GetObject arn:aws:s3:::lake/x"),
        # As the shell reads a star.
        (["reporting", "--can", "s3:ListAllMyBuckets", "gate.hcl", "keys"], None),
        (
            ["reporting", "--can", "s3:GetObject arn:aws:s3:::lake/x", "more"],
            "s3:GetObject arn:aws:s3:::lake/x",
        ),
    ],
)
def test_a_request_that_the_shell_has_split_is_to_be_quoted(
    project: Project, command: list[str], hint: str | None
) -> None:
    done = gate(project.folder, "explain", *command)
    asked = hint or "s3:ListAllMyBuckets arn:aws:s3:::bucket/key"
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f'gate: --can is one text; put it in quotes, as in --can "{asked}"\n',
    )


def test_words_too_many_are_a_mistake(project: Project) -> None:
    done = gate(project.folder, "explain", "reporting", "more")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "Usage: gate explain [OPTIONS] WHAT\nTry 'gate explain --help' for help.\n\n"
        "Error: Got unexpected extra argument(s) (more)\n",
    )


@pytest.mark.parametrize("option", ["--env", "--file"])
def test_an_option_of_all_commands_behind_one_is_said_to_go_before_it(
    project: Project, option: str
) -> None:
    done = gate(project.folder, "synth", option, "prod")
    said = f"No such option: {option}; it goes before the command: gate {option} NAME ..."
    assert (done.returncode, said in done.stderr) == (2, True)


def test_an_unknown_vendor_has_a_hint(project: Project) -> None:
    done = gate(project.folder, "vendors", "hexx")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: no vendor has the block 'hexx'; did you mean hex?; gate vendors lists them\n",
    )


@pytest.mark.slow
def test_a_long_message_goes_on_in_another_line_at_a_terminal(project: Project) -> None:
    project.write(DOT.replace("databases", "databse"))
    terminal, end = pty.openpty()
    done = run(project.folder, "check", stderr=end)
    os.close(end)
    shown = os.read(terminal, 4096).decode().replace("\r\n", "\n")
    os.close(terminal)
    assert (done.returncode, shown) == (
        2,
        """\
gate.hcl:6: dot "reporting": databases: name at least one database, as in
  databases = ["sales"] [GATE302]
gate.hcl:8: dot "reporting": databse: no field "databse"; did you mean
  "databases"?; allowed: account, grants, restrict_to_vendor_ips,
  permissions_boundary, path, until, databases, list_all_databases,
  reads_results_directly, lake_formation, keys, only_from, catalog, adopted,
  accept, source, workgroup, results [GATE102]
gate: 2 mistakes in gate.hcl
""",
    )


def test_many_mistakes_are_counted_rather_than_listed(project: Project) -> None:
    names = ", ".join(f'"A{number}"' for number in range(150))
    project.write(DOT.replace('"sales"]', f"{names}]"))
    lines = gate(project.folder, "check").stderr.splitlines()
    assert (len(lines), lines[-2:]) == (102, ["and 50 more", "gate: 150 mistakes in gate.hcl"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", 'cdktf.json: has no "output" that is the name of a folder'),
        ('{"output": 1}', 'cdktf.json: has no "output" that is the name of a folder'),
        ("{", "cdktf.json: line 1, column 2 is not JSON: Expecting property name enclosed in "
        "double quotes"),
    ],
)  # fmt: skip
def test_a_project_file_that_says_nothing_is_wrong_usage(
    project: Project, content: str, said: str
) -> None:
    (project.folder / "cdktf.json").write_text(content)
    done = gate(project.folder, "prove", "reporting")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"gate: {said}\n")


def test_what_is_asked_for_cannot_write_to_the_terminal(project: Project) -> None:
    done = gate(project.folder, "prove", "\x1b[2J\n::error::x")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: no block is called \\x1b[2J\\n::error::x; allowed: dot.reporting\n",
    )


def test_what_is_kept_of_a_check_and_changed_by_somebody_else_is_not_taken(
    project: Project,
) -> None:
    assert gate(project.folder, "check").returncode == 0
    cache = project.folder / ".gate" / "check.json"
    kept = json.loads(cache.read_text())
    cache.write_text(json.dumps({**kept, "result": {"mistakes": []}}))
    assert gate(project.folder, "check").stdout == "✓ gate.hcl: 1 block (dot-reporting)\n"


def test_access_that_has_ended_fails_a_check(project: Project) -> None:
    project.write(DOT.replace("  keys {", '  until = "2026-01-31"\n  keys {'))
    done = gate(project.folder, "check")
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        'gate.hcl:10: error: dot "reporting": until: access has ended with 2026-01-31, AWS refuses '
        "all of it; delete the block and destroy its stack, or set a later day [GATE226]\n"
        "✗ gate.hcl: 1 block (dot-reporting), 1 error\n",
        "gate: 1 error; gate rule CODE says what to do\n",
    )
