"""Pooled hidden states of a real tiny LLaMA against the states of one text at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.analysis.choices import Dtype, Pooling
from eval.analysis.hidden_states import HiddenStates, batches
from symbol_llm.errors import UserError
from tests.eval.tiny_model import save_tiny_model

TEXTS = [
    ("", "jump walk"),
    ("the command is: jump\n", "run"),
    ("turn ", "left right twice and jump after the walk"),
    ("", "é"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny_model(tmp_path_factory.mktemp("model")))


def alone(path: str, context: str, symbol: str, layer: int, *, is_last: bool) -> np.ndarray:
    """BOS, context and symbol through the whole causal model, nothing padded; the mean over the symbol's tokens."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(path)
    own = tokenizer(symbol, add_special_tokens=False)["input_ids"]
    ids = [tokenizer.bos_token_id, *tokenizer(context, add_special_tokens=False)["input_ids"], *own]
    with torch.inference_mode():
        loaded = AutoModelForCausalLM.from_pretrained(path)
        states = loaded(torch.tensor([ids]), output_hidden_states=True).hidden_states[layer][0]
    pooled: np.ndarray = (states[-1] if is_last else states[-len(own) :].mean(0)).numpy()
    return pooled


@pytest.mark.parametrize(
    ("layer", "pooling"), [(-1, Pooling.MEAN), (1, Pooling.MEAN), (0, Pooling.LAST), (2, Pooling.LAST)]
)
def test_batches_give_what_each_text_gives_alone(model: str, layer: int, pooling: Pooling) -> None:
    with HiddenStates(model, layer=layer, pooling=pooling, batch_tokens=40) as states:
        found = states.embed(TEXTS)
    assert found.shape == (4, 32) and found.dtype == np.float32
    for (context, symbol), vector in zip(TEXTS, found):
        expected = alone(model, context, symbol, layer, is_last=pooling is Pooling.LAST)
        assert vector == pytest.approx(expected, abs=1e-5)


def test_context_changes_the_state_and_bos_is_not_pooled(model: str) -> None:
    with HiddenStates(model, layer=0) as states:
        same = states.embed([("", "jump"), ("walk ", "jump")])
    assert same[0] == pytest.approx(same[1])  # embeddings of the symbol's tokens alone
    with HiddenStates(model, layer=1) as states:
        read = states.embed([("", "jump"), ("walk ", "jump")])
    assert np.abs(read[0] - read[1]).max() > 1e-3


def test_no_batch_is_larger_than_allowed() -> None:
    lengths = [3, 50, 7, 7, 9, 200, 1]
    found = list(batches(lengths, 60))
    assert sorted(place for batch in found for place in batch) == list(range(7))
    assert all(len(batch) == 1 or max(lengths[place] for place in batch) * len(batch) <= 60 for batch in found)
    assert found[0] == [5] and [place for batch in found for place in batch if lengths[place] == 7] == [2, 3]
    assert list(batches([], 60)) == []


def test_long_texts_lose_their_beginning_then_their_end(model: str) -> None:
    with HiddenStates(model, max_length=8) as states:
        cut = states.embed([("left " * 20, "jump jump"), ("", "walk " * 30)])
        assert states.num_cut == 2 and states.max_length == 8
    assert np.isfinite(cut).all()
    with HiddenStates(model) as states:
        assert states.max_length == 256  # the model's room


def test_half_precision_is_near(model: str) -> None:
    with HiddenStates(model) as states, HiddenStates(model, dtype=Dtype.BFLOAT16) as half:
        a, b = states.embed(TEXTS), half.embed(TEXTS)
    assert b == pytest.approx(a, abs=0.15)


@pytest.mark.parametrize("layer", [3, -4])
def test_a_layer_that_is_not_there(model: str, layer: int) -> None:
    with pytest.raises(UserError, match=r"has 2 layers\. Choose 0 \(embeddings\) to 2.*-1 \(last\) to -3"):
        HiddenStates(model, layer=layer)


def test_models_that_cannot_be_used(model: str, tmp_path: Path) -> None:
    from transformers import T5Config

    with pytest.raises(UserError, match="no such folder"):
        HiddenStates(str(tmp_path / "nowhere"))
    T5Config(num_layers=1).save_pretrained(tmp_path / "t5")
    with pytest.raises(UserError, match="T5Config is not a decoder"):
        HiddenStates(str(tmp_path / "t5"))
    with pytest.raises(UserError, match="cannot be loaded"):
        HiddenStates(str(tmp_path))
    with pytest.raises(UserError, match="at least 1"):
        HiddenStates(model, batch_tokens=0)


def test_a_model_without_hidden_states(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with HiddenStates(model) as states:
        inner = states._model.forward
        monkeypatch.setattr(states._model, "forward", lambda **given: inner(**{**given, "output_hidden_states": False}))
        with pytest.raises(UserError, match="LlamaModel gives no hidden states per layer"):
            states.embed(TEXTS)


def test_states_that_are_not_finite(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    path = str(save_tiny_model(tmp_path / "model"))
    broken: Any = AutoModelForCausalLM.from_pretrained(path)
    with torch.no_grad():
        broken.model.norm.weight[0] = float("nan")
    broken.save_pretrained(path)
    with HiddenStates(path) as states, pytest.raises(UserError, match=r"4 of 4 texts are not finite.*--dtype bfloat16"):
        states.embed(TEXTS)
