"""The real server with the real application, over an intake in memory: run as a process.

`python -m tests.listener.fake_server`; `/stored` tells how many items were stored and refused.
"""

import sys

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from heliograph import telemetry
from heliograph.settings import ListenerSettings
from listener.server import serve
from tests.listener.builders import Listener


def main() -> int:
    telemetry.configure("heliograph-listener")
    listener = Listener()
    app = listener.app

    async def stored(_: Request) -> Response:
        store = listener.store
        return JSONResponse({"accepted": len(store.accepted), "refused": len(store.refused)})

    app.router.routes.append(Route("/stored", stored))
    serve(app, ListenerSettings(port=0), listener.readiness)
    return 0


if __name__ == "__main__":
    sys.exit(main())
