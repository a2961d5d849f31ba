"""One call to Graph and its answer, apart from HTTP: `$batch` makes them, too."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec

from heliograph.simulator.paths import arguments
from heliograph.simulator.permissions import is_delegated
from heliograph.simulator.refusals import Refused
from heliograph.simulator.tenant import GRAPH
from heliograph.simulator.world import World

JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
)


_OPTIONS = {
    name.lower(): name
    for name in (
        *("$select", "$filter", "$orderby", "$top", "$skip", "$count", "$search", "$expand"),
        *("$skiptoken", "$deltatoken", "changeType", "includeHiddenFolders"),
        *("startDateTime", "endDateTime"),
    )
}
# Graph v1.0 takes its own options without the dollar, too.
_OPTIONS |= {name.removeprefix("$"): known for name, known in _OPTIONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call comes to. *body* is JSON where it is a mapping, else it goes out as it is."""

    status: int = 200
    body: Mapping[str, Any] | bytes | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that has been understood, by an app that has proved itself."""

    world: World
    method: str
    segments: tuple[str, ...]
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    claims: Mapping[str, Any]
    origin: str

    def json(self) -> dict[str, Any]:
        """The JSON object that the caller sent."""
        try:
            value = msgspec.json.decode(self.body or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _unreadable() from error
        if not isinstance(value, dict):
            raise _unreadable()
        return value

    def argument(self, name: str) -> str | None:
        """The argument of a function: from its parentheses, by an alias, or from the query."""
        value = arguments(self.segments).get(name.lower(), self.query.get(name))
        return self.query.get(value) if value and value.startswith("@") else value

    def preference(self, name: str) -> str:
        """The value that the caller gave the preference called *name*, without quotes."""
        for part in self.headers.get("prefer", "").split(","):
            key, _, value = part.strip().partition("=")
            if key.strip().lower() == name:
                return value.strip().strip('"')
        return ""

    @property
    def immutable_ids(self) -> bool:
        """Whether the caller wants the ids of Outlook items that do not change."""
        return self.preference("idtype").lower() == "immutableid"

    @property
    def is_eventual(self) -> bool:
        """Whether the caller accepts the directory's slower copy, and so advanced queries."""
        return self.headers.get("consistencylevel", "").lower() == "eventual"

    def context(self, path: str, *, one: bool = False) -> str:
        """The `@odata.context` of *path*, with the selected properties."""
        chosen = self.query.get("$select", "").replace(" ", "")
        return self.metadata(path + (f"({chosen})" if chosen else "") + ("/$entity" if one else ""))

    def metadata(self, path: str) -> str:
        """The context that is *path*. It names the public host, whoever serves the call."""
        return f"{GRAPH}/v1.0/$metadata#{path}"

    def link(self, path: str, query: Mapping[str, str]) -> str:
        """A link to *path* below the version root."""
        options = "&".join(
            f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in query.items()
        )
        return f"{self.origin}/v1.0{path}" + (f"?{options}" if options else "")

    @property
    def signed_in(self) -> str:
        """The id of the user who has signed in; empty where the app calls for itself."""
        return str(self.claims["oid"]) if is_delegated(self.claims) else ""

    @property
    def is_own(self) -> bool:
        """Whether the path is about the user who has signed in."""
        name = self.params.get("user", "").lower()
        return bool(self.signed_in) and name in {self.signed_in, self.claims["upn"].lower()}


def options(query: str) -> dict[str, str]:
    """The options of a URL's *query*, known ones as the documentation spells them."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return {_OPTIONS.get(name.lower(), name): value for name, value in pairs}


Handler = Callable[[Call], Answer] | Callable[[Call], Awaitable[Answer]]


def _unreadable() -> Refused:
    return Refused(
        400,
        "BadRequest",
        "Unable to read JSON request payload. Please ensure Content-Type header is set and"
        " payload is of valid JSON format.",
    )
