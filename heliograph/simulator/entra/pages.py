"""The pages that a person sees: choosing who signs in, entering a device's code, an error."""

from collections.abc import Iterable, Mapping
from html import escape

_HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title><style>'
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem}"
    "a,button{display:block;width:100%;box-sizing:border-box;margin:.4rem 0;padding:.6rem .8rem;"
    "border:1px solid #bbb;border-radius:6px;background:none;color:inherit;font:inherit;"
    "text-align:left;text-decoration:none}input{width:100%;box-sizing:border-box;padding:.5rem;"
    "font:inherit}small{opacity:.7}</style></head><body>"
)


def chooser(people: Iterable[tuple[str, str, str]]) -> str:
    """A link for each of *people*: a display name, a user principal name, and where it leads."""
    links = (
        f'<a href="{escape(link)}">{escape(shown)}<br><small>{escape(name)}</small></a>'
        for shown, name, link in people
    )
    return f"{_HEAD}<h1>Who signs in?</h1>{''.join(links)}</body></html>"


def device(said: str = "") -> str:
    """The form in which somebody lets a device in; *said* is what came of the last try."""
    return (
        f"{_HEAD}<h1>Let a device in</h1><p>{escape(said)}</p>"
        '<form method="post"><label>Code<input name="user_code" required></label>'
        '<label>User principal name<input name="user"></label>'
        "<button>Let it in</button>"
        '<button name="decline" value="1">Decline</button></form></body></html>'
    )


def form_post(target: str, values: Mapping[str, str]) -> str:
    """A form that sends *values* to *target* by itself."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in values.items()
    )
    return (
        f'<html><head><title>Working...</title></head><body><form method="POST" name="hiddenform"'
        f' action="{escape(target)}">{fields}<noscript><button>Continue</button></noscript></form>'
        "<script>window.setTimeout('document.forms[0].submit()', 0);</script></body></html>"
    )


def fault(text: str) -> str:
    """What went wrong, where there is nowhere to send it to."""
    sorry = "<h1>Sorry, but we&rsquo;re having trouble signing you in.</h1>"
    return f"{_HEAD}{sorry}<p>{escape(text)}</p></body></html>"
