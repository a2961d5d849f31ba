"""One who follows a collection of Graph, and keeps what he is told."""

from heliograph.graph.rounds import Followed, Removed, related


class Observer:
    """What is known of a collection, and the link to go on with."""

    def __init__(self, followed: Followed[dict[str, object]]) -> None:
        self.followed = followed
        self.known: dict[str, dict[str, object]] = {}
        self.members: dict[str, set[str]] = {}
        self.removed: dict[str, str] = {}
        self.link = ""
        self.starts = 0

    async def look(self) -> "Observer":
        """All that is new, page by page."""
        async for page in self.followed.pages(self.link):
            if page.starts_anew:
                self.known, self.members = {}, {}
                self.starts += 1
            for entry in page.entries:
                self._take(entry)
            self.link = page.link
        return self

    def _take(self, entry: dict[str, object] | Removed) -> None:
        if isinstance(entry, Removed):
            self.known.pop(entry.id, None)
            self.members.pop(entry.id, None)
            self.removed[entry.id] = entry.reason
            return
        id_ = str(entry["id"])
        self.known.setdefault(id_, {}).update(entry)
        members = self.members.setdefault(id_, set())
        for member in related(entry, "members"):
            (members.discard if member.is_removed else members.add)(member.id)
