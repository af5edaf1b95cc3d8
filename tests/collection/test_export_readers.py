"""Each export read back by the library that it is for: datasets, transformers, TRL; the others by their documentation.

TRL's own preprocessing runs where TRL is installed, and is skipped with that reason elsewhere; what it documents is
done with transformers either way. LLaMA-Factory needs older versions of datasets and transformers than this project.
"""

from __future__ import annotations

import importlib.util
import re
from itertools import chain
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from collection.cli import app
from collection.export import export
from collection.selection import Selection
from symbol_llm.record import Record, record_from_json, schema
from symbol_llm.training.tokenizer import train_tokenizer
from tests.collection.small_collections import TASKS, build_small, collection_of, records_of
from tests.records import make_record

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("readers") / "out")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `datasets` converts goes to the test's folder, not to the user's."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.fixture(scope="module")
def tokenizer(built: Path) -> Any:
    """A small byte-level BPE with a chat template, as a user's model would bring."""
    made = train_tokenizer((r.prompt + r.completion for r in records_of(built, *TASKS)), 600, 2048)
    made.chat_template = (
        "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}"
        "{% if m['role'] == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    return made


def by_split(built: Path, *tasks: str) -> dict[str, list[Record]]:
    records = records_of(built, *tasks)
    return {split: own for split in SPLITS if (own := [r for r in records if r.split == split])}


def test_datasets_reads_one_configuration_per_task(built: Path, tmp_path: Path) -> None:
    import datasets

    dest = tmp_path / "dest"
    export(built, dest, "datasets")
    assert datasets.get_dataset_config_names(str(dest)) == list(TASKS)
    for task in TASKS:
        found = datasets.load_dataset(str(dest), task)
        expected = by_split(built, task)
        assert list(found) == list(expected), "a task without a split has no file for it"
        for split, records in expected.items():
            assert found[split].features.arrow_schema.equals(schema())
            assert [record_from_json(row) for row in found[split]] == records
    streamed = datasets.load_dataset(str(dest), "folio", split="test", streaming=True)
    assert [row["id"] for row in streamed] == [r.id for r in by_split(built, "folio")["test"]]
    with pytest.raises(ValueError, match="Config name is missing"):
        datasets.load_dataset(str(dest))


def test_datasets_reads_jsonl_with_the_types_of_the_record(tmp_path: Path) -> None:
    """Without types, `datasets` takes a column that is null for its first ten megabytes to be null everywhere."""
    import datasets

    long = [make_record(input=f"jump {i}", prompt=f"{i} {'x' * 1_000_000}\n") for i in range(12)]
    late = make_record(task="letters", format="math_program", answer='"ab"', parent="letters-train-0", accepted=True)
    out = collection_of([*long, late], tmp_path / "out")
    export(out, tmp_path / "dest", "jsonl")
    found = datasets.load_dataset(str(tmp_path / "dest"), split="train")
    assert found.features.arrow_schema.equals(schema())
    assert [record_from_json(row) for row in found] == [*long, late]


@pytest.mark.parametrize("to", ["trl", "datasets"])
def test_datasets_never_takes_an_older_export_for_the_new_one(to: str, tmp_path: Path) -> None:
    """`datasets` finds what it has converted by the folder's name and card alone, not by the files."""
    import datasets

    for place, completion in (("a", "I_JUMP"), ("a", "I_WALK"), ("b", "I_LOOK")):
        out = collection_of([make_record(completion=completion)], tmp_path / completion)
        export(out, tmp_path / place / "same-name", to)
        found = datasets.load_dataset(str(tmp_path / place / "same-name"), split="train")
        assert found["completion"] == [completion]


@pytest.mark.parametrize("to", ["trl", "openai", "jsonl"])
def test_datasets_reads_the_splits_of_the_other_folders(to: str, built: Path, tmp_path: Path) -> None:
    import datasets

    export(built, tmp_path / "dest", to)
    found = datasets.load_dataset(str(tmp_path / "dest"))
    expected = {split: len(records) for split, records in by_split(built, *TASKS).items()}
    assert {split: len(rows) for split, rows in found.items()} == expected


def test_trl_rows_tokenize_as_trl_documents(built: Path, tokenizer: Any, tmp_path: Path) -> None:
    """The prompt's tokens begin those of prompt and completion; the loss is on the rest, which is the completion."""
    import datasets

    export(built, tmp_path / "dest", "trl")
    rows = datasets.load_dataset(str(tmp_path / "dest"), split="train")
    assert all(feature.dtype == "string" for feature in rows.features.values())
    records = by_split(built, *TASKS)["train"]
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        prompt = tokenizer(row["prompt"])["input_ids"]
        whole = tokenizer(row["prompt"] + row["completion"] + tokenizer.eos_token)["input_ids"]
        assert whole[: len(prompt)] == prompt, "no token reaches over the seam"
        assert tokenizer.decode(whole[len(prompt) :]) == record.completion + tokenizer.eos_token
        assert whole[0] == tokenizer.bos_token_id and whole.count(tokenizer.bos_token_id) == 1


@pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="TRL is not installed: pip install trl")
@pytest.mark.parametrize("to", ["trl", "openai"])
def test_trl_trains_on_an_export(to: str, built: Path, tokenizer: Any, tmp_path: Path) -> None:
    """TRL's own preprocessing, and a step: what is trained is each completion and the end of text."""
    import datasets
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    tasks = ("scan", "gsm8k_code", "letters")  # in the order of the collection
    export(built, tmp_path / "dest", to, Selection(tasks))
    rows = datasets.load_dataset(str(tmp_path / "dest"), split="train")
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=2048,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    arguments = SFTConfig(
        output_dir=str(tmp_path / "run"),
        max_steps=1,
        max_length=2048,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        bf16=False,
    )
    trainer = SFTTrainer(model, arguments, train_dataset=rows, processing_class=tokenizer)
    records = by_split(built, *tasks)["train"]
    prepared = trainer.train_dataset
    assert len(prepared) == len(records), "TRL dropped nothing"
    for row, record in zip(prepared, records, strict=True):
        text = tokenizer.decode(row["input_ids"])
        trained = tokenizer.decode([token for token in row["labels"] if token != -100])
        assert record.prompt in text
        # A chat without masks for the assistant is trained whole.
        assert (trained == record.completion + tokenizer.eos_token) if to == "trl" else (record.completion in trained)
    assert trainer.train().training_loss > 0


def test_openai_files_pass_the_published_checks(built: Path, tokenizer: Any, tmp_path: Path) -> None:
    """The checks of the OpenAI cookbook, and no key that the service would refuse; ten rows at least are needed."""
    export(built, tmp_path / "dest", "openai")
    expected = by_split(built, *TASKS)
    for split in SPLITS:
        data = (tmp_path / "dest" / f"{split}.jsonl").read_bytes()
        assert data.endswith(b"\n") and b"\r" not in data and not data.startswith(b"\xef\xbb\xbf")
        rows = [orjson.loads(line) for line in data.splitlines()]
        assert len(rows) == len(expected[split]) >= 10
        for row, record in zip(rows, expected[split], strict=True):
            assert list(row) == ["messages"]
            assert [message["role"] for message in row["messages"]] == ["user", "assistant"]
            for message in row["messages"]:
                assert set(message) == {"role", "content"}
                assert isinstance(message["content"], str) and message["content"].strip()
            text = tokenizer.apply_chat_template(row["messages"], tokenize=False)
            assert text == f"<user>{record.prompt}<assistant>{record.completion}{tokenizer.eos_token}"


@pytest.mark.parametrize("to", ["llamafactory", "llamafactory-sharegpt"])
def test_llamafactory_reads_what_dataset_info_says(to: str, built: Path, tmp_path: Path) -> None:
    """As its data/README.md documents: the file or folder of an entry, loaded as JSON, and the columns it names."""
    import datasets

    dest = tmp_path / "dest"
    export(built, dest, to)
    info = orjson.loads((dest / "dataset_info.json").read_bytes())
    pairs = {f"{task}_{split}": rows for task in TASKS for split, rows in by_split(built, task).items()}
    assert set(info) == {*pairs, "all_train", "all_validation", "all_test"}
    pairs |= {f"all_{split}": rows for split, rows in by_split(built, *TASKS).items()}
    for name, entry in info.items():
        path = dest / entry["file_name"]
        files = [str(file) for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
        rows = datasets.load_dataset("json", data_files=files, split="train")
        found = sorted(chain.from_iterable([_llamafactory_pair(entry, row)] for row in rows))
        assert found == sorted((record.prompt, record.completion) for record in pairs[name])


def _llamafactory_pair(entry: dict[str, Any], row: dict[str, Any]) -> tuple[str, str]:
    """User prompt and response of a row. Source: LLaMA-Factory, data/README.md."""
    columns = entry["columns"]
    if entry.get("formatting", "alpaca") == "alpaca":
        parts = [row[columns[name]] for name in ("prompt", "query")]
        return "\n".join(part for part in parts if part), row[columns["response"]]
    turns = row[columns["messages"]]
    # The tags that hold where dataset_info.json names none.
    assert [turn["from"] for turn in turns] == ["human", "gpt"]
    return turns[0]["value"], turns[1]["value"]


def test_the_examples_of_the_documentation_run(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every export of docs/export.md, and every Python block on what it wrote."""
    text = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    commands = [line for line in text.splitlines() if line.startswith("symbol-llm collect export OUT")]
    assert {command.split("--to ")[1].split()[0] for command in commands} >= {"trl", "llamafactory", "openai", "jsonl"}
    for command in commands:
        result = CliRunner().invoke(app, command.replace("OUT", str(built), 1).split()[2:])
        assert result.exit_code == 0, (command, result.output)
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, {})
    shown = capsys.readouterr().out
    assert by_split(built, "folio")["test"][0].completion in shown and "CC-BY-NC-4.0" in shown
