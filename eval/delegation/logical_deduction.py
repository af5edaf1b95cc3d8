"""LogicalDeduction as in Logic-LM: objects in a fixed order, clues, and options of which one is true.

    On a shelf, there are three books: … The red book is the leftmost. …  →  a constraint problem  →  "A"

300 items of three, five and seven objects. Every row is an item, also where the source's grammar cannot read the
puzzle; such rows have no gold symbol.
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

from collection.sources.base import Example, Rejected, Row
from collection.sources.logic_llm import lettered_options, text_fields
from eval.delegation.base import Demonstration
from eval.delegation.folio import Labels


def _puzzle(
    text: str, options: str, ends: tuple[str, str], names: str, clues: str, query: str, answer: str
) -> Demonstration:
    objects = names.split()
    places = list(range(1, len(objects) + 1))
    lines = [
        "Domain:", f"1: {ends[0]}", f"{len(objects)}: {ends[1]}",
        "Variables:", *(f"{name} [IN] {places}" for name in objects),
        "Constraints:", *clues.split("\n"),
        f"AllDifferentConstraint([{', '.join(objects)}]) ::: every object has a place of its own",
        "Query:", *query.split("\n"),
    ]  # fmt: skip
    return Demonstration(f"{text}\nWhich of the following is true?\n{options}", "\n".join(lines), answer)


class LogicalDeduction(Labels):
    name = task = "logical_deduction"
    where = "collection.sources.logical_deduction:LOGICAL_DEDUCTION"
    solver = "csp"
    language = "logic_program"
    files = "data/LogicalDeduction/dev.json"
    labels = tuple("ABCDEFG")
    demonstrations: ClassVar = (
        _puzzle(
            "On a wall, there are three clocks: a round clock, a square clock, and an oval clock. "
            "The oval clock is to the left of the round clock. The square clock is the rightmost.",
            "A) The round clock is the leftmost.\nB) The square clock is the leftmost.\n"
            "C) The oval clock is the leftmost.",
            ("leftmost", "rightmost"),
            "round_clock square_clock oval_clock",
            "oval_clock < round_clock ::: The oval clock is to the left of the round clock.\n"
            "square_clock == 3 ::: The square clock is the rightmost.",
            "A) round_clock == 1 ::: The round clock is the leftmost.\n"
            "B) square_clock == 1 ::: The square clock is the leftmost.\n"
            "C) oval_clock == 1 ::: The oval clock is the leftmost.",
            "C",
        ),
        _puzzle(
            "In a harbour, there are three boats: a ferry, a tug, and a yacht. The yacht is older than the tug. "
            "The ferry is the oldest.",
            "A) The ferry is the newest.\nB) The tug is the newest.\nC) The yacht is the newest.",
            ("oldest", "newest"),
            "ferry tug yacht",
            "yacht < tug ::: The yacht is older than the tug.\nferry == 1 ::: The ferry is the oldest.",
            "A) ferry == 3 ::: The ferry is the newest.\nB) tug == 3 ::: The tug is the newest.\n"
            "C) yacht == 3 ::: The yacht is the newest.",
            "B",
        ),
        _puzzle(
            "In a regatta, there were four teams: Alba, Boreas, Corvo, and Delfin. Corvo finished above Alba. "
            "Delfin finished second. Boreas finished below Alba.",
            "A) Alba finished last.\nB) Boreas finished last.\nC) Corvo finished last.\nD) Delfin finished last.",
            ("first", "last"),
            "alba boreas corvo delfin",
            "corvo < alba ::: Corvo finished above Alba.\ndelfin == 2 ::: Delfin finished second.\n"
            "boreas > alba ::: Boreas finished below Alba.",
            "A) alba == 4 ::: Alba finished last.\nB) boreas == 4 ::: Boreas finished last.\n"
            "C) corvo == 4 ::: Corvo finished last.\nD) delfin == 4 ::: Delfin finished last.",
            "B",
        ),
    )

    def without_symbol(self, row: Row, why: Rejected) -> Example | None:
        fields = text_fields(row.data)
        options = lettered_options(row.data) if not isinstance(fields, Rejected) else fields
        if isinstance(fields, Rejected) or isinstance(options, Rejected) or row.data["answer"] not in options:
            return None
        puzzle = " ".join(row.data["context"].rpartition("\n\n")[2].split())
        told = (f"{letter}) {text}" for letter, text in options.items())
        group = f"puzzle-{hashlib.sha256(puzzle.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
        return Example(
            input="\n".join((puzzle, fields.question, *told)), completion="", answer=row.data["answer"], group=group
        )
