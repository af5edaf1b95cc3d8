"""``symbol-llm``: a table of command groups, each imported only when it is called."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer

from symbol_llm.errors import SymbolLLMError
from symbol_llm.lazy_group import LazyGroup

# command -> (module:typer app, help)
COMMANDS: dict[str, tuple[str, str]] = {
    "collect": ("collection.cli:app", "Build, verify and show the Symbolic Collection."),
    "format": ("symbol_llm.formats.cli:app", "Check, compare and score symbols."),
    "solve": ("symbol_llm.solvers.cli:app", "Execute symbols with their solvers."),
    "evolve": ("symbol_evol.cli:app", "Rename symbol definitions and prove that the meaning stays."),
    "procedures": ("collection.procedures.cli:app", "Generate, convert and check plans in language, graphs and code."),
    "distill": ("collection.distill.cli:app", "Have a model write symbols, and keep those that a solver verifies."),
    "eval": ("eval.cli:app", "Score a model on symbolic tasks and delegated benchmarks."),
    "analyse": ("eval.analysis.cli:app", "What training did: alignment of hidden states, and where gains come from."),
    "report": ("eval.report_cli:app", "Make the report page of a run."),
    "export-model": ("symbol_llm.training.export_cli:app", "Make a plain model folder from a training checkpoint."),
    "demo": ("recipes.demo.cli:app", "Run the whole line at tiny scale."),
}


class Commands(LazyGroup):
    table = COMMANDS


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def root(
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    """Teach language models symbolic languages, and let solvers do the reasoning."""
    if debug:
        os.environ["SYMBOL_LLM_DEBUG"] = "1"


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 a check did not hold, 2 the user's input or set-up is wrong."""
    run(app)


def run(command: Any) -> None:
    """Run a typer app; an error for people is printed as one, without a traceback unless asked for."""
    try:
        command()
    except SymbolLLMError as error:
        if os.environ.get("SYMBOL_LLM_DEBUG"):
            raise
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it was", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader of our output has left (``| head``): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
