"""Tables for people."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from symbol_llm.console import make_table


def test_cells_read_well() -> None:
    table = make_table("Tasks", ("task", "rows", "evolvable"), [["scan", 20910, True], ["bash", None, False]])
    out = StringIO()
    Console(file=out, width=80).print(table)
    text = out.getvalue()
    assert "20,910" in text and "yes" in text and "no" in text and "–" in text
    assert [column.justify for column in table.columns] == ["left", "right", "left"]
