"""``symbol-llm distill``: plan, run, status, collect, retry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import orjson
import typer

from collection.cli import Workers, raw_folder
from collection.distill.base import Prompts, Task
from collection.distill.prices import FREE, Price, price_of
from collection.distill.requests import Asked, Sampling, Span, ask
from collection.distill.tokens import TokenCounter, make_counter
from symbol_llm.console import emit, log, make_table, progress
from symbol_llm.errors import UserError
from symbol_llm.options import Json, Raw, taking

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

TaskName = Annotated[str, typer.Argument(help="What to distill; see: symbol-llm distill tasks")]
Model = Annotated[str, typer.Option("--model", help="The model's dated name, as the server knows it.")]
LedgerFile = Annotated[Path, typer.Option("--ledger", help="The SQLite file that keeps every answer.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many questions.")]
Skip = Annotated[int, typer.Option("--skip", min=0, help="Leave out the first so many questions.")]
PromptKind = Annotated[
    Prompts, typer.Option("--prompts", help="collection: put questions as the records do, to a model trained on them.")
]
Samples = Annotated[int, typer.Option("--samples", min=1, help="Answers per question.")]
Temperature = Annotated[float, typer.Option("--temperature", help="Negative: leave it to the server.")]
MaxTokens = Annotated[int, typer.Option("--max-tokens", min=1, help="Longest answer, in tokens.")]
MaxTokensField = Annotated[str, typer.Option("--max-tokens-field", help="Older servers want max_tokens.")]
Extra = Annotated[
    str, typer.Option("--extra", help='Fields for every request, as JSON: {"reasoning_effort": "low"}.', metavar="JSON")
]
Prices = Annotated[Path | None, typer.Option("--prices", help="Another table of prices.")]
Free = Annotated[bool, typer.Option("--free", help="A server of your own: nothing costs anything.")]
TokenizerFolder = Annotated[Path | None, typer.Option("--tokenizer", help="Folder with the model's tokenizer.json.")]
Repair = Annotated[bool, typer.Option("--repair", help="Show a model its fault where no sample is correct.")]
DEFAULT_LEDGER = Path("distill.sqlite")


class Job(NamedTuple):
    """What a model is asked: questions of a task, put in one way."""

    task: Task
    sampling: Sampling
    raw: Path | None
    span: Span

    def asked(self) -> Iterator[Asked]:
        return ask(self.task, self.sampling, self.raw, self.span)

    def __str__(self) -> str:
        return f"{self.task.name} by {self.sampling.model}"


def job_from(
    task: TaskName,
    model: Model,
    raw: Raw = None,
    limit: Limit = None,
    skip: Skip = 0,
    samples: Samples = 1,
    prompts: PromptKind = Prompts.FEW_SHOT,
    extra: Extra = "{}",
    temperature: Temperature = 0.7,
    max_tokens: MaxTokens = 800,
    max_tokens_field: MaxTokensField = "max_completion_tokens",
) -> Job:
    """Raises UserError before anything is sent."""
    from collection.distill.tasks import get

    sampling = Sampling(
        model=model,
        samples=samples,
        temperature=None if temperature < 0 else temperature,
        max_tokens=max_tokens,
        max_tokens_field=max_tokens_field,
        prompts=prompts,
        extra=_fields(extra),
    )
    return Job(get(task), sampling, raw_folder(raw), Span(skip, limit))


class Cost(NamedTuple):
    """What an answer costs, and how tokens are counted beforehand."""

    price: Price
    counter: TokenCounter


def cost_from(model: Model, prices: Prices = None, free: Free = False, tokenizer: TokenizerFolder = None) -> Cost:
    """Raises UserError for a model without a price."""
    return Cost(FREE if free else price_of(model, prices), make_counter(model, tokenizer))


@app.command("tasks")
def tasks_command(as_json: Json = False) -> None:
    """What can be distilled."""
    from collection.distill.tasks import TASKS, get

    rows = [
        {"task": name, "format": task.source.format, "solver": task.solver, "prompt version": task.version}
        for name, task in ((name, get(name)) for name in TASKS)
    ]
    emit(rows, make_table("Distillation tasks", rows[0], [row.values() for row in rows]), as_json=as_json)


@app.command("prices")
def prices_command(prices: Prices = None, as_json: Json = False) -> None:
    """The table of prices, in dollars per million tokens."""
    from collection.distill.prices import TABLE, dollars, read_prices

    date, models = read_prices(prices or TABLE)
    rows = [[model, dollars(price.input), dollars(price.output)] for model, price in models.items()]
    document = {"date": date, "models": {model: price._asdict() for model, price in models.items()}}
    emit(document, make_table(f"Prices of {date}", ("model", "input", "output"), rows), as_json=as_json)


@app.command("plan")
@taking(job=job_from, cost=cost_from)
def plan_command(
    job: Job,
    cost: Cost,
    ledger: LedgerFile = DEFAULT_LEDGER,
    batch: Annotated[bool, typer.Option("--batch", help="Count with the price of batches.")] = False,
    as_json: Json = False,
) -> None:
    """How many requests, tokens and dollars a run would take. Nothing is sent."""
    from collection.distill.ledger import Ledger
    from collection.distill.plan import make_plan
    from collection.distill.prices import dollars

    with Ledger(ledger) as book:
        plan = make_plan(book, job.asked(), cost.price, cost.counter, is_batch=batch)
    costs = ("highest_cost", "spent_so_far")
    numbers: dict[str, int] = {**plan}  # type: ignore[dict-item]
    rows = [[name.replace("_", " "), dollars(n) if name in costs else n] for name, n in numbers.items()]
    emit(plan, make_table(f"{job}; tokens by {cost.counter.name}", ("what", "number"), rows), as_json=as_json)


@app.command("run")
@taking(job=job_from, cost=cost_from)
def run_command(
    job: Job,
    cost: Cost,
    ledger: LedgerFile = DEFAULT_LEDGER,
    budget: Annotated[str | None, typer.Option("--budget-usd", help="All that this ledger may ever cost.")] = None,
    repair: Repair = False,
    base_url: Annotated[str | None, typer.Option("--base-url", help="Any OpenAI-compatible server.")] = None,
    batch: Annotated[bool, typer.Option("--batch", help="Send batches: half the price, within a day.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the batches have ended.")] = True,
    poll: Annotated[float, typer.Option("--poll-seconds", help="Time between two looks at the batches.")] = 60.0,
    in_flight: Annotated[int, typer.Option("--in-flight", min=1, help="Requests at once.")] = 32,
    rpm: Annotated[float | None, typer.Option("--rpm", help="Requests per minute; else as the server says.")] = None,
    tpm: Annotated[float | None, typer.Option("--tpm", help="Tokens per minute; else as the server says.")] = None,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds to wait for an answer.")] = 600.0,
    never_pay_twice: Annotated[
        bool, typer.Option("--never-pay-twice", help="Do not send again what was perhaps paid without an answer.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Send what is missing. The same command goes on where it was; nothing that was answered is sent again."""
    from collection.distill.ledger import Ledger
    from collection.distill.online import Sending
    from collection.distill.prices import dollars, micro_dollars

    limit_cost = None if budget is None else micro_dollars(budget)
    if limit_cost is None and any(cost.price):
        raise UserError("how much may it cost? Give --budget-usd; symbol-llm distill plan tells what to expect")
    sending = Sending(
        base_url=base_url, in_flight=in_flight, timeout=timeout, rpm=rpm, tpm=tpm, never_pay_twice=never_pay_twice
    )
    with Ledger(ledger, budget=limit_cost) as book:
        book.bind("server", base_url or "api.openai.com")
        if number := book.recover(never_pay_twice=never_pay_twice):
            log(f"{number} requests of a run that ended early: {'lost' if never_pay_twice else 'to be sent again'}")
        report = _Runner(job, cost, book, sending, batch, wait, poll).run(repair)
        money = book.money()
        document = {**report.to_json(), "money": money._asdict(), "ledger": str(ledger), "by state": book.counts()}
    rows = [[name, number] for name, number in sorted(report.counts.items())]
    rows += [["spent", dollars(money.spent)], ["perhaps spent", dollars(money.uncertain)]]
    emit(document, make_table(str(job), ("what", "number"), rows), as_json=as_json)
    if report.stopped:
        log(f"stopped: {report.stopped}")
    name, model = job.task.name, job.sampling.model
    log(f"answers are in {ledger}. Check them: symbol-llm distill collect {name} --model {model} --ledger {ledger}")
    if report.is_error:
        raise typer.Exit(2)


@app.command("status")
def status_command(ledger: LedgerFile = DEFAULT_LEDGER, as_json: Json = False) -> None:
    """What a ledger holds and what it cost."""
    from collection.distill.ledger import Ledger
    from collection.distill.prices import dollars

    _require(ledger)
    with Ledger(ledger) as book:
        money, counts = book.money(), book.counts()
        batches = [{"name": name, "server's name": remote} for name, remote in book.open_batches()]
    rows: list[list[Any]] = [*([name, number] for name, number in sorted(counts.items()))]
    rows += [["open batches", len(batches)]]
    rows += [[name, dollars(value)] for name, value in money._asdict().items()]
    document = {"by state": counts, "money": money._asdict(), "open batches": batches}
    emit(document, make_table(str(ledger), ("what", "number"), rows), as_json=as_json)


@app.command("collect")
@taking(job=job_from)
def collect_command(
    job: Job,
    ledger: LedgerFile = DEFAULT_LEDGER,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the pairs; default RAW/distilled.")] = None,
    repair: Repair = False,
    keep: Annotated[int, typer.Option("--keep", min=1, help="Different correct symbols per question.")] = 1,
    workers: Workers = 2,
    as_json: Json = False,
) -> None:
    """Execute the answers and keep the pairs that give the gold answer. Options as in ``run``."""
    from collection.distill.ledger import Ledger
    from collection.distill.pairs import FOLDER, write_pairs
    from collection.distill.verify import Verifier

    _require(ledger)
    target = out or (job.raw / FOLDER if job.raw else None)
    if target is None:
        raise UserError("where should the pairs go? Give --raw (they go to RAW/distilled) or --out")
    with Ledger(ledger) as book, progress(f"collect {job.task.name}") as advance:
        verifier = Verifier(job.task, book, workers)
        try:
            questions = verifier.questions(job.asked(), job.sampling if repair else None)
            result = write_pairs(verifier, questions, target, model=job.sampling.model, keep=keep, advance=advance)
        finally:
            verifier.close()
    rows = [["questions", result["questions"]], ["pairs", result["pairs"]], *result["by state"].items()]
    emit(result, make_table(str(job), ("what", "number"), rows), as_json=as_json)
    log(f"pairs in {result['out']}. Build with them: symbol-llm collect build --raw {target.parent} --out OUT")


@app.command("retry")
def retry_command(
    ledger: LedgerFile = DEFAULT_LEDGER,
    failed: Annotated[bool, typer.Option("--failed", help="Requests that the server refused.")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="Requests whose answer did not arrive; perhaps paid.")] = False,
    as_json: Json = False,
) -> None:
    """Make final requests new again; the next ``run`` sends them."""
    from collection.distill.ledger import Ledger, State

    _require(ledger)
    states = [state for state, wanted in ((State.FAILED, failed), (State.LOST, lost)) if wanted]
    if not states:
        raise UserError("retry what? Give --failed, --lost or both")
    with Ledger(ledger) as book:
        number = book.retry(states)
    emit({"requests": number}, make_table("To be sent again", ("requests",), [[number]]), as_json=as_json)


def _fields(text: str) -> dict[str, Any]:
    """The value of ``--extra``. Raises UserError if it is no JSON object."""
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UserError(f"--extra {text!r} is not JSON ({error})") from error
    if not isinstance(fields, dict):
        raise UserError(f"--extra {text!r} is no JSON object")
    return fields


class _Runner:
    """A run: the samples, then the repairs of what they left open."""

    def __init__(self, job: Job, cost: Cost, book: Any, sending: Any, batch: bool, wait: bool, poll: float) -> None:
        self.job, self.cost, self.book, self.sending = job, cost, book, sending
        self.batch, self.wait, self.poll = batch, wait, poll

    def run(self, repair: bool) -> Any:
        if repair and self.job.sampling.prompts is Prompts.COLLECTION:
            raise UserError("--repair is a conversation: it needs --prompts few-shot")
        report = self._send(lambda: (each.request for each in self.job.asked()))
        if repair and not report.stopped:
            second = self._send(self._repairs)
            second.counts = Counter({f"repair: {name}": number for name, number in second.counts.items()})
            report.counts.update(second.counts)
            report.stopped, report.is_error = second.stopped, second.is_error
        return report

    def _repairs(self) -> Iterator[Any]:
        from collection.distill.verify import Verifier, repairs

        verifier = Verifier(self.job.task, self.book)
        try:
            for _, samples in verifier.questions(self.job.asked()):
                yield from (each.request for each in repairs(self.job.task, samples, self.job.sampling))
        finally:
            verifier.close()

    def _send(self, requests: Any) -> Any:
        from collection.distill.batch import Batches, BatchSending
        from collection.distill.online import send

        with progress(f"distill {self.job.task.name}") as advance:
            if not self.batch:
                return send(self.book, requests(), self.cost.price, self.cost.counter, self.sending, advance)
            batches = Batches(
                self.book,
                self.cost.price,
                self.cost.counter,
                BatchSending(base_url=self.sending.base_url, timeout=self.sending.timeout, poll_seconds=self.poll),
            )
            batches.run(requests, wait=self.wait, advance=advance)
            return batches.report


def _require(ledger: Path) -> None:
    if not ledger.is_file():
        raise UserError(f"{ledger}: there is no ledger. symbol-llm distill run writes one; name it with --ledger")
