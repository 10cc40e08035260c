"""The differences between the two provers that are known, and the page that says who is right.

A difference is explained only if the gate proves less, and z3, where it departs from that page as
the gate does, proves it no more: so none is waved through because it looks like a known one.
"""

from dataclasses import dataclass
from functools import cache
from itertools import combinations

from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam.claims import Never
from development.second_prover.cases import Case
from development.second_prover.prover import Prover
from development.second_prover.questions import Departure


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the gate does otherwise than AWS's ``page`` says, and ``why`` that proves nothing
    false."""

    departure: Departure
    why: str
    page: str


EXPLANATIONS = (
    Explanation(
        "the caller's own policy is enough",
        "the gate takes the caller's own policies for enough where a resource of the stack must "
        "allow too, in its own policy: it proves less, and never what is false",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html",
    ),
    Explanation(
        "a resource's policy can speak of others",
        "the gate takes a resource that a bucket's or function's policy names for one that it can "
        "speak of, though it is not its own: it proves less, and never what is false",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html",
    ),
    Explanation(
        "an action works on all of a pattern or on none",
        "the gate asks whether an action works on what a pattern names, not on what a claim leaves "
        "of it: it proves less, and never what is false",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html",
    ),
    Explanation(
        "variables are left open",
        "the gate takes a policy variable for anything, whatever its key is said to be: it proves "
        "less, and never what is false",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html",
    ),
    Explanation(
        "an open outcome is another for each condition",
        "the gate does not see that what a page leaves open comes out alike wherever a policy says "
        "it: it proves less, and never what is false",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
    ),
    Explanation(
        "a key that no page describes is of any type",
        "the gate takes a key that no page describes for one of any type, also where all policies "
        "compare it as bytes: it proves less, and never what is false",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
    ),
    Explanation(
        "letters beyond ASCII without case are too much",
        "the gate proves nothing of a text that has no case and letters beyond ASCII: it proves "
        "less, and never what is false",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_String",
    ),
)


@cache
def _departing(departures: frozenset[Departure]) -> Prover:
    return Prover(departures=departures)


def of_claim(stack: Stack, never: Never, gate_holds: bool) -> Departure | None:
    """Return the departure with which z3 does not prove a claim that the gate does not, if there is
    one; none explains a proof."""
    if gate_holds:
        return None
    for one in EXPLANATIONS:
        if _departing(frozenset({one.departure})).prove(stack, never) != "proved":
            return one.departure
    return None


def of_case(case: Case, gate_holds: bool) -> tuple[Departure, ...]:
    """Return the fewest departures, two at most, with which z3 does not prove what the gate does
    not either; none if there are none, and none explains a proof."""
    if gate_holds:
        return ()
    every = [one.departure for one in EXPLANATIONS]
    for some in (*combinations(every, 1), *combinations(every, 2)):
        if case.z3_holds(_departing(frozenset(some))) is False:
            return some
    return ()


@cache
def pages_only() -> Prover:
    """Return the prover that departs in nothing."""
    return Prover()
