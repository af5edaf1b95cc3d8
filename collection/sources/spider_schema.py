"""Schemas of Spider's databases, as tables.json describes them, in the layouts that a prompt can show.

    {"db_id": "pets_1", "table_names_original": ["Pets"], "column_names_original": [[-1, "*"], [0, "PetID"], …], …}
    ->  create_table  CREATE TABLE Pets (PetID number PRIMARY KEY, pet_age number)
        unifiedskg    | pets_1 | pets : petid , pet_age

Spider, SParC and CoSQL share these databases and the form of tables.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from collection.sources.base import Reason, Rejected, read_json
from symbol_llm.errors import UserError
from symbol_llm.formats.sql_tokens import fold, written


def check_layout(layout: str) -> str:
    """The layout's name. Raises UserError if there is none of this name."""
    if layout not in LAYOUTS:
        raise UserError(f"unknown schema layout {layout!r}: choose one of {', '.join(LAYOUTS)}")
    return layout


def schema_text(tables: Path, name: str, layout: str) -> str | Rejected:
    """The schema of a database of a tables.json. Raises UserError if the file is not upstream's."""
    schema = _schemas(tables).get(name)
    if schema is None:
        return Rejected(Reason.MISSING_CONTEXT, f"database {name!r} is not in tables.json")
    try:
        return LAYOUTS[layout](schema)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return Rejected(Reason.MISSING_CONTEXT, f"tables.json describes {name!r} in another form: {error!r}")


@lru_cache(maxsize=4)
def _schemas(path: Path) -> dict[str, dict[str, Any]]:
    entries = read_json(path)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and "db_id" in entry for entry in entries):
        raise UserError(f"{path}: expected a list of databases with db_id, as upstream's tables.json is")
    return {entry["db_id"]: entry for entry in entries}


def create_tables(schema: Mapping[str, Any]) -> str:
    """A database of tables.json as CREATE TABLE statements, one a line, with types and keys."""
    tables, columns = _names(schema)
    types = schema["column_types"]
    keys = [key if isinstance(key, list) else [key] for key in schema["primary_keys"]]  # a list: a composite key
    parents: dict[int, list[str]] = {}
    for child, parent in schema["foreign_keys"]:
        table, column = columns[parent]
        if table >= 0 and tables[table]:
            reference = f"REFERENCES {written(tables[table])}({written(column)})"
            if reference not in parents.setdefault(child, []):
                parents[child].append(reference)
    lines = []
    for number, table_name in enumerate(tables):
        if not table_name:
            continue
        own = [i for i, (table, _) in enumerate(columns) if table == number]
        primary = [i for key in keys if key[0] in own for i in key]
        items = []
        for i in own:
            words = [written(columns[i][1]), types[i]]
            words += ["PRIMARY KEY"] if primary == [i] else []
            items.append(" ".join(words + parents.get(i, [])))
        if len(primary) > 1:
            items.append(f"PRIMARY KEY ({', '.join(written(columns[i][1]) for i in primary)})")
        lines.append(f"CREATE TABLE {written(table_name)} ({', '.join(items)})")
    return "\n".join(lines)


def unifiedskg(schema: Mapping[str, Any]) -> str:
    """A database as UnifiedSKG writes it, without its hints of cell values: ``| db | table : col , col | …``."""
    parts = [f"| {schema['db_id']}"]
    for number, table in enumerate(schema["table_names_original"]):
        columns = [name for owner, name in schema["column_names_original"] if owner == number]
        parts.append(f"{table} : {' , '.join(columns)}")
    return " | ".join(parts).lower()


LAYOUTS = {"create_table": create_tables, "unifiedskg": unifiedskg}


def _names(schema: Mapping[str, Any]) -> tuple[list[str], list[tuple[int, str]]]:
    """Tables ("" for SQLite's own) and (table number, column) pairs, each name in one spelling."""
    spelling: dict[str, str] = {}
    columns = [(table, spelling.setdefault(fold(name), name)) for table, name in schema["column_names_original"]]
    tables = ["" if fold(name).startswith("sqlite_") else name for name in schema["table_names_original"]]
    return tables, columns
