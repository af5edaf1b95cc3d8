r"""NL-RX-Turk, NL-RX-Synth and KB13: English descriptions of regular expressions.

    src.txt    lines with the word 'dog' after a vowel
    targ.txt   .*[AEIOUaeiou].*\bdog\b.*

becomes input "lines with …", completion ``.*[AEIOUaeiou].*\bdog\b.*``.

Turk and Synth describe the same expressions in the same order, crowd-sourced and by grammar. Ours is one split
for the three data sets, by the hash of the expression, so that an expression is in one split only; the shares are
upstream's 6,500 / 1,000 / 2,500 of 10,000.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from collection.sources.aligned_lines import read_aligned
from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from symbol_llm.record import Split

_DATASETS = ("NL-RX-Turk", "NL-RX-Synth", "KB13")


class NlRx(Source):
    task = "nl2rx"
    format = "regex"
    family = "Code"
    licence = Licence("MIT", True)
    upstream = Upstream(
        dataset="nl_rx",
        url="https://github.com/nicholaslocascio/deep-regex",
        revision="a48ac3b994e9b9f769abf100db84ba85ca8d4956",
        citation=(
            "Nicholas Locascio, Karthik Narasimhan, Eduardo DeLeon, Nate Kushman and Regina Barzilay. 2016. Neural "
            "Generation of Regular Expressions from Natural Language with Minimal Domain Knowledge. EMNLP. KB13: Nate "
            "Kushman and Regina Barzilay. 2013. Using Semantic Unification to Generate Regular Expressions from "
            "Natural Language. NAACL."
        ),
        sizes={"NL-RX-Turk": 10_000, "NL-RX-Synth": 10_000, "KB13": 824},
    )
    prompt = Prompt(
        instructions=(
            "Write a regular expression for the lines that are described. & is intersection, ~ is complement.",
            "Translate the description into a regular expression, where & means and, and ~ means not.",
            "Give the regular expression that matches exactly these lines; you may use & (and) and ~( ) (not).",
            "Which regular expression, with intersection & and complement ~, describes these lines?",
            "Turn the description of lines into a regular expression with the usual operators, & and ~.",
            "Express the condition on a line as a regular expression. Use & for both and ~ for the opposite.",
            "Find the regular expression for whole lines as described; & intersects and ~ negates.",
            "Convert the sentence to a regular expression in which & is intersection and ~ negation.",
            "State the description formally, as a regular expression extended by & and ~.",
            "Answer with a regular expression, with & and ~ as boolean operators, for the lines described.",
        ),
        input_label="The description is:",
        cue="The corresponding regular expression is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """One row per line pair of each data set that is there."""
        for path in require(folder, *(f"datasets/{name}/targ.txt" for name in _DATASETS)):
            require(path.parent, "src.txt")
            file = path.relative_to(folder).as_posix()
            for index, row in enumerate(read_aligned(path.parent / "src.txt", path)):
                if isinstance(row, Rejected):
                    yield Row(file, index, Split.TRAIN, row)
                else:
                    yield Row(file, index, _draw(row[1]), {"src": row[0], "targ": row[1]})

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        description, expression = row.data["src"].strip(), row.data["targ"]
        if not description:
            return Rejected(Reason.EMPTY_INPUT, "the line of src.txt is empty")
        if not expression.strip():
            return Rejected(Reason.EMPTY_SYMBOL, "the line of targ.txt is empty")
        return Example(input=description, completion=expression)


def _draw(expression: str) -> Split:
    share = int.from_bytes(hashlib.sha256(expression.strip().encode()).digest()[:4]) / 2**32
    return Split.TRAIN if share < 0.65 else Split.VALIDATION if share < 0.75 else Split.TEST


NL2RX = NlRx()
