"""The sources that are for evaluation only: word problems, last letters, BIG-bench, WikiTableQuestions."""

from __future__ import annotations

import importlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from collection.sources import SOURCES
from collection.sources.base import Example, FilesMissing, Reason, Rejected, Source
from collection.sources.big_bench import COLORED_OBJECTS, COLORED_OBJECTS_BBH, OBJECT_COUNTING, PENGUINS
from collection.sources.equations import program_of
from collection.sources.last_letters import LAST_LETTERS
from collection.sources.wikitablequestions import WIKITABLEQUESTIONS
from collection.sources.word_problems import ADDSUB, ASDIV, MULTIARITH, SINGLEEQ, SINGLEOP, SVAMP
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split
from tests.eval.small_sets import SINGLEOP as SINGLEOP_ROWS
from tests.eval.small_sets import write_all

RAW = os.environ.get("SYMBOL_LLM_RAW")
ALL = (
    *(SVAMP, ASDIV, ADDSUB, SINGLEEQ, SINGLEOP, MULTIARITH, LAST_LETTERS, WIKITABLEQUESTIONS),
    *(getattr(importlib.import_module("collection.sources.big_bench"), name) for name in (
        "COLORED_OBJECTS", "PENGUINS", "DATE", "COLORED_OBJECTS_BBH", "PENGUINS_BBH", "DATE_BBH", "OBJECT_COUNTING",
    )),
)  # fmt: skip


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("raw"))


def examples(source: Source, raw: Path) -> list[Example | Rejected]:
    folder = raw / source.upstream.dataset
    return [r.data if isinstance(r.data, Rejected) else source.to_example(r, folder) for r in source.read(folder)]


def read(source: Source, tmp_path: Path, name: str, content: Any) -> list[Example | Rejected]:
    path = tmp_path / source.upstream.dataset / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8", newline="")
    return examples(source, tmp_path)


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.task)
def test_describes_itself_and_stays_out_of_the_collection(source: Source, raw: Path, tmp_path: Path) -> None:
    assert source.task not in SOURCES and get_format(source.format).name == source.format
    assert 8 <= len(source.prompt.instructions) <= 12 and source.upstream.sizes and source.upstream.citation
    rows = list(source.read(raw / source.upstream.dataset))
    assert rows == list(source.read(raw / source.upstream.dataset)) and rows[0].split is Split.TEST
    assert len({(row.file, row.index) for row in rows}) == len(rows)
    json.dumps([row.data for row in rows])
    with pytest.raises(FilesMissing):
        list(source.read(tmp_path / "nothing"))


def test_svamp_joins_body_and_question(raw: Path) -> None:
    pens, cards = examples(SVAMP, raw)
    assert pens == Example(
        input="A pen costs 3 dollars. What do 2 pens cost?", completion="def solution():\n    return 3 * 2", answer=6
    )
    assert isinstance(cards, Example) and cards.completion.endswith("return 4 - 2 + 3") and cards.answer == 2


def test_asdiv_answers_and_formulas(raw: Path) -> None:
    found = [example for example in examples(ASDIV, raw) if isinstance(example, Example)]
    assert [example.answer for example in found] == [9, 5, "Yes", [5, 2], 4]
    assert [bool(example.completion) for example in found] == [True, False, False, False, True]
    assert found[0].input == "Ann has 7 plums & Bo has 2. How many have they?"
    assert found[4].completion == "def solution():\n    step_1 = 25 + 15\n    step_2 = step_1 / 10\n    return step_2"


def test_mawps_in_both_forms(raw: Path, tmp_path: Path) -> None:
    (shells,) = examples(ADDSUB, raw)
    assert isinstance(shells, Example) and shells.answer == 43 and shells.input.startswith("Ann had 70 shells . She")
    assert [e.answer for e in examples(SINGLEOP, raw) if isinstance(e, Example) and not e.completion] == [9, 9]
    other = tmp_path / "mawps_pal" / "datasets"
    other.mkdir(parents=True)
    (other / "mawpsaddsub.jsonl").write_text("\n".join(map(json.dumps, SINGLEOP_ROWS)))  # no line break at the end
    assert len(examples(ADDSUB, tmp_path)) == 2, "PAL's file where the original is not there"


def test_rows_that_are_no_problems(tmp_path: Path) -> None:
    rows: list[Any] = [
        {"sQuestion": " ", "lSolutions": [1]},
        {"sQuestion": "How?", "lSolutions": []},
        {"sQuestion": "How?", "lSolutions": ["x"]},
        7,
        {"input": "How?"},
    ]
    found = read(ADDSUB, tmp_path, "dataset/AddSub/AddSub.json", rows)
    assert [r.reason for r in found if isinstance(r, Rejected)] == [
        Reason.EMPTY_INPUT, Reason.NO_LABEL, Reason.NO_LABEL, Reason.MALFORMED_ROW, Reason.NO_LABEL,
    ]  # fmt: skip
    with pytest.raises(UserError, match="not XML"):
        read(ASDIV, tmp_path, "dataset/ASDiv.xml", "<a><Problem ID='1'>")


@pytest.mark.parametrize(
    ("equation", "line"),
    [
        ("X = 70 - 27", "return 70 - 27"),
        ("X=((32.0+42.0)-35.0)", "return 32 + 42 - 35"),
        ("( 6.0 / ( 4.0 - 1.0 ) )", "return 6 / (4 - 1)"),
        ("(0.5*8)=x", "return 0.5 * 8"),
        ("70-x=27", "return solve(70 - x - (27), x)[0]"),
        ("x=x-1+2", "return solve(x - (x - 1 + 2), x)[0]"),
    ],
)
def test_equations(equation: str, line: str) -> None:
    assert program_of(equation).splitlines()[-1].strip() == line


@pytest.mark.parametrize("equation", ["", "x", "x =", "1 = 2", "a+b=x", "x = 1 = 1", "__import__('os')"])
def test_no_equations(equation: str) -> None:
    with pytest.raises(SymbolError):
        program_of(equation)


def test_last_letters_reads_the_words_as_they_stand(raw: Path, tmp_path: Path) -> None:
    four, five = (e for e in examples(LAST_LETTERS, raw) if isinstance(e, Example))
    assert four.completion == 'def solution():\n    return "".join(word[-1] for word in "Ann Bob Cleo Max".split())'
    assert five.answer == "nbax" and "Jose Maria" in five.completion
    odd = [
        {"question": "Say hi.", "answer": "i"},
        {"question": " ", "answer": "i"},
        {"question": "x"},
        {"question": "x", "answer": ""},
    ]
    plain, *rejected = read(LAST_LETTERS, tmp_path, "dataset/last_letters/last_letters.json", {"examples": odd})
    assert isinstance(plain, Example) and plain.completion == ""
    assert [r.reason for r in rejected if isinstance(r, Rejected)] == [
        Reason.EMPTY_INPUT,
        Reason.MALFORMED_ROW,
        Reason.NO_LABEL,
    ]


def test_big_bench(raw: Path, tmp_path: Path) -> None:
    assert [e.answer for e in examples(COLORED_OBJECTS, raw) if isinstance(e, Example)] == [
        "blue",
        ["3", "three"],
        "yes",
    ]
    (penguin,) = examples(PENGUINS, raw)
    assert isinstance(penguin, Example) and penguin.input == "Here is a table:\nname, age\nLouis, 7\nHow old is Louis?"
    assert [e.answer for e in examples(COLORED_OBJECTS_BBH, raw) if isinstance(e, Example)] == [
        {"choice": "C", "options": ["zero", "one", "two"]},
        {"choice": "B", "options": ["red", "blue"]},
    ]
    assert [e.answer for e in examples(OBJECT_COUNTING, raw) if isinstance(e, Example)] == [3]
    rows = [{"input": "x"}, {"input": "", "target_scores": {"a": 1}}, {"input": "x", "target_scores": {"a": 0}}, 3]
    found = read(COLORED_OBJECTS, tmp_path, "reasoning_about_colored_objects/task.json", {"examples": rows})
    assert [r.reason for r in found if isinstance(r, Rejected)] == [
        Reason.MALFORMED_ROW, Reason.EMPTY_INPUT, Reason.NO_LABEL, Reason.MALFORMED_ROW,
    ]  # fmt: skip
    rows = [{"input": "x\nOptions:\n(A) a", "target": "(B)"}, {"input": "How many?", "target": "many"}]
    found = read(OBJECT_COUNTING, tmp_path, "bbh/object_counting.json", {"examples": rows})
    assert [r.reason for r in found if isinstance(r, Rejected)] == [Reason.NO_LABEL, Reason.NO_LABEL]
    assert [
        r.reason for r in read(OBJECT_COUNTING, tmp_path, "bbh/object_counting.json", []) if isinstance(r, Rejected)
    ] == [Reason.MALFORMED_ROW]


def test_wikitablequestions(raw: Path) -> None:
    *found, missing = examples(WIKITABLEQUESTIONS, raw)
    assert isinstance(missing, Rejected) and missing.reason is Reason.MISSING_CONTEXT
    first, second, third = (e for e in found if isinstance(e, Example))
    assert first.context.definitions == (
        "CREATE TABLE table_204_590 (\ncol0 text, -- Hiker\ncol1 real, -- Distance (km)\ncol2 real\n)\n"
        '-- its first rows:\n-- ann lee | 1204 | 2008\n-- tom "t" ray | 1009 | \n-- ida |  | '
    )
    assert first.context.world["tables"]["table_204_590"]["rows"] == [
        ["ann lee", 1204, 2008], ['tom "t" ray', 1009, None], ["ida", None, None],
    ]  # fmt: skip
    assert second.input == 'how far did "t" go?' and second.answer == {"values": ["1,009"], "canon": ["1009"]}
    assert third.answer == {"values": ["Ann Lee", 'Tom "T" Ray'], "canon": ["Ann Lee", 'Tom "T" Ray']}
    assert first.group == second.group == "table_204_590"


def test_wikitablequestions_takes_upstreams_canonical_forms(tmp_path: Path) -> None:
    raw = write_all(tmp_path)
    tagged = raw / "wikitablequestions/tagged/data/pristine-unseen-tables.tagged"
    tagged.parent.mkdir(parents=True)
    tagged.write_text("id\tutterance\ttargetCanon\nnu-1\tx\t1009.0\nnu-2\tx\tann\\plee|tom\nnu-0\tx\n")
    found = [e for e in examples(WIKITABLEQUESTIONS, raw) if isinstance(e, Example)]
    assert [e.answer["canon"] for e in found] == [["Ann Lee"], ["1009.0"], ["ann|lee", "tom"]]
    tsv = raw / "wikitablequestions/data/pristine-unseen-tables.tsv"
    tsv.write_text(
        "id\tutterance\tcontext\ttargetValue\nnu-0\tone\tfield\n\nnu-1\t\tcsv/1-csv/1.csv\tx\nnu-2\tq\tcsv/1-csv/1.csv\t\n"
    )
    assert [r.reason for r in examples(WIKITABLEQUESTIONS, raw) if isinstance(r, Rejected)] == [
        Reason.MALFORMED_ROW, Reason.EMPTY_INPUT, Reason.NO_LABEL,
    ]  # fmt: skip
    tsv.write_text("question\tanswer\nx\ty\n")
    with pytest.raises(UserError, match="expected the columns id, utterance"):
        examples(WIKITABLEQUESTIONS, raw)


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("source", ALL, ids=lambda source: source.task)
def test_real_rows(source: Source) -> None:
    """Every real row is an item: none is malformed, and where upstream has equations nearly all become programs."""
    assert RAW
    found = examples(source, Path(RAW))
    kept = [example for example in found if isinstance(example, Example)]
    assert not Counter(r.reason for r in found if isinstance(r, Rejected)) and kept
    has_programs = sum(bool(example.completion) for example in kept) / len(kept)
    assert has_programs == 0 or has_programs > (0.65 if source is ASDIV else 0.98)
