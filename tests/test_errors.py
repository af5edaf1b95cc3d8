"""Errors for people: carets in the right place, nearest names."""

from __future__ import annotations

import pickle

from symbol_llm.errors import EngineMissing, SymbolError, unknown_name


def test_caret_stands_under_the_place() -> None:
    error = SymbolError("SELECT a\nFROM t WHERE", 20, "a condition")
    assert (error.line, error.column) == (2, 12)
    message, text, caret = str(error).split("\n")
    assert message == "expected a condition at line 2, column 12"
    assert text == "  FROM t WHERE" and caret.index("^") == 2 + 11


def test_long_and_unprintable_text_stays_readable() -> None:
    error = SymbolError("x" * 5000 + "\0\ud800" + "y" * 5000, 5000, "a letter")
    shown = str(error)
    assert len(shown) < 400 and shown.encode()
    text, caret = shown.split("\n")[1:]
    assert text[caret.index("^")] == "·"


def test_positions_beyond_the_text_are_clamped_and_errors_cross_processes() -> None:
    error = SymbolError("", 7, "a symbol", "empty")
    assert error.position == 0
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.text, copy.position, str(copy)) == ("", 0, str(error))


def test_unknown_names_come_with_the_nearest() -> None:
    error = unknown_name("task", "spidr", ["spider", "scan"], "symbol-llm collect list")
    assert "spider" in str(error) and "symbol-llm collect list" in str(error) and error.exit_code == 2


def test_a_missing_engine_names_the_command() -> None:
    error = EngineMissing("x", "pip install x")
    assert "pip install x" in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error), "crosses processes"
