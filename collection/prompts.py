"""Rendering a prompt: what records of a task share comes first, what differs comes last.

    Translate the command into a sequence of actions.      one of about ten paraphrases
    I_JUMP: jump                                            the definitions
    The command is: jump twice                              the request
    The actions are:                                        the cue

The paraphrase is a function of the record's id and the seed, so a rebuild is byte-identical.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from collection.sources.base import Example, Prompt
from symbol_llm.record import content_id


class Rendered(NamedTuple):
    """A prompt with its id, and which instruction it was rendered with."""

    id: str
    text: str
    instruction: str
    template: str


def record_id(task: str, split: str, example: Example) -> str:
    """The id of an example's record. The same words about another scene, table or story are another record."""
    return content_id(task, split, example.context.definitions, example.input, example.completion, example.group)


def render(prompt: Prompt, example: Example, task: str, split: str, seed: int) -> Rendered:
    """The prompt of one example. It ends with a newline; the completion follows at once."""
    name = record_id(task, split, example)
    drawn = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    choice = int.from_bytes(drawn, "big") % len(prompt.instructions)
    return Rendered(name, render_with(prompt, choice, example), prompt.instructions[choice], f"{choice}/0-shot")


def render_with(prompt: Prompt, choice: int, example: Example) -> str:
    """The prompt of one example with a given instruction paraphrase."""
    parts = [prompt.instructions[choice]]
    if example.context.definitions:
        if prompt.definitions_label:
            parts.append(prompt.definitions_label)
        parts.append(example.context.definitions.strip("\n"))
    parts.append(f"{prompt.input_label} {example.input}")
    parts.append(prompt.cue)
    return "\n".join(parts) + "\n"
