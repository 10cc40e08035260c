"""Conditions of IAM policies, decided in three values: True, False, and None for not known.

The operators, and what each does with a key that the request lacks:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
(2026-11), OPERATORS below. Where AWS documents no outcome, the outcome here is None.
"""

import ipaddress
import operator
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache, partial
from string import ascii_uppercase
from typing import Self

from athena_gate.modules.iam.condition_keys import condition_key
from athena_gate.modules.iam.patterns import arn_like, literal, matches
from athena_gate.modules.iam.policy import Condition

Truth = bool | None


class UnknownOperator(ValueError):
    """A condition uses an operator that IAM does not have."""


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return False if any of ``truths`` is, else None if any is, else True."""
    answer: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            answer = None
    return answer


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return True if any of ``truths`` is, else None if any is, else False."""
    return negated(all_of(map(negated, truths)))


def negated(truth: Truth) -> Truth:
    """Return the opposite of ``truth``; the opposite of not known is not known."""
    return None if truth is None else not truth


@dataclass(frozen=True, slots=True)
class Context:
    """The condition keys of a request, in lower case: those with values, and those of which
    nothing is known. Every other key is absent."""

    values: Mapping[str, tuple[str, ...]]
    unknown: frozenset[str]

    @classmethod
    def of(cls, values: Mapping[str, tuple[str, ...]], unknown: Iterable[str] = ()) -> Self:
        """Return the context with these keys, whose names have no case.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        (2026-11). Raises ``ValueError`` for a key given twice and for a value that is no tuple.
        """
        context = cls(
            {key.lower(): listed for key, listed in values.items()},
            frozenset(key.lower() for key in unknown),
        )
        both = sorted(context.unknown & set(context.values))
        if both or len(context.values) < len(values):
            raise ValueError(f"condition keys are given twice: {', '.join(both or sorted(values))}")
        for key, listed in values.items():
            if not isinstance(listed, tuple):
                raise ValueError(f"condition key {key}: expected a tuple, found {listed!r}")
        return context


def resolved(text: str, context: Context | None) -> tuple[Truth, str]:
    """Return ``text`` as a pattern in which the policy variables have their values.

    The first of the pair is False when a variable has no value, which then matches nothing, and
    None when its value is not known. ``context`` is None for a policy of version 2008-10-17,
    which has no variables. What a variable stands for is literal: a ``*`` in it is no wildcard.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html (2026-11).
    """
    if context is None:
        return True, text
    pieces = []
    known: Truth = True
    while True:
        before, begin, after = text.partition("${")
        name, end, rest = after.partition("}")
        if not begin:
            break
        # What a brace that nothing closes means is not documented.
        found, value = _variable(name, context) if end else (None, "")
        known = all_of((known, found))
        pieces += [before, literal(value)]
        text = rest
    return known, "".join([*pieces, text])


def _variable(name: str, context: Context) -> tuple[Truth, str]:
    if name in ("*", "?", "$"):
        return True, name
    key, comma, default = name.partition(",")
    key = key.lower()
    # "${aws:PrincipalTag/team, 'company-wide'}": a comma, a space, single quotes around it.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-default-values
    # (2026-11); no other spelling is documented.
    if key in context.unknown or (comma and not _DEFAULT.fullmatch(default)):
        return None, ""
    values = context.values.get(key, ())
    if len(values) > 1:
        # "You can't use multivalued context keys as policy variables"; not what happens if one is.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        return None, ""
    if any(values):
        return True, values[0]
    return bool(comma), default[2:-1]


_DEFAULT = re.compile(r" '[^']*'")


def holds(condition: Condition, context: Context, variables: bool) -> Truth:
    """Return whether ``condition`` is met in ``context``.

    ``variables`` says whether the policy's version has policy variables. Several values of the
    condition are an or, and a nor when the operator is negated:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
    (2026-11). Raises ``UnknownOperator``.
    """
    quantifier, name, if_exists = parsed_operator(condition.operator)
    key = condition.key.lower()
    if key in context.unknown:
        return None
    values = context.values.get(key, ())
    # "The context key value resolves to a null dataset, such as an empty string."
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    # (2026-11): no such key for Null and for the two set operators.
    is_null = not any(values)
    if name == "Null":
        actual = "true" if is_null else "false"
        return any_of(_same_boolean(actual, wanted, context) for wanted in condition.values)
    # "If the key does not exist", ForAnyValue "returns false" (the same page); IfExists is about
    # each value, of which there is none.
    if is_null and quantifier:
        return quantifier == "ForAllValues"
    if not values and if_exists:
        return True
    compare, negative = OPERATORS[name]
    if not values:
        return negative
    if len(values) > 1 and not quantifier:
        # The same page: such a key requires a set operator; not what happens without one.
        return None
    if name.startswith(("String", "Arn")) and condition_key(key).kind in MANY_SPELLINGS:
        return None
    substituted = context if variables else None
    met = (
        any_of(compare(value, wanted, substituted) for wanted in condition.values)
        for value in values
    )
    each = map(negated, met) if negative else met
    return all_of(each) if quantifier == "ForAllValues" else any_of(each)


# Kinds of values of which it is not documented what they are as texts: 300 and 300.0, say, or an
# IPv6 address and its long form.
MANY_SPELLINGS = ("number", "date", "address")


@lru_cache(maxsize=1024)
def parsed_operator(text: str) -> tuple[str, str, bool]:
    """Return the set operator or an empty string, the operator, and whether it ends in IfExists.

    Raises ``UnknownOperator``.
    """
    quantifier, colon, name = text.rpartition(":")
    base = name.removesuffix("IfExists")
    known = base in OPERATORS or text == "Null"
    if not known or (colon and quantifier not in ("ForAllValues", "ForAnyValue")):
        raise UnknownOperator(
            f"{text!r} is no condition operator; IAM has Null, {', '.join(OPERATORS)}, each but "
            "Null also with IfExists after it and ForAllValues: or ForAnyValue: before it"
        )
    return quantifier, base, name != base


# Compares a value of the request with a value of the policy, in which the variables of the
# context, unless it is None, are replaced.
_Compare = Callable[[str, str, Context | None], Truth]


def _same_text(actual: str, wanted: str, context: Context | None) -> Truth:
    known, pattern = resolved(wanted, context)
    return known and literal(pattern) == literal(actual)


def _same_text_in_any_case(actual: str, wanted: str, context: Context | None) -> Truth:
    known, pattern = resolved(wanted, context)
    left, right = literal(pattern), literal(actual)
    if left.translate(_ASCII_CASE) == right.translate(_ASCII_CASE):
        return known
    # Which letters beyond A to Z have a case for AWS is not documented.
    alike = without_case(left) == without_case(right) or left.lower() == right.lower()
    return known and (None if alike else False)


_ASCII_CASE = {ord(letter): letter.lower() for letter in ascii_uppercase}
# The i without a dot is an I in upper case, the I with one an i in lower case, somewhere.
_DOTS = str.maketrans("\u0130\u0131", "ii")


def without_case(text: str) -> str:
    """Return what is the same for all texts that some rule of Unicode takes for ``text`` in
    another case: of a sharp s and two, of a ligature and its letters."""
    return text.translate(_DOTS).casefold()


def _like(actual: str, wanted: str, context: Context | None) -> Truth:
    known, pattern = resolved(wanted, context)
    return known and matches(pattern, actual)


def _like_arn(actual: str, wanted: str, context: Context | None) -> Truth:
    known, pattern = resolved(wanted, context)
    return known and arn_like(pattern, actual)


def _same_boolean(actual: str, wanted: str, _: Context | None) -> Truth:
    """Compare Booleans. No spelling but these two is documented."""
    both = {actual, wanted}
    return len(both) == 1 if both <= {"true", "false"} else None


def _same_bytes(actual: str, wanted: str, _: Context | None) -> Truth:
    """Compare what two base-64 texts stand for. What a text means that no encoder writes, whose
    last bits are not zero, is not documented."""
    left, right = _decoded(actual), _decoded(wanted)
    return None if left is None or right is None else left == right


def _decoded(text: str) -> bytes | None:
    try:
        plain = b64decode(text)
    except ValueError:
        return None
    return plain if b64encode(plain).decode() == text else None


def _in_network(actual: str, wanted: str, _: Context | None) -> Truth:
    address, ranges = network(actual), networks(wanted)
    if address is None or not ranges or address.num_addresses > 1:
        return None
    inside = {address[0] in around for around in ranges}
    if True not in inside:
        return False
    # "In the standard CIDR format": what bits beyond the prefix do is not documented.
    starts = str(ranges[0][0]) == str(ipaddress.ip_address(wanted.partition("/")[0]))
    return True if inside == {True} and starts else None


@lru_cache(maxsize=4096)
def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return the range in CIDR format, without a prefix the one address, None for any other
    text."""
    if not re.fullmatch(r"[0-9a-fA-F:.]+(/[0-9]{1,3})?", text):
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Return the ranges that ``text`` of a policy may stand for; none when it is in no CIDR format.

    "If you specify an IP address without the associated routing prefix, IAM uses the default prefix
    value of /32", which the page says of both families: an IPv6 address is itself, or so wide.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress
    (2026-11).
    """
    found = network(text)
    if found is None:
        return ()
    return (found,) if "/" in text else (found, found.supernet(new_prefix=32))


def _ordered(
    read: Callable[[str], Decimal | None],
    relation: Callable[[Decimal, Decimal], bool],
    actual: str,
    wanted: str,
    _: Context | None,
) -> Truth:
    left, right = read(actual), read(wanted)
    return None if left is None or right is None else relation(left, right)


def read_number(text: str) -> Decimal | None:
    """Return the number that ``text`` is, None for any other text."""
    return Decimal(text) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) else None


_W3C_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]+)?)?(?:Z|([+-])([0-9]{2}):([0-9]{2})))?)?"
)


def read_date(text: str) -> Decimal | None:
    """Return the seconds since 1970 of a date in a W3C form of ISO 8601 or of such a number; None
    for any other text.

    https://www.w3.org/TR/NOTE-datetime (2026-11). Four digits are None: a year and a number.
    """
    if re.fullmatch(r"[0-9]{4}", text):
        return None
    found = _W3C_DATE.fullmatch(text)
    if not found:
        return read_number(text)
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        date = datetime(
            int(year),
            int(month),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=timezone(-offset if sign == "-" else offset),
        )
    except ValueError:
        return None
    whole = (date - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return whole + Decimal(f"0{fraction or ''}")


def _relations(
    kind: str, read: Callable[[str], Decimal | None]
) -> dict[str, tuple[_Compare, bool]]:
    return {
        f"{kind}Equals": (partial(_ordered, read, operator.eq), False),
        f"{kind}NotEquals": (partial(_ordered, read, operator.eq), True),
        f"{kind}LessThan": (partial(_ordered, read, operator.lt), False),
        f"{kind}LessThanEquals": (partial(_ordered, read, operator.le), False),
        f"{kind}GreaterThan": (partial(_ordered, read, operator.gt), False),
        f"{kind}GreaterThanEquals": (partial(_ordered, read, operator.ge), False),
    }


# Every operator but Null: how it compares, and whether it is negated, so that it holds when the
# request lacks the key. ArnEquals and ArnLike "behave identically".
OPERATORS: dict[str, tuple[_Compare, bool]] = {
    "StringEquals": (_same_text, False),
    "StringNotEquals": (_same_text, True),
    "StringEqualsIgnoreCase": (_same_text_in_any_case, False),
    "StringNotEqualsIgnoreCase": (_same_text_in_any_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    **_relations("Numeric", read_number),
    **_relations("Date", read_date),
    "Bool": (_same_boolean, False),
    "BinaryEquals": (_same_bytes, False),
    "IpAddress": (_in_network, False),
    "NotIpAddress": (_in_network, True),
    "ArnEquals": (_like_arn, False),
    "ArnLike": (_like_arn, False),
    "ArnNotEquals": (_like_arn, True),
    "ArnNotLike": (_like_arn, True),
}
