"""The harness's questions put to a server that speaks OpenAI's protocol, by the client of ``eval.backends``.

    generate_until   BBH      POST /completions {"prompt": "Q: …", "stop": ["Q:"], "max_tokens": 1024}
    loglikelihood    MMLU     POST /completions {"prompt": "…\\nAnswer: B", "echo": true, "logprobs": 1}

MMLU compares the log-probabilities of four letters, which the server has to give for a prompt that it only reads: vLLM
does, ``transformers serve`` does not, and then the run stops at once and says so. What fails for good stops the run,
too: a score over fewer items would be another score. Finished tasks are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eval.backends.asking import Attempt
from eval.backends.base import Finish, Request, Sampling
from eval.backends.openai_server import OpenAIBackend
from symbol_llm.errors import UserError

if TYPE_CHECKING:
    from lm_eval.api.model import LM

_NO_LOGPROBS = (
    "the server does not give the log-probabilities of a prompt (echo with logprobs), by which MMLU is scored. "
    "Serve the model with vLLM, score it here with --model PATH alone, or leave MMLU out with --tasks bbh"
)


class ReadingBackend(OpenAIBackend):
    """Lets the server read instead of write: a generation's text is what it makes of the gold continuation, two numbers
    ("-1.25 1": the sum of its tokens' log-probabilities, and whether each is the likeliest one)."""

    def _body(self, request: Request) -> dict[str, Any]:
        body = super()._body(request)
        reads = {"prompt": request.prompt + request.gold, "echo": True, "logprobs": 1, "max_tokens": 1}
        # Not for the server: where the continuation begins and ends.
        return {**body, **reads, "span": (len(request.prompt), len(request.prompt) + len(request.gold))}

    def _ask(self, client: Any, body: dict[str, Any]) -> Attempt:
        start, end = body["span"]
        answer = client.completions.create(**{key: value for key, value in body.items() if key != "span"})
        logprobs = answer.choices[0].logprobs if getattr(answer, "choices", None) else None
        if logprobs is None or not logprobs.token_logprobs or not logprobs.text_offset or not logprobs.top_logprobs:
            return Attempt(fatal=True, message=_NO_LOGPROBS)
        places = [place for place, offset in enumerate(logprobs.text_offset) if start <= offset < end]
        own = [logprobs.token_logprobs[place] for place in places]
        if not own or None in own:
            return Attempt(fatal=True, message=_NO_LOGPROBS)
        is_likeliest = all(own[n] >= max(logprobs.top_logprobs[place].values()) for n, place in enumerate(places))
        return Attempt(text=f"{sum(own)} {int(is_likeliest)}")


def served_model(endpoints: Sequence[str], *, model: str | None, concurrency: int, timeout: float) -> LM:
    """The harness's model behind servers. Raises UserError for a bad URL and for a model that they do not have."""
    from lm_eval.api.model import LM

    from eval.backends.asking import Patience

    options: dict[str, Any] = {"concurrency": concurrency, "patience": Patience(timeout=timeout)}

    class ServedModel(LM):
        def generate_until(self, requests: Any, disable_tqdm: bool = False) -> list[str]:
            texts: dict[int, str] = {}
            for sampling, places in _by_sampling(requests).items():
                backend = OpenAIBackend(endpoints, model=model, sampling=sampling, **options)
                asked = [Request(str(place), requests[place].args[0], "") for place in places]
                for place, text in _texts(backend, asked).items():
                    texts[places[place]] = text
            return [texts[place] for place in range(len(requests))]

        def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> list[tuple[float, bool]]:
            backend = ReadingBackend(endpoints, model=model, **options)
            texts = _texts(backend, [Request(str(n), *request.args) for n, request in enumerate(requests)])
            numbers = [texts[place].split() for place in range(len(requests))]
            return [(float(total), likeliest == "1") for total, likeliest in numbers]

        def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> list[float]:
            raise NotImplementedError("no task of MMLU or BBH asks for it")

    found: LM = ServedModel()
    return found


def _by_sampling(requests: Any) -> dict[Sampling, list[int]]:
    """The places of requests by how their texts are to be drawn."""
    places: dict[Sampling, list[int]] = {}
    for place, request in enumerate(requests):
        given = request.args[1]
        until = given.get("until") or ()
        sampling = replace(
            Sampling(),
            max_new_tokens=int(given.get("max_gen_toks") or 256),
            stops=(until,) if isinstance(until, str) else tuple(text for text in until if text),
        )
        places.setdefault(sampling, []).append(place)
    return places


def _texts(backend: OpenAIBackend, requests: Sequence[Request]) -> dict[int, str]:
    texts = {}
    try:
        for generation in backend.generate(requests):
            if generation.finish in (Finish.FAILED, Finish.PROMPT_TOO_LONG):
                faults = ", ".join(dict.fromkeys(generation.faults))
                raise UserError(
                    f"{', '.join(backend.urls)}: no answer to a question ({faults}). Finished tasks are kept: "
                    "once the server answers, the same command goes on"
                )
            texts[generation.position] = generation.text
    finally:
        backend.close()
    return texts
