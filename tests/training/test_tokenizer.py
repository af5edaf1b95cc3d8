"""The BPE of a tiny model keeps every text, keeps words whole, and has three different special tokens."""

from __future__ import annotations

import pytest

from symbol_llm.training.tokenizer import train_tokenizer

TEXTS = ["put block a on b\n(on a b)", "I_TURN_LEFT I_JUMP", "SELECT count(*) FROM t WHERE a1 > 25"] * 20


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(TEXTS, 400, 128)


@pytest.mark.parametrize(
    "text", [*TEXTS[:3], "  two  spaces\n\n", "∀x (P(x) → ¬Q(x))", "naïve 東京 🙂\t\r\n", "</s> a"]
)
def test_decode_gives_the_text_back(tokenizer, text: str) -> None:
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids) == text
    assert tokenizer(text)["input_ids"] == [tokenizer.bos_token_id, *ids]


def test_special_tokens_are_three(tokenizer) -> None:
    assert len({tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id}) == 3


def test_words_are_whole_and_marks_alone(tokenizer) -> None:
    assert len(tokenizer.tokenize(" block")) == 1 and len(tokenizer.tokenize(" I_JUMP")) == 1
    assert tokenizer.tokenize("25") == ["2", "5"]
    assert len(tokenizer.tokenize("))")) == 2
    assert len(tokenizer.tokenize("\n\n")) == 2
