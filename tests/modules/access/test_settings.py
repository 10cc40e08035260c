"""What a vendor's block takes, and what it refuses with a way on."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from athena_gate.modules.access.handoff import LABELS
from athena_gate.modules.access.profile import ORDINARY
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
    "a placeholder with a width": (
        PROFILE + 'todo = ["Write {region:>99999999} into the form."]\n',
        "todo: 'Write {region:>99999999} into the form.': write the placeholder alone, as in "
        "{region}",
    ),
    "a placeholder with another in it": (
        PROFILE + 'fields = { dsn = "{region:{account}}" }\n',
        "fields: '{region:{account}}': write the placeholder alone, as in {region}",
    ),
    "a placeholder with a conversion": (
        PROFILE + 'fields = { dsn = "{region!r}" }\n',
        "fields: '{region!r}': write the placeholder alone, as in {region}",
    ),
    "a title of two lines": (
        PROFILE.replace('title = "Acme"', 'title = "Ac\\nme"', 1),
        "title: 'Ac\\nme' is not valid; allowed: a name of 1 to 100 characters of one line",
    ),
    "a vendor that is everybody": (
        PROFILE.replace("assumed_by {", 'assumed_by {\n principals = ["*"]'),
        "assumed_by: principals: '*' is not valid; allowed: an account's id, or the ARN of a role",
    ),
    "a vendor in every account": (
        PROFILE.replace("assumed_by {", 'assumed_by {\n principals = ["arn:aws:iam::*:root"]'),
        "principals: 'arn:aws:iam::*:root' is not valid",
    ),
    "an issuer that is an address": (
        PROFILE.replace('"token.example.com"', '"https://token.example.com"'),
        'is not valid; allowed: a host, and a path where it has one, as in "token.example.com/v1"',
    ),
    "an address that is none": (
        PROFILE + 'addresses = ["example.com"]\n',
        "addresses: 'example.com' is not in CIDR notation; allowed: as in \"203.0.113.7/32\"",
    ),
    "a network that begins within itself": (
        PROFILE + 'addresses = ["10.0.0.1/8"]\n',
        "addresses: '10.0.0.1/8' is not in CIDR notation",
    ),
    "every address": (
        PROFILE + 'addresses = ["0.0.0.0/0"]\n',
        "addresses: '0.0.0.0/0' holds every address; leave addresses out",
    ),
    "more addresses than a policy holds": (
        PROFILE + f"addresses = {json.dumps([f'203.0.113.{n}/32' for n in range(60)])}\n",
        "addresses: has 60 items; allowed: 0 to 50",
    ),
    "a field that the block fills in": (
        PROFILE + 'fields = { region = "evil" }\n',
        "fields: 'region' is an ordinary field, which the block fills in; labels name it",
    ),
    "a field for a key": (
        PROFILE + 'fields = { access_key_id_a = "evil" }\n',
        "fields: 'access_key_id_a' is an ordinary field",
    ),
    "a field whose name is no name": (
        PROFILE + 'fields = { "a b" = "x" }\n',
        "fields: 'a b' is not valid; allowed: lower-case letters, digits, underscores",
    ),
    "a name of a reader that stands for nothing": (
        PROFILE.replace("page {", 'page {\n names = { "YOUR_BUCKET" = "evil" }'),
        "'YOUR_BUCKET' = 'evil' says of no name of the page's readers what it stands for",
    ),
    "a service that is any": (
        PROFILE + 'service {\n principal = "...amazonaws.com"\n}\n',
        "service: principal: '...amazonaws.com' is not valid; allowed: a service principal",
    ),
    "a results bucket of any name": (
        PROFILE.replace('prefix = "athena-"', 'prefix = "*"'),
        "results: prefix: '*' is not valid; allowed: up to 40 lower-case letters",
    ),
    "a tag that is AWS's": (
        PROFILE + 'workgroup {\n tags = { "aws:x" = "y" }\n}\n',
        "workgroup: tags: 'aws:x' is not a tag key",
    ),
    "a day that no month has": (
        PROFILE.replace("2026-11-26", "2026-13-45"),
        "page: date: '2026-13-45': month must be in 1..12",
    ),
    "a label of no field": (
        PROFILE + 'labels = {\n region = "Region"\n rolearn = "Role ARN"\n}\n',
        'labels: no field "rolearn"; did you mean "role_arn"?; allowed: account, bucket, ',
    ),
    "what is left out of a page without it": (
        PROFILE.replace("page {", 'page {\n actions = ["s3:GetObject"]')
        + 'dropped {\n reason = "It is not needed."\n actions = ["s3:GetObject", '
        '"s3:PutObject"]\n}\n',
        "dropped: actions: 's3:PutObject' is not on the page, so that nothing is left out; "
        "allowed: s3:GetObject",
    ),
    "a placeholder of a way in that is not offered": (
        PROFILE.partition("web_identity {")[0] + 'trusted {}\nfields = { who = "{subject}" }\n',
        "fields: {subject} stands for nothing without web_identity, which the profile does not "
        "offer",
    ),
    "a placeholder of another class": (
        PROFILE + 'todo = ["Write {schema} into the form."]\n',
        "todo: {schema} stands for nothing in the class query; it does in tables",
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


def test_a_profile_without_a_way_in_is_no_profile(tmp_path: Path) -> None:
    page = PROFILE[PROFILE.index("page {") :].partition("}\n")[0]
    found = mistakes(
        tmp_path, READS + RIGHT["an instance"], f'title = "Acme"\nclass = "query"\n{page}}}\n'
    )
    assert found == [
        "offers no way in; allowed: keys, assumed_by, web_identity, runs_on, service, trusted, "
        "each a block"
    ]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("dot", "its folder is called 'dot', and there is a block of this name"),
        ("dbt", "its folder is called 'dbt', and there is a block of this name"),
        ("account", "its folder is called 'account', and there is a block of this name"),
        ("Acme", "its folder is called 'Acme'; allowed, as for a block: "),
        ("my vendor", "its folder is called 'my vendor'; allowed, as for a block: "),
        ("_x", "its folder is called '_x'; allowed, as for a block: "),
    ],
)
def test_a_vendor_of_ones_own_has_a_name_of_its_own(
    tmp_path: Path, name: str, problem: str
) -> None:
    own = tmp_path / "vendors" / name
    own.mkdir(parents=True)
    (own / "profile.hcl").write_text(PROFILE)
    (tmp_path / "gate.hcl").write_text(f'{ACCOUNT}dbt "x" {{\n account = "analytics"\n}}\n')
    with pytest.raises(ConfigurationError) as raised:
        load(tmp_path / "gate.hcl")
    assert str(raised.value).startswith(f"{own / 'profile.hcl'}:1: {problem}")


def test_a_mistake_in_a_profile_names_its_file_and_line(tmp_path: Path) -> None:
    own = tmp_path / "vendors" / "acme"
    own.mkdir(parents=True)
    (own / "profile.hcl").write_text('title = "Acme"\nclass = "wrong"\n')
    (tmp_path / "gate.hcl").write_text(f'{ACCOUNT}acme "x" {{\n account = "analytics"\n}}\n')
    with pytest.raises(ConfigurationError) as raised:
        load(tmp_path / "gate.hcl")
    assert str(raised.value).splitlines()[0].startswith(f"{own / 'profile.hcl'}:")


POLICY = """{"Statement": {"Effect": "Allow", "Action": "glue:GetTable", "Resource": "{table}"}}"""
OF_ITS_READERS = POLICY.replace("{table}", "arn:aws:glue:<REGION>:1:catalog")
WITH_PRINCIPAL = POLICY.replace('"Resource"', '"Principal": "*", "Resource"').replace(
    "{table}", "*"
)
ON_NOTHING = POLICY.replace(', "Resource": "{table}"', "")
WITH_OPERATOR = POLICY.replace('"{table}"', '"*", "Condition": {"StringIs": {"a:b": "c"}}')
INVISIBLE = POLICY.replace("{table}", r"\ud800")
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
    "a policy with a name of its readers": (
        sha256(OF_ITS_READERS.encode()).hexdigest(),
        OF_ITS_READERS,
        "page: access.json, statement 1: 'arn:aws:glue:<REGION>:1:catalog' has a name of its "
        "readers; say in names what it stands for",
    ),
    "a policy with a principal": (
        sha256(WITH_PRINCIPAL.encode()).hexdigest(),
        WITH_PRINCIPAL,
        "page: access.json, statement 1: has a Principal, which no access policy has",
    ),
    "a policy on nothing": (
        sha256(ON_NOTHING.encode()).hexdigest(),
        ON_NOTHING,
        "page: access.json, statement 1: has no Resource, which every access policy has",
    ),
    "a policy whose actions names would change": (
        sha256(POLICY.replace("{table}", "*").encode()).hexdigest(),
        POLICY.replace("{table}", "*"),
        "page: names changes what access.json allows, not for whom and on what",
    ),
    "a policy with an operator that IAM does not have": (
        sha256(WITH_OPERATOR.encode()).hexdigest(),
        WITH_OPERATOR,
        "page: access.json, statement 1: 'StringIs' is no condition operator",
    ),
    "a policy with what nobody can see": (
        sha256(INVISIBLE.encode()).hexdigest(),
        INVISIBLE,
        "page: access.json, statement 1: '\\ud800' has characters that nobody can see",
    ),
    "a policy that is nested too deeply": (
        sha256(b"[" * 100_000).hexdigest(),
        "[" * 100_000,
        "page: access.json is no IAM policy: it is nested too deeply",
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
    names = ' names = { "glue:GetTable" = "{region}" }' if "names would" in what else ""
    profile = PROFILE.replace('2026-11-26"', f'2026-11-26"{said}\n{names}')
    (found,) = mistakes(tmp_path, READS + RIGHT["an instance"], profile)
    assert expected in found


def test_a_vendor_that_reads_no_files_of_tables_takes_no_sources(tmp_path: Path) -> None:
    profile = PROFILE.replace('"query"', '"metadata"').partition("results {")[0]
    assert mistakes(tmp_path, READS + RIGHT["an instance"], profile) == [
        'acme "x": source: Acme reads no files of tables; remove source'
    ]


def test_what_is_always_handed_over_is_no_field_of_a_profile() -> None:
    assert sorted(ORDINARY) == sorted(LABELS)
