"""What others must do, in the parts that several integrations share: statements that the policies of
buckets and keys of other accounts need, and what must exist already.

Both sides must allow a request across accounts:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
(2026-11).
"""

from athena_gate.modules.iam.arn import account_of
from athena_gate.modules.iam.policy import Policy, Principal, Statement
from athena_gate.modules.iam.todo import ToDo
from athena_gate.modules.lake_formation import LakeGrant

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


def role_of_another_account(role: str, account: str, taken: str) -> tuple[ToDo, ...]:
    """Return that ``role``, an ARN, must be allowed to take the role ``taken`` by its own policies;
    nothing where it is in ``account``, whose trust policy is enough.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html (2026-11)
    """
    owner = account_of(role)
    if owner == account or not owner:
        return ()
    return (
        ToDo(
            "take-role",
            f"account {owner}",
            f"the policies of {called(role)} let it take {called(taken)}: sts:AssumeRole on {taken}",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html",
            by=role,
        ),
    )


def lake_formation(grants: tuple[LakeGrant, ...], account: str) -> tuple[ToDo, ...]:
    """Return that whoever administers Lake Formation in ``account`` must make ``grants``."""
    return tuple(
        ToDo(
            "lake-formation",
            f"a data lake administrator of account {account}",
            f"Lake Formation gives {called(grant.principal)} {grant.says}",
            "https://docs.aws.amazon.com/lake-formation/latest/dg/granting-catalog-permissions.html",
            by=grant.principal,
        )
        for grant in grants
    )
