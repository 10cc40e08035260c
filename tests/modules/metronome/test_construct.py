"""What is synthesized for the block, whole."""

import json
import re
from pathlib import Path
from typing import Any

import pysequoia
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.bindings import App, TerraformStack
from modules.metronome.construct import Metronome
from modules.metronome.policies import access, trust
from modules.metronome.settings import MetronomeSettings
from stacks.configuration import load
from stacks.stack import build
from tests.conftest import Project, make_project
from tests.modules.metronome.conftest import (
    EVERYTHING,
    METRONOME,
    WITH_KEYS,
    key,
    minimal,
    with_keys,
)

pytestmark = pytest.mark.slow


def synth(project: Project) -> dict[str, Any]:
    """Return the JSON of the only stack, the hash of each construct's path left out."""
    outdir = project.folder / "out"
    app = App(outdir=str(outdir))
    build(load(project.file), app)
    app.synth()
    (file,) = outdir.glob("stacks/*/cdk.tf.json")
    document: dict[str, Any] = json.loads(without_hashes(file.read_text()))
    return document


def without_hashes(text: str) -> str:
    return re.sub(r"_[0-9A-F]{8}\b", "", text)


def resources(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the arguments of every resource by its address; policies as documents."""
    found = {}
    for kind, named in document["resource"].items():
        for name, body in named.items():
            arguments = {key: value for key, value in body.items() if key != "//"}
            for argument in ("policy", "assume_role_policy"):
                if argument in arguments:
                    arguments[argument] = json.loads(arguments[argument])
            found[f"{kind}.{name}"] = arguments
    return found


def bucket(encryption: dict[str, str], *rules: dict[str, Any]) -> dict[str, dict[str, Any]]:
    reference = "${aws_s3_bucket.billing_bucket.id}"
    return {
        "aws_s3_bucket.billing_bucket": {"bucket": "acme-metronome", "force_destroy": False},
        "aws_s3_bucket_lifecycle_configuration.billing_bucket_lifecycle": {
            "bucket": reference,
            "rule": [
                {
                    "id": "abort-uploads",
                    "status": "Enabled",
                    "filter": [{"prefix": ""}],
                    "abort_incomplete_multipart_upload": [{"days_after_initiation": 1}],
                },
                *rules,
            ],
        },
        "aws_s3_bucket_ownership_controls.billing_bucket_ownership": {
            "bucket": reference,
            "rule": {"object_ownership": "BucketOwnerEnforced"},
        },
        "aws_s3_bucket_policy.billing_bucket_policy": {
            "bucket": reference,
            "depends_on": ["aws_s3_bucket_public_access_block.billing_bucket_public_access_block"],
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "DenyInsecureTransport",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": ["s3:*"],
                        "Resource": [
                            "arn:aws:s3:::acme-metronome",
                            "arn:aws:s3:::acme-metronome/*",
                        ],
                        "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
                    }
                ],
            },
        },
        "aws_s3_bucket_public_access_block.billing_bucket_public_access_block": {
            "bucket": reference,
            "block_public_acls": True,
            "block_public_policy": True,
            "ignore_public_acls": True,
            "restrict_public_buckets": True,
        },
        "aws_s3_bucket_server_side_encryption_configuration.billing_bucket_encryption": {
            "bucket": reference,
            "rule": [
                {
                    "apply_server_side_encryption_by_default": encryption,
                    "bucket_key_enabled": "kms_master_key_id" in encryption,
                }
            ],
        },
    }


def role(configured: MetronomeSettings, **arguments: str) -> dict[str, dict[str, Any]]:
    name, vendor, path = configured.resource_name, configured.vendor_name, configured.path
    return {
        "aws_iam_policy.billing_access": {
            "name": name,
            "path": path,
            "description": f"What {vendor} may do in Athena.",
            "policy": access(configured).document(),
        },
        "aws_iam_role.billing_role": {
            "name": name,
            "path": path,
            "description": f"{vendor} writes its exports as this role.",
            "assume_role_policy": trust(configured).document(),
            "force_detach_policies": True,
            **arguments,
        },
        "aws_iam_role_policy_attachment.billing_attach-access": {
            "role": "${aws_iam_role.billing_role.name}",
            "policy_arn": "${aws_iam_policy.billing_access.arn}",
        },
    }


S3_KEY = {"sse_algorithm": "AES256"}


def project_of(folder: Path, pgp_key: pysequoia.Tsk, text: str) -> tuple[Project, Any]:
    project = make_project(folder, pgp_key, text)
    return project, load(project.file).blocks[0].settings


def test_a_block_makes_a_role_and_a_bucket_that_nothing_deletes(
    tmp_path: Path, pgp_key: pysequoia.Tsk
) -> None:
    project, configured = project_of(tmp_path, pgp_key, METRONOME)
    document = synth(project)
    assert resources(document) == {**bucket(S3_KEY), **role(configured)}
    assert document["output"] == {
        "handoff": {
            "description": "What the vendor's form asks for; no secrets.",
            "value": {
                "database": "metronome",
                "schema": "metronome",
                "workgroup": "primary",
                "bucket": "acme-metronome",
                "bucket_region": "eu-central-1",
                "role_arn": "${aws_iam_role.billing_role.arn}",
            },
        }
    }


def test_a_bucket_that_exists_is_left_alone(tmp_path: Path, pgp_key: pysequoia.Tsk) -> None:
    text = METRONOME.replace("  schema ", "  create_bucket = false\n  schema ")
    project, configured = project_of(tmp_path, pgp_key, text)
    assert resources(synth(project)) == role(configured)


def test_only_query_results_expire_and_the_workgroup_writes_them_there(
    tmp_path: Path, pgp_key: pysequoia.Tsk
) -> None:
    project, configured = project_of(tmp_path, pgp_key, EVERYTHING)
    document = synth(project)
    assert resources(document) == {
        **bucket(
            {"sse_algorithm": "aws:kms", "kms_master_key_id": key()},
            {
                "id": "expire",
                "status": "Enabled",
                "filter": [{"prefix": "metronome_results/athena_output/"}],
                "expiration": [{"days": 7}],
            },
        ),
        **role(configured, permissions_boundary="arn:aws:iam::111122223333:policy/boundary"),
        "aws_athena_workgroup.billing_workgroup": {
            "name": "webflow-billing",
            "description": "Queries of Webflow",
            "force_destroy": True,
            "configuration": {
                "enforce_workgroup_configuration": False,
                "publish_cloudwatch_metrics_enabled": True,
                "bytes_scanned_cutoff_per_query": 10485760,
                "engine_version": {"selected_engine_version": "AUTO"},
                "result_configuration": {
                    "output_location": "s3://acme-metronome/metronome_results/athena_output/",
                    "expected_bucket_owner": "111122223333",
                    "encryption_configuration": {
                        "encryption_option": "SSE_KMS",
                        "kms_key_arn": key(),
                    },
                },
            },
        },
    }
    assert document["output"]["handoff"]["value"] == {
        "database": "metronome_results",
        "schema": "metronome",
        "workgroup": "webflow-billing",
        "bucket": "acme-metronome",
        "bucket_region": "eu-central-1",
        "role_arn": "${aws_iam_role.billing_role.arn}",
    }


def test_access_keys_take_the_place_of_the_role(tmp_path: Path, pgp_key: pysequoia.Tsk) -> None:
    project, configured = project_of(tmp_path, pgp_key, WITH_KEYS)
    document = synth(project)
    user = "${aws_iam_user.billing_user.name}"
    assert resources(document) == {
        **bucket(S3_KEY),
        "aws_iam_policy.billing_access": role(configured)["aws_iam_policy.billing_access"],
        "aws_iam_user.billing_user": {
            "name": "metronome-billing",
            "path": "/",
            "force_destroy": True,
        },
        "aws_iam_user_policy_attachment.billing_attach-access": {
            "user": user,
            "policy_arn": "${aws_iam_policy.billing_access.arn}",
        },
        **{
            f"aws_iam_access_key.billing_key-{generation}": {
                "user": user,
                "pgp_key": configured.keys.public_key,
            }
            for generation in ("2026-10", "2026-11")
        },
    }
    assert document["output"]["handoff"]["value"] == {
        "database": "metronome",
        "schema": "metronome",
        "workgroup": "primary",
        "bucket": "acme-metronome",
        "bucket_region": "eu-central-1",
        "access_key_id_2026-10": "${aws_iam_access_key.billing_key-2026-10.id}",
        "access_key_id_2026-11": "${aws_iam_access_key.billing_key-2026-11.id}",
    }
    assert {
        name: (output["value"], output["sensitive"])
        for name, output in document["output"].items()
        if name != "handoff"
    } == {
        f"encrypted_secret_{generation}": (
            f"${{aws_iam_access_key.billing_key-{generation}.encrypted_secret}}",
            True,
        )
        for generation in ("2026-10", "2026-11")
    }


BUCKET = {address.replace("billing_", "") for address in bucket(S3_KEY)}

generations = st.lists(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", fullmatch=True),
    min_size=1,
    max_size=2,
    unique=True,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    vendor=st.sampled_from(["metronome", "webflow"]),
    keys=st.none() | generations,
    create_bucket=st.booleans(),
    workgroup=st.none() | st.just({}),
)
def test_no_two_constructs_collide(
    tmp_path: Path,
    vendor: str,
    keys: list[str] | None,
    create_bucket: bool,
    workgroup: dict[str, Any] | None,
) -> None:
    block: dict[str, Any] = {
        "vendor": vendor,
        "create_bucket": create_bucket,
        "workgroup": workgroup,
    }
    if keys is None:
        configured = minimal(**block)
        expected = {"aws_iam_role.role", "aws_iam_role_policy_attachment.attach-access"}
    else:
        configured = with_keys(**block, keys={"pgp_key": "mQEN", "generations": keys})
        expected = {"aws_iam_user.user", "aws_iam_user_policy_attachment.attach-access"}
        expected |= {f"aws_iam_access_key.key-{generation}" for generation in keys}
    expected |= {"aws_iam_policy.access"}
    expected |= BUCKET if create_bucket else set()
    expected |= {"aws_athena_workgroup.workgroup"} if workgroup is not None else set()

    app = App(outdir=str(tmp_path / "out"))
    stack = TerraformStack(app, "metronome-billing")
    made = Metronome(stack, "billing", configured)
    synthesized = stack.to_terraform()["resource"]
    addresses = {
        f"{kind}.{re.sub('_[0-9A-F]{8}$', '', name).removeprefix('billing_')}"
        for kind, named in synthesized.items()
        for name in named
    }
    assert addresses == expected
    assert set(made.encrypted_secrets) == set(keys or ())
