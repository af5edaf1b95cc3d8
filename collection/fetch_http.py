"""One file over HTTP into a ``.part`` file, resumed where it broke off.

    GET /CLEVR.zip                                        200, breaks after 5 MB     CLEVR.zip.part, 5 MB
    GET /CLEVR.zip  Range: bytes=5000000-, If-Range: …    206, the rest              CLEVR.zip.part, whole

requests and urllib3 connect, follow redirects and retry answers such as 503. Ours is the resume, within a call and from
one call to the next, which pooch does not have (it sends no Range), and two guards: a trickle of bytes is a slow
server, a web page is no data file. Whether the bytes are upstream's is for the caller to check.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collection.fetch_faults import OUT_OF_DATE, TRY_LATER, Fault, FetchError, disk_fault

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 16
_BUSY = (429, 500, 502, 503, 504)
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
_ROOM = 1 << 20  # bytes left free on the disk


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a transfer may take: ``timeout`` seconds for an answer, and for every ``least`` bytes of the file."""

    timeout: float = 60.0
    attempts: int = 5  # in a row that bring nothing new
    pause: float = 1.0  # seconds before the second attempt, doubled for each further one
    least: int = 1024


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of the file at ``url`` a ``.part`` file holds: its strong ETag or its date, if the server says."""

    url: str
    validator: str = ""


def open_session(patience: Patience) -> requests.Session:
    """A session that asks a busy server again, as long as it wants to wait but no longer than the timeout."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    retry = Retry(
        total=patience.attempts - 1,
        connect=0,
        read=False,  # a silent server is told at once: not asked again, timeout by timeout
        other=0,
        status_forcelist=_BUSY,
        backoff_factor=patience.pause,
        retry_after_max=max(1, int(patience.timeout)),
        raise_on_status=False,
    )
    session = requests.Session()
    # What is compressed on the way cannot be resumed byte by byte.
    session.headers["Accept-Encoding"] = "identity"
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


class Download:
    """The transfer of ``url`` into ``part``.

    ``held`` is the version that ``part`` was begun with; ``note`` is called with the version before the first byte of
    another one is written. A part without validator is resumed only if ``is_pinned``: then the digest will tell.
    """

    def __init__(
        self,
        session: requests.Session,
        url: str,
        part: Path,
        held: Version | None,
        note: Callable[[Version], None],
        patience: Patience,
        *,
        is_pinned: bool = False,
        headers: Mapping[str, str] | None = None,
        advance: Callable[[int], Any] = lambda count: None,
    ) -> None:
        self.session, self.url, self.part, self.held, self.note = session, url, part, held, note
        self.patience, self.is_pinned, self.headers, self.advance = patience, is_pinned, headers or {}, advance
        self.has_old_bytes = False  # of an earlier call
        self.answered = False

    def run(self) -> None:
        """Bring ``part`` to the whole file. Raises FetchError; ``part`` then holds what came so far."""
        import requests
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        if self.held is None or self.held.url != self.url or not (self.held.validator or self.is_pinned):
            self._drop()
        best, tries = self._size(), 0
        self.has_old_bytes = best > 0
        while True:
            try:
                return self._ask_once()
            except (requests.Timeout, ReadTimeoutError, TimeoutError) as error:
                raise self._slow() if self.answered else self._unreachable(error) from error
            except requests.TooManyRedirects as error:
                raise FetchError(Fault.REDIRECT, self.url, "it redirects in a circle", OUT_OF_DATE) from error
            except (requests.RequestException, HTTPError, ConnectionError) as error:
                if self._size() > best:
                    best, tries = self._size(), 0
                tries += 1
                if tries >= self.patience.attempts:
                    if not self.answered:
                        raise self._unreachable(error) from error
                    what = f"the connection broke {tries} times without bringing more ({_reason(error)})"
                    raise FetchError(Fault.NETWORK, self.url, what, TRY_LATER) from error
                if not (self.held and (self.held.validator or self.is_pinned)):
                    self._drop()
                time.sleep(self.patience.pause * 2 ** (tries - 1))

    def _ask_once(self) -> None:
        """One request. Raises what requests and urllib3 raise, and ConnectionError if a part of the file is missing."""
        offset = self._size()
        headers = dict(self.headers)
        if offset:
            headers["Range"] = f"bytes={offset}-"
        if offset and self.held and self.held.validator:
            headers["If-Range"] = self.held.validator
        timeout = self.patience.timeout
        with self.session.get(self.url, headers=headers, stream=True, timeout=(timeout, timeout)) as answer:
            self.answered = True
            match = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
            if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and offset:
                if match and match[2] == str(offset):
                    return  # it was whole already
                self._drop()
                return self._ask_once()
            self._check(answer)
            start, total = 0, answer.headers.get("Content-Length")
            if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
                if not match or match[1] is None or int(match[1]) > offset:
                    self._drop()
                    raise ConnectionError("the server sent another part of the file than was asked for")
                start, total = int(match[1]), match[2]
            if not start:
                # First the old bytes go, then the new version is noted: a kill in between mixes nothing.
                self._drop()
                self.has_old_bytes = False
                self.held = Version(self.url, _validator(answer.headers))
                self.note(self.held)
            length = int(total) if total and total.isdecimal() else None
            self._check_room(0 if length is None else length - start)
            self._write(answer.raw, start)
            if length is not None and self._size() != length:
                raise ConnectionError(f"{self._size():,} of {length:,} bytes came")

    def _check(self, answer: requests.Response) -> None:
        """Raises FetchError for an answer that is not the file."""
        status = answer.status_code
        said = f"the server answered {status} {answer.reason or ''}".rstrip()
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise FetchError(Fault.NOT_FOUND, self.url, said, OUT_OF_DATE)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            todo = "It may ask for a login or a licence: open the address in a browser, and place the file by hand"
            raise FetchError(Fault.FORBIDDEN, self.url, said, todo)
        if 300 <= status < 400:
            raise FetchError(Fault.REDIRECT, self.url, f"{said} and does not say where the file is", OUT_OF_DATE)
        if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise FetchError(Fault.SERVER, self.url, said, TRY_LATER)
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml"):
            todo = "Open the address in a browser: it may ask you to confirm. Then place the file by hand"
            raise FetchError(Fault.WEB_PAGE, self.url, "the server sent a web page instead of the file", todo)
        # A .gz file may be labelled as compressed, which it is; its bytes are taken as they come.
        encoding = answer.headers.get("Content-Encoding", "identity").lower()
        if encoding != "identity" and not self.part.name.removesuffix(".part").endswith((".gz", ".tgz")):
            what = f"the server compresses it on the way ({encoding}), though asked not to"
            raise FetchError(Fault.SERVER, self.url, what, "Fetch it with a browser, and place the file by hand")

    def _check_room(self, missing: int) -> None:
        try:
            free = shutil.disk_usage(self.part.parent).free
        except OSError as error:
            raise disk_fault(error, self.part) from error
        if missing + _ROOM > free:
            what = f"{missing:,} bytes are missing, and the disk has {free:,} left"
            todo = "Make room, or choose another folder with --raw, and fetch again: what came so far is resumed"
            raise FetchError(Fault.DISK_FULL, str(self.part), what, todo)

    def _write(self, stream: Any, start: int) -> None:
        try:
            # Unbuffered, so that a full disk is met by a write and not when the file is closed.
            file = open(self.part, "r+b" if start else "wb", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise disk_fault(error, self.part) from error
        with file:
            file.seek(start)
            file.truncate()
            begun, came = time.monotonic(), 0
            while chunk := stream.read1(_CHUNK, decode_content=False):
                view = memoryview(chunk)
                while view:
                    try:
                        view = view[file.write(view) :]
                    except OSError as error:
                        raise disk_fault(error, self.part) from error
                self.advance(len(chunk))
                came += len(chunk)
                now = time.monotonic()
                if came >= self.patience.least:
                    begun, came = now, 0
                elif now - begun > self.patience.timeout:
                    raise TimeoutError
            try:
                os.fsync(file.fileno())
            except OSError as error:
                raise disk_fault(error, self.part) from error

    def _slow(self) -> FetchError:
        what = f"less than {self.patience.least:,} bytes came within {self.patience.timeout:g} s"
        return FetchError(Fault.SLOW, self.url, what, f"{TRY_LATER}. --timeout sets how long to wait")

    def _unreachable(self, error: BaseException) -> FetchError:
        what = f"the host gave no answer ({_reason(error)})"
        todo = "Check the network, and the proxy if there is one, and fetch again. --timeout sets how long to wait"
        return FetchError(Fault.UNREACHABLE, self.url, what, todo)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _drop(self) -> None:
        try:
            self.part.unlink(missing_ok=True)
        except OSError as error:
            raise disk_fault(error, self.part) from error


def _validator(headers: Any) -> str:
    """What If-Range may carry: a strong ETag, or else the date of the last change."""
    tag = headers.get("ETag", "")
    return headers.get("Last-Modified", "") if not tag or tag.startswith("W/") else tag


def _reason(error: BaseException) -> str:
    """The innermost words of a chain of connection errors."""
    while inner := error.__cause__ or error.__context__ or getattr(error, "reason", None):
        if not isinstance(inner, BaseException):
            break
        error = inner
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
