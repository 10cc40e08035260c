"""`gate init`: what it asks, what it writes, and what it leaves alone."""

import json
import os
import pty
import subprocess
import sys
from datetime import date
from pathlib import Path

import pysequoia
import pytest

from athena_gate.gate.init import Refused, start
from athena_gate.gate.init.questions import Given, Question, interview
from athena_gate.modules.access.profile import WAYS
from athena_gate.stacks.configuration import load
from athena_gate.stacks.integrations import INTEGRATIONS, Vendor
from tests.conftest import DOT, ROOT, Project
from tests.gate.test_cli import gate

METRONOME = [
    *("--vendor", "metronome", "--name", "billing", "--account", "111122223333"),
    *("--region", "eu-central-1", "--bucket", "acme-metronome", "--schema", "exports"),
    *("--way-in", "web_identity", "--subject", "123456789012345678901", "--audience", "org-4711"),
]
WRITTEN = """\
# Who may reach Athena. `gate vendors NAME` shows the fields of a block.

account "main" {
  id     = "111122223333"
  region = "eu-central-1"
}

metronome "billing" {
  account = "main"
  bucket  = "acme-metronome"
  schema  = "exports"

  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "org-4711"
  }
}
"""
PROJECT_FILE = {
    "language": "python",
    "app": "gate synth",
    "output": "cdktf.out",
    "sendCrashReports": "false",
    "projectId": "athena-gate",
}
IGNORED = "/cdktf.out/\n/.gate/\n.terraform/\n*.tfstate\n*.tfstate.*\n"
REMARK = (
    'gate.hcl:8: note: metronome "billing": workgroup: primary is shared by the whole account and '
    "its limits are not set here; workgroup {} makes one for Metronome [GATE708]\n"
)
NEXT = """\
next:
  gate synth  # writes the Terraform
  gate prove  # proves what it allows, and what it never can
  gate apply  # makes it in AWS; gate doctor says what would stop it
"""


def files(folder: Path) -> list[str]:
    """Return the files in ``folder``, but for what can be made again."""
    found = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return sorted(str(path) for path in found if path.parts[0] != ".gate")


def test_an_empty_folder_becomes_a_project_without_a_question(tmp_path: Path) -> None:
    done = gate(tmp_path, "init", *METRONOME)
    assert (done.returncode, done.stderr, done.stdout) == (
        0,
        "",
        "written   gate.hcl\n"
        "written   cdktf.json\n"
        "written   .gitignore\n"
        "written   .terraform.lock.hcl\n"
        f"{REMARK}✓ gate.hcl: 1 block (metronome-billing), 1 note\n{NEXT}",
    )
    assert (tmp_path / "gate.hcl").read_text() == WRITTEN
    assert json.loads((tmp_path / "cdktf.json").read_text()) == PROJECT_FILE
    assert (tmp_path / ".gitignore").read_text() == IGNORED
    lock = ".terraform.lock.hcl"
    assert (tmp_path / lock).read_text() == (ROOT / lock).read_text()
    assert files(tmp_path) == [".gitignore", lock, "cdktf.json", "gate.hcl"]


def test_what_is_missing_is_named_in_one_go_and_nothing_is_written(tmp_path: Path) -> None:
    done = gate(tmp_path, "init", "--vendor", "dot", "--state", "s3")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: missing:\n"
        "  --name          a name for its block, as in reporting; it becomes part of every name\n"
        "  --account       the id of the AWS account the data lies in\n"
        "  --region        the account's region, as in eu-central-1\n"
        "  --database      the Glue databases it may query\n"
        "  --source        where their tables lie: BUCKET or BUCKET/PREFIX\n"
        "  --pgp-key       a file with the PGP public key that the access key's secret is "
        "encrypted to (`gpg --armor --export YOU`)\n"
        "  --state-bucket  a bucket you have, for states\n"
        "  --state-region  that bucket's region\n",
    )
    assert files(tmp_path) == []
    nothing = gate(tmp_path, "init")
    assert nothing.stderr.splitlines()[-1] == "  what else it needs depends on the vendor"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (
            {"vendor": "dott"},
            "--vendor: 'dott' is not known; did you mean dot? `gate vendors` lists them",
        ),
        (
            {"account": "11112222333"},
            "--account: '11112222333' is not valid; allowed: exactly 12 digits, as in "
            '"111122223333"',
        ),
        (
            {"source": "s3://Acme"},
            "--source: 'Acme' is not a bucket name; allowed: 3 to 63 lower-case letters, digits, "
            "dots and hyphens, starting and ending with a letter or digit, no two dots in a row, "
            "not like an IP address",
        ),
        ({"table": "orders"}, "--table has no use here"),
        (
            {"pgp_key": "missing.asc"},
            "--pgp-key: missing.asc: no such file; write your public key there with `gpg --armor "
            "--export KEY`",
        ),
        ({"way_in": "runs_on"}, "--way-in: 'runs_on' is not known; allowed: keys"),
        # Found by the whole file alone.
        (
            {"state": "s3", "state_bucket": "acme-lake"},
            "dot \"reporting\": uses the bucket 'acme-lake', which holds the states; a vendor must "
            "not come near them: choose another bucket for one of the two",
        ),
    ],
)
def test_a_wrong_answer_is_told_with_its_flag_and_nothing_is_written(
    project: Project, monkeypatch: pytest.MonkeyPatch, flags: dict[str, str], said: str
) -> None:
    monkeypatch.chdir(project.folder)
    project.file.unlink()
    Path("cdktf.json").unlink()
    given = answers(
        vendor="dot",
        name="reporting",
        account="111122223333",
        region="eu-central-1",
        database="sales",
        source="acme-lake/sales",
        pgp_key="keys/ops.asc",
    )
    with pytest.raises(Refused) as refused:
        start(Path("gate.hcl"), {**given, **answers(**flags)}, None)
    assert refused.value.problems == [said]
    assert files(project.folder) == ["keys/ops.asc"]


def answers(**flags: str) -> Given:
    """Return ``flags`` as the command line has them."""
    return {flag: (value,) for flag, value in flags.items()}


def every_start() -> list[tuple[str, dict[str, tuple[str, ...]]]]:
    """Return for every vendor and way in, and every other integration, the flags of a start."""
    found = []
    base = answers(name="first", account="111122223333", region="eu-central-1")
    for kind, integration in INTEGRATIONS.items():
        if not isinstance(integration, Vendor):
            values = {"principal": "arn:aws:iam::111122223333:role/ci"}
            asked = [flag for flag, _ in integration.start.values()]
            more = {flag: (values.get(flag, "orders"),) for flag in asked}
            found.append((kind, {"vendor": (kind,), **base, **more}))
            continue
        offered = integration.settings.profile.ways  # type: ignore[attr-defined]
        found += [
            (f"{kind}-{way}", {"vendor": (kind,), "way_in": (way,), **base}) for way in offered
        ]
    return found


# An answer to whatever is asked of a vendor.
SAID = {
    "database": ("sales", "stock"),
    "source": ("acme-lake/sales", "acme-vault"),
    "bucket": ("acme-tables",),
    "schema": ("exports",),
    "pgp_key": ("keys/ops.asc",),
    "principal": ("arn:aws:iam::111122223333:role/app",),
    "external_id": ("x-4711",),
    "role_name": ("theirs",),
    "subject": ("123456789012345678901",),
    "audience": ("org-4711",),
    "oidc_provider": (
        "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE",
    ),
    "namespace": ("tools",),
    "service_account": ("app",),
}


def say(question: Question, problem: str) -> tuple[str, ...]:
    """Answer ``question``; one that has few answers, with the last of them."""
    assert problem == ""
    if question.default:
        return ()
    return question.choices[-1:] if question.choices else SAID.get(question.flag, ())


@pytest.fixture
def folder(tmp_path: Path, pgp_key: pysequoia.Tsk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the working directory, but for a PGP key."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ops.asc").write_text(str(pgp_key.extract_certificate()))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "given"), every_start(), ids=lambda one: one if isinstance(one, str) else ""
)
def test_every_vendor_can_be_started_with_by_every_way_in(
    folder: Path, name: str, given: dict[str, tuple[str, ...]]
) -> None:
    asked: list[str] = []

    def ask(question: Question, problem: str) -> tuple[str, ...]:
        asked.append(question.flag)
        return say(question, problem)

    started = start(Path("gate.hcl"), given, ask)
    (block,) = started.configuration.blocks
    ways = [way for way in WAYS if getattr(block.settings, way, None) is not None]
    if "way_in" in given:
        assert (name, ways) == (f"{block.kind}-{given['way_in'][0]}", list(given["way_in"]))
    # The same from flags alone.
    flags = {**{flag: SAID[flag] for flag in asked if flag in SAID}, **given}
    if "on" in asked:
        flags["on"] = (block.settings.runs_on.on,)
    one = interview(given, folder, None, say, False)
    other = interview(flags, folder, None, None, False)
    assert (other.answers, other.missing, other.problems) == (one.answers, {}, [])


@pytest.mark.usefixtures("folder")
@pytest.mark.slow
def test_the_starts_are_as_terraform_formats_them(
    whole_terraform_variables: dict[str, str],
) -> None:
    for number, (_, given) in enumerate(every_start()):
        state = ("local", "s3", "cloud")[number % 3]
        more = {"state_bucket": "acme-states", "organization": "acme", "project": "Athena"}
        fields = {"s3": ["state_bucket"], "cloud": ["organization", "project"]}.get(state, [])
        flags = {**given, **answers(state=state, **{flag: more[flag] for flag in fields})}
        start(Path("gate.hcl"), flags, say)
        Path("gate.hcl").rename(f"start-{number}.tf")
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", "-no-color"],
        env=whole_terraform_variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_keys_are_of_this_month_and_a_key_from_elsewhere_is_copied(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.chdir(own)
    given = answers(
        vendor="dot",
        name="reporting",
        account="111122223333",
        region="eu-central-1",
        database="sales",
        source="acme-lake",
        pgp_key=str(project.folder / "keys" / "ops.asc"),
    )
    assert list(start(Path("gate.hcl"), given, None).done.items())[:2] == [
        ("gate.hcl", "written"),
        ("keys/ops.asc", "written"),
    ]
    (block,) = load(Path("gate.hcl")).blocks
    keys = block.settings.keys
    assert (keys.pgp_key_file, keys.generations) == ("keys/ops.asc", (f"{date.today():%Y-%m}",))
    assert Path("keys/ops.asc").read_bytes() == (project.folder / "keys/ops.asc").read_bytes()


def test_a_second_vendor_is_added_below_and_shares_the_account(project: Project) -> None:
    (project.folder / "cdktf.json").unlink()
    flags = METRONOME[:4] + METRONOME[8:]
    done = gate(project.folder, "init", *flags)
    assert (done.returncode, done.stdout.splitlines()[:2]) == (
        0,
        ["added to  gate.hcl", "written   cdktf.json"],
    )
    block = WRITTEN[WRITTEN.index("metronome") :].replace('"main"', '"analytics"')
    assert project.file.read_text() == f"{DOT}\n{block}"


def test_an_account_that_is_not_there_yet_is_added_with_its_vendor(project: Project) -> None:
    flags = [*METRONOME[:4], "--account", "444455556666", *METRONOME[6:]]
    assert gate(project.folder, "init", *flags).returncode == 0
    accounts = load(project.file).accounts
    assert {name: account.id for name, account in accounts.items()} == {
        "analytics": "111122223333",
        "main": "444455556666",
    }


def test_what_is_there_is_kept_and_a_gitignore_gets_what_it_lacks(project: Project) -> None:
    before = project.file.read_text(), (project.folder / "cdktf.json").read_text()
    (project.folder / ".gitignore").write_text("*.pyc\ncdktf.out\n.gate/")
    done = gate(project.folder, "init")
    assert (done.returncode, done.stdout.splitlines()[:4]) == (
        0,
        [
            "kept      gate.hcl",
            "kept      cdktf.json",
            "added to  .gitignore",
            "written   .terraform.lock.hcl",
        ],
    )
    assert (project.file.read_text(), (project.folder / "cdktf.json").read_text()) == before
    assert (project.folder / ".gitignore").read_text() == (
        "*.pyc\ncdktf.out\n.gate/\n.terraform/\n*.tfstate\n*.tfstate.*\n"
    )
    again = gate(project.folder, "init")
    assert [line[:4] for line in again.stdout.splitlines()[:4]] == ["kept"] * 4


def test_a_flag_that_would_change_what_is_there_is_refused(project: Project) -> None:
    done = gate(project.folder, "init", "--region", "eu-west-1")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: --region has no use: gate.hcl is there; --vendor adds a block to it\n",
    )
    same = ["--vendor", "dot", "--name", "reporting", "--database", "x", "--source", "acme-x"]
    done = gate(project.folder, "init", *same, "--pgp-key", "keys/ops.asc")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        'gate: dot "reporting": has the same name as the block on line 6; choose another',
    )
    assert project.file.read_text() == DOT


def test_the_folder_of_another_app_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cdktf.json").write_text('{"language": "typescript", "app": "npx ts-node main.ts"}')
    done = gate(tmp_path, "init", *METRONOME)
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "gate: cdktf.json here is of another app (npx ts-node main.ts), and both would write the "
        "same output folder; make a folder for this one: mkdir athena && cd athena && gate init "
        "...\n",
    )
    assert files(tmp_path) == ["cdktf.json"]


def test_a_gate_hcl_with_mistakes_is_not_added_to(project: Project) -> None:
    project.write(DOT.replace("111122223333", "1"))
    done = gate(project.folder, "init", *METRONOME)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "gate.hcl is there and has mistakes; nothing was written",
    )


def test_the_pipeline_comes_with_it_where_states_can_be_reached(tmp_path: Path) -> None:
    done = gate(tmp_path, "init", *METRONOME, "--pipeline", "github")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: missing:\n  --state  where states lie: s3, cloud\n",
    )
    s3 = ["--state", "s3", "--state-bucket", "acme-states", "--pipeline", "gitlab"]
    done = gate(tmp_path, "init", *METRONOME, *s3)
    assert done.returncode == 0
    assert files(tmp_path) == [
        ".gitignore",
        ".gitlab-ci.yml",
        ".terraform.lock.hcl",
        "cdktf.json",
        "gate-requirements.txt",
        "gate.hcl",
        "pipelines/gitlab-ci/README.md",
        "pipelines/gitlab-ci/stack.yml",
    ]


def test_a_pipeline_of_ones_own_is_in_the_way_and_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text("mine: {}\n")
    s3 = ["--state", "s3", "--state-bucket", "acme-states", "--pipeline", "gitlab"]
    done = gate(tmp_path, "init", *METRONOME, *s3)
    assert (done.returncode, done.stderr) == (
        1,
        "gate: .gitlab-ci.yml is there and differs; --force overwrites it\n",
    )
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "mine: {}\n"
    assert (tmp_path / "gate.hcl").exists()


def test_another_name_for_gate_hcl_is_what_cdktf_runs(tmp_path: Path) -> None:
    done = gate(tmp_path, "--file", "my gate.hcl", "init", *METRONOME)
    assert done.returncode == 0
    assert (
        json.loads((tmp_path / "cdktf.json").read_text())["app"]
        == "gate --file 'my gate.hcl' synth"
    )
    assert "  gate --file 'my gate.hcl' synth  # writes the Terraform\n" in done.stdout
    elsewhere = gate(tmp_path, "--file", "x/gate.hcl", "init", *METRONOME)
    assert (elsewhere.returncode, elsewhere.stderr) == (
        2,
        "gate: x/gate.hcl lies elsewhere; change to its folder first\n",
    )


def typed(folder: Path, text: str) -> tuple[int, str]:
    """Run `gate init` in ``folder`` at a terminal in which somebody types ``text``, and return the
    exit code and what was shown."""
    program = "from athena_gate.gate.cli import app; app(['init'])"
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"},
        stdin=inner,
        stdout=inner,
        stderr=inner,
    )
    os.close(inner)
    os.write(outer, text.encode())
    shown = b""
    while True:
        try:
            part = os.read(outer, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(outer)
    return process.wait(), shown.decode().replace("\r\n", "\n")


@pytest.mark.slow
def test_at_a_terminal_each_question_is_asked_until_it_has_an_answer(tmp_path: Path) -> None:
    said = ["metronom", "metronome", "billing", "111122223333", "eu-central-1", ""]
    said += ["acme-metronome", "exports", "web_identity", "123456789012345678901", "org-4711", ""]
    code, shown = typed(tmp_path, "\n".join([*said, ""]))
    assert (code, (tmp_path / "gate.hcl").read_text()) == (0, WRITTEN), shown
    assert "'metronom' is not known; did you mean metronome?" in shown
    assert "what gate.hcl calls that account [main]:" in shown


def test_a_key_is_made_in_gpgs_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a stand-in: GnuPG itself asks for a passphrase."""
    from athena_gate.gate.init import key

    program = tmp_path / "gpg"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {tmp_path}/called\n'
        'if [ "$1" = --status-file ]; then\n'
        f'  echo "[GNUPG:] KEY_CREATED B {"AB" * 20}" > "$2"\n'
        "else\n"
        "  echo a key\n"
        "fi\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin:/bin")
    made = key.make("Data Team <data.team@example.com>", tmp_path)
    assert made == tmp_path / "keys" / "data-team-data-team.asc"
    assert made.read_text() == "a key\n"
    first, second = (tmp_path / "called").read_text().splitlines()
    assert first.endswith(
        "--quick-generate-key Data Team <data.team@example.com> default default never"
    )
    assert second == f"--armor --export {'AB' * 20}"
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(key.NotMade, match=r"^gpg was not found; install GnuPG, then: gpg --quick"):
        key.make("other@example.com", tmp_path)
