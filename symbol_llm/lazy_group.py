"""Command groups that know their commands by name, and import one only when it runs.

    class Commands(LazyGroup):
        table = {"collect": ("collection.cli:app", "Build, verify and show the Symbolic Collection.")}

So a listing costs no imports, and a group of ``symbol_llm`` may hold a command that lives in a package built on it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup


class LazyGroup(TyperGroup):
    """Lists all commands and imports only the one that runs. Commands added in the usual way come first."""

    # command -> (module:typer app, help)
    table: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *self.table]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command; one of the table as no more than its name and help, which is what a listing needs."""
        if cmd_name not in self.table:
            return super().get_command(ctx, cmd_name)
        text = self.table[cmd_name][1]
        return TyperCommand(cmd_name, help=text, short_help=text)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that runs, imported."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in self.table:
            where, text = self.table[name]
            module, attribute = where.split(":")
            command = typer.main.get_command(getattr(importlib.import_module(module), attribute))
            command.name, command.help = name, command.help or text
        return name, command, rest
