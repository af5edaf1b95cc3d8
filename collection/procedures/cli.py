"""``symbol-llm procedures``: generate, baselines, convert, check, analogy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from collection.procedures.convert import COMPACT, PAPER, Form
from collection.procedures.splits import Split
from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import CheckFailed, SymbolError, UserError
from symbol_llm.options import Json

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Count = Annotated[int, typer.Option("--count", min=1, help="Plans per split.")]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same plans.")]
Splits = Annotated[list[Split] | None, typer.Option("--split", help="May be repeated; default: all.")]


@app.command("generate")
def generate_command(
    out: Annotated[Path, typer.Option("--out", help="Folder for SPLIT_FORM.jsonl; existing files are replaced.")],
    splits: Splits = None,
    count: Count = 500,
    seed: Seed = 0,
    paper: Annotated[bool, typer.Option("--paper", help="The paper's prompts instead of compact ones.")] = False,
    as_json: Json = False,
) -> None:
    """Write plans in three forms: question, answer, unit, and of compact forms the completion. Line n is one plan."""
    from collection.procedures.baselines import scores
    from collection.procedures.rows import write_split

    out.mkdir(parents=True, exist_ok=True)
    document: dict[str, Any] = {"folder": str(out), "seed": seed, "splits": {}}
    for split in splits or list(Split):
        plans = write_split(out, split, count, seed, PAPER if paper else COMPACT)
        document["splits"][split.value] = {"plans": len(plans), "baselines": scores(plans)}
        log(f"{split}: {len(plans):,} plans")
    _show_baselines("Plans, and what rules that do not search get right", document, as_json=as_json)


@app.command("baselines")
def baselines_command(
    files: Annotated[list[Path] | None, typer.Argument(help="JSONL files of questions; default: the splits.")] = None,
    splits: Splits = None,
    count: Count = 500,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """What rules that do not search get right, on files or on the splits."""
    from collection.procedures.baselines import scores
    from collection.procedures.splits import plans_of

    document: dict[str, Any] = {"splits": {}}
    for path in files or []:
        plans = _plans(path)
        document["splits"][path.name] = {"plans": len(plans), "baselines": scores(plans)}
    for split in [] if files else (splits or list(Split)):
        plans = list(plans_of(split, count, seed))
        document["splits"][split.value] = {"plans": len(plans), "baselines": scores(plans)}
    _show_baselines("What rules that do not search get right", document, as_json=as_json)


def _show_baselines(title: str, document: dict[str, Any], *, as_json: bool) -> None:
    from collection.procedures.baselines import RULES

    rows = [
        [name, entry["plans"], *(f"{100 * share:.1f}%" for share in entry["baselines"].values())]
        for name, entry in document["splits"].items()
    ]
    emit(document, make_table(title, ("split", "plans", *RULES), rows), as_json=as_json)


@app.command("convert")
def convert_command(
    file: Annotated[Path, typer.Argument(help="A prompt (-: standard input), or JSONL with questions.")],
    to: Annotated[Form, typer.Option("--to", help="The form to write.")],
    source: Annotated[Form | None, typer.Option("--from", help="The form of the file; default: found out.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Write a plan in another form. A prompt gives a prompt; JSONL gives JSONL of question, answer and unit."""
    from random import Random

    import orjson

    from collection.procedures.convert import read, write

    if file.suffix == ".jsonl":
        for number, plan in enumerate(_plans(file, source)):
            written = write(plan, to, Random(f"convert/{seed}/{number}"))
            print(orjson.dumps(written._asdict()).decode())
        return
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read ({error})") from error
    written = write(read(text.strip("\n"), source), to, Random(f"convert/{seed}/0"))
    if as_json:
        emit(written._asdict(), None, as_json=True)
    else:
        print(written.question)


@app.command("check")
def check_command(
    folder: Annotated[
        Path,
        typer.Argument(
            help="RAW/asynchow, or a folder with the paper's files: asynchow_…, math_long_…, physics_long_…"
        ),
    ],
    as_json: Json = False,
) -> None:
    """Read every row of the paper's files back, work its answer out anew, and compare the forms.

    Of maths and physics the problem and the program are read, and the answers of both forms compared.

    Exit code 1 if a row cannot be read. Wrong labels of upstream are listed, and are no failure.
    """
    from collection.procedures.maths_physics import check_pairs
    from collection.procedures.released_files import Fault, check

    pairs = check_pairs(folder)
    found = [*check(folder, may_be_none=bool(pairs)), *pairs]
    rows = [
        [item.file, item.rows, len(item.plans), *(sum(f.fault is fault for f in item.findings) for fault in Fault)]
        for item in found
    ]
    findings = [finding for item in found for finding in item.findings]
    document = {
        "files": [{"file": item.file, "rows": item.rows, "read": len(item.plans)} for item in found],
        "findings": [finding._asdict() for finding in findings],
    }
    columns = ("file", "rows", "read", *(fault.value.replace("_", " ") for fault in Fault))
    emit(document, make_table("Released rows", columns, rows), as_json=as_json)
    if not as_json:
        for finding in findings:
            print(f"{finding.file}, row {finding.row}: {finding.fault}: {finding.detail}")
    if unread := sum(item.rows - len(item.plans) for item in found):
        raise CheckFailed(f"{unread} rows could not be read")


@app.command("analogy")
def analogy_command(
    test: Annotated[Path, typer.Argument(help="JSONL of test questions.")],
    train: Annotated[Path, typer.Argument(help="JSONL of training questions.")],
    correct: Annotated[Path, typer.Option("--correct", help="A 0 or a 1 for each test question, one per line.")],
    threshold: Annotated[float, typer.Option("--threshold", help="Frequency counts what is nearer.")] = 0.6,
    as_json: Json = False,
) -> None:
    """Whether test plans that are like training plans are solved more often, size held fixed."""
    from collection.procedures.analogy import report

    try:
        lines = correct.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{correct}: cannot be read ({error})") from error
    if set(lines) - {"0", "1"}:
        raise UserError(f"{correct}: every line must be 0 or 1")
    found = report(_plans(test), _plans(train), [line == "1" for line in lines], threshold)
    shown = [
        [name, _number(c.r), _number(c.partial), f"{_number(c.low)} to {_number(c.high)}", _number(with_size)]
        for name, c, with_size in (
            ("nearest", found.nearest, found.nearest_with_size),
            ("frequency", found.frequency, found.frequency_with_size),
        )
    ]
    columns = ("predictor", "r", "r, size fixed", "95%", "r with size")
    title = f"Analogy and correctness: {found.plans} plans, {found.accuracy:.1%} correct"
    emit(found.to_json(), make_table(title, columns, shown), as_json=as_json)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _plans(path: Path, form: Form | None = None) -> list[Any]:
    """The plans of a JSONL file. Raises UserError with the line that is none."""
    from collection.procedures.convert import read
    from collection.procedures.released_files import rows_of

    plans = []
    for number, row in rows_of(path):
        if not isinstance(row, dict) or not isinstance(row.get("question"), str):
            raise UserError(f"{path}, line {number + 1}: not a JSON object with a question")
        try:
            plans.append(read(row["question"], form))
        except SymbolError as error:
            raise UserError(f"{path}, line {number + 1}: {error}") from error
    return plans
