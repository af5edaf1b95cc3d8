"""``analyse gains`` over made runs, with numbers counted by hand."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eval.analysis.cli import app
from eval.analysis.gains import analyse, nesting, num_tokens, picture
from symbol_llm.errors import UserError
from tests.eval.made_run import made_run, write, write_lines

# Of ten items: right in the base, after injection, after infusion.
RIGHT = (2, 8, 7)
GENERAL = (0.4, 0.25, 0.38)


def a_row(task: str, number: int, outcome: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{task}-{number}",
        "sample": 0,
        "group": f"story {number}",
        "prompt": "word " * (4 if number < 5 else 20),
        "output": "x",
        "finish": "stop",
        "outcome": outcome,
        "message": "",
        **more,
    }


def symbolic_rows(right: int) -> list[dict[str, Any]]:
    rows = []
    for number in range(10):
        is_right = number < right
        score = {"metric": "EM", "value": float(is_right), "is_exact": is_right, "is_parsed": True, "counts": []}
        gold = "f(x)" if number < 5 else "f(g(h(x)), " + "y, " * 10 + "z)"
        outcome = "exact" if is_right else "different"
        rows.append(a_row("scan", number, outcome, is_equivalent=is_right, gold=gold, **score))
    return rows


def delegate_rows(right: int) -> list[dict[str, Any]]:
    return [a_row("sums", n, "correct" if n < right else "wrong" if n < 9 else "no_symbol") for n in range(10)]


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / name for name in ("base", "injection", "infusion")]
    for folder, right, general in zip(folders, RIGHT, GENERAL):
        write_lines(folder / "symbolic/scan.jsonl", symbolic_rows(right))
        write(folder / "symbolic/summary.json", {"tasks": {"scan": {"format": "scan", "family": "Command"}}})
        write_lines(folder / "delegate/sums.jsonl", delegate_rows(right))
        write(folder / "delegate/summary.json", {"scenes": {"maths": [{"benchmark": "sums", "scene": "maths"}]}})
        totals = {"MMLU": {"value": general + 0.1}, "BBH": {"value": general - 0.1}}
        write(folder / "general/summary.json", {"mean": general, "totals": totals})
    return folders


def test_stages_and_steps(runs: list[Path]) -> None:
    document = analyse(runs)
    assert document["runs"] == ["base", "injection", "infusion"] and document["notes"] == []
    tasks = {task["task"]: task for task in document["tasks"]}
    assert tasks["scan"]["values"] == tasks["sums"]["values"] == [0.2, 0.8, 0.7]
    assert (tasks["scan"]["family"], tasks["sums"]["family"]) == ("Command", "maths")
    steps = {(step["from"], step["to"]): step for step in tasks["sums"]["steps"]}
    assert set(steps) == {("base", "injection"), ("injection", "infusion"), ("base", "infusion")}
    injection = steps["base", "injection"]
    assert injection["difference"] == pytest.approx(0.6) and injection["method"] == "McNemar"
    assert injection["p"] == pytest.approx(2 / 2**6)  # six won, none lost
    assert injection["p_holm"] == pytest.approx(6 * 2 / 2**6)  # of six tests, with its twin the smallest
    assert not injection["is_real"] and injection["interval"][0] < 0.6 < injection["interval"][1]
    assert document["families"][0]["values"] == document["means"]["symbolic"] == [0.2, 0.8, 0.7]


def test_trade_off_and_its_picture(runs: list[Path]) -> None:
    document = analyse(runs)
    assert [(e["symbolic"], e["delegate"], e["general"]) for e in document["trade_off"]] == [
        (0.2, 0.2, 0.4),
        (0.8, 0.8, 0.25),
        (0.7, 0.7, 0.38),
    ]
    assert document["trade_off"][0]["general_tasks"] == {"MMLU": 0.5, "BBH": pytest.approx(0.3)}
    svg = picture(document)
    assert svg is not None
    texts = [text.text for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"base", "injection", "infusion", "general tasks, %", "symbolic tasks, %"} <= set(texts)
    (runs[1] / "general/summary.json").unlink()
    assert picture(analyse(runs)) is None


def test_outcomes_move(runs: list[Path]) -> None:
    first, second = analyse(runs)["outcomes"]["delegate"]
    assert first["matrix"] == {
        "correct": {"correct": 2},
        "no_symbol": {"no_symbol": 1},
        "wrong": {"correct": 6, "wrong": 1},
    }
    assert (first["items"], first["stayed"]) == (10, 4)
    assert second["matrix"]["correct"] == {"correct": 7, "wrong": 1}


def test_buckets(runs: list[Path]) -> None:
    found = {(b["kind"], b["measure"], b["bucket"]): (b["items"], b["values"]) for b in analyse(runs)["buckets"]}
    assert found["symbolic", "symbol tokens", "0–8"] == (5, [0.4, 1.0, 1.0])
    assert found["symbolic", "symbol tokens", "17–32"] == (5, [0.0, 0.6, 0.4])
    assert found["symbolic", "symbol nesting", "1"][0] == 5 and found["symbolic", "symbol nesting", "3"][0] == 5
    assert found["delegate", "prompt tokens", "0–8"] == (5, [0.4, 1.0, 1.0])
    assert not any(kind == "delegate" and measure.startswith("symbol") for kind, measure, _ in found)


def test_measures_of_length() -> None:
    assert num_tokens("SELECT a_b FROM t -- 12") == 7
    assert [nesting(text) for text in ("", "x", "(a)", "f(g(x), [y])", "))((", "([{")] == [0, 0, 1, 2, 2, 3]


def test_only_shared_items_count(runs: list[Path]) -> None:
    rows = delegate_rows(7)[1:]
    rows[3]["outcome"] = "sandbox_error"
    write_lines(runs[2] / "delegate/sums.jsonl", rows)
    write_lines(runs[0] / "delegate/alone.jsonl", delegate_rows(1))
    document = analyse(runs, names=["a", "b", "c"])
    sums = next(task for task in document["tasks"] if task["task"] == "sums")
    assert sums["items"] == 8 and sums["values"] == [1 / 8, 6 / 8, 5 / 8]
    said = "\n".join(document["notes"])
    assert "sums: 8 of 10 items are compared" in said and "a: tasks that not all runs have are left out: alone" in said


def test_runs_that_are_not_finished(runs: list[Path]) -> None:
    """No summary yet, a torn last line, other rubbish: what is there counts, and nothing is touched."""
    for run in runs:
        (run / "delegate/summary.json").unlink()
    (runs[1] / "symbolic/summary.json").write_text('{"tasks": ')
    with (runs[0] / "delegate/sums.jsonl").open("a") as file:
        file.write('[1]\n{"id": "sums-3", "outco')
    before = (runs[0] / "delegate/sums.jsonl").read_bytes()
    document = analyse(runs)
    assert {task["task"]: task["values"][0] for task in document["tasks"]} == {"scan": 0.2, "sums": 0.2}
    said = "\n".join(document["notes"])
    assert "base: delegate is not finished" in said and "2 lines are not items" in said and "cannot be read" in said
    assert (runs[0] / "delegate/sums.jsonl").read_bytes() == before


def test_folders_named_like_a_kind(runs: list[Path], tmp_path: Path) -> None:
    """The evaluation itself is a run, and a run may be called ``symbolic``, as the demo calls one."""
    inner = analyse([run / "symbolic" for run in runs])
    assert inner["runs"] == ["base", "injection", "infusion"] and [task["task"] for task in inner["tasks"]] == ["scan"]
    for run in runs:
        (run / "symbolic").rename(run / "moved")
        (run / "symbolic").mkdir()
        (run / "moved").rename(run / "symbolic/symbolic")
    assert analyse([run / "symbolic" for run in runs])["tasks"] == inner["tasks"]


def test_mistakes_are_told(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least two runs"):
        analyse(runs[:1])
    with pytest.raises(UserError, match="no such run folder"):
        analyse([runs[0], tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no evaluation here"):
        analyse([runs[0], tmp_path / "empty"])
    with pytest.raises(UserError, match="3 different names"):
        analyse(runs, names=["a", "a", "b"])
    write_lines(tmp_path / "other/delegate/letters.jsonl", delegate_rows(3))
    with pytest.raises(UserError, match="no task with the same items"):
        analyse([runs[0], tmp_path / "other"])


def test_whole_runs_of_the_demo(tmp_path: Path) -> None:
    """Two made runs, all alike: nothing moved and nothing is called real."""
    made_run(tmp_path / "a/eval")
    made_run(tmp_path / "b/eval")
    document = analyse([tmp_path / "a/eval/eval", tmp_path / "b/eval/eval"])
    assert document["runs"] == ["a/eval/eval", "b/eval/eval"]
    assert {task["family"] for task in document["tasks"]} >= {"maths", "logic", "planning", "visual", "table"}
    assert not any(step["is_real"] or step["difference"] for task in document["tasks"] for step in task["steps"])
    (flow,) = document["outcomes"]["delegate"]
    assert flow["stayed"] == flow["items"] == 287  # a fault of our own benchmark stays an item


def test_the_command(runs: list[Path], tmp_path: Path) -> None:
    arguments = ["gains", *map(str, runs), "--out", str(tmp_path / "all"), "--names", "LLaMA, injected, infused"]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["runs"] == ["LLaMA", "injected", "infused"]
    assert sorted(path.name for path in (tmp_path / "all/analysis").iterdir()) == ["gains.json", "gains.svg"]
    result = CliRunner().invoke(app, arguments)
    assert "injected - LLaMA: +60.0" in result.stdout and "Trade-off" in result.stdout
