"""How far an evolved record is from its original: no old name left over, no new name that was there before.

    I_JUMP I_JUMP        ->   PMx1Ua I_JUMP          the second occurrence was missed
    … WHERE name = 'age' ->   … WHERE qk3v9d = 'age'  a word of the request: kept, and listed

Texts are compared word by word, without the parsers that renaming uses, so that what these miss is seen here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from functools import lru_cache
from typing import NamedTuple

from symbol_llm.formats import Name

# What joins the parts of one name, beside letters, digits and _.
_JOINTS = {"kb_sexpr": ".-", "sparql": ".-", "pddl": "-", "nlmaps": ":.-", "fol": "-'’", "triples": "-"}
# Languages whose definitions show, in parentheses, words that are no names: filter_color(color,set).
_SHOWS_ARGUMENTS = {"clevr", "gqa", "geometry", "triples"}
_COMMENT = re.compile(r"\s*--[^\n]*")
_COLUMN = re.compile(r"\s*(?!create\b)[^\s(]+\s+(\w+)")  # a column and its type: number number

# Letters of other scripts that look like Latin ones (of Unicode's confusables, those of words).
_LOOK_ALIKE = str.maketrans(
    "аеорсухіјѕԁһкмтнвАВЕКМНОРСТУХІЈЅοαρνικυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdhkmthbABEKMHOPCTYXIJSoapvikuABEZHIKMNOPTYX"
)

WORD = re.compile(r"\w+")


def look(text: str) -> str:
    """What a text looks like: composed, wide letters narrow, those of other scripts as the Latin ones they resemble."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKE)


def key(name: str) -> str:
    """Names with one key are too alike to stand in one record."""
    return look(name).lower()


@lru_cache(maxsize=8)  # renaming and proof ask about one record each
def all_words(*texts: str) -> frozenset[str]:
    """The keys of all words of texts, also of the parts that _ joins."""
    found = {word for text in texts for word in WORD.findall(look(text).lower())}
    found.update([part for word in found if "_" in word for part in word.split("_")])
    return frozenset(found)


def look_alikes(names: Iterable[Name]) -> tuple[str, str] | None:
    """Two different names that look the same (``city`` and ``сity``), if there are."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(look(name.text), name.text)
        if other != name.text:
            return other, name.text
    return None


def is_plain(name: str) -> bool:
    """Whether a name is ordinary words, which a request or a gloss may say without meaning the name."""
    return name.replace(" ", "").isalpha() and (name.islower() or name.istitle())


class Kept(NamedTuple):
    """Old names that stand unchanged in a changed text, and where two texts differ otherwise ("" if nowhere)."""

    names: frozenset[str]
    fault: str


class Renamed:
    """The texts of old and new names, as words of a language. ``others`` are names that stay."""

    def __init__(
        self, format_name: str, mapping: Mapping[Name, str], is_case_sensitive: bool, others: Iterable[str] = ()
    ) -> None:
        self.format = format_name
        self.is_case_sensitive = is_case_sensitive
        self.new: dict[str, set[str]] = defaultdict(set)
        for old, text in mapping.items():
            self.new[self._folded(old.text)].add(self._folded(text))
            if format_name == "triples":  # upstream writes some relations with blanks, some with underscores
                self.new[self._folded(old.text).replace("_", " ")].add(self._folded(text))
        word = _word(_JOINTS.get(format_name, ""))
        texts = (*self.new, *(n for names in self.new.values() for n in names), *map(self._folded, others))
        odd = {text for text in texts if not word.fullmatch(text)}
        self._pattern = _with_names(word, frozenset(odd)) if odd else word

    def words(self, text: str) -> list[str]:
        """The words of a text; a name is one word, whatever is in it."""
        return self._pattern.findall(self._folded(text))

    def compare(self, before: str, after: str) -> Kept:
        """Whether ``after`` is ``before`` with nothing but names replaced."""
        old, new = self.words(before), self.words(after)
        if len(old) != len(new):
            return Kept(frozenset(), f"{len(old)} words became {len(new)}")
        kept: set[str] = set()
        for a, b in zip(old, new):
            if b in self.new.get(a, ()):
                continue
            if a != b:
                return Kept(frozenset(), f"{a[:60]} became {b[:60]}")
            if a in self.new:
                kept.add(a)
        return Kept(frozenset(kept), "")

    def compare_definitions(self, before: str, after: str, glosses: Set[str]) -> Kept:
        """The same for definitions, where glosses stay: an old name in one is an ordinary word.

        A name that a definition itself leaves unchanged is a fault; plain lines may keep ordinary words.
        """
        lines = before.split("\n"), after.split("\n")
        if len(lines[0]) != len(lines[1]):
            return Kept(frozenset(), "the definitions have another number of lines")
        kept: set[str] = set()
        for old, new in zip(*lines):
            (old_head, old_gloss), (new_head, new_gloss) = (self._parts(line, glosses) for line in (old, new))
            if old_gloss != new_gloss:
                return Kept(frozenset(), f"a gloss changed: {old[:80]}")
            found = self.compare(old_head, new_head)
            if found.fault:
                return found
            defines = old_gloss != "" or self.format == "sql"
            missed = {name for name in found.names if defines and not self._stays(name, old_head, new_head)}
            if missed:
                return Kept(frozenset(), f"a definition still says {sorted(missed)[0]}: {new[:80]}")
            kept |= found.names
        return Kept(frozenset(kept), "")

    def _folded(self, text: str) -> str:
        return text if self.is_case_sensitive else text.lower()

    def _stays(self, name: str, old: str, new: str) -> bool:
        """Whether a definition may go on saying an old name: as what it shows of arguments, or as a column's type."""
        if self.format == "sql":
            column = _COLUMN.match(self._folded(new))
            unchanged = [word for word, now in zip(self.words(old), self.words(new)) if word == now == name]
            return column is not None and column[1] == name and len(unchanged) == 1
        return self.format in _SHOWS_ARGUMENTS and name in self.words(new.partition("(")[2])

    def _parts(self, line: str, glosses: Set[str]) -> tuple[str, str]:
        """A line of definitions without its gloss, and the gloss."""
        if self.format == "sql":
            head = _COMMENT.sub("", line)
            return head, line[len(head) :]
        stripped = line.rstrip()
        # The gloss is what follows a separator; some glosses have the separator in them.
        for match in re.finditer(r"(?: :::|:|=|\.)[ ]+|\.(?=\S)", stripped):
            if stripped[match.end() :] in glosses:
                return stripped[: match.end()], stripped[match.end() :]
        return line, ""


@lru_cache(maxsize=32)
def _word(joints: str) -> re.Pattern[str]:
    return re.compile(rf"\w+(?:[{re.escape(joints)}]\w+)*" if joints else r"\w+")


@lru_cache(maxsize=64)
def _with_names(word: re.Pattern[str], names: frozenset[str]) -> re.Pattern[str]:
    """Words, and before them the names that are more or less than a word, the longest first."""
    longest = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)|{word.pattern}")
