"""``symbol-llm eval rejection``: right answers of a model to training prompts, for training.

symbol-llm eval rejection ask --model M --data OUT --reward gsm8k --samples 4 --temperature 1 --out RUN
symbol-llm eval rejection keep RUN --out kept.jsonl
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.backends.options import Seed, writes
from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import CheckFailed
from symbol_llm.options import Json

if TYPE_CHECKING:
    from eval.backends import Backend

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

_COLUMNS = ("task", "prompts", "samples", "right", "cut", "not judged", "kept")


@app.command("ask")
@writes
def ask_command(
    backend: Backend,
    data: Annotated[list[str], typer.Option("--data", help="Collection, Parquet or JSONL with answers; repeatable.")],
    reward: Annotated[str, typer.Option("--reward", help="procedures, a delegation benchmark, or a solver.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the run; a run begun there goes on.")],
    judged_by: Annotated[str, typer.Option("--judged-by", help="With a solver: how answers are compared.")] = "",
    split: Annotated[str, typer.Option("--split", help="Which rows are asked.")] = "train",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Prompts per task, drawn by the seed.")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Solvers side by side.")] = 2,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Let a model answer training prompts several times, and let a verifier judge. The same command goes on."""
    from eval.rejection_sampling import KIND, ask
    from symbol_llm.training.grpo_settings import Grpo

    settings = Grpo(reward=reward, judged_by=judged_by, workers=workers)
    document = ask(data, settings, backend, out, split=split, limit=limit, seed=seed)
    emit(document, _table(document["tasks"]), as_json=as_json)
    log(f"wrote the samples to {out / KIND}; keep the right ones with:")
    log(f"symbol-llm eval rejection keep {out} --out {out / 'kept.jsonl'}")
    if missing := sum(part["unanswered"] for part in document["tasks"].values()):
        raise CheckFailed(f"{missing:,} outputs are missing: the server gave no answer. The same command asks again")


@app.command("keep")
def keep_command(
    run: Annotated[Path, typer.Argument(help="Folder of the run that asked.")],
    out: Annotated[Path, typer.Option("--out", help="JSONL file for training: --data of injection/train.py.")],
    seed: Annotated[int, typer.Option("--seed", help="Chooses among the right samples of a prompt.")] = 0,
    as_json: Json = False,
) -> None:
    """Write one right sample per prompt, drawn by the seed, as rows for training."""
    from eval.rejection_sampling import keep

    counts = keep(run, out, seed=seed)
    emit({"tasks": counts}, _table(counts), as_json=as_json)
    log(f"wrote {sum(count['kept'] for count in counts.values()):,} rows to {out}")


def _table(parts: dict[str, dict[str, Any]]) -> Any:
    rows = [[name, *(part[column] for column in _COLUMNS[1:])] for name, part in parts.items()]
    return make_table("Samples of training prompts", _COLUMNS, rows)
