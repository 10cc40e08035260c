"""What Immuta may do, and who may take its role."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.iam.arn import partition_of
from modules.iam.decide import Caller, Policies, Request, decide
from modules.iam.policy import MANAGED_POLICY_LIMIT
from modules.immuta.policies import access, remarks, trust
from stacks.integrations import INTEGRATIONS
from tests.modules.immuta.conftest import REGIONS, key, maximal, minimal

HERE = "eu-central-1:111122223333"


def test_least_privilege_of_a_small_block_is_this_policy() -> None:
    athena, glue = f"arn:aws:athena:{HERE}", f"arn:aws:glue:{HERE}"
    workgroup = [f"{athena}:workgroup/immuta-governed"]
    results = "arn:aws:s3:::immuta-governed-results-111122223333"
    assert access(minimal()).document() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AthenaQuery",
                "Effect": "Allow",
                "Action": [
                    "athena:BatchGetQueryExecution",
                    "athena:GetQueryExecution",
                    "athena:GetQueryResults",
                    "athena:GetQueryResultsStream",
                    "athena:GetWorkGroup",
                    "athena:ListQueryExecutions",
                    "athena:StartQueryExecution",
                    "athena:StopQueryExecution",
                ],
                "Resource": workgroup,
            },
            {
                "Sid": "NamedQueries",
                "Effect": "Allow",
                "Action": [
                    "athena:BatchGetNamedQuery",
                    "athena:CreateNamedQuery",
                    "athena:DeleteNamedQuery",
                    "athena:GetNamedQuery",
                    "athena:ListNamedQueries",
                ],
                "Resource": workgroup,
            },
            {
                "Sid": "AthenaCatalog",
                "Effect": "Allow",
                "Action": [
                    "athena:GetDataCatalog",
                    "athena:GetDatabase",
                    "athena:GetTableMetadata",
                    "athena:ListDatabases",
                    "athena:ListTableMetadata",
                ],
                "Resource": [f"{athena}:datacatalog/AwsDataCatalog"],
            },
            {
                "Sid": "AthenaAccountLists",
                "Effect": "Allow",
                "Action": [
                    "athena:ListDataCatalogs",
                    "athena:ListEngineVersions",
                    "athena:ListWorkGroups",
                ],
                "Resource": ["*"],
            },
            {
                "Sid": "GlueRead",
                "Effect": "Allow",
                "Action": [
                    "glue:BatchGetPartition",
                    "glue:GetDatabase",
                    "glue:GetDatabases",
                    "glue:GetPartition",
                    "glue:GetPartitions",
                    "glue:GetTable",
                    "glue:GetTables",
                ],
                "Resource": [f"{glue}:catalog", f"{glue}:database/sales", f"{glue}:table/sales/*"],
            },
            {
                "Sid": "GlueDefaultDb",
                "Effect": "Allow",
                "Action": ["glue:GetDatabase"],
                "Resource": [f"{glue}:catalog", f"{glue}:database/default"],
            },
            {
                "Sid": "SourceBucket",
                "Effect": "Allow",
                "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
                "Resource": ["arn:aws:s3:::acme-lake"],
            },
            {
                "Sid": "SourceObjects",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": ["arn:aws:s3:::acme-lake/*"],
            },
            {
                "Sid": "ResultsBucket",
                "Effect": "Allow",
                "Action": [
                    "s3:GetBucketLocation",
                    "s3:ListBucket",
                    "s3:ListBucketMultipartUploads",
                ],
                "Resource": [results],
            },
            {
                "Sid": "ResultsObjects",
                "Effect": "Allow",
                "Action": [
                    "s3:AbortMultipartUpload",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ],
                "Resource": [f"{results}/immuta-governed/*"],
            },
        ],
    }


@pytest.mark.parametrize("region", REGIONS)
def test_keys_and_lake_formation_add_these_statements(region: str) -> None:
    services = [f"s3.{region}.amazonaws.com"]
    if region == "cn-north-1":
        services.append("s3.cn-north-1.amazonaws.com.cn")
    via_s3 = {"StringEquals": {"kms:ViaService": services}}
    assert access(maximal(region)).document()["Statement"][-3:] == [
        {
            "Sid": "KmsSource",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [key(region, 1), key(region, 2)],
            "Condition": via_s3,
        },
        {
            "Sid": "KmsResults",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": [key(region, 3)],
            "Condition": via_s3,
        },
        {
            "Sid": "LakeFormationAccess",
            "Effect": "Allow",
            "Action": ["lakeformation:GetDataAccess"],
            "Resource": ["*"],
        },
    ]


@pytest.mark.parametrize(
    ("region", "ec2"),
    [
        ("eu-central-1", "ec2.amazonaws.com"),
        ("us-gov-west-1", "ec2.amazonaws.com"),
        ("cn-north-1", "ec2.amazonaws.com.cn"),
    ],
)
def test_only_ec2_may_take_the_role(region: str, ec2: str) -> None:
    settings = minimal(region, authentication="instance_role", keys=None)
    assert trust(settings).document() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Ec2",
                "Effect": "Allow",
                "Principal": {"Service": [ec2]},
                "Action": ["sts:AssumeRole"],
            }
        ],
    }


RESULTS = "arn:aws:s3:::acme-immuta-results"


@pytest.mark.parametrize(
    ("action", "resource", "least_privilege", "documented"),
    [
        (
            "athena:StartQueryExecution",
            f"arn:aws:athena:{HERE}:workgroup/immuta-governed",
            "allowed",
            "allowed",
        ),
        (
            "athena:StartQueryExecution",
            f"arn:aws:athena:{HERE}:workgroup/primary",
            "denied",
            "allowed",
        ),
        ("athena:RunQuery", "*", "denied", "allowed"),
        ("glue:GetTable", f"arn:aws:glue:{HERE}:table/sales/orders", "allowed", "allowed"),
        ("glue:GetTable", f"arn:aws:glue:{HERE}:table/payroll/salaries", "denied", "allowed"),
        ("s3:GetObject", "arn:aws:s3:::acme-lake/sales/1.parquet", "allowed", "allowed"),
        ("s3:GetObject", "arn:aws:s3:::acme-lake/hr/1.parquet", "denied", "denied"),
        ("s3:PutObject", "arn:aws:s3:::acme-lake/sales/1.parquet", "denied", "denied"),
        ("s3:PutObject", f"{RESULTS}/queries/1.csv", "allowed", "allowed"),
        ("s3:PutObject", f"{RESULTS}/queries-old/1.csv", "denied", "allowed"),
        ("s3:DeleteObject", f"{RESULTS}/queries/1.csv", "denied", "denied"),
        ("s3:PutBucketPolicy", RESULTS, "denied", "denied"),
    ],
)
def test_what_immuta_may_do_in_each_mode(
    action: str, resource: str, least_privilege: str, documented: str
) -> None:
    user = Caller.of("arn:aws:iam::111122223333:user/immuta-governed")
    request = Request(user, action, resource, resource_account="111122223333")
    fields: dict[str, Any] = {
        "sources": [{"bucket": "acme-lake", "prefixes": ["sales/"]}],
        "results": {"bucket": "acme-immuta-results", "path": "queries/"},
    }
    answers = [
        decide(request, Policies(identity=(access(minimal(grants=grants, **fields)),))).answer
        for grants in ("least_privilege", "documented")
    ]
    assert answers == [least_privilege, documented]


@pytest.mark.parametrize("grants", ["least_privilege", "documented"])
@given(buckets=st.integers(1, 10), prefixes=st.integers(0, 20))
def test_a_policy_over_the_limit_is_divided_and_says_the_same(
    grants: str, buckets: int, prefixes: int
) -> None:
    settings = minimal(
        grants=grants,
        database="d" * 255,
        sources=[
            {
                "bucket": f"{'b' * 60}-{number}",
                "prefixes": [f"{'p' * 60}/{prefix:02}/" for prefix in range(prefixes)],
            }
            for number in range(buckets)
        ],
        results={"bucket": "r" * 63, "path": f"{'q' * 200}/"},
    )
    policy = access(settings)
    parts = policy.split(MANAGED_POLICY_LIMIT)
    assert [part.size() for part in parts if part.size() > MANAGED_POLICY_LIMIT] == []
    assert frozenset[object]().union(*(part.grants() for part in parts)) == policy.grants()
    assert INTEGRATIONS["immuta"].attached_policies(settings) == len(parts)


@pytest.mark.parametrize("region", REGIONS)
def test_every_statement_of_least_privilege_has_a_sid_and_says_why(region: str) -> None:
    statements = access(maximal(region)).statements
    sids = [statement.sid for statement in statements]
    assert sorted(set(sids)) == sorted(sids)
    assert [replace(s, why="") for s in statements if not (s.sid and s.why)] == []


@pytest.mark.parametrize("region", REGIONS)
def test_every_arn_is_of_the_partition(region: str) -> None:
    for grants in ("least_privilege", "documented"):
        settings = minimal(region, grants=grants)
        resources = {resource for s in access(settings).statements for resource in s.resources}
        assert {resource.split(":")[1] for resource in resources - {"*"}} == {partition_of(region)}


NO_FIELD = "workgroup: Immuta's form has no field for it, and queries that name none run in primary"


def test_a_narrow_block_is_told_only_how_to_get_into_the_workgroup() -> None:
    settings = minimal(sources=[{"bucket": "acme-lake", "prefixes": ["sales/"]}])
    assert remarks(settings) == (
        f"{NO_FIELD}, which least_privilege refuses; give Immuta the connection string argument "
        "Workgroup=immuta-governed",
    )


def test_what_documented_opens_and_lacks_is_told() -> None:
    settings = maximal(grants="documented", lake_formation=False)
    assert remarks(settings) == (
        "grants: documented opens every workgroup and the description of every table of the "
        "account, and acme-immuta-results/teams/a* also matches acme-immuta-results/teams/a-old",
        "kms_key: documented grants no use of KMS keys, so reading data fails",
        f"{NO_FIELD}, past this block's limits; give Immuta the connection string argument "
        "Workgroup=immuta-governed",
        "source: Immuta tested data in a single bucket only; it says that several may work",
        "source 'acme-archive': without prefixes, Immuta may read the whole bucket",
    )


def test_what_an_existing_role_and_bucket_need_is_told() -> None:
    settings = minimal(
        authentication="instance_role",
        role_name="immuta-nodes",
        keys=None,
        sources=[{"bucket": "acme-lake", "prefixes": ["sales/"]}],
        results={"bucket": "acme-results", "create": False, "path": "queries/"},
    )
    assert remarks(settings)[1:] == (
        "authentication: instance_role has to be enabled by Immuta's support, and your Immuta "
        "profile needs the permission CREATE_S3_DATASOURCE_WITH_INSTANCE_ROLE",
        "role_name: everything that uses the role 'immuta-nodes' gets this access, and the "
        "policies it has count towards the 10 that AWS attaches to a role",
        "results: neither Athena nor Immuta deletes results, and 'acme-results' keeps its own "
        "lifecycle; let it expire what lies under queries/",
    )
