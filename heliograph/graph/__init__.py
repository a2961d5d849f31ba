"""Microsoft Graph as a small typed async client: `open_client(tenant)` gives a `GraphClient`.

A family of calls has a module (`users`, `mail`, ...). All of them stand on one seam, `transport`.
"""

from heliograph.graph.client import GraphClient, open_client
from heliograph.graph.transport import Request, Response, Transport

__all__ = ["GraphClient", "Request", "Response", "Transport", "open_client"]
