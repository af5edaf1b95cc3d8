"""ProntoQA as in Logic-LM: chains of made-up kinds of things, and a statement that is true or false.

    {"id": "ProntoQA_7", "context": "Every wumpus is a dumpus. Dumpuses are not sour. Max is a wumpus.",
     "question": "Is the following statement true or false? Max is sour.",
     "options": ["A) True", "B) False"], "answer": "B", "explanation": ["Max is a wumpus.", …]}
    →   input       Every wumpus is … Max is a wumpus.⏎Is the following statement true or false? Max is sour.
        completion  Predicates:⏎Wumpus($x, bool) ::: Is x a wumpus?⏎…⏎Facts:⏎Wumpus(Max, True) ::: …⏎Rules:⏎
                    Wumpus($x, True) >>> Dumpus($x, True) ::: Every wumpus is a dumpus.⏎…⏎Query:⏎Sour(Max, True) ::: …
        answer      "False"          world  {"assumption": "closed"}

A benchmark of delegation, not a task of the collection. Upstream gives no symbols; the generator's English is read by
its grammar, and what is not in it makes the row not derivable:

    sentence  := Each noun is class . | Every noun is class . | Nouns are classes . | Name is class .
    class     := [not] adjective | a noun | an noun | nouns (after "are")        noun := …pus, plural …puses
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.logic_llm import asked_after, labelled_option, text_fields
from collection.sources.row_files import read_row_file
from symbol_llm.formats.base import Context
from symbol_llm.formats.logic_program_tree import Declaration, Literal, Program, Rule, Statement
from symbol_llm.record import Split

_FILE = "data/ProntoQA/dev.json"
_ASKED = "Is the following statement true or false?"
_SUBJECT = r"(?:(?:Each|Every) (?P<noun>[a-z]+pus) is|(?P<nouns>[A-Z][a-z]*puses) are|(?P<name>[A-Z][a-z]+) is)"
_CLASS = r"(?:an? (?P<kind>[a-z]+pus)|(?P<kinds>[a-z]+puses)|(?P<no>not )?(?P<adjective>[a-z]+))"
_SENTENCE = re.compile(rf"{_SUBJECT} {_CLASS}\.")


class ProntoQA(Source):
    """Chains of kinds to logic programs in the notation of Logic-LM."""

    task = "prontoqa"
    format = "logic_program"
    family = "FOL"
    licence = Licence("Apache-2.0", True)
    upstream = Upstream(
        dataset="logic_llm",
        url="https://github.com/teacherpeterpan/Logic-LLM",
        revision="d29f1e5e7203e8826cb9c41ba3003e43dc0b9d34",
        citation="Saparov and He 2023. Language Models Are Greedy Reasoners: A Systematic Formal Analysis of "
        "Chain-of-Thought. ICLR. As selected by Pan et al. 2023. Logic-LM. arXiv:2305.12295.",
        sizes={"test": 500},
    )
    prompt = Prompt(
        instructions=(
            "Translate the text and the statement into a logic program.",
            "Write facts, rules and a query for this text.",
            "Turn what is said about these kinds of things into a logic program.",
            "Formalise the text as predicates, facts and rules, and the statement as the query.",
            "Give a logic program that a solver can run to judge the statement.",
            "Define the predicates, then write the facts, the rules and the query.",
            "Express each sentence as a fact or a rule. The statement to judge is the query.",
            "Convert the sentences to a logic program with predicates, facts, rules and a query.",
            "Read the text and state it as facts and rules in the notation of a logic program.",
            "Represent the text as a logic program whose query is the statement.",
        ),
        input_label="The text is:",
        cue="The corresponding logic program is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of the one file. Raises UserError if it is not there, or broken."""
        for path in require(folder, _FILE):
            yield from read_row_file(path, folder, Split.TEST)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        fields = text_fields(row.data)
        if isinstance(fields, Rejected):
            return fields
        gold = labelled_option(row.data)
        if isinstance(gold, Rejected):
            return gold
        if gold not in ("True", "False"):
            return Rejected(Reason.MALFORMED_ROW, f"the answer is {gold!r}, neither True nor False")
        statement = asked_after(fields.question, _ASKED)
        if statement is None:
            return Rejected(Reason.NOT_DERIVABLE, f"the question does not begin with {_ASKED!r}")
        try:
            program = read_program(fields.context, statement)
        except ValueError as error:
            return Rejected(Reason.NOT_DERIVABLE, str(error))
        return Example(
            input=f"{fields.context}\n{fields.question}",
            completion=str(program),
            context=Context(world={"assumption": "closed"}),
            answer=gold,
            group=row.data["id"],
        )


def read_program(context: str, statement: str) -> Program:
    """The program of a text and the statement that is asked. Raises ValueError naming the first strange sentence."""
    facts: list[Statement] = []
    rules: list[Rule] = []
    kinds: dict[str, bool] = {}  # predicate -> whether it is a noun
    for sentence in re.split(r"(?<=\.)\s+", context.strip()):
        condition, conclusion = _read(sentence, kinds)
        if isinstance(condition, Literal):
            rules.append(Rule((condition,), (conclusion,), sentence))
        else:
            facts.append(Statement(conclusion, sentence))
    condition, asked = _read(statement.strip(), kinds)
    if condition is not None:
        raise ValueError(f"the statement is about nobody: {statement!r}")
    declarations = tuple(
        Declaration(name, ("$x",), f"Is x {_article(name)}{name.lower()}?" if is_noun else f"Is x {name.lower()}?")
        for name, is_noun in kinds.items()
    )
    return Program(declarations, tuple(facts), tuple(rules), Statement(asked, statement.strip()))


def _read(sentence: str, kinds: dict[str, bool]) -> tuple[Literal | None, Literal]:
    """Condition and conclusion of a sentence; no condition where it is about somebody by name."""
    found = _SENTENCE.fullmatch(sentence)
    if found is None or bool(found["kinds"]) > bool(found["nouns"]):
        raise ValueError(f"{sentence!r} is no sentence of the grammar")
    condition = None
    subject = found["name"] or "$x"
    if not found["name"]:
        noun = (found["noun"] or found["nouns"].removesuffix("es")).capitalize()
        kinds.setdefault(noun, True)
        condition = Literal(noun, ("$x",), True)
    said = found["kind"] or (found["kinds"] or "").removesuffix("es")
    predicate = (said or found["adjective"]).capitalize()
    kinds.setdefault(predicate, bool(said))
    return condition, Literal(predicate, (subject,), not found["no"])


def _article(noun: str) -> str:
    return "an " if noun[0] in "AEIOU" else "a "


PRONTOQA = ProntoQA()
