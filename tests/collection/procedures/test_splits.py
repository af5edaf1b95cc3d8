"""Splits that hold out what they say, and the rules that do without search."""

from __future__ import annotations

from random import Random

import pytest

from collection.procedures import compact
from collection.procedures.baselines import RULES, is_greedy_proof, scores
from collection.procedures.compact import HELD_OUT_WORDINGS, WORDINGS
from collection.procedures.convert import COMPACT, Form, read
from collection.procedures.critical_path import critical_time
from collection.procedures.generator import grow
from collection.procedures.instance import Plan, Step, outline
from collection.procedures.rows import write_split, written_of
from collection.procedures.splits import HELD_OUT, Split, belongs, fingerprint, plans_of
from tests.collection.procedures.plans import plan_of, timed

PLANS = {split: list(plans_of(split, 400 if split is Split.TRAIN else 60)) for split in Split}


def shuffled(plan: Plan, rng: Random) -> Plan:
    """The same plan under other names, in another order."""
    order = rng.sample(range(len(plan.steps)), len(plan.steps))
    names = {plan.steps[i].name: str(100 + i) for i in order}
    edges = [(names[plan.steps[i].name], names[plan.steps[j].name]) for i, j in plan.edges()]
    rng.shuffle(edges)
    return plan_of([Step(names[plan.steps[i].name], plan.steps[i].time) for i in order], edges)


def test_a_plan_under_other_names_has_the_same_fingerprints() -> None:
    rng = Random(0)
    for seed in range(200):
        plan = grow(Random(seed))
        other = shuffled(plan, rng)
        for with_times in (True, False):
            assert fingerprint(plan, with_times=with_times) == fingerprint(other, with_times=with_times)
        assert [belongs(plan, split) for split in Split] == [belongs(other, split) for split in Split]


def test_other_plans_have_other_fingerprints() -> None:
    three = [timed(1, 2, 3, edges=edges) for edges in ("", "1-2", "1-2 2-3", "1-2 1-3", "1-3 2-3")]
    assert len({fingerprint(plan, with_times=False) for plan in three}) == 5
    same_shape = [timed(1, 2, edges="1-2"), timed(2, 1, edges="1-2")]
    assert len({fingerprint(plan, with_times=True) for plan in same_shape}) == 2
    assert len({fingerprint(plan, with_times=False) for plan in same_shape}) == 1


def test_nothing_of_the_training_plans_is_held_out() -> None:
    shapes = {fingerprint(plan, with_times=False) for plan in PLANS[Split.TRAIN]}
    plans = {fingerprint(plan, with_times=True) for plan in PLANS[Split.TRAIN]}
    for split in HELD_OUT:
        assert not plans & {fingerprint(plan, with_times=True) for plan in PLANS[split]}, split
        for plan in PLANS[split]:
            assert not belongs(plan, Split.TRAIN) and belongs(plan, split)
    assert not shapes & {fingerprint(plan, with_times=False) for plan in PLANS[Split.TOPOLOGY]}
    common = [fingerprint(plan, with_times=False) in shapes for plan in PLANS[Split.ID]]
    assert sum(common) > 0.8 * len(common)


def test_sizes() -> None:
    sizes = {split: {len(plan.steps) for plan in plans} for split, plans in PLANS.items()}
    assert sizes[Split.TRAIN] == sizes[Split.ID] == sizes[Split.PHRASING] == {3, 4, 5, 6}
    assert sizes[Split.LARGER] == {7, 8}
    assert sizes[Split.TOPOLOGY] == sizes[Split.GREEDY_PROOF] == {5, 6}


def test_a_split_is_the_same_every_time() -> None:
    for split in Split:
        assert list(plans_of(split, 5)) == PLANS[split][:5]
    assert list(plans_of(Split.ID, 5, seed=1)) != PLANS[Split.ID][:5]


def test_both_rules_fail_on_every_greedy_proof_plan() -> None:
    found = scores(PLANS[Split.GREEDY_PROOF])
    assert found["longest next step"] == found["most hops"] == 0
    assert scores(PLANS[Split.ID])["most hops"] > 0.8, "elsewhere it is nearly as good as the search"


def test_the_rules() -> None:
    # 1 (5) leads to 2, 3 (1 each), three hops and the longest first step; 4 (4) leads to 5 (9): the answer
    plan = timed(5, 1, 1, 4, 9, edges="1-2 2-3 4-5")
    assert critical_time(plan).high == 13 * 60
    found = {name: rule(plan).high // 60 for name, rule in RULES.items()}
    assert found == {
        "longest next step": 7, "most hops": 7, "first listed": 7, "sum of all": 20, "longest step": 9,
    }  # fmt: skip
    assert is_greedy_proof(plan)
    assert scores([plan]) == dict.fromkeys(RULES, 0.0) and scores([]) == dict.fromkeys(RULES, 0.0)


def test_rules_break_ties_in_their_own_favour() -> None:
    plan = timed(3, 3, 1, 9, edges="1-3 2-4")
    assert scores([plan])["longest next step"] == scores([plan])["most hops"] == 1
    assert not is_greedy_proof(plan)
    assert scores([timed(4)]) == dict.fromkeys(RULES, 1.0)


@pytest.mark.parametrize("split", Split)
def test_rows_of_a_split_are_one_plan_in_three_forms(split: Split) -> None:
    plan, written = written_of(split, 3, 0, COMPACT)
    assert plan == PLANS[split][3]
    natural, graph, code = (read(row.question) for row in written)
    assert outline(natural) == outline(graph) == outline(plan)
    assert critical_time(code) == critical_time(plan)
    others = WORDINGS if split is Split.PHRASING else HELD_OUT_WORDINGS
    assert written[0].question not in {compact.natural(plan, wording) for wording in others} or not plan.num_edges


def test_write_split(tmp_path) -> None:
    plans = write_split(tmp_path, Split.ID, 3, 0, (Form.NATURAL, Form.COMPACT_CODE))
    assert len(plans) == 3
    lines = (tmp_path / "id_natural.jsonl").read_text().splitlines()
    assert len(lines) == len((tmp_path / "id_compact_code.jsonl").read_text().splitlines()) == 3
