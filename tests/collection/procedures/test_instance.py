"""Plans and their longest paths: what is refused, what is exact, what networkx says."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random

import networkx
import pytest

from collection.procedures.critical_path import critical_path, critical_time, finish_times, walk_order
from collection.procedures.generator import EVERYDAY, FLOWS, Shape, flow, grow, retimed
from collection.procedures.instance import Plan, Step, bounds, find_cycle, outline, sole_unit
from tests.collection.procedures.plans import BREAD, plan_of, timed


def test_a_cycle_is_found_behind_what_leads_to_it_and_from_it() -> None:
    following = [(1,), (2,), (3,), (1, 4), ()]
    cycle = find_cycle(following)
    assert sorted(cycle) == [1, 2, 3]
    assert all(later in following[earlier] for earlier, later in zip(cycle, [*cycle[1:], cycle[0]]))
    with pytest.raises(ValueError, match="cycle"):
        finish_times(following, [1] * 5)
    with pytest.raises(ValueError, match="cycle"):
        walk_order(Plan(tuple(Step(str(i), "1 min") for i in range(5)), tuple(following)))


def test_times_are_exact() -> None:
    assert bounds("1 day 12 hours") == (129_600, 129_600)
    assert bounds("0.01 sec") == (Fraction(1, 100), Fraction(1, 100))
    assert bounds("2 months") == (56 * 86_400, 62 * 86_400)
    assert all(type(bound) is int for bound in bounds("1.5 hours"))


def test_the_sole_unit() -> None:
    assert sole_unit(timed(3, 4)) == "min"
    assert sole_unit(BREAD) == ""
    assert sole_unit(plan_of([Step("1", "2 months"), Step("2", "1 month")], [])) == "month"
    assert sole_unit(plan_of([Step("1", "1 hr"), Step("2", "2 Hours")], [])) == "hour"
    assert sole_unit(plan_of([Step("1", "1 hour and 5 min")], [])) == ""


def test_the_longest_path() -> None:
    assert critical_time(BREAD) == (4_200, 4_200)
    assert [BREAD.steps[i].name for i in critical_path(BREAD)] == ["1", "3"]
    # Under short months the days are longer, under long ones the month is.
    plan = plan_of([Step("1", "1 month"), Step("2", "30 days")], [])
    assert critical_time(plan) == (30 * 86_400, 31 * 86_400)
    assert critical_path(plan) == [0]
    assert critical_time(timed(0)) == (0, 0)


@pytest.mark.parametrize("shape", [Shape(), EVERYDAY, Shape(steps=(15, 25), parents=(0, 1, 2, 3))])
def test_networkx_finds_the_same_longest_path(shape: Shape) -> None:
    for seed in range(150):
        plan = grow(Random(seed), shape)
        for place, bound in enumerate(critical_time(plan)):
            graph = networkx.DiGraph()
            graph.add_node("S")
            for i, step in enumerate(plan.steps):
                graph.add_edge("S", i, weight=bounds(step.time)[place])
            graph.add_edges_from((i, j, {"weight": bounds(plan.steps[j].time)[place]}) for i, j in plan.edges())
            assert networkx.dag_longest_path_length(graph) == bound
        path = critical_path(plan)
        assert all(j in plan.following[i] for i, j in pairwise(path))
        assert sum(bounds(plan.steps[i].time)[1] for i in path) == critical_time(plan).high


@pytest.mark.parametrize(
    ("make", "shape"), [(grow, Shape()), (grow, EVERYDAY), (grow, Shape(steps=(9, 12), parents=(2, 3))), (flow, FLOWS)]
)
def test_generated_plans_are_sound_and_without_redundant_constraints(make, shape: Shape) -> None:
    seen = set()
    for seed in range(150):
        plan = make(Random(seed), shape)
        low, high = shape.steps
        assert low <= len(plan.steps) <= high
        assert plan == make(Random(seed), shape)
        assert not find_cycle(plan.following) and len({step.name for step in plan.steps}) == len(plan.steps)
        graph = networkx.DiGraph(list(plan.edges()))
        assert set(networkx.transitive_reduction(graph).edges) == set(graph.edges)
        seen.add(outline(plan))
    assert len(seen) > 140


def test_flows_run_from_one_step_to_one_step() -> None:
    plan = flow(Random(3), FLOWS)
    assert len(plan.first()) == len(plan.last()) == 1
    parallel = flow(Random(3), FLOWS, parallel=True)
    inner = [after for i, after in enumerate(parallel.following) if i not in parallel.first()]
    assert all(len(after) <= 1 for after in inner)
    with pytest.raises(ValueError, match="no plan of 1 chains of 2 steps has 9 to 9 steps"):
        flow(Random(0), Shape(steps=(9, 9), flows=1, flow_length=2))


def test_shuffled_numbers_are_no_order() -> None:
    in_order = sum(all(i < j for i, j in grow(Random(seed), Shape(shuffled=0)).edges()) for seed in range(50))
    mixed = sum(all(i < j for i, j in grow(Random(seed), Shape()).edges()) for seed in range(50))
    assert in_order == 50 and mixed < 30


def test_other_times_leave_the_shape() -> None:
    plan = grow(Random(1), Shape())
    other = retimed(plan, Random(2))
    assert other.following == plan.following and other.steps != plan.steps
