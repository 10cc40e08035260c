"""Access keys that would stop a deploy, or that somebody should know of."""

import os
from collections.abc import Iterator
from typing import Any

from botocore import exceptions as aws_errors

from athena_gate.gate.doctor.finding import Finding
from athena_gate.gate.keys import MOST, from_aws
from athena_gate.gate.keys.ask import keys_in, user_of
from athena_gate.gate.keys.state import NoState, key_ids
from athena_gate.gate.synth.output import Shared, output_folder
from athena_gate.modules import clock
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable
from athena_gate.stacks.configuration import ConfiguredBlock


def findings(block: ConfiguredBlock, iam: Any) -> Iterator[Finding]:
    """Yield what ``iam``, a client, shows of the access keys of ``block``; nothing where they are
    as they should be, or where IAM does not answer."""
    check = f"keys of {block.stack}"
    try:
        state = _state(block)
        found = from_aws(iam, user_of(block), state or {})
    except (aws_errors.ClientError, aws_errors.BotoCoreError, NoState):
        return
    except (Shared, Unreadable, OSError):
        # Of the output folder and of Terraform, which is not installed, other checks speak.
        return
    wanted = block.settings.keys.generations
    if state is None:
        if len(found) > len(wanted):
            text = f"the user has {len(found)} access keys, gate.hcl has {len(wanted)} of them"
            yield Finding(check, "note", text, to_run(f"keys {block.stack}"))
        return
    keys = keys_in(block, found, state)
    to_make = [name for name in wanted if name not in state]
    for one in keys.problems(clock.now()):
        stops = one.code == "GATE633" and to_make and len(found) + len(to_make) > MOST
        why = f"; AWS makes no third key for generation {to_make[0]}" if stops else ""
        yield Finding(
            check,
            "stop" if stops else "note",
            f"{one.field}: {one.text}{why} [{one.code}]",
            to_run(f"keys {block.stack}"),
        )


def _state(block: ConfiguredBlock) -> dict[str, str] | None:
    """Return the key ids in the state of ``block``; None where no state was asked for yet, which
    would have Terraform fetch the provider."""
    folder = output_folder(os.environ) / "stacks" / block.stack
    if not (folder / ".terraform").is_dir():
        return None
    return key_ids(block.stack, folder, os.environ)
