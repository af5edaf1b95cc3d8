"""``symbol-llm eval``: score a model on symbolic tasks and delegated benchmarks.

symbol-llm eval delegate --model runs/demo/infusion --tasks theories,letters --limit 50 --out runs/demo/eval
symbol-llm eval symbolic --backend gold --data runs/demo/collection --out /tmp/gold
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import UserError

if TYPE_CHECKING:
    from eval.backends import Backend

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Model = Annotated[str | None, typer.Option("--model", help="Hugging Face model folder or hub id.")]
BackendName = Annotated[
    str | None, typer.Option("--backend", help="transformers (the default with --model), gold or replay.")
]
Replay = Annotated[
    Path | None, typer.Option("--replay", help="Outputs made elsewhere: JSON lines with id and output, or a folder.")
]
Out = Annotated[Path, typer.Option("--out", help="Folder of the run; a run begun there goes on.")]
Raw = Annotated[Path | None, typer.Option("--raw", help="Folder with one folder per dataset; default $SYMBOL_LLM_RAW.")]
Tasks = Annotated[str, typer.Option("--tasks", help="Comma-separated; default: all that can be run.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Items per task, drawn by the seed; default all.")]
Seed = Annotated[int, typer.Option("--seed", help="Chooses prompts' paraphrases, sampled items and resamples.")]
BatchSize = Annotated[int, typer.Option("--batch-size", min=1, help="Prompts that are generated together.")]
MaxNewTokens = Annotated[int, typer.Option("--max-new-tokens", min=1, help="Tokens after which an output is cut.")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Solvers or scorers side by side.")]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="The model's CPU threads; default: half of all.")]
Rescore = Annotated[bool, typer.Option("--rescore", help="Score the stored outputs again; generate only what lacks.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@app.command("symbolic")
def symbolic_command(
    data: Annotated[Path, typer.Option("--data", help="A built collection: its test records are the items.")],
    out: Out,
    model: Model = None,
    backend: BackendName = None,
    replay: Replay = None,
    raw: Raw = None,
    tasks: Tasks = "",
    limit: Limit = None,
    seed: Seed = 0,
    batch_size: BatchSize = 64,
    max_new_tokens: MaxNewTokens = 256,
    workers: Workers = 2,
    threads: Threads = None,
    rescore: Rescore = False,
    as_json: Json = False,
) -> None:
    """Score symbols against gold symbols: the paper's metric, and equivalence by proof or execution."""
    from eval.symbolic import run_symbolic

    document = run_symbolic(
        data,
        _open(model, backend, replay, batch_size, max_new_tokens, threads),
        out,
        names=_names(tasks),
        raw=_raw(raw),
        limit=limit,
        seed=seed,
        workers=workers,
        is_rescoring=rescore,
    )
    emit(document, _symbolic_table(document), as_json=as_json)
    _say_where(out / "symbolic", sum(task["items"] for task in document["tasks"].values()), len(document["tasks"]))


@app.command("delegate")
def delegate_command(
    out: Out,
    model: Model = None,
    backend: BackendName = None,
    replay: Replay = None,
    raw: Raw = None,
    tasks: Tasks = "",
    limit: Limit = None,
    seed: Seed = 0,
    batch_size: BatchSize = 64,
    max_new_tokens: MaxNewTokens = 256,
    workers: Workers = 2,
    threads: Threads = None,
    rescore: Rescore = False,
    as_json: Json = False,
) -> None:
    """Let solvers execute what the model writes, and compare answers: six scenes."""
    import eval.delegation
    from eval.delegate import run_delegation

    folder = _raw(raw)
    opened = _open(model, backend, replay, batch_size, max_new_tokens, threads)
    document = run_delegation(
        [eval.delegation.get(name) for name in _names(tasks) or _runnable(folder)],
        opened,
        out,
        raw=folder,
        limit=limit,
        seed=seed,
        workers=workers,
        is_rescoring=rescore,
    )
    emit(document, _delegation_table(document), as_json=as_json)
    parts = [part for scene in document["scenes"].values() for part in scene]
    for part in parts:
        if faults := part["outcomes"].get("sandbox_error"):
            log(f"warning: {part['benchmark']}: the sandbox failed on {faults} items, which is no fault of the model.")
            log("         They are left out of the accuracy; the same command tries them again")
    _say_where(out / "delegate", sum(part["items"] for part in parts), len(parts))


@app.command("list")
def list_command(
    data: Annotated[Path | None, typer.Option("--data", help="Also list the test tasks of this collection.")] = None,
    raw: Raw = None,
    as_json: Json = False,
) -> None:
    """The delegation benchmarks by scene, and the symbolic tasks of a collection."""
    import eval.delegation
    from collection import sources

    folder = _raw(raw)
    benchmarks: list[dict[str, Any]] = []
    for name in eval.delegation.BENCHMARKS:
        benchmark = eval.delegation.get(name)
        dataset = sources.get(benchmark.task).upstream.dataset
        has_files = not dataset or (folder is not None and (folder / dataset).is_dir())
        benchmarks.append(
            {
                "benchmark": name,
                "scene": benchmark.scene,
                "task": benchmark.task,
                "solver": benchmark.solver,
                "files": f"RAW/{dataset}" if dataset else "none: generated",
                "can_run": has_files,
            }
        )
    document: dict[str, Any] = {"benchmarks": benchmarks}
    columns = list(benchmarks[0])
    if not as_json:
        cells = [["yes" if v is True else "no" if v is False else v for v in row.values()] for row in benchmarks]
        emit(document, make_table("Benchmarks", columns, cells), as_json=False)
    if data is not None:
        from eval.symbolic import load_tasks

        tasks = load_tasks(data)
        document["tasks"] = [
            {"task": name, "format": records[0].format, "items": len(records)} for name, records in tasks.items()
        ]
        if not as_json:
            rows = [list(task.values()) for task in document["tasks"]]
            emit(document, make_table(f"Test tasks of {data}", ("task", "format", "items"), rows), as_json=False)
    if as_json:
        emit(document, None, as_json=True)
    log("run them with: symbol-llm eval delegate --model MODEL --tasks NAME,NAME --out RUN")


def _open(
    model: str | None, backend: str | None, replay: Path | None, batch_size: int, new_tokens: int, threads: int | None
) -> Backend:
    from eval.backends import open_backend

    return open_backend(
        model=model,
        backend=backend,
        replay=replay,
        batch_size=batch_size,
        max_new_tokens=new_tokens,
        threads=threads,
    )


def _raw(raw: Path | None) -> Path | None:
    from collection.cli import raw_folder

    return raw_folder(raw)


def _names(tasks: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in tasks.split(",") if name.strip()))


def _runnable(raw: Path | None) -> list[str]:
    """The benchmarks whose files are there, said aloud where some are not."""
    import eval.delegation
    from collection import sources

    chosen: list[str] = []
    left: list[str] = []
    for name in eval.delegation.BENCHMARKS:
        dataset = sources.get(eval.delegation.get(name).task).upstream.dataset
        is_there = not dataset or (raw is not None and (raw / dataset).is_dir())
        (chosen if is_there else left).append(name)
    if left:
        log(f"left out, their raw files are not here: {', '.join(left)} (place them under --raw)")
    if not chosen:
        raise UserError("no benchmark can run without raw files. Pass the folder that holds the datasets with --raw")
    return chosen


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _between(interval: list[float]) -> str:
    return f"{100 * interval[0]:.1f} … {100 * interval[1]:.1f}"


def _symbolic_table(document: dict[str, Any]) -> Any:
    rows: list[list[Any]] = [
        [
            name,
            task["items"],
            task["metric"],
            _percent(task["value"]),
            _between(task["interval"]),
            task["exact"],
            task["parsed"],
            " / ".join(str(task["equivalent"][key]) for key in ("yes", "no", "unknown")),
        ]
        for name, task in document["tasks"].items()
    ]
    for family, part in document["families"].items():
        rows.append([f"mean of {family}", part["tasks"], "tasks", _percent(part["mean"]), "", None, None, ""])
    rows.append(["plain mean", len(document["tasks"]), "tasks", _percent(document["mean"]), "", None, None, ""])
    columns = ("task", "items", "metric", "%", "95 % interval", "exact", "parsed", "equivalent yes / no / unknown")
    return make_table("Symbolic", columns, rows)


def _delegation_table(document: dict[str, Any]) -> Any:
    rows = []
    for scene, parts in document["scenes"].items():
        totals = [("all", document["scene_totals"][scene])] if len(parts) > 1 else []
        for name, part in [(part["benchmark"], part) for part in parts] + totals:
            majority = part["majority"] if name != "all" else None
            failed = {k: n for k, n in part["outcomes"].items() if k not in ("correct", "wrong")}
            rows.append(
                [
                    scene,
                    name,
                    part["items"],
                    part["executed"],
                    part["correct"],
                    _percent(part["accuracy"]),
                    _between(part["interval"]),
                    _percent(part["accuracy_executed"]),
                    f"{_percent(majority['accuracy'])} {majority['answer']}" if majority else "–",
                    ", ".join(f"{outcome} {count}" for outcome, count in failed.items()) or "–",
                ]
            )
    columns = ("scene", "benchmark", "items", "executed", "correct", "%", "95 % interval", "% of executed")
    return make_table("Delegation", (*columns, "majority", "not executed"), rows)


def _say_where(folder: Path, num_items: int, num_tasks: int) -> None:
    log(f"wrote {num_items:,} items of {num_tasks} tasks to {folder}, the numbers to {folder / 'summary.json'}")
    log(f"look at them with: symbol-llm report {folder.parent} --out {folder.parent / 'report'}")
