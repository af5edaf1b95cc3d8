"""Deeper evolution: after its names, the notation of a symbol, told by the prompt and taken back from the prompt alone.

    relate(right,unique(scene()))   arguments   relate(unique(scene()),right)    Order of arguments: relate 2 1
                                    syntax      [right | relate | [unique …]]    Terms: "[" [ term " | " name …
                                    macros      kab(right,scene())               kab(?1,?2) stands for relate(?1,uni…

Proof: a reader that knows nothing but the block in the definitions takes the symbol back to the renamed one, byte for
byte, and writing it again gives the same; the renamed one was proved to mean what the original meant.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from random import Random

from symbol_evol.distances import WORD, key
from symbol_evol.rename import EvolReason, Refused, Renaming, words_of
from symbol_evol.reserved import reserved
from symbol_evol.styles import STYLES, fresh_names
from symbol_llm.errors import UserError, unknown_name
from symbol_llm.formats import get as get_format
from symbol_llm.notation import arguments, block, macros, syntax
from symbol_llm.notation.terms import LANGUAGES, Terms, read_terms, walk
from symbol_llm.record import Record

NAMES, ARGUMENTS, SYNTAX, MACROS = "names", "arguments", "syntax", "macros"
DEPTHS: dict[str, frozenset[str] | None] = {  # and the languages that take them; None: all
    NAMES: None,
    ARGUMENTS: frozenset({"clevr", "geometry", "kb_sexpr", "pddl", "fol"}),
    SYNTAX: LANGUAGES,
    MACROS: macros.FORMATS,
}


def check_depths(depths: Collection[str]) -> None:
    """Raises UserError for an unknown depth, and for none."""
    for depth in depths:
        if depth not in DEPTHS:
            raise unknown_name("depth", depth, DEPTHS, "symbol-llm evolve --help")
    if not depths:
        raise UserError(f"no depth: name at least one of {', '.join(DEPTHS)} with --depth")


@dataclass(frozen=True, slots=True)
class Deeper:
    """A symbol in another notation, and its definitions with the block that tells it."""

    completion: str
    definitions: str


def deepen(record: Record, renaming: Renaming, depth: str, seed: int) -> Deeper | Refused:
    """Another notation for a renamed symbol. A function of the record, the renaming, the depth and the seed."""
    language, rng = get_format(record.format), Random(f"{seed}/{depth}/{record.id}")
    text, definitions = renaming.completion, renaming.context.definitions
    if block.MARK in definitions:
        return Refused(EvolReason.NO_NOTATION, "the definitions tell a notation already")
    try:
        terms = read_terms(record.format, text)
        heads = _heads(record.format, terms, frozenset(n.text for n in language.names(language.parse(text))))
        notation = None
        match depth:
            case "arguments":
                orders = arguments.choose_orders(terms, heads, rng)
                notation = block.Notation(orders=orders) if orders else None
            case "syntax":
                surface = syntax.choose_syntax(terms, rng)
                notation = block.Notation(surface=surface) if surface else None
            case "macros":
                rule = macros.choose_rule(terms, record.format, _fresh(record, renaming, rng), heads, rng)
                notation = block.Notation(rule=rule) if rule else None
        if notation is None:
            return Refused(EvolReason.NO_NOTATION, f"nothing in the symbol can have other {depth}")
        completion = block.apply(notation, record.format, text)
        if completion == text:  # the two arguments of Likes(tom, tom), exchanged
            return Refused(EvolReason.NO_NOTATION, "the symbol is the same in the other notation")
        return Deeper(completion, block.with_block(definitions, notation, record.format))
    except ValueError as error:
        return Refused(EvolReason.NO_NOTATION, str(error))


def prove_deeper(record: Record, renaming: Renaming, deeper: Deeper) -> str | Refused:
    """What was proved of a deeper symbol, beside the proof of its renaming; or why there is no proof."""
    try:
        definitions, notation = block.read_block(deeper.definitions, record.format)
        if notation is None:
            return Refused(EvolReason.NOTATION_DIFFERS, "the definitions tell no notation")
        back = block.take_back(notation, record.format, deeper.completion)
        again = block.apply(notation, record.format, renaming.completion)
    except ValueError as error:
        return Refused(EvolReason.NOTATION_DIFFERS, str(error))
    if definitions != renaming.context.definitions:
        return Refused(EvolReason.NOTATION_DIFFERS, "without the block, the definitions are not the renamed ones")
    if back != renaming.completion:
        return Refused(EvolReason.NOTATION_DIFFERS, "taken back by what the prompt says, the symbol differs")
    if again != deeper.completion:
        return Refused(EvolReason.NOTATION_DIFFERS, "written as the prompt says, the symbol differs")
    if deeper.completion == renaming.completion:
        return Refused(EvolReason.NO_NOTATION, "the symbol is the same in the other notation")
    if notation.rule:
        taken = words_of(record, renaming.original) | _words(renaming.completion, renaming.context.definitions)
        for term in walk(notation.rule.left):
            name = term.head
            if name and not name.startswith("?") and (key(name) in taken or key(name) in reserved(record.format)):
                return Refused(EvolReason.COLLISION, f"{name}, of a rule, stands in the record already")
    return "notation taken back by the prompt"


def _heads(format_name: str, terms: Terms, names: frozenset[str]) -> frozenset[str]:
    """The operations that may get other arguments or be merged: in PDDL and FOL those that the record names."""
    if format_name in ("pddl", "fol"):
        return names
    return frozenset(term.head for term in walk(terms) if term.args is not None and term.head)


def _fresh(record: Record, renaming: Renaming, rng: Random) -> list[str]:
    """Two names of the record's style; exchanged ones are followed by those of the paper."""
    style = renaming.style if STYLES[renaming.style].make else "paper"
    taken = words_of(record, renaming.original) | _words(renaming.completion, renaming.context.definitions)
    names = fresh_names(2, style, rng, taken | reserved(record.format), held_out=renaming.held_out, key=key)
    return names if get_format(record.format).is_case_sensitive else [name.lower() for name in names]


def _words(*texts: str) -> frozenset[str]:
    return frozenset(key(word) for text in texts for word in WORD.findall(text))
