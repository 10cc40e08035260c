"""Policies in plain words."""

import pytest

from athena_gate.gate.explain import words
from athena_gate.modules.iam.policy import Condition, Principal


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        (["s3:GetObject", "s3:PutObject", "s3:ListBucket"], "list, read and write"),
        (["athena:GetQueryResults", "athena:StartQueryExecution"], "run queries and read results"),
        (["glue:BatchGetPartition", "glue:GetTable"], "read"),
        (["kms:GenerateDataKey", "kms:Decrypt"], "decrypt with and encrypt with"),
        (["s3:*"], "do everything in S3"),
        (["*"], "do everything"),
        (["s3:Get*"], "s3:Get*"),
        (["iam:PassRole"], "pass"),
    ],
)
def test_actions_are_verbs(actions: list[str], said: str) -> None:
    assert words.verbs(actions) == said


def test_actions_without_a_resource_say_what_they_list() -> None:
    assert words.lists(["athena:ListDataCatalogs", "athena:ListWorkGroups"]) == (
        "list data catalogs and workgroups"
    )
    assert words.lists(["athena:ListDataCatalogs", "s3:GetObject"]) == ""


ATHENA = "arn:aws:athena:eu-central-1:111122223333"
GLUE = "arn:aws:glue:eu-central-1:111122223333"
POINT = "arn:aws:s3:eu-central-1:111122223333:accesspoint/sales"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("*", "everything"),
        ("arn:aws:s3:::acme-lake", "bucket acme-lake"),
        ("arn:aws:s3:::acme-lake/*", "objects of acme-lake"),
        ("arn:aws:s3:::acme-lake/sales/*", "objects of acme-lake under sales/"),
        ("arn:aws:s3:::*", "every bucket and object"),
        (POINT, "access point sales"),
        (f"{POINT}/object/*", "objects of access point sales"),
        (f"{POINT}/object/eu/*", "objects of access point sales under eu/"),
        (f"{ATHENA}:workgroup/dot", "workgroup dot"),
        (f"{ATHENA}:workgroup/*", "every workgroup"),
        (f"{ATHENA}:datacatalog/AwsDataCatalog", "data catalog AwsDataCatalog"),
        ("arn:aws:athena:*:111122223333:workgroup/x", "workgroup x in every region"),
        (f"{GLUE}:catalog", "the Glue catalog"),
        (f"{GLUE}:database/sales", "database sales"),
        (f"{GLUE}:table/sales/*", "tables of sales"),
        (f"{GLUE}:table/sales/orders", "table sales.orders"),
        (f"{GLUE}:userDefinedFunction/sales/*", "functions of sales"),
        ("arn:aws:kms:eu-central-1:111122223333:key/1234", "KMS key 1234"),
        ("arn:aws:kms:eu-central-1:111122223333:key/*", "every KMS key"),
        (
            "arn:aws:lambda:eu-central-1:444455556666:function:orders",
            "function orders in account 444455556666",
        ),
        ("arn:aws:dynamodb:eu-central-1:111122223333:table/orders", "table orders"),
        (
            "arn:aws:dynamodb:eu-central-1:111122223333:table/orders/index/*",
            "indexes of table orders",
        ),
        (
            "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/orders:*",
            "log group /aws/lambda/orders",
        ),
        ("something", "something"),
    ],
)
def test_resources_have_names(pattern: str, said: str) -> None:
    assert words.resource(pattern, "111122223333") == said


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (
            Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("athena.amazonaws.com",)),
            "only through Athena",
        ),
        (
            Condition("StringEquals", "kms:ViaService", ("s3.eu-central-1.amazonaws.com",)),
            "only through S3",
        ),
        (
            Condition("NotIpAddress", "aws:SourceIp", ("192.0.2.1/32", "192.0.2.2/32")),
            "from any address but 192.0.2.1/32 or 192.0.2.2/32",
        ),
        (Condition("IpAddress", "aws:SourceIp", ("192.0.2.1/32",)), "from 192.0.2.1/32"),
        (Condition("Bool", "aws:ViaAWSService", ("false",)), "made by the caller itself"),
        (Condition("Bool", "aws:SecureTransport", ("false",)), "without TLS"),
        (Condition("StringEquals", "sts:ExternalId", ("t-1",)), "with the external id t-1"),
        (
            Condition("StringEquals", "accounts.google.com:sub", ("1080",)),
            "as the Google account 1080",
        ),
        (Condition("StringLike", "s3:prefix", ("spill/*",)), "listing under spill/"),
        (Condition("Null", "aws:TokenIssueTime", ("true",)), "without aws:TokenIssueTime"),
        (Condition("StringNotLike", "a:b", ("x*",)), "where a:b is not like x*"),
        (
            Condition("DateLessThan", "aws:CurrentTime", ("2027-04-01T00:00:00Z",)),
            "before 2027-04-01",
        ),
        (
            Condition("DateGreaterThanEquals", "aws:CurrentTime", ("2027-04-01T06:00:00Z",)),
            "from 2027-04-01T06:00:00Z on",
        ),
        (
            Condition("NumericLessThanEquals", "a:b", ("5",)),
            "where a:b is numeric less than equals 5",
        ),
        (Condition("NumericLessThan", "a:b", ("5",)), "where a:b is numeric less than 5"),
        (
            Condition("ForAllValues:StringEqualsIfExists", "a:b", ("x", "y")),
            "where all of a:b is x or y, where it is given",
        ),
        (Condition("Equals", "a:b", ("x",)), "where a:b Equals x"),
    ],
)
def test_conditions_follow_what_they_limit(condition: Condition, said: str) -> None:
    assert words.condition(condition) == said


@pytest.mark.parametrize(
    ("principal", "said"),
    [
        (Principal("*", "*"), "anyone"),
        (Principal("AWS", "444455556666"), "whoever account 444455556666 lets"),
        (Principal("AWS", "arn:aws:iam::444455556666:root"), "whoever account 444455556666 lets"),
        (
            Principal("AWS", "arn:aws:iam::444455556666:role/team/bi"),
            "role team/bi of account 444455556666",
        ),
        (Principal("Service", "lambda.amazonaws.com"), "the service lambda.amazonaws.com"),
        (Principal("Federated", "accounts.google.com"), "whoever accounts.google.com vouches for"),
        (Principal("AWS", "AIDAEXAMPLE"), "AIDAEXAMPLE"),
    ],
)
def test_principals_are_people_and_services(principal: Principal, said: str) -> None:
    assert words.principal(principal) == said
