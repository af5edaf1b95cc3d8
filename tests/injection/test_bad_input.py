"""Wrong input ends a stage with exit code 2 and one clear line, before anything is trained."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

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


def small_model(folder: Path, tokenizer: Any) -> Path:
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_model_id_that_is_not_on_the_hub(
    capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    line = ["--data", str(collection), "--out", str(tmp_path), "--model", "nobody/such-a-model"]
    assert "nobody/such-a-model: cannot load the tokenizer" in fails(capsys, *line)


def test_weights_that_are_damaged_or_missing(
    capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path, prepared: Any
) -> None:
    from safetensors.torch import load_file, save_file

    model = small_model(tmp_path / "model", prepared.tokenizer)
    line = ["--data", str(collection), "--out", str(tmp_path / "run"), "--model", str(model)]
    whole = load_file(model / "model.safetensors")
    partial = {name: tensor for name, tensor in whole.items() if "q_proj" not in name}
    save_file(partial, model / "model.safetensors", {"format": "pt"})
    assert "1 weights are missing, among them model.layers.0.self_attn.q_proj.weight" in fails(capsys, *line)
    data = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(data[: len(data) // 2])
    assert "cannot load the model" in fails(capsys, *line)


def test_chat_without_a_template_or_a_model(
    capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path, prepared: Any
) -> None:
    line = ["--data", str(collection), "--out", str(tmp_path / "run"), "--data.prompt_format", "chat"]
    assert "needs a model with a chat template" in fails(capsys, *line)
    model = small_model(tmp_path / "model", prepared.tokenizer)
    assert "no chat template: train with --data.prompt_format raw" in fails(capsys, *line, "--model", str(model))


def test_a_tokenizer_without_a_pad_token_gets_one_that_is_not_the_end(tmp_path: Path) -> None:
    """LLaMA-2 has none, and the end of text as pad would mask every end."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    from symbol_llm.training.model import load_tokenizer, prepare_tokenizer
    from tests.training.conftest import configure

    bare = Tokenizer(models.BPE({"<unk>": 0, "<s>": 1, "</s>": 2, "a": 3}, [], unk_token="<unk>"))
    special = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    PreTrainedTokenizerFast(tokenizer_object=bare, **special).save_pretrained(tmp_path / "model")
    prepare_tokenizer(configure(tmp_path, tmp_path, ("model.path", str(tmp_path / "model"))), tmp_path / "tokenizer")
    tokenizer = load_tokenizer(tmp_path / "tokenizer")
    assert tokenizer.pad_token == "<unk>" and tokenizer.pad_token_id != tokenizer.eos_token_id


def test_rows_that_are_no_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = ["--data", str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / "run")]
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a", "completion": NaN}\n')
    assert "rows.jsonl, line 1: not JSON" in fails(capsys, *line)
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a", "completion": null}\n')
    assert "line 1: prompt and completion must be text" in fails(capsys, *line)


def test_a_disk_that_is_too_small(
    capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000)
    monkeypatch.setattr("symbol_llm.training.checkpoints.shutil.disk_usage", lambda path: usage)
    error = fails(capsys, "--data", str(collection), "--out", str(tmp_path))
    assert "a checkpoint of this model needs" in error and "Free some space or give --out on another disk" in error


def test_a_disk_that_fills_up(
    capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import Trainer

    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Trainer, "_save_checkpoint", full)
    line = ["--data", str(collection), "--out", str(tmp_path), "--run.threads", "1"]
    assert "the disk is full, the checkpoint was cut off" in fails(capsys, *line)


def test_no_rows_without_their_origin(capsys: pytest.CaptureFixture[str], collection: Path, tmp_path: Path) -> None:
    line = ["--data", str(collection), "--out", str(tmp_path)]
    file = tmp_path / "c.yaml"
    file.write_text("data: {without: [generated]}\n")
    assert "no row of split 'train' outside generated" in fails(capsys, *line, "--config", str(file))
    file.write_text("data: {without: [evolvd]}\n")
    assert "Did you mean evolved" in fails(capsys, *line, "--config", str(file))
