"""What was made by hand, as AWS answers: what keeps it from being adopted, and what changes."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from athena_gate.gate.adopt import Adoption, Import, Old
from athena_gate.gate.adopt.account import examine, given_up
from athena_gate.gate.adopt.search import Candidate, candidates, command
from athena_gate.gate.recover.account import AccessKey, Account, NotAllowed
from athena_gate.gate.recover.wanted import Place
from athena_gate.gate.stack.state import State
from athena_gate.modules.command_line import given
from athena_gate.stacks.backends import LocalBackend
from athena_gate.stacks.configuration import ConfiguredBlock, load
from athena_gate.stacks.expected import expected_json
from tests.conftest import ACCOUNT
from tests.modules.access.vendors import PUBLIC_KEY

OWN, AWS = "arn:aws:iam::111122223333", "arn:aws:iam::aws:policy"
KEY = {"AccessKeyId": "AKIAOLD", "Status": "Active"}
QUERIES = f"""
  databases      = ["sales"]
  lake_formation {{}}
  keys {{
    pgp_key     = "{PUBLIC_KEY}"
    generations = ["a"]
  }}
"""
TABLES = """
  bucket = "acme-exports"
  schema = "exports"
  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "org-4711"
  }
"""
USER, ROLE = 'adopted { user = "u" }', 'adopted { role = "r" }'
BUCKET = "adopted { bucket = true }"


class Answers(Account):
    """An account that answers what it is told to."""

    place = Place("111122223333", "eu-central-1", None)

    def __init__(self, **answers: Any) -> None:
        self.answers = {
            "get_user": {"User": {"Arn": f"{OWN}:user/u", "Path": "/"}},
            "list_user_policies": {"PolicyNames": []},
            "list_groups_for_user": {"Groups": []},
            "list_attached_user_policies": {"AttachedPolicies": []},
            "list_access_keys": {"AccessKeyMetadata": [KEY]},
            "list_role_policies": {"PolicyNames": []},
            "list_attached_role_policies": {"AttachedPolicies": []},
            "head_bucket": {},
            "get_bucket_location": {"LocationConstraint": "eu-central-1"},
            **answers,
        }

    def ask(self, service: str, call: str, **arguments: Any) -> Any:  # noqa: ARG002
        if call == "head_bucket" and arguments["Bucket"] != "acme-exports":
            return None
        if isinstance(answer := self.answers.get(call), NotAllowed):
            raise answer
        return answer

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:  # noqa: ARG002
        return f"{OWN}:{resource}"


@cache
def block_of(kind: str, more: str) -> ConfiguredBlock:
    body = TABLES if kind == "metronome" else QUERIES
    with TemporaryDirectory() as folder:
        file = Path(folder) / "gate.hcl"
        file.write_text(f'{ACCOUNT}{kind} "x" {{\n  account = "analytics"{body}{more}\n}}\n')
        return load(file).blocks[0]


@cache
def content_of(kind: str, more: str) -> dict[str, Any]:
    return expected_json(block_of(kind, more), LocalBackend())


NOTHING = State("here")


def examined(
    kind: str,
    more: str,
    account: Account,
    state: State | None = NOTHING,
    others: tuple[ConfiguredBlock, ...] = (),
) -> Adoption:
    return examine(block_of(kind, more), content_of(kind, more), state, account, others)


def policies(*names: str) -> dict[str, Any]:
    return {"AttachedPolicies": [{"PolicyArn": f"{AWS}/{name}"} for name in names]}


def test_what_stands_is_imported_and_what_is_attached_to_it_is_not() -> None:
    account = Answers(
        list_attached_user_policies=policies("AmazonAthenaFullAccess"),
        list_user_policies={"PolicyNames": ["files"]},
        get_user_policy={"PolicyDocument": {"Version": "2012-10-17", "Statement": []}},
        list_groups_for_user={"Groups": [{"GroupName": "analysts"}]},
    )
    found = examined("dot", USER, account)
    assert found.imports == (Import("aws_iam_user.x_user_92E1D2F5", "u"),)
    assert found.old == Old((f"{AWS}/AmazonAthenaFullAccess",), ("files",), ("analysts",))
    assert found.unmanaged == (AccessKey("AKIAOLD", "u", "", "", active=True),)
    assert (found.stops, found.complete, found.narrow) == ((), False, False)


def test_a_policy_that_refuses_or_cannot_be_read_is_told_before_it_goes() -> None:
    """Without it more may be allowed, which a list of what no longer is does not show."""

    def document(effect: str, service: str = "athena") -> dict[str, Any]:
        statement = {"Effect": effect, "Action": f"{service}:*", "Resource": "*"}
        return {"PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}

    class Inline(Answers):
        def ask(self, service: str, call: str, **arguments: Any) -> Any:
            if call == "get_user_policy":
                return self.answers[arguments["PolicyName"]]
            return super().ask(service, call, **arguments)

    account = Inline(
        list_user_policies={"PolicyNames": ["allows", "mfa", "odd"]},
        allows=document("Allow"),
        mfa=document("Deny", "s3"),
        odd=document("Maybe"),
    )
    wide, more = given_up(examined("dot", USER, account), account)
    assert (wide is not None, more) == (
        True,
        [
            "the inline policy mfa refuses something; without it more may be allowed",
            "the inline policy odd cannot be read here: what only it allows or refuses is not "
            "shown",
        ],
    )


def test_what_stands_on_a_second_page_is_seen_too() -> None:
    """Else it would stay attached, and the block would be said to be narrow."""

    class Paged(Answers):
        def ask(self, service: str, call: str, **arguments: Any) -> Any:
            if call == "list_attached_user_policies" and "Marker" not in arguments:
                return {"AttachedPolicies": [], "IsTruncated": True, "Marker": "m"}
            return super().ask(service, call, **arguments)

    account = Paged(list_attached_user_policies=policies("AmazonAthenaFullAccess"))
    assert examined("dot", USER, account).old == Old((f"{AWS}/AmazonAthenaFullAccess",))


def test_what_is_deleted_while_it_is_looked_at_is_said() -> None:
    account = Answers(list_user_policies={"PolicyNames": ["files"]})
    with pytest.raises(NotAllowed, match="u, files was deleted meanwhile"):
        examined("dot", USER, account)


def test_the_policies_of_the_block_are_told_from_what_was_attached_by_hand() -> None:
    mine = {"AttachedPolicies": [{"PolicyArn": f"{OWN}:policy/dot-x"}]}
    state = State("here", {"aws_iam_user.x_user_92E1D2F5": {"name": "u", "id": "u"}})
    account = Answers(list_attached_user_policies=mine)
    found = examined("dot", USER, account, state)
    assert (found.imports, found.complete, found.narrow) == ((), True, True)


STOPS = {
    "nobody of that name": ("dot", USER, {"get_user": None}, "no user is called 'u' in account"),
    "another path": (
        *("dot", USER, {"get_user": {"User": {"Arn": f"{OWN}:user/v/u", "Path": "/v/"}}}),
        'the user \'u\' has the path "/v/", which its ARN has in it: set path = "/v/" in the block',
    ),
    "a boundary that would be taken off": (
        *("dot", USER),
        {
            "get_user": {
                "User": {
                    "Arn": f"{OWN}:user/u",
                    "Path": "/",
                    "PermissionsBoundary": {"PermissionsBoundaryArn": f"{OWN}:policy/b"},
                }
            }
        },
        f"the user 'u' is bounded by {OWN}:policy/b, which would be taken off",
    ),
    "somebody else's": (
        *("dot", USER),
        {
            "get_user": {
                "User": {
                    "Arn": f"{OWN}:user/u",
                    "Path": "/",
                    "Tags": [{"Key": "athena-gate", "Value": "dot/other"}],
                }
            }
        },
        "the user 'u' belongs to the block dot/other, as its tag athena-gate says",
    ),
    "two keys and a third": (
        *("dot", USER, {"list_access_keys": {"AccessKeyMetadata": [KEY, KEY]}}),
        "the user 'u' has 2 access keys and the block makes 1 more, where IAM takes 2",
    ),
    "ten policies and one more": (
        *("dot", USER, {"list_attached_user_policies": policies(*map(str, range(10)))}),
        "the user 'u' would have 11 managed policies until the old ones are detached",
    ),
    "no such bucket": (
        *("metronome", BUCKET, {"head_bucket": None}),
        "no bucket of yours is called 'acme-exports'",
    ),
    "a bucket of another account": (
        *("metronome", BUCKET, {"head_bucket": NotAllowed("no", "403")}),
        "the bucket 'acme-exports' is another account's, or these credentials may not look at it",
    ),
    "another block's bucket": (
        *("metronome", BUCKET),
        {"get_bucket_tagging": {"TagSet": [{"Key": "athena-gate", "Value": "dot/y"}]}},
        "the bucket 'acme-exports' belongs to the block dot/y, as its tag athena-gate says",
    ),
    "a bucket elsewhere": (
        *("metronome", BUCKET, {"get_bucket_location": {"LocationConstraint": None}}),
        "the bucket 'acme-exports' is in us-east-1, not in eu-central-1",
    ),
    "a bucket with a policy": (
        *("metronome", BUCKET, {"get_bucket_policy": {"Policy": "{}"}}),
        "the bucket 'acme-exports' has a policy, which would be replaced: keep it as it is",
    ),
    "a bucket with rules of its own": (
        *("metronome", BUCKET, {"get_bucket_lifecycle_configuration": {"Rules": []}}),
        "the bucket 'acme-exports' has lifecycle rules, which would be replaced",
    ),
    "a bucket with a key": (
        *("metronome", BUCKET),
        {
            "get_bucket_encryption": {
                "ServerSideEncryptionConfiguration": {
                    "Rules": [{"ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": "k"}}]
                }
            }
        },
        "the bucket 'acme-exports' is encrypted with k: set kms_key to it",
    ),
    "another block's workgroup": (
        *("dot", 'adopted { workgroup = "w" }'),
        {
            "get_user": None,
            "get_work_group": {"WorkGroup": {"Name": "w"}},
            "list_tags_for_resource": {"Tags": [{"Key": "athena-gate", "Value": "dot/y"}]},
        },
        "the workgroup 'w' belongs to the block dot/y, as its tag athena-gate says",
    ),
    "no such workgroup": (
        *("dot", 'adopted { workgroup = "w" }', {"get_user": None}),
        "no workgroup is called 'w' in eu-central-1",
    ),
}


@pytest.mark.parametrize(("kind", "more", "answers", "says"), STOPS.values(), ids=STOPS.keys())
def test_what_would_lose_something_stops_it(
    kind: str, more: str, answers: dict[str, Any], says: str
) -> None:
    (found,) = examined(kind, more, Answers(**answers)).stops
    assert found.startswith(says)


def test_a_stack_that_is_deployed_with_another_user_is_not_given_this_one() -> None:
    state = State("here", {"aws_iam_user.x_user_92E1D2F5": {"name": "dot-x", "id": "dot-x"}})
    (found,) = examined("dot", USER, Answers(), state).stops
    assert found.startswith("the stack is deployed with 'dot-x' in the place of 'u'")


def test_what_exists_under_another_name_of_the_block_is_in_the_way() -> None:
    tags = [{"Key": "athena-gate", "Value": "dot/x"}]
    answers: dict[str, Any] = {
        "get_policy": {"Policy": {"Tags": tags}},
        "get_work_group": {"WorkGroup": {"Name": "dot-x"}},
    }
    found = examined("dot", USER, Answers(**answers))
    assert [one.partition(":")[0] for one in found.stops] == [
        "iam policy arn",
        "athena workgroup dot-x exists, and the apply would fail at it",
    ]
    assert found.stops[0].endswith("policy/dot-x is left of an earlier run: gate recover dot-x")


def test_without_a_state_the_tag_tells_what_was_adopted_before() -> None:
    tags = [{"Key": "athena-gate", "Value": "dot/x"}]
    user = {"User": {"Arn": f"{OWN}:user/u", "Path": "/", "Tags": tags}}
    keys = {"AccessKeyMetadata": [KEY, KEY]}
    account = Answers(get_user=user, list_access_keys=keys)
    found = examined("dot", USER, account, state=None)
    assert (found.imports, found.stops, found.unmanaged) == ((), (), ())


def test_policies_of_other_blocks_are_not_taken_for_old_ones() -> None:
    other = block_of("looker", "")
    attached = [
        {"PolicyArn": f"{OWN}:policy/looker-x"},
        {"PolicyArn": f"{AWS}/AmazonAthenaFullAccess"},
    ]
    account = Answers(list_attached_user_policies={"AttachedPolicies": attached})
    found = examined("dot", USER, account, others=(other,))
    assert found.old == Old((f"{AWS}/AmazonAthenaFullAccess",))


def test_what_changes_for_whoever_uses_it_is_said() -> None:
    role = {
        "Arn": f"{OWN}:role/r",
        "Path": "/",
        "Tags": [{"Key": "team", "Value": "x"}],
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
            },
        },
        "MaxSessionDuration": 7200,
    }
    found = examined("metronome", ROLE, Answers(get_role={"Role": role}))
    assert found.notes == (
        "the tag 'team' of the role 'r' is removed; tags in the account's block are kept",
        "sessions of the role 'r' last 3600 s at most after the apply, not 7200",
        "from the apply on, before anything is detached, the role 'r' may be taken by whoever "
        "accounts.google.com vouches for, as the Google account 123456789012345678901, with a "
        "token for org-4711; until then by whoever account 999988887777 lets",
    )


def test_what_the_block_refuses_is_said_before_it_is_attached() -> None:
    """A Deny holds for what was attached by hand as well."""
    more = (
        f'{USER}\n only_from {{\n addresses = ["198.50.100.0/24"]\n }}\n until = "2099-03-31"\n '
        f'permissions_boundary = "{OWN}:policy/b"\n'
    )
    assert examined("dot", more, Answers()).notes == (
        "from the apply on the user 'u' is refused anywhere but at 198.50.100.0/24, before "
        "anything is detached; leave only_from out until then",
        "the user 'u' ends with 2099-03-31, whatever is attached by hand",
        f"from the apply on the user 'u' is bounded by {OWN}:policy/b, before anything is detached",
    )
    made = block_of("dot", more).integration.documents(block_of("dot", more).settings)["access"]
    denied = [one.sid for one in made.statements if one.effect == "Deny"]
    assert denied == ["DenyDirectCallsFromElsewhere", "DenyAfterTheLastDay"]


def test_tags_of_a_bucket_that_go_are_said_and_those_of_aws_stay() -> None:
    """Who may do what with it may hang on them."""
    names = ("team", "aws:cloudformation:stack-name")
    tags = {"TagSet": [{"Key": name, "Value": "x"} for name in names]}
    found = examined("metronome", BUCKET, Answers(get_bucket_tagging=tags))
    assert (found.stops, found.notes[:-1]) == (
        (),
        (
            "the tag 'team' of the bucket 'acme-exports' is removed; tags in the account's block "
            "are kept",
            "the bucket 'acme-exports' is of the CloudFormation stack x, which goes on changing "
            "it until it lets go of it (DeletionPolicy: Retain)",
        ),
    )


PAGE = {
    "UserName": "dot_athena_user",
    "Path": "/",
    "AttachedManagedPolicies": [
        {"PolicyName": "AmazonAthenaFullAccess", "PolicyArn": f"{AWS}/AmazonAthenaFullAccess"},
        {"PolicyName": "restricted", "PolicyArn": f"{OWN}:policy/restricted"},
    ],
}
OTHERS = [
    {"UserName": "ann", "Path": "/"},
    {"UserName": "dot-y", "Path": "/", "Tags": [{"Key": "athena-gate", "Value": "dot/y"}]},
    {"UserName": "svc-dot", "Path": "/"},
]


def test_users_that_look_like_the_pages_are_found_with_the_reason() -> None:
    block = block_of("dot", 'results { bucket = "acme-r" }')
    page = block.integration.guides["access"].documented_for(
        {**block.integration.values(block.settings), "workgroup": ("analysts",)}
    )
    version = {"IsDefaultVersion": True, "Document": page.json()}
    local = {"Arn": f"{OWN}:policy/restricted", "PolicyVersionList": [version]}
    details = {"UserDetailList": [*OTHERS, PAGE], "Policies": [local]}
    found = candidates(block, Answers(get_account_authorization_details=details))
    assert found == [
        Candidate(
            "user",
            "dot_athena_user",
            (
                "the page calls it so",
                "it has AmazonAthenaFullAccess, as the page says",
                "its policy restricted has 7 of the page's 9 actions",
            ),
            ("--workgroup", "analysts"),
        ),
        Candidate("user", "svc-dot", ("its name has Dot in it",)),
    ]
    assert command(found[0], "x") == "gate adopt x --user dot_athena_user --workgroup analysts"
    with given({"--env": "prod"}):
        assert command(found[1], "x") == "gate --env prod adopt x --user svc-dot"


def test_a_role_is_found_by_whom_it_lets_in() -> None:
    block = block_of("metronome", "")
    trust = block.integration.trusts(block.settings)["access"].json()
    roles = [
        {"RoleName": "billing", "Path": "/", "AssumeRolePolicyDocument": trust},
        {"RoleName": "AWSServiceRoleForX", "Path": "/aws-service-role/x.amazonaws.com/"},
    ]
    details = {"RoleDetailList": roles, "Policies": []}
    assert candidates(block, Answers(get_account_authorization_details=details)) == [
        Candidate("role", "billing", ("it lets in accounts.google.com, as the block does",))
    ]
