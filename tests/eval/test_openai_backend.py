"""A server over real HTTP on the loopback: asked properly, asked again, and given up on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from eval.backends import Backend, Fault, Finish, Generation, Request, Sampling, open_backend
from eval.backends.asking import Patience
from eval.backends.openai_server import Api, OpenAIBackend
from symbol_llm.errors import UserError
from tests.eval.misbehaving_server import Handler, Server, echo, serving
from tests.eval.test_delegate import rows, run
from tests.eval.tiny_model import save_tiny_model
from tests.eval.toy import Sums

REQUESTS = [Request(str(number), f"say {number}", "") for number in range(20)]
QUICK = Patience(timeout=30, retries=3, first_wait=0.01)


def backend(*servers: Server, patience: Patience = QUICK, **options: Any) -> OpenAIBackend:
    return OpenAIBackend([server.url for server in servers], patience=patience, **{"model": "tiny", **options})


def texts(generations: list[Generation]) -> list[str]:
    return [generation.text for generation in sorted(generations)]


SAID = [f"SAY {number}" for number in range(20)]


@pytest.mark.parametrize("api", list(Api))
def test_requests_as_the_protocol_has_them(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    sampling = Sampling(max_new_tokens=7, temperature=0.5, top_p=0.9, samples=2, stops=("\n\n",))
    with serving() as server:
        generations = list(backend(server, api=api, sampling=sampling).generate(REQUESTS))
    assert texts(generations) == SAID
    assert {generation.finish for generation in generations} == {Finish.STOP}
    body = next(body for body in server.bodies if "say 3" in str(body))
    assert (body["model"], body["temperature"], body["top_p"], body["stop"]) == ("tiny", 0.5, 0.9, ["\n\n"])
    assert body["seed"] == sampling.seed_of(REQUESTS[3]) % (1 << 31)
    if api is Api.CHAT:
        assert body["messages"] == [{"role": "user", "content": "say 3"}] and body["max_completion_tokens"] == 7
        assert set(server.paths) == {"/v1/chat/completions"}
    else:
        assert body["prompt"] == "say 3" and body["max_tokens"] == 7 and set(server.paths) == {"/v1/completions"}
    assert set(server.keys) == {"Bearer sk-secret"}


def test_no_key_is_asked_for_on_a_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with serving() as server:
        assert texts(list(backend(server).generate(REQUESTS))) == SAID


def test_requests_go_to_all_endpoints_side_by_side() -> None:
    """Both servers wait for a request at the other one: asking one after another would never end."""
    from threading import Event

    arrived = [Event(), Event()]

    def waiting(own: int):
        def behave(handler: Handler, body: dict[str, Any], number: int) -> None:
            arrived[own].set()
            assert arrived[1 - own].wait(60)
            echo(handler, body, number)

        return behave

    with serving(waiting(0)) as first, serving(waiting(1)) as second:
        assert texts(list(backend(first, second, concurrency=2).generate(REQUESTS))) == SAID
    assert len(first.bodies) + len(second.bodies) == 20


@pytest.mark.parametrize(
    ("fault", "behave"),
    [
        (Fault.RATE_LIMITED, lambda handler: handler.fail(429, Retry_After="0")),
        (Fault.SERVER_ERROR, lambda handler: handler.fail(500)),
        (Fault.SERVER_ERROR, lambda handler: handler.fail(503, Retry_After="0")),
        (Fault.TRUNCATED, lambda handler: handler.break_off()),
        (Fault.TRUNCATED, lambda handler: handler.answer("half", None)),
        (Fault.TRUNCATED, lambda handler: handler.send({"choices": []})),
        (Fault.TRUNCATED, lambda handler: handler.send(["no", "answer"])),
    ],
)
def test_a_passing_fault_is_counted_and_asked_again(fault: Fault, behave: Any) -> None:
    def every_third(handler: Handler, body: dict[str, Any], number: int) -> None:
        if number % 3 == 0:
            behave(handler)
        else:
            echo(handler, body, number)

    with serving(every_third) as server:
        generations = list(backend(server, concurrency=1).generate(REQUESTS))
    assert texts(generations) == SAID
    faults = [one for generation in generations for one in generation.faults]
    assert set(faults) == {fault} and len(faults) == len(server.bodies) - 20 > 5


def test_a_slow_answer_is_a_time_out() -> None:
    def slow(handler: Handler, body: dict[str, Any], number: int) -> None:
        if number == 0:
            time.sleep(3)
        echo(handler, body, number)

    with serving(slow) as server:
        (generation,) = backend(server, patience=Patience(0.5, 3, 0.01)).generate(REQUESTS[:1])
    assert (generation.text, generation.faults) == ("SAY 0", (Fault.TIMEOUT,))


def test_what_the_server_says_about_waiting_is_heeded() -> None:
    moments = []

    def limited(handler: Handler, body: dict[str, Any], number: int) -> None:
        moments.append(time.monotonic())
        if number == 0:
            handler.fail(429, Retry_After="0.4")
        elif number == 1:
            handler.fail(429, Retry_After=format_datetime(datetime.now(UTC) + timedelta(seconds=-9), usegmt=True))
        else:
            echo(handler, body, number)

    with serving(limited) as server:
        list(backend(server).generate(REQUESTS[:1]))
    assert moments[1] - moments[0] >= 0.4 and len(moments) == 3


def test_waits_grow_with_jitter_up_to_a_minute() -> None:
    patience = Patience(first_wait=1.0)
    for num_faults, longest in ((1, 1), (2, 2), (3, 4), (20, 60)):
        assert {longest / 2 <= patience.seconds(num_faults, None) <= longest for _ in range(50)} == {True}
    assert 30 <= patience.seconds(1, 30.0) <= 31 and patience.seconds(1, 9e9) <= 61


def test_an_endpoint_that_is_down_is_left_to_the_other() -> None:
    with serving() as gone:
        url = gone.url
    with serving() as server:
        opened = OpenAIBackend([url, server.url], model="tiny", patience=QUICK, concurrency=2)
        generations = list(opened.generate(REQUESTS))
    assert texts(generations) == SAID
    faults = [fault for generation in generations for fault in generation.faults]
    assert set(faults) == {Fault.UNREACHABLE} and len(faults) < 10, "once it is known to be down it is asked no more"


def test_a_request_that_always_fails_does_not_stop_the_others() -> None:
    def picky(handler: Handler, body: dict[str, Any], number: int) -> None:
        if body["prompt"] == "say 7":
            handler.fail(500)
        elif body["prompt"] == "say 8":
            handler.fail(422, "cannot say eight")
        else:
            echo(handler, body, number)

    with serving(picky) as server:
        generations = sorted(backend(server).generate(REQUESTS))
    assert generations[7] == Generation(7, "", Finish.FAILED, (Fault.SERVER_ERROR,) * 4)
    assert generations[8] == Generation(8, "", Finish.FAILED, (Fault.REFUSED,)), "what is wrong is not asked again"
    assert [generation.text for generation in generations if generation.finish is Finish.STOP] == SAID[:7] + SAID[9:]


def test_other_endings_of_an_answer() -> None:
    def behave(handler: Handler, body: dict[str, Any], number: int) -> None:
        match int(body["prompt"].split()[1]):
            case 0:
                handler.fail(400, "This model's maximum context length is 2048 tokens, you sent 9000")
            case 1:
                handler.answer("long", "length")
            case 2:
                handler.answer(None, "content_filter")
            case 3:
                handler.answer("before;after")
            case _:
                handler.answer("x" * 3_000_000, "length")

    with serving(behave) as server:
        found = sorted(backend(server, sampling=Sampling(stops=(";",))).generate(REQUESTS[:5]))
    assert [(generation.text[:6], generation.finish) for generation in found] == [
        ("", Finish.PROMPT_TOO_LONG),
        ("long", Finish.LENGTH),
        ("", Finish.FILTERED),
        ("before", Finish.STOP),
        ("xxxxxx", Finish.LENGTH),
    ]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_stops_at_once_and_is_not_printed(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some servers repeat the key in their message."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")

    def refuse(handler: Handler, body: dict[str, Any], number: int) -> None:
        handler.fail(status, f"Incorrect API key provided: {handler.headers['Authorization']}")

    with serving(refuse) as server, pytest.raises(UserError) as error:
        list(backend(server, concurrency=1).generate(REQUESTS))
    assert "OPENAI_API_KEY" in str(error.value) and "secret" not in str(error.value)
    assert len(server.bodies) == 1


def test_a_dead_server_ends_the_run_and_keeps_what_was_done(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """The server dies after six answers; the same run against a live one asks only for the other thirty-four."""

    def dying(handler: Handler, body: dict[str, Any], number: int) -> None:
        if number < 6:
            handler.answer("0 + 0")
        else:
            handler.break_off()

    benchmark = Sums([(a, b) for a in range(5) for b in range(8)])
    with (
        serving(dying) as server,
        pytest.raises(UserError, match=r"10 requests in a row failed .* same command"),
    ):
        run(tmp_path, backend(server, concurrency=2), benchmark)
    assert len((tmp_path / "delegate/outputs/sums.jsonl").read_text().splitlines()) == 6
    with serving(lambda handler, body, number: handler.answer("0 + 0")) as server:
        run(tmp_path, backend(server), benchmark)
    assert len(server.bodies) == 34 and len(rows(tmp_path)) == 40


def test_what_was_not_answered_is_in_no_number_and_is_asked_again(tmp_path: Path) -> None:
    is_broken, seen = True, set()

    def picky(handler: Handler, body: dict[str, Any], number: int) -> None:
        if body["prompt"] == "Add 1 and 2:\n" and is_broken:
            handler.fail(500)
        elif body["prompt"] not in seen:
            seen.add(body["prompt"])
            handler.fail(429)
        else:
            handler.answer("0 + 0")

    with serving(picky) as server:
        opened = backend(server)
        (part,) = run(tmp_path, opened, Sums([(0, 0), (1, 2), (3, 4)]))["scenes"]["maths"]
        assert (part["unanswered"], part["items"], part["accuracy"]) == (1, 2, 0.5)
        is_broken = False
        (part,) = run(tmp_path, opened, Sums([(0, 0), (1, 2), (3, 4)]))["scenes"]["maths"]
    assert (part["unanswered"], part["items"], part["correct"]) == (0, 3, 1)
    assert part["faults"] == {"rate_limited": 3}, "one for each stored output; those of the first run are kept"


def test_the_model_is_the_one_that_the_server_has() -> None:
    with serving(models=("only",)) as server:
        assert backend(server, model=None).identity["model"] == "only"
    with serving(models=("a", "b")) as server, pytest.raises(UserError, match=r"2 models: a, b\. Choose"):
        _ = backend(server, model=None).identity
    with pytest.raises(UserError, match="cannot be listed"):
        _ = backend(server, model=None).identity


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"endpoints": ["localhost:8000"]}, "not a URL"),
        ({"endpoints": ["http://me:word@host/v1"]}, "must not hold a password"),
        ({"endpoints": ["http://host/v1"], "api": "chatty"}, "Did you mean chat"),
        ({"endpoints": ["http://host/v1"], "replay": Path("x")}, "exactly one"),
        ({"endpoints": ["http://host/v1"], "constrain": True}, "--constrain"),
        ({"backend": "openai"}, "exactly one"),
    ],
)
def test_options_that_name_no_server(options: dict, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        open_backend(**options)
    assert "word@" not in str(error.value)


@pytest.mark.full
def test_a_real_server_writes_what_the_embedded_model_writes(tmp_path: Path) -> None:
    """``transformers serve`` with the tiny model, over completions, beside the model in this process."""
    from recipes.self_training.asking import served

    model = save_tiny_model(tmp_path / "tiny", adds_bos=True)
    requests = [Request(str(i), f"jump {'twice and walk ' * i}", "") for i in range(6)]
    own = open_backend(model=str(model), sampling=Sampling(max_new_tokens=12), threads=1)
    with served(model, tmp_path / "server.log") as url:
        theirs: Backend = OpenAIBackend([url], model=str(model), sampling=Sampling(max_new_tokens=12), concurrency=2)
        found = sorted(theirs.generate(requests))
    expected = sorted(own.generate(requests))
    assert [(g.text, g.finish) for g in found] == [(g.text, g.finish) for g in expected]
