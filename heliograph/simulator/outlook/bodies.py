"""Bodies of mail, events and tasks: as HTML, as text, and the first words of them."""

import html
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

_PREVIEW = 255
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "hr", "h1", "h2", "h3", "table"})
_UNSHOWN = frozenset({"head", "script", "style", "title"})

EMPTY = {"contentType": "text", "content": ""}


def preview(body: Mapping[str, Any] | None) -> str:
    """The first 255 characters of *body*, without its marks."""
    return as_text(body)[:_PREVIEW]


def as_text(body: Mapping[str, Any] | None) -> str:
    """The words of *body*."""
    content = str((body or {}).get("content") or "")
    if (body or {}).get("contentType") != "html":
        return content
    reader = _Reader()
    reader.feed(content)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.found)).strip()


def as_html(body: Mapping[str, Any] | None) -> str:
    """*body* as a page of HTML."""
    content = str((body or {}).get("content") or "")
    if (body or {}).get("contentType") == "html":
        return content
    words = html.escape(content, quote=False).replace("\r\n", "\n").replace("\n", "<br>\r\n")
    return page(f'<div class="PlainText">{words}</div>')


def page(inner: str) -> str:
    """*inner* as the body of a page, as Exchange writes it."""
    return (
        '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        f"</head><body>{inner}</body></html>"
    )


def inside(text: str) -> str:
    """What stands in the body of the page *text*; all of it where it is no page."""
    found = re.search(r"<body[^>]*>(.*)</body>", text, re.IGNORECASE | re.DOTALL)
    return found[1] if found else text


def converted(body: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    """*body* as *wanted*, html or text; as it is where that is empty."""
    if wanted not in {"html", "text"}:
        return dict(body)
    return {"contentType": wanted, "content": (as_html if wanted == "html" else as_text)(body)}


class _Reader(HTMLParser):
    """Gathers the words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._unshown = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._unshown += tag in _UNSHOWN
        if tag in _BREAKS and self.found:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unshown -= tag in _UNSHOWN and self._unshown > 0

    def handle_data(self, data: str) -> None:
        if self._unshown:
            return
        words = re.sub(r"\s*[\r\n]+\s*", " " if data.strip() else "", data)
        starts_line = not self.found or self.found[-1].endswith("\n")
        self.found.append(words.lstrip() if starts_line else words)
