"""SQL on the real queries of Spider, SParC and CoSQL."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from symbol_llm.formats import Context, get
from symbol_llm.solvers import sql_world

SQL = get("sql")
RAW = os.environ.get("SYMBOL_LLM_RAW")


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_queries_parse_and_keep_their_rows() -> None:
    """Every Spider query round-trips; canonical and renamed queries return exactly the original's rows."""
    root = Path(str(RAW))
    rows = {
        (row["query"], row["db_id"])
        for file in ("dev.json", "train_spider.json", "train_spider.stripped.json", "train_others.json")
        if (root / "spider" / file).exists()
        for row in json.loads((root / "spider" / file).read_text(encoding="utf-8"))
    }
    for query, name in sorted(rows):
        tree = SQL.parse(query)
        assert SQL.parse(SQL.render(tree)) == tree
        where = Context("", {"database": f"spider/database/{name}/{name}.sqlite"}, root)
        if not sql_world.has_database(where.world, root):
            continue
        fresh = {old: f"Zq{i:04d}" for i, old in enumerate(sorted(SQL.names(tree)))}
        variants = {
            query: where,
            SQL.canonical(query): where,
            SQL.canonical(query, where): where,
            SQL.render(SQL.rename(tree, fresh)): SQL.rename_context(where, fresh),
        }
        results = [sql_world.connect(at.world, root).execute(text).fetchall() for text, at in variants.items()]
        assert all(result == results[0] for result in results), query


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_only_split_operators_of_cosql_do_not_parse() -> None:
    """CoSQL and SParC have queries with "! =", "> =" and a stray parenthesis; all others are SQL."""
    for file in ("sparc/dev.json", "cosql/cosql_dev.json"):
        for row in json.loads((Path(str(RAW)) / file).read_text(encoding="utf-8")):
            for turn in row["interaction"]:
                if not SQL.parses(turn["query"]):
                    assert any(mark in turn["query"] for mark in ("! =", "> =", "< =", ")")), turn["query"]
