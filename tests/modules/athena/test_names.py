"""Names that AWS has and no new thing can have, and places that are not the account's region."""

from pathlib import Path

import pytest

from athena_gate.gate.explain import can
from athena_gate.gate.prove import prove_grants
from tests.modules.access.vendors import PUBLIC_KEY
from tests.modules.athena.blocks import configured, mistakes, read

KEYS = """keys {
  pgp_key = "PUBLIC_KEY"
  generations = ["a"]
}
""".replace("PUBLIC_KEY", PUBLIC_KEY)
LOOKER = f'databases = ["sales"]\n{KEYS}'
DBT = 'databases = ["dbt_ci"]\nmode = "run"\n'
ALIAS = "sales-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias"
POINT = "arn:aws:s3:eu-central-1:111122223333:accesspoint/sales"
MRK = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
SSO = "arn:aws:iam::111122223333:role/AWSReservedSSO_Analyst_0123456789abcdef"
PATHS = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/"
SSO_NAME = SSO.rpartition("/")[2]
LEFT_OUT = (
    f"{SSO!r} leaves out the path that roles of IAM Identity Center have; it is "
    f"'{PATHS}{SSO_NAME}', or with the region of Identity Center before the name, as in "
    f"'{PATHS}eu-central-1/{SSO_NAME}': see `aws iam get-role --role-name {SSO_NAME}`"
)

WRONG = {
    "a bucket to be made with an old name": (
        "looker",
        LOOKER + 'source "acme-lake" {}\nresults {\n bucket = "Acme_Results"\n}',
        "results: bucket: 'Acme_Results' is not a bucket name; allowed: 3 to 63 lower-case "
        "letters, digits, dots and hyphens, starting and ending with a letter or digit, no two "
        "dots in a row, not like an IP address",
    ),
    "an alias without its access point": (
        "looker",
        f'{LOOKER}source "{ALIAS}" {{}}',
        f'source "{ALIAS}": access_point: is missing: policies know an access point by its ARN, '
        "never by its alias; `aws s3control list-access-points` shows both",
    ),
    "an access point without its alias": (
        "looker",
        f'{LOOKER}source "acme-lake" {{\n access_point = "{POINT}"\n}}',
        'source "acme-lake": access_point: Athena reads through an access point by its alias, and '
        "'acme-lake' is a bucket; name the source as the alias, which ends in -s3alias, or remove "
        "this",
    ),
    "an access point of another account": (
        "dbt",
        f'{DBT}trusted = ["arn:aws:iam::111122223333:role/ci"]\nsource "{ALIAS}" {{\n'
        f' access_point = "{POINT.replace("111122223333", "999999999999")}"\n}}',
        f'source "{ALIAS}": access_point: it is in account 999999999999; that of another '
        "account has a policy that must let this block in, as must its bucket's: have one made in "
        "111122223333 for that bucket, or name the bucket with its owner",
    ),
    "a multi-Region key of another region": (
        "looker",
        f'{LOOKER}source "acme-lake" {{\n kms_key = "{MRK}"\n}}',
        "source \"acme-lake\": kms_key: the bucket's key is in us-east-1, the account's region is "
        "eu-central-1; S3 uses its replica in the region of the bucket: "
        f"{MRK.replace('us-east-1', 'eu-central-1')}; or, where the bucket is there too, say so: "
        'region = "us-east-1"',
    ),
    "a bucket of another partition": (
        "looker",
        LOOKER + 'source "acme-lake" {\n region = "eusc-de-east-1"\n}',
        'source "acme-lake": region: it is in partition aws-eusc, and nobody of aws reads there',
    ),
    "a role of IAM Identity Center that takes dbt's": (
        "dbt",
        f'{DBT}trusted = ["{SSO}"]',
        f"trusted: {LEFT_OUT}",
    ),
    "one that takes a vendor's": (
        "datahub",
        f'databases = ["sales"]\nsource "a-b" {{}}\ntrusted {{\n principals = ["{SSO}"]\n}}',
        f"trusted: principals: {LEFT_OUT}",
    ),
    "one that a policy would be attached to": (
        "immuta",
        f'databases = ["sales"]\nsource "a-b" {{}}\nruns_on {{\n role_name = "{SSO_NAME}"\n}}',
        f"runs_on: role_name: {SSO_NAME!r} is a role of IAM Identity Center, to which nobody else "
        "attaches a policy; trust it with trusted {}, or put the policy into its permission set",
    ),
    "a vendor's role of another partition": (
        "omni",
        'databases = ["sales"]\nsource "a-b" {}\nassumed_by {\n external_id = "x-4711"\n '
        'principals = ["arn:aws-eusc:iam::999988887777:role/vendor"]\n}',
        "assumed_by: principals: 'arn:aws-eusc:iam::999988887777:role/vendor' is in partition "
        "aws-eusc, and no identity there can take a role in aws",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_aws_would_not_take_is_refused_with_what_it_takes(tmp_path: Path, case: str) -> None:
    kind, block, problem = WRONG[case]
    assert mistakes(tmp_path, kind, block) == [f'{kind} "x": {problem}']


def unmet(folder: Path, kind: str, block: str, **account: str) -> dict[str, tuple[str, ...]]:
    """Return the claims that do not simply hold: on what conditions, or ``fails``."""
    configuration = configured(folder, kind, block, **account)
    (one,) = configuration.blocks
    return {
        result.name: result.conditions if result.holds else ("fails",)
        for result in prove_grants(read(configuration), one).results
        if result.answer != "holds"
    }


OLD = f'source "Acme_Lake" {{\n region = "us-east-1"\n prefixes = ["a/"]\n kms_key = "{MRK}"\n}}\n'


def test_an_old_bucket_of_another_region_is_read_with_the_key_of_that_region(
    tmp_path: Path,
) -> None:
    assert unmet(tmp_path, "looker", LOOKER + OLD) == {}
    configuration = configured(tmp_path, "looker", LOOKER + OLD)
    (block,) = configuration.blocks
    remarks = block.integration.remarks(block.settings)
    assert [r.code for r in remarks if r.label == "Acme_Lake"] == ["GATE732", "GATE733"]
    stack, through = read(configuration), "kms:ViaService"
    said = {
        region: [a.answer for a in can(stack, "kms:Decrypt", MRK, {through: (f"s3.{region}",)})]
        for region in ("us-east-1.amazonaws.com", "eu-central-1.amazonaws.com")
    }
    assert said == {"us-east-1.amazonaws.com": ["yes"], "eu-central-1.amazonaws.com": ["no"]}


@pytest.mark.parametrize("kind", ["looker", "dbt", "atlan"])
def test_an_access_point_is_read_by_its_arn_and_nothing_by_its_alias(
    tmp_path: Path, kind: str
) -> None:
    source = f'source "{ALIAS}" {{\n access_point = "{POINT}"\n prefixes = ["eu/"]\n}}\n'
    block = LOOKER + source
    if kind == "dbt":
        block = f'{DBT}trusted = ["arn:aws:iam::111122223333:role/ci"]\n{source}'
    delegated = (
        f"the policy of the bucket behind {POINT} leaves who is let in to access points of account "
        "111122223333 (s3:DataAccessPointAccount)"
    )
    assert unmet(tmp_path, kind, block) == {"read-data": (delegated,)}
    stack = read(configured(tmp_path, kind, block))
    athena = {"aws:CalledVia": ("athena.amazonaws.com",), "aws:ViaAWSService": ("true",)}
    places = (f"{POINT}/object/eu/x", f"{POINT}/object/us/x", f"arn:aws:s3:::{ALIAS}/eu/x")
    said = [[a.answer for a in can(stack, "s3:GetObject", place, athena)] for place in places]
    assert said == [["yes"], ["no"], ["no"]]


def test_a_question_by_an_alias_is_answered_for_its_access_point(tmp_path: Path) -> None:
    source = f'source "{ALIAS}" {{\n access_point = "{POINT}"\n prefixes = ["eu/"]\n}}\n'
    configuration = configured(tmp_path, "looker", LOOKER + source)
    (block,), stack = configuration.blocks, read(configuration)
    todos = block.integration.conditions(block.settings)

    def asked(action: str, resource: str) -> tuple[str, str, int]:
        athena = {"aws:CalledVia": ("athena.amazonaws.com",), "aws:ViaAWSService": ("true",)}
        (said,) = can(stack, action, resource, athena, todos)
        return said.answer, said.reason, len(said.conditions)

    checked = "; the alias is that of an access point: S3 checks "
    assert asked("s3:GetObject", f"{POINT}/object/eu/x") == ("yes, if", "allowed on this side", 1)
    assert asked("s3:GetObject", f"arn:aws:s3:::{ALIAS}/eu/x") == (
        "yes, if",
        f"allowed on this side{checked}{POINT}/object/eu/x",
        1,
    )
    assert asked("s3:ListBucket", f"arn:aws:s3:::{ALIAS}") == (
        "yes, if",
        f"allowed on this side{checked}{POINT}",
        1,
    )
    assert asked("s3:GetObject", f"arn:aws:s3:::{ALIAS}/us/x") == (
        "no",
        f"no statement allows it{checked}{POINT}/object/us/x",
        0,
    )
    assert asked("s3:GetObject", "arn:aws:s3:::the-bucket-behind/eu/x") == (
        "no",
        f"no statement allows it; what is read by access point is {POINT}/object/KEY",
        0,
    )
    with pytest.raises(ValueError, match=f"did you mean {POINT}/object/eu/x"):
        asked("s3:GetObject", f"{POINT}/eu/x")


def test_the_sovereign_cloud_has_arns_and_hosts_of_its_own(tmp_path: Path) -> None:
    key = "arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    block = (
        f'databases = ["sales"]\nsource "acme-lake" {{\n kms_key = "{key}"\n}}\n'
        'runs_on {\n on = "ec2"\n}\n'
    )
    place = {"region": "eusc-de-east-1"}
    assert unmet(tmp_path, "immuta", block, **place) == {}
    configuration = configured(tmp_path, "immuta", block, **place)
    (one,) = configuration.blocks
    policy = one.integration.documents(one.settings)["access"]
    services = [
        condition.values
        for statement in policy.statements
        for condition in statement.conditions
        if condition.key == "kms:ViaService"
    ]
    assert services == [("s3.eusc-de-east-1.amazonaws.com", "s3.eusc-de-east-1.amazonaws.eu")]
    arns = {r.split(":")[1] for s in policy.statements for r in s.resources if r != "*"}
    assert arns == {"aws-eusc"}
    # https://github.com/pulumi/pulumi-eks/issues/2341 (2026-07): ec2.amazonaws.eu is refused.
    trust = one.integration.trusts(one.settings)["access"]
    assert [p.id for s in trust.statements for p in s.principals] == ["ec2.amazonaws.com"]
    codes = [remark.code for remark in one.integration.remarks(one.settings)]
    assert "GATE734" in codes


def test_what_the_provider_refuses_in_the_sovereign_cloud_is_refused_before(
    tmp_path: Path,
) -> None:
    key = "arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    block = LOOKER + 'source "acme-lake" {}\n'
    more = {
        f'results {{\n kms_key = "{key}"\n}}\n': "results: kms_key: the AWS provider 5.100 finds "
        "an invalid region in its ARN; remove it, which leaves results to S3's own keys, or name a "
        "workgroup that exists",
        "workgroup {\n alarm {\n bytes_per_day = 1099511627776\n }\n}\n": "workgroup: alarm: the "
        "AWS provider 5.100 finds an invalid region in the ARN of the topic; remove it",
    }
    found = {one: mistakes(tmp_path, "looker", block + one, "eusc-de-east-1") for one in more}
    assert found == {one: [f'looker "x": {problem}'] for one, problem in more.items()}
