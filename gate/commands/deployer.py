"""`gate deployer` on the command line: the rights that Terraform itself needs."""

import json
import sys
from typing import Annotated, Any, get_args

import typer

from athena_gate.gate.console import fail, load, tell
from athena_gate.modules.files import visible


def deployer(
    context: typer.Context,
    plan: Annotated[bool, typer.Option("--plan", help="What planning takes: only reads.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="What applying and destroying take; the default.")
    ] = False,
    account: Annotated[
        str | None, typer.Option(help="The account's name; by default the only one.")
    ] = None,
    trust: Annotated[
        str | None,
        typer.Option(
            help="Print the role's trust policy too: github:OWNER/REPOSITORY, "
            "gitlab:GROUP/PROJECT or hcp:ORGANIZATION/PROJECT.",
            metavar="PLATFORM:NAME",
        ),
    ] = None,
    audience: Annotated[
        str | None,
        typer.Option(help="With --apply --trust gitlab:...: the text of APPLY_AUDIENCE."),
    ] = None,
) -> None:
    """Print the policies that planning, or applying, this gate.hcl takes, and no more, as JSON.

    From the calls that the AWS provider makes, by type of resource, name and region. Each policy
    is small enough for a managed one. Exit code 2 for wrong usage.
    """
    from athena_gate.gate.deployer import deployer as policies_of
    from athena_gate.gate.deployer.record import Phase
    from athena_gate.gate.deployer.trusts import FORMS, Platform
    from athena_gate.gate.deployer.trusts import trust as trust_of

    if plan and apply:
        fail(2, "--plan and --apply print different policies; choose one")
    configuration = load(context.obj)
    known = configuration.accounts
    if account is None and len(known) > 1:
        fail(2, f"--account is needed; allowed: {', '.join(map(visible, known))}")
    if account is not None and account not in known:
        fail(2, f"no account is called {account!r}; allowed: {', '.join(map(visible, known))}")
    chosen = known[account] if account else next(iter(known.values()))
    phase: Phase = "plan" if plan else "apply"
    policies = policies_of(configuration, chosen, phase)
    if not policies:
        tell(f"gate: note: nothing is made in {chosen.name}", sys.stderr)
    documents = [one.document() for one in policies]
    content: dict[str, Any] = {"account": chosen.id, "for": phase, "policies": documents}
    if audience is not None and trust is None:
        fail(2, "--audience is for a trust policy; add --trust gitlab:GROUP/PROJECT")
    if trust is not None:
        platform, _, name = trust.partition(":")
        forms = " or ".join(f"{one}:{form}" for one, form in FORMS.items())
        if platform not in get_args(Platform):
            fail(2, f"--trust {trust!r}: expected {forms}")
        try:
            found = trust_of(platform, name, chosen, phase, audience)  # type: ignore[arg-type]
            content["trust"] = found.document()
        except ValueError as error:
            fail(2, f"--trust {error}")
    print(json.dumps(content, indent=2))
