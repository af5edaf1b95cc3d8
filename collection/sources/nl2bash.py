"""NL2Bash: English descriptions of bash one-liners.

    all.nl   List all C files below the current folder
    all.cm   find . -name '*.c'

becomes input "List all C files …", completion "find . -name '*.c'".

Upstream ships no split files. Ours: rows with the same command or the same description (up to white space and
letter case) form a group, groups are drawn by the hash of their least command, about 86 / 7 / 7 in a hundred as
upstream's filtered split (8,090 / 609 / 606). So neither a command nor a description is ever in two splits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from collection.sources.aligned_lines import read_aligned
from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from symbol_llm.record import Split


class Nl2Bash(Source):
    task = "nl2bash"
    format = "bash"
    family = "Code"
    licence = Licence("MIT", True)
    upstream = Upstream(
        dataset="nl2bash",
        url="https://github.com/TellinaTool/nl2bash",
        revision="466c5fe873ab08c7cc0112ea1521cc6ad9c20992",
        citation=(
            "Xi Victoria Lin, Chenglong Wang, Luke Zettlemoyer and Michael D. Ernst. 2018. NL2Bash: A Corpus and "
            "Semantic Parser for Natural Language Interface to the Linux Operating System. LREC."
        ),
        sizes={"all": 12_607},
    )
    prompt = Prompt(
        instructions=(
            "Write a bash command that does what is described.",
            "Translate the description into a bash one-liner.",
            "Give the shell command for the following task.",
            "Which bash command carries out this request?",
            "Turn the sentence into a command for the bash shell.",
            "Solve the task on a Linux system with one line of bash.",
            "Express the request as a bash command.",
            "Find a bash one-liner that fulfils the description.",
            "Convert the English description to bash.",
            "Answer with the bash command that performs the task.",
        ),
        input_label="The description is:",
        cue="The corresponding bash command is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """One row per line pair of ``all.nl`` and ``all.cm``, here or in upstream's ``data/bash/``."""
        place = require(folder, "all.cm", "data/bash/all.cm")[0].parent
        require(place, "all.nl")
        file = (place / "all.cm").relative_to(folder).as_posix()
        rows = list(read_aligned(place / "all.nl", place / "all.cm"))
        splits = iter(_splits([row for row in rows if not isinstance(row, Rejected)]))
        for index, row in enumerate(rows):
            if isinstance(row, Rejected):
                yield Row(file, index, Split.TRAIN, row)
            else:
                yield Row(file, index, next(splits), {"nl": row[0], "cm": row[1]})

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        description, command = row.data["nl"].strip(), row.data["cm"].strip()
        if not description:
            return Rejected(Reason.EMPTY_INPUT, "the line of all.nl is empty")
        if not command:
            return Rejected(Reason.EMPTY_SYMBOL, "the line of all.cm is empty")
        return Example(input=description, completion=command)


def _splits(pairs: Sequence[tuple[str, str]]) -> list[Split]:
    """The split of each (description, command): one for all rows that share a command or a description."""
    commands = [" ".join(command.split()) for _, command in pairs]
    owners: dict[tuple[str, str], int] = {}  # command or description -> first row that has it
    parent = list(range(len(pairs)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for row, (description, _) in enumerate(pairs):
        for key in (("nl", " ".join(description.casefold().split())), ("cm", commands[row])):
            parent[root(row)] = root(owners.setdefault(key, row))
    least: dict[int, str] = {}
    for row, command in enumerate(commands):
        group = root(row)
        least[group] = min(least.get(group, command), command)
    return [_draw(least[root(row)]) for row in range(len(pairs))]


def _draw(key: str) -> Split:
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32
    return Split.TRAIN if share < 0.86 else Split.VALIDATION if share < 0.93 else Split.TEST


NL2BASH = Nl2Bash()
