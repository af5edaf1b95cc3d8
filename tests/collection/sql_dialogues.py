"""What the tests of SParC and CoSQL share."""

from __future__ import annotations

import json
import re
from pathlib import Path

from collection.sources.base import Example, Rejected
from collection.sources.spider_dialogues import DialogueSource
from collection.sources.spider_schema import unifiedskg
from symbol_llm.formats import Context, get

SQL = get("sql")


def results(source: DialogueSource, folder: Path) -> dict[tuple[str, int], Example | Rejected]:
    """What becomes of each row, by file and index."""
    return {
        (row.file, row.index): row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)
        for row in source.read(folder)
    }


def check_unifiedskg_examples(source: DialogueSource, folder: Path) -> None:
    """Every true example has our layout of schema and request, and the same query."""
    dialogues = json.loads((folder / "unifiedskg_examples.json").read_text(encoding="utf-8"))
    turns = [turn for dialogue in dialogues for turn in dialogue]
    assert len(turns) > 5 and any(turn["turn_idx"] > 1 for turn in turns)
    for turn in turns:
        columns = turn["db_column_names"]
        schema = {
            "db_id": turn["db_id"],
            "table_names_original": turn["db_table_names"],
            "column_names_original": list(zip(columns["table_id"], columns["column_name"], strict=True)),
        }
        # UnifiedSKG adds cell values that the question mentions in parentheses after a column.
        assert unifiedskg(schema) == re.sub(r" \( [^|]*? \)(?= [,|]|$)", "", turn["struct_in"])
        *before, last = turn["utterances"]
        history = [{"utterance": text, "query": None} for text in before]
        assert source.request(history, last) == turn["text_in"]
        assert SQL.canonical(turn["seq_out"]) == SQL.canonical(turn["query"])


def check_real_rows(source: DialogueSource, root: Path) -> None:
    """Every turn is kept and taken by its database, where there is one, and by its definitions."""
    items = results(source, root / source.upstream.dataset)
    assert items
    for place, item in items.items():
        assert isinstance(item, Example), (place, item)
        definitions = item.context.definitions
        assert SQL.accepts(item.completion, Context(definitions)).holds, (place, item.completion)
        if item.answer is not None:
            verdict = SQL.accepts(item.completion, Context(definitions, item.context.world, root))
            assert verdict.holds, (place, item.completion, verdict.reason)
