"""The resource of a request, its ARN in segments: z3 tells one string for the whole in a minute,
five and a rest in milliseconds.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
(2026-11). A resource is an ARN, or nothing at all where an action takes none, for which a policy
says ``*``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import z3

from development.second_prover.conditions import Circumstances, open_outcome
from development.second_prover.texts import (
    Expression,
    Piece,
    is_text,
    matches,
    matches_with_variables,
    pieces,
    same,
    without_colons,
)

_NAMES = ("partition", "service", "region", "account")
_SEGMENTS = tuple(z3.String(f"resource {name}") for name in _NAMES)
_REST = z3.String("resource")

# Of each of the first segments after "arn", its text where that is known; None for a request for
# no resource in particular.
Known = tuple[str | None, ...] | None
_UNKNOWN = (None,) * len(_NAMES)


def known(patterns: Sequence[str]) -> Iterator[Known]:
    """Yield what is known of the resources that match every one of ``patterns``: no resource, and
    ARNs, if such are possible.

    Without this z3 would find the same, in a hundred times the time.
    """
    if all(pattern == "*" for pattern in patterns):
        yield None
    found: list[str | None] = [*_UNKNOWN]
    for pattern in patterns:
        segments = pattern.split(":", 5)
        if len(segments) < 6 or any(segment.endswith("*") for segment in segments[:5]):
            continue
        for place, segment in enumerate(segments[1:5]):
            if "?" in segment or "*" in segment or "${" in segment:
                continue
            if found[place] not in (None, segment):
                return
            found[place] = segment
    yield tuple(found)


def laws(given: Known, patterns: Iterable[str]) -> list[Expression]:
    """Return what holds of every ARN: no colon lies in its first segments. Only where part of a
    segment is named by one of ``patterns`` does that matter."""
    if given is None:
        return []
    wild = set()
    for pattern in patterns:
        for segments in _spread(pattern.split(":"), 6):
            wild |= {n for n, s in enumerate(segments[1:5]) if s != "*" and ("*" in s or "?" in s)}
    return [is_text(_REST)] + [
        without_colons(variable)
        for place, variable in enumerate(_SEGMENTS)
        if place in wild and given[place] is None
    ]


@lru_cache(maxsize=1 << 14)
def is_like(pattern: str, given: Known) -> Expression:
    """Return that the resource, some of whose segments are ``given``, matches ``pattern``, a value
    of a Resource element in which no variable is left."""
    if pattern == "*" or given is None:
        return z3.BoolVal(pattern == "*")
    found = [_in_segments(segments, given) for segments in set(_spread(pattern.split(":"), 6))]
    return z3.Or(*found)


def matches_pattern(
    pattern: str, circumstances: Circumstances, given: Known, variables: bool = True
) -> Expression:
    """Return that the resource matches ``pattern``, whose variables are those of the request.

    Variables count "only in the resource portion of the ARN", after the fifth colon; and what
    fewer than six segments mean is said only where a star ends them.
    """
    segments = pattern.split(":", 5)
    if given is None:
        return z3.BoolVal(pattern == "*")
    if len(segments) < 6 and not pattern.endswith("*"):
        padded = ":".join([*segments, *"*" * (6 - len(segments))])
        return z3.And(is_like(widest(padded), given), open_outcome(pattern))
    if not variables or "${" not in pattern:
        return is_like(pattern, given)
    parts = pieces(segments[-1], True)
    outside = len(segments) < 6 or any("${" in s or s.endswith("*") for s in segments[:5])
    if not outside:
        if not any(part.kind == "variable" for part in parts):
            return _in_segments((*segments[:5], ""), given, parts)
        rest = matches_with_variables(_REST, parts, circumstances.resolve)
        if rest is not None:
            return z3.And(_in_segments((*segments[:5], "*"), given), rest)
    return z3.And(is_like(widest(pattern), given), open_outcome(pattern))


def widest(pattern: str) -> str:
    """Return ``pattern`` with a star for each variable: at least what it matches."""
    return re.sub(r"\$\{[^}]*\}", "*", pattern)


def _in_segments(
    segments: Sequence[str], given: tuple[str | None, ...], rest: tuple[Piece, ...] | None = None
) -> Expression:
    first, *middle, last = segments
    if not same(first, "arn"):
        return z3.BoolVal(False)
    found: list[Expression] = []
    for variable, text, already in zip(_SEGMENTS, middle, given, strict=True):
        if already is None and text != "*":
            parts = pieces(text, True, variables=False)
            found.append(matches(variable, parts, colons=False))
        elif already is not None and not same(text, already):
            return z3.BoolVal(False)
    last_parts = pieces(last, True, variables=False) if rest is None else rest
    return z3.And(*found, matches(_REST, last_parts))


def _spread(parts: Sequence[str], segments: int) -> Iterator[tuple[str, ...]]:
    """Yield each way to make so many segments of ``parts``: the last takes all that is left, and
    "if the wildcard is the last character of a segment, it can expand to match beyond the colon
    boundaries"."""
    if segments == 1:
        yield (":".join(parts),)
        return
    here, *rest = parts
    if rest:
        yield from ((here, *others) for others in _spread(rest, segments - 1))
    if here.endswith("*"):
        yield from ((here, *others) for others in _spread(["*", *rest], segments - 1))


def works(forms: Iterable[str], given: Known) -> Expression:
    """Return that an action works on the resource whose types of resources have these forms."""
    return z3.BoolVal(True) if given is None else z3.Or(*(has_form(form, given) for form in forms))


def shown(model: Expression, given: Known) -> str:
    """Return the resource of the request that ``model`` is."""
    if given is None:
        return "*"
    texts = [model.eval(one, model_completion=True).as_string() for one in (*_SEGMENTS, _REST)]
    texts = [
        text if already is None else already
        for text, already in zip(texts, (*given, None), strict=True)
    ]
    return ":".join(["arn", *texts])


# A variable of an ARN's form in the Service Authorization Reference.
_FIELD = re.compile(r"\$\{\w+\}")


@lru_cache(maxsize=1 << 14)
def has_form(form: str, given: Known) -> Expression:
    """Return that the resource is of the type whose ARN has this form, such as
    ``arn:${Partition}:s3:::${BucketName}``."""
    if given is None:
        # An action that takes no resource, or can be called without; a policy says "*".
        return z3.BoolVal(True)
    *middle, last = _FIELD.sub("*", form).split(":", 5)
    found = _in_segments((*middle, last), given)
    if last == "*" and form.endswith(":s3:::${BucketName}"):
        # No bucket's name holds a slash:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html (2026-11)
        found = z3.And(found, z3.Not(matches(_REST, pieces("*/*", True))))
    if _has_plain_name(form):
        found = z3.And(found, z3.Not(matches(_REST, pieces("*:*", True))))
    return found


def _has_plain_name(form: str) -> bool:
    """Return whether no colon can be in what follows the account: in Athena, in S3 but for an
    object's key, and in a key of KMS.

    https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateWorkGroup.html,
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations.html,
    https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html (2026-11)
    """
    service = form.split(":")[2]
    if service.startswith("s3"):
        return not form.endswith("/${ObjectName}")
    return service == "athena" or form.endswith(":key/${KeyId}")
