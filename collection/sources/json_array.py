"""Reading a large JSON file value by value.

    {"info": {…}, "questions": [{…}, {…}, …]}       the elements of an array (CLEVR)
    {"02930152": {…}, "07333408": {…}, …}           the entries of an object (GQA)

Such a file is one line of up to several gigabytes; only one of its values is in memory at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from symbol_llm.errors import UserError

_CHUNK = 1 << 20
_NEAR = 16  # longer than any literal or escape that the end of the window can cut
_BLANKS = re.compile(r"[ \t\r\n]*")
_decode = json.JSONDecoder().raw_decode


def read_json_array(path: Path, key: str = "") -> Iterator[Any]:
    """The elements of the array under a key of the file's object, in order; without a key, of a file that is an array.

    Raises UserError with the place in the file if it is broken, truncated or has no such array; the elements before
    the fault have been given by then.
    """
    with path.open(encoding="utf-8-sig") as file:
        yield from read_json_elements(file, path, key)


def read_json_elements(file: TextIO, name: Path | str, key: str = "") -> Iterator[Any]:
    """The same from an open file; ``name`` is what an error calls it."""
    text = _Text(name, file)
    if not key:
        if text.peek() != "[":
            raise UserError(f"{name}: expected a list of objects. Is it upstream's file?")
        text.take("[")
        yield from _elements(text)
        return
    text.take("{")
    while text.peek() != "}":
        found = text.value()
        text.take(":")
        if found != key or text.peek() != "[":
            text.value()
        else:
            text.take("[")
            yield from _elements(text)
            return
        if text.peek() == ",":
            text.take(",")
    raise UserError(f"{name}: there is no array {key!r} in this file. Is it upstream's?")


def read_json_object(file: TextIO, name: str) -> Iterator[tuple[str, Any]]:
    """The entries of the file's object in order, key and value; a key that stands twice comes twice.

    ``name`` is what an error calls the file. Raises UserError with the place in the file if it is broken, truncated or
    no object; the entries before the fault have been given by then.
    """
    text = _Text(name, file)
    text.take("{")
    while text.peek() != "}":
        if text.peek() != '"':
            raise text.fault("expected a key in quotes")
        key = text.value()
        text.take(":")
        yield key, text.value()
        if text.peek() != "}":
            text.take(",")
    text.take("}")
    if not text.is_done():
        raise text.fault("expected the end of the file")


def _elements(text: _Text) -> Iterator[Any]:
    while text.peek() != "]":
        yield text.value()
        if text.peek() != "]":
            text.take(",")


class _Text:
    """A window on a file: what is read and not yet used."""

    def __init__(self, name: Path | str, file: TextIO) -> None:
        self.name, self.file = name, file
        self.window, self.at, self.used = "", 0, 0  # ``used``: characters before the window

    def _more(self) -> bool:
        """Read on. False at the end of the file."""
        try:
            # A value longer than the window doubles it, so that it is not decoded over and over.
            chunk = self.file.read(max(_CHUNK, len(self.window) - self.at))
        except UnicodeDecodeError as error:
            raise self.fault(f"not UTF-8 ({error.reason})") from error
        self.used += self.at
        self.window, self.at = self.window[self.at :] + chunk, 0
        return bool(chunk)

    def is_done(self) -> bool:
        """Whether nothing but blanks is left."""
        while True:
            found = _BLANKS.match(self.window, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.window):
                return False
            if not self._more():
                return True

    def peek(self) -> str:
        """The next sign that is not blank."""
        if self.is_done():
            raise self.fault("the file ends too early")
        return self.window[self.at]

    def take(self, sign: str) -> None:
        if self.peek() != sign:
            raise self.fault(f"expected {sign!r}")
        self.at += 1

    def value(self) -> Any:
        """The next JSON value. A number must be followed by something, as it always is inside an array or object."""
        self.peek()
        while True:
            try:
                value, end = _decode(self.window, self.at)
                if end < len(self.window) or not self._more():
                    self.at = end
                    return value
            except RecursionError as error:
                raise self.fault("nested too deeply") from error
            except json.JSONDecodeError as error:
                offset = error.pos - self.at
                # A fault far from the end of the window is one; near it, the value may only be cut off.
                is_cut = error.pos > len(self.window) - _NEAR or error.msg.startswith("Unterminated string")
                if not is_cut or not self._more():
                    self.at += offset
                    raise self.fault(error.msg) from error

    def fault(self, what: str) -> UserError:
        return UserError(
            f"{self.name}, character {self.used + self.at + 1}: not JSON ({what}). "
            "The file may be truncated: fetch it again"
        )
