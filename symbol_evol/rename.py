"""One evolved record: choose names, rename in definitions, world and symbol together, leave the glosses.

```
I_JUMP: jump                 ->   PMx1Ua: jump
jump twice -> I_JUMP I_JUMP  ->   jump twice -> PMx1Ua PMx1Ua
```
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import orjson

import collection.sources
from collection.prompts import render
from collection.sources.base import Example
from symbol_evol.distances import WORD, all_words, is_plain, key, look_alikes
from symbol_evol.explicit import explicit
from symbol_evol.reading import Reading
from symbol_evol.reserved import reserved
from symbol_evol.styles import SHUFFLED, NoMoreNames, fresh_names, is_taken_by
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats import Context, Format, Name, Verdict
from symbol_llm.formats import get as get_format
from symbol_llm.record import Origin, Record

# What a definition shows of arguments; a concept may be spelt like a relation: ``ethnicGroup(Country,ethnicGroup): …``
_ARGUMENTS = re.compile(r"\(([^()\n]*)\):")


class EvolReason(StrEnum):
    """Why a record was not evolved."""

    STYLE_NOT_TAKEN = "style_not_taken"  # the language's grammar takes no names of the style
    NOT_READABLE = "not_readable"  # the stored symbol or its definitions do not parse
    NOTHING_DEFINED = "nothing_defined"  # there are no definitions, and none can be written out
    DEFINITIONS_DIFFER = "definitions_differ"  # the symbol uses nothing of what the definitions define
    NAME_IN_REQUEST = "name_in_request"  # the request, or a value of the symbol, says the names as they are
    LOOK_ALIKES = "look_alikes"  # two names of the record look the same
    TOO_FEW_NAMES = "too_few_names"  # nothing to exchange a name with, or the style has no more names
    COLLISION = "collision"  # a new name stands in the record already, or is a word of the language
    OLD_NAME_LEAKS = "old_name_leaks"
    INVERSE_DIFFERS = "inverse_differs"
    ENGINE_REJECTED = "engine_rejected"
    ENGINE_UNDECIDED = "engine_undecided"
    RESULT_DIFFERS = "result_differs"
    NO_NOTATION = "no_notation"  # no other notation of the kind fits the symbol
    NOTATION_DIFFERS = "notation_differs"  # taken back by what the prompt says, the symbol is not the renamed one
    NOT_EXECUTED = "not_executed"  # the original symbol itself gives no result to compare with


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that could not be evolved or proved, with the reason."""

    reason: EvolReason
    detail: str


@dataclass(frozen=True, slots=True)
class Renaming:
    """An evolved symbol with its context, and the names that were replaced.

    ``before`` is the record's own symbol, its definitions written out. ``held_out`` tells from which part fresh names
    were drawn.
    """

    completion: str
    context: Context
    mapping: Mapping[Name, str]
    before: Reading
    style: str
    held_out: bool = False

    @property
    def original(self) -> Context:
        """The record's own context, its definitions written out."""
        return self.before.context

    @property
    def inverse(self) -> dict[Name, str]:
        return {Name(old.kind, new): old.text for old, new in self.mapping.items()}


def choose_renaming(
    record: Record, style: str, seed: int, *, held_out: bool = False, root: Path | None = None
) -> Renaming | Refused:
    """New names for some or all names that the record defines, at least one of them used by the symbol.

    A function of the record, the style, the part of the names, and the seed. ``root`` is the raw folder.
    """
    if not is_taken_by(style, record.format):
        return Refused(EvolReason.STYLE_NOT_TAKEN, f"{record.format} takes no names of the style {style}")
    language = get_format(record.format)
    rng = Random(f"{seed}/{style}/{record.id}")
    try:
        original = explicit(record.format, record.completion, record.to_context(root))
        before = Reading(language, record.completion, original)
        found = _candidates(record, before)
        if isinstance(found, Refused):
            return found
        candidates, used = found
        if style == SHUFFLED:  # the one table of a schema has none to exchange its name with
            kinds = Counter(name.kind for name in candidates)
            used = [name for name in used if kinds[name.kind] > 1] or used
        old = _chosen(candidates, used, rng, language.is_case_sensitive)
        if style == SHUFFLED:
            mapping = _exchanged(old, candidates, used, rng)
            if not mapping:
                return Refused(EvolReason.TOO_FEW_NAMES, "no used name has another of its kind to be exchanged with")
        else:
            taken = words_of(record, original) | reserved(record.format) | {key(name.text) for name in before.defined}
            new = fresh_names(len(old), style, rng, taken, held_out=held_out, key=key)
            if not language.is_case_sensitive:
                new = [name.lower() for name in new]
            mapping = dict(zip(old, new, strict=True))
        completion = language.render(language.rename(before.tree, mapping))
        context = language.rename_context(original, mapping)
        return Renaming(completion, context, mapping, before, style, held_out)
    except NoMoreNames as error:
        return Refused(EvolReason.TOO_FEW_NAMES, str(error))
    except (SymbolError, UserError, ValueError) as error:
        return Refused(EvolReason.NOT_READABLE, str(error))


def words_of(record: Record, original: Context) -> frozenset[str]:
    """The keys of all words of a record, wherever they stand, and of all instructions that its new prompt may have."""
    found = all_words(record.prompt, original.definitions, record.completion, record.world or "")
    return found | {key(word) for word in instruction_words(record.task)}


def same_name(record_format: str, kind: str, text: str, is_case_sensitive: bool) -> tuple[str, str]:
    """What two spellings of one name have in common."""
    folded = text if is_case_sensitive else text.lower()
    return kind, folded.replace("_", " ") if record_format == "triples" else folded


def _candidates(record: Record, before: Reading) -> tuple[list[Name], list[Name]] | Refused:
    """The defined names that may be renamed, and those of them that the symbol uses."""
    language, defined = before.language, before.defined
    if not defined:
        return Refused(EvolReason.NOTHING_DEFINED, "the record has no definitions, and its symbol gives none")
    if pair := look_alikes(defined):
        return Refused(EvolReason.LOOK_ALIKES, f"{pair[0]} and {pair[1]} look the same and are different names")

    def same(name: Name) -> tuple[str, str]:
        return same_name(record.format, name.kind, name.text, language.is_case_sensitive)

    spoken = {same(name) for name in before.names}
    if not any(same(name) in spoken for name in defined):
        return Refused(EvolReason.DEFINITIONS_DIFFER, "the symbol uses none of the names that the definitions define")
    said = instruction_words(record.task) | words_as_written(record.input)
    for shown in _ARGUMENTS.findall(before.context.definitions):
        said |= words_as_written(shown.replace(",", " "))
    said |= _values(language, before.tree, [name for name in defined if same(name) in spoken])
    if not language.is_case_sensitive:
        said = frozenset(word.lower() for word in said)
    candidates = [
        name
        for name in defined
        for text in [name.text if language.is_case_sensitive else name.text.lower()]
        if any(map(str.isalnum, text)) and (is_plain(text) or text not in said)
    ]
    at_hand = [name for name in candidates if same(name) in spoken]
    if not at_hand:
        return Refused(EvolReason.NAME_IN_REQUEST, "request or values say every name that the symbol uses")
    return candidates, at_hand


def _values(language: Format[Any], tree: Any, names: Sequence[Name]) -> set[str]:
    """Words of a symbol that are not its names: ``keyval('amenity','bicycle_parking')`` has one spelt like a key."""
    probes = {name: f"qqprobe{number}" for number, name in enumerate(names)}
    return words_as_written(re.sub(r"[^\w.:-]", " ", language.render(language.rename(tree, probes))))


@cache
def instruction_words(task: str) -> frozenset[str]:
    """The words of a task's instructions and labels, as written."""
    prompt = collection.sources.get(task).prompt
    texts = (*prompt.instructions, prompt.input_label, prompt.cue, prompt.definitions_label)
    return frozenset(word for text in texts for word in words_as_written(text))


def words_as_written(text: str) -> set[str]:
    """The words of a text, with whatever joins their parts, and the parts."""
    found: set[str] = set()
    for chunk in text.split():
        bare = chunk.strip(".,;:!?()[]{}\"'“”‘’<>")
        found.update((bare, *WORD.findall(bare)))
    return found


def _chosen(candidates: list[Name], used: list[Name], rng: Random, is_case_sensitive: bool) -> list[Name]:
    """All candidates, or some of them with at least one that is used; homonyms go together."""
    some = set(candidates) if rng.random() < 0.5 else set(rng.sample(candidates, rng.randint(1, len(candidates))))
    some.add(rng.choice(used))
    texts = {name.text if is_case_sensitive else name.text.lower() for name in some}
    return [name for name in candidates if (name.text if is_case_sensitive else name.text.lower()) in texts]


def _exchanged(old: list[Name], candidates: list[Name], used: list[Name], rng: Random) -> dict[Name, str]:
    """Each name takes the name of another of its kind. Empty if no used name has another."""
    kinds: dict[str, list[Name]] = defaultdict(list)
    for name in old:
        kinds[name.kind].append(name)
    mapping: dict[Name, str] = {}
    for kind, names in kinds.items():
        others = [name for name in candidates if name.kind == kind and name not in names]
        if len(names) == 1 and others:
            names.append(rng.choice(others))
        if len(names) > 1:
            rng.shuffle(names)
            mapping |= {name: names[i - 1].text for i, name in enumerate(names)}
    return mapping if mapping.keys() & set(used) else {}


def evolved_record(
    record: Record, renaming: Renaming, verdict: Verdict, proof: str, seed: int, told: tuple[str, str] | None = None
) -> Record:
    """The record of an evolved symbol, its prompt rendered anew; ``parent`` is the original's id.

    ``verdict`` is the engine's answer on the renamed symbol, ``proof`` how its meaning was proved to be the same.
    ``told`` is symbol and definitions in another notation; the canonical form stays that of the renamed symbol.
    """
    completion, definitions = told or (renaming.completion, renaming.context.definitions)
    source = collection.sources.get(record.task)
    language = get_format(record.format)
    context = replace(renaming.context, definitions=definitions)
    example = Example(input=record.input, completion=completion, context=context, group=record.group)
    prompt = render(source.prompt, example, record.task, record.split, seed)
    world = renaming.context.world
    return replace(
        record,
        id=prompt.id,
        origin=Origin.EVOLVED,
        prompt=prompt.text,
        completion=completion,
        instruction=prompt.instruction,
        context=definitions,
        template=prompt.template,
        world=orjson.dumps(world, option=orjson.OPT_SORT_KEYS).decode() if world else None,
        accepted=verdict.holds,
        engine=verdict.engine,
        canonical=language.canonical(renaming.completion, renaming.context),
        parent=record.id,
        proof=proof,
    )
