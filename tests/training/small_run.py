"""A collection and a model so small that a whole training run takes seconds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from random import Random

from symbol_llm.record import Provenance, Record, content_id, write_parquet

REPOSITORY = Path(__file__).parents[2]
LAUNCHER = str(Path(sys.executable).parent / "deepspeed")
ACTIONS = {"jump": "I_JUMP", "walk": "I_WALK", "look": "I_LOOK", "run": "I_RUN"}
DEFINITIONS = "\n".join(f"{action}: {word}" for word, action in ACTIONS.items())
WORDS = ["tree", "house", "river", "stone", "bird", "cloud"]

# A LLaMA of 30,000 parameters and packs of 256 tokens.
SMALL = [
    *("--model.hidden_size", "32", "--model.layers", "2", "--model.heads", "2", "--model.kv_heads", "1"),
    *("--model.intermediate_size", "64", "--tokenizer.vocab_size", "330", "--data.max_tokens", "200"),
    *("--batch.pack_tokens", "256", "--batch.step_tokens", "512", "--run.log_every", "1"),
    *("--optimizer.learning_rate", "1e-2", "--optimizer.warmup", "2", "--run.tensorboard", "false"),
]


def scan_record(index: int, split: str = "train") -> Record:
    """A command of one to four words and its actions; all rows of the task share the definitions."""
    rng = Random(f"scan/{split}/{index}")
    words = rng.choices(sorted(ACTIONS), k=rng.randint(1, 4))
    instruction = rng.choice(["Translate the command into actions.", "Write the actions of the command."])
    prompt = f"{instruction}\n{DEFINITIONS}\nThe command is: {' '.join(words)}\nThe actions are:\n"
    return _record("scan", "scan", split, index, prompt, " ".join(ACTIONS[word] for word in words))


def text_record(index: int, split: str = "train") -> Record:
    """A general instruction."""
    words = Random(f"text/{split}/{index}").sample(WORDS, 3)
    prompt = f"Repeat the words in reverse.\nThe request is: {', '.join(words)}\nThe answer is:\n"
    return _record("general", "text", split, index, prompt, ", ".join(reversed(words)))


def _record(task: str, format_: str, split: str, index: int, prompt: str, completion: str) -> Record:
    return Record(
        id=content_id(task, split, prompt, completion, str(index)),
        task=task,
        format=format_,
        origin="generated",
        split=split,
        prompt=prompt,
        completion=completion,
        instruction="",
        context="",
        input="",
        template="0/0-shot",
        source=Provenance("", "generated", "seed-0/train", index, ""),
        licence="Apache-2.0",
        commercial=True,
    )


def write_collection(folder: Path, num_rows: int = 120) -> Path:
    """``num_rows`` training rows of each of two tasks, and a few test rows that must not be trained on."""
    records = folder / "records"
    records.mkdir(parents=True)
    for name, make in (("scan", scan_record), ("general", text_record)):
        rows = [make(i) for i in range(num_rows)] + [make(i, "test") for i in range(5)]
        write_parquet(records / f"{name}.parquet", rows)
    return folder


def free_port() -> int:
    """A port that nobody listens on, so that launches side by side do not meet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    """The environment of a launch: one thread per process, and nothing of an outer launch."""
    inherited = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        inherited.pop(name, None)
    return inherited


def start(stage: str, *options: str, processes: int = 2) -> subprocess.Popen[str]:
    """Start a stage with the real launcher, one thread per process, in a process group of its own."""
    launch = ["--num_gpus", str(processes), "--master_port", str(free_port())]
    return started([LAUNCHER, *launch, f"{stage}/train.py", *options])


def started(command: list[str]) -> subprocess.Popen[str]:
    """A command of the repository, in a process group of its own, errors among its output."""
    return subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def run(stage: str, *options: str, processes: int = 2) -> tuple[int, str]:
    """Exit code and output of a whole run."""
    process = start(stage, *options, processes=processes)
    output, _ = process.communicate()
    return process.returncode, output
