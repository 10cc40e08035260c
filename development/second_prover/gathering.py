"""Formulas about texts as one regular expression for each variable.

z3 follows every membership in a regular expression letter by letter, all of them together; of one
that is built of many it finds in a hundredth of the time that nothing is in it (5.4.1, measured
2026-11). The formulas mean the same.
"""

from collections.abc import Callable, Iterable, Sequence

import z3

from development.second_prover.texts import Expression


def gathered(premises: Iterable[Expression]) -> list[Expression]:
    """Return ``premises`` with what they say of each variable together."""
    whole = _gathered(z3.And(*premises))
    return list(whole.children()) if z3.is_and(whole) else [whole]


def _gathered(formula: Expression) -> Expression:
    kind = formula.decl().kind()
    if kind == z3.Z3_OP_NOT:
        inner = _gathered(formula.arg(0))
        about = _membership(inner)
        if about is not None:
            return z3.InRe(about[0], z3.Complement(about[1]))
        return _truth(not z3.is_true(inner)) if _is_constant(inner) else z3.Not(inner)
    if kind == z3.Z3_OP_IMPLIES:
        return _gathered(z3.Or(z3.Not(formula.arg(0)), formula.arg(1)))
    if kind == z3.Z3_OP_AND:
        return _merged(formula.children(), z3.Z3_OP_AND, z3.And, z3.Intersect, True)
    if kind == z3.Z3_OP_OR:
        return _merged(formula.children(), z3.Z3_OP_OR, z3.Or, z3.Union, False)
    return formula


def _merged(
    parts: Sequence[Expression],
    kind: int,
    joined: Callable[..., Expression],
    of_expressions: Callable[..., Expression],
    neutral: bool,
) -> Expression:
    waiting, rest = [*parts], []
    about: dict[int, tuple[Expression, list[Expression]]] = {}
    while waiting:
        part = _gathered(waiting.pop(0))
        if _is_constant(part):
            if z3.is_true(part) != neutral:
                return _truth(not neutral)
        elif part.decl().kind() == kind:
            waiting[:0] = part.children()
        elif (found := _membership(part)) is not None:
            about.setdefault(found[0].get_id(), (found[0], []))[1].append(found[1])
        else:
            rest.append(part)
    for variable, expressions in about.values():
        one = expressions[0] if len(expressions) == 1 else of_expressions(*expressions)
        rest.append(z3.InRe(variable, one))
    if len(rest) == 1:
        return rest[0]
    return joined(*rest) if rest else _truth(neutral)


def _membership(formula: Expression) -> tuple[Expression, Expression] | None:
    """Return variable and regular expression of "it is in it", or of "it is this text"."""
    kind = formula.decl().kind()
    if kind == z3.Z3_OP_SEQ_IN_RE and _is_variable(formula.arg(0)):
        return formula.arg(0), formula.arg(1)
    if kind == z3.Z3_OP_EQ:
        one, other = formula.children()
        if _is_variable(one) and z3.is_string_value(other):
            return one, z3.Re(other)
    return None


def _is_variable(one: Expression) -> bool:
    return bool(z3.is_string(one) and one.decl().kind() == z3.Z3_OP_UNINTERPRETED)


def _is_constant(one: Expression) -> bool:
    return bool(z3.is_true(one) or z3.is_false(one))


def _truth(value: bool) -> Expression:
    return z3.BoolVal(value)
