"""Orders of representations under reinforcement: equal arms, numbers that add up, a small run from end to end."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

from collection.procedures.convert import read
from collection.procedures.splits import Split
from recipes.procedures_grpo.data import FORMS, rows, write_rows
from recipes.procedures_grpo.page import write_page
from recipes.procedures_grpo.results import AT_ENDS, summarise
from recipes.procedures_grpo.run import run_arms
from recipes.procedures_grpo.story import ARMS, Scale, stage_names, stages
from recipes.procedures_grpo.testing import SAMPLES
from symbol_llm.errors import CheckFailed
from symbol_llm.training.arguments import parse

SMALL = Scale(
    plans=300, warm_steps=30, warm_every=15, warm_right=0.0, warm_plans=2, updates=2, seeds=1, items=4, sampled=2
)


def test_all_arms_get_the_same_updates_of_the_same_start(tmp_path: Path) -> None:
    found = stages(tmp_path, Scale(), seed=3)
    assert len({stage.folder for stage in found}) == len(found) == 7, "two arms share their first stage"
    for stage in found:
        script, words = Path(stage.command[1]), list(stage.command[2:])
        is_first = "," not in stage.folder.name
        assert script.parent.name == ("injection" if is_first else "infusion")
        config = parse(script.parent.name, words)
        assert config.method == "grpo" and config.run.steps == Scale().updates
        assert config.run.seed == (3 if is_first else 1_003), "the second stage asks other plans"
        start = "warm" if is_first else f"seed-3/{stage.folder.name.split(',')[0]}"
        assert config.model.path == str(tmp_path / start / "model")
        assert [Path(path).stem for path in config.data.path] == stage.folder.name.split(",")[-1].split("+")
    assert {name for arm in ARMS for name in stage_names(arm)} == {stage.folder.name for stage in found}


def test_rows_of_both_forms_are_one_plan(tmp_path: Path) -> None:
    for forms in rows(Split.ID, 5, seed=9):
        plans = {form: read(forms[form]["prompt"].strip()) for form in FORMS}
        assert plans["graph"].following == plans["language"].following
        assert forms["graph"]["answer"] == forms["language"]["answer"]
    words = write_rows(tmp_path, 20)
    lines = {form: (tmp_path / f"{form}.jsonl").read_bytes().splitlines() for form in FORMS}
    assert {len(each) for each in lines.values()} == {20}
    for line in lines["language"]:
        row = orjson.loads(line)
        assert set((row["prompt"] + row["completion"]).split()) <= set(words)


def made(out: Path, right: dict[str, int]) -> Path:
    """A finished run of 4 items and 2 sampled plans, of which the first ``right`` are right."""

    def bits(number: int, count: int) -> list[int]:
        return [int(place < number) for place in range(count)]

    for name, number in right.items():
        path = out / "measured" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        sets = [f"{form} {split}" for split in ("id", "greedy_proof") for form in FORMS]
        document = {
            "greedy": {each: bits(number, 4) for each in sets},
            "sampled": {form: bits(number, 2 * SAMPLES) for form in FORMS},
        }
        path.write_bytes(orjson.dumps(document))
    for stage in stages(out, SMALL, 0):
        stage.folder.mkdir(parents=True)
        lines = [
            {"step": step, "loss": 0.0, "reward": 0.1 * step, "kl": 0.01, "groups_without_spread": 0.5}
            for step in range(1, 2 * AT_ENDS + 1)
        ]
        (stage.folder / "metrics.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return out


def test_the_tables_are_of_the_items(tmp_path: Path) -> None:
    out = made(tmp_path, {"warm": 1, "seed-0/language": 1, **{f"seed-0/{arm}": 3 for arm in ARMS if arm != "language"}})
    result = summarise(out, SMALL, {"step": 15, "right": {}})
    mixed = result["arms"]["mixed"]
    assert mixed["greedy"]["graph id"]["value"] == 0.75 and result["warm"]["greedy"]["graph id"]["value"] == 0.25
    assert mixed["since warm"]["greedy"]["graph id"]["difference"] == 0.5
    assert mixed["against language"]["greedy"]["graph id"]["difference"] == 0.5
    assert "against language" not in result["arms"]["language"]
    stage = mixed["stages"][0][0]
    assert stage["start"] == pytest.approx(0.3) and stage["end"] == pytest.approx(0.8) and len(stage["curve"]) == 10
    table, plot = write_page(result, out)
    text = table.read_text(encoding="utf-8")
    assert "| mixed | 1: graph + language | 0.300 (0.30) | 0.800 (0.80) | 0.010 | 50% |" in text
    assert "| warm | 25.0% (" in text and "| mixed − language | +50.0 [" in text
    before = plot.read_bytes()
    assert len(ElementTree.fromstring(before).findall(".//{*}path")) > 8
    write_page(result, out)
    assert plot.read_bytes() == before, "the same numbers give the same file"


@pytest.mark.full
def test_a_small_run_from_end_to_end(tmp_path: Path) -> None:
    result = run_arms(tmp_path, SMALL)
    assert result["warm"]["step"] == 15 and set(result["arms"]) == set(ARMS)
    for entry in result["arms"].values():
        assert [len(stage["curve"]) for stage in entry["stages"][0]] == [2, 2]
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("model.safetensors")}
    assert run_arms(tmp_path, SMALL) == result, "a finished run is only read"
    assert {path: path.stat().st_mtime_ns for path in times} == times
    (tmp_path / "warm" / "warm.json").unlink()
    with pytest.raises(CheckFailed, match="Train it longer"):
        run_arms(tmp_path, SMALL._replace(warm_right=1.0))
