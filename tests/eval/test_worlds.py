"""Excerpts of worlds beside an evaluation, and their views on the page."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from eval.report import gather
from eval.report_answers import answer_view
from eval.report_worlds import MAX_BOXES, world_view
from eval.worlds import CELL, excerpt, read_worlds, write_worlds
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from tests.eval.made_run import ATTACKS, outcome_rows, write, write_lines
from tests.eval.test_report import items_of


def thing(shape: str, color: str, **more: Any) -> dict[str, Any]:
    return {"shape": shape, "size": "small", "color": color, "material": "metal", **more}


# The cube is left of and behind the sphere, which is left of and behind the cylinder.
SCENE = {
    "objects": [thing("cube", "red"), thing("sphere", "blue"), thing("cylinder", "gray")],
    "relationships": {
        "left": [[], [0], [0, 1]],
        "right": [[1, 2], [2], []],
        "front": [[1, 2], [2], []],
        "behind": [[], [0], [0, 1]],
    },
}
GRAPH = {
    "width": 100,
    "height": 80,
    "objects": {
        "1": {"name": "dog", "x": 10, "y": 60, "w": 30, "h": 20, "attributes": ["brown"],
              "relations": [{"name": "on", "object": "2"}, {"name": "near", "object": "9"}]},
        "2": {"name": "sofa", "x": 0, "y": 50, "w": 90, "h": 30, "attributes": [], "relations": []},
    },
}  # fmt: skip
TABLES = {"pets": {"columns": ["name", "age"], "rows": [[f"pet {i}", i] for i in range(8)]}}
DEFINITIONS = "CREATE TABLE pets (\nname text, -- what it is called\nage int\n)"
DIAGRAM = {
    "point_positions": {"O": [0, 0], "A": [30.0, 40.0], "B": [-50, 0]},
    "line_instances": ["OA", "AZ", "OAB"],
    "diagram": ["PointLiesOnCircle(A, Circle(O, radius_1))", "PointLiesOnCircle(B, Circle(O, radius_1))"],
}


def test_a_scene_is_placed_by_its_relations_or_as_the_camera_saw_it() -> None:
    view = world_view({"scene": SCENE}, "")
    assert view is not None
    assert [(shape, x, y) for shape, *_, x, y in view["objects"]] == [
        ("cube", 0.167, 0.167),
        ("sphere", 0.5, 0.5),
        ("cylinder", 0.833, 0.833),
    ]
    seen = {
        "objects": [thing("cube", "red", pixel_coords=[240, 80, 9.1]), thing("sphere", "red", pixel_coords=[-9, 0])]
    }
    view = world_view({"scene": seen}, "")
    assert view is not None
    assert view["objects"] == [
        ["sphere", "small", "red", "metal", 0.0, 0.0],
        ["cube", "small", "red", "metal", 0.5, 0.25],
    ]


def test_a_scene_graph_marks_what_the_symbol_names() -> None:
    view = world_view({"scene": GRAPH}, "select: dog --> relate: _,on,o [0]")
    assert view == {
        "boxes": [
            ["sofa", 0.0, 50.0, 90.0, 30.0, False, "", ""],
            ["dog", 10.0, 60.0, 30.0, 20.0, True, "brown", "on sofa"],
        ],
        "width": 100.0,
        "height": 80.0,
    }
    many = {str(i): {"name": f"leaf {i}", "x": 0, "y": 0, "w": 9, "h": 9} for i in range(99)} | GRAPH["objects"]  # type: ignore[operator]
    view = world_view({"scene": {"objects": many}}, "select: dog")
    assert view is not None and len(view["boxes"]) == MAX_BOXES and view["boxes"][-1][0] == "dog"


def test_a_diagram_has_lines_between_known_points_and_round_circles() -> None:
    view = world_view(DIAGRAM, "")
    assert view is not None
    assert view["points"] == [["O", 0.0, 0.0], ["A", 30.0, 40.0], ["B", -50.0, 0.0]]
    assert view["lines"] == [[0.0, 0.0, 30.0, 40.0]] and view["circles"] == [[0.0, 0.0, 50.0]]


@pytest.mark.parametrize(
    "world",
    [
        {"scene": {"objects": [{}]}},
        {"scene": {"objects": []}},
        {"scene": {"objects": {}}},
        {"scene": {"objects": SCENE["objects"]}},
        {"scene": {"objects": {"1": {"name": "x", "x": "NaN", "y": 0, "w": 1, "h": 1}}}},
        {"scene": []},
        {"scene": "x"},
        {"point_positions": {"A": [1]}},
        {"point_positions": {"A": [float("inf"), 0]}},
        {"point_positions": {}},
        {"tables": [{"name": "t"}]},
        {"tables": [3]},
        {"domain": "(define"},
        {},
    ],
)
def test_a_world_that_is_not_as_its_format_says_is_not_drawn(world: dict[str, Any]) -> None:
    assert world_view(world, "t") is None


def test_tables_are_cut_to_their_first_rows_and_bear_the_prompts_words() -> None:
    seen = excerpt(Context(DEFINITIONS, {"tables": TABLES}))
    (table,) = seen["tables"]
    assert table["labels"][0] == "what it is called" and table["num_rows"] == 8 and len(table["rows"]) == 5
    view = world_view(seen, "SELECT name FROM pets")
    assert view is not None
    assert view["tables"][0]["rows"][1] == ["pet 1", "1"] and view["tables"][0]["more"] == 3


def test_only_the_tables_of_a_query_are_shown() -> None:
    tables = [{"name": name, "columns": ["a"], "rows": [], "num_rows": 0} for name in ("pets", "pet owners", "cars")]
    view = world_view({"tables": tables}, "SELECT a FROM Pets")
    assert view is not None and [table["name"] for table in view["tables"]] == ["pets"]
    assert world_view({"tables": tables}, "SELECT 1") is None


def test_a_database_file_is_read_and_never_changed(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE "a ""b" (x, y)')
        connection.executemany('INSERT INTO "a ""b" VALUES (?, ?)', [(i, b"\x00\xff") for i in range(7)])
        connection.execute('INSERT INTO "a ""b" VALUES (?, \'z\')', ("w" * 500,))
        connection.execute("CREATE VIEW v AS SELECT * FROM nowhere")
    before = path.read_bytes()
    (table,) = excerpt(Context("", {"database": "d.sqlite"}, tmp_path))["tables"]
    assert table == {"name": 'a "b', "columns": ["x", "y"], "rows": [[i, "(2 bytes)"] for i in range(5)], "num_rows": 8}
    assert path.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["d.sqlite"]
    (tmp_path / "e.sqlite").write_bytes(b"SQLite format 3\x00" + b"broken" * 99)
    assert excerpt(Context("", {"database": "e.sqlite"}, tmp_path)) == {}
    # Without its file, a database is what the prompt says.
    (table,) = excerpt(Context(DEFINITIONS, {"database": "nowhere.sqlite"}, tmp_path))["tables"]
    assert table["columns"] == ["name", "age"] and "rows" not in table


def test_long_cells_are_cut() -> None:
    tables = {"t": {"columns": ["x"], "rows": [["w" * 500]]}}
    (table,) = excerpt(Context("", {"tables": tables}))["tables"]
    assert table["rows"] == [["w" * CELL + "…"]]


def test_worlds_are_written_once_and_read_for_the_wanted_items(tmp_path: Path) -> None:
    items = [(f"i{k}", Context("", {"scene": SCENE if k % 2 else GRAPH, "kinds": {}})) for k in range(6)]
    write_worlds(tmp_path, "clevr", [*items, ("plain", Context())])
    lines = (tmp_path / "worlds/clevr.jsonl").read_text().splitlines()
    assert [json.loads(line)["items"] for line in lines] == [["i0", "i2", "i4"], ["i1", "i3", "i5"]]
    found = read_worlds(tmp_path, "clevr", ["i3", "i4", "unknown"])
    assert found == {"i3": {"scene": SCENE}, "i4": {"scene": GRAPH}}
    assert read_worlds(tmp_path, "other", ["i3"]) == {}
    write_worlds(tmp_path, "plain", [("a", Context("x: y"))])
    assert not (tmp_path / "worlds/plain.jsonl").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        write_worlds(tmp_path / "file", "clevr", items)


DOMAIN = """(define (domain d) (:requirements :strips) (:predicates (on ?x ?y) (free) (hold ?x))
  (:action stack :parameters (?x ?y) :precondition (hold ?x) :effect (and (on ?x ?y) (free) (not (hold ?x)))))"""


def test_a_plan_tells_what_each_step_changes() -> None:
    view = answer_view(["(Stack a b)", "(fly a)"], {"domain": DOMAIN})
    assert view == {"steps": [["Stack a b", ["on a b", "free"], ["hold a"]], ["fly a", [], []]], "more": 0}
    assert answer_view(["(stack a b)"], {"domain": "(define"}) == {"steps": [["stack a b", [], []]], "more": 0}
    assert answer_view(["(stack a)"], {"domain": DOMAIN}) == {"steps": [["stack a", [], []]], "more": 0}


@pytest.mark.parametrize("answer", [None, 3, "x", [], ["no step"], [1], {"rows": []}, {"rows": [3]}, {"rows": "x"}, {}])
def test_what_is_neither_rows_nor_a_plan_stays_text(answer: Any) -> None:
    assert answer_view(answer, {"domain": DOMAIN}) is None


def test_rows_of_an_answer_are_a_table() -> None:
    answer = {"columns": 2, "rows": [[1, None]] * 12, "ordered": False}
    assert answer_view(answer, {}) == {"rows": [["1", "NULL"]] * 10, "more": 2}


def world_run(folder: Path, hostile: str = "") -> Path:
    """A delegated run over every kind of world; ``hostile`` stands wherever a name may stand."""
    say = hostile or "x"
    worlds: dict[str, Context] = {
        "clevr": Context("", {"scene": {**SCENE, "objects": [*SCENE["objects"][:2], thing(say, say)]}}),  # type: ignore[index]
        "gqa": Context("", {"scene": {"objects": {
            "1": {"name": say, "x": 0, "y": 0, "w": 50, "h": 30, "attributes": [say],
                  "relations": [{"name": say, "object": 1}]}
        }}}),
        "geometry": Context("", {**DIAGRAM, "point_positions": {say: [9, 9], "O": [0, 0]}, "diagram": [say]}),
        "tables": Context("", {"tables": {say: {"columns": [say], "rows": [[say]]}}}),
        "plans": Context("", {"domain": DOMAIN}),
    }  # fmt: skip
    step = "(stack {} b)".format(re.sub(r"[()\s]", "", say))
    answers = {"tables": {"rows": [[say]]}, "plans": [step]}
    for name, context in worlds.items():
        (row,) = outcome_rows(name, {"wrong": 1})
        write_lines(folder / "delegate" / f"{name}.jsonl", [{**row, "answer": answers.get(name, 1), "symbol": say}])
        write_worlds(folder / "delegate", name, [(row["id"], context)])
    write(folder / "delegate/run.json", {"kind": "delegate", "model": "m"})
    return folder


@pytest.mark.parametrize("hostile", ["", *ATTACKS])
def test_items_carry_their_worlds_as_data(tmp_path: Path, hostile: str) -> None:
    found = {item["task"]: item for item in items_of(gather(world_run(tmp_path / "run", hostile)))}
    kinds = {name: next(iter(item["world_view"])) for name, item in found.items() if "world_view" in item}
    assert kinds == {"clevr": "objects", "gqa": "boxes", "geometry": "points", "tables": "tables"}
    assert "rows" in found["tables"]["answer_view"] and "steps" in found["plans"]["answer_view"]


def test_evaluations_keep_what_their_items_are_about(tmp_path: Path) -> None:
    from eval.backends.gold import GoldBackend
    from eval.delegate import run_delegation
    from eval.delegation import get

    run_delegation([get("tables"), get("letters")], GoldBackend(), tmp_path / "run", limit=2)
    assert [file.name for file in (tmp_path / "run/delegate/worlds").iterdir()] == ["tables.jsonl"]
    found = {item["task"]: item for item in items_of(gather(tmp_path / "run"))}
    assert found["tables"]["world_view"]["tables"][0]["rows"] and found["tables"]["answer_view"]["rows"]
    assert "world_view" not in found["letters"]


def test_broken_worlds_leave_the_items(tmp_path: Path) -> None:
    run = world_run(tmp_path / "run")
    (run / "delegate/worlds/gqa.jsonl").write_text('{"items": ["gqa-test-0000000000000000"], "scene": {')
    (run / "delegate/worlds/clevr.jsonl").write_text("[1]\n")
    gathered = gather(run)
    assert gathered["items"]["count"] == 5
    assert sum("worlds cannot be read" in note for note in gathered["notes"]) == 2
