"""The name rules of AWS, as field types."""

import base64
from typing import Any

import pysequoia
import pytest
from pydantic import Field, TypeAdapter, ValidationError

from athena_gate.modules import fields
from athena_gate.modules.account import Account
from athena_gate.modules.athena.settings import EXAMPLE_KEY, Keys, read_public_key
from athena_gate.modules.fields import Settings
from athena_gate.modules.findings import Remark
from tests.conftest import ROOT


def accepts(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (fields.BlockName, ["a", "a-b", "a1"], ["", "A", "a_b", "-a", "a-", "a--b", "1a", "a b"]),
        (fields.AccountId, ["000000000001"], ["1", "1234567890123", "12345678901a", " 1"]),
        (
            fields.Region,
            ["eu-central-1", "us-gov-west-1", "cn-north-1", "ap-southeast-4"],
            ["eu-central", "eu-centrall-1", "eu-central-1a", "us-iso-east-1", "*"],
        ),
        (
            fields.RoleArn,
            ["arn:aws:iam::111122223333:role/a", "arn:aws-cn:iam::111122223333:role/x/y/a"],
            [
                "arn:aws:iam::111122223333:user/a",
                "arn:aws:iam::*:role/a",
                "arn:aws:iam::111122223333:role/*",
                "arn:aws:iam::111122223333:root",
            ],
        ),
        (
            fields.PolicyArn,
            ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::111122223333:policy/a/b"],
            ["arn:aws:iam::111122223333:role/a", "policy/a"],
        ),
        (fields.IamPath, ["/", "/a/", "/a/b/"], ["a", "/a", "a/", "//x y/"]),
        (
            fields.KmsKeyArn,
            [
                "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555",
                "arn:aws:kms:eu-central-1:111122223333:key/mrk-0123456789abcdef0123456789abcdef",
            ],
            [
                "arn:aws:kms:eu-central-1:111122223333:alias/x",
                "arn:aws:kms:eu-central-1:111122223333:key/*",
                "11111111-2222-3333-4444-555555555555",
            ],
        ),
        (
            fields.BucketName,
            ["abc", "a.b-c", "a" * 63],
            [
                "ab",
                "a" * 64,
                "A-b",
                "a_b",
                "-ab",
                "ab-",
                "a..b",
                "192.168.5.4",
                "xn--abc",
                "abc-s3alias",
                "s3://abc",
                "abc/def",
                "*",
            ],
        ),
        (
            fields.Prefix,
            ["a/", "a/b=c/"],
            ["a", "/a/", "s3://b/a/", "a*/", "a?/", ""],
        ),
        (fields.WorkgroupName, ["primary", "a.b_c-1"], ["", "a b", "a/b", "*", "a" * 129]),
        (fields.GlueName, ["sales", "_x", "a-b"], ["Sales", "sales*", "a.b", "", "a" * 256]),
        (fields.Tags, [{}, {"a b": "c:d"}], [{"aws:x": "y"}, {"": "y"}, {"a": "y" * 257}]),
        (fields.Generation, ["2026-11", "a"], ["", "-a", "a b", "a.b"]),
    ],
)
def test_a_field_takes_what_aws_takes(kind: Any, good: list[object], bad: list[object]) -> None:
    assert [value for value in good if not accepts(kind, value)] == []
    assert [value for value in bad if accepts(kind, value)] == []


def test_prefixes_may_not_overlap() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(fields.Prefixes).validate_python(["a/b/", "c/", "a/"])
    assert caught.value.errors()[0]["msg"] == (
        "Value error, 'a/b/' lies within 'a/'; keep one of them"
    )


class Example(Settings):
    text: str = ""
    more: dict[str, str] = Field(default_factory=dict)


@pytest.mark.parametrize(
    "values",
    [{"text": "a${b}"}, {"text": "%{if}"}, {"more": {"${k}": "v"}}, {"more": {"k": "%{v}"}}],
)
def test_settings_refuse_a_template_also_from_python(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Example(**values)
    assert "holds a template" in caught.value.errors()[0]["msg"]


def test_settings_convert_nothing() -> None:
    with pytest.raises(ValidationError):
        Example(text=1)  # type: ignore[arg-type]


def test_a_public_key_is_the_same_armoured_and_binary(
    tmp_path: Any, pgp_key: pysequoia.Tsk
) -> None:
    public = pgp_key.extract_certificate()
    armoured, binary = tmp_path / "a.asc", tmp_path / "a.gpg"
    armoured.write_text(str(public))
    binary.write_bytes(bytes(public))
    assert read_public_key(armoured) == read_public_key(binary)
    assert base64.b64decode(read_public_key(binary)) == bytes(public)


def test_windows_line_ends_do_not_harm_an_armoured_key(
    tmp_path: Any, pgp_key: pysequoia.Tsk
) -> None:
    file = tmp_path / "a.asc"
    file.write_bytes(str(pgp_key.extract_certificate()).replace("\n", "\r\n").encode())
    assert base64.b64decode(read_public_key(file)) == bytes(pgp_key.extract_certificate())


def test_a_private_key_is_refused(tmp_path: Any, pgp_key: pysequoia.Tsk) -> None:
    armoured, binary = tmp_path / "a.asc", tmp_path / "a.gpg"
    armoured.write_text(str(pgp_key))
    binary.write_bytes(bytes(pgp_key))
    for file in (armoured, binary):
        with pytest.raises(ValueError, match="private key"):
            read_public_key(file)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "give either pgp_key_file or pgp_key"),
        ({"pgp_key": "keybase:me"}, "keybase names are not supported"),
        ({"pgp_key": "!"}, "not base64"),
        ({"pgp_key": base64.b64encode(b"hello").decode()}, "not a PGP public key"),
    ],
)
def test_keys_need_a_public_key(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Keys(generations=("a",), **values)
    assert problem in caught.value.errors()[0]["msg"]


def test_the_example_key_is_pointed_out() -> None:
    keys = Keys(
        pgp_key_file=None,
        pgp_key=read_public_key(ROOT / "keys" / "example.asc"),
        generations=("a",),
    )
    assert keys.remarks() == (
        Remark(
            "GATE602",
            "keys",
            "this is the example key, whose private half was thrown away, so nobody can decrypt "
            "what is encrypted to it; put your own in its place",
        ),
    )
    assert len(EXAMPLE_KEY) == 64


def _tags(**tags: str) -> str:
    """Return the mistake of an account with ``tags``; empty when there is none."""
    try:
        Account(name="a", id="111122223333", region="eu-central-1", tags=tags)
    except ValidationError as error:
        (found,) = error.errors()
        return str(found["ctx"]["error"])
    return ""


KEYS = '1 to 128 letters, digits, spaces and _ . : / = + - @, not starting with "aws:"'
VALUES = 'up to 256 letters, digits, spaces and _ . : / = + - @, not starting with "aws:"'


@pytest.mark.parametrize("value", ["", "a b", "é", "_.:/=+-@", "x" * 256, "my aws:x"])
def test_a_tag_is_what_every_service_takes(value: str) -> None:
    assert _tags(**{"k" * 128: value, "a:b": ""}) == ""


@pytest.mark.parametrize("value", ["a\nb", "a\tb", "a\x1b", "a\u2028b", "a,b", "x" * 257, "AWS:x"])
def test_a_tag_value_that_some_service_refuses_is_a_mistake(value: str) -> None:
    assert _tags(team=value) == f"team: {value!r} is not a tag value; allowed: {VALUES}"


@pytest.mark.parametrize("key", ["", "a\n", "a\xa0b", "a*", "x" * 129, "aws:x", "Aws:x"])
def test_a_tag_key_that_some_service_refuses_is_a_mistake(key: str) -> None:
    assert _tags(**{key: "x"}) == f"{key!r} is not a tag key; allowed: {KEYS}"


def test_tag_keys_that_differ_in_case_only_are_one_key_to_iam() -> None:
    assert _tags(Team="a", other="b", tEAM="c") == (
        "'Team' and 'tEAM' differ in case only, and are one key to IAM; keep one"
    )


def test_the_fiftieth_tag_is_the_one_that_names_the_block() -> None:
    assert _tags(**{f"t{number}": "" for number in range(49)}) == ""
    assert _tags(**{f"t{number}": "" for number in range(50)}) == (
        "has 50 tags; allowed: 49, and one names the block"
    )
