"""IAM patterns: what they match, and the set algebra that a proof needs.

``*`` stands for any run of characters, also none, and ``?`` for exactly one:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
(2026-11). ``matches`` and the first group of functions take any pattern; the ``arn_`` functions
know the six segments of an ARN. Actions compare without case: lower both sides before the algebra.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, count, groupby

# Unicode keeps these for a program's own use, so no name holds them
# (https://www.unicode.org/faq/private_use.html#noncharacters, 2026-11): a star and a question
# mark that mean themselves, the colon between two segments of an ARN, the end of a pattern.
_STAR, _MARK, COLON, _END = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"

_SEGMENTS = 6
# Well under a second.
_MOST_WORK = 1_000_000


class PatternsTooComplex(ValueError):
    """Whether the patterns cover each other takes more cases than anyone would wait for."""


def literal(text: str) -> str:
    """Return the pattern that matches ``text`` and nothing else."""
    return text.replace("*", _STAR).replace("?", _MARK)


def matches(pattern: str, text: str) -> bool:
    """Return whether ``pattern`` matches the whole of ``text``, letter case included.

    Each piece between two stars is taken where it first fits: a later place never helps the
    pieces after it, so nothing is ever tried twice.
    """
    if pattern == text:
        return True
    text = literal(text)
    head, *pieces = pattern.split("*")
    if not pieces:
        return _fits(head, text, 0) and len(head) == len(text)
    tail = pieces.pop()
    place, end = len(head), len(text) - len(tail)
    if place > end or not _fits(head, text, 0) or not _fits(tail, text, end):
        return False
    for piece in pieces:
        found = _find(piece, text, place, end)
        if found is None:
            return False
        place = found + len(piece)
    return True


def action_matches(pattern: str, action: str) -> bool:
    """Return whether ``pattern`` matches ``action``; neither prefix nor name has a case.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    (2026-11).
    """
    return matches(pattern.lower(), action.lower())


def arn_matches(pattern: str, resource: str) -> bool:
    """Return whether ``pattern``, a value of a Resource element, matches ``resource``.

    Each of the first five colon-separated segments matches on its own, and the sixth is the rest.
    A ``*`` that ends a segment "can expand to match beyond the colon boundaries", so
    ``arn:aws:s3:*`` is every ARN of S3; a bare ``*`` matches everything, also a ``resource`` that
    is no ARN: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    (2026-11).
    """
    return pattern == "*" or any(_same_segments(form, resource) for form in _forms(pattern))


def arn_like(pattern: str, arn: str) -> bool | None:
    """Return whether ``pattern``, a value of ArnLike or ArnEquals, matches ``arn``; None when it
    has fewer than six components.

    "Each of the six colon-delimited components of the ARN is checked separately": no wildcard
    leaves its segment here. What fewer components mean, a bare ``*`` among them, the page does not
    say.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    (2026-11).
    """
    segments = tuple(pattern.split(":", _SEGMENTS - 1))
    return _same_segments(segments, arn) if len(segments) == _SEGMENTS else None


def includes(outer: str, inner: str) -> bool:
    """Return whether ``outer`` matches everything that ``inner`` matches.

    Raises ``PatternsTooComplex`` as ``difference_example`` does.
    """
    return difference_example(inner, [outer]) is None


def intersects(a: str, b: str) -> bool:
    """Return whether some string is matched by both ``a`` and ``b``."""
    automaton = Automaton([b])
    states = automaton.start
    for token in a:
        states = automaton.after_pattern(states, token)
    return bool(states & automaton.accepting)


def example(pattern: str) -> str:
    """Return a short string that ``pattern`` matches; every wildcard becomes an ``x``."""
    return _text(pattern.replace("*", "x").replace("?", "x"))


def difference_example(inner: str, outers: Sequence[str]) -> str | None:
    """Return a string that ``inner`` matches and none of ``outers`` does, or None if there is none.

    Exact. A character that no pattern names is the hardest for ``outers``: only a wildcard takes
    it. So it stands for every wildcard of ``inner``, and only the length of each run is searched.
    Without ``?`` in ``outers`` one length decides. With many of them the question can hold any
    formula of propositional logic; then, rather than run for hours, it raises
    ``PatternsTooComplex``.
    """
    automaton = Automaton(outers)
    work = 0
    # States reached, each with the string that leads there. One that includes another is dropped:
    # whatever escapes it also escapes the smaller one.
    reached: list[tuple[int, str]] = [(automaton.start, "")]

    def add(candidates: list[tuple[int, str]], states: int, word: str) -> bool:
        nonlocal work
        work += len(candidates) * automaton.cost
        if work > _MOST_WORK:
            raise PatternsTooComplex(
                f"too many cases to decide whether {_text(inner)!r} lies within {len(outers)} "
                "patterns: use fewer '?'"
            )
        if states & automaton.settled or any(other & states == other for other, _ in candidates):
            return False
        candidates[:] = [c for c in candidates if c[0] & states != states]
        candidates.append((states, word))
        return True

    for token in inner:
        candidates: list[tuple[int, str]] = []
        letter = automaton.unnamed if token in "*?" else token
        for states, word in reached:
            if token == "*":
                # A longer run adds nothing once its states include some that were seen.
                while add(candidates, states, word):
                    states, word = automaton.after(states, letter), word + letter
            else:
                add(candidates, automaton.after(states, letter), word + letter)
        reached = candidates
    return next((_text(word) for states, word in reached if not states & automaton.accepting), None)


def arn_includes(outer: str, inner: str) -> bool:
    """Return ``includes`` for two values of Resource elements.

    Raises ``PatternsTooComplex`` as ``difference_example`` does.
    """
    return arn_difference_example(inner, [outer]) is None


def arn_intersects(a: str, b: str) -> bool:
    """Return ``intersects`` for two values of Resource elements."""
    return any(
        intersects(joined(one), joined(other)) for one in arn_forms(a) for other in arn_forms(b)
    )


def arn_example(pattern: str) -> str | None:
    """Return an ARN that ``pattern``, a value of a Resource element, matches; None if none is."""
    return next((example(joined(form)) for form in arn_forms(pattern)), None)


def arn_difference_example(inner: str, outers: Sequence[str]) -> str | None:
    """Return ``difference_example`` for values of Resource elements.

    The strings are the ARNs, and ``*``: the resource of an action that has none. Raises
    ``PatternsTooComplex`` as ``difference_example`` does.
    """
    if inner == "*" and "*" not in outers:
        return "*"
    forms = [joined(form) for form in chain.from_iterable(map(arn_forms, outers))]
    missing = (difference_example(joined(form), forms) for form in arn_forms(inner))
    return next((arn for arn in missing if arn is not None), None)


class Automaton:
    """The union of some patterns as a nondeterministic automaton; bit n of an int is state n.

    The patterns lie one after the other, each with a state before every token and one at its end.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        tokens = "".join(normal(pattern) + _END for pattern in patterns)
        size = -(-len(tokens) // 8)
        rows: defaultdict[str, bytearray] = defaultdict(lambda: bytearray(size))
        for place, token in enumerate(tokens):
            rows[token][place // 8] |= 1 << place % 8
        named = {token: int.from_bytes(row, "little") for token, row in rows.items()}
        self.accepting = named.pop(_END, 0)
        self._stars = named.pop("*", 0)
        self._marks = named.pop("?", 0)
        self._colons = named.pop(COLON, 0)
        self._letters = {letter: states | self._marks for letter, states in named.items()}
        self._any_letter = sum(named.values()) | self._marks
        # A star before the end takes whatever comes.
        self.settled = self._stars & self.accepting >> 1
        self.cost = 1 + size // 1024
        self.start = self._skipped((self.accepting << 1 | 1) & (1 << len(tokens)) - 1)
        self.unnamed = next(letter for letter in _letters() if letter not in named)

    def after(self, states: int, letter: str) -> int:
        """Return the states that ``letter`` leads to; no wildcard takes the colon of an ARN."""
        if letter == COLON:
            return self._skipped((states & self._colons) << 1)
        moved = (states & self._letters.get(letter, self._marks)) << 1
        return self._skipped(moved | states & self._stars)

    def after_pattern(self, states: int, token: str) -> int:
        """Return the states that any string of ``token``, a letter or a wildcard, leads to."""
        if token == "?":
            return self._skipped((states & self._any_letter) << 1 | states & self._stars)
        if token != "*" or not states:
            return self.after(states, token)
        # All states from the first on. Those behind a colon that no token took are reached in
        # vain, as the other ARN still has that colon; those behind the last are no states.
        return -(states & -states)

    def _skipped(self, states: int) -> int:
        return states | (states & self._stars) << 1


def normal(pattern: str) -> str:
    """Return ``pattern`` with each run of wildcards as some ``?`` and then at most one ``*``."""
    if "*" not in pattern:
        return pattern
    runs = ((wild, "".join(run)) for wild, run in groupby(pattern, key="*?".__contains__))
    return "".join("?" * run.count("?") + "*" * ("*" in run) if wild else run for wild, run in runs)


def _letters() -> Iterator[str]:
    """Yield letters for examples, the plainest first."""
    return chain("xyzabcdefghijklmnopqrstuvw0123456789-_", map(chr, count(0x100)))


def _fits(piece: str, text: str, place: int) -> bool:
    if "?" not in piece:
        return text.startswith(piece, place)
    part = text[place : place + len(piece)]
    return len(part) == len(piece) and all(token in ("?", part[n]) for n, token in enumerate(piece))


def _find(piece: str, text: str, place: int, end: int) -> int | None:
    if "?" not in piece:
        found = text.find(piece, place, end)
        return None if found < 0 else found
    places = range(place, end - len(piece) + 1)
    return next((found for found in places if _fits(piece, text, found)), None)


def _same_segments(form: tuple[str, ...], arn: str) -> bool:
    segments = arn.split(":", _SEGMENTS - 1)
    return len(segments) == _SEGMENTS and all(map(matches, form, segments))


@lru_cache(maxsize=1 << 16)
def _forms(pattern: str) -> tuple[tuple[str, ...], ...]:
    """Return six-segment patterns that together are ``pattern``: one for each way in which the
    stars that end a segment can take colons, first the one in which none does."""
    return tuple(dict.fromkeys(_spread(pattern.split(":"), _SEGMENTS)))


def _spread(parts: Sequence[str], segments: int) -> Iterator[tuple[str, ...]]:
    if segments == 1:
        yield (":".join(parts),)
        return
    first, *rest = parts
    tails = [rest] if rest else []
    if first.endswith("*"):
        tails.append(["*", *rest])
    for tail in tails:
        yield from ((first, *form) for form in _spread(tail, segments - 1))


def arn_forms(pattern: str) -> list[tuple[str, ...]]:
    """Return the forms of ``pattern`` that match an ARN, whose first segment is ``arn``."""
    return [("arn", *form[1:]) for form in _forms(pattern) if matches(form[0], "arn")]


def joined(segments: Sequence[str]) -> str:
    """Return the pattern of the ARNs of these six segments, which no wildcard leaves."""
    return COLON.join(segments)


def _text(pattern: str) -> str:
    """Return ``pattern`` for people: the characters of this module written as they are."""
    return pattern.replace(_STAR, "*").replace(_MARK, "?").replace(COLON, ":")
