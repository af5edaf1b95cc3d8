"""Arithmetic word problems for evaluation: SVAMP, ASDiv, AddSub, SingleEq, SingleOp, MultiArith.

    SVAMP.json       {"ID": "chal-3", "Body": "A pen costs 3 dollars", "Question": "What do 2 pens cost?",
                      "Equation": "( 3.0 * 2.0 )", "Answer": 6.0, "Type": "Multiplication"}
    ASDiv.xml        <Problem ID="nluds-0003"><Body>…</Body><Question>…</Question><Answer>9 (apples)</Answer>
                      <Formula>7+2=9</Formula></Problem>
    AddSub.json      {"iIndex": 1, "sQuestion": "Ann had 70 shells . …", "lEquations": ["X = 70 - 27"],
                      "lSolutions": ["43"]}
    mawpsaddsub.jsonl   {"input": "Ann had 70 shells . …", "target": 43.0}
    →   input       the question
        completion  def solution():⏎    return 3 * 2       (empty where upstream's equation gives no program)
        answer      6; for ASDiv also a text ("Yes"), or a list of values that upstream parts by ";"

Benchmarks of delegation, not tasks of the collection: all rows are test rows, also where upstream has folds. AddSub,
SingleEq and MultiArith are read from the original files (as in kojima-takeshi188/zero_shot_cot) where they are there,
else from PAL's, which have no equations; SingleOp is read from PAL's, or from the original SingleOp.json.

Quirks: AddSub's solutions are strings; SVAMP's chal-680 and about ten rows of SingleEq have equations that do not give
their answers, and become programs that do not; ASDiv's formulas are chains with units and remainders, compiled as those
of GSM8K are, and only where they give the answer; its unit in brackets is no part of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from collection.sources.base import (
    Example,
    FilesMissing,
    Licence,
    Prompt,
    Reason,
    Rejected,
    Row,
    Source,
    Upstream,
)
from collection.sources.equations import program_of
from collection.sources.gsm8k import GSM8K_CODE, compile_solution
from collection.sources.row_files import read_row_file
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.record import Split
from symbol_llm.solvers.answers import as_number


class Problem(NamedTuple):
    """What a row says: the question, upstream's answer, and the gold program (empty: none can be derived)."""

    question: str
    answer: Any
    program: str


class WordProblems(Source):
    """One set. ``places`` are (folder under RAW, file), of which the first that is there is read."""

    format = "math_program"
    family = "Math"
    prompt: Prompt = GSM8K_CODE.prompt

    def __init__(
        self,
        task: str,
        places: tuple[tuple[str, str], ...],
        fields: Callable[[Any], Problem | Rejected],
        licence: Licence,
        upstream: Upstream,
    ) -> None:
        self.task, self.places, self.licence, self.upstream = task, places, licence, upstream
        self._fields = fields

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of the first file that is there. Raises FilesMissing if none is."""
        for dataset, name in self.places:
            path = folder.parent / dataset / name
            if path.is_file():
                rows = _read_xml(path, path.parents[name.count("/")]) if path.suffix == ".xml" else None
                yield from rows or read_row_file(path, path.parents[name.count("/")], Split.TEST)
                return
        expected = " or ".join(f"{dataset}/{name}" for dataset, name in self.places)
        raise FilesMissing(f"{folder.parent}: the problems of {self.task} are not here ({expected}). Place them there")

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        found = self._fields(row.data)
        if isinstance(found, Rejected):
            return found
        if not found.question:
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        if found.answer is None:
            return Rejected(Reason.NO_LABEL, "the row has no answer", request=found.question)
        return Example(input=found.question, completion=found.program, answer=found.answer)


def _texts(data: Any, *names: str) -> list[str] | Rejected:
    if not isinstance(data, dict) or not all(isinstance(data.get(name), str) for name in names):
        return Rejected(Reason.MALFORMED_ROW, f"expected text in {', '.join(names)}")
    return [" ".join(data[name].split()) for name in names]


def _svamp(data: Any) -> Problem | Rejected:
    texts = _texts(data, "Body", "Question", "Equation")
    if isinstance(texts, Rejected):
        return texts
    body, question, equation = texts
    # Half of the bodies end without a mark.
    joined = f"{body} {question}" if not body or body[-1] in ".!?,;:" else f"{body}. {question}"
    return Problem(joined.strip(), _number(data.get("Answer")), _program(equation))


def _mawps(data: Any) -> Problem | Rejected:
    if isinstance(data, dict) and "input" in data:
        texts = _texts(data, "input")
        return texts if isinstance(texts, Rejected) else Problem(texts[0], _number(data.get("target")), "")
    texts = _texts(data, "sQuestion")
    if isinstance(texts, Rejected):
        return texts
    equations, solutions = data.get("lEquations"), data.get("lSolutions")
    if not isinstance(solutions, list) or len(solutions) != 1:
        return Rejected(Reason.NO_LABEL, "expected one solution in lSolutions", request=texts[0])
    is_one = isinstance(equations, list) and len(equations) == 1 and isinstance(equations[0], str)
    return Problem(texts[0], _number(solutions[0]), _program(equations[0]) if is_one else "")


_UNIT = re.compile(r"\s*\([^()]*\)\s*$")
_UNIT_IN_FORMULA = re.compile(r"\(\s*[A-Za-z][A-Za-z/ ]*\)")
_STATEMENT = re.compile(r"[-+*/().,\d\s]+=[-\d.,\s]+")


def _asdiv(data: Any) -> Problem | Rejected:
    texts = _texts(data, "Body", "Question", "Answer", "Formula")
    if isinstance(texts, Rejected):
        return texts
    body, question, answer, formula = texts
    values = [_UNIT.sub("", value).strip() for value in answer.split(";")]
    gold = [number if (number := _number(value)) is not None else value for value in values if value]
    asked = f"{body} {question}".strip()
    match gold:
        case []:
            return Problem(asked, None, "")
        case [int() | float() as number]:
            return Problem(asked, number, _compiled(formula, number))
        case [only]:
            return Problem(asked, only, "")
    return Problem(asked, gold, "")


def _compiled(formula: str, answer: float) -> str:
    statements = [statement.strip() for statement in _UNIT_IN_FORMULA.sub("", formula).split(";")]
    if not all(_STATEMENT.fullmatch(statement) for statement in statements if statement):
        return ""
    program = compile_solution("".join(f"<<{statement}>>" for statement in statements if statement), answer)
    return "" if isinstance(program, Rejected) else program


def _program(equation: str) -> str:
    try:
        return program_of(equation)
    except SymbolError:
        return ""


def _number(value: Any) -> int | float | None:
    number = as_number(value)
    if number is None or (isinstance(number, float) and number - number != 0):
        return None
    return int(number) if number == int(number) else float(number)


def _read_xml(path: Path, folder: Path) -> Iterator[Row]:
    """One row per <Problem>, its attributes and the texts of its children. Raises UserError for broken XML."""
    from xml.etree import ElementTree

    index = 0
    try:
        for _, element in ElementTree.iterparse(path):
            if element.tag == "Problem":
                data = {**element.attrib, **{child.tag: child.text or "" for child in element}}
                yield Row(path.relative_to(folder).as_posix(), index, Split.TEST, data)
                index += 1
                element.clear()
    except ElementTree.ParseError as error:
        raise UserError(f"{path}: not XML ({error}). The file may be truncated: fetch it again") from error


_ZERO_SHOT_COT = "https://github.com/kojima-takeshi188/zero_shot_cot"
_PAL = "https://github.com/reasoning-machines/pal"
_MAWPS = (
    "Koncel-Kedziorski et al. 2016. MAWPS: A Math Word Problem Repository. NAACL; with Hosseini et al. 2014 (AddSub), "
    "Roy et al. 2015 (SingleOp), Roy and Roth 2015 (MultiArith), Koncel-Kedziorski et al. 2015 (SingleEq)"
)


def _of_mawps(task: str, original: str, pal: str, size: int) -> WordProblems:
    return WordProblems(
        task,
        (("mawps_kojima", f"dataset/{original}"), ("mawps_pal", f"datasets/{pal}")),
        _mawps,
        Licence("none stated (PAL's copy: Apache-2.0)", False),
        Upstream(
            dataset="mawps_pal" if task == "singleop" else "mawps_kojima",
            url=_PAL if task == "singleop" else _ZERO_SHOT_COT,
            revision="f81ca2a" if task == "singleop" else "5ef330f",
            citation=_MAWPS,
            sizes={"test": size},
        ),
    )


SVAMP = WordProblems(
    "svamp",
    (("svamp", "SVAMP.json"),),
    _svamp,
    Licence("MIT", True),
    Upstream(
        dataset="svamp",
        url="https://github.com/arkilpatel/SVAMP",
        revision="689d7cc",
        citation="Patel et al. 2021. Are NLP Models really able to Solve Simple Math Word Problems? NAACL.",
        sizes={"test": 1_000},
    ),
)
ASDIV = WordProblems(
    "asdiv",
    (("asdiv", "dataset/ASDiv.xml"),),
    _asdiv,
    Licence("CC-BY-NC-4.0", False),
    Upstream(
        dataset="asdiv",
        url="https://github.com/chaochun/nlu-asdiv-dataset",
        revision="883f90a",
        citation="Miao et al. 2020. A Diverse Corpus for Evaluating and Developing English Math Word Problem Solvers.",
        sizes={"test": 2_305},
    ),
)
ADDSUB = _of_mawps("addsub", "AddSub/AddSub.json", "mawpsaddsub.jsonl", 395)
SINGLEEQ = _of_mawps("singleeq", "SingleEq/questions.json", "mawpssingleeq.jsonl", 508)
SINGLEOP = _of_mawps("singleop", "SingleOp/SingleOp.json", "mawpssingleop.jsonl", 562)
MULTIARITH = _of_mawps("multiarith", "MultiArith/MultiArith.json", "mawpsmultiarith.jsonl", 600)
