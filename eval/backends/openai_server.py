"""Any server that speaks OpenAI's protocol: vLLM, ``transformers serve``, llama.cpp, a provider.

    vllm serve Symbol-LLM/Symbol-LLM-7B-Instruct --port 8000 --enable-prefix-caching
    symbol-llm eval symbolic --endpoint http://localhost:8000/v1,http://other:8000/v1 --model Symbol-LLM/… …

Raw prompts go to ``/completions`` (the default: what these models were trained on), or as one user message to
``/chat/completions``. A rate limit, a server error, a time-out and an answer without its end are tried again, on
another endpoint where there is one; what still fails is ``Finish.FAILED``, is not stored, and the same command asks
for it again. The key comes from OPENAI_API_KEY alone and is blotted out of every message.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from eval.backends.asking import Attempt, Patience, attempt
from eval.backends.base import Backend, Fault, Finish, Generation, Request, Sampling, cut_at_stop
from symbol_llm.errors import EngineMissing, UserError
from symbol_llm.server_errors import KEY_VARIABLE

_DEAD_AFTER = 10  # requests in a row that failed for good


class Api(StrEnum):
    """Which of the protocol's two ways to ask."""

    COMPLETIONS = "completions"
    CHAT = "chat"


@dataclass(slots=True)
class _Endpoint:
    url: str
    client: Any
    num_running: int = 0
    num_faults: int = 0  # since its last answer


class OpenAIBackend(Backend):
    """Raises UserError for a bad URL, a refused key and an unknown model, and when all endpoints stay silent."""

    name = "openai"

    def __init__(
        self,
        endpoints: Sequence[str],
        *,
        model: str | None = None,
        sampling: Sampling | None = None,
        api: Api = Api.COMPLETIONS,
        concurrency: int = 16,
        patience: Patience | None = None,
    ) -> None:
        for url in endpoints:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise UserError(f"--endpoint {url}: not a URL. Give it as http://host:port/v1")
            if parts.username or parts.password:
                raise UserError(f"--endpoint: a URL must not hold a password. Put the key into {KEY_VARIABLE}")
        self.urls = [url.rstrip("/") for url in endpoints]
        self.model = model
        self.sampling = sampling or Sampling()
        self.samples = self.sampling.samples
        self.api = api
        self.concurrency = concurrency
        self.patience = patience or Patience()
        self._endpoints: list[_Endpoint] = []
        self._lock = threading.Lock()
        self._last_message = "no answer"

    @property
    def identity(self) -> dict[str, Any]:
        # Not the URLs: a run goes on when the same model is served elsewhere.
        return {"backend": self.name, "model": self._model(), "api": self.api, **self.sampling.identity()}

    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        self._connect()
        answers: SimpleQueue[Generation | BaseException] = SimpleQueue()
        stop = threading.Event()
        places = iter(range(len(requests)))

        def work() -> None:
            while not stop.is_set():
                with self._lock:
                    place = next(places, None)
                if place is None:
                    return
                try:
                    answers.put(self._answer(place, requests[place], stop))
                except BaseException as error:
                    stop.set()
                    answers.put(error)

        # Daemons: an interrupted run does not wait for answers that take minutes.
        for _ in range(min(len(requests), self.concurrency * len(self._endpoints))):
            threading.Thread(target=work, daemon=True).start()
        num_failed = 0
        try:
            for _ in requests:
                answer = answers.get()
                if isinstance(answer, BaseException):
                    raise answer
                num_failed = num_failed + 1 if answer.finish is Finish.FAILED else 0
                yield answer
                if num_failed >= _DEAD_AFTER:
                    raise UserError(
                        f"{num_failed} requests in a row failed at {', '.join(self.urls)} ({self._last_message}). "
                        "Finished items are kept: once the server answers, the same command goes on"
                    )
        finally:
            stop.set()

    def _answer(self, place: int, request: Request, stop: threading.Event) -> Generation:
        """Ask until there is an answer or patience ends."""
        faults: list[Fault] = []
        body = self._body(request)
        while not stop.is_set():
            endpoint = self._choose()
            result = attempt(partial(self._ask, endpoint.client, body))
            with self._lock:
                endpoint.num_running -= 1
                endpoint.num_faults = endpoint.num_faults + 1 if result.fault else 0
            if result.fatal:
                raise UserError(f"{endpoint.url}: {result.message}")
            if result.fault is None:
                text, was_cut = cut_at_stop(result.text, self.sampling.stops)
                return Generation(place, text, Finish.STOP if was_cut else result.finish, tuple(faults))
            faults.append(result.fault)
            if result.is_too_long:
                return Generation(place, "", Finish.PROMPT_TOO_LONG, tuple(faults))
            self._last_message = result.message
            if result.fault is Fault.REFUSED or len(faults) > self.patience.retries:
                break
            stop.wait(self.patience.seconds(len(faults), result.retry_after))
        return Generation(place, "", Finish.FAILED, tuple(faults))

    def _choose(self) -> _Endpoint:
        """The endpoint with the fewest faults since its last answer, and of those the one with the least to do."""
        with self._lock:
            endpoint = min(self._endpoints, key=lambda endpoint: (endpoint.num_faults, endpoint.num_running))
            endpoint.num_running += 1
            return endpoint

    def _body(self, request: Request) -> dict[str, Any]:
        sampling = self.sampling
        body: dict[str, Any] = {"model": self._model(), "temperature": sampling.temperature, "top_p": sampling.top_p}
        if sampling.temperature:
            body["seed"] = sampling.seed_of(request) % (1 << 31)
        if sampling.stops:
            body["stop"] = list(sampling.stops)
        if self.api is Api.CHAT:
            messages = [{"role": "user", "content": request.prompt}]
            return {**body, "messages": messages, "max_completion_tokens": sampling.max_new_tokens}
        return {**body, "prompt": request.prompt, "max_tokens": sampling.max_new_tokens}

    def _ask(self, client: Any, body: dict[str, Any]) -> Attempt:
        if self.api is Api.CHAT:
            answer = client.chat.completions.create(**body)
        else:
            answer = client.completions.create(**body)
        choice = (getattr(answer, "choices", None) or [None])[0]
        reason = getattr(choice, "finish_reason", None)
        if reason is None:
            return Attempt(fault=Fault.TRUNCATED, message="an answer without its end")
        text = choice.message.content if self.api is Api.CHAT else choice.text
        finishes = {"length": Finish.LENGTH, "content_filter": Finish.FILTERED}
        return Attempt(text=text or "", finish=finishes.get(reason, Finish.STOP))

    def _connect(self) -> None:
        if self._endpoints:
            return
        try:
            import openai
        except ImportError as error:
            raise EngineMissing("the openai client", "pip install openai") from error
        key = os.environ.get(KEY_VARIABLE) or "none"  # a server of one's own asks for none
        self._endpoints = [
            _Endpoint(url, openai.OpenAI(base_url=url, api_key=key, max_retries=0, timeout=self.patience.timeout))
            for url in self.urls
        ]

    def _model(self) -> str:
        """The model that was named, or the only one that the server has."""
        if self.model is None:
            self._connect()
            found = attempt(lambda: Attempt(text="\n".join(m.id for m in self._endpoints[0].client.models.list())))
            if found.fault or found.fatal:
                raise UserError(f"{self.urls[0]}: its models cannot be listed ({found.message})")
            names = found.text.splitlines()
            if len(names) != 1:
                raise UserError(f"{self.urls[0]} serves {len(names)} models: {', '.join(names)}. Choose with --model")
            self.model = names[0]
        return self.model

    def close(self) -> None:
        for endpoint in self._endpoints:
            endpoint.client.close()
        self._endpoints = []
