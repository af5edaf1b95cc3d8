"""ProofWriter: theories to logic programs. Also those whose English no template reads back are asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from collection.distill.base import Demonstration, Question, Task
from collection.sources.base import Example, Rejected, Row
from collection.sources.proofwriter import read_fields


class ProofWriter(Task):
    name = "proofwriter"
    version = "1"
    solver = "logic_program"
    fence = "text"
    system = (
        "You translate a theory in English and a statement into a logic program with four sections: Predicates, Facts, "
        "Rules, Query. A predicate is declared as Name($x, bool) or Name($x, $y, bool). A fact gives constants and "
        "True or False. A rule is `conditions >>> conclusion`, conditions joined by &&, variables beginning with $. "
        "The query is the statement as a fact. After ::: each line repeats the English that it says. Answer with one "
        "fenced block."
    )
    demonstrations = (
        Demonstration(
            "Mia is calm. Calm things are wise. If something is wise and not loud then it is patient.\n"
            "Based on the above information, is the following statement true, false, or unknown? Mia is wise.",
            "Predicates:\nCalm($x, bool) ::: Is x calm?\nWise($x, bool) ::: Is x wise?\nLoud($x, bool) ::: Is x loud?\n"
            "Patient($x, bool) ::: Is x patient?\nFacts:\nCalm(Mia, True) ::: Mia is calm.\nRules:\n"
            "Calm($x, True) >>> Wise($x, True) ::: Calm things are wise.\n"
            "Wise($x, True) && Loud($x, False) >>> Patient($x, True) ::: If something is wise and not loud then it is "
            "patient.\nQuery:\nWise(Mia, True) ::: Mia is wise.",
        ),
    )

    def to_question(self, row: Row, folder: Path) -> Question | None:
        fields = read_fields(row.data)
        if isinstance(fields, Rejected):
            return None
        return self.question_of(
            Example(input=fields.request, completion="", answer=fields.answer, group=fields.group), row
        )

    def agrees(self, answer: Any, question: Question) -> bool | None:
        return answer == question.answer if answer in ("True", "False", "Unknown") else None


PROOFWRITER = ProofWriter()
