"""A vendor that only the user's folder knows, in every command."""

import json

import pytest

from athena_gate.gate.cli import app
from tests.conftest import ACCOUNT, Project
from tests.gate.prove.test_closed_world import synthesized
from tests.gate.test_cli import gate

PAGE = """
page {
  title  = "Connect Athena"
  source = "https://docs.example.com/athena"
  date   = "2026-11-26"
}
todo = ["The page names no permissions."]
"""
KEYS = 'keys {\n    pgp_key_file = "keys/ops.asc"\n    generations  = ["2026-11"]\n  }'
ROLE = 'assumed_by {\n    principals  = ["999988887777"]\n    external_id = "x-4711"\n  }'
READS = 'databases = ["sales"]\n  source "acme-lake" {\n    prefixes = ["sales/"]\n  }'
BESIDE = """
beside {
  reason  = "Acme replaces the files that it wrote."
  actions = ["s3:DeleteObject"]
}
"""
# A pipeline keeps no state in files.
STATE = 'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}\n'
# Of each class a profile, and what a block of it says beside its way in.
CLASSES = {
    "query": ("", READS),
    "metadata": ('bundles = ["iceberg_metadata"]', READS),
    "tables": (BESIDE, 'bucket = "acme-tables"\n  schema = "acme"'),
}


@pytest.fixture(params=CLASSES)
def vendor(request: pytest.FixtureRequest, project: Project) -> Project:
    """A project of two blocks of the vendor Acme, of one class, synthesized."""
    bundles, says = CLASSES[request.param]
    own = project.folder / "vendors" / "acme"
    own.mkdir(parents=True)
    profile = f'title = "Acme"\nclass = "{request.param}"\n{bundles}\n{PAGE}'
    external = 'assumed_by {\n  external_id = "required"\n}\n'
    (own / "profile.hcl").write_text(f"{profile}keys {{}}\n{external}")
    second = says.replace("acme-tables", "acme-more").replace('"acme"', '"more"')
    project.write(
        f'{ACCOUNT}acme "x" {{\n  account = "analytics"\n  {says}\n  {KEYS}\n}}\n'
        f'acme "y" {{\n  account = "analytics"\n  {second}\n  {ROLE}\n}}\n'
    )
    synthesized(project)
    return project


def test_check_remarks_on_it_as_on_any_other(vendor: Project) -> None:
    done = gate(vendor.folder, "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("✓ gate.hcl: 2 blocks (acme-x, acme-y), ")
    assert 'acme "x": to do: The page names no permissions. [GATE701]\n' in done.stdout


def test_what_an_editor_keeps_beside_an_open_profile_is_no_mistake(vendor: Project) -> None:
    before = gate(vendor.folder, "check")
    (vendor.folder / "vendors" / "acme" / ".#profile.hcl").symlink_to("ann@host.4711:1")
    after = gate(vendor.folder, "check")
    assert (after.returncode, after.stdout, after.stderr) == (0, before.stdout, "")


def test_a_mistake_in_its_profile_is_told_with_that_file(project: Project) -> None:
    own = project.folder / "vendors" / "acme"
    own.mkdir(parents=True)
    (own / "profile.hcl").write_text(f'title = "Acme"\nclss = "query"\n{PAGE}trusted {{}}\n')
    project.write(f'{ACCOUNT}acme "x" {{\n  account = "analytics"\n}}\n')
    for command in ("check", "prove", "vendors acme"):
        done = gate(project.folder, *command.split())
        file = f"{project.folder}/vendors/acme/profile.hcl"
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1] == f"gate: 2 mistakes in {file}"
        assert f'{file}:2: clss: no field "clss"; did you mean "class"?' in done.stderr


def test_the_list_of_vendors_tells_every_mistake_of_their_profiles(project: Project) -> None:
    for name, cls in (("acme", "qurey"), ("fine", "query"), ("more", "tabels")):
        own = project.folder / "vendors" / name
        own.mkdir(parents=True)
        profile = f'title = "Acme"\nclass = "{cls}"\n{PAGE}trusted {{}}\n'
        (own / "profile.hcl").write_text(profile)
    for options in ((), ("--json",)):
        done = gate(project.folder, "vendors", *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert [line.removeprefix(f"{project.folder}/") for line in done.stderr.splitlines()] == [
            f'vendors/{name}/profile.hcl:2: class: "{cls}" is not one of the choices; allowed: '
            "'query', 'tables' or 'metadata' [GATE106]"
            for name, cls in (("acme", "qurey"), ("more", "tabels"))
        ] + ["gate: 2 mistakes in 2 profiles"]


def test_a_folder_without_a_profile_is_told_as_such(project: Project) -> None:
    (project.folder / "vendors" / "acme").mkdir(parents=True)
    done = gate(project.folder, "vendors", "acme")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: vendors/acme has no profile.hcl, which says what is true of the vendor\n",
    )
    project.write(f'{ACCOUNT}acme "x" {{\n  account = "analytics"\n}}\n')
    done = gate(project.folder, "check")
    assert done.returncode == 2
    assert "acme: vendors/acme has no profile.hcl [GATE101]\n" in done.stderr


def test_vendors_lists_it_and_shows_a_block_that_builds(vendor: Project) -> None:
    listed = gate(vendor.folder, "vendors").stdout.splitlines()
    assert [line.split()[0] for line in listed if line.startswith("acme ")] == ["acme"]
    shown = gate(vendor.folder, "vendors", "acme")
    assert shown.returncode == 0
    pasted = shown.stdout.partition("a block to paste\n")[2].replace(
        "keys/example.asc", "keys/ops.asc"
    )
    vendor.write(ACCOUNT + pasted)
    assert gate(vendor.folder, "check").returncode == 0


def test_its_claims_hold_and_a_wider_policy_breaks_them(vendor: Project) -> None:
    assert gate(vendor.folder, "prove").returncode == 0

    def widen(content: dict[str, dict[str, dict[str, dict[str, str]]]]) -> None:
        (policy,) = content["resource"]["aws_iam_policy"].values()
        document = json.loads(policy["policy"])
        document["Statement"].append(
            {"Effect": "Allow", "Action": "athena:DeleteWorkGroup", "Resource": "*"}
        )
        policy["policy"] = json.dumps(document)

    synthesized(vendor, x=widen)
    done = gate(vendor.folder, "prove", "x")
    assert done.returncode == 1
    assert "✗ every policy says what the block makes it say" in done.stdout


def test_its_policies_are_explained(vendor: Project) -> None:
    done = gate(vendor.folder, "explain", "acme-x")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("user acme-x\n")


def test_every_difference_from_its_page_has_a_reason(vendor: Project) -> None:
    done = gate(vendor.folder, "parity", "acme-x", "--json")
    assert (done.returncode, done.stderr) == (0, "")


def test_report_and_policy_set_hold_it(vendor: Project) -> None:
    assert gate(vendor.folder, "report", "--output", "report.html").returncode == 0
    assert "Acme" in (vendor.folder / "report.html").read_text()
    assert gate(vendor.folder, "policy-set", "--output", "policies").returncode == 0
    made = [file for file in (vendor.folder / "policies").rglob("*") if file.is_file()]
    assert any("acme-x" in file.read_text() for file in made)


def test_its_sheet_waits_for_a_deploy(vendor: Project, undeployed: dict[str, str]) -> None:
    done = gate(vendor.folder, "sheet", "acme-x", **undeployed)
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "gate: acme-x has no outputs (there is no state terraform.acme-x.tfstate: nothing was "
        "applied from this folder); run: gate apply acme-x\n",
    )


@pytest.mark.slow
def test_every_command_knows_it(vendor: Project, undeployed: dict[str, str]) -> None:
    """A command that is new has to be tried here, with the code it ends with."""
    vendor.write(STATE + (vendor.folder / "gate.hcl").read_text())
    synthesized(vendor)
    tried = {
        ("check",): 0,
        ("prove",): 0,
        ("explain", "acme-y"): 0,
        ("parity", "acme-y"): 0,
        ("todo", "acme-y"): 0,
        ("vendors", "acme"): 0,
        ("diff", "--against", "cdktf.out"): 0,
        ("report", "--output", "report.html"): 0,
        ("policy-set", "--output", "policies"): 0,
        ("pipeline", "github"): 0,
        ("eject", "acme-y", "--output", "ejected"): 0,
        ("fmt", "--diff"): 0,
        ("schema",): 0,
        # Nothing has changed, so no engine is needed.
        ("synth",): 0,
        # Without a deploy, and on a machine without AWS.
        ("plan",): 1,
        ("apply", "--yes"): 1,
        ("destroy", "--yes"): 1,
        ("sheet", "acme-y"): 1,
        ("keys", "acme-x"): 1,
        ("rotate", "acme-x", "--finish"): 1,
        ("doctor",): 1,
    }
    ended = {words: gate(vendor.folder, *words, **undeployed).returncode for words in tried}
    assert ended == tried
    # What asks Terraform or AWS alone, or is there before any block is, knows of no vendor; synth
    # has made what all others read.
    others = {"adopt", "apply", "completion", "deployer", "destroy", "init", "key", "lock", "plan"}
    others |= {"recover", "rule", "sandbox", "synth"}
    assert {words[0] for words in tried} | others == {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    }
