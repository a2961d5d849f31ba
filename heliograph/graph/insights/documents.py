"""Documents, in one shape whichever source of Graph told of them.

Pure. What the sources send stands here too: insights, and files of a drive.
https://learn.microsoft.com/graph/api/resources/officegraphinsights
"""

from dataclasses import dataclass, field
from datetime import MINYEAR, datetime

from heliograph.graph.values.items import Part
from heliograph.graph.values.objects import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharer:
    """Who shared a document."""

    id: str | None = None
    name: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document or a site. What its source does not tell is None; `repr` shows the id alone."""

    id: str  # its path below the version root: `drives/{drive}/items/{item}`, `sites/{site}`
    title: str | None = field(default=None, repr=False)
    web_url: str | None = field(default=None, repr=False)
    media_type: str | None = field(default=None, repr=False)
    container: str | None = field(default=None, repr=False)  # the site or person it lies with
    last_viewed: datetime | None = field(default=None, repr=False)
    last_modified: datetime | None = field(default=None, repr=False)
    shared_by: Sharer | None = field(default=None, repr=False)
    shared_at: datetime | None = field(default=None, repr=False)
    weight: float | None = field(default=None, repr=False)  # of what trends; more is nearer


class Visualization(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    title: str | None = None
    media_type: str | None = None
    container_display_name: str | None = None


class Reference(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    id: str = ""
    web_url: str | None = None


class Used(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    last_accessed_date_time: datetime | None = None
    last_modified_date_time: datetime | None = None


class Identity(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A user, as insights (`address`) and drives (`email`) name one."""

    id: str | None = None
    display_name: str | None = None
    address: str | None = None
    email: str | None = None


class Sharing(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    shared_by: Identity | None = None
    shared_date_time: datetime | None = None


class Insight(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A used, trending or shared insight: each fills what is its own."""

    last_used: Used | None = None
    last_shared: Sharing | None = None
    last_modified_date_time: datetime | None = None
    weight: float | str | None = None  # both are documented
    resource_visualization: Visualization = Visualization()
    resource_reference: Reference = Reference()


class Identities(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    user: Identity | None = None


class ItemSharing(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    shared_by: Identities | None = None
    shared_date_time: datetime | None = None


class File(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    mime_type: str | None = None


class ParentReference(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    drive_id: str = ""


class DriveItem(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A file or folder. One that lies in the drive of somebody else is the *remote_item* inside."""

    name: str | None = None
    web_url: str | None = None
    file: File | None = None
    deleted: Part | None = None
    last_modified_date_time: datetime | None = None
    last_modified_by: Identities | None = None
    parent_reference: ParentReference | None = None
    shared: ItemSharing | None = None
    remote_item: "DriveItem | None" = None

    @property
    def is_file(self) -> bool:
        """Is it a file that is still there?"""
        return self.file is not None and self.deleted is None

    @property
    def modifier(self) -> Identity:
        """Who changed it last."""
        return (self.last_modified_by or Identities()).user or Identity()


def of_insight(insight: Insight) -> Document:
    """The document that *insight* is about."""
    shown, used = insight.resource_visualization, insight.last_used or Used()
    sharing = insight.last_shared or Sharing()
    return Document(
        id=insight.resource_reference.id,
        title=shown.title,
        web_url=insight.resource_reference.web_url,
        media_type=shown.media_type,
        container=shown.container_display_name,
        last_viewed=_time(used.last_accessed_date_time),
        last_modified=_time(used.last_modified_date_time or insight.last_modified_date_time),
        shared_by=_sharer(sharing.shared_by),
        shared_at=_time(sharing.shared_date_time),
        weight=None if insight.weight is None else float(insight.weight),
    )


def of_drive_item(item: DriveItem) -> Document:
    """The document that *item* is, in whose drive it lies."""
    file = item.remote_item or item
    sharing = file.shared or item.shared or ItemSharing()
    return Document(
        id=f"drives/{(file.parent_reference or ParentReference()).drive_id}/items/{file.id}",
        title=item.name or file.name,
        web_url=file.web_url or item.web_url,
        media_type=(file.file or File()).mime_type,
        last_modified=_time(file.last_modified_date_time or item.last_modified_date_time),
        shared_by=_sharer((sharing.shared_by or Identities()).user),
        shared_at=_time(sharing.shared_date_time),
    )


def _time(time: datetime | None) -> datetime | None:
    """None also for the time that Graph writes where there is none."""
    return None if time is None or time.year == MINYEAR else time


def _sharer(found: Identity | None) -> Sharer | None:
    if found is None:
        return None
    return Sharer(id=found.id, name=found.display_name, address=found.address or found.email)
