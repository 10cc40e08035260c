"""Who may take the role of a deploy: the trust policies for pipelines, as their pages have them."""

import re
from typing import Literal

from athena_gate.gate.deployer.record import Phase
from athena_gate.modules.account import Account
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement

Platform = Literal["github", "gitlab", "hcp"]

# What names the pipeline, as the user writes it.
FORMS: dict[Platform, str] = {
    "github": "OWNER/REPOSITORY",
    "gitlab": "GROUP/PROJECT",
    "hcp": "ORGANIZATION/PROJECT",
}
# Nothing that a policy compares otherwise than by the letter.
_PART = r"[A-Za-z0-9_. @-]+"
_NAME = {
    "github": re.compile(rf"{_PART}/{_PART}"),
    "gitlab": re.compile(rf"{_PART}(/{_PART})+"),
    "hcp": re.compile(rf"{_PART}/{_PART}"),
}


# What any job of a GitLab project may ask its token for, as those that plan do.
_ANY_JOB = "sts.amazonaws.com"
_AUDIENCE = re.compile(r"[A-Za-z0-9_.:/-]{16,}")


def trust(
    platform: Platform, name: str, account: Account, phase: Phase, audience: str | None = None
) -> Policy:
    """Return who may take the role of ``phase`` in ``account``: jobs of the pipeline ``name``.

    GitLab's tokens do not say which environment their job is of, so for the role that applies it is
    their ``audience``, which only jobs of the protected environment know.

    https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws,
    https://docs.gitlab.com/ci/cloud_services/aws/ and
    https://developer.hashicorp.com/terraform/cloud-docs/dynamic-provider-credentials/aws-configuration
    (2026-11). Raises ``ValueError`` for a name or an audience of another form.
    """
    if (platform, phase) == ("gitlab", "apply") and audience is None:
        raise ValueError(
            "gitlab: the role that applies needs --audience too, the text of the variable "
            "APPLY_AUDIENCE: the subject of a token does not say which environment it is for"
        )
    if audience is not None and (platform, phase) != ("gitlab", "apply"):
        raise ValueError(f"{platform}: takes no --audience to {phase}")
    if audience is not None and (not _AUDIENCE.fullmatch(audience) or audience == _ANY_JOB):
        raise ValueError(
            "gitlab: --audience: expected 16 letters, digits and _ . : / - or more, that nobody "
            "can guess"
        )
    if not _NAME[platform].fullmatch(name):
        raise ValueError(f"{name!r}: expected {FORMS[platform]}, without * and ?")
    if platform == "github":
        issuer, meant = "token.actions.githubusercontent.com", "sts.amazonaws.com"
        operator = "StringEquals"
        subjects: tuple[str, ...] = (
            (f"repo:{name}:environment:aws-{account.id}",)
            if phase == "apply"
            else (f"repo:{name}:pull_request", f"repo:{name}:ref:refs/heads/main")
        )
    elif platform == "gitlab":
        issuer, meant = "gitlab.com", audience or _ANY_JOB
        operator = "StringEquals" if phase == "apply" else "StringLike"
        branch = "main" if phase == "apply" else "*"
        subjects = (f"project_path:{name}:ref_type:branch:ref:{branch}",)
    else:
        issuer, meant = "app.terraform.io", "aws.workload.identity"
        operator = "StringLike"
        organization, project = name.split("/")
        run = f"workspace:*:run_phase:{phase}"
        subjects = (f"organization:{organization}:project:{project}:{run}",)
    arns = account.arns
    conditions = [
        Condition("StringEquals", f"{issuer}:aud", (meant,)),
        Condition(operator, f"{issuer}:sub", subjects),
    ]
    if (platform, phase, arns.partition) == ("github", "apply", "aws"):
        # Whatever branches the environment lets in. Of other partitions nothing is said:
        # https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/
        # (2026-11).
        conditions.append(Condition("StringEquals", f"{issuer}:ref", ("refs/heads/main",)))
    provider = f"arn:{arns.partition}:iam::{account.id}:oidc-provider/{issuer}"
    return Policy(
        (
            Statement(
                "Allow",
                sid="Pipeline",
                why=f"Jobs that {phase}, and no others.",
                principals=(Principal("Federated", provider),),
                actions=("sts:AssumeRoleWithWebIdentity",),
                conditions=tuple(conditions),
            ),
        )
    )
