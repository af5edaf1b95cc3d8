"""ProofWriter as in Logic-LM: theories in templated English, and a statement that is true, false or unknown.

    {"id": "ProofWriter_AttNoneg-OWA-D5-7_Q1", "context": "Ann is cold. Cold things are rough.",
     "question": "Based on the above information, is the following statement true, false, or unknown? Ann is rough.",
     "options": ["A) True", "B) False", "C) Unknown"], "answer": "A"}
    →   input       Ann is cold. Cold things are rough.⏎Based on … unknown? Ann is rough.
        completion  Predicates:⏎Cold($x, bool) ::: Is x cold?⏎…⏎Facts:⏎Cold(Ann, True) ::: Ann is cold.⏎Rules:⏎
                    Cold($x, True) >>> Rough($x, True) ::: Cold things are rough.⏎Query:⏎Rough(Ann, True) ::: …
        answer      "True"

Upstream gives no symbols. The English is made from templates, so a strict grammar reads it back (see
proofwriter_english.py); a sentence outside the grammar makes the row not derivable. Every program is executed by
clingo and kept only if it gives the gold answer. The rows are ProofWriter's open-world theories of depth 5; the same
folder has other datasets of Logic-LM, which are not read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.proofwriter_english import read_program
from collection.sources.row_files import read_row_file
from symbol_llm.formats.logic_program import LogicProgram
from symbol_llm.record import Split

_FILES = {
    "data/ProofWriter/train.json": Split.TRAIN,
    "data/ProofWriter/dev.json": Split.VALIDATION,
    "data/ProofWriter/test.json": Split.TEST,
}
_FIELDS = ("id", "context", "question", "answer")
_ASKED = "is the following statement true, false, or unknown?"
_ANSWERS = ("True", "False", "Unknown")


class ProofWriter(Source):
    """Theories to logic programs in the notation of Logic-LM."""

    task = "proofwriter"
    format = "logic_program"
    family = "FOL"
    licence = Licence("CC-BY-4.0", True)
    upstream = Upstream(
        dataset="logic_llm",
        url="https://github.com/teacherpeterpan/Logic-LLM",
        revision="d29f1e5e7203e8826cb9c41ba3003e43dc0b9d34",
        citation="Tafjord et al. 2021. ProofWriter: Generating Implications, Proofs, and Abductive Statements over "
        "Natural Language. Findings of ACL. As selected by Pan et al. 2023. Logic-LM. arXiv:2305.12295.",
        sizes={"train": 3_000, "validation": 600, "test": 600},
    )
    prompt = Prompt(
        instructions=(
            "Translate the theory and the question into a logic program.",
            "Write the facts, rules and query of this text as a logic program.",
            "Define the predicates, then parse the text into facts, rules and a query.",
            "Turn the description into a logic program with predicates, facts, rules and a query.",
            "Give a logic program that a solver can run to judge the statement.",
            "Formalise the text: predicates first, then facts, rules, and the statement as query.",
            "Express the theory as a logic program. The statement to judge is the query.",
            "Convert the sentences to facts and rules, and the question to a query.",
            "Read the theory and write it as a logic program, a sentence per line.",
            "Represent what is known as facts and rules, and what is asked as a query.",
        ),
        input_label="The text is:",
        cue="The corresponding logic program is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of the files that are there. Raises UserError if none is, or one is broken."""
        for path in require(folder, *_FILES):
            yield from read_row_file(path, folder, _FILES[path.relative_to(folder).as_posix()])

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        fields = read_fields(row.data)
        if isinstance(fields, Rejected):
            return fields
        _, asked, statement = fields.question.partition(_ASKED)
        if not asked:
            return Rejected(Reason.NOT_DERIVABLE, f"the question does not ask whether it {_ASKED}")
        try:
            program = str(read_program(fields.context, statement))
            found = _language().query_value(program)
        except ValueError as error:
            return Rejected(Reason.NOT_DERIVABLE, str(error))
        if found != fields.answer:
            return Rejected(Reason.WRONG_ANSWER, f"the program says {found}, the gold answer is {fields.answer}")
        return Example(input=fields.request, completion=program, answer=fields.answer, group=fields.group)


class Fields(NamedTuple):
    """Theory and question, each on one line; the gold answer; what the questions of one theory share."""

    context: str
    question: str
    answer: str
    group: str

    @property
    def request(self) -> str:
        return f"{self.context}\n{self.question}"


def read_fields(data: Any) -> Fields | Rejected:
    """The parts of a row, or what is wrong with it."""
    if not isinstance(data, dict) or not all(isinstance(data.get(name), str) for name in _FIELDS):
        return Rejected(Reason.MALFORMED_ROW, f"expected text in {', '.join(_FIELDS)}")
    context, question = (" ".join(data[name].split()) for name in ("context", "question"))
    if not context or not question:
        return Rejected(Reason.EMPTY_INPUT, "the theory or the question is empty")
    gold = _gold(data)
    return gold if isinstance(gold, Rejected) else Fields(context, question, gold, data["id"].rpartition("_")[0])


def _gold(data: dict[str, Any]) -> str | Rejected:
    """True, False or Unknown: what the letter of the answer stands for among the options."""
    options = data.get("options")
    if not isinstance(options, list):
        return Rejected(Reason.MALFORMED_ROW, "the row has no list of options")
    letters = dict(option.split(") ", 1) for option in options if isinstance(option, str) and ") " in option)
    if not data["answer"]:
        return Rejected(Reason.NO_LABEL, "the answer is empty")
    gold = letters.get(data["answer"])
    return gold if gold in _ANSWERS else Rejected(Reason.MALFORMED_ROW, f"{data['answer']!r} is none of the options")


@cache
def _language() -> LogicProgram:
    from symbol_llm.formats import get

    language = get("logic_program")
    assert isinstance(language, LogicProgram)
    return language


PROOFWRITER = ProofWriter()
