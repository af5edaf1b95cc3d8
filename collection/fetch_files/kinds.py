"""What a table of upstream files is made of: files over HTTP, files on the Hugging Face hub, steps by hand.

    Dataset(
        "folio",
        licence="CC BY-SA 4.0",
        files=(github("Yale-LILY/FOLIO", "5d7bb84c…", "data/v0.0/folio-train.jsonl", "sha256:008d34b7…", 787_496),),
    )

A digest is "sha256:…" or "git:…", the id of a git blob, by which a commit pins the bytes of its files. Where nobody
publishes a digest, the line says why there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

MADE_ON_REQUEST = "the host packs the archive anew for each request; what it holds is verified file by file"
NOT_PUBLISHED = "the publisher gives no checksum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpack:
    """How the files of an archive (zip, tar, tar.gz, tar.bz2) come into the dataset's folder.

    ``strip`` leading folders of a member's name are dropped; then ``only``, a regular expression, has to match it
    whole. ``entries`` pins what comes out: the sha256 of the lines ``<git blob id>  <name>``, sorted by name.
    """

    into: str = "."
    strip: int = 0
    only: str = ".*"
    entries: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFile:
    """A file at an address. ``place`` is relative to the dataset's folder, ``size`` in bytes where it is known.

    ``mirrors`` are asked in turn where the address does not give the file. An archive with ``unpack`` is removed once
    its files are in place.
    """

    url: str
    place: str
    digest: str = ""
    why_no_digest: str = ""
    revision: str = ""
    size: int | None = None
    mirrors: tuple[str, ...] = ()
    unpack: Unpack | None = None

    @property
    def address(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file of a dataset repository on the Hugging Face hub. ``revision``: a commit, or a branch if none is known."""

    repository: str
    path: str
    place: str
    revision: str
    digest: str = ""
    why_no_digest: str = ""
    size: int | None = None

    @property
    def address(self) -> str:
        return f"https://huggingface.co/datasets/{self.repository}/resolve/{self.revision}/{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualStep:
    """Files that only a person can get: behind a purchase, a browser, or too large to fetch unasked.

    ``done`` are patterns of files whose presence shows that it is done. An archive that matches ``archives`` and lies
    in the dataset's folder is unpacked by the next fetch, and kept.
    """

    what: str
    steps: tuple[str, ...]
    done: tuple[str, ...]
    archives: tuple[str, ...] = ()
    unpack: Unpack = Unpack()


@dataclass(frozen=True, slots=True)
class Dataset:
    """The upstream files of one folder below RAW. ``note`` tells what a user should know before fetching."""

    name: str
    licence: str
    files: tuple[WebFile | HubFile, ...] = ()
    manual: tuple[ManualStep, ...] = ()
    note: str = ""


def github(
    repository: str, commit: str, path: str, digest: str, size: int | None = None, place: str = "", **more: object
) -> WebFile:
    """A file of a commit on GitHub; ``place`` is its path there unless given."""
    return WebFile(
        url=f"https://raw.githubusercontent.com/{repository}/{commit}/{path}",
        place=place or path,
        digest=digest,
        revision=commit,
        size=size,
        **more,  # type: ignore[arg-type]
    )


def github_folders(repository: str, commit: str, unpack: Unpack) -> WebFile:
    """Many files of a commit on GitHub, as one archive. ``unpack.strip`` counts the archive's own top folder."""
    name = repository.rpartition("/")[2]
    return WebFile(
        url=f"https://github.com/{repository}/archive/{commit}.tar.gz",
        place=f"{name}-{commit[:7]}.tar.gz",
        why_no_digest=MADE_ON_REQUEST,
        revision=commit,
        unpack=unpack,
    )
