"""Proves never-claims of a stack with z3: it searches a request that the claim forbids and the
policies allow; there is none, or here it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import z3

from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam.claims import Never, Requests, When
from athena_gate.modules.iam.policy import Condition, Statement
from development.second_prover import resources
from development.second_prover.actions import NEW, Actions, classes, union
from development.second_prover.conditions import Circumstances, open_outcomes
from development.second_prover.gathering import gathered
from development.second_prover.questions import (
    Deny,
    Departure,
    Gate,
    NotInStack,
    Question,
    questions,
)
from development.second_prover.texts import Expression

# The solver keeps what it learned of texts; after so many questions a new one is faster.
_MOST_QUESTIONS = 4_000
# Some 20 milliseconds.
_LITTLE_EFFORT = 80_000


# What z3 says of a claim: proved, a request breaks it, or it did not come to an end.
Answer = Literal["proved", "request", "unknown"]


@dataclass(frozen=True, slots=True)
class Example:
    """A request that breaks a claim: who sends it, for what, with which condition keys.

    ``left_open`` are the outcomes that AWS's pages leave open and that the request hangs on.
    """

    caller: str
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]
    left_open: tuple[str, ...]

    def __str__(self) -> str:
        context = ", ".join(f"{key} = {' '.join(v)}" for key, v in self.context.items())
        text = f"{self.caller}: {self.action} on {self.resource}, with {context or 'nothing'}"
        return text + "".join(f" ({outcome})" for outcome in self.left_open)


class OutOfTime(Exception):
    """z3 did not come to an end."""


class Prover:
    """Answers questions with one solver. ``effort`` is the most work that z3 may have with
    one step, by its own count: unlike a time, it is the same on every machine.
    ``departures`` are what it does otherwise than AWS's pages say, to see where a difference from
    another prover comes from.
    """

    def __init__(
        self, effort: int = 20_000_000, departures: frozenset[Departure] = frozenset()
    ) -> None:
        self._departures = departures
        self._effort = effort
        self._known: dict[Any, Any] = {}
        self._asked = 0
        self._renew()

    def _renew(self) -> None:
        self._solver = z3.SimpleSolver()

    def prove(self, stack: Stack, never: Never) -> Answer:
        """Return whether ``never`` holds of ``stack``."""
        answers: set[Answer] = set()
        try:
            for question in questions(stack, never, self._departures):
                answers.add(self.answer(question))
                if "request" in answers:
                    return "request"
        except NotInStack:
            return "request"
        return "unknown" if "unknown" in answers else "proved"

    def example(self, stack: Stack, never: Never) -> Example | None:
        """Return a request that breaks ``never``; None where there is none, or nobody to send
        it."""
        try:
            for question in questions(stack, never, self._departures):
                if self.answer(question) == "request" and (found := self._broken(question)):
                    return self._example(question, *found)
        except NotInStack:
            pass
        return None

    def answer(self, question: Question) -> Answer:
        """Return the answer to ``question``, found once for all callers of whom AWS sends the
        same."""
        allow = replace(question.allow, sid="", why="", principals=())
        same = replace(question, allow=allow, caller="")
        key = (
            (same.requests, same.allow, same.denies, same.gates, same.within),
            _frozen(same.when),
            _frozen(same.facts),
        )
        if key not in self._known:
            try:
                self._known[key] = "proved" if self._broken(same) is None else "request"
            except OutOfTime:
                self._known[key] = "unknown"
        found: Answer = self._known[key]
        return found

    def allows(
        self, met: Sequence[Condition], denies: Sequence[Sequence[Condition]], when: When
    ) -> bool:
        """Return whether some request meets all of ``met`` and of each of ``denies`` misses a
        condition. Raises ``UnknownOperator``, and ``OutOfTime``."""
        too_much = "letters beyond ASCII without case are too much" in self._departures
        if too_much and any(
            "IgnoreCase" in one.operator and not "".join(one.values).isascii()
            for some in (met, *denies)
            for one in some
        ):
            return True
        here = self._circumstances((*met, *(one for deny in denies for one in deny)), when, {})
        found = [here.holds(condition) for condition in met]
        found += [z3.Not(z3.And(*map(here.holds, deny))) for deny in denies]
        return self._can_be([*found, *here.laws()])

    # -- steps -------------------------------------------------------------------------------

    def _circumstances(
        self, conditions: Iterable[Condition], when: When, facts: When
    ) -> Circumstances:
        return Circumstances(conditions, when, facts, self._departures)

    def _can_be(self, premises: Sequence[Expression]) -> bool:
        """Return whether ``premises`` have a model. Raises ``OutOfTime``."""
        return self._model(premises, lambda: True) is not None

    def _model(self, premises: Sequence[Expression], found: Callable[[], Any] | None = None) -> Any:
        """Return a model of ``premises``, None if there is none. Raises ``OutOfTime``."""
        self._asked += 1
        if self._asked % _MOST_QUESTIONS == 0:
            self._renew()
        # Most questions are answered before they could be gathered, the others after.
        for effort, form in ((_LITTLE_EFFORT, list), (self._effort, gathered)):
            self._solver.push()
            try:
                self._solver.set("rlimit", effort)
                self._solver.add(*form(premises))
                answer = self._solver.check()
                if answer != z3.unknown:
                    return (found or self._solver.model)() if answer == z3.sat else None
            finally:
                self._solver.pop()
        raise OutOfTime

    def _some(self, question: Question, missed: Sequence[tuple[Condition, ...]] = ()) -> bool:
        """Return whether a request meets the conditions of the Allow of ``question``, and of each
        of ``missed`` misses one."""
        met, when, facts = question.allow.conditions, question.when, question.facts
        key = ("conditions", met, tuple(missed), _frozen(when), _frozen(facts))
        if key not in self._known:
            here = self._circumstances((*met, *(c for one in missed for c in one)), when, facts)
            found = [here.holds(condition) for condition in met]
            found += [z3.Not(z3.And(*map(here.holds, one))) for one in missed]
            self._known[key] = self._can_be([*found, *here.laws()])
        return bool(self._known[key])

    def _broken(self, question: Question) -> tuple["_Case", Actions] | None:
        """Return where a request breaks the claim."""
        # What is cheap alone, and shared by many questions, comes first.
        if not self._some(question):
            return None
        question = self._bearing(question)
        for some in question.requests:
            actions = self._actions(question.allow, some)
            for pattern in question.allow.resources or ("*",):
                for asked in some.resources:
                    for known in resources.known((pattern, asked)):
                        case = _Case(self._circumstances, question, some, pattern, asked, known)
                        live = [one for one in actions if self._works(case, one)]
                        if "an action works on all of a pattern or on none" in self._departures:
                            live = [replace(one, forms=None) for one in live]
                        if live and (found := self._found(self._gated(case), live)):
                            return found
        return None

    def _bearing(self, question: Question) -> Question:
        """Return ``question`` with the Deny statements that are left when the request's condition
        keys miss as many as they can: where they can miss all at once, none of these."""
        statements = [question.allow, *(deny.statement for deny in question.denies)]
        if any("${" in r for s in statements for r in (*s.resources, *s.not_resources)):
            # Which keys a request has bears on what its resource matches.
            return question
        sure = [
            replace(deny, statement=replace(deny.statement, conditions=()))
            for deny in question.denies
            if not self._some(question, (deny.statement.conditions,))
        ]
        others = [d for d in question.denies if self._some(question, (d.statement.conditions,))]
        if not others or self._some(question, [deny.statement.conditions for deny in others]):
            return replace(question, denies=tuple(sure))
        return replace(question, denies=(*sure, *others))

    def _actions(self, allow: Statement, some: Requests) -> Sequence[Actions]:
        """Return the actions of ``some`` that ``allow`` names."""
        key = ("actions", allow.actions, allow.not_actions, some.actions, some.but_actions)
        if key not in self._known:
            self._known[key] = [
                one
                for one in classes(allow.actions, allow.not_actions, some.actions, some.but_actions)
                if one.bits is not None or self._can_be(_named(one, allow, some))
            ]
        found: Sequence[Actions] = self._known[key]
        return found

    def _works(self, case: "_Case", actions: Actions) -> bool:
        """Return whether an allowed pattern and a claimed one share a resource that the actions
        work on."""
        whole = "an action works on all of a pattern or on none" in self._departures
        within, known = case.question.within, case.known
        return self._share(case.pattern, case.asked, case.buts, within, known, None) and (
            actions.forms is None
            or self._share(
                case.pattern, case.asked, () if whole else case.buts, within, known, actions.forms
            )
        )

    def _share(self, *given: Any) -> bool:
        if given not in self._known:
            self._known[given] = self._can_be(_resources(*given))
        return bool(self._known[given])

    def _gated(self, case: "_Case") -> "_Case":
        """Return ``case`` with those gates alone that bear on its resources."""
        gates = tuple(
            gate
            for gate in case.question.gates
            if self._share(case.pattern, case.asked, (), gate.resources, case.known, None)
        )
        return replace(case, question=replace(case.question, gates=gates))

    def _found(self, case: "_Case", live: Sequence[Actions]) -> tuple["_Case", Actions] | None:
        """Return where a request breaks the claim, with everything that bears on it."""
        if not (case.question.denies or case.question.gates or "${" in case.pattern):
            return case, live[0]
        for any_of_them, part in case.parts(live):
            # Where nothing is left whatever they work on, none of them has to be asked for.
            if len(part) > 1 and not self._can_be(case.premises(any_of_them)):
                continue
            for one in part:
                if self._can_be(case.premises(one)):
                    return case, one
        return None

    def _example(self, question: Question, case: "_Case", actions: Actions) -> Example:
        case = replace(case, question=replace(case.question, denies=question.denies))
        here = case.circumstances()
        conditions = [here.holds(condition) for condition in question.allow.conditions]
        for _, part in case.parts([actions]):
            for one in part:
                model = self._model([*case.premises(one, here), *conditions, *here.laws()])
                if model is not None:
                    return Example(
                        question.caller,
                        one.shown(model),
                        resources.shown(model, case.known),
                        here.shown(model),
                        tuple(open_outcomes(model)),
                    )
        raise AssertionError("a request was found and is gone")


@dataclass(frozen=True, slots=True)
class _Case:
    """One resource pattern of an Allow and one that a claim forbids."""

    made: Callable[[Iterable[Condition], When, When], Circumstances]
    question: Question
    some: Requests
    pattern: str
    asked: str
    known: resources.Known

    @property
    def buts(self) -> tuple[str, ...]:
        return (*self.some.but_resources, *self.question.allow.not_resources)

    @property
    def others(self) -> list[Statement]:
        """The statements beside the Allow that bear on the request."""
        statements = [deny.statement for deny in self.question.denies]
        return statements + [allow for gate in self.question.gates for allow in gate.allows]

    def circumstances(self) -> Circumstances:
        conditions = [c for one in (self.question.allow, *self.others) for c in one.conditions]
        return self.made(conditions, self.question.when, self.question.facts)

    def parts(self, live: Sequence[Actions]) -> Iterator[tuple[Actions, list[Actions]]]:
        """Yield ``live`` in parts, of each of which every other statement names all or none, and
        before it what stands for all of the part."""
        waiting = [[one for one in live if one.bits is not None]]
        for statement in self.others:
            named = union(statement.actions or statement.not_actions)
            waiting = [
                [replace(one, bits=bits) for one in part if (bits := one.bits & mask)]  # type: ignore[operator]
                for part in waiting
                for mask in (named, ~named)
            ]
        for part in waiting:
            if part:
                yield replace(part[0], forms=None), part
        if new := [one for one in live if one.bits is None and one.name is None]:
            yield NEW, new
        for one in live:
            if one.name is not None:
                yield one, [one]

    def premises(self, actions: Actions, here: Circumstances | None = None) -> list[Expression]:
        """Return what must hold of a request that breaks the claim; of its condition keys only
        where they bear on whether its action and resource do."""
        question = self.question
        texts = (self.pattern, *self.buts, *(r for s in self.others for r in s.resources))
        texts = (*texts, *(r for s in self.others for r in s.not_resources))
        coupled = any(s.conditions for s in self.others) or any("${" in t for t in texts)
        context = here or self.circumstances()
        found = _named(actions, question.allow, self.some) if actions.bits is None else []
        within, forms = question.within, actions.forms
        given = (self.pattern, self.asked, self.buts, within, self.known, forms)
        found += _resources(*given, context, texts)
        seen = _Seen(actions, context, self.known)
        found += [z3.Not(seen.denied(deny)) for deny in question.denies]
        found += [seen.passes(gate) for gate in question.gates]
        if coupled and here is None:
            found += [context.holds(condition) for condition in question.allow.conditions]
            found += context.laws()
        return found


def _frozen(when: When) -> Any:
    return tuple(sorted(when.items(), key=lambda item: item[0]))


def _named(actions: Actions, allow: Statement, some: Requests) -> list[Expression]:
    """Return that the action is one of ``some`` that ``allow`` names."""
    given = actions.named(allow.actions) if allow.actions else z3.BoolVal(True)
    return [
        *actions.laws(),
        given,
        z3.Not(actions.named(allow.not_actions)),
        actions.named(some.actions),
        z3.Not(actions.named(some.but_actions)),
    ]


def _resources(
    pattern: str,
    asked: str,
    buts: Sequence[str],
    within: Sequence[str] | None,
    known: resources.Known,
    forms: Sequence[str] | None,
    here: Circumstances | None = None,
    others: Sequence[str] = (),
) -> list[Expression]:
    """Return that the resource is one of those asked for that ``pattern`` names; without the
    request's condition keys (``here``), a variable may be anything.

    ``others`` are the patterns beside these that will be asked of the resource.
    """
    if here is None:
        given = resources.is_like(resources.widest(pattern), known)
        taken = [resources.is_like(but, known) for but in buts if "${" not in but]
    else:
        given = resources.matches_pattern(pattern, here, known)
        taken = [resources.matches_pattern(but, here, known) for but in buts]
    every = (pattern, asked, *buts, *(within or ()), *others)
    found = [*resources.laws(known, every), given, resources.is_like(asked, known)]
    found += [z3.Not(but) for but in taken]
    if within is not None:
        found.append(z3.Or(*(resources.is_like(one, known) for one in within)))
    if forms is not None:
        found.append(resources.works(forms, known))
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """A request as the other statements see it: its action, condition keys, and what is known of
    its resource."""

    actions: Actions
    here: Circumstances
    known: resources.Known

    def applies(self, statement: Statement) -> Expression:
        """Return that ``statement`` speaks of the request."""
        named = self.actions.named(statement.actions or statement.not_actions)
        found = [named if statement.actions else z3.Not(named)]
        like = [resources.matches_pattern(p, self.here, self.known) for p in statement.resources]
        if like:
            found.append(z3.Or(*like))
        for pattern in statement.not_resources:
            found.append(z3.Not(resources.matches_pattern(pattern, self.here, self.known)))
        return z3.And(*found, *(self.here.holds(condition) for condition in statement.conditions))

    def denied(self, deny: Deny) -> Expression:
        """Return that ``deny`` denies the request."""
        applies = self.applies(deny.statement)
        return applies if deny.within is None else z3.And(applies, self._is_any(deny.within))

    def passes(self, gate: Gate) -> Expression:
        """Return that the request is for another resource, or ``gate`` lets it pass."""
        return z3.Implies(self._is_any(gate.resources), z3.Or(*map(self.applies, gate.allows)))

    def _is_any(self, patterns: Sequence[str]) -> Expression:
        return z3.Or(*(resources.is_like(one, self.known) for one in patterns))
