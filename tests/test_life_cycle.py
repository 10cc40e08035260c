"""A Dot block from the first apply to nothing left, on real Terraform and an embedded AWS."""

import base64
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pysequoia
import pytest
from botocore.session import Session

from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.stack.plan import differences
from tests.conftest import DOT, Project, Terraform, make_project, terraform_in
from tests.gate.test_cli import gate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def deployed(
    tmp_path_factory: pytest.TempPathFactory, pgp_key: pysequoia.Tsk, terraform: Terraform
) -> Project:
    """A project whose Dot block is applied; the tests of this file change it in turn."""
    project = make_project(tmp_path_factory.mktemp("life"), pgp_key, DOT)
    project.synth()
    stack = folder(project)
    terraform(stack, "init", "-input=false")
    terraform(stack, "apply", "-auto-approve", "-input=false")
    return project


def folder(project: Project) -> Path:
    return project.folder / "cdktf.out" / "stacks" / "dot-reporting"


def changes(terraform: Terraform, project: Project) -> dict[str, list[str]]:
    """Return what a plan would do, by type, to the resources that it would not leave alone."""
    stack = folder(project)
    terraform(stack, "plan", "-input=false", "-out=plan")
    plan = json.loads(terraform(stack, "show", "-json", "plan").stdout)
    (stack / "plan").unlink()
    return {
        change["type"]: change["change"]["actions"]
        for change in plan["resource_changes"]
        if change["change"]["actions"] != ["no-op"]
    }


def test_a_second_plan_is_empty_with_the_whole_schema_too(
    deployed: Project,
    terraform: Terraform,
    whole_terraform_variables: dict[str, str],
    sandbox: Sandbox,
) -> None:
    second = ("plan", "-input=false", "-detailed-exitcode")
    terraform(folder(deployed), *second, ok=(0,))
    whole = terraform_in(sandbox.environment(whole_terraform_variables))
    whole(folder(deployed), "init", "-input=false")
    whole(folder(deployed), *second, ok=(0,))


def test_everything_is_in_the_account_and_named_after_the_block(
    deployed: Project, sandbox: Sandbox, terraform: Terraform
) -> None:
    key = outputs(terraform, deployed)["handoff"]["value"]["access_key_id_2026-11"]
    assert sandbox.inventory() == {
        "111122223333": {
            "aws_iam_access_key": [key],
            "aws_athena_workgroup": ["dot-reporting"],
            "aws_iam_policy": ["dot-reporting"],
            "aws_iam_user": ["dot-reporting"],
            "aws_s3_bucket": ["dot-reporting-results-111122223333"],
        }
    }
    assert deployed.folder.joinpath("terraform.dot-reporting.tfstate").exists()


def outputs(terraform: Terraform, project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(terraform(folder(project), "output", "-json").stdout)
    return found


def secret(terraform: Terraform, project: Project, generation: str) -> str:
    """Return the secret access key, decrypted with the private key."""
    name = f"encrypted_secret_{generation}"
    message = base64.b64decode(outputs(terraform, project)[name]["value"])
    content = pysequoia.decrypt(message, decryptor=project.key.decryptor()).bytes
    assert content
    return content.decode()


def test_no_secret_stands_in_the_json_the_outputs_the_plan_or_the_state(
    deployed: Project, terraform: Terraform
) -> None:
    stack = folder(deployed)
    plain = secret(terraform, deployed, "2026-11")
    assert len(plain) == 40
    everywhere = {
        "JSON": (stack / "cdk.tf.json").read_text(),
        "outputs": terraform(stack, "output", "-json").stdout,
        "plan": terraform(stack, "plan", "-input=false").stdout,
        "state": deployed.folder.joinpath("terraform.dot-reporting.tfstate").read_text(),
        "shown state": terraform(stack, "show", "-json").stdout,
    }
    assert [name for name, text in everywhere.items() if plain in text] == []
    assert outputs(terraform, deployed)["encrypted_secret_2026-11"]["sensitive"] is True


WORKGROUP = """  workgroup {
    bytes_scanned_cutoff = 20000000
    alarm { bytes_per_day = 1099511627776 }
  }
"""


def test_another_cutoff_changes_the_workgroup_in_place_and_an_alarm_joins_it(
    deployed: Project, terraform: Terraform
) -> None:
    deployed.write(DOT.replace("  keys {", f"{WORKGROUP}  keys {{"))
    deployed.synth()
    assert changes(terraform, deployed) == {
        "aws_athena_workgroup": ["update"],
        "aws_cloudwatch_metric_alarm": ["create"],
        "aws_sns_topic": ["create"],
        "aws_sns_topic_policy": ["create"],
    }
    stack = folder(deployed)
    terraform(stack, "apply", "-auto-approve", "-input=false")
    terraform(stack, "plan", "-input=false", "-detailed-exitcode", "-out=plan", ok=(0,))
    plan = json.loads(terraform(stack, "show", "-json", "plan").stdout)
    (stack / "plan").unlink()
    assert differences(plan, json.loads((stack / "cdk.tf.json").read_text())) == ()


def test_a_renewed_pgp_key_leaves_the_access_keys_that_are_there(
    deployed: Project, terraform: Terraform
) -> None:
    """To the provider another expiry is another PGP key, and that another access key."""
    public = deployed.key.extract_certificate()
    end = datetime.now(UTC) + timedelta(days=400)
    renewed = public.set_expiration(end, deployed.key.certifier())
    (deployed.folder / "keys" / "ops.asc").write_bytes(bytes(renewed))
    deployed.synth()
    assert changes(terraform, deployed) == {}
    stack = folder(deployed)
    terraform(stack, "plan", "-input=false", "-out=plan")
    (deployed.folder / "plan.json").write_text(terraform(stack, "show", "-json", "plan").stdout)
    (stack / "plan").unlink()
    proved = gate(deployed.folder, "prove", "plan.json")
    assert (proved.returncode, proved.stderr) == (0, "")


def test_a_rotation_killed_at_its_key_is_found_and_mended(
    deployed: Project, sandbox: Sandbox
) -> None:
    """AWS has made the key and the state has not heard of it; the next apply would be refused a
    third one."""
    away = sandbox.environment({})
    iam = Session().create_client(
        "iam",
        region_name="eu-central-1",
        endpoint_url=away["AWS_ENDPOINT_URL"],
        aws_access_key_id=away["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=away["AWS_SECRET_ACCESS_KEY"],
    )
    lost = iam.create_access_key(UserName="dot-reporting")["AccessKey"]["AccessKeyId"]
    listed = gate(deployed.folder, "keys", "reporting", "--json", **away)
    shown = json.loads(listed.stdout)
    assert (listed.returncode, [one["about"] for one in shown["problems"]]) == (1, [lost])
    refused = gate(deployed.folder, "rotate", "reporting", **away)
    assert (refused.returncode, refused.stdout.splitlines()[0]) == (
        1,
        f"dot-reporting: AWS makes no third key, and {lost} is in no state; it was made within ten "
        "minutes; an apply that is under way may still write it down",
    )
    examined = gate(deployed.folder, "doctor", "--json", **away)
    assert [one["status"] for one in json.loads(examined.stdout) if lost in one["found"]] == [
        "note"
    ]
    fresh = gate(deployed.folder, "keys", "reporting", "--remove", lost, "--yes", **away)
    assert (fresh.returncode, "was made within ten minutes" in fresh.stderr) == (1, True)
    iam.delete_access_key(UserName="dot-reporting", AccessKeyId=lost)
    mended = gate(deployed.folder, "keys", "reporting", **away)
    assert (mended.returncode, mended.stderr) == (0, "")


def test_a_rotation_touches_only_the_rotated_key(deployed: Project, terraform: Terraform) -> None:
    before = outputs(terraform, deployed)["handoff"]["value"]["access_key_id_2026-11"]
    text = deployed.file.read_text()

    deployed.write(text.replace('["2026-11"]', '["2026-11", "2027-02"]'))
    deployed.synth()
    assert changes(terraform, deployed) == {"aws_iam_access_key": ["create"]}
    terraform(folder(deployed), "apply", "-auto-approve", "-input=false")
    both = outputs(terraform, deployed)["handoff"]["value"]
    assert both["access_key_id_2026-11"] == before
    assert both["access_key_id_2027-02"] != before
    assert secret(terraform, deployed, "2027-02") != secret(terraform, deployed, "2026-11")

    deployed.write(text.replace('["2026-11"]', '["2027-02"]'))
    deployed.synth()
    assert changes(terraform, deployed) == {"aws_iam_access_key": ["delete"]}
    terraform(folder(deployed), "apply", "-auto-approve", "-input=false")
    after = outputs(terraform, deployed)["handoff"]["value"]
    assert after["access_key_id_2027-02"] == both["access_key_id_2027-02"]
    assert "access_key_id_2026-11" not in after


def test_a_provider_of_another_account_is_refused_before_anything_is_made(
    tmp_path: Path, pgp_key: pysequoia.Tsk, terraform: Terraform, sandbox: Sandbox
) -> None:
    before = sandbox.inventory()
    project = make_project(tmp_path / "wrong", pgp_key, DOT.replace("111122223333", "999999999999"))
    project.synth()
    terraform(folder(project), "init", "-input=false")
    refused = terraform(folder(project), "apply", "-auto-approve", "-input=false", ok=(1,))
    assert "AWS account ID not allowed: 111122223333" in refused.stderr
    assert sandbox.inventory() == before


def test_the_sheet_is_what_dots_form_asks_for(
    deployed: Project, sandbox_variables: dict[str, str], terraform: Terraform
) -> None:
    shown = subprocess.run(
        ["gate", "sheet", "reporting", "--json"],
        cwd=deployed.folder,
        env=sandbox_variables,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    handoff = outputs(terraform, deployed)["handoff"]["value"]
    (generation,) = [
        key.removeprefix("access_key_id_") for key in handoff if key.startswith("access_key_id_")
    ]
    assert json.loads(shown) == {
        "vendor": "Dot",
        "block": 'dot "reporting"',
        "form": "Dot: settings, integrations, Add Integration, Amazon Athena",
        "fields": [
            {"label": "AWS region", "value": "eu-central-1"},
            {"label": "Workgroup", "value": "dot-reporting"},
            {"label": "Data catalog", "value": "AwsDataCatalog"},
            {"label": "Databases", "value": "sales"},
            {
                "label": "Query results location",
                "value": "s3://dot-reporting-results-111122223333/dot-reporting/",
            },
            {
                "label": "All queries together may scan",
                "value": "1 TiB a day; beyond that, "
                "arn:aws:sns:eu-central-1:111122223333:dot-reporting-limits is told",
            },
        ],
        "keys": [
            {
                "generation": generation,
                "access_key_id": handoff[f"access_key_id_{generation}"],
                "decrypt": "terraform -chdir=cdktf.out/stacks/dot-reporting output -raw "
                f"encrypted_secret_{generation} | base64 --decode | gpg --decrypt",
            }
        ],
        "todo": [
            {
                "name": "subscribers",
                "who": "you",
                "says": "somebody subscribes to "
                "arn:aws:sns:eu-central-1:111122223333:dot-reporting-limits",
                "page": "https://docs.aws.amazon.com/athena/latest/ug/"
                "workgroups-setting-control-limits-cloudwatch.html",
                "account": None,
                "resource": None,
                "policy": None,
                "run": None,
            }
        ],
    }


def test_a_destroyed_block_leaves_nothing(
    deployed: Project, terraform: Terraform, sandbox: Sandbox
) -> None:
    terraform(folder(deployed), "destroy", "-auto-approve", "-input=false")
    assert sandbox.inventory() == {}
