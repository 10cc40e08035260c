"""The policy set in OPA, as HCP Terraform runs it, and in rego-cpp: one query for all policies."""

import json
import os
from collections.abc import Mapping
from typing import Any, Protocol

import pytest
import regopy

from development.opa import NoOpa, Opa

Denials = dict[str, list[str]]

_ASKED = """\
package asked

import rego.v1

denials := {"exact": data.athena_gate.exact.deny, "general": data.athena_gate.general.deny}
"""


class Engine(Protocol):
    """What answers with the messages of both policies, sorted."""

    def denials(self, given: Any) -> Denials: ...


def _modules(made: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in made.items() if name.endswith(".rego")} | {
        "asked.rego": _ASKED
    }


class InOpa:
    """A policy set in OPA. Without OPA the test is skipped, and fails where CI is set."""

    def __init__(self, made: Mapping[str, str]) -> None:
        try:
            self._opa = Opa(_modules(made))
        except NoOpa as error:
            if os.environ.get("CI", "").lower() == "true":
                pytest.fail(str(error))
            pytest.skip(str(error))

    def denials(self, given: Any) -> Denials:
        found = self._opa.value("asked.denials", given)
        return {name: sorted(messages) for name, messages in found.items()}


class InRegoCpp:
    """The same in regopy, the Python package of rego-cpp."""

    def __init__(self, made: Mapping[str, str]) -> None:
        self._rego = regopy.Interpreter()
        for name, text in _modules(made).items():
            self._rego.add_module(name, text)

    def denials(self, given: Any) -> Denials:
        # As a term: what regopy 1.5.2 takes by set_input keeps the escapes of its strings.
        self._rego.set_input_term(json.dumps(given))
        output = self._rego.query("data.asked.denials")
        assert output.ok(), str(output)
        found = json.loads(str(output))["expressions"][0]
        return {name: sorted(messages) for name, messages in found.items()}
