"""What has a stack's tag, and nobody asks for: of a run that was cut short before the block was
changed, say. Only what holds nothing is deleted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from athena_gate.gate.recover.account import Account, NotAllowed, tagged
from athena_gate.gate.recover.wanted import Place

# Of the kinds that a stack makes, those that the tagging API lists and that may be empty, 2026-11:
# https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
_TYPES = ("s3", "athena:workgroup", "logs:log-group")
_KINDS = {"s3": "bucket", "athena": "workgroup", "logs": "log group"}


@dataclass(frozen=True, slots=True)
class Leftover:
    """A thing that has the stack's tag: what it is, its name and place, whether it is empty."""

    kind: str
    name: str
    place: Place
    empty: bool


def leftovers(account: Account, tag: str) -> list[Leftover]:
    """Return what in ``account`` has the ``tag`` of a stack. Raises ``NotAllowed``."""
    found = []
    for arn in tagged(account, tag, _TYPES):
        service, resource = arn.split(":", 5)[2::3]
        if kind := _KINDS.get(service):
            name = resource.removeprefix("workgroup/").removeprefix("log-group:").removesuffix(":*")
            found.append(Leftover(kind, name, account.place, _EMPTY[kind](account, name)))
    return found


def delete(account: Account, one: Leftover) -> None:
    """Delete ``one``, which was empty when it was looked at. Raises ``NotAllowed``, also where it
    holds something by now: AWS itself refuses that of buckets alone."""
    if not _EMPTY[one.kind](account, one.name):
        raise NotAllowed("it holds something by now")
    service, call, argument = _DELETED[one.kind]
    account.ask(service, call, **{argument: one.name})


_DELETED = {
    "bucket": ("s3", "delete_bucket", "Bucket"),
    "workgroup": ("athena", "delete_work_group", "WorkGroup"),
    "log group": ("logs", "delete_log_group", "logGroupName"),
}


def _bucket(account: Account, name: str) -> bool:
    held = account.ask("s3", "list_object_versions", Bucket=name, MaxKeys=1) or {}
    return not held.get("Versions") and not held.get("DeleteMarkers")


def _workgroup(account: Account, name: str) -> bool:
    # A workgroup with a history is refused by AWS, and has one for 45 days.
    held = account.ask("athena", "list_query_executions", WorkGroup=name, MaxResults=1) or {}
    return not held.get("QueryExecutionIds")


def _log_group(account: Account, name: str) -> bool:
    held = account.ask("logs", "describe_log_streams", logGroupName=name, limit=1) or {}
    return not held.get("logStreams")


_EMPTY: Mapping[str, Callable[[Account, str], bool]] = {
    "bucket": _bucket,
    "workgroup": _workgroup,
    "log group": _log_group,
}
