"""What Outlook knows beside the items: categories, zones, mail tips, forms of ids.

graph-users-api.md, 3.1 and 9, M20, M25 and M26.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook.kinds import OUTLOOK
from heliograph.simulator.graph.outlook.lists import (
    Listing,
    collection,
    mailbox,
    owner,
    parameters,
)
from heliograph.simulator.graph.outlook.settings_kinds import CATEGORY
from heliograph.simulator.graph.outlook.views import View, answered
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.outlook.zones import iana, offset, windows
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.mailbox("MailboxSettings.Read")
_WRITE = permissions.mailbox("MailboxSettings.ReadWrite")
_READ_MAIL = permissions.mailbox("Mail.Read")
_READ_USER = permissions.Needs(
    app=("User.ReadBasic.All",),
    own=("User.Read", "User.ReadBasic.All"),
    delegated=("User.ReadBasic.All",),
    of_mailbox=True,
)
_CATEGORIES = "/users/{user}/outlook/masterCategories"
_VIEW = View(kind=CATEGORY, has_etag=False, has_two_ids=False)

_TRANSLATE = OUTLOOK.kind(
    "translateExchangeIds", "inputIds: String[]\n sourceIdType targetIdType: exchangeIdFormat"
)
_TIPS = OUTLOOK.kind("getMailTips", "emailAddresses: String[]\n mailTipsOptions: String")
OUTLOOK.words("exchangeIdFormat", "entryId ewsId immutableEntryId restId restImmutableEntryId")

_MOST_IDS = 1_000


@routes.on("GET", _CATEGORIES, needs=_READ)
def list_categories(call: Call) -> Answer:
    """The categories with their colors."""
    rows = [(row["id"], row) for row in call.world.outlook.categories.all(mailbox(call))]
    return collection(call, Listing(view=_VIEW, default=1_000), _categories(call), rows)


@routes.on("POST", _CATEGORIES, needs=_WRITE)
def create_category(call: Call) -> Answer:
    """A new category."""
    given = OUTLOOK.read(CATEGORY, call.json())
    return _category(call, call.world.outlook.categories.create(mailbox(call), given), status=201)


@routes.on("GET", f"{_CATEGORIES}/{{category}}", needs=_READ)
def get_category(call: Call) -> Answer:
    """One category."""
    categories = call.world.outlook.categories
    return _category(call, categories.get(mailbox(call), call.params["category"]))


@routes.on("PATCH", f"{_CATEGORIES}/{{category}}", needs=_WRITE)
def update_category(call: Call) -> Answer:
    """A category in another color."""
    color = str(OUTLOOK.read(CATEGORY, call.json()).get("color") or "none")
    categories = call.world.outlook.categories
    return _category(call, categories.update(mailbox(call), call.params["category"], color))


@routes.on("DELETE", f"{_CATEGORIES}/{{category}}", needs=_WRITE)
def delete_category(call: Call) -> Answer:
    """A category gone."""
    call.world.outlook.categories.delete(mailbox(call), call.params["category"])
    return NOTHING


@routes.on("GET", "/users/{user}/outlook/supportedTimeZones()", needs=_READ_USER)
def list_zones(call: Call) -> Answer:
    """The zones that a mailbox can live in, by their names in Windows or in the tz database."""
    mailbox(call)
    standard = call.argument("TimeZoneStandard") or ""
    if "iana" in standard.lower():
        zones = [{"alias": name, "displayName": name} for name in iana()]
    else:
        zones = [
            {"alias": name, "displayName": f"(UTC{offset(name)}) {name}"} for name in windows()
        ]
    return _values(call, "timeZoneInformation", zones)


@routes.on("GET", "/users/{user}/outlook/supportedLanguages()", needs=_READ_USER)
def list_languages(call: Call) -> Answer:
    """The languages that a mailbox can have."""
    mailbox(call)
    languages = [{"locale": locale, "displayName": name} for locale, name in _LANGUAGES.items()]
    return _values(call, "localeInfo", languages)


@routes.on("POST", "/users/{user}/getMailTips", needs=_READ_MAIL)
def get_mail_tips(call: Call) -> Answer:
    """What is to be known before a mail is sent to somebody."""
    mailbox(call)
    asked = OUTLOOK.read(_TIPS, parameters(call))
    options = {word.strip() for word in str(asked.get("mailTipsOptions") or "").lower().split(",")}
    tips = [_tips(call, address, options) for address in asked.get("emailAddresses") or ()]
    return _values(call, "mailTips", tips)


@routes.on("POST", "/users/{user}/translateExchangeIds", needs=_READ_USER)
def translate_ids(call: Call) -> Answer:
    """The ids of items in another form."""
    box = mailbox(call)
    asked = OUTLOOK.read(_TRANSLATE, parameters(call))
    ids, source, target = (
        asked.get("inputIds") or (),
        asked.get("sourceIdType"),
        asked.get("targetIdType"),
    )
    if not ids or len(ids) > _MOST_IDS or not source or not target:
        raise Refused(
            400,
            "ErrorInvalidRequest",
            f"1 to {_MOST_IDS} inputIds, a sourceIdType and a targetIdType are expected.",
        )
    found = [_translated(box, id_, str(source), str(target)) for id_ in ids]
    return _values(call, "convertIdResult", found)


def _translated(box: Mailbox, id_: str, source: str, target: str) -> dict[str, Any]:
    try:
        plain = _READERS[source](id_)
    except (binascii.Error, UnicodeDecodeError):
        plain = ""
    key = box.keys.get(plain, plain)
    tables = (box.messages, box.events, box.contacts, box.tasks)
    row = next((table.rows[key] for table in tables if key in table.rows), None)
    if row is None:
        details = {"code": "ErrorInvalidIdMalformed", "message": "Id is malformed."}
        return {"sourceId": id_, "errorDetails": details}
    return {
        "sourceId": id_,
        "targetId": _WRITERS[target](key if "mmutable" in target else row["id"]),
    }


def _from_binary(id_: str) -> str:
    return base64.b64decode(id_, validate=True).decode()


def _as_binary(id_: str) -> str:
    return base64.b64encode(id_.encode()).decode()


_READERS: Mapping[str, Callable[[str], str]] = {
    "restId": str,
    "restImmutableEntryId": str,
    "ewsId": lambda id_: id_.replace("+", "_").replace("/", "-"),
    "entryId": _from_binary,
    "immutableEntryId": _from_binary,
}
_WRITERS: Mapping[str, Callable[[str], str]] = {
    "restId": str,
    "restImmutableEntryId": str,
    "ewsId": lambda id_: id_.replace("_", "+").replace("-", "/"),
    "entryId": _as_binary,
    "immutableEntryId": _as_binary,
}
_LANGUAGES = {
    "da-DK": "Danish (Denmark)",
    "de-DE": "German (Germany)",
    "en-GB": "English (United Kingdom)",
    "en-US": "English (United States)",
    "es-ES": "Spanish (Spain)",
    "fr-FR": "French (France)",
    "ja-JP": "Japanese (Japan)",
    "pt-PT": "Portuguese (Portugal)",
}


def _tips(call: Call, address: str, options: set[str]) -> dict[str, Any]:
    box = call.world.outlook.boxes.reached_by(address)
    person = {"name": "", "address": address}
    if box is None:
        return {"emailAddress": person, **_OUTSIDE}
    settings = call.world.outlook.settings
    known = settings.get(box)
    tips: dict[str, Any] = {"emailAddress": person}
    if "automaticreplies" in options:
        text = known["automaticRepliesSetting"]["internalReplyMessage"]
        tips["automaticReplies"] = {
            "message": text if settings.is_away(box) else "",
            "messageLanguage": known["language"],
        }
    if "mailboxfullstatus" in options:
        tips["mailboxFull"] = False
    if "maxmessagesize" in options:
        tips["maxMessageSize"] = 37_748_736
    if "custommailtip" in options:
        tips["customMailTip"] = ""
    return tips


_OUTSIDE = {
    "error": {
        "code": "ErrorMailRecipientNotFound",
        "message": "The recipient is not a mailbox of this organization.",
    }
}


def _values(call: Call, type_: str, value: list[dict[str, Any]]) -> Answer:
    context = call.metadata(f"Collection(microsoft.graph.{type_})")
    return Answer(body={"@odata.context": context, "value": value})


def _categories(call: Call) -> str:
    return f"{owner(call)}/outlook/masterCategories"


def _category(call: Call, row: Row, *, status: int = 200) -> Answer:
    return answered(call, _VIEW, _categories(call), row["id"], row, status=status)
