"""CLEVR programs, the symbols of the task CLEVR: ``count(filter_color(green,same_material(unique(scene()))))``.

    clevr_operations  which operations there are, their types and glosses
    clevr_program     the tree, its text and types
    clevr_scene       running a program on a scene, the engine
    clevr_witness     scenes that tell two programs apart

Definitions name the operations, one a line, ``count(set): how many``; the gloss tells which operation is meant, so a
renamed program runs as soon as its definitions are renamed. Without definitions all operations have their own names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import chain

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Format, Name, Score, Verdict
from symbol_llm.formats.clevr_operations import BY_GLOSS, OPERATIONS, Operation
from symbol_llm.formats.clevr_program import Node, parse_program, render_program, type_fault
from symbol_llm.formats.clevr_scene import ENGINE, RunFault, Scene, SceneFault, read_scene, run_program
from symbol_llm.formats.clevr_witness import telling_scenes
from symbol_llm.formats.definition_lines import check_names, read_definitions, rename_definitions
from symbol_llm.formats.exact_match import exact_match

_KIND = "operation"


class Clevr(Format[Node]):
    name = "clevr"
    grammar = "functional programs of CLEVR v1.0, Johnson et al. 2017, arXiv 1612.06890"
    metric = "EM"
    is_evolvable = True

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

    def names(self, tree: Node) -> frozenset[Name]:
        """The operations; values such as ``green`` are words of the question and stay."""
        functions = {node.function for node in tree.walk()}
        return frozenset(Name(_KIND, f, OPERATIONS[f].gloss if f in OPERATIONS else "") for f in functions)

    def rename(self, tree: Node, mapping: Mapping[Name, str]) -> Node:
        """Replace operations, all at once. Raises ValueError if two operations would become one."""
        new = _texts(mapping)
        check_names((node.function for node in tree.walk()), new)

        def renamed(node: Node) -> Node:
            return Node(new.get(node.function, node.function), node.values, tuple(map(renamed, node.inputs)))

        return renamed(tree)

    def defined_names(self, context: Context) -> tuple[Name, ...]:
        """Raises SymbolError if the definitions contradict themselves."""
        return tuple(
            Name(_KIND, name, gloss) for name, gloss in read_definitions(context.definitions, BY_GLOSS).items()
        )

    def rename_context(self, context: Context, mapping: Mapping[Name, str]) -> Context:
        """Rename in the definitions. A scene names no operations and stays."""
        return replace(context, definitions=rename_definitions(context.definitions, BY_GLOSS, _texts(mapping)))


@lru_cache(maxsize=256)
def operations_of(definitions: str) -> Mapping[str, Operation]:
    """What the names mean: as defined, or all operations by their own names where none is defined.

    Raises SymbolError if the definitions contradict themselves.
    """
    defined = read_definitions(definitions, BY_GLOSS)
    return {name: BY_GLOSS[gloss] for name, gloss in defined.items()} or OPERATIONS


def _texts(mapping: Mapping[Name, str]) -> dict[str, str]:
    return {name.text: new for name, new in mapping.items() if name.kind == _KIND}


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
