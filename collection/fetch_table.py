"""docs/raw-data.md from the table of upstream files: where each dataset comes from, and how to get it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from collection.fetch_files.kinds import Dataset, HubFile, WebFile

_HEAD = """\
# Where the raw data comes from

This page is made from the table in `collection/fetch_files/`, by `symbol-llm collect fetch --markdown`.

`symbol-llm collect fetch --raw RAW` brings everything below into `RAW/<dataset>/`; `--tasks spider,mmlu` brings the
datasets of some tasks, or some datasets by name. Fetching says nothing about what you may do with the data: read the
licences.

- A file that is in place is left alone. One that comes is written to `<file>.part`, checked, then renamed; a transfer
  that broke, or was killed, goes on where it was at the next call.
- **pinned** means that the bytes are checked against a digest in the table: sha256, or the id of the git blob that the
  commit names. Where nobody publishes a digest, the first fetch measures the sha256 and writes it into
  `RAW/<dataset>/FETCHED.json`; later fetches compare with that, and a file that upstream has changed since is an error
  until you ask for it with `--replace`. A first fetch of such a file trusts the host.
- An archive marked **unpacked** is removed once its files are in place; other archives stay packed, their readers read
  them so.
- A file that you placed yourself is never overwritten: if it is not upstream's, the fetch says so, and `--replace`
  replaces it.
- `collect build` compares the files with `FETCHED.json`, too: one that changed or went since it was fetched ends the
  build, and is named. Fetch it again; or delete `FETCHED.json`, to build from the files as they are (their sha256 go
  into the manifest and the records either way).
- Exit code 0: all that can be fetched is in place. 1: a checksum did not hold. 2: files did not come for another
  reason. Files that only a person can get are listed with the steps.
- `HF_TOKEN` and `HF_ENDPOINT` hold for files on the Hugging Face hub, `HTTPS_PROXY` for all.
"""


@cache
def datasets_of_tasks() -> dict[str, str]:
    """The dataset's folder for every task; empty for a generated one."""
    from collection.sources import BY_NAME, get

    return {task: get(task).upstream.dataset for task in BY_NAME}


def as_markdown(datasets: Iterable[Dataset]) -> str:
    """The page: one section per dataset."""
    tasks: dict[str, list[str]] = {}
    for task, dataset in datasets_of_tasks().items():
        tasks.setdefault(dataset, []).append(f"`{task}`")
    sections = [_section(dataset, tasks.get(dataset.name, [])) for dataset in datasets]
    return "\n".join([_HEAD, *sections])


def _section(dataset: Dataset, tasks: list[str]) -> str:
    serves = f"Serves {', '.join(tasks)}." if tasks else "Serves no task of the collection: a benchmark."
    lines = [f"## {dataset.name}", "", f"{serves} Licence: {dataset.licence}."]
    if dataset.note:
        lines += ["", dataset.note]
    if dataset.files:
        lines += ["", *(_line(file) for file in dataset.files)]
    for step in dataset.manual:
        lines += ["", f"By hand: {step.what}.", ""]
        lines += [f"{number}. {text}" for number, text in enumerate(step.steps, 1)]
    return "\n".join(lines) + "\n"


def _line(file: WebFile | HubFile) -> str:
    pin = "**pinned**" if file.digest else f"not pinned: {file.why_no_digest}"
    size = f", {file.size / 1e6:,.1f} MB" if file.size else ""
    unpacked = ""
    if isinstance(file, WebFile) and file.unpack:
        unpacked = ", **unpacked**" + (", its files **pinned**" if file.unpack.entries else "")
    revision = "" if file.revision and file.revision in file.address else f" (revision: {file.revision})"
    mirrors = "".join(f"; or <{url}>" for url in file.mirrors) if isinstance(file, WebFile) else ""
    return f"- `{file.place}`{size}, {pin}{unpacked}: <{file.address}>{revision}{mirrors}"
