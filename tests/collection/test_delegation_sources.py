"""AsyncHow, GSM-Hard and CLOSURE: what their rows mean, and every way in which one can be broken."""

from __future__ import annotations

import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from collection.sources.asynchow import ASYNCHOW
from collection.sources.base import Example, FilesMissing, Reason, Rejected, Source
from collection.sources.closure import CLOSURE
from collection.sources.gsm_hard import GSM_HARD
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format

HOUR = timedelta(hours=1)
COLUMNS: dict[str, list[Any]] = {
    "titles": ["How to bake", "How to wait"],
    "steps": [["mix", "bake"], ["wait"]],
    "adjacency_list": [
        {"1": ["2"], "2": ["END"], "END": [], "START": ["1"]},
        {"1": ["END"], "END": [], "START": ["1"]},
    ],
    "time_dic": [{"1": "30 min", "2": "30 min"}, {"1": "1 month"}],
    "task_time": [[HOUR, HOUR], [28 * 24 * HOUR, 31 * 24 * HOUR]],
}
FOLDER = "procedure_generalization_llm/data/asynchow"
GRAPH = (
    "You have a graph whose adjacency list representation is as follows:\n"
    "{'1': ['END'], 'END': [], 'START': ['1']}\n\n"
    "The graph is directed (START and END are special nodes which takes no time to traverse):\n"
    "{'1': '10 min'}\n\nHow long?"
)
CODE = "```python\ndef f(): …\n```\n```python\nadj_list = {7: [(3, 30.0)], 3: []}\nsource = 7\ntarget = 3\n```\nThink."


def examples(source: Source, folder: Path) -> list[Example | Rejected]:
    rows = list(source.read(folder))
    orjson.dumps([row.data for row in rows if not isinstance(row.data, Rejected)])  # plain JSON
    return [row.data if isinstance(row.data, Rejected) else source.to_example(row, folder) for row in rows]


def write(path: Path, *rows: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))


def test_asynchow_pickles(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/async_benchmark.pkl").write_bytes(pickle.dumps(COLUMNS))
    first, second = examples(ASYNCHOW, tmp_path)
    assert isinstance(first, Example) and isinstance(second, Example)
    assert first.input == "How to bake\nStep 1. mix (30 min)\nStep 2. bake (30 min)"
    assert first.answer == {"low": 3600.0, "high": 3600.0}
    assert second.answer == {"low": 28 * 86_400.0, "high": 31 * 86_400.0}
    assert get_format("graph").accepts(first.completion).holds and get_format("graph").accepts(second.completion).holds


class Attack:
    def __reduce__(self) -> Any:
        return (print, ("executed",))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no pickle",
        pickle.dumps(COLUMNS)[:-20],
        pickle.dumps([1, 2]),
        pickle.dumps({**COLUMNS, "steps": [["one"]]}),
        pickle.dumps({"titles": Attack()}),
    ],
)
def test_a_pickle_that_is_not_upstreams_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/seq_benchmark.pkl").write_bytes(data)
    with pytest.raises(UserError, match=r"seq_benchmark\.pkl"):
        examples(ASYNCHOW, tmp_path)


def test_asynchow_lines(tmp_path: Path) -> None:
    times = "[datetime.timedelta(seconds=600), datetime.timedelta(days=1, seconds=600)]"
    write(
        tmp_path / FOLDER / "asynchow_graph_test.jsonl",
        {"question": GRAPH, "answer": times},
        {"question": GRAPH, "answer": "[datetime.timedelta(0), datetime.timedelta(0)]"},
        {"question": GRAPH, "answer": "[datetime.timedelta(hourz=1), datetime.timedelta(0)]"},
        {"question": GRAPH, "answer": "__import__('os')"},
        {"question": "How long does it take?", "answer": times},
        {"answer": times},
        [],
    )
    write(tmp_path / FOLDER / "asynchow_python_test.jsonl", {"question": CODE, "answer": 30.0})
    *found, code = examples(ASYNCHOW, tmp_path)
    assert [item.answer if isinstance(item, Example) else item.reason for item in found] == [
        {"low": 600.0, "high": 87_000.0},
        {"low": 0.0, "high": 0.0},
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,
        Reason.NOT_DERIVABLE,
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,
    ]
    assert isinstance(code, Example) and code.answer == {"low": 30.0, "high": 30.0}
    assert code.completion == "adj_list = {7: [(3, 30.0)], 3: []}\nsource = 7\ntarget = 3"


def test_gsm_hard(tmp_path: Path) -> None:
    row = {"input": "How many?", "code": "\ndef solution():\n    return 4 / 2\n\n", "target": 2.0}
    write(
        tmp_path / "datasets/gsmhardv2.jsonl",
        row,
        {**row, "target": -1.5},
        {**row, "target": None},
        {**row, "target": "2"},
        {**row, "target": True},
        {**row, "code": " "},
        {**row, "input": ""},
        {"input": "How many?"},
    )
    first, second, *rest = examples(GSM_HARD, tmp_path)
    assert isinstance(first, Example) and isinstance(second, Example)
    assert (first.completion, first.answer, second.answer) == ("def solution():\n    return 4 / 2", 2, -1.5)
    assert [item.reason for item in rest if isinstance(item, Rejected)] == [
        Reason.NO_LABEL,
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,
        Reason.EMPTY_SYMBOL,
        Reason.EMPTY_INPUT,
        Reason.MALFORMED_ROW,
    ]


def test_closure_is_read_as_clevr_is(tmp_path: Path, raw: Path) -> None:
    scenes = (raw / "clevr/CLEVR_v1.0/scenes/CLEVR_val_scenes.json").read_bytes()
    questions = (raw / "clevr/CLEVR_v1.0/questions/CLEVR_val_questions.json").read_bytes()
    (tmp_path / "closure").mkdir()
    (tmp_path / "closure/CLEVR_val_scenes.json").write_bytes(scenes)
    (tmp_path / "closure/and_mat_spa_val.json").write_bytes(questions)
    rows = list(CLOSURE.read(tmp_path))
    assert {row.file for row in rows} == {"closure/and_mat_spa_val.json"}, "scenes are no questions"
    assert any(isinstance(item, Example) and item.context.world["scene"] for item in examples(CLOSURE, tmp_path))


@pytest.mark.parametrize("source", [ASYNCHOW, GSM_HARD, CLOSURE])
def test_without_files_it_says_so(tmp_path: Path, source: Source) -> None:
    with pytest.raises(FilesMissing):
        list(source.read(tmp_path))
    assert 8 <= len(set(source.prompt.instructions)) <= 12
