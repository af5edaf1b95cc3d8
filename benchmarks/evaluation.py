"""What evaluation costs: generating beside the plain ways of doing it, scoring on two workers, going on with a run.

    python benchmarks/evaluation.py [--only generate,prefixes,score,resume] [--rounds 3] [--items 1000] [--json]

Generation: a LLaMA of the demo's size (4 layers, 192 wide) with random weights that ends where a trained one might, on
prompts of four generated tasks of different lengths. Four ways write the same tokens, in turns within one run:

    one by one          transformers' generate, a prompt at a time
    unsorted batches    generate on batches in the order of the items, padded on the left
    ours, not sharing   batches of similar length, rows leave as they end
    ours                the same, and what prompts share is computed once

CPU time of this process, one thread. Bars: ours at least 2x one by one, 1.2x unsorted batches. Scoring: gold outputs of
six benchmarks with their real solvers, wall time on two workers beside one, bar 1.6x (needs two free processors). Going
on with a finished run: wall time of the whole command, bar 3 s.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

# Before the folder of this script, where collection.py would be taken for the package of its name.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import eval.delegation
import symbol_llm.solvers
from collection.sources import get as get_source
from eval.backends.base import Finish, Request, Sampling
from eval.backends.gold import GoldBackend
from eval.backends.prompting import Template, prompt_encoder
from eval.backends.transformers_model import TransformersBackend
from eval.delegate import DelegationWork
from eval.runner import run_work, sample
from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import CheckFailed

BARS = {"one by one": 2.0, "unsorted batches": 1.2, "workers": 1.6, "resume_seconds": 3.0}
WRITTEN = ("scan_generated", "clevr_generated", "tables", "letters")
SCORED = ("stories", "letters", "theories", "clevr_generated", "tables", "blocksworld_generated")
BATCH, NEW_TOKENS = 32, 48


# Generation.


def requests(count: int) -> list[Request]:
    """Prompts of several tasks, task after task as an evaluation has them."""
    from collection.prompts import render
    from collection.sources.base import Example
    from symbol_llm.record import Split

    found = []
    for task in WRITTEN:
        source = get_source(task)
        for row in islice(source.read_some(Path(), 0, split=Split.TEST), count // len(WRITTEN)):
            example = source.to_example(row, Path())
            assert isinstance(example, Example)
            prompt = render(source.prompt, example, task, row.split, 0)
            found.append(Request(prompt.id, prompt.text, ""))
    return found


def make_model(folder: Path, texts: Sequence[str]) -> None:
    """A LLaMA with random weights and a tokenizer trained on the prompts. One output in a few ends early."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from tokenizers.trainers import BpeTrainer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    specials = ["<pad>", "<s>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(texts, BpeTrainer(vocab_size=1024, special_tokens=specials, initial_alphabet=alphabet))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, pad_token="<pad>", bos_token="<s>", eos_token="</s>")
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=192,
        num_hidden_layers=4,
        num_attention_heads=6,
        intermediate_size=512,
        vocab_size=1024,
        max_position_embeddings=1024,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        initializer_range=0.1,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        model.lm_head.weight[2] *= 2.5
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


class Plain:
    """What one writes first: ``generate`` on consecutive prompts, padded on the left."""

    def __init__(self, folder: Path, batch: int) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.encode = prompt_encoder(self.tokenizer, Template.RAW)
        self.model = AutoModelForCausalLM.from_pretrained(folder).eval()
        self.batch = batch

    def __call__(self, asked: Sequence[Request]) -> list[str]:
        import torch

        texts = []
        for start in range(0, len(asked), self.batch):
            prompts = [self.encode(one.prompt) for one in asked[start : start + self.batch]]
            width = max(map(len, prompts))
            ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts])
            mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
            with torch.inference_mode():
                output = self.model.generate(
                    ids, attention_mask=mask, max_new_tokens=NEW_TOKENS, do_sample=False, pad_token_id=0
                )
            for row in output[:, width:].tolist():
                texts.append(str(self.tokenizer.decode(row, skip_special_tokens=True)))
        return texts


class Ours:
    def __init__(self, folder: Path, shares: bool) -> None:
        sampling = Sampling(max_new_tokens=NEW_TOKENS)
        self.backend = TransformersBackend(
            str(folder), sampling=sampling, batch_size=BATCH, threads=1, shares_prefixes=shares
        )
        self.num_long = 0

    def __call__(self, asked: Sequence[Request]) -> list[str]:
        found = sorted(self.backend.generate(asked))
        self.num_long = sum(generation.finish is Finish.LENGTH for generation in found)
        return [generation.text for generation in found]


def generate(count: int, rounds: int) -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    asked = requests(count)
    with tempfile.TemporaryDirectory() as name:
        make_model(Path(name), [one.prompt for one in asked])
        ways: dict[str, Callable[[Sequence[Request]], list[str]]] = {
            "one by one": Plain(Path(name), 1),
            "unsorted batches": Plain(Path(name), BATCH),
            "ours, not sharing": Ours(Path(name), False),
            "ours": Ours(Path(name), True),
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        texts: dict[str, list[str]] = {}
        for number in range(rounds + 1):
            for way, write in ways.items():
                start = time.process_time()
                texts[way] = write(asked)
                if number:  # the first round warms up
                    seconds[way].append(time.process_time() - start)
        num_long = ways["ours"].num_long  # type: ignore[attr-defined]
    same = {way: sum(x == y for x, y in zip(texts[way], texts["one by one"])) for way in ways}
    medians = {way: statistics.median(taken) for way, taken in seconds.items()}
    ratios = {
        way: statistics.median(a / b for a, b in zip(seconds[way], seconds["ours"])) for way in ways if way != "ours"
    }
    return {
        "prompts": len(asked),
        "cut_at_length": num_long,
        "cpu_seconds": {way: round(value, 2) for way, value in medians.items()},
        "times_ours": {way: round(value, 2) for way, value in ratios.items()},
        "same_outputs": same,
    }


def prefixes(count: int, rounds: int) -> dict[str, Any]:
    """Per task: the tokens of its prompts that go through the model, and CPU seconds, with and without sharing."""
    import torch

    torch.set_num_threads(1)
    asked = requests(count * len(WRITTEN))
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        make_model(Path(name), [one.prompt for one in asked])
        ways = {"sharing": Ours(Path(name), True), "not sharing": Ours(Path(name), False)}
        for task in WRITTEN:
            own = [one for one in asked if one.id.startswith(f"{task}-")]
            seconds: dict[str, list[float]] = {way: [] for way in ways}
            tokens, texts = {}, {}
            for number in range(rounds + 1):
                for way, write in ways.items():
                    with _counting(write.backend._load()[1].model) as seen:
                        start = time.process_time()
                        texts[way] = write(own)
                        if number:
                            seconds[way].append(time.process_time() - start)
                    tokens[way] = sum(seen)
            assert texts["sharing"] == texts["not sharing"], task
            found[task] = {
                "prompt_tokens": tokens,
                "cpu_seconds": {way: round(statistics.median(taken), 2) for way, taken in seconds.items()},
                "times_faster": round(
                    statistics.median(b / a for a, b in zip(seconds["sharing"], seconds["not sharing"])), 2
                ),
            }
    return found


@contextmanager
def _counting(model: Any) -> Iterator[list[int]]:
    """The sizes of the passes over prompts: every pass but those of one token per row."""
    seen: list[int] = []

    def count(_: Any, __: Any, given: dict[str, Any]) -> None:
        if given["input_ids"].shape[1] > 1:
            seen.append(given["input_ids"].numel())

    handle = model.register_forward_pre_hook(count, with_kwargs=True)
    try:
        yield seen
    finally:
        handle.remove()


# Scoring.


def score(count: int, rounds: int) -> dict[str, Any]:
    """Wall seconds of all solvers over ``count`` gold outputs, on one and on two workers."""
    taken: dict[int, list[float]] = {1: [], 2: []}
    with ExitStack() as stack:
        benchmarks = [eval.delegation.get(name) for name in SCORED]
        solvers = {name: stack.enter_context(symbol_llm.solvers.get(name)) for name in {b.solver for b in benchmarks}}
        items = {b.name: sample(b.items(None), -(-count // len(SCORED)), 0, b.name) for b in benchmarks}
        for number in range(rounds + 1):
            for workers in taken:
                with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(workers) as pool:
                    start = time.perf_counter()
                    for benchmark in benchmarks:
                        work = DelegationWork(benchmark, items[benchmark.name], solvers[benchmark.solver], pool)
                        done = run_work(work, GoldBackend(), Path(name))
                        wrong = [row for row in done.rows if row["outcome"] != "correct"]
                        assert not wrong, wrong[0]
                    if number:  # the first round starts the engines
                        taken[workers].append(time.perf_counter() - start)
    total = sum(map(len, items.values()))
    return {
        "items": total,
        "seconds": {str(workers): round(statistics.median(values), 2) for workers, values in taken.items()},
        "speedup": round(statistics.median(one / two for one, two in zip(taken[1], taken[2])), 2),
    }


# Going on with a finished run.


def resume(count: int) -> dict[str, Any]:
    """Wall seconds of the same command twice."""
    limit = str(-(-count // len(SCORED)))
    program = [sys.executable, "-c", "from symbol_llm.cli import main; main()"]
    with tempfile.TemporaryDirectory() as name:
        command = [*program, "eval", "delegate", "--backend", "gold", "--tasks", ",".join(SCORED)]
        command += ["--limit", limit, "--out", name, "--json"]
        taken = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            taken.append(round(time.perf_counter() - start, 2))
    return {"items": int(limit) * len(SCORED), "first_seconds": taken[0], "resume_seconds": min(taken[1:])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="generate,prefixes,score,resume")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompts", type=int, default=256)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    only = arguments.only.split(",")
    document: dict[str, Any] = {}
    if "generate" in only:
        document["generate"] = generate(arguments.prompts, arguments.rounds)
    if "prefixes" in only:
        document["prefixes"] = prefixes(arguments.prompts // 2, arguments.rounds)
    if "score" in only:
        document["score"] = score(arguments.items, arguments.rounds)
    if "resume" in only:
        document["resume"] = resume(arguments.items)
    rows = [[part, key, str(value)] for part, found in document.items() for key, value in found.items()]
    emit(document, make_table("Evaluation", ("part", "what", "value"), rows), as_json=arguments.json)
    missed = _missed(document)
    for line in missed:
        log(line)
    if missed:
        raise SystemExit(CheckFailed.exit_code)


def _missed(document: dict[str, Any]) -> list[str]:
    """The bars that were not reached."""
    missed = []
    if found := document.get("generate"):
        for way in ("one by one", "unsorted batches"):
            if found["times_ours"][way] < BARS[way]:
                missed.append(f"missed: {found['times_ours'][way]} times faster than {way}, the bar is {BARS[way]}")
        if len(set(found["same_outputs"].values())) > 1:
            missed.append(f"missed: the ways wrote different outputs: {found['same_outputs']}")
    if (found := document.get("score")) and found["speedup"] < BARS["workers"]:
        missed.append(f"missed: two workers are {found['speedup']} times as fast as one, the bar is {BARS['workers']}")
    if (found := document.get("resume")) and found["resume_seconds"] > BARS["resume_seconds"]:
        missed.append(f"missed: {found['resume_seconds']} s to go on, the bar is {BARS['resume_seconds']} s")
    return missed


if __name__ == "__main__":
    main()
