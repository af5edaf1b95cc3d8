"""What the Hugging Face hub tells of a file, by the hub's own client: its address, its commit, its digest.

    databricks/databricks-dolly-15k @ main, databricks-dolly-15k.jsonl
    ->  Told("https://huggingface.co/…/resolve/bdd27f4d…/…", "bdd27f4d…", "sha256:2df90833…", {"authorization": …})

The hub's ETag is the sha256 of a large file, and the id of the git blob of a small one: either way a digest. The client
knows the user's token for datasets behind a licence click. The transfer is fetch_http.py's: the client's own begins a
file that broke off anew at the next call.
"""

from __future__ import annotations

import importlib
import re
from typing import Any, NamedTuple

from collection.fetch_faults import OUT_OF_DATE, TRY_LATER, Fault, FetchError
from collection.fetch_files.kinds import HubFile
from collection.fetch_http import Patience

_DIGESTS = {"sha256": re.compile(r"[0-9a-f]{64}"), "git": re.compile(r"[0-9a-f]{40}")}


class Told(NamedTuple):
    """Where the file of one commit is, its digest if the hub tells one, and the headers to ask for it with."""

    url: str
    commit: str
    digest: str
    headers: dict[str, str]


def ask(file: HubFile, patience: Patience, endpoint: str | None = None) -> Told:
    """Ask the hub, or another one at ``endpoint``. Raises FetchError."""
    from huggingface_hub import errors, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    http = _http_library()

    def url_at(revision: str) -> str:
        return hf_hub_url(file.repository, file.path, repo_type="dataset", revision=revision, endpoint=endpoint)

    try:
        told = get_hf_file_metadata(url_at(file.revision), timeout=patience.timeout, endpoint=endpoint)
    except errors.GatedRepoError as error:
        page = f"https://huggingface.co/datasets/{file.repository}"
        todo = f"Log in and accept the terms at {page}, then run `hf auth login`, and fetch again"
        raise FetchError(Fault.FORBIDDEN, file.address, "the dataset is behind a licence click", todo) from error
    except (errors.EntryNotFoundError, errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise FetchError(Fault.NOT_FOUND, file.address, "the hub does not have it", OUT_OF_DATE) from error
    except errors.HfHubHTTPError as error:
        raise FetchError(
            Fault.SERVER, file.address, f"the hub answered {error.response.status_code}", TRY_LATER
        ) from error
    except (errors.OfflineModeIsEnabled, http.TransportError) as error:
        what = f"the hub gave no answer ({str(error).strip() or type(error).__name__})"
        todo = "Check the network, the proxy, and that HF_HUB_OFFLINE is not set, and fetch again"
        raise FetchError(Fault.UNREACHABLE, file.address, what, todo) from error
    commit, etag = told.commit_hash or file.revision, told.etag or ""
    digest = next((f"{kind}:{etag}" for kind, form in _DIGESTS.items() if form.fullmatch(etag)), "")
    return Told(url_at(commit), commit, digest, dict(build_hf_headers()))


def _http_library() -> Any:
    """What huggingface_hub transfers with: httpx2 since its version 2, httpx before."""
    try:
        return importlib.import_module("httpx2")
    except ImportError:
        return importlib.import_module("httpx")
