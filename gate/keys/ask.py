"""Asks AWS and the state for the access keys of a block."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore import exceptions as aws_errors

from athena_gate.gate.doctor.aws import Refused, caller, client
from athena_gate.gate.keys import Key, Keys, from_aws
from athena_gate.gate.keys.state import key_ids
from athena_gate.modules.command_line import to_run
from athena_gate.stacks.configuration import ConfiguredBlock

USER = "aws_iam_user"


class NoAnswer(Exception):
    """AWS cannot be asked, or does not answer; the message says why and what to do."""


class NoKeys(Exception):
    """The block has no access keys; the message says so."""


def user_of(block: ConfiguredBlock) -> str:
    """Return the name of the user whose access keys ``block`` makes. Raises ``NoKeys``."""
    if getattr(block.settings, "keys", None) is None:
        raise NoKeys(f"{block.title} has no keys {{}}: nothing is to be rotated")
    return next(
        str(one.arguments["name"])
        for one in block.integration.resources(block.settings)
        if one.type == USER
    )


def iam_of(block: ConfiguredBlock) -> Any:
    """Return a client of IAM in the account of ``block``. Raises ``NoAnswer``."""
    account = block.settings.accounts[0]
    try:
        found = caller(account.region, account.assume_role)
    except Refused as error:
        raise NoAnswer(f"AWS cannot be asked: {error.found}; {error.next}") from None
    if found.account != account.id:
        raise NoAnswer(
            f"the credentials are those of account {found.account}, and {block.title} is in "
            f"{account.id}; export AWS_PROFILE of a profile there"
        )
    return client(found.session, "iam", account.region)


def keys_of(block: ConfiguredBlock, folder: Path, environment: Mapping[str, str], iam: Any) -> Keys:
    """Return the access keys of ``block``, whose stack is in ``folder``, as ``iam`` and the state
    have them. Raises ``NoKeys``, ``NoState`` and ``NoAnswer``."""
    user = user_of(block)
    state = key_ids(block.stack, folder, environment)
    with answering():
        return keys_in(block, from_aws(iam, user, state), state)


def keys_in(block: ConfiguredBlock, found: tuple[Key, ...], state: Mapping[str, str]) -> Keys:
    """Return the access keys of ``block``, where AWS has ``found`` and the state ``state``."""
    settings = block.settings.keys
    adopted = getattr(block.settings, "adopted", None)
    return Keys(
        block.stack,
        user_of(block),
        block.settings.accounts[0].id,
        found,
        settings.generations,
        state,
        settings.max_age_days,
        by_hand=bool(adopted and adopted.user),
    )


@contextmanager
def answering() -> Iterator[None]:
    """Have what AWS refuses be ``NoAnswer``."""
    try:
        yield
    except aws_errors.ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no reason given")
        if "Denied" not in code and "NotAuthorized" not in code:
            # Too many calls, say, or credentials that have ended.
            raise NoAnswer(
                f"AWS answered {code} to {error.operation_name}; run it again, or see "
                f"{to_run('doctor')}"
            ) from None
        raise NoAnswer(
            f"AWS answered {code} to {error.operation_name}; the credentials need iam:"
            f"{error.operation_name} on the user"
        ) from None
    except aws_errors.BotoCoreError as error:
        raise NoAnswer(f"AWS does not answer: {error}; see {to_run('doctor')}") from None
