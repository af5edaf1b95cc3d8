"""``symbol-llm procedures``, as a user calls it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from collection.procedures import paper_forms
from collection.procedures.cli import app
from collection.procedures.convert import read
from collection.procedures.instance import outline
from symbol_llm.errors import CheckFailed, UserError
from tests.collection.procedures.plans import BREAD, timed
from tests.collection.procedures.test_released_files import write_files


def call(*words: object, text: str = "") -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], input=text)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_generate_writes_aligned_files_and_prints_the_rules(tmp_path: Path) -> None:
    found = orjson.loads(
        call("generate", "--out", tmp_path, "--count", 4, "--split", "train", "--split", "id", "--json")
    )
    assert found["splits"]["train"]["plans"] == 4 and "most hops" in found["splits"]["id"]["baselines"]
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted(f"{s}_compact_{f}.jsonl" for s in ("train", "id") for f in ("natural", "graph", "code"))
    row = orjson.loads((tmp_path / "id_compact_graph.jsonl").read_bytes().splitlines()[0])
    assert set(row) == {"question", "answer", "unit", "completion"}
    before = (tmp_path / "id_compact_graph.jsonl").read_bytes()
    call("generate", "--out", tmp_path, "--count", 4, "--split", "id")
    assert (tmp_path / "id_compact_graph.jsonl").read_bytes() == before
    call("generate", "--out", tmp_path, "--count", 4, "--split", "id", "--paper")
    rules = orjson.loads(call("baselines", tmp_path / "id_natural.jsonl", "--json"))["splits"]["id_natural.jsonl"]
    assert rules == found["splits"]["id"]


def test_baselines_of_the_splits() -> None:
    found = orjson.loads(call("baselines", "--split", "greedy_proof", "--count", 5, "--json"))
    assert found["splits"]["greedy_proof"]["baselines"]["longest next step"] == 0
    assert "most hops" in call("baselines", "--split", "larger", "--count", 2)


def test_convert_a_prompt_and_a_file(tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.txt"
    prompt.write_text(paper_forms.natural(BREAD) + "\n")
    assert outline(read(call("convert", prompt, "--to", "graph").rstrip("\n"))) == outline(BREAD)
    written = orjson.loads(call("convert", "-", "--to", "code", "--json", text=paper_forms.graph(BREAD)))
    assert written["answer"] == 70.0 and written["unit"] == "min"
    natural = write_files(tmp_path)
    lines = call("convert", tmp_path / "asynchow_graph_test.jsonl", "--to", "natural", "--from", "graph").splitlines()
    assert [orjson.loads(line)["answer"] for line in lines] == [row["answer"] for row in natural]


def test_convert_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        call("convert", tmp_path / "none.txt", "--to", "graph")
    (tmp_path / "rows.jsonl").write_text('{"question": "What?"}\n')
    with pytest.raises(UserError, match=r"rows.jsonl, line 1: expected a plan"):
        call("convert", tmp_path / "rows.jsonl", "--to", "graph")
    (tmp_path / "rows.jsonl").write_text("{}\n")
    with pytest.raises(UserError, match=r"rows.jsonl, line 1: not a JSON object with a question"):
        call("baselines", tmp_path / "rows.jsonl")
    (tmp_path / "prompt.txt").write_text(paper_forms.natural(BREAD))
    with pytest.raises(UserError, match="whole minutes"):
        call("convert", tmp_path / "prompt.txt", "--to", "compact_graph")


def test_check(tmp_path: Path) -> None:
    write_files(tmp_path)
    assert "asynchow_graph_test.jsonl" in call("check", tmp_path)
    row = {"question": paper_forms.natural(timed(2)), "answer": "[datetime.timedelta(0), datetime.timedelta(0)]"}
    (tmp_path / "asynchow_natural_test.jsonl").write_bytes(orjson.dumps(row))
    found = orjson.loads(call("check", tmp_path, "--json"))
    first = found["findings"][0]
    assert (first["file"], first["fault"]) == ("asynchow_natural_test.jsonl", "wrong_label")
    (tmp_path / "asynchow_natural_test.jsonl").write_text("{\n")
    with pytest.raises(CheckFailed, match="1 rows could not be read"):
        call("check", tmp_path)


def test_analogy(tmp_path: Path) -> None:
    write_files(tmp_path)
    test, train, correct = (tmp_path / f"{n}" for n in ("asynchow_graph_test.jsonl", "train.jsonl", "correct.txt"))
    train.write_bytes(test.read_bytes())
    correct.write_text("1\n0\n1\n1\n0\n1\n")
    found = orjson.loads(call("analogy", test, train, "--correct", correct, "--json"))
    assert found["plans"] == 6 and found["accuracy"] == pytest.approx(4 / 6)
    assert found["nearest"]["r"] is None, "every plan is among the training plans"
    assert "size fixed" in call("analogy", test, train, "--correct", correct)
    correct.write_text("1\n")
    with pytest.raises(UserError, match="6 test plans, but 1 values"):
        call("analogy", test, train, "--correct", correct)
    correct.write_text("yes\n")
    with pytest.raises(UserError, match="every line must be 0 or 1"):
        call("analogy", test, train, "--correct", correct)
