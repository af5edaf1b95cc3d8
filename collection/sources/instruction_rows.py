"""General instructions: one request, its answer, and the words that all such datasets share.

    {"instruction": "Name the colour.", "input": "grass", "output": "Green."}
    ->  input "Name the colour.\\ngrass", completion "Green."

The datasets differ in the names of the fields and in the files; a source says which. They are for training: where
upstream has no test split, none is made, since general abilities are measured on other benchmarks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from collection.sources.base import Example, Prompt, Reason, Rejected, Row, Source, require
from collection.sources.row_files import read_row_file
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.record import Split

PROMPT = Prompt(
    instructions=(
        "Follow the instruction.",
        "Do what the instruction says.",
        "Carry out the task below.",
        "Answer the request.",
        "Respond to the instruction as well as you can.",
        "Here is a task. Write a fitting answer.",
        "Read the instruction and answer it.",
        "Complete the following task.",
        "Give a helpful answer to the request.",
        "Write a response that does what is asked.",
    ),
    input_label="The instruction is:",
    cue="The answer is:",
)


class Fields(NamedTuple):
    """What a dataset calls the parts of a row; "" if it has no such part."""

    request: str
    answer: str
    given: str = ""  # what the request is about: a passage, a table, an input
    system: str = ""  # what holds for the whole chat; it comes before the request, as definitions do
    group: str = ""


class InstructionSource(Source):
    """Rows of one request and one answer. ``files`` maps the upstream's file names to their splits."""

    format = "text"
    family = "General"
    prompt = PROMPT
    files: Mapping[str, Split]
    fields: Fields

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of all files that are there. Raises UserError if none is, or one cannot be read."""
        for path in require(folder, *self.files):
            yield from read_row_file(path, folder, self.files[path.relative_to(folder).as_posix()])

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        return to_example(row.data, self.fields)


def to_example(data: object, fields: Fields) -> Example | Rejected:
    """The example of a row. An absent or null field is an empty one."""
    if not isinstance(data, dict):
        return Rejected(Reason.MALFORMED_ROW, f"expected an object, found {type(data).__name__}")
    if fields.request not in data:
        return Rejected(Reason.MALFORMED_ROW, f"there is no {fields.request} in the row")
    found = [data.get(name) if name else "" for name in fields]
    values = ["" if value is None else value for value in found]
    if not all(isinstance(value, str) for value in values):
        return Rejected(Reason.MALFORMED_ROW, f"{', '.join(filter(None, fields))} must be texts")
    request, answer, given, system, group = map(trimmed, values)
    if not request:
        return Rejected(Reason.EMPTY_INPUT, f"the {fields.request} is empty")
    if fields.answer not in data:
        return Rejected(Reason.NO_LABEL, f"upstream gives no {fields.answer} for this row")
    if not answer:
        return Rejected(Reason.EMPTY_SYMBOL, f"the {fields.answer} is empty")
    return Example(
        input=f"{request}\n{given}" if given else request,
        completion=answer,
        context=Context(system) if system else EMPTY,
        group=group,
    )


def trimmed(text: str) -> str:
    """The text without blanks around it; the first of several lines keeps its indentation, which matters in code."""
    bare = text.strip()
    if "\n" not in bare:
        return bare
    start = text.index(bare[0])
    return text[text.rfind("\n", 0, start) + 1 :].rstrip()
