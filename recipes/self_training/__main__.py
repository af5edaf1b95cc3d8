"""Run self-training and its control, and print the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from recipes.self_training.story import Scale, story
from recipes.steps import run_step
from symbol_llm.console import emit, log, make_table
from symbol_llm.ledger import exclusive, make_folder, write_json
from symbol_llm.options import Json

ARMS = {"verified": "with verified pairs", "seeds": "seeds alone, as many updates"}
COLUMNS = ("arm", "round", "asked", "answered right", "pairs so far", "accuracy %", "95 % interval")


def run_arm(out: Path, scale: Scale, seed: int, processes: int, arm: str) -> list[dict[str, Any]]:
    """Run all steps of one arm; one row per round."""
    with exclusive(make_folder(out)):
        steps = story(out, scale, seed, processes, arm)
        for number, step in enumerate(steps, 1):
            log(f"[{arm} {number}/{len(steps)}] {step.what}")
            log(f"    {run_step(step, out):.0f} s")
    rows, num_pairs = [], 0
    for number in range(scale.rounds + 1):
        found = orjson.loads((out / f"collect_{number}.log").read_bytes()) if arm == "verified" and number else {}
        num_pairs += found.get("pairs", 0)
        (result,) = orjson.loads((out / f"test_{number}.log").read_bytes())["scenes"]["maths"]
        low, high = result["interval"]
        rows.append(
            {
                "arm": ARMS[arm],
                "round": number,
                "asked": found.get("questions"),
                "answered right": found.get("by state", {}).get("kept"),
                "pairs so far": num_pairs,
                "accuracy %": round(100 * result["accuracy"], 1),
                "95 % interval": f"{100 * low:.1f} to {100 * high:.1f}",
            }
        )
    return rows


def main(
    out: Annotated[Path, typer.Option("--out", help="Folder of the runs.")] = Path("runs/self-training"),
    rounds: Annotated[int, typer.Option("--rounds", min=1)] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="Minutes, a round: shows that it runs.")] = False,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    processes: Annotated[int, typer.Option("--processes", min=1, help="Training processes.")] = 2,
    as_json: Json = False,
) -> None:
    """Self-training on the generated stories, beside a control that sees no new pairs. The same command goes on."""
    scale = replace(Scale(), rounds=rounds)
    if quick:
        scale = Scale(rounds=1, seeds=60, questions=12, samples=2, first_steps=20, steps=10, items=10)
    rows = [row for arm in ARMS for row in run_arm(out / arm, scale, seed, processes, arm)]
    write_json(out / "summary.json", {"rows": rows, "seed": seed})
    table = make_table("Self-training", COLUMNS, [[row[column] for column in COLUMNS] for row in rows])
    emit({"rows": rows}, table, as_json=as_json)
    log(f"all runs are in {out}, the table in {out / 'summary.json'}")


if __name__ == "__main__":
    typer.run(main)
