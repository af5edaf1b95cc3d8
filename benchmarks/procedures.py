"""What procedures cost: making plans, finding the longest path, judging answers, measuring analogy.

    python benchmarks/procedures.py [--plans 5000] [--answers 40000] [--rounds 5] [--json]

One process; seconds are of processor time, the median over rounds. Bars: 5,000 plans a second made, written in the
paper's three forms and solved; the longest path no slower than networkx's dag_longest_path on a graph that is already
built; 20,000 answers a second, all of them different; the analogy of 225 with 1,373 plans in 10 seconds.
Exit code 1 if a bar is not reached.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a neighbour here is called as a package is

PLANS_A_SECOND, ANSWERS_A_SECOND, ANALOGY_SECONDS = 5_000, 20_000, 10.0
_GOLD = "[datetime.timedelta(seconds=4800), datetime.timedelta(seconds=4800)]"


def seconds(work: Callable[[], Any], rounds: int) -> float:
    """Median processor time of a call."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return statistics.median(found)


def making(count: int, rounds: int) -> Iterator[tuple[str, float, float, bool]]:
    """Plans a second: drawn, written three ways with labels, solved."""
    from collection.procedures.convert import COMPACT, PAPER, write
    from collection.procedures.critical_path import critical_time
    from collection.procedures.generator import EVERYDAY, Shape, grow

    for name, shape, forms in (("paper's forms", EVERYDAY, PAPER), ("compact forms", Shape(), COMPACT)):

        def make() -> None:
            for index in range(count):
                rng = Random(f"benchmark/{index}")
                plan = grow(rng, shape)  # noqa: B023 - called before the next shape
                critical_time(plan)
                for form in forms:  # noqa: B023
                    write(plan, form, rng)

        rate = count / seconds(make, rounds)
        bar = PLANS_A_SECOND if forms is PAPER else 0
        yield f"plans a second, {name}", rate, bar, rate >= bar


def paths(count: int, rounds: int) -> Iterator[tuple[str, float, float, bool]]:
    """How many times faster than networkx, path and time together, on plans of everyday size and larger."""
    import networkx

    from collection.procedures.critical_path import critical_path, critical_time
    from collection.procedures.generator import EVERYDAY, Shape, grow
    from collection.procedures.instance import bounds

    for name, shape in (("3 to 9 steps", EVERYDAY), ("40 to 60 steps", Shape(steps=(40, 60)))):
        plans = [grow(Random(index), shape) for index in range(count)]
        graphs = []
        for plan in plans:
            graph = networkx.DiGraph()
            for i, step in enumerate(plan.steps):
                graph.add_edge("START", i, weight=bounds(step.time)[1])
            graph.add_edges_from((i, j, {"weight": bounds(plan.steps[j].time)[1]}) for i, j in plan.edges())
            graphs.append(graph)

        def ours() -> None:
            for plan in plans:  # noqa: B023
                critical_path(plan)
                critical_time(plan)

        def theirs() -> None:
            for graph in graphs:  # noqa: B023
                networkx.dag_longest_path(graph)

        ratio = seconds(theirs, rounds) / seconds(ours, rounds)
        yield f"longest path, times faster than networkx, {name}", ratio, 1.0, ratio >= 1


def answers_of(count: int) -> list[str]:
    """Different completions in the forms that models write."""
    forms = (
        "<answer>{h} hours and {m} minutes</answer>",
        "Step 1 takes 10 min and step 3 an hour, so the time is <answer>{h}h {m}min</answer>",
        "<answer>10 + {t} = {t} minutes</answer>",
        "Let us think step by step. {filler}<answer>The shortest possible time is {t} minutes.</answer>",
        "<answer>{t} min</answer>",
        "<answer>{h}:{m:02}</answer>",
        "I think it is <answer>{t} minutes ({h} hours and {m} minutes)</answer>",
    )
    return [
        forms[i % len(forms)].format(h=i // 60 % 100, m=i % 60, t=i, filler="First mix, then bake. " * 20)
        for i in range(count)
    ]


def judging(count: int, rounds: int) -> Iterator[tuple[str, float, float, bool]]:
    """Answers a second through the reward."""
    from collection.procedures.answer_times import read_time
    from collection.procedures.verifier import ProcedureReward

    completions, reward = answers_of(count), ProcedureReward()

    def run() -> None:
        read_time.cache_clear()
        reward(prompts=completions, completions=completions, answer=[_GOLD] * count)

    rate = count / seconds(run, rounds)
    yield "answers a second", rate, ANSWERS_A_SECOND, rate >= ANSWERS_A_SECOND


def nearness(rounds: int) -> Iterator[tuple[str, float, float, bool]]:
    """Seconds for the analogy of 225 test plans with 1,373 training plans, with correlations."""
    from collection.procedures.analogy import report
    from collection.procedures.generator import EVERYDAY, grow

    test = [grow(Random(f"test/{index}"), EVERYDAY) for index in range(225)]
    train = [grow(Random(f"train/{index}"), EVERYDAY) for index in range(1_373)]
    correct = [index % 3 > 0 for index in range(225)]
    took = seconds(lambda: report(test, train, correct), rounds)
    yield "seconds for analogy of 225 with 1,373", took, ANALOGY_SECONDS, took <= ANALOGY_SECONDS


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--plans", type=int, default=5_000)
    parser.add_argument("--answers", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [
        *making(options.plans, options.rounds),
        *paths(max(1, options.plans // 10), options.rounds),
        *judging(options.answers, options.rounds),
        *nearness(min(3, options.rounds)),
    ]
    if options.json:
        print(json.dumps([{"what": what, "value": value, "bar": bar, "ok": ok} for what, value, bar, ok in rows]))
    else:
        for what, value, bar, ok in rows:
            print(f"{what:60s} {value:12,.2f}   bar {bar or '–':>8}   {'ok' if ok else 'NOT REACHED'}")
    raise SystemExit(0 if all(ok for *_, ok in rows) else 1)


if __name__ == "__main__":
    main()
