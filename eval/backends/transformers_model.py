"""The embedded backend: a Hugging Face causal model, greedy, in batches of similar length.

    TransformersBackend("runs/demo/infusion", batch_size=64, max_new_tokens=128)

Prompts are sorted by length and padded on the left. Rows that have ended leave the batch every few tokens, so one
row that never stops does not hold up the others, and their outputs are handed on at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.backends.base import Backend, Finish, Generation, Request
from symbol_llm.errors import UserError

if TYPE_CHECKING:
    pass

STRIDE = 16  # tokens between two looks at which rows have ended


class TransformersBackend(Backend):
    """Raises UserError if the model cannot be loaded; a GPU is used where there is one (bf16), else fp32 on CPU."""

    name = "transformers"

    def __init__(
        self, model: str, *, batch_size: int = 64, max_new_tokens: int = 256, threads: int | None = None
    ) -> None:
        if batch_size < 1 or max_new_tokens < 1:
            raise UserError(f"--batch-size {batch_size} and --max-new-tokens {max_new_tokens} must be at least 1")
        if model.startswith(("/", "./", "../", "~")) and not Path(model).is_dir():
            raise UserError(f"model {model}: there is no such folder. Pass a model folder or a hub id with --model")
        self.path = model
        self.batch_size = batch_size
        self.max_new_tokens = max_new_tokens
        self.threads = threads
        self._loaded: tuple[Any, Any] | None = None

    @property
    def identity(self) -> dict[str, Any]:
        return {
            "backend": self.name,
            "model": self.path,
            "model_fingerprint": fingerprint(Path(self.path)),
            "max_new_tokens": self.max_new_tokens,
        }

    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        if not requests:
            return
        tokenizer, model = self._load()
        tokens = [encode_prompt(tokenizer, request.prompt) for request in requests]
        room = getattr(model.config, "max_position_embeddings", None) or 1 << 30
        order = sorted(range(len(tokens)), key=lambda index: (-len(tokens[index]), index))
        for index in order:
            if len(tokens[index]) >= room:
                yield Generation(index, "", Finish.PROMPT_TOO_LONG)
        fitting = [index for index in order if len(tokens[index]) < room]
        for start in range(0, len(fitting), self.batch_size):
            rows = fitting[start : start + self.batch_size]
            limits = [min(self.max_new_tokens, room - len(tokens[index])) for index in rows]
            for row, written, finish in _decode(model, [tokens[index] for index in rows], limits):
                yield Generation(rows[row], tokenizer.decode(written, skip_special_tokens=True), finish)

    def _load(self) -> tuple[Any, Any]:
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
            self._loaded = tokenizer, model.to(device).eval()
        return self._loaded


def encode_prompt(tokenizer: Any, prompt: str) -> list[int]:
    """Token ids of a raw prompt with exactly one BOS where the tokenizer has one, and no EOS: as in training."""
    ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    return ids if tokenizer.bos_token_id is None else [tokenizer.bos_token_id, *ids]


def _decode(model: Any, prompts: list[list[int]], limits: list[int]) -> Iterator[tuple[int, list[int], Finish]]:
    """Greedy decoding of one batch; yields (row, new token ids without EOS, finish) as rows end.

    ``model.generate`` runs STRIDE tokens at a time on the key-value cache that it returned before; between two
    runs the rows that have ended, or reached their limit of new tokens, leave the batch and the cache.
    """
    import torch

    # With the mask given, the padding token may be any token: it is never attended to and never read back.
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=model.device)
    ends = _end_tokens(model)
    cache: Any = None
    rows = list(range(len(prompts)))
    while rows:
        step = min(STRIDE, min(limits[row] for row in rows) - (ids.shape[1] - width))
        with torch.inference_mode():
            output = model.generate(
                input_ids=ids,
                attention_mask=mask,
                past_key_values=cache,
                max_new_tokens=step,
                do_sample=False,
                num_beams=1,
                temperature=None,
                top_p=None,
                top_k=None,
                eos_token_id=sorted(ends) or None,
                pad_token_id=min(ends, default=0),
                use_cache=True,
                return_dict_in_generate=True,
            )
        ids, cache = output.sequences, output.past_key_values
        mask = torch.cat([mask, mask.new_ones(len(rows), ids.shape[1] - mask.shape[1])], dim=1)
        going: list[int] = []
        for place, written in enumerate(ids[:, width:].tolist()):
            end = next((at for at, token in enumerate(written) if token in ends), None)
            if end is not None:
                yield rows[place], written[:end], Finish.STOP
            elif len(written) >= limits[rows[place]]:
                yield rows[place], written, Finish.LENGTH
            else:
                going.append(place)
        if len(going) < len(rows):
            rows = [rows[place] for place in going]
            kept = torch.tensor(going, dtype=torch.long, device=ids.device)
            ids, mask = ids[kept], mask[kept]
            if rows:
                cache.batch_select_indices(kept)


def _end_tokens(model: Any) -> set[int]:
    ends = model.generation_config.eos_token_id
    if ends is None:
        ends = model.config.eos_token_id
    return set(ends) if isinstance(ends, list) else {ends} - {None}


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
