"""Workgroups that exist, results that Athena keeps, and alarms on what is scanned."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from athena_gate.gate.explain import can
from athena_gate.gate.prove import prove_grants
from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam.policy import Condition, Principal, Statement
from athena_gate.stacks.configuration import Configuration
from tests.modules.access.vendors import PUBLIC_KEY
from tests.modules.athena.blocks import configured, mistakes, read

LOOKER = """databases = ["sales"]
source "acme-lake" { prefixes = ["sales/"] }
keys {
  pgp_key = "PUBLIC_KEY"
  generations = ["a"]
}
""".replace("PUBLIC_KEY", PUBLIC_KEY)
DBT = """mode = "run"
trusted = ["arn:aws:iam::111122223333:role/ci"]
databases = ["dbt_ci"]
"""
KEY = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:alerts"
BI = 'workgroup {\n name = "bi"\n create = false\n}\n'
MANAGED = f'{BI}results {{\n managed = true\n kms_key = "{KEY}"\n}}\n'
ALARM = "workgroup {\n alarm {\n bytes_per_hour = 1099511627776\n MORE\n }\n}\n"
WORKGROUP = "arn:aws:athena:eu-central-1:111122223333:workgroup/bi"
GUIDED = 'grants = "documented"\n'

WRONG = {
    "no name": (
        "looker",
        LOOKER + "workgroup { create = false }",
        "workgroup: create: false needs the name of the workgroup that exists: name",
    ),
    "a name of one made here": (
        "looker",
        LOOKER + 'workgroup { name = "bi" }',
        "workgroup: create: a workgroup made here is called as its block; for one that exists, "
        "set create = false beside name",
    ),
    "limits of one that exists": (
        "looker",
        LOOKER + BI.replace("}", 'engine_version = "AUTO"\n}'),
        "workgroup: engine_version: with create = false the workgroup keeps what it is set to; "
        "remove this field, or have a workgroup made",
    ),
    "managed in one made here": (
        "looker",
        LOOKER + "results { managed = true }",
        "results: managed: a workgroup made here cannot keep results in Athena: that is "
        "managed_query_results_configuration, which the AWS provider 5.100 has not; name one that "
        'exists, with name = "..." and create = false in workgroup {}',
    ),
    "managed and in a bucket": (
        "looker",
        f'{LOOKER}{BI}results {{\n managed = true\n bucket = "acme-results"\n}}',
        "results: bucket: has no effect on managed results, which Athena keeps itself, for 24 "
        "hours; remove it, or managed = true",
    ),
    "managed for a client that reads files": (
        "dot",
        f"{LOOKER}reads_results_directly = true\n{MANAGED}",
        "results: managed: Dot looks for results in a bucket itself, and Athena shows nobody where "
        "it keeps them; remove it",
    ),
    "managed for a form that asks for a bucket": (
        "immuta",
        LOOKER + MANAGED,
        "results: managed: Immuta looks for results in a bucket itself, and Athena shows nobody "
        "where it keeps them; remove it",
    ),
    "managed beside the guide of dbt": (
        "dbt",
        f'mode = "documented"\n databases = ["dbt_ci"]\n{MANAGED}',
        "results: managed: the guide's role writes results to a bucket, and documented is that "
        'role; remove it, or set mode = "via_athena" or "run"',
    ),
    "an alarm without a limit": (
        "dbt",
        f'{DBT}workgroup {{\n alarm {{\n topic = "{TOPIC}"\n }}\n}}',
        "workgroup: alarm: names no limit; allowed: bytes_per_hour = 1099511627776, "
        "bytes_per_day = 5497558138880, or both",
    ),
    "a topic of another region": (
        "dbt",
        DBT + ALARM.replace("MORE", f'topic = "{TOPIC.replace("central", "west")}"'),
        "workgroup: alarm: topic is in eu-west-1, and an alarm tells topics of its own region, "
        "eu-central-1",
    ),
    "the key of a topic that exists": (
        "dbt",
        DBT + ALARM.replace("MORE", f'topic = "{TOPIC}"\n kms_key = "{KEY}"'),
        "workgroup: alarm: kms_key: has no effect on a topic that exists; remove it",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_refused_with_a_way_on(tmp_path: Path, case: str) -> None:
    kind, block, problem = WRONG[case]
    assert mistakes(tmp_path, kind, block) == [f'{kind} "x": {problem}']


def kinds(stack: Stack) -> list[str]:
    return sorted(kind for kind, some in stack.content["resource"].items() for _ in some)


def answers(configuration: Configuration, stack: Stack) -> dict[str, tuple[str, ...]]:
    """Return the claims that do not simply hold: on what conditions, or ``fails``."""
    (block,) = configuration.blocks
    return {
        one.name: one.conditions if one.holds else ("fails",)
        for one in prove_grants(stack, block).results
        if one.answer != "holds"
    }


def test_managed_results_have_no_bucket_and_no_grants_in_s3(tmp_path: Path) -> None:
    configuration = configured(tmp_path, "looker", LOOKER + MANAGED)
    (block,) = configuration.blocks
    stack = read(configuration)
    assert kinds(stack) == [
        "aws_iam_access_key",
        "aws_iam_policy",
        "aws_iam_user",
        "aws_iam_user_policy_attachment",
    ]
    policy = block.integration.documents(block.settings)["access"]
    assert {r for s in policy.statements for r in s.resources if ":s3:" in r} == {
        "arn:aws:s3:::acme-lake",
        "arn:aws:s3:::acme-lake/sales/*",
    }
    assert block.integration.handoff(block.settings) == {
        "region": "eu-central-1",
        "workgroup": "bi",
        "catalog": "AwsDataCatalog",
        "databases": "sales",
    }
    bi = (
        "the workgroup bi exists in account 111122223333, keeps results in Athena (managed query "
        f"results), encrypted with {KEY}"
    )
    assert answers(configuration, stack) == {
        "read-results": (bi,),
        "stream-results": (bi,),
        "earlier-queries": (bi,),
        "run-queries": (
            bi,
            "Looker names no location of results: Athena refuses one beside managed results",
        ),
        "use-results-key": (
            f"the policy of key {KEY.rpartition('/')[2]} lets Athena encrypt the results of "
            "workgroup bi",
        ),
    }


def test_the_key_of_managed_results_serves_that_workgroup_alone(tmp_path: Path) -> None:
    stack = read(configured(tmp_path, "looker", LOOKER + MANAGED))
    context = "kms:EncryptionContext:aws:athena:arn"
    workgroup = "arn:aws:athena:eu-central-1:111122223333:workgroup/"
    said = {
        name: [one.answer for one in can(stack, "kms:Decrypt", KEY, {context: (workgroup + name,)})]
        for name in ("bi", "other")
    }
    assert said == {"bi": ["yes"], "other": ["no"]}


@pytest.mark.parametrize(
    ("action", "resource", "context", "answer", "conditions"),
    [
        ("athena:StartQueryExecution", WORKGROUP, {}, "yes, if", ["the workgroup bi", "Looker"]),
        ("athena:GetQueryResultsStream", WORKGROUP, {}, "yes, if", ["the workgroup bi"]),
        ("athena:GetWorkGroup", f"{WORKGROUP}2", {}, "no", []),
        ("kms:Decrypt", KEY, {"arn": (WORKGROUP,)}, "yes, if", ["the policy of key"]),
        ("kms:Decrypt", KEY, {"arn": (f"{WORKGROUP}2",)}, "no", []),
        # Without knowing what is decrypted, neither yes nor no.
        ("kms:Decrypt", KEY, {}, "unknown", []),
    ],
)
def test_what_rests_on_a_workgroup_of_others_is_never_a_plain_yes(
    tmp_path: Path,
    action: str,
    resource: str,
    context: dict[str, tuple[str, ...]],
    answer: str,
    conditions: list[str],
) -> None:
    configuration = configured(tmp_path, "looker", LOOKER + MANAGED)
    (block,), stack = configuration.blocks, read(configuration)
    given = {f"kms:EncryptionContext:aws:athena:{key}": value for key, value in context.items()}
    todos = block.integration.conditions(block.settings)
    (said,) = can(stack, action, resource, given, todos)
    assert said.answer == answer
    starts = zip(said.conditions, conditions, strict=True)
    assert all(one.startswith(start) for one, start in starts)


def test_a_workgroup_of_others_must_expect_the_owner_of_the_results_bucket(tmp_path: Path) -> None:
    owner = 'owner = "444455556666"'
    results = f'results {{\n bucket = "central"\n create = false\n {owner}\n}}'
    configuration = configured(tmp_path, "looker", LOOKER + BI + results)
    found = answers(configuration, read(configuration))["write-results"]
    assert [one.partition(" ex")[0] for one in found] == [
        "the workgroup bi of account 111122223333",
        "the policy of bucket central lets the user looker-x read and write it",
        "the workgroup bi",
    ]


def test_the_profile_of_dbt_names_no_location_of_managed_results(tmp_path: Path) -> None:
    configuration = configured(tmp_path, "dbt", DBT + MANAGED)
    (block,) = configuration.blocks
    profile = block.integration.handoff(block.settings)["dbt_profile"]
    assert "s3_staging_dir" not in profile
    assert 'work_group: "bi"' in profile
    assert set(answers(configuration, read(configuration))) == {
        "read-results",
        "run-queries",
        "use-results-key",
    }


def test_a_workgroup_that_exists_is_a_condition_and_is_not_made(tmp_path: Path) -> None:
    results = 'results {\n bucket = "acme-results"\n path = "looker/"\n create = false\n}'
    configuration = configured(tmp_path, "looker", LOOKER + BI + results)
    stack = read(configuration)
    assert "aws_athena_workgroup" not in kinds(stack)
    bi = (
        "the workgroup bi exists in account 111122223333, writes results to "
        "s3://acme-results/looker/, or does not override where clients say they go"
    )
    resting = ("run-queries", "read-results", "stream-results", "earlier-queries", "write-results")
    assert answers(configuration, stack) == dict.fromkeys(resting, (bi,))


def test_an_alarm_tells_a_topic_that_is_made_and_nobody_else_does(tmp_path: Path) -> None:
    configuration = configured(tmp_path, "dbt", DBT + ALARM.replace("MORE", ""))
    (block,) = configuration.blocks
    stack = read(configuration)
    topic = "arn:aws:sns:eu-central-1:111122223333:dbt-x-limits"
    (alarm,) = stack.content["resource"]["aws_cloudwatch_metric_alarm"].values()
    assert (alarm["dimensions"], alarm["period"], alarm["threshold"]) == (
        {"WorkGroup": "dbt-x"},
        3600,
        1099511627776,
    )
    assert block.integration.handoff(block.settings)["limits"] == (
        f"1 TiB an hour; beyond that, {topic} is told"
    )
    assert answers(configuration, stack) == {"tell": (f"somebody subscribes to {topic}",)}


def changed(stack: Stack, statements: Iterable[Statement]) -> Stack:
    """Return ``stack`` with other statements in the policy of its topic."""
    places = []
    for place in stack.resource_policies:
        if place.kind == "topic":
            (document,) = place.documents
            policy = replace(document.policy, statements=tuple(statements))
            place = replace(place, documents=(replace(document, policy=policy),))
        places.append(place)
    return replace(stack, resource_policies=tuple(places))


def test_whatever_else_the_topic_lets_in_breaks_a_claim(tmp_path: Path) -> None:
    configuration = configured(tmp_path, "dbt", DBT + ALARM.replace("MORE", ""))
    stack = read(configuration)
    (topic,) = (place for place in stack.resource_policies if place.kind == "topic")
    (statement,) = topic.policy.statements
    (_, alarms) = statement.conditions
    any_alarm = Condition(alarms.operator, alarms.key, ("arn:aws:cloudwatch:*:*:alarm:*",))
    wider = {
        "another service": replace(
            statement, principals=(Principal("Service", "events.amazonaws.com"),)
        ),
        "subscribing": replace(statement, actions=("sns:Publish", "sns:Subscribe")),
        "any alarm": replace(statement, conditions=(any_alarm,)),
    }
    broken = {
        what: sorted(
            name
            for name, said in answers(configuration, changed(stack, [statement, more])).items()
            if said == ("fails",)
        )
        for what, more in wider.items()
    }
    assert broken == {
        "another service": ["nobody-else"],
        "subscribing": ["tell-only"],
        "any alarm": ["no-alarm-of-others", "no-other-alarm"],
    }


def test_a_topic_of_others_and_the_key_of_ours_are_conditions(tmp_path: Path) -> None:
    theirs = configured(tmp_path, "dbt", DBT + ALARM.replace("MORE", f'topic = "{TOPIC}"'))
    stack = read(theirs)
    assert "aws_sns_topic" not in kinds(stack)
    assert answers(theirs, stack) == {
        "tell": (f"the policy of {TOPIC} lets CloudWatch tell it of dbt-x's alarms",)
    }
    ours = configured(tmp_path, "dbt", DBT + ALARM.replace("MORE", f'kms_key = "{KEY}"'))
    topic = "arn:aws:sns:eu-central-1:111122223333:dbt-x-limits"
    assert answers(ours, read(ours)) == {
        "tell": (
            f"somebody subscribes to {topic}",
            f"the policy of key {KEY.rpartition('/')[2]} lets CloudWatch use it for {topic}",
        )
    }
