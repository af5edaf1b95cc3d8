"""Proving that an evolved symbol means what the original meant.

```
distance   no old name is left in prompt or completion, no new name was there before (distances.py)
inverse    renaming back gives the original symbol and its definitions, byte for byte
engine     the language's real engine takes the evolved symbol in the evolved context
execution  both are executed, each in its own context, with the same result up to the renaming (executions.py)
```

Where a record has nothing to execute on, the proof is "inverse + engine"; where the language has nothing that executes
it, "inverse + isomorphism": both symbols are one tree but for the names. What cannot be proved is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from symbol_evol.distances import Renamed, is_plain, key
from symbol_evol.executions import EXECUTIONS, Failed
from symbol_evol.reading import Reading
from symbol_evol.rename import (
    EvolReason,
    Refused,
    Renaming,
    instruction_words,
    same_name,
    words_as_written,
    words_of,
)
from symbol_evol.reserved import reserved
from symbol_evol.styles import SHUFFLED, is_held_out
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats import Name, Verdict
from symbol_llm.formats import get as get_format
from symbol_llm.record import Record


@dataclass(frozen=True, slots=True)
class Proof:
    """``kind`` is "inverse + execution", "… engine" or "… isomorphism"; ``words`` the old names left as plain words."""

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
    words = prove_inverse(record, renaming)
    if isinstance(words, Refused):
        return words
    try:
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
    if execute is None:
        detail = f"the same tree under the mapping; {verdict.engine} accepts it: {verdict.reason}"
        return Proof("inverse + isomorphism", detail[:300], words, verdict)
    if executed is None:
        return Proof("inverse + engine", f"{verdict.engine} accepts it: {verdict.reason}"[:300], words, verdict)
    return Proof("inverse + execution", executed, words, verdict)


def prove_inverse(record: Record, renaming: Renaming) -> tuple[str, ...] | Refused:
    """Distance and inverse alone: the old names that stay as plain words, or why there is no proof."""
    try:
        words = _distance(record, renaming)
        if isinstance(words, Refused):
            return words
        after = Reading(renaming.before.language, renaming.completion, renaming.context)
        return _inverse(record, renaming, after) or words
    except (SymbolError, UserError, ValueError) as error:
        return Refused(EvolReason.NOT_READABLE, str(error))


def _distance(record: Record, renaming: Renaming) -> tuple[str, ...] | Refused:
    """The old names that stay as plain words of the prompt, or what is too near to the original."""
    mapping, before = renaming.mapping, renaming.before
    language, glosses = before.language, before.glosses
    refused = _collision(record, renaming)
    if refused is not None:
        return refused
    texts = Renamed(record.format, mapping, language.is_case_sensitive, (name.text for name in before.defined))
    in_symbol = texts.compare(before.printed, renaming.completion)
    in_definitions = texts.compare_definitions(before.context.definitions, renaming.context.definitions, glosses)
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
    taken = words_of(record, renaming.original)
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


def _inverse(record: Record, renaming: Renaming, after: Reading) -> Refused | None:
    """Whether renaming back gives the original, and names and definitions are exactly the renamed ones."""
    mapping, before = renaming.mapping, renaming.before
    language = before.language
    if language.rename_context(renaming.context, renaming.inverse) != before.context:
        return Refused(EvolReason.INVERSE_DIFFERS, "renaming back does not give the definitions")
    # A symbol is compared in the printed form of its tree: comments and line breaks carry no meaning, nor does the
    # case of a name where the language ignores it.
    back = language.render(language.rename(after.tree, renaming.inverse))
    if back not in (record.completion, before.printed):
        if back != language.render(language.rename(before.tree, {name: name.text for name in mapping})):
            return Refused(EvolReason.INVERSE_DIFFERS, "renaming back does not give the symbol")
        if not language.equivalent(back, record.completion, before.context):
            return Refused(EvolReason.INVERSE_DIFFERS, "renamed back, the symbol is not known to be equivalent")

    def same(name: Name) -> tuple[str, str]:
        return same_name(record.format, name.kind, name.text, language.is_case_sensitive)

    new = {same(name): same(Name(name.kind, text)) for name, text in mapping.items()}
    if {new.get(same(n), same(n)) for n in before.names} != set(map(same, after.names)):
        return Refused(EvolReason.INVERSE_DIFFERS, "the names of the evolved symbol are not the renamed ones")
    defined = [(*new.get(same(n), same(n)), n.gloss) for n in before.defined]
    if defined != [(*same(n), n.gloss) for n in after.defined]:
        return Refused(EvolReason.INVERSE_DIFFERS, "the evolved definitions do not give the same meanings in order")
    return None
