"""HCP Terraform or Terraform Enterprise: does the host answer, and does it know the token."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from athena_gate.gate.doctor.finding import ANSWER_LIMIT, Finding
from athena_gate.gate.terraform import CLI_CONFIGURATION_LIMIT, own_configuration
from athena_gate.modules import hcl
from athena_gate.modules.files import Unreadable, parse_json, read_json, read_text
from athena_gate.stacks.backends import HCP_TERRAFORM, CloudBackend

_TIMEOUT = 2


def host(settings: CloudBackend, environment: Mapping[str, str]) -> Finding:
    """Return whether the host answers, the token is accepted and the organization is to be seen.

    https://developer.hashicorp.com/terraform/cloud-docs/api-docs/organizations (2026-11): 401 for a
    token that is not known, 404 for an organization that is not there or not to be seen.
    """
    check, name = 'backend "cloud"', settings.hostname or HCP_TERRAFORM
    login = f"`terraform login {name}`"
    try:
        service = _discover(name)
    except (OSError, ValueError) as error:
        return Finding(check, "stop", f"{name} {_why(error)}", _unreached(error))
    if not service:
        return Finding(
            check,
            "stop",
            f"{name} answers, but is no HCP Terraform or Terraform Enterprise",
            "correct hostname in gate.hcl",
        )
    token, origin = find_token(name, environment)
    if not token:
        found = f"{name} answers, but there is no token for it"
        return Finding(check, "stop", found, f"{login}, or export {token_variables(name)[0]}")
    status = _ask(urljoin(service, f"organizations/{settings.organization}"), token)
    if status == 200:
        return Finding(
            check,
            "ok",
            f"{name} knows the token ({origin}) and the organization {settings.organization}",
        )
    if status == 401:
        return Finding(check, "stop", f"{name} refuses the token ({origin})", login)
    if status == 404:
        return Finding(
            check,
            "stop",
            f"{name} accepts the token ({origin}) but shows no organization "
            f"{settings.organization}",
            "correct organization in gate.hcl, or take the token of a member",
        )
    said = f"answered {status}" if status else "did not answer"
    return Finding(
        check, "stop", f"{name} {said} when asked for {settings.organization}", "try again later"
    )


def _discover(name: str) -> str:
    """Return the URL of the host's API, which ends with a slash; empty when it has none.

    https://developer.hashicorp.com/terraform/internals/remote-service-discovery (2026-11)
    """
    url = f"https://{name}/.well-known/terraform.json"
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
        services = _document(response.read(ANSWER_LIMIT).decode(), url)
        path = services.get("tfe.v2") if isinstance(services, dict) else None
        return urljoin(response.url, path) if isinstance(path, str) else ""


def _document(text: str, url: str) -> Any:
    try:
        return parse_json(text, url)
    except Unreadable as error:
        raise ValueError(str(error)) from None


def _ask(url: str, token: str) -> int:
    """Return the HTTP status of ``url``, 0 when none comes."""
    request = urllib.request.Request(url)
    # A redirect must not take the token along to wherever it leads.
    request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLError):
        why = getattr(reason, "verify_message", "") or reason
        return f"answers, but its certificate is not trusted: {why}"
    if isinstance(error, urllib.error.HTTPError):
        return f"answers {error.code} where Terraform's services should be listed"
    if isinstance(error, ValueError):
        return "answers, but not with Terraform's list of services"
    return f"cannot be reached: {getattr(reason, 'strerror', None) or reason}"


def _unreached(error: Exception) -> str:
    if isinstance(getattr(error, "reason", error), ssl.SSLError):
        return "name a file with your company's CA in SSL_CERT_FILE, which Terraform reads too"
    if isinstance(error, urllib.error.HTTPError | ValueError):
        return "correct hostname in gate.hcl"
    return "look at the network, VPN or proxy (HTTPS_PROXY), or correct hostname in gate.hcl"


def token_variables(name: str) -> list[str]:
    """Return the variables that may hold the token for the host ``name``, the usual one first.

    https://developer.hashicorp.com/terraform/cli/config/config-file#environment-variable-credentials
    (2026-11): dots become underscores, hyphens may become two.
    """
    dotted = name.replace(".", "_")
    return [f"TF_TOKEN_{dotted.replace('-', '__')}", f"TF_TOKEN_{dotted}"]


def find_token(name: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the token for the host ``name`` and where it was found; both empty when there is none.

    Variables come first, then the CLI configuration, then the file `terraform login` writes. A
    credentials helper is not asked.
    """
    for variable in token_variables(name):
        if environment.get(variable):
            return environment[variable], variable
    own = own_configuration(environment)
    if token := _in_configuration(own, name):
        return token, str(own)
    file = Path(environment.get("HOME", "~")).expanduser() / ".terraform.d/credentials.tfrc.json"
    try:
        read = read_json(file, CLI_CONFIGURATION_LIMIT)["credentials"][name]["token"]
    except (Unreadable, KeyError, TypeError):
        return "", ""
    return (read, str(file)) if isinstance(read, str) else ("", "")


def _in_configuration(file: Path, name: str) -> str:
    try:
        body, _ = hcl.parse(read_text(file, hcl.SIZE_LIMIT))
    except Unreadable:
        return ""
    for block in body.blocks:
        if (block.type, block.labels) == ("credentials", (name,)):
            for attribute in block.attributes:
                if attribute.name == "token" and isinstance(attribute.value, str):
                    return attribute.value
    return ""
