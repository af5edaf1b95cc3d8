"""Options of the command line that bear one name and one meaning everywhere, and options that go together.

    def open_from(model: Model = None, endpoint: Endpoint = "", …) -> Backend: …

    @taking(backend=open_from)
    def delegate_command(backend: Backend, out: Out, as_json: Json = False) -> None: …

The decorated command takes the options of ``open_from`` in place of ``backend``, and is called with what they open.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Raw = Annotated[Path | None, typer.Option("--raw", help="Folder with one folder per dataset; default $SYMBOL_LLM_RAW.")]


def taking(**makers: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command the options of functions in place of its parameters of those names, which take what they return.

    An option that several have (a seed, say) stands once and goes to all.
    """
    options = {name: inspect.signature(make).parameters for name, make in makers.items()}

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command).parameters
        merged: dict[str, inspect.Parameter] = {}
        for name, parameter in own.items():
            found = options.get(name) or {name: parameter}
            merged |= {key: found[key] for key in found if key not in merged and (key == name or key not in own)}
        # What is made is no option: its type may be one that only checkers import.
        made = {command.__annotations__[name]: Any for name in makers}
        hints: dict[str, Any] = {}
        for function in (command, *makers.values()):
            unseen = {**made, function.__annotations__["return"]: Any}
            hints |= get_type_hints(function, localns=unseen, include_extras=True)

        def run(**given: Any) -> None:
            parts = {name: make(**{key: given[key] for key in options[name]}) for name, make in makers.items()}
            command(**parts, **{key: given[key] for key in own if key not in makers})

        parameters = [parameter.replace(annotation=hints[key]) for key, parameter in merged.items()]
        parameters.sort(key=lambda parameter: parameter.default is not inspect.Parameter.empty)
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {key: hints[key] for key in merged}
        return run

    return decorate
