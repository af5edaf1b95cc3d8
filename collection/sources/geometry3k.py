r"""Geometry3K: textbook problems in plane geometry, with the logic forms of text and diagram.

    train/7/data.json         {"id": 7, "problem_text": "In \\odot K, M N = 16. Find L N.", "answer": "C",
                               "choices": ["4", "6", "8", "10"], "precise_value": [4.0, 6.0, 8.0, 10.0], …}
    train/7/logic_form.json   {"text_logic_form": ["Circle(K)", "Equals(LengthOf(Line(M,N)),16)", …],
                               "diagram_logic_form": ["PointLiesOnLine(P, Line(M, N))", …], …}

becomes the problem's text as input, the forms of the text as completion, one a line, answer 8 (the value of the gold
choice; its text where it is no number), group "problem-7". The forms of the diagram, its points and the values of the
choices are the world, for a solver. ``$`` in a form is an object that only the diagram tells; in the task
task ``geometry3k_dissolved`` the prompt shows the diagram's forms, and nothing is left open.

A row is a problem folder. The merged ``logic_forms/*.json`` repeat the forms of all problems without their texts: they
serve folders that have no ``logic_form.json``, and where there are no folders at all, each of their problems is a
rejected row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream
from collection.sources.upstream_files import UpstreamFile, upstream_files
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.formats.geometry_predicates import PREDICATES
from symbol_llm.record import Split

DEFINITIONS = "\n".join(predicate.definition for predicate in PREDICATES.values())
_SPLITS = {"train": Split.TRAIN, "val": Split.VALIDATION, "test": Split.TEST}
# Merged file -> its key for the forms, and the key of a problem's own file.
_MERGED = {
    "text_logic_forms_annot.json": ("text_logic_forms", "text_logic_form"),
    "text_logic_forms_annot_dissolved.json": ("dissolved_text_logic_forms", "dissolved_text_logic_form"),
    "diagram_logic_forms_annot.json": ("diagram_logic_forms", "diagram_logic_form"),
}
_FILES = rf"(?:{'|'.join(_SPLITS)})/\d+/(?:data|logic_form)\.json|(?:{'|'.join(_MERGED)})"


class Geometry3K(Source):
    format = "geometry"
    family = "Visual"
    licence = Licence("MIT", True)
    prompt = Prompt(
        instructions=(
            "Translate the geometry problem into logic forms, one per line.",
            "Write what the problem says as predicates over points, lines and shapes.",
            "Formalise the problem: each fact and the goal become one logic form on a line of its own.",
            "Turn the text of the problem into logic forms. The goal is marked by Find.",
            "Which logic forms state the problem? Use only the predicates listed here.",
            "Express the given facts and the question formally, a line for each.",
            "Parse the geometry problem into the formal language below.",
            "Give the formal description of the problem for a geometry solver.",
            "Convert the problem to predicates, facts first and what is asked for last.",
            "Read the problem and list its logic forms line by line.",
        ),
        definitions_label="The predicates:",
        input_label="The problem is:",
        cue="The corresponding logic forms are:",
    )
    upstream = Upstream(
        dataset="geometry3k",
        url="https://github.com/lupantech/InterGPS",
        revision="99e6b5293c7bb4a5eaf2a370e6b213c79ab33ebb",
        citation=(
            "Pan Lu, Ran Gong, Shibiao Jiang, Liang Qiu, Siyuan Huang, Xiaodan Liang and Song-Chun Zhu. 2021. "
            "Inter-GPS: Interpretable Geometry Problem Solving with Formal Language and Symbolic Reasoning. ACL."
        ),
        sizes={"train": 2101, "validation": 300, "test": 601},
    )

    def __init__(self, task: str = "geometry3k", *, dissolved: bool = False) -> None:
        self.task, self.dissolved = task, dissolved

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """One row per problem, its two files joined."""
        with upstream_files(folder, _FILES, "train/<number>/data.json and logic_form.json") as files:
            problems = [name.removesuffix("/data.json") for name in files if name.endswith("/data.json")]
            merged = {}
            if not problems or any(f"{name}/logic_form.json" not in files for name in problems):
                merged = _read_merged(files)
            for name in sorted(problems, key=lambda name: list(_SPLITS).index(name.split("/")[0])):
                split, _, number = name.partition("/")
                file = files[f"{name}/data.json"]
                data = _join(file, files.get(f"{name}/logic_form.json"), merged.get(number))
                yield Row(file.name, 0, _SPLITS[split], data)
            if not problems:
                name = next(file.name for key, file in files.items() if key in _MERGED)
                for index, (number, forms) in enumerate(merged.items()):
                    yield Row(name, index, _split_of(number), {"id": number, "logic_form": forms})

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        if "problem_text" not in data:
            return Rejected(Reason.MISSING_CONTEXT, f"the text of problem {data.get('id')}, its data.json, is not here")
        text, forms = data["problem_text"], data["logic_form"]
        key = "dissolved_text_logic_form" if self.dissolved else "text_logic_form"
        if forms is None or key not in forms:
            return Rejected(Reason.NO_LABEL, f"there is no {key} of this problem")
        wanted, diagram = forms[key], forms.get("diagram_logic_form", [])
        if not isinstance(text, str) or not _are_texts(wanted) or not _are_texts(diagram):
            return Rejected(Reason.MALFORMED_ROW, f"problem_text, {key} and diagram_logic_form are not texts")
        values = _values(data)
        if isinstance(values, str):
            return Rejected(Reason.MALFORMED_ROW, values)
        if not text.strip():
            return Rejected(Reason.EMPTY_INPUT, "the problem has no text")
        # Upstream has a few empty forms among the others.
        stated = [" ".join(form.split()) for form in wanted if form.strip()]
        if not stated:
            return Rejected(Reason.EMPTY_SYMBOL, f"{key} is empty")
        world = {key: forms[key] for key in ("line_instances", "circle_instances", "point_positions") if key in forms}
        world |= {"diagram": [form for form in diagram if form.strip()], "choices": values}
        asked = " ".join(text.split())
        if self.dissolved:
            asked = "\n".join((asked, "The diagram shows:", *world["diagram"]))
        return Example(
            input=asked,
            completion="\n".join(stated),
            context=Context(DEFINITIONS, world),
            answer=values["ABCD".index(data["answer"])],
            group=f"problem-{data['id']}",
        )


def _split_of(number: str) -> Split:
    """Upstream's numbers: train 0 to 2100, val to 2400, test to 3001."""
    place = int(number) if number.isdecimal() else 0
    return Split.TRAIN if place <= 2100 else Split.VALIDATION if place <= 2400 else Split.TEST


def _read_merged(files: Mapping[str, UpstreamFile]) -> dict[str, dict[str, Any]]:
    """The forms of each problem by its number, in the layout of its own logic_form.json."""
    merged: dict[str, dict[str, Any]] = {}
    for name, (key, own_key) in _MERGED.items():
        if name not in files:
            continue
        problems = files[name].read_json()
        if not isinstance(problems, dict) or not all(isinstance(problem, dict) for problem in problems.values()):
            raise UserError(f"{files[name].name}: not upstream's object of problems. Fetch it again")
        for number, problem in problems.items():
            forms = merged.setdefault(number, {})
            # The dissolved file calls its forms by the plain name.
            found = problem.get(key, problem.get("text_logic_forms"))
            forms |= {own_key: found} if found is not None else {}
            shared = ("line_instances", "circle_instances", "point_positions")
            forms |= {name: problem[name] for name in shared if name in problem}
    return merged


def _join(data: UpstreamFile, logic: UpstreamFile | None, merged: dict[str, Any] | None) -> dict[str, Any] | Rejected:
    """A problem with its forms; one broken file spoils one problem."""
    try:
        problem = data.read_json()
        forms = logic.read_json() if logic is not None else merged
    except UserError as error:
        return Rejected(Reason.MALFORMED_ROW, str(error))
    if not isinstance(problem, dict) or not isinstance(forms, dict | None) or "problem_text" not in problem:
        return Rejected(Reason.MALFORMED_ROW, f"{data.name}: not a problem of Geometry3K")
    return {**problem, "logic_form": forms}


def _values(data: Mapping[str, Any]) -> list[int | float | str] | str:
    """The four choices as numbers, or as their text where one is no number; or what is wrong with them."""
    texts, numbers = data.get("choices"), data.get("precise_value")
    if not isinstance(texts, list) or not isinstance(numbers, list) or not len(texts) == len(numbers) == 4:
        return "choices and precise_value are not four each"
    if not _are_texts(texts):
        return "the choices are not texts"
    if data.get("answer") not in ("A", "B", "C", "D"):
        return f"the answer is {data.get('answer')!r}, not one of A to D"
    return [_number(number) if isinstance(number, int | float) else text for text, number in zip(texts, numbers)]


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


GEOMETRY3K = Geometry3K()
GEOMETRY3K_DISSOLVED = Geometry3K("geometry3k_dissolved", dissolved=True)
