"""Wrong input ends a stage with exit code 2 and one clear line, before anything is trained."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from symbol_llm.training.checkpoints import mark_complete
from symbol_llm.training.run import main
from tests.training.small_run import SMALL, write_collection

STEPS = ["--run.steps", "2", "--zero", "0"]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_collection(tmp_path_factory.mktemp("collection"), 30)


def fails(capsys: pytest.CaptureFixture[str], *options: str, stage: str = "injection") -> str:
    assert main(stage, [*SMALL, *STEPS, *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and "Traceback" not in error
    return error


def test_unknown_setting(capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path) -> None:
    error = fails(capsys, "--data", str(collection), "--out", str(tmp_path), "--run.stepz", "4")
    assert "Did you mean steps" in error and not list(tmp_path.iterdir())
    assert main("injection", ["--run.stepz", "4", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_missing_data(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    error = fails(capsys, "--data", str(tmp_path / "none"), "--out", str(tmp_path / "run"))
    assert "no such data folder" in error and "symbol-llm collect build" in error


def test_all_rows_masked(capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path) -> None:
    line = ["--data", str(collection), "--out", str(tmp_path), "--data.max_tokens", "9", "--data.too_long", "truncate"]
    assert "no completion within 9 tokens" in fails(capsys, *line)


def test_no_row_of_the_split(capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path) -> None:
    line = ["--data", str(collection), "--out", str(tmp_path), "--data.split", "validation"]
    assert "no row of split 'validation'" in fails(capsys, *line)


def test_unwritable_output(capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot write there" in fails(capsys, "--data", str(collection), "--out", str(tmp_path / "file" / "run"))


def test_a_model_that_is_not_there(capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path) -> None:
    line = ["--data", str(collection), "--out", str(tmp_path), "--model", str(tmp_path / "model")]
    assert "no such model folder" in fails(capsys, *line)
    assert "Pass --model" in fails(capsys, *line[:-2], stage="infusion")


def test_vocabulary_mismatch(capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path, prepared) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=100, **sizes)).save_pretrained(tmp_path / "model")
    prepared.tokenizer.save_pretrained(tmp_path / "model")
    line = ["--data", str(collection), "--out", str(tmp_path / "run"), "--model", str(tmp_path / "model")]
    error = fails(capsys, *line)
    assert f"the tokenizer has {len(prepared.tokenizer)} tokens, the model's embedding 100" in error


def test_a_tokenizer_without_an_end(capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    bare = Tokenizer(models.BPE({"a": 0, "b": 1}, []))
    PreTrainedTokenizerFast(tokenizer_object=bare).save_pretrained(tmp_path / "model")
    line = ["--data", str(collection), "--out", str(tmp_path / "run"), "--model", str(tmp_path / "model")]
    assert "no end-of-text token" in fails(capsys, *line)


def test_checkpoints_of_another_run_and_damaged_ones(
    capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "checkpoints" / "checkpoint-1"
    folder.mkdir(parents=True)
    line = ["--data", str(collection), "--out", str(tmp_path)]
    mark_complete(folder, 1, 1, {"num_steps": 9})
    assert "belongs to a run with other settings" in fails(capsys, *line)
    (folder / "complete.json").write_bytes(orjson.dumps({"files": {"state.pt": 5}, "world_size": 1, "settings": {}}))
    assert "damaged: state.pt is missing" in fails(capsys, *line)


def test_more_processes_than_rows(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    few = write_collection(tmp_path / "few", 2)
    line = ["--data", str(few), "--out", str(tmp_path / "run"), "--batch.step_tokens", "4096"]
    assert "4 rows are too few for 16 packs per step" in fails(capsys, *line)
