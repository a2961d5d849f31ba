"""HTTP for MSAL, which brings none that gives up in time or leaves the environment alone."""

from pathlib import Path
from typing import Any

import certifi
import requests

CONNECT_WITHIN_SECONDS = 10.0
ANSWER_WITHIN_SECONDS = 30.0


def session(ca_file: Path | None) -> requests.Session:
    """A session that trusts *ca_file*, or the public authorities, and nothing else."""
    made = _Session()
    # REQUESTS_CA_BUNDLE would win over `verify`, were the environment read.
    made.trust_env = False
    made.verify = str(ca_file or certifi.where())
    made.headers["connection"] = "close"  # a call an hour keeps no connection
    return made


class _Session(requests.Session):
    """A session with a time-out, which MSAL sets only on sessions of its own making."""

    def request(self, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401 (passed on)
        timeout = (CONNECT_WITHIN_SECONDS, ANSWER_WITHIN_SECONDS)
        return super().request(*args, **{"timeout": timeout, **options})


def machine_session() -> requests.Session:
    """A session for the machine's own endpoint, which says in these ways that it is busy.

    https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling
    """
    made = session(None)
    made.hooks["response"].append(_raise_if_busy)
    return made


def _raise_if_busy(response: requests.Response, **_: object) -> None:
    if response.status_code in {404, 410, 429} or response.status_code >= 500:
        response.close()
        response.raise_for_status()
