"""Building for real: fixtures in upstream's formats and generated sources, real engines, real processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from collection.build import BuildConfig, available_tasks, build
from collection.cli import app
from collection.sources import get
from symbol_llm.errors import UserError
from symbol_llm.ledger import sha256_file
from symbol_llm.record import Split, read_parquet

TASKS = ("scan", "folio", "gsm8k_code", "letters", "theories")
CONFIG = BuildConfig(TASKS, seed=0, limit=300)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("collection")
    build(CONFIG, Path(__file__).parent / "fixtures" / "raw", out)
    return out


def test_every_row_is_accounted_for(built: Path) -> None:
    manifest = orjson.loads((built / "manifest.json").read_bytes())
    assert list(manifest["tasks"]) == list(TASKS)
    for task, entry in manifest["tasks"].items():
        c = entry["counts"]
        assert c["read"] == c["kept"] + c["rejected"] + c["duplicates"] + c["leaks"] > 0, task
        assert c["kept"] == sum(1 for _ in read_parquet(built / "records" / f"{task}.parquet"))
        with (built / "rejects" / f"{task}.jsonl").open("rb") as lines:
            assert sum(1 for _ in lines) == c["read"] - c["kept"]
        assert entry["licence"]
    assert any(entry["counts"]["rejected"] for entry in manifest["tasks"].values()), "fixtures hold broken rows"


def test_records_are_complete(built: Path) -> None:
    for record in read_parquet(built / "records" / "folio.parquet"):
        assert record.parses and record.accepted and record.engine.startswith("Z3") and record.canonical
        assert record.source.sha256 and record.prompt.endswith(":\n") and record.completion not in record.prompt


def test_any_number_of_workers_gives_the_same_bytes(built: Path, raw: Path, tmp_path: Path) -> None:
    build(CONFIG, raw, tmp_path, workers=2)
    assert files(tmp_path) == files(built)


def test_a_finished_collection_keeps_its_tasks_unless_they_may_go(tmp_path: Path) -> None:
    build(BuildConfig(("letters", "scan_generated"), 0, 5), None, tmp_path)
    before = files(tmp_path)
    with pytest.raises(UserError, match=r"would go: scan_generated\. .*--replace"):
        build(BuildConfig(("letters",), 0, 5), None, tmp_path)
    assert files(tmp_path) == before
    manifest = build(BuildConfig(("letters", "scan_generated", "theories"), 0, 5), None, tmp_path)
    assert len(manifest["tasks"]) == 3, "more tasks may come"
    assert list(build(BuildConfig(("letters",), 0, 5), None, tmp_path, replace=True)["tasks"]) == ["letters"]
    assert [path.name for path in (tmp_path / "records").iterdir()] == ["letters.parquet"]
    (tmp_path / "manifest.json").write_text("{")
    build(BuildConfig(("theories",), 0, 5), None, tmp_path)  # what was there could not be used


def test_a_killed_build_goes_on_and_ends_the_same(built: Path, raw: Path, tmp_path: Path) -> None:
    code = (
        "from symbol_llm.cli import main; import sys;"
        f"sys.argv = ['symbol-llm', 'collect', 'build', '--raw', {str(raw)!r}, '--out', {str(tmp_path)!r},"
        f" '--tasks', {','.join(TASKS)!r}, '--limit', '300', '--workers', '2']; main()"
    )
    command = [sys.executable, "-c", code]
    for parts in (1, 3, 5):
        process = subprocess.Popen(
            command, start_new_session=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 120
        while len(list(tmp_path.glob(".work/*/*.arrow"))) < parts and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert not (tmp_path / "manifest.json").exists()
    done = {p: p.stat().st_mtime_ns for p in tmp_path.glob(".work/*/*.arrow")}
    assert done
    subprocess.run(command, check=True, capture_output=True)
    assert files(tmp_path) == files(built)


def test_bad_set_up_is_explained(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--raw"):
        build(BuildConfig(("scan",)), None, tmp_path / "a")
    with pytest.raises(UserError, match=r"folder .*scan does not exist"):
        build(BuildConfig(("scan",)), tmp_path, tmp_path / "b")
    (tmp_path / "scan").mkdir()
    with pytest.raises(UserError, match="none of the upstream's files"):
        build(BuildConfig(("scan",)), tmp_path, tmp_path / "c")
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(UserError, match="cannot write"):
        build(BuildConfig(("letters",)), None, blocked / "out")


def test_tasks_without_files_are_left_out_and_named(raw: Path, tmp_path: Path) -> None:
    """A folder alone is no dataset: those that hold nothing of the upstream do not stop a build of all tasks."""
    for name in ("amr_ldc", "scan"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "SOURCE.md").write_text("Where the files come from.")
    shutil.copytree(raw / "amr_little_prince", tmp_path / "amr_little_prince")
    found = available_tasks(tmp_path)
    assert found[0] == "little_prince" and "scan_generated" in found, "nothing is there that it would stand in for"
    shutil.copytree(raw / "amr_ldc" / "amr_annotation_3.0", tmp_path / "amr_ldc" / "amr_annotation_3.0")
    shutil.copytree(raw / "scan", tmp_path / "scan", dirs_exist_ok=True)
    found = available_tasks(tmp_path)
    assert found[:3] == ["amr3", "scan", "little_prince"] and "scan_generated" not in found
    with pytest.raises(UserError, match="no file here is of LDC2017T10"):
        build(BuildConfig(("amr2",)), tmp_path, tmp_path / "out")


def test_a_truncated_json_names_file_and_place(raw: Path, tmp_path: Path) -> None:
    shutil.copytree(raw / "spider", tmp_path / "spider")
    tables = tmp_path / "spider" / "tables.json"
    tables.write_bytes(tables.read_bytes()[:-10])
    with pytest.raises(UserError, match=r"tables\.json, line \d+, column \d+"):
        build(BuildConfig(("spider",)), tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["collect", "build", "--out", "o", "--tasks", "spidr"], "Did you mean spider"),
        (["collect", "build", "--out", "o", "--raw", "/nowhere"], "/nowhere does not exist"),
        (["collect", "verify", "nowhere"], "no finished collection"),
        (["collect", "show", "scann"], "Did you mean scan"),
    ],
)
def test_the_command_line_explains_itself(arguments: list[str], message: str, tmp_path: Path) -> None:
    code = f"from symbol_llm.cli import main; import sys; sys.argv = ['symbol-llm', *{arguments!r}]; main()"
    environment = {k: v for k, v in os.environ.items() if k != "SYMBOL_LLM_RAW"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr


def test_one_task_may_have_its_own_limit(tmp_path: Path) -> None:
    manifest = build(BuildConfig(("letters", "scan_generated"), 0, 5, {"scan_generated": 8}), None, tmp_path / "out")
    read = {task: entry["counts"]["read"] for task, entry in manifest["tasks"].items()}
    assert read == {"letters": 15, "scan_generated": 24}, "train, validation and test"
    assert manifest["config"]["limits"] == {"scan_generated": 8}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["many"], "--limit many: expected a number of rows, or TASK=N"),
        (["0"], "--limit 0: expected"),
        (["scan="], "--limit scan=: expected"),
        (["skan=5"], "skan"),
    ],
)
def test_a_limit_that_is_none(words: list[str], message: str, tmp_path: Path) -> None:
    command = ["build", "--tasks", "letters", "--out", str(tmp_path / "out")]
    for word in words:
        command += ["--limit", word]
    result = CliRunner().invoke(app, command)
    assert isinstance(result.exception, UserError) and message in str(result.exception)


def test_reading_a_part_of_a_generated_source_gives_the_rows_of_the_whole() -> None:
    source = get("theories")
    whole = list(source.read(Path(), 3))
    tests = [row for row in whole if row.split == Split.TEST]
    assert list(source.read_some(Path(), 3, split=Split.TEST)) == tests
    some = list(source.read_some(Path(), 3, limit=4))
    assert [row for row in some if row.split == Split.TEST] == tests[:4] and len(some) == 12


def test_a_test_row_without_a_symbol_still_keeps_its_question_out_of_training(tmp_path: Path) -> None:
    row = {
        "question": "A train runs 60 miles an hour for 2 hours. How far?",
        "options": ["A)120", "B)70"],
        "correct": "A",
    }
    folder = tmp_path / "raw" / "aqua"
    folder.mkdir(parents=True)
    (folder / "train.json").write_bytes(orjson.dumps(row | {"rationale": "60 * 2 = 120"}) + b"\n")
    (folder / "test.json").write_bytes(orjson.dumps(row | {"rationale": "It is plain to see."}) + b"\n")
    counts = build(BuildConfig(("aqua_code",)), tmp_path / "raw", tmp_path / "out")["tasks"]["aqua_code"]["counts"]
    assert counts["rejected"] == 1 and counts["leaks"] == 1 and counts["kept"] == 0


def test_a_row_from_an_archive_carries_the_hash_of_the_archive(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "raw" / "logicnli").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "raw" / "logicnli" / "LogicNLI.zip", "w") as archive:
        for path in (raw / "logicnli").rglob("*.json"):
            archive.write(path, path.relative_to(raw / "logicnli"))
    build(BuildConfig(("logicnli",)), tmp_path / "raw", tmp_path / "out")
    records = list(read_parquet(tmp_path / "out" / "records" / "logicnli.parquet"))
    assert records and {r.source.sha256 for r in records} == {sha256_file(tmp_path / "raw/logicnli/LogicNLI.zip")}
