"""What others must do before the connector can be queried: the readers' roles, and the buckets that
results go to."""

from collections.abc import Iterator

from athena_gate.modules.athena import todo as parts
from athena_gate.modules.dynamodb_connector.policies import access, connector_access
from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings
from athena_gate.modules.iam.todo import Rests, ToDo

_ATTACH = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html"
)

_VPC = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html"


def todo(settings: DynamodbConnectorSettings) -> tuple[ToDo, ...]:
    """Return what stands outside of the stack and must be so."""
    place = settings.readers_place
    who = settings.readers or (place.account.id,)
    keys = (place.results.kms_key,)
    return (
        *_readers(settings),
        *parts.elsewhere(place.account, place.owners, keys, access(settings), who),
        *_owners_results(settings),
        *_table_keys(settings),
        *_network(settings),
    )


def _table_keys(settings: DynamodbConnectorSettings) -> Iterator[ToDo]:
    """Yield what must be so of tables' keys that are another account's."""
    if not settings.table_keys:
        return
    role = settings.owner.arns.role(settings.resource_name, settings.path)
    granted = connector_access(settings)
    yield from parts.elsewhere(settings.owner, {}, settings.keys_of_tables, granted, (role,))


def _network(settings: DynamodbConnectorSettings) -> tuple[ToDo, ...]:
    """Return where the function's network must lead to."""
    if settings.vpc is None:
        return ()
    verb = "leads" if len(settings.vpc.subnets) == 1 else "lead"
    role = settings.owner.arns.role(settings.resource_name, settings.path)
    says = (
        f"{', '.join(settings.vpc.subnets)} {verb} to DynamoDB, S3 and Athena, by endpoints whose "
        f"policies let {parts.called(role)} in or by "
        "NAT, and the security groups let HTTPS out"
    )
    owner = settings.owner.id
    rests = (Rests(("dynamodb:*", "s3:*", "athena:*"), by=role),)
    return (ToDo("vpc", parts.owner_of(owner), says, _VPC, owner, rests=rests),)


def _readers(settings: DynamodbConnectorSettings) -> tuple[ToDo, ...]:
    account = settings.readers_place.account.id
    if settings.readers and settings.attach_policy:
        return tuple(
            ToDo(
                "role",
                "you",
                f"{parts.called(arn)} exists in account {account}",
                _ATTACH,
                by=arn,
                rests=(Rests(("*",), by=arn),),
            )
            for arn in settings.readers
        )
    roles = " and ".join(map(parts.called, settings.readers)) or "a role that queries"
    says = f"the policy {settings.readers_policy} of account {account} is attached to {roles}"
    policy = settings.readers_place.account.arns.policy(settings.readers_policy, settings.path)
    rests = (Rests(("*",), by=policy),)
    by = next(iter(settings.readers), "")
    return (ToDo("attach", "you", says, _ATTACH, by=by, rests=rests),)


def _owners_results(settings: DynamodbConnectorSettings) -> tuple[ToDo, ...]:
    """Return what must be so of the owner's own results, where they go to another account: no
    policy of this block's is for those who query there."""
    place = settings.owner_place
    if not settings.shared:
        return ()
    return tuple(
        ToDo(
            "bucket",
            parts.owner_of(owner),
            f"the policy of bucket {bucket} lets those of account {place.account.id} who query in "
            f"the workgroup {place.resource_name} read and write it",
            parts.BUCKETS,
            owner,
        )
        for bucket, owner in place.owners.items()
    )
