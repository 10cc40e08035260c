"""What a ``dynamodb_connector`` block accepts, and what it answers to anything else."""

import pytest

from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import load
from tests.conftest import Project
from tests.modules.dynamodb_connector.conftest import (
    ANALYST,
    CONNECTOR,
    CONSUMER,
    EVERYTHING,
    OWNER,
    SCIENTIST,
    maximal,
    minimal,
    one_account,
)

BLOCK = 'dynamodb_connector "orders"'
KEY = f"arn:aws:kms:eu-central-1:{OWNER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def settings_of(project: Project, text: str) -> DynamodbConnectorSettings:
    project.write(text)
    settings: DynamodbConnectorSettings = load(project.file).blocks[0].settings
    return settings


def mistakes(project: Project, text: str) -> list[str]:
    """Return the mistakes of ``text`` without the name of the file."""
    project.write(text)
    with pytest.raises(ConfigurationError) as caught:
        load(project.file)
    return [mistake.text("gate.hcl") for mistake in caught.value.mistakes]


def with_field(field: str) -> str:
    """Return the least block with one field or block more, on line 17."""
    return CONNECTOR.replace('role/analyst"]\n', f'role/analyst"]\n  {field}\n')


def test_the_least_block_names_everything_after_itself(project: Project) -> None:
    settings = settings_of(project, CONNECTOR)
    assert [account.id for account in settings.accounts] == [OWNER, CONSUMER]
    assert settings.readers == (ANALYST,)
    assert (
        settings.resource_name,
        settings.readers_policy,
        settings.catalog_name,
        settings.function_arn,
        settings.sharing_role,
        settings.made_buckets,
        settings.owner_place.results_location,
        settings.readers_place.results_location,
        settings.files,
    ) == (
        "dynamodb-connector-orders",
        "dynamodb-connector-orders-readers",
        "dynamodb_connector_orders",
        f"arn:aws:lambda:eu-central-1:{OWNER}:function:dynamodb_connector_orders",
        f"AthenaCrossAccountCreate-{OWNER}",
        (
            f"dynamodb-connector-orders-spill-{OWNER}",
            f"dynamodb-connector-orders-results-{OWNER}",
            f"dynamodb-connector-orders-results-{CONSUMER}",
        ),
        f"s3://dynamodb-connector-orders-results-{OWNER}/dynamodb-connector-orders/",
        f"s3://dynamodb-connector-orders-results-{CONSUMER}/dynamodb-connector-orders/",
        (),
    )


def test_everything_can_be_named(project: Project) -> None:
    settings = settings_of(project, EVERYTHING)
    assert settings.readers == (ANALYST, SCIENTIST)
    assert (
        settings.catalog_name,
        settings.made_buckets,
        settings.owner_place.results_location,
        settings.readers_place.results_location,
        settings.spill.prefix,
    ) == (
        "shop",
        ("acme-spill", "acme-results"),
        "s3://acme-results/a/",
        "s3://partner-results/b/",
        "orders/",
    )


def test_a_stack_is_called_after_the_block(project: Project) -> None:
    project.write(CONNECTOR)
    assert load(project.file).blocks[0].stack == "dynamodb-connector-orders"


def test_within_one_account_there_is_one_account_to_build_in() -> None:
    settings = one_account()
    assert [account.id for account in settings.accounts] == [OWNER]
    assert settings.readers_place == settings.owner_place
    assert settings.made_buckets == (
        f"dynamodb-connector-orders-spill-{OWNER}",
        f"dynamodb-connector-orders-results-{OWNER}",
    )


def test_whom_the_owner_opens_to() -> None:
    assert minimal().principals == (ANALYST,)
    assert minimal(grants="documented").principals == (CONSUMER,)
    assert one_account().principals == ()
    assert maximal().principals == (ANALYST, SCIENTIST)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            CONNECTOR.replace(
                '444455556666"\n  region      = "eu-central-1"',
                '444455556666"\n  region      = "us-east-1"',
            ),
            f"gate.hcl:14: {BLOCK}: consumer: account 'partner' is in us-east-1, the owner "
            "'analytics' in eu-central-1; a connector can be shared within one region only",
        ),
        (
            CONNECTOR.replace('  assume_role = "arn:aws:iam::444455556666:role/terraform"\n', ""),
            f"gate.hcl:13: {BLOCK}: consumer: neither account 'partner' nor 'analytics' has an "
            "assume_role, and one set of credentials works in one account; give one of the two "
            "an assume_role, or hcp_credentials",
        ),
        (
            CONNECTOR.replace('"partner"\n  tables', '"partnr"\n  tables'),
            f'gate.hcl:14: {BLOCK}: consumer: no account "partnr"; did you mean "partner"?; '
            "allowed: analytics, partner",
        ),
        (
            CONNECTOR.replace(
                '["orders"]', '["arn:aws:dynamodb:us-east-1:111122223333:table/orders"]'
            ),
            f"gate.hcl:15: {BLOCK}: tables: 'arn:aws:dynamodb:us-east-1:111122223333:table/orders' "
            "is in us-east-1; the connector reads tables of its own region only, eu-central-1",
        ),
        (
            CONNECTOR.replace(
                '["orders"]', '["arn:aws:dynamodb:eu-central-1:444455556666:table/orders"]'
            ),
            f"gate.hcl:15: {BLOCK}: tables: 'arn:aws:dynamodb:eu-central-1:444455556666:table/"
            "orders' is in account 444455556666; the connector reads tables of its own account "
            "only, 111122223333",
        ),
        (
            CONNECTOR.replace(
                '["orders"]', '["arn:aws:dynamodb:eu-central-1:111122223333:table/orders"]'
            ),
            f"gate.hcl:15: {BLOCK}: tables: 'arn:aws:dynamodb:eu-central-1:111122223333:table/"
            "orders' is an ARN; write the table's name alone: \"orders\"",
        ),
        (
            CONNECTOR.replace('["orders"]', '[\n    "orders",\n    "order*",\n  ]'),
            f"gate.hcl:17: {BLOCK}: tables: 'order*' is not a table's name; allowed: 3 to 255 "
            "letters, digits, dots, hyphens and underscores; no wildcards",
        ),
        (
            CONNECTOR.replace('["orders"]', '["orders", "Orders"]'),
            f"gate.hcl:15: {BLOCK}: tables: 'orders' stands here twice; once is enough",
        ),
        (
            CONNECTOR.replace('["orders"]', "[]"),
            f"gate.hcl:15: {BLOCK}: tables: is empty; allowed: 1 item at least",
        ),
        (
            CONNECTOR.replace("444455556666:role/analyst", "999900001111:role/analyst"),
            f"gate.hcl:16: {BLOCK}: readers: 'arn:aws:iam::999900001111:role/analyst' is in "
            "account 999900001111; allowed: roles of the consumer, 444455556666",
        ),
        (
            CONNECTOR.replace(
                "arn:aws:iam::444455556666:role/analyst",
                "arn:aws-cn:iam::444455556666:role/analyst",
            ),
            f"gate.hcl:16: {BLOCK}: readers: 'arn:aws-cn:iam::444455556666:role/analyst' is in "
            "partition aws-cn, the consumer in aws",
        ),
        (
            CONNECTOR.replace(":role/analyst", ":user/analyst"),
            f"gate.hcl:16: {BLOCK}: readers: 'arn:aws:iam::444455556666:user/analyst' is not "
            'valid; allowed: the ARN of a role, as in "arn:aws:iam::111122223333:role/name"',
        ),
        (
            CONNECTOR.replace(
                'role/analyst"]', 'role/analyst", "arn:aws:iam::444455556666:role/x/analyst"]'
            ),
            f"gate.hcl:16: {BLOCK}: readers: 'analyst' stands here twice; once is enough",
        ),
        (
            CONNECTOR.replace('["arn:aws:iam::444455556666:role/analyst"]', "[]"),
            f"gate.hcl:16: {BLOCK}: readers: name at least one role of the consumer, as in "
            'readers = ["arn:aws:iam::444455556666:role/analyst"]',
        ),
        (
            CONNECTOR.replace('  readers  = ["arn:aws:iam::444455556666:role/analyst"]\n', ""),
            f"gate.hcl:12: {BLOCK}: readers: name at least one role of the consumer, as in "
            'readers = ["arn:aws:iam::444455556666:role/analyst"]',
        ),
        (
            with_field("attach_policy = true").replace(
                "role/analyst", "role/aws-reserved/sso/Analyst"
            ),
            f"gate.hcl:17: {BLOCK}: attach_policy: 'arn:aws:iam::444455556666:role/aws-reserved/"
            "sso/Analyst' is a role that AWS manages, to which no policy can be attached; set "
            "attach_policy = false and put the policy into its permission set",
        ),
        (
            with_field('catalog = "Orders"'),
            f"gate.hcl:17: {BLOCK}: catalog: 'Orders' is not valid; allowed: 1 to 64 lower-case "
            "letters, digits, hyphens and underscores, which both Athena and Lambda take as a name",
        ),
        (
            with_field('catalog = "shop@home"'),
            f"gate.hcl:17: {BLOCK}: catalog: 'shop@home' is not valid; allowed: 1 to 64 lower-case "
            "letters, digits, hyphens and underscores, which both Athena and Lambda take as a name",
        ),
        (
            with_field('grants = "everything"'),
            f'gate.hcl:17: {BLOCK}: grants: "everything" is not one of the choices; allowed: '
            "'least_privilege' or 'documented'",
        ),
        (
            with_field('deployment = "zip"'),
            f'gate.hcl:17: {BLOCK}: deployment: "zip" is not one of the choices; allowed: '
            "'image' or 'application'",
        ),
        (
            with_field("memory = 64"),
            f"gate.hcl:17: {BLOCK}: memory: 64 is too small; allowed: 128 at least",
        ),
        (
            with_field("memory = 16384"),
            f"gate.hcl:17: {BLOCK}: memory: 16384 is too large; allowed: 10,240 at most",
        ),
        (
            with_field("timeout = 0"),
            f"gate.hcl:17: {BLOCK}: timeout: 0 is too small; allowed: 1 at least",
        ),
        (
            with_field("timeout = 901"),
            f"gate.hcl:17: {BLOCK}: timeout: 901 is too large; allowed: 900 at most",
        ),
        (
            with_field('timeout = "900"'),
            f'gate.hcl:17: {BLOCK}: timeout: "900" is not a whole number; allowed: digits, '
            "without quotes",
        ),
        (
            with_field('release = "latest"'),
            f"gate.hcl:17: {BLOCK}: release: 'latest' is not valid; allowed: a release of the "
            'connector from 2025 on, as in "2026.33.1"',
        ),
        (
            with_field('organization_id = "acme"'),
            f"gate.hcl:17: {BLOCK}: organization_id: 'acme' is not valid; allowed: the id of an "
            'organization, as in "o-a1b2c3d4e5"',
        ),
        (
            with_field('grants = "documented"\n  organization_id = "o-a1b2c3d4e5"'),
            f"gate.hcl:18: {BLOCK}: organization_id: would change the guide's grants, and "
            'documented is these and nothing else; remove it, or set grants = "least_privilege"',
        ),
        (
            with_field('image = "docker.io/connector:1"'),
            f"gate.hcl:17: {BLOCK}: image: 'docker.io/connector:1' is not valid; allowed: an image "
            'in Amazon ECR with a tag or digest, as in "111122223333.dkr.ecr.eu-central-1.'
            'amazonaws.com/connector:2026.33.1"',
        ),
        (
            with_field('image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/connector:1"'),
            f"gate.hcl:17: {BLOCK}: image: the image is in us-east-1; Lambda takes images of its "
            "own region only, eu-central-1",
        ),
        (
            with_field(
                'deployment = "application"\n'
                '  image = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/connector:1"'
            ),
            f'gate.hcl:18: {BLOCK}: image: has no effect with deployment = "application", which '
            "brings its own; remove it",
        ),
        (
            with_field('spill { bucket = "*" }'),
            f"gate.hcl:17: {BLOCK}: spill: bucket: '*' is not a bucket name; allowed: 3 to 63 "
            "lower-case letters, digits, dots and hyphens, starting and ending with a letter or "
            "digit, no two dots in a row, not like an IP address",
        ),
        (
            with_field('spill { bucket = "acme-spill/orders" }'),
            f"gate.hcl:17: {BLOCK}: spill: bucket: 'acme-spill/orders' is not a bucket name; "
            "allowed: 3 to 63 lower-case letters, digits, dots and hyphens, starting and ending "
            "with a letter or digit, no two dots in a row, not like an IP address",
        ),
        (
            with_field('spill { prefix = "orders" }'),
            f"gate.hcl:17: {BLOCK}: spill: prefix: 'orders' would also match 'orders-old/'; end it "
            "with a slash: 'orders/'",
        ),
        (
            with_field("spill { encryption = false }"),
            f"gate.hcl:17: {BLOCK}: spill: encryption: false lets everyone who may read the bucket "
            "read the tables' rows; allowed: true, or create_kms_key = true",
        ),
        (
            with_field('spill { kms_key = "x" }'),
            f'gate.hcl:17: {BLOCK}: spill: kms_key: no field "kms_key"; did you mean '
            '"create_kms_key"?; allowed: bucket, prefix, create_kms_key, encryption',
        ),
        (
            with_field('spill { bucket = "acme" }\n  owner_results { bucket = "acme" }'),
            f"gate.hcl:18: {BLOCK}: owner_results: 'acme' is the spill bucket, which is emptied "
            "every day and open to the readers; name another bucket",
        ),
        (
            with_field('owner_results { bucket = "acme" }\n  consumer_results { bucket = "acme" }'),
            f"gate.hcl:18: {BLOCK}: consumer_results: 'acme' is the bucket of owner_results, in "
            "the owner's account; name another bucket",
        ),
        (
            with_field(
                'consumer_results { kms_key = "arn:aws:kms:us-east-1:444455556666:key/'
                '11111111-2222-3333-4444-555555555555" }'
            ),
            f"gate.hcl:17: {BLOCK}: consumer_results: kms_key is in us-east-1, the account's "
            "region is eu-central-1",
        ),
        (
            with_field(f'table "orders" {{\n kms_key = "{KEY.replace("eu-", "us-")}"\n}}'),
            f'gate.hcl:18: {BLOCK}: table "orders": kms_key: it is in us-central-1, the '
            "account's region is eu-central-1",
        ),
        (
            with_field(f'table "order" {{ kms_key = "{KEY}" }}'),
            f'gate.hcl:17: {BLOCK}: table "order": is not among tables; allowed: orders',
        ),
        (
            with_field('table "orders" {}'),
            f'gate.hcl:17: {BLOCK}: table "orders": kms_key: is missing; it is required',
        ),
        (
            with_field(f'deployment = "application"\n  table "orders" {{ kms_key = "{KEY}" }}'),
            f"gate.hcl:18: {BLOCK}: table: AWS's application makes function and role by itself and "
            'takes no keys of tables; allowed with deployment = "image"',
        ),
        (
            with_field(
                'deployment = "application"\n  vpc {\n subnets = ["subnet-0a1b2c3d"]\n'
                ' security_groups = ["sg-0a1b2c3d"]\n}'
            ),
            f"gate.hcl:18: {BLOCK}: vpc: AWS's application makes function and role by itself and "
            'takes no VPC; allowed with deployment = "image"',
        ),
        (
            with_field('vpc {\n subnets = ["vpc-0a1b2"]\n security_groups = ["sg-0a1b2c3d"]\n }'),
            f"gate.hcl:18: {BLOCK}: vpc: subnets: 'vpc-0a1b2' is not valid; allowed: the id of a "
            'subnet, as in "subnet-0a1b2c3d4e5f67890"',
        ),
        (
            with_field(f'permissions_boundary = "arn:aws:iam::{CONSUMER}:policy/b"'),
            f"gate.hcl:17: {BLOCK}: permissions_boundary: 'arn:aws:iam::{CONSUMER}:policy/b' is "
            f"not in account {OWNER} of partition aws, where the connector's role is",
        ),
        (
            CONNECTOR.replace('"orders" {', f'"{"o" * 46}" {{'),
            f'gate.hcl:12: dynamodb_connector "{"o" * 46}": name: the connector\'s role would be '
            f"called 'dynamodb-connector-{'o' * 46}', 65 characters; IAM takes 64",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_is_allowed(
    project: Project, text: str, expected: str
) -> None:
    assert mistakes(project, text) == [expected]


def test_a_name_too_long_for_buckets_is_told_for_each(project: Project) -> None:
    name = "o" * 27
    text = CONNECTOR.replace('"orders" {', f'"{name}" {{')
    assert mistakes(project, text) == [
        f'gate.hcl:12: dynamodb_connector "{name}": {block}: the bucket would be called '
        f"'dynamodb-connector-{name}-{kind}-{account}', {length} characters; S3 takes 63: set "
        f"{block} {{ bucket = ... }}"
        for block, kind, account, length in (
            ("consumer_results", "results", CONSUMER, 67),
            ("owner_results", "results", OWNER, 67),
            ("spill", "spill", OWNER, 65),
        )
    ]


WITHIN = CONNECTOR.replace('consumer = "partner"', 'consumer = "analytics"').replace(
    "444455556666:role/analyst", "111122223333:role/analyst"
)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (
            "console_sharing = true",
            "console_sharing: owner and consumer are one account, nothing is shared; remove it",
        ),
        (
            'organization_id = "o-a1b2c3d4e5"',
            "organization_id: owner and consumer are one account, nothing is shared; remove it",
        ),
        (
            "consumer_results {}",
            "consumer_results: owner and consumer are one account with one workgroup; use "
            "owner_results",
        ),
    ],
)
def test_within_one_account_there_is_nothing_to_share(
    project: Project, field: str, expected: str
) -> None:
    text = WITHIN.replace('role/analyst"]\n', f'role/analyst"]\n  {field}\n')
    assert mistakes(project, text) == [f"gate.hcl:17: {BLOCK}: {expected}"]


ELSEWHERE = CONNECTOR.replace("eu-central-1", "cn-north-1").replace("arn:aws:", "arn:aws-cn:")


def test_outside_the_partition_aws_the_image_must_be_named(project: Project) -> None:
    assert mistakes(project, ELSEWHERE) == [
        f"gate.hcl:12: {BLOCK}: image: is missing, and AWS publishes the image in the partition "
        "aws, not in aws-cn; name a copy of it in ECR of cn-north-1"
    ]
    image = "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/connector:2026.33.1"
    text = ELSEWHERE.replace("  tables ", f'  image = "{image}"\n  tables ')
    assert settings_of(project, text).image == image


def test_outside_the_partition_aws_there_is_no_application(project: Project) -> None:
    text = ELSEWHERE.replace("  tables ", '  deployment = "application"\n  tables ')
    assert mistakes(project, text) == [
        f"gate.hcl:15: {BLOCK}: deployment: AWS publishes the application in the partition aws, "
        'and the owner is in aws-cn; allowed here: "image"'
    ]


def test_an_application_has_no_end(project: Project) -> None:
    text = with_field('deployment = "application"\n  until = "2027-03-31"')
    assert mistakes(project, text) == [
        f"gate.hcl:18: {BLOCK}: until: the application makes a role of its own, which goes on "
        'reading; remove until, or set deployment = "image"'
    ]


def test_all_mistakes_are_told_at_once(project: Project) -> None:
    text = (
        with_field('catalog = "Orders"')
        .replace('["orders"]', '["o"]')
        .replace("444455556666:role/analyst", "999900001111:role/analyst")
    )
    assert [mistake.split(": ")[0:3:2] for mistake in mistakes(project, text)] == [
        ["gate.hcl:15", "tables"],
        ["gate.hcl:16", "readers"],
        ["gate.hcl:17", "catalog"],
    ]
