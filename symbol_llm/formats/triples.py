"""Facts of a text as triples, in either of two notations.

    Alan_Bean | mission | Apollo_12               one a line, as WebNLG writes them
    mission(Alan Bean,Apollo 12) | occupation(Alan Bean,pilot)      as Text2KGBench (TekGen) writes them

A symbol is a set: order and repetition do not count, nor do underscores for blanks, nor the quotes of a literal.
Definitions are the relations of an ontology with what they join; where any is defined, no other may occur:

    mission(astronaut,space mission): took part in

The field's metric is F1 of triples, per item in ``value`` and over a corpus (micro) in ``aggregate``, compared as the
script of the WebNLG+ 2020 challenge compares them: camelCase split, lower case, one blank between words, and what
stands in parentheses at the end of an object left out. ``is_equivalent`` asks for the same set and minds letter case
and those parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Name, Score, Verdict
from symbol_llm.formats.defined_names import Listed
from symbol_llm.formats.triples_notation import Triple, looks_like_call, parse_triples, read_triples, render_triples
from symbol_llm.formats.triples_notation import Triples as Tree
from symbol_llm.formats.vocabulary_lines import Layout

ENGINE = "ontology checker 1.0"
_KIND = "relation"
_NAME = re.compile(r"[^\s|():,](?:[^|():\n]*[^\s|():,])?(?:\([^()|,:\n]*\))?")
_ENDS = r"\((?P<domain>[^()|,\n]*),(?P<range>[^()|\n]*)\)"
_LAYOUT = Layout({"": _KIND}, _NAME, _ENDS)
_CAMEL = re.compile("([a-z])([A-Z])")
_REMARK = re.compile(r"^(.*?)\s\([^()]*\)$")


class Triples(Listed[Tree]):
    name = "triples"
    grammar = "symbol_llm/formats/triples_notation.py, after WebNLG release_v2 and Text2KGBench (arXiv 2308.02357)"
    metric = "F1"
    layout = _LAYOUT

    @property
    def engine(self) -> str:
        return ENGINE

    def parse(self, text: str) -> Tree:
        return parse_triples(text)

    def render(self, tree: Tree) -> str:
        return render_triples(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """One triple a line, sorted, each once; blanks for underscores, literals without their quotes."""
        return render_triples(Tree(tuple(sorted(_plain_set(self.parse(text))))))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether the ontology has the relations, where the definitions hold one.

        The reason mentions objects without a digit where the ontology asks for a number or a date: upstream has
        such facts, so they are no ground for refusal.
        """
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, ENGINE, str(error))
        try:
            ranges = _ranges(context.definitions)
        except SymbolError as error:
            return Verdict(None, ENGINE, f"the definitions contradict themselves: {error}")
        if not ranges:
            return Verdict(True, ENGINE, f"{len(tree.triples)} triples; no ontology to check them against")
        unknown = sorted({t.relation for t in tree.triples if _words(t.relation) not in ranges})
        if unknown:
            return Verdict(False, ENGINE, f"not in the ontology: {', '.join(unknown)[:200]}")
        odd = [
            f"; {t.relation} should give a {ranges[_words(t.relation)].lower()}, not {t.object[:60]}"
            for t in tree.triples
            if ranges[_words(t.relation)].lower() in ("number", "date") and not re.search(r"\d", t.object)
        ]
        return Verdict(True, ENGINE, f"{len(tree.triples)} triples of the ontology{''.join(odd)}")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Whether it is the same set, or a triple that only one of them has.

        Raises SymbolError if one does not parse.
        """
        first, second = (_plain_set(self.parse(text)) for text in (a, b))
        if first == second:
            return Verdict(True, ENGINE, "the same set of triples")
        which, lone = min([("first", t) for t in first - second] + [("second", t) for t in second - first])
        return Verdict(False, ENGINE, f"only the {which} has {' | '.join(lone)[:200]}")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """F1; ``counts`` are matched, predicted and expected triples. A line that is no triple is a wrong one."""
        found, faults, _ = read_triples(prediction)
        expected, faults_expected, _ = read_triples(reference)
        is_parsed = self.parses(prediction)
        same = None
        if expected and not faults_expected:
            same = is_parsed and _plain_set(Tree(tuple(found))) == _plain_set(Tree(tuple(expected)))
        predicted_keys, expected_keys = set(map(_key, found)), set(map(_key, expected))
        matched = len(predicted_keys & expected_keys)
        counts = float(matched), float(len(predicted_keys) + len(faults)), float(len(expected_keys))
        is_exact = prediction.strip() == reference.strip() or bool(is_parsed and same)
        return Score(self.metric, _f1([counts]), is_exact, is_parsed, same, counts)

    def aggregate(self, scores: Sequence[Score]) -> float:
        """Micro F1."""
        return _f1([score.counts for score in scores])

    def map_names(self, tree: Tree, change: Callable[[str, str], str]) -> Tree:
        """The relations as written; subjects and objects are words of the text and stay."""
        moved = (t._replace(relation=change(_KIND, t.relation)) for t in tree.triples)
        return replace(tree, triples=tuple(moved))

    def gloss(self, text: str) -> str:
        return _words(_CAMEL.sub(r"\1 \2", text)).lower()

    def rename(self, tree: Tree, mapping: Mapping[Name, str]) -> Tree:
        """Replace relations, all at once, also where blanks are written as underscores.

        Raises ValueError if two would become one, or if a new one is none.
        """
        new = {name.text: text for name, text in mapping.items() if name.kind == _KIND}
        spaced = {_words(old): text for old, text in new.items()}
        moves = {
            name: new.get(name.text, spaced.get(_words(name.text), name.text)) for name in sorted(self.names(tree))
        }
        return super().rename(tree, moves)


@lru_cache(maxsize=256)
def _ranges(definitions: str) -> Mapping[str, str]:
    """What each relation gives. Raises SymbolError where one is defined twice."""
    _LAYOUT.read(definitions)
    return {_words(line["name"]): line["range"].strip() for line in _LAYOUT.line.finditer(definitions)}


def _words(part: str) -> str:
    """With single blanks, also for the underscores inside."""
    return part if "|" in part else " ".join((part[:1] + part[1:-1].replace("_", " ") + part[1:][-1:]).split())


def _plain_set(tree: Tree) -> frozenset[Triple]:
    return frozenset(Triple(_plain(t.subject), _plain_relation(t.relation), _plain(t.object)) for t in tree.triples)


def _plain(part: str) -> str:
    """Without the quotes of a literal: ``"2000"`` is 2000."""
    words = _words(part)
    inside = words[1:-1].strip()
    return inside if words == f'"{words[1:-1]}"' and inside and not set(inside) & set('"|') else words


def _plain_relation(relation: str) -> str:
    words = _words(relation)
    # Else the canonical form, which is one triple a line, would be taken for calls.
    return words.replace("(", " (", 1) if looks_like_call(words) else words


def _key(triple: Triple) -> Triple:
    """What the WebNLG+ script compares."""
    subject, relation, thing = (
        " ".join(_CAMEL.sub(r"\1 \2", part).replace("_", " ").lower().split()) for part in triple
    )
    remark = _REMARK.match(thing)
    return Triple(subject, relation, remark[1] if remark else thing)


def _spelled(part: str) -> str:
    """``birthDate`` as "birth date"."""
    return " ".join(_CAMEL.sub(r"\1 \2", part).replace("_", " ").lower().split())


def _f1(counts: Sequence[Sequence[float]]) -> float:
    matched, found, expected = (sum(column) for column in zip(*counts, (0.0, 0.0, 0.0)))
    return 2 * matched / (found + expected) if found + expected else 0.0
