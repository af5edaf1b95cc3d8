"""Files of AMR graphs in PENMAN notation with metadata, as the AMR banks release them.

    # ::id lpp_1943.14 ::date 2012-06-07 ::annotator ISI-AMR-05
    # ::snt The boy slept .
    (s / sleep-01
          :ARG0 (b / boy))

becomes {"id": "lpp_1943.14", "date": …, "annotator": …, "snt": "The boy slept .", "graph": "(s / sleep-01\\n …"}.

A record ends where its graph does, not at a blank line: upstream has those between metadata and graph, and after the
first line of every LDC file. What stands before the first ``::id`` of a file, that line or a worked example, is no
record. Lines end at LF or CR LF alone: sentences hold other separators, such as U+0085.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import IO

from collection.sources.base import Reason, Rejected

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_ALIGNMENT = re.compile(rf"({_STRING.pattern})|~(?:[a-z]\.?)?[0-9]+(?:,[0-9]+)*")
_FIELD = re.compile(r"(?:^|\s)::([A-Za-z][\w-]*)(?=\s|$)")
_TEXTS = ("snt", "tok")  # their value is the rest of the line
_BEGINNINGS = frozenset({"id", *_TEXTS})
_SURROGATE = re.compile("[\ud800-\udfff]")

# ``::tok`` marks with @ where a token belongs to its neighbour, and keeps the tags of its article.
_JOINS = (
    (re.compile(r"\s*@([^\w\s@<>]+)@\s*"), r"\1"),  # Sos @-@ 1
    (re.compile(r"(?<=\s)([^\w\s@<>]+)@\s+"), r"\1"),  # NH2 -@ terminal
    (re.compile(r"\s+@([^\w\s@<>]+)(?=\s)"), r"\1"),  # Ras @- and Rac @- dependent
    (re.compile(r"\s*</[\w:.-]+>@\s*"), ""),  # NH @<sub> 2 </sub>@ terminal
    (re.compile(r"\s+@(?=<\w)"), ""),
    (re.compile(r'<\w[\w:.-]*(?:\s+[\w:.-]+="[^"]*")*\s*/?>\s*|\s*</[\w:.-]+>'), ""),  # <ce:cross-ref refid="bib1">
)


def read_amr(file: IO[bytes]) -> Iterator[dict[str, str] | Rejected]:
    """The records of a file in order, one in memory at a time; one that is not UTF-8 is a rejected row.

    ``graph`` is "" where a record has metadata alone.
    """
    is_head = True
    for comments, graph in _records(line.decode("utf-8", "surrogateescape") for line in file):
        fields = {key: value for line in comments for key, value in _fields(line).items()}
        is_head = is_head and not fields
        if is_head or not (fields or graph):
            continue
        text = "\n".join(graph)
        if _SURROGATE.search("\n".join(comments) + text):
            yield Rejected(Reason.MALFORMED_ROW, f"the record {fields.get('id', '')!a} is not UTF-8")
        else:
            yield {**fields, "graph": text}


def _records(lines: Iterable[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Comment lines and graph lines of each record."""
    comments: list[str] = []
    graph: list[str] = []
    keys: set[str] = set()
    depth = 0  # open brackets
    for line in lines:
        line = line.lstrip("\ufeff").rstrip("\r\n")
        is_comment = line.startswith("#")
        new = _fields(line).keys() & _BEGINNINGS if is_comment else set()
        if (graph and (is_comment or (not line.strip() and depth <= 0))) or new & keys:
            yield comments, graph
            comments, graph, keys, depth = [], [], set(), 0
        if is_comment:
            comments.append(line)
            keys |= new
        elif line.strip():
            graph.append(line.rstrip())
            bare = _STRING.sub("", line)
            depth += bare.count("(") - bare.count(")")
    if comments or graph:
        yield comments, graph


def _fields(comment: str) -> dict[str, str]:
    """``# ::id x ::date y`` as {"id": "x", "date": "y"}."""
    text = comment.lstrip("#")
    found = list(_FIELD.finditer(text))
    if found and found[0][1] in _TEXTS:
        return {found[0][1]: text[found[0].end() :].strip()}
    ends = [*(match.start() for match in found[1:]), len(text)]
    return {match[1]: text[match.end() : end].strip() for match, end in zip(found, ends)}


def without_alignments(graph: str) -> str:
    """A graph without ``~e.3`` after its concepts, roles and constants; every other byte stays."""
    return _ALIGNMENT.sub(lambda match: match[1] or "", graph)


def joined(tokens: str) -> str:
    """The sentence of a ``::tok`` line: split tokens joined, tags left out, single blanks.

    >>> joined("the NH @<sub> 2 </sub>@ -@ terminal part of PI3K @/@ AKT")
    'the NH2-terminal part of PI3K/AKT'
    """
    for pattern, replacement in _JOINS:
        tokens = pattern.sub(replacement, tokens)
    return " ".join(tokens.split())
