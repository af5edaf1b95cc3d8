"""``symbol-llm eval``: score a model on symbolic tasks and delegated benchmarks.

```
symbol-llm eval delegate --model runs/demo/infusion/model --tasks theories,letters --limit 50 --out runs/demo/eval
symbol-llm eval symbolic --backend gold --data runs/demo/collection --out /tmp/gold
symbol-llm eval compare runs/a runs/b
```
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from eval.backends.options import Seed, writes
from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.lazy_group import LazyGroup
from symbol_llm.options import Json, Raw

if TYPE_CHECKING:
    from eval.backends import Backend
    from eval.delegation.base import Benchmark


class Commands(LazyGroup):
    table: ClassVar = {
        "compare": ("eval.compare_cli:app", "Which differences between two runs are real."),
        "general": ("eval.general_cli:app", "MMLU and BBH: what is left of general ability."),
        "rejection": ("eval.rejection_cli:app", "Right answers of a model to training prompts, for training."),
    }


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Out = Annotated[Path, typer.Option("--out", help="Folder of the run; a run begun there goes on.")]
Tasks = Annotated[str, typer.Option("--tasks", help="Comma-separated; default: all that can be run.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Items per task, drawn by the seed; default all.")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Solvers or scorers side by side.")]
Rescore = Annotated[bool, typer.Option("--rescore", help="Score the stored outputs again; generate only what lacks.")]
Collection = Annotated[
    Path | None,
    typer.Option("--collection", help="Collection the model was trained on: flag items that its records ask, too."),
]


@app.command("symbolic")
@writes
def symbolic_command(
    backend: Backend,
    data: Annotated[Path, typer.Option("--data", help="A built collection: its test records are the items.")],
    out: Out,
    raw: Raw = None,
    tasks: Tasks = "",
    limit: Limit = None,
    seed: Seed = 0,
    workers: Workers = 2,
    rescore: Rescore = False,
    collection: Collection = None,
    as_json: Json = False,
) -> None:
    """Score symbols against gold symbols: the paper's metric, and equivalence by proof or execution."""
    from eval.result_tables import samples_table, say_faults, symbolic_table
    from eval.symbolic import run_symbolic

    document = run_symbolic(
        data,
        backend,
        out,
        names=_names(tasks),
        raw=_raw(raw),
        limit=limit,
        seed=seed,
        workers=workers,
        is_rescoring=rescore,
        collection=collection,
    )
    parts = document["tasks"]
    emit(document, symbolic_table(document), as_json=as_json)
    if not as_json and (table := samples_table("symbolic", parts)):
        emit(document, table, as_json=False)
    num_unanswered = say_faults(document, parts)
    _say_where(out / "symbolic", sum(task["items"] for task in parts.values()), len(parts), num_unanswered)


@app.command("delegate")
@writes
def delegate_command(
    backend: Backend,
    out: Out,
    raw: Raw = None,
    tasks: Tasks = "",
    shots: Annotated[int, typer.Option("--shots", min=0, help="Worked examples in each prompt.")] = 0,
    limit: Limit = None,
    seed: Seed = 0,
    workers: Workers = 2,
    rescore: Rescore = False,
    collection: Collection = None,
    as_json: Json = False,
) -> None:
    """Let solvers execute what the model writes, and compare answers: six scenes."""
    import eval.delegation
    from eval.delegate import run_delegation
    from eval.result_tables import delegation_table, samples_table, say_faults

    folder = _raw(raw)
    chosen = [eval.delegation.get(name) for name in _names(tasks)] or _runnable(folder, backend)
    document = run_delegation(
        [benchmark.with_shots(shots) for benchmark in chosen],
        backend,
        out,
        raw=folder,
        limit=limit,
        seed=seed,
        workers=workers,
        is_rescoring=rescore,
        collection=collection,
    )
    parts = {part["benchmark"]: part for scene in document["scenes"].values() for part in scene}
    emit(document, delegation_table(document), as_json=as_json)
    if not as_json and (table := samples_table("delegate", parts)):
        emit(document, table, as_json=False)
    for name, part in parts.items():
        if faults := part["outcomes"].get("sandbox_error"):
            log(f"warning: {name}: the sandbox failed on {faults} items, which is no fault of the model.")
            log("         They are left out of the accuracy; the same command tries them again")
    num_unanswered = say_faults(document, parts)
    _say_where(out / "delegate", sum(part["items"] for part in parts.values()), len(parts), num_unanswered)


@app.command("list")
def list_command(
    data: Annotated[Path | None, typer.Option("--data", help="Also list the test tasks of this collection.")] = None,
    raw: Raw = None,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The scenes as the README shows them.")] = False,
) -> None:
    """The delegation benchmarks by scene, and the symbolic tasks of a collection."""
    import eval.delegation

    if markdown:
        from eval.delegation.scene_table import as_markdown

        print(as_markdown())
        return
    folder = _raw(raw)
    benchmarks: list[dict[str, Any]] = []
    for name in eval.delegation.BENCHMARKS:
        benchmark = eval.delegation.get(name)
        benchmarks.append(
            {
                "benchmark": name,
                "scene": benchmark.scene,
                "task": benchmark.task,
                "solver": benchmark.solver,
                "files": f"RAW/{benchmark.dataset}" if benchmark.dataset else "none: generated",
                "can_run": benchmark.has_files(folder),
            }
        )
    document: dict[str, Any] = {"benchmarks": benchmarks}
    columns = list(benchmarks[0])
    if not as_json:
        cells = [["yes" if v is True else "no" if v is False else v for v in row.values()] for row in benchmarks]
        emit(document, make_table("Benchmarks", columns, cells), as_json=False)
    if data is not None:
        from eval.symbolic_tasks import load_tasks

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


def _raw(raw: Path | None) -> Path | None:
    from collection.cli import raw_folder

    return raw_folder(raw)


def _names(tasks: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in tasks.split(",") if name.strip()))


def _runnable(raw: Path | None, backend: Backend) -> list[Benchmark]:
    """The benchmarks that can run, said aloud where some cannot: no files, or no gold symbols for the gold backend."""
    import eval.delegation

    benchmarks = [eval.delegation.get(name) for name in eval.delegation.BENCHMARKS]
    found = [benchmark for benchmark in benchmarks if benchmark.has_files(raw)]
    if len(found) < len(benchmarks):
        absent = ", ".join(benchmark.name for benchmark in benchmarks if benchmark not in found)
        log(f"left out, their raw files are not here: {absent} (place them under --raw)")
    chosen = [benchmark for benchmark in found if backend.name != "gold" or not benchmark.no_gold]
    if len(chosen) < len(found):
        log(f"left out, they have no gold symbols: {', '.join(b.name for b in found if b not in chosen)}")
    if not chosen:
        raise UserError("no benchmark can run without raw files. Pass the folder that holds the datasets with --raw")
    return chosen


def _say_where(folder: Path, num_items: int, num_tasks: int, num_unanswered: int) -> None:
    log(f"wrote {num_items:,} items of {num_tasks} tasks to {folder}, the numbers to {folder / 'summary.json'}")
    log(f"look at them with: symbol-llm report {folder.parent} --out {folder.parent / 'report'}")
    if num_unanswered:
        raise CheckFailed(
            f"{num_unanswered:,} outputs are missing: the server gave no answer. They are in no number above; "
            "the same command asks for them again"
        )
