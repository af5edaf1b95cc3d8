"""Critical paths by networkx, with trying all paths as referee."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from symbol_llm.formats.durations import read_duration
from symbol_llm.solvers import Limits, Outcome, Solver, get

BAKE = (
    "{'1': ['3'], '2': ['3'], '3': ['END'], 'START': ['1', '2'], 'END': []}\n"
    "{'1': '10 min', '2': '5 min', '3': '30 min'}"
)


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    with get("graph") as one:
        yield one


@pytest.mark.parametrize(
    ("symbol", "low", "high", "path"),
    [
        (BAKE, 2400.0, 2400.0, ["START", "1", "3", "END"]),
        ("{'a': ['END'], 'START': ['a'], 'END': []}\n{'a': '1 day 12 hours'}", 129_600.0, 129_600.0, None),
        ("{'a': ['END'], 'START': ['a'], 'END': []}\n{'a': '2 months'}", 56 * 86_400.0, 62 * 86_400.0, None),
        ("adj_list = {7: [(3, 30.5)], 3: [(9, 0.0)], 9: []}\nsource = 7\ntarget = 9", 30.5, 30.5, ["7", "3", "9"]),
        ("adj_list = {1: [(2, 0.1)], 2: [(3, 0.2)], 3: []}\nsource = 1\ntarget = 3", 0.3, 0.3, None),
        # the longest month decides the path, the shortest the lower bound
        (
            "{'a': ['END'], 'b': ['END'], 'START': ['a', 'b'], 'END': []}\n{'a': '1 month', 'b': '29 days'}",
            29 * 86_400.0,
            31 * 86_400.0,
            ["START", "a", "END"],
        ),
        ("{'START': ['END'], 'END': []}\n{}", 0.0, 0.0, ["START", "END"]),
    ],
)
def test_answers(solver: Solver, symbol: str, low: float, high: float, path: list[str] | None) -> None:
    solution = solver.solve(symbol)
    assert solution.outcome is None and solution.engine == solver.engine, solution
    assert (solution.answer["low"], solution.answer["high"]) == (low, high)
    assert path is None or solution.answer["path"] == path


@pytest.mark.parametrize(
    ("symbol", "outcome", "message"),
    [
        ("", Outcome.NO_SYMBOL, "no graph"),
        (" \n", Outcome.NO_SYMBOL, "no graph"),
        ("First heat the oven.", Outcome.PARSE_ERROR, "column 1"),
        (BAKE.replace("30 min", "a while"), Outcome.PARSE_ERROR, "a number and a unit"),
        (BAKE + "\nimport os", Outcome.PARSE_ERROR, "the end of the graph"),
        (BAKE.replace("'3': ['END']", "'3': ['1']"), Outcome.REJECTED, "a cycle"),
        (BAKE.replace("'START': ['1', '2']", "'START': ['1']"), Outcome.REJECTED, "2 lies on no way"),
        ("{'1': []}\n{'1': '1 min'}", Outcome.REJECTED, "no node START"),
        ("{'1': [" * 10_000, Outcome.PARSE_ERROR, ""),
        ("\0" * 1_000_000, Outcome.PARSE_ERROR, ""),
        ("{'\udc80': []}", Outcome.PARSE_ERROR, ""),
    ],
)
def test_endings(solver: Solver, symbol: str, outcome: Outcome, message: str) -> None:
    solution = solver.solve(symbol)
    assert (solution.outcome, solution.answer) == (outcome, None), solution
    assert message in solution.message and solution.engine


def test_the_limits_hold(solver: Solver) -> None:
    """A thousand nodes and twenty thousand edges are legal, and take longer than a thousandth of a second."""
    rng = Random(1)
    following = {str(i): sorted({str(rng.randint(i + 1, 998)) for _ in range(18)}) for i in range(998)}
    following |= {"998": ["END"], "START": ["0"], "END": []}
    graph = f"{following}\n" + str({str(i): "1 min" for i in range(999)})
    solution = solver.solve(graph, limits=Limits(cpu_seconds=0.001, wall_seconds=600))
    assert solution.outcome is Outcome.CPU_TIMEOUT
    assert solver.solve(BAKE).outcome is None


def test_random_graphs_agree_with_trying_all_paths(solver: Solver) -> None:
    rng = Random(2)
    for _ in range(60):
        size = rng.randint(1, 6)
        steps = {str(i): [str(j) for j in range(i + 1, size) if rng.random() < 0.5] for i in range(size)}
        following = {node: after or ["END"] for node, after in steps.items()}
        entered = {other for after in steps.values() for other in after}
        following |= {"START": [node for node in steps if node not in entered], "END": []}
        times = {node: f"{rng.randint(1, 90)} {rng.choice(('min', 'hours', 'days'))}" for node in steps}

        def longest(node: str, following: dict[str, list[str]] = following, times: dict[str, str] = times) -> float:
            own = float(read_duration(times[node]).bounds[0]) if node in times else 0.0
            return own + max(map(longest, following[node]), default=0.0)

        solution = solver.solve(f"{following}\n{times}")
        assert solution.answer["low"] == solution.answer["high"] == longest("START")
        assert sum(float(read_duration(times[n]).bounds[0]) for n in solution.answer["path"][1:-1]) == longest("START")
