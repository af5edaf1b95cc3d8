"""What can go wrong with a file that is fetched, as an error for people.

https://…/folio-train.jsonl: the server answered 404 Not Found. Report it: the table of files is out of date
"""

from __future__ import annotations

import errno
from enum import StrEnum

from symbol_llm.errors import UserError


class Fault(StrEnum):
    """Why a file did not come."""

    NOT_FOUND = "not_found"  # 404, 410, or the hub does not know it
    FORBIDDEN = "forbidden"  # 401, 403: a login or a licence is asked for
    SERVER = "server"  # 5xx, 429 and other answers, after the retries
    REDIRECT = "redirect"  # round in a circle, or to nowhere
    WEB_PAGE = "web_page"  # a page for people came instead of the file
    SLOW = "slow"  # an answer began, and nothing or next to nothing came within the timeout
    UNREACHABLE = "unreachable"  # the host gave no answer at all
    NETWORK = "network"  # the connection broke, and broke again
    CHECKSUM = "checksum"  # other bytes than upstream's
    BROKEN_ARCHIVE = "broken_archive"
    IN_THE_WAY = "in_the_way"  # a file that was not fetched, with other bytes, is where one should go
    DISK_FULL = "disk_full"
    UNWRITABLE = "unwritable"
    BROKEN_STATE = "broken_state"  # FETCHED.json cannot be read


class FetchError(UserError):
    """A file did not come. ``where`` is its address, or the path at fault."""

    def __init__(self, fault: Fault, where: str, what: str, todo: str) -> None:
        super().__init__(f"{where}: {what}. {todo}")
        self.fault, self.where, self.what, self.todo = fault, where, what, todo

    def __reduce__(self) -> tuple:
        return (type(self), (self.fault, self.where, self.what, self.todo))


OUT_OF_DATE = "The file may have moved: look for it at the dataset's page, and report the address"
TRY_LATER = "Fetch again later: what came so far is kept and resumed"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def disk_fault(error: OSError, where: object) -> FetchError:
    """The error for a write that failed: no room, or no permission."""
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        todo = "Make room or raise the quota and fetch again: what came so far is kept and resumed"
        return FetchError(Fault.DISK_FULL, str(where), f"there is no room to write ({reason})", todo)
    todo = "Check who may write there, or choose another folder with --raw"
    return FetchError(Fault.UNWRITABLE, str(where), f"cannot write ({reason})", todo)
