"""CLEVR v1.0: questions about rendered scenes, with the programs that answer them.

    {"question": "How many blue cubes are there?", "answer": "1", "image_filename": "CLEVR_train_000000.png",
     "program": [{"function": "scene", "inputs": [], "value_inputs": []},
                 {"function": "filter_color", "inputs": [0], "value_inputs": ["blue"]}, …]}

becomes completion ``count(filter_shape(cube,filter_color(blue,scene())))``, answer "1", world {"scene": …}, group
"CLEVR_train_000000.png". Upstream's test questions have neither programs nor answers and are rejected as NO_LABEL;
the task's test split is upstream's validation split. Questions that upstream's generator made over other scenes are
read as well; their steps have a ``type`` in place of the ``function``. As published, the generator empties the
``value_inputs`` of steps that several questions share: such programs are ill-typed and rejected.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.json_array import read_json_array
from symbol_llm.formats.base import Context
from symbol_llm.formats.clevr_operations import OPERATIONS, VALUES
from symbol_llm.formats.clevr_program import Node, from_program, render_program, type_fault
from symbol_llm.formats.clevr_scene import RunFault, SceneFault, compact_scene, read_scene, run_program
from symbol_llm.record import Split

# The operations, then the words that stand as values.
DEFINITIONS = "\n".join(
    [
        *(operation.definition for operation in OPERATIONS.values()),
        *(f"{kind}: {' '.join(values)}" for kind, values in VALUES.items()),
    ]
)
_SPLITS = {"train": Split.TRAIN, "val": Split.TEST, "test": Split.TEST}


class Clevr(Source):
    task = "clevr"
    format = "clevr"
    family = "Visual"
    licence = Licence("CC-BY-4.0", True)
    upstream = Upstream(
        dataset="clevr",
        url="https://cs.stanford.edu/people/jcjohns/clevr/",
        revision="v1.0",
        citation=(
            "Justin Johnson, Bharath Hariharan, Laurens van der Maaten, Li Fei-Fei, C. Lawrence Zitnick and Ross "
            "Girshick. 2017. CLEVR: A Diagnostic Dataset for Compositional Language and Elementary Visual Reasoning. "
            "CVPR."
        ),
        sizes={"train": 699_989, "val": 149_991, "test": 149_988},
    )
    prompt = Prompt(
        instructions=(
            "Translate the question about a scene into a program of nested operations that answers it.",
            "Parse the question into a functional program over the objects of the scene.",
            "Write the program that finds the answer to the question in the scene.",
            "Turn the following question into nested calls of the operations below.",
            "Give the functional form of the question, starting from scene().",
            "Compose the operations so that they compute the answer to the question.",
            "Express the question as one nested expression of the operations that are defined.",
            "Which program answers the question? Use only the operations listed here.",
            "Convert the visual question into an executable program.",
            "Map the question to operations on sets of objects.",
        ),
        definitions_label="The operations and the words they take:",
        input_label="The question is:",
        cue="The corresponding program is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Questions joined with their scenes. Only the scenes of one split are in memory, packed."""
        files = {split: f"CLEVR_v1.0/questions/CLEVR_{split}_questions.json" for split in _SPLITS}
        require(folder, *files.values())
        for name, split in _SPLITS.items():
            if not (folder / files[name]).exists():
                continue
            scenes = read_scenes(folder / f"CLEVR_v1.0/scenes/CLEVR_{name}_scenes.json")
            for index, question in enumerate(read_json_array(folder / files[name], "questions")):
                yield Row(files[name], index, split, join_scene(question, scenes))

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        question, answer, image = data.get("question"), _written(data.get("answer")), data.get("image_filename")
        if not isinstance(question, str) or not isinstance(image, str):
            return Rejected(Reason.MALFORMED_ROW, "question and image_filename are not both texts")
        if "program" not in data:
            return Rejected(Reason.NO_LABEL, "upstream gives no program")
        if not question.strip():
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        try:
            tree = from_program(data["program"])
        except ValueError as error:
            return Rejected(Reason.MALFORMED_ROW, str(error))
        fault = type_fault(tree, OPERATIONS)
        if fault:
            return Rejected(Reason.ENGINE_REJECTED, fault)
        if answer is None:
            return Rejected(Reason.MALFORMED_ROW, "there is a program but no answer")
        scene = data["scene"]
        if not isinstance(scene, dict):
            return Rejected(Reason.MISSING_CONTEXT, scene or f"no scene of {image} in CLEVR_v1.0/scenes")
        wrong = _check_answer(tree, scene, answer)
        if wrong:
            return Rejected(Reason.WRONG_ANSWER, wrong)
        return Example(
            input=question.strip(),
            completion=render_program(tree),
            context=Context(DEFINITIONS, {"scene": scene}),
            answer=answer,
            group=image,
        )


def _written(answer: Any) -> str | None:
    """An answer as CLEVR v1.0 writes it. Upstream's generator writes true for yes, and numbers as numbers."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return str(answer) if isinstance(answer, str | int) else None


def _check_answer(tree: Node, scene: dict[str, Any], answer: str) -> str:
    """Why the program does not give the answer, or ""."""
    try:
        found = run_program(tree, OPERATIONS, read_scene(scene))
    except RunFault as fault:
        return str(fault)
    return "" if found == answer else f"the program answers {found}, upstream says {answer}"


def read_scenes(path: Path) -> dict[str, bytes]:
    """Packed scenes by image; of a scene that is not in the format, what is wrong with it."""
    if not path.exists():
        return {}
    scenes: dict[str, bytes] = {}
    for entry in read_json_array(path, "scenes"):
        image = entry.get("image_filename") if isinstance(entry, dict) else None
        if not isinstance(image, str):
            continue  # no question can ask for it
        try:
            read_scene(entry)
            scenes[image] = orjson.dumps(compact_scene(entry))
        except SceneFault as fault:
            scenes[image] = orjson.dumps(f"{image}: {fault}")
    return scenes


def join_scene(question: Any, scenes: dict[str, bytes]) -> dict[str, Any] | Rejected:
    """The data of a row: the question, and under "scene" its scene, or None where it is not there."""
    if not isinstance(question, dict):
        return Rejected(Reason.MALFORMED_ROW, "the question is not an object")
    try:
        orjson.dumps(question)
    except orjson.JSONEncodeError as error:  # a lone surrogate, a number without end
        return Rejected(Reason.MALFORMED_ROW, f"the question is not plain JSON: {error}")
    image = question.get("image_filename")
    packed = scenes.get(image) if isinstance(image, str) else None
    return {**question, "scene": orjson.loads(packed) if packed else None}


CLEVR = Clevr()
