"""Condition operators: a table of cases by rule, most of them from the tables of the AWS pages."""

from dataclasses import dataclass, field
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena_gate.modules.iam import conditions
from athena_gate.modules.iam.policy import Condition
from tests.conftest import tries

Values = dict[str, tuple[str, ...]]
USER = {"aws:username": ("ann",)}
SNS = "arn:aws:sns:us-west-2:123456789012:TOPIC-ID"
CDN = "arn:aws:cloudfront::123456789012:distribution/"


@dataclass(frozen=True)
class Case:
    """A condition, the request it meets, and whether it holds or what it raises."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    context: Values
    expected: bool | str | None
    unknown: tuple[str, ...] = field(default=(), kw_only=True)
    variables: bool = field(default=True, kw_only=True)


def one(operator: str, actual: str, wanted: str, expected: bool | None) -> Case:
    """Return the case of one value in the request and one in the policy."""
    return Case(operator, "k", (wanted,), {"k": (actual,)}, expected)


def absent(operator: str, expected: bool) -> Case:
    """Return the case of a key that the request lacks."""
    return Case(operator, "k", ("1",), {}, expected)


def several(
    operator: str, actual: tuple[str, ...], wanted: tuple[str, ...], expected: bool | None
) -> Case:
    """Return the case of several values on both sides."""
    return Case(operator, "k", wanted, {"k": actual}, expected)


CASES: dict[str, Case] = {
    "StringEquals compares exactly": one("StringEquals", "prod", "prod", True),
    "StringEquals has a case": one("StringEquals", "Prod", "prod", False),
    "StringEquals has no wildcards": one("StringEquals", "prod", "pr*", False),
    "StringEquals takes a star as a star": one("StringEquals", "pr*", "pr*", True),
    "StringEquals takes a question mark as one": one("StringEquals", "pr?", "pr?", True),
    "StringEquals takes an empty value": one("StringEquals", "", "", True),
    "StringNotEquals negates": one("StringNotEquals", "prod", "prod", False),
    "StringNotEquals holds for another value": one("StringNotEquals", "test", "prod", True),
    "StringEqualsIgnoreCase has no case": one("StringEqualsIgnoreCase", "PreProd", "pReprod", True),
    "StringEqualsIgnoreCase compares": one("StringEqualsIgnoreCase", "prod", "test", False),
    "StringEqualsIgnoreCase has no wildcards": one("StringEqualsIgnoreCase", "prod", "p*", False),
    "StringEqualsIgnoreCase takes a star as a star": one(
        "StringEqualsIgnoreCase", "P*", "p*", True
    ),
    "StringEqualsIgnoreCase compares ASCII letters beside others": one(
        "StringEqualsIgnoreCase", "m\u00fcLLer", "M\u00fcller", True
    ),
    "which other letters have a case is not documented": one(
        "StringEqualsIgnoreCase", "M\u00dcller", "m\u00fcller", None
    ),
    "which other letters of a policy have a case is not documented": one(
        "StringEqualsIgnoreCase", "m\u00fcller", "M\u00dcller", None
    ),
    "a letter with an ASCII lower case is not documented": one(
        "StringNotEqualsIgnoreCase", "\u212a", "k", None
    ),
    "an I with a dot is perhaps two letters in lower case": one(
        "StringEqualsIgnoreCase", "\u0130", "i\u0307", None
    ),
    "two letters are perhaps an I with a dot": one(
        "StringEqualsIgnoreCase", "i\u0307", "\u0130", None
    ),
    "a sharp s is perhaps two": one("StringEqualsIgnoreCase", "STRASSE", "stra\u00dfe", None),
    "an i without a dot is perhaps one": one("StringEqualsIgnoreCase", "\u0131", "I", None),
    "what an address is as a text is open": Case(
        "StringEquals", "aws:SourceIp", ("203.0.113.7",), {"aws:SourceIp": ("203.0.113.7",)}, None
    ),
    "what an address is as an ARN is open": Case(
        "ArnNotLike", "aws:SourceIp", ("a:b:c:d:e:f",), {"aws:SourceIp": ("203.0.113.7",)}, None
    ),
    "what a date is as a text is open": Case(
        "StringNotEquals", "aws:CurrentTime", ("2026",), {"aws:CurrentTime": ("2027",)}, None
    ),
    "what a number is as a text is open": Case(
        "StringLike", "aws:MultiFactorAuthAge", ("*",), {"aws:MultiFactorAuthAge": ("5",)}, None
    ),
    "an address that is absent differs from every text": Case(
        "StringNotEquals", "aws:SourceIp", ("203.0.113.7",), {}, True
    ),
    "what an ARN is as a text is known": Case(
        "StringEquals", "aws:SourceArn", (SNS,), {"aws:SourceArn": (SNS,)}, True
    ),
    "StringNotEqualsIgnoreCase negates": one("StringNotEqualsIgnoreCase", "PROD", "prod", False),
    "StringNotEqualsIgnoreCase holds": one("StringNotEqualsIgnoreCase", "PROD", "test", True),
    "StringLike has wildcards": one("StringLike", "home/ann/x", "home/*/?", True),
    "StringLike has a case": one("StringLike", "Home/", "home/*", False),
    "StringLike matches the whole value": one("StringLike", "xhome/", "home/*", False),
    "StringNotLike negates": one("StringNotLike", "key1:legal", "key1*", False),
    "StringNotLike holds for another value": one("StringNotLike", "key2:audit", "key1*", True),
    "the values of a policy are an or": several("StringEquals", ("b",), ("a", "b"), True),
    "the values of a negated operator are a nor": several(
        "StringNotEquals", ("b",), ("a", "b"), False
    ),
    "a nor holds if no value is the one": several("StringNotEquals", ("c",), ("a", "b"), True),
    "no value in the policy matches nothing": several("StringEquals", ("a",), (), False),
    "NumericEquals compares numbers": one("NumericEquals", "10", "10.0", True),
    "NumericEquals tells numbers apart": one("NumericEquals", "10", "11", False),
    "NumericNotEquals negates": one("NumericNotEquals", "10", "10", False),
    "NumericNotEquals holds": one("NumericNotEquals", "10", "9", True),
    "NumericLessThan is strict": one("NumericLessThan", "10", "10", False),
    "NumericLessThan compares as numbers": one("NumericLessThan", "9", "10", True),
    "NumericLessThanEquals takes the bound": one("NumericLessThanEquals", "10", "10", True),
    "NumericLessThanEquals ends there": one("NumericLessThanEquals", "10.5", "10", False),
    "NumericGreaterThan is strict": one("NumericGreaterThan", "10", "10", False),
    "NumericGreaterThan holds": one("NumericGreaterThan", "10.01", "10", True),
    "NumericGreaterThanEquals takes the bound": one("NumericGreaterThanEquals", "-1", "-1", True),
    "NumericGreaterThanEquals ends there": one("NumericGreaterThanEquals", "-2", "-1", False),
    "what is no number is not compared": one("NumericEquals", "ten", "10", None),
    "a policy without a number is not compared": one("NumericNotEquals", "10", "1e1", None),
    "infinity is no number": one("NumericLessThan", "1", "Infinity", None),
    "a number that cannot be read leaves another": several(
        "NumericEquals", ("1",), ("x", "1"), True
    ),
    "a number that cannot be read leaves a doubt": several(
        "NumericEquals", ("1",), ("x", "2"), None
    ),
    "DateEquals compares moments": one(
        "DateEquals", "2026-11-01T12:00:00+02:00", "2026-11-01T10:00Z", True
    ),
    "DateEquals knows zones west of Greenwich": one(
        "DateEquals", "2026-11-01T12:00:00-02:30", "2026-11-01T14:30Z", True
    ),
    "DateEquals tells fractions apart": one(
        "DateEquals", "2026-11-01T12:00:00.5Z", "2026-11-01T12:00:00Z", False
    ),
    "DateEquals reads months": one("DateEquals", "2026-11", "2026-11-01T00:00:00Z", True),
    "DateEquals tells months apart": one("DateEquals", "2026-11", "2026-12", False),
    "DateEquals tells days apart": one("DateEquals", "2026-11-02", "2026-11-03", False),
    "DateEquals tells hours apart": one(
        "DateEquals", "2026-11-02T01:00Z", "2026-11-02T02:00Z", False
    ),
    "DateEquals tells minutes apart": one(
        "DateEquals", "2026-11-02T01:01Z", "2026-11-02T01:02Z", False
    ),
    "DateEquals tells seconds apart": one(
        "DateEquals", "2026-11-02T01:01:01Z", "2026-11-02T01:01:02Z", False
    ),
    "DateEquals reads epoch seconds": one("DateEquals", "1793491200", "2026-11-01", True),
    "DateEquals reads fractions of epoch seconds": one(
        "DateEquals", "1793491200.25", "2026-11-01T00:00:00.25Z", True
    ),
    "DateNotEquals negates": one("DateNotEquals", "2026-11-01", "2026-11-01", False),
    "DateLessThan is strict": one("DateLessThan", "2026-11-01", "2026-11-01", False),
    "DateLessThan holds before": one("DateLessThan", "2026-10-31", "2026-11-01", True),
    "DateLessThanEquals takes the bound": one(
        "DateLessThanEquals", "2026-11-01", "2026-11-01", True
    ),
    "DateGreaterThan is strict": one("DateGreaterThan", "2026-11-01", "2026-11-01", False),
    "DateGreaterThan holds after": one(
        "DateGreaterThan", "2020-01-01T00:00:02Z", "2020-01-01T00:00:01Z", True
    ),
    "DateGreaterThanEquals takes the bound": one(
        "DateGreaterThanEquals", "2026-11-01", "2026-11-01", True
    ),
    "a time without a zone is not compared": one(
        "DateEquals", "2026-11-01T10:00", "2026-11-01", None
    ),
    "a day that is none is not compared": one("DateEquals", "2026-02-30", "2026-02-30", None),
    "an hour that is none is not compared": one(
        "DateEquals", "2026-02-03T24:00Z", "2026-02-03T24:00Z", None
    ),
    "a zone that is none is not compared": one(
        "DateEquals", "2026-02-03T20:00+24:00", "2026-02-03T20:00+24:00", None
    ),
    "four digits are a year or a number": one("DateEquals", "2026", "2026", None),
    "five digits are a number": one("DateEquals", "20260", "20260", True),
    "Bool compares": one("Bool", "false", "false", True),
    "Bool tells apart": one("Bool", "true", "false", False),
    "Bool knows one spelling": one("Bool", "true", "True", None),
    "a request's boolean has one spelling": one("Bool", "False", "false", None),
    "what is no boolean is not compared": one("Bool", "yes", "yes", None),
    "Bool has no variables": Case("Bool", "k", ("${v}",), {"k": ("true",), "v": ("true",)}, None),
    "BinaryEquals compares bytes": one(
        "BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True
    ),
    "BinaryEquals tells bytes apart": one("BinaryEquals", "QUJD", "QUJE", False),
    "what no encoder writes is not compared": one("BinaryEquals", "QR==", "QQ==", None),
    "what no encoder writes in a policy is not compared": one("BinaryEquals", "QQ==", "QR==", None),
    "what is no base 64 is not compared": one("BinaryEquals", "QUJD!", "QUJD", None),
    "base 64 that is cut off is not compared": one("BinaryEquals", "Q", "QUJD", None),
    "a policy's base 64 that is cut off is not compared": one("BinaryEquals", "QUJD", "Q", None),
    "a policy without base 64 is not compared": one("BinaryEquals", "QUJD", "QUJD!", None),
    "IpAddress holds in a range": one("IpAddress", "203.0.113.1", "203.0.113.0/24", True),
    "IpAddress fails outside": one("IpAddress", "198.51.100.1", "203.0.113.0/24", False),
    "IpAddress takes the last of a range": one(
        "IpAddress", "203.0.113.255", "203.0.113.0/24", True
    ),
    "IpAddress needs no prefix": one("IpAddress", "203.0.113.1", "203.0.113.1", True),
    "IpAddress without a prefix is one address": one(
        "IpAddress", "203.0.113.2", "203.0.113.1", False
    ),
    "bits beyond the prefix are no CIDR format": one(
        "IpAddress", "203.0.113.9", "203.0.113.5/24", None
    ),
    "bits beyond the prefix reach no other range": one(
        "IpAddress", "203.0.114.9", "203.0.113.5/24", False
    ),
    "an IPv6 address without a prefix is itself": one(
        "IpAddress", "2001:db8::7", "2001:db8::7", True
    ),
    "an IPv6 address without a prefix may be a wide range": one(
        "IpAddress", "2001:db8::8", "2001:db8::7", None
    ),
    "an IPv6 address without a prefix is not wider": one(
        "IpAddress", "2001:db9::7", "2001:db8::7", False
    ),
    "an IPv6 address with its prefix is itself": one(
        "IpAddress", "2001:db8::8", "2001:db8::7/128", False
    ),
    "IpAddress knows IPv6": one(
        "IpAddress", "2001:db8:1234:5678::9", "2001:DB8:1234:5678::/64", True
    ),
    "IpAddress leaves an IPv6 range": one(
        "IpAddress", "2001:db8:1234:5679::9", "2001:DB8:1234:5678::/64", False
    ),
    "IpAddress compares IPv6 by value": one("IpAddress", "::1", "0:0:0:0:0:0:0:1", True),
    "an IPv4 address is in no IPv6 range": one("IpAddress", "1.2.3.4", "::/0", False),
    "NotIpAddress negates": one("NotIpAddress", "203.0.113.1", "203.0.113.0/24", False),
    "NotIpAddress holds outside": one("NotIpAddress", "198.51.100.1", "203.0.113.0/24", True),
    "NotIpAddress holds for the other family": one("NotIpAddress", "::1", "0.0.0.0/0", True),
    "what is no address is not compared": one("NotIpAddress", "here", "203.0.113.0/24", None),
    "a mask is no prefix": one("IpAddress", "1.2.3.4", "1.2.3.0/255.255.255.0", None),
    "a prefix can be too long": one("IpAddress", "1.2.3.4", "1.2.3.0/33", None),
    "a request comes from one address": one("IpAddress", "1.2.3.0/24", "1.2.3.0/24", None),
    "a request comes not from two addresses": one("IpAddress", "1.2.3.0/31", "1.2.3.0/24", None),
    "ArnEquals compares": one("ArnEquals", SNS, SNS, True),
    "ArnEquals has wildcards": one("ArnEquals", SNS, "arn:aws:sns:*:*:TOPIC*", True),
    "ArnEquals tells accounts apart": one(
        "ArnEquals", SNS.replace("123456789012", "777788889999"), SNS, False
    ),
    "ArnLike is ArnEquals": one("ArnLike", SNS, "arn:aws:sns:*:123456789012:TOPIC-ID", True),
    "what fewer components mean is open": one("ArnLike", SNS, "arn:aws:*:TOPIC-ID", None),
    "what no components mean is open": one("ArnNotLike", SNS, "*", None),
    "ArnNotEquals negates": one("ArnNotEquals", SNS, SNS, False),
    "ArnNotEquals holds": one("ArnNotEquals", SNS, "arn:aws:sns:*:*:OTHER", True),
    "ArnNotLike negates": one("ArnNotLike", SNS, "arn:aws:sns:*:*:TOPIC*", False),
    "ArnNotLike holds": one("ArnNotLike", SNS, "arn:aws:sqs:*:*:*", True),
    "Null holds without the key": Case("Null", "k", ("true",), {}, True),
    "Null false fails without the key": Case("Null", "k", ("false",), {}, False),
    "Null fails with the key": one("Null", "x", "true", False),
    "Null knows one spelling": one("Null", "x", "True", None),
    "Null false holds with the key": one("Null", "x", "false", True),
    "Null takes an empty value as none": one("Null", "", "true", True),
    "Null takes a list without values as none": several("Null", (), ("true",), True),
    "Null needs one value": several("Null", ("", "x"), ("false",), True),
    "Null with both is no condition": several("Null", ("x",), ("true", "false"), True),
    "Null needs a boolean": one("Null", "x", "no", None),
    "Null has no variables": Case("Null", "k", ("${v}",), {"v": ("true",)}, None),
    "an operator fails without its key": absent("StringEquals", False),
    "StringLike fails without its key, whatever the pattern": Case(
        "StringLike", "k", ("*",), {}, False
    ),
    "StringNotEquals holds without its key": absent("StringNotEquals", True),
    "StringNotEqualsIgnoreCase holds without its key": absent("StringNotEqualsIgnoreCase", True),
    "StringNotLike holds without its key": absent("StringNotLike", True),
    "StringEqualsIgnoreCase fails without its key": absent("StringEqualsIgnoreCase", False),
    "NumericEquals fails without its key": absent("NumericEquals", False),
    "NumericNotEquals holds without its key": absent("NumericNotEquals", True),
    "NumericLessThan fails without its key": absent("NumericLessThan", False),
    "NumericLessThanEquals fails without its key": absent("NumericLessThanEquals", False),
    "NumericGreaterThan fails without its key": absent("NumericGreaterThan", False),
    "NumericGreaterThanEquals fails without its key": absent("NumericGreaterThanEquals", False),
    "DateEquals fails without its key": absent("DateEquals", False),
    "DateNotEquals holds without its key": absent("DateNotEquals", True),
    "DateLessThan fails without its key": absent("DateLessThan", False),
    "Bool fails without its key": absent("Bool", False),
    "BinaryEquals fails without its key": absent("BinaryEquals", False),
    "IpAddress fails without its key": absent("IpAddress", False),
    "NotIpAddress holds without its key": absent("NotIpAddress", True),
    "ArnEquals fails without its key": absent("ArnEquals", False),
    "ArnLike fails without its key": absent("ArnLike", False),
    "ArnNotEquals holds without its key": absent("ArnNotEquals", True),
    "ArnNotLike holds without its key": absent("ArnNotLike", True),
    "IfExists holds without its key": absent("StringLikeIfExists", True),
    "IfExists holds without its key when negated": absent("StringNotEqualsIfExists", True),
    "IfExists compares a key that is there": one("StringLikeIfExists", "m2.micro", "t1.*", False),
    "IfExists holds for a key that matches": one("StringLikeIfExists", "t1.micro", "t1.*", True),
    "IfExists compares an empty value": one("StringEqualsIfExists", "", "a", False),
    "IfExists changes nothing for ForAnyValue": absent("ForAnyValue:StringEqualsIfExists", False),
    "IfExists changes nothing for ForAnyValue when negated": absent(
        "ForAnyValue:StringNotEqualsIfExists", False
    ),
    "IfExists holds with ForAllValues": absent("ForAllValues:StringEqualsIfExists", True),
    "IfExists with ForAnyValue compares": several(
        "ForAnyValue:StringEqualsIfExists", ("a",), ("b",), False
    ),
    "ForAllValues holds if all values match": several(
        "ForAllValues:ArnLike", (f"{CDN}costcenter", f"{CDN}support2025"), (f"{CDN}*",), True
    ),
    "ForAllValues fails if one does not": several(
        "ForAllValues:StringEquals", ("a", "c"), ("a", "b"), False
    ),
    "ForAllValues holds without its key": absent("ForAllValues:StringEquals", True),
    "ForAllValues holds for a list without values": several(
        "ForAllValues:Bool", (), ("true",), True
    ),
    "ForAllValues holds for an empty value": several(
        "ForAllValues:StringEquals", ("",), ("a",), True
    ),
    "ForAllValues negated holds without its key": absent("ForAllValues:StringNotLike", True),
    "ForAllValues negated needs no value to match": several(
        "ForAllValues:StringNotLike", ("key1:hr", "key2:audit"), ("key1*",), False
    ),
    "ForAllValues negated holds": several(
        "ForAllValues:StringNotLike", ("key2:audit",), ("key1*",), True
    ),
    "ForAnyValue holds if one value matches": several(
        "ForAnyValue:StringEquals", ("a", "environment"), ("environment",), True
    ),
    "ForAnyValue fails if none does": several(
        "ForAnyValue:StringEquals", ("a", "b"), ("c", "d"), False
    ),
    "ForAnyValue fails without its key": absent("ForAnyValue:StringEquals", False),
    "ForAnyValue fails for an empty value": several(
        "ForAnyValue:StringEquals", ("",), ("",), False
    ),
    "ForAnyValue negated fails without its key": absent("ForAnyValue:StringNotEquals", False),
    "ForAnyValue negated needs one value that matches none": several(
        "ForAnyValue:StringNotEquals", ("a", "c"), ("a", "b"), True
    ),
    "ForAnyValue negated fails if all match": several(
        "ForAnyValue:StringNotEquals", ("a", "b"), ("a", "b"), False
    ),
    "a set operator takes one value": several("ForAllValues:StringEquals", ("a",), ("a",), True),
    "ForAllValues keeps a doubt": several("ForAllValues:NumericEquals", ("1", "x"), ("1",), None),
    "ForAllValues fails in spite of a doubt": several(
        "ForAllValues:NumericEquals", ("x", "2"), ("1",), False
    ),
    "ForAnyValue keeps a doubt": several("ForAnyValue:NumericEquals", ("x", "2"), ("1",), None),
    "ForAnyValue holds in spite of a doubt": several(
        "ForAnyValue:NumericEquals", ("x", "1"), ("1",), True
    ),
    "several values need a set operator": several("StringEquals", ("a", "b"), ("a",), None),
    "several values need a set operator when negated": several(
        "StringNotEquals", ("a", "b"), ("c",), None
    ),
    "several values need a set operator with IfExists": several(
        "StringEqualsIfExists", ("a", "b"), ("a",), None
    ),
    "the name of a key has no case": Case(
        "StringEquals", "AWS:UserName", ("ann",), {"aws:username": ("ann",)}, True
    ),
    "the name of a key has no case in the request": Case(
        "StringEquals", "aws:username", ("ann",), {"AWS:UserName": ("ann",)}, True
    ),
    "a key that is not known leaves a doubt": Case(
        "StringEquals", "K", ("a",), {}, None, unknown=("k",)
    ),
    "a key that is not known leaves a doubt in Null": Case(
        "Null", "k", ("true",), {}, None, unknown=("K",)
    ),
    "a key that is not known leaves a doubt in IfExists": Case(
        "StringLikeIfExists", "k", ("a",), {}, None, unknown=("k",)
    ),
    "a key that is not known leaves a doubt in ForAllValues": Case(
        "ForAllValues:StringLike", "k", ("a",), {}, None, unknown=("k",)
    ),
    "another key that is not known does not matter": Case(
        "StringEquals", "k", ("a",), {"k": ("a",)}, True, unknown=("l",)
    ),
    "a variable stands for its value": Case(
        "StringLike", "k", ("home/${aws:username}/*",), {"k": ("home/ann/x",), **USER}, True
    ),
    "a variable has no case": Case(
        "StringEquals", "k", ("${AWS:UserName}",), {"k": ("ann",), **USER}, True
    ),
    "a variable stands for no other value": Case(
        "StringLike", "k", ("home/${aws:username}/*",), {"k": ("home/bob/x",), **USER}, False
    ),
    "two variables stand for two values": Case(
        "StringEquals", "k", ("${a}-${b}",), {"k": ("x-y",), "a": ("x",), "b": ("y",)}, True
    ),
    "variables work in StringEquals": Case(
        "StringEquals", "k", ("${v}",), {"k": ("a",), "v": ("a",)}, True
    ),
    "variables work without case": Case(
        "StringEqualsIgnoreCase", "k", ("${v}",), {"k": ("A",), "v": ("a",)}, True
    ),
    "variables work in ArnLike": Case(
        "ArnLike",
        "k",
        ("arn:aws:iam::1:user/${aws:username}",),
        {"k": ("arn:aws:iam::1:user/ann",), **USER},
        True,
    ),
    "a star in a value is no wildcard": Case(
        "StringLike", "k", ("${v}",), {"k": ("ab",), "v": ("a*",)}, False
    ),
    "a star in a value is a star": Case(
        "StringLike", "k", ("${v}",), {"k": ("a*",), "v": ("a*",)}, True
    ),
    "a variable without a value matches nothing": Case(
        "StringLike", "k", ("home/${aws:username}/*",), {"k": ("home//",)}, False
    ),
    "a variable without a value leaves other values": Case(
        "StringLike", "k", ("home/", "${aws:username}/"), {"k": ("home/",)}, True
    ),
    "a negated operator holds against a variable without a value": Case(
        "StringNotEquals", "k", ("${aws:PrincipalTag/Team}",), {"k": ("a",)}, True
    ),
    "a variable without case and value matches nothing": Case(
        "StringEqualsIgnoreCase", "k", ("${v}",), {"k": ("",)}, False
    ),
    "a variable without value in ArnLike matches nothing": Case(
        "ArnLike", "k", ("arn:aws:iam::1:user/*${v}",), {"k": ("arn:aws:iam::1:user/a",)}, False
    ),
    "a variable of an empty value has none": Case(
        "StringEquals", "k", ("${v}",), {"k": ("",), "v": ("",)}, False
    ),
    "a variable takes its default": Case(
        "StringEquals",
        "k",
        ("${aws:PrincipalTag/team, 'company-wide'}",),
        {"k": ("company-wide",)},
        True,
    ),
    "a variable with a value takes no default": Case(
        "StringEquals", "k", ("${v, 'x'}",), {"k": ("x",), "v": ("y",)}, False
    ),
    "a default can be empty": Case("StringEquals", "k", ("a${v, ''}",), {"k": ("a",)}, True),
    "a star in a default is a star": Case(
        "StringLike", "k", ("${v, 'a*'}",), {"k": ("ab",)}, False
    ),
    "a default without quotes is not documented": Case(
        "StringEquals", "k", ("${v, x}",), {"k": ("x",)}, None
    ),
    "a default with one quote is not documented": Case(
        "StringEquals", "k", ("${v, '}",), {"k": ("",)}, None
    ),
    "a default with a quote at one end is not documented": Case(
        "StringEquals", "k", ("${v, 'x}",), {"k": ("",)}, None
    ),
    "a default without a space is not documented": Case(
        "StringEquals", "k", ("${v,'x'}",), {"k": ("x",)}, None
    ),
    "a default with two spaces is not documented": Case(
        "StringEquals", "k", ("${v,  'x'}",), {"k": ("x",)}, None
    ),
    "a default with a quote in it is not documented": Case(
        "StringEquals", "k", ("${v, 'x'y'}",), {"k": ("x",)}, None
    ),
    "a default that is not documented leaves a doubt also where the variable has a value": Case(
        "StringEquals", "k", ("${v,'x'}",), {"k": ("y",), "v": ("y",)}, None
    ),
    "a variable that is not known leaves a doubt": Case(
        "StringEquals", "k", ("${v, 'a'}",), {"k": ("a",)}, None, unknown=("V",)
    ),
    "a variable without a value outweighs a doubt": Case(
        "StringEquals", "k", ("${v}${w}",), {"k": ("a",)}, False, unknown=("v",)
    ),
    "a variable of several values is not documented": Case(
        "StringEquals", "k", ("${v}",), {"k": ("a",), "v": ("a", "b")}, None
    ),
    "an escaped star is a star": Case("StringLike", "k", ("a${*}",), {"k": ("a*",)}, True),
    "an escaped star is no wildcard": Case("StringLike", "k", ("a${*}",), {"k": ("ab",)}, False),
    "an escaped question mark is one": Case("StringLike", "k", ("a${?}",), {"k": ("a?",)}, True),
    "an escaped question mark is no wildcard": Case(
        "StringLike", "k", ("a${?}",), {"k": ("ab",)}, False
    ),
    "an escaped dollar is a dollar": Case(
        "StringEquals", "k", ("a${$}{b}",), {"k": ("a${b}",)}, True
    ),
    "a dollar without a brace is text": Case(
        "StringEquals", "k", ("$5 ${v}",), {"k": ("$5 a",), "v": ("a",)}, True
    ),
    "a brace that nothing closes is not documented": Case(
        "StringEquals", "k", ("a${b",), {"k": ("a${b",)}, None
    ),
    "text around a variable stays": Case(
        "StringEquals", "k", ("a${$}b${$}c",), {"k": ("a$b$c",)}, True
    ),
    "version 2008-10-17 has no variables": Case(
        "StringEquals", "k", ("${aws:username}",), {"k": ("ann",), **USER}, False, variables=False
    ),
    "version 2008-10-17 takes a variable as text": Case(
        "StringEquals",
        "k",
        ("${aws:username}",),
        {"k": ("${aws:username}",)},
        True,
        variables=False,
    ),
    "numbers have no variables": Case(
        "NumericEquals", "k", ("${v}",), {"k": ("1",), "v": ("1",)}, None
    ),
    "addresses have no variables": Case(
        "IpAddress", "k", ("${v}",), {"k": ("1.2.3.4",), "v": ("1.2.3.4",)}, None
    ),
    "an operator that IAM lacks is refused": Case(
        "StringMatches", "k", ("a",), {}, "UnknownOperator"
    ),
    "an operator in another case is refused": Case(
        "stringEquals", "k", ("a",), {}, "UnknownOperator"
    ),
    "Null takes no IfExists": Case("NullIfExists", "k", ("true",), {}, "UnknownOperator"),
    "Null takes no set operator": Case("ForAllValues:Null", "k", ("true",), {}, "UnknownOperator"),
    "a set operator that IAM lacks is refused": Case(
        "ForSome:StringLike", "k", ("a",), {}, "UnknownOperator"
    ),
    "a set operator must have a name": Case(":StringLike", "k", ("a",), {}, "UnknownOperator"),
    "an empty operator is refused": Case("", "k", ("a",), {}, "UnknownOperator"),
    "IfExists alone is refused": Case("IfExists", "k", ("a",), {}, "UnknownOperator"),
    "an operator is refused also if its key is not known": Case(
        "StringMatches", "k", ("a",), {}, "UnknownOperator", unknown=("k",)
    ),
    "a key given twice is refused": Case(
        "StringEquals", "k", ("a",), {"k": ("a",), "K": ("b",)}, "ValueError"
    ),
    "a key both known and not is refused": Case(
        "StringEquals", "k", ("a",), {"k": ("a",)}, "ValueError", unknown=("K",)
    ),
    "a key with a value that is no tuple is refused": Case(
        "StringEquals",
        "k",
        ("a",),
        {"k": "a"},  # type: ignore[dict-item]
        "ValueError",
    ),
}


def answer(case: Case, module: ModuleType = conditions) -> bool | str | None:
    """Return whether the condition holds, or the name of the error it raises."""
    try:
        context = module.Context.of(case.context, case.unknown)
        holds: bool | None = module.holds(
            Condition(case.operator, case.key, case.wanted), context, case.variables
        )
    except ValueError as error:
        return type(error).__name__
    return holds


def failed(module: ModuleType = conditions) -> str | None:
    """Return the first case that goes wrong in ``module``."""
    return next(
        (name for name, case in CASES.items() if answer(case, module) != case.expected), None
    )


@pytest.mark.parametrize("name", CASES)
def test_the_rule_holds_that(name: str) -> None:
    assert answer(CASES[name]) == CASES[name].expected


def test_every_operator_of_the_page_is_known() -> None:
    assert {*conditions.OPERATORS, "Null"} == {
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "Null",
    }


def test_an_unknown_operator_is_named_with_those_there_are() -> None:
    with pytest.raises(conditions.UnknownOperator) as error:
        conditions.parsed_operator("StringMatches")
    assert str(error.value) == (
        "'StringMatches' is no condition operator; IAM has Null, "
        f"{', '.join(conditions.OPERATORS)}, each but Null also with IfExists after it and "
        "ForAllValues: or ForAnyValue: before it"
    )


def test_a_key_given_twice_is_named() -> None:
    with pytest.raises(ValueError, match=r"^condition keys are given twice: k$"):
        conditions.Context.of({"K": ("a",)}, ["k"])


def test_a_value_that_is_no_tuple_is_named() -> None:
    with pytest.raises(ValueError, match=r"^condition key K: expected a tuple, found 'a'$"):
        conditions.Context.of({"K": "a"})  # type: ignore[dict-item]


truths = st.lists(st.sampled_from([True, False, None]), max_size=5)
thorough = settings(derandomize=True, deadline=None, max_examples=tries(100))


@thorough
@given(truths)
def test_a_doubt_is_kept_unless_either_value_would_do(listed: list[bool | None]) -> None:
    sure = [[value if value is not None else guess for value in listed] for guess in (True, False)]
    alls, anys = {all(one) for one in sure}, {any(one) for one in sure}
    assert conditions.all_of(listed) == (alls.pop() if len(alls) == 1 else None)
    assert conditions.any_of(listed) == (anys.pop() if len(anys) == 1 else None)


values = st.sampled_from(["", "a", "b", "1", "2", "2026-11-01", "10.0.0.1", "true", SNS])


@thorough
@given(
    st.sampled_from(sorted(conditions.OPERATORS)),
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(["", "IfExists"]),
    st.lists(values, min_size=1, max_size=3),
    st.lists(values, max_size=3),
)
def test_the_order_of_values_never_matters(
    name: str, quantifier: str, suffix: str, wanted: list[str], actual: list[str]
) -> None:
    operator = f"{quantifier}{name}{suffix}"
    forth = Case(operator, "k", tuple(wanted), {"k": tuple(actual)}, None)
    back = Case(operator, "k", tuple(wanted[::-1]), {"k": tuple(actual[::-1])}, None)
    assert answer(forth) is answer(back)


@thorough
@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_can_be_compared_by_any_operator(actual: str, wanted: str) -> None:
    answers = {answer(one(name, actual, wanted, None)) for name in (*conditions.OPERATORS, "Null")}
    assert answers <= {True, False, None}
