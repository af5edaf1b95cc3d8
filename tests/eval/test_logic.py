"""FOLIO and the generated theories, from raw rows through Z3 to a verdict."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from eval.delegation import get
from eval.delegation.base import Benchmark, Item
from symbol_llm.formats import EMPTY
from symbol_llm.solvers import Outcome, Solution
from symbol_llm.solvers import get as get_solver

FIXTURES = Path(__file__).parents[1] / "collection" / "fixtures" / "raw"
RAW = os.environ.get("SYMBOL_LLM_RAW")


def judge_gold(benchmark: Benchmark, items: list[Item]) -> list[Solution]:
    with get_solver(benchmark.solver) as solver:
        solutions = [solver.solve(item.symbol, item.context) for item in items]
    return [benchmark.judge(s, i) if s.outcome is None else s for s, i in zip(solutions, items, strict=True)]


def test_folio_fixtures_from_row_to_verdict() -> None:
    benchmark = get("folio")
    items = list(benchmark.items(FIXTURES))
    assert len(items) == 8, "broken and misaligned rows are items, too"
    outcomes = [solution.outcome for solution in judge_gold(benchmark, items)]
    right, wrong, broken = Outcome.CORRECT, Outcome.WRONG, Outcome.PARSE_ERROR
    assert outcomes == [right, right, right, right, broken, right, broken, wrong]
    assert len({item.group for item in items[:3]}) == 1 and len({item.group for item in items}) == 6
    for item in items:
        assert item.answer in ("True", "False", "Uncertain")
        assert item.symbol not in item.prompt and item.prompt.endswith(":\n")


def test_theories_are_solved_as_generated() -> None:
    benchmark = get("theories")
    items = list(benchmark.items(None))
    assert len(items) == 300
    assert Counter(item.answer for item in items) == {"True": 100, "False": 100, "Uncertain": 100}
    assert {solution.outcome for solution in judge_gold(benchmark, items)} == {Outcome.CORRECT}


@pytest.mark.parametrize("name", ["folio", "theories"])
def test_only_the_exact_label_counts(name: str) -> None:
    benchmark = get(name)
    item = Item("1", "…", "P(a)", "True", EMPTY, "story")
    verdicts = {
        "True": Outcome.CORRECT,
        "False": Outcome.WRONG,
        "Uncertain": Outcome.WRONG,
        "true": Outcome.BAD_ANSWER,
        True: Outcome.BAD_ANSWER,
        None: Outcome.BAD_ANSWER,
    }
    for answer, outcome in verdicts.items():
        assert benchmark.judge(Solution(None, answer=answer), item).outcome is outcome
    assert benchmark.judge(Solution(None, answer=["True"]), item).outcome is Outcome.BAD_ANSWER
    assert (benchmark.scene, benchmark.solver) == ("logic", "fol")


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_gold_formulas() -> None:
    """The whole file can reach 188 of 204 (92.2 %): 8 rows do not parse, 8 formulas do not give their label."""
    assert RAW
    benchmark = get("folio")
    items = list(benchmark.items(Path(RAW)))
    with (Path(RAW) / "folio" / "data" / "v0.0" / "folio-validation.jsonl").open("rb") as lines:
        assert len(items) == sum(1 for line in lines if line.strip())
    outcomes = Counter(solution.outcome for solution in judge_gold(benchmark, items))
    assert outcomes[Outcome.CORRECT] >= 0.9 * len(items)
    assert outcomes.keys() <= {Outcome.CORRECT, Outcome.WRONG, Outcome.PARSE_ERROR}
    assert outcomes[Outcome.PARSE_ERROR] <= 0.06 * len(items)
