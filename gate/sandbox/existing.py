"""What a configuration takes for granted, for the embedded AWS to have from the start."""

from collections.abc import Iterator

from athena_gate.modules.existing import Existing
from athena_gate.modules.iam.arn import bucket, partition_of
from athena_gate.stacks.backends import S3Backend
from athena_gate.stacks.configuration import Configuration


def taken_for_granted(configuration: Configuration, own_account: str) -> list[Existing]:
    """Return the roles, users, managed policies, buckets and workgroups that ``configuration``
    names and none of its blocks makes, each once, in the order of the file.

    ``own_account`` is where credentials work that assume no role, such as those for the bucket of
    the states. Not among them: KMS keys, Glue databases, DynamoDB tables and images, which nothing
    asks for in plan, apply or destroy.
    """
    made = set(_made(configuration))
    named = [
        *_accounts(configuration),
        *_backend(configuration, own_account),
        *_blocks(configuration),
    ]
    found: dict[tuple[str, str, str], Existing] = {}
    for one in named:
        identity = _identity(one)
        if identity not in made:
            # A name alone (role_name) and an ARN may mean one role; the ARN knows its path.
            found[identity] = max(found.get(identity, one), one, key=lambda it: len(it.arn))
    return list(found.values())


def _accounts(configuration: Configuration) -> Iterator[Existing]:
    for account in configuration.accounts.values():
        if account.assume_role:
            yield Existing.of(account, account.assume_role)


def _backend(configuration: Configuration, own_account: str) -> Iterator[Existing]:
    backend = configuration.backend
    if not isinstance(backend, S3Backend):
        return
    account = own_account
    if backend.assume_role:
        account = backend.assume_role.split(":")[4]
        yield Existing(backend.assume_role, account, backend.region)
    state = bucket(partition_of(backend.region), backend.bucket)
    yield Existing(state, account, backend.region)


def _blocks(configuration: Configuration) -> Iterator[Existing]:
    for block in configuration.blocks:
        yield from block.settings.existing


_NAMED = {
    "aws_athena_workgroup": "workgroup",
    "aws_iam_policy": "policy",
    "aws_iam_role": "role",
    "aws_iam_user": "user",
}


def _made(configuration: Configuration) -> Iterator[tuple[str, str, str]]:
    """Yield what blocks make: one block's role may be another one's reader."""
    for block in configuration.blocks:
        settings = block.settings
        for name in settings.made_buckets:
            yield "bucket", "", name
        for one in block.integration.resources(settings):
            if one.type in _NAMED:
                for account in settings.accounts:
                    yield _NAMED[one.type], account.id, one.arguments["name"]


def _identity(existing: Existing) -> tuple[str, str, str]:
    service, resource = existing.arn.split(":")[2], existing.arn.split(":", 5)[5]
    if service == "s3":
        return "bucket", "", resource
    return resource.split("/")[0], existing.account, resource.rsplit("/", 1)[1]
