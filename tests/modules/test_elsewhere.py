"""Buckets and keys of other accounts, and catalogs that are encrypted: what is granted, what the
other account must add, and what is claimed of both together."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from athena_gate.modules.athena.todo import other_side
from athena_gate.modules.existing import Existing
from athena_gate.modules.iam.attached import AttachedPolicies, Document, Identity
from athena_gate.modules.iam.policy import Policy
from athena_gate.modules.iam.proof import prove
from athena_gate.modules.iam.result import Result
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load
from tests.conftest import ROOT

OURS, THEIRS, SECURITY = "111122223333", "444455556666", "666677778888"
KEY = "arn:aws:kms:eu-central-1:{}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ACCOUNTS = f"""
account "analytics" {{
  id     = "{OURS}"
  region = "eu-central-1"
}}
account "lake" {{
  id     = "{THEIRS}"
  region = "eu-central-1"
}}
"""
ENCRYPTED = f"""
account "analytics" {{
  id              = "{OURS}"
  region          = "eu-central-1"
  catalog_kms_key = "{KEY.format(OURS)}"
}}
"""
# Lines 10 to 20 after ACCOUNTS.
DOT = f"""dot "reporting" {{
  account   = "analytics"
  databases = ["sales"]
  keys {{
    pgp_key_file = "{ROOT / "keys" / "example.asc"}"
    generations  = ["2026-11"]
  }}
  INSIDE
}}
"""
METRONOME = """
metronome "billing" {
  account = "analytics"
  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "org-4711"
  }
  schema = "metronome"
  bucket = "acme-metronome"
  INSIDE
}
"""
DBT = """
dbt "ci" {
  account   = "analytics"
  mode      = "run"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_ci"]
  INSIDE
}
"""
DATADOG = """
datadog "catalog" {
  account   = "analytics"
  databases = ["sales"]
  assumed_by {
    external_id = "x-4711"
  }
  source "acme-lake" {}
}
"""
ELSEWHERE = f"""source "their-lake" {{
    prefixes = ["sales/"]
    owner    = "lake"
    kms_key  = "{KEY.format(THEIRS)}"
  }}
  results {{
    bucket = "their-results"
    create = false
    owner  = "lake"
  }}"""


def configured(folder: Path, text: str, inside: str = "") -> Configuration:
    file = folder / "gate.hcl"
    file.write_text(text.replace("INSIDE", inside))
    return load(file)


def block(folder: Path, text: str, inside: str = "") -> ConfiguredBlock:
    (found,) = configured(folder, text, inside).blocks
    return found


def proved(one: ConfiguredBlock, policy: Policy | None = None) -> dict[str, Result]:
    """Return what holds of the vendor's own claims where it has ``policy``, by default that of its
    block, by the claims' names."""
    settings, integration = one.settings, one.integration
    needs = [need for need in integration.needs(settings) if need.holder]
    nevers = [never for never in integration.never(settings) if isinstance(never.of, str)]
    arn = str(needs[0].holder)
    kind: Any = arn.split(":")[5].split("/")[0]
    granted = policy or integration.documents(settings)["access"]
    documents = (Document("aws_iam_policy.x", "managed", granted),)
    identity = Identity("aws_x", kind, settings.resource_name, arn, OURS, None, documents)
    attached = AttachedPolicies((OURS,), ("eu-central-1",), (identity,), ())
    return {result.name: result for result in prove(attached, needs, nevers)}


def answers(results: dict[str, Result]) -> dict[str, str]:
    """Return the answers that are not simply yes."""
    return {name: one.answer for name, one in results.items() if one.answer != "holds"}


@pytest.mark.parametrize(
    ("text", "inside", "mistake"),
    [
        (
            DOT,
            f'source "lake" {{\n    kms_key = "{KEY.format(THEIRS)}"\n  }}',
            f':18: dot "reporting": source "lake": kms_key: the bucket\'s key is in account '
            f"{THEIRS}, and the block's is {OURS}; where that is meant, say so: owner for the "
            f"bucket and its key, kms_key_owner for the key alone, as in "
            f'kms_key_owner = "{THEIRS}" [GATE310]',
        ),
        (
            DOT,
            f'source "lake" {{\n    owner = "lake"\n    kms_key = "{KEY.format(SECURITY)}"\n  }}',
            f':19: dot "reporting": source "lake": kms_key: the bucket\'s key is in account '
            f"{SECURITY}, and the owner named is {THEIRS}; where that is meant, say so: owner for "
            f"the bucket and its key, kms_key_owner for the key alone, as in "
            f'kms_key_owner = "{SECURITY}" [GATE310]',
        ),
        (
            DOT,
            'source "lake" {\n    owner = "lakes"\n  }',
            ':18: dot "reporting": source "lake": owner: no account "lakes"; did you mean "lake"?; '
            "allowed: analytics, lake, or the 12 digits of an account's id [GATE112]",
        ),
        (
            DOT,
            'source "lake" {}\n  results {\n    owner = "lake"\n  }',
            ':19: dot "reporting": results: owner: is for a bucket that exists, and this one is '
            "made in the block's account; remove it, or set create = false [GATE312]",
        ),
        (
            DOT,
            'source "lake" {}\n  results {\n    bucket = "lake"\n    create = false\n'
            '    owner = "lake"\n  }',
            ":18: dot \"reporting\": results: the bucket 'lake' is a source too, and has another "
            "owner there; give both the one it has [GATE311]",
        ),
        (
            METRONOME,
            'bucket_owner = "lake"',
            ':19: metronome "billing": bucket_owner: is for a bucket that exists, and this one is '
            "made in the block's account; remove it, or set create_bucket = false [GATE312]",
        ),
        (
            DBT,
            f'data {{\n    kms_key = "{KEY.format(THEIRS)}"\n  }}',
            f':17: dbt "ci": data: kms_key is in account {THEIRS}, and the block\'s is {OURS}; '
            "where that is meant, say so: owner for the bucket and its key, kms_key_owner for the "
            f'key alone, as in kms_key_owner = "{THEIRS}" [GATE310]',
        ),
        (
            ENCRYPTED.replace("kms:eu", "kms:us") + DBT,
            "",
            ':5: account "analytics": catalog_kms_key: the key is in us-central-1, the account\'s '
            "region is eu-central-1 [GATE209]",
        ),
    ],
)
def test_what_is_in_another_account_says_whose_it_is(
    tmp_path: Path, text: str, inside: str, mistake: str
) -> None:
    whole = text if "account " in text.split("{")[0] else ACCOUNTS + text
    with pytest.raises(ConfigurationError) as raised:
        configured(tmp_path, whole, inside)
    assert str(raised.value).removeprefix(str(tmp_path / "gate.hcl")) == mistake


@pytest.mark.parametrize("owner", ["lake", THEIRS])
def test_an_owner_is_an_account_of_the_file_or_an_id(tmp_path: Path, owner: str) -> None:
    found = block(tmp_path, ACCOUNTS + DOT, f'source "their-lake" {{\n owner = "{owner}"\n }}')
    assert found.settings.owners == {"their-lake": THEIRS}
    assert found.settings.existing == (Existing("arn:aws:s3:::their-lake", THEIRS, "eu-central-1"),)


def test_the_account_itself_as_owner_changes_nothing(tmp_path: Path) -> None:
    named = block(tmp_path, ACCOUNTS + DOT, 'source "lake" { owner = "analytics" }')
    plain = block(tmp_path, ACCOUNTS + DOT, 'source "lake" {}')
    for one in (named, plain):
        assert one.settings.owners == {}
    assert named.integration.documents(named.settings) == plain.integration.documents(
        plain.settings
    )
    assert named.integration.needs(named.settings) == plain.integration.needs(plain.settings)


def test_what_the_other_account_must_add_is_what_is_granted_here(tmp_path: Path) -> None:
    found = block(tmp_path, ACCOUNTS + DOT, ELSEWHERE)
    lake, results, key = found.integration.todo(found.settings)
    assert (lake.who, lake.says, lake.account, lake.resource) == (
        f"account {THEIRS}",
        "the policy of bucket their-lake lets the user dot-reporting read it",
        THEIRS,
        "arn:aws:s3:::their-lake",
    )
    user = {"AWS": [f"arn:aws:iam::{OURS}:user/dot-reporting"]}
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}
    assert lake.policy is not None
    assert lake.policy.document()["Statement"] == [
        {
            "Sid": "DotReportingSourceBucket",
            "Effect": "Allow",
            "Principal": user,
            "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::their-lake"],
            "Condition": via,
        },
        {
            "Sid": "DotReportingSourceObjects",
            "Effect": "Allow",
            "Principal": user,
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::their-lake/sales/*"],
            "Condition": via,
        },
    ]
    assert (
        results.says
        == "the policy of bucket their-results lets the user dot-reporting read " + ("and write it")
    )
    assert results.policy is not None
    assert results.policy.document()["Statement"][-1] == {
        "Sid": "DotReportingResultsOwner",
        "Effect": "Allow",
        "Principal": user,
        "Action": ["s3:PutObjectAcl"],
        "Resource": ["arn:aws:s3:::their-results/dot-reporting/*"],
        "Condition": {**via, "StringEquals": {"s3:x-amz-acl": ["bucket-owner-full-control"]}},
    }
    assert key.policy is not None
    assert key.policy.document()["Statement"] == [
        {
            "Sid": "DotReportingKmsSource",
            "Effect": "Allow",
            "Principal": user,
            "Action": ["kms:Decrypt"],
            "Resource": ["*"],
            "Condition": {"StringEquals": {"kms:ViaService": ["s3.eu-central-1.amazonaws.com"]}},
        }
    ]


def test_needs_hold_if_the_other_account_adds_it(tmp_path: Path) -> None:
    results = proved(block(tmp_path, ACCOUNTS + DOT, ELSEWHERE))
    assert answers(results) == dict.fromkeys(
        ("read-data", "write-results", "hand-over", "use-keys"), "holds if"
    )
    assert results["use-keys"].conditions == (
        "the policy of key 1234abcd-12ab-34cd-56ef-1234567890ab lets the user dot-reporting "
        "decrypt with it",
    )


def test_an_action_that_is_missing_here_is_missing_there_and_the_need_fails(
    tmp_path: Path,
) -> None:
    found = block(tmp_path, ACCOUNTS + DOT, ELSEWHERE)
    granted = found.integration.documents(found.settings)["access"]
    for action, need in (
        ("s3:GetObject", "read-data"),
        ("s3:PutObjectAcl", "hand-over"),
        ("kms:Decrypt", "use-keys"),
    ):
        less = Policy(
            tuple(
                replace(one, actions=tuple(a for a in one.actions if a != action) or ("s3:None",))
                for one in granted.statements
            )
        )
        assert answers(proved(found, less))[need] == "fails"


def test_a_need_fails_when_the_list_forgets_an_action(tmp_path: Path) -> None:
    """The claims know the calls; the list's policy is not computed from them."""
    found = block(tmp_path, ACCOUNTS + DOT, ELSEWHERE)
    (lake, *_) = found.integration.todo(found.settings)
    assert lake.policy is not None
    empty = replace(lake, policy=Policy(lake.policy.statements[:1]))
    (need,) = [n for n in found.integration.needs(found.settings) if n.name == "read-data"]
    calls = tuple(
        replace(call, given=tuple(empty if one == lake else one for one in call.given))
        for call in need.calls
    )
    granted = found.integration.documents(found.settings)["access"]
    user = str(need.holder)
    documents = (Document("x", "managed", granted),)
    identity = Identity("aws_x", "user", "dot-reporting", user, OURS, None, documents)
    attached = AttachedPolicies((OURS,), ("eu-central-1",), (identity,), ())
    (result,) = prove(attached, [replace(need, calls=calls)], [])
    assert [failure.action for failure in result.failures] == ["s3:GetObject"]


@pytest.mark.parametrize(
    ("text", "inside", "actions", "direct"),
    [
        (DOT, 'source "lake" {}', ["kms:Decrypt"], False),
        (METRONOME, "", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], True),
        (DBT, "", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], True),
        (DATADOG, "", ["kms:Decrypt"], True),
    ],
)
def test_an_encrypted_catalog_is_opened_through_glue_alone(
    tmp_path: Path, text: str, inside: str, actions: list[str], direct: bool
) -> None:
    found = block(tmp_path, ENCRYPTED + text, inside)
    granted = found.integration.documents(found.settings)["access"].statements
    (of_key,) = [one for one in granted if one.sid == "KmsCatalog"]
    assert of_key.document() == {
        "Sid": "KmsCatalog",
        "Effect": "Allow",
        "Action": actions,
        "Resource": [KEY.format(OURS)],
        "Condition": {"StringEquals": {"kms:ViaService": ["glue.eu-central-1.amazonaws.com"]}},
    }
    assert answers(proved(found)) == {}
    (need,) = [n for n in found.integration.needs(found.settings) if n.name == "catalog-key"]
    assert any("aws:CalledVia" not in call.context for call in need.calls) == direct
    rest = tuple(one for one in granted if one != of_key)
    assert answers(proved(found, Policy(rest))) == {"catalog-key": "fails"}
    for changed, broken in (
        (replace(of_key, conditions=()), "catalog-key-through-glue"),
        (replace(of_key, resources=("*",)), "no-other-key"),
        (replace(of_key, actions=(*actions, "kms:ReEncryptFrom")), "no-other-key"),
    ):
        assert answers(proved(found, Policy((*rest, changed))))[broken] == "fails"


def test_a_key_for_catalog_and_data_is_used_through_both(tmp_path: Path) -> None:
    found = block(
        tmp_path, ENCRYPTED + DOT, f'source "lake" {{\n kms_key = "{KEY.format(OURS)}"\n }}'
    )
    assert answers(proved(found)) == {}


def test_a_catalogs_key_of_another_account_is_on_the_list(tmp_path: Path) -> None:
    found = block(tmp_path, ENCRYPTED.replace(f":{OURS}:", f":{THEIRS}:") + DBT)
    (todo,) = found.integration.todo(found.settings)
    assert (todo.who, todo.says) == (
        f"account {THEIRS}",
        "the policy of key 1234abcd-12ab-34cd-56ef-1234567890ab lets the role dbt-ci encrypt and "
        "decrypt with it",
    )
    assert answers(proved(found)) == {"catalog-key": "holds if"}


def test_the_other_side_of_a_policy_is_what_it_says_of_one_resource() -> None:
    policy = Policy.from_document(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Read",
                    "Effect": "Allow",
                    "Action": ["s3:GetObject", "glue:GetTable"],
                    "Resource": ["arn:aws:s3:::lake/a/*", "arn:aws:s3:::lakes/a/*"],
                },
                {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::lake/*"},
                {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::other"},
            ],
        }
    )
    assert other_side(policy, "arn:aws:s3:::lake", ("arn:aws:iam::1:role/x/a-b",)).document()[
        "Statement"
    ] == [
        {
            "Sid": "ABRead",
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::1:role/x/a-b"]},
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::lake/a/*"],
        }
    ]


def test_a_workgroup_that_is_shared_must_expect_the_owner_of_the_results(tmp_path: Path) -> None:
    results = 'results {\n bucket = "their-results"\n create = false\n owner = "lake"\n }'
    shared = block(tmp_path, ACCOUNTS + DBT, results)
    says = (
        f"the workgroup primary of account {OURS} expects no other owner of the results' bucket "
        f"than {THEIRS}, and gives that one full control of them"
    )
    assert proved(shared)["write-results"].conditions == (
        says,
        "the policy of bucket their-results lets the role dbt-ci read and write it",
    )
    own = block(tmp_path, ACCOUNTS + DBT, f"workgroup {{}}\n {results}")
    assert says not in [todo.says for todo in own.integration.todo(own.settings)]


def test_roles_and_workgroups_that_exist_are_conditions_too(tmp_path: Path) -> None:
    trusted = 'trusted = ["arn:aws:iam::444455556666:role/ci"]\n existing_workgroup = "bi"\n'
    text = DBT.replace('trusted   = ["arn:aws:iam::111122223333:role/ci"]\n', trusted)
    found = block(tmp_path, ACCOUNTS + text)
    assert [(todo.who, todo.says) for todo in found.integration.todo(found.settings)] == [
        (
            f"account {THEIRS}",
            "the policies of the role ci let it take the role dbt-ci: sts:AssumeRole on "
            f"arn:aws:iam::{OURS}:role/dbt-ci",
        ),
        (
            "you",
            f"the workgroup bi exists in account {OURS}, and does not override where results and "
            "tables go",
        ),
    ]
    role, workgroup = found.integration.todo(found.settings)
    needs = found.integration.needs(found.settings)
    assert [need.given for need in needs if need.name == "take-role"] == [(role,)]
    assert {need.name for need in needs if any(workgroup in one.given for one in need.calls)} == {
        "run-queries",
        "read-results",
        "write-results",
        "write-data",
    }


def test_a_reviewer_is_told_who_else_must_allow_it(tmp_path: Path) -> None:
    found = block(tmp_path, ACCOUNTS + DOT, 'source "their-lake" {\n owner = "lake"\n }')
    remarks = found.integration.remarks(found.settings)
    assert [str(one) for one in remarks if one.code == "GATE715"] == [
        f"to do: account {THEIRS}: the policy of bucket their-lake lets the user dot-reporting "
        "read it; gate todo has the statements"
    ]


@pytest.mark.parametrize("text", [DOT, DBT])
def test_a_documented_policy_does_not_open_an_encrypted_catalog(tmp_path: Path, text: str) -> None:
    documented = text.replace('  mode      = "run"\n', "").replace(
        "INSIDE", 'mode = "documented"' if "dbt" in text else 'grants = "documented"\n INSIDE'
    )
    without_trust = documented.replace('  trusted   = ["arn:aws:iam::111122223333:role/ci"]\n', "")
    found = block(tmp_path, ENCRYPTED + without_trust, 'source "lake" {}')
    remarks = [one.text for one in found.integration.remarks(found.settings)]
    assert "documented grants no use of the catalog's KMS key, so that its tables are closed" in (
        remarks
    )
