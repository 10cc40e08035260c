"""The resources of a ``dbt`` block, as Terraform reads them."""

import configparser
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from athena_gate.gate.sandbox import Sandbox
from athena_gate.modules.athena.settings import GIBIBYTE
from athena_gate.modules.dbt.policies import access, trust
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.iam.policy import MANAGED_POLICY_LIMIT
from athena_gate.stacks.backends import LocalBackend
from athena_gate.stacks.configuration import ConfiguredBlock
from athena_gate.stacks.integrations import INTEGRATIONS
from tests.conftest import Project, Terraform
from tests.modules.dbt.conftest import DBT, REGIONS, key, maximal, minimal

pytestmark = pytest.mark.slow

Bodies = dict[str, dict[str, Any]]


def synth(folder: Path, block: DbtSettings) -> dict[str, Any]:
    """Return the JSON of the stack of ``block``."""
    from athena_gate.modules.bindings import App
    from athena_gate.stacks.stack import IntegrationStack

    app = App(outdir=str(folder))
    configured = ConfiguredBlock("dbt", block, 1, INTEGRATIONS["dbt"])
    IntegrationStack(app, configured, LocalBackend(), folder)
    app.synth()
    text = (folder / "stacks" / f"dbt-{block.name}" / "cdk.tf.json").read_text()
    # The engine's names are the block's, the role words and eight characters of a hash.
    for named in json.loads(text)["resource"].values():
        for name in named:
            text = text.replace(name, name.removeprefix("ci_")[:-9])
    stack: dict[str, Any] = json.loads(text)
    return stack


def bodies(stack: dict[str, Any]) -> Bodies:
    """Return the resources of ``stack`` by type and role word, grants of Lake Formation apart:
    tests/test_lake_formation.py has these."""
    return {
        f"{kind}.{name}": {field: value for field, value in body.items() if field != "//"}
        for kind, named in stack["resource"].items()
        if kind != "aws_lakeformation_permissions"
        for name, body in named.items()
    }


def policy(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


def role_with_policies(block: DbtSettings, **optional: Any) -> Bodies:
    made: Bodies = {
        "aws_iam_role.role": {
            "name": "dbt-ci",
            "path": block.path,
            "description": "dbt building models in Athena",
            "assume_role_policy": policy(trust(block).document()),
            "max_session_duration": block.max_session_duration,
            "force_detach_policies": True,
            **optional,
        }
    }
    for number, part in enumerate(access(block).split(MANAGED_POLICY_LIMIT), start=1):
        suffix = "" if number == 1 else f"-{number}"
        made[f"aws_iam_policy.access{suffix}"] = {
            "name": f"dbt-ci{suffix}",
            "path": block.path,
            "description": "What dbt may do in Athena.",
            "policy": policy(part.document()),
        }
        made[f"aws_iam_role_policy_attachment.attach-access{suffix}"] = {
            "role": "${aws_iam_role.role.name}",
            "policy_arn": f"${{aws_iam_policy.access{suffix}.arn}}",
        }
    return made


def bucket(
    block: DbtSettings, word: str, name: str, *, kms_key: str | None = None, days: int | None = None
) -> Bodies:
    """Return the six resources of a bucket; one whose objects expire goes with them."""
    arn = f"arn:{block.account.arns.partition}:s3:::{name}"
    itself = {"bucket": f"${{aws_s3_bucket.{word}_bucket.id}}"}
    default = {"sse_algorithm": "AES256"}
    if kms_key:
        default = {"sse_algorithm": "aws:kms", "kms_master_key_id": kms_key}
    everything = {"status": "Enabled", "filter": [{"prefix": ""}]}
    abort = {"abort_incomplete_multipart_upload": [{"days_after_initiation": 1}]}
    rules: list[dict[str, Any]] = [{"id": "abort-uploads", **everything, **abort}]
    if days:
        rules.append({"id": "expire", **everything, "expiration": [{"days": days}]})
    deny_http = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DenyInsecureTransport",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:*"],
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
            }
        ],
    }
    return {
        f"aws_s3_bucket.{word}_bucket": {
            "bucket": name,
            "force_destroy": days is not None,
            "timeouts": {"create": "3m"},
        },
        f"aws_s3_bucket_server_side_encryption_configuration.{word}_encryption": {
            **itself,
            "rule": [
                {
                    "apply_server_side_encryption_by_default": default,
                    "bucket_key_enabled": kms_key is not None,
                }
            ],
        },
        f"aws_s3_bucket_public_access_block.{word}_public_access_block": {
            **itself,
            "block_public_acls": True,
            "block_public_policy": True,
            "ignore_public_acls": True,
            "restrict_public_buckets": True,
        },
        f"aws_s3_bucket_ownership_controls.{word}_ownership": {
            **itself,
            "rule": {"object_ownership": "BucketOwnerEnforced"},
        },
        f"aws_s3_bucket_lifecycle_configuration.{word}_lifecycle": {**itself, "rule": rules},
        f"aws_s3_bucket_policy.{word}_policy": {
            **itself,
            "depends_on": [f"aws_s3_bucket_public_access_block.{word}_public_access_block"],
            "policy": policy(deny_http),
        },
    }


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("mode", ["via_athena", "run", "documented"])
def test_a_small_block_makes_a_role_and_two_buckets_and_no_workgroup(
    tmp_path: Path, mode: str, region: str
) -> None:
    block = minimal(region, mode=mode)
    stack = synth(tmp_path, block)
    assert bodies(stack) == {
        **role_with_policies(block),
        **bucket(block, "results", "dbt-ci-results-111122223333", days=30),
        **bucket(block, "data", "dbt-ci-data-111122223333"),
    }
    assert sorted(stack["output"]) == ["handoff"]


def test_every_setting_reaches_its_resource(tmp_path: Path) -> None:
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    block = maximal(
        mode="run",
        max_session_duration=7200,
        permissions_boundary=boundary,
        path="/vendors/",
        workgroup={"bytes_scanned_cutoff": 20 * GIBIBYTE, "engine_version": "AUTO"},
        results={"bucket": "acme-q", "expire_after_days": 7, "kms_key": key("eu-central-1", 4)},
        data={"bucket": "acme-t", "path": "t/", "kms_key": key("eu-central-1", 5)},
    )
    assert bodies(synth(tmp_path, block)) == {
        **role_with_policies(block, permissions_boundary=boundary),
        **bucket(block, "results", "acme-q", kms_key=key("eu-central-1", 4), days=7),
        **bucket(block, "data", "acme-t", kms_key=key("eu-central-1", 5)),
        "aws_athena_workgroup.workgroup": {
            "name": "dbt-ci",
            "description": "Queries of dbt",
            "force_destroy": True,
            "configuration": {
                "enforce_workgroup_configuration": False,
                "publish_cloudwatch_metrics_enabled": True,
                "bytes_scanned_cutoff_per_query": 20 * GIBIBYTE,
                "engine_version": {"selected_engine_version": "AUTO"},
                "result_configuration": {
                    "output_location": "s3://acme-q/dbt-ci/",
                    "expected_bucket_owner": "111122223333",
                    "encryption_configuration": {
                        "encryption_option": "SSE_KMS",
                        "kms_key_arn": key("eu-central-1", 4),
                    },
                },
            },
        },
    }


def test_with_buckets_that_exist_only_the_role_is_made(tmp_path: Path) -> None:
    block = maximal(workgroup=None)
    assert bodies(synth(tmp_path, block)) == role_with_policies(block)


def test_the_handoff_is_the_roles_arn_and_two_profiles(tmp_path: Path) -> None:
    assert synth(tmp_path, minimal())["output"] == {
        "handoff": {
            "description": "What the vendor's form asks for; no secrets.",
            "value": {
                "role_arn": "arn:aws:iam::111122223333:role/dbt-ci",
                "aws_config_profile": (
                    "[profile dbt-ci]\n"
                    "role_arn = arn:aws:iam::111122223333:role/dbt-ci\n"
                    "# default, or another profile that may take the role\n"
                    "source_profile = default\n"
                    "region = eu-central-1"
                ),
                "dbt_profile": (
                    "dbt-ci:\n"
                    '  target: "ci"\n'
                    "  outputs:\n"
                    '    "ci":\n'
                    '      type: "athena"\n'
                    '      aws_profile_name: "dbt-ci"\n'
                    '      region_name: "eu-central-1"\n'
                    '      database: "awsdatacatalog"\n'
                    '      schema: "dbt_ci"\n'
                    '      work_group: "primary"\n'
                    '      s3_staging_dir: "s3://dbt-ci-results-111122223333/dbt-ci/"\n'
                    '      s3_data_dir: "s3://dbt-ci-data-111122223333/dbt-ci-tables/"'
                ),
            },
        }
    }


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    mode=st.sampled_from(["via_athena", "run"]),
    databases=st.integers(1, 40),
    makes_results=st.booleans(),
    makes_data=st.booleans(),
    makes_workgroup=st.booleans(),
)
def test_no_two_resources_take_one_address(
    tmp_path: Path,
    mode: str,
    databases: int,
    makes_results: bool,
    makes_data: bool,
    makes_workgroup: bool,
) -> None:
    block = minimal(
        mode=mode,
        databases=[f"{'d' * 60}_{number}" for number in range(databases)],
        results={"bucket": "acme-results", "create": makes_results},
        data={"bucket": "acme-tables", "create": makes_data},
        workgroup={} if makes_workgroup else None,
    )
    expected = set(role_with_policies(block))
    expected |= set(bucket(block, "results", "acme-results")) if makes_results else set()
    expected |= set(bucket(block, "data", "acme-tables")) if makes_data else set()
    expected |= {"aws_athena_workgroup.workgroup"} if makes_workgroup else set()
    assert set(bodies(synth(tmp_path, block))) == expected


def test_a_block_is_applied_changes_in_place_and_leaves_nothing(
    project: Project, terraform: Terraform, sandbox: Sandbox
) -> None:
    folder = project.folder / "cdktf.out" / "stacks" / "dbt-ci"
    project.write(DBT.replace('["dbt_ci"]\n', '["dbt_ci"]\n  workgroup {}\n'))
    project.synth()
    terraform(folder, "init", "-input=false")
    terraform(folder, "apply", "-auto-approve", "-input=false")
    terraform(folder, "plan", "-detailed-exitcode", "-input=false")
    assert sandbox.inventory() == {
        "111122223333": {
            "aws_athena_workgroup": ["dbt-ci"],
            "aws_iam_policy": ["dbt-ci"],
            "aws_iam_role": ["dbt-ci"],
            "aws_s3_bucket": ["dbt-ci-data-111122223333", "dbt-ci-results-111122223333"],
        }
    }

    handoff = json.loads(terraform(folder, "output", "-json", "handoff").stdout)
    parser = configparser.ConfigParser()
    parser.read_string(handoff["aws_config_profile"])
    role_arn = "arn:aws:iam::111122223333:role/dbt-ci"
    assert (handoff["role_arn"], parser["profile dbt-ci"]["role_arn"]) == (role_arn, role_arn)
    target = yaml.safe_load(handoff["dbt_profile"])["dbt-ci"]["outputs"]["ci"]
    assert (target["schema"], target["work_group"]) == ("dbt_ci", "dbt-ci")

    project.write(project.file.read_text().replace('"via_athena"', '"run"'))
    project.synth()
    terraform(folder, "plan", "-input=false", "-out=plan")
    plan = json.loads(terraform(folder, "show", "-json", "plan").stdout)
    assert {
        change["type"]: change["change"]["actions"]
        for change in plan["resource_changes"]
        if change["change"]["actions"] != ["no-op"]
    } == {"aws_iam_policy": ["update"]}

    terraform(folder, "destroy", "-auto-approve", "-input=false")
    assert sandbox.inventory() == {}
