"""The desk's rows as files: out in the shipped form, in with a look at every line and the effects before anything is saved.

Owns ``/desk/search/files`` and ``/desk/search/export``. A file is all or nothing; between the look and the save it stays in the page, not on the server.
"""
from __future__ import annotations

import io
import zipfile
from typing import Any

from pyramid.response import Response

from ..base import clock
from ..content.publish import Reason, Refused
from ..search import edits
from ..search.overlay import export
from ..search.rowfiles import Line, read_file, write_file
from ..search.rows import KINDS, Kind
from ..search.tables import SynonymError
from ..search.trial import MAX_SAMPLES, Proposal
from ..web.modes import posted
from .searchedit import effects_of, errors_of, kind_of
from .searchops import desk_of, overlay_of, page_of
from .shell import audit_note, see_other

MOST_BYTES, MOST_LINES = 1_000_000, 2_000
WORDS = {"new": "新加", "change": "改", "same": "一样，不动", "fault": "有误"}


def files_view(context: Any, request: Any) -> Any:
    return _page(request)


def _page(request: Any, **values: Any) -> Any:
    overlay = overlay_of(request)
    counts = {name: sum(entry.row.kind == name for entry in overlay.entries()) for name in KINDS}
    errors = values.get("errors")
    return page_of(request, "search-files.pt", "导入导出", "/desk/search/files", status=422 if errors else 200, counts=counts, kinds=list(KINDS.values()), most=MOST_LINES,
                   **{"errors": errors, "found": None, "text": "", "kind": "", "effects": None, "samples": "", **values})


def files_post(context: Any, request: Any) -> Any:
    """``do``: look shows what a file would do, save does it."""
    kind, what = kind_of(posted(request, "table")), posted(request, "do")
    keep = {"kind": kind.name, "samples": posted(request, "samples")[:600]}
    try:
        if what not in ("look", "save"):
            raise Refused(Reason("", "没有这个操作，请刷新页面"))
        text = _uploaded(request) if what == "look" else posted(request, "text")
        lines = _lines(kind, text)
    except Refused as refused:
        return _page(request, errors=errors_of(refused), **keep)
    desk = desk_of(request)
    found = edits.arrivals(desk, lines)
    if what == "save":
        try:
            added, changed = edits.take_in(desk, found)
            return see_other(request, "/desk/search/rows", f"导入好了：新加 {added} 条，改 {changed} 条，从下一次查询起作用")
        except Refused as refused:
            return _page(request, errors=errors_of(refused), found=_listed(found), text=text, **keep)
    wrong = [("", f"第 {arrival.line.number} 行：{arrival.message}") for arrival in found if arrival.what == "fault"]
    moving = [arrival for arrival in found if arrival.what in ("new", "change")]
    effects = None
    if moving and not wrong:
        samples = [line.strip()[:120] for line in posted(request, "samples").splitlines() if line.strip()][:MAX_SAMPLES]
        effects = effects_of(request, Proposal(tuple((arrival.line.row, "试") for arrival in moving), frozenset(arrival.id for arrival in moving if arrival.id)), samples)
    return _page(request, errors=wrong[:20] or None, found=_listed(found), text=text, effects=effects, **keep)


def _uploaded(request: Any) -> str:
    """The text of the file sent. Refused for none, a large one, or one in no known encoding."""
    try:
        file = request.POST.get("file")
        raw = file.file.read(MOST_BYTES + 1) if hasattr(file, "file") and file.file is not None else b""
    except (ValueError, LookupError, TypeError, AttributeError, OSError, DeprecationWarning):
        raw = b""
    if not raw:
        raise Refused(Reason("file", "请选一个文件"))
    if len(raw) > MOST_BYTES:
        raise Refused(Reason("file", "文件太大，最大 1 MB，请分开导入"))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return str(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise Refused(Reason("file", "读不出文字，请存成 CSV（UTF-8）再导入"))


def _lines(kind: Kind, text: str) -> list[Line]:
    try:
        lines = read_file(kind, text)
    except SynonymError as exc:
        raise Refused(Reason("file", str(exc))) from None
    if not lines:
        raise Refused(Reason("file", "文件里没有一行内容"))
    if len(lines) > MOST_LINES:
        raise Refused(Reason("file", f"一次最多 {MOST_LINES} 行，这个文件有 {len(lines)} 行，请分开导入"))
    return lines


def _listed(found: list[edits.Arrival]) -> dict[str, Any]:
    """Lines for the page, those that are wrong first, and how many of each."""
    order = sorted(found, key=lambda arrival: (arrival.what != "fault", arrival.what == "same", arrival.line.number))
    return {"counts": [(WORDS[what], number) for what in WORDS if (number := sum(arrival.what == what for arrival in found))], "wrong": any(arrival.what == "fault" for arrival in found),
            "moving": sum(arrival.what in ("new", "change") for arrival in found),
            "lines": [(arrival.line.number, WORDS[arrival.what], _text(arrival.line), arrival.line.source, arrival.message, arrival.what) for arrival in order[:200]], "more": max(0, len(order) - 200)}


def _text(line: Line) -> str:
    return line.row.text if all(line.row.values.values()) else "，".join(filter(None, line.row.values.values())) or "（空行）"


def export_view(context: Any, request: Any) -> Any:
    """One table as a file, or all of them in one archive."""
    overlay, wanted = overlay_of(request), request.query("table")
    audit_note(request, "search.export", reason=wanted or "全部")
    if wanted:
        kind = kind_of(wanted)
        return _download(_bytes(kind, overlay), kind.file, "text/csv" if kind.file.endswith(".csv") else "text/plain")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind in KINDS.values():
            archive.writestr(kind.file, _bytes(kind, overlay))
    return _download(out.getvalue(), f"search-{clock.now():%Y%m%d}.zip", "application/zip")


def _bytes(kind: Kind, overlay: Any) -> bytes:
    """With a mark of UTF-8 before a CSV, so that spreadsheets read it."""
    return write_file(kind, export(overlay, kind.name)).encode("utf-8-sig" if kind.file.endswith(".csv") else "utf-8")


def _download(body: bytes, name: str, kind: str) -> Response:
    response = Response(body, content_type=kind, **({"charset": "utf-8"} if kind.startswith("text/") else {}))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def includeme(config: Any) -> None:
    config.add_desk_page(files_view, name="search-files", path="/desk/search/files", permission="search.manage", post=files_post)
    config.add_desk_page(export_view, name="search-export", path="/desk/search/export", permission="search.manage", params=("table",))
