"""ProntoQA as in Logic-LM: chains of made-up kinds of things, and a statement that is true or false.

    Every wumpus is a dumpus. Dumpuses are not sour. Max is a wumpus. … Max is sour.  →  a logic program  →  "False"

500 items of five steps each; the world is closed, chance is a half, and always "False" gets about that.
"""

from __future__ import annotations

from typing import ClassVar

from collection.sources.base import Example, Rejected, Row
from collection.sources.logic_llm import labelled_option, text_fields
from eval.delegation.base import Demonstration
from eval.delegation.folio import Labels
from eval.delegation.proofwriter import program
from symbol_llm.formats.base import Context

_WORLD = {"assumption": "closed"}
_ASKED = "Is the following statement true or false?"


class ProntoQA(Labels):
    name = task = "prontoqa"
    where = "collection.sources.prontoqa:PRONTOQA"
    solver = "logic_program"
    language = "logic_program"
    files = "data/ProntoQA/dev.json"
    labels = ("True", "False")
    demonstrations: ClassVar = (
        Demonstration(
            f"Each grimpus is a lorpus. Lorpuses are not bitter. Every sterpus is bitter. Eva is a grimpus.\n{_ASKED} "
            "Eva is bitter.",
            program(
                "Grimpus($x, bool) ::: Is x a grimpus?\nLorpus($x, bool) ::: Is x a lorpus?\n"
                "Bitter($x, bool) ::: Is x bitter?\nSterpus($x, bool) ::: Is x a sterpus?",
                "Grimpus(Eva, True) ::: Eva is a grimpus.",
                "Grimpus($x, True) >>> Lorpus($x, True) ::: Each grimpus is a lorpus.\n"
                "Lorpus($x, True) >>> Bitter($x, False) ::: Lorpuses are not bitter.\n"
                "Sterpus($x, True) >>> Bitter($x, True) ::: Every sterpus is bitter.",
                "Bitter(Eva, True) ::: Eva is bitter.",
            ),
            "False",
            world=_WORLD,
        ),
        Demonstration(
            f"Gorpuses are shumpuses. Shumpuses are brimpuses. Every brimpus is floral. Leo is a gorpus.\n{_ASKED} "
            "Leo is floral.",
            program(
                "Gorpus($x, bool) ::: Is x a gorpus?\nShumpus($x, bool) ::: Is x a shumpus?\n"
                "Brimpus($x, bool) ::: Is x a brimpus?\nFloral($x, bool) ::: Is x floral?",
                "Gorpus(Leo, True) ::: Leo is a gorpus.",
                "Gorpus($x, True) >>> Shumpus($x, True) ::: Gorpuses are shumpuses.\n"
                "Shumpus($x, True) >>> Brimpus($x, True) ::: Shumpuses are brimpuses.\n"
                "Brimpus($x, True) >>> Floral($x, True) ::: Every brimpus is floral.",
                "Floral(Leo, True) ::: Leo is floral.",
            ),
            "True",
            world=_WORLD,
        ),
        Demonstration(
            f"Every lempus is warm. Lempuses are tumpuses. Tumpuses are not fast. Ines is a lempus.\n{_ASKED} "
            "Ines is not fast.",
            program(
                "Lempus($x, bool) ::: Is x a lempus?\nWarm($x, bool) ::: Is x warm?\n"
                "Tumpus($x, bool) ::: Is x a tumpus?\nFast($x, bool) ::: Is x fast?",
                "Lempus(Ines, True) ::: Ines is a lempus.",
                "Lempus($x, True) >>> Warm($x, True) ::: Every lempus is warm.\n"
                "Lempus($x, True) >>> Tumpus($x, True) ::: Lempuses are tumpuses.\n"
                "Tumpus($x, True) >>> Fast($x, False) ::: Tumpuses are not fast.",
                "Fast(Ines, False) ::: Ines is not fast.",
            ),
            "True",
            world=_WORLD,
        ),
    )

    def without_symbol(self, row: Row, why: Rejected) -> Example | None:
        fields = text_fields(row.data)
        if isinstance(fields, Rejected):
            return None
        gold = labelled_option(row.data)
        if gold not in self.labels:
            return None
        return Example(
            input=f"{fields.context}\n{fields.question}",
            completion="",
            context=Context(world=_WORLD),
            answer=gold,
            group=row.data["id"],
        )
