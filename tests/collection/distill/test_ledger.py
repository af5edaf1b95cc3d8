"""The ledger: states, money, and files that are damaged, old, foreign or on a full disk."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from collection.distill.ledger import BudgetReached, Finish, Ledger, Money, State
from collection.distill.ledger_file import VERSION
from collection.distill.requests import Request
from symbol_llm.errors import UserError


def request(number: int) -> Request:
    return Request(f"key-{number}", b'{"messages": []}')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_money_is_reserved_then_spent(path: Path) -> None:
    with Ledger(path, budget=100) as ledger:
        assert ledger.claim(request(1), 60)
        assert ledger.money() == Money(0, 0, 60)
        with pytest.raises(BudgetReached):
            ledger.claim(request(2), 41)
        assert ledger.state_of("key-2") is None, "what was not claimed leaves no trace"
        assert ledger.claim(request(3), 40)
        assert ledger.finish("key-1", b"{}", Finish.STOP, (10, 2), 15)
        assert ledger.money() == Money(15, 0, 40)
        ledger.release("key-3", "dropped", perhaps_paid=True)
        assert ledger.money() == Money(15, 40, 0)
        with pytest.raises(BudgetReached):
            ledger.claim(request(3), 46)


def test_the_first_answer_stays(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.claim(request(1), 5)
        assert ledger.finish("key-1", b"first", Finish.STOP, (1, 1), 2)
        assert not ledger.finish("key-1", b"second", Finish.STOP, (1, 1), 2)
        answer = ledger.answer("key-1")
        assert answer is not None and answer.response == b"first"
        assert ledger.money() == Money(4, 0, 0), "what was paid twice is counted twice"
        assert not ledger.claim(request(1), 5)


def test_another_process_that_lives_keeps_what_it_sent(path: Path) -> None:
    hold = (
        "import sys, pathlib; from collection.distill.ledger import Ledger; "
        "from collection.distill.requests import Request; "
        "ledger = Ledger(pathlib.Path(sys.argv[1])); ledger.claim(Request('key-9', b'{}'), 7); "
        "print('ready', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    with Ledger(path) as ledger:
        assert ledger.recover() == 0
        assert not ledger.claim(request(9), 7)
        process.kill()
        process.wait()
        assert ledger.recover() == 1
        assert ledger.state_of("key-9") is State.NEW
        assert ledger.money() == Money(0, 7, 0)
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name], "nothing is left beside the ledger"


def test_an_old_ledger_is_brought_up_to_date(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.claim(request(1), 5)
        ledger.finish("key-1", b"kept", Finish.STOP, (1, 1), 2)
    with sqlite3.connect(path) as old:  # as version 1 was: it had no verdicts
        old.execute("DROP TABLE verdict")
        old.execute("PRAGMA user_version = 1")
    with Ledger(path) as ledger:
        answer = ledger.answer("key-1")
        assert answer is not None and answer.response == b"kept"
        ledger.write_verdicts([("key-1", "question", "code", b"{}")])
        assert ledger.verdict("key-1", "question", "code") == b"{}"
        assert ledger.verdict("key-1", "question", "other code") is None


def test_a_newer_ledger_is_left_alone(path: Path) -> None:
    Ledger(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(UserError, match="newer symbol-llm"):
        Ledger(path)


def test_a_foreign_database_and_a_file_that_is_none_are_refused(path: Path, tmp_path: Path) -> None:
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE mine (x)")
    with pytest.raises(UserError, match="no ledger"):
        Ledger(path)
    text = tmp_path / "notes.txt"
    text.write_text("these are my notes\n" * 100)
    with pytest.raises(UserError, match="cannot be used"):
        Ledger(text)
    assert text.read_text().startswith("these are my notes")


def test_a_place_where_nothing_can_be_written_is_named() -> None:
    with pytest.raises(UserError, match="cannot be used"):
        Ledger(Path("/proc/ledger.sqlite"))


FILL = """
import resource, signal, sys
from pathlib import Path
from collection.distill.ledger import Finish, Ledger
from collection.distill.requests import Request
from symbol_llm.errors import UserError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing past the limit fails, as on a full disk
path = Path(sys.argv[1])
ledger = Ledger(path)
written = 0
try:
    for number in range(10_000):
        ledger.claim(Request(f"key-{number}", b"{}"), 1)
        if number == 50:  # the disk is full from here on
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        ledger.finish(f"key-{number}", b"x" * 20_000, Finish.STOP, (1, 1), 1)
        written = number + 1
except UserError as error:
    print(written, error)
"""


def test_a_full_disk_stops_with_all_finished_answers_safe(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FILL, str(path)], capture_output=True, text=True)
    number, _, message = done.stdout.partition(" ")
    assert done.returncode == 0, done.stderr
    assert "disk is full" in message
    with Ledger(path) as ledger:
        kept = [ledger.answer(f"key-{n}") for n in range(int(number))]
    assert len(kept) >= 50 and all(answer is not None and len(answer.response) == 20_000 for answer in kept)
