"""The SCAN language: which commands there are, and which actions each one denotes.

    jump twice after turn left   →   I_TURN_LEFT I_JUMP I_JUMP

Grammar and denotation of Lake and Baroni 2018, "Generalization without Systematicity", supplement:

    C → S and S | S after S | S          S → V twice | V thrice | V
    V → D opposite LR | D around LR | D LR | U      (D LR: "turn left", "walk right"; U: "walk")

The language is finite: 20,910 commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from symbol_llm.errors import SymbolError

ENGINE = "SCAN grammar 1.0"

# What an action does, in the words of the commands -> its standard token.
ACTIONS = {
    "turn right": "I_TURN_RIGHT",
    "turn left": "I_TURN_LEFT",
    "walk": "I_WALK",
    "run": "I_RUN",
    "look": "I_LOOK",
    "jump": "I_JUMP",
}

_VERBS = ("walk", "look", "run", "jump")  # U
_TURNING = ("turn", *_VERBS)  # D
_DIRECTIONS = ("left", "right")
_MANNERS = ("opposite", "around")
_REPEATS = {"twice": 2, "thrice": 3}
_WORD = re.compile(r"[^ ]+")


class _Words(NamedTuple):
    """The words of a command with their positions; the end of the command is the empty word."""

    command: str
    words: list[tuple[str, int]]

    def at(self, index: int) -> str:
        return self.words[index][0]

    def fault(self, index: int, expected: str) -> SymbolError:
        return SymbolError(self.command, self.words[index][1], expected)


def interpret(command: str, vocabulary: Mapping[str, str] = ACTIONS) -> list[str]:
    """The actions that a command denotes, as tokens of the vocabulary (meaning -> token).

    Raises SymbolError if the command is not in the language, or the vocabulary has no token for one of its actions.
    """
    words = [(match[0], match.start()) for match in _WORD.finditer(command)]
    text = _Words(command, [*words, ("", len(command))])
    actions, end = _read_phrase(text, 0, vocabulary)
    if text.at(end) in ("and", "after"):
        second, last = _read_phrase(text, end + 1, vocabulary)
        actions = actions + second if text.at(end) == "and" else second + actions
        end = last
        if text.at(end):
            raise text.fault(end, "the end of the command")
    elif text.at(end):
        raise text.fault(end, "'and', 'after' or the end of the command")
    return actions


def _read_phrase(text: _Words, start: int, vocabulary: Mapping[str, str]) -> tuple[list[str], int]:
    """S: the actions of one phrase, and where it ends."""
    verb = text.at(start)
    if verb not in _TURNING:
        raise text.fault(start, "one of " + ", ".join(_TURNING))
    step = [] if verb == "turn" else [_token(text, start, verb, vocabulary)]
    end = start + 1
    manner = text.at(end) if text.at(end) in _MANNERS else ""
    end += bool(manner)
    direction = text.at(end)
    if direction in _DIRECTIONS:
        turn = [_token(text, end, f"turn {direction}", vocabulary)]
        match manner:
            case "opposite":
                step = turn + turn + step
            case "around":
                step = (turn + step) * 4
            case _:
                step = turn + step
        end += 1
    elif manner or verb == "turn":
        raise text.fault(end, "left or right" if manner else "opposite, around, left or right")
    repeat = _REPEATS.get(text.at(end), 1)
    return step * repeat, end + (repeat > 1)


def _token(text: _Words, index: int, meaning: str, vocabulary: Mapping[str, str]) -> str:
    if meaning not in vocabulary:
        raise text.fault(index, "an action that is defined")
    return vocabulary[meaning]


def all_commands() -> Iterator[str]:
    """Every command of the language once, in the order of the grammar: 20,910."""
    turns = [f"{verb} {direction}" for verb in _TURNING for direction in _DIRECTIONS]
    manners = [f"{verb} {how} {where}" for how in _MANNERS for verb in _TURNING for where in _DIRECTIONS]
    simple = [*_VERBS, *turns, *manners]
    phrases = [*simple, *(f"{phrase} {repeat}" for repeat in _REPEATS for phrase in simple)]
    yield from phrases
    for joint in ("and", "after"):
        for first in phrases:
            yield from (f"{first} {joint} {second}" for second in phrases)
