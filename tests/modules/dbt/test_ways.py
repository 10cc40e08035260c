"""How dbt gets in where no role or user of one's own takes its role: access keys, and tokens."""

from dataclasses import replace
from pathlib import Path

import pytest

from athena_gate.gate.prove import prove_grants
from athena_gate.modules.iam.policy import Condition
from tests.modules.access.vendors import PUBLIC_KEY
from tests.modules.athena.blocks import configured, mistakes, read

BLOCK = 'mode = "run"\ndatabases = ["dbt_ci"]\n'
KEYS = """keys {
  pgp_key = "PUBLIC_KEY"
  generations = ["a"]
}
""".replace("PUBLIC_KEY", PUBLIC_KEY)
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
SUBJECT = "repo:acme/dbt:ref:refs/heads/main"
TOKEN = f'web_identity {{\n provider = "{PROVIDER}"\n subject = "{SUBJECT}"\n}}\n'
TRUSTED = 'trusted = ["arn:aws:iam::111122223333:role/ci"]\n'

WRONG = {
    "two ways": (
        KEYS + TRUSTED,
        "trusted: has 2 ways in: keys, trusted; keep one",
    ),
    "a session of keys": (
        KEYS + "session_duration = 1800\n",
        "session_duration: is of a role, and with keys there is none; remove it",
    ),
    "an external id beside a token": (
        TOKEN + 'external_id = "x-4711"\n',
        "external_id: comes with no token; its subject is what tells; remove it",
    ),
    "any branch": (
        TOKEN.replace("main", "*"),
        "web_identity: subject: 'repo:acme/dbt:ref:refs/heads/*' is not valid; allowed: 1 to 255 "
        "letters, digits and _ . : / @ + = | -, without spaces or wildcards",
    ),
    "a provider of another account": (
        TOKEN.replace("111122223333", "999999999999"),
        "web_identity: provider is in account 999999999999, and a role takes tokens of providers "
        "of its own, 111122223333",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_way_in_that_cannot_be_is_refused(tmp_path: Path, case: str) -> None:
    block, problem = WRONG[case]
    assert mistakes(tmp_path, "dbt", BLOCK + block) == [f'dbt "x": {problem}']


def test_keys_are_those_of_a_user_with_the_same_rights(tmp_path: Path) -> None:
    configuration = configured(tmp_path, "dbt", BLOCK + KEYS)
    (block,) = configuration.blocks
    stack = read(configuration)
    assert [one.name for one in prove_grants(stack, block).results if not one.holds] == []
    (user,) = stack.identities
    assert (user.kind, user.arn) == ("user", "arn:aws:iam::111122223333:user/dbt-x")
    role = configured(tmp_path, "dbt", BLOCK + TRUSTED)
    (other,) = role.blocks
    same = [one.integration.documents(one.settings) for one in (block, other)]
    assert same[0] == same[1]
    handed = block.integration.handoff(block.settings)
    assert set(handed) == {"dbt_profile"}
    assert "aws_profile_name" not in handed["dbt_profile"]


def test_a_token_about_one_branch_opens_the_role_and_no_other(tmp_path: Path) -> None:
    configuration = configured(tmp_path, "dbt", BLOCK + TOKEN)
    (block,) = configuration.blocks
    stack = read(configuration)
    unmet = {
        r.name: r.conditions for r in prove_grants(stack, block).results if r.answer != "holds"
    }
    assert unmet == {
        "take-role": (
            "the identity provider token.actions.githubusercontent.com exists in account "
            "111122223333, with the audience sts.amazonaws.com",
        )
    }
    (trust,) = (place for place in stack.resource_policies if place.kind == "trust")
    (document,) = trust.documents
    (statement,) = document.policy.statements
    audience, subject = sorted(statement.conditions, key=lambda one: one.key)
    any_branch = Condition("StringLike", subject.key, ("repo:acme/*",))
    wider = {
        "any branch": replace(statement, conditions=(any_branch, audience)),
        "any audience": replace(statement, conditions=(subject,)),
    }
    broken = {}
    for what, one in wider.items():
        policy = replace(document.policy, statements=(one,))
        place = replace(trust, documents=(replace(document, policy=policy),))
        others = tuple(other for other in stack.resource_policies if other is not trust)
        changed = replace(stack, resource_policies=(*others, place))
        results = prove_grants(changed, block).results
        broken[what] = [result.name for result in results if not result.holds]
    assert broken == {"any branch": ["no-other-token"], "any audience": ["no-other-client"]}
