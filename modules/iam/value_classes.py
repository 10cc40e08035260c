"""Values that stand for all values a condition key can have, as far as some conditions tell them
apart.

Each comparison of a policy cuts the values in two: those that a pattern matches, a range of
addresses, an interval of numbers. What all cuts together leave in one piece is a class, and one
value stands for it. Texts are cut exactly. Where comparisons of several kinds meet on one key (a
pattern and a number), a text stands for its class without being taken for a number: what the others
say of it is not known.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from functools import lru_cache
from itertools import pairwise, product

from athena_gate.modules.iam.condition_keys import ConditionKey
from athena_gate.modules.iam.conditions import (
    MANY_SPELLINGS,
    Context,
    network,
    networks,
    parsed_operator,
    read_date,
    read_number,
    resolved,
    without_case,
)
from athena_gate.modules.iam.intersection import intersection
from athena_gate.modules.iam.patterns import (
    COLON,
    Automaton,
    PatternsTooComplex,
    difference_example,
    example,
    joined,
    literal,
    matches,
)
from athena_gate.modules.iam.policy import Condition

# Policies of people have a handful; more would be a trick.
_MOST = 300
_TEXTS = ("String", "IgnoreCase", "Arn")
_OTHERS = ("Numeric", "Date", "IpAddress", "Bool", "BinaryEquals")
_NO_CONTEXT = Context({}, frozenset())
# Addresses kept for documentation (RFC 5737, RFC 3849): nobody's.
_NOBODYS = tuple(
    map(ipaddress.ip_address, ("198.51.100.7", "203.0.113.7", "192.0.2.7", "2001:db8::7"))
)

# The one segment of a text, or the six of an ARN: patterns whose wildcards match no colon of those
# between segments.
_Form = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A value that stands for its class; ``only_text`` if of the class no more is known than how
    comparisons of texts end."""

    text: str
    only_text: bool = False


def values_of(
    key: ConditionKey, buts: Sequence[str], conditions: Sequence[Condition]
) -> tuple[Value, ...]:
    """Return a value of each class of ``key``, but those that a pattern or range of ``buts``
    matches, as ``conditions``, all on that key, tell them apart.

    Raises ``PatternsTooComplex`` when there are too many.
    """
    wanted = _wanted(conditions)
    if key.kind == "boolean":
        # "The request context returns true or false": the page of global condition keys.
        return _allowed((Value("true"), Value("false")), buts)
    numbers, dates, addresses = (wanted[kind] for kind in ("Numeric", "Date", "IpAddress"))
    # A claim names one of many spellings of a number or date, so it leaves all values of it.
    spelled: list[Value] = []
    if numbers or key.kind == "number":
        spelled += [Value(_plain(number)) for number in _between(map(read_number, numbers))]
    if dates or key.kind == "date":
        write = _plain if numbers else _moment
        spelled += [Value(write(moment)) for moment in _between(map(read_date, dates))]
    found: list[Value] = []
    if addresses or key.kind == "address":
        ranges = [but for but in buts if network(but)]
        found += _allowed([Value(text) for text in _addresses((*addresses, *buts))], ranges)
    if key.kind in MANY_SPELLINGS:
        return _few((*found, *spelled))
    texts = _Texts.of(wanted, buts)
    found += [Value(text) for text in ("", *texts.literals)]
    if wanted["Bool"]:
        found += [Value("true"), Value("false")]
    # The bytes that a policy names; others stand below.
    found += [Value(text) for text in wanted["BinaryEquals"]]
    found += [Value(text, only_text=True) for text in texts.others()]
    return _few((*_allowed(found, buts), *spelled))


def _allowed(found: Iterable[Value], buts: Sequence[str]) -> tuple[Value, ...]:
    return tuple(value for value in found if not is_one_of(value.text, buts))


def _few(found: Iterable[Value]) -> tuple[Value, ...]:
    listed = tuple(dict.fromkeys(found))
    if len(listed) > _MOST:
        raise PatternsTooComplex("the conditions tell too many values apart")
    return listed


def is_one_of(value: str, buts: Iterable[str]) -> bool:
    """Return whether one of these patterns or ranges of addresses matches ``value``."""
    for but in buts:
        if matches(but, value):
            return True
        around, inside = network(but), network(value)
        if around and inside and inside.num_addresses == 1 and inside[0] in around:
            return True
    return False


def _wanted(conditions: Iterable[Condition]) -> dict[str, list[str]]:
    """Return the values of the policies by the kind of comparison; those of texts as patterns."""
    wanted: dict[str, list[str]] = {kind: [] for kind in (*_TEXTS, *_OTHERS)}
    for condition in conditions:
        _, name, _ = parsed_operator(condition.operator)
        kind = next((k for k in (*_OTHERS, "Arn", "IgnoreCase") if k in name), "String")
        for value in condition.values if name != "Null" else ():
            if kind in _OTHERS:
                wanted[kind].append(value)
                continue
            # In version 2008-10-17 there are no variables. What one stands for is not known.
            known, pattern = resolved(value, _NO_CONTEXT)
            for form in (value, pattern) if known else (value,):
                wanted[kind].append(form if "Like" in name or kind == "Arn" else literal(form))
    return wanted


@dataclass(frozen=True, slots=True)
class _Texts:
    """How comparisons cut texts: into ``literals``, ``patterns``, texts without case (``words``)
    and patterns of ARNs (``arns``)."""

    literals: tuple[str, ...]
    patterns: tuple[str, ...]
    words: tuple[str, ...]
    arns: tuple[str, ...]
    buts: tuple[str, ...]

    @classmethod
    def of(cls, wanted: dict[str, list[str]], buts: Sequence[str]) -> "_Texts":
        exact = [p for kind in _TEXTS for p in wanted[kind] if not _is_wild(p)]
        return cls(
            tuple(dict.fromkeys(map(example, exact))),
            tuple(dict.fromkeys(p for p in wanted["String"] if _is_wild(p))),
            tuple(dict.fromkeys(map(example, wanted["IgnoreCase"]))),
            # With fewer components it says nothing of any text.
            tuple(dict.fromkeys(p for p in wanted["Arn"] if _is_wild(p) and p.count(":") > 4)),
            tuple(buts),
        )

    def others(self) -> Iterator[str]:
        """Yield a text of each class but the empty text and the literals."""
        spelled = {text for word in self.words for text in self._spellings(word)}
        yield from sorted(spelled - {"", *self.literals})
        out = [*self.buts, *map(literal, ("", *self.literals, *spelled))]
        cuts: list[list[_Form]] = [[(pattern,)] for pattern in self.patterns]
        parts = _cut(("*",), tuple((pattern,) for pattern in out), cuts)
        if self.arns:
            # ARNs, whose segments count, and other texts, which none of these patterns matches.
            cuts = [list(_forms(pattern, 6)) for pattern in self.patterns]
            cuts += [[tuple(pattern.split(":", 5))] for pattern in self.arns]
            outs = tuple(form for pattern in out for form in _forms(pattern, 6))
            parts += _cut(("*",) * 6, outs, cuts)
        for inside, without in parts:
            text = self._example(inside, without)
            if text is not None:
                yield text

    def _example(self, inside: _Form, without: tuple[_Form, ...]) -> str | None:
        """Return a text of a class that is no spelling of a word; None when there is none."""
        for _ in range(_MOST):
            text = _left(inside, without)
            if text is None or (self.arns and len(inside) == 1 and text.count(":") > 4):
                return None
            if not any(without_case(text) == without_case(word) for word in self.words):
                return text
            without = (*without, *_forms(literal(text), len(inside)))
        raise PatternsTooComplex("the conditions tell too many spellings apart")

    def _spellings(self, word: str) -> Iterator[str]:
        """Yield a spelling of ``word`` in upper and lower case of each class."""
        if not word.isascii():
            raise PatternsTooComplex("which letters beyond A to Z have a case is not documented")
        plain = [*self.patterns, *self.buts, *map(literal, self.literals)]
        arns = [joined(pattern.split(":", 5)) for pattern in self.arns]
        automata = [Automaton([pattern]) for pattern in (*plain, *arns)]
        # By how much of the word is spelled: the states of the automata, and whether some letter is
        # beyond A to Z, each with a text that comes there.
        start = tuple(automaton.start for automaton in automata), False
        reached: list[dict[tuple[tuple[int, ...], bool], str]] = [{} for _ in (*word, "")]
        reached[0][start] = ""
        for place, letter in enumerate(word):
            between = letter == ":" and word.count(":", 0, place) < 5
            for length, other in _spelled(word[place:]):
                for (states, beyond), text in reached[place].items():
                    after = tuple(
                        automaton.after(
                            state, COLON if between and n >= len(plain) else literal(other)
                        )
                        for n, (automaton, state) in enumerate(zip(automata, states, strict=True))
                    )
                    reached[place + length].setdefault(
                        (after, beyond or not other.isascii()), text + other
                    )
            if any(len(states) > _MOST for states in reached):
                raise PatternsTooComplex("the conditions tell too many spellings apart")
        yield from reached[-1].values()


def _is_wild(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


# Letters beyond A to Z that some rule of Unicode takes for these in another case: the long and the
# sharp s, the Kelvin sign, the i without a dot and the I with one, ligatures.
# https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt (2026-11).
BEYOND_ASCII = {
    "k": "\u212a",
    "s": "\u017f",
    "i": "\u0130\u0131",
    "ss": "\u00df\u1e9e",
    "ff": "\ufb00",
    "fi": "\ufb01",
    "fl": "\ufb02",
    "ffi": "\ufb03",
    "ffl": "\ufb04",
    "st": "\ufb05\ufb06",
}


def _spelled(rest: str) -> Iterator[tuple[int, str]]:
    """Yield the letters with which ``rest`` of a word can begin in another case, and for how many
    of its own each stands."""
    yield from ((1, other) for other in dict.fromkeys((rest[0].lower(), rest[0].upper())))
    for letters, others in BEYOND_ASCII.items():
        if rest.lower().startswith(letters):
            yield from ((len(letters), other) for other in others)


def _cut(
    whole: _Form, without: tuple[_Form, ...], cuts: Sequence[Sequence[_Form]]
) -> list[tuple[_Form, tuple[_Form, ...]]]:
    """Return the pieces of ``whole`` but ``without`` that ``cuts``, each a union of forms, leave:
    each as a form and what is out of it."""
    pieces = [(whole, without)]
    for cut in cuts:
        halves = []
        for inside, outs in pieces:
            halves.append((inside, (*outs, *cut)))
            halves += [(shared, outs) for form in cut for shared in _shared(inside, form)]
        pieces = [piece for piece in dict.fromkeys(halves) if _left(*piece) is not None]
        if len(pieces) > _MOST:
            raise PatternsTooComplex("the conditions tell too many patterns apart")
    return pieces


@lru_cache(maxsize=1 << 12)
def _shared(one: _Form, other: _Form) -> tuple[_Form, ...]:
    return tuple(product(*map(intersection, one, other)))


@lru_cache(maxsize=1 << 12)
def _left(inside: _Form, without: tuple[_Form, ...]) -> str | None:
    return difference_example(joined(inside), tuple(map(joined, without)))


@lru_cache(maxsize=1 << 10)
def _forms(pattern: str, segments: int) -> tuple[_Form, ...]:
    """Return the forms of so many segments that together are ``pattern``, in which a wildcard
    matches a colon as well: one for each way in which the first colons of a text are matched."""
    if segments == 1:
        return ((pattern,),)
    found: dict[_Form, None] = {}
    for place, token in enumerate(pattern):
        before, after = pattern[:place], pattern[place + 1 :]
        if token == "*":
            before, after = f"{before}*", f"*{after}"
        elif token not in "?:":
            continue
        found |= dict.fromkeys((before, *rest) for rest in _forms(after, segments - 1))
        if len(found) > _MOST:
            raise PatternsTooComplex(f"too many cases to say which ARNs {pattern!r} matches")
        if token == ":":
            break
    return tuple(found)


def _between(named: Iterable[Decimal | None]) -> Iterator[Decimal]:
    """Yield each number that is named, and one of each interval that they cut."""
    points = sorted({number for number in named if number is not None})
    if not points:
        yield Decimal(0)
        return
    with localcontext(prec=2 * max(len(f"{number:f}") for number in points) + 2):
        yield from (points[0] - 1, points[-1] + 1, *points)
        yield from ((low + high) / 2 for low, high in pairwise(points))


def _plain(number: Decimal) -> str:
    # Four digits can be a year.
    text = f"{number:f}"
    return f"{text}.0" if len(text) == 4 and text.isdigit() else text


def _moment(seconds: Decimal) -> str:
    try:
        date = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return _plain(seconds)
    return _plain(seconds) if seconds % 1 else date.isoformat().replace("+00:00", "Z")


def _addresses(ranges: Iterable[str]) -> Iterator[str]:
    """Yield an address of each interval that the borders of ``ranges`` cut, of both families."""
    nets = [net for text in ranges for net in networks(text)]
    for family, bits in ((ipaddress.IPv4Address, 32), (ipaddress.IPv6Address, 128)):
        borders = {0, 1 << bits}
        for net in nets:
            if net.max_prefixlen == bits:
                start = int(net.network_address)
                borders |= {start, start + net.num_addresses}
        for low, high in pairwise(sorted(borders)):
            known = (a for a in _NOBODYS if isinstance(a, family) and low <= int(a) < high)
            yield str(next(known, family(low)))
