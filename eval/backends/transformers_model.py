"""The embedded backend: a Hugging Face causal model, in batches of similar length, shared beginnings computed once.

    TransformersBackend("runs/demo/infusion/model", batch_size=64, sampling=Sampling(max_new_tokens=128))
    TransformersBackend("…", sampling=Sampling(temperature=0.7, samples=10, stops=("\\n\\n",)))

``sharing.py`` plans, ``decoding.py`` writes; several GPUs are several processes (``processes.py``).
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from eval.backends.base import Backend, Finish, Generation, Request, Sampling, cut_at_stop
from eval.backends.constraints import Constraints
from eval.backends.decoding import Decoder, Row, end_tokens
from eval.backends.prompting import Template, prompt_encoder, trained_template
from eval.backends.sharing import make_plan
from symbol_llm.errors import UserError
from symbol_llm.training.encoding import PromptEncoder

KEPT_PREFIX_TOKENS = 1 << 14  # 8 GB of keys and values with a 7B LLaMA in bf16


class TransformersBackend(Backend):
    """Raises UserError if the model cannot be loaded; a GPU is used where there is one (bf16), else fp32 on CPU.

    ``template`` None: what the model folder says of its training.
    """

    name = "transformers"

    def __init__(
        self,
        model: str,
        *,
        sampling: Sampling | None = None,
        batch_size: int = 64,
        threads: int | None = None,
        shares_prefixes: bool = True,
        constrain: bool = False,
        template: Template | None = None,
    ) -> None:
        if batch_size < 1:
            raise UserError(f"--batch-size {batch_size} must be at least 1")
        if model.startswith(("/", "./", "../", "~")) and not Path(model).is_dir():
            raise UserError(f"model {model}: there is no such folder. Pass a model folder or a hub id with --model")
        self.path = model
        self.template = template or trained_template(Path(model))
        self.sampling = sampling or Sampling()
        self.samples = self.sampling.samples
        self.batch_size = batch_size
        self.threads = threads
        self.shares_prefixes = shares_prefixes
        self.constrains = constrain
        self._loaded: tuple[PromptEncoder, Decoder] | None = None

    @property
    def identity(self) -> dict[str, Any]:
        return {
            "backend": self.name,
            "model": self.path,
            "model_fingerprint": fingerprint(Path(self.path)),
            "template": self.template,
            **self.sampling.identity(),
            **({"constrain": True} if self.constrains else {}),
        }

    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        if not requests:
            return
        encode, decoder = self._load()
        tokens = [encode(request.prompt) for request in requests]
        room = getattr(decoder.model.config, "max_position_embeddings", None) or 1 << 30
        for index, prompt in enumerate(tokens):
            if len(prompt) >= room:
                yield Generation(index, "", Finish.PROMPT_TOO_LONG)
        fitting = [index for index, prompt in enumerate(tokens) if len(prompt) < room]
        plan = make_plan([tokens[index] for index in fitting], self.batch_size, shares=self.shares_prefixes)
        prefixes = _Prefixes(decoder)
        for batch in plan.batches:
            rows = []
            for place in batch:
                prompt, shared = tokens[fitting[place]], plan.shared[place]
                row = Row(
                    prompt[shared:],
                    min(self.sampling.max_new_tokens, room - len(prompt)),
                    self.sampling.seed_of(requests[fitting[place]]),
                )
                grammar = requests[fitting[place]].grammar
                if self.constrains and grammar:
                    assert isinstance(decoder.constrain, Constraints)
                    row.matcher = decoder.constrain.matcher(grammar)
                if shared:
                    row.prefix, row.prefix_length = prefixes.get(tuple(prompt[:shared])), shared
                rows.append(row)
            for number, finish in decoder.decode(rows):
                text = str(encode.tokenizer.decode(rows[number].written, skip_special_tokens=True))
                yield Generation(fitting[batch[number]], cut_at_stop(text, self.sampling.stops)[0], finish)

    def _load(self) -> tuple[PromptEncoder, Decoder]:
        if self._loaded is None:
            import torch
            from safetensors import SafetensorError
            from transformers import AutoModelForCausalLM, AutoTokenizer
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()  # the runner shows its own
            if self.threads is None and "OMP_NUM_THREADS" not in os.environ:
                # Half the processors: the solvers need the others, and threads that have to share stall.
                self.threads = max(1, len(os.sched_getaffinity(0)) // 2)
            if self.threads is not None:
                torch.set_num_threads(self.threads)
            has_gpu = torch.cuda.is_available()
            try:
                tokenizer = AutoTokenizer.from_pretrained(self.path)
                model = AutoModelForCausalLM.from_pretrained(
                    self.path, dtype=torch.bfloat16 if has_gpu else torch.float32
                )
            except (OSError, ValueError, SafetensorError) as error:
                raise UserError(
                    f"model {self.path}: cannot be loaded ({str(error).splitlines()[0]}). "
                    "Pass a Hugging Face model folder or hub id with --model"
                ) from error
            embeddings: Any = model.get_input_embeddings()
            if len(tokenizer) > embeddings.weight.shape[0]:
                raise UserError(
                    f"model {self.path}: the tokenizer has {len(tokenizer)} tokens and the model only "
                    f"{embeddings.weight.shape[0]}. They do not belong together"
                )
            device: Any = "cuda" if has_gpu else "cpu"

            def text_of(written: list[int]) -> str:
                return str(tokenizer.decode(written, skip_special_tokens=True))

            prompter = prompt_encoder(tokenizer, self.template)
            constraints = Constraints(tokenizer, end_tokens(model)) if self.constrains else None
            decoder = Decoder(model.to(device).eval(), text_of, self.sampling, constraints)
            self.shares_prefixes = self.shares_prefixes and decoder.shares_prefixes()
            self._loaded = prompter, decoder
        return self._loaded


class _Prefixes:
    """Keys and values of the prefixes in use, the least recently used forgotten first."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.kept: OrderedDict[tuple[int, ...], list[tuple[Any, Any]]] = OrderedDict()
        self.num_tokens = 0

    def get(self, tokens: tuple[int, ...]) -> list[tuple[Any, Any]]:
        if tokens not in self.kept:
            self.kept[tokens] = self.decoder.prefix(tokens)
            self.num_tokens += len(tokens)
            while self.num_tokens > KEPT_PREFIX_TOKENS and len(self.kept) > 1:
                self.num_tokens -= len(self.kept.popitem(last=False)[0])
        self.kept.move_to_end(tokens)
        return self.kept[tokens]


def fingerprint(folder: Path) -> str | None:
    """A short hash that changes when the weights in a local model folder do; None for a hub id.

    Names, sizes, and the first and last MiB of each file: a 13B model takes milliseconds, and training moves
    every weight, so the ends suffice to tell two checkpoints apart.
    """
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*")):
        if file.suffix not in {".safetensors", ".bin", ".json"} or not file.is_file():
            continue
        size = file.stat().st_size
        digest.update(f"{file.name} {size}\n".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(1 << 20))
            stream.seek(max(0, size - (1 << 20)))
            digest.update(stream.read())
    return digest.hexdigest()[:16]
