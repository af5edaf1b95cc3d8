"""The paper's files: written here in upstream's form with one fault of each kind, and the real ones where at hand."""

from __future__ import annotations

import os
import pickle
from datetime import timedelta
from pathlib import Path
from random import Random

import orjson
import pytest

from collection.procedures import paper_forms
from collection.procedures.convert import PAPER, Form, read, write
from collection.procedures.critical_path import critical_time
from collection.procedures.generator import EVERYDAY, grow
from collection.procedures.instance import outline
from collection.procedures.released_files import FILES, KNOWN_WRONG, Fault, check, is_same
from collection.procedures.verifier import Judgement, gold_of, judge
from symbol_llm.errors import UserError
from tests.collection.procedures.plans import BREAD, timed

RAW = os.environ.get("SYMBOL_LLM_RAW")
WRONG = "[datetime.timedelta(seconds=60), datetime.timedelta(seconds=60)]"
NAMES = {Form.NATURAL: "natural", Form.GRAPH: "graph", Form.CODE: "python"}


def write_files(folder: Path, split: str = "test") -> list[dict]:
    """Six aligned rows in three files, no fault; the natural rows."""
    plans = [BREAD, timed(3, 4, edges="1-2"), *(grow(Random(seed), EVERYDAY) for seed in range(4))]
    natural: list[dict] = []
    for form in PAPER:
        rows = [write(plan, form, Random(0)) for plan in plans]
        lines = [{"question": row.question, "answer": row.answer} for row in rows]
        (folder / f"asynchow_{NAMES[form]}_{split}.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lines)) + b"\n")
        natural = natural or lines
    return natural


def test_files_without_fault(tmp_path: Path) -> None:
    write_files(tmp_path)
    found = check(tmp_path)
    assert [(item.rows, len(item.plans), item.findings) for item in found] == [(6, 6, [])] * 3


def test_every_fault_is_found(tmp_path: Path) -> None:
    rows = write_files(tmp_path)
    rows[1]["answer"] = WRONG
    rows[2]["question"] = rows[2]["question"].replace("Step 1. ", "Then ")
    rows[3]["answer"] = "soon"
    lines = [*map(orjson.dumps, rows[:4]), b"{", b'{"question": 3, "answer": 1}', b'"x"']
    (tmp_path / "asynchow_natural_test.jsonl").write_bytes(b"\n".join(lines))
    graph = (tmp_path / "asynchow_graph_test.jsonl").read_text().splitlines()
    (tmp_path / "asynchow_graph_test.jsonl").write_text("\n".join([graph[1], graph[1]]))
    code = [orjson.loads(line) for line in (tmp_path / "asynchow_python_test.jsonl").read_text().splitlines()]
    code[0]["answer"] += 0.02
    code[1]["question"] = code[1]["question"].replace("source = ", "source = 9")
    (tmp_path / "asynchow_python_test.jsonl").write_bytes(b"\n".join(map(orjson.dumps, code[:2])))
    natural, graphs, programs = check(tmp_path)
    assert [(f.row, f.fault) for f in natural.findings] == [
        (1, Fault.WRONG_LABEL), (2, Fault.UNREADABLE), (3, Fault.UNREADABLE),
        (4, Fault.MALFORMED), (5, Fault.MALFORMED), (6, Fault.MALFORMED),
    ]  # fmt: skip
    assert natural.findings[0].detail == "the label is 60 s, the longest path takes 420 s"
    assert [(f.row, f.fault) for f in graphs.findings] == [(0, Fault.OTHER_PLAN)]
    assert [(f.row, f.fault) for f in programs.findings] == [(0, Fault.WRONG_LABEL), (1, Fault.UNREADABLE)]


def test_known_wrong_labels_are_named_as_such(tmp_path: Path) -> None:
    row = {"question": paper_forms.natural(timed(3, 4)), "answer": WRONG}
    (tmp_path / "asynchow_natural_train.jsonl").write_bytes(b"\n".join([orjson.dumps(row)] * 111))
    (natural,) = check(tmp_path)
    assert len(natural.findings) == 111
    assert [f.row for f in natural.findings if f.detail.endswith("as is known")] == [109]


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none of asynchow_natural_train.jsonl, .* is here"):
        check(tmp_path)


def test_pickles_of_asynchow(tmp_path: Path) -> None:
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    table = {
        "titles": ["How to bake", "How to wait", "How to loop"],
        "steps": [["mix", "bake"], ["wait"], ["a", "b"]],
        "adjacency_list": [
            {"1": ["2"], "2": ["END"], "END": [], "START": ["1"]},
            {"1": ["END"], "END": [], "START": ["1"]},
            {"1": ["2"], "2": ["1"], "END": [], "START": ["1"]},
        ],
        "time_dic": [{"1": "30 min", "2": "30 min"}, {"1": "1 month"}, {"1": "1 min", "2": "1 min"}],
        "task_time": [[hour, hour], [minute, minute], [minute, minute]],
    }
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "async_benchmark.pkl").write_bytes(pickle.dumps(table, protocol=4))
    (found,) = check(tmp_path)
    assert found.rows == 3 and sorted(found.plans) == [0, 1]
    assert [(f.row, f.fault) for f in found.findings] == [(1, Fault.WRONG_LABEL), (2, Fault.UNREADABLE)]


@pytest.fixture(scope="module")
def real() -> Path:
    assert RAW
    folder = Path(RAW) / "asynchow"
    if not folder.is_dir():
        pytest.skip("asynchow is not among the raw datasets")
    return folder


def real_rows(folder: Path, name: str) -> list[dict]:
    path = folder / "procedure_generalization_llm/data/asynchow" / name
    return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_rows_are_read_and_only_known_labels_are_wrong(real: Path) -> None:
    for checked in check(real):
        unread = [f for f in checked.findings if f.fault in (Fault.UNREADABLE, Fault.MALFORMED)]
        assert not unread, unread[:3]
        wrong = {f.row for f in checked.findings if f.fault is Fault.WRONG_LABEL}
        if checked.file.endswith("_train.jsonl"):
            known = {row for row in KNOWN_WRONG if row < checked.rows}
            # The label of the code form is what a program returned.
            assert wrong <= known if "python" in checked.file else wrong == known
        elif "aave" not in checked.file and not checked.file.endswith(".pkl"):
            assert not wrong, wrong
        if "aave" not in checked.file:
            assert not any(f.fault is Fault.OTHER_PLAN for f in checked.findings)


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("name", FILES)
def test_real_rows_round_trip_through_every_form(real: Path, name: str) -> None:
    rng = Random(0)
    for row in real_rows(real, name):
        plan = read(row["question"], FILES[name])
        for form in (*PAPER, Form.SYMBOL):
            again = read(write(plan, form, rng).question)
            if form is Form.CODE:
                assert is_same(again, plan, Form.CODE)
            else:
                assert outline(again) == outline(plan)


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("split", ["train", "test"])
def test_real_prompts_are_written_again_letter_for_letter(real: Path, split: str) -> None:
    for row in real_rows(real, f"asynchow_natural_{split}.jsonl"):
        assert paper_forms.natural(read(row["question"])) == row["question"]
    for row in real_rows(real, f"asynchow_graph_{split}.jsonl"):
        plan = read(row["question"])
        listed = [
            item.partition(":")[0] for item in row["question"].split("traverse):\n{")[1].split("}")[0].split(", ")
        ]
        order = [[f"'{step.name}'" for step in plan.steps].index(name) for name in listed]
        assert paper_forms.graph(plan, order) == row["question"]
    graphs = real_rows(real, f"asynchow_graph_{split}.jsonl")
    for graph, row in zip(graphs, real_rows(real, f"asynchow_python_{split}.jsonl")):
        plan, code = read(graph["question"]), read(row["question"])
        ends = row["question"].split("\nsource = ")[1].split("\n```")[0].split("\ntarget = ")
        ids = [0] * len(plan.steps)
        for step, i in zip(code.steps, paper_forms.written_order(plan), strict=True):
            ids[i] = int(step.name)
        assert paper_forms.code(plan, [*ids, int(ends[1]), int(ends[0])]) == row["question"]


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_the_verifier_takes_the_right_answer_of_every_real_row(real: Path) -> None:
    for name, form in FILES.items():
        for number, row in enumerate(real_rows(real, name)):
            if "train" in name and number in KNOWN_WRONG:
                continue
            gold = gold_of(row["answer"])
            if form is Form.CODE:
                texts = [f"{row['answer']}", f"{row['answer']} min"]
            else:
                low, high = critical_time(read(row["question"], form))
                texts = [f"{low} to {high} seconds", f"{float(low) / 60:.4f} minutes to {float(high) / 60:.4f} minutes"]
            for text in texts:
                assert judge(f"{row['question']}\n<answer>{text}</answer>", gold) is Judgement.CORRECT, (name, number)
            assert judge(row["question"], gold) is Judgement.NO_ANSWER
