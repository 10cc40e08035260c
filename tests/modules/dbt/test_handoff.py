"""What is handed to dbt: two texts that its readers read as they are."""

import configparser
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from athena_gate.modules.dbt.handoff import LABELS, aws_config_profile, dbt_profile, handoff
from athena_gate.modules.dbt.settings import DbtSettings
from tests.modules.dbt.conftest import maximal, minimal

ROLE = "arn:aws:iam::111122223333:role/dbt-ci"


def user(**fields: Any) -> DbtSettings:
    """Return a block whose role a user takes for two hours with an external id."""
    return minimal(
        trusted=["arn:aws:iam::444455556666:user/dbt"],
        external_id="agreed:47=11",
        max_session_duration=7200,
        session_duration=7200,
        **fields,
    )


def test_the_profile_for_the_aws_sdk_is_the_guides_with_the_region() -> None:
    assert aws_config_profile(minimal()) == (
        "[profile dbt-ci]\n"
        f"role_arn = {ROLE}\n"
        "# default, or another profile that may take the role\n"
        "source_profile = default\n"
        "region = eu-central-1"
    )


def test_an_ini_reader_finds_external_id_and_session_length_in_the_profile() -> None:
    parser = configparser.ConfigParser()
    parser.read_string(aws_config_profile(user()))
    assert {name: dict(parser[name]) for name in parser.sections()} == {
        "profile dbt-ci": {
            "role_arn": ROLE,
            "source_profile": "default",
            "region": "eu-central-1",
            "external_id": "agreed:47=11",
            "duration_seconds": "7200",
        }
    }


def test_the_aws_sdk_itself_reads_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config"
    file.write_text(aws_config_profile(user()) + "\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    assert botocore.session.Session().full_config["profiles"] == {
        "dbt-ci": {
            "role_arn": ROLE,
            "source_profile": "default",
            "region": "eu-central-1",
            "external_id": "agreed:47=11",
            "duration_seconds": "7200",
        }
    }


def test_what_is_handed_over_has_a_profile_for_dbt_of_this_text() -> None:
    assert handoff(minimal()) == {
        "role_arn": ROLE,
        "aws_config_profile": aws_config_profile(minimal()),
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
    }


def target_of(settings: DbtSettings) -> Any:
    return yaml.safe_load(dbt_profile(settings))[settings.resource_name]


def test_yaml_reads_the_profile_of_a_large_block_as_it_was_meant() -> None:
    assert target_of(maximal()) == {
        "target": "ci",
        "outputs": {
            "ci": {
                "type": "athena",
                "aws_profile_name": "dbt-ci",
                "region_name": "eu-central-1",
                "database": "awsdatacatalog",
                "schema": "dbt_ci",
                "work_group": "dbt-ci",
                "s3_staging_dir": "s3://acme-dbt/results/",
                "s3_data_dir": "s3://acme-dbt/tables/",
            }
        },
    }


NAMES = st.sampled_from(["on", "no", "null", "true", "y", "e1"]) | st.from_regex(
    r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8})?", fullmatch=True
)
DATABASES = st.sampled_from(["2026_11", "1e3", "0x1f", "null", "no", "_"]) | st.from_regex(
    r"[a-z0-9_][a-z0-9_-]{0,20}", fullmatch=True
)
PATHS = st.from_regex(r"[A-Za-z0-9!_.'()&@=+,:; -]{1,20}/", fullmatch=True)


@given(NAMES, DATABASES, PATHS)
def test_no_name_is_anything_but_text_to_yaml(name: str, database: str, path: str) -> None:
    settings = minimal(name=name, databases=[database], data={"path": path})
    outputs = target_of(settings)["outputs"]
    assert list(outputs) == [target_of(settings)["target"]] == [name]
    assert (outputs[name]["schema"], outputs[name]["s3_data_dir"]) == (
        database,
        f"s3://dbt-{name}-data-111122223333/{path}",
    )


def test_everything_handed_over_has_a_label() -> None:
    limited = minimal(workgroup={"alarm": {"bytes_per_day": 1099511627776}})
    assert set(handoff(limited)) == set(LABELS)
