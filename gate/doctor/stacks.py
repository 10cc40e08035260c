"""What runs that were cut short have left of the stacks: what `gate recover` would mend."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from athena_gate.gate.doctor.finding import Finding
from athena_gate.gate.recover import Recovery, Refused, examine, made_by_hand
from athena_gate.gate.recover.account import Account
from athena_gate.gate.recover.account import account as account_of
from athena_gate.gate.recover.text import verdict
from athena_gate.gate.recover.wanted import Place, wanted
from athena_gate.gate.synth.output import Shared, output_folder
from athena_gate.gate.text import counted
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable
from athena_gate.stacks.backends import CloudBackend
from athena_gate.stacks.configuration import Configuration
from athena_gate.stacks.expected import expected_json

_SIDE_BY_SIDE = 8


def stacks(configuration: Configuration) -> list[Finding]:
    """Return a finding for each stack of ``configuration`` in whose way something stands, and one
    for all others. Stacks that cannot be looked at from here are not mentioned: the checks of the
    backend and of the accounts say why."""
    if isinstance(configuration.backend, CloudBackend):
        # Runs there are not cut short from here.
        return []
    try:
        output = output_folder(os.environ)
    except (Shared, Unreadable) as error:
        return [Finding("stacks", "note", str(error))]
    blocks = [
        block
        for block in configuration.blocks
        if not any(account.hcp_credentials for account in block.settings.accounts)
    ]
    adopted = made_by_hand(blocks)
    contents = {one.stack: expected_json(one, configuration.backend) for one in blocks}
    accounts: dict[Place, Account] = {}
    for place in {one.place for content in contents.values() for one in wanted(content)}:
        with suppress(Refused):
            accounts[place] = account_of(place)

    def look(stack: str) -> Recovery | None:
        content = contents[stack]
        if not {one.place for one in wanted(content)} <= accounts.keys():
            return None
        with suppress(Refused):
            return examine(stack, output / "stacks" / stack, content, accounts, adopted)
        return None

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        looked = [one for one in pool.map(look, contents) if one]
    found = [_finding(one) for one in looked if one.stops or one.unseen or one.state.tainted]
    fine = sum(not one.stops and not one.unseen for one in looked)
    if fine:
        said = f"{counted(fine, 'stack')}: no run has left what would stop the next"
        found.insert(0, Finding("stacks", "ok", said))
    return found


def _finding(found: Recovery) -> Finding:
    check = f'stack "{found.stack}"'
    if found.stops:
        return Finding(check, "stop", verdict(found), f"run `{to_run(f'recover {found.stack}')}`")
    if found.state.tainted:
        number = counted(len(found.state.tainted), "resource")
        return Finding(check, "note", f"{number} will be made anew: a run could not finish them")
    more = f" and {len(found.unseen) - 1} more" if len(found.unseen) > 1 else ""
    return Finding(check, "note", f"not all could be looked at: {found.unseen[0]}{more}")
