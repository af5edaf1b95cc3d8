"""What is trained is the completion and its end, and every row that is not trained is counted."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.training.config import Data, Tokenizer
from symbol_llm.training.data import build_store, open_store
from symbol_llm.training.guards import check_store, preview
from symbol_llm.training.model import load_tokenizer, prepare_tokenizer
from symbol_llm.training.rows import find_files, read_rows


def build(rows: list[dict], tokenizer, folder: Path, **settings):
    folder.mkdir(exist_ok=True)
    file = folder / "rows.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    build_store(Data(path=(str(file),), **settings), tokenizer, folder / "store")
    return open_store(folder / "store")


def test_labels_are_the_completion_and_its_end(prepared) -> None:
    store, tokenizer = prepared.store, prepared.tokenizer
    rows = list(read_rows(find_files(prepared.config.data.path), "train"))
    assert len(store) == len(rows) == 240, "test rows are left out"
    for index, row in enumerate(rows):
        tokens, split = store.row(index).tolist(), int(store.prompt_lengths[index])
        assert tokens[:split] == tokenizer(row.prompt)["input_ids"], "as generation will encode the prompt"
        assert tokens[split:-1] == tokenizer(row.completion, add_special_tokens=False)["input_ids"]
        assert tokens[-1] == tokenizer.eos_token_id
        assert tokens.count(tokenizer.bos_token_id) == 1
        assert store.task_names[store.tasks[index]] == row.task
    check_store(store, tokenizer)


def test_the_preview_shows_what_is_trained(prepared) -> None:
    (first, second) = preview(prepared.store, prepared.tokenizer)
    assert first.startswith("general: reads") and "</s>" in first.split("is trained to write")[1]
    assert second.startswith("scan: reads") and "The actions are:" in second.split("is trained to write")[0]


def test_a_store_that_was_cut_off_is_built_again(prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"prompt": "jump\n", "completion": "I_JUMP"}]

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
        patched.setattr("symbol_llm.ledger.os.fsync", full)
        build(rows, prepared.tokenizer, tmp_path)
    assert not list((tmp_path / "store").glob("data.json*")), (
        "what says that a store is whole comes whole, or not at all"
    )
    assert len(build(rows, prepared.tokenizer, tmp_path)) == 1


def test_rows_that_cannot_be_trained_are_counted(prepared, tmp_path: Path) -> None:
    rows = [
        {"prompt": "jump\n", "completion": "I_JUMP"},
        {"prompt": "jump\n", "completion": "  "},
        {"prompt": "", "completion": "I_JUMP"},
        {"prompt": "jump\n", "completion": "I_JUMP " * 60},
        {"prompt": "jump " * 60 + "\n", "completion": "I_JUMP"},
    ]
    dropped = build(rows, prepared.tokenizer, tmp_path / "drop", max_tokens=40)
    count = dropped.counts["rows"]
    assert (count.kept, count.too_long, count.empty, count.truncated) == (1, 2, 2, 0)
    cut = build(rows, prepared.tokenizer, tmp_path / "cut", max_tokens=40, too_long="truncate")
    count = cut.counts["rows"]
    assert (count.kept, count.too_long, count.empty, count.truncated) == (2, 1, 2, 1)
    assert cut.row(1)[-1] != prepared.tokenizer.eos_token_id, "a completion that was cut does not end"
    check_store(cut, prepared.tokenizer)


def test_only_masked_rows_is_an_error(prepared, tmp_path: Path) -> None:
    rows = [{"prompt": "jump " * 60 + "\n", "completion": "I_JUMP"}] * 3
    with pytest.raises(UserError, match=r"nothing to train on .* 3 rows have no completion within 40 tokens"):
        build(rows, prepared.tokenizer, tmp_path, max_tokens=40, too_long="truncate")


def test_a_token_over_the_seam_is_cut_there(tmp_path: Path) -> None:
    """Where the tokenizer would merge prompt and completion, both are encoded as generation will see them."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    vocabulary = {"</s>": 0, "a": 1, "b": 2, "ab": 3}
    merging = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.BPE(vocabulary, [("a", "b")])), eos_token="</s>"
    )
    store = build([{"prompt": "ba", "completion": "bb"}], merging, tmp_path)
    assert store.row(0).tolist() == [2, 1, 2, 2, 0] and store.prompt_lengths[0] == 2


def test_a_special_token_that_a_row_spells_is_text(prepared, tmp_path: Path) -> None:
    store = build([{"prompt": "say <s>\n", "completion": "</s> <pad>"}], prepared.tokenizer, tmp_path)
    tokens = store.row(0).tolist()
    assert tokens.count(prepared.tokenizer.bos_token_id) == tokens.count(prepared.tokenizer.eos_token_id) == 1
    assert prepared.tokenizer.pad_token_id not in tokens
    assert prepared.tokenizer.decode(tokens) == "<s>say <s>\n</s> <pad></s>"
    assert prepared.tokenizer("<s>")["input_ids"] != tokens[:2], "only the rows are read so"


def test_a_damaged_store_is_noticed(prepared) -> None:
    store, tokenizer = prepared.store, prepared.tokenizer
    with pytest.raises(CheckFailed, match="trains no token"):
        check_store(replace(store, prompt_lengths=store.lengths), tokenizer)
    without_end = store.tokens.copy()
    without_end[store.offsets[5] - 1] = 9
    with pytest.raises(CheckFailed, match="1 rows are not trained to end"):
        check_store(replace(store, tokens=without_end), tokenizer)
    two_beginnings = store.tokens.copy()
    two_beginnings[store.offsets[5] + 1] = tokenizer.bos_token_id
    with pytest.raises(CheckFailed, match="exactly one"):
        check_store(replace(store, tokens=two_beginnings), tokenizer)


def test_a_store_is_kept_until_its_data_change(prepared, tmp_path: Path) -> None:
    row = {"prompt": "jump\n", "completion": "I_JUMP", "task": "scan", "split": "train", "format": "scan"}
    first = build([row], prepared.tokenizer, tmp_path)
    stamp = (tmp_path / "store" / "tokens.bin").stat().st_mtime_ns
    again = build([row], prepared.tokenizer, tmp_path)
    assert (tmp_path / "store" / "tokens.bin").stat().st_mtime_ns == stamp
    assert again.fingerprint == first.fingerprint
    more = build([row, row], prepared.tokenizer, tmp_path)
    assert len(more) == 2 and more.fingerprint != first.fingerprint


def test_a_tokenizer_is_kept_until_its_origin_changes(prepared, tmp_path: Path) -> None:
    folder = tmp_path / "tokenizer"
    prepare_tokenizer(prepared.config, folder)
    stamp = (folder / "tokenizer.json").stat().st_mtime_ns
    prepare_tokenizer(prepared.config, folder)
    assert (folder / "tokenizer.json").stat().st_mtime_ns == stamp
    prepare_tokenizer(replace(prepared.config, tokenizer=Tokenizer(vocab_size=290)), folder)
    assert len(load_tokenizer(folder)) == 290
    assert len(prepared.tokenizer) == 330


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"prompt": "a", "completion": 3}\n', "line 1: prompt and completion must be text"),
        (b'{"prompt": "a", "completion": "b"}\n{"prompt":\n', "line 2: not JSON"),
        (b"[1]\n", "line 1: a row is a JSON object"),
    ],
)
def test_faulty_files_name_the_line(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x.jsonl").write_bytes(content)
    with pytest.raises(UserError, match=words):
        list(read_rows(find_files([str(tmp_path)]), "train"))


def test_missing_and_broken_data(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such data folder"):
        find_files([str(tmp_path / "none")])
    with pytest.raises(UserError, match=r"no .parquet or .jsonl"):
        find_files([str(tmp_path)])
    (tmp_path / "x.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(UserError, match="not a readable Parquet file"):
        list(read_rows(find_files([str(tmp_path)]), "train"))
