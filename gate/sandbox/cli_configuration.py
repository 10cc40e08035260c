"""Terraform's CLI configuration in the sandbox: where providers come from, and no credentials.

Without TF_CLI_CONFIG_FILE, Terraform reads ~/.terraformrc and the files in ~/.terraform.d, among
them the tokens of `terraform login`; with it, that file alone (measured with 1.11.4; see
https://developer.hashicorp.com/terraform/cli/config/config-file#locations, 2026-11).
"""

import json
import re
from collections.abc import Mapping

from athena_gate.gate.terraform import CLI_CONFIGURATION_LIMIT, own_configuration
from athena_gate.modules.files import Unreadable, parse_json, read_text
from athena_gate.stacks.backends import HCP_TERRAFORM

# The settings that are passed on. Everything else is not, such as credentials,
# credentials_helper and host.
PASSED_ON = (
    "disable_checkpoint",
    "disable_checkpoint_signature",
    "plugin_cache_dir",
    "plugin_cache_may_break_dependency_lock_file",
    "provider_installation",
)

# A host whose services stand here is not asked for them, and this one has none: Terraform says
# "Host app.terraform.io does not provide a tfe service", and nothing leaves (measured with 1.11.4).
_NO_HCP_TERRAFORM = f'host "{HCP_TERRAFORM}" {{\n  services = {{}}\n}}\n'

_TOKEN = re.compile(
    r"""\s+ | \#[^\n]* | //[^\n]* | /\*.*?\*/       # nothing
      | (?P<text>"(?:\\.|[^"\\\n])*")
      | (?P<word>[\w.-]+)
      | (?P<sign>[={}\[\],])""",
    re.VERBOSE | re.DOTALL,
)
_CLOSED_BY = {"{": "}", "[": "]"}


class NotReadable(ValueError):
    """A CLI configuration that cannot be taken apart; the message says which and what to do."""


def without_credentials(environment: Mapping[str, str]) -> str:
    """Return what Terraform's CLI configuration in ``environment`` says of providers, as the text
    of a CLI configuration in which HCP Terraform is no host that Terraform could ask.

    A file that does not exist says nothing. Raises ``NotReadable``.
    """
    own = own_configuration(environment)
    files = [own]
    if not environment.get("TF_CLI_CONFIG_FILE"):
        files += sorted((own.parent / ".terraform.d").glob("*.tfrc"))
    texts = []
    for file in files:
        try:
            text = read_text(file, CLI_CONFIGURATION_LIMIT) if file.is_file() else ""
            if text.lstrip().startswith("{"):
                return _json_passed_on(text)
            texts.append(_passed_on(text))
        except (Unreadable, ValueError) as error:
            raise NotReadable(
                f"{file}, Terraform's CLI configuration, cannot be taken over without its "
                f"credentials ({error}); name another file with TF_CLI_CONFIG_FILE"
            ) from None
    return "".join([*texts, _NO_HCP_TERRAFORM])


def _json_passed_on(text: str) -> str:
    found = parse_json(text, "JSON")
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    kept = {name: found[name] for name in PASSED_ON if name in found}
    return json.dumps({**kept, "host": {HCP_TERRAFORM: {"services": {}}}})


def _passed_on(text: str) -> str:
    """Return the items of ``text`` (HCL 1) that are passed on, as they are written."""
    tokens = _tokens(text)
    kept, at = [], 0
    while at < len(tokens):
        name, start = tokens[at][0].strip('"'), tokens[at][1]
        at += 1
        if at < len(tokens) and tokens[at][0] == "=":
            at += 1
        else:
            # The labels of a block.
            while at < len(tokens) and tokens[at][0] not in "={}[],":
                at += 1
            if at < len(tokens) and tokens[at][0] != "{":
                raise ValueError(f"{name!r} is neither a block nor a value")
        at = _after_value(tokens, at)
        if name in PASSED_ON:
            kept.append(text[start : tokens[at - 1][2]] + "\n")
    return "".join(kept)


def _after_value(tokens: list[tuple[str, int, int]], at: int) -> int:
    """Return where the tokens go on after a word, a text, or all of what a bracket opens."""
    open_brackets: list[str] = []
    for position in range(at, len(tokens)):
        sign = tokens[position][0]
        if sign in _CLOSED_BY:
            open_brackets.append(_CLOSED_BY[sign])
        elif sign in _CLOSED_BY.values() and (not open_brackets or open_brackets.pop() != sign):
            break
        if not open_brackets:
            return position + 1
    raise ValueError("a bracket is missing")


def _tokens(text: str) -> list[tuple[str, int, int]]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            line = text.count("\n", 0, at) + 1
            raise ValueError(f"line {line} is not understood")
        if match.lastgroup:
            found.append((match.group(), match.start(), match.end()))
        at = match.end()
    return found
