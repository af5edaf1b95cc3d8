"""The ablation: its rounds name real commands, its numbers add up, and a quick one runs from end to end."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

from recipes.evol_ablation.plot import bars
from recipes.evol_ablation.results import collect, shown, written
from recipes.evol_ablation.story import TEST_SETS, WITH, WITHOUT, Scale, story
from recipes.steps import run_rounds

SCALE = Scale(rows=40, renamings=2, steps=3, items=4, seeds=2)


def test_both_kinds_get_the_same_updates_of_the_same_start(tmp_path: Path) -> None:
    rounds = list(story(tmp_path, SCALE))
    names = [step.name for steps in rounds for step in steps]
    assert len(set(names)) == len(names)
    trained = {step.name: step.command for steps in rounds for step in steps if step.name.startswith("with")}
    assert len(trained) == 2 * SCALE.seeds
    for seed in range(SCALE.seeds):
        without, with_ = (list(trained[f"{kind}-{seed}"]) for kind in (WITHOUT, WITH))
        for option in ("--run.steps", "--model", "--seed"):
            assert without[without.index(option) + 1] == with_[with_.index(option) + 1]
        assert {word for word in with_ if "evolved-" in word} and not [word for word in without if "evolved-" in word]
    assert sum(name.startswith("score-") for name in names) == 2 * SCALE.seeds * len(TEST_SETS)


def _scored(out: Path, kind: str, seed: int, name: str, right: int) -> None:
    folder = out / f"score-{kind}-{seed}-{name}" / "symbolic"
    folder.mkdir(parents=True)
    lines = [orjson.dumps({"id": f"i{n}", "is_exact": n < right}) for n in range(4)]
    (folder / "task.evolved.jsonl").write_bytes(b"\n".join(lines) + b"\n")


def test_means_and_intervals_are_of_the_items(tmp_path: Path) -> None:
    for kind, right in ((WITHOUT, 0), (WITH, 3)):
        for seed in range(2):
            for name in TEST_SETS:
                _scored(tmp_path, kind, seed, name, right + (kind == WITH and seed))
            run = tmp_path / f"{kind}-{seed}"
            run.mkdir()
            (run / "metrics.jsonl").write_bytes(orjson.dumps({"step": 3, "loss": 1.0}) + b"\n")
            summary = {"steps": 3, "parameters": 9, "rows_per_epoch": 1, "tokens_per_epoch": 1, "steps_per_epoch": 1}
            (run / "summary.json").write_bytes(orjson.dumps(summary))
    result = collect(tmp_path, SCALE, {})
    entry = result["sets"]["plain"]
    assert entry["items"] == 4 and entry[WITH]["seeds"] == [0.75, 1.0] and entry[WITHOUT]["mean"] == 0
    assert entry[WITH]["mean"] == entry["difference"]["mean"] == 0.875
    low, high = entry["difference"]["interval"]
    assert low < 0.875 <= high <= 1
    assert [line[0] for line in shown(result)] == list(TEST_SETS)
    table, plot = written(result, tmp_path)
    assert "| plain | 4 | 0.0% (0.0%, 0.0%) | 87.5% (75.0%, 100.0%) |" in table.read_text()
    tree = ElementTree.fromstring(plot.read_text())
    dots = [group.findall(".//{*}use") for group in tree.iter() if group.get("id") == "seeds"]
    assert [len(group) for group in dots] == [2] * 2 * len(TEST_SETS)


def test_names_in_the_plot_are_text(tmp_path: Path) -> None:
    value = {"mean": 0.5, "interval": [0.4, 0.6], "seeds": [0.5]}
    ElementTree.parse(bars({"a < b & c $x": {"x": value}}, ("x",), tmp_path / "plot.svg"))


@pytest.mark.full
def test_a_quick_ablation_ends_with_all_numbers_and_runs_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The code's own digest is fixed, so that editing a file between the runs does not make them runs of other code.
    monkeypatch.setattr("recipes.steps.code_version", lambda *folders: "one")
    out, scale = tmp_path / "run", Scale(rows=400, steps=20, items=8, seeds=1)
    result = run_rounds(story(out, scale), out, 2, partial(collect, out, scale))
    assert {name.partition(":")[0] for name in result["sets"]} == set(TEST_SETS)
    assert {run["steps"] for run in result["training"].values()} == {20}
    capsys.readouterr()
    again = run_rounds(story(out, scale), out, 2, partial(collect, out, scale))
    assert capsys.readouterr().err.count("already done") == len(result["seconds"])
    assert again == result
