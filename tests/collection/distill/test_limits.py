"""Keeping to limits: how long to wait, by arithmetic rather than by the clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from collection.distill.limits import Bucket, Limiter, pause_before_retry
from collection.distill.prices import Price, dollars, micro_dollars, price_of, read_prices
from collection.distill.tokens import make_counter
from symbol_llm.errors import UserError


def test_a_bucket_spreads_a_minute_evenly() -> None:
    bucket, now = Bucket(60), 1_000.0
    waits = [bucket.wait_for(1, now) for _ in range(5)]
    assert waits == pytest.approx([0, 0, 1, 2, 3]), "one second's worth may go at once, then one a second"
    assert bucket.wait_for(1, now + 100) == 0


def test_without_a_known_limit_nothing_waits() -> None:
    assert Bucket(None).wait_for(10_000, 0.0) == 0


def test_large_requests_wait_for_their_tokens() -> None:
    bucket = Bucket(6_000)  # 100 tokens a second
    bucket.wait_for(1_000, 50.0)
    assert bucket.wait_for(10, 50.0) == pytest.approx(9.0)


def test_limits_come_from_headers_unless_they_were_given() -> None:
    headers = {"x-ratelimit-limit-requests": "500", "x-ratelimit-limit-tokens": "200000"}
    learnt, given = Limiter(), Limiter(rpm=100)
    learnt.learn(headers)
    given.learn(headers)
    assert (learnt.requests.per_minute, learnt.tokens.per_minute) == (500, 200_000)
    assert (given.requests.per_minute, given.tokens.per_minute) == (100, 200_000)
    learnt.learn({"x-ratelimit-limit-requests": "-5", "x-ratelimit-limit-tokens": "many"})
    assert learnt.requests.per_minute == 500, "headers that are no numbers are ignored"


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"retry-after": "7"}, 7, 7.1),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25, 0.35),
        ({"retry-after": "999999999"}, 600, 600.1),  # a clock that jumped, or a joke: ten minutes at most
        ({"retry-after": "soon"}, 0, 8),
        ({}, 0, 8),
    ],
)
def test_how_long_to_pause(headers: dict[str, str], low: float, high: float) -> None:
    assert low <= pause_before_retry(4, headers) <= high


def test_a_date_to_wait_for() -> None:
    later, earlier = (format_datetime(datetime.now(UTC) + timedelta(minutes=m)) for m in (5, -60))
    assert 200 <= pause_before_retry(0, {"retry-after": later}) <= 300.2
    assert pause_before_retry(0, {"retry-after": earlier}) <= 0.1


def test_a_pause_holds_for_all_requests() -> None:
    async def run() -> float:
        limiter = Limiter()
        limiter.pause(0.05)
        loop = asyncio.get_running_loop()
        start = loop.time()
        await asyncio.gather(*(limiter.wait(1) for _ in range(3)))
        return loop.time() - start

    assert asyncio.run(run()) >= 0.049


def test_prices_are_whole_micro_dollars_rounded_up() -> None:
    price = Price(input=150_000, output=600_000)
    assert price.cost(1, 0) == 1
    assert price.cost(1_000, 500) == 450
    assert price.cost(1_000, 500, is_batch=True) == 225
    assert price.cost(0, 0) == 0


@pytest.mark.parametrize(("text", "amount"), [("20", 20_000_000), ("0.05", 50_000), ("0", 0), ("0.000001", 1)])
def test_amounts_are_read_exactly(text: str, amount: int) -> None:
    assert micro_dollars(text) == amount


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "$5", "", "0.0000001", "1e400"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no amount"):
        micro_dollars(text)


def test_amounts_are_shown_with_at_least_two_digits() -> None:
    assert [dollars(n) for n in (0, 1, 450, 1_200_000, 1_234_567_890)] == [
        "$0.00",
        "$0.000001",
        "$0.00045",
        "$1.20",
        "$1,234.56789",
    ]


def test_every_price_of_the_table_is_read() -> None:
    date, models = read_prices()
    assert date and len(models) >= 5
    assert all(0 < price.input < price.output for price in models.values())


def test_a_model_without_a_price_is_refused() -> None:
    with pytest.raises(UserError, match="--prices FILE"):
        price_of("my-own-model")


def test_half_the_bytes_is_never_less_than_a_tokenizer_counts_of_english() -> None:
    counter = make_counter("any")
    assert counter.count("The quick brown fox jumps over the lazy dog.") >= 10
    assert counter.count("日本語") >= 3
