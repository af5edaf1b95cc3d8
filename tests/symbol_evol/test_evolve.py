"""Evolving a collection: counts, styles, any number of workers, and a run that is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from collection.build import BuildConfig, build
from collection.verify import verify
from symbol_evol.evolve import EvolveConfig, evolve
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.record import read_parquet

TASKS = ("scan_generated", "clevr_generated", "blocksworld_generated", "grippers_generated")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("evol")
    build(BuildConfig((*TASKS, "general"), limit=60), None, folder / "collection")
    evolve(EvolveConfig(share=0.15), folder / "collection", folder / "evolved")
    return folder / "collection", folder / "evolved"


def test_all_chosen_records_are_proved(folders: tuple[Path, Path]) -> None:
    plain, evolved = folders
    originals = {r.id: r for task in TASKS for r in read_parquet(plain / "records" / f"{task}.parquet")}
    total = 0
    for task in TASKS:
        for record in read_parquet(evolved / "records" / f"{task}.parquet"):
            total += 1
            parent = originals[record.parent]
            assert record.origin == "evolved" and record.split == parent.split and record.id != parent.id
            assert "inverse + execution" in record.proof
            assert record.completion != parent.completion and record.context != parent.context
            assert record.input == parent.input and record.answer == parent.answer
        assert (evolved / "rejects" / f"{task}.jsonl").read_bytes() == b""
    assert total >= 60
    assert verify(evolved)["records"] == total


def test_any_number_of_workers_gives_the_same_bytes(folders: tuple[Path, Path], tmp_path: Path) -> None:
    plain, _ = folders
    config = EvolveConfig(tasks=("scan_generated", "clevr_generated"), share=0.2)
    for workers in (1, 2):
        evolve(config, plain, tmp_path / str(workers), workers)
    for file in ("records/scan_generated.parquet", "records/clevr_generated.parquet", "manifest.json"):
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()


def test_seen_and_held_out_styles_are_told_apart(folders: tuple[Path, Path], tmp_path: Path) -> None:
    plain, _ = folders
    config = EvolveConfig(TASKS[:2], 0.3, ("paper", "snake"), ("opaque", "shuffled"))
    manifest = evolve(config, plain, tmp_path / "out")
    styles: dict[str, set[str]] = {"train": set(), "test": set()}
    names: dict[str, set[str]] = {"train": set(), "test": set()}
    for task in TASKS[:2]:
        for record in read_parquet(tmp_path / "out" / "records" / f"{task}.parquet"):
            if record.split in styles:
                style = record.proof.split(",")[0]
                styles[record.split].add(style)
                if style != "shuffled":
                    language = get_format(record.format)
                    names[record.split] |= {name.text for name in language.names(language.parse(record.completion))}
    assert styles == {"train": {"paper", "snake"}, "test": {"paper", "snake", "opaque", "shuffled"}}
    standard = {name for name in names["train"] & names["test"] if not name.startswith(("I_", "filter", "query"))}
    assert not {name for name in standard if len(name) == 6 and any(map(str.isdigit, name))}
    for sums in manifest["formats"].values():
        assert sums["proved"] == sum(sums["styles"].values()) == sum(sums["proofs"].values())
        assert sums["chosen"] == sums["proved"] + sum(sums["reasons"].values())


def test_a_killed_run_goes_on_where_it_was(folders: tuple[Path, Path], tmp_path: Path) -> None:
    plain, _ = folders
    command = [sys.executable, "-c", _KILLED, str(plain), str(tmp_path / "killed")]
    assert subprocess.run(command, capture_output=True).returncode == -signal.SIGKILL
    parts = list((tmp_path / "killed" / ".work").rglob("*.jsonl"))
    assert parts and not (tmp_path / "killed" / "manifest.json").exists()
    again = subprocess.run([sys.executable, "-c", _WATCHED, *command[-2:]], capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert int(again.stdout) > 0
    whole = [sys.executable, "-c", _WHOLE, str(plain), str(tmp_path / "whole")]
    subprocess.run(whole, check=True, capture_output=True)
    for path in sorted((tmp_path / "whole").rglob("*")):
        if path.is_file() and path.name != ".lock":
            assert (tmp_path / "killed" / path.relative_to(tmp_path / "whole")).read_bytes() == path.read_bytes(), path
    assert not (tmp_path / "killed" / ".work").exists()


# The code's own digest is fixed, so that editing a file between the runs does not make them runs of other code.
_WHOLE = """
import sys
from pathlib import Path
import symbol_evol.evolve as module
module._code = lambda: "one"
module.evolve(module.EvolveConfig(share=0.9), Path(sys.argv[1]), Path(sys.argv[2]))
"""
_KILLED = """
import os, signal, sys
from pathlib import Path
import symbol_evol.evolve as module
done, work = 0, module.evolve_one
def killed(*arguments):
    global done
    done += 1
    if done == 100:
        os.kill(os.getpid(), signal.SIGKILL)
    return work(*arguments)
module.evolve_one, module._code = killed, lambda: "one"
module.evolve(module.EvolveConfig(share=0.9), Path(sys.argv[1]), Path(sys.argv[2]))
"""
# How many records the second run had to do, which must be fewer than all.
_WATCHED = """
import sys
from pathlib import Path
import symbol_evol.evolve as module
done, work = 0, module.evolve_one
def counted(*arguments):
    global done
    done += 1
    return work(*arguments)
module.evolve_one, module._code = counted, lambda: "one"
manifest = module.evolve(module.EvolveConfig(share=0.9), Path(sys.argv[1]), Path(sys.argv[2]))
chosen = sum(entry["counts"]["read"] for entry in manifest["tasks"].values())
assert chosen - 100 <= done < chosen, (done, chosen)
print(chosen - done)
"""


def test_bad_set_up_is_explained(folders: tuple[Path, Path], tmp_path: Path) -> None:
    plain, _ = folders
    with pytest.raises(UserError, match="cannot be evolved"):
        evolve(EvolveConfig(tasks=("general",)), plain, tmp_path / "a")
    with pytest.raises(UserError, match="no finished collection"):
        evolve(EvolveConfig(), tmp_path, tmp_path / "b")
    for inside in (plain, plain / "records"):
        with pytest.raises(UserError, match="lies in the collection"):
            evolve(EvolveConfig(), plain, inside)
    with pytest.raises(UserError, match="unknown style"):
        evolve(EvolveConfig(styles=("papers",)), plain, tmp_path / "c")
    with pytest.raises(UserError, match="no style"):
        evolve(EvolveConfig(styles=()), plain, tmp_path / "d")
    with pytest.raises(UserError, match="trained on and held out"):
        evolve(EvolveConfig(held_out_styles=("paper",)), plain, tmp_path / "e")


def test_the_growth_of_records_is_told(folders: tuple[Path, Path], tmp_path: Path) -> None:
    from symbol_evol.costs import tokenizer_file
    from symbol_llm.training.tokenizer import train_tokenizer

    plain, _ = folders
    records = list(read_parquet(plain / "records" / "scan_generated.parquet"))
    train_tokenizer((r.prompt + r.completion for r in records), 400, 512).save_pretrained(tmp_path / "tokenizer")
    file = tokenizer_file(tmp_path / "tokenizer")
    config = EvolveConfig(("scan_generated",), 0.2, ("paper", "opaque"), tokenizer=file)
    manifest = evolve(config, plain, tmp_path / "out")
    originals = {record.id: record for record in records}
    before = after = 0
    for record in read_parquet(tmp_path / "out" / "records" / "scan_generated.parquet"):
        parent = originals[record.parent]
        before += len(parent.prompt) + len(parent.completion)
        after += len(record.prompt) + len(record.completion)
    costs = manifest["formats"]["scan"]["costs"]
    assert costs["characters"] == {"before": before, "after": after}
    assert costs["tokens"]["after"] > costs["tokens"]["before"] > 0
    assert set(manifest["costs"]) == {"paper", "opaque"}
    assert "| opaque | " in (tmp_path / "out" / "README.md").read_text()
    with pytest.raises(UserError, match="no tokenizer here"):
        tokenizer_file(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match="not a tokenizer"):
        tokenizer_file(tmp_path)


def test_splits_and_numbers_are_kept(folders: tuple[Path, Path], tmp_path: Path) -> None:
    plain, _ = folders
    config = EvolveConfig(("scan_generated",), 1.0, splits=("test",), most=7)
    manifest = evolve(config, plain, tmp_path / "seven")
    assert manifest["tasks"]["scan_generated"]["splits"] == {"test": 7}
    more = evolve(EvolveConfig(("scan_generated",), 1.0, splits=("test",), most=12), plain, tmp_path / "twelve")
    assert more["tasks"]["scan_generated"]["splits"] == {"test": 12}
    few, many = (
        {r.parent for r in read_parquet(tmp_path / name / "records" / "scan_generated.parquet")}
        for name in ("seven", "twelve")
    )
    assert few < many


def test_depths_are_drawn_and_counted(folders: tuple[Path, Path], tmp_path: Path) -> None:
    plain, _ = folders
    config = EvolveConfig(("clevr_generated",), 0.2, depths=("names", "arguments", "syntax", "macros"))
    for workers in (1, 2):
        manifest = evolve(config, plain, tmp_path / str(workers), workers)
    assert set(manifest["formats"]["clevr"]["depths"]) == {"names", "arguments", "syntax", "macros"}
    file = "records/clevr_generated.parquet"
    assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()
