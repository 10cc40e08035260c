import typing
from collections.abc import Iterator
from pathlib import Path

import pysequoia
import pytest
from pydantic import BaseModel

from athena_gate.gate.sandbox.existing import taken_for_granted
from athena_gate.modules.access.settings import CLASSES, Access
from athena_gate.modules.account import Account
from athena_gate.modules.existing import Existing
from athena_gate.stacks.backends import S3Backend
from athena_gate.stacks.configuration import load
from athena_gate.stacks.integrations import INTEGRATIONS
from tests.conftest import make_project

OWN, OTHER = "111122223333", "444455556666"
ACCOUNTS = """
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}

account "partner" {
  id          = "444455556666"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::444455556666:role/terraform"
}
"""
KEYS = 'keys {\n    pgp_key_file = "keys/ops.asc"\n    generations  = ["2026-11"]\n  }'
TERRAFORMS_ROLE = f"{OTHER}: arn:aws:iam::{OTHER}:role/terraform"

# Every field of gate.hcl that holds a text, by what it is to the sandbox.
GIVEN = {
    "Account.assume_role",
    "AssumedBy.role_name",
    "Data.bucket",
    "DbtSettings.existing_workgroup",
    "DbtSettings.permissions_boundary",
    "DbtSettings.trusted",
    "DynamodbConnectorSettings.readers",
    "MetadataAccess.permissions_boundary",
    "QueryAccess.permissions_boundary",
    "Results.bucket",
    "RunsOn.role_name",
    "S3Backend.assume_role",
    "S3Backend.bucket",
    "Source.bucket",
    "TablesAccess.bucket",
    "TablesAccess.permissions_boundary",
    "Trusted.principals",
    "Workgroup.name",
}
NAMED_AND_NEVER_ASKED_FOR = {
    "Account.catalog_kms_key",
    "Alarm.kms_key",
    "Alarm.topic",
    "AssumedBy.principals",
    "Data.kms_key",
    "DbtSettings.databases",
    "DbtSettings.source_databases",
    "DynamodbConnectorSettings.image",
    "DynamodbConnectorSettings.tables",
    "MetadataAccess.databases",
    "MetadataAccess.workgroups",
    "OnlyFrom.vpc_endpoints",
    "QueryAccess.catalog",
    "QueryAccess.databases",
    "Results.kms_key",
    "RunsOn.provider",
    "S3Backend.kms_key",
    "Service.source_arns",
    "Source.access_point",
    "Source.kms_key",
    "TablesAccess.databases",
    "TablesAccess.kms_key",
    "Token.provider",
    "WebIdentity.provider",
}
NOTHING_THAT_EXISTS = {
    "Accept.code",
    "Accept.reason",
    "Accept.until",
    "Account.hcp_credentials",
    "Account.id",
    "Account.name",
    "Account.region",
    "Account.tags",
    "AssumedBy.external_id",
    # Whose a bucket or key is that another field names.
    "Data.kms_key_owner",
    "Data.owner",
    "Data.path",
    "DbtSettings.external_id",
    "DbtSettings.name",
    "DbtSettings.path",
    "DynamodbConnectorSettings.catalog",
    "DynamodbConnectorSettings.name",
    "DynamodbConnectorSettings.organization_id",
    "DynamodbConnectorSettings.release",
    "Keys.generations",
    "Keys.pgp_key",
    "Keys.pgp_key_file",
    "MetadataAccess.name",
    "MetadataAccess.path",
    "OnlyFrom.addresses",
    "QueryAccess.name",
    "QueryAccess.path",
    "Results.kms_key_owner",
    "Results.owner",
    "Results.path",
    "RunsOn.namespace",
    "RunsOn.service_account",
    "S3Backend.prefix",
    "S3Backend.region",
    "Source.kms_key_owner",
    "Source.owner",
    "Source.prefixes",
    "Source.region",
    "Spill.bucket",
    "Spill.prefix",
    "TablesAccess.bucket_owner",
    "TablesAccess.kms_key_owner",
    "TablesAccess.name",
    "TablesAccess.path",
    "TablesAccess.results_folder",
    "TablesAccess.schema",
    "Token.audience",
    "Token.subject",
    "Trusted.external_id",
    "WebIdentity.audience",
    "WebIdentity.organization_identifier",
    "WebIdentity.subject",
}


def parts(annotation: object) -> Iterator[type]:
    """Every type within ``annotation``."""
    if isinstance(annotation, type):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from parts(inner)


def texts(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        found = list(parts(field.annotation))
        if str in found:
            yield f"{model.__name__}.{name}"
        for inner in found:
            if issubclass(inner, BaseModel):
                yield from texts(inner)


def test_every_field_that_could_name_something_is_decided_upon() -> None:
    models: tuple[type[BaseModel], ...] = (
        Account,
        S3Backend,
        *CLASSES.values(),
        *(one.settings for one in INTEGRATIONS.values() if not issubclass(one.settings, Access)),
    )

    assert {name for model in models for name in texts(model)} == (
        GIVEN | NAMED_AND_NEVER_ASKED_FOR | NOTHING_THAT_EXISTS
    )


BLOCKS = {
    "nothing but what Terraform takes": ("", []),
    "a boundary, a source and a bucket of the team's": (
        f"""
dot "reporting" {{
  account              = "analytics"
  databases            = ["sales"]
  permissions_boundary = "arn:aws:iam::111122223333:policy/teams/boundary"

  source "acme-lake" {{}}

  results {{
    bucket = "acme-results"
    create = false
  }}

  {KEYS}
}}
""",
        [
            f"{OWN}: arn:aws:iam::{OWN}:policy/teams/boundary",
            f"{OWN}: arn:aws:s3:::acme-lake",
            f"{OWN}: arn:aws:s3:::acme-results",
        ],
    ),
    "a boundary of AWS's own exists anyway": (
        """
metronome "billing" {
  account              = "partner"
  web_identity {
    subject = "123456789012345678901"
  }
  bucket               = "acme-metronome"
  create_bucket        = false
  schema               = "metronome"
  permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
}
""",
        [f"{OTHER}: arn:aws:s3:::acme-metronome"],
    ),
    "a role by its name": (
        """
immuta "governed" {
  account        = "analytics"
  databases = ["sales"]
  runs_on {
    role_name = "immuta-hosts"
  }

  source "acme-lake" {}
}
""",
        [f"{OWN}: arn:aws:iam::{OWN}:role/immuta-hosts", f"{OWN}: arn:aws:s3:::acme-lake"],
    ),
    "the role that a vendor takes already": (
        """
datadog "glue" {
  account   = "analytics"
  databases = ["sales"]
  assumed_by {
    role_name = "DatadogIntegrationRole"
  }
}
""",
        [f"{OWN}: arn:aws:iam::{OWN}:role/DatadogIntegrationRole"],
    ),
    "who is trusted, wherever they are, and a workgroup": (
        """
dbt "ci" {
  account            = "analytics"
  mode               = "via_athena"
  trusted            = [
    "arn:aws:iam::999900001111:role/ci/deploy",
    "arn:aws:iam::111122223333:user/ops/jo",
  ]
  databases          = ["dbt_ci"]
  existing_workgroup = "shared"

  data {
    bucket = "acme-models"
    create = false
  }
}
""",
        [
            "999900001111: arn:aws:iam::999900001111:role/ci/deploy",
            f"{OWN}: arn:aws:iam::{OWN}:user/ops/jo",
            f"{OWN}: arn:aws:s3:::acme-models",
            f"{OWN}: arn:aws:athena:eu-central-1:{OWN}:workgroup/shared",
        ],
    ),
    "readers, and each account's results": (
        """
dynamodb_connector "orders" {
  owner    = "analytics"
  consumer = "partner"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::444455556666:role/data/analyst"]

  owner_results {
    bucket = "acme-owner"
    create = false
  }

  consumer_results {
    bucket = "acme-consumer"
    create = false
  }
}
""",
        [
            f"{OTHER}: arn:aws:iam::{OTHER}:role/data/analyst",
            f"{OWN}: arn:aws:s3:::acme-owner",
            f"{OTHER}: arn:aws:s3:::acme-consumer",
        ],
    ),
    "a bucket for states, in the account whose credentials reach it": (
        """
backend "s3" {
  bucket = "acme-states"
  region = "us-west-2"
}
""",
        [f"{OWN}: arn:aws:s3:::acme-states"],
    ),
    "the same behind a role": (
        """
backend "s3" {
  bucket      = "acme-states"
  region      = "us-west-2"
  assume_role = "arn:aws:iam::222233334444:role/states"
}
""",
        [
            "222233334444: arn:aws:iam::222233334444:role/states",
            "222233334444: arn:aws:s3:::acme-states",
        ],
    ),
    "one role under its name and its ARN, and what another block makes": (
        """
immuta "governed" {
  account        = "partner"
  databases = ["sales"]
  runs_on {
    role_name = "analyst"
  }

  source "acme-metronome" {}
}

metronome "billing" {
  account            = "partner"
  web_identity {
    subject = "123456789012345678901"
  }
  bucket             = "acme-metronome"
  schema             = "metronome"
}

dbt "ci" {
  account   = "partner"
  mode      = "via_athena"
  trusted   = [
    "arn:aws:iam::444455556666:role/metronome-billing",
    "arn:aws:iam::444455556666:role/data/analyst",
  ]
  databases = ["dbt_ci"]
}
""",
        [f"{OTHER}: arn:aws:iam::{OTHER}:role/data/analyst"],
    ),
}
# gate.hcl needs a block to build, which takes nothing for granted by itself.
PLAIN = """
metronome "plain" {
  account            = "analytics"
  web_identity {
    subject = "123456789012345678901"
  }
  bucket             = "acme-plain"
  schema             = "plain"
}
"""


@pytest.mark.parametrize(("text", "expected"), BLOCKS.values(), ids=BLOCKS)
def test_what_blocks_name_and_do_not_make_is_taken_for_granted(
    tmp_path: Path, pgp_key: pysequoia.Tsk, text: str, expected: list[str]
) -> None:
    project = make_project(tmp_path, pgp_key, ACCOUNTS + text + PLAIN)

    found = taken_for_granted(load(project.file), OWN)

    assert [f"{one.account}: {one.arn}" for one in found] == [TERRAFORMS_ROLE, *expected]


def test_a_bucket_is_in_its_own_region(tmp_path: Path, pgp_key: pysequoia.Tsk) -> None:
    text = 'backend "s3" {\n  bucket = "acme-states"\n  region = "us-west-2"\n}\n'
    project = make_project(tmp_path, pgp_key, ACCOUNTS + text + PLAIN)

    assert taken_for_granted(load(project.file), OWN)[1] == Existing(
        "arn:aws:s3:::acme-states", OWN, "us-west-2"
    )
