"""AsyncHow: everyday tasks as graphs of steps with durations, and the shortest possible time for all steps.

    data/async_benchmark.pkl             columns: "adjacency_list" {"1": ["2"], …}, "time_dic" {"1": "30 min", …},
                                         "task_time" [timedelta, timedelta] (a row has seconds), …
    …/asynchow/asynchow_graph_test.jsonl {"question": "You have a graph whose adjacency list … longest path take? …",
                                          "answer": "[datetime.timedelta(seconds=4800), …]"}
    …/asynchow/asynchow_python_test.jsonl {"question": "… adj_list = {997: [(192, 30.0)], …} …", "answer": 80.0}
    →   completion  {'1': ['2', '3'], …, 'START': ['1']}⏎{'1': '180 days', …}       or  adj_list = {997: …}
        answer      {"low": 4800.0, "high": 4800.0}, in seconds                     or  {"low": 80.0, "high": 80.0}

In the code form the answer is in minutes, the unit of the weights, as the solver gives it.

A benchmark of delegation, not a task of the collection. The graph is given, in the text of a row or beside it, so the
symbol is what upstream wrote. The natural and AAVE forms of the same tasks are not read: their graphs are those of the
graph form. Pickles are read by an unpickler that knows ``datetime.timedelta`` and nothing else.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from collection.procedures.verifier import gold_of
from collection.sources.base import (
    Example,
    Licence,
    Prompt,
    Reason,
    Rejected,
    Row,
    Source,
    Upstream,
    require,
)
from collection.sources.row_files import read_jsonl_rows
from symbol_llm.errors import UserError
from symbol_llm.record import Split

_PICKLES = tuple(f"data/{name}_benchmark.pkl" for name in ("async", "para", "seq"))
_FOLDER = "procedure_generalization_llm/data/asynchow"
_LINES = {
    f"{_FOLDER}/asynchow_{form}_{name}.jsonl": split
    for form in ("graph", "python")
    for name, split in (("train", Split.TRAIN), ("test", Split.TEST))
}
_COLUMNS = ("titles", "steps", "adjacency_list", "time_dic", "task_time")
_GRAPH = re.compile(r"is as follows:\n(?P<steps>\{.*\})\n\n.*?traverse\):\n(?P<times>\{.*\})\n\n", re.DOTALL)
_CODE = re.compile(r"```python\n(?P<graph>adj_list = \{.*\}\nsource = .*\ntarget = .*)\n```")


class AsyncHow(Source):
    """Graphs of steps, with the time of the longest path as the answer."""

    task = "asynchow"
    format = "graph"
    family = "Procedures"
    licence = Licence("MIT", True)
    upstream = Upstream(
        dataset="asynchow",
        url="https://github.com/fangru-lin/graph-llm-asynchow-plan",
        revision="66f9bcffbe6caece8755df7927e14cece69b3160",
        citation="Lin et al. 2024. Graph-enhanced Large Language Models in Asynchronous Plan Reasoning. ICML.",
        sizes={"test": 1_998 + 450, "train": 2_746},
    )
    prompt = Prompt(
        instructions=(
            "Write the steps and what follows them as a graph.",
            "Translate the task into a graph of steps with durations.",
            "Turn the task into an adjacency list and the time of each step.",
            "Give the graph of the steps, then how long each takes.",
            "Which steps follow which, and how long does each take? Answer with a graph.",
            "Express the order of the steps as a graph from START to END.",
            "Formalise the task as a graph that a program can find the longest path in.",
            "State the successors of every step, then the durations.",
            "Convert the description to a graph with durations.",
            "Represent the steps as nodes and their order as edges.",
        ),
        input_label="The task is:",
        cue="The corresponding graph is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The records of the pickles, then the lines of the graph and code forms; what is there of them."""
        present = require(folder, *_PICKLES, *_LINES)
        for file in _PICKLES:
            if folder / file in present:
                for index, data in enumerate(_records(folder / file)):
                    yield Row(file, index, Split.TEST, data)
        for file, split in _LINES.items():
            if folder / file in present:
                yield from read_jsonl_rows(folder / file, folder, split)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        if isinstance(data, dict) and "adjacency_list" in data:
            return _from_record(data)
        if not isinstance(data, dict) or not isinstance(data.get("question"), str):
            return Rejected(Reason.MALFORMED_ROW, "the row has no question")
        found = _GRAPH.search(data["question"]) or _CODE.search(data["question"])
        if found is None:
            return Rejected(Reason.NOT_DERIVABLE, "the question holds no graph in one of upstream's two forms")
        parts = found.groupdict()
        symbol = parts.get("graph") or f"{parts['steps']}\n{parts['times']}"
        try:
            gold = gold_of(data.get("answer"))
        except UserError as error:
            return Rejected(Reason.MALFORMED_ROW, str(error))
        seconds = 60 if "graph" in parts else 1  # of a unit of the symbol
        answer = {"low": float(gold.low / seconds), "high": float(gold.high / seconds)}
        return Example(input=data["question"].strip(), completion=symbol, answer=answer)


def _from_record(data: Mapping[str, Any]) -> Example | Rejected:
    steps, times, total = data["adjacency_list"], data["time_dic"], data["task_time"]
    is_well = isinstance(steps, dict) and isinstance(times, dict) and isinstance(total, list) and len(total) == 2
    if not is_well or not all(isinstance(part, float) for part in total):
        return Rejected(Reason.MALFORMED_ROW, "adjacency_list, time_dic and task_time are not of upstream's types")
    told = [f"Step {number}. {step} ({times.get(str(number), '?')})" for number, step in enumerate(data["steps"], 1)]
    low, high = total
    return Example(
        input="\n".join((str(data["titles"]), *told)),
        completion=f"{steps!r}\n{times!r}",
        answer={"low": low, "high": high},
    )


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("datetime", "timedelta"):
            return timedelta
        raise pickle.UnpicklingError(f"{module}.{name} is no part of upstream's files")


def _records(path: Path) -> Iterator[dict[str, Any] | Rejected]:
    """The records of a pickle of equally long columns. Raises UserError if it is not upstream's."""
    try:
        with path.open("rb") as file:
            table = _Unpickler(file).load()
        columns = [table[name] for name in _COLUMNS]
        if len({len(column) for column in columns}) != 1:
            raise ValueError("the columns differ in length")
    except Exception as error:  # a broken pickle raises whatever its bytes lead to
        raise UserError(f"{path}: not one of upstream's pickles ({error}). Fetch it again") from error
    for values in zip(*columns, strict=True):
        record = dict(zip(_COLUMNS, values, strict=True))
        total = record["task_time"]
        if not isinstance(record["steps"], list) or not isinstance(total, list):
            yield Rejected(Reason.MALFORMED_ROW, "the steps or the two times are no list")
            continue
        yield {**record, "task_time": [t.total_seconds() if isinstance(t, timedelta) else t for t in total]}


ASYNCHOW = AsyncHow()
