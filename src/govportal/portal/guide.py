"""The guide page 办事指南: the heart of the portal. Views of DirectoryItem, ImplementationItem, HandlingItem and Guide.

``?case=`` narrows to one 情形, ``?at=`` shows it as it was. Reads only.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

import segno
from pyramid.httpexceptions import HTTPFound, HTTPMovedPermanently, HTTPNotFound
from pyramid.response import Response

from ..base import clock
from ..content.effective import Effective, cases_of, effective, moments_of
from ..content.model import Document, path_of
from ..web.layout import column_tags
from ..web.pages import render
from . import guidemodel as model
from . import live_values
from .drawing import flow_svg, flow_words, sample_svg

PARAMS = ("case", "at")


def _moment(request: Any) -> datetime | None:
    text = request.query("at")
    if not text:
        return None
    try:
        return clock.parse(text)
    except ValueError:
        raise HTTPNotFound() from None


def resolve(item: Document, request: Any) -> Effective:
    """The item, or its 情形 named by ``?case=``, as it is or was. 404 when there was nothing public."""
    live_values(item)
    at, case = _moment(request), request.query("case")
    document = item
    if case:
        child = item.get(case)
        if not isinstance(child, Document) or child.kind != "HandlingItem":
            raise HTTPNotFound()
        document = child
    try:
        return effective(document, at)
    except LookupError:
        raise HTTPNotFound() from None


def context_values(found: Effective, request: Any) -> dict[str, Any]:
    """All that guide and print templates show."""
    site, columns, values = request.site, request.columns, found.values
    places, steps = model.places(site, values, found), model.step_rows(values)
    register, result, fee = values.get("register") or {}, values.get("result") or {}, values.get("fee") or {}
    sample = result.get("sample") or {}
    path, case = path_of(found.item), found.case.__name__ if found.case is not None else ""
    own_page = path_of(found.case) if found.case is not None and values.get("register", {}) and register.get("source") else path
    org = columns.org(values.get("org") or "")
    return {
        "found": found, "values": values, "guide": found.guide, "path": own_page, "case": case, "register": register, "registered": bool(register.get("source")),
        "org_name": columns.org_name(values.get("org") or ""), "org_path": org.path if org is not None else "",
        "facts": model.facts(values, places), "materials": model.materials(values), "steps": steps, "places": places, "result": result, "fee": fee,
        "flow": flow_svg(steps) if steps else "", "flow_tall": flow_svg(steps, vertical=True) if steps else "", "flow_words": flow_words(steps) if steps else "",
        "sample": sample_svg(sample.get("title") or result.get("name") or "", list(sample.get("lines", ()))) if sample.get("lines") else "",
        "bases": [model.citation(site, columns, row) for row in values.get("legal_basis") or ()],
        "fee_rows": [{**row, "basis": model.citation(site, columns, row["basis"]) if (row.get("basis") or {}).get("law") else None} for row in fee.get("items", ())],
        "promise": model.limit_line(values.get("promise_limit")) if values.get("handled_as") != "即办件" else "当场办结",
        "legal": model.limit_line(values.get("legal_limit")), "cases": model.cases(found), "official": model.rows_of_facts(values, columns),
        "related": model.related(columns, found.guide), "topics": [*values.get("person_topics", ()), *values.get("legal_topics", ())],
        "moments": [moment for moment in moments_of(found.item)][:12], "stamp": clock.stamp, "quote": quote, "not_given": model.NOT_GIVEN,
        "withdrawal": found.item.withdrawal, "suspended": values.get("state") == "挂起"}


def guide_page(found: Effective, request: Any, data: dict[str, Any], *, title: str = "") -> Any:
    values = found.values
    side = "person" if values.get("person_topics") else "legal"
    topic = next(iter(values.get(f"{side}_topics") or ()), "")
    crumbs = [("/services", "我要办")] + ([(f"/services?for={side}&{side}={quote(topic)}", topic)] if topic else [])
    name = values["item_name"] if values.get("item_name") and not data["registered"] else values["name"]
    page = request.page(title or name, section="/services", crumbs=tuple(crumbs), here=name,
                        description=f"{name}：谁能办、带什么、多久、多少钱、在哪办。{found.guide.get('summary') or ''}",
                        meta=column_tags("办事指南", "办事服务", "政务服务事项的办事指南", "办事指南,政务服务"))
    page.canonical = page.absolute(data["path"])
    page.noindex = found.at is not None
    page.data.append({"@type": "GovernmentService", "name": name, "serviceType": values.get("type") or "", "provider": {
        "@type": "GovernmentOrganization", "name": data["org_name"]}, "areaServed": {"@type": "AdministrativeArea", "name": request.registry.region_names.get(
            values.get("region") or "", page.site["region"])}, "url": page.canonical, "availableChannel": [
        {"@type": "ServiceChannel", "name": channel} for channel in values.get("channels", ())]})
    if found.guide.get("faq"):
        page.data.append({"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": row["q"], "acceptedAnswer": {"@type": "Answer", "text": row["a"]}}
                                                            for row in found.guide["faq"]]})
    return page


def item_view(context: Document, request: Any) -> Any:
    """Guide of an implementation item; a parent made from a register lists its 办理项."""
    found = resolve(context, request)
    if found.values.get("unlisted"):
        return _children_page(context, request, found)
    data = context_values(found, request)
    data["name"] = found.values["item_name"]
    return render(request, "guide.pt", guide_page(found, request, data), **data)


def _children_page(context: Document, request: Any, found: Effective) -> Any:
    name = found.values["name"]
    page = request.page(name, section="/services", crumbs=(("/services", "我要办"),), meta=column_tags("办事指南", "办事服务", name, "办事指南"))
    rows = [(path_of(document), edition.head["name"]) for document, edition in cases_of(context)]
    return render(request, "variants.pt", page, name=name, rows=rows, note=(found.values.get("register") or {}).get("note") or "",
                  org_name=request.columns.org_name(found.values.get("org") or ""))


def handling_view(context: Document, request: Any) -> Any:
    """A registered 办理项 has a page of its own; a 情形 of an own item is a choice on the item's page."""
    values = live_values(context)
    if not values.get("listed"):
        return HTTPMovedPermanently(location=f"{path_of(context.__parent__)}?case={context.__name__}")
    try:
        found = effective(context, _moment(request))
    except LookupError:
        raise HTTPNotFound() from None
    data = context_values(found, request)
    data["name"] = found.values["name"]
    return render(request, "guide.pt", guide_page(found, request, data), **data)


def guide_view(context: Document, request: Any) -> Any:
    """There is one guide an item, on the item's page (R4.2.2.12)."""
    live_values(context)
    return HTTPMovedPermanently(location=path_of(context.__parent__))


def directory_view(context: Document, request: Any) -> Any:
    """Who performs this directory item; straight to the guide when one does."""
    values = live_values(context)
    children = [child for child in context.values() if getattr(child, "kind", "") == "ImplementationItem" and child.live is not None and child.withdrawal is None]
    if len(children) == 1:
        return HTTPFound(location=path_of(children[0]))
    page = request.page(values["name"], section="/services", crumbs=(("/services", "我要办"),),
                        meta=column_tags("办事指南", "办事服务", values["name"], "办事指南"))
    rows = [(path_of(child), f"{values['name']}（{request.columns.org_name(child.live.head.get('org') or '')}）") for child in children]
    return render(request, "variants.pt", page, name=values["name"], rows=rows, note=(values.get("register") or {}).get("note") or "", org_name="")


def print_view(context: Document, request: Any) -> Any:
    """The guide on paper: only the chosen 情形, without frame, with a QR code back to the page."""
    found = resolve(context, request) if context.kind == "ImplementationItem" else effective(context)
    data = context_values(found, request)
    data["name"] = found.values["item_name"] if context.kind == "ImplementationItem" else found.values["name"]
    page = guide_page(found, request, data, title=data["name"] + "（打印版）")
    page.noindex = True
    data["url"] = page.canonical + (f"?case={data['case']}" if data["case"] and data["path"] == path_of(found.item) else "")
    data["printed"] = clock.stamp(clock.now())[:10]
    return render(request, "guide-print.pt", page, **data)


def qr_view(context: Document, request: Any) -> Response:
    """QR code of the page's address as SVG."""
    live_values(context)
    case = request.query("case")
    url = (request.registry.portal_settings.site_url.rstrip("/") or request.host_url) + path_of(context) + (f"?case={quote(case)}" if case else "")
    import io
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="svg", scale=6, border=4, svgclass=None, lineclass=None, xmldecl=False, light="#fff", omitsize=False)
    return Response(out.getvalue(), content_type="image/svg+xml")


def history_view(context: Document, request: Any) -> Any:
    """What changed between two moments, element by element (R4.2.5.6)."""
    live_values(context)
    times = moments_of(context)
    changes = []
    for newer, older in zip(times, times[1:], strict=False):
        changes.append((newer, _differences(context, older, newer)))
    name = effective(context).values["name"]
    page = request.page(f"{name}：以前的版本", section="/services", crumbs=(("/services", "我要办"), (path_of(context), name)), here="以前的版本", noindex=True,
                        meta=column_tags("办事指南", "办事服务", name, "办事指南"))
    return render(request, "history.pt", page, name=name, path=path_of(context), changes=changes, first=times[-1] if times else None, stamp=clock.stamp, quote=quote)


def _differences(item: Document, older: datetime, newer: datetime) -> list[tuple[str, str, str]]:
    """(element, before, after) between what was in force at two moments."""
    from ..content.kinds import kind_of
    try:
        before, after = effective(item, older), effective(item, newer)
    except LookupError:
        return []
    titles = {node.name: node.title for kind in ("ImplementationItem", "DirectoryItem") for node in kind_of(kind).schema.children}
    found = []
    for name, title in titles.items():
        old, new = before.values.get(name), after.values.get(name)
        if old != new:
            found.append((title, _words(old), _words(new)))
    return found


def _words(value: Any) -> str:
    if value in (None, "", ()):
        return model.NOT_GIVEN
    if isinstance(value, (tuple, list)):
        return "；".join(_words(part) for part in value)
    if isinstance(value, dict):
        return "，".join(_words(part) for part in value.values() if part not in (None, "", (), False))
    return str(value)


def includeme(config: Any) -> None:
    config.add_page(item_view, kind="ImplementationItem", params=PARAMS)
    config.add_page(handling_view, kind="HandlingItem", params=PARAMS)
    config.add_page(guide_view, kind="Guide")
    config.add_page(directory_view, kind="DirectoryItem")
    for kind in ("ImplementationItem", "HandlingItem"):
        config.add_page(print_view, kind=kind, name="print", params=PARAMS)
        config.add_page(qr_view, kind=kind, name="qr.svg", params=("case",))
    config.add_page(history_view, kind="ImplementationItem", name="history")
