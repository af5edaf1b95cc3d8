"""What a logic program says, by clingo in a child process.

    Furry($x, True) >>> Nice($x, True)      is      h("Nice",1,X0) :- h("Furry",1,X0).

Rules are definite clauses and False is a value like True, as in Logic-LM, whose engine has no negation: what is not
derived is unknown. A constraint problem becomes a choice of one value for each variable, and integrity constraints.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from symbol_llm.errors import EngineMissing
from symbol_llm.formats.logic_program_tree import Comparison, Constraint, Literal, Problem, Program, Term
from symbol_llm.solvers.outcome import Outcome, Solution

TARGET = "symbol_llm.formats.logic_program_clingo:run"
_MAX_DERIVED = 50_000


@lru_cache(maxsize=1)
def engine() -> str:
    """Name and version. Raises EngineMissing."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"clingo {version('clingo')}"
    except PackageNotFoundError as error:
        raise EngineMissing("clingo", "pip install clingo") from error


def prepare() -> None:
    """Load the engine in the child."""
    import clingo  # noqa: F401


def run(job: tuple[str, ...]) -> Solution:
    """("model" | "cautious" | "brave", program): the shown atoms, each a list of arguments; None if there is no model.

    Answers with those of the one model, of all models, or of any model. ("model", program, atom, …) asks of a
    program without choices only how many atoms it derives, and whether it derives these.
    """
    import clingo

    mode, text, *asked = job
    said: list[str] = []
    arguments = ["--warn=none"] + ([f"--enum-mode={mode}", "--models=0"] if mode != "model" else [])
    control = clingo.Control(arguments, logger=lambda _, message: said.append(message))
    try:
        control.add("base", [], text)
        control.ground([("base", [])])
    except RuntimeError as error:
        message = " ".join(" ".join(said).split()) or str(error)
        return Solution(Outcome.REJECTED, message=message, engine=engine())
    found: list[Any] | None = None
    with control.solve(yield_=True) as handle:
        for model in handle:
            if asked:
                found = [model.contains(clingo.parse_term(atom)) for atom in asked]
                continue
            symbols = model.symbols(shown=True)
            if len(symbols) > _MAX_DERIVED:
                return Solution(Outcome.OUT_OF_MEMORY, message=f"more than {_MAX_DERIVED} facts", engine=engine())
            found = sorted([_plain(argument) for argument in symbol.arguments] for symbol in symbols)
    return Solution(None, answer={"atoms": found, "number": len(control.symbolic_atoms)}, engine=engine())


def _plain(symbol: Any) -> str:
    import clingo

    return str(symbol.string if symbol.type == clingo.SymbolType.String else symbol.number)


def atom_text(literal: Literal) -> str:
    """A literal without variables as an atom: ``h("Nice",1,"Bob")``."""
    return _atom(literal, {})


def program_text(program: Program) -> str:
    """Facts and rules; h(predicate, 1 or 0, arguments…) is shown."""
    lines = [f"{_atom(fact.literal, {})}." for fact in program.facts]
    for rule in program.rules:
        names: dict[str, str] = {}
        body = ", ".join(_atom(literal, names) for literal in rule.body)
        lines += [f"{_atom(literal, names)} :- {body}." for literal in rule.head]
    arities = sorted({len(literal.arguments) + 2 for literal in program.literals()})
    return "\n".join([*lines, *(f"#show h/{arity}." for arity in arities)])


def _atom(literal: Literal, names: dict[str, str]) -> str:
    arguments = [names.setdefault(a, f"X{len(names)}") if a.startswith("$") else f'"{a}"' for a in literal.arguments]
    return f'h("{literal.predicate}",{int(literal.value)},{",".join(arguments)})'


def problem_text(problem: Problem) -> str:
    """The assignments that satisfy the problem; option(letter) holds where the option is true."""
    lines = [*_choices(problem), *_named(problem.constraints, "c")]
    lines += [f":- not c({i})." for i in range(len(problem.constraints))]
    lines += [f'option("{o.letter}") :- {_condition(o.comparison)}.' for o in problem.options]
    return "\n".join([*lines, "#show option/1."])


def difference_text(first: Problem, second: Problem) -> str:
    """Assignments that satisfy ``first`` and tell the two apart: a model is a witness. Same variables and letters."""
    lines = [*_choices(first), *_named(first.constraints, "c"), *_named(second.constraints, "d")]
    lines += [f":- not c({i})." for i in range(len(first.constraints))]
    lines += [f"apart :- not d({i})." for i in range(len(second.constraints))]
    for name, problem in (("p", first), ("q", second)):
        lines += [f'{name}("{o.letter}") :- {_condition(o.comparison)}.' for o in problem.options]
    for option in first.options:
        lines += [f'apart :- p("{option.letter}"), not q("{option.letter}").']
        lines += [f'apart :- q("{option.letter}"), not p("{option.letter}").']
    return "\n".join([*lines, ":- not apart.", "#show value/2."])


def _choices(problem: Problem) -> list[str]:
    return [f'1 {{ value("{name}",({";".join(map(str, values))})) }} 1.' for name, values in problem.variables]


def _named(constraints: tuple[Constraint, ...], name: str) -> list[str]:
    """``c(3)`` holds where constraint 3 does."""
    lines = []
    for i, constraint in enumerate(constraints):
        lines += [f"{name}({i}) :- {_condition(choice)}." for choice in constraint.choices]
        if constraint.different:
            members = ";".join(f'"{member}"' for member in constraint.different)
            lines += [f"of_{name}({i},({members})).", f"{name}({i}) :- not same_{name}({i})."]
            pair = f"of_{name}({i},V), of_{name}({i},W), V < W, value(V,N), value(W,N)"
            lines.append(f"same_{name}({i}) :- {pair}.")
    return lines


def _condition(comparison: Comparison) -> str:
    operator = {"==": "="}.get(comparison.operator, comparison.operator)
    parts, texts = [], []
    for letter, term in (("A", comparison.left), ("B", comparison.right)):
        if term.variable:
            parts.append(f'value("{term.variable}",{letter})')
        texts.append(_sum(letter, term))
    return ", ".join([*parts, f"{texts[0]} {operator} {texts[1]}"])


def _sum(letter: str, term: Term) -> str:
    return f"{letter}+({term.number})" if term.variable else str(term.number)
