"""What the block accepts, and what it says to what it does not."""

import re
from pathlib import Path
from typing import Any

import pysequoia
import pytest
from modules.metronome.settings import VENDOR_NAMES, MetronomeSettings

from modules.athena.settings import Workgroup
from modules.reading import ConfigurationError
from stacks.configuration import load
from tests.conftest import ACCOUNT, make_project
from tests.modules.metronome.conftest import (
    EVERYTHING,
    METRONOME,
    SERVICE_ACCOUNT,
    WITH_KEYS,
    account,
    key,
    maximal,
    minimal,
    with_keys,
)

WHERE = (
    "it is the value of accounts.google.com:sub in the trust policy on the vendor's Athena page "
    "(Google calls it the unique ID)"
)
TEXT = "letters, digits and _ . : / @ + = -, without spaces or brackets"
NAMES = "1 to 255 lower-case letters, digits, underscores and hyphens; no wildcards"
KEYS_BLOCK = '  keys {\n    pgp_key = "mQEN"\n    generations = ["2026-11"]\n  }\n'


def complaint(folder: Path, text: str) -> str:
    """Return what is said about ``text``, for a block without the part that names it."""
    file = folder / "gate.hcl"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    return str(caught.value).replace(f"{file}:", "").replace(': metronome "billing"', "")


def loaded(folder: Path, text: str) -> MetronomeSettings:
    file = folder / "gate.hcl"
    file.write_text(text)
    (block,) = load(file).blocks
    assert isinstance(block.settings, MetronomeSettings)
    return block.settings


def without(field: str) -> list[str]:
    """Return the lines of the minimal block without the one that sets ``field``."""
    return [t for t in METRONOME.splitlines() if not re.match(rf" +{field} +=", t)]


def dump(settings: MetronomeSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in MetronomeSettings.model_fields}


def test_a_block_needs_four_fields(tmp_path: Path) -> None:
    assert dump(loaded(tmp_path, METRONOME)) == {
        "vendor": "metronome",
        "name": "billing",
        "account": account(),
        "authentication": "web_identity",
        "service_account_id": SERVICE_ACCOUNT,
        "organization_identifier": None,
        "audience": None,
        "grants": "least_privilege",
        "bucket": "acme-metronome",
        "create_bucket": True,
        "kms_key": None,
        "schema": "metronome",
        "database": None,
        "results_expire_after_days": None,
        "permissions_boundary": None,
        "path": "/",
        "workgroup": None,
        "keys": None,
    }


def test_a_block_can_have_every_field(tmp_path: Path) -> None:
    assert dump(loaded(tmp_path, EVERYTHING)) == {
        "vendor": "webflow",
        "name": "billing",
        "account": account(),
        "authentication": "web_identity",
        "service_account_id": SERVICE_ACCOUNT,
        "organization_identifier": "org-4711",
        "audience": "108000002380243782159",
        "grants": "least_privilege",
        "bucket": "acme-metronome",
        "create_bucket": True,
        "kms_key": key(),
        "schema": "metronome",
        "database": "metronome_results",
        "results_expire_after_days": 7,
        "permissions_boundary": "arn:aws:iam::111122223333:policy/boundary",
        "path": "/vendors/",
        "workgroup": Workgroup(bytes_scanned_cutoff=10485760, engine_version="AUTO"),
        "keys": None,
    }


def test_access_keys_need_no_service_account(tmp_path: Path, pgp_key: pysequoia.Tsk) -> None:
    settings = loaded(make_project(tmp_path, pgp_key, WITH_KEYS).folder, WITH_KEYS)
    assert settings.keys is not None
    assert (settings.service_account_id, settings.keys.generations, settings.files) == (
        None,
        ("2026-10", "2026-11"),
        ("keys/ops.asc",),
    )


def test_an_empty_workgroup_block_asks_for_one(tmp_path: Path) -> None:
    text = METRONOME.replace("schema ", "workgroup {}\n  schema ")
    assert loaded(tmp_path, text).workgroup == Workgroup()


@pytest.mark.parametrize(("vendor", "shown"), VENDOR_NAMES.items())
def test_names_follow_the_product_that_delivers(vendor: str, shown: str) -> None:
    settings = minimal(vendor=vendor, workgroup={})
    assert (settings.vendor_name, settings.resource_name, settings.workgroup_name) == (
        shown,
        f"{vendor}-billing",
        f"{vendor}-billing",
    )


def test_results_go_beside_the_schema_unless_a_database_is_named() -> None:
    assert minimal().results_prefix == "metronome/athena_output/"
    assert maximal().results_prefix == "metronome_results/athena_output/"


def test_only_a_bucket_that_is_made_here_counts_as_made() -> None:
    assert minimal().made_buckets == ("acme-metronome",)
    assert minimal(create_bucket=False).made_buckets == ()


def test_a_role_reads_no_file_and_works_in_one_account() -> None:
    assert (minimal().files, minimal().accounts, with_keys().files) == ((), (account(),), ())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            'vendor = "stripe"',
            'vendor: "stripe" is not one of the choices; allowed: '
            "'metronome', 'prequel', 'webflow', 'thanx', 'logrocket' or 'zuora'",
        ),
        (
            'account = "analytic"',
            'account: no account "analytic"; did you mean "analytics"?; allowed: analytics',
        ),
        (
            'authentication = "oidc"',
            "authentication: \"oidc\" is not one of the choices; allowed: 'web_identity' or "
            "'access_key'",
        ),
        (
            'service_account_id = "export@prequel.iam.gserviceaccount.com"',
            "service_account_id: 'export@prequel.iam.gserviceaccount.com' is the e-mail address of "
            f"a service account; AWS knows it by its numeric id: {WHERE}; allowed: digits only, "
            'as in "108000002380243782158"',
        ),
        (
            'service_account_id = "10800000238024"',
            "service_account_id: '10800000238024' is not the numeric id of a service account: "
            f'{WHERE}; allowed: 15 to 25 digits, as in "108000002380243782158"',
        ),
        (
            "service_account_id = 108000002380243782158",
            "service_account_id: 108000002380243782158 is not a string; allowed: a string in "
            "quotes",
        ),
        (
            'organization_identifier = "<some_organization_identifier>"',
            "organization_identifier: '<some_organization_identifier>' is not valid; allowed: 1 "
            f"to 255 {TEXT}",
        ),
        ('audience = "*"', f"audience: '*' is not valid; allowed: 1 to 255 {TEXT}"),
        (
            'grants = "full_access"',
            "grants: \"full_access\" is not one of the choices; allowed: 'least_privilege' or "
            "'documented'",
        ),
        (
            'bucket = "s3://acme-metronome"',
            "bucket: 's3://acme-metronome' is a location; allowed: the bucket's name alone",
        ),
        (
            'create_bucket = "no"',
            'create_bucket: "no" is not a truth value; allowed: true or false, without quotes',
        ),
        (
            'kms_key = "arn:aws:kms:eu-west-1:111122223333:key/mrk-' + "0" * 32 + '"',
            "kms_key: the key is in eu-west-1 of partition aws; allowed: a key in eu-central-1 of "
            "partition aws, where the bucket is",
        ),
        (
            'kms_key = "alias/billing"',
            "kms_key: 'alias/billing' is not valid; allowed: the ARN of a KMS key (not of an "
            "alias, which policies don't match), as in "
            '"arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
        ),
        ('schema = "Metronome"', f"schema: 'Metronome' is not valid; allowed: {NAMES}"),
        (
            'schema = "default"',
            "schema: 'default' is the database that Athena falls back to for everyone in the "
            "account, and the vendor may change and delete every table of its schema; allowed: a "
            'schema of its own, as in schema = "metronome"',
        ),
        ('database = "a/b"', f"database: 'a/b' is not valid; allowed: {NAMES}"),
        (
            "results_expire_after_days = 0",
            "results_expire_after_days: 0 is too small; allowed: 1 at least",
        ),
        (
            "results_expire_after_days = 3651",
            "results_expire_after_days: 3651 is too large; allowed: 3,650 at most",
        ),
        (
            'permissions_boundary = "arn:aws:iam::444455556666:policy/boundary"',
            "permissions_boundary: 'arn:aws:iam::444455556666:policy/boundary' is not in account "
            "111122223333 of partition aws, where the role or user is",
        ),
        (
            'path = "vendors"',
            "path: 'vendors' is not valid; allowed: a path that starts and ends with a slash, as "
            'in "/vendors/"',
        ),
        (
            'workgroup = "primary"',
            "workgroup: is a block: write it without =",
        ),
        (
            'service_acount_id = "108000002380243782158"',
            'service_acount_id: no field "service_acount_id"; did you mean "service_account_id"?; '
            "allowed: vendor, account, authentication, service_account_id, "
            "organization_identifier, audience, grants, bucket, create_bucket, kms_key, schema, "
            "database, results_expire_after_days, permissions_boundary, path, workgroup, keys",
        ),
    ],
)
def test_a_wrong_value_gets_its_line_and_what_is_allowed(
    tmp_path: Path, line: str, message: str
) -> None:
    field = line.split(" ")[0]
    kept = without(field)
    at = kept.index('metronome "billing" {') + 1
    kept.insert(at, f"  {line}")
    assert complaint(tmp_path, "\n".join(kept)) == f"{at + 1}: {message}"


@pytest.mark.parametrize("field", ["account", "bucket", "schema"])
def test_a_field_without_which_nothing_works_is_asked_for(tmp_path: Path, field: str) -> None:
    assert (
        complaint(tmp_path, "\n".join(without(field))) == f"6: {field}: is missing; it is required"
    )


def test_a_role_needs_somebody_to_trust(tmp_path: Path) -> None:
    assert complaint(tmp_path, "\n".join(without("service_account_id"))) == (
        '6: service_account_id: is missing, and authentication = "web_identity" needs it: '
        f'{WHERE}; or set authentication = "access_key"'
    )


def test_a_role_needs_no_keys(tmp_path: Path) -> None:
    assert complaint(tmp_path, METRONOME.removesuffix("}\n") + KEYS_BLOCK + "}\n") == (
        '11: keys: has no effect with authentication = "web_identity": a role needs no keys; '
        'remove the block, or set authentication = "access_key"'
    )


def test_a_user_needs_keys_and_nobody_to_trust(tmp_path: Path) -> None:
    text = METRONOME.replace(
        "  bucket  ",
        '  authentication = "access_key"\n  organization_identifier = "org-4711"\n'
        '  audience = "1"\n  bucket  ',
    )
    nobody = (
        'has no effect with authentication = "access_key": nobody takes a role; remove it, or set '
        'authentication = "web_identity"'
    )
    assert complaint(tmp_path, text).splitlines() == [
        '6: keys: is missing, and authentication = "access_key" needs it: keys { pgp_key_file = '
        '..., generations = ["2026-11"] }',
        f"8: service_account_id: {nobody}",
        f"10: organization_identifier: {nobody}",
        f"11: audience: {nobody}",
    ]


def test_exported_data_never_expires(tmp_path: Path) -> None:
    text = METRONOME.removesuffix("}\n") + "  results_expire_after_days = 7\n"
    message = (
        "11: results_expire_after_days: query results would lie in the folder of the exported "
        "data, which must not expire; name another one, as in database = "
        '"metronome_results"'
    )
    assert complaint(tmp_path, text + "}\n") == message
    same = text.replace("  bucket  ", '  database = "metronome"\n  bucket  ')
    assert complaint(tmp_path, same + "}\n") == message.replace("11:", "12:")


def test_the_lifecycle_of_a_bucket_that_exists_is_left_alone(tmp_path: Path) -> None:
    text = EVERYTHING.replace("create_bucket             = true", "create_bucket = false")
    assert complaint(tmp_path, text) == (
        "19: results_expire_after_days: the bucket exists already and keeps its own lifecycle; "
        "remove this field, or create_bucket = false"
    )


def test_a_name_too_long_for_iam_is_refused_with_the_product_s_name(tmp_path: Path) -> None:
    name = "b" * 55
    text = METRONOME.replace("billing", name)
    assert complaint(tmp_path, text).replace(f': metronome "{name}"', "") == (
        f"6: name: the role or user would be called 'metronome-{name}', 65 characters; IAM takes 64"
    )
    assert minimal(vendor="thanx", name=name).resource_name == f"thanx-{name}"


def test_a_boundary_of_aws_itself_is_taken() -> None:
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    assert minimal(permissions_boundary=boundary).permissions_boundary == boundary


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = ACCOUNT + (
        'metronome "billing" {\n'
        '  account = "analytics"\n'
        '  authentication = "access_key"\n'
        '  bucket = "Acme"\n'
        '  schema = "default"\n'
        '  path = "vendors"\n'
        "}\n"
    )
    assert [line.split(": ")[:2] for line in complaint(tmp_path, text).splitlines()] == [
        ["5", "keys"],
        ["8", "bucket"],
        ["9", "schema"],
        ["10", "path"],
    ]
