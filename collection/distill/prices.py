"""What requests cost, in whole micro-dollars: never a float, never rounded down.

```
Price(400_000, 1_600_000).cost(1_000, 500) == 1_200      # $0.0012 at $0.40 and $1.60 per million tokens
```
"""

from __future__ import annotations

import tomllib
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from symbol_llm.errors import UserError, unknown_name

TABLE = Path(__file__).with_name("prices.toml")
MILLION = 1_000_000
_MOST = 10**15  # micro-dollars: more is a slip of the keyboard


class Price(NamedTuple):
    """Micro-dollars per million tokens of input and of output."""

    input: int
    output: int

    def cost(self, input_tokens: int, output_tokens: int, *, is_batch: bool = False) -> int:
        """Micro-dollars of one request, rounded up. A batch costs half."""
        total = self.input * input_tokens + self.output * output_tokens
        return -(-total // (2 * MILLION if is_batch else MILLION))


FREE = Price(0, 0)


def read_prices(path: Path = TABLE) -> tuple[str, dict[str, Price]]:
    """The date of a table and its models. Raises UserError naming what is wrong with it."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        models = {
            name: Price(_whole(entry["input"]), _whole(entry["output"])) for name, entry in table["models"].items()
        }
        return str(table["date"]), models
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}. Give a table of prices with --prices") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f'{path} is no table of prices ({error!r}). It needs a date, and for each [models."NAME"] whole numbers '
            "input and output: micro-dollars per million tokens"
        ) from error


def price_of(model: str, path: Path | None = None) -> Price:
    """The price of a model. Raises UserError where the table lacks it: before money is spent."""
    date, models = read_prices(path or TABLE)
    if model not in models:
        error = unknown_name("model", model, models, "symbol-llm distill prices")
        raise UserError(
            f"no price in the table of {date}: {error}. Name the dated model, give --prices FILE with its price, "
            "or --free for a server of your own"
        )
    return models[model]


def micro_dollars(text: str) -> int:
    """An amount as a user writes it, ``20`` or ``0.05``, in micro-dollars. Raises UserError."""
    try:
        amount = Decimal(text) * MILLION
        if not 0 <= amount <= _MOST or amount != amount.to_integral_value():
            raise InvalidOperation
    except InvalidOperation as error:
        raise UserError(f"{text!r} is no amount in dollars: write 20 or 0.05") from error
    return int(amount)


def dollars(amount: int) -> str:
    """Micro-dollars as people read them: ``$0.0012``."""
    text = f"{amount // MILLION:,}.{amount % MILLION:06d}".rstrip("0")
    whole, cents = text.split(".")
    return f"${whole}.{cents:0<2}"


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no whole number of micro-dollars")
    return value
