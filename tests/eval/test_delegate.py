from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from eval.backends import Backend, Finish, Generation, Request
from eval.backends.gold import GoldBackend
from eval.backends.replay import ReplayBackend
from eval.delegate import majority, run_delegation, summarise
from eval.delegation.base import Benchmark
from symbol_llm.errors import UserError
from tests.eval.toy import Adder, Sums


class Scripted(Backend):
    """Writes given outputs, item by item, and counts them."""

    name = "scripted"

    def __init__(self, outputs: Sequence[str]) -> None:
        self.outputs = outputs
        self.num_generated = 0

    @property
    def identity(self) -> dict[str, Any]:
        return {"backend": self.name}

    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        for position in range(len(requests)):
            self.num_generated += 1
            yield Generation(position, self.outputs[position], Finish.STOP)


def run(out: Path, backend: Backend, benchmark: Benchmark | None = None, solver: Adder | None = None, **options: Any):
    return run_delegation([benchmark or Sums()], backend, out, get_solver=lambda name: solver or Adder(), **options)


def rows(out: Path, name: str = "sums") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "delegate" / f"{name}.jsonl").read_text().splitlines()]


def test_gold_reaches_the_ceiling(tmp_path: Path) -> None:
    solver = Adder()
    document = run(tmp_path, GoldBackend(), solver=solver)
    (part,) = document["scenes"]["maths"]
    assert (part["items"], part["executed"], part["correct"], part["accuracy"]) == (10, 10, 10, 1.0)
    assert part["outcomes"] == {"correct": 10} and part["engine"] == "adder 1.0"
    assert document == json.loads((tmp_path / "delegate" / "summary.json").read_text())
    assert solver.num_closed == 1
    row = rows(tmp_path)[0]
    assert (row["prompt"], row["symbol"], row["answer"]) == ("Add 0 and 0:\n", "0 + 0", 0)
    assert (row["gold"], row["gold_answer"], row["group"]) == ("0 + 0", 0, "story 0")


def test_every_ending_is_counted_apart(tmp_path: Path) -> None:
    """Ten items, gold answers 0 1 2 3 4 (story 0) and 1 2 3 4 5 (story 1).

    Right: two (one in a fence with chatter). Wrong: one. Unparsable: one. Nothing to run: six. So 3 of 10 are
    executed, accuracy is 2/10 over all and 2/3 over executed. Six kinds of answers among ten items are
    no labels: no majority baseline.
    """
    outputs = ["0 + 0", "Sure!\n```text\n0 + 1\n```\nDone.", "9 + 9", "nine", *["  \n"] * 6]
    (part,) = run(tmp_path, Scripted(outputs))["scenes"]["maths"]
    assert part["outcomes"] == {"no_symbol": 6, "parse_error": 1, "wrong": 1, "correct": 2}
    assert (part["executed"], part["accuracy"]) == (3, 0.2)
    assert part["accuracy_executed"] == pytest.approx(2 / 3)
    assert part["majority"] is None
    assert part["interval"] == [0.0, 0.4] and part["groups"] == 2  # cluster means 2/5 and 0/5
    assert [row["message"] for row in rows(tmp_path) if row["outcome"] == "no_symbol"] == [
        "the output holds no symbol"
    ] * 6


def test_replay_counts_items_it_does_not_hold(tmp_path: Path) -> None:
    items = list(Sums().items(None))
    file = tmp_path / "made-elsewhere.jsonl"
    file.write_text(json.dumps({"id": items[0].id, "output": "0 + 0"}) + "\n")
    (part,) = run(tmp_path / "run", ReplayBackend(file))["scenes"]["maths"]
    assert part["outcomes"] == {"no_symbol": 9, "correct": 1}
    messages = {row["message"] for row in rows(tmp_path / "run") if row["outcome"] == "no_symbol"}
    assert messages == {"the replay file has no output for this item"}


def test_a_run_can_be_replayed_from_its_own_files(tmp_path: Path) -> None:
    outputs = ["0 + 0", "x", *["1 + 1"] * 8]
    first = run(tmp_path / "a", Scripted(outputs))
    for number, path in enumerate([tmp_path / "a/delegate/sums.jsonl", tmp_path / "a/delegate/outputs"]):
        second = run(tmp_path / str(number), ReplayBackend(path))
        assert second["scenes"]["maths"][0]["outcomes"] == first["scenes"]["maths"][0]["outcomes"]


def test_a_second_run_generates_and_solves_nothing(tmp_path: Path) -> None:
    first = run(tmp_path, Scripted(["0 + 0"] * 10))
    before = (tmp_path / "delegate" / "sums.jsonl").read_bytes()
    backend, solver = Scripted([]), Adder()
    assert run(tmp_path, backend, solver=solver) == first
    assert (backend.num_generated, solver.num_solved) == (0, 0)
    assert (tmp_path / "delegate" / "sums.jsonl").read_bytes() == before


def test_only_what_is_missing_is_done_and_a_torn_line_is_redone(tmp_path: Path) -> None:
    run(tmp_path, Scripted(["0 + 0"] * 10))
    complete = rows(tmp_path)
    results, outputs = tmp_path / "delegate/sums.jsonl", tmp_path / "delegate/outputs/sums.jsonl"
    results.write_bytes(b"".join(results.read_bytes().splitlines(True)[:4])[:-9])  # the fourth line is torn
    outputs.write_bytes(b"".join(outputs.read_bytes().splitlines(True)[:8])[:-1])  # the eighth only lacks its end
    backend, solver = Scripted(["0 + 0"] * 3), Adder()
    run(tmp_path, backend, solver=solver)
    assert (backend.num_generated, solver.num_solved) == (3, 7)

    def strip(stored: list[dict]) -> list[dict]:
        return sorted(({**row, "seconds": 0} for row in stored), key=lambda row: row["id"])

    assert strip(rows(tmp_path)) == strip(complete)


def test_a_changed_prompt_is_another_item(tmp_path: Path) -> None:
    run(tmp_path, Scripted(["0 + 0"] * 10))

    class Reworded(Sums):
        def items(self, raw: Path | None, seed: int = 0) -> Iterator:
            for number, item in enumerate(super().items(raw, seed)):
                yield item if number else type(item)(item.id, "Sum: 0, 0\n", *list_fields(item)[2:])

    def list_fields(item: Any) -> list:
        return [getattr(item, name) for name in item.__dataclass_fields__]

    backend = Scripted(["1 + 1"])
    run(tmp_path, backend, Reworded())
    assert backend.num_generated == 1
    assert rows(tmp_path)[-1]["prompt"] == "Sum: 0, 0\n" and rows(tmp_path)[-1]["outcome"] == "wrong"


def test_damaged_line_is_named(tmp_path: Path) -> None:
    run(tmp_path, GoldBackend())
    file = tmp_path / "delegate/sums.jsonl"
    lines = file.read_text().splitlines(True)
    file.write_text("".join([lines[0], "{oops\n", *lines[2:]]))
    with pytest.raises(UserError, match=r"sums\.jsonl, line 2: not a stored item"):
        run(tmp_path, GoldBackend())


@pytest.mark.parametrize("change", [{"seed": 1}, {"limit": 3}])
def test_another_configuration_is_refused(tmp_path: Path, change: dict) -> None:
    run(tmp_path, GoldBackend())
    key = next(iter(change))
    with pytest.raises(UserError, match=f"other settings was begun here .*{key}: .* then, {change[key]} now"):
        run(tmp_path, GoldBackend(), **change)
    with pytest.raises(UserError, match="backend: 'gold' then, 'scripted' now"):
        run(tmp_path, Scripted([]))


def test_rescoring_keeps_outputs_and_takes_another_version(tmp_path: Path) -> None:
    run(tmp_path, Scripted(["0 + 0"] * 10))
    path = tmp_path / "delegate/run.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "version": "0.0.1"}))
    with pytest.raises(UserError, match="--rescore"):
        run(tmp_path, Scripted([]))
    backend, solver = Scripted([]), Adder()
    (part,) = run(tmp_path, backend, solver=solver, is_rescoring=True)["scenes"]["maths"]
    assert (backend.num_generated, solver.num_solved, part["items"]) == (0, 10, 10)
    assert json.loads(path.read_text()) == config and len(rows(tmp_path)) == 10


def test_a_fault_of_the_machine_is_not_the_models_and_is_tried_again(tmp_path: Path) -> None:
    broken = Adder()
    broken.is_machine_broken = True
    (part,) = run(tmp_path, GoldBackend(), solver=broken)["scenes"]["maths"]
    assert part["outcomes"] == {"sandbox_error": 10} and part["accuracy"] is None
    (part,) = run(tmp_path, GoldBackend())["scenes"]["maths"]
    assert part["outcomes"] == {"correct": 10}


def test_repeated_rows_stay_in_the_denominator(tmp_path: Path) -> None:
    (part,) = run(tmp_path, GoldBackend(), Sums([(1, 1), (2, 2), (1, 1)]))["scenes"]["maths"]
    assert part["items"] == 3
    assert sum(row["id"].endswith("#2") for row in rows(tmp_path)) == 1


def test_limit_is_a_sample_by_seed(tmp_path: Path) -> None:
    benchmark = Sums([(i, i) for i in range(100)])
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        run(tmp_path / name, GoldBackend(), benchmark, limit=10, seed=seed)
    a, b, c = ([row["prompt"] for row in rows(tmp_path / name)] for name in "abc")
    assert len(a) == 10 and sorted(a) == sorted(b) and sorted(a) != sorted(c)
    assert sorted(a) != sorted(f"Add {i} and {i}:\n" for i in range(10))


def test_an_answer_json_cannot_hold_is_stored(tmp_path: Path) -> None:
    class Odd(Adder):
        def solve(self, symbol: str, *rest: Any) -> Any:
            from symbol_llm.solvers.outcome import Solution

            return Solution(None, answer=["\ud800", 2**70, float("nan")], message="\udcff")

    class Anything(Sums):
        def judge(self, solution: Any, item: Any) -> Any:
            from symbol_llm.solvers.outcome import Outcome

            return solution.judged(Outcome.WRONG)

    run(tmp_path, GoldBackend(), Anything(), solver=Odd())
    assert rows(tmp_path)[0]["answer"] == ["\ufffd", str(2**70), None]


def test_unwritable_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write to"):
        run(tmp_path / "file" / "run", GoldBackend())


def test_no_items(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no items"):
        run(tmp_path, GoldBackend(), Sums([]))


def test_majority() -> None:
    assert majority(["True", "False", "True", "Uncertain", "True", "False"]) == {"answer": "True", "accuracy": 0.5}
    assert majority([1, 2, 3, 4]) is None and majority([["a"], ["a"]]) is None and majority([]) is None


def test_summary_by_hand() -> None:
    """Three alone items, one a machine fault: one of two judged is right, Wilson(1, 2)."""
    base = {"finish": "stop", "seconds": 0.5, "gold_answer": "x"}
    outcomes = [("a", "correct"), ("b", "gold_error"), ("c", "sandbox_error")]
    summary = summarise([{**base, "id": group, "group": group, "outcome": outcome} for group, outcome in outcomes])
    assert (summary["items"], summary["executed"], summary["accuracy"]) == (3, 1, 0.5)
    assert summary["interval"] == pytest.approx([0.0945, 0.9055], abs=5e-5)
    assert summary["solver_seconds"] == 1.5


KILLED = """
import os, signal, sys
from pathlib import Path
from eval.backends import Finish, Generation
from tests.eval.test_delegate import Scripted, run

class Dies(Scripted):
    def generate(self, requests):
        for generation in super().generate(requests):
            if generation.position == 6:
                os.kill(os.getpid(), signal.SIGKILL)
            yield generation

run(Path(sys.argv[1]), Dies(["0 + 0"] * 10))
"""


def test_killed_in_the_middle(tmp_path: Path) -> None:
    """A real process dies by SIGKILL before its seventh item; what it had generated is not generated again."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "run")], cwd=Path(__file__).parents[2])
    assert done.returncode == -signal.SIGKILL
    stored = (tmp_path / "run/delegate/outputs/sums.jsonl").read_text().splitlines()
    assert len(stored) == 6
    backend = Scripted(["0 + 0"] * 4)
    document = run(tmp_path / "run", backend)
    assert backend.num_generated == 4
    whole = run(tmp_path / "whole", Scripted(["0 + 0"] * 10))
    drop = {"solver_seconds": 0}
    assert {**document["scenes"]["maths"][0], **drop} == {**whole["scenes"]["maths"][0], **drop}
    assert len({row["id"] for row in rows(tmp_path / "run")}) == 10


def test_solving_overlaps_generation(tmp_path: Path) -> None:
    """The backend writes its second item only after the first was solved: a runner that waits would never end."""
    from threading import Event

    solved = Event()

    class Signalling(Adder):
        def solve(self, symbol: str, *rest: Any) -> Any:
            solved.set()
            return super().solve(symbol, *rest)

    class Waiting(Scripted):
        def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
            for generation in super().generate(requests):
                if generation.position == 1:
                    assert solved.wait(60)
                yield generation

    run(tmp_path, Waiting(["0 + 0"] * 10), solver=Signalling())
