"""Options that go together: a command takes them in place of what they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from typer.testing import CliRunner

from symbol_llm.options import Json, taking

if TYPE_CHECKING:
    from collections.abc import Sequence as Drawn  # a type that only checkers know

Seed = Annotated[int, typer.Option("--seed", help="Draws.")]


def drawn(count: Annotated[int, typer.Option("--count")], seed: Seed = 0) -> Drawn:
    return [seed] * count


def named(name: str = "none", seed: Seed = 0) -> str:
    return f"{name} {seed}"


def test_an_option_of_several_stands_once_and_goes_to_all() -> None:
    app, seen = typer.Typer(), []

    @app.command()
    @taking(items=drawn, name=named)
    def command(items: Drawn, name: str, seed: Seed = 7, as_json: Json = False) -> None:
        """What it does."""
        seen.append((items, name, seed, as_json))

    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    assert "What it does." in told and told.count("--seed") == told.count("--name") == 1 and "items" not in told
    assert CliRunner().invoke(app, ["--count", "2", "--name", "a", "--json"]).exit_code == 0
    assert CliRunner().invoke(app, ["--count", "1", "--seed", "3"]).exit_code == 0
    assert CliRunner().invoke(app, []).exit_code == 2, "--count is required"
    assert seen == [([7, 7], "a 7", 7, True), ([3], "none 3", 3, False)]
