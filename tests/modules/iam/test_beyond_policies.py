"""Requests that no policy decides."""

import botocore.session
import pytest

from athena_gate.modules.iam.beyond_policies import (
    FREE,
    SERVICE_LINKED_ROLE_ACTIONS,
    is_free,
    nobody_may,
)

ACCOUNT = "111122223333"


def test_what_botocore_says_of_service_linked_roles_is_what_nobody_does() -> None:
    model = botocore.session.get_session().get_service_model("iam")
    protected = {
        f"iam:{name}"
        for name in model.operation_names
        for error in model.operation_model(name).error_shapes
        if error.name == "UnmodifiableEntityException"
    }
    # Their description can be edited.
    assert protected - {"iam:UpdateRole", "iam:UpdateRoleDescription"} == {
        *SERVICE_LINKED_ROLE_ACTIONS
    }


@pytest.mark.parametrize(
    ("action", "resource", "nobody"),
    [
        ("iam:DeletePolicy", "arn:aws:iam::aws:policy/job-function/Billing", True),
        ("iam:CreatePolicyVersion", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess", True),
        ("iam:TagPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", True),
        ("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", False),
        ("iam:DeletePolicy", f"arn:aws:iam::{ACCOUNT}:policy/mine", False),
        ("IAM:attachrolepolicy", f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/y", True),
        ("iam:UpdateRoleDescription", f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/y", False),
        ("iam:DeleteServiceLinkedRole", f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/y", False),
        ("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/mine", False),
        ("kms:CreateAlias", f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/aws/s3", True),
        ("kms:CreateAlias", f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/mine", False),
        ("kms:DescribeKey", f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/aws/s3", False),
    ],
)
def test_what_is_awss_own_is_changed_by_nobody(action: str, resource: str, nobody: bool) -> None:
    assert (nobody_may(action, resource) is not None) is nobody


def test_some_actions_need_no_permission() -> None:
    assert is_free("STS:getCallerIdentity", "role session")
    assert is_free("sts:GetSessionToken", "user")
    assert not is_free("sts:GetSessionToken", "role session")
    assert not is_free("sts:AssumeRole", "user")
    assert all(name == name.lower() for name in FREE)
