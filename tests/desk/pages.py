"""Pages for tests of forms: the posted pairs of a drawn form as a browser would send them, and a page with the theme's styles around it."""
from __future__ import annotations

from html.parser import HTMLParser

from govportal.web.theme import Theme

THEME = Theme("default")


class _Controls(HTMLParser):
    """Successful controls in document order; what stands in a template belongs to no form."""

    def __init__(self, press: str = "") -> None:
        super().__init__()
        self.pairs, self.press, self.templates, self.select, self.area, self.options = [], press, 0, None, None, []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.templates += tag == "template"
        if self.templates:
            return
        name = attrs.get("name")
        if tag == "input" and name and (attrs.get("type") not in ("radio", "checkbox") or "checked" in attrs):
            self.pairs.append((name, attrs.get("value") or ""))
        if tag == "button" and name and attrs.get("value") == self.press and self.press:
            self.pairs.append((name, self.press))
        if tag == "select":
            self.select, self.options = name, []
        if tag == "option":
            self.options.append((attrs.get("value"), "selected" in attrs))
        if tag == "textarea":
            self.area = [name, ""]

    def handle_data(self, data):
        if self.area is not None:
            self.area[1] += data

    def handle_endtag(self, tag):
        if tag == "template":
            self.templates -= 1
        if self.templates:
            return
        if tag == "select":
            self.pairs.append((self.select, next((value for value, on in self.options if on), self.options[0][0])))
        if tag == "textarea":
            text = self.area[1]
            self.pairs.append((self.area[0], (text[1:] if text.startswith("\n") else text).replace("\n", "\r\n")))
            self.area = None


def pairs_of(html, press: str = "") -> list[tuple[str, str]]:
    """What a browser posts of this form; ``press``: value of the pressed ``op`` button."""
    parser = _Controls(press)
    parser.feed(str(html))
    return parser.pairs


def put(pairs, name, value, at=0):
    """The pairs with the ``at``-th control of this name changed."""
    places = [number for number, (key, _) in enumerate(pairs) if key == name]
    changed = list(pairs)
    changed[places[at]] = (name, value)
    return changed


def page(body, *, title="编辑", script=True, head="") -> str:
    """A whole page of the desk around a form, with the theme's styles and script from ``/static/``."""
    tag = f'<script src="{THEME.url("desk-forms.js")}" defer></script>' if script else ""
    return (f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="stylesheet" href="{THEME.url("look.css")}"><link rel="stylesheet" href="{THEME.url("desk.css")}">{tag}{head}</head>'
            f'<body class="desk"><main id="main"><div class="wrap"><h1>{title}</h1><div class="case case-edit"><nav class="panel secs" aria-label="各部分"><ul><li><a href="?">各部分</a></li></ul></nav>'
            f'<form id="f" method="post" action="/post" class="stack">{body}<div class="btns"><button class="btn">保存</button></div></form>'
            f'<aside aria-label="检查"><section class="panel"><h2>送审前要改</h2></section></aside></div></div></main></body></html>')
