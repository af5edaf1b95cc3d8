"""Errors of the real openai client against a real server on the loopback, and what each of them means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import openai
import pytest

from symbol_llm.server_errors import Cause, explain, retry_after
from tests.eval.misbehaving_server import Handler, serving


def failing(behave: Callable[[Handler], None], timeout: float = 30.0) -> Exception:
    """What the client raises where a server behaves so."""
    with serving(lambda handler, body, number: behave(handler)) as server:
        client = openai.OpenAI(base_url=server.url, api_key="sk-secret", max_retries=0, timeout=timeout)
        with pytest.raises(openai.APIError) as error, client:
            client.completions.create(model="tiny", prompt="x")
    return error.value


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (400, Cause.REFUSED),
        (401, Cause.KEY),
        (403, Cause.KEY),
        (404, Cause.UNKNOWN),
        (408, Cause.LATE),
        (409, Cause.BUSY),
        (422, Cause.REFUSED),
        (425, Cause.BUSY),
        (429, Cause.LIMITED),
        (500, Cause.BUSY),
        (529, Cause.BUSY),
    ],
)
def test_a_status(status: int, cause: Cause, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    failure = explain(failing(lambda handler: handler.fail(status, "no, sk-secret", Retry_After="7")))
    assert failure.cause is cause and failure.retry_after == 7.0
    assert failure.message.startswith(f"{status}: ") and "secret" not in failure.message


def test_an_account_that_is_used_up_is_no_rate_limit() -> None:
    error = {"message": "You exceeded your quota", "type": "insufficient_quota", "code": "insufficient_quota"}
    assert explain(failing(lambda handler: handler.send({"error": error}, 429))).cause is Cause.QUOTA


def test_connections_and_bodies() -> None:
    assert explain(failing(Handler.break_off)).cause is Cause.CUT
    with serving() as gone:
        url = gone.url
    with pytest.raises(openai.APIConnectionError) as error:
        openai.OpenAI(base_url=url, api_key="none", max_retries=0).completions.create(model="tiny", prompt="x")
    assert explain(error.value).cause is Cause.UNREACHED

    from threading import Event

    ended = Event()
    slow = failing(lambda handler: ended.wait(5) and None, timeout=0.2)
    ended.set()
    assert explain(slow).cause is Cause.TIMEOUT


def test_other_errors_are_no_answer_of_a_server() -> None:
    with pytest.raises(KeyError):
        explain(KeyError("ours"))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": format_datetime(datetime.now(UTC) - timedelta(seconds=9), usegmt=True)}, 0.0),
    ],
)
def test_how_long_to_wait(headers: dict[str, Any], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
