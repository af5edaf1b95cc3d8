"""SCAN actions, the symbols of the task SCAN: ``I_TURN_RIGHT I_JUMP``.

A symbol is a sequence of action tokens separated by single spaces. The definitions name the actions, one a line,
``I_JUMP: jump``; without definitions the six standard tokens hold. Where the command is known (``world["command"]``)
the engine interprets it with the published grammar (``scan_grammar``) and compares the actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Score, Verdict
from symbol_llm.formats.defined_names import Glossed
from symbol_llm.formats.definition_lines import NAME, read_definitions
from symbol_llm.formats.exact_match import exact_match
from symbol_llm.formats.scan_grammar import ACTIONS, ENGINE, interpret

Actions = tuple[str, ...]


class Scan(Glossed[Actions]):
    name = "scan"
    grammar = "Lake and Baroni 2018, Generalization without Systematicity, arXiv 1711.00350, supplement"
    metric = "EM"
    kind = "action"
    meanings = ACTIONS
    own_glosses: ClassVar = {token: meaning for meaning, token in ACTIONS.items()}

    @property
    def engine(self) -> str:
        return ENGINE

    def parse(self, text: str) -> Actions:
        """The action tokens. Blanks around the whole symbol do not count; inside, single spaces separate."""
        start, end = len(text) - len(text.lstrip(" \n\r\t")), len(text.rstrip(" \n\r\t"))
        tokens: list[str] = []
        while start < end or not tokens:
            token = NAME.match(text, start, end)
            if token is None:
                raise SymbolError(text, start, "an action: a letter, then letters, digits and _")
            tokens.append(token[0])
            start = token.end()
            if start < end and text[start] != " ":
                raise SymbolError(text, start, "a single space before the next action, or the end")
            start += 1
        return tuple(tokens)

    def render(self, tree: Actions) -> str:
        return " ".join(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        return self.render(self.parse(text))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether all actions are defined and, where the command is known, are exactly what it denotes."""
        try:
            actions = self.parse(text)
        except SymbolError as error:
            return Verdict(False, ENGINE, str(error))
        try:
            vocabulary = _vocabulary(context.definitions)
        except SymbolError as error:
            return Verdict(None, ENGINE, f"the definitions contradict themselves: {error}")
        known = set(vocabulary.values())
        unknown = next((token for token in actions if token not in known), None)
        if unknown is not None:
            return Verdict(False, ENGINE, f"{unknown:.40} is not defined; the actions are {', '.join(sorted(known))}")
        if "command" not in context.world:
            return Verdict(True, ENGINE, "all actions are defined; no command to compare with")
        try:
            meant = tuple(interpret(str(context.world["command"]), vocabulary))
        except SymbolError as error:
            return Verdict(False, ENGINE, f"the command has no actions: {error}")
        if actions == meant:
            return Verdict(True, ENGINE, "the command denotes these actions")
        return Verdict(False, ENGINE, "not what the command denotes: " + _first_difference(actions, meant))

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Sequences mean the same if they are the same. Raises SymbolError if one does not parse."""
        first, second = self.parse(a), self.parse(b)
        if first == second:
            return Verdict(True, ENGINE, "the same actions in the same order")
        return Verdict(False, ENGINE, _first_difference(first, second))

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        return exact_match(self, prediction, reference, context)

    def used(self, tree: Actions) -> Actions:
        return tree

    def replaced(self, tree: Actions, new: Mapping[str, str]) -> Actions:
        return tuple(new.get(token, token) for token in tree)


def _vocabulary(definitions: str) -> Mapping[str, str]:
    """Meaning -> token, as defined; the standard tokens where nothing is defined."""
    return {gloss: token for token, gloss in read_definitions(definitions, ACTIONS).items()} or ACTIONS


def _first_difference(a: Actions, b: Actions) -> str:
    for number, (first, second) in enumerate(zip(a, b), 1):
        if first != second:
            return f"action {number} is {first}, not {second}"
    return f"{len(a)} actions, not {len(b)}"
