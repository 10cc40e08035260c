"""pipelines/hcp-api/upload.py against a small HCP Terraform on loopback."""

import importlib.util
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

FILE = ROOT / "pipelines" / "hcp-api" / "upload.py"
TOKEN = "a-token-that-is-never-printed"
WORKSPACE = "/api/v2/organizations/acme/workspaces/dot-reporting"
SYNTHESIZED = {
    "terraform": {"cloud": {"organization": "acme", "workspaces": {"name": "dot-reporting"}}}
}

specification = importlib.util.spec_from_file_location("upload", FILE)
assert specification is not None
assert specification.loader is not None
upload: Any = importlib.util.module_from_spec(specification)
specification.loader.exec_module(upload)


@dataclass
class Hcp:
    """What the API was asked, and what it answers.

    Paths and documents are those of
    https://developer.hashicorp.com/terraform/cloud-docs/api-docs/configuration-versions and
    https://developer.hashicorp.com/terraform/cloud-docs/api-docs/run (2026-11).
    """

    host: str = ""
    statuses: list[str] = field(default_factory=lambda: ["pending", "planning", "planned"])
    has_changes: bool = True
    version: list[str] = field(default_factory=lambda: ["pending", "uploaded"])
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    documents: list[Any] = field(default_factory=list)
    uploaded: bytes = b""

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if path in self.refusals:
            code, detail = self.refusals[path]
            return code, {"errors": [{"status": str(code), "title": "refused", "detail": detail}]}
        if method == "PUT":
            self.uploaded = body
            return 200, {}
        if body:
            self.documents.append(json.loads(body)["data"])
        if path == WORKSPACE:
            return 200, {"data": {"id": "ws-1", "type": "workspaces"}}
        if path == "/api/v2/workspaces/ws-1/configuration-versions":
            url = f"http://{self.host}/v1/object/secret"
            version = {"status": "pending", "upload-url": url}
            return 201, {"data": {"id": "cv-1", "attributes": version}}
        if path == "/api/v2/configuration-versions/cv-1":
            status = self.version.pop(0)
            return 200, {"data": {"attributes": {"status": status, "error-message": "not a tar"}}}
        if path == "/api/v2/runs":
            return 201, {"data": {"id": "run-1", "attributes": {"status": "pending"}}}
        if path == "/api/v2/runs/run-1":
            status = self.statuses.pop(0)
            attributes: dict[str, Any] = {
                "status": status,
                "has-changes": self.has_changes,
                "actions": {"is-confirmable": status == "planned"},
            }
            return 200, {"data": {"attributes": attributes}}
        raise AssertionError(f"not documented: {method} {path}")


@pytest.fixture
def hcp(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hcp]:
    fake = Hcp()

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fake.requests.append((self.command, self.path, self.headers.get("Authorization")))
            code, document = fake.answer(self.command, self.path, body)
            content = json.dumps(document).encode()
            self.send_response(code)
            if code == 302:
                self.send_header("Location", f"http://{fake.host}/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = respond  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    fake.host = f"127.0.0.1:{server.server_port}"
    monkeypatch.setattr(upload, "INTERVAL", 0.001)
    monkeypatch.setenv("TF_TOKEN_127_0_0_1", TOKEN)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield fake
    server.shutdown()
    server.server_close()


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A stack's folder after `terraform init` and an interrupted apply."""
    folder = tmp_path / "dot-reporting"
    (folder / ".terraform" / "providers").mkdir(parents=True)
    (folder / ".terraform" / "environment").write_text("x")
    (folder / "cdk.tf.json").write_text(json.dumps(SYNTHESIZED))
    (folder / ".terraform.lock.hcl").write_text("# lock\n")
    (folder / "errored.tfstate").write_text('{"secret": 1}')
    return folder


def run(hcp: Hcp, folder: Path) -> int:
    code: int = upload.main([str(folder), "--host", hcp.host])
    return code


def test_a_stack_is_uploaded_and_planned_by_the_documented_calls(
    hcp: Hcp, stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(hcp, stack) == 0
    bearer = f"Bearer {TOKEN}"
    assert hcp.requests == [
        ("GET", WORKSPACE, bearer),
        ("POST", "/api/v2/workspaces/ws-1/configuration-versions", bearer),
        ("PUT", "/v1/object/secret", None),
        ("GET", "/api/v2/configuration-versions/cv-1", bearer),
        ("GET", "/api/v2/configuration-versions/cv-1", bearer),
        ("POST", "/api/v2/runs", bearer),
        *[("GET", "/api/v2/runs/run-1", bearer)] * 3,
    ]
    assert hcp.documents == [
        {"type": "configuration-versions", "attributes": {"auto-queue-runs": False}},
        {
            "type": "runs",
            "attributes": {"message": "athena-gate: dot-reporting"},
            "relationships": {
                "workspace": {"data": {"type": "workspaces", "id": "ws-1"}},
                "configuration-version": {"data": {"type": "configuration-versions", "id": "cv-1"}},
            },
        },
    ]
    assert capsys.readouterr() == (
        f"https://{hcp.host}/app/acme/workspaces/dot-reporting/runs/run-1\n"
        "planned; confirm or discard it on the run's page\n",
        "",
    )


def test_the_upload_holds_the_configuration_and_the_lock_and_nothing_else(
    hcp: Hcp, stack: Path
) -> None:
    assert run(hcp, stack) == 0
    with tarfile.open(fileobj=io.BytesIO(hcp.uploaded)) as tar:
        found = {
            member.name: (member.mode, member.mtime, member.uid, tar.extractfile(member).read())  # type: ignore[union-attr]
            for member in tar
        }
    assert found == {
        "cdk.tf.json": (0o644, 0, 0, json.dumps(SYNTHESIZED).encode()),
        ".terraform.lock.hcl": (0o644, 0, 0, b"# lock\n"),
    }


def test_the_same_stack_is_the_same_archive(stack: Path) -> None:
    before = upload.archive(stack)
    (stack / "cdk.tf.json").write_text(json.dumps(SYNTHESIZED))
    assert upload.archive(stack) == before


REFUSED = "upload.py: a policy refused the plan, and nobody has overridden it yet"


@pytest.mark.parametrize(
    ("statuses", "has_changes", "code", "said"),
    [
        (["planned_and_finished"], False, 0, "nothing to change"),
        (["planned", "applying"], True, 0, "planned; confirm or discard it on the run's page"),
        *(
            ([one], True, 0, "the plan is being applied: the workspace applies without asking")
            for one in ("applying", "queuing_apply")
        ),
        (["errored"], True, 1, "upload.py: the run is errored; its page says why"),
        (["discarded"], True, 1, "upload.py: the run is discarded; its page says why"),
        (["policy_override"], True, 1, REFUSED),
        # One of OPA, as those of `gate policy-set`.
        (["post_plan_running", "post_plan_awaiting_decision"], True, 1, REFUSED),
    ],
)
def test_the_exit_code_says_how_the_plan_ended(
    hcp: Hcp,
    stack: Path,
    capsys: pytest.CaptureFixture[str],
    statuses: list[str],
    has_changes: bool,
    code: int,
    said: str,
) -> None:
    hcp.statuses, hcp.has_changes = statuses, has_changes
    assert run(hcp, stack) == code
    captured = capsys.readouterr()
    assert (captured.out + captured.err).splitlines()[-1] == said


RUNS = "/api/v2/runs"


@pytest.mark.parametrize(
    ("path", "code", "exit_code", "said"),
    [
        (WORKSPACE, 401, 2, "{host} refuses the token (401); run: terraform login {host}"),
        (
            WORKSPACE,
            404,
            2,
            "{host} has no organizations/acme/workspaces/dot-reporting, or the token may not use "
            "it (404); make the workspace, and use a user's or team's token that may queue plans "
            "in it: an organization's token cannot",
        ),
        (RUNS, 422, 1, "{host} refuses the request (422): no such thing"),
        (RUNS, 500, 1, "{host} answers POST /api/v2/runs with 500: no such thing"),
        (RUNS, 302, 1, "{host} answers POST /api/v2/runs with 302: no such thing"),
    ],
)
def test_a_refusal_is_one_sentence(
    hcp: Hcp,
    stack: Path,
    capsys: pytest.CaptureFixture[str],
    path: str,
    code: int,
    exit_code: int,
    said: str,
) -> None:
    hcp.refusals[path] = (code, "no such thing")
    assert run(hcp, stack) == exit_code
    assert capsys.readouterr() == ("", f"upload.py: {said.format(host=hcp.host)}\n")
    assert "/elsewhere" not in [asked for _, asked, _ in hcp.requests]


def test_an_upload_that_cannot_be_used_says_why(
    hcp: Hcp, stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hcp.version = ["errored"]
    assert run(hcp, stack) == 1
    assert capsys.readouterr().err == (
        "upload.py: HCP Terraform cannot use the upload: not a tar\n"
    )


def test_terraform_logins_token_is_used(
    hcp: Hcp, stack: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TF_TOKEN_127_0_0_1")
    file = tmp_path / "home" / ".terraform.d" / "credentials.tfrc.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"credentials": {hcp.host: {"token": "of-login"}}}))
    assert run(hcp, stack) == 0
    assert hcp.requests[0] == ("GET", WORKSPACE, "Bearer of-login")


@pytest.mark.parametrize(
    ("terraform", "said"),
    [
        (
            {"backend": {"s3": {}}},
            '{file} keeps its state elsewhere; gate.hcl needs a backend "cloud"',
        ),
        (
            {"cloud": {"organization": "acme", "workspaces": {"tags": ["x"]}}},
            "{file} finds its workspace by tags, the API by name; remove tags from the backend",
        ),
        *(
            (
                {"cloud": {"organization": "acme", "workspaces": {"name": "dbt-ci"}, **odd}},
                "{file} names no organization, workspace and host as gate synth does; run gate "
                "synth",
            )
            for odd in (
                # Of these, the token would be looked for that is for the part before the colon.
                {"hostname": "app.terraform.io:x@attacker.example:443"},
                {"hostname": "app.terraform.io:443/attacker"},
                {"hostname": 5},
                {"organization": "a\n::set-output::"},
                {"organization": 5},
                {"workspaces": {"name": "../../x"}},
            )
        ),
        (
            [],
            "{file} is not a synthesized stack; run gate synth and name a folder in "
            "cdktf.out/stacks",
        ),
    ],
)
def test_a_stack_without_a_workspace_is_not_uploaded(
    hcp: Hcp,
    stack: Path,
    capsys: pytest.CaptureFixture[str],
    terraform: Any,
    said: str,
) -> None:
    (stack / "cdk.tf.json").write_text(json.dumps({"terraform": terraform}))
    assert run(hcp, stack) == 2
    file = stack / "cdk.tf.json"
    assert (capsys.readouterr().err, hcp.requests) == (f"upload.py: {said.format(file=file)}\n", [])


def test_without_a_token_it_says_how_to_get_one(
    stack: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TF_TOKEN_tfe_acme__corp_example", raising=False)
    assert upload.main([str(stack), "--host", "tfe.acme-corp.example"]) == 2
    assert capsys.readouterr().err == (
        "upload.py: no token for tfe.acme-corp.example: set TF_TOKEN_tfe_acme__corp_example, or "
        "run: terraform login tfe.acme-corp.example\n"
    )
