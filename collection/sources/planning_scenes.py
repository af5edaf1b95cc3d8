"""What the generated planning tasks share: a scene in English becomes a one-line PDDL problem.

    {"text": "From the top: red, blue. … Put blue on red.", "objects": [["red", ""], …],
     "init": [["clear", "red"], …], "goal": [["on", "blue", "red"]]}
    →   (define (problem p) (:domain blocks) (:objects red blue) (:init (clear red) …) (:goal (and (on blue red))))

Objects and facts stand in the order in which the sentences bring them up, so a text has exactly one right problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from collection.sources.base import Example, GeneratedSource, Prompt, Rejected, Row
from symbol_llm.formats.base import Context
from symbol_llm.formats.pddl_parser import parse
from symbol_llm.formats.pddl_printer import render
from symbol_llm.formats.pddl_tree import Atom, Domain, Junction, Problem, Typed
from symbol_llm.formats.pddl_vocabulary import Glosses, vocabulary
from symbol_llm.record import Split

COLOURS = ("red", "blue", "green", "yellow", "white", "black", "pink", "brown")
SIZES = {Split.TRAIN: 8000, Split.VALIDATION: 100, Split.TEST: 300}


class PlanningScenes(GeneratedSource):
    """A generated planning task over a domain of our own."""

    format = "pddl"
    family = "Planning"
    sizes = SIZES
    prompt = Prompt(
        instructions=(
            "Write the scene in PDDL.",
            "Translate to a PDDL problem.",
            "Give the PDDL problem.",
            "Turn the scene into PDDL.",
            "State the task in PDDL.",
            "Write a PDDL problem for this.",
            "Formalise the scene for a planner.",
            "Convert the text to PDDL.",
            "Express the scene and goal in PDDL.",
            "Write down the planning problem.",
        ),
        input_label="Scene:",
        cue="PDDL:",
    )

    def __init__(self, task: str, domain: str, glosses: Glosses) -> None:
        self.task = task
        self.domain = domain
        tree = parse(domain)
        assert isinstance(tree, Domain)
        self.domain_name = tree.name
        self.definitions = vocabulary(tree, glosses)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        problem = render(
            Problem(
                "p",
                self.domain_name,
                (),
                tuple(Typed(name, (kind,) if kind else ()) for name, kind in data["objects"]),
                tuple(map(_atom, data["init"])),
                Junction("and", tuple(map(_atom, data["goal"]))),
            )
        )
        return Example(
            input=data["text"],
            completion=problem,
            context=Context(self.definitions, {"domain": self.domain, "problem": problem}),
            answer={"solvable": True},
        )


def _atom(words: Sequence[str]) -> Atom:
    return Atom(words[0], tuple(words[1:]))


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b`` or ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def pick(rng: Random, templates: Sequence[str], **values: str) -> str:
    """One of the templates, filled in."""
    return rng.choice(templates).format(**values)
