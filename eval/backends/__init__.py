"""The backends, one file each. ``open_backend`` makes the one that the command line's options name."""

from __future__ import annotations

from pathlib import Path

from eval.backends.base import Backend, Finish, Generation, Request
from symbol_llm.errors import UserError, unknown_name

BACKENDS = ("transformers", "gold", "replay")

__all__ = ["BACKENDS", "Backend", "Finish", "Generation", "Request", "open_backend"]


def open_backend(
    *,
    model: str | None = None,
    backend: str | None = None,
    replay: Path | None = None,
    batch_size: int = 64,
    max_new_tokens: int = 256,
    threads: int | None = None,
) -> Backend:
    """The backend for these options; raises UserError unless they name exactly one."""
    if backend is not None and backend not in BACKENDS:
        raise unknown_name("backend", backend, BACKENDS, "symbol-llm eval delegate --help")
    kind = backend or ("replay" if replay else "transformers" if model else None)
    wanted = {"transformers": (True, False), "gold": (False, False), "replay": (False, True)}
    if kind is None or (model is not None, replay is not None) != wanted[kind]:
        raise UserError(
            "say who writes the symbols, with exactly one of: --model PATH_OR_ID, --backend gold, --replay FILE"
        )
    if kind == "gold":
        from eval.backends.gold import GoldBackend

        return GoldBackend()
    if replay is not None:
        from eval.backends.replay import ReplayBackend

        return ReplayBackend(replay)
    from eval.backends.transformers_model import TransformersBackend

    assert model is not None
    return TransformersBackend(model, batch_size=batch_size, max_new_tokens=max_new_tokens, threads=threads)
