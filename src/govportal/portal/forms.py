"""Blank and filled forms of materials, made from the material's own fields: pages to print or to copy by hand."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from ..base import clock
from ..content.model import Document, path_of
from ..web.pages import render
from .guide import chosen, resolve, tail


def form_view(context: Document, request: Any) -> Any:
    """The form of one material: blank, or with ``kind=sample`` filled with a fictitious example."""
    found = resolve(context, request)
    row = next((row for row in found.values.get("materials", ()) if row.get("key") == request.query("m")), None)
    fields = ((row or {}).get("sample") or {}).get("fields") or ()
    if row is None or not fields:
        raise HTTPNotFound()
    pairs = chosen(found, context, request)
    form = path_of(context) + "/form" + tail([("m", row["key"]), *([] if request.query("kind") == "sample" else [("kind", "sample")]), *pairs])
    filled = request.query("kind") == "sample"
    name = row["name"].strip("《》")
    page = request.page(f"{name}（{'填写样例' if filled else '空白表'}）", section="/services", noindex=True,
                        crumbs=(("/services", "我要办"), (path_of(context), found.values["item_name"])))
    return render(request, "form.pt", page, name=name, fields=[(label, value if filled else "") for label, value in fields], filled=filled,
                  back=path_of(context) + tail(pairs), other=form, at=found.at, stamp=clock.stamp, note=row.get("note") or "", item=found.values["item_name"],
                  org=found.org_name or request.columns.org_name(found.values.get("org") or ""))


def includeme(config: Any) -> None:
    config.add_page(form_view, kind="ImplementationItem", name="form", params=("m", "kind", "case", "at"))
