"""LogicNLI: theories of 12 facts and 12 rules about people, and 20 statements to judge against each.

    language  {"0": {"facts": ["Ann is not blue."], "rules": ["If someone is blue, then he is fresh, and vice versa."],
                     "statements": ["Ann is fresh."], "labels": ["contradiction"]}}
    logic     {"0": {"facts": {"0": ["Ann", "blue", "-", "fact 0"]},
                     "rules": {"0": {"p": {"fact": [["all", "blue", "+"]], "conj": "none"},
                                     "q": {"fact": [["all", "fresh", "+"]], "conj": "none"}, "type": "equ"}}, …}}
    →   input       Ann is not blue.⏎If someone is blue, then he is fresh, and vice versa.⏎Ann is fresh.
        completion  ¬Blue(ann)⏎∀x (Blue(x) ↔ Fresh(x))⏎Fresh(ann)
        answer      "contradiction"

One row per statement, its theory before it, a line for each sentence. Upstream has no formulas: they are rendered from
the records of the logic file. ``all`` on both sides of a rule is one person, else it is everybody:

    all → all      ∀x (P(x) → Q(x))          all → Ann     (∀x P(x)) → Q(ann)
    exist → Ann    (∃x P(x)) → Q(ann)        Ann → all     P(ann) → (∀x Q(x))

The answer is upstream's label. "self_contradiction" means that the statement and its denial can both be derived, so
most theories are inconsistent as a whole, and Z3 does not give the labels. But the facts and rules that upstream's
proof of a label names entail the statement, or its denial (tests/collection/test_logicnli.py), save 2 proofs in 1,000
that take one fact for both conditions of an ``exist`` rule. Files: ``LogicNLI_sim/`` or ``LogicNLI_sim.zip``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream
from collection.sources.upstream_files import UpstreamFile, upstream_files
from symbol_llm.errors import UserError
from symbol_llm.record import Split

_SPLITS = {"train": Split.TRAIN, "dev": Split.VALIDATION, "test": Split.TEST}
_FILE = r"(?:train|dev|test)_(?:language|logic)\.json"
LABELS = ("entailment", "contradiction", "neutral", "self_contradiction")
_OPERATORS = {"imp": "→", "equ": "↔"}
_CONNECTIVES = {"none": "", "and": " ∧ ", "or": " ∨ "}
_QUANTIFIERS = {"all": "∀x", "exist": "∃x"}


class LogicNli(Source):
    task = "logicnli"
    format = "fol"
    family = "FOL"
    licence = Licence("none stated", False)
    upstream = Upstream(
        dataset="logicnli",
        url="https://github.com/omnilabNLP/LogicNLI",
        revision="LogicNLI_sim",
        citation="Tian et al. 2021. Diagnosing the First-Order Logical Reasoning Ability Through LogicNLI. EMNLP.",
        sizes={"train": 16_000, "validation": 2_000, "test": 2_000},
    )
    prompt = Prompt(
        instructions=(
            "Translate each sentence into a formula of first-order logic, one per line.",
            "Write the facts, the rules and the statement as first-order formulas, line by line.",
            "Formalise the theory and the statement in first-order logic. Keep the order of the lines.",
            "Give the logical formula of every sentence, each on a line of its own.",
            "Express what each line says about these people as a first-order formula.",
            "Turn the facts and rules into first-order logic, then the statement.",
            "For each sentence below, write one formula with predicates and quantifiers.",
            "Convert the text into first-order logic. Each line becomes one formula.",
            "Represent the facts, rules and the last statement in predicate logic.",
            "State the sentences as a theory of first-order logic, a formula per line.",
        ),
        input_label="The sentences are:",
        cue="The corresponding first-order formulas are:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """One row per statement, of all stories of all splits that are there.

        Raises UserError if there is no split, half of one, or a file is broken.
        """
        with upstream_files(folder, _FILE, "train_language.json, train_logic.json and so on") as files:
            for name, split in _SPLITS.items():
                both = [f"{name}_{part}.json" for part in ("language", "logic")]
                there = [file for file in both if file in files]
                if len(there) == 1:
                    raise UserError(f"{folder}: there is {there[0]}, but not the other file of this split")
                if there:
                    language, logic = (_stories(files[file]) for file in both)
                    for index, data in enumerate(_statements(name, language, logic)):
                        yield Row(files[both[1]].name, index, split, data)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        """The theory and one statement. Raises nothing: what is not in upstream's form is rejected."""
        texts, records, number = row.data["language"], row.data["logic"], row.data["number"]
        try:
            sentences = [" ".join(text.split()) for text in (*texts["facts"], *texts["rules"])]
            sentences.append(" ".join(texts["statements"][number].split()))
            labels = (texts["labels"][number], records["labels"][str(number)])
            parts = [_listed(records[name]) for name in ("facts", "rules", "statements")]
            counts = [(len(texts[name]), len(part)) for name, part in zip(("facts", "rules", "statements"), parts)]
            if any(a != b for a, b in counts):
                return Rejected(Reason.MISALIGNED, f"facts, rules, statements: {counts} sentences and records")
            formulas = [_literal(fact, fact[0]) for fact in parts[0]]
            rules = [_rule(rule) for rule in parts[1]]
            statement = _literal(parts[2][number], parts[2][number][0])
        except (TypeError, KeyError, IndexError, ValueError, AttributeError) as error:
            return Rejected(Reason.MALFORMED_ROW, f"the story is not in upstream's form: {error!r}")
        if labels[0] != labels[1] or labels[0] not in LABELS:
            return Rejected(Reason.MALFORMED_ROW, f"the labels are {labels[0]!r} and {labels[1]!r}")
        if "" in rules:
            return Rejected(Reason.NOT_DERIVABLE, f"rule {rules.index('')}: nothing tells how its sides are quantified")
        return Example(
            input="\n".join(sentences),
            completion="\n".join((*formulas, *rules, statement)),
            answer=labels[0],
            group=row.data["story"],
        )


def _stories(file: UpstreamFile) -> dict[str, Any]:
    stories = file.read_json()
    if not isinstance(stories, dict):
        raise UserError(f"{file.name}: expected stories by number, as upstream's files have")
    return stories


def _statements(split: str, language: Mapping[str, Any], logic: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The data of one row per statement; of one row where a story has no statements."""
    for story in dict.fromkeys((*language, *logic)):
        texts = language.get(story)
        statements = texts.get("statements") if isinstance(texts, dict) else None
        for number in range(max(1, len(statements) if isinstance(statements, list) else 0)):
            yield {"story": f"{split}-{story}", "number": number, "language": texts, "logic": logic.get(story)}


def _listed(numbered: Mapping[str, Any]) -> list[Any]:
    """The values of ``{"0": …, "1": …}`` in the order of their numbers."""
    return [numbered[str(number)] for number in range(len(numbered))]


def _rule(rule: Mapping[str, Any]) -> str:
    """The formula of a rule, or "" where its record does not say how the sides are quantified."""
    sides = (rule["p"], rule["q"])
    operator = _OPERATORS[rule["type"]]
    subjects = [{fact[0] if fact[0] in _QUANTIFIERS else "name" for fact in side["fact"]} for side in sides]
    if subjects == [{"all"}, {"all"}]:
        return f"∀x ({_junction(sides[0], 'x')} {operator} {_junction(sides[1], 'x')})"
    if subjects in ([{"name"}, {"name"}], [{"all"}, {"name"}], [{"exist"}, {"name"}], [{"name"}, {"all"}]):
        return f"{_closed(sides[0], *subjects[0])} {operator} {_closed(sides[1], *subjects[1])}"
    return ""


def _closed(side: Mapping[str, Any], subject: str) -> str:
    if subject == "name":
        return _junction(side, "")
    return f"({_QUANTIFIERS[subject]} {_junction(side, 'x')})"


def _junction(side: Mapping[str, Any], variable: str) -> str:
    literals = [_literal(fact, variable or fact[0]) for fact in side["fact"]]
    connective = _CONNECTIVES[side["conj"]]
    if bool(connective) != (len(literals) > 1):
        raise ValueError(f"{len(literals)} parts joined by {side['conj']!r}")
    return f"({connective.join(literals)})" if connective else literals[0]


def _literal(fact: list[Any], subject: str) -> str:
    """``["Ann", "self-confident", "-"]`` is ¬SelfConfident(ann): CamelCase predicates, small constants."""
    predicate = "".join(part.capitalize() for part in re.split(r"[\W_]+", fact[1]))
    return f"{dict([('+', ''), ('-', '¬')])[fact[2]]}{predicate}({subject.lower()})"


LOGICNLI = LogicNli()
