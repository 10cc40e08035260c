"""What others must do, in the parts that several integrations share: statements that the policies
of buckets and keys of other accounts need, and what must exist already.

Both sides must allow a request across accounts:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
(2026-11).
"""

from athena_gate.modules.account import Account
from athena_gate.modules.athena import alarm
from athena_gate.modules.athena.alarm import Watched
from athena_gate.modules.athena.settings import Results
from athena_gate.modules.iam.arn import account_of
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from athena_gate.modules.iam.todo import ToDo

# What a bucket of another account needs, and its key (2026-11).
CROSS_ACCOUNT = "https://docs.aws.amazon.com/athena/latest/ug/cross-account-permissions.html"


def called(arn: str) -> str:
    """Return ``the role dot-reporting`` for its ARN."""
    kind, _, name = arn.split(":", 5)[5].partition("/")
    return f"the {kind} {name.rpartition('/')[2]}"


def of_resource(
    name: str, says: str, page: str, resource: str, account: str, statements: tuple[Statement, ...]
) -> ToDo:
    """Return that ``account`` must add ``statements`` to the policy of its ``resource``."""
    return ToDo(name, f"account {account}", says, page, resource, Policy(statements))


def named(arn: str) -> tuple[Principal, ...]:
    """Return the user or role ``arn`` as the principal of a policy."""
    return (Principal("AWS", arn),)


# These were read 2026-11.
_TAKE_ROLE = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html"
)
MANAGED = "https://docs.aws.amazon.com/athena/latest/ug/managed-results.html"
_WORKGROUPS = "https://docs.aws.amazon.com/athena/latest/ug/workgroups-create-update-delete.html"
_TOPIC = "https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html"
_TOPIC_KEY = "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"


def workgroup_of_others(
    account: Account, name: str, results: Results, location: str | None, watched: Watched | None
) -> tuple[ToDo, ...]:
    """Return how the workgroup ``name`` of ``account`` must be set, which is not made here."""
    if results.managed:
        set_to = "keeps results in Athena (managed query results)"
        if results.kms_key:
            set_to += f", encrypted with {results.kms_key}"
    else:
        set_to = f"writes results to {location}, or lets clients say so"
    metrics = ", and publishes its metrics to CloudWatch" if watched else ""
    return (
        ToDo(
            "workgroup",
            f"account {account.id}",
            f"workgroup {name} exists in {account.region}, {set_to}{metrics}",
            MANAGED if results.managed else _WORKGROUPS,
            by=account.arns.workgroup(name),
        ),
    )


def managed_results(
    account: Account, workgroup: str, key: str | None, client: str, caller: str
) -> tuple[ToDo, ...]:
    """Return what managed results ask of the ``client`` and of the policy of their ``key``, which
    ``caller`` (an ARN) uses."""
    found = [
        ToDo(
            "results-location",
            client,
            f"{client} names no location of results: Athena refuses one beside managed results",
            MANAGED,
        )
    ]
    if key:
        arn = account.arns.workgroup(workgroup)
        context = Condition("ArnLike", "kms:EncryptionContext:aws:athena:arn", (arn,))
        statements = [
            Statement(
                "Allow",
                sid="AthenaManagedResults",
                principals=(Principal("Service", "encryption.athena.amazonaws.com"),),
                actions=("kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"),
                resources=(key,),
                conditions=(
                    context,
                    Condition("ArnLike", "aws:SourceArn", (arn,)),
                    Condition("StringEquals", "aws:SourceAccount", (account.id,)),
                ),
            )
        ]
        if account_of(key) != account.id:
            statements.append(
                Statement(
                    "Allow",
                    sid="AthenaManagedResultsOfTheirs",
                    principals=named(caller),
                    actions=("kms:Decrypt", "kms:GenerateDataKey"),
                    resources=(key,),
                    conditions=(context,),
                )
            )
        says = f"the policy of {key} lets Athena encrypt the results of workgroup {workgroup}"
        found.append(
            of_resource("results-key", says, MANAGED, key, account_of(key), tuple(statements))
        )
    return tuple(found)


def told(watched: Watched | None) -> tuple[ToDo, ...]:
    """Return what the topic of alarms needs that is not made here, and the key of one that is."""
    if watched is None:
        return ()
    topic, key = watched.topic, watched.alarm.kms_key
    if watched.alarm.topic:
        says = f"the policy of {topic} lets CloudWatch tell it of {watched.name}'s alarms"
        policy = watched.publish().statements
        return (of_resource("topic", says, _TOPIC, topic, account_of(topic), policy),)
    found = (ToDo("subscribers", "you", f"somebody subscribes to {topic}", alarm.PAGE, by=topic),)
    if not key:
        return found
    says = f"the policy of {key} lets CloudWatch use it for {topic}"
    policy = watched.encrypt().statements
    return (*found, of_resource("topic-key", says, _TOPIC_KEY, key, account_of(key), policy))


def role_of_another_account(role: str, account: str, taken: str) -> tuple[ToDo, ...]:
    """Return that ``role``, an ARN, must be allowed to take the role ``taken`` by its own policies;
    nothing where it is in ``account``, whose trust policy is enough.

    """
    owner = account_of(role)
    if owner == account or not owner:
        return ()
    return (
        ToDo(
            "take-role",
            f"account {owner}",
            f"the policies of {called(role)} let it take {called(taken)}: sts:AssumeRole on "
            f"{taken}",
            _TAKE_ROLE,
            by=role,
        ),
    )
