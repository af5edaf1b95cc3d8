"""Rows side by side, and packs told apart by a mask: exact on architectures whose attention cannot be replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.training import attention
from symbol_llm.training.batches import plan_packs
from symbol_llm.training.collator import make_batch
from symbol_llm.training.config import Batch
from symbol_llm.training.guards import check_packed_equals_alone, to_inputs
from symbol_llm.training.loss import LossHead
from symbol_llm.training.packing import Shape
from symbol_llm.training.run import main
from tests.training.conftest import Prepared
from tests.training.small_run import SMALL
from tests.training.test_packed_model import VOCABULARY, gradients, make_rows, reference_loss
from tests.training.test_packing import CAPACITY, random_shape

SIZES = {
    "llama": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2},
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 2},  # positions by ALiBi, from a mask of its own
    "mamba": {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4},  # no attention at all
    "mpt": {"d_model": 32, "n_layers": 2, "n_heads": 2},  # a bias for each place of a batch, so no tree of rows
    "gptj": {"n_embd": 32, "n_layer": 2, "n_head": 2, "rotary_dim": 8},  # knows no attention but its own
    "gemma2": {
        **{"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2},
        **{"num_key_value_heads": 2, "head_dim": 16},
    },  # soft caps, and a window of 4,096 tokens
}


def make_model(kind: str, vocabulary: int = VOCABULARY, implementation: str | None = None, **more: Any) -> Any:
    torch.manual_seed(0)
    ends = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    config = AutoConfig.for_model(kind, vocab_size=vocabulary, **ends, **SIZES[kind], **more)
    model = AutoModelForCausalLM.from_config(config, attn_implementation=implementation)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


@pytest.mark.parametrize("mode", ["padded", "bucketed"])
@pytest.mark.parametrize("multiple", [1, 7])
def test_every_row_once_within_the_capacity(mode: Any, multiple: int) -> None:
    shape, rows = random_shape(1_003), np.arange(1_003)

    def plan(epoch: int = 0) -> Any:
        return plan_packs(rows, shape, Batch(mode=mode, pack_tokens=CAPACITY), multiple, 3, epoch)

    found = plan()
    assert sorted(found.rows.tolist()) == rows.tolist() and len(found) % multiple == 0
    packs = [shape.lengths[found.pack(index)] for index in range(len(found))]
    assert all(len(pack) and len(pack) * pack.max() <= CAPACITY for pack in packs)
    computed = sum(len(pack) * int(pack.max()) for pack in packs)
    assert (shape.lengths.sum() / computed > 0.95) == (mode == "bucketed")
    longest = [int(pack.max()) for pack in packs]
    assert abs(np.corrcoef(np.arange(len(found)), longest)[0, 1]) < 0.2, "long rows do not all come first"
    assert plan().rows.tolist() == found.rows.tolist() != plan(1).rows.tolist()


def test_too_few_rows_for_a_step() -> None:
    shape = Shape(np.full(3, 9), np.full(3, -1, np.int32), np.zeros(3, np.int32))
    with pytest.raises(UserError, match="3 rows are too few for 8 packs"):
        plan_packs(np.arange(3), shape, Batch(mode="bucketed"), 8, 0, 0)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [*((kind, "padded") for kind in SIZES), ("llama", "masked"), ("gptj", "masked"), ("gemma2", "masked")],
)
def test_loss_and_gradients_are_those_of_the_rows_alone(kind: str, mode: str) -> None:
    rows, model = make_rows(), make_model(kind)
    batch = make_batch(rows, mode)
    reference = gradients(model, reference_loss(model, rows))
    total, losses = LossHead(model)(model, to_inputs(batch, "cpu"), batch["targets"])
    assert len(losses) == len(batch["targets"]) == sum(len(row.tokens) - row.prompt_length for row in rows)
    with torch.no_grad():
        assert float(losses.mean()) == pytest.approx(float(reference_loss(model, rows)), rel=1e-6)
    difference = (gradients(model, total / len(losses)) - reference).abs().max()
    assert difference <= 1e-6 * max(1.0, float(reference.abs().max()))
    assert float(reference.abs().max()) > 1e-2, "the gradients are not all small"


def test_a_mask_says_what_the_paths_say() -> None:
    """Shared beginnings and all: a mask through SDPA gives what our attention gives."""
    rows = make_rows()
    ours, theirs = make_model("llama", implementation=attention.register()), make_model("llama")
    theirs.load_state_dict(ours.state_dict())
    packed, masked = make_batch(rows, "packed"), make_batch(rows, "masked")
    assert masked["input_ids"].shape == packed["input_ids"].shape and "packed" not in masked
    with torch.no_grad():
        one = LossHead(ours)(ours, to_inputs(packed, "cpu"), packed["targets"])[1]
        two = LossHead(theirs)(theirs, to_inputs(masked, "cpu"), masked["targets"])[1]
    assert torch.allclose(one, two, atol=1e-5)


@pytest.mark.parametrize("kind", ["bloom", "mamba"])
def test_models_that_cannot_pack_are_told_which_mode_to_take(kind: str, prepared: Prepared) -> None:
    size = len(prepared.tokenizer)  # type: ignore[arg-type]
    packed = make_model(kind, size, attention.register())
    with pytest.raises(CheckFailed, match=r"packed rows see each other.*--batch.mode masked .*, or with bucketed"):
        check_packed_equals_alone(packed, prepared.store, "cpu", "float32")
    model = make_model(kind, size)
    with pytest.raises(CheckFailed, match=r"masked rows.*--batch.mode bucketed"):
        check_packed_equals_alone(model, prepared.store, "cpu", "float32", "masked")
    for mode in ("padded", "bucketed"):
        assert check_packed_equals_alone(model, prepared.store, "cpu", "float32", mode) < 1e-5


def test_a_model_that_counts_places_by_itself_shares_nothing(prepared: Prepared) -> None:
    model = make_model("mpt", len(prepared.tokenizer))  # type: ignore[arg-type]
    with pytest.raises(CheckFailed, match=r"masked rows see each other.*--batch.share_prefixes false"):
        check_packed_equals_alone(model, prepared.store, "cpu", "float32", "masked")
    assert check_packed_equals_alone(model, prepared.store, "cpu", "float32", "masked", share_prefixes=False) < 1e-5


def test_what_our_attention_lacks_is_refused(prepared: Prepared) -> None:
    """A soft cap of 50 changes small logits by less than the tolerance, so numbers alone would not show it."""
    size = len(prepared.tokenizer)  # type: ignore[arg-type]
    capped = make_model("gemma2", size, attention.register())
    with pytest.raises(CheckFailed, match=r"does not take packed rows: its attention has soft caps.*masked"):
        check_packed_equals_alone(capped, prepared.store, "cpu", "float32")
    assert check_packed_equals_alone(make_model("gemma2", size), prepared.store, "cpu", "float32", "masked") < 1e-5
    short = int(prepared.store.lengths.max()) - 1
    for mode in ("packed", "masked"):
        windowed = make_model("gemma2", size, sliding_window=short)
        with pytest.raises(CheckFailed, match=f"attention sees {short} tokens, the longest row has {short + 1}.*buck"):
            check_packed_equals_alone(windowed, prepared.store, "cpu", "float32", mode)
    batch = make_batch(make_rows(), "packed")
    with pytest.raises(ValueError, match="its attention sees 20 tokens, a row has"):
        query = torch.zeros(1, 2, batch["input_ids"].shape[1], 4)
        attention.packed_attention(None, query, query, query, None, packed=batch["packed"], sliding_window=20)  # type: ignore[arg-type]


def test_a_head_whose_logits_are_changed_afterwards_is_noticed() -> None:
    """No list of settings can name every model; the first loss is compared with what the model gives back."""
    rows, model = make_rows(), make_model("llama")
    model.lm_head.register_forward_hook(lambda module, inputs, output: output * 0.5)
    head, batch = LossHead(model), make_batch(rows, "padded")
    assert head.is_chunked
    total, _ = head(model, to_inputs(batch, "cpu"), batch["targets"])
    reference = reference_loss(model, rows) * len(batch["targets"])
    assert not head.is_chunked and total.item() == pytest.approx(reference.item(), rel=1e-6)


def test_a_run_of_a_model_that_cannot_pack(
    prepared: Prepared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in ("bloom", "gptj"):
        make_model(kind, len(prepared.tokenizer)).save_pretrained(tmp_path / kind)  # type: ignore[arg-type]
        prepared.tokenizer.save_pretrained(tmp_path / kind)  # type: ignore[attr-defined]
    data = ["--data", prepared.config.data.path[0], "--zero", "0", "--run.steps", "2", "--run.threads", "1", *SMALL]
    evaluation = ["--evaluation.every", "1", "--evaluation.split", "test", "--evaluation.score_items", "1"]

    def run(kind: str, mode: str, *more: str) -> int:
        out = ["--out", str(tmp_path / f"{kind}-{mode}"), "--model", str(tmp_path / kind), "--batch.mode", mode]
        return main("injection", [*data, *out, *more])

    assert run("bloom", "packed") == 1
    assert "rows see each other" in capsys.readouterr().err
    assert run("gptj", "packed") == 2
    assert (
        "has its own attention, which cannot be given packed rows. Train with --batch.mode" in capsys.readouterr().err
    )
    for kind, mode in (("bloom", "bucketed"), ("gptj", "masked")):
        assert run(kind, mode, *evaluation, "--evaluation.max_new_tokens", "4") == 0
        assert f"{mode} rows give the logits that they give alone" in capsys.readouterr().out
        loaded = AutoModelForCausalLM.from_pretrained(tmp_path / f"{kind}-{mode}" / "model")
        assert loaded.config.model_type == kind
