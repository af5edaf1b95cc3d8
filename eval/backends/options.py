"""The options that say who writes the symbols, the same for every command that lets a model write.

    @writes
    def delegate_command(backend: Backend, out: Out, seed: Seed = 0, …) -> None: …

The decorated command takes the options of ``open_from`` in place of ``backend``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from symbol_llm.options import taking

if TYPE_CHECKING:
    from eval.backends import Backend

_MODEL, _SERVER, _DRAWING = "Model in this process", "Server", "Drawing text"

Model = Annotated[str | None, typer.Option("--model", help="Hugging Face model folder or hub id; a server's name.")]
BackendName = Annotated[
    str | None, typer.Option("--backend", help="transformers (the default with --model), openai, gold or replay.")
]
Replay = Annotated[
    Path | None, typer.Option("--replay", help="Outputs made elsewhere: JSON lines with id and output, or a folder.")
]
Endpoint = Annotated[
    str,
    typer.Option(
        "--endpoint",
        help="OpenAI-compatible server, http://host:port/v1; several with commas.",
        rich_help_panel=_SERVER,
    ),
]
ApiName = Annotated[
    str, typer.Option("--api", help="completions (the raw prompt) or chat (one user message).", rich_help_panel=_SERVER)
]
Concurrency = Annotated[
    int, typer.Option("--concurrency", min=1, help="Requests at once per endpoint.", rich_help_panel=_SERVER)
]
Timeout = Annotated[
    float, typer.Option("--timeout", min=0.1, help="Seconds to wait for one answer.", rich_help_panel=_SERVER)
]
BatchSize = Annotated[
    int, typer.Option("--batch-size", min=1, help="Prompts that are generated together.", rich_help_panel=_MODEL)
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="The model's CPU threads; default: half of all.", rich_help_panel=_MODEL),
]
Processes = Annotated[
    int | None,
    typer.Option("--processes", min=1, help="Models side by side; default: one per GPU.", rich_help_panel=_MODEL),
]
SharePrefixes = Annotated[
    bool,
    typer.Option(
        "--share-prefixes/--no-share-prefixes", help="Compute what prompts share once.", rich_help_panel=_MODEL
    ),
]
Constrain = Annotated[
    bool,
    typer.Option(
        "--constrain", help="Allow only what the task's grammar allows, if it has one.", rich_help_panel=_MODEL
    ),
]
TemplateName = Annotated[
    str | None,
    typer.Option(
        "--template",
        help="raw prompts, or chat: in the turns of the model's template; default: as the model folder was trained.",
        rich_help_panel=_MODEL,
    ),
]
MaxNewTokens = Annotated[
    int, typer.Option("--max-new-tokens", min=1, help="Tokens after which an output is cut.", rich_help_panel=_DRAWING)
]
Temperature = Annotated[
    float, typer.Option("--temperature", min=0.0, help="0: the likeliest token each time.", rich_help_panel=_DRAWING)
]
TopP = Annotated[float, typer.Option("--top-p", help="Draw from the likeliest tokens only.", rich_help_panel=_DRAWING)]
Samples = Annotated[
    int,
    typer.Option("--samples", min=1, help="Outputs per item, for pass@k and a vote.", rich_help_panel=_DRAWING),
]
Stop = Annotated[
    list[str] | None,
    typer.Option(
        "--stop", help=r"Text that ends an output (\n is a line end); may be repeated.", rich_help_panel=_DRAWING
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="Chooses prompts' paraphrases, sampled items and tokens, resamples.")]


def open_from(
    model: Model = None,
    endpoint: Endpoint = "",
    backend: BackendName = None,
    replay: Replay = None,
    api: ApiName = "completions",
    concurrency: Concurrency = 16,
    timeout: Timeout = 600.0,
    batch_size: BatchSize = 64,
    threads: Threads = None,
    processes: Processes = None,
    share_prefixes: SharePrefixes = True,
    constrain: Constrain = False,
    template: TemplateName = None,
    max_new_tokens: MaxNewTokens = 256,
    temperature: Temperature = 0.0,
    top_p: TopP = 1.0,
    samples: Samples = 1,
    stop: Stop = None,
    seed: Seed = 0,
) -> Backend:
    """The backend that the options name. Raises UserError unless they name exactly one."""
    from eval.backends import Sampling, open_backend

    sampling = Sampling(
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        top_p=top_p,
        # Replayed outputs were drawn elsewhere: only their number matters here.
        samples=1 if replay else samples,
        seed=seed,
        stops=tuple(text.replace("\\n", "\n") for text in stop or ()),
    )
    return open_backend(
        model=model,
        backend=backend,
        replay=replay,
        replayed_samples=samples,
        endpoints=[url.strip() for url in endpoint.split(",") if url.strip()],
        sampling=sampling,
        batch_size=batch_size,
        threads=threads,
        processes=processes,
        shares_prefixes=share_prefixes,
        constrain=constrain,
        template=template,
        api=api,
        concurrency=concurrency,
        timeout=timeout,
    )


writes = taking(backend=open_from)
