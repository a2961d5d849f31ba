"""Mail as MIME: what callers send as base64, and what `$value` answers."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, getaddresses
from typing import Any

from heliograph.simulator.clock import parse
from heliograph.simulator.outlook.attachments import FILE, attached
from heliograph.simulator.outlook.bodies import as_text
from heliograph.simulator.outlook.people import entry_of, recipient
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

_HEADER = re.compile(r"[!-9;-~]+\Z")
_RECIPIENTS = {
    "to": "toRecipients",
    "cc": "ccRecipients",
    "bcc": "bccRecipients",
    "reply-to": "replyTo",
}


def decoded(body: bytes) -> dict[str, Any]:
    """The message in *body*: MIME in base64, with or without line breaks."""
    try:
        raw = base64.b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(
            400,
            "ErrorMimeContentInvalidBase64String",
            "Invalid base64 string for MIME content.",
        ) from error
    return read(raw)


def read(raw: bytes) -> dict[str, Any]:
    """The message that *raw* is."""
    mail = message_from_bytes(raw, policy=SMTP)
    found: dict[str, Any] = {
        "subject": str(mail["subject"] or ""),
        "body": _body(mail),
        "attachments": [_attachment(part) for part in mail.iter_attachments()],
    }
    for header, name in _RECIPIENTS.items():
        found[name] = _people(mail.get_all(header, ()))
    if senders := _people(mail.get_all("from", ())):
        found |= {"from": senders[0], "sender": senders[0]}
    if mail["message-id"]:
        found["internetMessageId"] = str(mail["message-id"])
    found["internetMessageHeaders"] = [
        {"name": name, "value": str(value)}
        for name, value in mail.items()
        if name.lower().startswith("x-")
    ]
    return found


def written(row: Row) -> bytes:
    """The message in *row*, as it went over the wire."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = _line(row.get("subject"))
    for header, name in (("From", "from"), ("Sender", "sender")):
        if row.get(name):
            mail[header] = _written([row[name]])
    for header, name in _RECIPIENTS.items():
        if row.get(name):
            mail[header.title()] = _written(row[name])
    if row.get("internetMessageId"):
        mail["Message-ID"] = _line(row["internetMessageId"])
    if row.get("sentDateTime"):
        mail["Date"] = format_datetime(parse(row["sentDateTime"]))
    for each in row.get("internetMessageHeaders") or ():
        name = str(each.get("name"))
        if _HEADER.match(name) and name not in mail:
            mail[name] = _line(each.get("value"))
    _put_content(mail, row)
    return mail.as_bytes()


def _line(value: object) -> str:
    """*value* as one line: a header has no more."""
    return " ".join(str(value or "").split())


def _put_content(mail: EmailMessage, row: Row) -> None:
    body = row.get("body") or {}
    mail.set_content(as_text(body))
    if body.get("contentType") == "html":
        mail.add_alternative(body.get("content") or "", subtype="html")
    for each in attached(row):
        if each["@odata.type"] == FILE:
            main, _, sub = (each["contentType"] or "application/octet-stream").partition("/")
            mail.add_attachment(
                bytes(each["contentBytes"]),
                maintype=main,
                subtype=sub or "octet-stream",
                filename=each["name"],
            )


def _body(mail: EmailMessage) -> dict[str, str]:
    part = mail.get_body(preferencelist=("html", "plain"))
    if part is None:
        return {"contentType": "text", "content": ""}
    type_ = "html" if part.get_content_subtype() == "html" else "text"
    return {"contentType": type_, "content": str(part.get_content())}


def _attachment(part: EmailMessage) -> Mapping[str, Any]:
    mark = str(part["content-id"] or "").strip("<>")
    return {
        "@odata.type": FILE,
        "name": part.get_filename() or "attachment",
        "contentType": part.get_content_type(),
        "contentBytes": _content(part),
        "isInline": part.get_content_disposition() == "inline",
        "contentId": mark or None,
    }


def _content(part: EmailMessage) -> bytes:
    content = part.get_content()
    if isinstance(content, EmailMessage):
        return content.as_bytes()
    return content.encode() if isinstance(content, str) else bytes(content)


def _people(headers: Iterable[object]) -> list[dict[str, Any]]:
    pairs = getaddresses([str(header) for header in headers])
    return [recipient(address, name) for name, address in pairs if address]


def _written(people: Iterable[Mapping[str, Any]]) -> str:
    addresses = (entry_of(each) for each in people)
    return ", ".join(
        formataddr((each.get("name") or "", each.get("address") or "")) for each in addresses
    )
