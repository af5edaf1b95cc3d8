"""The digests of a file: sha256 for our own records, and the id that git gives its bytes, by which a commit pins them.

    measure(path)   ->   Measured(sha256="008d34b7…", git="d27fbba6…", size=787496)

git's id is the SHA-1 of ``blob <size>``, a zero byte and the content. Two files of the same SHA-1 can be made, but
nobody knows how to make a second one to a given file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_CHUNK = 1 << 20


class Measured(NamedTuple):
    """What a file's bytes are. ``git`` is the id of the blob that holds them."""

    sha256: str
    git: str
    size: int

    def matches(self, digest: str) -> bool:
        """Whether the bytes are those of "sha256:…" or "git:…"."""
        kind, _, value = digest.partition(":")
        return {"sha256": self.sha256, "git": self.git}[kind] == value

    def like(self, digest: str) -> str:
        """The digest of these bytes of the same kind."""
        return f"git:{self.git}" if digest.startswith("git:") else f"sha256:{self.sha256}"


def measure(path: Path) -> Measured:
    """Both digests in one pass. Raises OSError."""
    size = path.stat().st_size
    sha256, git = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            git.update(chunk)
    return Measured(sha256.hexdigest(), git.hexdigest(), size)


def entries_digest(files: Mapping[str, Measured]) -> str:
    """One sha256 over many files: of the lines ``<git blob id>  <name>``, sorted by name."""
    lines = (f"{files[name].git}  {name}\n" for name in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
