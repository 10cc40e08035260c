"""Which actions AWS has, and what they work on."""

import pytest

from athena_gate.modules.iam.actions import (
    OPERATIONS,
    example_resources,
    exists,
    grants_nothing,
    level,
    matching,
    meant,
    resource_forms,
)

WORKGROUP = "arn:aws:athena:eu-central-1:111122223333:workgroup/primary"


@pytest.mark.parametrize(
    "action",
    [
        "s3:GetObject",
        "S3:getobject",
        "s3:Get*",
        "s3:*",
        "*",
        "*:Get*",
        "ec2:RunInstances",
        # No API operations any more, but still actions (Service Authorization Reference, 2026-05).
        "athena:RunQuery",
        "athena:GetExecutionEngines",
    ],
)
def test_an_action_that_aws_has_exists(action: str) -> None:
    assert exists(action)


@pytest.mark.parametrize(
    "action", ["dynamodb:ListSchemas", "s3:GetObjects", "s3:Fetch*", "nowhere:Get", "s3", "", ":"]
)
def test_an_action_that_aws_lacks_does_not(action: str) -> None:
    assert not exists(action)


def test_a_pattern_matches_actions_as_aws_spells_them() -> None:
    assert matching("athena:*resultsstream") == ("athena:GetQueryResultsStream",)
    assert matching("*:assumerolewith*") == (
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
    )


def test_levels_are_those_of_the_service_authorization_reference() -> None:
    assert [level(f"s3:{name}") for name in ("GetObject", "PutObjectAcl", "ListBucket")] == [
        "Read",
        "Permissions management",
        "List",
    ]
    assert level("ec2:RunInstances") is None


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        # Metronome's guide grants these three, and they do nothing.
        ("athena:GetDatabase", WORKGROUP),
        ("athena:GetDataCatalog", "arn:aws:athena:*:111122223333:workgroup/primary"),
        ("athena:GetTableMetadata", WORKGROUP),
        ("athena:ListDataCatalogs", WORKGROUP),
        ("s3:ListBucket", "arn:aws:s3:::acme-lake/*"),
        ("s3:GetObject", "arn:aws:s3:::acme-lake"),
        ("s3:GetObject", WORKGROUP),
        ("dynamodb:ListTables", "arn:aws:dynamodb:eu-central-1:111122223333:table/orders"),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:111122223333:layer:x"),
        ("kms:Decrypt", "arn:aws:kms:*:111122223333:alias/x"),
        ("kms:Decrypt", "arn:aws:kms:eu-central-1:111122223333:*:alias/x"),
        ("s3:ListBucket", "arn:aws:s3:*:111122223333:job/x"),
    ],
)
def test_an_action_grants_nothing_on_a_resource_of_another_type(action: str, resource: str) -> None:
    assert grants_nothing(action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("athena:GetWorkGroup", WORKGROUP),
        ("athena:*", WORKGROUP),
        # An action that S3 will have may work on a bucket.
        ("s3:*Object", "arn:aws:s3:::acme-lake"),
        ("athena:GetDatabase", "*"),
        ("athena:GetDatabase", "arn:aws:athena:*"),
        ("athena:ListDataCatalogs", "*"),
        ("s3:ListBucket", "arn:aws:s3:::acme-lake*"),
        ("s3:*", "arn:aws:s3:::acme-lake"),
        ("glue:GetTables", "arn:aws:glue:eu-central-1:111122223333:catalog"),
        ("logs:PutLogEvents", "arn:aws:logs:eu-central-1:1:log-group:/aws/lambda/x:*"),
        ("kms:Decrypt", "arn:aws:kms:eu-central-1:111122223333:key/*"),
        # Objects and tables with colons in their names, into which the star of a segment reaches.
        ("s3:GetObject", "arn:aws:s3:*:*:acme-lake"),
        ("s3:GetObject", "arn:aws:*:eu-central-1:111122223333:key/x"),
        ("glue:GetTable", "arn:aws:glue:*:111122223333:workflow/x"),
        # The account is forgotten, and the star of the region reaches over it.
        ("lambda:InvokeFunction", "arn:aws:lambda:*:function:x"),
        ("lambda:InvokeFunction", "arn:aws:lambda:*:function:x:prod"),
        ("logs:PutLogEvents", "arn:aws:logs:*:log-group:x:*"),
        (
            "dynamodb:GetRecords",
            "arn:aws:dynamodb:*:table/orders/stream/2026-11-26T21:21:33.331",
        ),
        ("iam:PassRole", "arn:aws:iam::*:b/x"),
        # Of these nothing is known, and nothing is claimed.
        ("ec2:RunInstances", WORKGROUP),
        ("dynamodb:ListSchemas", WORKGROUP),
    ],
)
def test_an_action_on_a_resource_that_it_may_work_on_grants_something(
    action: str, resource: str
) -> None:
    assert not grants_nothing(action, resource)


def test_the_forms_of_resources_start_with_what_the_action_is_named_after() -> None:
    assert resource_forms("s3:GetObject") == (
        "arn:${Partition}:s3:::${BucketName}/${ObjectName}",
        "arn:${Partition}:s3:${Region}:${Account}:accesspoint/${AccessPointName}/object/${ObjectName}",
    )
    assert resource_forms("dynamodb:ListTables") == ()
    assert resource_forms("ec2:RunInstances") is None


def test_example_resources_are_in_the_account_and_region_asked_for() -> None:
    assert [*example_resources("athena:GetDatabase", "aws-cn", "cn-north-1", "111122223333")] == [
        "arn:aws-cn:athena:cn-north-1:111122223333:datacatalog/x"
    ]
    assert [*example_resources("lakeformation:GetDataAccess", "aws", "eu-central-1", "1")] == ["*"]


def test_operations_with_other_permissions_are_no_actions_and_their_permissions_are() -> None:
    assert [name for name in OPERATIONS if exists(name)] == []
    assert [name for name in OPERATIONS.values() if not exists(name)] == []


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("S3:listobjectsv2", "s3:ListBucket"),
        ("s3:GetObjekt", "s3:GetObject"),
        ("atena:GetWorkgroup", "athena:GetWorkGroup"),
        ("nonsense:Nonsense", None),
    ],
)
def test_what_was_meant_is_guessed(action: str, expected: str | None) -> None:
    assert meant(action) == expected


def test_thousands_of_wildcards_are_decided_by_what_they_need_to_match() -> None:
    assert matching("s3:" + "*" * 6_000) == matching("s3:*")
    assert matching("*" * 6_000) == matching("*")
    assert matching("*a" * 3_000) == ()
    assert matching("*?" * 3_000) == ()
