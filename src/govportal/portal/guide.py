"""The guide page 办事指南: the heart of the portal. Views of DirectoryItem, ImplementationItem, HandlingItem and Guide.

``?case=`` narrows to one 情形, ``?at=`` (a day, minute or second that has begun) shows it as it was at the end of it. Reads only.
"""
from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import segno
from markupsafe import Markup
from pyramid.httpexceptions import HTTPFound, HTTPMovedPermanently, HTTPNotFound
from pyramid.response import Response

from ..base import clock
from ..content.effective import Effective, cases_of, directory_of, effective, moments_of
from ..content.files import find
from ..content.kinds import kind_of
from ..content.model import Document, Edition, path_of
from ..web.files import file_path
from ..web.layout import base_url, column_tags
from ..web.pages import render
from . import guidemodel as model
from . import live_values
from .drawing import flow_svg, flow_words, sample_svg

PARAMS = ("case", "at")


def _moment(request: Any) -> datetime | None:
    """The last moment of the time that ``?at=`` names, at most now. 404 for what is no time or has not begun."""
    text = request.query("at")
    if not text:
        return None
    try:
        first, last = clock.span(text)
    except ValueError:
        raise HTTPNotFound() from None
    now = clock.now()
    if first > now:
        raise HTTPNotFound()
    return min(last, now)


def offered(document: Document) -> None:
    """Refuse what may not be read now, because of itself or of what it lies below: 404, 410 or a redirect."""
    place: Any = document
    while isinstance(place, Document):
        live_values(place)
        place = place.__parent__


def resolve(context: Document, request: Any) -> Effective:
    """The item, or its 情形 named by ``?case=``, as it is or was. 404 when there was nothing public."""
    at, case, document = _moment(request), request.query("case"), context
    if case and context.kind == "ImplementationItem":
        child = context.get(case)
        if not isinstance(child, Document) or child.kind != "HandlingItem":
            raise HTTPNotFound()
        document = child
    offered(document)
    try:
        return effective(document, at)
    except LookupError:
        raise HTTPNotFound() from None


def elsewhere(context: Document, request: Any, suffix: str = "") -> HTTPMovedPermanently | None:
    """A 情形 of an own item is a choice on the item's pages: the redirect there. None for a document with pages of its own."""
    if context.kind != "HandlingItem":
        return None
    offered(context)
    if context.live is not None and context.live.head.get("listed"):
        return None
    pairs = [("case", context.__name__), *_at_pair(request)]
    return HTTPMovedPermanently(location=f"{path_of(context.__parent__)}{suffix}?{urlencode(pairs)}")


def _at_pair(request: Any) -> list[tuple[str, str]]:
    return [("at", request.query("at"))] if request.query("at") else []


def chosen(found: Effective, context: Document, request: Any) -> list[tuple[str, str]]:
    """The parameters that name this 情形 and time; every link to another form of the page carries them."""
    case = [("case", found.case.__name__)] if found.case is not None and found.case is not context else []
    return case + _at_pair(request)


def tail(pairs: list[tuple[str, str]]) -> str:
    return "?" + urlencode(pairs) if pairs else ""


def _ask(org_name: str, registered: bool) -> Markup:
    """Whom to ask for what is not given; a row of another region names no telephone of ours."""
    if registered:
        return Markup("，请向{}了解").format(org_name if org_name != model.NOT_GIVEN else "当地")
    return Markup('，请向{}或 <a href="tel:12345">12345</a> 了解').format(org_name)


def context_values(found: Effective, request: Any, context: Document) -> dict[str, Any]:
    """All that guide and print templates show. ``context``: the document whose page it is."""
    site, columns, values = request.site, request.columns, found.values
    places, steps = model.places(site, values, found), model.step_rows(values)
    register, result, fee = values.get("register") or {}, values.get("result") or {}, values.get("fee") or {}
    sample = result.get("sample") or {}
    path, pairs, registered = path_of(context), chosen(found, context, request), bool(register.get("source"))
    org, org_name = columns.org(values.get("org") or ""), found.org_name or columns.org_name(values.get("org") or "")
    return {
        "found": found, "values": values, "guide": found.guide, "path": path, "case": dict(pairs).get("case", ""), "register": register, "registered": registered,
        "tail": tail(pairs), "url": base_url(request) + path + tail(pairs), "now_href": path + tail([pair for pair in pairs if pair[0] != "at"]),
        "whole_href": path + tail(_at_pair(request)), "org_name": org_name, "org_path": org.path if org is not None else "", "ask": _ask(org_name, registered),
        "facts": model.facts(values, places), "materials": _with_forms(site, model.materials(values), path, pairs), "steps": steps, "places": places, "result": result, "fee": fee,
        "flow": flow_svg(steps) if steps else "", "flow_tall": flow_svg(steps, vertical=True) if steps else "", "flow_words": flow_words(steps) if steps else "",
        "sample": sample_svg(sample.get("title") or result.get("name") or "", list(sample.get("lines", ()))) if sample.get("lines") else "",
        "bases": [model.citation(site, columns, row, found.at) for row in values.get("legal_basis") or ()],
        "fee_rows": [{**row, "basis": model.citation(site, columns, row["basis"], found.at) if (row.get("basis") or {}).get("law") else None} for row in fee.get("items", ())],
        "promise": model.limit_line(values.get("promise_limit")) if registered or values.get("handled_as") != "即办件" else "当场办结",
        "legal": model.limit_line(values.get("legal_limit")), "counted": not registered and model.has_days(values), "remedies": model.remedies(values, registered),
        "cases": model.cases(found, _at_pair(request)), "official": model.rows_of_facts(values, org_name),
        "related": model.related(columns, found.guide), "topics": [*values.get("person_topics", ()), *values.get("legal_topics", ())],
        "changed": len(moments_of(context)) > 1, "stamp": clock.stamp, "quote": quote, "not_given": model.NOT_GIVEN, "paper": False,
        "withdrawal": _banner(found), "successors": successors(site, _banner(found)), "suspended": values.get("state") == "挂起"}


def _banner(found: Effective) -> Any:
    """The withdrawal that stands over the guide although it can be read; of the 情形, the item or its directory item."""
    documents = (found.case, found.item, directory_of(found.item))
    return next((document.withdrawal for document in documents if document is not None and document.withdrawal is not None), None)


def successors(site: Any, withdrawal: Any) -> list[tuple[str, str]]:
    """(path, name) of what takes the place of something withdrawn (拆分为、并入), as far as it is public."""
    found = [site.document(uid) for uid in withdrawal.successors] if withdrawal is not None else []
    return [(path_of(document), kind_of(document.kind).heading(document.live.values)) for document in found if document is not None and document.live is not None]


def _with_forms(site: Any, rows: list[dict[str, Any]], path: str, pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Material rows with the addresses of their blank and filled form: an uploaded file, or the page made from the material's fields."""
    def form(row: dict[str, Any], chosen: list[tuple[str, str]]) -> str:
        return f"{path}/form{tail(chosen)}" if row["blank"] else ""
    made = []
    for row in rows:
        blank, sample = find(site, row.get("blank_file") or ""), find(site, (row.get("sample") or {}).get("file") or "")
        made.append({**row, "blank_href": file_path(blank) if blank is not None else form(row, [("m", row["key"]), *pairs]),
                     "sample_href": file_path(sample) if sample is not None else form(row, [("m", row["key"]), ("kind", "sample"), *pairs])})
    return made


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
    data = context_values(found, request, context)
    data["name"] = found.values["item_name"]
    return render(request, "guide.pt", guide_page(found, request, data), **data)


def _children_page(context: Document, request: Any, found: Effective) -> Any:
    name = found.values["name"]
    page = request.page(name, section="/services", crumbs=(("/services", "我要办"),), meta=column_tags("办事指南", "办事服务", name, "办事指南"))
    rows = [(path_of(document), edition.head["name"]) for document, edition in cases_of(context, found.at)]
    return render(request, "variants.pt", page, name=name, rows=rows, withdrawal=_banner(found), successors=successors(request.site, _banner(found)), note=(found.values.get("register") or {}).get("note") or "",
                  org_name=found.org_name or request.columns.org_name(found.values.get("org") or ""))


def handling_view(context: Document, request: Any) -> Any:
    """A registered 办理项 has a page of its own; a 情形 of an own item is a choice on the item's page."""
    there = elsewhere(context, request)
    if there is not None:
        return there
    found = resolve(context, request)
    data = context_values(found, request, context)
    data["name"] = found.values["name"]
    return render(request, "guide.pt", guide_page(found, request, data), **data)


def guide_view(context: Document, request: Any) -> Any:
    """There is one guide an item, on the item's page (R4.2.2.12)."""
    offered(context)
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
    return render(request, "variants.pt", page, name=values["name"], rows=rows, note=(values.get("register") or {}).get("note") or "", org_name="",
                  withdrawal=context.withdrawal, successors=successors(request.site, context.withdrawal))


def print_view(context: Document, request: Any) -> Any:
    """The guide on paper: only the chosen 情形, without frame, with a QR code back to the page."""
    there = elsewhere(context, request, "/print")
    if there is not None:
        return there
    found = resolve(context, request)
    if found.values.get("unlisted"):
        return HTTPFound(location=path_of(context))
    data = context_values(found, request, context)
    data["name"] = found.values["item_name"] if context.kind == "ImplementationItem" else found.values["name"]
    page = guide_page(found, request, data, title=data["name"] + "（打印版）")
    page.noindex = True
    data |= {"paper": True, "printed": clock.stamp(clock.now())[:10]}
    return render(request, "guide-print.pt", page, **data)


def qr_view(context: Document, request: Any) -> Response:
    """QR code of the page's address as SVG. 404 for a 情形 or a time that has no page."""
    there = elsewhere(context, request, "/qr.svg")
    if there is not None:
        return there
    found = resolve(context, request)
    out = BytesIO()
    segno.make(base_url(request) + path_of(context) + tail(chosen(found, context, request)), error="m").save(
        out, kind="svg", scale=6, border=4, svgclass=None, lineclass=None, xmldecl=False, light="#fff", omitsize=False)
    return Response(out.getvalue(), content_type="image/svg+xml")


def history_view(context: Document, request: Any) -> Any:
    """What changed between two moments, element by element (R4.2.5.6)."""
    there = elsewhere(context, request, "/history")
    if there is not None:
        return there
    found, times = resolve(context, request), moments_of(context)
    changes = [(newer, _differences(context, older, newer)) for newer, older in zip(times, times[1:], strict=False)]
    name = found.values["item_name"] if context.kind == "ImplementationItem" else found.values["name"]
    page = request.page(f"{name}：以前的版本", section="/services", crumbs=(("/services", "我要办"), (path_of(context), name)), here="以前的版本", noindex=True,
                        meta=column_tags("办事指南", "办事服务", name, "办事指南"))
    return render(request, "history.pt", page, name=name, path=path_of(context), changes=changes, first=times[-1] if times else None,
                  stamp=clock.stamp, exact=clock.exact, quote=quote)


def _differences(document: Document, older: datetime, newer: datetime) -> list[tuple[str, str, str]]:
    """(element, before, after) between what was in force at two moments."""
    try:
        before, after = effective(document, older), effective(document, newer)
    except LookupError:
        return []
    titles = {node.name: node.title for kind in ("ImplementationItem", "DirectoryItem") for node in kind_of(kind).schema.children}
    found = [(title, _words(before.values.get(name)), _words(after.values.get(name)))
             for name, title in titles.items() if before.values.get(name) != after.values.get(name)]
    former = {part.uid: edition for _, part, edition in before.editions}
    for role, part, edition in after.editions:
        old = former.get(part.uid)
        if role in ("办事指南", "机构", "地点") and old is not None and old is not edition:
            found += _changed_part(part, role, old, edition)
    return found


def _changed_part(part: Document, role: str, old: Edition, new: Edition) -> list[tuple[str, str, str]]:
    """The changed fields of a guide or a shared record, its name before them."""
    before, after = old.values, new.values
    name = f"{role}“{before['name']}”" if before.get("name") else role
    return [(f"{name}：{node.title}", _words(before.get(node.name)), _words(after.get(node.name)))
            for node in kind_of(part.kind).schema.children if before.get(node.name) != after.get(node.name)]


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
        config.add_page(qr_view, kind=kind, name="qr.svg", params=PARAMS)
        config.add_page(history_view, kind=kind, name="history", params=PARAMS)
