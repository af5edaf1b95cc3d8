"""Batches: half the price, and nothing lost or paid twice however they end."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.collection.distill.server import Server
from tests.collection.distill.test_run import Distill

QUICK = ("--batch", "--poll-seconds", "0.05")


@pytest.fixture
def distill(tmp_path: Path) -> Distill:
    return Distill(tmp_path)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Distill:
    distill = Distill(tmp_path_factory.mktemp("undisturbed"))
    with Server() as server:
        distill.run(server, *QUICK)
    distill.collect()
    return distill


def test_a_batch_costs_half(undisturbed: Distill) -> None:
    money = undisturbed("status")["money"]
    assert money == {"spent": 24 * 36, "uncertain": 0, "reserved": 0}, "36 micro-dollars: half of 100 and 20 tokens"


@pytest.mark.parametrize("fault", ["expired", "missing", "disorder", "garbage", "failed"])
def test_however_a_batch_ends_each_request_is_paid_once(distill: Distill, undisturbed: Distill, fault: str) -> None:
    with Server(batch_faults=(fault,)) as server:
        distill.run(server, *QUICK)
    assert len(server.paid) == 24 and set(server.paid.values()) == {1}
    assert len(server.batches) == (1 if fault in ("disorder", "garbage") else 2)
    distill.collect()
    assert distill.pairs() == undisturbed.pairs()
    assert distill("status")["money"]["reserved"] == 0


def test_what_no_batch_ever_answers_is_given_up_and_stays_new(distill: Distill) -> None:
    with Server(batch_faults=("failed",) * 20) as server:
        distill.run(server, *QUICK)
    assert not server.paid and len(server.batches) == 5
    assert distill.collect()["by state"] == {"not answered": 24}


def test_without_waiting_a_later_run_reads_the_results(distill: Distill, undisturbed: Distill) -> None:
    with Server(batch_looks=2) as server:
        distill.run(server, "--batch", "--no-wait")
        assert distill("status")["open batches"]
        report = distill.run(server, *QUICK)
        assert report["answered, stop"] == 24
        assert len(server.batches) == 1
    distill.collect()
    assert distill.pairs() == undisturbed.pairs()


def test_a_batch_whose_creation_was_cut_off_is_found_again(distill: Distill, undisturbed: Distill) -> None:
    """The process is killed after the server made the batch and before it could write down its name."""
    with Server() as server:
        create = server.create_batch

        def create_and_kill(body: dict) -> dict:
            batch = create(body)
            process.send_signal(signal.SIGKILL)
            process.wait()
            return batch

        server.create_batch = create_and_kill  # type: ignore[method-assign]
        process = distill.start("run", "--base-url", server.url, "--budget-usd", "5", *QUICK)
        process.communicate()
        assert process.returncode == -signal.SIGKILL and len(server.batches) == 1
        server.create_batch = create  # type: ignore[method-assign]
        distill.run(server, *QUICK)
        assert len(server.batches) == 1 and set(server.paid.values()) == {1}
    distill.collect()
    assert distill.pairs() == undisturbed.pairs()


def test_the_budget_holds_for_a_batch(distill: Distill) -> None:
    most = distill("plan", "--batch")["highest_cost"]
    with Server() as server:
        report = distill.run(server, *QUICK, budget=f"{most // 2 / 1e6:.6f}")
        assert "budget" in report["stopped"]
        assert 0 < len(server.paid) < 24
    assert sum(distill("status")["money"].values()) <= most // 2


def test_limits_of_a_file_cut_a_run_into_batches(tmp_path: Path) -> None:
    from collection.distill.batch import Batches, BatchSending
    from collection.distill.ledger import Ledger
    from collection.distill.prices import Price
    from collection.distill.requests import Sampling, Span, ask
    from collection.distill.tasks import get
    from collection.distill.tokens import make_counter

    requests = [each.request for each in ask(get("stories"), Sampling(model="tiny"), None, Span(0, 10))]
    longest = max(len(request.body) for request in requests) + 200
    with Server() as server, Ledger(tmp_path / "ledger.sqlite") as ledger:
        sending = BatchSending(base_url=server.url, poll_seconds=0.05, max_requests=4)
        batches = Batches(ledger, Price(1, 1), make_counter("tiny"), sending)
        batches.run(lambda: requests, wait=True)
        assert [len(server.files[b["input_file_id"]].splitlines()) for b in server.batches.values()] == [4, 4, 2]
        assert ledger.counts()["done"] == 10
        more = [each.request for each in ask(get("stories"), Sampling(model="other"), None, Span(0, 10))]
        sending = BatchSending(base_url=server.url, poll_seconds=0.05, max_bytes=3 * longest)
        Batches(ledger, Price(1, 1), make_counter("other"), sending).run(lambda: more, wait=True)
        sizes = [len(server.files[b["input_file_id"]]) for b in list(server.batches.values())[3:]]
        assert len(sizes) >= 3 and max(sizes) <= 3 * longest
        line = json.loads(server.files["file-0"].splitlines()[0])
        assert line["url"] == "/v1/chat/completions" and line["method"] == "POST" and "messages" in line["body"]
