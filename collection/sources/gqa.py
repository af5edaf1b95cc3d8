"""GQA 1.2: questions about pictures, with the programs that answer them on the pictures' scene graphs.

    {"02930152": {"question": "Is the sky dark?", "answer": "yes", "imageId": "2354786", "isBalanced": true,
                  "semantic": [{"operation": "select", "dependencies": [], "argument": "sky (2486325)"},
                               {"operation": "verify color", "dependencies": [0], "argument": "dark"}], …}, …}

becomes input "Is the sky dark?", completion ``select: sky --> verify color: dark [0]``, answer "yes", group "2354786".
The program comes from ``semantic``; ids of objects, which no question tells, are left out.

Where the picture's scene graph is at hand (train and val), and the program without ids gives upstream's answer on it,
it is the record's world. Elsewhere the engine checks types alone: upstream's generator, which knew the ids and which
word is a kind of which, was never released, so an answer that our executor does not find says nothing against a row.

Upstream's splits: val is our validation, testdev our test split. test, challenge and submission have no programs and
are rejected as NO_LABEL. The balanced files repeat questions of the others: those are duplicates.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream
from collection.sources.json_array import read_json_object
from collection.sources.upstream_files import UpstreamFile, upstream_files
from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Context
from symbol_llm.formats.gqa_operations import OPERATIONS
from symbol_llm.formats.gqa_program import (
    Program,
    TypeFault,
    from_semantic,
    render_program,
    typed,
    without_objects,
)
from symbol_llm.formats.gqa_scene import RunFault, SceneFault, read_scene, run_program
from symbol_llm.record import Split

DEFINITIONS = "\n".join(operation.definition for operation in OPERATIONS.values())
_SPLITS = {
    "train": Split.TRAIN,
    "debug": Split.TRAIN,
    "val": Split.VALIDATION,
    "testdev": Split.TEST,
    "test": Split.TEST,
    "challenge": Split.TEST,
    "submission": Split.TEST,
}
# A numbered file counts in its own folder alone: upstream's evaluation has train_choices/train_all_questions_0.json.
_QUESTIONS = {
    name: rf"{name}_all_questions/{name}_all_questions_\d+\.json|{name}(?:_all|_balanced)?_questions\.json"
    for name in _SPLITS
}
_FILES = rf"{'|'.join(_QUESTIONS.values())}|(?:{'|'.join(_SPLITS)})_sceneGraphs\.json"


class GqaQuestions(Source):
    task = "gqa"
    format = "gqa"
    family = "Visual"
    licence = Licence("CC-BY-4.0", True)
    upstream = Upstream(
        dataset="gqa",
        url="https://cs.stanford.edu/people/dorarad/gqa/",
        revision="1.2",
        citation=(
            "Drew A. Hudson and Christopher D. Manning. 2019. GQA: A New Dataset for Real-World Visual Reasoning and "
            "Compositional Question Answering. CVPR."
        ),
        sizes={"all": 22_000_000, "balanced": 1_700_000},
    )
    prompt = Prompt(
        instructions=(
            "Translate the question about a picture into a chain of operations.",
            "Parse the question into the steps that find its answer in a scene graph.",
            "Write the program for the question. Steps are joined by -->.",
            "Turn the question into operations; numbers in brackets are the earlier steps that a step uses.",
            "Which operations, one after another, answer the question?",
            "Express the visual question as a program over the objects of the picture.",
            "Give the functional form of the question, step by step, using only these operations.",
            "Convert the question to a program that starts by selecting objects.",
            "Break the question down into steps such as select, filter and verify.",
            "Map the question to a sequence of operations that a machine can run on the scene.",
        ),
        definitions_label="The operations:",
        input_label="The question is:",
        cue="The corresponding program is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Questions joined with their scene graphs. Only the graphs of one split are in memory, compressed."""
        with upstream_files(folder, _FILES, "train_balanced_questions.json, val_all_questions.json, …") as files:
            for name, split in _SPLITS.items():
                questions = [file for key, file in files.items() if re.fullmatch(_QUESTIONS[name], key)]
                scenes = _read_scenes(files.get(f"{name}_sceneGraphs.json")) if questions else {}
                for file in questions:
                    with file.open_text() as text:
                        for index, (identity, question) in enumerate(read_json_object(text, file.name)):
                            yield Row(file.name, index, split, _join(identity, question, scenes))

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        question, answer, image = data.get("question"), data.get("answer"), data.get("imageId")
        if not isinstance(question, str) or not isinstance(image, str):
            return Rejected(Reason.MALFORMED_ROW, "question and imageId are not both texts")
        if "semantic" not in data:
            return Rejected(Reason.NO_LABEL, "upstream gives no program")
        if not question.strip():
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        if not isinstance(answer, str):
            return Rejected(Reason.MALFORMED_ROW, "there is a program but no answer")
        try:
            program = without_objects(from_semantic(data["semantic"]))
        except SymbolError as error:
            return Rejected(Reason.PARSE_ERROR, str(error), error.position)
        except ValueError as error:
            return Rejected(Reason.MALFORMED_ROW, str(error))
        world = {"scene": data["scene"]} if data["scene"] is not None else {}
        if world and _answer(program, world) != answer:
            world = {}
        return Example(
            input=" ".join(question.split()),
            completion=render_program(program),
            context=Context(DEFINITIONS, world),
            answer=answer,
            group=image,
        )


def _answer(program: Program, world: Mapping[str, Any]) -> str | None:
    """What the executor finds, or None where it finds nothing."""
    try:
        return run_program(typed(program, OPERATIONS), read_scene(world))
    except (TypeFault, SceneFault, RunFault):
        return None


def _read_scenes(file: UpstreamFile | None) -> dict[str, bytes]:
    """Compressed scene graphs by image, about a kilobyte each: train has 75,000."""
    scenes: dict[str, bytes] = {}
    if file is not None:
        with file.open_text() as text:
            for image, scene in read_json_object(text, file.name):
                if isinstance(scene, dict) and _is_plain(scene):
                    scenes[image] = zlib.compress(orjson.dumps(scene), 1)
    return scenes


def _join(identity: str, question: Any, scenes: Mapping[str, bytes]) -> dict[str, Any] | Rejected:
    if not isinstance(question, dict):
        return Rejected(Reason.MALFORMED_ROW, f"question {identity!r} is not an object")
    if not _is_plain([identity, question]):
        return Rejected(Reason.MALFORMED_ROW, f"question {identity!r} is not plain JSON: a lone surrogate, say")
    image = question.get("imageId")
    packed = scenes.get(image) if isinstance(image, str) else None
    return {"id": identity, **question, "scene": orjson.loads(zlib.decompress(packed)) if packed else None}


def _is_plain(value: Any) -> bool:
    """Whether a value can be written as JSON: not with a lone surrogate or a number beyond 64 bits."""
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return False
    return True


GQA = GqaQuestions()
