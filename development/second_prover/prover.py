"""Proves never-claims of a stack with z3: it searches a request that the claim forbids and the
policies allow; there is none, or here it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import z3

from development.second_prover import resources
from development.second_prover.actions import NEW, Actions, classes, union
from development.second_prover.conditions import Circumstances, open_outcomes
from development.second_prover.gathering import gathered
from development.second_prover.questions import (
    Departure,
    Deny,
    Gate,
    NotInStack,
    Question,
    questions,
)
from development.second_prover.texts import Expression
from gate.synthesized import Stack
from modules.iam.claims import Never, Requests, When
from modules.iam.policy import Condition, Statement

# The solver keeps what it learned of texts; after so many questions a new one is faster.
_MOST_QUESTIONS = 4_000
# Some 20 milliseconds.
_LITTLE_EFFORT = 80_000


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a claim is proved, and if not, the request that breaks it, as far as one was found
    in time. ``left_open`` are the outcomes that AWS's pages leave open and that the request needs.
    """

    outcome: Literal["proved", "request", "unknown"]
    caller: str = ""
    action: str = ""
    resource: str = ""
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_open: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Return whether the claim is proved."""
        return self.outcome == "proved"


_PROVED = Answer("proved")


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
        unknown = _PROVED
        try:
            for question in questions(stack, never, self._departures):
                answer = self.answer(question)
                if answer.outcome == "request":
                    return answer
                if answer.outcome == "unknown":
                    unknown = answer
        except NotInStack as error:
            return Answer("request", caller=str(error))
        return unknown

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
                self._known[key] = self._answer(same)
            except OutOfTime:
                self._known[key] = Answer("unknown")
        found: Answer = self._known[key]
        return found if found.holds else replace(found, caller=question.caller)

    def can_hold(self, conditions: Sequence[Condition], when: When, facts: When) -> bool:
        """Return whether some request meets all ``conditions`` when ``when`` holds."""
        return self._some(conditions, (), when, facts)

    def allows(
        self, met: Sequence[Condition], denies: Sequence[Sequence[Condition]], when: When
    ) -> bool:
        """Return whether some request meets all of ``met`` and of each of ``denies`` misses a
        condition. Raises ``UnknownOperator``, and ``OutOfTime``."""
        here = self._circumstances((*met, *(one for deny in denies for one in deny)), when, {})
        found = [here.holds(condition) for condition in met]
        found += [z3.Not(z3.And(*map(here.holds, deny))) for deny in denies]
        return self._can_be([*found, *here.laws()])

    # -- steps -------------------------------------------------------------------------------

    def _circumstances(
        self, conditions: Iterable[Condition], when: When, facts: When
    ) -> Circumstances:
        open_variables = "variables are left open" in self._departures
        return Circumstances(conditions, when, facts, open_variables)

    def _can_be(self, premises: Sequence[Expression]) -> bool:
        """Return whether ``premises`` have a model. Raises ``OutOfTime``."""
        return self._model(premises, lambda: True) is not None

    def _model(
        self, premises: Sequence[Expression], found: Callable[[], Any] | None = None
    ) -> Any:
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

    def _some(
        self,
        met: Sequence[Condition],
        missed: Sequence[Condition],
        when: When,
        facts: When,
    ) -> bool:
        """Return whether a request meets all of ``met``, and misses one of ``missed`` if any."""
        key = ("conditions", tuple(met), tuple(missed), _frozen(when), _frozen(facts))
        if key not in self._known:
            here = self._circumstances((*met, *missed), when, facts)
            found = [here.holds(condition) for condition in met]
            if missed:
                found.append(z3.Not(z3.And(*(here.holds(condition) for condition in missed))))
            self._known[key] = self._can_be([*found, *here.laws()])
        return bool(self._known[key])

    def _answer(self, question: Question) -> Answer:
        # What is cheap alone, and shared by many questions, comes first.
        if not self.can_hold(question.allow.conditions, question.when, question.facts):
            return _PROVED
        question = self._bearing(question)
        for some in question.requests:
            actions = self._actions(question.allow, some)
            for pattern in question.allow.resources or ("*",):
                for asked in some.resources:
                    for known in resources.known((pattern, asked)):
                        case = _Case(self._circumstances, question, some, pattern, asked, known)
                        live = [one for one in actions if self._works(case, one)]
                        if live and (found := self._found(self._gated(case), live)):
                            return found
        return _PROVED

    def _bearing(self, question: Question) -> Question:
        """Return ``question`` without each Deny whose conditions cannot be met, and without the
        conditions of each that are met in any case."""
        allow, denies = question.allow.conditions, []
        for deny in question.denies:
            conditions = deny.statement.conditions
            if not self._some((*allow, *conditions), (), question.when, question.facts):
                continue
            if conditions and not self._some(allow, conditions, question.when, question.facts):
                deny = replace(deny, statement=replace(deny.statement, conditions=()))
            denies.append(deny)
        return replace(question, denies=tuple(denies))

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
        return all(
            self._share(case.pattern, case.asked, case.buts, case.question.within, case.known, forms)
            for forms in dict.fromkeys((None, actions.forms))
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

    def _found(self, case: "_Case", live: Sequence[Actions]) -> Answer | None:
        """Return the request that breaks the claim, with everything that bears on it."""
        for any_of_them, part in case.parts(live):
            # Where nothing is left whatever they work on, none of them has to be asked for.
            if len(part) > 1 and not self._can_be(case.premises(any_of_them)):
                continue
            for one in part:
                if self._can_be(case.premises(one)):
                    return self._request(case, one)
        return None

    def _request(self, case: "_Case", actions: Actions) -> Answer:
        here = case.circumstances()
        conditions = [here.holds(condition) for condition in case.question.allow.conditions]
        model = self._model([*case.premises(actions, here), *conditions, *here.laws()])
        if model is None:
            raise AssertionError("a request was found and is gone")
        return Answer(
            "request",
            action=actions.shown(model),
            resource=resources.shown(model, case.known),
            context=here.shown(model),
            left_open=tuple(open_outcomes(model)),
        )


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
    def _others(self) -> list[Statement]:
        statements = [deny.statement for deny in self.question.denies]
        return statements + [allow for gate in self.question.gates for allow in gate.allows]

    def circumstances(self) -> Circumstances:
        conditions = [c for one in (self.question.allow, *self._others) for c in one.conditions]
        return self.made(conditions, self.question.when, self.question.facts)

    def parts(self, live: Sequence[Actions]) -> Iterator[tuple[Actions, list[Actions]]]:
        """Yield ``live`` in parts, of each of which every other statement names all or none, and
        before it what stands for all of the part."""
        waiting = [[one for one in live if one.bits is not None]]
        for statement in self._others:
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
        texts = (self.pattern, *self.buts, *(r for s in self._others for r in s.resources))
        texts = (*texts, *(r for s in self._others for r in s.not_resources))
        coupled = any(s.conditions for s in self._others) or any("${" in t for t in texts)
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
