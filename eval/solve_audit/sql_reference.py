"""What SQLite gives for a gold query without our solver: the answer that an audited query is compared with.

```
plain_rows(context, "SELECT count(*) FROM pets")   →   {"columns": 1, "rows": [[3]], "ordered": False}
```
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from collection.sources.base import Reason, Rejected
from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Context
from symbol_llm.formats.sql_syntax import is_ordered, read
from symbol_llm.solvers.sql_world import connect

_AGGREGATES = ("", "MAX", "MIN", "COUNT", "SUM", "AVG")
_OPERATORS = ("=", ">", "<")
_NUMBER = re.compile(r"[-+]?\d*\.\d+|\d+")
_TORN = (("> =", ">="), ("< =", "<="), ("! =", "!="))
_MOST_STEPS = 2_000  # times 100,000 instructions of SQLite's machine: about ten seconds


def plain_rows(context: Context, query: str) -> dict[str, Any] | Rejected:
    """The rows of a query on the database of a context, or why there are none.

    Torn operators are joined, as the authors' evaluator does before it runs a query (Zhong et al. 2020, exec_eval.py).
    """
    for torn, whole in _TORN:
        query = query.replace(torn, whole)
    connection = connect(context.world, context.root)
    try:
        return _rows(connection, query, {}, _orders(query))
    finally:
        connection.close()


def wikisql_rows(data: Mapping[str, Any], database: Path, context: Context) -> dict[str, Any] | Rejected:
    """The rows of a structured query, on upstream's database file or, where it is not there, on the row's table.

    As upstream's dbengine.py: values are bound, text is lowered, and compared with a number column becomes a number.
    """
    ((name, table),) = context.world["tables"].items()
    sql = data["sql"]
    values: dict[str, Any] = {}
    tests = []
    for number, (column, operator, value) in enumerate(sql["conds"]):
        values[f"value{number}"] = _bound(value, table["types"][column])
        tests.append(f"col{column} {_OPERATORS[operator]} :value{number}")
    selected = f"col{sql['sel']}"
    if sql["agg"]:
        selected = f"{_AGGREGATES[sql['agg']]}({selected})"
    query = f'SELECT {selected} FROM "{name}"' + (f" WHERE {' AND '.join(tests)}" if tests else "")
    if database.is_file():
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
    else:
        connection = connect(context.world, context.root)
    try:
        return _rows(connection, query, values, False)
    finally:
        connection.close()


def _rows(connection: sqlite3.Connection, query: str, values: Mapping[str, Any], ordered: bool) -> Any:
    steps = 0

    def is_late() -> bool:
        nonlocal steps
        steps += 1
        return steps > _MOST_STEPS

    connection.set_progress_handler(is_late, 100_000)
    try:
        cursor = connection.execute(query, values)
        rows = [[value.hex() if isinstance(value, bytes) else value for value in row] for row in cursor]
    except sqlite3.Error as error:
        return Rejected(Reason.ENGINE_REJECTED, f"SQLite {sqlite3.sqlite_version}: {error}")
    return {"columns": len(cursor.description or ()), "rows": rows, "ordered": ordered}


def _orders(query: str) -> bool:
    try:
        return is_ordered(read(query))
    except SymbolError:
        return False


def _bound(value: Any, kind: str) -> Any:
    if not isinstance(value, str):
        return value
    if kind != "real":
        return value.lower()
    try:
        number = float(Decimal(value.replace(",", "")))
    except InvalidOperation:
        found = _NUMBER.findall(value)
        return float(found[0]) if found else value.lower()
    return number if math.isfinite(number) else value.lower()
