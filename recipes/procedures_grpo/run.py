"""Running the arms: one stage after the other; a killed run goes on with the step it was in.

RUN/data, start      rows, random model
RUN/supervised       the run that the warm model is taken from; warm/model that model
RUN/seed-0/…         the stages: graph, then graph,language and so on
RUN/measured         what each model gets right, item by item
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from recipes.procedures_grpo.results import summarise
from recipes.procedures_grpo.story import ARMS, Scale, stage_names, stages, warm_command
from symbol_llm.console import log
from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.ledger import exclusive, make_folder, write_json


def run_arms(out: Path, scale: Scale) -> dict[str, Any]:
    """Run all arms, write ``out``/summary.json and return it.

    Raises UserError naming the log of a command that failed, CheckFailed if no checkpoint is warm enough.
    """
    with exclusive(make_folder(out)):
        if not (out / "start" / "config.json").is_file():
            command = (sys.executable, "-m", "recipes.procedures_grpo.data", str(out), "--plans", str(scale.plans))
            _run("data", command, out)
        if not (out / "supervised" / "summary.json").is_file():
            _run("supervised", warm_command(out, scale), out)
        warm = _warm(out, scale)
        log(f"warm model: step {warm['step']}, samples right: {warm['right']}")
        _measure(out, "warm", out / "warm" / "model", scale)
        for seed in range(scale.seeds):
            for stage in stages(out, scale, seed):
                name = f"seed-{seed}/{stage.folder.name}"
                if not (stage.folder / "summary.json").is_file():
                    _run(name, stage.command, out)
            for arm in ARMS:
                _measure(out, f"seed-{seed}/{arm}", out / f"seed-{seed}" / stage_names(arm)[1] / "model", scale)
        result = summarise(out, scale, warm)
        write_json(out / "summary.json", result)
    return result


def _warm(out: Path, scale: Scale) -> dict[str, Any]:
    """The first checkpoint with enough right samples in both forms, exported to RUN/warm/model."""
    from recipes.procedures_grpo.testing import sampled_right
    from symbol_llm.training import consolidate

    note = out / "warm" / "warm.json"
    if note.is_file():
        found: dict[str, Any] = orjson.loads(note.read_bytes())
        return found
    model, seen = out / "warm" / "model", {}
    for step in range(scale.warm_every, scale.warm_steps + 1, scale.warm_every):
        consolidate.export_checkpoint(consolidate.find_checkpoint(out / "supervised", str(step)), model)
        right = {form: sum(bits) / len(bits) for form, bits in sampled_right(model, scale.warm_plans).items()}
        seen[step] = right
        log(f"supervised step {step}: samples right {right}")
        if min(right.values()) >= scale.warm_right:
            chosen = {"step": step, "right": right, "before": {str(k): v for k, v in seen.items() if k < step}}
            write_json(note, chosen)
            return chosen
    raise CheckFailed(
        f"no checkpoint of {out / 'supervised'} has {scale.warm_right:.0%} of its samples right in both forms: {seen}. "
        "Train it longer: raise warm_steps in recipes/procedures_grpo/story.py"
    )


def _measure(out: Path, name: str, model: Path, scale: Scale) -> None:
    from recipes.procedures_grpo.testing import measure

    place = out / "measured" / f"{name}.json"
    if not place.is_file():
        make_folder(place.parent)
        log(f"what {name} gets right")
        write_json(place, measure(model, scale.items, scale.sampled))


def _run(name: str, command: tuple[str, ...], out: Path) -> None:
    log(f"{name}: {' '.join(command)}")
    output = make_folder(out / "logs") / f"{name.replace('/', '-')}.log"
    environment = {**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    with output.open("ab") as file:
        code = subprocess.run(command, stdout=file, stderr=file, env=environment).returncode
    if code:
        raise UserError(f"{name} failed with exit code {code}; its output is in {output}. The same command goes on")
