"""Bodies: as HTML, as text, and the first words of them."""

import pytest

from heliograph.simulator.outlook.bodies import as_html, as_text, converted, inside, preview


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<p>One</p><p>two &amp; three</p>", "One\ntwo & three"),
        ("<html><head><style>p {}</style><title>x</title></head><body>Hi</body></html>", "Hi"),
        ("a<br>b<script>alert(1)</script>", "a\nb"),
        ("<ul><li>one</li>\r\n<li>two</li></ul>", "one\ntwo"),
    ],
)
def test_the_words_of_a_page(content: str, text: str) -> None:
    assert as_text({"contentType": "html", "content": content}) == text


def test_text_becomes_a_page_that_shows_it() -> None:
    body = {"contentType": "text", "content": "a < b\nc"}
    assert as_text({"contentType": "html", "content": as_html(body)}) == "a < b\nc"
    assert inside(as_html(body)) == '<div class="PlainText">a &lt; b<br>\r\nc</div>'


def test_a_body_stays_as_it_is_where_nothing_is_wished() -> None:
    body = {"contentType": "text", "content": "x"}
    assert converted(body, "") == body
    assert converted(body, "markdown") == body


def test_a_preview_has_255_characters() -> None:
    assert preview({"contentType": "text", "content": "x" * 300}) == "x" * 255
    assert preview(None) == ""
