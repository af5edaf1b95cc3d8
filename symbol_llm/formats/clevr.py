"""CLEVR programs, the symbols of the task CLEVR: ``count(filter_color(green,same_material(unique(scene()))))``.

    clevr_operations  which operations there are, their types and glosses
    clevr_program     the tree, its text and types
    clevr_scene       running a program on a scene, the engine
    clevr_witness     scenes that tell two programs apart

Definitions name the operations, one a line, ``count(set): how many``; the gloss tells which operation is meant, so a
renamed program runs as soon as its definitions are renamed. Without definitions all operations have their own names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import ClassVar

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Score, Verdict
from symbol_llm.formats.clevr_operations import BY_GLOSS, OPERATIONS, Operation
from symbol_llm.formats.clevr_program import Node, parse_program, render_program, type_fault
from symbol_llm.formats.clevr_scene import ENGINE, RunFault, Scene, SceneFault, read_scene, run_program
from symbol_llm.formats.clevr_witness import telling_scenes
from symbol_llm.formats.defined_names import Glossed
from symbol_llm.formats.definition_lines import read_definitions
from symbol_llm.formats.exact_match import exact_match


class Clevr(Glossed[Node]):
    name = "clevr"
    grammar = "functional programs of CLEVR v1.0, Johnson et al. 2017, arXiv 1612.06890"
    metric = "EM"
    kind = "operation"
    meanings = BY_GLOSS
    own_glosses: ClassVar = {name: operation.gloss for name, operation in OPERATIONS.items()}

    @property
    def engine(self) -> str:
        return ENGINE

    def parse(self, text: str) -> Node:
        return parse_program(text)

    def render(self, tree: Node) -> str:
        return render_program(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """No blanks; neighbouring filters, and the inputs of commutative operations, in a fixed order.

        Raises SymbolError also if the definitions contradict themselves.
        """
        return _canonical(self.parse(text), operations_of(context.definitions))[1]

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether the program is well-typed and, where there is a scene, has an answer on it."""
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, ENGINE, str(error))
        try:
            meaning = operations_of(context.definitions)
        except SymbolError as error:
            return Verdict(None, ENGINE, f"the definitions contradict themselves: {error}")
        fault = type_fault(tree, meaning)
        if fault:
            return Verdict(False, ENGINE, fault)
        if "scene" not in context.world:
            return Verdict(True, ENGINE, "well-typed; no scene to run on")
        try:
            scene = read_scene(context.world["scene"])
            return Verdict(True, ENGINE, f"answers {run_program(tree, meaning, scene)}")
        except SceneFault as fault_of_scene:
            return Verdict(None, ENGINE, str(fault_of_scene))
        except RunFault as fault_of_program:
            return Verdict(False, ENGINE, str(fault_of_program))

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Same canonical form: yes. A scene with two answers: no. Neither: unknown, since scenes are endless.

        Raises SymbolError if one does not parse.
        """
        trees = self.parse(a), self.parse(b)
        try:
            meaning = operations_of(context.definitions)
        except SymbolError as error:
            return Verdict(None, ENGINE, f"the definitions contradict themselves: {error}")
        if _canonical(trees[0], meaning) == _canonical(trees[1], meaning):
            return Verdict(True, ENGINE, "same canonical form")
        faults = [type_fault(tree, meaning) for tree in trees]
        if any(faults):
            return Verdict(None if all(faults) else False, ENGINE, next(filter(None, faults)))
        own = []
        if "scene" in context.world:
            try:
                own = [read_scene(context.world["scene"])]
            except SceneFault as fault:
                return Verdict(None, ENGINE, str(fault))
        num_answered = 0
        for scene in chain(own, telling_scenes(trees, meaning)):
            first, second = (_answer(tree, meaning, scene) for tree in trees)
            if first != second:
                where = "the scene" if scene in own else f"a scene of {len(scene.objects)} objects"
                answers = (answer or "no answer" for answer in (first, second))
                return Verdict(False, ENGINE, f"on {where}: {' against '.join(answers)}")
            num_answered += first is not None
        return Verdict(None, ENGINE, f"same answers on {num_answered} scenes, which is no proof")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        return exact_match(self, prediction, reference, context)

    def used(self, tree: Node) -> Iterator[str]:
        """The operations; values such as ``green`` are words of the question and stay."""
        return (node.function for node in tree.walk())

    def replaced(self, tree: Node, new: Mapping[str, str]) -> Node:
        inputs = tuple(self.replaced(below, new) for below in tree.inputs)
        return Node(new.get(tree.function, tree.function), tree.values, inputs)


@lru_cache(maxsize=256)
def operations_of(definitions: str) -> Mapping[str, Operation]:
    """What the names mean: as defined, or all operations by their own names where none is defined.

    Raises SymbolError if the definitions contradict themselves.
    """
    defined = read_definitions(definitions, BY_GLOSS)
    return {name: BY_GLOSS[gloss] for name, gloss in defined.items()} or OPERATIONS


def _answer(tree: Node, meaning: Mapping[str, Operation], scene: Scene) -> str | None:
    try:
        return run_program(tree, meaning, scene)
    except RunFault:
        return None


def _canonical(tree: Node, meaning: Mapping[str, Operation]) -> tuple[str, str]:
    """The canonical text of a tree: in the operations' own names, by which inputs are ordered, and in the names used.

    So a renamed program has the renamed canonical form.
    """
    filters: list[tuple[str, str]] = []  # neighbouring filters commute, and one that stands twice counts once
    node, operation = tree, meaning.get(tree.function)
    while operation is not None and operation.name.startswith("filter_") and len(node.values) == len(node.inputs) == 1:
        filters.append((f"{operation.name}({node.values[0]},", f"{node.function}({node.values[0]},"))
        node = node.inputs[0]
        operation = meaning.get(node.function)
    inputs = [_canonical(below, meaning) for below in node.inputs]
    if operation is not None and operation.is_commutative:
        inputs.sort()
    texts = []
    for which in (0, 1):
        # An unknown name is marked, so that it is told from an operation of that name under other definitions.
        head = node.function if which else (operation.name if operation else f"?{node.function}")
        body = f"{head}({','.join((*node.values, *(text[which] for text in inputs)))})"
        ordered = sorted(set(filters))
        texts.append("".join(text[which] for text in ordered) + body + ")" * len(ordered))
    return texts[0], texts[1]
