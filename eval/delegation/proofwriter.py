"""ProofWriter as in Logic-LM: facts and rules in templated English; what do they say about a statement?

    Ann is cold. Cold things are rough. … Ann is rough.  →  facts, rules, a query  →  "True"

Depth 5, open world: what is established neither way is "Unknown". 600 items, each label about a third. Every row is an
item, also where the source cannot derive a program from the English; such rows have no gold symbol.
"""

from __future__ import annotations

from typing import ClassVar

from collection.sources.base import Example, Rejected, Row
from collection.sources.logic_llm import labelled_option, text_fields
from eval.delegation.base import Demonstration
from eval.delegation.folio import Labels


def program(declarations: str, facts: str, rules: str, query: str) -> str:
    """A logic program from the lines of its sections."""
    return f"Predicates:\n{declarations}\nFacts:\n{facts}\nRules:\n{rules}\nQuery:\n{query}"


_ASKED = "Based on the above information, is the following statement true, false, or unknown?"


class ProofWriter(Labels):
    name = "proofwriter"
    task = "proofwriter"
    solver = "logic_program"
    language = "logic_program"
    files = "data/ProofWriter/test.json"
    labels = ("True", "False", "Unknown")
    demonstrations: ClassVar = (
        Demonstration(
            f"Ida is calm. Calm people are wise. If someone is wise then they are not loud.\n{_ASKED} Ida is loud.",
            program(
                "Calm($x, bool) ::: Is x calm?\nWise($x, bool) ::: Is x wise?\nLoud($x, bool) ::: Is x loud?",
                "Calm(Ida, True) ::: Ida is calm.",
                "Calm($x, True) >>> Wise($x, True) ::: Calm people are wise.\n"
                "Wise($x, True) >>> Loud($x, False) ::: If someone is wise then they are not loud.",
                "Loud(Ida, True) ::: Ida is loud.",
            ),
            "False",
        ),
        Demonstration(
            "The fox sees the hen. The hen is slow. If someone sees the hen and the hen is slow then they chase the "
            f"hen.\n{_ASKED} The fox chases the hen.",
            program(
                "Sees($x, $y, bool) ::: Does x see y?\nSlow($x, bool) ::: Is x slow?\n"
                "Chases($x, $y, bool) ::: Does x chase y?",
                "Sees(Fox, Hen, True) ::: The fox sees the hen.\nSlow(Hen, True) ::: The hen is slow.",
                "Sees($x, Hen, True) && Slow(Hen, True) >>> Chases($x, Hen, True) ::: If someone sees the hen and the "
                "hen is slow then they chase the hen.",
                "Chases(Fox, Hen, True) ::: The fox chases the hen.",
            ),
            "True",
        ),
        Demonstration(
            f"Karl is tall. Kind people are tall. If Karl is kind then Karl is old.\n{_ASKED} Karl is old.",
            program(
                "Tall($x, bool) ::: Is x tall?\nKind($x, bool) ::: Is x kind?\nOld($x, bool) ::: Is x old?",
                "Tall(Karl, True) ::: Karl is tall.",
                "Kind($x, True) >>> Tall($x, True) ::: Kind people are tall.\n"
                "Kind(Karl, True) >>> Old(Karl, True) ::: If Karl is kind then Karl is old.",
                "Old(Karl, True) ::: Karl is old.",
            ),
            "Unknown",
        ),
    )

    def without_symbol(self, row: Row, why: Rejected) -> Example | None:
        fields, gold = text_fields(row.data), None
        if not isinstance(fields, Rejected):
            gold = labelled_option(row.data)
        if isinstance(fields, Rejected) or gold not in self.labels:
            return None
        group = row.data["id"].rpartition("_")[0]
        return Example(input=f"{fields.context}\n{fields.question}", completion="", answer=gold, group=group)
