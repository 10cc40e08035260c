"""The requests that failed where companies keep their data, and what `gate explain --can` answers
of the blocks that say where that is."""

import json
from functools import cache
from pathlib import Path

import pytest

from athena_gate.gate.explain import can
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.stack.reader import read_content
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load
from athena_gate.stacks.expected import expected_json
from tests.conftest import ROOT

Context = dict[str, tuple[str, ...]]
ATHENA: Context = {"aws:CalledVia": ("athena.amazonaws.com",)}
VIA: Context = {"aws:ViaAWSService": ("true",)}
S3: Context = {"kms:ViaService": ("s3.eu-central-1.amazonaws.com",), **VIA}
GLUE: Context = {"kms:ViaService": ("glue.eu-central-1.amazonaws.com",), **VIA}
KEY = "arn:aws:kms:eu-central-1:{}:key/1234abcd-12ab-34cd-56ef-1234567890{}"
WORKGROUP = "arn:aws:athena:eu-central-1:111122223333:workgroup"
BI: Context = {"kms:EncryptionContext:aws:athena:arn": (f"{WORKGROUP}/bi",)}
OFFICE: Context = {
    "aws:SourceIp": ("52.1.2.3",),
    "aws:SourceVpce": (),
    "aws:ViaAWSService": ("false",),
}
ENDPOINT: Context = {"aws:SourceVpce": ("vpce-0a1b2c3d4e5f67890",), "aws:ViaAWSService": ("false",)}

CONNECTORS = "athena/latest/ug/xacct-fed-query-enable.html"

# Whose block, the request, and the answer of whoever it is that asks; of "yes, if" the page of each
# condition, of docs.aws.amazon.com.
ASKED: dict[str, tuple[str, str, str, Context, str, tuple[str, ...]]] = {
    "an encrypted Glue catalog": (
        "dot-elsewhere",
        "kms:Decrypt",
        KEY.format("333344445555", "cc"),
        GLUE,
        "yes",
        (),
    ),
    "a catalog's key, for data": (
        "dot-elsewhere",
        "kms:Decrypt",
        KEY.format("333344445555", "cc"),
        S3,
        "no",
        (),
    ),
    "a bucket of another account": (
        "dot-elsewhere",
        "s3:GetObject",
        "arn:aws:s3:::acme-lake/sales/x",
        ATHENA,
        "yes, if",
        ("athena/latest/ug/cross-account-permissions.html",),
    ),
    "its key": (
        "dot-elsewhere",
        "kms:Decrypt",
        KEY.format("444455556666", "ab"),
        S3,
        "yes, if",
        ("kms/latest/developerguide/key-policy-modifying-external-accounts.html",),
    ),
    "results of another account": (
        "dot-elsewhere",
        "s3:PutObject",
        "arn:aws:s3:::acme-central/dot-elsewhere/x",
        ATHENA,
        "yes, if",
        ("athena/latest/ug/cross-account-permissions.html",),
    ),
    "Glue of another account": (
        "dbt-catalogs",
        "glue:GetTable",
        "arn:aws:glue:eu-central-1:999999999999:table/orders/x",
        ATHENA,
        "yes, if",
        (
            "athena/latest/ug/data-sources-glue-cross-account.html",
            "athena/latest/ug/security-iam-cross-account-glue-catalog-access.html",
        ),
    ),
    "a connector of another account": (
        "dot-connectors",
        "lambda:InvokeFunction",
        "arn:aws:lambda:eu-central-1:777777777777:function:shared",
        ATHENA,
        "yes, if",
        (CONNECTORS, CONNECTORS),
    ),
    "what it spills": (
        "dot-connectors",
        "s3:GetObject",
        "arn:aws:s3:::their-spill/x",
        ATHENA,
        "yes, if",
        (CONNECTORS, "athena/latest/ug/cross-account-permissions.html"),
    ),
    "a table bucket that Lake Formation may govern": (
        "immuta-catalogs",
        "glue:GetTable",
        "arn:aws:glue:eu-central-1:111122223333:table/s3tablescatalog/acme-tables/web/x",
        {},
        "yes, if",
        ("athena/latest/ug/gdc-register-s3-table-bucket-cat.html",),
    ),
    "a table that Lake Formation governs": (
        "dot-least",
        "lakeformation:GetDataAccess",
        "*",
        VIA,
        "yes",
        (),
    ),
    "an encrypted table of DynamoDB": (
        "dynamodb-connector-nobody",
        "kms:Decrypt",
        KEY.format("222233334444", "ab"),
        {"kms:ViaService": ("dynamodb.eu-central-1.amazonaws.com",)},
        "yes, if",
        ("kms/latest/developerguide/key-policy-modifying-external-accounts.html",),
    ),
    "managed results": (
        "dbt-managed",
        "kms:Decrypt",
        KEY.format("111122223333", "ff"),
        {**BI, **ENDPOINT},
        "yes, if",
        ("athena/latest/ug/managed-results.html",),
    ),
    "a topic of alarms": (
        "looker-places",
        "sns:Publish",
        "arn:aws:sns:eu-central-1:111122223333:looker-places-limits",
        ENDPOINT,
        "no",
        (),
    ),
    "from an address": (
        "looker-places",
        "athena:StartQueryExecution",
        f"{WORKGROUP}/looker-places",
        OFFICE,
        "yes",
        (),
    ),
    "from another address": (
        "looker-places",
        "athena:StartQueryExecution",
        f"{WORKGROUP}/looker-places",
        {**OFFICE, "aws:SourceIp": ("9.9.9.9",)},
        "no",
        (),
    ),
    "a bucket from before 2018": (
        "looker-places",
        "s3:GetObject",
        "arn:aws:s3:::Acme_Lake/sales/x",
        {**ATHENA, **ENDPOINT, **VIA},
        "yes",
        (),
    ),
    "all databases": (
        "dot-connectors",
        "glue:GetDatabases",
        "arn:aws:glue:eu-central-1:111122223333:database/hr",
        ATHENA,
        "yes",
        (),
    ),
    "all databases, without that choice": (
        "dot-least",
        "glue:GetDatabases",
        "arn:aws:glue:eu-central-1:111122223333:database/hr",
        ATHENA,
        "no",
        (),
    ),
}


@cache
def modes() -> Configuration:
    return load(ROOT / "development" / "modes.hcl")


@cache
def made(stack: str) -> tuple[ConfiguredBlock, Stack]:
    (block,) = (one for one in modes().blocks if one.stack == stack)
    content = json.loads(json.dumps(expected_json(block, modes().backend)))
    return block, read_content(content, Path("cdk.tf.json"))


@pytest.mark.parametrize("what", ASKED)
def test_the_request_that_failed_has_the_right_answer_and_the_pages(what: str) -> None:
    name, action, resource, context, answer, of_aws = ASKED[what]
    block, stack = made(name)
    said = can(stack, action, resource, context, block.integration.todo(block.settings))
    asked = [one for one in said if "readers" not in one.title]
    pages = [given.rpartition(": ")[2] for one in asked for given in one.conditions]
    wanted = [f"https://docs.aws.amazon.com/{page}" for page in of_aws]
    assert ([one.answer for one in asked], pages) == ([answer], wanted)
