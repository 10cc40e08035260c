"""What is synthesized: one stack per block, whole and plain."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from athena_gate.modules.access.policies import access
from athena_gate.stacks.configuration import load
from development.examples import build
from tests.conftest import DOT, ROOT, Project

pytestmark = pytest.mark.slow


def synth(project: Project, outdir: Path) -> dict[str, Any]:
    """Return the JSON of the only stack, synthesized in this process."""
    build(load(project.file), outdir)
    (file,) = outdir.glob("stacks/*/cdk.tf.json")
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def addresses(document: dict[str, Any]) -> set[str]:
    """Return the addresses of all resources without the hash of their construct's path."""
    return {
        f"{kind}.{re.sub('_[0-9A-F]{8}$', '', name)}"
        for kind, resources in document["resource"].items()
        for name in resources
    }


DOT_ADDRESSES = {
    "aws_athena_workgroup.reporting_workgroup",
    "aws_iam_access_key.reporting_key-2026-11",
    "aws_iam_policy.reporting_access",
    "aws_iam_user.reporting_user",
    "aws_iam_user_policy_attachment.reporting_attach-access",
    "aws_s3_bucket.reporting_results_bucket",
    "aws_s3_bucket_lifecycle_configuration.reporting_results_lifecycle",
    "aws_s3_bucket_ownership_controls.reporting_results_ownership",
    "aws_s3_bucket_policy.reporting_results_policy",
    "aws_s3_bucket_public_access_block.reporting_results_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration.reporting_results_encryption",
}


def body(document: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the arguments of the only resource of ``kind``."""
    (resource,) = document["resource"][kind].values()
    return {key: value for key, value in resource.items() if key != "//"}


def test_a_dot_block_makes_a_user_a_workgroup_and_a_results_bucket(project: Project) -> None:
    document = synth(project, project.folder / "out")
    assert addresses(document) == DOT_ADDRESSES
    assert body(document, "aws_iam_user") == {
        "name": "dot-reporting",
        "path": "/",
        "force_destroy": True,
    }
    assert body(document, "aws_athena_workgroup") == {
        "name": "dot-reporting",
        "description": "Queries of Dot",
        "force_destroy": True,
        "configuration": {
            "enforce_workgroup_configuration": True,
            "publish_cloudwatch_metrics_enabled": True,
            "bytes_scanned_cutoff_per_query": 100 * 1024**3,
            "engine_version": {"selected_engine_version": "Athena engine version 3"},
            "result_configuration": {
                "output_location": "s3://dot-reporting-results-111122223333/dot-reporting/",
                "expected_bucket_owner": "111122223333",
                "encryption_configuration": {"encryption_option": "SSE_S3"},
            },
        },
    }
    policy = body(document, "aws_iam_policy")["policy"]
    block = load(project.file).blocks[0]
    assert json.loads(policy) == access(block.settings).document()


def test_the_results_bucket_is_private_encrypted_and_forgets(project: Project) -> None:
    document = synth(project, project.folder / "out")
    (bucket,) = document["resource"]["aws_s3_bucket"]
    reference = f"${{aws_s3_bucket.{bucket}.id}}"
    assert body(document, "aws_s3_bucket") == {
        "bucket": "dot-reporting-results-111122223333",
        "force_destroy": True,
        "timeouts": {"create": "3m"},
    }
    assert body(document, "aws_s3_bucket_public_access_block") == {
        "bucket": reference,
        "block_public_acls": True,
        "block_public_policy": True,
        "ignore_public_acls": True,
        "restrict_public_buckets": True,
    }
    assert body(document, "aws_s3_bucket_ownership_controls") == {
        "bucket": reference,
        "rule": {"object_ownership": "BucketOwnerEnforced"},
    }
    assert body(document, "aws_s3_bucket_server_side_encryption_configuration") == {
        "bucket": reference,
        "rule": [
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"},
                "bucket_key_enabled": False,
            }
        ],
    }
    assert body(document, "aws_s3_bucket_lifecycle_configuration") == {
        "bucket": reference,
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
                "expiration": [{"days": 30}],
            },
        ],
    }
    policy = body(document, "aws_s3_bucket_policy")
    (private,) = document["resource"]["aws_s3_bucket_public_access_block"]
    assert policy["depends_on"] == [f"aws_s3_bucket_public_access_block.{private}"]
    assert json.loads(policy["policy"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DenyInsecureTransport",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:*"],
                "Resource": [
                    "arn:aws:s3:::dot-reporting-results-111122223333",
                    "arn:aws:s3:::dot-reporting-results-111122223333/*",
                ],
                "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
            }
        ],
    }


def test_a_kms_key_encrypts_bucket_and_results(project: Project) -> None:
    key = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    project.write(DOT.replace("  keys {", f'  results {{ kms_key = "{key}" }}\n  keys {{'))
    document = synth(project, project.folder / "out")
    assert body(document, "aws_s3_bucket_server_side_encryption_configuration")["rule"] == [
        {
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms",
                "kms_master_key_id": key,
            },
            "bucket_key_enabled": True,
        }
    ]
    configuration = body(document, "aws_athena_workgroup")["configuration"]
    assert configuration["result_configuration"]["encryption_configuration"] == {
        "encryption_option": "SSE_KMS",
        "kms_key_arn": key,
    }


def test_a_bucket_the_user_has_is_used_and_left_alone(project: Project) -> None:
    results = '  results {\n bucket = "acme-results"\n create = false\n }\n  keys {'
    project.write(DOT.replace("  keys {", results))
    document = synth(project, project.folder / "out")
    assert addresses(document) == {
        address for address in DOT_ADDRESSES if not address.startswith("aws_s3")
    }
    configuration = body(document, "aws_athena_workgroup")["configuration"]
    location = configuration["result_configuration"]["output_location"]
    assert location == "s3://acme-results/dot-reporting/"


def test_a_stack_names_its_provider_backend_and_outputs(project: Project) -> None:
    role = (
        '  assume_role = "arn:aws:iam::111122223333:role/terraform"\n  tags = { team = "data" }\n'
    )
    project.write(DOT.replace("}\n\ndot", f"{role}}}\n\ndot", 1))
    document = project.run_main()["dot-reporting"]
    assert document["provider"] == {
        "aws": [
            {
                "allowed_account_ids": ["111122223333"],
                "max_retries": 10,
                "assume_role": [{"role_arn": "arn:aws:iam::111122223333:role/terraform"}],
                "default_tags": [{"tags": {"athena-gate": "dot/reporting", "team": "data"}}],
                "region": "eu-central-1",
            }
        ]
    }
    assert document["terraform"] == {
        "backend": {"local": {"path": "../../../terraform.dot-reporting.tfstate"}},
        "required_providers": {
            "aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"},
        },
        "required_version": ">= 1.11",
    }
    (key,) = document["resource"]["aws_iam_access_key"]
    assert document["output"] == {
        "handoff": {
            "description": "What the vendor's form asks for; no secrets.",
            "value": {
                "access_key_id_2026-11": f"${{aws_iam_access_key.{key}.id}}",
                "catalog": "AwsDataCatalog",
                "databases": "sales",
                "region": "eu-central-1",
                "results_location": "s3://dot-reporting-results-111122223333/dot-reporting/",
                "workgroup": "dot-reporting",
            },
        },
        "encrypted_secret_2026-11": {
            "description": "The secret access key 2026-11, PGP message in base64.",
            "sensitive": True,
            "value": f"${{aws_iam_access_key.{key}.encrypted_secret}}",
        },
    }
    assert str(project.folder) not in json.dumps(document)


KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# As https://developer.hashicorp.com/terraform/language/backend/s3 and
# https://developer.hashicorp.com/terraform/language/terraform have them (2026-11).
BACKENDS: dict[str, tuple[str, dict[str, Any]]] = {
    "local": (
        'backend "local" {}',
        {"backend": {"local": {"path": "../../../terraform.dot-reporting.tfstate"}}},
    ),
    "s3": (
        'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}',
        {
            "backend": {
                "s3": {
                    "bucket": "acme-states",
                    "key": "athena-gate/dot-reporting.tfstate",
                    "region": "eu-central-1",
                    "encrypt": True,
                    "use_lockfile": True,
                }
            }
        },
    ),
    "s3 with everything": (
        f"""\
backend "s3" {{
  bucket      = "acme-states"
  region      = "eu-central-1"
  prefix      = "athena/"
  kms_key     = "{KEY}"
  assume_role = "arn:aws:iam::111122223333:role/states"
}}
""",
        {
            "backend": {
                "s3": {
                    "bucket": "acme-states",
                    "key": "athena/dot-reporting.tfstate",
                    "region": "eu-central-1",
                    "encrypt": True,
                    "kms_key_id": KEY,
                    "use_lockfile": True,
                    "assume_role": {"role_arn": "arn:aws:iam::111122223333:role/states"},
                }
            }
        },
    ),
    "cloud by name": (
        'backend "cloud" {\n  organization = "acme"\n}',
        {"cloud": {"organization": "acme", "workspaces": {"name": "dot-reporting"}}},
    ),
    "cloud with everything": (
        """\
backend "cloud" {
  organization = "acme"
  project      = "athena access"
  hostname     = "tfe.acme.example"
  workspace    = "athena-{stack}"
}
""",
        {
            "cloud": {
                "organization": "acme",
                "hostname": "tfe.acme.example",
                "workspaces": {"name": "athena-dot-reporting", "project": "athena access"},
            }
        },
    ),
    "cloud by tags": (
        'backend "cloud" {\n  organization = "acme"\n  tags = ["athena"]\n}',
        {"cloud": {"organization": "acme", "workspaces": {"tags": ["athena", "dot-reporting"]}}},
    ),
}


def test_a_backend_is_written_as_terraform_documents_it_and_changes_nothing_else(
    project: Project, terraform_variables: dict[str, str]
) -> None:
    documents = {}
    for name, (block, expected) in BACKENDS.items():
        project.write(f"{DOT}\n{block}\n")
        document = project.synth()["dot-reporting"]
        assert document["terraform"].pop("required_version") == ">= 1.11"
        assert list(document["terraform"].pop("required_providers")) == ["aws"]
        assert (name, document.pop("terraform")) == (name, expected)
        # The engine's own remarks on the stack say which backend it has.
        metadata = document["//"]["metadata"]
        assert metadata.pop("backend") == name.split()[0]
        metadata.pop("cloud", None)
        documents[name] = document
        stack = project.folder / "cdktf.out" / "stacks" / "dot-reporting"
        for arguments in (["init", "-backend=false", "-input=false"], ["validate", "-json"]):
            done = subprocess.run(
                ["terraform", f"-chdir={stack}", *arguments],
                env=terraform_variables,
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["diagnostics"] == []
    assert [name for name, document in documents.items() if document != documents["local"]] == []


REFERENCE = re.compile(r"\$\{aws_\w+\.[\w-]+\.[a-z_]+\}")
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=st.lists(NAMES, min_size=1, max_size=3, unique=True),
    generations=st.lists(
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True),
        min_size=1,
        max_size=2,
        unique=True,
    ),
    database=st.from_regex(r"[a-z0-9_][a-z0-9_-]{0,20}", fullmatch=True),
    prefix=st.text("abcXYZ019!-_.'()&@=+,:; /", max_size=30).map("p{}".format),
    tag=st.text("abcXYZ019 _.:/=+-@", max_size=40),
)
def test_accepted_settings_neither_collide_nor_reach_terraform_as_templates(
    project: Project,
    tmp_path_factory: pytest.TempPathFactory,
    names: list[str],
    generations: list[str],
    database: str,
    prefix: str,
    tag: str,
) -> None:
    account, block = DOT.split("dot ", 1)
    block = block.replace("sales", database, 1)
    block = block.replace("sales/", prefix + "/")
    block = block.replace('["2026-11"]', json.dumps(generations))
    text = account.replace("}\n", f"  tags = {{ note = {json.dumps(tag)} }}\n}}\n", 1)
    for name in names:
        text += "dot " + block.replace("reporting", name) + "\n"
    project.write(text)
    outdir = tmp_path_factory.mktemp("out")
    build(load(project.file), outdir)
    documents = [json.loads(file.read_text()) for file in outdir.glob("stacks/*/cdk.tf.json")]
    assert len(documents) == len(names)
    per_stack = len(DOT_ADDRESSES) - 1 + len(generations)
    assert [
        sum(len(resources) for resources in document["resource"].values()) for document in documents
    ] == [per_stack] * len(names)
    assert [value for value in templates(documents) if not REFERENCE.fullmatch(value)] == []


def templates(value: object) -> list[str]:
    """Return every string in ``value`` that Terraform would evaluate, keys included."""
    if isinstance(value, dict):
        return [t for pair in value.items() for part in pair for t in templates(part)]
    if isinstance(value, list):
        return [t for item in value for t in templates(item)]
    unescaped = re.sub(r"\$\$\{|%%\{", "", value) if isinstance(value, str) else ""
    return [str(value)] if "${" in unescaped or "%{" in unescaped else []


def test_stock_and_fast_bindings_and_these_tests_write_the_same_bytes(project: Project) -> None:
    def written() -> dict[str, bytes]:
        files = [path for path in project.out.rglob("*") if path.is_file()]
        return {path.relative_to(project.out).as_posix(): path.read_bytes() for path in files}

    project.run_main(GATE_FAST_BINDINGS="0")
    stock = written()
    assert sorted(stock) == [
        "ejected.json",
        "made-from.json",
        "manifest.json",
        "stacks/dot-reporting/cdk.tf.json",
    ]
    for synth in (project.run_main, project.synth):
        shutil.rmtree(project.out)
        synth()
        assert written() == stock


def test_the_modules_serve_without_gate_hcl(project: Project) -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (project.folder / "lake.py").write_text(example)
    subprocess.run([sys.executable, "lake.py"], cwd=project.folder, check=True)
    document = json.loads((project.folder / "cdktf.out/stacks/lake/cdk.tf.json").read_text())
    assert addresses(document) == {
        *DOT_ADDRESSES,
        "aws_s3_bucket.lake",
    }
