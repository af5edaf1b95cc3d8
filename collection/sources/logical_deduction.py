"""LogicalDeduction as in Logic-LM: objects in a fixed order, clues, and options of which one is true.

    {"id": "logical_deduction_4", "context": "The following paragraphs … each paragraph.\\n\\nOn a shelf, there are
     three books: a red book, a blue book, and a gray book. The red book is the leftmost. The gray book is …",
     "question": "Which of the following is true?", "options": ["A) The blue book is the rightmost.", …], "answer": "A"}
    →   input       On a shelf, … blue book.⏎Which of the following is true?⏎A) The blue book is the rightmost.⏎…
        completion  Domain:⏎1: leftmost⏎3: rightmost⏎Variables:⏎red_book [IN] [1, 2, 3]⏎…⏎Constraints:⏎
                    red_book == 1 ::: The red book is the leftmost.⏎…⏎Query:⏎A) blue_book == 3 ::: …
        answer      "A"

A benchmark of delegation, not a task of the collection. Upstream gives no symbols; the generator's English (places,
ages, prices, ranks) is read by its grammar, and what is not in it makes the row not derivable. Every object has a
place of its own, which the text says by "a fixed order". The same puzzle comes with several sets of options: ``group``
is the puzzle. Upstream's dev.json is our test split.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.logic_llm import lettered_options, text_fields
from collection.sources.row_files import read_row_file
from symbol_llm.formats.logic_program_parser import NAME, RESERVED
from symbol_llm.formats.logic_program_tree import Comparison, Constraint, Option, Problem, Term
from symbol_llm.record import Split

_FILES = {"data/LogicalDeduction/train.json": Split.TRAIN, "data/LogicalDeduction/dev.json": Split.TEST}
_NUMBERS = {"three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_ORDINALS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7}
_ORDINAL = rf"(?P<ordinal>{'|'.join(_ORDINALS)})"


class Scale(NamedTuple):
    """How a generator speaks of an order. Patterns follow the subject; ``{0}`` in a relation is the other object."""

    ends: tuple[str, str]  # what place 1 and the last place are called
    first: tuple[str, ...]  # the patterns of place 1; with an ordinal, of places counted from there
    last: tuple[str, ...]
    before: str  # a relation: the subject comes earlier
    after: str


_SCALES = (
    Scale(
        ("leftmost", "rightmost"),
        ("is the leftmost", rf"is the {_ORDINAL} from the left"),
        ("is the rightmost", rf"is the {_ORDINAL} from the right"),
        r"is to the left of (?P<other>.+)",
        r"is to the right of (?P<other>.+)",
    ),
    Scale(
        ("oldest", "newest"),
        ("is the oldest", rf"is the {_ORDINAL}-oldest"),
        ("is the newest", rf"is the {_ORDINAL}-newest"),
        r"is older than (?P<other>.+)",
        r"is newer than (?P<other>.+)",
    ),
    Scale(
        ("cheapest", "most expensive"),
        ("are the cheapest", rf"are the {_ORDINAL}-cheapest"),
        ("are the most expensive", rf"are the {_ORDINAL}-most expensive"),
        r"are less expensive than (?P<other>.+)",
        r"are more expensive than (?P<other>.+)",
    ),
    Scale(
        ("first", "last"),
        ("finished first", rf"finished {_ORDINAL}"),
        ("finished last", rf"finished {_ORDINAL}-to-last"),
        r"finished above (?P<other>.+)",
        r"finished below (?P<other>.+)",
    ),
)
_SCENE = re.compile(rf"[A-Z][^:.]* (?P<number>{'|'.join(_NUMBERS)}) [a-z]+: (?P<objects>[^:.]+)\.")


class LogicalDeduction(Source):
    """Ordering puzzles to constraint problems in the notation of Logic-LM."""

    task = "logical_deduction"
    format = "logic_program"
    family = "FOL"
    licence = Licence("Apache-2.0", True)
    upstream = Upstream(
        dataset="logic_llm",
        url="https://github.com/teacherpeterpan/Logic-LLM",
        revision="d29f1e5e7203e8826cb9c41ba3003e43dc0b9d34",
        citation="Srivastava et al. 2022. Beyond the Imitation Game. arXiv:2206.04615. As selected by Pan et al. 2023. "
        "Logic-LM. arXiv:2305.12295.",
        sizes={"train": 1_200, "test": 300},
    )
    prompt = Prompt(
        instructions=(
            "Translate the puzzle into a constraint problem.",
            "Write variables, constraints and options for this puzzle.",
            "Turn the clues into constraints over the places of the objects.",
            "Formalise the puzzle: domain, variables, constraints, and the options as the query.",
            "Give a constraint problem that a solver can run to find the true option.",
            "State every clue as a constraint, and every option as a comparison.",
            "Express the order of the objects as a constraint problem.",
            "Convert the text to a domain, variables and constraints, and the options to a query.",
            "Read the puzzle and write it in the notation of a constraint solver.",
            "Represent the objects as variables and the clues as constraints between them.",
        ),
        input_label="The puzzle is:",
        cue="The corresponding constraint problem is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of the files that are there. Raises UserError if none is, or one is broken."""
        for path in require(folder, *_FILES):
            yield from read_row_file(path, folder, _FILES[path.relative_to(folder).as_posix()])

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        fields = text_fields(row.data)
        if isinstance(fields, Rejected):
            return fields
        options = lettered_options(row.data)
        if isinstance(options, Rejected):
            return options
        if not row.data["answer"]:
            return Rejected(Reason.NO_LABEL, "the answer is empty")
        if row.data["answer"] not in options:
            return Rejected(Reason.MALFORMED_ROW, f"{row.data['answer']!r} is none of the options")
        # A fixed paragraph about all puzzles comes first, and ends in a blank line.
        puzzle = " ".join(row.data["context"].rpartition("\n\n")[2].split())
        try:
            problem = read_problem(puzzle, options)
        except ValueError as error:
            return Rejected(Reason.NOT_DERIVABLE, str(error))
        told = (f"{letter}) {text}" for letter, text in options.items())
        return Example(
            input="\n".join((puzzle, fields.question, *told)),
            completion=str(problem),
            answer=row.data["answer"],
            group=f"puzzle-{hashlib.sha256(puzzle.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}",
        )


def read_problem(puzzle: str, options: Mapping[str, str]) -> Problem:
    """The constraint problem of a puzzle. Raises ValueError naming the first sentence that is not in the grammar."""
    scene, *clues = re.split(r"(?<=\.)\s+", puzzle)
    found = _SCENE.fullmatch(scene)
    if found is None:
        raise ValueError(f"{scene!r} does not tell how many objects there are, and which")
    objects = re.split(r", and |, | and ", found["objects"])
    names = {_bare(thing): _variable(thing) for thing in objects}
    size = _NUMBERS[found["number"]]
    if not len(objects) == len(names) == len(set(names.values())) == size:
        raise ValueError(f"{size} objects are announced, but there are: {', '.join(objects)}")
    said = [_read(text, names, size) for text in (*clues, *options.values())]
    if len({scale.ends for scale, _ in said}) > 1:
        raise ValueError("the sentences are about different orders")
    low, high = said[0][0].ends
    places = tuple(range(1, size + 1))
    constraints = [Constraint((comparison,), (), text) for text, (_, comparison) in zip(clues, said)]
    each = Constraint((), tuple(names.values()), "every object has a place of its own")
    return Problem(
        ((1, low), (size, high)),
        tuple((name, places) for name in names.values()),
        (*constraints, each),
        tuple(
            Option(letter, comparison, text)
            for (letter, text), (_, comparison) in zip(options.items(), said[len(clues) :])
        ),
    )


def _read(sentence: str, names: Mapping[str, str], size: int) -> tuple[Scale, Comparison]:
    """What a clue or an option says: a place, or who comes before whom."""
    for scale in _SCALES:
        for patterns, at, step in ((scale.first, 1, 1), (scale.last, size, -1)):
            for pattern in patterns:
                if found := re.fullmatch(rf"(?P<subject>.+) {pattern}\.", sentence):
                    count = _ORDINALS[found["ordinal"]] if "ordinal" in found.groupdict() else 1
                    if count > size:
                        raise ValueError(f"there are only {size} places: {sentence!r}")
                    subject = _known(found["subject"], names, sentence)
                    return scale, Comparison(Term(subject), "==", Term("", at + step * (count - 1)))
        for pattern, operator in ((scale.before, "<"), (scale.after, ">")):
            if found := re.fullmatch(rf"(?P<subject>.+) {pattern}\.", sentence):
                pair = (_known(found[role], names, sentence) for role in ("subject", "other"))
                return scale, Comparison(Term(next(pair)), operator, Term(next(pair)))
    raise ValueError(f"{sentence!r} is no sentence of the grammar")


def _known(thing: str, names: Mapping[str, str], sentence: str) -> str:
    if _bare(thing) not in names:
        raise ValueError(f"{thing!r} is none of the objects, in {sentence!r}")
    return names[_bare(thing)]


def _bare(thing: str) -> str:
    """``a blue jay`` and ``The blue jay`` are the same."""
    return re.sub(r"^(?:an?|[Tt]he) ", "", thing)


def _variable(thing: str) -> str:
    name = _bare(thing).replace(" ", "_")
    if not NAME.fullmatch(name) or name in RESERVED:
        raise ValueError(f"{thing!r} cannot be the name of a variable")
    return name


LOGICAL_DEDUCTION = LogicalDeduction()
