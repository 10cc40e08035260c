"""An ``immuta`` block as settings, and its mistakes as lines a person can act on."""

import pytest
from modules.immuta.handoff import FORM, LABELS, handoff
from modules.immuta.settings import ImmutaSettings

from modules.reading import ConfigurationError
from stacks.configuration import load
from tests.conftest import ACCOUNT, Project
from tests.modules.immuta.conftest import IMMUTA, minimal

BLOCK = 'immuta "governed"'
NO_KEYS = IMMUTA[: IMMUTA.index("  keys {")] + "}\n"
INSTANCE_ROLE = NO_KEYS.replace('"access_key"', '"instance_role"')
KMS = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"


def read(project: Project, text: str) -> ImmutaSettings:
    project.write(text)
    settings = load(project.file).blocks[0].settings
    assert isinstance(settings, ImmutaSettings)
    return settings


def mistakes(project: Project, text: str) -> list[str]:
    """Return the mistakes of ``text`` without the name of the file."""
    project.write(text)
    with pytest.raises(ConfigurationError) as caught:
        load(project.file)
    return [mistake.text("gate.hcl") for mistake in caught.value.mistakes]


def with_field(line: str, text: str = IMMUTA) -> str:
    """Return ``text`` with ``line`` after that of the database, as line 10."""
    return text.replace('"sales"\n', f'"sales"\n  {line}\n', 1)


def test_a_block_names_everything_it_makes_after_itself(project: Project) -> None:
    settings = read(project, IMMUTA.replace('    path              = "queries/"\n', ""))
    assert (settings.resource_name, settings.results_location, settings.results_directory) == (
        "immuta-governed",
        "s3://acme-immuta-results/immuta-governed/",
        "immuta-governed",
    )
    assert (settings.accounts, settings.files, settings.made_buckets) == (
        (settings.account,),
        ("keys/ops.asc",),
        ("acme-immuta-results",),
    )


def test_a_results_bucket_is_named_after_block_and_account() -> None:
    assert minimal().made_buckets == ("immuta-governed-results-111122223333",)


def test_a_results_bucket_that_exists_is_not_made() -> None:
    settings = minimal(results={"bucket": "acme-results", "create": False})
    assert (settings.results_bucket, settings.made_buckets) == ("acme-results", ())


def test_an_instance_role_reads_no_key_file(project: Project) -> None:
    assert read(project, INSTANCE_ROLE).files == ()


def test_the_handoff_is_what_the_form_asks_for() -> None:
    settings = minimal(results={"bucket": "acme-immuta-results", "path": "teams/a/"})
    assert FORM == "Immuta: My Data Sources, New Data Source, Amazon Athena"
    assert {LABELS[field]: value for field, value in handoff(settings).items()} == {
        "Authentication Method": "AWS Access Key",
        "AWS Region": "eu-central-1",
        "Database": "sales",
        "Query Results Bucket": "acme-immuta-results",
        "Query Results Directory Path": "teams/a",
        "Additional connection string arguments": "Workgroup=immuta-governed",
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"Instance profile of Immuta's EC2 instances": "immuta-governed"}),
        ({"role_name": "immuta-nodes"}, {"Role of Immuta's EC2 instances": "immuta-nodes"}),
    ],
)
def test_the_handoff_of_an_instance_role_names_what_the_instances_need(
    fields: dict[str, str], expected: dict[str, str]
) -> None:
    settings = minimal(authentication="instance_role", keys=None, **fields)
    by_key = handoff(minimal())
    assert {LABELS[field]: value for field, value in handoff(settings).items()} == {
        **{LABELS[field]: value for field, value in by_key.items()},
        "Authentication Method": "AWS Instance Role",
        **expected,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            IMMUTA.replace('"governed"', '"Governed"'),
            "gate.hcl:6: immuta \"Governed\": name: 'Governed' is not valid; allowed: lower-case "
            "letters, digits and single hyphens, starting with a letter",
        ),
        (
            IMMUTA.replace('"governed"', f'"{"g" * 58}"'),
            f'gate.hcl:6: immuta "{"g" * 58}": name: the user or role would be called '
            f"'immuta-{'g' * 58}', 65 characters; IAM takes 64",
        ),
        (
            IMMUTA.replace('account        = "analytics"', "account = 1"),
            f"gate.hcl:7: {BLOCK}: account: 1 is not the name of an account; allowed: a name in "
            "quotes",
        ),
        (
            with_field('grants = "full_access"'),
            f'gate.hcl:10: {BLOCK}: grants: "full_access" is not one of the choices; allowed: '
            "'least_privilege' or 'documented'",
        ),
        (
            IMMUTA.replace('"access_key"', '"password"'),
            f'gate.hcl:8: {BLOCK}: authentication: "password" is not one of the choices; allowed: '
            "'access_key' or 'instance_role'",
        ),
        (
            NO_KEYS,
            f'gate.hcl:6: {BLOCK}: keys: is missing; access_key needs keys {{ pgp_key_file = "..." '
            'generations = ["..."] }, or set authentication = "instance_role"',
        ),
        (
            IMMUTA.replace('"access_key"', '"instance_role"'),
            f"gate.hcl:16: {BLOCK}: keys: an instance role has no access keys; remove the block, "
            'or set authentication = "access_key"',
        ),
        (
            with_field('role_name = "immuta-nodes"'),
            f"gate.hcl:10: {BLOCK}: role_name: access_key makes a user and attaches to no role; "
            'remove this field, or set authentication = "instance_role"',
        ),
        (
            with_field('role_name = "arn:aws:iam::111122223333:role/nodes"', INSTANCE_ROLE),
            f"gate.hcl:10: {BLOCK}: role_name: 'arn:aws:iam::111122223333:role/nodes' is not "
            "valid; allowed: a role's name without path or ARN: 1 to 64 letters, digits and _ + = "
            ", . @ -",
        ),
        (
            IMMUTA.replace('"sales"', '"sales*"'),
            f"gate.hcl:9: {BLOCK}: database: 'sales*' is not valid; allowed: 1 to 255 lower-case "
            "letters, digits, underscores and hyphens; no wildcards",
        ),
        (
            IMMUTA.replace('  database       = "sales"\n', ""),
            f"gate.hcl:6: {BLOCK}: database: is missing; it is required",
        ),
        (
            with_field('databases = ["sales"]'),
            f'gate.hcl:10: {BLOCK}: databases: no field "databases"; did you mean "database"?; '
            "allowed: account, grants, authentication, role_name, database, lake_formation, "
            "permissions_boundary, path, source, workgroup, results, keys",
        ),
        (
            with_field('lake_formation = "yes"'),
            f'gate.hcl:10: {BLOCK}: lake_formation: "yes" is not a truth value; allowed: true or '
            "false, without quotes",
        ),
        (
            with_field('lake_formation = true\n  grants = "documented"'),
            f"gate.hcl:10: {BLOCK}: lake_formation: true would add to the guide's policy, and "
            "documented is that policy and nothing else; allowed: false, or grants = "
            '"least_privilege"',
        ),
        (
            IMMUTA.replace('  source "acme-lake" {}\n', ""),
            f'gate.hcl:6: {BLOCK}: source: name at least one bucket, as in source "acme-lake" '
            "{}, or set lake_formation",
        ),
        (
            with_field('source "acme-lake" {}'),
            f"gate.hcl:11: {BLOCK}: source: 'acme-lake' stands here twice; once is enough",
        ),
        (
            IMMUTA.replace('source "acme-lake"', 'source "Acme"'),
            f"gate.hcl:10: {BLOCK}: source \"Acme\": bucket: 'Acme' is not a bucket name; "
            "allowed: 3 to 63 lower-case letters, digits, dots and hyphens, starting and ending "
            "with a letter or digit, no two dots in a row, not like an IP address",
        ),
        (
            IMMUTA.replace('"acme-lake" {}', '"acme-lake" { prefixes = ["sales"] }'),
            f"gate.hcl:10: {BLOCK}: source \"acme-lake\": prefixes: 'sales' would also match "
            "'sales-old/'; end it with a slash: 'sales/'",
        ),
        (
            IMMUTA.replace('"acme-lake" {}', f'"acme-lake" {{ kms_key = "{KMS[:-36]}alias/a" }}'),
            f'gate.hcl:10: {BLOCK}: source "acme-lake": kms_key: '
            "'arn:aws:kms:eu-central-1:111122223333:key/alias/a' is not valid; allowed: the ARN "
            "of a KMS key (not of an alias, which policies don't match), as in "
            '"arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
        ),
        (
            IMMUTA.replace(
                '"acme-lake" {}',
                f'"acme-lake" {{ kms_key = "{KMS.replace("eu-central-1", "us-east-1")}" }}',
            ),
            f"gate.hcl:10: {BLOCK}: source: source 'acme-lake': kms_key is in us-east-1, the "
            "account's region is eu-central-1",
        ),
        (
            with_field('permissions_boundary = "boundary"'),
            f"gate.hcl:10: {BLOCK}: permissions_boundary: 'boundary' is not valid; allowed: the "
            'ARN of a managed policy, as in "arn:aws:iam::111122223333:policy/name"',
        ),
        (
            with_field('permissions_boundary = "arn:aws:iam::999999999999:policy/b"'),
            f"gate.hcl:10: {BLOCK}: permissions_boundary: 'arn:aws:iam::999999999999:policy/b' is "
            "not in account 111122223333 of partition aws, where the user or role is",
        ),
        (
            with_field(
                'permissions_boundary = "arn:aws:iam::111122223333:policy/b"\n  role_name = "n"',
                INSTANCE_ROLE,
            ),
            f"gate.hcl:10: {BLOCK}: permissions_boundary: the role 'n' exists and keeps its own "
            "boundary; remove this field, or role_name",
        ),
        (
            with_field('path = "vendors"'),
            f"gate.hcl:10: {BLOCK}: path: 'vendors' is not valid; allowed: a path that starts and "
            'ends with a slash, as in "/vendors/"',
        ),
        (
            with_field("workgroup { bytes_scanned_cutoff = 1 }"),
            f"gate.hcl:10: {BLOCK}: workgroup: bytes_scanned_cutoff: 1 is too small; allowed: "
            "10,485,760 at least",
        ),
        (
            with_field('workgroup { engine_version = "2" }'),
            f'gate.hcl:10: {BLOCK}: workgroup: engine_version: "2" is not one of the choices; '
            "allowed: 'Athena engine version 3' or 'AUTO'",
        ),
        (
            IMMUTA.replace('"acme-immuta-results"', '"s3://acme-immuta-results"'),
            f"gate.hcl:12: {BLOCK}: results: bucket: 's3://acme-immuta-results' is a location; "
            "allowed: the bucket's name alone",
        ),
        (
            IMMUTA.replace('"acme-immuta-results"', '"acme-lake"'),
            f"gate.hcl:11: {BLOCK}: results: the bucket 'acme-lake' is a source, so it exists "
            "already; name another, or set create = false",
        ),
        (
            IMMUTA.replace('    bucket            = "acme-immuta-results"\n', "").replace(
                '"governed"', f'"{"g" * 57}"'
            ),
            f'gate.hcl:11: immuta "{"g" * 57}": results: the bucket would be called '
            f"'immuta-{'g' * 57}-results-111122223333', 85 characters; S3 takes 63: set results {{ "
            "bucket = ... }",
        ),
        (
            IMMUTA.replace('"queries/"', '"queries"'),
            f"gate.hcl:13: {BLOCK}: results: path: 'queries' would also match 'queries-old/'; end "
            "it with a slash: 'queries/'",
        ),
        (
            IMMUTA.replace("= 7", "= 0"),
            f"gate.hcl:14: {BLOCK}: results: expire_after_days: 0 is too small; allowed: 1 at "
            "least",
        ),
        (
            IMMUTA.replace("= 7", "= 7\n    create = false"),
            f"gate.hcl:14: {BLOCK}: results: expire_after_days: with create = false the "
            "bucket keeps the lifecycle it has; remove this field, or have a bucket made",
        ),
        (
            IMMUTA.replace("= 7", f'= 7\n    kms_key = "{KMS.replace("-central-", "-west-")}"'),
            f"gate.hcl:11: {BLOCK}: results: kms_key is in eu-west-1, the account's region is "
            "eu-central-1",
        ),
        (
            IMMUTA.replace("= 7", f'= 7\n    kms_key = "{KMS.replace("aws:", "aws-cn:", 1)}"'),
            f"gate.hcl:11: {BLOCK}: results: kms_key is in partition aws-cn, not in aws",
        ),
        (
            IMMUTA.replace('pgp_key_file = "keys/ops.asc"', ""),
            f"gate.hcl:16: {BLOCK}: keys: pgp_key: give either pgp_key_file or pgp_key; without "
            "one the secret would stand in the state in plain text",
        ),
        (
            IMMUTA.replace('["2026-11"]', '["a", "b", "c"]'),
            f"gate.hcl:18: {BLOCK}: keys: generations: has 3 items; allowed: 1 to 2",
        ),
    ],
)
def test_a_wrong_field_is_told_with_its_line_and_what_is_allowed(
    project: Project, text: str, expected: str
) -> None:
    assert mistakes(project, text) == [expected]


def test_all_mistakes_of_a_block_are_told_at_once(project: Project) -> None:
    text = ACCOUNT + (
        'immuta "governed" {\n'
        '  account = "analytics"\n'
        '  grants = "all"\n'
        '  database = "Sales"\n'
        '  role_name = "nodes"\n'
        '  results { path = "queries" }\n'
        "}\n"
    )
    told = [line.split(": ")[:3] for line in mistakes(project, text)]
    assert told == [
        ["gate.hcl:5", BLOCK, "keys"],
        ["gate.hcl:5", BLOCK, "source"],
        ["gate.hcl:7", BLOCK, "grants"],
        ["gate.hcl:8", BLOCK, "database"],
        ["gate.hcl:9", BLOCK, "role_name"],
        ["gate.hcl:10", BLOCK, "results"],
    ]


def test_a_block_that_needs_too_many_policies_is_refused(project: Project) -> None:
    prefixes = ", ".join(f'"a-prefix-with-a-rather-long-name-{n:04}/"' for n in range(900))
    text = IMMUTA.replace('"acme-lake" {}', f'"acme-lake" {{ prefixes = [{prefixes}] }}')
    assert mistakes(project, text) == [
        f"gate.hcl:6: {BLOCK}: needs 16 managed policies, and AWS attaches 10 at most to one user "
        "or role; name fewer databases and prefixes, or divide the block"
    ]
