#!/usr/bin/env python3
"""Upload a synthesized stack to its HCP Terraform workspace, start a run and wait for its plan.

    upload.py cdktf.out/stacks/dot-reporting

Needs Python 3.11 and nothing else. The steps are those of
https://developer.hashicorp.com/terraform/cloud-docs/run/api (2026-11). Exit codes: 0 the plan is
there, 1 the run failed, 2 something must be set up first.
"""

import argparse
import gzip
import io
import json
import os
import re
import sys
import tarfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

# Never .terraform, a plan or a state: the run makes its own, and two of them hold secrets.
FILES = ("cdk.tf.json", ".terraform.lock.hcl")
HOST = "app.terraform.io"
LOOPBACK = ("127.0.0.1", "localhost")
# Of organizations and workspaces.
NAME = re.compile(r"[A-Za-z0-9_-]+")
HOSTS = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
INTERVAL = 2.0
PATIENCE = 3600.0

# https://developer.hashicorp.com/terraform/cloud-docs/api-docs/run#run-states (2026-11)
FAILED = ("errored", "canceled", "force_canceled", "discarded", "policy_soft_failed")
FINISHED = ("planned_and_finished", "planned_and_saved")
APPROVED = (
    *("confirmed", "queuing_apply", "pre_apply_running", "pre_apply_completed"),
    *("apply_queued", "applying", "applied"),
)
# A policy that must pass has not, and somebody may override it: one of Sentinel, one of OPA. The
# page leaves some states out: https://github.com/hashicorp/go-tfe/blob/main/run.go (2026-11).
UNDECIDED = ("policy_override", "post_plan_awaiting_decision")


class Failed(Exception):
    """The run did not get as far as a plan; the message says why."""


class NotReady(Exception):
    """Something has to be set up first; the message says what."""


class Api:
    """HCP Terraform's API on ``host``, with a token that goes to no other host."""

    def __init__(self, host: str, token: str) -> None:
        self._base = f"{'http' if host.split(':')[0] in LOOPBACK else 'https'}://{host}"
        self._token = token

    def call(self, method: str, path: str, document: Any = None) -> Any:
        """Return the ``data`` of the answer to ``document``. Raises ``NotReady``, ``Failed``."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/vnd.api+json",
        }
        body = None if document is None else json.dumps({"data": document}).encode()
        return json.loads(self._send(method, f"{self._base}/api/v2{path}", headers, body))["data"]

    def upload(self, url: str, archive: bytes) -> None:
        """Put ``archive`` where the API said; the address is the permission, the token stays here.

        https://developer.hashicorp.com/terraform/cloud-docs/api-docs/configuration-versions#upload-configuration-files
        (2026-11)
        """
        if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in LOOPBACK:
            raise Failed(f"the upload address is not https: {urlsplit(url).hostname}")
        self._send("PUT", url, {"Content-Type": "application/octet-stream"}, archive)

    def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> bytes:
        host = urlsplit(url).netloc
        request = urllib.request.Request(url, body, headers, method=method)
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=60) as answer:
                read: bytes = answer.read()
                return read
        except urllib.error.HTTPError as error:
            raise _explained(error, method, urlsplit(url).path, host) from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise Failed(f"{host} cannot be reached: {reason}; run this again") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    # urllib would send the token along to wherever the answer points.
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _explained(
    error: urllib.error.HTTPError, method: str, path: str, host: str
) -> NotReady | Failed:
    match error.code:
        case 401:
            return NotReady(f"{host} refuses the token (401); run: terraform login {host}")
        case 404:
            # Also for a token that may not see it (2026-11):
            # https://developer.hashicorp.com/terraform/cloud-docs/api-docs/run#create-a-run
            return NotReady(
                f"{host} has no {path.removeprefix('/api/v2/')}, or the token may not use it "
                "(404); make the workspace, and use a user's or team's token that may queue plans "
                "in it: an organization's token cannot"
            )
        case 422:
            return Failed(f"{host} refuses the request (422): {_details(error)}")
    return Failed(f"{host} answers {method} {path} with {error.code}: {_details(error)}")


def _details(error: urllib.error.HTTPError) -> str:
    try:
        problems = json.loads(error.read())["errors"]
        return "; ".join(one.get("detail") or one["title"] for one in problems)
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(error.reason)


def token_for(host: str) -> str:
    """Return the token for ``host``: that of its variable, or that of `terraform login`.

    https://developer.hashicorp.com/terraform/cli/config/config-file#environment-variable-credentials
    (2026-11). Raises ``NotReady``.
    """
    variable = "TF_TOKEN_" + host.split(":")[0].replace("-", "__").replace(".", "_")
    if os.environ.get(variable):
        return os.environ[variable]
    file = Path.home() / ".terraform.d" / "credentials.tfrc.json"
    try:
        token: str = json.loads(file.read_text())["credentials"][host]["token"]
    except (OSError, ValueError, KeyError, TypeError):
        raise NotReady(
            f"no token for {host}: set {variable}, or run: terraform login {host}"
        ) from None
    return token


def archive(folder: Path) -> bytes:
    """Return ``folder`` as a .tar.gz: the same bytes for the same stack, whenever it is made."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in FILES:
            if (folder / name).is_file():
                content = (folder / name).read_bytes()
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def workspace_of(folder: Path) -> tuple[str, str, str]:
    """Return host, organization and workspace of the stack in ``folder``. Raises ``NotReady``."""
    file = folder / FILES[0]
    try:
        cloud = json.loads(file.read_text())["terraform"].get("cloud")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise NotReady(
            f"{file} is not a synthesized stack; run gate synth and name a folder in "
            "cdktf.out/stacks"
        ) from None
    match cloud:
        case {"organization": str(organization), "workspaces": {"name": str(name)}, **others}:
            # They are printed, and the host gets the token.
            host = others.get("hostname", HOST)
            named = all(map(NAME.fullmatch, (organization, name)))
            if named and isinstance(host, str) and HOSTS.fullmatch(host):
                return host, organization, name
        case {"workspaces": {"tags": _}}:
            raise NotReady(
                f"{file} finds its workspace by tags, the API by name; remove tags from the backend"
            )
        case None:
            raise NotReady(f'{file} keeps its state elsewhere; gate.hcl needs a backend "cloud"')
    raise NotReady(
        f"{file} names no organization, workspace and host as gate synth does; run gate synth"
    )


def run(api: Api, organization: str, name: str, packed: bytes) -> str:
    """Upload ``packed``, start a run of it and return the run's id. Raises ``NotReady``,
    ``Failed``."""
    path = f"/organizations/{quote(organization)}/workspaces/{quote(name)}"
    workspace = api.call("GET", path)["id"]
    version = api.call(
        "POST",
        f"/workspaces/{workspace}/configuration-versions",
        # Otherwise the upload starts a run of its own, which has no message and no known id.
        {"type": "configuration-versions", "attributes": {"auto-queue-runs": False}},
    )
    api.upload(version["attributes"]["upload-url"], packed)
    _wait_for_upload(api, version["id"])
    started = api.call(
        "POST",
        "/runs",
        {
            "type": "runs",
            "attributes": {"message": f"athena-gate: {name}"},
            "relationships": {
                "workspace": {"data": {"type": "workspaces", "id": workspace}},
                "configuration-version": {
                    "data": {"type": "configuration-versions", "id": version["id"]}
                },
            },
        },
    )
    identifier: str = started["id"]
    return identifier


def _wait_for_upload(api: Api, version: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        attributes = api.call("GET", f"/configuration-versions/{version}")["attributes"]
        match attributes["status"]:
            case "uploaded":
                return
            case "errored":
                reason = attributes.get("error-message") or attributes.get("error")
                raise Failed(f"HCP Terraform cannot use the upload: {reason}")
        _pause(end, "the upload is not processed yet")


def wait_for_plan(api: Api, started: str) -> str:
    """Return in words how the plan of run ``started`` ended. Raises ``Failed``."""
    end = time.monotonic() + PATIENCE
    while True:
        attributes = api.call("GET", f"/runs/{started}")["attributes"]
        status = attributes["status"]
        if status in FAILED:
            raise Failed(f"the run is {status}; its page says why")
        if status in UNDECIDED:
            raise Failed("a policy refused the plan, and nobody has overridden it yet")
        if status in FINISHED:
            return "the plan has changes" if attributes.get("has-changes") else "nothing to change"
        if status in APPROVED:
            return "the plan is being applied: the workspace applies without asking"
        if attributes.get("actions", {}).get("is-confirmable"):
            return "planned; confirm or discard it on the run's page"
        _pause(end, f"the run is still {status}")


def _pause(end: float, still: str) -> None:
    if time.monotonic() > end:
        raise Failed(f"{still} after {PATIENCE / 60:.0f} minutes")
    time.sleep(INTERVAL)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says and return the exit code."""
    parser = argparse.ArgumentParser(
        description="Upload a synthesized stack and wait for the plan of its run."
    )
    parser.add_argument("folder", type=Path, help="such as cdktf.out/stacks/dot-reporting")
    parser.add_argument("--host", help=f"instead of the backend's hostname or {HOST}")
    options = parser.parse_args(arguments)
    try:
        named, organization, name = workspace_of(options.folder)
        host = options.host or named
        api = Api(host, token_for(host))
        started = run(api, organization, name, archive(options.folder))
        print(f"https://{host}/app/{organization}/workspaces/{name}/runs/{started}", flush=True)
        print(wait_for_plan(api, started))
    except (NotReady, Failed) as problem:
        print(f"upload.py: {problem}", file=sys.stderr)
        return 2 if isinstance(problem, NotReady) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
