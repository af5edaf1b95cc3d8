"""``symbol-llm eval`` as a user meets it: a process, its exit code, standard output and standard error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from symbol_llm.record import write_parquet
from tests.eval.tiny_model import save_tiny_model
from tests.eval.toy import record

ROOT = Path(__file__).parents[2]


def symbol_llm(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "SYMBOL_LLM_RAW"}
    command = [sys.executable, "-c", "from symbol_llm.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collection")
    (folder / "records").mkdir()
    write_parquet(folder / "records" / "general.parquet", [record(i) for i in range(6)])
    return folder


def test_gold_as_json_then_as_table(data: Path, tmp_path: Path) -> None:
    command = ("eval", "symbolic", "--backend", "gold", "--data", data, "--out", tmp_path)
    done = symbol_llm(*command, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["tasks"]["general"]["value"] == 1.0
    assert f"wrote 6 items of 1 tasks to {tmp_path}/symbolic" in done.stderr and "symbol-llm report" in done.stderr
    table = symbol_llm(*command)
    assert table.returncode == 0 and "general" in table.stdout and "100.0" in table.stdout


def test_a_model_with_json_keeps_standard_output_clean(data: Path, tmp_path: Path) -> None:
    model = save_tiny_model(tmp_path / "model")
    command = ("eval", "symbolic", "--model", model, "--data", data, "--out", tmp_path / "run", "--json")
    done = symbol_llm(*command, "--limit", 2, "--max-new-tokens", 8, "--threads", 1)
    assert done.returncode == 0, done.stderr
    task = json.loads(done.stdout)["tasks"]["general"]
    assert task["items"] == 2 and 0.0 <= task["value"] <= 1.0


def test_delegation_with_real_solvers_then_a_page(tmp_path: Path) -> None:
    """Gold symbols of two generated benchmarks, on SQLite and the scene executor, reach the ceiling."""
    command = ("eval", "delegate", "--backend", "gold", "--tasks", "tables,clevr_generated", "--limit", 8)
    done = symbol_llm(*command, "--out", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert {scene: totals["correct"] for scene, totals in document["scene_totals"].items()} == {"table": 8, "visual": 8}
    assert "SQLite" in document["scenes"]["table"][0]["engine"]
    page = symbol_llm("report", tmp_path / "run", "--out", tmp_path / "page", "--json")
    assert page.returncode == 0 and json.loads(page.stdout)["items"] == 16
    assert (tmp_path / "page" / "index.html").stat().st_size > 30_000


def test_all_benchmarks_are_listed() -> None:
    done = symbol_llm("eval", "list", "--json")
    assert done.returncode == 0, done.stderr
    listed = {row["benchmark"]: row for row in json.loads(done.stdout)["benchmarks"]}
    assert {row["scene"] for row in listed.values()} == {"maths", "symbolic", "logic", "planning", "visual", "table"}
    assert listed["tables"]["can_run"] and not listed["spider"]["can_run"]
    table = symbol_llm("eval", "list")
    assert table.returncode == 0 and "blocksworld_generated" in table.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("symbolic", "--data", "DATA"), "exactly one of"),
        (("symbolic", "--data", "DATA", "--model", "./none"), "no such folder"),
        (("symbolic", "--data", "DATA", "--backend", "gold", "--tasks", "nope"), "unknown task"),
        (("symbolic", "--data", "/nonexistent", "--backend", "gold"), "collect build"),
        (("symbolic", "--data", "DATA", "--replay", "/nonexistent"), "cannot be read"),
        (("delegate", "--backend", "gold", "--tasks", "nope"), "unknown benchmark"),
        (("delegate", "--backend", "gold", "--raw", "/nonexistent"), "does not exist"),
        (("delegate", "--backend", "gold", "--limit", "0"), "--limit"),
    ],
)
def test_mistakes_exit_with_2_and_no_traceback(data: Path, tmp_path: Path, arguments: tuple, message: str) -> None:
    filled = [data if argument == "DATA" else argument for argument in arguments]
    done = symbol_llm("eval", *filled, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not done.stdout and not (tmp_path / "run").exists()


def test_help_and_import_are_light() -> None:
    heavy = {"torch", "transformers", "numpy", "pyarrow", "pandas", "sympy", "z3"}
    code = "import sys, eval.cli, eval.report_cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())


def test_a_server_then_a_comparison_with_gold(data: Path, tmp_path: Path) -> None:
    """The server says item 0 wrong and never answers item 5: exit code 1, then 0 once it answers."""
    from tests.eval.misbehaving_server import Handler, serving

    is_broken = True

    def behave(handler: Handler, body: dict, number: int) -> None:
        said = body["prompt"].removeprefix("Say ").removesuffix(":\n")
        if said == "5" and is_broken:
            handler.fail(422, "I cannot say five")
        else:
            handler.answer("wrong" if said == "0" else f"number {said}")

    with serving(behave) as server:
        command = ("eval", "symbolic", "--endpoint", server.url, "--data", data, "--out", tmp_path / "a", "--json")
        done = symbol_llm(*command)
        assert done.returncode == 1 and "1 outputs are missing" in done.stderr and "Traceback" not in done.stderr
        assert json.loads(done.stdout)["tasks"]["general"]["items"] == 5
        is_broken = False
        done = symbol_llm(*command)
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tasks"]["general"]["exact"] == 5
    assert symbol_llm("eval", "symbolic", "--backend", "gold", "--data", data, "--out", tmp_path / "b").returncode == 0
    compared = symbol_llm("eval", "compare", tmp_path / "a", tmp_path / "b", "--json")
    assert compared.returncode == 0, compared.stderr
    (task,) = json.loads(compared.stdout)["tasks"]
    assert (task["items"], task["value_a"], task["value_b"], task["is_real"]) == (6, pytest.approx(5 / 6), 1.0, False)
    table = symbol_llm("eval", "compare", tmp_path / "a", tmp_path / "b")
    assert "Holm" in table.stdout and "0 of 1 differences are real" in table.stderr


def test_a_replay_with_faulty_rows_says_which(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "outputs.jsonl"
    file.write_text('{"id": "nobody", "output": "x"}\noops\n')
    done = symbol_llm("eval", "symbolic", "--replay", file, "--data", data, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert f"{file}, line 2: not JSON" in done.stderr and "6 items have no replayed output" in done.stderr
