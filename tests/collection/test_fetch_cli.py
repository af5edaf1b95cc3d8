"""``symbol-llm collect fetch`` as a user runs it, and the table of upstream files that it reads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from collection import fetch_files
from collection.fetch_cli import app, choose
from collection.fetch_files import DATASETS
from collection.fetch_files.kinds import Dataset, HubFile, ManualStep, WebFile
from collection.fetch_table import as_markdown, datasets_of_tasks
from collection.sources import BY_NAME
from symbol_llm.cli import run
from symbol_llm.errors import UserError
from tests.collection.loopback_server import Served, serving

FILES = [(dataset, file) for dataset in DATASETS.values() for file in dataset.files]
STEPS = [(dataset, step) for dataset in DATASETS.values() for step in dataset.manual]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("SYMBOL_LLM_RAW", raising=False)


def call(*words: str) -> int:
    """The exit code of the command."""
    try:
        run(lambda: app(list(words)))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def tables(monkeypatch: pytest.MonkeyPatch, *datasets: Dataset) -> None:
    monkeypatch.setattr(fetch_files, "DATASETS", {dataset.name: dataset for dataset in datasets})


def test_the_exit_code_says_what_failed(monkeypatch, capsys, tmp_path: Path) -> None:
    with serving({"/a": Served(b"bytes")}) as server:
        right = Dataset("spider", "CC0", files=(WebFile(url=server.url("/a"), place="a", why_no_digest="a test"),))
        wrong = Dataset("folio", "CC0", files=(WebFile(url=server.url("/a"), place="a", digest="sha256:00"),))
        missing = Dataset("scan", "CC0", files=(WebFile(url=server.url("/b"), place="b"),))
        tables(monkeypatch, right, wrong, missing)
        where = ("--raw", str(tmp_path / "raw"))
        assert call("--tasks", "spider", *where) == 0
        assert call("--tasks", "spider,folio", *where) == 1
        assert call("--tasks", "folio,scan", *where) == 2
        capsys.readouterr()
        assert call(*where, "--json") == 2
    said, trouble = capsys.readouterr()
    document = json.loads(said)
    assert document["counts"] == {"came": 0, "here": 1, "failed": 2, "by hand": 0}
    assert [file["fault"] for file in document["files"]] == [None, "checksum", "not_found"]
    assert f"error: scan: {server.url('/b')}: the server answered 404" in trouble and "Traceback" not in trouble


def test_steps_by_hand_are_told_and_no_failure(monkeypatch, capsys, tmp_path: Path) -> None:
    step = ManualStep(what="the graphs", steps=("Buy them.", "Put them into RAW/amr_ldc/."), done=("*.txt",))
    tables(monkeypatch, Dataset("amr_ldc", "LDC", manual=(step,)))
    assert call("--tasks", "amr3", "--raw", str(tmp_path)) == 0
    trouble = capsys.readouterr().err
    assert "amr_ldc, by hand: the graphs\n1. Buy them.\n2. Put them into " + f"{tmp_path}/amr_ldc/." in trouble


def test_without_a_folder_nothing_is_fetched(capsys) -> None:
    assert call("--tasks", "spider") == 2
    assert "--raw" in capsys.readouterr().err


def test_tasks_and_datasets_are_both_understood() -> None:
    assert [dataset.name for dataset in choose("nl2python, mmlu,termes,floortile")] == [
        "codesearchnet",
        "mmlu",
        "llm_pddl",
    ]
    assert choose("stories") == choose("gsm8k_code_distilled") == []
    assert choose("") == list(DATASETS.values())
    with pytest.raises(UserError, match="spider"):
        choose("spidr")


def test_the_command_is_in_the_group() -> None:
    command = [sys.executable, "-c", "from symbol_llm.cli import main; main()", "collect", "fetch", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"COLUMNS": "200"}, check=True)
    assert "--replace" in said.stdout


def test_every_task_with_files_has_its_dataset() -> None:
    wanted = {dataset for dataset in datasets_of_tasks().values() if dataset} - {"distilled"}  # made, not fetched
    assert wanted <= DATASETS.keys() and datasets_of_tasks().keys() == BY_NAME.keys()
    # What names one dataset twice would lose one.
    modules = (fetch_files.logics, fetch_files.queries, fetch_files.meanings, fetch_files.programs)
    modules += (fetch_files.instructions, fetch_files.benchmarks)
    assert sum(len(module.DATASETS) for module in modules) == len(DATASETS)


@pytest.mark.parametrize(("dataset", "file"), FILES, ids=lambda item: getattr(item, "place", ""))
def test_a_file_is_pinned_or_says_why_not(dataset: Dataset, file: WebFile | HubFile) -> None:
    assert re.fullmatch(r"(sha256:[0-9a-f]{64}|git:[0-9a-f]{40})?", file.digest)
    assert bool(file.digest) != bool(file.why_no_digest)
    assert file.revision and file.address.startswith("https://")
    places = [other.place for other in dataset.files]
    assert places.count(file.place) == 1 and not Path(file.place).is_absolute() and ".." not in Path(file.place).parts
    if "github" in file.address:
        assert re.fullmatch("[0-9a-f]{40}", file.revision) and file.revision in file.address
    if isinstance(file, WebFile) and file.unpack:
        assert re.compile(file.unpack.only) and re.fullmatch("([0-9a-f]{64})?", file.unpack.entries)


@pytest.mark.parametrize(("dataset", "step"), STEPS, ids=lambda item: getattr(item, "what", ""))
def test_a_step_by_hand_says_where_to_put_what(dataset: Dataset, step: ManualStep) -> None:
    assert step.done and f"RAW/{dataset.name}" in " ".join(step.steps)
    tasks = [word for text in step.steps for word in re.findall(r"--tasks ([\w,]+)", text)]
    assert all(choose(word) == [dataset] for word in tasks)


def test_the_page_is_made_from_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "raw-data.md"
    assert page.read_text(encoding="utf-8") == as_markdown(DATASETS.values()), (
        "make it anew with: symbol-llm collect fetch --markdown > docs/raw-data.md"
    )
