from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import symbol_llm.formats
from eval.backends.gold import GoldBackend
from eval.backends.replay import ReplayBackend
from eval.symbolic import by_family, run_symbolic, summarise
from eval.symbolic_scoring import Match
from eval.symbolic_tasks import load_tasks
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Score
from symbol_llm.formats.text import Text
from symbol_llm.record import write_parquet
from tests.eval.toy import record


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A collection: 6 test and 2 train records of ``general``, 3 evolved test records, 2 of an unlisted task."""
    folder = tmp_path / "collection" / "records"
    folder.mkdir(parents=True)
    general = [record(i) for i in range(6)] + [record(i, split="train") for i in range(2)]
    write_parquet(folder / "general.parquet", general)
    write_parquet(folder / "general.evolved.parquet", [record(i, origin="evolved") for i in range(3)])
    write_parquet(folder / "mine.parquet", [record(i, task="mine") for i in range(2)])
    write_parquet(folder / "untested.parquet", [record(1, task="untested", split="train")])
    return folder.parent


def test_tasks_are_the_test_records_and_evolved_ones_stand_alone(data: Path) -> None:
    assert {name: len(records) for name, records in load_tasks(data).items()} == {
        "general": 6,
        "general.evolved": 3,
        "mine": 2,
    }
    assert list(load_tasks(data, ["general"])) == ["general", "general.evolved"]
    assert list(load_tasks(data, ["general.evolved"])) == ["general.evolved"]


def test_wrong_tasks_and_folders(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"unknown task 'generl'\. Did you mean general"):
        load_tasks(data, ["generl"])
    with pytest.raises(UserError, match="untested has no test records"):
        load_tasks(data, ["untested"])
    with pytest.raises(UserError, match="collect build"):
        load_tasks(tmp_path / "nowhere")
    (data / "records" / "mine.parquet").write_bytes(b"PAR1 cut short")
    with pytest.raises(UserError, match=r"mine\.parquet"):
        load_tasks(data)


def test_gold_reaches_the_ceiling(data: Path, tmp_path: Path) -> None:
    document = run_symbolic(data, GoldBackend(), tmp_path / "run")
    assert document["mean"] == 1.0
    task = document["tasks"]["general"]
    assert (task["items"], task["metric"], task["value"]) == (6, "EM", 1.0)
    assert (task["exact"], task["parsed"], task["equivalent"]) == (6, 6, {"yes": 6, "no": 0, "unknown": 0})
    assert (task["origin"], task["groups"]) == ("generated", 3)
    assert document["tasks"]["general.evolved"]["origin"] == "evolved"
    assert document["tasks"]["mine"]["family"] == "other"
    assert json.loads((tmp_path / "run/symbolic/summary.json").read_text()) == document


def test_replay_scored_by_hand(data: Path, tmp_path: Path) -> None:
    """Of 6 outputs 2 are exact (one within a line of blanks), 2 differ, 1 is empty, 1 is missing: EM 2/6."""
    ids = [r.id for r in load_tasks(data)["general"]]
    outputs = ["number 0", "  number   1\n", "number 3", "?", ""]
    file = tmp_path / "outputs.jsonl"
    file.write_text("".join(json.dumps({"id": i, "output": o}) + "\n" for i, o in zip(ids, outputs)))
    task = run_symbolic(data, ReplayBackend(file), tmp_path / "run", names=["general"])["tasks"]["general"]
    assert task["value"] == pytest.approx(2 / 6)
    assert (task["exact"], task["parsed"]) == (2, 4)
    assert task["equivalent"] == {"yes": 2, "no": 2, "unknown": 2}, "what does not parse means nothing"
    assert task["outcomes"] == {"no_symbol": 2, "undecided": 2, "exact": 2}


def test_a_second_run_does_nothing_and_rescoring_scores(data: Path, tmp_path: Path) -> None:
    first = run_symbolic(data, GoldBackend(), tmp_path / "run")
    results = tmp_path / "run/symbolic/general.jsonl"
    before = results.read_bytes()
    assert run_symbolic(data, GoldBackend(), tmp_path / "run") == first
    assert results.read_bytes() == before
    results.write_text("")
    assert run_symbolic(data, GoldBackend(), tmp_path / "run", is_rescoring=True) == first
    assert len(results.read_text().splitlines()) == 6


def test_another_collection_gives_other_tasks(data: Path, tmp_path: Path) -> None:
    run_symbolic(data, GoldBackend(), tmp_path / "run", names=["mine"])
    with pytest.raises(UserError, match="tasks: "):
        run_symbolic(data, GoldBackend(), tmp_path / "run")


def test_chatter_fences_and_second_symbols_are_left_out_as_in_delegation(tmp_path: Path) -> None:
    """Six ways of writing the gold symbol of an AMR; the seventh has two graphs, the wrong one first: EM and Smatch
    of six are 1. A replay of an earlier run's result file, prompts and all, gives the same scores again."""
    gold = "(b / boy\n   :mod (t / tall))"
    outputs = [
        gold,
        f"```amr\n{gold}\n```",
        f"Sure, here is the graph:\n\n{gold}\n\nIt says that (as asked) the boy is tall.",
        f"{gold}\nThe input sentence is: a small girl\nThe AMR is:\n(g / girl)",
        f"<think>(g / girl)? No.</think>{gold}",
        f"```\n{gold}\n```\nor else\n```\n(g / girl)\n```",
        f"(g / girl) or {gold}",
    ]
    folder = tmp_path / "collection" / "records"
    folder.mkdir(parents=True)
    prompt = "Write the AMR.\nThe input sentence is: the tall boy\nThe AMR is:\n"
    own = {"format": "amr", "prompt": prompt, "completion": gold}
    records = [replace(record(i, task="amr_of_mine"), **own) for i in range(len(outputs))]
    write_parquet(folder / "amr_of_mine.parquet", records)
    file = tmp_path / "outputs.jsonl"
    file.write_text("".join(json.dumps({"id": r.id, "output": o}) + "\n" for r, o in zip(records, outputs)))
    run_symbolic(folder.parent, ReplayBackend(file), tmp_path / "run")
    results = tmp_path / "run/symbolic/amr_of_mine.jsonl"
    rows = {row["id"]: row for row in map(json.loads, results.read_text().splitlines())}
    assert [rows[r.id]["symbol"] for r in records] == [gold] * 6 + ["(g / girl)"]
    assert [rows[r.id]["outcome"] for r in records] == ["exact"] * 6 + ["different"]
    again = run_symbolic(folder.parent, ReplayBackend(results), tmp_path / "again")
    assert again["tasks"]["amr_of_mine"]["outcomes"] == {"different": 1, "exact": 6}


class Ratio(Text):
    """A corpus metric: summed hits over summed lengths, unlike the mean of ratios."""

    def aggregate(self, scores: Sequence[Score]) -> float:
        return sum(s.counts[0] for s in scores) / sum(s.counts[1] for s in scores)


def row(hits: float, length: float, group: str = "") -> dict[str, Any]:
    score = {"metric": "F1", "value": hits / length, "is_exact": False, "is_parsed": True, "is_equivalent": None}
    return {
        "id": f"{hits}/{length}",
        **score,
        "counts": [hits, length],
        "group": group,
        "finish": "stop",
        "outcome": Match.UNDECIDED,
    }


def test_a_corpus_metric_is_computed_and_resampled_on_counts() -> None:
    """1/1 and 0/3: the ratio of sums is 1/4 (the mean of ratios would be 1/2); draws give 1, 1/4, 1/4, 0."""
    summary = summarise([row(1, 1), row(0, 3)], Ratio())
    assert summary["value"] == 0.25
    assert summary["interval"] == [0.0, 1.0] and summary["interval_method"] == "cluster bootstrap"
    assert summarise([row(1, 1), row(0, 3)], symbol_llm.formats.get("text"))["value"] == 0.5


def test_family_means_by_hand() -> None:
    """Two tasks of one family and one of another: 0.75, 0.2."""
    summaries = {
        "a": {"family": "SQL", "value": 0.5},
        "b": {"family": "SQL", "value": 1.0},
        "c": {"family": "FOL", "value": 0.2},
    }
    assert by_family(summaries) == {"SQL": {"tasks": 2, "mean": 0.75}, "FOL": {"tasks": 1, "mean": 0.2}}


KILLED = """
import os, signal, sys
from pathlib import Path
from eval.backends.gold import GoldBackend
from eval.symbolic import run_symbolic

class Dies(GoldBackend):
    def generate(self, requests):
        for generation in super().generate(requests):
            if generation.position == 4:
                os.kill(os.getpid(), signal.SIGKILL)
            yield generation

if __name__ == "__main__":
    run_symbolic(Path(sys.argv[1]), Dies(), Path(sys.argv[2]), names=["general"])
"""


def test_a_killed_run_leaves_no_process_and_goes_on(data: Path, tmp_path: Path) -> None:
    """The scoring processes hold standard output open: reading it to its end waits for the last of them."""
    command = [sys.executable, "-c", KILLED, str(data), str(tmp_path / "run")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL
    outputs = tmp_path / "run/symbolic/outputs/general.jsonl"
    assert len(outputs.read_text().splitlines()) == 4
    document = run_symbolic(data, GoldBackend(), tmp_path / "run", names=["general"])
    assert document["tasks"]["general"]["exact"] == 6
    assert len(outputs.read_text().splitlines()) == 6
