"""Conditions of policies as expressions of z3.

Operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
Set operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
Several keys and values: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
(all 2026-11).

What these pages leave open is a Boolean variable of its own, so z3 takes the answer that breaks a
claim: a proof holds for both.
"""

import ipaddress
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import z3
from z3.z3util import get_vars

from athena_gate.modules.iam.claims import AnyBut, Given, Since, When
from athena_gate.modules.iam.policy import Condition
from development.second_prover.keys import (
    ALWAYS,
    SEVERAL,
    Key,
    Kind,
    key_of,
    kind_asked,
    kind_of,
)
from development.second_prover.texts import (
    Expression,
    Piece,
    expression_of,
    matches,
    matches_with_variables,
    may_be_spelled,
    pieces,
    string,
)

_OPERATORS = {
    *(f"String{name}" for name in ("Equals", "NotEquals", "EqualsIgnoreCase")),
    *(f"String{name}" for name in ("NotEqualsIgnoreCase", "Like", "NotLike")),
    *(
        f"{kind}{name}"
        for kind in ("Numeric", "Date")
        for name in (
            "Equals",
            "NotEquals",
            "LessThan",
            "LessThanEquals",
            "GreaterThan",
            "GreaterThanEquals",
        )
    ),
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    *(f"Arn{name}" for name in ("Equals", "NotEquals", "Like", "NotLike")),
}


# So many values of a key are told apart: one for each of four conditions.
_MOST_VALUES = 4
# Expressions do not change, and building one takes longer than most questions about it.
_BUILT: dict[Any, Expression] = {}


class UnknownOperator(ValueError):
    """A condition uses an operator that IAM does not have."""


def parsed(operator: str) -> tuple[str, str, bool]:
    """Return set operator (or nothing), operator, and whether IfExists ends it.

    Raises ``UnknownOperator``.
    """
    several, _, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    if operator != "Null" and (
        base not in _OPERATORS or several not in ("", "ForAllValues", "ForAnyValue")
    ):
        raise UnknownOperator(f"IAM has no condition operator {operator!r}")
    return several, base, base != name


class Circumstances:
    """The condition keys that some conditions, a claim (``when``) and what is known of the caller
    (``facts``) speak of, as variables.

    ``departures`` are what it takes otherwise than the pages, as the gate does.
    """

    def __init__(
        self,
        conditions: Iterable[Condition],
        when: When,
        facts: When,
        departures: frozenset[str] = frozenset(),
    ) -> None:
        self._departures = departures
        self._operators: dict[str, set[str]] = {}
        self._number: Counter[str] = Counter()
        self._wild: set[str] = set()
        self._several: set[str] = set()
        for condition in conditions:
            several, operator, _ = parsed(condition.operator)
            name = condition.key.lower()
            self._operators.setdefault(name, set()).add(operator)
            self._number[name] += 1
            if operator.startswith("Arn"):
                segments = [s for value in condition.values for s in value.split(":", 5)[:5]]
                if any(s != "*" and ("*" in s or "?" in s) for s in segments):
                    self._wild.add(name)
            elif "Like" in operator or "IgnoreCase" in operator:
                self._wild.add(name)
            if several and not name.startswith("aws:"):
                self._several.add(name)
        for name, given in when.items():
            if isinstance(given, tuple) and len(given) > 1:
                self._several.add(name.lower())
            elif isinstance(given, AnyBut) and any(set(one) & {"*", "?"} for one in given.values):
                self._wild.add(name.lower())
        self._when = {name.lower(): given for name, given in when.items()}
        self._facts = {name.lower(): given for name, given in facts.items()}
        self._used: dict[str, Key] = {}

    def key(self, name: str) -> Key:
        """Return the variables of the key ``name``, whose letters have no case."""
        name = name.lower()
        if name not in self._used:
            given = (self._when.get(name, ()), self._facts.get(name, ()), ())
            texts = [text for one in given for text in _texts(one)]
            kind = kind_of(name, self._operators.get(name, ()), texts)
            any_type = "a key that no page describes is of any type" in self._departures
            if any_type and not name.startswith("aws:"):
                kind = "text"
            values = 1
            if name in SEVERAL or name in self._several:
                # Each condition has one value for the sake of which it is met, or is not.
                listed = max(len(one) for one in given if isinstance(one, tuple))
                values = max(listed, min(max(self._number[name], 2), _MOST_VALUES))
            self._used[name] = key_of(name, kind, values)
        return self._used[name]

    def laws(self) -> list[Expression]:
        """Return what holds of the keys used so far in every request that the claim speaks of.

        To be asked for last, when all conditions are built.
        """
        for name in self._when:
            self.key(name)
        found: list[Expression] = []
        for name, key in self._used.items():
            found += key.laws(name in self._wild)
            if name in ALWAYS:
                found.append(key.present)
            for given in (self._when.get(name), self._facts.get(name)):
                if given is not None:
                    if (key, given) not in _BUILT:
                        _BUILT[key, given] = _given(key, given)
                    found.append(_BUILT[key, given])
        return found

    def shown(self, model: Expression) -> dict[str, tuple[str, ...]]:
        """Return the keys of the request that ``model`` is, with their values in words."""
        found = {}
        for name, key in self._used.items():
            values = tuple(
                _shown(key.kind, value, model)
                for has, value in zip(key.has, key.values, strict=True)
                if z3.is_true(model.eval(has, model_completion=True))
            )
            if values:
                found[name] = values
        return found

    # -- one condition -----------------------------------------------------------------------

    def holds(self, condition: Condition) -> Expression:
        """Return that ``condition`` is met. Raises ``UnknownOperator``."""
        key = self.key(condition.key)
        with_variables = any("${" in value for value in condition.values)
        if "variables are left open" in self._departures and with_variables:
            return z3.FreshBool("variables left open")
        if "an open outcome is another for each condition" in self._departures:
            found = self._holds(condition, key)
            opened = [one for one in get_vars(found) if _is_open(one)]
            return z3.substitute(found, *((one, z3.FreshBool("open")) for one in opened))
        if with_variables or self._departures:
            return self._holds(condition, key)
        if (condition, key) not in _BUILT:
            _BUILT[condition, key] = self._holds(condition, key)
        return _BUILT[condition, key]

    def _holds(self, condition: Condition, key: Key) -> Expression:
        several, operator, if_exists = parsed(condition.operator)
        if operator == "Null":
            return z3.Or(*(self._null(condition, key, wanted) for wanted in condition.values))
        negated = "Not" in operator
        compare = self._comparison(condition, operator, key)
        each = []
        for value in key.values:
            met = z3.Or(*(compare(value, wanted) for wanted in condition.values))
            each.append(z3.Not(met) if negated else met)
        if several == "ForAllValues":
            # "Returns true if there are no context keys in the request or if the context key value
            # resolves to a null dataset."
            all_met = (z3.Implies(has, met) for has, met in zip(key.has, each, strict=True))
            return z3.Or(key.is_null, z3.And(*all_met))
        if several == "ForAnyValue":
            # The page: for no matching context key or a null dataset it is false, so with IfExists.
            any_met = (z3.And(has, met) for has, met in zip(key.has, each, strict=True))
            return z3.And(z3.Not(key.is_null), z3.Or(*any_met))
        met = z3.If(key.present, each[0], z3.BoolVal(if_exists or negated))
        if len(key.has) > 1:
            # Such a key requires a set operator; not what happens without one.
            what = f"several values, {condition.values}"
            return z3.If(key.has[1], open_outcome(what, condition), met)
        return met

    def _null(self, condition: Condition, key: Key, wanted: str) -> Expression:
        if wanted not in ("true", "false"):
            return open_outcome(wanted, condition)
        return key.is_null if wanted == "true" else z3.Not(key.is_null)

    def _comparison(
        self, condition: Condition, operator: str, key: Key
    ) -> Callable[[Expression, str], Expression]:
        """Return the comparison of a value of the request with a text of the policy."""
        asked = kind_asked(operator)
        epoch = key.name == "aws:epochtime" and asked == "number"

        def compare(value: Expression, wanted: str) -> Expression:
            if asked == "text" and key.kind == "boolean":
                words = ((value, "true"), (z3.Not(value), "false"))
                return z3.Or(
                    *(
                        z3.And(is_it, self._text(string(word), wanted, operator, condition))
                        for is_it, word in words
                    )
                )
            arn = asked == "text" and key.kind == "ARN"
            if asked != key.kind and not epoch and not arn:
                return open_outcome(f"{value} of another type, {wanted}", condition)
            if asked == "text":
                return self._text(value, wanted, operator, condition)
            found = _TYPED[asked](value, wanted, operator)
            return open_outcome(f"{value} and {wanted}", condition) if found is None else found

        return compare

    def _text(
        self, value: Expression, wanted: str, operator: str, condition: Condition
    ) -> Expression:
        arn = operator.startswith("Arn")
        parts = pieces(wanted, arn or "Like" in operator)
        any_case = "IgnoreCase" in operator
        if not any(part.kind == "variable" for part in parts):
            if arn:
                return self._arn(value, wanted, condition)
            if not any_case:
                return matches(value, parts)
            # Which letters beyond ASCII have a case is not said.
            maybe = z3.And(
                may_be_spelled(value, wanted), open_outcome(f"case of {wanted}", condition)
            )
            return z3.Or(matches(value, parts, any_case=True), maybe)
        if any_case or arn:
            return open_outcome(f"{value} and {wanted}", condition)
        found = matches_with_variables(value, parts, self.resolve)
        return open_outcome(f"{value} and {wanted}", condition) if found is None else found

    def _arn(self, value: Expression, wanted: str, condition: Condition) -> Expression:
        """Return that ``value`` is an ARN like ``wanted``.

        "Each of the six colon-delimited components of the ARN is checked separately": no wildcard
        reaches into the next. What fewer components mean is not said.
        """
        segments = [pieces(segment, True) for segment in wanted.split(":", 5)]
        if len(segments) < 6:
            return open_outcome(f"{value} and {wanted}", condition)
        if isinstance(value, tuple):
            is_empty, *others = value
            like = (
                matches(segment, parts, colons=number == 5)
                for number, (segment, parts) in enumerate(zip(others, segments, strict=True))
            )
            return z3.And(z3.Not(is_empty), *like)
        found: list[Expression] = []
        for number, parts in enumerate(segments):
            found += [z3.Re(":")] if number else []
            found.append(expression_of(parts, colons=number == 5))
        return z3.InRe(value, z3.Concat(*found))

    def resolve(self, variable: Piece) -> tuple[Expression, Expression]:
        """Return that a variable has a value, and which.

        "The value is effectively null" without its key. A key with several values "can't" be a
        variable, an empty value and other spellings of a default are not spoken of.
        """
        if "," in variable.text or "'" in variable.text:
            return open_outcome(variable.text), z3.String(f"value of {variable.text}")
        key = self.key(variable.text)
        if key.kind != "text" or len(key.has) > 1:
            return open_outcome(variable.text), z3.String(f"value of {variable.text}")
        value, empty = key.values[0], z3.StringVal("")
        certain = z3.And(key.present, value != empty)
        left_open = z3.And(key.present, value == empty, open_outcome(variable.text))
        if variable.default is None:
            return z3.Or(certain, left_open), value
        default = string(variable.default)
        return z3.BoolVal(True), z3.If(z3.Or(certain, left_open), value, default)


def open_outcome(what: str, condition: Condition | None = None) -> Expression:
    """Return the variable that is the outcome of what the pages leave open: another one for each
    ``what`` and condition."""
    where = f" in {condition.operator} {condition.key}" if condition else ""
    return z3.Bool(f"not documented: {what}{where}")


# -- values of each type -------------------------------------------------------------------------


def _boolean(value: Expression, wanted: str, _: str = "") -> Expression | None:
    return {"true": value, "false": z3.Not(value)}.get(wanted)


def _bytes(value: Expression, wanted: str, _: str = "") -> Expression | None:
    try:
        plain = b64decode(wanted, validate=True)
    except ValueError:
        return None
    if b64encode(plain).decode() != wanted:
        # What a text means that no encoder writes is not said.
        return None
    return value == string(plain.decode("latin-1"))


def _address(value: Expression, wanted: str, _: str = "") -> Expression | None:
    """Return that an address lies in a range "in the standard CIDR format"."""
    if not re.fullmatch(r"[0-9a-fA-F:.]+(/[0-9]{1,3})?", wanted):
        return None
    try:
        network = ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return None
    within = _within(value, network)
    if ipaddress.ip_address(wanted.partition("/")[0]) != network[0]:
        # Bits beyond the prefix are none of the standard format.
        return z3.And(within, open_outcome(f"{value} and {wanted} with bits beyond its prefix"))
    if network.version == 6 and "/" not in wanted:
        # "IAM uses the default prefix value of /32", which is said of both families.
        wide = _within(value, network.supernet(new_prefix=32))
        return z3.Or(within, z3.And(wide, open_outcome(f"{value} and {wanted} without prefix")))
    return within


def _within(
    value: Expression, network: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> Expression:
    is_6, bits_4, bits_6 = value
    family, bits = (z3.Not(is_6), bits_4) if network.version == 4 else (is_6, bits_6)
    size, length = network.max_prefixlen, network.prefixlen
    if length == 0:
        return family
    fixed = int(network.network_address) >> (size - length)
    return z3.And(family, z3.Extract(size - 1, size - length, bits) == fixed)


def _number(text: str) -> Fraction | None:
    return Fraction(text) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) else None


_DATE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(?P<rest>\.\d+)?)?"
    r"(Z|(?P<sign>[+-])(?P<east>\d\d):(?P<minutes>\d\d)))?)?",
    re.ASCII,
)


def _date(text: str) -> Fraction | None:
    """Return the seconds since 1970 of a date in a W3C form of ISO 8601 or "in epoch time"; None
    for another text, and for four digits, which could be either.

    https://www.w3.org/TR/NOTE-datetime (2026-11). A date without a time begins in UTC.
    """
    if re.fullmatch(r"[0-9]{4}", text):
        return None
    match = _DATE.fullmatch(text)
    if match is None:
        return _number(text)
    found = match.groupdict()
    numbers = [int(found[part] or least) for part, least in (("year", 1), ("month", 1), ("day", 1))]
    times = [int(found[part] or 0) for part in ("hour", "minute", "second")]
    offset = timedelta(hours=int(found["east"] or 0), minutes=int(found["minutes"] or 0))
    try:
        zone = timezone(-offset if found["sign"] == "-" else offset)
        moment = datetime(*numbers, *times, tzinfo=zone)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86400 + since.seconds + Fraction(f"0{found['rest'] or ''}")


_RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "Equals": lambda a, b: a == b,
    "NotEquals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}


def _ordered(
    read: Callable[[str], Fraction | None],
) -> Callable[[Expression, str, str], Expression | None]:
    def compare(value: Expression, wanted: str, operator: str = "NumericEquals") -> Expression:
        limit = read(wanted)
        if limit is None:
            return None
        relation = _RELATIONS[operator.removeprefix("Numeric").removeprefix("Date")]
        return relation(value, z3.RealVal(limit))

    return compare


_TYPED: dict[Kind, Callable[..., Expression | None]] = {
    "boolean": _boolean,
    "bytes": _bytes,
    "address": _address,
    "number": _ordered(_number),
    "date": _ordered(_date),
}


# -- what a claim or the caller says of a key ----------------------------------------------------


def _texts(given: Given) -> tuple[str, ...]:
    if isinstance(given, Since):
        return (given.moment,)
    return given.values if isinstance(given, AnyBut) else given


def _given(key: Key, given: Given) -> Expression:
    if isinstance(given, Since):
        since = _TYPED["date"](key.values[0], given.moment, "DateGreaterThanEquals")
        return z3.And(key.has[0], since)
    if isinstance(given, AnyBut):
        outside: list[Expression] = []
        for has, value in zip(key.has, key.values, strict=True):
            within = [_as(key.kind, value, pattern, True) for pattern in given.values]
            outside.append(z3.Implies(has, z3.Not(z3.Or(*(w for w in within if w is not None)))))
        return z3.And(*outside)
    found = [has if number < len(given) else z3.Not(has) for number, has in enumerate(key.has)]
    for value, text in zip(key.values, given, strict=False):
        same = _as(key.kind, value, text, False)
        if same is not None:
            found.append(same)
    return z3.And(*found)


def _as(kind: Kind, value: Expression, text: str, pattern: bool) -> Expression | None:
    """Return that ``value`` is ``text``, or matches it; None where the text is of another type, or
    one of many ways to write a number or date: nothing is known of the value then."""
    if kind == "text":
        return matches(value, pieces(text, pattern, variables=False))
    if kind == "ARN":
        is_empty, *segments = value
        same = (s == string(t) for s, t in zip(segments, text.split(":", 5), strict=True))
        return z3.And(z3.Not(is_empty), *same)
    if kind == "address":
        try:
            return _within(value, ipaddress.ip_network(text, strict=False))
        except ValueError:
            return None
    return None if pattern and kind in ("number", "date") else _TYPED[kind](value, text)


def _shown(kind: Kind, value: Expression, model: Expression) -> str:
    def whole(part: Expression) -> Any:
        return model.eval(part, model_completion=True)

    if kind == "ARN":
        is_empty, *segments = value
        texts = (whole(segment).as_string() for segment in segments)
        return "" if z3.is_true(whole(is_empty)) else ":".join(texts)
    if kind == "address":
        is_6, bits_4, bits_6 = value
        if z3.is_true(whole(is_6)):
            return str(ipaddress.IPv6Address(whole(bits_6).as_long()))
        return str(ipaddress.IPv4Address(whole(bits_4).as_long()))
    found = whole(value)
    if kind == "boolean":
        return "true" if z3.is_true(found) else "false"
    return str(found.as_string() if kind in ("text", "bytes") else found)


def open_outcomes(model: Expression) -> Sequence[str]:
    """Return the outcomes that the pages leave open and that ``model`` decided."""
    return sorted(map(str, filter(_is_open, model.decls())))


def _is_open(expression: Expression) -> bool:
    return str(expression).startswith("not documented")


Facts = Mapping[str, Given]
