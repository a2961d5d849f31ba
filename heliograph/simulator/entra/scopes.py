"""The scopes that an app asks for: of Graph, by name or all at once, and those of OpenID."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from heliograph.simulator.entra.denials import Denied
from heliograph.simulator.permissions import canonical
from heliograph.simulator.tenant import GRAPH

OPENID = ("openid", "profile", "email")
OFFLINE = "offline_access"
_GRAPH_ID = "00000003-0000-0000-c000-000000000000"
_NAME = re.compile(r"[A-Za-z][\w-]*(\.[A-Za-z][\w-]*)+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """What was asked for. *words* are as the app wrote them, *names* the permissions of Graph."""

    words: tuple[str, ...]
    names: tuple[str, ...]
    is_default: bool

    @property
    def wants_identity(self) -> bool:
        """Whether an id token is wanted."""
        return "openid" in self.words

    @property
    def wants_refresh(self) -> bool:
        """Whether a refresh token is wanted."""
        return OFFLINE in self.words


def asked(text: str, origins: Iterable[str]) -> Scopes:
    """The scopes in *text*; resources are Graph and what the simulator itself goes by."""
    words = tuple(dict.fromkeys(text.split()))
    resources = {GRAPH, _GRAPH_ID, f"api://{_GRAPH_ID}", *origins}
    names = [_name(word, resources, text) for word in words if word not in {*OPENID, OFFLINE}]
    return Scopes(
        words=words,
        names=tuple(name for name in names if name != ".default"),
        is_default=".default" in names,
    )


def for_app(text: str, origins: Iterable[str]) -> None:
    """Refuse the scope of a client-credentials grant that is not `{Graph}/.default`."""
    found = asked(text, origins)
    if not found.is_default or found.names or len(found.words) != 1:
        raise Denied(
            "invalid_scope",
            1002012,
            f"The provided value for scope {text} is not valid. Client credential flows must have a"
            " scope value with /.default suffixed to the resource identifier (application ID URI).",
        )


def _name(word: str, resources: Iterable[str], text: str) -> str:
    """The permission that *word* names, `.default` for all."""
    resource, slash, name = word.rpartition("/")
    known = not slash or resource.rstrip("/") in resources
    if known and name == ".default":
        return name
    if known and _NAME.match(name):
        return canonical(name)
    raise Denied(
        "invalid_scope",
        70011,
        f"The provided value for the input parameter 'scope' is not valid. The scope {text} is not"
        " valid.",
    )
