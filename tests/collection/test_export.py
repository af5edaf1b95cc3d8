"""Exports: every record once, in the file of its split and no other, whole or not at all."""

from __future__ import annotations

import errno
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from collection.built import Built
from collection.cli import app
from collection.export import export
from collection.export_targets import TARGETS, Target, alpaca, dataset_info
from collection.selection import LeftOut, Selection, names_in
from collection.whole_folder import whole_folder
from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.ledger import exclusive, sha256_file, write_manifest
from symbol_llm.record import Record, record_from_json
from tests.collection.small_collections import TASKS, build_small, bytes_of, collection_of, records_of
from tests.records import make_record

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("export") / "out")


def exported_rows(dest: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of an export with the split that its file's name bears, in the order of the files."""
    for name, entry in orjson.loads((dest / "export.json").read_bytes())["files"].items():
        assert sum(split in name for split in SPLITS) == 1 and entry["split"] in name
        if name.endswith(".parquet"):
            rows = pq.read_table(dest / name).to_pylist()
        else:
            rows = [orjson.loads(line) for line in (dest / name).read_bytes().splitlines()]
        assert len(rows) == entry["rows"] == sum(entry["tasks"].values())
        assert sha256_file(dest / name) == entry["sha256"] and (dest / name).stat().st_size == entry["bytes"]
        yield from ((entry["split"], row) for row in rows)


def pair(row: dict[str, Any]) -> tuple[str, str]:
    """What a trainer takes from a row for prompt and completion, whichever it is for."""
    if "messages" in row:
        user, assistant = row["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        return user["content"], assistant["content"]
    if "conversations" in row:
        human, model = row["conversations"]
        assert (human["from"], model["from"]) == ("human", "gpt")
        return human["value"], model["value"]
    if "output" in row:
        return "\n".join(filter(None, (row["instruction"], row["input"]))), row["output"]
    return row["prompt"], row["completion"]


@pytest.mark.parametrize("to", TARGETS)
def test_every_record_is_exported_once_and_to_its_own_split(to: str, built: Path, tmp_path: Path) -> None:
    document = export(built, tmp_path / "dest", to)
    found = [(split, *pair(row)) for split, row in exported_rows(tmp_path / "dest")]
    records = records_of(built, *TASKS)
    expected = [(s, r.prompt, r.completion) for s in SPLITS for r in records if r.split == s]
    assert sorted(found) == sorted(expected) and len(found) > 300
    if "{task}" not in TARGETS[to].file:
        assert found == expected, "in the order of the tasks"
    assert all(prompt.strip() and completion.strip() for _, prompt, completion in found)
    manifest = orjson.loads((built / "manifest.json").read_bytes())
    assert sum(entry["counts"]["rejected"] for entry in manifest["tasks"].values()) > 0, "none of which is exported"
    assert len(found) == sum(entry["counts"]["kept"] for entry in manifest["tasks"].values())
    assert document["left_out"] == {}


@pytest.mark.parametrize("to", TARGETS)
def test_the_same_collection_gives_the_same_bytes(to: str, built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "a", to)
    export(built, tmp_path / "b", to)
    first = bytes_of(tmp_path / "a")
    assert first == bytes_of(tmp_path / "b")
    export(built, tmp_path / "a", to)
    assert first == bytes_of(tmp_path / "a"), "an export may be done again"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_rows_are_what_the_trainers_document(built: Path, tmp_path: Path) -> None:
    rows = {}
    for to in TARGETS:
        export(built, tmp_path / to, to)
        rows[to] = {tuple(row) for _, row in exported_rows(tmp_path / to)}
    assert rows["trl"] == {("prompt", "completion", "id", "task", "licence")}
    assert rows["openai"] == {("messages",)}
    assert rows["llamafactory"] == {("instruction", "input", "output", "id", "task", "licence")}
    assert rows["llamafactory-sharegpt"] == {("conversations", "id", "task", "licence")}
    records = {record.id: record for record in records_of(built, *TASKS)}
    for to in ("jsonl", "datasets"):
        restored = [record_from_json(row) for _, row in exported_rows(tmp_path / to)]
        assert len(restored) == len(records) and all(records[record.id] == record for record in restored)


def test_alpaca_columns_are_the_prompt_when_joined(built: Path) -> None:
    record = records_of(built, "folio")[0]
    row = alpaca(record)
    assert row["instruction"] == record.instruction and row["input"].endswith(":\n")
    cases = [
        make_record(instruction=""),
        make_record(instruction="Other words."),
        make_record(prompt="Translate.\n", instruction="Translate."),
        make_record(prompt="Translate. Now", instruction="Translate."),
        make_record(prompt="Translate.\n\n x\n", instruction="Translate."),
    ]
    for case in cases:
        row = alpaca(case)
        assert pair(row)[0] == case.prompt and row["instruction"], row


def test_dataset_info_names_each_task_and_all() -> None:
    info = dataset_info("llamafactory", [("scan", "train"), ("folio", "train"), ("folio", "test")])
    assert info is not None and list(info) == ["scan_train", "folio_train", "folio_test", "all_train", "all_test"]
    assert info["folio_test"] == {
        "file_name": "test/folio.jsonl",
        "columns": {"prompt": "instruction", "query": "input", "response": "output"},
    }
    assert info["all_train"]["file_name"] == "train"
    assert dataset_info("trl", [("scan", "train")]) is None


def test_what_is_asked_for_is_exported_and_the_rest_counted(built: Path, tmp_path: Path) -> None:
    wanted = Selection(("alpaca", "letters", "scan"), ("train", "test"), ("existing",), commercial_only=True)
    document = export(built, tmp_path / "dest", "jsonl", wanted)
    rows = [row for _, row in exported_rows(tmp_path / "dest")]
    records = records_of(built, "alpaca", "letters", "scan")
    expected = [r for r in records if r.split in wanted.splits and r.origin == "existing" and r.commercial]
    assert {row["id"] for row in rows} == {record.id for record in expected} and {r.task for r in expected} == {"scan"}
    assert set(document["files"]) == {"train.jsonl", "test.jsonl"} and list(document["tasks"]) == ["scan"]
    assert len(rows) + sum(document["left_out"].values()) == len(records)
    assert document["left_out"] == {
        LeftOut.NOT_COMMERCIAL: sum(not record.commercial for record in records),
        LeftOut.ORIGIN: sum(record.task == "letters" and record.split != "validation" for record in records),
        LeftOut.SPLIT: sum(record.split == "validation" for record in records),
    }


def test_records_of_one_task_may_differ_in_origin_and_licence(tmp_path: Path) -> None:
    """Row groups of two, so that what is chosen lies between what is not."""
    records = [
        make_record(
            input=f"jump {i}",
            split="test" if i % 3 == 0 else "train",
            origin="evolved" if i % 2 else "existing",
            commercial=i % 5 != 0,
            licence="MIT" if i % 5 else "CC-BY-NC-4.0",
        )
        for i in range(60)
    ]
    out = collection_of(records, tmp_path / "out", rows_per_group=2)
    document = export(out, tmp_path / "dest", "datasets", Selection((), ("train",), ("evolved",), True))
    found = [row["input"] for _, row in exported_rows(tmp_path / "dest")]
    assert found == [r.input for r in records if r.split == "train" and r.origin == "evolved" and r.commercial]
    assert document["tasks"]["scan_generated"]["licences"] == {"MIT": len(found)}
    assert sum(document["left_out"].values()) + len(found) == 60
    card = export(out, tmp_path / "all", "trl") and (tmp_path / "all" / "README.md").read_text()
    assert "48 of 60" in card and "CC-BY-NC-4.0, MIT" in card and "evolved, existing" in card


def test_the_card_carries_licences_and_citations(built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "dest", "openai")
    card = (tmp_path / "dest" / "README.md").read_text()
    sources = orjson.loads((built / "manifest.json").read_bytes())["tasks"]
    for task in TASKS:
        assert f"| {task} |" in card
        assert sources[task]["licence"] in card and sources[task]["citation"] in card
    assert "| alpaca | text | 4 | 0 | 0 | existing | CC-BY-NC-4.0 | no |" in card


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "trll"], "Did you mean trl"),
        (["--to", "trl", "--tasks", "scn"], "Did you mean scan"),
        (["--to", "trl", "--split", "dev"], "unknown split 'dev': choose among train, validation, test"),
        (["--to", "trl", "--split", ","], "unknown split 'none'"),
        (["--to", "trl", "--origin", "existing,old"], "unknown origin 'old'"),
        (["--to", "trl", "--tasks", "alpaca", "--commercial-only"], "not for commercial use 4"),
        (["--to", "trl", "--tasks", "scan,alpaca", "--split", "validation"], "none of the records of scan, alpaca"),
    ],
)
def test_what_cannot_be_exported_is_explained(words: list[str], message: str, built: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", str(built), str(tmp_path / "dest"), *words])
    assert isinstance(result.exception, UserError) and message in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_the_command_reports_as_json(built: Path, tmp_path: Path) -> None:
    dest = tmp_path / "dest"
    command = ["export", str(built), str(dest), "--to", "trl", "--tasks", "scan, letters", "--split", "test", "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert orjson.loads(result.stdout) == orjson.loads((dest / "export.json").read_bytes())
    assert f"read it with: trl sft --dataset_name {dest}" in result.stderr and "left out: split" in result.stderr
    assert [path.name for path in sorted(dest.iterdir())] == ["README.md", "export.json", "test.jsonl"]
    assert names_in("a, b,,a") == ("a", "b")


def test_an_export_replaces_nothing_but_an_export(built: Path, tmp_path: Path) -> None:
    dest = tmp_path / "dest"
    dest.mkdir()
    export(built, dest, "trl")  # an empty folder is as good as none
    export(built, dest, "openai", Selection(("scan",)))
    assert sorted(bytes_of(dest)) == ["README.md", "export.json", "test.jsonl", "train.jsonl"], "the older one is gone"
    (dest / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"notes\.txt"):
        export(built, dest, "trl")
    assert (dest / "notes.txt").read_text() == "mine" and (dest / "test.jsonl").exists()
    with pytest.raises(UserError, match="lies in the collection"):
        export(built, built / "trl", "trl")
    with pytest.raises(UserError, match="lies in the collection"):
        export(built, built, "trl")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file"):
        export(built, tmp_path / "file", "trl")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "export.json").write_text("not one of ours")
    with pytest.raises(UserError, match=r"export\.json"):
        export(built, tmp_path / "other", "trl")


def test_a_damaged_collection_is_not_exported(built: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    file = copy / "records" / "letters.parquet"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(CheckFailed, match=r"letters\.parquet is not the file that was built"):
        export(copy, tmp_path / "dest", "trl")
    export(copy, tmp_path / "dest", "trl", Selection(("scan",)))  # what is not asked for is not looked at
    file.unlink()
    with pytest.raises(CheckFailed, match=r"letters\.parquet is missing"):
        export(copy, tmp_path / "dest", "trl")
    (copy / "manifest.json").unlink()
    with pytest.raises(UserError, match="no finished collection"):
        export(copy, tmp_path / "dest", "trl")
    (copy / "manifest.json").write_text('{"name": "an app"}')
    with pytest.raises(CheckFailed, match="has no seal"):
        export(copy, tmp_path / "dest", "trl")


def test_a_manifest_that_counts_wrong_is_found(tmp_path: Path) -> None:
    out = collection_of([make_record()], tmp_path / "out")
    manifest = orjson.loads((out / "manifest.json").read_bytes())
    del manifest["seal"]
    manifest["tasks"]["scan_generated"]["counts"]["kept"] = 2
    write_manifest(out / "manifest.json", manifest)
    with pytest.raises(CheckFailed, match="1 records, the manifest says 2"):
        Built(out).tally("scan_generated")


@pytest.mark.parametrize("change", [{"completion": " \n"}, {"prompt": ""}])
def test_an_empty_record_is_never_exported(change: dict[str, str], tmp_path: Path) -> None:
    out = collection_of([make_record(), make_record(input="x", **change)], tmp_path / "out")
    with pytest.raises(CheckFailed, match="empty prompt or completion"):
        export(out, tmp_path / "dest", "trl")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_collection_built_anew_meanwhile_is_noticed(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)

    def row(record: Record) -> dict[str, Any]:
        shutil.copyfile(copy / "records" / "scan.parquet", copy / "records" / "folio.parquet")
        return record.to_json()

    monkeypatch.setitem(TARGETS, "jsonl", Target("{split}.jsonl", row, ""))
    with pytest.raises(CheckFailed, match=r"folio\.parquet is not the file that was built"):
        export(copy, tmp_path / "dest", "jsonl", Selection(("letters", "folio"), ("train",)))
    assert not (tmp_path / "dest").exists()


# What a process does that stops for good in the middle of an export, after it has said so.
_STALLED = """
import sys, time
from pathlib import Path
from collection import export_targets
from collection.export import export
count = 0
def row(record):
    global count
    count += 1
    if count == 150:
        print("stalled", flush=True)
        time.sleep(600)
    return record.to_json()
export_targets.TARGETS["jsonl"] = export_targets.Target("{split}.jsonl", row, "")
export(Path(sys.argv[1]), Path(sys.argv[2]), "jsonl")
"""


def test_a_killed_export_leaves_what_was_there(built: Path, tmp_path: Path) -> None:
    dest = tmp_path / "dest"
    export(built, dest, "trl", Selection(("scan",)))
    older = bytes_of(dest)
    process = subprocess.Popen([sys.executable, "-c", _STALLED, str(built), str(dest)], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"stalled\n"
    with pytest.raises(UserError, match="another process is writing"):
        export(built, dest, "jsonl")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert bytes_of(dest) == older and (tmp_path / ".dest.part").is_dir()
    export(built, dest, "jsonl")
    export(built, tmp_path / "undisturbed", "jsonl")
    assert bytes_of(dest) == bytes_of(tmp_path / "undisturbed")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dest", "undisturbed"]


@pytest.mark.parametrize("to", ["jsonl", "datasets"])
def test_a_full_disk_leaves_nothing_half_written(to: str, built: Path, tmp_path: Path) -> None:
    """A limit on the size of files makes every write beyond it fail, as a full disk does."""
    code = (
        "import resource, sys; from symbol_llm.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)); main()"
    )
    dest = tmp_path / "dest"
    command = [sys.executable, "-c", code, "collect", "export", str(built), str(dest), "--to", to]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "cannot write" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())


def test_a_place_that_is_being_written_to_is_left_alone(built: Path, tmp_path: Path) -> None:
    (tmp_path / ".dest.part").mkdir()
    with exclusive(tmp_path / ".dest.part"), pytest.raises(UserError, match="another process is writing"):
        export(built, tmp_path / "dest", "trl")
    (tmp_path / ".dest.part" / "left over").mkdir()
    (tmp_path / ".dest.part" / "train.jsonl").write_text("half a row")
    export(built, tmp_path / "dest", "trl")
    assert sorted(bytes_of(tmp_path / "dest")) == sorted(["README.md", "export.json", *(f"{s}.jsonl" for s in SPLITS)])


def test_a_build_may_take_commercial_tasks_only(tmp_path: Path) -> None:
    command = ["build", "--out", str(tmp_path / "out"), "--raw", str(Path(__file__).parent / "fixtures" / "raw")]
    result = CliRunner().invoke(app, [*command, "--tasks", "alpaca,nl2bash", "--commercial-only", "--json"])
    assert result.exit_code == 0, result.output
    assert list(orjson.loads(result.stdout)["tasks"]) == ["nl2bash"] and "commercial use: alpaca" in result.stderr
    result = CliRunner().invoke(app, [*command, "--tasks", "alpaca", "--commercial-only"])
    assert isinstance(result.exception, UserError) and "no task is left" in str(result.exception)


def test_a_folder_that_cannot_take_its_name_leaves_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old").touch()
    rename = Path.rename

    def refusing(path: Path, target: Path) -> Path:
        if path.suffix == ".part":
            raise OSError(errno.EACCES, "Permission denied", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(UserError, match="Permission denied"), whole_folder(folder) as place:
        (place / "new").touch()
    assert sorted(bytes_of(tmp_path)) == ["folder/old"]
    monkeypatch.undo()
    with pytest.raises(KeyError), whole_folder(folder) as place:
        (place / "new").touch()
        raise KeyError
    assert sorted(bytes_of(tmp_path)) == ["folder/old"]
    with whole_folder(folder) as place:
        (place / "new").touch()
    assert sorted(bytes_of(tmp_path)) == ["folder/new"]
