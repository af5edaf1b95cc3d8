"""Two runs against each other, with numbers worked out by hand or by scipy."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from eval.compare import Pairs, compare, holm, judge, mcnemar
from symbol_llm.errors import UserError
from tests.eval.test_delegate import Scripted, run
from tests.eval.toy import Sums


def delegated(hits: list[int], groups: list[str] | None = None) -> list[list[dict[str, Any]]]:
    return [[{"outcome": "correct" if hit else "wrong"}] for hit in hits]


def pairs(a: list[int], b: list[int], groups: list[str] | None = None) -> Pairs:
    names = groups or [str(place) for place in range(len(a))]
    return Pairs("delegate", "toy", delegated(a), delegated(b), names, 0, 0, 0, 0)


def test_mcnemar_is_the_binomial_test_of_the_items_that_differ() -> None:
    """1 lost, 5 won: 2·(C(6,0) + C(6,1)) / 2⁶ = 14/64."""
    assert mcnemar(1, 5) == 14 / 64
    for lost, won in ((0, 0), (3, 3), (12, 25), (0, 9)):
        expected = stats.binomtest(min(lost, won), lost + won).pvalue if lost + won else 1.0
        assert mcnemar(lost, won) == pytest.approx(expected)


def test_holm_by_hand() -> None:
    """Sorted 0.01, 0.02, 0.03, 0.9 times 4, 3, 2, 1, never falling: 0.04, 0.06, 0.06, 0.9."""
    assert holm([0.03, 0.9, 0.01, 0.02]) == pytest.approx([0.06, 0.9, 0.04, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0] and holm([]) == []


def test_items_that_stand_alone_are_tested_exactly() -> None:
    found = judge(pairs([1, 1, 0, 0, 0, 0, 0, 1], [1, 0, 1, 1, 1, 1, 1, 1]))
    assert (found["lost"], found["won"], found["p"]) == (1, 5, 14 / 64)
    assert found["difference"] == 0.5 and found["method"] == "McNemar"
    low, high = found["interval"]
    assert low < 0.5 < high <= 1.0


def test_clusters_are_flipped_whole() -> None:
    """Three stories of four items, B better in each: 2 of 2³ sign patterns are as far from 0, p = 1/4, and not
    McNemar's 2/2¹² for twelve items."""
    found = judge(pairs([0] * 12, [1] * 12, [str(place // 4) for place in range(12)]))
    assert found["p"] == 0.25 and "3 clusters" in found["method"]


def test_no_difference_is_not_real() -> None:
    found = judge(pairs([1, 0] * 50, [1, 0] * 50))
    assert found["p"] == 1.0 and found["difference"] == 0.0 and found["interval"] == [0.0, 0.0]


def test_p_is_uniform_when_nothing_differs() -> None:
    """Of 200 comparisons of runs that differ by chance only, about a twentieth falls below 0.05 (binomial bounds)."""
    rng = random.Random(0)
    low = 0
    for _ in range(200):
        groups = [str(place // 3) for place in range(60)]
        found = judge(pairs([rng.randint(0, 1) for _ in groups], [rng.randint(0, 1) for _ in groups], groups))
        low += found["p"] < 0.05
    assert 1 <= low <= 22


def test_a_corpus_metric_is_computed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Summed hits over summed lengths. Five of eight items change sides to B's favour by one hit of ten each."""
    import symbol_llm.formats
    from tests.eval.test_symbolic import Ratio, row

    monkeypatch.setattr(symbol_llm.formats, "get", lambda name: Ratio())
    from eval.symbolic_scoring import score_of

    def side(hits: list[int]) -> list[list[dict[str, Any]]]:
        rows = [row(hit, 10, str(place)) for place, hit in enumerate(hits)]
        return [[{**one, "format": "x", "score": score_of(one)}] for one in rows]

    groups = [str(place) for place in range(8)]
    found = judge(Pairs("symbolic", "toy", side([5] * 8), side([6] * 5 + [5] * 3), groups, 0, 0, 0, 0))
    assert found["difference"] == pytest.approx(5 / 80)
    assert found["p"] == pytest.approx(2 / 32, abs=0.03), "all five changes must have the same sign"
    assert "exchanges of 8 clusters" in found["method"]


def test_two_runs_on_disk(tmp_path: Path) -> None:
    """A answers item 0 of ten right, B the first six; both were cut by the same limit, so all ten are paired."""
    benchmark = Sums([(i, i + 1) for i in range(10)])
    good = [f"{i} + {i + 1}" for i in range(10)]
    run(tmp_path / "a", Scripted([good[0], *["9 + 9"] * 9]), benchmark)
    run(tmp_path / "b", Scripted([*good[:6], *["9 + 9"] * 4]), benchmark)
    document = compare(tmp_path / "a", tmp_path / "b")
    (task,) = document["tasks"]
    assert (task["value_a"], task["value_b"], task["won"], task["lost"]) == (0.1, 0.6, 5, 0)
    assert task["p_holm"] == task["p"] == 2 / 32 and not task["is_real"]
    assert document["overall"]["delegate"]["difference"] == pytest.approx(0.5)
    assert json.loads(json.dumps(document)) == document
    assert compare(tmp_path / "a" / "delegate", tmp_path / "b" / "delegate")["tasks"] == document["tasks"]


def test_a_run_may_bear_the_name_of_a_kind(tmp_path: Path) -> None:
    """The demo's runs are RUN/delegate/delegate: the inner folder holds the items, whatever the outer is called."""
    for name in ("delegate", "other"):
        run(tmp_path / name, Scripted(["0 + 1", "9 + 9"]), Sums([(0, 1), (1, 2)]))
    whole = compare(tmp_path / "delegate", tmp_path / "other")
    inner = compare(tmp_path / "delegate" / "delegate", tmp_path / "other" / "delegate")
    assert whole["tasks"] == inner["tasks"] and whole["tasks"]


def test_what_cannot_be_paired_is_counted_or_refused(tmp_path: Path) -> None:
    run(tmp_path / "a", Scripted(["1 + 1"] * 4), Sums([(i, i) for i in range(4)]))
    run(tmp_path / "b", Scripted(["1 + 1"] * 4), Sums([(i, i) for i in range(2, 6)]))
    run(tmp_path / "c", Scripted(["1 + 1"] * 4), Sums([(i, 9) for i in range(4)]))
    (task,) = compare(tmp_path / "a", tmp_path / "b")["tasks"]
    assert (task["items"], task["only_a"], task["only_b"]) == (2, 2, 2)
    with pytest.raises(UserError, match="no task with the same items"):
        compare(tmp_path / "a", tmp_path / "c")
    with pytest.raises(UserError, match="no finished evaluation"):
        compare(tmp_path / "a", tmp_path)
