"""SCAN: commands of a small navigation language and the actions they denote.

    IN: jump twice after turn left OUT: I_TURN_LEFT I_JUMP I_JUMP

becomes input "jump twice after turn left", completion "I_TURN_LEFT I_JUMP I_JUMP", definitions of the six actions.

The task ``scan`` is the simple split. A test command of one split is a training command of another, so the others
are tasks of their own (``SCAN_LENGTH``, ``SCAN_ADDPRIM_JUMP``, ``SCAN_ADDPRIM_TURN_LEFT``) that are not in the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.upstream_files import open_file
from symbol_llm.formats.base import Context
from symbol_llm.formats.scan_grammar import ACTIONS
from symbol_llm.record import Split

DEFINITIONS = "\n".join(f"{token}: {meaning}" for meaning, token in ACTIONS.items())


class ScanSplit(Source):
    """One train-test split of SCAN: ``<folder>/tasks_{train,test}_<suffix>.txt``."""

    format = "scan"
    family = "Command"
    licence = Licence("BSD-3-Clause", True)
    prompt = Prompt(
        instructions=(
            "Translate the navigation command into the sequence of actions that carries it out.",
            "Write down, in order, the actions that the command asks for.",
            "Turn the following command into a sequence of action symbols.",
            "A robot understands only the actions below. Rewrite the command with them.",
            "Work out which actions the command stands for and list them in order.",
            "Give the action sequence for the command, using only the actions that are defined.",
            "Convert the instruction into actions, separated by single spaces.",
            "Interpret the command and output the actions one after another.",
            "Map the command to the actions that an agent has to perform.",
            "Spell out the command as a series of the actions listed here.",
        ),
        definitions_label="The actions and what they mean:",
        input_label="The command is:",
        cue="The corresponding actions are:",
    )

    def __init__(
        self, task: str, folder: str, suffix: str, sizes: Mapping[str, int], *, keeps_duplicates: bool = False
    ) -> None:
        self.task = task
        self.keeps_duplicates = keeps_duplicates
        self.files = {split: f"{folder}/tasks_{split}_{suffix}.txt" for split in (Split.TRAIN, Split.TEST)}
        self.upstream = Upstream(
            dataset="scan",
            url="https://github.com/brendenlake/SCAN",
            revision="c4b756cbc010d75c912f16c42c8f15dc6b7e6c8f",
            citation=(
                "Brenden Lake and Marco Baroni. 2018. Generalization without Systematicity: On the Compositional "
                "Skills of Sequence-to-Sequence Recurrent Networks. ICML."
            ),
            sizes=sizes,
        )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """One row per line. Upstream has no validation split."""
        require(folder, *self.files.values())
        for split, file in self.files.items():
            if not (folder / file).exists():
                continue
            with open_file(folder / file) as lines:
                for index, line in enumerate(lines):
                    if line.strip():
                        yield Row(file, index, split, _read_line(line))

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        line: str = row.data["line"]
        command, found, actions = line.partition("OUT:")
        if not found or not command.startswith("IN:"):
            return Rejected(Reason.MALFORMED_ROW, "the line is not 'IN: <command> OUT: <actions>'")
        command, actions = command.removeprefix("IN:").strip(), actions.strip()
        if not command:
            return Rejected(Reason.EMPTY_INPUT, "no command between IN: and OUT:")
        if not actions:
            return Rejected(Reason.EMPTY_SYMBOL, "no actions after OUT:")
        return Example(input=command, completion=actions, context=Context(DEFINITIONS, {"command": command}))


def _read_line(line: bytes) -> dict[str, str] | Rejected:
    try:
        return {"line": line.decode("utf-8").strip()}
    except UnicodeDecodeError as error:
        return Rejected(Reason.MALFORMED_ROW, f"the line is not UTF-8: {error.reason} at byte {error.start}")


SCAN = ScanSplit("scan", "simple_split", "simple", {"train": 16_728, "test": 4_182})
SCAN_LENGTH = ScanSplit("scan_length", "length_split", "length", {"train": 16_990, "test": 3_920})
# Upstream repeats the bare command so that it makes up a tenth of the training rows: repetition is meant here.
SCAN_ADDPRIM_JUMP = ScanSplit(
    "scan_addprim_jump", "add_prim_split", "addprim_jump", {"train": 14_670, "test": 7_706}, keeps_duplicates=True
)
SCAN_ADDPRIM_TURN_LEFT = ScanSplit(
    "scan_addprim_turn_left",
    "add_prim_split",
    "addprim_turn_left",
    {"train": 21_890, "test": 1_208},
    keeps_duplicates=True,
)
