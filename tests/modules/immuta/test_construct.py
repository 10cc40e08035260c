"""The resources of an ``immuta`` block, as Terraform reads them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.sandbox import Sandbox
from modules.athena.settings import GIBIBYTE
from modules.iam.policy import MANAGED_POLICY_LIMIT
from modules.immuta.policies import access, trust
from modules.immuta.settings import ImmutaSettings
from stacks.backends import LocalBackend
from stacks.configuration import ConfiguredBlock
from tests.conftest import Project
from tests.modules.immuta.conftest import IMMUTA, REGIONS, key, maximal, minimal

pytestmark = pytest.mark.slow

Stack = dict[str, Any]


def synth(folder: Path, block: ImmutaSettings) -> Stack:
    """Return the JSON of the stack of ``block``."""
    from modules.bindings import App
    from stacks.stack import IntegrationStack

    app = App(outdir=str(folder))
    IntegrationStack(app, ConfiguredBlock("immuta", block, line=1), LocalBackend())
    app.synth()
    path = folder / "stacks" / f"immuta-{block.name}" / "cdk.tf.json"
    read: Stack = json.loads(path.read_text())
    return read


def bodies(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the resources of ``stack`` by type and role word, references by role word as well.

    The engine's names are the block's, the role words and eight characters of a hash.
    """
    words = {
        f"{kind}.{name}": f"{kind}.{name.removeprefix('governed_')[:-9]}"
        for kind, named in stack["resource"].items()
        for name in named
    }
    text = json.dumps(stack["resource"])
    for address, word in words.items():
        text = text.replace(f"${{{address}.", f"${{{word}.").replace(f'"{address}"', f'"{word}"')
    found = {
        words[f"{kind}.{name}"]: {field: value for field, value in body.items() if field != "//"}
        for kind, named in json.loads(text).items()
        for name, body in named.items()
    }
    assert len(found) == len(words)
    return found


def policy(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


def common(block: ImmutaSettings) -> dict[str, dict[str, Any]]:
    """Return the resources that every block with a results bucket and one policy makes."""
    bucket = block.results_bucket
    s3 = f"arn:{block.account.arns.partition}:s3:::{bucket}"
    kms_key = block.results.kms_key
    default = (
        {"sse_algorithm": "aws:kms", "kms_master_key_id": kms_key}
        if kms_key
        else {"sse_algorithm": "AES256"}
    )
    encryption = (
        {"encryption_option": "SSE_KMS", "kms_key_arn": kms_key}
        if kms_key
        else {"encryption_option": "SSE_S3"}
    )
    results = {"bucket": "${aws_s3_bucket.results_bucket.id}"}
    return {
        "aws_iam_policy.access": {
            "name": "immuta-governed",
            "path": block.path,
            "description": "What Immuta may do in Athena.",
            "policy": policy(access(block).document()),
        },
        "aws_s3_bucket.results_bucket": {"bucket": bucket, "force_destroy": True},
        "aws_s3_bucket_server_side_encryption_configuration.results_encryption": {
            **results,
            "rule": [
                {
                    "apply_server_side_encryption_by_default": default,
                    "bucket_key_enabled": kms_key is not None,
                }
            ],
        },
        "aws_s3_bucket_public_access_block.results_public_access_block": {
            **results,
            "block_public_acls": True,
            "block_public_policy": True,
            "ignore_public_acls": True,
            "restrict_public_buckets": True,
        },
        "aws_s3_bucket_ownership_controls.results_ownership": {
            **results,
            "rule": {"object_ownership": "BucketOwnerEnforced"},
        },
        "aws_s3_bucket_lifecycle_configuration.results_lifecycle": {
            **results,
            "rule": [
                {
                    "id": "abort-uploads",
                    "status": "Enabled",
                    "filter": [{"prefix": ""}],
                    "abort_incomplete_multipart_upload": [{"days_after_initiation": 1}],
                },
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": [{"prefix": ""}],
                    "expiration": [{"days": block.results.expire_after_days or 30}],
                },
            ],
        },
        "aws_s3_bucket_policy.results_policy": {
            **results,
            "depends_on": ["aws_s3_bucket_public_access_block.results_public_access_block"],
            "policy": policy(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "DenyInsecureTransport",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": ["s3:*"],
                            "Resource": [s3, f"{s3}/*"],
                            "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
                        }
                    ],
                }
            ),
        },
        "aws_athena_workgroup.workgroup": {
            "name": "immuta-governed",
            "description": "Queries of Immuta",
            "force_destroy": True,
            "configuration": {
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": True,
                "bytes_scanned_cutoff_per_query": 100 * GIBIBYTE,
                "engine_version": {"selected_engine_version": "Athena engine version 3"},
                "result_configuration": {
                    "output_location": block.results_location,
                    "expected_bucket_owner": "111122223333",
                    "encryption_configuration": encryption,
                },
            },
        },
    }


def user_and_keys(block: ImmutaSettings) -> dict[str, dict[str, Any]]:
    assert block.keys is not None
    boundary = {"permissions_boundary": block.permissions_boundary}
    return {
        "aws_iam_user.user": {
            "name": "immuta-governed",
            "path": block.path,
            "force_destroy": True,
            **(boundary if block.permissions_boundary else {}),
        },
        "aws_iam_user_policy_attachment.attach-access": {
            "user": "${aws_iam_user.user.name}",
            "policy_arn": "${aws_iam_policy.access.arn}",
        },
        **{
            f"aws_iam_access_key.key-{generation}": {
                "user": "${aws_iam_user.user.name}",
                "pgp_key": block.keys.public_key,
            }
            for generation in block.keys.generations
        },
    }


@pytest.mark.parametrize("grants", ["least_privilege", "documented"])
def test_access_key_makes_a_user_with_keys(tmp_path: Path, grants: str) -> None:
    block = minimal(
        grants=grants,
        path="/vendors/",
        permissions_boundary="arn:aws:iam::111122223333:policy/boundary",
        results={"bucket": "acme-immuta-results", "path": "queries/", "expire_after_days": 7},
        keys={"pgp_key": "mQEN", "generations": ["2026-11", "2026-12"]},
    )
    stack = synth(tmp_path, block)
    assert bodies(stack) == {**common(block), **user_and_keys(block)}
    ids = {
        generation: f"${{aws_iam_access_key.{name}.id}}"
        for name in stack["resource"]["aws_iam_access_key"]
        for generation in ("2026-11", "2026-12")
        if generation in name
    }
    assert stack["output"]["handoff"]["value"] == {
        "authentication": "AWS Access Key",
        "region": "eu-central-1",
        "database": "sales",
        "results_bucket": "acme-immuta-results",
        "results_directory": "queries",
        "connection_string": "Workgroup=immuta-governed",
        "access_key_id_2026-11": ids["2026-11"],
        "access_key_id_2026-12": ids["2026-12"],
    }
    assert {
        name: (output["value"], output["sensitive"])
        for name, output in stack["output"].items()
        if name != "handoff"
    } == {
        f"encrypted_secret_{generation}": (id_.replace(".id}", ".encrypted_secret}"), True)
        for generation, id_ in ids.items()
    }


@pytest.mark.parametrize("region", REGIONS)
def test_every_setting_reaches_its_resource_in_every_partition(tmp_path: Path, region: str) -> None:
    block = maximal(region)
    assert bodies(synth(tmp_path, block)) == {**common(block), **user_and_keys(block)}
    assert block.results.kms_key == key(region, 3)


@pytest.mark.parametrize("region", REGIONS)
def test_an_instance_role_is_a_role_with_an_instance_profile(tmp_path: Path, region: str) -> None:
    partition = minimal(region).account.arns.partition
    boundary = f"arn:{partition}:iam::111122223333:policy/boundary"
    block = minimal(
        region,
        authentication="instance_role",
        keys=None,
        path="/vendors/",
        permissions_boundary=boundary,
    )
    stack = synth(tmp_path, block)
    assert bodies(stack) == {
        **common(block),
        "aws_iam_role.role": {
            "name": "immuta-governed",
            "path": "/vendors/",
            "description": "Immuta's EC2 instances",
            "assume_role_policy": policy(trust(block).document()),
            "permissions_boundary": boundary,
            "force_detach_policies": True,
        },
        "aws_iam_role_policy_attachment.attach-access": {
            "role": "${aws_iam_role.role.name}",
            "policy_arn": "${aws_iam_policy.access.arn}",
        },
        "aws_iam_instance_profile.instance_profile": {
            "name": "immuta-governed",
            "path": "/vendors/",
            "role": "${aws_iam_role.role.name}",
        },
    }
    assert sorted(stack["output"]) == ["handoff"]


def test_with_a_role_that_exists_only_the_policy_is_attached(tmp_path: Path) -> None:
    block = minimal(authentication="instance_role", role_name="immuta-nodes", keys=None)
    assert bodies(synth(tmp_path, block)) == {
        **common(block),
        "aws_iam_role_policy_attachment.attach-access": {
            "role": "immuta-nodes",
            "policy_arn": "${aws_iam_policy.access.arn}",
        },
    }


def test_a_results_bucket_that_exists_is_left_alone(tmp_path: Path) -> None:
    block = minimal(results={"bucket": "acme-results", "create": False, "path": "queries/"})
    made = {
        address: body
        for address, body in {**common(block), **user_and_keys(block)}.items()
        if not address.startswith("aws_s3_")
    }
    assert bodies(synth(tmp_path, block)) == made


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    authentication=st.sampled_from(["access_key", "instance_role"]),
    existing_role=st.booleans(),
    existing_bucket=st.booleans(),
    sources=st.integers(1, 10),
    prefixes=st.integers(0, 20),
    generations=st.lists(
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", fullmatch=True).filter(str.isascii),
        min_size=1,
        max_size=2,
        unique=True,
    ),
)
def test_no_two_resources_take_one_address(
    tmp_path: Path,
    authentication: str,
    existing_role: bool,
    existing_bucket: bool,
    sources: int,
    prefixes: int,
    generations: list[str],
) -> None:
    with_keys = authentication == "access_key"
    block = minimal(
        authentication=authentication,
        keys={"pgp_key": "mQEN", "generations": generations} if with_keys else None,
        role_name="immuta-nodes" if existing_role and not with_keys else None,
        sources=[
            {"bucket": f"{'b' * 60}-{n}", "prefixes": [f"{'p' * 50}/{p}/" for p in range(prefixes)]}
            for n in range(sources)
        ],
        results={"bucket": "acme-results", "create": not existing_bucket},
    )
    parts = len(access(block).split(MANAGED_POLICY_LIMIT))
    suffixes = ["", *(f"-{part}" for part in range(2, parts + 1))]
    expected = {"aws_athena_workgroup.workgroup"}
    expected |= {f"aws_iam_policy.access{suffix}" for suffix in suffixes}
    if with_keys:
        expected |= {f"aws_iam_user_policy_attachment.attach-access{s}" for s in suffixes}
        expected |= {"aws_iam_user.user"}
        expected |= {f"aws_iam_access_key.key-{generation}" for generation in generations}
    else:
        expected |= {f"aws_iam_role_policy_attachment.attach-access{s}" for s in suffixes}
        if not existing_role:
            expected |= {"aws_iam_role.role", "aws_iam_instance_profile.instance_profile"}
    if not existing_bucket:
        expected |= {address for address in common(block) if address.startswith("aws_s3_")}
    assert set(bodies(synth(tmp_path, block))) == expected


Terraform = Callable[..., subprocess.CompletedProcess[str]]


def test_both_kinds_of_block_apply_plan_empty_and_destroy(
    project: Project, terraform: Terraform, sandbox: Sandbox
) -> None:
    nodes = IMMUTA[IMMUTA.index("immuta") : IMMUTA.index("  keys {")] + "}\n"
    nodes = nodes.replace('"governed"', '"nodes"').replace('"access_key"', '"instance_role"')
    # One results bucket for both: the provider takes 55 s to make one with a lifecycle rule.
    nodes = nodes.replace("expire_after_days = 7", "create = false")
    project.write(IMMUTA + nodes)
    project.synth()
    folders = [
        project.folder / "cdktf.out" / "stacks" / stack
        for stack in ("immuta-governed", "immuta-nodes")
    ]
    for folder in folders:
        terraform(folder, "init", "-input=false")
        terraform(folder, "apply", "-auto-approve", "-input=false")
        terraform(folder, "plan", "-detailed-exitcode", "-input=false")
    made = sandbox.inventory()["111122223333"]
    (access_key,) = made.pop("aws_iam_access_key")
    assert access_key.startswith("AKIA")
    assert made == {
        "aws_athena_workgroup": ["immuta-governed", "immuta-nodes"],
        "aws_iam_instance_profile": ["immuta-nodes"],
        "aws_iam_policy": ["immuta-governed", "immuta-nodes"],
        "aws_iam_role": ["immuta-nodes"],
        "aws_iam_user": ["immuta-governed"],
        "aws_s3_bucket": ["acme-immuta-results"],
    }
    for folder in folders:
        terraform(folder, "destroy", "-auto-approve", "-input=false")
    assert sandbox.inventory() == {}
