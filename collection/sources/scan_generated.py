"""The whole SCAN language from its grammar: 20,910 commands, no files needed.

    {"command": "jump twice and walk left"}   →   "I_JUMP I_JUMP I_TURN_LEFT I_WALK"

The split is a fixed shuffle, the same for every seed, so that a test command never becomes a training command.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from collection.sources.base import Example, GeneratedSource, Prompt, Row
from collection.sources.scan import DEFINITIONS
from symbol_llm.formats.base import Context
from symbol_llm.formats.scan_grammar import all_commands, interpret
from symbol_llm.record import Split


class ScanGenerated(GeneratedSource):
    task = "scan_generated"
    format = "scan"
    family = "Command"
    stands_in_for = "scan"
    sizes: Mapping[Split, int] = {Split.TRAIN: 16_528, Split.VALIDATION: 200, Split.TEST: 4_182}
    prompt = Prompt(
        instructions=(
            "Translate the command into actions.",
            "Write the actions of the command.",
            "Turn the command into actions.",
            "Which actions does the command mean?",
            "List the actions of the command.",
            "Give the actions for this command.",
            "Convert the command to actions.",
            "Rewrite the command with these actions.",
        ),
        input_label="The command is:",
        cue="The actions are:",
    )

    def generate(self, split: Split, index: int, rng: Random) -> Any:
        """The command at a place of the split; the draw is the shuffle's alone."""
        start = {Split.TRAIN: 0, Split.VALIDATION: 16_528, Split.TEST: 16_728}[split]
        return {"command": _shuffled()[start + index]}

    def to_example(self, row: Row, folder: Path) -> Example:
        command = row.data["command"]
        actions = " ".join(interpret(command))
        return Example(input=command, completion=actions, context=Context(DEFINITIONS, {"command": command}))


@cache
def _shuffled() -> list[str]:
    commands = list(all_commands())
    Random("scan_generated").shuffle(commands)
    return commands


SCAN_GENERATED = ScanGenerated()
