"""`gate deployer`: the rights that planning, or applying and destroying, this gate.hcl takes."""

from collections.abc import Iterable, Iterator, Mapping

from athena_gate.gate.deployer.places import Made, made
from athena_gate.gate.deployer.record import PASSES, Phase, permissions
from athena_gate.modules.account import Account
from athena_gate.modules.iam import actions as aws
from athena_gate.modules.iam.arn import Arns
from athena_gate.modules.iam.policy import MANAGED_POLICY_LIMIT, Condition, Policy, Statement
from athena_gate.stacks.backends import S3Backend
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock

_TAG = "athena-gate"
# Where a permissions boundary is set or taken away, or what it bounds is widened:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html (2026-11).
_BOUNDED = frozenset(
    {
        "iam:AttachRolePolicy",
        "iam:AttachUserPolicy",
        "iam:CreateRole",
        "iam:CreateUser",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:PutUserPermissionsBoundary",
    }
)
_ATTACHES = frozenset(
    f"iam:{verb}{kind}Policy" for verb in ("Attach", "Detach") for kind in ("Role", "User")
)
# The role that CloudFormation makes for an application has the boundary of its parameter, and one
# policy of AWS: https://github.com/awslabs/aws-athena-query-federation, athena-dynamodb.yaml
# (2026-11).
_APPLICATION = "aws_serverlessapplicationrepository_cloudformation_stack"
_OF_APPLICATION = "iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
# A key has no name of ours; the tag tells those that this project makes.
_OF_KEYS_MADE_HERE = Condition("Null", f"aws:ResourceTag/{_TAG}", ("false",))
_MAKES_KEY = Condition("Null", f"aws:RequestTag/{_TAG}", ("false",))


def deployer(configuration: Configuration, account: Account, phase: Phase) -> tuple[Policy, ...]:
    """Return the policies that Terraform needs in ``account`` for ``phase``, each small enough for
    a managed policy; with what the states take, where these lie in S3."""
    # Action and conditions -> the resources it is granted on, and the types these are of.
    grants: dict[tuple[str, tuple[Condition, ...]], tuple[set[str], set[str]]] = {}
    for block in configuration.blocks:
        for place, one in makes(block):
            if (place.account, place.region) != (account.id, account.region):
                continue
            for action, resource, conditions in _rights(one, place, phase):
                resources, kinds = grants.setdefault((action, conditions), (set(), set()))
                resources.add(resource)
                kinds.add(one.type)
    statements = (
        *_roles(configuration, account),
        *_statements(grants),
        *_state(configuration, account, phase),
    )
    return Policy(statements).split(MANAGED_POLICY_LIMIT) if statements else ()


def makes(block: ConfiguredBlock) -> list[tuple[Arns, Made]]:
    """Return what the stack of ``block`` makes, with the account each is made in."""
    resources = block.integration.resources(block.settings)
    return made(
        resources,
        [account.arns for account in block.settings.accounts],
        [one.arn for one in block.settings.existing],
    )


def _rights(
    one: Made, place: Arns, phase: Phase
) -> Iterator[tuple[str, str, tuple[Condition, ...]]]:
    """Yield each action that ``one`` takes, with the resource and the conditions it takes it on."""
    # Of a role that is handed on, the provider asks too.
    role = [str(one.arguments["role arn"])] if "role arn" in one.arguments else []
    for action in permissions(one.type, phase, one.arguments):
        for resource in _resources(action, one.arns) or _resources(action, role) or ("*",):
            for conditions in _conditions(action, resource, one, place):
                yield action, resource, conditions
        if service := PASSES.get(action):
            passed = Condition("StringEquals", "iam:PassedToService", (_host(service, place),))
            (first, *_) = [*role, *(arn for arn in one.arns if ":role/" in arn)]
            yield "iam:PassRole", first, (passed,)


def _host(service: str, place: Arns) -> str:
    # https://github.com/hashicorp/terraform-provider-aws/pull/47141 (2026-03)
    suffix = ".cn" if place.partition == "aws-cn" and service.startswith("ec2.") else ""
    return f"{service}{suffix}"


def _resources(action: str, arns: Iterable[str]) -> tuple[str, ...]:
    """Return those of ``arns`` that ``action`` works on, if any; a star for an action that takes no
    resource."""
    forms = aws.resource_forms(action)
    if forms == ():
        return ("*",)
    if forms is None:
        # Of a service that is not described here: what is its own, if anything.
        service = action.partition(":")[0]
        fitting = tuple(
            arn
            for arn in arns
            # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
            # (2026-11): of what is granted here, a change set alone works on transforms.
            if arn.split(":")[2] == service
            and (":transform/" not in arn or action == "cloudformation:CreateChangeSet")
        )
    else:
        fitting = tuple(arn for arn in arns if not aws.grants_nothing(action, arn))
    return fitting


def _conditions(
    action: str, resource: str, one: Made, place: Arns
) -> Iterator[tuple[Condition, ...]]:
    """Yield the conditions on which ``action`` is granted on ``resource``: any of those yielded."""
    found = []
    attached = one.arguments.get("policy_arn")
    if one.type == _APPLICATION:
        attached = f"arn:{place.partition}:{_OF_APPLICATION}"
    if action in _ATTACHES and attached:
        found.append(Condition("ArnEquals", "iam:PolicyARN", (str(attached),)))
    given = one.arguments.get("parameters", {}) if one.type == _APPLICATION else {}
    boundary = one.arguments.get("permissions_boundary", given.get("PermissionsBoundaryARN"))
    if action in _BOUNDED and boundary:
        found.append(Condition("StringEquals", "iam:PermissionsBoundary", (str(boundary),)))
    # Lists of the account. IAM and STS are not regional, names of buckets neither.
    if resource == "*" and not action.startswith(("iam:", "s3:", "sts:")):
        found.append(Condition("StringEquals", "aws:RequestedRegion", (place.region,)))
    if one.type != "aws_kms_key":
        yield tuple(found)
        return
    # https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html (2026-11)
    # A key that is being made has no tags yet; one that is there is given others.
    if action in ("kms:CreateKey", "kms:TagResource"):
        yield (_MAKES_KEY, *found)
    if action != "kms:CreateKey":
        yield (_OF_KEYS_MADE_HERE, *found)


def _statements(
    grants: Mapping[tuple[str, tuple[Condition, ...]], tuple[set[str], set[str]]],
) -> Iterator[Statement]:
    """Yield the statements: what is granted on the same resources under the same conditions is
    one."""
    together: dict[tuple[tuple[Condition, ...], tuple[str, ...]], tuple[set[str], set[str]]] = {}
    for (action, conditions), (resources, kinds) in grants.items():
        place = conditions, tuple(sorted(resources))
        actions, every = together.setdefault(place, (set(), set()))
        actions.add(action)
        every |= kinds
    for (conditions, where), (actions, kinds) in together.items():
        yield Statement(
            "Allow",
            why=f"Terraform makes, reads and deletes {', '.join(sorted(kinds))}.",
            actions=tuple(sorted(actions)),
            resources=where,
            conditions=conditions,
        )


def _roles(configuration: Configuration, account: Account) -> Iterator[Statement]:
    """Yield that whoever deploys in ``account`` takes the roles by which its blocks reach others.

    https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs#assuming-an-iam-role
    (2026-11)
    """
    roles = {
        one.assume_role
        for block in configuration.blocks
        if account.id in _deployed_from(configuration, block)
        for one in block.settings.accounts
        if one.assume_role
    }
    if roles:
        yield Statement(
            "Allow",
            sid="OtherAccounts",
            why="Terraform takes the roles by which it works in other accounts.",
            actions=("sts:AssumeRole",),
            resources=tuple(sorted(roles)),
        )


def _deployed_from(configuration: Configuration, block: ConfiguredBlock) -> set[str]:
    """Return the ids of the accounts that whoever deploys ``block`` may have credentials of: those
    that are reached without a role, the block's own first."""
    own = {one.id for one in block.settings.accounts if not one.assume_role}
    return own or {one.id for one in configuration.accounts.values() if not one.assume_role}


def _state(configuration: Configuration, account: Account, phase: Phase) -> Iterator[Statement]:
    """Yield what states take that lie in S3. Planning reads them and takes no lock, as pipelines
    do (-lock=false).

    https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required (2026-11)
    """
    backend = configuration.backend
    if not isinstance(backend, S3Backend):
        return
    partition = account.arns.partition
    if backend.assume_role:
        yield Statement(
            "Allow",
            sid="StateRole",
            why="The role that reads and writes states.",
            actions=("sts:AssumeRole",),
            resources=(backend.assume_role,),
        )
        return
    bucket = f"arn:{partition}:s3:::{backend.bucket}"
    objects = [f"{bucket}/{backend.key(block.stack)}" for block in configuration.blocks]
    yield Statement(
        "Allow",
        sid="StateBucket",
        why="Terraform looks whether there is a state.",
        actions=("s3:ListBucket",),
        resources=(bucket,),
    )
    yield Statement(
        "Allow",
        sid="State",
        why="Terraform reads the states.",
        actions=("s3:GetObject",),
        resources=tuple(objects),
    )
    if phase == "apply":
        yield Statement(
            "Allow",
            sid="StateWritten",
            why="Terraform writes the states.",
            actions=("s3:PutObject",),
            resources=tuple(objects),
        )
        yield Statement(
            "Allow",
            sid="StateLock",
            why="Terraform locks the states, and gives them free.",
            actions=("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
            resources=tuple(f"{one}.tflock" for one in objects),
        )
    if backend.kms_key:
        suffix = ".cn" if partition == "aws-cn" else ""
        through = f"s3.{backend.region}.amazonaws.com{suffix}"
        yield Statement(
            "Allow",
            sid="StateKey",
            why="States are encrypted.",
            actions=("kms:Decrypt", *(["kms:GenerateDataKey"] if phase == "apply" else [])),
            resources=(backend.kms_key,),
            # https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html (2026-11)
            conditions=(Condition("StringEquals", "kms:ViaService", (through,)),),
        )
