"""Proving that an evolved symbol means what the original meant.

distance   no old name is left in prompt or completion, no new name was there before (distances.py)
inverse    renaming back gives the original symbol and its definitions, byte for byte
engine     the language's real engine takes the evolved symbol in the evolved context
execution  both are executed, each in its own context, with the same result up to the renaming (executions.py)

Where nothing can be executed, for want of a knowledge base or a map, the proof is "inverse + engine": the symbol
that is renamed back is also judged equivalent by its own language. What cannot be proved is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symbol_evol.distances import Renamed, all_words, is_plain, key
from symbol_evol.executions import EXECUTIONS, Failed
from symbol_evol.rename import EvolReason, Refused, Renaming, instruction_words, same_name, words_as_written
from symbol_evol.reserved import reserved
from symbol_evol.styles import SHUFFLED, is_held_out
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats import Format, Name, Verdict
from symbol_llm.formats import get as get_format
from symbol_llm.record import Record


@dataclass(frozen=True, slots=True)
class Proof:
    """``kind`` is "inverse + execution" or "inverse + engine"; ``words`` the old names that stay as plain words."""

    kind: str
    detail: str
    words: tuple[str, ...]
    verdict: Verdict

    def __str__(self) -> str:
        kept = f"; plain words of the prompt: {', '.join(self.words)}" if self.words else ""
        return f"{self.kind}: {self.detail}{kept}"


def prove(record: Record, renaming: Renaming) -> Proof | Refused:
    """The proof of one renaming, or why there is none."""
    language = get_format(record.format)
    try:
        words = _distance(record, renaming, language)
        if isinstance(words, Refused):
            return words
        refused = _inverse(record, renaming, language)
        if refused is not None:
            return refused
        verdict = language.accepts(renaming.completion, renaming.context)
        if verdict.holds is None:
            return Refused(EvolReason.ENGINE_UNDECIDED, f"{verdict.engine}: {verdict.reason}")
        if not verdict:
            return Refused(EvolReason.ENGINE_REJECTED, f"{verdict.engine}: {verdict.reason}")
        execute = EXECUTIONS.get(record.format)
        executed = execute(record.completion, renaming, language) if execute else None
    except (SymbolError, UserError, ValueError) as error:
        return Refused(EvolReason.NOT_READABLE, str(error))
    if isinstance(executed, Failed):
        return Refused(EvolReason.NOT_EXECUTED if executed.is_original else EvolReason.RESULT_DIFFERS, executed.detail)
    if executed is None:
        return Proof("inverse + engine", f"{verdict.engine} accepts it: {verdict.reason}"[:300], words, verdict)
    return Proof("inverse + execution", executed, words, verdict)


def _distance(record: Record, renaming: Renaming, language: Format[Any]) -> tuple[str, ...] | Refused:
    """The old names that stay as plain words of the prompt, or what is too near to the original."""
    mapping, original = renaming.mapping, renaming.original
    refused = _collision(record, renaming)
    if refused is not None:
        return refused
    texts = Renamed(record.format, mapping, language.is_case_sensitive)
    glosses = frozenset(name.gloss for name in language.defined_names(original))
    symbol = language.render(language.parse(record.completion))
    in_symbol = texts.compare(symbol, renaming.completion)
    in_definitions = texts.compare_definitions(original.definitions, renaming.context.definitions, glosses)
    for found in (in_symbol, in_definitions):
        if found.fault:
            return Refused(EvolReason.OLD_NAME_LEAKS, f"not a renaming: {found.fault}")
    spoken = set(texts.words(record.input)) | {w for gloss in glosses for w in texts.words(gloss)}
    unsaid = {name for name in in_symbol.names if not is_plain(name) or name not in spoken}
    left = sorted(unsaid | {name for name in in_definitions.names if not is_plain(name)})
    if left:
        return Refused(EvolReason.OLD_NAME_LEAKS, f"the evolved record still says {left[0]}")
    said = words_as_written(record.input) | instruction_words(record.task)
    if not language.is_case_sensitive:
        said = {word.lower() for word in said}
    marks = sorted(name for name in texts.new if not is_plain(name) and name in said)
    if marks and renaming.style != SHUFFLED:
        return Refused(EvolReason.OLD_NAME_LEAKS, f"the request says {marks[0]}")
    plain = {name for name in texts.new if is_plain(name)}
    return tuple(sorted(plain & (spoken | said | in_symbol.names | in_definitions.names)))


def _collision(record: Record, renaming: Renaming) -> Refused | None:
    """Whether a new name stood in the record before, belongs to the language, or to the other part of the names."""
    mapping = renaming.mapping
    if renaming.style == SHUFFLED:
        if {(name.kind, name.text) for name in mapping} == {(name.kind, text) for name, text in mapping.items()}:
            return None
        return Refused(EvolReason.COLLISION, "the names are not exchanged among themselves")
    taken = all_words(record.prompt, renaming.original.definitions, record.completion, record.world or "")
    keys: set[str] = set()
    for name, new in mapping.items():
        if key(new) in taken:
            return Refused(EvolReason.COLLISION, f"{new}, for {name.text}, stands in the record already")
        if key(new) in reserved(record.format):
            return Refused(EvolReason.COLLISION, f"{new}, for {name.text}, is a word of the language")
        if key(new) in keys:
            return Refused(EvolReason.COLLISION, f"{new} is the new name of two")
        if is_held_out(new) is not renaming.held_out:
            return Refused(EvolReason.COLLISION, f"{new} is a name of the other part, training or held out")
        keys.add(key(new))
    return None


def _inverse(record: Record, renaming: Renaming, language: Format[Any]) -> Refused | None:
    """Whether renaming back gives the original, and names and definitions are exactly the renamed ones."""
    mapping, original = renaming.mapping, renaming.original
    if language.rename_context(renaming.context, renaming.inverse) != original:
        return Refused(EvolReason.INVERSE_DIFFERS, "renaming back does not give the definitions")
    tree, evolved = language.parse(record.completion), language.parse(renaming.completion)
    # A symbol is compared in the printed form of its tree: comments and line breaks carry no meaning, nor does the
    # case of a name where the language ignores it.
    expected = language.render(language.rename(tree, {name: name.text for name in mapping}))
    back = language.render(language.rename(evolved, renaming.inverse))
    if back != expected:
        return Refused(EvolReason.INVERSE_DIFFERS, "renaming back does not give the symbol")
    if not language.equivalent(back, record.completion, original):
        return Refused(EvolReason.INVERSE_DIFFERS, "renamed back, the symbol is not known to be equivalent")

    def same(name: Name) -> tuple[str, str]:
        return same_name(record.format, name.kind, name.text, language.is_case_sensitive)

    new = {same(name): same(Name(name.kind, text)) for name, text in mapping.items()}
    if {new.get(same(n), same(n)) for n in language.names(tree)} != set(map(same, language.names(evolved))):
        return Refused(EvolReason.INVERSE_DIFFERS, "the names of the evolved symbol are not the renamed ones")
    defined = [(*new.get(same(n), same(n)), n.gloss) for n in language.defined_names(original)]
    if defined != [(*same(n), n.gloss) for n in language.defined_names(renaming.context)]:
        return Refused(EvolReason.INVERSE_DIFFERS, "the evolved definitions do not give the same meanings in order")
    return None
