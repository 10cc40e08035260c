"""From where a user or role may call: what is refused, what is pointed out, and what holds."""

from dataclasses import replace
from pathlib import Path

import pytest

from athena_gate.gate.explain import can
from athena_gate.gate.prove import prove_grants
from athena_gate.gate.report.flow import addresses
from athena_gate.modules.athena.statements import deny_from_elsewhere
from athena_gate.modules.iam.policy import Condition
from athena_gate.modules.reading import ConfigurationError
from tests.modules.athena.blocks import configured, mistakes, read

ENDPOINT = "vpce-0a1b2c3d4e5f67890"
BOTH = f'addresses = ["52.1.2.0/24", "2600:1f18::/48"]\n vpc_endpoints = ["{ENDPOINT}"]'
IMMUTA = 'databases = ["sales"]\n source "acme-lake" { prefixes = ["sales/"] }\n'
ON_EC2 = 'runs_on {\n on = "ec2"\n }\n'
DBT = 'trusted = ["arn:aws:iam::111122223333:role/ci"]\n databases = ["dbt_ci"]\n'

NOTHING = (
    'names nothing; allowed: addresses = ["203.0.113.7/32"], vpc_endpoints = '
    '["vpce-0a1b2c3d4e5f67890"], or both'
)
WRONG = {
    "a private range": (
        'addresses = ["10.0.0.0/8"]',
        "addresses: '10.0.0.0/8' is private: AWS sees the public address that a call comes from "
        "(a NAT gateway's), or the VPC endpoint; name these, the endpoint in vpc_endpoints",
    ),
    "everything": (
        'addresses = ["0.0.0.0/0"]',
        "addresses: '0.0.0.0/0' is too wide to keep anybody out; allowed: ranges of /8 and smaller",
    ),
    "everything in two halves": (
        'addresses = ["::/1"]',
        "addresses: '::/1' is too wide to keep anybody out; allowed: ranges of /19 and smaller",
    ),
    "an address within a range": (
        'addresses = ["52.1.2.3/24"]',
        "addresses: '52.1.2.3/24' is no address and no range; the range it lies in is "
        "'52.1.2.0/24'; allowed: CIDR notation, as in \"203.0.113.7/32\"",
    ),
    "a name": (
        'addresses = ["office"]',
        "addresses: 'office' is no address and no range; allowed: CIDR notation, as in "
        '"203.0.113.7/32"',
    ),
    "a VPC": (
        'vpc_endpoints = ["vpc-0a1b2c3d4e5f67890"]',
        "vpc_endpoints: 'vpc-0a1b2c3d4e5f67890' is not valid; allowed: the id of a VPC endpoint, "
        'as in "vpce-0a1b2c3d4e5f67890"',
    ),
    "nothing": ("", NOTHING),
    "no address": ("addresses = []", NOTHING),
}


@pytest.mark.parametrize("case", WRONG)
def test_places_that_keep_nobody_out_or_everybody_are_refused(tmp_path: Path, case: str) -> None:
    places, problem = WRONG[case]
    found = mistakes(tmp_path, "immuta", f"{IMMUTA}{ON_EC2} only_from {{\n {places}\n }}")
    assert found == [f'immuta "x": only_from: {problem}']


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("only_from {}", 10),
        ("only_from {\n addresses = []\n}", 10),
        ("workgroup {\n alarm {\n }\n}", 11),
    ],
)
def test_a_block_that_names_nothing_is_reported_at_its_line(
    tmp_path: Path, written: str, line: int
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configured(tmp_path, "dbt", f'{DBT}mode = "run"\n{written}')
    assert [(one.line, one.code) for one in refused.value.mistakes] == [(line, "GATE302")]


ONLY = f"only_from {{\n {BOTH}\n }}"
NOT_HERE = {
    "a role of yours": (
        "immuta",
        f'{IMMUTA}runs_on {{\n role_name = "nodes"\n }}\n{ONLY}',
        "would refuse everything that the role 'nodes' does from elsewhere, not only this; remove "
        "it, and say so where the role is made",
    ),
    "an AWS service": (
        "amazon_managed_grafana",
        f"{IMMUTA}service {{}}\n{ONLY}",
        "Amazon Managed Grafana calls from addresses of AWS's own, which nobody lists; remove it, "
        "and name its resources in service { source_arns = [...] }",
    ),
    "the guide of dbt": (
        "dbt",
        f'mode = "documented"\n databases = ["dbt_ci"]\n{ONLY}',
        "would change the guide's role, and documented is that role and nothing else; remove this "
        'field, or set mode = "via_athena" or "run"',
    ),
}


@pytest.mark.parametrize("case", NOT_HERE)
def test_where_calls_cannot_be_tied_to_a_place_it_is_refused(tmp_path: Path, case: str) -> None:
    kind, block, problem = NOT_HERE[case]
    assert mistakes(tmp_path, kind, block) == [f'{kind} "x": only_from: {problem}']


def test_a_request_from_elsewhere_is_denied_and_one_of_athenas_is_not() -> None:
    deny = deny_from_elsewhere(("52.1.2.0/24",), (ENDPOINT,))
    assert deny.conditions == (
        Condition("NotIpAddress", "aws:SourceIp", ("52.1.2.0/24",)),
        Condition("StringNotEquals", "aws:SourceVpce", (ENDPOINT,)),
        Condition("Bool", "aws:ViaAWSService", ("false",)),
    )
    assert list(addresses([deny])) == [f"only from 52.1.2.0/24, {ENDPOINT}"]


@pytest.mark.parametrize(
    ("kind", "block"),
    [
        ("immuta", IMMUTA + ON_EC2 + ONLY),
        ("immuta", f'{IMMUTA}{ON_EC2}only_from {{\n vpc_endpoints = ["{ENDPOINT}"]\n }}'),
        ("dbt", f'{DBT}mode = "run"\n only_from {{\n addresses = ["52.1.2.0/24"]\n }}'),
    ],
)
def test_what_is_claimed_of_the_places_holds_and_breaks_without_the_statement(
    tmp_path: Path, kind: str, block: str
) -> None:
    configuration = configured(tmp_path, kind, block)
    (one,) = configuration.blocks
    stack = read(configuration)
    assert [r.name for r in prove_grants(stack, one).results if not r.holds] == []
    (identity,) = stack.identities
    (document,) = identity.policies
    kept = tuple(s for s in document.policy.statements if s.effect == "Allow")
    wider = replace(document, policy=replace(document.policy, statements=kept))
    open_stack = replace(stack, identities=(replace(identity, policies=(wider,)),))
    assert [r.name for r in prove_grants(open_stack, one).results if not r.holds] == ["only-from"]


def test_explain_says_by_which_statement_a_request_from_elsewhere_is_denied(
    tmp_path: Path,
) -> None:
    configuration = configured(tmp_path, "immuta", IMMUTA + ON_EC2 + ONLY)
    stack = read(configuration)
    workgroup = "arn:aws:athena:eu-central-1:111122223333:workgroup/immuta-x"
    answers = {
        place: can(
            stack,
            "athena:StartQueryExecution",
            workgroup,
            {place: (value,), "aws:ViaAWSService": ("false",)},
        )
        for place, value in (("aws:SourceIp", "52.9.9.9"), ("aws:SourceVpce", ENDPOINT))
    }
    assert {
        place: (said.answer, said.by[0].partition(" ")[2]) for place, (said,) in answers.items()
    } == {
        "aws:SourceIp": ("no", "DenyDirectCallsFromElsewhere"),
        "aws:SourceVpce": ("yes", "AthenaQuery"),
    }
