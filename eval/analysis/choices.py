"""The words by which an analysis of hidden states is asked for: options of the command, settings of its parts."""

from __future__ import annotations

from enum import StrEnum


class Splits(StrEnum):
    """Which records."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    ALL = "all"


class By(StrEnum):
    """What a family is."""

    FAMILY = "family"
    FORMAT = "format"
    TASK = "task"


class Text(StrEnum):
    """What is read."""

    SYMBOL = "symbol"  # the symbol alone
    PAIR = "pair"  # the symbol after its prompt; only the symbol is pooled


class Pooling(StrEnum):
    """How states of tokens become one."""

    MEAN = "mean"  # over the tokens of the symbol
    LAST = "last"  # the state that has read all of it


class Dtype(StrEnum):
    """How weights are held."""

    AUTO = "auto"  # bfloat16 on a GPU, else float32
    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
