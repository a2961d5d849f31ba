"""Where the pieces of large attachments are put: outside Graph, with a URL that needs no token."""

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from heliograph.simulator.clock import precise
from heliograph.simulator.outlook.attachments import id_of
from heliograph.simulator.outlook.uploads import LARGEST_PIECE, Session
from heliograph.simulator.refusals import Refused
from heliograph.simulator.world import World

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)\Z")


def upload_url(origin: str, owner: str, session: Session, row: Mapping[str, str]) -> str:
    """The address that the pieces of *session* are put to."""
    family = session.table.kind.title()
    return (
        f"{origin}/api/v2.0/Users('{owner}')/{family}('{row['id']}')"
        f"/AttachmentSessions('{session.token[:12]}')?authtoken={session.token}"
    )


class UploadEndpoint:
    """Receives the pieces."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """What is served."""
        methods = ["PUT", "GET", "DELETE"]
        return [Route("/api/v2.0/{path:path}", self.answer, methods=methods)]

    async def answer(self, request: Request) -> Response:
        """Take a piece, tell how far the file has come, or give it up."""
        body = await request.body()
        try:
            session = self._world.outlook.uploads.get(request.query_params.get("authtoken", ""))
            if request.method == "DELETE":
                self._world.outlook.uploads.close(session.token)
                return Response(status_code=204)
            if request.method == "GET":
                return _state(session)
            return self._received(request, session, body)
        except Refused as refused:
            error = {"code": refused.code, "message": refused.message}
            return JSONResponse({"error": error}, status_code=refused.status)

    def _received(self, request: Request, session: Session, piece: bytes) -> Response:
        if len(piece) > LARGEST_PIECE:
            raise Refused(413, "RequestEntityTooLarge", "A piece is expected to be under 4 MB.")
        match = _RANGE.match(request.headers.get("content-range", ""))
        if match is None or int(match[2]) - int(match[1]) + 1 != len(piece):
            raise Refused(
                400,
                "ErrorInvalidContentRange",
                "A Content-Range of the form 'bytes {first}-{last}/{total}' is expected, as long"
                " as the body is.",
            )
        made = self._world.outlook.uploads.receive(
            session, piece, start=int(match[1]), total=int(match[3])
        )
        if made is None:
            return _state(session)
        item = str(request.url).partition("/AttachmentSessions(")[0]
        id_ = id_of(session.table.rows[session.key]["id"], made)
        return Response(status_code=201, headers={"location": f"{item}/Attachments('{id_}')"})


def _state(session: Session) -> Response:
    return JSONResponse(
        {
            "expirationDateTime": precise(session.expires),
            "nextExpectedRanges": [str(len(session.received))],
        }
    )
