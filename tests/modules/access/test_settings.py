"""What a vendor's block takes, and what it refuses with a way on."""

from hashlib import sha256
from pathlib import Path

import pytest

from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import load
from tests.conftest import ACCOUNT

SOURCE = 'source "acme-lake" {}'
KEYS = 'keys {\n  pgp_key_file = "keys/ops.asc"\n  generations = ["a"]\n}'
PROFILE = """
title = "Acme"
class = "query"
page {
  title  = "Connect Athena"
  source = "https://docs.example.com/athena"
  date   = "2026-11-26"
}
assumed_by {
  EXTERNAL
}
web_identity {
  issuer   = "token.example.com"
  audience = "required"
}
runs_on {
  on = ["ec2", "eks"]
}
trusted {}
results {
  prefix = "athena-"
}
"""


def mistakes(folder: Path, block: str, profile: str = PROFILE) -> list[str]:
    """Return what is wrong with a block of a vendor of one's own, without the file's name."""
    own = folder / "vendors" / "acme"
    own.mkdir(parents=True, exist_ok=True)
    (own / "profile.hcl").write_text(profile.replace("EXTERNAL", 'external_id = "required"'))
    file = folder / "gate.hcl"
    file.write_text(f'{ACCOUNT}acme "x" {{\n account = "analytics"\n{block}\n}}\n')
    try:
        load(file)
    except ConfigurationError as error:
        return [mistake.text("gate.hcl").partition(": ")[2] for mistake in error.mistakes]
    return []


READS = f'databases = ["sales"]\n{SOURCE}\n'
VENDOR = 'principals = ["999988887777"]\n'
WRONG = {
    "no way in": (
        READS,
        'acme "x": names no way in; Acme offers assumed_by {}, web_identity {}, runs_on {}, '
        "trusted {}: add one of these blocks",
    ),
    "two ways in": (
        READS + 'runs_on {\n on = "ec2"\n}\ntrusted {\n principals = '
        '["arn:aws:iam::111122223333:role/ci"]\n}',
        'acme "x": has 2 ways in: runs_on, trusted; keep one',
    ),
    "a way in that the page does not offer": (
        READS + KEYS.replace("keys/ops.asc", "x.asc"),
        'acme "x": keys: ',
    ),
    "a service where none takes the role": (
        READS + "service {}",
        'acme "x": service: Acme takes no such way in; it offers assumed_by {}, '
        "web_identity {}, runs_on {}, trusted {}",
    ),
    "a vendor without external id": (
        READS + f"assumed_by {{\n{VENDOR}}}",
        'acme "x": assumed_by: external_id is missing: without it, whoever makes Acme use this '
        "role's ARN reaches your data",
    ),
    "a vendor whose account nobody knows": (
        READS + 'assumed_by {\n external_id = "x-4711"\n}',
        'acme "x": assumed_by: principals is missing: the vendor\'s page does not print its '
        "account; Acme tells it to you",
    ),
    "a role that the page does not add to": (
        READS + 'assumed_by {\n role_name = "vendor"\n}',
        'acme "x": assumed_by: role_name: Acme\'s page makes a role of its own; remove it',
    ),
    "whom a role trusts that is not made here": (
        READS + f'assumed_by {{\n role_name = "vendor"\n{VENDOR}}}',
        'acme "x": assumed_by: principals: has no effect beside role_name, whose trust policy is '
        "yours; remove it",
    ),
    "an external id of a role that is not made here": (
        READS + 'assumed_by {\n role_name = "vendor"\n external_id = "x-4711"\n}',
        'acme "x": assumed_by: external_id: has no effect beside role_name, whose trust policy is '
        "yours; remove it",
    ),
    "a wildcard as principal": (
        READS + 'assumed_by {\n principals = ["*"]\n external_id = "x-4711"\n}',
        'acme "x": assumed_by: principals: ',
    ),
    "a token of anyone": (
        READS + 'web_identity {\n audience = "x"\n}',
        'acme "x": web_identity: subject is missing: the vendor tells whom its token is about',
    ),
    "a token for anyone": (
        READS + 'web_identity {\n subject = "x"\n}',
        'acme "x": web_identity: audience is missing: the token is for you only with it',
    ),
    "what only Google's tokens say": (
        READS + 'web_identity {\n subject = "x"\n organization_identifier = "o"\n}',
        'acme "x": web_identity: only Google\'s tokens have organization_identifier; use audience',
    ),
    "a machine that the page does not name": (
        READS + 'runs_on {\n on = "ecs"\n}',
        "acme \"x\": runs_on: on = 'ecs' is not among what the page names; allowed: ec2, eks, "
        "or role_name",
    ),
    "a cluster without its provider": (
        READS + 'runs_on {\n on = "eks"\n namespace = "a"\n service_account = "b"\n}',
        'acme "x": runs_on: provider: is missing, and on = "eks" needs it',
    ),
    "both a role to make and one to use": (
        READS + 'runs_on {\n on = "ec2"\n role_name = "nodes"\n}',
        'acme "x": runs_on: role_name: give either on, for a role made here, or role_name, '
        "for one of yours",
    ),
    "a boundary of a role that is not made here": (
        READS
        + 'permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"\n'
        + 'runs_on {\n role_name = "nodes"\n}',
        "acme \"x\": permissions_boundary has no effect on the role 'nodes', which is not made "
        "here; remove it, and bound the role where it is made",
    ),
    "no database": (
        f'{SOURCE}\nruns_on {{\n on = "ec2"\n}}',
        'acme "x": databases: name at least one database, as in databases = ["sales"]',
    ),
    "a policy that the page does not have": (
        READS + 'grants = "documented"\nruns_on {\n on = "ec2"\n}',
        'acme "x": grants: Acme\'s page has nothing of the kind; allowed: least_privilege',
    ),
    "addresses that the page does not name": (
        READS + 'restrict_to_vendor_ips = true\nruns_on {\n on = "ec2"\n}',
        'acme "x": restrict_to_vendor_ips: Acme\'s page names no addresses; remove the field',
    ),
    "a source as the results bucket": (
        'databases = ["sales"]\nsource "athena-lake" {}\nresults {\n bucket = "athena-lake"\n}\n'
        'runs_on {\n on = "ec2"\n}',
        "acme \"x\": results: the bucket 'athena-lake' is a source, so it exists already; name "
        "another, or set create = false",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_block_is_refused_with_what_is_allowed(tmp_path: Path, what: str) -> None:
    block, expected = WRONG[what]
    found = mistakes(tmp_path, block)
    assert expected in [one[: len(expected)] for one in found]


RIGHT = {
    "its account": f'assumed_by {{\n{VENDOR} external_id = "x-4711"\n}}',
    "its token": 'web_identity {\n subject = "x"\n audience = "y"\n}',
    "an instance": 'runs_on {\n on = "ec2"\n}',
    "a role of ours": 'runs_on {\n role_name = "nodes"\n}',
    "a role that takes it": 'trusted {\n principals = ["arn:aws:iam::111122223333:role/ci"]\n}',
}


@pytest.mark.parametrize("what", RIGHT)
def test_one_way_in_of_those_offered_is_enough(tmp_path: Path, what: str) -> None:
    assert mistakes(tmp_path, READS + RIGHT[what]) == []


PROFILES = {
    "a field that it does not have": (
        PROFILE.replace('class = "query"', 'class = "query"\nstatement = "x"'),
        'statement: no field "statement"',
    ),
    "a class that there is not": (
        PROFILE.replace('"query"', '"write"'),
        "class: \"write\" is not one of the choices; allowed: 'query', 'tables' or 'metadata'",
    ),
    "a bundle of another class": (
        PROFILE.replace('class = "query"', 'class = "query"\nbundles = ["iceberg_metadata"]'),
        "bundles: 'iceberg_metadata' is nothing that a query vendor does; allowed: ",
    ),
    "a reason that is no sentence": (
        PROFILE + 'dropped {\n reason = "because"\n actions = ["s3:GetObject"]\n}\n',
        "reason: 'because' is not valid; allowed: a sentence that ends in a full stop",
    ),
    "a placeholder that nothing fills in": (
        PROFILE + 'todo = ["Write {workgrup} into the form."]\n',
        'todo: no placeholder "workgrup"; did you mean "workgroup"?; allowed: account, ',
    ),
    "such a placeholder in a policy of the page": (
        PROFILE.replace('2026-11-26"', '2026-11-26"\n names = { "YOUR_BUCKET" = "{buckets}" }'),
        'page: names: no placeholder "buckets"; did you mean "bucket"?; allowed: account, ',
    ),
    "a brace that is no placeholder's": (
        PROFILE + 'fields = { dsn = "{" }\n',
        "fields: '{': Single '{' encountered in format string; a brace itself is written twice",
    ),
    "no page": (
        PROFILE.replace("page {", "pages {"),
        'pages: no block "pages"; did you mean "page"?',
    ),
}


@pytest.mark.parametrize("what", PROFILES)
def test_a_mistake_in_a_profile_is_told_like_one_in_gate_hcl(tmp_path: Path, what: str) -> None:
    profile, expected = PROFILES[what]
    found = mistakes(tmp_path, READS + RIGHT["an instance"], profile)
    assert [one for one in found if expected in one] != []


def test_a_mistake_in_a_profile_names_its_file_and_line(tmp_path: Path) -> None:
    own = tmp_path / "vendors" / "acme"
    own.mkdir(parents=True)
    (own / "profile.hcl").write_text('title = "Acme"\nclass = "wrong"\n')
    (tmp_path / "gate.hcl").write_text(f'{ACCOUNT}acme "x" {{\n account = "analytics"\n}}\n')
    with pytest.raises(ConfigurationError) as raised:
        load(tmp_path / "gate.hcl")
    assert str(raised.value).splitlines()[0].startswith(f"{own / 'profile.hcl'}:")


POLICY = """{"Statement": {"Effect": "Allow", "Action": "glue:GetTable", "Resource": "{table}"}}"""
BESIDE = {
    "a policy that is not the page's": (
        "0" * 64,
        POLICY,
        f"page: access.json has the SHA-256 {sha256(POLICY.encode()).hexdigest()}, the profile "
        f"says {'0' * 64}",
    ),
    "a policy that is missing": ("0" * 64, None, "access.json: no such file"),
    "a policy that the profile is silent about": (
        None,
        POLICY,
        "page: access.json lies beside the profile; say in access what its SHA-256 is",
    ),
    "a policy with a placeholder that nothing fills in": (
        sha256(POLICY.encode()).hexdigest(),
        POLICY,
        'page: no placeholder "table"',
    ),
    "a policy that is none": (
        sha256(b"{}").hexdigest(),
        "{}",
        "page: access.json is no IAM policy: ",
    ),
}


@pytest.mark.parametrize("what", BESIDE)
def test_the_policies_beside_a_profile_are_those_that_it_speaks_of(
    tmp_path: Path, what: str
) -> None:
    digest, policy, expected = BESIDE[what]
    if policy is not None:
        (tmp_path / "vendors" / "acme").mkdir(parents=True)
        (tmp_path / "vendors" / "acme" / "access.json").write_text(policy)
    said = f'\n access = "{digest}"' if digest else ""
    profile = PROFILE.replace('2026-11-26"', f'2026-11-26"{said}')
    (found,) = mistakes(tmp_path, READS + RIGHT["an instance"], profile)
    assert expected in found


def test_a_vendor_that_reads_no_files_of_tables_takes_no_sources(tmp_path: Path) -> None:
    profile = PROFILE.replace('"query"', '"metadata"').partition("results {")[0]
    assert mistakes(tmp_path, READS + RIGHT["an instance"], profile) == [
        'acme "x": source: Acme reads no files of tables; remove source'
    ]
