"""``analyse alignment`` over collections of hand-made records."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.analysis.alignment import analyse, pictures, write
from eval.analysis.choices import By, Text
from eval.analysis.chosen import choose
from eval.analysis.cli import app
from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.record import Record, Split
from tests.collection.small_collections import collection_of
from tests.eval.tiny_model import save_tiny_model
from tests.eval.toy import record


def a_record(number: int, task: str, **changes: Any) -> Record:
    names = {"input": f"{task} {number}", "completion": f"{task} symbol {number}", "group": f"{task} {number // 2}"}
    return replace(record(number, task=task), **{**names, "id": f"{task}-{number}", **changes})


def records() -> list[Record]:
    """12 of spider (SQL), 12 of scan (Command) with one symbol twice and one blank, 1 of folio (FOL), 3 of webqsp that
    ask what spider asks, in another format; 2 of training."""
    made = [a_record(i, "spider", format="sql") for i in range(12)]
    made += [a_record(i, "scan", format="scan") for i in range(12)]
    made[13] = replace(made[13], completion=made[12].completion + "\n")
    made[14] = replace(made[14], completion=" \n")
    made += [a_record(0, "folio", format="fol")]
    made += [a_record(i, "webqsp", format="kb_sexpr", input=f"SPIDER  {i}") for i in range(3)]
    made += [a_record(i, "nl2bash", format="bash", split="train") for i in range(2)]
    return made


def evolved() -> list[Record]:
    """Five renamed commands, one of which has its original in no collection."""
    made = [
        a_record(
            i, "scan", format="scan", id=f"evolved-{i}", origin="evolved", parent=f"scan-{i}", completion=f"qx {i}"
        )
        for i in range(4)
    ]
    return [*made, replace(made[0], id="evolved-9", parent="scan-99", completion="qx 9")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("collections")
    return collection_of(records(), place / "data", rows_per_group=5), collection_of(evolved(), place / "evolved")


def test_families_and_pairs(folders: tuple[Path, Path]) -> None:
    chosen = choose(*folders)
    sizes = {family: chosen.families.count(family) for family in chosen.families}
    assert sizes == {"Command": 10, "FOL": 1, "KG/DB": 3, "SQL": 12}
    assert chosen.texts[chosen.ids.index("spider-3")] == (record(3).prompt, "spider symbol 3")
    named = {kind: {(chosen.ids[p.a], chosen.ids[p.b]) for p in pairs} for kind, pairs in chosen.pairs.items()}
    assert named["formats"] == {(f"webqsp-{i}", f"spider-{i}") for i in range(3)}
    assert named["evolved"] == {("scan-0", "evolved-0"), ("scan-1", "evolved-1"), ("scan-3", "evolved-3")}
    said = "\n".join(chosen.notes)
    assert "1 records have a blank symbol" in said and "FOL: one record" in said
    assert "Command: 1 records repeat" in said and "2 evolved records have no original" in said


def test_limits_splits_and_cuts(folders: tuple[Path, Path]) -> None:
    few = choose(*folders, limit=3, seed=1)
    assert few.families.count("SQL") == 3 and few.families.count("Command") == 3
    assert few.ids == choose(*folders, limit=3, seed=1).ids != choose(*folders, limit=3, seed=2).ids
    assert all(len(pairs) <= 3 for pairs in few.pairs.values())
    assert set(choose(folders[0], by=By.FORMAT).families) == {"sql", "scan", "fol", "kb_sexpr"}
    assert set(choose(folders[0], by=By.TASK, split=Split.TRAIN).families) == {"nl2bash"}
    assert "nl2bash" in choose(folders[0], by=By.TASK, split=None).families
    with pytest.raises(UserError, match=r"no validation record with a symbol. Choose another --split"):
        choose(folders[0], split=Split.VALIDATION)


def test_folders_that_are_no_collections(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="collect build"):
        choose(tmp_path)
    damaged = collection_of(records()[:2], tmp_path / "damaged")
    (damaged / "records" / "spider.parquet").write_bytes(b"PAR1")
    with pytest.raises(CheckFailed, match="not the file that was built"):
        choose(damaged)
    lost = collection_of([a_record(1, "scan", format="scan", origin="evolved", parent="no")], tmp_path / "lost")
    assert "no evolved record has its original" in choose(folders[0], lost).notes[-1]


def embedding(texts: Sequence[tuple[str, str]], noise: float) -> np.ndarray:
    """A direction per task, and noise: families lie apart."""
    rng = np.random.default_rng(0)
    names = ["spider", "scan", "folio", "webqsp", "qx"]
    centres = np.eye(5)[[names.index(symbol.split()[0]) for _, symbol in texts]]
    found: np.ndarray = np.hstack([centres, noise * rng.standard_normal((len(texts), 3))])
    return found


def test_numbers_and_changes(folders: tuple[Path, Path], tmp_path: Path) -> None:
    chosen = choose(*folders)

    def embed(model: str, texts: Sequence[tuple[str, str]]) -> tuple[np.ndarray, dict[str, Any]]:
        return embedding(texts, 0.0 if model.startswith("sharp") else 0.5), {"layer": 2}

    document = analyse(["sharp/model", "blurred/model"], chosen, embed)
    sharp, blurred = document["models"]
    assert document["families"] == ["Command", "FOL", "KG/DB", "SQL"]
    assert (sharp["name"], blurred["name"]) == ("sharp/model", "blurred/model")
    distance = np.array([[np.nan if v is None else v for v in row] for row in sharp["distance"]])
    assert np.nan_to_num(distance) == pytest.approx(2 - 2 * np.eye(4), abs=1e-12)
    assert sharp["distance"][1][1] is None and sharp["by_family"][1]["alignment"] is None  # one record
    assert sharp["pairs"]["family"]["alignment"] == pytest.approx(0.0, abs=1e-12)
    assert sharp["pairs"]["family"]["chance"] == pytest.approx(2.0)
    assert sharp["pairs"]["family"]["pairs"] == 10 * 9 // 2 + 3 + 12 * 11 // 2
    assert sharp["pairs"]["formats"] | {"interval": 0} == {"pairs": 3, "alignment": 2.0, "interval": 0, "chance": 2.0}
    assert sharp["pairs"]["evolved"]["interval"] is None  # two clusters
    (change,) = document["changes"]
    family = change["measures"]["family"]
    assert family["difference"] == pytest.approx(blurred["pairs"]["family"]["alignment"], abs=1e-9)
    assert family["is_real"] and family["interval"][0] < family["difference"] < family["interval"][1]
    assert change["measures"]["evolved"]["is_real"] is None
    assert len(sharp["points"]) == 26 and {group for *_, group in sharp["points"]} == {0, 1, 2, 3}
    files = write(document, tmp_path / "run")
    assert [file.name for file in files] == [
        "alignment.json",
        *(f"alignment-{k}-{kind}.svg" for k in (1, 2) for kind in ("distances", "plane")),
    ]
    assert json.loads(files[0].read_text())["families"] == document["families"]
    heat = ET.parse(files[1]).getroot()
    assert [text.text for text in heat.iter("{http://www.w3.org/2000/svg}text")].count("2.00") == 12
    assert len(list(ET.parse(files[2]).getroot().iter("{http://www.w3.org/2000/svg}circle"))) >= 10


def test_the_mean_vector_can_be_taken_out(folders: tuple[Path, Path]) -> None:
    """All states beside one direction: near 0 everywhere, and apart once the mean is out."""
    chosen = choose(folders[0])

    def cone(model: str, texts: Sequence[tuple[str, str]]) -> tuple[np.ndarray, dict[str, Any]]:
        return embedding(texts, 0.0) + [100.0] * 8, {"layer": 1}

    narrow = analyse(["m"], chosen, cone)["models"][0]
    wide = analyse(["m"], chosen, cone, is_centred=True)["models"][0]
    assert narrow["pairs"]["family"]["chance"] < 1e-4 and wide["pairs"]["family"]["chance"] > 1


def test_text_with_its_prompt_and_models_given_twice(folders: tuple[Path, Path]) -> None:
    chosen, seen = choose(folders[0]), []

    def embed(model: str, texts: Sequence[tuple[str, str]]) -> tuple[np.ndarray, dict[str, Any]]:
        seen.append(texts[0])
        return embedding(texts, 0.1), {"layer": 1}

    analyse(["m"], chosen, embed)
    analyse(["m"], chosen, embed, text=Text.PAIR)
    assert seen[0] == ("", seen[1][1]) and seen[1][0].startswith("Say")
    with pytest.raises(UserError, match="given twice"):
        analyse(["m", "m"], chosen, embed)


def test_names_cannot_break_a_picture() -> None:
    model = {"name": "<script>", "distance": [[0.5]], "points": [[0, 0, 0]], "variance": [1, 0]}
    for svg in pictures({"families": ['"><script>'], "models": [model]})[0]:
        tags = {element.tag.split("}")[1] for element in ET.fromstring(svg).iter()}
        assert "script" not in tags and "<script>" not in svg


def test_the_command(folders: tuple[Path, Path], tmp_path: Path) -> None:
    models = [str(save_tiny_model(tmp_path / name, seed=seed)) for seed, name in enumerate(("before", "after"))]
    arguments = ["alignment", "--data", str(folders[0]), "--evolved", str(folders[1]), "--out", str(tmp_path / "run")]
    for model in models:
        arguments += ["--model", model]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert [model["name"] for model in document["models"]] == ["before", "after"]
    assert document["models"][0]["hidden_size"] == 32 and document["models"][0]["layer"] == 2
    assert document["pooling"] == "mean" and document["split"] == "test"
    assert (tmp_path / "run/analysis/alignment.json").exists()
    result = CliRunner().invoke(app, [*arguments, "--layer", "0", "--pooling", "last", "--by", "task", "--centre"])
    assert result.exit_code == 0 and "Alignment and uniformity" in result.stdout and "webqsp" in result.stdout
    assert "symbol-llm report" in result.stderr
