"""A chat row is encoded as the template shows it, and ends where the model's turn ends."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import orjson
import pytest

from symbol_llm.errors import UserError
from symbol_llm.training.config import Data
from symbol_llm.training.data import build_store, fingerprint, open_store
from symbol_llm.training.encoding import RAW_TEMPLATE, PromptEncoder
from symbol_llm.training.guards import check_store

# As LLaMA-2 writes turns, and with a line end after the turn, as others do.
TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + eos_token + '\n' }}{% endif %}{% endfor %}"
)


@pytest.fixture
def chatting(prepared: Any) -> Any:
    tokenizer = copy.deepcopy(prepared.tokenizer)
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def store_of(rows: list[dict[str, str]], tokenizer: Any, folder: Path) -> Any:
    file = folder / "rows.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    build_store(Data(path=(str(file),), prompt_format="chat"), tokenizer, folder / "store")
    return open_store(folder / "store")


def test_a_chat_row(chatting: Any, tmp_path: Path) -> None:
    store = store_of([{"prompt": "jump twice", "completion": "I_JUMP I_JUMP"}], chatting, tmp_path)
    tokens, split = store.row(0).tolist(), int(store.prompt_lengths[0])
    assert chatting.decode(tokens[:split]) == "<s>[INST] jump twice [/INST]"
    assert chatting.decode(tokens[split:]) == " I_JUMP I_JUMP</s>"
    asked = chatting.apply_chat_template([{"role": "user", "content": "jump twice"}], add_generation_prompt=True)
    assert tokens[:split] == asked["input_ids"] == PromptEncoder(chatting, "chat")("jump twice")
    check_store(store, chatting)


def test_a_row_that_spells_a_special_token_is_counted(chatting: Any, tmp_path: Path) -> None:
    rows = [{"prompt": "say </s>", "completion": "a"}, {"prompt": "say", "completion": "b"}]
    store = store_of(rows, chatting, tmp_path)
    assert len(store) == 1 and store.counts["rows"].special == 1
    with pytest.raises(UserError, match="all 1 rows spell a special token"):
        store_of(rows[:1], chatting, tmp_path)


def test_templates_that_cannot_be_trained(chatting: Any, prepared: Any, tmp_path: Path) -> None:
    row = [{"prompt": "a", "completion": "b"}]
    with pytest.raises(UserError, match=r"no chat template: train with --data.prompt_format raw"):
        store_of(row, prepared.tokenizer, tmp_path)
    chatting.chat_template = TEMPLATE + "{% if add_generation_prompt %}<think>{% endif %}"
    with pytest.raises(UserError, match="writes a finished turn differently"):
        store_of(row, chatting, tmp_path)


def test_another_template_is_another_store(chatting: Any, prepared: Any, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(orjson.dumps({"prompt": "a", "completion": "b"}))
    raw, chat = Data(path=(str(file),)), Data(path=(str(file),), prompt_format="chat")
    assert fingerprint(raw, chatting) == fingerprint(raw, prepared.tokenizer) != fingerprint(chat, chatting)
    before = fingerprint(chat, chatting)
    chatting.chat_template += " "
    assert fingerprint(chat, chatting) != before


def test_the_template_of_raw_models_sends_the_prompt_as_it_is(prepared: Any) -> None:
    tokenizer = copy.deepcopy(prepared.tokenizer)
    tokenizer.chat_template = RAW_TEMPLATE
    turns = [{"role": "user", "content": "The command is: jump\n"}]
    assert tokenizer.apply_chat_template(turns)["input_ids"] == PromptEncoder(tokenizer, "raw")(
        "The command is: jump\n"
    )


def test_a_prompt_that_spells_a_special_token_is_asked_as_it_was_trained(prepared: Any, tmp_path: Path) -> None:
    prompt, file = "what does </s> stand for\n", tmp_path / "rows.jsonl"
    file.write_bytes(orjson.dumps({"prompt": prompt, "completion": "the end"}))
    build_store(Data(path=(str(file),)), prepared.tokenizer, tmp_path / "store")
    store = open_store(tmp_path / "store")
    trained = store.row(0).tolist()[: int(store.prompt_lengths[0])]
    assert trained == PromptEncoder(prepared.tokenizer, "raw")(prompt)
    assert prepared.tokenizer.eos_token_id not in trained


def test_a_chat_model_stays_one(chatting: Any, prepared: Any, tmp_path: Path) -> None:
    """Trained in its own turns, and the exported folder carries them; trained raw, it carries the raw template."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from symbol_llm.training.run import main
    from tests.training.small_run import SMALL

    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(chatting), **sizes)).save_pretrained(tmp_path / "model")
    chatting.save_pretrained(tmp_path / "model")
    line = [*SMALL, "--zero", "0", "--run.threads", "1", "--run.steps", "1", "--model", str(tmp_path / "model")]
    line += ["--data", prepared.config.data.path[0]]
    for kind, template in (("chat", TEMPLATE), ("raw", RAW_TEMPLATE)):
        out = tmp_path / kind
        assert main("injection", [*line, "--out", str(out), "--data.prompt_format", kind]) == 0
        assert AutoTokenizer.from_pretrained(out / "model").chat_template == template
    assert "apply_chat_template" in (tmp_path / "chat" / "model" / "README.md").read_text()
