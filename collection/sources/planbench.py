"""PlanBench: Blocksworld problems in English with optimal plans.

    plan-bench/prompts/blocksworld/task_1_plan_generation.json
    {"instances": [{"instance_id": 2, "example_instance_ids": [1], "ground_truth_plan": "(pick-up red)\\n…\\n",
      "query": "… [STATEMENT] … a solved example … [STATEMENT]\\nAs initial conditions I have that, the red block is
                clear, …\\nMy goal is to have that the red block is on top of the blue block.\\n\\nMy plan is …"}, …]}
    →
    definitions   domain blocksworld-4ops⏎(clear ?x): … ⏎action (pick-up ?ob): the hand takes ?ob from the table …
    input         As initial conditions I have that, the red block is clear, … ⏎My goal is to have that …
    completion    (pick-up red)⏎(stack red blue)
    world         the domain, and the problem in colours

Upstream's PDDL instances call the blocks by letters, its texts and plans by colours. The problem that a plan is
checked against is read from the text, whose sentences are a closed set. Where upstream's ``instance-N.pddl`` is there,
it must be the same problem up to the names of the blocks, or else the row is misaligned.

The solved example of a query is another row: it is not shown, since it would give a test row's plan to a training
row. Upstream has no splits: about 86 / 7 / 7 in a hundred by the hash of the problem's shape, which does not depend on
colours, so that recoloured copies are never in two splits. Only the folders ``blocksworld`` and ``blocksworld_3`` are
read: the other domains, also the renamed "mystery" one, tell their problems in other sentences.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.json_array import read_json_array
from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Context
from symbol_llm.formats.pddl_equivalence import compare
from symbol_llm.formats.pddl_parser import parse, parse_lower
from symbol_llm.formats.pddl_printer import canonical
from symbol_llm.formats.pddl_tree import Domain, Problem
from symbol_llm.formats.pddl_vocabulary import Glosses, vocabulary
from symbol_llm.record import Split

_PROMPTS = ("blocksworld", "blocksworld_3")
_FILE = "prompts/{}/task_1_plan_generation.json"
_DOMAIN = "instances/blocksworld/generated_domain.pddl"
_INSTANCES = {"blocksworld": "generated_basic", "blocksworld_3": "generated_basic_3"}

_STATEMENT = re.compile(
    r"\s*As initial conditions I have that,?\s*(?P<init>[^\n]*?)\.\s*"
    r"My goal is to have that\s*(?P<goal>[^\n]*?)\.\s*My plan is as follows:\s*\[PLAN\]\s*"
)
_AND = re.compile(r",\s*(?:and\s+)?|\s+and\s+")
_FACTS = {
    "(handempty)": r"the hand is empty",
    "(clear {})": r"the (\w+) block is clear",
    "(ontable {})": r"the (\w+) block is on the table",
    "(holding {})": r"(?:the hand|I) (?:is|am) (?:currently )?holding the (\w+) block",
    "(on {} {})": r"the (\w+) block is on top of the (\w+) block",
}
_GLOSSES: Glosses = {
    ("predicate", "clear"): "nothing is on top of {0}",
    ("predicate", "ontable"): "{0} is on the table",
    ("predicate", "handempty"): "the hand holds nothing",
    ("predicate", "holding"): "the hand holds {0}",
    ("predicate", "on"): "{0} is on top of {1}",
    ("action", "pick-up"): "pick up the clear block {0} from the table with the empty hand",
    ("action", "put-down"): "put the held block {0} down on the table",
    ("action", "stack"): "stack the held block {0} on top of the clear block {1}",
    ("action", "unstack"): "unstack the clear block {0} from on top of {1} with the empty hand",
}


class Scene(NamedTuple):
    """A problem as its text tells it: facts in PDDL, ``(on red blue)``."""

    init: tuple[str, ...]
    goal: tuple[str, ...]

    def to_pddl(self, domain: str) -> str:
        """The problem in PDDL; its objects are the blocks in order of the text."""
        blocks = dict.fromkeys(word for fact in (*self.init, *self.goal) for word in fact.strip("()").split()[1:])
        return (
            f"(define (problem blocks-{len(blocks)}) (:domain {domain})\n(:objects {' '.join(blocks)})\n"
            f"(:init {' '.join(self.init)})\n(:goal (and {' '.join(self.goal)})))"
        )

    def shape(self) -> str:
        """A description without colours, the same for problems that differ in them: where the blocks of each goal
        stand in the towers, and how high these are.
        """
        below = {upper: lower for fact in self.init if fact.startswith("(on ") for upper, lower in [_blocks(fact)]}
        above = {lower: upper for upper, lower in below.items()}

        def place(block: str) -> tuple[int, int]:
            return _steps(below, block), _steps(above, block)

        towers = sorted(place(_blocks(fact)[0]) for fact in self.init if fact.startswith(("(clear", "(holding")))
        goals = sorted((fact[1:3], *map(place, _blocks(fact))) for fact in self.goal)
        return f"{towers} {goals}"


class PlanBench(Source):
    task = "planbench"
    format = "pddl"
    family = "Planning"
    licence = Licence("MIT", True)
    upstream = Upstream(
        dataset="planbench",
        url="https://github.com/karthikv792/LLMs-Planning",
        revision="b008bc4327112affd525035b9e82f93f54b9b3a3",
        citation=(
            "Valmeekam et al. 2023, PlanBench: An Extensible Benchmark for Evaluating Large Language Models on "
            "Planning and Reasoning about Change, arXiv:2206.10498"
        ),
        sizes={"all": 500},
    )
    prompt = Prompt(
        instructions=(
            "Write a plan in PDDL that reaches the goal, an action per line.",
            "Solve the planning problem: give the actions in PDDL, one per line.",
            "Which actions lead from the initial conditions to the goal? Write them in PDDL.",
            "Give the steps that achieve the goal as PDDL actions.",
            "Plan the moves of the hand and write each as a PDDL action.",
            "Find a plan for the blocks, with one action of the domain on each line.",
            "List the PDDL actions that turn the first state into the wanted one.",
            "Reach the goal with the actions of the domain. Write the plan in PDDL.",
            "Read the state of the blocks and the goal, then write a PDDL plan.",
            "Work out how to rearrange the blocks and give the plan as PDDL actions.",
        ),
        definitions_label="The domain has these symbols:",
        input_label="The problem is:",
        cue="The plan is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The instances of each prompt file, in order."""
        home = folder / "plan-bench" if (folder / "plan-bench").is_dir() else folder
        domain = require(home, _DOMAIN)[0].read_text(encoding="utf-8-sig", errors="replace")
        for path in require(home, *(_FILE.format(name) for name in _PROMPTS)):
            instances = home / "instances" / "blocksworld" / _INSTANCES[path.parent.name]
            file = path.relative_to(folder).as_posix()
            for index, data in enumerate(read_json_array(path, "instances")):
                scene = read_scene(data)
                if isinstance(scene, Rejected):
                    yield Row(file, index, Split.TRAIN, data if _is_json(data) else scene)
                    continue
                instance = instances / f"instance-{data.get('instance_id')}.pddl"
                pddl = instance.read_text(encoding="utf-8-sig", errors="replace") if instance.is_file() else None
                joined = {**data, "domain": domain, "instance": pddl}
                fault = Rejected(Reason.MALFORMED_ROW, "the row cannot be written as JSON again")
                yield Row(file, index, _draw(scene.shape()), joined if _is_json(data) else fault)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        scene = read_scene(row.data)
        if isinstance(scene, Rejected):
            return scene
        plan = row.data.get("ground_truth_plan")
        if not isinstance(plan, str):
            return Rejected(Reason.NO_LABEL, "the row has no ground_truth_plan")
        if not plan.strip():
            return Rejected(Reason.EMPTY_SYMBOL, "the plan is empty")
        domain = _domain(row.data["domain"])
        if isinstance(domain, Rejected):
            return domain
        problem = scene.to_pddl(domain.name)
        instance = row.data["instance"]
        if instance is not None and (difference := _difference(problem, instance)):
            return Rejected(Reason.MISALIGNED, f"instance-{row.data['instance_id']}.pddl {difference}")
        return Example(
            input=_text(row.data["query"]),
            completion="\n".join(line.strip() for line in plan.strip().splitlines()),
            context=Context(
                vocabulary(domain, _GLOSSES, with_actions=True), {"domain": row.data["domain"], "problem": problem}
            ),
            group=hashlib.sha256(scene.shape().encode()).hexdigest()[:12],
        )


def read_scene(data: Any) -> Scene | Rejected:
    """The problem that the last statement of a query tells, or why it cannot be read."""
    if not isinstance(data, dict) or not isinstance(data.get("query"), str):
        return Rejected(Reason.MALFORMED_ROW, "an instance must be an object with the text query")
    statement = _STATEMENT.fullmatch(data["query"].rpartition("[STATEMENT]")[2])
    if statement is None:
        return Rejected(Reason.MALFORMED_ROW, "the query does not end in a [STATEMENT] with conditions and goal")
    parts: list[tuple[str, ...]] = []
    for text in (statement["init"], statement["goal"]):
        facts = [_fact(sentence) for sentence in _AND.split(text.strip())]
        unread = [sentence for sentence, fact in zip(_AND.split(text.strip()), facts) if fact is None]
        if unread:
            return Rejected(Reason.MALFORMED_ROW, f"not a sentence of Blocksworld: {unread[0]!r}")
        parts.append(tuple(fact for fact in facts if fact))
    return Scene(*parts)


def _text(query: str) -> str:
    """The last statement of a query, without the invitation to plan."""
    lines = query.rpartition("[STATEMENT]")[2].partition("My plan is")[0].strip().splitlines()
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


def _fact(sentence: str) -> str | None:
    for fact, pattern in _FACTS.items():
        if found := re.fullmatch(pattern, sentence.strip()):
            return fact.format(*found.groups())
    return None


def _blocks(fact: str) -> Sequence[str]:
    return fact.strip("()").split()[1:]


def _steps(neighbour: dict[str, str], block: str) -> int:
    """How many blocks follow; a text may wrongly tell of blocks in a circle."""
    seen = {block}
    while (block := neighbour.get(block, block)) not in seen:
        seen.add(block)
    return len(seen) - 1


@lru_cache(maxsize=4)
def _domain(text: str) -> Domain | Rejected:
    try:
        tree = parse(text)
    except SymbolError as error:
        return Rejected(Reason.MISSING_CONTEXT, f"generated_domain.pddl does not parse: {error}", error.position)
    return tree if isinstance(tree, Domain) else Rejected(Reason.MISSING_CONTEXT, "generated_domain.pddl is no domain")


def _difference(problem: str, instance: str) -> str:
    """How upstream's PDDL differs from the problem of the text; empty if only the names of the blocks do."""
    try:
        first, second = canonical(parse_lower(problem)), canonical(parse_lower(instance))
    except SymbolError as error:
        return f"does not parse: {error}"
    if not isinstance(first, Problem) or not isinstance(second, Problem):
        return "is not a problem"
    found = compare(first, second)
    return "" if found.holds is not False else f"is another problem than the text: {found.reason}"


def _is_json(data: Any) -> bool:
    """Half of a surrogate pair, which JSON's escapes can spell, is no text that can be stored."""
    try:
        orjson.dumps(data)
    except TypeError:
        return False
    return True


def _draw(key: str) -> Split:
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32
    return Split.TRAIN if share < 0.86 else Split.VALIDATION if share < 0.93 else Split.TEST


PLANBENCH = PlanBench()
