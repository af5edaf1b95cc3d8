"""What new names cost: characters, and tokens where a tokenizer is given, of prompt and completion.

```
I_TURN_RIGHT I_JUMP -> PMx1Ua shy2sW     19 -> 13 characters, 7 -> 9 tokens (of some tokenizer)
```
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from symbol_llm.errors import UserError
from symbol_llm.record import Record

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def tokenizer_file(place: Path) -> Path:
    """The tokenizer.json of a model folder, or the file itself. Raises UserError if there is none that can be read."""
    path = place / "tokenizer.json" if place.is_dir() else place
    if not path.is_file():
        raise UserError(
            f"{path}: no tokenizer here. Give --tokenizer a model folder with tokenizer.json, or that file; "
            "AutoTokenizer.from_pretrained(…).save_pretrained(FOLDER) writes one"
        )
    _opened(path)
    return path


def length(record: Record, tokenizer: Path | None) -> list[int]:
    """Characters of prompt and completion, and their tokens if there is a tokenizer."""
    counts = [len(record.prompt) + len(record.completion)]
    if tokenizer is not None:
        encode = _opened(tokenizer).encode
        counts.append(
            sum(len(encode(text, add_special_tokens=False).ids) for text in (record.prompt, record.completion))
        )
    return counts


@cache
def _opened(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises Exception itself
        raise UserError(f"{path}: not a tokenizer that the tokenizers library reads ({error})") from error
