"""The English of ProofWriter, read by its grammar into a logic program.

    The cat is not big.                               Big(Cat, False)
    The bald eagle chases the cat.                    Chases(BaldEagle, Cat, True)
    Red, cold things are round.                       Red($x, True) && Cold($x, True) >>> Round($x, True)
    If someone is big and not red then they see Ann.  Big($x, True) && Red($x, False) >>> Sees($x, Ann, True)

    sentence  := clause . | If clause and … then clause . | [All] adjective, … things are [not] adjective .
    clause    := subject is [not] adjective | subject verbs object | subject does not verb object | [not] adjective
    subject   := Name | the noun | something, someone | it, they

The pronouns stand for the something of the same sentence; "and not red" goes on with the subject before it. Verbs are
the six that the generator has, adjectives and nouns any words. Whatever is not in this grammar is refused.
"""

from __future__ import annotations

import re

from symbol_llm.formats.logic_program_tree import Declaration, Literal, Program, Rule, Statement

_VARIABLE = "$x"
_THING = r"(?:[A-Z][a-z]+|[Tt]he [a-z]+(?: [a-z]+)?)"
_SUBJECT = rf"(?P<subject>{_THING}|[Ss]omething|[Ss]omeone|it|they)"
_VERB = r"(?P<verb>chase|eat|like|need|see|visit)"
_CLAUSES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_SUBJECT} (?:is|are) (?P<no>not )?(?P<adjective>[a-z]+)",
        rf"{_SUBJECT} (?P<no>does not |do not )?{_VERB}s? (?P<object>{_THING})",
        r"(?P<no>not )?(?P<adjective>[a-z]+)",
    )
)
_IF = re.compile(r"If (?P<body>.+) then (?P<head>.+)")
_GENERIC = re.compile(
    r"(?:All )?(?!All )(?P<body>[A-Za-z]+(?:, [a-z]+)*) (?:things|people) are (?P<no>not )?(?P<adjective>[a-z]+)"
)


def read_program(context: str, question: str) -> Program:
    """The program of a theory and the statement that is asked. Raises ValueError naming the first strange sentence."""
    facts, rules = [], []
    for sentence in re.findall(r"[^.]+\.", context):
        sentence = sentence.strip()
        rule = read_rule(sentence)
        if rule:
            rules.append(rule)
        else:
            facts.append(Statement(_fact(sentence), sentence))
    if "".join(re.findall(r"[^.]+\.", context)).strip() != context.strip():
        raise ValueError("the theory does not end with a full stop")
    query = Statement(_fact(question.strip()), question.strip())
    program = Program((), tuple(facts), tuple(rules), query)
    return program._replace(declarations=_declarations(program))


def read_rule(sentence: str) -> Rule | None:
    """The rule that a sentence states, or None if it does not look like one. Raises ValueError."""
    text = _bare(sentence)
    if found := _GENERIC.fullmatch(text):
        body = tuple(_adjective(word.lower(), _VARIABLE, True) for word in found["body"].split(", "))
        return Rule(body, (_adjective(found["adjective"], _VARIABLE, not found["no"]),), sentence)
    if not (found := _IF.fullmatch(text)):
        return None
    literals: list[Literal] = []
    for clause in (*found["body"].split(" and "), found["head"]):
        literals.append(_clause(clause, literals, sentence))
    return Rule(tuple(literals[:-1]), (literals[-1],), sentence)


def _fact(sentence: str) -> Literal:
    literal = _clause(_bare(sentence), [], sentence)
    if _VARIABLE in literal.arguments:
        raise ValueError(f"nobody is named in {sentence!r}")
    return literal


def _bare(sentence: str) -> str:
    if not sentence.endswith("."):
        raise ValueError(f"no full stop after {sentence!r}")
    return sentence[:-1]


def _clause(text: str, before: list[Literal], sentence: str) -> Literal:
    """One clause; ``before`` are those of the same sentence that pronouns and missing subjects refer to."""
    for pattern in _CLAUSES:
        if found := pattern.fullmatch(text):
            break
    else:
        raise ValueError(f"{text!r} is no clause of the grammar, in {sentence!r}")
    parts = found.groupdict()
    if "subject" not in parts:
        if not before or len(before[-1].arguments) != 1:
            raise ValueError(f"{text!r} has no subject to go on with, in {sentence!r}")
        subject = before[-1].arguments[0]
    elif parts["subject"].lower() in ("it", "they"):
        subject = _VARIABLE
        if not any(literal.arguments[0] == _VARIABLE for literal in before):
            raise ValueError(f"{parts['subject']!r} stands for nothing in {sentence!r}")
    else:
        subject = _VARIABLE if parts["subject"].lower() in ("something", "someone") else _name(parts["subject"])
    if "verb" in parts:
        return Literal(f"{parts['verb'].capitalize()}s", (subject, _name(parts["object"])), not parts["no"])
    return _adjective(parts["adjective"], subject, not parts["no"])


def _adjective(word: str, subject: str, holds: bool) -> Literal:
    return Literal(word.capitalize(), (subject,), holds)


def _name(thing: str) -> str:
    """``the bald eagle`` is BaldEagle."""
    words = thing.split()
    return "".join(word.capitalize() for word in words[words[0] in ("the", "The") :])


def _declarations(program: Program) -> tuple[Declaration, ...]:
    """The predicates in the order of their first use, each with a question as its gloss."""
    arities = {literal.predicate: len(literal.arguments) for literal in program.literals()}
    return tuple(
        Declaration(name, ("$x",), f"Is x {name.lower()}?")
        if arity == 1
        else Declaration(name, ("$x", "$y"), f"Does x {name.lower().removesuffix('s')} y?")
        for name, arity in arities.items()
    )
