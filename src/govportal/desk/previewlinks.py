"""What becomes of a public page when it is shown as a preview: a banner on top, and links that stay in the preview or lead out of it.

Owns this rewriting of finished HTML; the page itself is the public view's. Links to the shown page lead back into the preview, files of the draft
to where they may be seen, all else to the public site (from a frame: in a new tab, because the public site is never framed). Pure.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from .showing import CARRIED, VIEWS

Query = tuple[tuple[str, str], ...]
_TAG = re.compile(r"<(a|img|form)\b[^>]*>")
_ADDRESS = re.compile(r' (href|src|action)="([^"]*)"')
_FILE = re.compile(r"/files/([0-9a-f]{32})/")
_DISPLAY = re.compile(r'<form\b[^>]* action="/display/.*?</form>', re.S)
_BACK = re.compile(r'(<input type="hidden" name="back" value=")[^"]*(">)')
_TOP = re.compile(r'<body[^>]*>\s*(<a class="skip"[^>]*>[^<]*</a>)?')


class Frame(NamedTuple):
    """``own``: public path of the shown page. ``address``: (view, query) -> inside the preview; ``file``: id -> where the file may be seen, ''
    for one that is public anyway; ``display``: the page with the frame that offers the displays, '' when the page stands alone."""

    own: str
    address: Callable[[str, Query], str]
    file: Callable[[str], str]
    display: str = ""
    elder: bool = False
    contrast: bool = False


def own_link(address: str, own: str) -> tuple[str, Query] | None:
    """(view, query) of an address of the shown page or below it; None for any other, and for the page of another time."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not (parts.path == own or parts.path.startswith(own + "/")):
        return None
    view, pairs = parts.path[len(own):].strip("/"), parse_qsl(parts.query, keep_blank_values=True)
    if view not in ("", *VIEWS) or any(name not in CARRIED for name, _ in pairs):
        return None
    return view, tuple(pairs) if any(name == "case" for name, _ in pairs) else (*pairs, ("case", ""))


def rewritten(html: str, frame: Frame) -> str:
    """The page with its links as the preview needs them."""
    html = _DISPLAY.sub(lambda found: _display(found[0], frame), html)
    return _TAG.sub(lambda found: _tag(found[0], found[1], frame), html)


def _tag(tag: str, name: str, frame: Frame) -> str:
    found = _ADDRESS.search(tag)
    if found is None:
        return tag
    address = unescape(found[2])
    if address.startswith("#") or address == frame.display:
        return tag
    own, file = own_link(address, frame.own), _FILE.match(address)
    if own is not None:
        there = frame.address(*own) + ("#" + urlsplit(address).fragment if urlsplit(address).fragment else "")
    else:
        there = (frame.file(file[1]) if file is not None else "") or address
    if there != address:
        tag = tag.replace(found[0], f' {found[1]}="{escape(there)}"', 1)
    if frame.display and own is None and name in ("a", "form") and address.startswith(("/", "http")) and " target=" not in tag:
        tag = f'{tag[:-1]} target="_blank" rel="noopener">'
    return tag


def _display(form: str, frame: Frame) -> str:
    """The form that changes the display: back to the preview, or to the frame's own switch."""
    if not frame.display:
        return _BACK.sub(lambda found: found[1] + escape(frame.address("", (("case", ""),))) + found[2], form)
    form = _BACK.sub("", form)
    form = re.sub(r' action="[^"]*"', f' action="{escape(frame.display)}" target="_top"', form, count=1).replace(' method="post"', "", 1)
    elder, contrast = ("desktop" if on else other for on, other in ((frame.elder, "elder"), (frame.contrast, "contrast")))
    form = re.sub(r'<button class="(btn-elder|btn-mode)">', rf'<button class="\1" name="as" value="{elder}">', form)
    form = form.replace(' formaction="/display/contrast"', f' name="as" value="{contrast}"')
    return re.sub(r'<button class="btn btn-2 btn-s">', f'<button class="btn btn-2 btn-s" name="as" value="{contrast}">', form)


def with_banner(html: str, banner: str, stylesheet: str) -> str:
    """The page with the banner first in its body (after the skip link) and the banner's styles in its head."""
    found = _TOP.search(html)
    at = found.end() if found is not None else 0
    html = html[:at] + "\n" + banner + html[at:]
    return html.replace("</head>", f'<link rel="stylesheet" href="{escape(stylesheet)}">\n</head>', 1)
