"""The differences that are known: where the simulator departs from the AWS pages or guesses.

Each explanation makes the evaluator follow the simulator. A disagreement counts as explained only
if the two then agree, so that none is waved through because it looks like a known one.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest import mock

from athena_gate.modules.iam import conditions, decide
from athena_gate.modules.iam.conditions import Context, Truth, parsed_operator
from athena_gate.modules.iam.decide import Caller, Policies, Request
from athena_gate.modules.iam.patterns import matches
from athena_gate.modules.iam.policy import Condition, Statement

Following = Callable[[], AbstractContextManager[Any]]
# The evaluator sees how many values a request has, the simulator how many a key can have.
SEVERAL = ("aws:tagkeys", "aws:principalorgpaths")


def _sources(change: Callable[[Request, dict[str, Any]], None]) -> Following:
    def following() -> AbstractContextManager[Any]:
        original = decide._sources

        def sources(request: Request, policies: Policies) -> dict[str, Any]:
            found: dict[str, Any] = original(request, policies)
            change(request, found)
            return found

        return mock.patch.object(decide, "_sources", sources)

    return following


def _root_is_like_others(request: Request, found: dict[str, Any]) -> None:
    if request.caller.kind == "root":
        found["identity"] = []
        by_account = [one for one in found["itself"] if "*" not in names(one[0])]
        found["itself"] = [one for one in found["itself"] if one not in by_account]
        found["account"] = by_account


def names(statement: Statement) -> set[str]:
    """Return the names in the Principal element."""
    return {principal.id for principal in statement.principals}


def _no_session_policy_is_no_limit(_: Request, found: dict[str, Any]) -> None:
    found["session"] = [(None, True)]


def _a_role_without_trust_policy_trusts_its_account() -> AbstractContextManager[Any]:
    original, without = decide._sources, [False]

    def sources(request: Request, policies: Policies) -> dict[str, Any]:
        without[0] = policies.resource is None
        found: dict[str, Any] = original(request, policies)
        return found

    def must_grant_itself(request: Request) -> bool:
        return "kms" in request.resource or ("sts:" in request.action and not without[0])

    return mock.patch.multiple(decide, _sources=sources, _must_grant_itself=must_grant_itself)


Meaning = Callable[[Condition, Context, bool], Truth]


def _holds(change: Callable[[Meaning, Condition, Context, bool], Truth]) -> Following:
    def following() -> AbstractContextManager[Any]:
        # As the module has it now: several explanations can lie around each other.
        original: Meaning = vars(decide)["holds"]

        def holds(condition: Condition, context: Context, variables: bool) -> Truth:
            return change(original, condition, context, variables)

        return mock.patch.object(decide, "holds", holds)

    return following


def _several_values_never_match(
    original: Meaning, condition: Condition, context: Context, variables: bool
) -> Truth:
    quantifier, name, _ = parsed_operator(condition.operator)
    key = condition.key.lower()
    if not quantifier and name != "Null" and key in SEVERAL and context.values.get(key):
        return False
    return original(condition, context, variables)


def _an_empty_value_is_a_value(
    original: Meaning, condition: Condition, context: Context, variables: bool
) -> Truth:
    quantifier, name, _ = parsed_operator(condition.operator)
    if context.values.get(condition.key.lower()) == ("",):
        if name == "Null":
            return "false" in condition.values
        if quantifier:
            plain = condition.operator.removeprefix(f"{quantifier}:")
            return original(Condition(plain, condition.key, condition.values), context, variables)
    return original(condition, context, variables)


def _an_error_is_no_match(
    original: Meaning, condition: Condition, context: Context, variables: bool
) -> Truth:
    _, name, _ = parsed_operator(condition.operator)
    substituted = context if variables else None
    if name in NEGATED_TEXTS and context.values.get(condition.key.lower()):
        known = [conditions.resolved(wanted, substituted)[0] for wanted in condition.values]
        if not all(known):
            return False
    return original(condition, context, variables)


NEGATED_TEXTS = [
    name
    for name, (_, negative) in conditions.OPERATORS.items()
    if negative and name.startswith(("String", "Arn"))
]


def _a_variable_of_several_values_has_none() -> AbstractContextManager[Any]:
    original = conditions._variable

    def variable(name: str, context: Context) -> tuple[Truth, str]:
        return (False, "") if name.lower() in SEVERAL else original(name, context)

    return mock.patch.object(conditions, "_variable", variable)


def _a_default_in_another_spelling_is_a_name() -> AbstractContextManager[Any]:
    original = conditions._variable

    def variable(name: str, context: Context) -> tuple[Truth, str]:
        other = "," in name and ", " not in name
        return (False, "") if other else original(name, context)

    return mock.patch.object(conditions, "_variable", variable)


def _an_escape_is_text(
    original: Meaning, condition: Condition, context: Context, variables: bool
) -> Truth:
    if "Equals" in condition.operator and "String" in condition.operator:
        wanted = tuple(re.sub(r"\$\{([*?$])\}", r"${$}{\1}", value) for value in condition.values)
        condition = Condition(condition.operator, condition.key, wanted)
    return original(condition, context, variables)


def _not_ip_address_knows_one_family(
    original: Meaning, condition: Condition, context: Context, variables: bool
) -> Truth:
    actual = context.values.get(condition.key.lower(), ("",))[0]
    if parsed_operator(condition.operator)[1] == "NotIpAddress" and actual:
        for wanted in condition.values:
            if "/" not in wanted and (":" in wanted) != (":" in actual):
                return False
    return original(condition, context, variables)


def _every_spelling_has_an_outcome(
    original: Meaning, condition: Condition, context: Context, variables: bool
) -> Truth:
    _, name, _ = parsed_operator(condition.operator)
    values = condition.values
    if name in ("Bool", "Null"):
        values = tuple(value.lower() for value in values)
    if name.startswith("Arn"):
        values = tuple(value if value.count(":") > 4 else "no:a:r:n:at:all" for value in values)
    if "IpAddress" in name:
        values = tuple(f"{value}/128" if _is_one_of_ipv6(value) else value for value in values)
    return original(Condition(condition.operator, condition.key, values), context, variables)


def _is_one_of_ipv6(text: str) -> bool:
    return ":" in text and "/" not in text


def _every_version_has_variables() -> AbstractContextManager[Any]:
    original = decide._parts

    def parts(statement: Statement, request: Request, context: Context, _: bool) -> Iterator[Truth]:
        return original(statement, request, context, True)

    return mock.patch.object(decide, "_parts", parts)


def _arn_matches(pattern: str, resource: str) -> bool:
    segments = pattern.split(":", 5)
    segments += ["*"] * (6 - len(segments))
    others = resource.split(":", 5)
    return pattern == "*" or (len(others) == 6 and all(map(matches, segments, others)))


def _no_star_crosses_a_colon() -> AbstractContextManager[Any]:
    return mock.patch.object(decide, "arn_matches", _arn_matches)


def _not_resource_fails_on_an_error() -> AbstractContextManager[Any]:
    original = decide._parts

    def parts(
        statement: Statement, request: Request, context: Context, variables: bool
    ) -> Iterator[Truth]:
        yield from original(statement, request, context, variables)
        for pattern in statement.not_resources:
            *head, rest = pattern.split(":", 5)
            short = 0 < len(head) < 5 and not _arn_matches(pattern, request.resource)
            # It looks at the last segment of an ARN only when the others match.
            others = request.resource.split(":", 5)[:5]
            read = len(head) == 5 and all(map(matches, head, others))
            known = conditions.resolved(rest, context if variables else None)[0]
            yield not short and (not read or bool(known))

    return mock.patch.object(decide, "_parts", parts)


def _not_principal_spares_all_it_names() -> AbstractContextManager[Any]:
    original = decide._named

    def named(statement: Statement, caller: Caller, bounded: bool) -> tuple[Truth, set[Any]]:
        if not statement.not_principals or bounded:
            return original(statement, caller, bounded)
        return not any(decide._namings(statement.not_principals, caller)), {"itself"}

    return mock.patch.object(decide, "_named", named)


EXPLANATIONS: dict[str, Following] = {
    "root has full access to its account": _sources(_root_is_like_others),
    "a GetFederationToken session hangs on its session policy": _sources(
        _no_session_policy_is_no_limit
    ),
    "a role cannot be taken without its trust policy": (
        _a_role_without_trust_policy_trusts_its_account
    ),
    "a key of several values needs a set operator": _holds(_several_values_never_match),
    "a key of several values is no variable": _a_variable_of_several_values_has_none,
    "an empty value is a null dataset": _holds(_an_empty_value_is_a_value),
    "a negated operator holds against a variable without a value": _holds(_an_error_is_no_match),
    "a default has one documented spelling": _a_default_in_another_spelling_is_a_name,
    "an escape stands for its character in StringEquals too": _holds(_an_escape_is_text),
    "NotIpAddress holds for an address of the other family": _holds(
        _not_ip_address_knows_one_family
    ),
    "true, six components and an IPv6 prefix have one documented spelling": _holds(
        _every_spelling_has_an_outcome
    ),
    "a star that ends a segment of a Resource crosses colons": _no_star_crosses_a_colon,
    "NotResource excludes nothing for a variable without a value": _not_resource_fails_on_an_error,
    "NotPrincipal must name session, role and account": _not_principal_spares_all_it_names,
    # The last goes around the others, which then see the variables.
    "version 2008-10-17 has no variables": _every_version_has_variables,
}


def explained(answer: Callable[[], str], theirs: str) -> list[str]:
    """Return the fewest explanations under which ``answer`` is theirs; none if there are none."""
    for count in (1, 2, 3, 4):
        for names in itertools.combinations(EXPLANATIONS, count):
            with ExitStack() as following:
                for name in names:
                    following.enter_context(EXPLANATIONS[name]())
                if answer() == theirs:
                    return list(names)
    return []
