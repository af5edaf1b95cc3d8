"""Back from a prompt of the paper's files to its plan: language, African-American English, graph, code.

    Step 1 must precede step 2 and 3.              You gotta deal with 1 before hittin' the 2.
    {'1': ['2', '3'], …, 'START': ['1']}           adj_list = {997: [(192, 30.0)], …}⏎source = 506⏎target = 128

Strict: what is not in the form raises SymbolError with its place, so that nothing is read as something else. A graph
must start and end everywhere it can; the edges that enter a node of the code must agree on its time. The code form has
minutes rounded to two decimals: whole seconds come back exactly, units do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from collection.procedures.critical_path import place_of
from collection.procedures.instance import Plan, Step, find_cycle
from symbol_llm.errors import SymbolError
from symbol_llm.formats.durations import read_duration
from symbol_llm.formats.graph_text import StepGraph
from symbol_llm.formats.graph_text import parse as parse_graph

_TITLE = re.compile(r"To (?P<title>[^\n]*?), here are the steps and the times needed for each step\.")
_STEP = re.compile(r"Step (?P<name>[0-9]+)\.(?P<text>.*)\((?P<time>[^()]*)\)")
_NEXT_STEP = re.compile(r"(?<=\))[ ]{2,}(?=Step [0-9]+\.)")  # upstream once has two steps on one line
_NAMES = r"[0-9]+(?:, [0-9]+)*(?:,? and [0-9]+)?"
_ORDERS = (
    re.compile(rf"Step (?P<earlier>[0-9]+) must precede step (?P<later>{_NAMES})\."),
    re.compile(rf"You gotta deal with (?:the )?(?P<earlier>[0-9]+) before hittin['’]? (?:the )?(?P<later>{_NAMES})\.?"),
)
_GRAPH = re.compile(r"is as follows:\n(?P<steps>\{.*\})\n\n[^\n]*traverse\):\n(?P<times>\{.*\})\n\n")
_CODE = re.compile(r"```python\n(?P<graph>adj_list = \{.*\}\nsource = .*\ntarget = .*)\n```")


class _Line(NamedTuple):
    """A line that is not blank, stripped; where it starts, and whether a blank one stands before it."""

    start: int
    text: str
    is_after_blank: bool


def _lines(text: str) -> Iterator[_Line]:
    at, is_after_blank = 0, False
    for line in text.split("\n"):
        if line.strip():
            yield _Line(at + len(line) - len(line.lstrip()), line.strip(), is_after_blank)
        is_after_blank = not line.strip()
        at += len(line) + 1


def read_natural(text: str) -> Plan:
    """A prompt in language or in African-American English. Raises SymbolError if it is neither, or no plan."""
    lines = list(_lines(text))
    middle = _first(lines, 1, lambda line: line.endswith(":") and "constraints" in line)
    if middle is None:
        raise SymbolError(text, len(text), "a line '… ordering constraints …:' after the steps")
    end = _first(lines, middle + 1, lambda line: line.startswith("Question: "))
    if end is None:
        raise SymbolError(text, len(text), "the question")
    title = _TITLE.match(text)
    steps, places = _steps(text, lines[1:middle])
    edges: dict[tuple[int, int], int] = {}
    for start, line, _ in lines[middle + 1 : end]:
        order = next((found for pattern in _ORDERS if (found := pattern.fullmatch(line))), None)
        if order is None:
            raise SymbolError(text, start, "a constraint such as 'Step 1 must precede step 2 and 3.'")
        for group in ("earlier", "later"):
            for name in re.finditer("[0-9]+", order[group]):
                if name[0] not in places:
                    at = start + order.start(group) + name.start()
                    raise SymbolError(text, at, "a step that is listed", f"there is no step {name[0]}")
        for later in re.findall("[0-9]+", order["later"]):
            edge = places[order["earlier"]], places[later]
            if edge in edges:
                raise SymbolError(text, start, "another constraint", f"step {later} waits for it twice")
            edges[edge] = start
    return checked(text, steps, edges, title["title"] if title else "")


def _first(lines: Sequence[_Line], start: int, is_it: Callable[[str], bool]) -> int | None:
    """The place of the first line from ``start`` on that opens a paragraph and is the one."""
    places = range(start, len(lines))
    return next((i for i in places if lines[i].is_after_blank and is_it(lines[i].text)), None)


def _steps(text: str, lines: Sequence[_Line]) -> tuple[list[Step], dict[str, int]]:
    steps: list[Step] = []
    places: dict[str, int] = {}
    for start, line, _ in lines:
        ends = [(gap.start(), gap.end()) for gap in _NEXT_STEP.finditer(line)]
        for offset, end in zip([0, *(end for _, end in ends)], [*(begin for begin, _ in ends), len(line)]):
            found = _STEP.fullmatch(line, offset, end)
            if found is None:
                raise SymbolError(text, start + offset, "a step such as 'Step 1. mix the batter (5 min)'")
            if found["name"] in places:
                message = f"step {found['name']} is defined twice"
                raise SymbolError(text, start + offset, "another step", message)
            read_duration(found["time"], text, start + found.start("time"))
            places[found["name"]] = len(steps)
            steps.append(Step(found["name"], found["time"], found["text"].strip()))
    if not steps:
        raise SymbolError(text, 0, "a step such as 'Step 1. mix the batter (5 min)'")
    return steps, places


def checked(text: str, steps: Sequence[Step], edges: dict[tuple[int, int], int], title: str = "") -> Plan:
    """The plan of steps and edges, each with its position in the text. Raises SymbolError at an edge of a cycle."""
    following: list[list[int]] = [[] for _ in steps]
    for earlier, later in edges:
        following[earlier].append(later)
    if cycle := find_cycle(following):
        names = " → ".join(steps[i].name for i in (*cycle, cycle[0]))
        at = edges[cycle[0], cycle[1 % len(cycle)]]
        raise SymbolError(text, at, "an order without a cycle", f"no step of a cycle can start: {names}")
    return Plan(tuple(steps), tuple(map(tuple, following)), title)


def read_graph(text: str) -> Plan:
    """A prompt with a graph. Raises SymbolError if there is none, or it is no plan."""
    found = _GRAPH.search(text)
    if found is None:
        raise SymbolError(text, 0, "a prompt with an adjacency list and labelled nodes")
    # The blank between the two dictionaries is of no account, so positions before the second stay true.
    between = found.start("times") - found.end("steps")
    symbol = f"{found['steps']}{' ' * between}{found['times']}"
    return _placed(text, found.start("steps"), symbol)


def read_code(text: str) -> Plan:
    """A prompt with a program. Raises SymbolError if there is none, or it is no plan."""
    found = _CODE.search(text)
    if found is None:
        raise SymbolError(text, 0, "a prompt with adj_list, source and target")
    return _placed(text, found.start("graph"), found["graph"])


def _placed(text: str, offset: int, symbol: str) -> Plan:
    try:
        return read_symbol(symbol)
    except SymbolError as error:
        raise SymbolError(text, offset + error.position, error.expected, error.message) from None


def read_symbol(symbol: str) -> Plan:
    """The two dictionaries of a graph, or the inputs of a program. Raises SymbolError if they are no plan."""
    graph = parse_graph(symbol)
    times = dict(graph.durations)
    if graph.is_weighted:
        times = _entering(symbol, graph)
    names = [name for name in graph.nodes if name not in (graph.source, graph.target)]
    if not graph.is_weighted and all(map(str.isdecimal, names)):
        names.sort(key=place_of)  # upstream writes 1, 10, 2
    if not names:
        raise SymbolError(symbol, 0, "a step between the start and the end")
    places = {name: i for i, name in enumerate(names)}
    rows = dict(graph.successors)
    for end in (graph.source, graph.target):
        if end not in rows:
            raise SymbolError(symbol, 0, f"an entry for {end}")
    edges = {
        (places[name], places[after]): _place(symbol, name) for name in names for after in rows[name] if after in places
    }
    waiting = {later for _, later in edges}
    going_on = {earlier for earlier, _ in edges}
    for name, i in places.items():
        if i not in waiting and name not in rows[graph.source]:
            raise SymbolError(symbol, _place(symbol, name), "a way from the start", f"nothing leads to {name}")
        if i not in going_on and graph.target not in rows[name]:
            raise SymbolError(symbol, _place(symbol, name), "a way to the end", f"{name} leads nowhere")
    if graph.source in {a for after in rows.values() for a in after} or rows[graph.target]:
        raise SymbolError(symbol, 0, "nothing before the start, nothing after the end")
    return checked(symbol, [Step(name, times[name]) for name in names], edges)


def _place(symbol: str, name: str) -> int:
    found = re.search(rf"(?<!\w)['\"]?{re.escape(name)}['\"]?:", symbol)
    return found.start() if found else 0


def _entering(symbol: str, graph: StepGraph) -> dict[str, str]:
    """The time of each node of a program: the weight of every edge that enters it."""
    found: dict[str, str] = {}
    for earlier, later, written in graph.edges():
        if later == graph.target:
            if float(written):
                at = _place(symbol, earlier)
                raise SymbolError(symbol, at, "0.0", f"the edge to the target {later} takes {written}, not 0")
            continue
        if float(found.setdefault(later, written)) != float(written):
            message = f"node {later} takes {found[later]} on one edge and {written} on another"
            raise SymbolError(symbol, _place(symbol, earlier), "one time for each node", message)
    return {node: minutes(written) for node, written in found.items()}


def minutes(written: str) -> str:
    """A weight of the code form as a time: ``30.0`` → ``30 min``, ``0.17`` → ``10 sec``, ``0.015`` → ``0.015 min``."""
    number = Decimal(written)
    seconds = round(number * 60)
    if round(Decimal(seconds) / 60, 2) != number:
        return f"{number:f} min"
    return f"{seconds} sec" if seconds % 60 else f"{seconds // 60} min"
