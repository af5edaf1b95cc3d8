"""The backends, one file each. ``open_backend`` makes the one that the command line's options name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval.backends.base import Backend, Fault, Finish, Generation, Request, Sampling
from symbol_llm.errors import UserError, unknown_name

BACKENDS = ("transformers", "openai", "gold", "replay")

__all__ = ["BACKENDS", "Backend", "Fault", "Finish", "Generation", "Request", "Sampling", "open_backend"]


def open_backend(
    *,
    model: str | None = None,
    backend: str | None = None,
    replay: Path | None = None,
    replayed_samples: int = 1,
    endpoints: Sequence[str] = (),
    sampling: Sampling | None = None,
    batch_size: int = 64,
    threads: int | None = None,
    processes: int | None = None,
    shares_prefixes: bool = True,
    constrain: bool = False,
    template: str | None = None,
    api: str = "completions",
    concurrency: int = 16,
    timeout: float = 600.0,
) -> Backend:
    """The backend for these options; raises UserError unless they name exactly one.

    ``processes`` None means one per GPU, ``template`` None what the model folder says of its training. With an
    endpoint, ``model`` is the name that the server knows it by.
    """
    if backend is not None and backend not in BACKENDS:
        raise unknown_name("backend", backend, BACKENDS, "symbol-llm eval delegate --help")
    kind = backend or ("replay" if replay else "openai" if endpoints else "transformers" if model else None)
    wanted = {
        "transformers": (bool(model), False, False),
        "openai": (bool(model), False, True),
        "gold": (False, False, False),
        "replay": (False, True, False),
    }
    given = (model is not None, replay is not None, bool(endpoints))
    if kind is None or given != wanted[kind] or (kind == "transformers" and not model):
        raise UserError(
            "say who writes the symbols, with exactly one of: --model PATH_OR_ID, --endpoint URL, --backend gold, "
            "--replay FILE"
        )
    sampling = sampling or Sampling()
    if constrain and kind != "transformers":
        raise UserError("--constrain works inside of the model: it needs --model PATH_OR_ID")
    if template is not None and kind != "transformers":
        hint = "A server has its own template: --api chat or --api completions" if kind == "openai" else "Leave it out"
        raise UserError(f"--template says how the model of --model PATH_OR_ID is asked. {hint}")
    if kind == "gold":
        from eval.backends.gold import GoldBackend

        if sampling.samples > 1:
            raise UserError("--backend gold has one output per item. Leave --samples out")
        return GoldBackend()
    if replay is not None:
        from eval.backends.replay import ReplayBackend

        return ReplayBackend(replay, replayed_samples)
    if kind == "openai":
        from eval.backends.asking import Patience
        from eval.backends.openai_server import Api, OpenAIBackend

        if api not in list(Api):
            raise unknown_name("--api", api, list(Api), "symbol-llm eval delegate --help")
        return OpenAIBackend(
            endpoints,
            model=model,
            sampling=sampling,
            api=Api(api),
            concurrency=concurrency,
            patience=Patience(timeout=timeout),
        )
    from eval.backends.prompting import Template
    from eval.backends.transformers_model import TransformersBackend

    assert model is not None
    if template is not None and template not in list(Template):
        raise unknown_name("--template", template, list(Template), "symbol-llm eval delegate --help")
    options = {
        "model": model,
        "sampling": sampling,
        "batch_size": batch_size,
        "threads": threads,
        "shares_prefixes": shares_prefixes,
        "constrain": constrain,
        "template": Template(template) if template else None,
    }
    if processes is None or processes > 1:
        from eval.backends.processes import ProcessesBackend, visible_devices

        number = processes or len(visible_devices())
        if number > 1:
            return ProcessesBackend(options, number)
    return TransformersBackend(**options)  # type: ignore[arg-type]
