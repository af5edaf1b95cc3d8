"""LLM+P: English planning problems with their PDDL, in four domains (Blocksworld, Termes, Floortile, Grippers).

    domains/blocksworld/p02.nl     You have 3 blocks. b2 is on top of b3. … Your goal is to move the blocks. …
    domains/blocksworld/p02.pddl   (define (problem BW-rand-3) (:domain blocksworld-4ops) (:objects b1 b2 b3) …)
    →
    definitions   domain blocksworld-4ops⏎(clear ?x): nothing is on ?x⏎(on-table ?x): ?x is on the table …
    input         the English text
    completion    the problem as upstream wrote it
    world         the domain and the gold problem

Upstream has no splits: its worked example (``p_example``) is the training row, p01 to p20 are the test rows.
Some upstream problems cannot be planned for (floortile's p_example places a robot that it does not declare): such
rows are read like all others, and the engine check counts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Context
from symbol_llm.formats.pddl_parser import parse
from symbol_llm.formats.pddl_tree import Domain
from symbol_llm.formats.pddl_vocabulary import Glosses, vocabulary
from symbol_llm.record import Split

_STEM = re.compile(r"p_example|p\d+")

UPSTREAM = Upstream(
    dataset="llm_pddl",
    url="https://github.com/Cranial-XIX/llm-pddl",
    revision="f5f897c",
    citation="Liu et al. 2023, LLM+P: Empowering Large Language Models with Optimal Planning Proficiency",
    sizes={"train": 1, "test": 20},
)

_PROMPT = Prompt(
    instructions=(
        "Translate the scene and its goal into a planning problem in PDDL.",
        "Write the PDDL problem file for the scene described below.",
        "Read the description and give the planning task as a PDDL problem.",
        "Turn this description of objects, initial state and goal into a PDDL problem.",
        "Formalise the task in PDDL, so that a planner can solve it.",
        "Express the following situation and goal as a PDDL problem, using the given predicates.",
        "Give the PDDL problem definition that matches the text.",
        "Convert the task below into PDDL with objects, initial facts and a goal.",
        "A planner needs this task in PDDL. Write the problem for it.",
        "Describe the scene and the goal formally, as a PDDL problem of the given domain.",
    ),
    definitions_label="The domain has these symbols:",
    input_label="The description is:",
    cue="The corresponding PDDL problem is:",
)

_BLOCKSWORLD: Glosses = {
    ("predicate", "clear"): "nothing is on top of {0}",
    ("predicate", "on-table"): "{0} stands on the table",
    ("predicate", "arm-empty"): "the robot's arm holds nothing",
    ("predicate", "holding"): "the robot's arm holds {0}",
    ("predicate", "on"): "{0} is directly on top of {1}",
}
_GRIPPERS: Glosses = {
    ("type", "room"): "a room",
    ("type", "robot"): "a robot that moves between rooms",
    ("type", "gripper"): "a robot's left or right hand",
    ("predicate", "at-robby"): "robot {0} is in room {1}",
    ("predicate", "at"): "object {0} lies in room {1}",
    ("predicate", "free"): "gripper {1} of robot {0} is empty",
    ("predicate", "carry"): "robot {0} holds object {1} in gripper {2}",
}
_TERMES: Glosses = {
    ("type", "numb"): "a height: n0, n1 and so on up to the maximum",
    ("type", "position"): "a cell of the grid",
    ("predicate", "height"): "the tower at {0} is {1} blocks high",
    ("predicate", "at"): "the robot is at {0}",
    ("predicate", "has-block"): "the robot carries a block",
    ("predicate", "succ"): "the number {0} is one more than {1}",
    ("predicate", "neighbor"): "the cells {0} and {1} share a side",
    ("predicate", "is-depot"): "new blocks are made at {0}",
}
_FLOORTILE: Glosses = {
    ("type", "robot"): "a robot that paints",
    ("type", "tile"): "a tile of the floor",
    ("type", "color"): "a colour of paint",
    ("predicate", "robot-at"): "robot {0} stands on tile {1}",
    ("predicate", "up"): "tile {0} lies directly above tile {1}",
    ("predicate", "down"): "tile {0} lies directly below tile {1}",
    ("predicate", "right"): "tile {0} lies directly right of tile {1}",
    ("predicate", "left"): "tile {0} lies directly left of tile {1}",
    ("predicate", "clear"): "no robot stands on {0} and it is not painted",
    ("predicate", "painted"): "tile {0} is painted in {1}",
    ("predicate", "robot-has"): "the spray gun of robot {0} holds {1}",
    ("predicate", "available-color"): "the paint {0} can be had",
    ("predicate", "free-color"): "the spray gun of robot {0} is empty",
    ("function", "total-cost"): "the cost of the plan: 0 at the start, to be minimised",
}


class LlmPddl(Source):
    """The problems of one domain folder of LLM+P."""

    format = "pddl"
    family = "Planning"
    licence = Licence("none stated", False)
    upstream = UPSTREAM
    prompt = _PROMPT

    def __init__(self, task: str, glosses: Glosses) -> None:
        self.task = task
        self.glosses = glosses

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The worked example first, then the problems in order.

        Raises UserError if the domain is not there.
        """
        home = folder / "domains" / self.task
        (domain_file,) = require(home, "domain.pddl")
        domain = domain_file.read_bytes().decode("utf-8-sig", "replace")
        stems = {path.stem for path in home.iterdir() if path.suffix in (".nl", ".pddl") and _STEM.fullmatch(path.stem)}
        for stem in sorted(stems, key=lambda stem: (stem != "p_example", len(stem), stem)):
            split = Split.TRAIN if stem == "p_example" else Split.TEST
            data = _pair(home, stem)
            if not isinstance(data, Rejected):
                data = {"domain": domain, **data}
            yield Row(f"domains/{self.task}/{stem}.pddl", 0, split, data)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data: Mapping[str, Any] = row.data
        definitions = self.definitions(data["domain"])
        if isinstance(definitions, Rejected):
            return definitions
        problem = data["problem"].strip()
        if not data["description"].strip():
            return Rejected(Reason.EMPTY_INPUT, "the description is blank")
        if not problem:
            return Rejected(Reason.EMPTY_SYMBOL, "the problem file is blank")
        return Example(
            input=data["description"].strip(),
            completion=problem,
            context=Context(definitions, {"domain": data["domain"], "problem": problem}),
            answer={"solvable": True},
        )

    @lru_cache(maxsize=4)  # noqa: B019 - one object per task lives as long as the program
    def definitions(self, domain: str) -> str | Rejected:
        """The vocabulary lines of a domain text."""
        try:
            tree = parse(domain)
        except SymbolError as error:
            return Rejected(Reason.MISSING_CONTEXT, f"domain.pddl does not parse: {error}", error.position)
        if not isinstance(tree, Domain):
            return Rejected(Reason.MISSING_CONTEXT, "domain.pddl does not define a domain")
        return vocabulary(tree, self.glosses)


def _pair(home: Path, stem: str) -> dict[str, str] | Rejected:
    """The description and the problem of one number, or what is missing."""
    texts = {}
    for key, suffix, reason in (("description", ".nl", Reason.EMPTY_INPUT), ("problem", ".pddl", Reason.NO_LABEL)):
        path = home / f"{stem}{suffix}"
        if not path.exists():
            return Rejected(reason, f"there is no {path.name}")
        try:
            texts[key] = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            return Rejected(Reason.MALFORMED_ROW, f"{path.name} is not UTF-8 at byte {error.start}")
    return texts


BLOCKSWORLD = LlmPddl("blocksworld", _BLOCKSWORLD)
TERMES = LlmPddl("termes", _TERMES)
FLOORTILE = LlmPddl("floortile", _FLOORTILE)
GRIPPERS = LlmPddl("grippers", _GRIPPERS)
