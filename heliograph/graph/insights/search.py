"""Searching files as a signed-in user: Graph takes no app here.

https://learn.microsoft.com/graph/api/search-query
"""

import msgspec

from heliograph.graph.calls import Calls
from heliograph.graph.insights.documents import DriveItem
from heliograph.graph.transport import Request


class _Hit(msgspec.Struct, frozen=True):
    resource: DriveItem


class _Container(msgspec.Struct, frozen=True):
    hits: list[_Hit] = []


class _Found(msgspec.Struct, frozen=True, rename="camel"):
    hits_containers: list[_Container] = []


class _Answer(msgspec.Struct, frozen=True):
    value: list[_Found]


async def search_files(calls: Calls, words: str, *, as_user: str, top: int) -> list[DriveItem]:
    """The files that match *words* (KQL) among those that *as_user* may see, the best first."""
    asked = {
        "entityTypes": ["driveItem"],
        "query": {"queryString": words},
        "from": 0,
        "size": top,
    }
    request = Request(
        method="POST",
        path="/search/query",
        json={"requests": [asked]},
        caller="user",
        as_user=as_user,
        scope="Files.Read.All",
        asks_only=True,
    )
    answer = await calls.fetch(request, _Answer)
    return [
        hit.resource
        for found in answer.value
        for container in found.hits_containers
        for hit in container.hits
    ]
