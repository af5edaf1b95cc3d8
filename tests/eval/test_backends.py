from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from eval.backends import Finish, Generation, Request, Sampling, open_backend
from eval.backends.decoding import STRIDE
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


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model"))


def prompts(number: int) -> list[Request]:
    rng = random.Random(0)
    return [Request(str(i), " ".join(rng.choices(WORDS.split(), k=rng.randint(1, 40))), "") for i in range(number)]


def written(model: Path, requests: list[Request], batch_size: int, new: int = 40) -> dict[int, tuple[str, str]]:
    backend = open_backend(model=str(model), batch_size=batch_size, sampling=Sampling(max_new_tokens=new), threads=1)
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
    backend = open_backend(model=str(model), batch_size=24, sampling=Sampling(max_new_tokens=3 * STRIDE), threads=1)
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


def drawn(model: Path, requests: list[Request], batch_size: int = 10, **options) -> list[tuple[str, str]]:
    sampling = Sampling(**{"max_new_tokens": 24, "temperature": 0.9, "samples": 3, **options})
    backend = open_backend(model=str(model), batch_size=batch_size, sampling=sampling, threads=1)
    generations = sorted(backend.generate(requests))
    return [(generation.text, generation.finish) for generation in generations]


def test_a_sample_depends_on_seed_item_and_number_alone(model: Path) -> None:
    """Neither the batch, nor what runs beside it, nor that only some are asked for again changes a sample."""
    requests = [request._replace(sample=number) for request in prompts(6) for number in range(3)]
    all_at_once = drawn(model, requests)
    assert all_at_once == [drawn(model, [request], 1)[0] for request in requests]
    assert drawn(model, requests[5:9], 2) == all_at_once[5:9]
    assert len(set(all_at_once[:3])) > 1, "three samples of one item"
    assert drawn(model, requests, seed=1) != all_at_once
    narrow = drawn(model, requests, top_p=1e-9)  # only the likeliest token is left
    assert narrow == [written(model, [request], 1, new=24)[0] for request in requests]


def test_sampled_tokens_have_the_models_shares(model: Path) -> None:
    """First tokens of 2,000 samples of one prompt against softmax(logits / 0.7): within four standard deviations."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    text = "jump twice and walk left after look"
    requests = [Request("one", text, "", number) for number in range(2000)]
    outputs = drawn(model, requests, 500, max_new_tokens=1, temperature=0.7, samples=2000)
    llama, tokenizer = AutoModelForCausalLM.from_pretrained(model).eval(), AutoTokenizer.from_pretrained(model)
    ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
    shares = torch.softmax(llama(torch.tensor([ids])).logits[0, -1].detach() / 0.7, -1)
    token = int(shares.argmax())
    expected, word = float(shares[token]), tokenizer.decode([token], skip_special_tokens=True)
    same_text = sum(float(s) for t, s in enumerate(shares) if tokenizer.decode([t], skip_special_tokens=True) == word)
    hits = sum(output == word for output, _ in outputs)
    assert 0.02 < expected < 0.98 and abs(hits - 2000 * same_text) < 4 * (2000 * same_text * (1 - same_text)) ** 0.5


def test_stop_strings_end_an_output_and_are_no_part_of_it(model: Path) -> None:
    requests = prompts(12)
    whole = written(model, requests, 4)
    letters = [text for text, _ in whole.values() if len(text) > 12]
    stop = letters[0][4:7]
    backend = open_backend(
        model=str(model), batch_size=4, sampling=Sampling(max_new_tokens=40, stops=(stop, "\0\0")), threads=1
    )
    stopped = {generation.position: generation for generation in backend.generate(requests)}
    assert any(stop in text for text, _ in whole.values())
    for position, (text, finish) in whole.items():
        assert stopped[position].text == text.split(stop)[0]
        assert stopped[position].finish == (Finish.STOP if stop in text else finish)


def shared_prompts() -> list[Request]:
    """Two tasks of eight items with a long common beginning each, one loner, one item three times."""
    rng = random.Random(1)
    heads = [" ".join(rng.choices(WORDS.split(), k=40)) for _ in range(2)]
    texts = [f"{head} {' '.join(rng.choices(WORDS.split(), k=rng.randint(1, 9)))}" for head in heads for _ in range(8)]
    return [Request(str(i), text, "") for i, text in enumerate([*texts, "jump", texts[0], texts[0]])]


def test_shared_prefixes_change_no_output(model: Path) -> None:
    requests = shared_prompts()
    outputs = []
    for shares in (True, False):
        backend = open_backend(model=str(model), batch_size=6, shares_prefixes=shares, threads=1)
        outputs.append(sorted(backend.generate(requests)))
    assert outputs[0] == outputs[1]


def test_a_shared_prefix_is_computed_once(model: Path) -> None:
    from eval.backends.transformers_model import TransformersBackend

    requests = shared_prompts()
    num_tokens = {}
    for shares in (True, False):
        backend = TransformersBackend(
            str(model), batch_size=6, sampling=Sampling(max_new_tokens=1), shares_prefixes=shares, threads=1
        )
        num_tokens[shares] = 0

        def count(_: object, __: object, given: dict, shares: bool = shares) -> None:
            num_tokens[shares] += given["input_ids"].numel()

        backend._load()[1].model.register_forward_pre_hook(count, with_kwargs=True)
        list(backend.generate(requests))
    assert num_tokens[True] < num_tokens[False] / 3


@pytest.mark.full
def test_two_processes_write_what_one_writes(model: Path) -> None:
    requests = prompts(24)
    options = {"model": str(model), "batch_size": 4, "sampling": Sampling(max_new_tokens=20)}
    backend = open_backend(**options, processes=2)
    try:
        together = sorted(backend.generate(requests))
        assert together == sorted(open_backend(**options, processes=1).generate(requests))
        assert sorted(backend.generate(requests[:3])) == together[:3], "the processes stay for the next task"
        assert backend.identity == open_backend(**options, processes=1).identity
    finally:
        backend.close()


@pytest.mark.full
def test_a_process_that_dies_is_an_error_and_not_a_hang(model: Path) -> None:
    backend = open_backend(model=str(model), processes=2)
    answers = backend.generate(prompts(200))
    next(answers)
    for process in backend._processes:
        process.kill()
    with pytest.raises(UserError, match=r"a process that runs the model died \(exit code -9"):
        list(answers)


@pytest.mark.full
def test_a_model_that_does_not_load_in_a_process(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be loaded"):
        list(open_backend(model=str(tmp_path), processes=2).generate(REQUESTS))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 3}, "all alike"),
        ({"temperature": -1.0}, "--temperature"),
        ({"top_p": 0.0}, "--top-p"),
        ({"samples": 0}, "--samples"),
        ({"max_new_tokens": 0}, "--max-new-tokens"),
        ({"stops": ("",)}, "--stop"),
    ],
)
def test_drawing_options_that_make_no_sense(options: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        Sampling(**options)
