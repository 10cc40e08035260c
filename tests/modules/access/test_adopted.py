"""What was made by hand keeps its name in a block, and nothing else of the block changes."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from athena_gate.modules.access import claims, policies
from athena_gate.modules.access.handoff import handoff
from athena_gate.modules.access.resources import resources
from athena_gate.modules.access.settings import Access
from athena_gate.modules.athena.resources import private_bucket
from athena_gate.modules.iam.attached import AttachedPolicies, Document, Identity, ResourcePolicy
from athena_gate.modules.iam.proof import prove
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import load
from tests.conftest import ACCOUNT
from tests.modules.access.vendors import PUBLIC_KEY, account, dot, vendor

USER = {"user": "dot_athena_user", "workgroup": "analysts"}


def named(settings: Access) -> dict[str, Any]:
    """Return the names that the resources have, by type."""
    found = {one.type: one.arguments for one in resources(settings)}
    return {
        kind: found[kind].get("name", found[kind].get("bucket"))
        for kind in ("aws_iam_user", "aws_iam_role", "aws_iam_policy", "aws_athena_workgroup")
        if kind in found
    }


def test_users_and_workgroups_keep_their_names_and_policies_are_the_blocks() -> None:
    assert named(dot(adopted=USER)) == {
        "aws_iam_user": "dot_athena_user",
        "aws_iam_policy": "dot-reporting",
        "aws_athena_workgroup": "analysts",
    }


def test_a_role_keeps_its_name_and_its_arn_is_handed_over() -> None:
    settings = vendor("metronome", adopted={"role": "transfer-role"}, path="/vendors/")
    assert named(settings)["aws_iam_role"] == "transfer-role"
    arn = "arn:aws:iam::111122223333:role/vendors/transfer-role"
    assert handoff(settings)["role_arn"] == arn
    assert claims.holder(settings).arn == arn


def test_all_that_is_not_named_stays_as_it_was() -> None:
    plain, adopted = dot(), dot(adopted={"user": "dot_athena_user"})
    differs = [
        (one.type, two.arguments)
        for one, two in zip(resources(plain), resources(adopted), strict=True)
        if one != two
    ]
    assert differs == [
        ("aws_iam_user", {"name": "dot_athena_user", "path": "/", "force_destroy": True})
    ]


@pytest.mark.parametrize(
    "settings",
    [
        dot(adopted=USER),
        vendor("metronome", adopted={"role": "transfer-role", "workgroup": "x"}, workgroup={}),
    ],
    ids=lambda one: one.kind,
)
def test_every_claim_holds_of_the_kept_names(settings: Access) -> None:
    arn, owner = claims.holder(settings).arn, "111122223333"
    kind, name = ("user" if ":user/" in arn else "role"), settings.identity_name
    given = tuple(Document("p", "managed", p) for p in policies.documents(settings).values())
    trusts = tuple(Document("t", "resource", p) for p in policies.trusts(settings).values())
    places = [ResourcePolicy("r", "trust", arn, owner, trusts)] if trusts else []
    for one in resources(settings):
        if one.type == "aws_s3_bucket_policy":
            bucket = settings.account.arns.bucket(settings.made_buckets[0])
            document = Document("b", "resource", one.arguments["policy"])
            places.append(ResourcePolicy("b", "bucket", bucket, owner, (document,)))
    identity = Identity("i", kind, name, arn, owner, next(iter(trusts), None), given)  # type: ignore[arg-type]
    there = AttachedPolicies((owner,), (settings.account.region,), (identity,), tuple(places))
    results = prove(there, claims.needs(settings), claims.never(settings))
    assert [one.name for one in results if not one.holds] == []


def test_an_adopted_bucket_is_never_emptied_and_only_results_expire_in_it() -> None:
    adopted = dot(results={"bucket": "acme", "path": "dot/"}, adopted={"bucket": True})
    found = {one.type: one.arguments for one in resources(adopted)}
    bucket = found["aws_s3_bucket"]
    assert (bucket["bucket"], bucket["force_destroy"]) == ("acme", False)
    rules = found["aws_s3_bucket_lifecycle_configuration"]["rule"]
    assert [one["filter"] for one in rules] == [[{"prefix": "dot/"}], [{"prefix": "dot/"}]]


def test_nor_are_tables_of_a_destination_that_was_adopted() -> None:
    settings = vendor("metronome", adopted={"bucket": True}, results_folder="answers")
    found = {one.type: one.arguments for one in resources(settings)}
    rules = found["aws_s3_bucket_lifecycle_configuration"]["rule"]
    assert [one["filter"] for one in rules] == [[{"prefix": "answers/athena_output/"}]]


def test_a_bucket_that_is_made_has_no_uploads_left_open_anywhere() -> None:
    made = private_bucket(("x",), account(), name="b", kms_key=None, expire_prefix="p/")
    (lifecycle,) = (one for one in made if one.type == "aws_s3_bucket_lifecycle_configuration")
    assert lifecycle.arguments["rule"][0]["filter"] == [{"prefix": ""}]


NOT_MADE = {
    "a role where there are keys": ("dot", {"role": "r"}, "no role of its own; allowed: user, "),
    "a user where there is a role": ("metronome", {"user": "u"}, "no user of its own; allowed: ro"),
    "a workgroup where there is none": ("metronome", {"workgroup": "w"}, "no workgroup of its own"),
    "a bucket whose name is derived": ("dot", {"bucket": True}, "no bucket of its own"),
    "the workgroup of everybody": ("dot", {"workgroup": "primary"}, "'primary' is everybody's"),
    "nothing": ("dot", {}, "names nothing"),
}


@pytest.mark.parametrize(("kind", "adopted", "says"), NOT_MADE.values(), ids=NOT_MADE.keys())
def test_what_a_block_does_not_make_it_does_not_adopt(
    kind: str, adopted: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        vendor(kind, adopted=adopted)


@pytest.mark.parametrize("kind", ["superset", "metronome"])
def test_a_workgroup_that_exists_and_stays_as_it_is_is_not_adopted_too(kind: str) -> None:
    exists = {"name": "bi", "create": False}
    with pytest.raises(ValidationError, match="no workgroup of its own"):
        vendor(kind, adopted={"workgroup": "w"}, workgroup=exists)


def test_two_blocks_do_not_adopt_the_same(tmp_path: Path) -> None:
    body = (
        'account = "analytics"\n databases = ["sales"]\n lake_formation {}\n'
        f'keys {{\n pgp_key = "{PUBLIC_KEY}"\n generations = ["a"]\n}}\n'
        'adopted {\n user = "athena"\n}\n'
    )
    file = tmp_path / "gate.hcl"
    file.write_text(f'{ACCOUNT}dot "a" {{\n{body}}}\nlooker "b" {{\n{body}}}\n')
    with pytest.raises(ConfigurationError, match="GATE401") as raised:
        load(file)
    says = "makes or adopts the user 'athena' of account 111122223333, as dot \"a\" does"
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("what", "says"), [("user", "account 111122223333, as"), ("workgroup", "in eu-central-1, as")]
)
def test_a_block_does_not_adopt_what_another_makes(tmp_path: Path, what: str, says: str) -> None:
    body = (
        'account = "analytics"\n databases = ["sales"]\n lake_formation {}\n'
        f'keys {{\n pgp_key = "{PUBLIC_KEY}"\n generations = ["a"]\n}}\n'
    )
    file = tmp_path / "gate.hcl"
    adopts = f'{body}adopted {{\n {what} = "looker-b"\n}}\n'
    file.write_text(f'{ACCOUNT}dot "a" {{\n{adopts}}}\nlooker "b" {{\n{body}}}\n')
    with pytest.raises(ConfigurationError, match="GATE401") as raised:
        load(file)
    assert f"makes or adopts the {what} 'looker-b' of" in str(raised.value)
    assert f'{says} dot "a" does' in str(raised.value)


@pytest.mark.parametrize("what", ["role", "workgroup"])
def test_nor_what_a_connector_makes(tmp_path: Path, what: str) -> None:
    file = tmp_path / "gate.hcl"
    connector = 'owner = "analytics"\n consumer = "analytics"\n tables = ["orders"]\n'
    body = 'account = "analytics"\n databases = ["sales"]\n lake_formation {}\n'
    adopts = f'{body} adopted {{\n {what} = "dynamodb-connector-x"\n}}\n'
    way = 'assumed_by {\n principals = ["444455556666"]\n external_id = "1a"\n}\n'
    blocks = f'dynamodb_connector "x" {{\n{connector}}}\ngrafana "a" {{\n{adopts}{way}}}\n'
    file.write_text(ACCOUNT + blocks)
    with pytest.raises(ConfigurationError, match="GATE401") as raised:
        load(file)
    says = f"makes or adopts the {what} 'dynamodb-connector-x' of account 111122223333"
    assert says in str(raised.value)


def test_a_reviewer_is_told_that_no_proof_speaks_of_what_was_attached_by_hand() -> None:
    (found,) = (one for one in policies.remarks(dot(adopted=USER)) if one.code == "GATE640")
    assert found.text == (
        "what was attached to the user 'dot_athena_user' by hand is not looked at here, nor are "
        "access keys made before; gate adopt reporting shows it"
    )
