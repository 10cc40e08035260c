"""What is known of condition keys."""

import pytest

from athena_gate.modules.iam.condition_keys import GLOBAL_KEYS, ConditionKey, condition_key


def test_keys_that_aws_sends_with_every_request_are_those_of_the_page() -> None:
    assert [key.name for key in GLOBAL_KEYS if key.sent == "every request"] == [
        "aws:PrincipalAccount",
        "aws:PrincipalType",
        "aws:userid",
        "aws:ViaAWSService",
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:RequestedRegion",
        "aws:SecureTransport",
        "aws:UserAgent",
    ]


def test_no_key_stands_twice() -> None:
    names = [key.name.lower() for key in GLOBAL_KEYS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AWS:sourceip", ("address", False, "every request but those through a VPC endpoint")),
        ("aws:PrincipalTag/team", ("text", False, "some requests")),
        ("kms:EncryptionContextKeys", ("text", True, "some requests")),
        ("s3:max-keys", ("number", False, "some requests")),
        # A text, or nothing is known of it.
        ("s3:prefix", (None, None, "some requests")),
    ],
)
def test_a_key_is_known_by_its_name_in_any_case(
    name: str, expected: tuple[str | None, bool | None, str]
) -> None:
    key: ConditionKey = condition_key(name)
    assert (key.kind, key.several, key.sent) == expected
