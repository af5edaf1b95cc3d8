"""The chunked loss is the plain one, in value and gradients, and the head runs only where a token is trained."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from symbol_llm.training import attention
from symbol_llm.training.collator import collate
from symbol_llm.training.guards import to_inputs
from symbol_llm.training.loss import ChunkedLoss, LossHead
from tests.training.test_packed_model import gradients, make_model, make_rows


@pytest.mark.parametrize("chunk", [1, 7, 16, 100])
def test_chunks_give_the_loss_and_gradients_of_the_whole(chunk: int) -> None:
    torch.manual_seed(0)
    hidden, weight = torch.randn(33, 12, requires_grad=True), torch.randn(50, 12, requires_grad=True)
    targets = torch.randint(0, 50, (33,))
    expected = cross_entropy(hidden @ weight.t(), targets, reduction="none")
    expected_gradients = torch.autograd.grad(expected.sum() / 7, [hidden, weight])
    total, losses = ChunkedLoss.apply(hidden, weight, targets, chunk)
    found = torch.autograd.grad(total / 7, [hidden, weight])
    assert torch.allclose(losses, expected, atol=1e-5) and total.item() == pytest.approx(
        expected.sum().item(), rel=1e-6
    )
    assert not losses.requires_grad
    for a, b in zip(found, expected_gradients, strict=True):
        assert (a - b).abs().max() <= 1e-6


def test_half_precision_stays_close() -> None:
    torch.manual_seed(0)
    hidden = torch.randn(40, 16, dtype=torch.bfloat16, requires_grad=True)
    weight = torch.randn(60, 16, dtype=torch.bfloat16, requires_grad=True)
    targets = torch.randint(0, 60, (40,))
    expected = cross_entropy((hidden.double() @ weight.double().t()), targets, reduction="sum")
    wanted = torch.autograd.grad(expected, [hidden, weight])
    total, _ = ChunkedLoss.apply(hidden, weight, targets, 8)
    found = torch.autograd.grad(total, [hidden, weight])
    assert total.item() == pytest.approx(expected.item(), rel=5e-3)
    for a, b in zip(found, wanted, strict=True):
        assert (a - b).float().norm() / b.float().norm() < 0.02


@pytest.mark.parametrize("is_tied", [False, True])
def test_a_models_loss_and_gradients(is_tied: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symbol_llm.training.loss.CPU_CHUNK", 7)
    batch = collate(make_rows())
    inputs, found = to_inputs(batch, "cpu"), []
    for is_chunked in (False, True):
        model = make_model(attention.register())
        if is_tied:
            model.lm_head.weight = model.model.embed_tokens.weight
        head = LossHead(model)
        assert head.is_chunked
        head.is_chunked = is_chunked
        total, losses = head(model, inputs, batch["targets"])
        found.append((total.item(), losses, gradients(model, total / len(batch["targets"]))))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-6)
    assert torch.allclose(found[0][1], found[1][1], atol=1e-5)
    assert (found[0][2] - found[1][2]).abs().max() <= 1e-6


def test_the_head_runs_only_where_a_token_is_trained() -> None:
    model, batch = make_model(attention.register()), collate(make_rows())
    head, seen = LossHead(model), []
    model.lm_head.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].shape))
    head(model, to_inputs(batch, "cpu"), batch["targets"])
    assert [tuple(shape) for shape in seen] == [(1, len(batch["targets"]), 48)]
    assert len(batch["targets"]) < batch["input_ids"].numel()


def test_without_targets_the_head_gives_logits() -> None:
    model, batch = make_model(attention.register()), collate(make_rows())
    before = model(**to_inputs(batch, "cpu"), use_cache=False).logits
    LossHead(model)
    assert torch.equal(model(**to_inputs(batch, "cpu"), use_cache=False).logits, before)


@pytest.mark.parametrize("case", ["bias", "softcapping"])
def test_models_that_change_their_logits_keep_them_whole(case: str) -> None:
    model, batch = make_model(attention.register()), collate(make_rows())
    if case == "bias":
        model.lm_head.bias = torch.nn.Parameter(torch.randn(model.config.vocab_size))
    else:
        model.config.final_logit_softcapping = 30.0
    head = LossHead(model)
    total, losses = head(model, to_inputs(batch, "cpu"), batch["targets"])
    logits = model(**to_inputs(batch, "cpu"), use_cache=False).logits[0]
    assert not head.is_chunked and total.item() == pytest.approx(
        cross_entropy(logits, batch["targets"], reduction="sum").item()
    )
    assert losses.shape == batch["targets"].shape
