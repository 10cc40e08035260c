"""What dbt may do, and who may take its role."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from athena_gate.modules.dbt.policies import access, remarks, trust
from athena_gate.modules.iam.arn import partition_of
from athena_gate.modules.iam.decide import Caller, Policies, Request, decide
from athena_gate.modules.iam.policy import MANAGED_POLICY_LIMIT, TRUST_POLICY_LIMIT
from athena_gate.stacks.integrations import INTEGRATIONS
from tests.modules.dbt.conftest import REGIONS, key, maximal, minimal

HERE = "eu-central-1:111122223333"
GLUE = f"arn:aws:glue:{HERE}"
OWN = [f"{GLUE}:catalog", f"{GLUE}:database/dbt_ci", f"{GLUE}:table/dbt_ci/*"]
DATA = "arn:aws:s3:::dbt-ci-data-111122223333"
RESULTS = "arn:aws:s3:::dbt-ci-results-111122223333"
VIA_ATHENA = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}


def said(settings: Any) -> tuple[str, ...]:
    return tuple(map(str, remarks(settings)))


def allow(sid: str, actions: list[str], resources: list[str], **conditions: Any) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources,
    }
    return {**statement, "Condition": conditions["via"]} if conditions else statement


VIA_ATHENA_STATEMENTS = [
    allow(
        "AthenaQuery",
        [
            "athena:BatchGetQueryExecution",
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetWorkGroup",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
        ],
        [f"arn:aws:athena:{HERE}:workgroup/primary"],
    ),
    allow(
        "AthenaCatalog",
        [
            "athena:GetDataCatalog",
            "athena:GetDatabase",
            "athena:GetTableMetadata",
            "athena:ListDatabases",
            "athena:ListTableMetadata",
        ],
        [f"arn:aws:athena:{HERE}:datacatalog/AwsDataCatalog"],
    ),
    allow("AthenaAccountLists", ["athena:ListDataCatalogs"], ["*"]),
    allow(
        "GlueViaAthena",
        [
            "glue:BatchCreatePartition",
            "glue:BatchDeletePartition",
            "glue:BatchGetPartition",
            "glue:CreateDatabase",
            "glue:CreatePartition",
            "glue:CreateTable",
            "glue:DeletePartition",
            "glue:DeleteTable",
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:GetTable",
            "glue:GetTables",
            "glue:UpdatePartition",
            "glue:UpdateTable",
        ],
        OWN,
        via=VIA_ATHENA,
    ),
    allow(
        "GlueDefaultDb",
        ["glue:GetDatabase"],
        [f"{GLUE}:catalog", f"{GLUE}:database/default"],
        via=VIA_ATHENA,
    ),
    allow(
        "DataBucket",
        ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        [DATA],
        via=VIA_ATHENA,
    ),
    allow(
        "DataObjects",
        [
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
        ],
        [f"{DATA}/dbt-ci-tables/*"],
        via=VIA_ATHENA,
    ),
    allow(
        "ResultsBucket",
        ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        [RESULTS],
        via=VIA_ATHENA,
    ),
    allow(
        "ResultsObjects",
        [
            "s3:AbortMultipartUpload",
            "s3:GetObject",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
        ],
        [f"{RESULTS}/dbt-ci/*"],
        via=VIA_ATHENA,
    ),
]
DIRECT_STATEMENTS = [
    allow(
        "GlueDirect",
        [
            "glue:BatchCreatePartition",
            "glue:BatchDeletePartition",
            "glue:DeleteTable",
            "glue:DeleteTableVersion",
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:GetPartitions",
            "glue:GetTable",
            "glue:GetTableVersions",
            "glue:GetTables",
            "glue:UpdateTable",
        ],
        OWN,
    ),
    allow("DataBucketDirect", ["s3:ListBucket"], [DATA]),
    allow(
        "DataObjectsDirect",
        ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"],
        [f"{DATA}/dbt-ci-tables/*"],
    ),
]


def test_via_athena_of_a_small_block_is_this_policy() -> None:
    assert access(minimal()).document() == {
        "Version": "2012-10-17",
        "Statement": VIA_ATHENA_STATEMENTS,
    }


def test_run_is_via_athena_and_three_statements_more() -> None:
    assert access(minimal(mode="run")).document() == {
        "Version": "2012-10-17",
        "Statement": [*VIA_ATHENA_STATEMENTS, *DIRECT_STATEMENTS],
    }


def test_what_a_large_block_adds_are_these_statements() -> None:
    sales = [
        f"{GLUE}:catalog",
        f"{GLUE}:database/sales",
        f"{GLUE}:database/web",
        f"{GLUE}:table/sales/*",
        f"{GLUE}:table/web/*",
    ]
    dropped = [
        f"{GLUE}:catalog",
        f"{GLUE}:database/dbt_ci",
        f"{GLUE}:database/default",
        f"{GLUE}:table/dbt_ci/*",
        f"{GLUE}:table/default/*",
        f"{GLUE}:userDefinedFunction/dbt_ci/*",
        f"{GLUE}:userDefinedFunction/default/*",
    ]
    via_s3 = {"StringEquals": {"kms:ViaService": ["s3.eu-central-1.amazonaws.com"]}}
    known = {statement["Sid"] for statement in [*VIA_ATHENA_STATEMENTS, *DIRECT_STATEMENTS]}
    added = [
        statement
        for statement in access(maximal(mode="run")).document()["Statement"]
        if statement["Sid"] not in known
    ]
    assert added == [
        allow(
            "GlueRead",
            [
                "glue:BatchGetPartition",
                "glue:GetDatabase",
                "glue:GetDatabases",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:GetTable",
                "glue:GetTables",
            ],
            sales,
            via=VIA_ATHENA,
        ),
        allow(
            "SourceBucket",
            ["s3:GetBucketLocation", "s3:ListBucket"],
            ["arn:aws:s3:::acme-archive", "arn:aws:s3:::acme-lake"],
            via=VIA_ATHENA,
        ),
        allow(
            "SourceObjects",
            ["s3:GetObject"],
            [
                "arn:aws:s3:::acme-archive/*",
                "arn:aws:s3:::acme-lake/sales/*",
                "arn:aws:s3:::acme-lake/web/*",
            ],
            via=VIA_ATHENA,
        ),
        allow("DropSchemas", ["glue:DeleteDatabase"], dropped, via=VIA_ATHENA),
        allow("LakeFormationAccess", ["lakeformation:GetDataAccess"], ["*"]),
        allow(
            "GlueReadDirect",
            ["glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables"],
            sales,
        ),
        allow("DropSchemasDirect", ["glue:DeleteDatabase"], dropped),
        allow(
            "KmsSource",
            ["kms:Decrypt"],
            [key("eu-central-1", 1), key("eu-central-1", 2)],
            via=via_s3,
        ),
        allow(
            "KmsWritten",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [key("eu-central-1", 3)],
            via=via_s3,
        ),
    ]


BY_ATHENA: dict[str, tuple[str, ...]] = {"aws:CalledVia": ("athena.amazonaws.com",)}
ALLOWED, DENIED = "allowed", "denied"


@pytest.mark.parametrize(
    ("action", "resource", "direct", "by_athena"),
    [
        # Answers in the modes via_athena, run and documented.
        (
            "athena:StartQueryExecution",
            f"arn:aws:athena:{HERE}:workgroup/primary",
            (ALLOWED, ALLOWED, ALLOWED),
            None,
        ),
        (
            "athena:StartQueryExecution",
            f"arn:aws:athena:{HERE}:workgroup/finance",
            (DENIED, DENIED, ALLOWED),
            None,
        ),
        (
            "glue:CreateTable",
            f"{GLUE}:table/dbt_ci/orders",
            (DENIED, DENIED, DENIED),
            (ALLOWED, ALLOWED, ALLOWED),
        ),
        (
            "glue:DeleteTable",
            f"{GLUE}:table/dbt_ci/orders",
            (DENIED, ALLOWED, DENIED),
            (ALLOWED, ALLOWED, ALLOWED),
        ),
        (
            "glue:DeleteTable",
            f"{GLUE}:table/sales/orders",
            (DENIED, DENIED, DENIED),
            (DENIED, DENIED, ALLOWED),
        ),
        (
            "glue:GetTable",
            f"{GLUE}:table/sales/orders",
            (DENIED, ALLOWED, DENIED),
            (ALLOWED, ALLOWED, ALLOWED),
        ),
        (
            "glue:DeleteDatabase",
            f"{GLUE}:database/dbt_ci",
            (DENIED, DENIED, DENIED),
            (DENIED, DENIED, DENIED),
        ),
        (
            "s3:PutObject",
            f"{DATA}/dbt-ci-tables/orders/1.csv",
            (DENIED, ALLOWED, DENIED),
            (ALLOWED, ALLOWED, ALLOWED),
        ),
        (
            "s3:GetObject",
            f"{DATA}/dbt-ci-tables/orders/1.csv",
            (DENIED, DENIED, DENIED),
            (ALLOWED, ALLOWED, ALLOWED),
        ),
        (
            "s3:DeleteObject",
            f"{DATA}/dbt-ci-tables-old/1.csv",
            (DENIED, DENIED, DENIED),
            (DENIED, DENIED, ALLOWED),
        ),
        (
            "s3:DeleteObject",
            f"{RESULTS}/dbt-ci/1.csv",
            (DENIED, DENIED, DENIED),
            (DENIED, DENIED, ALLOWED),
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::acme-lake/sales/1.parquet",
            (DENIED, DENIED, DENIED),
            (ALLOWED, ALLOWED, ALLOWED),
        ),
        (
            "s3:PutObject",
            "arn:aws:s3:::acme-lake/sales/1.parquet",
            (DENIED, DENIED, DENIED),
            (DENIED, DENIED, ALLOWED),
        ),
    ],
)
def test_what_dbt_may_do_in_each_mode(
    action: str,
    resource: str,
    direct: tuple[str, ...],
    by_athena: tuple[str, ...] | None,
) -> None:
    caller = Caller.of("arn:aws:sts::111122223333:assumed-role/dbt-ci/run")
    fields: dict[str, Any] = {
        "source_databases": ["sales"],
        "sources": [{"bucket": "acme-lake", "prefixes": ["sales/"]}],
    }

    def answers(context: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        request = Request(
            caller, action, resource, resource_account="111122223333", context=context
        )
        return tuple(
            decide(request, Policies(identity=(access(minimal(mode=mode, **fields)),))).answer
            for mode in ("via_athena", "run", "documented")
        )

    assert (answers({}), answers(BY_ATHENA)) == (direct, by_athena or direct)


NAMED = "arn:aws:iam::111122223333:role/teams/ci"


@pytest.mark.parametrize(
    ("caller", "external_id", "answer"),
    [
        (Caller.of("arn:aws:sts::111122223333:assumed-role/ci/run", NAMED), "agreed", ALLOWED),
        (Caller.of("arn:aws:sts::111122223333:assumed-role/ci/run", NAMED), "other", DENIED),
        (Caller.of("arn:aws:sts::111122223333:assumed-role/ci/run", NAMED), None, DENIED),
        (Caller.of("arn:aws:sts::111122223333:assumed-role/admin/me"), "agreed", DENIED),
        (Caller.of("arn:aws:iam::444455556666:user/dbt"), "agreed", DENIED),
    ],
)
def test_only_who_is_named_and_knows_the_external_id_takes_the_role(
    caller: Caller, external_id: str | None, answer: str
) -> None:
    request = Request(
        caller,
        "sts:AssumeRole",
        "arn:aws:iam::111122223333:role/dbt-ci",
        context={"sts:ExternalId": (external_id,)} if external_id else {},
    )
    policy = trust(minimal(trusted=[NAMED], external_id="agreed"))
    assert decide(request, Policies(resource=policy)).answer == answer


@pytest.mark.parametrize("region", REGIONS)
def test_the_trust_policy_names_principals_and_asks_for_the_external_id(region: str) -> None:
    partition = partition_of(region)
    assert trust(maximal(region)).document() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "NamedOnly",
                "Effect": "Allow",
                "Principal": {
                    "AWS": [
                        f"arn:{partition}:iam::111122223333:role/teams/ci",
                        f"arn:{partition}:iam::444455556666:user/dbt",
                    ]
                },
                "Action": ["sts:AssumeRole"],
                "Condition": {"StringEquals": {"sts:ExternalId": ["agreed:4711"]}},
            }
        ],
    }


@given(
    st.lists(st.integers(min_value=1, max_value=64), min_size=1, max_size=40),
    st.none() | st.integers(min_value=2, max_value=1224).map(lambda length: "x" * length),
)
def test_settings_accept_exactly_the_trust_policies_that_fit(
    lengths: list[int], external_id: str | None
) -> None:
    names = [f"{number:02}{'n' * length}"[:64] for number, length in enumerate(lengths)]
    trusted = [f"arn:aws:iam::111122223333:role/{name}" for name in names]
    unchecked = minimal().model_copy(update={"trusted": trusted, "external_id": external_id})
    size = trust(unchecked).size()
    if size > TRUST_POLICY_LIMIT:
        with pytest.raises(ValidationError, match=f"would have {size:,} characters"):
            minimal(trusted=trusted, external_id=external_id)
    else:
        assert trust(minimal(trusted=trusted, external_id=external_id)).size() == size


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("mode", ["via_athena", "run"])
def test_twenty_databases_and_ten_buckets_fit_into_few_policies(region: str, mode: str) -> None:
    settings = maximal(
        region,
        mode=mode,
        databases=[f"dbt_ci_schema_{number:02}" for number in range(20)],
        source_databases=[f"source_database_{number:02}" for number in range(20)],
        sources=[
            {"bucket": f"acme-lake-{number:02}", "prefixes": ["sales/", "web/"]}
            for number in range(10)
        ],
    )
    parts = access(settings).split(MANAGED_POLICY_LIMIT)
    assert max(part.size() for part in parts) <= MANAGED_POLICY_LIMIT
    assert (
        INTEGRATIONS["dbt"].attached_policies(settings)
        == len(parts)
        == {"via_athena": 3, "run": 6}[mode]
    )
    assert frozenset().union(*(part.grants() for part in parts)) == access(settings).grants()


SHARED = (
    "workgroup: dbt shares 'primary' with others, and nothing here limits what a query may scan; "
    "workgroup {} makes one that does"
)
NO_RUN = (
    "mode: via_athena refuses what dbt-athena asks of Glue and S3 itself, so dbt run fails; "
    'mode = "run" grants that, within the same databases and prefix'
)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"mode": "run", "workgroup": {}}, ()),
        ({}, (NO_RUN, SHARED)),
        (
            {
                "mode": "run",
                "workgroup": {},
                "trusted": ["arn:aws:iam::444455556666:role/ci", NAMED],
            },
            (
                "trusted: arn:aws:iam::444455556666:role/ci is in another account; when that is "
                "not yours, agree on an external_id with its owner",
            ),
        ),
        (
            {
                "mode": "run",
                "workgroup": {},
                "trusted": [NAMED, "arn:aws:iam::111122223333:user/dbt"],
                "max_session_duration": 7200,
                "session_duration": 7200,
            },
            (
                f"session_duration: {NAMED} is a role, and AWS grants a role that takes a role "
                "3,600 seconds at most",
            ),
        ),
        (
            {"mode": "run", "workgroup": {}, "source_databases": ["sales"]},
            (
                "source_databases: without a source block or lake_formation, models read only "
                "those tables whose files lie where dbt writes",
            ),
        ),
        (
            {"mode": "run", "workgroup": {}, "sources": [{"bucket": "acme-lake"}]},
            ("source 'acme-lake': without prefixes, dbt may read the whole bucket",),
        ),
        (
            {"mode": "documented", "data": {"kms_key": key("eu-central-1", 1)}},
            (
                "mode: documented trusts the whole account 111122223333: whoever there may take "
                "roles may take this one",
                "mode: documented opens every workgroup, and through Athena every Glue table and "
                "every bucket, writing and deleting included",
                "mode: documented lets dbt neither make its database nor use partitions, and "
                "refuses what dbt-athena asks of Glue and S3 itself, so dbt run fails",
                "kms_key: documented grants no use of KMS keys, so encrypted data is closed",
            ),
        ),
    ],
)
def test_a_reviewer_is_told_what_is_wide_and_what_will_not_work(
    fields: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert said(minimal(**fields)) == expected
