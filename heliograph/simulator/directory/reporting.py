"""Who reports to whom: as the tenant began, until it is changed."""

from collections.abc import Iterator

from heliograph.simulator.directory.people import People


class Reporting:
    """The managers of all users, and their reports."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._managers: dict[str, str | None] = {}
        self._reports: dict[str, dict[str, None]] = {}

    def manager(self, user: str) -> str | None:
        """The id of the manager of *user*."""
        if user in self._managers:
            return self._managers[user]
        at = self._people.place(user)
        chief = self._people.manager(at) if at >= 0 else -1
        return self._people.key(chief) if chief >= 0 else None

    def reports(self, manager: str) -> list[str]:
        """The ids of those who report to *manager*."""
        return [*self._from_the_start(manager), *self._reports.get(manager, ())]

    def chain(self, user: str) -> Iterator[str]:
        """The manager of *user*, the manager's manager, and so on; each once."""
        seen = {user}
        while (chief := self.manager(user)) is not None and chief not in seen:
            seen.add(chief)
            yield chief
            user = chief

    def set(self, user: str, manager: str | None) -> None:
        """Have *user* report to *manager*, or to nobody."""
        old = self._managers.get(user)
        if old is not None:
            self._reports[old].pop(user, None)
        self._managers[user] = manager
        if manager is not None:
            self._reports.setdefault(manager, {})[user] = None

    def forget(self, user: str) -> None:
        """Take *user* out, above and below."""
        self.set(user, None)
        for report in self.reports(user):
            self.set(report, None)

    def _from_the_start(self, manager: str) -> Iterator[str]:
        at = self._people.place(manager)
        if at >= 0:
            keys = (self._people.key(report) for report in self._people.reports(at))
            yield from (key for key in keys if key not in self._managers)
