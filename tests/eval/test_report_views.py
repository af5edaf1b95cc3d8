"""Symbols drawn for a reader, packed items, and analyses on the page."""

from __future__ import annotations

import random
import re
import string
from pathlib import Path
from typing import Any

import pytest

from eval.analysis.alignment import pictures
from eval.report import ITEM_BYTES, gather, write_report
from eval.report_items import MAX_DRAWN
from eval.report_views import amr_tree, molecule, view_of
from tests.eval.made_run import ATTACKS, outcome_rows, write, write_lines
from tests.eval.test_report import items_of


def test_molecules_are_drawn_by_rdkit() -> None:
    drawn = view_of("smiles", "CC(=O)O")
    assert drawn is not None and (drawn["width"], drawn["height"]) == (260, 180)
    colours = {colour for colour, _, _ in drawn["paths"]}
    assert colours == {"#000000", "#ff0000"}  # carbon, oxygen
    assert all(re.fullmatch(r"[MLQCZ0-9., -]+", path) for *_, path in drawn["paths"])
    assert view_of("selfies", "[C][C][=Branch1][C][=O][O]") == drawn


@pytest.mark.parametrize(
    "text", ["", "C(", "not a molecule", "C" * 401, "c1ccc1c", "C.<svg onload=alert(1)>", *ATTACKS]
)
def test_what_is_no_molecule_is_not_drawn(text: str) -> None:
    assert view_of("smiles", text) is None
    assert molecule("selfies", text) is None or "<" not in str(molecule("selfies", text))


def test_a_meaning_representation_is_a_tree() -> None:
    text = "(w / want-01 :polarity - :ARG0 (b / boy) :ARG1 (g / go-02 :ARG0 b))"
    assert view_of("amr", text) == {
        "tree": [
            "w / want-01",
            [[":polarity -", []], [":ARG0 b / boy", []], [":ARG1 g / go-02", [[":ARG0 b", []]]]],
        ]
    }
    assert amr_tree("(w / ") is None and amr_tree("(a / b :r " * 60 + "(c / d)" + ")" * 60) is None
    assert view_of("amr", "(a / b)" + " " * 4_000) is None and view_of("sql", "SELECT 1") is None


def test_nested_calls_are_a_tree() -> None:
    assert view_of("top", "[IN:CALL ring up [SL:CONTACT my mum ] ]") == {
        "tree": ["IN:CALL", [["ring up", []], ["SL:CONTACT", [["my mum", []]]]]]
    }
    assert view_of("top", "[IN:CALL") is None
    assert view_of("top", "[IN:A [SL:B " * 25 + "x" + " ] ]" * 25) is None, "too deep to be read"


def test_steps_stand_right_of_what_they_wait_for() -> None:
    successors = "{'START': ['1', '2'], '1': ['3'], '2': ['3'], '3': ['END'], 'END': []}"
    drawn = view_of("graph", successors + "\n{'1': '10 min', '2': '5 min', '3': '1 hour'}")
    assert drawn == {
        "nodes": [
            ["START", 0, 0, ""],
            ["1", 1, 0, "10 min"],
            ["2", 1, 1, "5 min"],
            ["3", 2, 0, "1 hour"],
            ["END", 3, 0, ""],
        ],
        "edges": [[0, 1, ""], [0, 2, ""], [1, 3, ""], [2, 3, ""], [3, 4, ""]],
    }
    assert view_of("graph", "{'START': ['1'], '1': ['1'], 'END': []}\n{'1': '1 min'}") is None, "a cycle has no order"
    assert view_of("graph", "{") is None


def symbolic_run(folder: Path, rows: dict[str, tuple[str, list[str]]]) -> Path:
    """A run with symbolic tasks: task -> (format, symbols)."""
    parts: dict[str, Any] = {}
    for task, (language, symbols) in rows.items():
        made = outcome_rows(task, {"different": len(symbols)})
        for row, symbol in zip(made, symbols):
            row |= {"symbol": symbol, "output": symbol, "gold": symbol}
        write_lines(folder / "symbolic" / f"{task}.jsonl", made)
        parts[task] = {"format": language, "items": len(symbols), "value": 0.0}
    write(folder / "symbolic/run.json", {"kind": "symbolic", "backend": "transformers", "model": "runs/m"})
    write(folder / "symbolic/summary.json", {"tasks": parts})
    return folder


def test_items_carry_their_drawings(tmp_path: Path) -> None:
    run = symbolic_run(
        tmp_path / "run",
        {"mine": ("smiles", ["CCO", "C("]), "yours": ("amr", ["(b / boy)"]), "theirs": ("sql", ["SELECT 1"])},
    )
    found = {item["symbol"]: item for item in items_of(gather(run))}
    assert found["CCO"]["symbol_view"]["paths"] and found["CCO"]["gold_view"] == found["CCO"]["symbol_view"]
    assert "symbol_view" not in found["C("] and found["(b / boy)"]["symbol_view"] == {"tree": ["b / boy", []]}
    assert found["SELECT 1"]["format"] == "sql" and found["SELECT 1"]["model"] == "runs/m"


def test_only_so_many_are_drawn(tmp_path: Path) -> None:
    number = MAX_DRAWN // 2 + 1
    gathered = gather(symbolic_run(tmp_path / "run", {"mine": ("amr", ["(b / boy)"] * number)}))
    assert sum("symbol_view" in item for item in items_of(gathered)) == MAX_DRAWN // 2
    assert f"the first {MAX_DRAWN} molecules and trees are drawn, the others shown as text" in gathered["notes"]


def noise(size: int, seed: int) -> str:
    return "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=size))


def test_texts_that_do_not_compress_are_cut_then_items_left_out(tmp_path: Path) -> None:
    run = symbolic_run(tmp_path / "run", {"mine": ("text", [noise(3_000, seed) for seed in range(300)])})
    cut = gather(run, item_bytes=400_000)
    assert len(items_of(cut)) == 300 and "texts of items are cut at 800 characters" in "\n".join(cut["notes"])
    fewer = gather(run, item_bytes=60_000)
    assert len(items_of(fewer)) == 200 and "200 of 300 items fit into the page" in "\n".join(fewer["notes"])
    assert sum(map(len, fewer["items"]["chunks"])) <= 60_000 < ITEM_BYTES


def test_samples_of_an_item_are_items(tmp_path: Path) -> None:
    rows = [{**outcome_rows("mine", {"correct": 1})[0], "sample": sample} for sample in (0, 1, 1)]
    write_lines(tmp_path / "run/delegate/mine.jsonl", rows)
    write(tmp_path / "run/delegate/run.json", {"kind": "delegate"})
    assert [item["id"].split(", ")[1:] for item in items_of(gather(tmp_path / "run"))] == [[], ["sample 1"]]


def alignment_document(name: str = "m") -> dict[str, Any]:
    families = [ATTACKS[0], "SQL"]
    part = {"records": 3, "alignment": 0.2, "interval": [0.1, 0.3], "uniformity": -1.0, "others": 0.9}
    model = {
        "name": name,
        "layer": 2,
        "records": 6,
        "uniformity": -1.5,
        "uniformity_interval": None,
        "pairs": {"family": {"pairs": 6, "alignment": 0.2, "interval": [0.1, 0.3], "chance": 0.9}},
        "by_family": [{"family": family, **part, "uniformity_interval": None} for family in families],
        "distance": [[0.2, 0.9], [0.9, 0.2]],
        "points": [[0.1, 0.2, 0], [0.3, -0.1, 1]],
        "variance": [0.5, 0.25],
    }
    change = {"from": name, "to": name, "measures": {"family": {"difference": 0.1, "interval": None, "is_real": None}}}
    return {"kind": "alignment", "families": families, "models": [model], "changes": [change], "notes": []}


def test_analyses_are_gathered_and_broken_ones_told(tmp_path: Path) -> None:
    document = alignment_document()
    write(tmp_path / "run/analysis/alignment.json", document)
    write(tmp_path / "run/later/analysis/gains.json", {"runs": ["a"]})
    write(tmp_path / "run/other/analysis/alignment.json", [1])
    (tmp_path / "run/half/analysis").mkdir(parents=True)
    (tmp_path / "run/half/analysis/gains.json").write_text('{"runs": [')
    gathered = gather(tmp_path / "run")
    (shown,) = gathered["analyses"]["alignment"]
    assert gathered["analyses"]["gains"] == []
    assert [picture["src"][:26] for picture in shown["models"][0]["pictures"]] == ["data:image/svg+xml;base64,"] * 2
    assert "distance" not in shown["models"][0] and "points" not in shown["models"][0]
    notes = "\n".join(gathered["notes"])
    assert notes.count("is not an analysis of this version") == 2 and "gains.json cannot be read" in notes
    assert "<script" not in pictures(document)[0][0] and "<script" not in pictures(document)[0][1]


def test_an_experiments_table_and_plots_are_on_its_page(tmp_path: Path) -> None:
    run = tmp_path / "procedures"
    run.mkdir()
    table = f"# Right **answers** \\*\n\n| arm | % |\n|---|--:|\n| {ATTACKS[1]} | 12.5 |\n| graph |\n"
    (run / "table.md").write_text(table)
    (run / "accuracy.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (run / "broken.svg").write_bytes(b"\xff\xfe")
    (run / "huge.svg").write_text(" " * 300_001)
    gathered = gather(run)
    (page,) = gathered["analyses"]["pages"]
    assert page["blocks"] == [
        {"text": "Right answers *"},
        {"columns": ["arm", "%"], "rows": [[ATTACKS[1], "12.5"], ["graph"]]},
    ]
    assert [picture["alt"] for picture in page["pictures"]] == ["Plot of the experiment: accuracy"]
    notes = "\n".join(gathered["notes"])
    assert "broken.svg cannot be read" in notes and "huge.svg is too large" in notes
    assert gather(symbolic_run(tmp_path / "run", {"mine": ("text", ["x"])}))["analyses"]["pages"] == []


def test_ten_thousand_items_make_a_small_page(tmp_path: Path) -> None:
    """Every item is there, in chunks; the page stays below 5 MB."""
    run = tmp_path / "run"
    write(run / "delegate/run.json", {"kind": "delegate", "model": "m"})
    for task in range(40):
        write_lines(
            run / "delegate" / f"task_{task}.jsonl", outcome_rows(f"task {task}", {"correct": 200, "wrong": 50})
        )
    made = write_report([run], tmp_path / "out")
    assert made["items"] == 10_000 and made["bytes"] < 5_000_000


def test_pictures_leave_less_room_for_items(tmp_path: Path) -> None:
    run = symbolic_run(tmp_path / "run", {"mine": ("text", [noise(3_000, seed) for seed in range(200)])})
    write(run / "analysis/alignment.json", alignment_document())
    gathered = gather(run, item_bytes=10_000)
    assert gathered["items"]["count"] == 0 and gathered["items"]["chunks"] == []
    assert "0 of 200 items fit into the page" in "\n".join(gathered["notes"])
    assert len(gathered["analyses"]["alignment"]) == 1
