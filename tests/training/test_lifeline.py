"""A process that dies is missed at once by the others, and one that ends in good order by nobody."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.training.small_run import REPOSITORY, free_port

# Each process joins, and then does what its number is told to do.
SCRIPT = """
import os, sys, time
from datetime import timedelta
import torch.distributed as dist
from symbol_llm.training.lifeline import Lifeline, explain
rank, port, deeds = int(sys.argv[1]), sys.argv[2], sys.argv[3].split(",")
store = dist.TCPStore("127.0.0.1", int(port), len(deeds), rank == 0)
dist.init_process_group("gloo", store=store, rank=rank, world_size=len(deeds))
line = Lifeline(rank, len(deeds), "127.0.0.1", grace=1.0)
dist.barrier()
deed = deeds[rank]
if deed == "die":
    os.kill(os.getpid(), 9)
elif deed == "leave":
    line.close()
    time.sleep(1)
    os._exit(0)
elif deed == "fail":
    line.close("the disk of this node is full")
    os._exit(2)
elif deed == "notice":
    print(explain(line.lost(100)), flush=True)
    line.close()
    os._exit(3)
time.sleep(100 if deed == "hang" else 3)
print("nothing happened", flush=True)
line.close()
os._exit(0)
"""


def play(*deeds: str) -> list[tuple[int, str]]:
    port = str(free_port())
    command = [sys.executable, "-c", SCRIPT]
    processes = [
        subprocess.Popen(
            [*command, str(rank), port, ",".join(deeds)],
            cwd=REPOSITORY,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for rank in range(len(deeds))
    ]
    ended = []
    for process in processes:
        out, error = process.communicate(timeout=300)
        ended.append((process.returncode, out + "".join(x for x in error.splitlines(True) if x.startswith("error"))))
    return ended


def test_a_hanging_process_is_ended_with_the_reason() -> None:
    dead, first, second = play("hang", "hang", "die")[::-1]
    assert dead[0] == -9
    for code, output in (first, second):
        assert code == 1 and "error: process 2 on" in output and "ended unexpectedly" in output
        assert "The same command goes on from the newest complete checkpoint" in output


@pytest.mark.full
def test_the_first_process_is_missed_too() -> None:
    (_, noticed) = play("die", "notice")
    assert noticed == (3, noticed[1]) and "process 0" in noticed[1]


@pytest.mark.full
def test_an_error_of_one_process_reaches_the_others() -> None:
    assert "error: the disk of this node is full" in play("hang", "fail")[0][1]
    assert "error: the disk of this node is full" in play("fail", "hang")[1][1]


@pytest.mark.full
def test_who_leaves_in_good_order_is_not_missed() -> None:
    assert play("stay", "leave") == [(0, "nothing happened\n"), (0, "")]
    assert play("leave", "stay") == [(0, ""), (0, "nothing happened\n")]
