"""Mutants of the evaluator: each small change of its source must make a case of the tables fail."""

import ast
import importlib.util
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SOURCES = Path(__file__).parents[3] / "modules" / "iam"
# In the order in which they import each other.
MODULES = ("patterns", "conditions", "decide")

SWAPPED_OPERATORS: dict[type[ast.AST], type[Any]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
SWAPPED_NAMES = {
    "any": "all",
    "all": "any",
    "any_of": "all_of",
    "all_of": "any_of",
    "startswith": "endswith",
    "endswith": "startswith",
    "eq": "ne",
    "lt": "le",
    "le": "lt",
    "gt": "ge",
    "ge": "gt",
    "partition": "rpartition",
    "rpartition": "partition",
}
SWAPPED_STRINGS = {
    "Allow": "Deny",
    "Deny": "Allow",
    "ForAllValues": "ForAnyValue",
    "ForAnyValue": "ForAllValues",
    "IfExists": "IfEquals",
    "itself": "issuer",
    "issuer": "account",
    "account": "itself",
    "canonical": "itself",
    "identity": "boundary",
    "boundary": "session",
    "session": "identity",
    "deny": "identity",
    "resource": "identity",
    "root": "user",
    "user": "root",
    "role session": "service",
    "federated user": "federated",
    "service": "user",
    "federated": "user",
    "Service": "AWS",
    "Federated": "AWS",
    "CanonicalUser": "AWS",
    "AWS": "*",
    "true": "false",
    "false": "true",
    "*": "?",
    "?": "*",
    ":": "/",
    "${": "$",
    "}": "{",
    "2012-10-17": "2008-10-17",
}
# Calls without which the text or truth stays as it was.
DROPPED_CALLS = {"lower", "strip", "literal", "negated", "_text", "normal", "_skipped", "set"}

# The mutants that do what the original does, with the reason why no case can tell.
WHEN_TO_GIVE_UP = "moves by a little the point at which a hopeless question is given up"
EQUIVALENT: dict[str, dict[str, str]] = {
    "patterns": {
        "difference_example: work = 0: 0 -> 1 #1": WHEN_TO_GIVE_UP,
        "add: if work > _MOST_WORK:: work > _MOST_WORK -> work >= _MOST_WORK #1": WHEN_TO_GIVE_UP,
        "__init__: self.cost = 1 + size // 1024: 1 -> 2 #1": WHEN_TO_GIVE_UP,
        "__init__: self.accepting = named.pop(_END, 0): 0 -> 1 #1": (
            "an automaton of no patterns has no states that could be accepting"
        ),
        "__init__: self._colons = named.pop(COLON, 0): 0 -> 1 #1": (
            "patterns that are no ARNs are never given the colon of an ARN"
        ),
    },
    "conditions": {},
    "decide": {},
}


class TooSlow(Exception):
    """A mutant does not come to an end."""


def variants(node: ast.AST) -> Iterator[ast.AST | None]:
    """Yield the changes of one node; None takes a statement away."""
    match node:
        case ast.Compare(left, [op], comparators) if type(op) in SWAPPED_OPERATORS:
            yield ast.Compare(left, [SWAPPED_OPERATORS[type(op)]()], comparators)
        case ast.Compare(left, [one, other], comparators):
            yield ast.Compare(left, [SWAPPED_OPERATORS[type(one)](), other], comparators)
            yield ast.Compare(left, [one, SWAPPED_OPERATORS[type(other)]()], comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(SWAPPED_OPERATORS[type(op)](), values)
            for n in range(len(values)):
                yield ast.BoolOp(op, [*values[:n], *values[n + 1 :]])
        case ast.BinOp(left, op, right) if type(op) in SWAPPED_OPERATORS:
            yield ast.BinOp(left, SWAPPED_OPERATORS[type(op)](), right)
        case ast.UnaryOp(ast.Not() | ast.USub() | ast.Invert(), operand):
            yield operand
        case ast.If(test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.While(test, body, orelse):
            yield ast.While(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.comprehension(target, iterator, [_], is_async):
            yield ast.comprehension(target, iterator, [], is_async)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(None):
            yield ast.Constant(False)
            yield ast.Constant(True)
        case ast.Constant(int() as value) if value < 10:
            yield ast.Constant(value + 1)
        case ast.Constant(str() as value) if value in SWAPPED_STRINGS:
            yield ast.Constant(SWAPPED_STRINGS[value])
        case ast.Name(name, context) if name in SWAPPED_NAMES:
            yield ast.Name(SWAPPED_NAMES[name], context)
        case ast.Attribute(value, name, context) if name in SWAPPED_NAMES:
            yield ast.Attribute(value, SWAPPED_NAMES[name], context)
        case ast.Call(ast.Attribute(value, name), []) if name in DROPPED_CALLS:
            yield value
        case ast.Call(ast.Name(name), [argument]) if name in DROPPED_CALLS:
            yield argument
        case ast.Call(ast.Attribute(_, name), [argument]) if name in DROPPED_CALLS:
            yield argument
        case ast.Continue() | ast.Break() | ast.AugAssign() | ast.Raise():
            yield None
        case ast.Expr(value) if not isinstance(value, ast.Constant | ast.Yield | ast.YieldFrom):
            yield None


# Types, caches, imports, what an error says, and defaults, which the tables always give.
NOT_CHANGED = ("annotation", "returns", "decorator_list", "defaults", "exc", "names")


@dataclass(frozen=True)
class Place:
    """Where a node hangs: the field of its parent, and the function and statement it is in."""

    parent: ast.AST
    field: str
    index: int | None
    function: str
    statement: str

    def put(self, node: ast.AST) -> None:
        """Let ``node`` hang here."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def places(parent: ast.AST, function: str, statement: str) -> Iterator[tuple[Place, ast.AST]]:
    """Yield each node under ``parent`` and its place."""
    for field, value in ast.iter_fields(parent):
        if field in NOT_CHANGED or isinstance(parent, ast.JoinedStr):
            continue
        listed = value if isinstance(value, list) else [value]
        for n, node in enumerate(listed):
            if not isinstance(node, ast.AST) or is_type(node) or is_default(node):
                continue
            inside, line = function, statement
            if isinstance(node, ast.FunctionDef):
                inside = node.name
            if isinstance(node, ast.stmt):
                line = ast.unparse(node).splitlines()[0]
            yield Place(parent, field, n if value is listed else None, inside, line), node
            yield from places(node, inside, line)


def is_type(node: ast.AST) -> bool:
    """Return whether ``node`` names a type."""
    return isinstance(node, ast.Assign) and ast.unparse(node.value).startswith(
        ("Literal[", "Callable[", "list[", "tuple[", "bool |")
    )


def is_default(node: ast.AST) -> bool:
    """Return whether ``node`` is the default of a dataclass's field."""
    return isinstance(node, ast.AnnAssign) and ast.unparse(node.value or node) == "None"


def mutants(source: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield each mutant of ``source`` with its name; the tree is changed back afterwards."""
    tree = ast.parse(source)
    times: Counter[str] = Counter()
    for place, node in list(places(tree, "module", "")):
        for variant in variants(node):
            changed = ast.Pass() if variant is None else variant
            before, after = (ast.unparse(one).strip().splitlines()[0] for one in (node, changed))
            name = f"{place.function}: {place.statement}: {before} -> {after}"
            times[name] += 1
            place.put(ast.copy_location(changed, node))
            yield f"{name} #{times[name]}", ast.fix_missing_locations(tree)
            place.put(node)


def loaded(mutated: str, tree: ast.Module) -> dict[str, ModuleType]:
    """Return the three modules, one of them from ``tree``, that import each other."""
    names = [f"modules.iam.{name}" for name in MODULES]
    before = {name: sys.modules[name] for name in names if name in sys.modules}
    modules = {}
    try:
        for name, full in zip(MODULES, names, strict=True):
            code = (
                compile(tree, f"<mutant of {name}>", "exec") if name == mutated else ORIGINALS[name]
            )
            module = modules[name] = ModuleType(full)
            sys.modules[full] = module
            exec(code, module.__dict__)
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)
    return modules


ORIGINALS = {
    name: compile((SOURCES / f"{name}.py").read_text(), f"{name}.py", "exec") for name in MODULES
}


def tables() -> dict[str, Callable[[ModuleType], str | None]]:
    """Return the functions that run the tables of cases beside this file."""
    found = {}
    for name in MODULES:
        path = Path(__file__).with_name(f"test_{name}.py")
        spec = importlib.util.spec_from_file_location(f"table_of_{name}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Its dataclasses look themselves up.
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        found[name] = module.failed
    return found


def stop(*_: object) -> None:
    """Interrupt a mutant."""
    raise TooSlow


def survives(
    mutated: str, tree: ast.Module, run: dict[str, Callable[[ModuleType], str | None]]
) -> bool:
    """Return whether no case of the tables tells the mutant from the original."""
    # Seconds of work of this process, of which the tables take a fraction.
    signal.setitimer(signal.ITIMER_VIRTUAL, 1)
    try:
        modules = loaded(mutated, tree)
        order = sorted(MODULES, key=lambda name: name != mutated)
        return not any(run[name](modules[name]) for name in order)
    except Exception:
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_every_mutant_is_caught_but_those_that_change_nothing(name: str) -> None:
    run = tables()
    assert survives(name, ast.parse((SOURCES / f"{name}.py").read_text()), run)
    previous = signal.signal(signal.SIGVTALRM, stop)
    try:
        surviving = {
            mutant
            for mutant, tree in mutants((SOURCES / f"{name}.py").read_text())
            if survives(name, tree, run)
        }
    finally:
        signal.signal(signal.SIGVTALRM, previous)
    assert surviving == set(EQUIVALENT[name])
