"""Random queries over a small schema with homonymous columns, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

SCHEMA = """CREATE TABLE t (id integer PRIMARY KEY, a int, b int, name text);
CREATE TABLE u (id integer PRIMARY KEY, t_id int REFERENCES t(id), a int, "odd name" text, name text);"""

COLUMNS = {"t": ["id", "a", "b", "name"], "u": ["id", "t_id", "a", '"odd name"', "name"]}
TEXTS = ["'a'", "'B'", '"q"', "'it''s'"]


@st.composite
def terms(draw: st.DrawFn, columns: list[str]) -> str:
    column = st.sampled_from(columns)
    shape = draw(st.integers(0, 7))
    if shape < 4:
        return draw(column)
    if shape == 4:
        return f"({draw(column)} + {draw(column)}) * {draw(st.integers(0, 3))}"
    if shape == 5:
        return f"{draw(column)} - ({draw(column)} - 1)"
    if shape == 6:
        return f"coalesce({draw(column)}, {draw(st.integers(0, 2))})"
    return f"-{draw(column)} || {draw(column)}"


@st.composite
def conditions(draw: st.DrawFn, columns: list[str], inner: st.SearchStrategy[str], depth: int = 2) -> str:
    if depth and draw(st.booleans()):
        left, right = (draw(conditions(columns, inner, depth - 1)) for _ in range(2))
        word = draw(st.sampled_from(["AND", "OR"]))
        text = f"{left} {word} {right}"
        return draw(st.sampled_from([text, f"({text})", f"NOT ({text})"]))
    term, other = draw(terms(columns)), draw(terms(columns))
    value = draw(st.one_of(st.integers(-1, 4).map(str), st.sampled_from(TEXTS)))
    sign = draw(st.sampled_from(["=", "==", "<>", "!=", "<", "<=", ">", ">="]))
    return draw(
        st.sampled_from(
            [
                f"{term} {sign} {value}", f"{value} {sign} {term}",
                f"{term} {sign} {other}", f"NOT {term} {sign} {value}",
                f"({term} {sign} {value})", f"{term} IS NULL", f"{term} IS NOT NULL", f"{term} IN ({value}, 1, 1, 0)",
                f"{term} NOT IN ({value})", f"{term} BETWEEN 0 AND {value}", f"{term} LIKE 'a%'",
                f"{term} IN ({draw(inner)})", f"{term} {sign} ({draw(inner)})",
            ]
        )
    )  # fmt: skip


@st.composite
def queries(draw: st.DrawFn, depth: int = 1, is_inner: bool = False) -> str:
    """A SELECT; an inner one has one column and no order."""
    inner = (
        queries(depth=depth - 1, is_inner=True)
        if depth
        else st.sampled_from(["SELECT a FROM u", "SELECT max(id) FROM t"])
    )
    mode = draw(st.sampled_from(["one", "aliased", "join", "comma", "self", "left"]))
    table, other = draw(st.sampled_from([("t", "u"), ("u", "t")]))
    if mode in ("one", "aliased"):
        name = table if mode == "one" else "x"
        source = table if mode == "one" else f"{table} AS {name}"
        columns = [*COLUMNS[table], *(f"{name}.{c}" for c in COLUMNS[table])]
    else:
        if mode == "self":
            other = table
        names = ("x", "y") if mode == "self" or draw(st.booleans()) else (table, other)
        parts = [t if t == n else f"{t} {n}" for t, n in zip((table, other), names)]
        key = f"{names[0]}.id {draw(st.sampled_from(['=', '<']))} {names[1]}.a"
        source = {
            "join": f"{parts[0]} JOIN {parts[1]} ON {key}", "self": f"{parts[0]} INNER JOIN {parts[1]} ON {key}",
            "comma": f"{parts[0]}, {parts[1]}", "left": f"{parts[0]} LEFT JOIN {parts[1]} ON {key}",
        }[mode]  # fmt: skip
        columns = [f"{n}.{c}" for t, n in zip((table, other), names) for c in COLUMNS[t]]
        if mode != "self":
            columns += ["b", "t_id", '"odd name"']  # only one of the two tables has them
    where = f" WHERE {draw(conditions(columns, inner))}" if draw(st.booleans()) else ""
    column = draw(st.sampled_from(columns))
    if is_inner:
        return f"SELECT {draw(st.sampled_from([column, f'count({column})', f'max({column})']))} FROM {source}{where}"
    tail = draw(
        st.sampled_from(
            [
                f"SELECT {column}, {draw(terms(columns))} AS v FROM {source}{where}",
                f"SELECT DISTINCT {column} FROM {source}{where}",
                f"SELECT {column} AS k, count(*) AS n FROM {source}{where} "
                f"GROUP BY {column} HAVING n > 0 ORDER BY n DESC, k",
                f"SELECT sum({column}) AS s FROM {source}{where}",
                f"SELECT * FROM {source}{where}",
                f"SELECT count(DISTINCT {column}) FROM {source}{where}",
            ]
        )
    )
    if "ORDER" not in tail and depth and draw(st.integers(0, 4)) == 0:
        return f"SELECT {column} FROM {source}{where} UNION SELECT {draw(st.sampled_from(['a', 'name']))} FROM t"
    return tail
