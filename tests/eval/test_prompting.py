"""Evaluation puts a prompt to a model as training did: token for token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eval.backends import Request, Sampling, open_backend
from eval.backends.prompting import Template, prompt_encoder, trained_template
from eval.backends.transformers_model import TransformersBackend
from symbol_llm.cli import app
from symbol_llm.errors import UserError
from symbol_llm.training.config import Data
from symbol_llm.training.data import build_store, open_store
from symbol_llm.training.run import main
from tests.eval.tiny_model import save_tiny_model
from tests.training.small_run import SMALL

# As LLaMA-2 writes turns.
TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + eos_token }}{% endif %}{% endfor %}"
)
PROMPTS = [
    "The command is: jump twice\nThe actions are:\n",
    "  leading and trailing blanks  ",
    "Grüße, ∀x (P(x) → Q(x))\n",
    "tabs\tand\n\nblank lines\n",
]
SPECIAL = "This </s> is text and <s> so is this\n"


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a chat template that symbol-llm has not trained."""
    from transformers import AutoTokenizer

    folder = save_tiny_model(tmp_path_factory.mktemp("chat_model"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


def rows_file(prompts: list[str], folder: Path) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps({"prompt": p, "completion": "I_JUMP I_JUMP"}) + "\n" for p in prompts))
    return file


@pytest.mark.parametrize("kind", list(Template))
def test_the_prompts_of_training_and_of_evaluation_are_the_same_tokens(
    kind: Template, chat_model: Path, tmp_path: Path
) -> None:
    """Against the rows that training stores, cut where their trained part begins."""
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(chat_model)
    prompts = PROMPTS + ([SPECIAL] if kind is Template.RAW else [])  # training leaves it out of chat rows
    build_store(
        Data(path=(str(rows_file(prompts, tmp_path)),), prompt_format=kind.value), tokenizer, tmp_path / "store"
    )
    store = open_store(tmp_path / "store")
    trained = [store.row(i).tolist()[: int(store.prompt_lengths[i])] for i in range(len(store))]
    assert trained == [prompt_encoder(tokenizer, kind)(prompt) for prompt in prompts]


def test_a_trained_folder_is_asked_as_it_was_trained(chat_model: Path, tmp_path: Path) -> None:
    """One step of training in either way: the option's default follows, the command line says which, and a run with
    the other template is another run."""
    line = [*SMALL, "--zero", "0", "--run.threads", "1", "--run.steps", "1", "--model", str(chat_model)]
    line += ["--data", str(rows_file(PROMPTS, tmp_path))]
    found = {}
    for kind in Template:
        out = tmp_path / kind
        assert main("injection", [*line, "--out", str(out), "--data.prompt_format", kind.value]) == 0
        backend = TransformersBackend(str(out / "model"), sampling=Sampling(max_new_tokens=4), threads=1)
        assert backend.template is kind and backend.identity["template"] == kind
        found[kind] = [g.text for g in backend.generate([Request("a", PROMPTS[0], "")])]
    model = str(tmp_path / "chat" / "model")
    command = ["eval", "delegate", "--model", model, "--tasks", "letters", "--limit", "2", "--max-new-tokens", "4"]
    command += ["--out", str(tmp_path / "run"), "--json", "--threads", "1"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "run/delegate/run.json").read_text())["template"] == "chat"
    other = CliRunner().invoke(app, [*command, "--template", "raw"])
    assert isinstance(other.exception, UserError) and "template: 'chat' then, 'raw' now" in str(other.exception)


def test_a_model_of_which_nothing_is_known_is_asked_raw_unless_told(chat_model: Path) -> None:
    assert trained_template(chat_model) is Template.RAW and trained_template(Path("meta/of-a-hub")) is Template.RAW
    (chat_model / "README.md").write_text("---\ntags: [other]\n---\n# Of someone else\n")
    assert trained_template(chat_model) is Template.RAW
    told = open_backend(model=str(chat_model), template="chat", sampling=Sampling(max_new_tokens=4), threads=1)
    asked = open_backend(model=str(chat_model), sampling=Sampling(max_new_tokens=4), threads=1)
    first, second = (next(b.generate([Request("a", PROMPTS[0], "")])).text for b in (told, asked))
    assert first != second


def test_what_cannot_be_asked(tmp_path: Path, chat_model: Path) -> None:
    plain = save_tiny_model(tmp_path / "plain")
    with pytest.raises(UserError, match=r"no chat template\. Use --template raw"):
        list(open_backend(model=str(plain), template="chat", threads=1).generate([Request("a", "x", "")]))
    with pytest.raises(UserError, match="Did you mean chat"):
        open_backend(model=str(plain), template="chatt")
    with pytest.raises(UserError, match="--api chat or --api completions"):
        open_backend(endpoints=["http://localhost:1/v1"], template="chat")
    with pytest.raises(UserError, match="Leave it out"):
        open_backend(backend="gold", template="raw")
