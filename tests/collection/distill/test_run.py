"""Runs of the real command against a real server that misbehaves: what is paid for, and what becomes of each item."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.collection.distill.server import Server, add_up

KEY = "sk-a-key-that-must-stay-secret"
COMMAND = [sys.executable, "-c", "from symbol_llm.cli import main; main()", "distill"]
MODEL = "gpt-4.1-mini-2025-04-14"


class Distill:
    """The command line on the generated stories with one ledger."""

    def __init__(self, folder: Path, *, limit: int = 24) -> None:
        self.folder, self.limit = folder, limit
        self.ledger = folder / "ledger.sqlite"

    def arguments(self, verb: str, *options: str) -> list[str]:
        asked = ["--limit", str(self.limit), "--model", MODEL, "--max-tokens", "100"]
        task = [] if verb in ("status", "retry") else ["stories", *asked]
        return [*COMMAND, verb, *task, "--ledger", str(self.ledger), "--json", *options]

    def start(self, verb: str, *options: str, **environment: str) -> subprocess.Popen[str]:
        variables = {**os.environ, "OPENAI_API_KEY": KEY, **environment}
        return subprocess.Popen(
            self.arguments(verb, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables
        )

    def __call__(self, verb: str, *options: str, code: int = 0, **environment: str) -> Any:
        process = self.start(verb, *options, **environment)
        output, self.errors = process.communicate(timeout=300)
        assert process.returncode == code, self.errors
        return json.loads(output) if output else None

    def run(self, server: Server, *options: str, budget: str = "5", code: int = 0) -> Any:
        return self("run", "--base-url", server.url, "--budget-usd", budget, *options, code=code)

    def collect(self, *options: str) -> Any:
        return self("collect", "--out", str(self.folder / "distilled"), *options)

    def pairs(self) -> bytes:
        return (self.folder / "distilled" / "stories.jsonl").read_bytes()


@pytest.fixture
def distill(tmp_path: Path) -> Distill:
    return Distill(tmp_path)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Distill:
    """A run in which nothing goes wrong."""
    distill = Distill(tmp_path_factory.mktemp("undisturbed"))
    with Server() as server:
        distill.run(server)
    distill.collect()
    return distill


SCENARIOS = {
    "429 with the time to wait": {0: "429 0.2", 3: "429 0.2"},
    "429 without": {1: "429", 2: "429"},
    "errors of the server": {0: "500", 1: "502", 5: "503"},
    "slow bytes": {2: "slow 0.5"},
    "dropped connections": {0: "drop", 4: "drop"},
    "fewer bytes than announced": {1: "short", 7: "short"},
    "truncated JSON": {3: "truncate", 9: "truncate"},
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_misbehaving_server_changes_neither_the_pairs_nor_what_is_paid(
    distill: Distill, undisturbed: Distill, scenario: str
) -> None:
    with Server(faults=SCENARIOS[scenario]) as server:
        report = distill.run(server)
    assert report["answered, stop"] == 24 and not report["stopped"]
    assert len(server.paid) == 24 and set(server.paid.values()) == {1}
    result = distill.collect()
    assert result["questions"] == 24 == sum(result["by state"].values())
    assert distill.pairs() == undisturbed.pairs()


def test_pairs_are_those_whose_program_gives_the_gold_answer(undisturbed: Distill) -> None:
    pairs = [json.loads(line) for line in undisturbed.pairs().splitlines()]
    rejects = (undisturbed.folder / "distilled" / "stories.rejects.jsonl").read_bytes().splitlines()
    assert len(pairs) + len(rejects) == 24 and pairs and rejects
    assert all(eval(pair["symbol"].partition("return ")[2]) == pair["answer"] for pair in pairs)
    assert {json.loads(line)["state"] for line in rejects} == {"wrong"}


def test_a_finished_run_sends_nothing(undisturbed: Distill) -> None:
    with Server() as server:
        again = Distill(undisturbed.folder)
        again.ledger.with_suffix(".copy").write_bytes(again.ledger.read_bytes())
        report = again("run", "--base-url", "http://127.0.0.1:1/v1", "--budget-usd", "5", code=2)
        assert "Choose another --ledger" in again.errors, "another server's answers are not mixed in"
        assert report is None and server.num_requests == 0
    status = undisturbed("status")
    assert status["by state"] == {"done": 24, "done, stop": 24}
    assert status["money"]["reserved"] == 0 and status["money"]["uncertain"] == 0
    assert status["money"]["spent"] == 24 * (100 * 400_000 + 20 * 1_600_000) // 1_000_000


def test_killed_at_random_moments_it_ends_with_the_same_pairs(distill: Distill, undisturbed: Distill) -> None:
    rng = random.Random(0)
    with Server(delay=0.05) as server:
        for _ in range(4):
            process = distill.start("run", "--base-url", server.url, "--budget-usd", "5", "--in-flight", "2")
            wanted = len(server.paid) + rng.randint(1, 4)
            while len(server.paid) < wanted and process.poll() is None:
                time.sleep(0.002)
            process.kill()
            process.communicate()
        distill.run(server)
    assert len(server.paid) == 24 and set(server.paid.values()) == {1}
    distill.collect()
    assert distill.pairs() == undisturbed.pairs()
    assert distill("status")["money"]["reserved"] == 0


@pytest.mark.full
def test_killed_twenty_times_it_ends_with_the_same_pairs(tmp_path: Path) -> None:
    distill, calm = Distill(tmp_path / "killed", limit=120), Distill(tmp_path / "calm", limit=120)
    rng = random.Random(1)
    with Server(delay=0.05) as server:
        calm.run(server)
    calm.collect()
    with Server(delay=0.05) as server:
        for _ in range(20):
            process = distill.start("run", "--base-url", server.url, "--budget-usd", "5", "--in-flight", "4")
            wanted, patience = len(server.paid) + rng.randint(0, 6), time.monotonic() + 20
            while len(server.paid) < wanted and process.poll() is None and time.monotonic() < patience:
                time.sleep(0.002)
            process.kill()
            process.communicate()
        distill.run(server)
    assert len(server.paid) == 120 and set(server.paid.values()) == {1}
    distill.collect()
    assert distill.pairs() == calm.pairs()


def test_what_a_killed_run_had_in_flight_counts_as_spent(distill: Distill) -> None:
    with Server(delay=60) as server:
        process = distill.start("run", "--base-url", server.url, "--budget-usd", "5", "--in-flight", "3")
        while server.num_requests < 3:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.communicate()
        status = distill("status")
        assert status["by state"] == {"sent": 3} and status["money"]["uncertain"] == 0
        server.delay = 0
        distill.run(server)
    after = distill("status")
    assert after["by state"]["done"] == 24
    assert after["money"]["uncertain"] == status["money"]["reserved"] > 0


def test_with_never_pay_twice_an_answer_that_did_not_arrive_is_lost_and_counted(distill: Distill) -> None:
    with Server(faults={0: "drop", 5: "truncate"}, forgets_keys=True) as server:
        distill.run(server, "--never-pay-twice")
        assert set(server.paid.values()) == {1}
        money = distill("status")["money"]
        assert money["uncertain"] > 0
        result = distill.collect()
        assert result["by state"]["lost"] == 2 and sum(result["by state"].values()) == 24
        assert distill("retry", "--lost") == {"requests": 2}
        distill.run(server)
    assert "lost" not in distill.collect()["by state"]


def test_the_budget_stops_before_it_would_be_crossed(distill: Distill, undisturbed: Distill) -> None:
    plan = distill("plan")
    assert plan["requests"] == 24 and plan["highest_cost"] > 0
    third = f"{plan['highest_cost'] // 3 / 1e6:.6f}"
    with Server() as server:
        report = distill.run(server, budget=third)
        assert "budget" in report["stopped"]
        assert 0 < report["answered, stop"] < 24
        money = distill("status")["money"]
        assert sum(money.values()) <= plan["highest_cost"] // 3
        distill.run(server)
    distill.collect()
    assert distill.pairs() == undisturbed.pairs()


def test_two_runs_at_once_share_budget_and_work(distill: Distill, undisturbed: Distill) -> None:
    with Server(delay=0.03) as server:
        both = [distill.start("run", "--base-url", server.url, "--budget-usd", "5", "--in-flight", "2") for _ in "ab"]
        for process in both:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors
    assert len(server.paid) == 24 and set(server.paid.values()) == {1}
    distill.collect()
    assert distill.pairs() == undisturbed.pairs()


def test_an_interrupt_keeps_what_is_in_flight(distill: Distill) -> None:
    with Server(delay=0.3) as server:
        process = distill.start("run", "--base-url", server.url, "--budget-usd", "5", "--in-flight", "3")
        while server.num_requests < 3:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert json.loads(output)["stopped"].startswith("interrupted")
    assert json.loads(output)["answered, stop"] == len(server.paid) >= 3
    assert json.loads(output)["money"]["uncertain"] == 0


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ({-1: "429 quota"}, "quota is used up"),
        ({-1: "401"}, "does not accept the key"),
        ({-1: "404"}, "--model"),
        ({-1: "400"}, "refuses every request"),
    ],
)
def test_what_no_request_survives_ends_the_run_at_once(distill: Distill, faults: dict, says: str) -> None:
    with Server(faults=faults) as server:
        report = distill.run(server, "--in-flight", "2", code=2)
    assert says in report["stopped"]
    assert server.num_requests <= 12 and not server.paid
    assert sum(distill("status")["money"].values()) == 0


def test_answers_are_told_apart_by_how_they_ended(distill: Distill) -> None:
    ends = iter(["<refusal>", "<length>", "<filter>", "no code here", "```python\nx = (\n```", ""])
    with Server(lambda body: next(ends, add_up(body))) as server:
        distill.run(server, "--in-flight", "1")
    states = distill.collect()["by state"]
    assert {name: states[name] for name in ("refusal", "length", "content_filter", "no_symbol")} == {
        "refusal": 1,
        "length": 1,
        "content_filter": 1,
        "no_symbol": 1,
    }
    assert states["parse_error"] == 2 and sum(states.values()) == 24


def test_several_samples_and_their_agreement(distill: Distill) -> None:
    def write(body: dict[str, Any]) -> str:
        right = add_up(body)
        return right.replace("return ", "return 1 + ") if body["seed"] == 1 else right.replace("return ", "return 0 + ")

    with Server(write) as server:
        distill.run(server, "--samples", "3")
    assert len(server.paid) == 72
    distill.collect("--samples", "3")
    pair = json.loads(distill.pairs().splitlines()[0])
    assert "2 of 3 samples" in pair["proof"] and "2 agree" in pair["proof"]


def test_a_repair_shows_the_fault_but_never_the_gold_answer(distill: Distill) -> None:
    def write(body: dict[str, Any]) -> str:
        if len(body["messages"]) > 4:
            return add_up({"messages": [body["messages"][-3]]})
        return "```python\ndef solution():\n    return 1 / 0\n```"

    with Server(write) as server:
        distill.run(server, "--repair")
    seconds = [body for body in server.bodies if len(body["messages"]) > 4]
    assert len(seconds) == 24
    assert all("ZeroDivisionError" in body["messages"][-1]["content"] for body in seconds)
    kept = distill.collect("--repair")["by state"]["kept"]
    assert kept > 0 and all(b"after it was shown" in line for line in distill.pairs().splitlines())
    assert distill.collect()["by state"] == {"runtime_error": 24}, "without the option repairs do not count"


def test_wrong_figures_of_usage_count_as_the_most_that_it_can_have_cost(distill: Distill) -> None:
    with Server(usage={"prompt_tokens": -5, "completion_tokens": "many"}) as server:
        plan = distill("plan")
        distill.run(server)
    assert distill("status")["money"]["spent"] == plan["highest_cost"]


def test_the_key_is_written_nowhere(distill: Distill) -> None:
    with Server(key="another", faults={}) as server:
        report = distill.run(server, code=2)
        assert KEY not in json.dumps(report) + distill.errors
    with Server(lambda body: f"```python\n# {KEY}\n```") as server:
        other = Distill(distill.folder / "echo")
        other.run(server)
        other.collect()
    written = [path for path in distill.folder.rglob("*") if path.is_file()]
    assert len(written) > 3
    assert not [path for path in written if KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("options", "environment", "says"),
    [
        (["--budget-usd", "1"], {"OPENAI_API_KEY": ""}, "OPENAI_API_KEY"),
        ([], {}, "--budget-usd"),
        (["--budget-usd", "1", "--model", "gpt-4.1-minni"], {}, "Did you mean gpt-4.1-mini"),
        (["--budget-usd", "a lot"], {}, "no amount"),
        (["--budget-usd", "1", "--prices", "/dev/null"], {}, "no table of prices"),
    ],
)
def test_a_wrong_set_up_is_named_before_anything_is_sent(
    distill: Distill, options: list[str], environment: dict[str, str], says: str
) -> None:
    distill("run", *options, code=2, **environment)
    assert says in distill.errors
    assert "Traceback" not in distill.errors


def test_in_flight_is_the_most_at_once(distill: Distill) -> None:
    with Server(delay=0.05) as server:
        distill.run(server, "--in-flight", "5")
    assert 2 <= server.most_at_once <= 5
