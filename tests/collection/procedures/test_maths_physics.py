"""Maths and physics in both forms: rows are read as upstream writes them, and what is wrong with one is named."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from collection.procedures.cli import app
from collection.procedures.maths_physics import Pair, check_pairs, pairs, read_problem, read_program
from collection.procedures.released_files import Fault
from symbol_llm.errors import SymbolError, UserError

ASK = " Think step by step. Then, encode your final answer in <answer></answer>."
LEAD = "Below is a program and you should simulate it then give its printed output as your answer. "
PROBLEM = "What is half of $48$?"
PROGRAM = "import sympy as sp\n\n# Halve it\nresult = sp.Integer(48) / 2\n\nprint(result)"
FALL = 'v = 9.8 * 2\nunit="$\\mathrm{m} / \\mathrm{s}$"\nprint(f"{v} {unit}")'


def write(folder: Path, name: str, *rows: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def row(question: str, answer: object = "24") -> dict[str, object]:
    return {"question": question, "answer": answer}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rows of all eight files' kinds, good ones."""
    write(tmp_path, "math_long_natural_train", row(PROBLEM + ASK), row("Add $1$ and $1$." + ASK, "2"))
    write(tmp_path, "math_long_python_train", row(PROGRAM + ASK), row("print(1 + 1)" + ASK, "2"))
    write(tmp_path, "math_long_natural_test", row(PROBLEM + ASK))
    write(tmp_path, "math_long_python_test", row(LEAD + PROGRAM + ASK))
    write(tmp_path, "physics_long_natural_test", row("How fast is it?\r\n" + ASK, "19.6 $\\mathrm{m} / \\mathrm{s}$ "))
    write(tmp_path, "physics_long_python_test", row(LEAD + FALL + ASK, "19.6 $\\mathrm{m} / \\mathrm{s}$"))
    return tmp_path


def test_both_forms_of_a_question(folder: Path) -> None:
    found = list(pairs(folder))
    assert found[0] == Pair("math", "train", 0, PROBLEM, PROGRAM, "24")
    assert [pair.split for pair in found] == ["train", "train", "test", "test"]
    assert found[2].program == PROGRAM, "the sentence before a test program is no part of it"
    assert found[3] == Pair("physics", "test", 0, "How fast is it?", FALL, "19.6 $\\mathrm{m} / \\mathrm{s}$")
    nested = folder / "data" / "physics_math"
    nested.mkdir(parents=True)
    for path in folder.glob("*.jsonl"):
        path.rename(nested / path.name)
    assert list(pairs(folder)) == found, "found below the repository's own folders, too"


def test_faults_are_named(folder: Path) -> None:
    natural = [row(PROBLEM + ASK), row(PROBLEM), row(ASK), {"question": PROBLEM + ASK}, [], row(PROBLEM + ASK, 24)]
    write(folder, "math_long_natural_train", *natural)
    code = [row(PROGRAM + ASK, "25"), row("print(" + ASK), row(PROGRAM + ASK)]
    write(folder, "math_long_python_train", *code)
    (folder / "physics_long_natural_test.jsonl").write_text("{\n")
    found = {checked.file: checked for checked in check_pairs(folder)}
    faults = [(f.row, f.fault) for f in found["math_long_natural_train.jsonl"].findings]
    assert faults == [
        (1, Fault.UNREADABLE), (2, Fault.UNREADABLE), (3, Fault.MALFORMED), (4, Fault.MALFORMED), (5, Fault.MALFORMED),
    ]  # fmt: skip
    faults = [(f.row, f.fault) for f in found["math_long_python_train.jsonl"].findings]
    assert faults == [(1, Fault.UNREADABLE), (0, Fault.OTHER_PLAN), (2, Fault.OTHER_PLAN)]
    assert found["physics_long_natural_test.jsonl"].rows == 1
    assert not [pair for pair in pairs(folder) if pair.split == "train" or pair.subject == "physics"]


def test_prompts_that_are_none() -> None:
    with pytest.raises(SymbolError, match="Think step by step"):
        read_problem(PROBLEM)
    with pytest.raises(SymbolError, match="before the request"):
        read_program(LEAD + ASK)
    with pytest.raises(SymbolError):
        read_program("result = = 2" + ASK)


def test_the_command_counts_them(folder: Path) -> None:
    done = CliRunner().invoke(app, ["check", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    files = {file["file"]: (file["rows"], file["read"]) for file in orjson.loads(done.stdout)["files"]}
    assert files["math_long_natural_train.jsonl"] == (2, 2) and files["physics_long_python_test.jsonl"] == (1, 1)
    assert len(files) == 6


def test_no_such_files(tmp_path: Path) -> None:
    assert check_pairs(tmp_path) == []
    with pytest.raises(UserError, match=r"math_long_natural_train\.jsonl"):
        list(pairs(tmp_path))
