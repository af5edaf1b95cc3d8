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
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Format, Name, Score, Verdict
from symbol_llm.formats.triples_notation import Triple, Triples as TripleSet, parse_triples, render_lines, render_triples
from symbol_llm.formats.vocabulary_lines import Layout

ENGINE = "ontology checker 1.0"
_KIND = "relation"
_RELATION = re.compile(r"[^\s|():,][^|():\n]*")
_LAYOUT = Layout({"": _KIND}, re.compile(r"[^\s|():,](?:[^|():\n]*[^\s|():])?"), r"\([^()\n]*,[^()\n]*\)")
_CAMEL = re.compile("([a-z])([A-Z])")
_REMARK = re.compile(r"^(.*?)\s\([^()]*\)$")


class Triples(Format[TripleSet]):
    name = "triples"
    grammar = "symbol_llm/formats/triples_notation.py, after WebNLG release_v2 and Text2KGBench (arXiv 2308.02357)"
    metric = "F1"
    is_evolvable = True
