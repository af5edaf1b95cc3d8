"""From a row's text to its token ids, and where its trained part begins.

    raw    <s> The command is: jump \\n | I_JUMP </s>
    chat   <s> [INST] The command is: jump [/INST] | I_JUMP </s>        by the template of the starting model

Raw is the lineage of the paper: the completion follows the prompt at once. Either way the prompt is encoded exactly as
generation will encode it, and the trained part ends with the end-of-text token.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from symbol_llm.errors import UserError
from symbol_llm.training.config import Data
from symbol_llm.training.rows import Row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# The template of a model that was trained on raw prompts: a chat server sends the last message as it is.
RAW_TEMPLATE = "{% if bos_token %}{{ bos_token }}{% endif %}{{ messages[-1]['content'] }}"


@dataclass(slots=True)
class TaskCount:
    """What became of a task's rows: read = kept + too_long + empty + special; truncated rows are among the kept."""

    format: str = ""
    kept: int = 0
    truncated: int = 0
    too_long: int = 0  # nothing of the completion would fit, or the policy is to drop
    empty: int = 0  # no prompt or no completion
    special: int = 0  # a chat row that spells a special token, which the template would take for one
    tokens: int = 0
    trained_tokens: int = 0


class Encoded(NamedTuple):
    """A row that is kept."""

    row: Row
    ids: list[int]
    prompt_length: int


def backend_of(tokenizer: PreTrainedTokenizerBase) -> Any:
    """The Rust tokenizer inside. Raises UserError if there is none."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise UserError(
            f"{type(tokenizer).__name__} has no fast version: save the model with a tokenizer.json "
            "(AutoTokenizer.from_pretrained(…).save_pretrained(…))"
        )
    return backend


class Encoder:
    """Encodes rows in batches and counts what is left out."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, data: Data, counts: dict[str, TaskCount]) -> None:
        self._tokenizer, self._data, self._counts = tokenizer, data, counts
        self._backend = text_backend(tokenizer)

    def __call__(self, batch: Sequence[Row]) -> Iterator[Encoded]:
        """The rows that are kept."""
        encode = self._chat if self._data.prompt_format == "chat" else self._raw
        full = []
        for row in batch:
            count = self._counts.setdefault(row.task, TaskCount(format=row.format))
            if row.completion.strip() and row.prompt.strip():
                full.append(row)
            else:
                count.empty += 1
        for row, ids, prompt_length in encode(full):
            count = self._counts[row.task]
            if len(ids) > self._data.max_tokens:
                if self._data.too_long == "drop" or prompt_length >= self._data.max_tokens:
                    count.too_long += 1
                    continue
                ids = ids[: self._data.max_tokens]
                count.truncated += 1
            count.kept += 1
            count.tokens += len(ids)
            count.trained_tokens += len(ids) - prompt_length
            yield Encoded(row, ids, prompt_length)

    def _raw(self, batch: Sequence[Row]) -> Iterator[Encoded]:
        backend, tokenizer = self._backend, self._tokenizer
        encodings = backend.encode_batch([row.prompt + row.completion for row in batch], add_special_tokens=False)
        bos = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
        for row, encoding in zip(batch, encodings, strict=True):
            split = encoding.char_to_token(len(row.prompt))
            if split is not None and encoding.token_to_chars(split)[0] == len(row.prompt):
                ids, prompt_length = encoding.ids, split
            else:
                # A token reaches over the seam: encode the parts apart, as generation will see the prompt alone.
                prompt = backend.encode(row.prompt, add_special_tokens=False).ids
                completion = backend.encode(row.completion, add_special_tokens=False).ids
                ids, prompt_length = prompt + completion, len(prompt)
            yield Encoded(row, [*bos, *ids, tokenizer.eos_token_id], len(bos) + prompt_length)

    def _chat(self, batch: Sequence[Row]) -> Iterator[Encoded]:
        tokenizer = self._tokenizer
        special = set(tokenizer.all_special_tokens)
        for row in batch:
            if any(token in row.prompt or token in row.completion for token in special):
                self._counts[row.task].special += 1
                continue
            read = render_chat(tokenizer, row.prompt)
            whole = render_chat(tokenizer, row.prompt, row.completion)
            if not whole.startswith(read):
                raise UserError(
                    "the chat template writes a finished turn differently from the one that is asked for, so no "
                    "completion could follow its prompt. Train with --data.prompt_format raw"
                )
            prompt = tokenizer(read, add_special_tokens=False)["input_ids"]
            completion = tokenizer(whole[len(read) :], add_special_tokens=False)["input_ids"]
            eos = tokenizer.eos_token_id
            # What a template writes after the end of the turn, often a line end, is never generated.
            completion = [*completion[: completion.index(eos)], eos] if eos in completion else [*completion, eos]
            yield Encoded(row, prompt + completion, len(prompt))


def render_chat(tokenizer: PreTrainedTokenizerBase, prompt: str, completion: str | None = None) -> str:
    """A prompt as the template shows it, up to the model's turn or with it. Raises UserError without a template."""
    if not tokenizer.chat_template:
        raise UserError(
            "the tokenizer has no chat template: train with --data.prompt_format raw, or start from a chat model"
        )
    turns = [{"role": "user", "content": prompt}]
    if completion is not None:
        turns.append({"role": "assistant", "content": completion})
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=completion is None)
    return str(text)


class PromptEncoder:
    """The ids that generation starts from, as training encodes prompts: raw behind one BOS, or in the chat's turns."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, prompt_format: str) -> None:
        self.tokenizer, self._is_chat = tokenizer, prompt_format == "chat"
        self._backend = None if getattr(tokenizer, "backend_tokenizer", None) is None else text_backend(tokenizer)

    def __call__(self, prompt: str) -> list[int]:
        """Raises UserError where the format is chat and the tokenizer has no template."""
        tokenizer = self.tokenizer
        if self._is_chat:
            return list(tokenizer(render_chat(tokenizer, prompt), add_special_tokens=False)["input_ids"])
        if self._backend is None:
            ids = list(tokenizer(prompt, add_special_tokens=False)["input_ids"])
        else:
            ids = self._backend.encode(prompt, add_special_tokens=False).ids
        return ids if tokenizer.bos_token_id is None else [tokenizer.bos_token_id, *ids]


def text_backend(tokenizer: PreTrainedTokenizerBase) -> Any:
    """A backend to which a raw text that spells a special token, such as "</s>", is text and stays text."""
    backend = copy.deepcopy(backend_of(tokenizer))
    backend.encode_special_tokens = True
    return backend
