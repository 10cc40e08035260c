"""A ``dbt`` block as settings, and its mistakes as lines a person can act on."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import load
from tests.modules.dbt.conftest import DBT, key, maximal, minimal

BLOCK = 'dbt "ci"'
TRUSTED = '  trusted   = ["arn:aws:iam::111122223333:role/ci"]\n'
KEY = key("eu-central-1", 1)
ROLE_OR_USER = 'the ARN of a role or user of any account, as in "arn:aws:iam::111122223333:role/ci"'
WHOLE_ACCOUNT = (
    "is a whole account: whoever its administrators let take roles could take this one, which "
    'only mode = "documented" risks'
)
WILDCARD = (
    "a trust policy takes no part of an ARN as a wildcard, and * alone is everyone on AWS; allowed"
)
FIELDS = (
    "account, mode, external_id, trusted, max_session_duration, session_duration, databases, "
    "source_databases, drop_schemas, permissions_boundary, path, existing_workgroup, "
    "list_all_databases, until, keys, web_identity, source, lake_formation, only_from, workgroup, "
    "results, data, catalog, accept"
)


def mistakes(folder: Path, text: str) -> list[str]:
    """Return the mistakes of ``text`` without the name of the file."""
    file = folder / "gate.hcl"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    return [mistake.text("gate.hcl") for mistake in caught.value.mistakes]


def with_lines(lines: str) -> str:
    """Return the block with ``lines`` at its end, from line 11 on."""
    return DBT.replace('["dbt_ci"]\n', f'["dbt_ci"]\n{lines}\n')


def named(name: str) -> str:
    return DBT.replace(BLOCK, f'dbt "{name}"')


def trusting(*principals: str) -> str:
    """Return the block with others trusted, on line 9."""
    names = ", ".join(f'"{principal}"' for principal in principals)
    return DBT.replace(TRUSTED, f"  trusted   = [{names}]\n")


def test_the_block_of_the_design_is_read_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "gate.hcl"
    file.write_text(DBT)
    settings = load(file).blocks[0].settings
    assert settings == minimal()


def test_a_block_names_everything_it_makes_after_itself() -> None:
    settings = minimal()
    assert (settings.resource_name, settings.workgroup_name, settings.made_buckets) == (
        "dbt-ci",
        "primary",
        ("dbt-ci-results-111122223333", "dbt-ci-data-111122223333"),
    )
    assert (settings.results_location, settings.data_location) == (
        "s3://dbt-ci-results-111122223333/dbt-ci/",
        "s3://dbt-ci-data-111122223333/dbt-ci-tables/",
    )
    assert (settings.accounts, settings.files) == ((settings.account,), ())


def test_buckets_that_exist_are_used_and_not_made() -> None:
    settings = maximal()
    assert (settings.results_location, settings.data_location, settings.made_buckets) == (
        "s3://acme-dbt/results/",
        "s3://acme-dbt/tables/",
        (),
    )


def test_one_bucket_that_exists_serves_for_both_without_naming_paths() -> None:
    bucket = {"bucket": "acme-dbt", "create": False}
    settings = minimal(results=bucket, data=bucket)
    assert (settings.results_location, settings.data_location) == (
        "s3://acme-dbt/dbt-ci/",
        "s3://acme-dbt/dbt-ci-tables/",
    )


def test_the_workgroup_is_primary_the_one_named_or_the_one_made() -> None:
    assert [
        settings.workgroup_name
        for settings in (minimal(), minimal(existing_workgroup="shared"), minimal(workgroup={}))
    ] == ["primary", "shared", "dbt-ci"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            named("CI"),
            "6: dbt \"CI\": name: 'CI' is not valid; allowed: lower-case letters, digits and "
            "single hyphens, starting with a letter",
        ),
        (
            DBT.replace('= "analytics"', '= "analytic"'),
            '7: dbt "ci": account: no account "analytic"; did you mean "analytics"?; allowed: '
            "analytics",
        ),
        (
            DBT.replace('"via_athena"', '"direct"'),
            '8: dbt "ci": mode: "direct" is not one of the choices; allowed: '
            "'via_athena', 'run' or 'documented'",
        ),
        (
            with_lines('  external_id = "a b"'),
            "11: dbt \"ci\": external_id: 'a b' is not valid; allowed: 2 to 1,224 letters, digits "
            "and _ + = , . @ : / -, no spaces",
        ),
        (trusting("*"), f"9: {BLOCK}: trusted: '*': {WILDCARD}: {ROLE_OR_USER}"),
        (
            trusting("arn:aws:iam::111122223333:role/*"),
            f"9: {BLOCK}: trusted: 'arn:aws:iam::111122223333:role/*': {WILDCARD}: {ROLE_OR_USER}",
        ),
        (
            trusting("444455556666"),
            f"9: {BLOCK}: trusted: '444455556666' {WHOLE_ACCOUNT}; allowed: {ROLE_OR_USER}",
        ),
        (
            trusting("arn:aws:iam::444455556666:root"),
            f"9: {BLOCK}: trusted: 'arn:aws:iam::444455556666:root' {WHOLE_ACCOUNT}; allowed: "
            f"{ROLE_OR_USER}",
        ),
        (
            trusting("arn:aws:sts::111122223333:assumed-role/ci/run"),
            f"9: {BLOCK}: trusted: 'arn:aws:sts::111122223333:assumed-role/ci/run' is one session "
            f"of a role and ends with it; allowed: {ROLE_OR_USER}",
        ),
        (
            trusting("arn:aws:iam::111122223333:group/ci"),
            f"9: {BLOCK}: trusted: 'arn:aws:iam::111122223333:group/ci' is not valid; allowed: "
            f"{ROLE_OR_USER}",
        ),
        (
            trusting("arn:aws-cn:iam::111122223333:role/ci"),
            f"9: {BLOCK}: trusted: 'arn:aws-cn:iam::111122223333:role/ci' is in partition aws-cn, "
            "and no identity there can take a role in aws",
        ),
        (
            trusting(*["arn:aws:iam::111122223333:role/ci"] * 2),
            f"9: {BLOCK}: trusted: 'arn:aws:iam::111122223333:role/ci' stands here twice; once is "
            "enough",
        ),
        (
            DBT.replace(TRUSTED, ""),
            f"6: {BLOCK}: trusted: name at least one role or user that may take the role, as in "
            'trusted = ["arn:aws:iam::111122223333:role/ci"]',
        ),
        (
            DBT.replace('"via_athena"', '"documented"'),
            f"9: {BLOCK}: trusted: documented trusts the whole account, as the guide does, whoever "
            'is named; remove this field, or set mode = "via_athena" or "run" to trust only these',
        ),
        (
            with_lines("  max_session_duration = 1800"),
            f"11: {BLOCK}: max_session_duration: 1800 is too small; allowed: 3,600 at least",
        ),
        (
            with_lines("  max_session_duration = 86400"),
            f"11: {BLOCK}: max_session_duration: 86400 is too large; allowed: 43,200 at most",
        ),
        (
            with_lines("  session_duration = 600"),
            f"11: {BLOCK}: session_duration: 600 is too small; allowed: 900 at least",
        ),
        (
            with_lines("  session_duration = 86400"),
            f"11: {BLOCK}: session_duration: 86400 is too large; allowed: 43,200 at most",
        ),
        (
            with_lines("  session_duration = 7200"),
            f"11: {BLOCK}: session_duration: the role grants 3,600 seconds at most, so taking it "
            "for 7,200 would fail; raise max_session_duration, or lower this",
        ),
        (
            with_lines("  max_session_duration = 7200\n  session_duration = 7200"),
            f"12: {BLOCK}: session_duration: 7,200 seconds is too long for roles that take a role: "
            "AWS grants them 3,600 at most, whatever max_session_duration says, and the call fails",
        ),
        (
            DBT.replace('["dbt_ci"]', "[]"),
            f"10: {BLOCK}: databases: name at least one database for dbt to build in, as in "
            'databases = ["dbt_ci"]',
        ),
        (
            DBT.replace('["dbt_ci"]', '["dbt_*"]'),
            f"10: {BLOCK}: databases: 'dbt_*' is not valid; allowed: 1 to 255 lower-case letters, "
            "digits, underscores and hyphens; no wildcards",
        ),
        (
            DBT.replace('  databases = ["dbt_ci"]\n', ""),
            f"6: {BLOCK}: databases: is missing; it is required",
        ),
        (
            with_lines('  source_databases = ["dbt_ci"]'),
            f"11: {BLOCK}: source_databases: 'dbt_ci' is in databases too, where dbt may write; "
            "keep it in one of them",
        ),
        (
            with_lines(f'  source "acme" {{ kms_key = "{KEY.replace("eu-", "us-")}" }}'),
            f'11: {BLOCK}: source "acme": kms_key: the bucket\'s key is in us-central-1, the '
            "account's region "
            'is eu-central-1; or, where the bucket is there too, say so: region = "us-central-1"',
        ),
        (
            with_lines('  drop_schemas = "yes"'),
            f'11: {BLOCK}: drop_schemas: "yes" is not a truth value; allowed: true or false, '
            "without quotes",
        ),
        (
            with_lines("  lake_formation = true"),
            f"11: {BLOCK}: lake_formation: is a block: write lake_formation {{}} in its place",
        ),
        (
            with_lines('  permissions_boundary = "arn:aws:iam::999999999999:policy/b"'),
            f"11: {BLOCK}: permissions_boundary: 'arn:aws:iam::999999999999:policy/b' is not in "
            "account 111122223333 of partition aws, where the role is",
        ),
        (
            with_lines('  path = "vendors"'),
            f"11: {BLOCK}: path: 'vendors' is not valid; allowed: a path that starts and ends with "
            'a slash, as in "/vendors/"',
        ),
        (
            with_lines('  existing_workgroup = "a b"'),
            f"11: {BLOCK}: existing_workgroup: 'a b' is not valid; allowed: 1 to 128 letters, "
            "digits, dots, hyphens, underscores",
        ),
        (
            with_lines('  existing_workgroup = "shared"\n  workgroup {}'),
            f"12: {BLOCK}: workgroup: makes a workgroup, and existing_workgroup names 'shared'; "
            "keep one of them",
        ),
        (
            with_lines("  workgroup { bytes_scanned_cutoff = 1 }"),
            f"11: {BLOCK}: workgroup: bytes_scanned_cutoff: 1 is too small; allowed: 10,485,760 at "
            "least",
        ),
        (
            with_lines("  results { create = false }"),
            f"11: {BLOCK}: results: create: false needs the name of the bucket that exists: bucket",
        ),
        (
            with_lines(f'  results {{ kms_key = "{KEY.replace("eu-", "us-")}" }}'),
            f"11: {BLOCK}: results: kms_key is in us-central-1, the account's region is "
            "eu-central-1",
        ),
        (
            with_lines('  source "acme" {}\n  results { bucket = "acme" }'),
            f"12: {BLOCK}: results: the bucket 'acme' is a source, so it exists already; name "
            "another, or set create = false",
        ),
        (
            with_lines('  data { bucket = "s3://acme" }'),
            f"11: {BLOCK}: data: bucket: 's3://acme' is a location; allowed: the bucket's name "
            "alone",
        ),
        (
            with_lines("  data { create = false }"),
            f"11: {BLOCK}: data: create: false needs the name of the bucket that exists: bucket",
        ),
        (
            with_lines('  data { path = "tables" }'),
            f"11: {BLOCK}: data: path: 'tables' would also match 'tables-old/'; end it with a "
            "slash: 'tables/'",
        ),
        (
            with_lines('  data { kms_key = "alias/x" }'),
            f"11: {BLOCK}: data: kms_key: 'alias/x' is not valid; allowed: the ARN of a KMS key "
            "(not of an alias, which policies don't match), as in "
            '"arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
        ),
        (
            with_lines(f'  data {{ kms_key = "{KEY.replace("arn:aws", "arn:aws-cn")}" }}'),
            f"11: {BLOCK}: data: kms_key is in partition aws-cn, not in aws",
        ),
        (
            with_lines('  data { bucket = "dbt-ci-results-111122223333" }'),
            f"11: {BLOCK}: data: 'dbt-ci-results-111122223333' is the results bucket made here, "
            "which deletes what it holds after some days; name another bucket for tables",
        ),
        (
            with_lines(
                '  results {\n    bucket = "acme"\n    create = false\n  }\n'
                '  data {\n    bucket = "acme"\n    path = "dbt-ci/tables/"\n  }'
            ),
            f"15: {BLOCK}: data: tables under 'dbt-ci/tables/' and results under 'dbt-ci/' are in "
            "each other's way; give them paths of which neither starts with the other",
        ),
        (
            with_lines("  threads = 4"),
            f'11: {BLOCK}: threads: no field "threads"; allowed: {FIELDS}',
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_is_allowed(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert mistakes(tmp_path, text) == [f"gate.hcl:{expected}"]


def test_documented_takes_nothing_that_would_change_the_guides_role(tmp_path: Path) -> None:
    text = DBT.replace('"via_athena"', '"documented"').replace(
        TRUSTED, '  external_id = "agreed"\n  drop_schemas = true\n  lake_formation {}\n'
    )
    assert mistakes(tmp_path, text) == [
        f"gate.hcl:{line}: {BLOCK}: {field}: would change the guide's role, and documented is that "
        'role and nothing else; remove this field, or set mode = "via_athena" or "run"'
        for line, field in ((9, "external_id"), (10, "drop_schemas"), (11, "lake_formation"))
    ]


def test_names_that_grow_too_long_are_told_before_aws_tells(tmp_path: Path) -> None:
    name = "a" * 61
    assert mistakes(tmp_path, named(name)) == [
        f"gate.hcl:6: dbt \"{name}\": name: the role would be called 'dbt-{name}', 65 characters; "
        "IAM takes 64"
    ]
    name = "a" * 50
    assert mistakes(tmp_path, named(name)) == [
        f'gate.hcl:6: dbt "{name}": {purpose}: the bucket would be called '
        f"'dbt-{name}-{purpose}-111122223333', {length} characters; S3 takes 63: set {purpose} "
        "{ bucket = ... }"
        for purpose, length in (("data", 72), ("results", 75))
    ]


def test_a_trust_policy_that_grows_too_long_is_told_before_aws_tells(tmp_path: Path) -> None:
    roles = [f"arn:aws:iam::111122223333:role/{'a' * 60}{number}" for number in range(21)]
    assert mistakes(tmp_path, trusting(*roles)) == [
        f"gate.hcl:9: {BLOCK}: trusted: the trust policy would have 2,131 characters, IAM takes "
        "2,048; trust one role that all of them may take, or divide the block"
    ]


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::111122223333:role/ci",
        "arn:aws:iam::444455556666:user/teams/data/dbt",
        "arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/eu-central-1/"
        "AWSReservedSSO_data_0123456789abcdef",
    ],
)
def test_roles_and_users_of_any_account_can_be_trusted(principal: str) -> None:
    assert minimal(trusted=[principal]).trusted == (principal,)


@given(st.text(alphabet="ab19*:/-", min_size=1, max_size=12))
def test_no_other_text_can_be_trusted(text: str) -> None:
    for principal in (text, f"arn:aws:iam::111122223333:{text}"):
        with pytest.raises(ValidationError):
            minimal(trusted=[principal])


def test_a_user_can_take_the_role_for_as_long_as_it_grants() -> None:
    settings = minimal(
        trusted=["arn:aws:iam::111122223333:user/dbt"],
        max_session_duration=43200,
        session_duration=43200,
    )
    assert (settings.max_session_duration, settings.session_duration) == (43200, 43200)
