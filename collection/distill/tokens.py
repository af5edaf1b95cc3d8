"""How many tokens a request will have at most: what the budget reserves before it is sent.

With a tokenizer (``--tokenizer FOLDER`` of a Hugging Face model, or tiktoken's where its file is at hand) the number is
its own. Without one it is bounded by the bytes: no byte-level tokenizer makes more tokens than there are bytes, and
English has about four bytes a token, so half the bytes is a generous bound that is marked as such.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from symbol_llm.errors import UserError

_PER_MESSAGE = 8  # role and separators of a message, on the safe side


class TokenCounter(NamedTuple):
    """``count`` gives the tokens of a text; ``name`` says by what."""

    name: str
    count: Callable[[str], int]

    def of_chat(self, text: str, num_messages: int) -> int:
        """An upper bound for a chat of that text."""
        return self.count(text) + _PER_MESSAGE * (num_messages + 1)


def make_counter(model: str, tokenizer: Path | None = None) -> TokenCounter:
    """The best counter at hand. Raises UserError where ``tokenizer`` holds none."""
    if tokenizer is not None:
        from tokenizers import Tokenizer

        file = tokenizer / "tokenizer.json" if tokenizer.is_dir() else tokenizer
        try:
            loaded = Tokenizer.from_file(str(file))
        except Exception as error:  # tokenizers raises nothing narrower
            raise UserError(f"{file}: no tokenizer can be read ({error}). Give the folder of a model") from error
        return TokenCounter(str(file), lambda text: len(loaded.encode(text).ids))
    encoding = _tiktoken(model)
    if encoding is not None:
        return encoding
    return TokenCounter("half the bytes", lambda text: -(-len(text.encode()) // 2))


def _tiktoken(model: str) -> TokenCounter | None:
    """tiktoken's counter, if the package and its file are here: no download is started."""
    import os

    folder = os.environ.get("TIKTOKEN_CACHE_DIR")
    if not folder or not Path(folder).is_dir():
        return None
    try:
        import tiktoken
    except ImportError:
        return None
    try:
        encoding = tiktoken.encoding_for_model(model)
    except Exception:  # an unknown model, or a file that is not here and cannot be fetched
        return None
    return TokenCounter(f"tiktoken {encoding.name}", lambda text: len(encoding.encode_ordinary(text)))
