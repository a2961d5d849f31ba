"""The documents around each user, and whom he works with: made from the seed when looked at.

What is written in the simulator does not move them, as insights lag behind by days (11).
"""

import base64
import hashlib
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from heliograph.simulator.clock import Clock, parse, stamp
from heliograph.simulator.directory import Directory
from heliograph.simulator.store import Row

_OFFICE = "application/vnd.openxmlformats-officedocument."
_KINDS = (
    ("Word", "docx", f"{_OFFICE}wordprocessingml.document"),
    ("Excel", "xlsx", f"{_OFFICE}spreadsheetml.sheet"),
    ("PowerPoint", "pptx", f"{_OFFICE}presentationml.presentation"),
    ("Pdf", "pdf", "application/pdf"),
)
_TITLES = ("Budget", "Payroll", "Roadmap", "Audit plan", "Forecast", "Handbook", "Offer", "Review")
_EACH = 6
_NEVER = "0001-01-01T00:00:00Z"
_SITE = "https://contoso.sharepoint.com/sites"
_PERSONAL = "https://contoso-my.sharepoint.com/personal"


class Documents:
    """What a user has used, what trends around him, what was shared with him."""

    def __init__(self, directory: Directory, clock: Clock, *, seed: int) -> None:
        self._directory = directory
        self._clock = clock
        self._seed = seed
        self._began = clock.now()
        self.settings: dict[str, bool] = {}
        self.tenant_settings: dict[str, Any] = {
            "isEnabledInOrganization": True,
            "disabledForGroup": None,
        }

    def are_shown(self, user: str) -> bool:
        """Whether neither the tenant nor the user has switched insights off."""
        group = self.tenant_settings["disabledForGroup"]
        is_excluded = bool(group) and group in self._directory.memberships.all_groups(user)
        is_on = self.tenant_settings["isEnabledInOrganization"] and self.settings.get(user, True)
        return bool(is_on) and not is_excluded

    def used(self, user: str, *, is_own: bool) -> list[Row]:
        """What the user viewed and changed; others see only what he changed."""
        found: list[Row] = []
        for at, document in enumerate(self._made(user, "used")):
            changed = document["changed"]
            viewed_only = at % 3 == 2
            if viewed_only and not is_own:
                continue
            viewed = stamp(parse(changed) + timedelta(minutes=20)) if is_own else changed
            last = {"lastAccessedDateTime": viewed, "lastModifiedDateTime": changed}
            found.append({"id": document["id"], "lastUsed": last, **document["shown"]})
        return found

    def trending(self, user: str) -> list[Row]:
        """What is looked at around the user, the weightiest first."""
        return [
            {
                "id": document["id"],
                "weight": round(0.9 / (at + 1), 3),
                "lastModifiedDateTime": _NEVER,
                **document["shown"],
            }
            for at, document in enumerate(self._made(user, "trending"))
        ]

    def shared(self, user: str) -> list[Row]:
        """What colleagues shared with the user, the newest first."""
        found: list[Row] = []
        for document, sender in zip(
            self._made(user, "shared"), self._colleagues(user), strict=False
        ):
            by = {
                "displayName": sender["displayName"],
                "address": sender["mail"] or sender["userPrincipalName"],
                "id": sender["id"],
            }
            last = {
                "sharedDateTime": document["changed"],
                "sharingSubject": document["title"],
                "sharingType": "Link",
                "sharedBy": by,
                "sharingReference": {},
            }
            row = {"id": document["id"], "lastShared": last, "sharingHistory": [last]}
            found.append({**row, **document["shown"]})
        return found

    def items(self, user: str, kind: str) -> list[Row]:
        """The documents of a *kind* (`used`, `shared`) as files of a drive, the latest first."""
        others = self._colleagues(user) if kind == "shared" else [self._directory.user(user)]
        return [
            _item(document, others[at % len(others)], is_remote=kind == "shared" or at % 3 == 2)
            for at, document in enumerate(self._made(user, kind))
            if others
        ]

    def people(self, user: str) -> list[Row]:
        """Whom the user works with, the closest first."""
        return [_person(row, 30.0 - at) for at, row in enumerate(self._colleagues(user))]

    def sites(self, user: str) -> list[Row]:
        """The sites that the user follows: that of his department."""
        department = str(self._directory.user(user).get("department") or "Everyone")
        digest = hashlib.sha256(department.encode()).hexdigest()
        return [
            {
                "id": f"contoso.sharepoint.com,{digest[:8]},{digest[8:16]}",
                "name": department,
                "displayName": department,
                "webUrl": f"{_SITE}/{department}",
            }
        ]

    def _colleagues(self, user: str) -> list[Row]:
        """Manager, reports, and those who report to the same manager."""
        reporting = self._directory.reporting
        chief = reporting.manager(user)
        peers = reporting.reports(chief) if chief else []
        near = dict.fromkeys((*([chief] if chief else []), *reporting.reports(user), *peers))
        rows = (self._directory.users.rows.get(key) for key in near if key != user)
        return [row for row in rows if row is not None]

    def _made(self, user: str, kind: str) -> Iterator[dict[str, Any]]:
        source = random.Random(f"{self._seed}/{user}/{kind}")  # noqa: S311 (repeatable, guards nothing)
        time = self._began
        for _ in range(_EACH):
            time -= timedelta(hours=source.randrange(2, 40))
            type_, ending, media = source.choice(_KINDS)
            title = f"{source.choice(_TITLES)} {time:%Y-%m}"
            item = _text(source, 24).upper().replace("-", "A").replace("_", "B")
            drive, is_site = f"b!{_text(source, 30)}", source.random() < 0.5
            place = f"{_SITE}/Finance" if is_site else f"{_PERSONAL}/{user[:8]}"
            url = f"{place}/Shared%20Documents/{title.replace(' ', '%20')}.{ending}"
            yield {
                "id": "A" + _text(source, 80),
                "title": title,
                "file": f"{title}.{ending}",
                "media": media,
                "drive": drive,
                "item": f"01{item}",
                "url": url,
                "changed": stamp(time),
                "size": source.randrange(10_000, 900_000),
                "shown": _shown(
                    title, (type_, media), place=place, url=url, item=(drive, f"01{item}")
                ),
            }


def _shown(
    title: str, kind: tuple[str, str], *, place: str, url: str, item: tuple[str, str]
) -> dict[str, Any]:
    is_site = place.startswith(_SITE)
    return {
        "resourceVisualization": {
            "title": title,
            "type": kind[0],
            "mediaType": kind[1],
            "previewImageUrl": f"{place}/_api/v2.0/drives/{item[0]}/items/{item[1]}/thumbnails/0",
            "previewText": "",
            "containerWebUrl": f"{place}/Shared Documents",
            "containerDisplayName": place.rpartition("/")[2],
            "containerType": "Site" if is_site else "OneDriveBusiness",
        },
        "resourceReference": {
            "webUrl": url,
            "id": f"drives/{item[0]}/items/{item[1]}",
            "type": "microsoft.graph.driveItem",
        },
    }


def _item(document: Row, who: Row, *, is_remote: bool) -> dict[str, Any]:
    person = {"user": {"id": who["id"], "displayName": who["displayName"], "email": who["mail"]}}
    facts = {
        "id": document["item"],
        "name": document["file"],
        "webUrl": document["url"],
        "size": document["size"],
        "createdDateTime": document["changed"],
        "lastModifiedDateTime": document["changed"],
        "file": {"mimeType": document["media"]},
        "parentReference": {"driveId": document["drive"], "driveType": "business"},
    }
    remote = {"remoteItem": facts} if is_remote else {}
    return {**facts, "createdBy": person, "lastModifiedBy": person, **remote}


def _person(row: Row, score: float) -> dict[str, Any]:
    address = row["mail"] or row["userPrincipalName"]
    return {
        "id": row["id"],
        "displayName": row["displayName"],
        "givenName": row.get("givenName"),
        "surname": row.get("surname"),
        "birthday": "",
        "personNotes": "",
        "isFavorite": False,
        "jobTitle": row.get("jobTitle"),
        "companyName": row.get("companyName"),
        "yomiCompany": "",
        "department": row.get("department"),
        "officeLocation": row.get("officeLocation"),
        "profession": "",
        "userPrincipalName": row["userPrincipalName"],
        "imAddress": f"sip:{address}",
        "scoredEmailAddresses": [{"address": address, "relevanceScore": score}],
        "phones": [{"type": "business", "number": one} for one in row.get("businessPhones", ())],
        "postalAddresses": [],
        "websites": [],
        "personType": {"class": "Person", "subclass": "OrganizationUser"},
    }


def _text(source: random.Random, size: int) -> str:
    return base64.urlsafe_b64encode(source.randbytes(size)).decode().rstrip("=")[:size]
