"""A mixture's counts are exact, every row of a group comes before any comes twice, and epochs differ."""

from __future__ import annotations

import numpy as np
import pytest

from symbol_llm.errors import UserError
from symbol_llm.training.config import Mixture
from symbol_llm.training.mixing import epoch_rows, left_out, make_groups

NAMES = ["scan", "sql", "general"]
FORMATS = {"scan": "scan", "sql": "sql", "general": "text"}
TASKS = np.repeat([0, 1, 2], [30, 50, 20])


def groups(**mixture):
    return make_groups(Mixture(**mixture), TASKS, NAMES, FORMATS)


def test_counts_are_exact_and_rows_even() -> None:
    made = groups(counts={"symbolic": 60, "general": 50})
    seen = np.zeros(100, int)
    for epoch in range(4):
        rows = epoch_rows(made, 7, epoch)
        assert np.bincount(TASKS[rows] == 2).tolist() == [60, 50]
        seen += np.bincount(rows, minlength=100)
    assert set(seen[:80].tolist()) == {3}, "240 draws from 80 rows"
    assert set(seen[80:].tolist()) == {10}, "200 draws from 20 rows"


def test_shares() -> None:
    made = groups(shares={"symbolic": 0.456, "general": 0.544}, rows=1_000)
    assert {group.name: group.target for group in made} == {"symbolic": 456, "general": 544}
    made = groups(shares={"symbolic": 3, "general": 1})
    assert sum(group.target for group in made) == 100, "as many rows as there are"


def test_a_task_leaves_the_group_of_its_kind() -> None:
    made = {group.name: group for group in groups(counts={"symbolic": 10, "sql": 5})}
    assert set(TASKS[made["symbolic"].members].tolist()) == {0}
    assert set(TASKS[made["sql"].members].tolist()) == {1}
    assert left_out(list(made.values()), 100) == 20


def test_a_pure_function_of_seed_and_epoch() -> None:
    made = groups(counts={"symbolic": 40, "general": 10})
    assert (epoch_rows(made, 1, 5) == epoch_rows(made, 1, 5)).all()
    assert (epoch_rows(made, 1, 0) != epoch_rows(made, 1, 1)).any()
    assert (epoch_rows(made, 1, 0) != epoch_rows(made, 2, 0)).any()


def test_no_mixture_is_every_row_once() -> None:
    for epoch in range(2):
        assert sorted(epoch_rows(groups(), 0, epoch).tolist()) == list(range(100))


def test_a_group_of_nothing_is_left_out() -> None:
    made = groups(counts={"symbolic": 10, "general": 0})
    assert [group.name for group in made] == ["symbolic"]
    (symbolic,) = groups(counts={"symbolic": 10, "sql": 0})
    assert set(TASKS[symbolic.members].tolist()) == {0}, "a task of 0 does not come back in its kind's group"
    with pytest.raises(UserError, match="every group has 0 rows"):
        groups(counts={"symbolic": 0})


def test_unknown_and_empty_groups() -> None:
    with pytest.raises(UserError, match=r"unknown mixture group 'sqll'.*Did you mean sql"):
        groups(counts={"sqll": 5})
    with pytest.raises(UserError, match="group 'general' has no rows"):
        make_groups(Mixture(counts={"general": 5}), TASKS[:80], NAMES[:2], FORMATS)
