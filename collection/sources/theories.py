"""Small theories made up from a closed vocabulary, with a conclusion that is true, false or open.

    Every cat is kind. Tom is a cat. Is Tom kind?
    →   ∀x (cat(x) → kind(x))⏎cat(Tom)⏎kind(Tom)        answer "True"

One to three steps from a fact to the conclusion, sometimes a rule with two conditions, sometimes a sentence that has
nothing to do with it. The three answers come in turn. An open question is a chain with a missing or reversed link.
The answer is computed here by trying all assignments of the predicates to the one individual that is asked about
(the rules speak of one individual at a time), and Z3 confirms it in the tests. Predicates and constants are the words
themselves; a quarter of the rows also defines them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from collection.sources.base import Example, GeneratedSource, Prompt, Row
from symbol_llm.formats.base import Context
from symbol_llm.record import Split

_NOUNS = "cat dog bird fox bear wolf child king nurse poet"
_ADJECTIVES = "kind calm wise loud fast slow happy sad brave cold strong proud rich tall"
_PEOPLE = "Tom Anna Max Mia Leo Sam Ben Eva"
NOUNS, ADJECTIVES, PEOPLE = tuple(_NOUNS.split()), tuple(_ADJECTIVES.split()), tuple(_PEOPLE.split())
ANSWERS = ("True", "False", "Uncertain")


class Literal(NamedTuple):
    """A predicate, affirmed or denied, of whoever is spoken of."""

    word: str
    holds: bool = True

    def denied(self) -> Literal:
        return Literal(self.word, not self.holds)


class Rule(NamedTuple):
    """Who fulfils all conditions fulfils the head."""

    conditions: tuple[str, ...]
    head: Literal


class Fact(NamedTuple):
    person: str
    literal: Literal


class Theories(GeneratedSource):
    task = "theories"
    format = "fol"
    family = "FOL"
    sizes: Mapping[Split, int] = {Split.TRAIN: 8_000, Split.VALIDATION: 99, Split.TEST: 300}
    prompt = Prompt(
        instructions=(
            "Translate each sentence into logic.",
            "Write one formula for each sentence.",
            "Write the sentences as formulas.",
            "Turn the text into first-order logic.",
            "Give the formula of every sentence.",
            "State each sentence in logic.",
            "Formalise the text, sentence by sentence.",
            "Express the sentences as logical formulas.",
        ),
        input_label="The text is:",
        cue="The formulas are:",
    )

    def generate(self, split: Split, index: int, rng: Random) -> Any:
        answer = ANSWERS[index % 3]
        while True:
            premises, conclusion = _theory(answer, rng)
            if judge(premises, conclusion) == answer:
                break
        sentences = [_sentence(part, rng) for part in premises] + [_asked(conclusion, rng)]
        formulas = [_formula(part) for part in (*premises, conclusion)]
        definitions = _definitions((*premises, conclusion)) if rng.random() < 0.25 else ""
        return {"text": " ".join(sentences), "formulas": formulas, "answer": answer, "definitions": definitions}

    def to_example(self, row: Row, folder: Path) -> Example:
        return Example(
            input=row.data["text"],
            completion="\n".join(row.data["formulas"]),
            context=Context(row.data["definitions"]),
            answer=row.data["answer"],
        )


def judge(premises: Sequence[Rule | Fact], conclusion: Fact) -> str:
    """True, False or Uncertain; "Inconsistent" if the premises contradict each other about the one asked about."""
    rules = [part for part in premises if isinstance(part, Rule)]
    known = [part.literal for part in premises if isinstance(part, Fact) and part.person == conclusion.person]
    words = sorted({word for rule in rules for word in (*rule.conditions, rule.head.word)})
    words += sorted({literal.word for literal in (*known, conclusion.literal)} - set(words))
    found = set()
    for values in product((False, True), repeat=len(words)):
        world = dict(zip(words, values))
        if all(world[word] == holds for word, holds in known) and all(
            world[rule.head.word] == rule.head.holds or not all(world[word] for word in rule.conditions)
            for rule in rules
        ):
            found.add(world[conclusion.literal.word] == conclusion.literal.holds)
    return {(True,): "True", (False,): "False", (): "Inconsistent"}.get(tuple(found), "Uncertain")


def _theory(answer: str, rng: Random) -> tuple[list[Rule | Fact], Fact]:
    """A theory that is meant to have that answer."""
    hops = rng.choices((1, 2, 3), (5, 3, 1))[0]
    person, other = rng.sample(PEOPLE, 2)
    # At most the first links are nouns: every poet is a clown, every clown is proud, whoever is proud is tall.
    num_nouns = rng.choice((0, 1, 1, 2)) if hops > 1 else rng.choice((0, 1, 1))
    words = rng.sample(NOUNS, num_nouns) + rng.sample(ADJECTIVES, hops + 3 - num_nouns)
    chain, spare = words[: hops + 1], words[hops + 1 :]
    end = Literal(chain[-1], rng.random() < 0.6)
    rules = [Rule((a,), Literal(b)) for a, b in pairwise(chain)]
    rules[-1] = Rule((chain[-2],), end)
    facts = [Fact(person, Literal(chain[0]))]
    if rng.random() < 0.15:  # the last rule asks for one thing more
        rules[-1] = Rule((chain[-2], spare[0]), end)
        facts.append(Fact(person, Literal(spare[0])))
        del spare[0]
    if answer == "Uncertain":
        _break(rules, facts, other, spare, rng)
    elif rng.random() < 0.4:
        rules.append(Rule((rng.choice(chain),), Literal(spare[0], rng.random() < 0.6)))
    elif rng.random() < 0.3:
        facts.append(Fact(other, Literal(rng.choice(words))))
    premises: list[Rule | Fact] = [*rules, *facts]
    if rng.random() < 0.5:
        rng.shuffle(premises)
    is_affirmed = rng.random() < 0.5 if answer == "Uncertain" else answer == "True"
    return premises, Fact(person, end if is_affirmed else end.denied())


def _break(rules: list[Rule], facts: list[Fact], other: str, spare: list[str], rng: Random) -> None:
    """Take one link out of the chain, in a way that leaves the text looking the same."""
    place = rng.randrange(len(rules))
    rule = rules[place]
    match rng.randrange(3):
        case 0 if len(facts) == 1:  # what is known is known of somebody else
            facts[0] = Fact(other, facts[0].literal)
        case 1 if len(rule.conditions) == 1 and rule.head.holds:
            rules[place] = Rule((rule.head.word,), Literal(rule.conditions[0]))
        case _:  # a condition that nothing is said about
            rules[place] = Rule((spare[0],), rule.head)


def _name(word: str) -> str:
    return f"a {word}" if word in NOUNS else word


def _sentence(part: Rule | Fact, rng: Random) -> str:
    if isinstance(part, Fact):
        return f"{part.person} is {'' if part.literal.holds else 'not '}{_name(part.literal.word)}."
    condition, head = " and ".join(map(_name, part.conditions)), _name(part.head.word)
    first = part.conditions[0]
    is_plain = len(part.conditions) == 1 and rng.random() < 0.75
    if not is_plain:
        return f"If someone is {condition}, they are {'' if part.head.holds else 'not '}{head}."
    if first in NOUNS:
        return f"{rng.choice(('Every', 'Each')) if part.head.holds else 'No'} {first} is {head}."
    return f"{rng.choice(('Everyone', 'Anyone')) if part.head.holds else 'No one'} who is {first} is {head}."


def _asked(conclusion: Fact, rng: Random) -> str:
    person, (word, holds) = conclusion
    sign = "" if holds else "not "
    if rng.random() < 0.5:
        return f"Is {person} {sign}{_name(word)}?"
    return f"{rng.choice(('', 'So ', 'Then '))}{person} is {sign}{_name(word)}."


def _formula(part: Rule | Fact) -> str:
    if isinstance(part, Fact):
        return f"{'' if part.literal.holds else '¬'}{part.literal.word}({part.person})"
    conditions = " ∧ ".join(f"{word}(x)" for word in part.conditions)
    return f"∀x ({conditions} → {'' if part.head.holds else '¬'}{part.head.word}(x))"


def _definitions(parts: Sequence[Rule | Fact]) -> str:
    """One line per symbol, in order of first use; see symbol_llm/formats/fol_rename.py."""
    lines: dict[str, None] = {}
    for part in parts:
        words = (*part.conditions, part.head.word) if isinstance(part, Rule) else (part.literal.word,)
        for word in words:
            lines[f"{word}(x): x is {_name(word)}"] = None
        if isinstance(part, Fact):
            lines[f"{part.person}: {part.person}"] = None
    return "\n".join(lines)


THEORIES = Theories()
