from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from eval.backends import Finish, Generation, Request, open_backend
from eval.backends.transformers_model import STRIDE
from symbol_llm.errors import UserError
from tests.eval.tiny_model import WORDS, save_tiny_model

REQUESTS = [Request("a", "Add 1 and 2:\n", "1 + 2"), Request("b", "Add 3 and 4:\n", "3 + 4")]


def test_gold_writes_the_gold_symbol() -> None:
    assert list(open_backend(backend="gold").generate(REQUESTS)) == [
        Generation(0, "1 + 2", Finish.STOP),
        Generation(1, "3 + 4", Finish.STOP),
    ]


@pytest.mark.parametrize(
    "options",
    [{}, {"model": "m", "backend": "gold"}, {"model": "m", "replay": Path("f")}, {"backend": "transformers"}],
)
def test_exactly_one_writer(options: dict) -> None:
    with pytest.raises(UserError, match="exactly one"):
        open_backend(**options)


def test_unknown_backend_and_missing_model() -> None:
    with pytest.raises(UserError, match="Did you mean transformers"):
        open_backend(backend="transformer")
    with pytest.raises(UserError, match="no such folder"):
        open_backend(model="./nowhere")


def test_replay_finds_and_misses(tmp_path: Path) -> None:
    file = tmp_path / "outputs.jsonl"
    file.write_text('{"id": "b", "output": "x", "model": "other"}\n\n{"id": "unused", "output": ""}\n')
    for path in (file, tmp_path):
        assert list(open_backend(replay=path).generate(REQUESTS)) == [
            Generation(0, "", Finish.MISSING),
            Generation(1, "x", Finish.STOP),
        ]
    before = open_backend(replay=file).identity
    file.write_text('{"id": "b", "output": "y"}\n')
    assert open_backend(replay=file).identity != before


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "not JSON"),
        ("[1]", "key 'id'"),
        ('{"output": "x"}', "key 'id'"),
        ('{"id": 7, "output": "x"}', "key 'id'"),
        ('{"id": "b"}', "key 'output'"),
        ('{"id": "b", "output": null}', "key 'output'"),
        ('{"id": "a", "output": "other"}', "occurs again"),
        ('{"id": "b", "outp', "not JSON"),
    ],
)
def test_replay_names_the_malformed_line(tmp_path: Path, line: str, complaint: str) -> None:
    file = tmp_path / "outputs.jsonl"
    file.write_text(f'{{"id": "a", "output": "x"}}\n{line}\n')
    with pytest.raises(UserError, match=rf"outputs\.jsonl, line 2: .*{complaint}"):
        open_backend(replay=file)


def test_replay_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        open_backend(replay=tmp_path / "none.jsonl")
    with pytest.raises(UserError, match=r"no \*\.jsonl"):
        open_backend(replay=tmp_path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model"))


def prompts(number: int) -> list[Request]:
    rng = random.Random(0)
    return [Request(str(i), " ".join(rng.choices(WORDS.split(), k=rng.randint(1, 40))), "") for i in range(number)]


def written(model: Path, requests: list[Request], batch_size: int, new: int = 40) -> dict[int, tuple[str, str]]:
    backend = open_backend(model=str(model), batch_size=batch_size, max_new_tokens=new, threads=1)
    generations = list(backend.generate(requests))
    assert sorted(generation.position for generation in generations) == list(range(len(requests)))
    return {generation.position: (generation.text, generation.finish) for generation in generations}


def test_batches_write_what_single_prompts_write(model: Path) -> None:
    """Against plain ``generate`` on each prompt alone: padding, dropping rows and the cache change nothing."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    requests = prompts(24)
    alone, together = written(model, requests, 1), written(model, requests, 10)
    assert alone == together
    assert {finish for _, finish in alone.values()} == {Finish.STOP, Finish.LENGTH}
    llama, tokenizer = AutoModelForCausalLM.from_pretrained(model).eval(), AutoTokenizer.from_pretrained(model)
    for position, request in enumerate(requests):
        prompt = [tokenizer.bos_token_id, *tokenizer(request.prompt, add_special_tokens=False)["input_ids"]]
        ids = torch.tensor([prompt])
        output = llama.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False)
        assert alone[position][0] == tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True)


def test_rows_come_as_they_finish(model: Path) -> None:
    """Rows that end within the first stride are handed on before all others."""
    early = {p for p, (_, finish) in written(model, prompts(24), 24, new=STRIDE).items() if finish == Finish.STOP}
    backend = open_backend(model=str(model), batch_size=24, max_new_tokens=3 * STRIDE, threads=1)
    order = [generation.position for generation in backend.generate(prompts(24))]
    assert 0 < len(early) < 24
    assert set(order[: len(early)]) == early


def test_prompts_at_the_edge_of_the_context(tmp_path: Path) -> None:
    """A context of 64: a prompt that fills it gets nothing; one that nearly fills it gets what is left."""
    from transformers import AutoTokenizer

    model = save_tiny_model(tmp_path, room=64)
    tokenizer = AutoTokenizer.from_pretrained(model)
    requests = [Request("long", "jump " * 100, ""), Request("short", "jump", ""), Request("edge", "\x01" * 58, "")]
    assert len(tokenizer(requests[2].prompt, add_special_tokens=False)["input_ids"]) == 58
    texts = written(model, requests, 8, new=30)
    assert texts[0] == ("", Finish.PROMPT_TOO_LONG)
    assert texts[1] == written(model, requests[1:2], 1, new=30)[0]
    assert texts[2] == written(model, requests[2:], 1, new=30)[0] == written(model, requests[2:], 1, new=5)[0]


def test_models_that_do_not_load(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be loaded"):
        list(open_backend(model=str(tmp_path)).generate(REQUESTS))
    model = save_tiny_model(tmp_path / "model")
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    with pytest.raises(UserError, match="cannot be loaded"):
        list(open_backend(model=str(model)).generate(REQUESTS))


def test_identity_changes_with_the_weights(tmp_path: Path) -> None:
    first = open_backend(model=str(save_tiny_model(tmp_path / "m", seed=0))).identity
    assert json.loads(json.dumps(first)) == first
    assert open_backend(model=str(save_tiny_model(tmp_path / "m", seed=0))).identity == first
    assert open_backend(model=str(save_tiny_model(tmp_path / "m", seed=1))).identity != first
