"""Who may do what in the two accounts."""

from dataclasses import replace
from typing import Any

import pytest

from athena_gate.modules.dynamodb_connector.guide import STATEMENT_ID
from athena_gate.modules.dynamodb_connector.policies import (
    access,
    connector_access,
    connector_trust,
    documents,
    invocation,
    key_access,
    remarks,
    sharing_access,
    sharing_trust,
    spill_access,
)
from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings, Spill
from athena_gate.modules.iam.decide import Caller, Policies, Request, decide
from athena_gate.modules.iam.policy import (
    BUCKET_POLICY_LIMIT,
    MANAGED_POLICY_LIMIT,
    Condition,
    Policy,
)
from athena_gate.stacks.integrations import INTEGRATIONS
from tests.modules.dynamodb_connector.conftest import (
    ANALYST,
    CONSUMER,
    OWNER,
    REGIONS,
    SCIENTIST,
    documented,
    key,
    maximal,
    minimal,
    one_account,
    reader,
)

ATHENA = "arn:aws:athena:eu-central-1"
SPILL = f"arn:aws:s3:::dynamodb-connector-orders-spill-{OWNER}"
RESULTS = f"arn:aws:s3:::dynamodb-connector-orders-results-{CONSUMER}"
FUNCTION = f"arn:aws:lambda:eu-central-1:{OWNER}:function:dynamodb_connector_orders"
TABLE = f"arn:aws:dynamodb:eu-central-1:{OWNER}:table"
IN_ORGANIZATION = {"aws:PrincipalOrgID": ["o-a1b2c3d4e5"]}


def said(settings: Any) -> tuple[str, ...]:
    return tuple(map(str, remarks(settings)))


def test_readers_query_one_catalog_in_one_workgroup() -> None:
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
                "Resource": [f"{ATHENA}:{CONSUMER}:workgroup/dynamodb-connector-orders"],
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
                "Resource": [f"{ATHENA}:{CONSUMER}:datacatalog/dynamodb_connector_orders"],
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
                "Sid": "InvokeConnector",
                "Effect": "Allow",
                "Action": ["lambda:InvokeFunction"],
                "Resource": [FUNCTION],
                "Condition": {
                    "ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}
                },
            },
            {
                "Sid": "SpillObjects",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": [f"{SPILL}/athena-spill/*"],
            },
            {
                "Sid": "SpillBucket",
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": [SPILL],
            },
            {
                "Sid": "ResultsBucket",
                "Effect": "Allow",
                "Action": [
                    "s3:GetBucketLocation",
                    "s3:ListBucket",
                    "s3:ListBucketMultipartUploads",
                ],
                "Resource": [RESULTS],
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
                "Resource": [f"{RESULTS}/dynamodb-connector-orders/*"],
            },
        ],
    }


def test_the_connector_reads_the_tables_named_and_writes_the_spill_prefix() -> None:
    settings = minimal(tables=["orders", "Customers"])
    assert connector_access(settings).document() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DescribeTables",
                "Effect": "Allow",
                "Action": ["dynamodb:DescribeTable"],
                "Resource": [f"{TABLE}/Customers", f"{TABLE}/orders"],
            },
            {
                "Sid": "ReadTables",
                "Effect": "Allow",
                "Action": ["dynamodb:PartiQLSelect", "dynamodb:Query", "dynamodb:Scan"],
                "Resource": [
                    f"{TABLE}/Customers",
                    f"{TABLE}/Customers/index/*",
                    f"{TABLE}/orders",
                    f"{TABLE}/orders/index/*",
                ],
            },
            {
                "Sid": "ListTables",
                "Effect": "Allow",
                "Action": ["dynamodb:ListTables"],
                "Resource": ["*"],
            },
            {
                "Sid": "AthenaQueryStatus",
                "Effect": "Allow",
                "Action": ["athena:GetQueryExecution"],
                "Resource": [f"{ATHENA}:{OWNER}:workgroup/dynamodb-connector-orders"],
            },
            {
                "Sid": "SpillBucket",
                "Effect": "Allow",
                "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
                "Resource": [SPILL],
            },
            {
                "Sid": "SpillObjects",
                "Effect": "Allow",
                "Action": ["s3:PutObject"],
                "Resource": [f"{SPILL}/athena-spill/*"],
            },
            {
                "Sid": "Logs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": [
                    f"arn:aws:logs:eu-central-1:{OWNER}:log-group:"
                    "/aws/lambda/dynamodb_connector_orders:*"
                ],
            },
        ],
    }
    assert connector_trust(settings).document() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Lambda",
                "Effect": "Allow",
                "Principal": {"Service": ["lambda.amazonaws.com"]},
                "Action": ["sts:AssumeRole"],
            }
        ],
    }


def test_the_owner_opens_to_the_readers_of_the_organization_alone() -> None:
    settings = maximal()
    readers = {"AWS": [ANALYST, SCIENTIST]}
    assert spill_access(settings).document()["Statement"] == [
        {
            "Sid": "SpillObjectsForReaders",
            "Effect": "Allow",
            "Principal": readers,
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::acme-spill/orders/*"],
            "Condition": {"StringEquals": IN_ORGANIZATION},
        },
        {
            "Sid": "SpillBucketForReaders",
            "Effect": "Allow",
            "Principal": readers,
            "Action": ["s3:ListBucket"],
            "Resource": ["arn:aws:s3:::acme-spill"],
            "Condition": {
                "StringEquals": IN_ORGANIZATION,
                "StringLike": {"s3:prefix": ["orders/*"]},
            },
        },
    ]
    assert invocation(settings).document()["Statement"] == [
        {
            "Sid": statement_id,
            "Effect": "Allow",
            "Principal": {"AWS": [principal]},
            "Action": ["lambda:InvokeFunction"],
            "Resource": [FUNCTION],
            "Condition": {"StringEquals": IN_ORGANIZATION},
        }
        for statement_id, principal in (
            ("athena-cross-account-access", ANALYST),
            ("athena-cross-account-access-scientist", SCIENTIST),
        )
    ]
    assert key_access(settings).document()["Statement"] == [
        {
            "Sid": "OwnerPolicies",
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{OWNER}:root"]},
            "Action": ["kms:*"],
            "Resource": ["*"],
        },
        {
            "Sid": "SpillKeyForReaders",
            "Effect": "Allow",
            "Principal": readers,
            "Action": ["kms:Decrypt"],
            "Resource": ["*"],
            "Condition": {
                "StringEquals": {
                    **IN_ORGANIZATION,
                    "kms:ViaService": ["s3.eu-central-1.amazonaws.com"],
                }
            },
        },
    ]


def test_a_key_is_used_through_s3_and_for_the_spill_bucket_only() -> None:
    settings = maximal()
    found = {
        name: policy.statements[-1].document()
        for name, policy in (
            ("readers", access(settings)),
            ("connector", connector_access(settings)),
        )
    }
    assert found == {
        name: {
            "Sid": "SpillKey",
            "Effect": "Allow",
            "Action": [action],
            "Resource": [f"arn:aws:kms:eu-central-1:{OWNER}:key/*"],
            "Condition": {
                "StringEquals": {
                    "kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::acme-spill"],
                    "kms:ViaService": ["s3.eu-central-1.amazonaws.com"],
                }
            },
        }
        for name, action in (("readers", "kms:Decrypt"), ("connector", "kms:GenerateDataKey"))
    }


def test_the_statement_ids_of_readers_stay_when_one_is_added() -> None:
    before, after = (
        {statement.sid for statement in invocation(minimal(readers=readers)).statements}
        for readers in ([ANALYST, SCIENTIST], [ANALYST, SCIENTIST, f"{ANALYST}+b.i@acme"])
    )
    assert after - before == {f"{STATEMENT_ID}-analyst-b-i-acme"}
    assert before - after == set()


def test_the_share_button_makes_the_one_catalog() -> None:
    settings = maximal()
    assert documents(settings)["sharing"].document()["Statement"] == [
        {
            "Sid": "CreateSharedCatalog",
            "Effect": "Allow",
            "Action": ["athena:CreateDataCatalog"],
            "Resource": [f"{ATHENA}:{CONSUMER}:datacatalog/dynamodb_connector_orders"],
        }
    ]
    assert sharing_trust(settings).document()["Statement"] == [
        {
            "Sid": "Owner",
            "Effect": "Allow",
            "Principal": {"AWS": [OWNER]},
            "Action": ["sts:AssumeRole"],
        }
    ]


def query(
    settings: DynamodbConnectorSettings, identity: Policy | None, role: str = "analyst"
) -> dict[str, str]:
    """Return what AWS answers to the requests of one query from the consumer whose answer does
    not fit into a response: action and resource type -> answer. ``identity`` is the policy of the
    role that asks."""
    caller = Caller.of(f"arn:aws:sts::{CONSUMER}:assumed-role/{role}/session")
    place = settings.readers_place
    athena = f"{ATHENA}:{CONSUMER}"
    spill = f"arn:aws:s3:::{settings.spill_bucket}"
    results = f"arn:aws:s3:::{place.results_bucket}"
    via_athena = {
        "aws:CalledVia": ("athena.amazonaws.com",),
        "aws:PrincipalOrgID": ("o-a1b2c3d4e5",),
    }
    via_s3 = {
        **via_athena,
        "kms:ViaService": ("s3.eu-central-1.amazonaws.com",),
        "kms:EncryptionContext:aws:s3:arn": (spill,),
    }
    prefix = {**via_athena, "s3:prefix": (f"{settings.spill.prefix}q",)}
    block = f"{spill}/{settings.spill.prefix}q/s.0"
    answer = f"{results}/{place.results_path}q.csv"
    requests = [
        ("athena:StartQueryExecution", f"{athena}:workgroup/{settings.resource_name}", {}, None),
        ("athena:GetDataCatalog", f"{athena}:datacatalog/{settings.catalog_name}", {}, None),
        ("lambda:InvokeFunction", settings.function_arn, via_athena, invocation(settings)),
        ("s3:ListBucket", spill, prefix, spill_access(settings)),
        ("s3:GetObject", block, via_athena, spill_access(settings)),
        ("s3:GetBucketLocation", results, via_athena, None),
        ("s3:PutObject", answer, via_athena, None),
        ("athena:GetQueryResults", f"{athena}:workgroup/{settings.resource_name}", {}, None),
    ]
    if settings.spill.create_kms_key:
        key = f"arn:aws:kms:eu-central-1:{OWNER}:key/1"
        requests.append(("kms:Decrypt", key, via_s3, key_access(settings)))
    of_owner = (settings.function_arn, spill, block)
    return {
        action: decide(
            Request(
                caller,
                action,
                resource,
                OWNER if resource in of_owner or ":kms:" in resource else CONSUMER,
                context,
            ),
            Policies((identity,) if identity else (), policy),
        ).answer
        for action, resource, context, policy in requests
    }


@pytest.mark.parametrize(
    "settings",
    [minimal(), maximal(), documented(), documented(spill={"create_kms_key": True})],
    ids=["minimal", "maximal", "documented", "documented with a key"],
)
def test_a_query_from_the_consumer_works(settings: DynamodbConnectorSettings) -> None:
    assert set(query(settings, access(settings)).values()) == {"allowed"}


def test_with_the_guides_grants_alone_every_step_fails() -> None:
    assert set(query(documented(), None).values()) == {"denied"}


def test_a_role_that_is_no_reader_is_refused_by_the_owner() -> None:
    settings = maximal()
    found = query(settings, access(settings), role="intern")
    assert [action for action, answer in found.items() if answer == "denied"] == [
        "lambda:InvokeFunction",
        "s3:ListBucket",
        "s3:GetObject",
        "kms:Decrypt",
    ]
    assert set(query(documented(), access(documented()), role="intern").values()) == {"allowed"}


def test_a_reader_calls_the_function_through_athena_only() -> None:
    settings = minimal()
    request = Request(
        Caller.of(f"arn:aws:sts::{CONSUMER}:assumed-role/analyst/session"),
        "lambda:InvokeFunction",
        settings.function_arn,
    )
    policies = Policies((access(settings),), invocation(settings))
    assert decide(request, policies).answer == "denied"


def test_within_one_account_the_readers_policy_is_enough() -> None:
    settings = one_account()
    request = Request(
        Caller.of(f"arn:aws:sts::{OWNER}:assumed-role/analyst/session"),
        "lambda:InvokeFunction",
        settings.function_arn,
        context={"aws:CalledVia": ("athena.amazonaws.com",)},
    )
    assert decide(request, Policies((access(settings),))).answer == "allowed"


def test_every_statement_says_why_it_is_there_in_a_line() -> None:
    assert [
        (name, statement.sid)
        for name, policy in documents(maximal()).items()
        for statement in policy.statements
        if not 0 < len(statement.why) <= 100 or "\n" in statement.why
    ] == []


@pytest.mark.parametrize("region", REGIONS)
def test_a_hundred_tables_and_the_most_readers_fit(region: str) -> None:
    settings = maximal(
        region,
        tables=[f"warehouse-of-the-{n:03}th-district" for n in range(100)],
        readers=[reader(region, f"department-{n}/analyst-{n}") for n in range(40)],
    )
    parts = connector_access(settings).split(MANAGED_POLICY_LIMIT)
    assert [part.size() <= MANAGED_POLICY_LIMIT for part in parts] == [True] * len(parts)
    assert INTEGRATIONS["dynamodb_connector"].attached_policies(settings) == len(parts) == 6
    assert spill_access(settings).size() < BUCKET_POLICY_LIMIT
    assert invocation(settings).size() < 20 * 1024


def test_results_with_a_key_are_encrypted_with_it() -> None:
    settings = minimal(consumer_results={"kms_key": key("eu-central-1")})
    assert access(settings).statements[-1].document() == {
        "Sid": "KmsResults",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": [key("eu-central-1")],
        "Condition": {"StringEquals": {"kms:ViaService": ["s3.eu-central-1.amazonaws.com"]}},
    }


def test_a_scoped_block_has_no_remarks() -> None:
    assert said(minimal()) == ()
    assert said(one_account()) == ()


UNATTACHED = (
    "attach_policy: the policy dynamodb-connector-orders-readers is attached to nobody; until you "
    "attach it, nobody can query"
)


def test_what_is_wider_than_need_be_or_left_to_do_is_pointed_out() -> None:
    assert said(minimal(grants="documented")) == (
        f"grants: documented lets account {CONSUMER} give anyone of its own the function and the "
        "whole spill bucket",
    )
    assert said(minimal(deployment="application")) == (
        "deployment: the application makes a role of its own, which reads every DynamoDB table of "
        "the owner and every Glue table's description, whatever tables says",
    )
    assert said(minimal(console_sharing=True)) == (
        "console_sharing: the consumer has no catalog until someone of the owner presses Share, "
        "and keeps it when this block is gone; anyone the owner lets take the role "
        f"AthenaCrossAccountCreate-{OWNER} can",
    )
    assert said(minimal(attach_policy=False)) == (UNATTACHED,)
    assert said(one_account(readers=[])) == (UNATTACHED,)


END = Condition("DateLessThan", "aws:CurrentTime", ("2027-04-01T00:00:00Z",))


def test_access_ends_for_readers_connector_and_whoever_presses_share() -> None:
    """Of the function itself too, since what Lambda's permissions open has no end."""
    spill = Spill(create_kms_key=True)
    ends = minimal(until="2027-03-31", spill=spill, console_sharing=True)
    stays = minimal(spill=spill, console_sharing=True)

    def dated(policy: Policy) -> Policy:
        return Policy(
            tuple(replace(one, conditions=(*one.conditions, END)) for one in policy.statements)
        )

    for policy in (access, spill_access, sharing_trust, connector_trust):
        assert policy(ends) == dated(policy(stays))
    for policy in (connector_access, sharing_access):
        *others, last = policy(ends).statements
        assert (tuple(others), last.sid) == (policy(stays).statements, "DenyAfterTheLastDay")
    own, *readers = key_access(stays).statements
    assert key_access(ends) == Policy((own, *dated(Policy(tuple(readers))).statements))
    assert invocation(ends) == invocation(stays)
