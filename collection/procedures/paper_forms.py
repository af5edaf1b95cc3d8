"""The paper's three prompts of a plan, word for word (arXiv 2602.03542), and its labels.

    natural    To bake bread, here are the steps and the times needed for each step.⏎Step 1. mix (5 min)⏎…
    graph      You have a graph whose adjacency list representation is as follows:⏎{'1': ['3'], …}⏎…
    code       Below is a python function to search for the longest path …⏎adj_list = {997: [(192, 30.0)], …}⏎…

The label of the first two is a pair of ``datetime.timedelta``, of the code a number of minutes. The code form knows no
units: a time becomes minutes with two decimals, a month 30 days, a year 365.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from random import Random

from collection.procedures.critical_path import Critical, finish_times
from collection.procedures.instance import DAY, Plan
from symbol_llm.errors import UserError
from symbol_llm.formats.durations import read_duration

_ASK = "Think step by step. Then, encode"
_NATURAL_ASK = f"{_ASK} your final answer in <answer></answer> (e.g. <answer>1 min</answer>)"
CODE_PREAMBLE = """\
Below is a python function to search for the longest path from source node to target node in a directed acyclic graph \
(DAG) using the adjacency list representation.
The function takes a weighted adjacency list (a dictionary mapping each source node i to a list of (j, w) pairs, where \
j is a target node and w is the weight of the edge), along with a source and target node, and returns the longest path \
length from source to target.

```python
import networkx as nx

def find_longest_path_from_source_to_target(weighted_adj_list, source, target):
    G = nx.DiGraph()
    for src, neighbors in weighted_adj_list.items():
        for tgt, weight in neighbors:
            G.add_edge(src, tgt, weight=weight)

    topo_order = list(nx.topological_sort(G))
    dist = {node: float('-inf') for node in G.nodes}
    pred = {node: None for node in G.nodes}
    dist[source] = 0

    for u in topo_order:
        for v in G.successors(u):
            weight = G[u][v]['weight']
            if dist[u] + weight > dist[v]:
                dist[v] = dist[u] + weight
                pred[v] = u

    if dist[target] == float('-inf'):
        return None, []

    path = []
    current = target
    while current is not None:
        path.append(current)
        current = pred[current]
    path.reverse()

    return dist[target]
```
Suppose your inputs are as follows:
"""


def natural(plan: Plan) -> str:
    """The prompt in language. A step without text is called by its name."""
    title = plan.title or "complete the task"
    steps, orders = plan_lines(plan)
    return (
        f"To {title}, here are the steps and the times needed for each step.\n"
        + "\n".join(steps)
        + "\n\n\nThese ordering constraints need to be obeyed when executing above steps:\n"
        + "\n".join(orders)
        + "\n\n\nQuestion: Assume that you need to execute all the steps to complete the task and that infinite "
        f"resources are available. What is the shortest possible time to {title}? {_NATURAL_ASK}"
    )


def plan_lines(plan: Plan) -> tuple[list[str], list[str]]:
    """``Step 1. mix the batter (5 min)``, then ``Step 1 must precede step 2.``, a line for each step."""
    names = [step.name for step in plan.steps]
    steps = [f"Step {step.name}. {step.text or f'step {step.name}'} ({step.time})" for step in plan.steps]
    orders = [
        f"Step {names[i]} must precede step {listed([names[j] for j in plan.following[i]])}."
        for i in written_order(plan)
        if plan.following[i]
    ]
    return steps, orders


def written_order(plan: Plan) -> Sequence[int]:
    """The order in which upstream goes through the steps: by their names as text, 1, 10, 11, 2."""
    if len(plan.steps) < 10:
        return range(len(plan.steps))
    return sorted(range(len(plan.steps)), key=lambda i: plan.steps[i].name)


def listed(names: Sequence[str]) -> str:
    """``1``, ``1 and 2``, ``1, 2 and 3``."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def graph_symbol(plan: Plan, order: Sequence[int] = ()) -> str:
    """Adjacency list and times, two lines; ``order``: that of the steps in the second."""
    steps = plan.steps
    quoted = [f"'{step.name}'" for step in steps]
    rows = [
        f"{quoted[i]}: [{', '.join([quoted[j] for j in plan.following[i]]) or repr('END')}]"
        for i in written_order(plan)
    ]
    times = [f"{quoted[i]}: '{steps[i].time}'" for i in order or range(len(steps))]
    first = ", ".join([quoted[i] for i in plan.first()])
    return f"{{{', '.join(rows)}, 'END': [], 'START': [{first}]}}\n{{{', '.join(times)}}}"


def graph(plan: Plan, order: Sequence[int] = ()) -> str:
    """The prompt as a graph; ``order``: that of the steps in the dictionary of times."""
    adjacency, times = graph_symbol(plan, order).split("\n")
    return (
        f"You have a graph whose adjacency list representation is as follows:\n{adjacency}\n\n"
        "The graph is a directed graph, and the nodes are labelled as follows (START and END are special nodes which "
        f"takes no time to traverse):\n{times}\n\n"
        "Suppose you have to traverse from node 'START' to node 'END', how long does the longest path take? "
        f"{_NATURAL_ASK}"
    )


def code_symbol(plan: Plan, ids: Sequence[int]) -> str:
    """The inputs of the program, three lines. ``ids``: a number for each step, then for the target and the source."""
    if len(ids) != len(plan.steps) + 2 or len(set(ids)) != len(ids):
        raise UserError(f"{len(plan.steps)} steps need {len(plan.steps) + 2} different numbers, not {list(ids)}")
    target, source = ids[-2:]
    arcs = [f"({i}, {weight(step.time)!r})" for i, step in zip(ids, plan.steps)]
    rows = [
        f"{ids[i]}: [{', '.join([arcs[j] for j in plan.following[i]]) or f'({target}, 0.0)'}]"
        for i in written_order(plan)
    ]
    first = ", ".join([arcs[i] for i in plan.first()])
    return f"adj_list = {{{', '.join(rows)}, {target}: [], {source}: [{first}]}}\nsource = {source}\ntarget = {target}"


def code(plan: Plan, ids: Sequence[int]) -> str:
    """The prompt as a program to be simulated. Raises UserError where ``code_symbol`` does."""
    return (
        f"{CODE_PREAMBLE}```python\n{code_symbol(plan, ids)}\n```\n"
        f"{_ASK} the output of the function in <answer></answer> (e.g. <answer>1</answer>)."
    )


def code_ids(plan: Plan, rng: Random, below: int = 1_000) -> list[int]:
    """Different numbers for the steps, the target and the source of a program; at least ``below`` to choose from."""
    return rng.sample(range(max(below, 2 * len(plan.steps) + 4)), len(plan.steps) + 2)


@lru_cache(maxsize=4_096)
def weight(time: str) -> float:
    """Minutes with two decimals; a month has 30 days, a year 365."""
    duration = read_duration(time)
    seconds = duration.seconds + DAY * (30 * duration.months + 365 * duration.years)
    return float((seconds / 60).quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def label(critical: Critical) -> str:
    """``[datetime.timedelta(seconds=4800), datetime.timedelta(seconds=4800)]``."""
    return f"[{', '.join([repr(timedelta(seconds=float(time))) for time in critical])}]"


def code_label(plan: Plan) -> float:
    """What the program returns: minutes along the longest path of rounded weights."""
    hundredths = [round(weight(step.time) * 100) for step in plan.steps]
    return float(max(finish_times(plan.following, hundredths)) / 100)
