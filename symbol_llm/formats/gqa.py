"""GQA programs, the symbols of the task GQA: operations chained by ``-->``.

    "Is the sky dark?"   select: sky --> verify color: dark [0]

    gqa_operations  which operations there are, their types and glosses, categories of attributes
    gqa_program     the steps, their text and types, upstream's list form
    gqa_canonical   one text for all ways to write the same
    gqa_scene       running a program on a scene graph, the engine

Definitions name operations, one a line, ``exist(set): is there any``; the gloss tells which operation is meant, so a
renamed program runs as soon as its definitions are renamed. Without definitions all operations have their own names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Score, Verdict
from symbol_llm.formats.defined_names import Glossed
from symbol_llm.formats.definition_lines import read_definitions
from symbol_llm.formats.exact_match import exact_match
from symbol_llm.formats.gqa_canonical import canonical_program
from symbol_llm.formats.gqa_operations import BY_GLOSS, OPERATIONS, Operation
from symbol_llm.formats.gqa_program import Node, Program, TypeFault, parse_program, render_program, typed
from symbol_llm.formats.gqa_scene import ENGINE, RunFault, SceneFault, read_scene, run_program


class Gqa(Glossed[Program]):
    name = "gqa"
    grammar = "functional programs of GQA 1.2, Hudson and Manning 2019, arXiv 1902.09506"
    metric = "EM"
    kind = "operation"
    meanings = BY_GLOSS
    own_glosses: ClassVar = {name: operation.gloss for name, operation in OPERATIONS.items()}

    @property
    def engine(self) -> str:
        return ENGINE

    def parse(self, text: str) -> Program:
        return parse_program(text)

    def render(self, tree: Program) -> str:
        return render_program(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """See gqa_canonical.py; an ill-typed program keeps its steps. Raises SymbolError for bad definitions too."""
        return _canonical(self.parse(text), operations_of(context.definitions))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether the program is well-typed and, where there is a scene, has an answer on it.

        None where the scene does not say what the program asks for.
        """
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, ENGINE, str(error))
        try:
            meaning = operations_of(context.definitions)
        except SymbolError as error:
            return Verdict(None, ENGINE, f"the definitions contradict themselves: {error}")
        try:
            nodes = typed(tree, meaning)
        except TypeFault as fault:
            return Verdict(False, ENGINE, str(fault))
        if "scene" not in context.world:
            return Verdict(True, ENGINE, "well-typed; no scene to run on")
        try:
            return Verdict(True, ENGINE, f"answers {run_program(nodes, read_scene(context.world))}")
        except SceneFault as fault_of_scene:
            return Verdict(None, ENGINE, str(fault_of_scene))
        except RunFault as fault_of_program:
            return Verdict(False, ENGINE, str(fault_of_program))

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Same canonical form: yes. Another type, or another answer on the scene: no. Neither: unknown.

        Raises SymbolError if one does not parse.
        """
        trees = self.parse(a), self.parse(b)
        try:
            meaning = operations_of(context.definitions)
        except SymbolError as error:
            return Verdict(None, ENGINE, f"the definitions contradict themselves: {error}")
        if _canonical(trees[0], meaning) == _canonical(trees[1], meaning):
            return Verdict(True, ENGINE, "same canonical form")
        nodes: list[tuple[Node, ...]] = []
        faults: list[str] = []
        for tree in trees:
            try:
                nodes.append(typed(tree, meaning))
            except TypeFault as fault:
                faults.append(str(fault))
        if faults:
            return Verdict(None if len(faults) == 2 else False, ENGINE, faults[0])
        gives = [program[-1].operation.output for program in nodes]
        if gives[0] != gives[1]:
            return Verdict(False, ENGINE, f"one answers '{gives[0]}', the other '{gives[1]}'")
        if "scene" not in context.world:
            return Verdict(None, ENGINE, "the canonical forms differ, and there is no scene to run on")
        try:
            first, second = (run_program(program, read_scene(context.world)) for program in nodes)
        except (SceneFault, RunFault) as fault_of_run:
            return Verdict(None, ENGINE, f"one has no answer on the scene: {fault_of_run}")
        if first != second:
            return Verdict(False, ENGINE, f"on the scene: {first} against {second}")
        return Verdict(None, ENGINE, f"both answer {first} on the scene, which is no proof")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """EM is exact match of the text; ``is_equivalent`` tells whether it asks the same."""
        return exact_match(self, prediction, reference, context)

    def used(self, tree: Program) -> Iterator[str]:
        """The operations; categories and arguments are words of the question and stay."""
        return (step.operation for step in tree)

    def replaced(self, tree: Program, new: Mapping[str, str]) -> Program:
        return tuple(replace(step, operation=new.get(step.operation, step.operation)) for step in tree)


@lru_cache(maxsize=256)
def operations_of(definitions: str) -> Mapping[str, Operation]:
    """What the names mean: as defined, or all operations by their own names where none is defined.

    Raises SymbolError if the definitions contradict themselves.
    """
    defined = read_definitions(definitions, BY_GLOSS)
    return {name: BY_GLOSS[gloss] for name, gloss in defined.items()} or OPERATIONS


def _canonical(tree: Program, meaning: Mapping[str, Operation]) -> str:
    try:
        return render_program(canonical_program(typed(tree, meaning)))
    except TypeFault:
        return render_program(tree)
