"""Several samples per item through the runner: stored, resumed, counted; and items that training has seen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from eval.backends import Backend, Finish, Generation, Request, Sampling
from eval.backends.gold import GoldBackend
from eval.backends.replay import ReplayBackend
from eval.delegate import chance, summarise
from eval.symbolic import run_symbolic
from symbol_llm.errors import UserError
from symbol_llm.record import write_parquet
from tests.eval.test_delegate import rows, run
from tests.eval.tiny_model import save_tiny_model
from tests.eval.toy import Sums, record

ROOT = Path(__file__).parents[2]


class Sampled(Backend):
    """Writes ``outputs[item][sample]``; the requests come in any order."""

    name = "sampled"
    samples = 3

    def __init__(self, outputs: dict[str, Sequence[str]], samples: int = 3) -> None:
        self.outputs = outputs
        self.samples = samples
        self.asked: list[tuple[str, int]] = []

    @property
    def identity(self) -> dict[str, Any]:
        return {"backend": self.name, "samples": self.samples}

    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        for position in reversed(range(len(requests))):
            request = requests[position]
            self.asked.append((request.id, request.sample))
            yield Generation(position, self.outputs[request.prompt][request.sample], Finish.STOP)


OUTPUTS = {
    "Add 1 and 1:\n": ("1 + 1", "2 + 2", "0 + 2"),  # 2 right of 3, the vote says 2: right
    "Add 2 and 2:\n": ("1 + 1", "1 + 1", "2 + 2"),  # 1 right, the vote says 2: wrong
    "Add 3 and 3:\n": ("?", "", "nine"),  # nothing executed, no vote
}


def test_pass_at_k_and_the_vote_by_hand(tmp_path: Path) -> None:
    """pass@1 = (2/3 + 1/3 + 0)/3 = 1/3; pass@2 = (1 + 2/3 + 0)/3 = 5/9; pass@3 = 2/3; vote 1/3."""
    benchmark = Sums([(1, 1), (2, 2), (3, 3)])
    (part,) = run(tmp_path, Sampled(OUTPUTS), benchmark)["scenes"]["maths"]
    assert (part["items"], part["executed"], part["correct"]) == (3, 6, 3)
    assert part["accuracy"] == pytest.approx(1 / 3)
    found = part["samples"]
    assert found["outputs"] == 9
    assert [found["pass_at"][k]["value"] for k in "123"] == pytest.approx([1 / 3, 5 / 9, 2 / 3])
    assert found["vote"]["accuracy"] == pytest.approx(1 / 3) and found["vote"]["without_answer"] == 1
    stored = {(row["prompt"], row["sample"]): row["output"] for row in rows(tmp_path)}
    assert stored == {(prompt, k): text for prompt, texts in OUTPUTS.items() for k, text in enumerate(texts)}


def test_only_missing_samples_are_asked_for_and_a_run_replays_itself(tmp_path: Path) -> None:
    benchmark = Sums([(1, 1), (2, 2), (3, 3)])
    first = run(tmp_path / "a", Sampled(OUTPUTS), benchmark)
    outputs = tmp_path / "a/delegate/outputs/sums.jsonl"
    lines = outputs.read_text().splitlines(True)
    outputs.write_text("".join(lines[:4] + lines[6:]))
    missing = {(row["id"], row["sample"]) for row in map(json.loads, lines[4:6])}
    backend = Sampled(OUTPUTS)
    assert run(tmp_path / "a", backend, benchmark)["scenes"] == first["scenes"]
    assert set(backend.asked) == missing
    for path in (outputs, tmp_path / "a/delegate/sums.jsonl"):
        again = run(tmp_path / path.parent.name, ReplayBackend(path, samples=3), benchmark)["scenes"]["maths"][0]
        for key in ("samples", "outcomes", "accuracy", "interval"):
            assert again[key] == first["scenes"]["maths"][0][key]


def test_a_finished_run_goes_on_with_more_samples(tmp_path: Path) -> None:
    """One sample per item, then three: the first ones stand, and the end is that of a run of three at once. Fewer
    are refused."""
    benchmark = Sums([(1, 1), (2, 2), (3, 3)])
    run(tmp_path / "grown", Sampled(OUTPUTS, 1), benchmark)
    first = (tmp_path / "grown/delegate/outputs/sums.jsonl").read_bytes()
    backend = Sampled(OUTPUTS)
    grown = run(tmp_path / "grown", backend, benchmark)
    assert sorted(sample for _, sample in backend.asked) == [1, 1, 1, 2, 2, 2]
    assert (tmp_path / "grown/delegate/outputs/sums.jsonl").read_bytes().startswith(first)
    at_once = run(tmp_path / "at_once", Sampled(OUTPUTS), benchmark)
    for document in (grown, at_once):
        document["scenes"]["maths"][0].pop("solver_seconds")
    assert grown["scenes"] == at_once["scenes"] and grown["run"] == at_once["run"]
    with pytest.raises(UserError, match=r"samples: 3 then, 2 now"):
        run(tmp_path / "grown", Sampled(OUTPUTS, 2), benchmark)


def test_a_drawing_model_goes_on_with_more_samples(tmp_path: Path) -> None:
    """The tiny model draws two samples of each of six prompts, then four: the same 24 outputs as four at once."""
    from eval.backends.transformers_model import TransformersBackend

    model = str(save_tiny_model(tmp_path / "model"))
    benchmark = Sums([(1, 1), (2, 2), (3, 3), (4, 4), (0, 1), (1, 0)])

    def drawing(samples: int) -> Backend:
        sampling = Sampling(max_new_tokens=6, temperature=1.0, samples=samples, seed=3)
        return TransformersBackend(model, sampling=sampling, batch_size=4, threads=1)

    run(tmp_path / "grown", drawing(2), benchmark)
    run(tmp_path / "grown", drawing(4), benchmark)
    run(tmp_path / "at_once", drawing(4), benchmark)
    grown, at_once = (
        {(row["id"], row["sample"]): row["output"] for row in rows(tmp_path / name)} for name in ("grown", "at_once")
    )
    assert len(grown) == 24 and grown == at_once and len(set(grown.values())) > 6


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "collection" / "records"
    folder.mkdir(parents=True)
    write_parquet(folder / "general.parquet", [record(i) for i in range(3)])
    return folder.parent


def test_symbols_vote_by_meaning(data: Path, tmp_path: Path) -> None:
    """Item 0: two of three right and alike; item 1: three different ones, the first stands; item 2: none."""
    outputs = {
        "Say 0:\n": ("number 0", "number 9", "number 0"),
        "Say 1:\n": ("number 8", "number 1", "number 7"),
        "Say 2:\n": ("", "", ""),
    }
    task = run_symbolic(data, Sampled(outputs), tmp_path / "run")["tasks"]["general"]
    assert (task["items"], task["value"]) == (3, pytest.approx(3 / 9))
    assert task["samples"]["vote"] == {"value": pytest.approx(1 / 3), "exact": 1, "equivalent": 1}
    assert [task["samples"]["pass_at"][k]["value"] for k in "123"] == pytest.approx([1 / 3, 5 / 9, 2 / 3])


def test_symbols_that_had_no_vote_get_one_when_samples_are_added(data: Path, tmp_path: Path) -> None:
    outputs = {f"Say {i}:\n": (f"number {i}", "number 9", f"number {i}") for i in range(3)}
    run_symbolic(data, Sampled(outputs, 1), tmp_path / "run")
    backend = Sampled(outputs)
    grown = run_symbolic(data, backend, tmp_path / "run")["tasks"]
    assert len(backend.asked) == 6, "the stored outputs are scored again, not written again"
    assert grown == run_symbolic(data, Sampled(outputs), tmp_path / "at_once")["tasks"]
    assert grown["general"]["samples"]["vote"]["exact"] == 3


def test_random_baseline_is_one_over_the_labels() -> None:
    assert chance(["True", "False", "True", "Uncertain", "True", "False"]) == {"labels": 3, "accuracy": 1 / 3}
    assert chance([1, 2, 3]) is None and chance([]) is None


def test_items_that_training_records_ask_are_flagged(data: Path, tmp_path: Path) -> None:
    """The collection's training records ask items 0 and 2 of three (in other letters), and one that nobody tests."""
    folder = tmp_path / "trained" / "records"
    folder.mkdir(parents=True)
    seen = [record(0, split="train"), record(2, split="validation"), record(7, split="train"), record(1)]
    write_parquet(folder / "general.parquet", seen)
    ids = [one.id for one in (record(0), record(1), record(2))]
    file = tmp_path / "outputs.jsonl"
    texts = ["number 0", "?", "number 2"]
    file.write_text("".join(json.dumps({"id": name, "output": text}) + "\n" for name, text in zip(ids, texts)))
    document = run_symbolic(data, ReplayBackend(file), tmp_path / "run", collection=folder.parent)
    task = document["tasks"]["general"]
    assert task["value"] == pytest.approx(2 / 3) and task["contamination"] == {"items": 2, "value_without": 0.0}
    found = json.loads((tmp_path / "run/symbolic/contamination.json").read_text())["items"]
    assert {(one["id"], one["record"]) for one in found} == {(ids[0], seen[0].id), (ids[2], seen[1].id)}


def test_delegated_items_that_training_records_ask(tmp_path: Path) -> None:
    """Real stories: three test questions hidden among training records of another task's name."""
    import dataclasses

    import eval.delegation
    from eval.contamination import find_trained, of_items
    from eval.runner import sample

    benchmark = eval.delegation.get("stories")
    items = sample(benchmark.items(None), 40, 0, "stories")
    label, cue = benchmark.source.prompt.input_label, benchmark.source.prompt.cue
    leaked = [items[3], items[11], items[29]]
    folder = tmp_path / "records"
    folder.mkdir()
    records = []
    for number, sampled in enumerate(leaked):
        asked = sampled.item.prompt.split(f"{label} ")[-1].removesuffix(f"\n{cue}\n")
        one = dataclasses.replace(record(number, split="train"), format=benchmark.source.format, input=asked.upper())
        records.append(one)
    write_parquet(folder / "mine.parquet", [*records, record(5, split="train")])
    found = find_trained(tmp_path, {"stories": of_items(benchmark, items)})["stories"]
    assert set(found) == {sampled.id for sampled in leaked}
    assert {hit.record for hit in found.values()} == {one.id for one in records}
    flagged = [{**base(sampled.id), "outcome": "correct"} for sampled in items]
    assert summarise(flagged, 0, set(found))["contamination"] == {"items": 3, "accuracy_without": 1.0}


def base(name: str) -> dict[str, Any]:
    return {"id": name, "group": name, "finish": "stop", "seconds": 0.0, "gold_answer": name}


@pytest.mark.full
def test_killed_at_any_moment_a_run_ends_the_same(tmp_path: Path) -> None:
    """Gold on real solvers, killed by SIGKILL eight times at growing delays, then left to finish: the same rows."""
    tasks = ("--tasks", "stories,tables,clevr_generated", "--limit", "60", "--workers", "2")

    def command(out: Path) -> list[str]:
        program = [sys.executable, "-c", "from symbol_llm.cli import main; main()", "eval", "delegate"]
        return [*program, "--backend", "gold", *tasks, "--out", str(out), "--json"]

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for number in range(8):
        process = subprocess.Popen(command(tmp_path / "killed"), cwd=ROOT, start_new_session=True, **quiet)
        time.sleep(0.6 + 0.45 * number)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for name in ("killed", "whole"):
        subprocess.run(command(tmp_path / name), cwd=ROOT, check=True, **quiet)
    for task in ("stories", "tables", "clevr_generated"):
        stored = []
        for name in ("killed", "whole"):
            lines = (tmp_path / name / "delegate" / f"{task}.jsonl").read_text().splitlines()
            found = {row["id"]: {**row, "seconds": 0} for row in map(json.loads, lines)}
            stored.append(found)
            assert len(lines) == len(found) == 60, "nothing is done twice"
        assert stored[0] == stored[1]


def test_gold_has_one_output() -> None:
    assert GoldBackend().samples == 1
