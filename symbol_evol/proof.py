"""Proving that an evolved symbol means what the original meant.

inverse    renaming back gives the original symbol and its definitions, byte for byte
engine     the language's real engine takes the evolved symbol in the evolved context
execution  both are executed, each in its own context, and give the same result up to the renaming:
           SCAN's command interpreted with the evolved actions, a CLEVR answer on the scene, a plan of Fast
           Downward for the evolved problem that, renamed back, is valid in the original domain
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from symbol_evol.rename import EvolReason, Refused, Renaming
from symbol_llm.formats import Context, Format
from symbol_llm.formats import get as get_format
from symbol_llm.record import Record
from symbol_llm.solvers import Solver
from symbol_llm.solvers import get as get_solver


@cache
def _solver(name: str) -> Solver:
    """One solver per process, closed when the process ends."""
    import atexit

    solver = get_solver(name)
    atexit.register(solver.close)
    return solver


def prove(record: Record, renaming: Renaming) -> str | Refused:
    """The proof of one renaming ("inverse + execution: …"), or why there is none."""
    language = get_format(record.format)
    original = record.to_context()
    back = language.rename_context(renaming.context, renaming.inverse)
    tree = language.rename(language.parse(renaming.completion), renaming.inverse)
    if back != original:
        return Refused(EvolReason.INVERSE_DIFFERS, "renaming back does not give the definitions")
    # A symbol is compared in the printed form of its tree: comments and line breaks carry no meaning.
    if language.render(tree) != language.render(language.parse(record.completion)):
        return Refused(EvolReason.INVERSE_DIFFERS, "renaming back does not give the symbol")
    old_texts = {name.text for name in renaming.mapping}
    left = {name.text for name in language.names(language.parse(renaming.completion))} & old_texts
    if left:
        return Refused(EvolReason.OLD_NAME_LEAKS, f"the evolved symbol still says {sorted(left)[0]}")
    verdict = language.accepts(renaming.completion, renaming.context)
    if verdict.holds is not True:
        return Refused(EvolReason.ENGINE_REJECTED, f"{verdict.engine}: {verdict.reason}")
    executed = PROOFS[record.format](record, renaming, original, language)
    return executed if isinstance(executed, Refused) else f"inverse + {executed}"


def _interpret_command(record: Record, renaming: Renaming, original: Context, language: Format[Any]) -> str | Refused:
    """SCAN: ``accepts`` has interpreted the command with the evolved vocabulary; there must have been one."""
    if "command" not in original.world:
        return Refused(EvolReason.NOT_EXECUTED, "the record does not hold its command")
    return f"execution: {language.engine} gives the evolved actions for the command"


def _same_answer(record: Record, renaming: Renaming, original: Context, language: Format[Any]) -> str | Refused:
    """CLEVR: both programs executed on the scene."""
    solver = _solver("scene")
    before, after = solver.solve(record.completion, original), solver.solve(renaming.completion, renaming.context)
    if before.outcome is not None:
        return Refused(EvolReason.NOT_EXECUTED, f"{before.outcome}: {before.message}")
    if after.outcome is not None or after.answer != before.answer:
        return Refused(EvolReason.RESULT_DIFFERS, f"{before.answer!r} became {after.answer!r} {after.message}")
    return f"execution: {after.engine} answers {after.answer!r} to both"


def _same_plan(record: Record, renaming: Renaming, original: Context, language: Format[Any]) -> str | Refused:
    """PDDL: a plan for the evolved problem, renamed back, is valid in the original domain and problem."""
    from symbol_llm.solvers.plan_validator import validate

    found = _solver("planner").solve(renaming.completion, renaming.context)
    if found.outcome is not None:
        return Refused(EvolReason.NOT_EXECUTED, f"{found.outcome}: {found.message}")
    plan = [language.render(language.rename(language.parse(step), renaming.inverse)) for step in found.answer]
    check = validate(str(original.world["domain"]), record.completion, plan)
    if not check.is_valid:
        return Refused(EvolReason.RESULT_DIFFERS, f"the plan, renamed back, fails: {check.message}")
    return f"execution: {found.engine} plans {len(found.answer)} steps, valid in the original"


PROOFS: dict[str, Callable[[Record, Renaming, Context, Format[Any]], str | Refused]] = {
    "scan": _interpret_command,
    "clevr": _same_answer,
    "pddl": _same_plan,
}
