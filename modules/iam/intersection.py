"""What two patterns both match, as patterns."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from athena_gate.modules.iam.patterns import (
    PatternsTooComplex,
    arn_forms,
    arn_includes,
    arn_intersects,
    includes,
    intersects,
)

# Patterns whose intersection is asked for have a handful of wildcards; more would be a trick.
_MOST_PATTERNS = 500
# The search goes a call deeper with each letter.
_LONGEST = 300


@lru_cache(maxsize=1 << 14)
def intersection(a: str, b: str) -> tuple[str, ...]:
    """Return patterns that together match what both ``a`` and ``b`` match.

    Raises ``PatternsTooComplex`` when that would be too many.
    """
    if a == b or b == "*":
        return (a,)
    if a == "*":
        return (b,)
    if not intersects(a, b):
        return ()
    if includes(a, b):
        return (b,)
    if includes(b, a):
        return (a,)
    if len(a) + len(b) > _LONGEST:
        raise PatternsTooComplex(f"{a!r} and {b!r} are too long to say what they share")
    found: dict[tuple[str, str], frozenset[str]] = {}

    def both(one: str, other: str) -> frozenset[str]:
        known = found.get((one, other))
        if known is None:
            known = found[one, other] = frozenset(parts(one, other))
            if len(known) > _MOST_PATTERNS or len(found) > _MOST_PATTERNS * 20:
                raise PatternsTooComplex(f"too many cases to say what {a!r} and {b!r} share")
        return known

    def parts(one: str, other: str) -> Iterator[str]:
        if not one or not other:
            if not (one + other).strip("*"):
                yield ""
        elif one[0] == other[0] == "*":
            yield from ("*" + rest for rest in both(one[1:], other) | both(one, other[1:]))
        elif other[0] == "*":
            yield from both(other, one)
        elif one[0] == "*":
            yield from both(one[1:], other)
            yield from (other[0] + rest for rest in both(one, other[1:]))
        elif "?" in (one[0], other[0]) or one[0] == other[0]:
            letter = other[0] if one[0] == "?" else one[0]
            yield from (letter + rest for rest in both(one[1:], other[1:]))

    return tuple(sorted(both(a, b)))


@lru_cache(maxsize=1 << 14)
def arn_intersection(a: str, b: str) -> tuple[str, ...]:
    """Return patterns that match at least what both ``a`` and ``b``, values of Resource elements,
    match: all of ``a`` where in both a star may reach beyond its segment; else exactly that, but
    for what a segment of theirs that ends with ``?`` can make a star reach.

    Raises ``PatternsTooComplex`` when that would be too many.
    """
    if a == b or b == "*":
        return (a,)
    if a == "*":
        return (b,)
    if not arn_intersects(a, b):
        return ()
    if arn_includes(a, b):
        return (b,)
    if arn_includes(b, a):
        return (a,)
    forms = (arn_forms(a), arn_forms(b))
    if min(map(len, forms)) > 1:
        return (a,)
    try:
        shared = [product(*map(intersection, one, other)) for one, other in product(*forms)]
    except PatternsTooComplex:
        if max(map(len, forms)) == 1:
            raise
        return (a,)
    return tuple(dict.fromkeys(":".join(parts) for some in shared for parts in some))
