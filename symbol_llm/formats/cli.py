"""``symbol-llm format``: the languages from the shell.

echo 'SELECT name FROM singer' | symbol-llm format check sql --definitions schema.sql
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from symbol_llm.console import emit, make_table
from symbol_llm.errors import CheckFailed, EngineMissing, SymbolError, UserError
from symbol_llm.formats import FORMATS, Context, get
from symbol_llm.lazy_group import LazyGroup
from symbol_llm.options import Json

# Commands that also need the datasets. Imports run one way, so they are known by name alone.
COMMANDS = {"audit": ("collection.audit_cli:app", "Run every gold symbol of the datasets through its format.")}


class Commands(LazyGroup):
    table = COMMANDS


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Language = Annotated[str, typer.Argument(help="Format name; see: symbol-llm format list")]
Lines = Annotated[bool, typer.Option("--lines", help="One symbol a line, not one symbol in all.")]
Definitions = Annotated[Path | None, typer.Option(help="Text of the definitions: schema, domain, operations.")]
World = Annotated[Path | None, typer.Option(help="JSON file with what only the engine sees: database, scene, domain.")]


def _context(definitions: Path | None, world: Path | None) -> Context:
    return Context(
        _text(definitions) if definitions else "",
        orjson.loads(_text(world)) if world else {},
        (world or definitions or Path()).parent,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {error}") from error


def _symbols(lines: bool) -> list[str]:
    text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    return [line for line in text.split("\n") if line] if lines else [text.removesuffix("\n")]


@app.command("list")
def list_formats(as_json: Json = False) -> None:
    """All formats with grammar, engine and version, metric, and whether Symbol-Evol can rename them."""
    rows: list[dict[str, Any]] = []
    for name in FORMATS:
        language = get(name)
        try:
            engine, is_installed = language.engine, True
        except EngineMissing as error:
            engine, is_installed = str(error), False
        rows.append(
            {
                "format": name,
                "grammar": language.grammar,
                "engine": engine,
                "installed": is_installed,
                "metric": language.metric,
                "evolvable": language.is_evolvable,
            }
        )
    emit(rows, make_table("Formats", rows[0], [row.values() for row in rows]), as_json=as_json)


@app.command("check")
def check(
    name: Language, lines: Lines = False, definitions: Definitions = None, world: World = None, as_json: Json = False
) -> None:
    """Parse symbols from standard input and ask the real engine. Exit code 1 if one is refused."""
    language, context = get(name), _context(definitions, world)
    results: list[dict[str, Any]] = []
    for symbol in _symbols(lines):
        try:
            language.parse(symbol)
            verdict = language.accepts(symbol, context)
            results.append({"parses": True, "accepted": verdict.holds, "engine": verdict.engine, "why": verdict.reason})
        except SymbolError as error:
            place = {"position": error.position, "line": error.line, "column": error.column}
            results.append({"parses": False, "accepted": False, "engine": "", "why": str(error), **place})
    if as_json:
        emit(results, None, as_json=True)
    else:
        for result in results:
            state = {True: "accepted", False: "refused", None: "parses"}[result["accepted"]]
            print(f"{state}  {result['engine']}  {result['why']}".rstrip())
    refused = sum(result["accepted"] is False for result in results)
    if refused:
        raise CheckFailed(f"{refused} of {len(results)} symbols are not valid {name}")


@app.command("canonical")
def canonical(
    name: Language, lines: Lines = False, definitions: Definitions = None, world: World = None, as_json: Json = False
) -> None:
    """Print the canonical form of symbols from standard input."""
    language, context = get(name), _context(definitions, world)
    forms = [language.canonical(symbol, context) for symbol in _symbols(lines)]
    if as_json:
        emit(forms, None, as_json=True)
    else:
        print("\n".join(forms))


@app.command("equal")
def equal(
    name: Language,
    a: Annotated[str, typer.Argument(help="A symbol, or @FILE.")],
    b: Annotated[str, typer.Argument(help="A symbol, or @FILE.")],
    definitions: Definitions = None,
    world: World = None,
    as_json: Json = False,
) -> None:
    """Whether two symbols mean the same: yes, no or unknown, and by what proof. Exit code 1 unless yes."""
    verdict = get(name).equivalent(_argument(a), _argument(b), _context(definitions, world))
    word = {True: "yes", False: "no", None: "unknown"}[verdict.holds]
    if as_json:
        emit({"equivalent": verdict.holds, "engine": verdict.engine, "why": verdict.reason}, None, as_json=True)
    else:
        print(f"{word}: {verdict.reason} ({verdict.engine})")
    raise typer.Exit(0 if verdict else 1)


@app.command("score")
def score(
    name: Language,
    prediction: Annotated[str, typer.Argument(help="A symbol, or @FILE.")],
    reference: Annotated[str, typer.Argument(help="A symbol, or @FILE.")],
    definitions: Definitions = None,
    world: World = None,
    as_json: Json = False,
) -> None:
    """The field's metric of a prediction against a reference, and whether they mean the same."""
    result = get(name).score(_argument(prediction), _argument(reference), _context(definitions, world))
    document = {
        "metric": result.metric,
        "value": result.value,
        "exact": result.is_exact,
        "parsed": result.is_parsed,
        "equivalent": result.is_equivalent,
    }
    emit(document, make_table(name, document, [document.values()]), as_json=as_json)


def _argument(text: str) -> str:
    return _text(Path(text[1:])).removesuffix("\n") if text.startswith("@") else text
