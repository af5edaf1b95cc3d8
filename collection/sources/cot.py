"""The chain-of-thought files of the FLAN Collection: a question, its answer, and the reasoning that leads there.

    Is a cod a fish?⇥yes⇥A cod has gills.
    ->  input       Is a cod a fish?
        completion  A cod has gills.⏎The answer is yes.

Nine files ``<task>_train.tsv`` of three columns, no header, no quoting; rows end at ``\\n`` alone, since texts hold
other line separators. All tasks but gsm8k and strategyqa write the line breaks of a text as the two characters
``\\n``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.upstream_files import open_file
from symbol_llm.record import Split

_TASKS = ("aqua", "creak", "ecqa", "esnli", "gsm8k", "qasc", "qed", "sensemaking", "strategyqa")
_PLAIN = ("gsm8k", "strategyqa")  # whose backslashes are backslashes
_PLACES = ("cot_data/", "flan/v2/cot_data/", "")


class Cot(Source):
    task = "cot"
    format = "text"
    family = "General"
    licence = Licence("mixed: each task keeps its own", False)
    upstream = Upstream(
        dataset="cot",
        url="https://github.com/google-research/FLAN",
        revision="v2",
        citation="Longpre et al. 2023. The Flan Collection: Designing Data and Methods for Effective Instruction "
        "Tuning. ICML. arXiv:2301.13688. Files after Chung et al. 2022, arXiv:2210.11416.",
    )
    prompt = Prompt(
        instructions=(
            "Answer the question. Reason first.",
            "Think step by step, then give the answer.",
            "Explain your reasoning and end with the answer.",
            "Answer the following question by reasoning.",
            "Give the reasoning that leads to the answer, then the answer.",
            "Work out the answer and show how.",
            "Reason about the question before you answer it.",
            "Solve this and explain why.",
            "First write down what you know, then conclude.",
            "Find the answer. Say how you got there.",
        ),
        input_label="The question is:",
        cue="The reasoning and the answer are:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of all files that are there, by task. Raises UserError if none is."""
        for path in require(folder, *(f"{place}{task}_train.tsv" for place in _PLACES for task in _TASKS)):
            file = path.relative_to(folder).as_posix()
            with open_file(path) as lines:
                for index, line in enumerate(lines):
                    yield Row(file, index, Split.TRAIN, _columns(line, path.name.removesuffix("_train.tsv")))

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        question, answer, reasoning = row.data
        if not question:
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        if not answer or not reasoning:
            return Rejected(Reason.EMPTY_SYMBOL, f"the {'reasoning' if answer else 'answer'} is empty")
        return Example(input=question, completion=f"{reasoning}\nThe answer is {answer.rstrip('.')}.")


def _columns(line: bytes, task: str) -> list[str] | Rejected:
    """Question, answer and reasoning."""
    try:
        columns = line.decode("utf-8").rstrip("\r\n").split("\t")
    except UnicodeDecodeError as error:
        return Rejected(Reason.MALFORMED_ROW, f"not UTF-8: {error}")
    if len(columns) != 3:
        return Rejected(Reason.MALFORMED_ROW, f"expected 3 columns, found {len(columns)}")
    if task not in _PLAIN:
        columns = [text.replace("\\n", "\n") for text in columns]
    return [text.strip() for text in columns]


COT = Cot()
