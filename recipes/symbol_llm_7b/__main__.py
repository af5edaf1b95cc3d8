"""Run the recipe, or print it.

    python -m recipes.symbol_llm_7b --raw RAW --out RUNS/7b                        8 GPUs of this machine
    python -m recipes.symbol_llm_7b --raw RAW --out RUNS/7b --launch "--hostfile hosts"
    python -m recipes.symbol_llm_7b --preset tiny --out runs/tiny                  two processes, minutes, no GPU
    python -m recipes.symbol_llm_7b --print                                        only the commands

Every step goes on where it was killed, so the same command may be given again after any interruption; a finished step
is not run again. ``--fresh STEP`` forgets that a step was finished.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from pathlib import Path

from recipes.steps import Step
from recipes.symbol_llm_7b.story import PRESETS, story
from symbol_llm.console import log
from symbol_llm.errors import SymbolLLMError, UserError
from symbol_llm.ledger import make_folder


def main(arguments: list[str] | None = None) -> int:
    """Parse and run; 0 done, 2 the set-up is wrong or a step failed."""
    parser = argparse.ArgumentParser(prog="python -m recipes.symbol_llm_7b", description="The paper's recipe.")
    parser.add_argument("--preset", choices=PRESETS, default="paper")
    parser.add_argument("--raw", type=Path, help="folder of the raw datasets, one folder each")
    parser.add_argument("--out", type=Path, default=Path("runs/symbol-llm-7b"))
    parser.add_argument("--launch", help="options of the deepspeed launcher as one text; default --num_gpus 8")
    parser.add_argument("--more-data", nargs="*", default=[], help="further collections, such as distilled records")
    parser.add_argument("--print", action="store_true", dest="only_print", help="print the commands and stop")
    parser.add_argument("--fresh", action="append", default=[], metavar="STEP", help="run a finished step again")
    options = parser.parse_args(arguments)
    is_tiny = options.preset == "tiny"
    launch = shlex.split(options.launch or f"--num_gpus {2 if is_tiny else 8}")
    steps = story(PRESETS[options.preset], options.out.absolute(), options.raw, launch, options.more_data)
    if options.only_print:
        for step in steps:
            print(f"# {step.what}\n{shlex.join(step.command)}\n")
        return 0
    try:
        if options.raw is None and not is_tiny:
            raise UserError("--raw is missing: the folder that `symbol-llm collect fetch --raw RAW` fills")
        _run_all(steps, make_folder(options.out), options.fresh)
    except SymbolLLMError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    log(f"base model in {options.out}/injection/model, instruct model in {options.out}/infusion/model")
    log(f"look at it: symbol-llm report {options.out} --out {options.out}/report")
    return 0


def _run_all(steps: list[Step], out: Path, fresh: list[str]) -> None:
    for number, step in enumerate(steps, 1):
        done = out / f".{step.name}.done"
        if step.name in fresh:
            done.unlink(missing_ok=True)
        command = shlex.join(step.command)
        if done.exists() and done.read_text(encoding="utf-8") == command:
            log(f"[{number}/{len(steps)}] {step.what}: already done")
            continue
        log(f"[{number}/{len(steps)}] {step.what}\n    {command}")
        started = time.monotonic()
        code = subprocess.run(step.command).returncode
        if code:
            raise UserError(f"the step '{step.what}' ended with exit code {code}. The same command goes on from there")
        done.write_text(command, encoding="utf-8")
        log(f"    done in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    raise SystemExit(main())
