"""The command `gate rule`."""

import json
from typing import Annotated

import typer

from athena_gate.gate.console import fail


def rule(
    code: Annotated[
        str | None, typer.Argument(help="The code, as in GATE601, or its name.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Explain a finding of gate check: why it is one, and what to do. Without CODE, list all."""
    from dataclasses import asdict

    from athena_gate.gate.rule.text import one, table
    from athena_gate.modules.files import visible
    from athena_gate.modules.rules import rules

    if code is None:
        shown = list(rules().values())
        print(json.dumps([asdict(found) for found in shown], indent=2) if as_json else table(shown))
        return
    wanted = code.strip("[]").lower()
    found = next((r for r in rules().values() if wanted in (r.code.lower(), r.name)), None)
    if found is None:
        fail(2, f"no rule {visible(code, 40)}; gate rule lists them")
    print(json.dumps(asdict(found), indent=2) if as_json else one(found))
