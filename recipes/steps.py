"""Steps of a recipe: the commands that a user would type, each once; a killed run goes on with what is missing.

    Step("collection", "build the collection", (TOOL, "collect", "build", "--out", "RUN/collection"))

fills RUN/collection; its standard output is RUN/collection.log, and RUN/.collection.json says that it ended, when the
same command of the same code may be left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson

from symbol_llm.console import log
from symbol_llm.errors import UserError
from symbol_llm.ledger import code_version, exclusive, make_folder, write_json

ROOT = Path(__file__).parent.parent
TOOL, LAUNCHER = (str(Path(sys.executable).parent / name) for name in ("symbol-llm", "deepspeed"))
_CODE = ("symbol_llm", "collection", "symbol_evol", "injection", "infusion", "eval", "recipes")


@dataclass(frozen=True, slots=True)
class Step:
    """One command. It fills the folder of its name, and its standard output goes to a file beside it."""

    name: str
    what: str
    command: tuple[str, ...]


def training(stage: str, config: str, settings: Mapping[str, object]) -> tuple[str, ...]:
    """The script of a stage with one of its configurations, and settings such as {"--run.steps": 20}."""
    words = (word for pair in settings.items() for word in map(str, pair))
    return (str(ROOT / stage / "train.py"), "--config", str(ROOT / stage / "configs" / f"{config}.yaml"), *words)


def launcher(processes: int, folder: Path) -> tuple[str, ...]:
    """The deepspeed launcher. Runs in other folders go side by side; the same folder always gets the same command."""
    port = 20_000 + crc32(str(folder).encode()) % 20_000
    return (LAUNCHER, "--num_gpus", str(processes), "--master_port", str(port))


def run_step(step: Step, out: Path) -> float:
    """Run a step unless the same command of the same code has finished here; its seconds either way.

    What a killed run left in the step's folder is kept, and the command goes on with it. What another command or
    other code left there is removed.
    """
    state_file = out / f".{step.name}.json"
    identity = {"command": list(step.command), "code": code_version(*_CODE)}
    before = orjson.loads(state_file.read_bytes()) if state_file.exists() else {}
    if {key: before.get(key) for key in identity} != identity:
        shutil.rmtree(out / step.name, ignore_errors=True)
        before = {**identity, "seconds": None}
        write_json(state_file, before)
    if before["seconds"] is not None:
        log("    already done")
        return float(before["seconds"])
    started = time.monotonic()
    # One thread a process: two processes share two cores.
    environment = {**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    output = out / f"{step.name}.log"
    with output.open("wb") as file:
        code = subprocess.run(step.command, stdout=file, env=environment).returncode
    if code:
        raise UserError(
            f"the step '{step.what}' failed with exit code {code}; its output is in {output}. "
            "Once mended, the same command goes on from there"
        )
    seconds = round(time.monotonic() - started, 1)
    write_json(state_file, {**identity, "seconds": seconds})
    return seconds


def run_rounds(
    rounds: Iterable[Sequence[Step]],
    out: Path,
    processes: int,
    collect: Callable[[dict[str, float]], dict[str, Any]],
) -> dict[str, Any]:
    """Run all rounds, the steps of a round side by side, ``processes`` at a time; write RUN/summary.json and return it.

    ``collect``: the summary, from the seconds of each step. Raises UserError naming the step and its log if one fails.
    """
    seconds: dict[str, float] = {}

    def run(step: Step) -> None:
        seconds[step.name] = run_step(step, out)
        log(f"{step.name}: {step.what}, {seconds[step.name]:.0f} s")

    with exclusive(make_folder(out)):
        started = time.monotonic()
        with ThreadPoolExecutor(processes) as pool:
            for steps in rounds:
                for done in [pool.submit(run, step) for step in steps]:
                    done.result()
        log(f"all steps done in {(time.monotonic() - started) / 60:.0f} min")
        result = collect(seconds)
        write_json(out / "summary.json", result)
    return result
