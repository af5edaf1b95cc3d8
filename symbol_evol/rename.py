"""One evolved record: choose names, rename in definitions, world and symbol together, leave the glosses.

I_JUMP: jump                 ->   PMx1Ua: jump
jump twice -> I_JUMP I_JUMP  ->   jump twice -> PMx1Ua PMx1Ua
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

import orjson

import collection.sources
from collection.prompts import render
from collection.sources.base import Example
from symbol_evol.styles import fresh_names
from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name
from symbol_llm.formats import get as get_format
from symbol_llm.record import Origin, Record

_TOKEN = re.compile(r"[^\W_]\w*|\w+")


class EvolReason(StrEnum):
    """Why a record was not evolved."""

    NOTHING_DEFINED = "nothing_defined"  # the prompt defines no name that the symbol uses
    NOT_READABLE = "not_readable"  # the stored symbol or its definitions do not parse
    OLD_NAME_LEAKS = "old_name_leaks"
    INVERSE_DIFFERS = "inverse_differs"
    ENGINE_REJECTED = "engine_rejected"
    RESULT_DIFFERS = "result_differs"
    NOT_EXECUTED = "not_executed"  # the original symbol itself gives no result to compare with


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that could not be evolved or proved, with the reason."""

    reason: EvolReason
    detail: str


@dataclass(frozen=True, slots=True)
class Renaming:
    """An evolved symbol with its context, and the names that were replaced."""

    completion: str
    context: Context
    mapping: Mapping[Name, str]

    @property
    def inverse(self) -> dict[Name, str]:
        return {Name(old.kind, new): old.text for old, new in self.mapping.items()}


def choose_renaming(record: Record, style: str, seed: int) -> Renaming | Refused:
    """Fresh names for some or all names that the record defines, at least one of them used by the symbol.

    A function of the record's id, the style and the seed.
    """
    language = get_format(record.format)
    rng = Random(f"{seed}/{style}/{record.id}")
    context = record.to_context()
    try:
        tree = language.parse(record.completion)
        defined = language.defined_names(context)
        used = sorted(language.names(tree) & set(defined))
        if not used:
            return Refused(EvolReason.NOTHING_DEFINED, "the prompt defines no name that the symbol uses")
        chosen = set(defined) if rng.random() < 0.5 else set(rng.sample(defined, rng.randint(1, len(defined))))
        chosen.add(rng.choice(used))
        old = [name for name in defined if name in chosen]
        text = f"{record.prompt}\n{record.completion}\n{record.world or ''}"
        taken = {token.lower() for token in _TOKEN.findall(text)}
        new = fresh_names(len(old), style, rng, taken)
        if not language.is_case_sensitive:
            new = [name.lower() for name in new]
        mapping = dict(zip(old, new, strict=True))
        completion = language.render(language.rename(tree, mapping))
        return Renaming(completion, language.rename_context(context, mapping), mapping)
    except (SymbolError, ValueError) as error:
        return Refused(EvolReason.NOT_READABLE, str(error))


def evolved_record(record: Record, renaming: Renaming, proof: str, style: str, seed: int) -> Record:
    """The record of an evolved symbol, its prompt rendered anew; ``parent`` is the original's id."""
    source = collection.sources.get(record.task)
    language = get_format(record.format)
    example = Example(input=record.input, completion=renaming.completion, context=renaming.context)
    prompt = render(source.prompt, example, record.task, record.split, seed)
    world = renaming.context.world
    return replace(
        record,
        id=prompt.id,
        origin=Origin.EVOLVED,
        prompt=prompt.text,
        completion=renaming.completion,
        instruction=prompt.instruction,
        context=renaming.context.definitions,
        template=prompt.template,
        world=orjson.dumps(world, option=orjson.OPT_SORT_KEYS).decode() if world else None,
        canonical=language.canonical(renaming.completion, renaming.context),
        parent=record.id,
        proof=f"{style}: {proof}",
    )
