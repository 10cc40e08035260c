"""Requests that no policy decides: those that need no permission, and those that change what is
AWS's own."""

from athena_gate.modules.iam.actions import level
from athena_gate.modules.iam.patterns import arn_matches

# Action in lower case -> kinds of callers. "No permissions are required", and a Deny changes
# nothing: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html,
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html
# (2026-11).
FREE = {
    "sts:getcalleridentity": ("root", "user", "role session", "federated user"),
    "sts:getsessiontoken": ("root", "user"),
}

_SERVICE_LINKED = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html"
)
_MANAGED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html"
_ALIASES = "https://docs.aws.amazon.com/kms/latest/developerguide/alias-create.html"
# Those that the API reference of IAM lists UnmodifiableEntity for, "Only the service that depends
# on the service-linked role can modify or delete the role", but UpdateRole and
# UpdateRoleDescription: "You can edit the description of any role" (2026-11),
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-service-linked-role.html
SERVICE_LINKED_ROLE_ACTIONS = (
    "iam:AddRoleToInstanceProfile",
    "iam:AttachRolePolicy",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:UpdateAssumeRolePolicy",
)
_SERVICE_LINKED_LOWER = frozenset(action.lower() for action in SERVICE_LINKED_ROLE_ACTIONS)
_OF_ALIASES = frozenset(("kms:createalias", "kms:deletealias", "kms:updatealias"))


def is_free(action: str, kind: str) -> bool:
    """Return whether a caller of ``kind`` can do ``action`` whatever any policy says."""
    return kind in FREE.get(action.lower(), ())


def nobody_may(action: str, resource: str) -> str | None:
    """Return why nobody can do ``action`` on ``resource``, with AWS's page; None if somebody can.

    AWS's managed policies cannot be changed, service-linked roles only by their service, and the
    names of AWS's key aliases are reserved (pages read 2026-11).
    """
    action = action.lower()
    if action.startswith("iam:"):
        if arn_matches("arn:*:iam::aws:policy/*", resource):
            if level(action) not in ("Read", "List", None):
                return f"an AWS managed policy is changed by AWS alone ({_MANAGED})"
        elif action in _SERVICE_LINKED_LOWER and arn_matches(
            "arn:*:iam::*:role/aws-service-role/*", resource
        ):
            return f"a service-linked role is changed by its service alone ({_SERVICE_LINKED})"
    elif action in _OF_ALIASES and arn_matches("arn:*:kms:*:*:alias/aws/*", resource):
        return f"aliases that begin with alias/aws/ are AWS's ({_ALIASES})"
    return None
