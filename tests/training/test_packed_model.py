"""A packed batch, shared beginnings and all, gives the loss and gradients of its rows alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.training import attention
from symbol_llm.training.collator import Document, collate
from symbol_llm.training.guards import check_packed_equals_alone, refuse_attention_mask, to_inputs

VOCABULARY = 97


def make_model(implementation: str, kv_heads: int = 2) -> LlamaForCausalLM:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=48,
            intermediate_size=96,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=kv_heads,
            max_position_embeddings=256,
            attn_implementation=implementation,
            initializer_range=0.2,
        )
    )


def make_rows(seed: int = 0) -> list[Document]:
    """Rows of unequal length; some share a beginning, two share their whole prompt, two are equal."""
    rng = np.random.default_rng(seed)

    def tokens(number: int) -> np.ndarray:
        return rng.integers(3, VOCABULARY, number).astype(np.uint16)

    trunk, prompt = tokens(20), tokens(15)
    rows = [Document(np.concatenate([trunk, tokens(n)]), 20 + n // 2, 0) for n in (6, 13, 31)]
    rows += [Document(np.concatenate([trunk, prompt, tokens(n)]), 35, 1) for n in (4, 9)]
    rows += [Document(tokens(n), n - 3, 2) for n in (4, 50, 17)]
    return [*rows, rows[1]]


def packed_loss(model: LlamaForCausalLM, batch: dict) -> torch.Tensor:
    logits = model(**to_inputs(batch, "cpu"), use_cache=False).logits[0]
    return torch.nn.functional.cross_entropy(logits, batch["targets"])


def reference_loss(model: LlamaForCausalLM, rows: list[Document]) -> torch.Tensor:
    """Each row alone through transformers' own attention and labels."""
    total, number = torch.zeros(()), 0
    for row in rows:
        ids = torch.from_numpy(row.tokens.astype(np.int64))[None]
        labels = ids.clone()
        labels[:, : row.prompt_length] = -100
        total = total + model(input_ids=ids, labels=labels, use_cache=False).loss * (labels != -100).sum()
        number += int((labels != -100).sum())
    return total / number


def gradients(model: LlamaForCausalLM, loss: torch.Tensor) -> torch.Tensor:
    model.zero_grad()
    loss.backward()
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters()])


@pytest.mark.parametrize("share_prefixes", [True, False])
@pytest.mark.parametrize("kv_heads", [4, 2])
def test_packed_is_alone(share_prefixes: bool, kv_heads: int) -> None:
    rows = make_rows()
    packed, alone = make_model(attention.register(), kv_heads), make_model("sdpa", kv_heads)
    batch = collate(rows, share_prefixes)
    loss, reference = packed_loss(packed, batch), reference_loss(alone, rows)
    assert abs(loss.item() - reference.item()) <= 1e-6
    difference = (gradients(packed, loss) - gradients(alone, reference)).abs().max()
    assert difference <= 1e-6
    assert float(gradients(alone, reference_loss(alone, rows)).abs().max()) > 1e-2, "the gradients are not all small"


def test_activation_checkpointing_keeps_the_gradients() -> None:
    model, batch = make_model(attention.register()), collate(make_rows())
    plain = gradients(model.train(), packed_loss(model, batch))
    model.activation_checkpointing_enable()
    assert torch.equal(gradients(model, packed_loss(model, batch)), plain)


def test_what_is_shared_is_computed_once() -> None:
    rows = make_rows()
    shared, plain = collate(rows), collate(rows, share_prefixes=False)
    num_tokens = sum(len(row.tokens) for row in rows)
    assert plain["input_ids"].shape[1] == plain["num_tokens"] == shared["num_tokens"] == num_tokens
    # Five rows and a copy share the trunk, two of them the prompt as well, the copy its whole prompt (26).
    assert shared["input_ids"].shape[1] == num_tokens - 4 * 20 - 15 - 26
    assert sorted(shared["targets"].tolist()) == sorted(plain["targets"].tolist())


def test_targets_are_the_completions() -> None:
    rows = make_rows()
    batch = collate(rows, share_prefixes=False)
    expected = np.concatenate([row.tokens[row.prompt_length :] for row in rows])
    assert batch["targets"].tolist() == expected.tolist()
    flat = batch["input_ids"][0]
    # Each target stands one place after the token that predicts it, so none comes from another row.
    assert flat[batch["logits_to_keep"] + 1].tolist() == expected.tolist()
    assert batch["target_tasks"].tolist() == [r.task for r in rows for _ in r.tokens[r.prompt_length :]]


def test_a_row_without_prompt_trains_all_but_its_first_token() -> None:
    batch = collate([Document(np.array([5, 6, 7], np.uint16), 0, 0)])
    assert batch["targets"].tolist() == [6, 7]


class Contaminated(torch.nn.Module):
    """A model whose attention sees the whole pack as one row."""

    def __init__(self, model: LlamaForCausalLM) -> None:
        super().__init__()
        self.model, self._supports_sdpa = model, True
        self.set_attn_implementation = model.set_attn_implementation

    def forward(self, packed: dict | None = None, **inputs):
        if packed is None:
            return self.model(**inputs)
        size = inputs["input_ids"].shape[1]
        return self.model(packed={**packed, "asking": [size], "looked_at": [size], "paths": None}, **inputs)


def test_the_rows_of_a_store_are_mapped(prepared) -> None:
    """So that processes share them and a million rows take no memory."""
    store = prepared.store
    for column in (store.tokens, store.offsets, store.prompt_lengths, store.tasks, store.families, store.trunks):
        assert isinstance(column, np.memmap)


def test_the_guard_passes_real_models_and_stops_others(prepared) -> None:
    store = prepared.store
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(prepared.tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            attn_implementation=attention.register(),
            initializer_range=0.2,
        )
    )
    assert check_packed_equals_alone(model, store, "cpu", "float32") < 1e-5
    with pytest.raises(CheckFailed, match="packed rows see each other"):
        check_packed_equals_alone(Contaminated(model), store, "cpu", "float32")


def test_a_mask_never_reaches_a_packed_batch() -> None:
    with pytest.raises(UserError, match="attention_mask"):
        refuse_attention_mask({"packed": {}, "attention_mask": torch.ones(1, 3)})
    model, batch = make_model(attention.register()), collate(make_rows())
    with pytest.raises(ValueError, match="without an attention mask"):
        model(**to_inputs(batch, "cpu"), attention_mask=torch.zeros(1, 1, 4, 4), use_cache=False)
    with pytest.raises(ValueError, match="travels with its paths"):
        model(input_ids=batch["input_ids"], use_cache=False)
