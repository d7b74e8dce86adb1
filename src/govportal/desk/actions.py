"""The actions of the review on one document: what will happen, what stands against it, what must be entered, and then doing it.

Owns ``/desk/doc/{uid}/act``. What may be done when by whom is ``content.publication``'s; the page shows its reasons and carries the edition that the
person saw. A second click, or a click after somebody else's, is told what is so now; nothing is done twice and nothing typed is lost.
"""
from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPNotFound

from ..base import clock
from ..content import emergency, publication, publish
from ..content.differences import differences
from ..content.history import edition_of
from ..content.model import Document, Edition, path_of
from ..content.publication_table import DRAFT_STAGES, TABLE
from ..web.modes import posted
from ..workflow.reasons import Reason, Refused
from ..workflow.table import Row
from .actionforms import Remarked, fields_of, inputs_of, known_field, places, remark_field, remark_options, remarks_of, typed
from .dochead import document_page
from .forms.picks import picks_of
from .shell import see_other
from .simple import Field, with_errors
from .telling import told
from .waiting import waiting_in

# action -> (icon, what it means for the reader and the text, look of its button: '' filled, '-2' plain, '-bad')
WORDS = {
    "submit": ("share", "送审以后稿子不能再改；要改，先撤回送审。", ""),
    "recall": ("rotate-clockwise", "稿子回到起草，审过的步骤要重新走。", "-2"),
    "approve": ("circle-check", "", ""), "clear": ("circle-check", "", ""), "sign": ("circle-check", "签发以后可以发布，马上或到时。", ""),
    "return": ("corner-down-left", "稿子退给编写的人，意见显示在各个字段旁边。", "-2"),
    "publish": ("world", "", ""), "unschedule": ("x", "到时不再上线，稿子回到“已签发待发布”。", "-bad"),
    "withdraw": ("trash", "读者的列表和搜索里不再有它。", "-bad"), "restore": ("world", "读者又能看到它，列表和搜索里也有。", ""),
    "override": ("bolt", "不经审核马上公开。24 小时内要由另一名站点管理员确认。", "-bad"), "confirm": ("circle-check", "确认以后这一版正式留用。", ""),
    "discard": ("trash", "", "-bad"), "assign": ("user-circle", "", "-2"), "rebase": ("circle-check", "表示您已把新公开的改动并进草稿。", "-2"),
}
DONE = {"submit": "已送审", "recall": "已撤回送审，可以接着改", "approve": "已通过", "clear": "已通过", "sign": "已签发", "return": "已退回", "publish": "已发布", "unschedule": "已取消排定",
        "withdraw": "已撤回", "restore": "已重新公开", "override": "已应急发布，等另一名站点管理员确认", "confirm": "已确认", "discard": "已删除", "assign": "已记下经办人", "rebase": "已记下，可以送审了"}
DECISIONS = ("approve", "clear", "sign", "return")
ANYWAY = ("save", "start", "expire", "undo")          # done in the edit page, or by the clock


def buttons(request: Any, document: Document) -> list[dict[str, Any]]:
    """What the person may do here, for any page about the document: action, title, address, look, and why not now."""
    return [{"action": offer.action, "title": offer.title, "href": href_of(document, offer.action), "icon": WORDS[offer.action][0], "look": WORDS[offer.action][2],
             "reasons": [str(reason) for reason in offer.reasons]} for offer in publication.available(document, request.actor) if offer.action in WORDS]


def href_of(document: Document, action: str, **more: str) -> str:
    return f"/desk/doc/{document.uid}/act?" + urlencode([("do", action), *more.items()])


def act_view(context: Document, request: Any) -> Any:
    """What the action would do, its inputs, and what stands against it."""
    action = request.query("do")
    offer = _offer(context, request, action)
    if offer is None:
        return _not_offered(context, request, action)
    field = request.query("field")
    rows = [Remarked(remark_field(context, field))] if action == "return" else []
    return _form(context, request, offer, fields_of(request, context, action, (*offer.needs, *offer.asks)), rows)


def _offer(document: Document, request: Any, action: str) -> publication.Offer | None:
    """The offer of this action. 404 for what is no action that people do by a button."""
    if action not in TABLE.actions or action == "save":
        raise HTTPNotFound()
    return next((offer for offer in publication.available(document, request.actor) if offer.action == action), None)


def _not_offered(document: Document, request: Any, action: str) -> Any:
    """403 for a role the person lacks, 409 for a state in which it is not so any more, with what is so now."""
    titles = [row for row in TABLE.rows if row.action == action]
    reasons = publication.why_not(document, action, request.actor)
    state = publication.row_of(document, action) is None and any(offer.action not in ANYWAY for offer in publication.available(document, request.actor))
    role = any(reason.message.endswith("您在这里没有") for reason in reasons)
    return document_page(request, document, "desk/act-not.pt", titles[0].title, now="", status=403 if role else 409, reasons=[str(reason) for reason in reasons], role=role,
                         offers=buttons(request, document) if state or not role else [], waits=_waits(request, document))


def _waits(request: Any, document: Document) -> list[Any]:
    stage = publication.stage_of(document)
    return waiting_in(request, document, stage) if stage else []


def _touched(document: Document, row: Row | None) -> Edition | None:
    """The edition that the action would change."""
    if row is not None and row.action == "unschedule":
        return document.scheduled[0] if document.scheduled else None
    return document.draft if row is not None and set(row.sources) & set(DRAFT_STAGES) else document.live


def _form(document: Document, request: Any, offer: publication.Offer, fields: list[Field], rows: list[Remarked], *, errors: list[tuple[str, str]] | None = None,
          status: int = 200, seen: str = "", focus: int = -1) -> Any:
    row = publication.row_of(document, offer.action)
    touched = _touched(document, row)
    icon, words, look = WORDS[offer.action]
    stale = edition_of(document, seen) if seen and touched is not None and seen != touched.uid else None
    if offer.action == "unschedule":
        fields = [*_which(document, seen), *fields]
    return document_page(
        request, document, "desk/act.pt", offer.title, now="", scripts=("desk-act.js",), status=status, errors=errors, action=offer.action, fields=fields, words=words, look=look, icon_name=icon,
        against=[str(reason) for reason in offer.reasons], effects=effects(request, document, offer.action, row), touched=touched.uid if touched is not None else "",
        rows=rows, options=remark_options(document, [one.field for one in rows]) if offer.action == "return" else [], focus=focus, draft_row=row is not None and bool(set(row.sources) & set(DRAFT_STAGES)),
        changed=told(document.kind, stale.values, touched.values, picks_of(request, document)) if stale is not None and touched is not None else [], differing=_differing(document),
        compare=compare_href(document) if offer.action == "confirm" else "")


def _which(document: Document, chosen: str) -> list[Field]:
    options = tuple((edition.uid, f"第 {edition.number} 版，{clock.stamp(edition.starts) if edition.starts is not None else ''} 上线") for edition in document.scheduled)
    return [Field("base", "取消哪一版", chosen or (options[0][0] if options else ""), kind="select", options=options)]


def compare_href(document: Document) -> str:
    """Where an emergency's text stands beside what was public before; '' when nothing was."""
    waits, live = emergency.pending(document), document.live
    former = document.edition(waits.former) if waits is not None and waits.former else None
    return f"/desk/doc/{document.uid}/history?" + urlencode([("from", former.uid), ("to", live.uid)]) if former is not None and live is not None else ""


def _differing(document: Document) -> str:
    """How the draft stands to what is public, in words."""
    if document.draft is None or document.live is None:
        return ""
    count = len(differences(document.kind, document.live.values, document.draft.values))
    return f"与公开的第 {document.live.number} 版有 {count} 处不同" if count else f"与公开的第 {document.live.number} 版一样"


def effects(request: Any, document: Document, action: str, row: Row | None) -> list[str]:
    """What the action brings: for the reader, for the text, and who is next."""
    live, found = document.live, []
    public = live is not None and document.withdrawal is None
    if action == "publish":
        found.append(f"读者看到新的一版，现在的第 {live.number} 版进历史。" if public and live is not None else "读者从此能看到它，列表和搜索里也有。")
        found.append("定时发布的，到时自动上线，之前读者看到的不变。")
    elif action == "override":
        back = f"自动退回第 {live.number} 版" if live is not None else "自动撤下"
        found.append(f"没有人按时确认，{clock.stamp(clock.now() + timedelta(hours=emergency.HOURS))} {back}，并记入审计。")
    elif action == "confirm":
        waits = emergency.pending(document)
        found += [f"{waits.name}于 {clock.stamp(waits.at)} 应急发布，原因：{waits.reason}", f"不确认的话，{clock.stamp(waits.until)} 自动撤销。"] if waits is not None else []
    elif action == "discard":
        found.append("它从来没有公开过，整篇删除，不能找回。" if publish.never_public(document) else "草稿留在历史里，公开的内容不变。")
    elif action in ("withdraw", "restore", "unschedule", "assign"):
        pass
    else:
        found.append("公开的内容不变。" if public else "读者现在看不到它。")
    if row is not None and row.target in DRAFT_STAGES and action != "unschedule":
        found += [_next_words(one) for one in waiting_in(request, document, row.target)]
    return found


def _next_words(one: Any) -> str:
    if not one.names:
        return f"下一步等{one.role}，但现在没有人能在这里{one.role}，请联系安全管理员授权。"
    return f"下一步等{one.role}：{'、'.join(one.names)}{f'等 {len(one.names) + one.more} 人' if one.more else ''}。"


def act_post(context: Document, request: Any) -> Any:
    """Do it; or show the form again with what is wrong, what was typed and what is so now."""
    action, base = posted(request, "do"), posted(request, "base")
    offer = _offer(context, request, action)
    if offer is None:
        return _not_offered(context, request, action)
    fields = typed(request, fields_of(request, context, action, (*offer.needs, *offer.asks)))
    rows = remarks_of(request) if action == "return" else []
    if posted(request, "row"):
        return _rows_changed(context, request, offer, fields, rows, base)
    try:
        inputs = inputs_of(action, fields)
        _own_checks(context, fields, rows)
        remarks = [(row.field, row.text) for row in rows if row.text.strip()]
        before = path_of(context)
        publication.act(context, action, request.actor, base=base, remarks=remarks, **inputs)
    except Refused as refused:
        return _again(context, request, offer, fields, rows, refused, base)
    at = inputs.get("at")
    return _done(context, request, action, before, at if at is not None and at > clock.now() else None)


def _rows_changed(document: Document, request: Any, offer: publication.Offer, fields: list[Field], rows: list[Remarked], base: str) -> Any:
    """A row more or less, for browsers without script; nothing is done."""
    what = posted(request, "row")
    if what == "add":
        rows = [*rows, Remarked()]
    elif what.isascii() and what.isdigit() and int(what[:4]) < len(rows):
        rows = [row for number, row in enumerate(rows) if number != int(what[:4])]
    return _form(document, request, offer, fields, rows or [Remarked()], seen=base, focus=len(rows) - 1)


def _own_checks(document: Document, fields: list[Field], rows: list[Remarked]) -> None:
    """A choice that is none of those offered, a field that the kind does not have."""
    for one in fields:
        if one.kind == "select" and one.value not in {value for value, _ in one.options}:
            raise Refused(Reason("经办人" if one.name == "to" else one.label, "请从列出的里面选"))
    wrong = next((row for row in rows if not known_field(document, row.field)), None)
    if wrong is not None:
        raise Refused(Reason("退回意见", f"没有“{wrong.field[:40]}”这个字段，请重新选"))


def _again(document: Document, request: Any, offer: publication.Offer, fields: list[Field], rows: list[Remarked], refused: Refused, base: str) -> Any:
    names = {one.name for one in fields} | ({"text-0"} if offer.action == "return" else set())
    found = places(refused.reasons, names)
    stale = any("您打开以后内容又改过" in reason.message for reason in refused.reasons)
    known = {str(reason) for reason in offer.reasons}
    shown = [(name, words) for name, words in found if words not in known] or found
    return _form(document, request, offer, with_errors(fields, [pair for pair in shown if pair[0] and pair[0] != "text-0"]),
                 rows or ([Remarked()] if offer.action == "return" else []), errors=shown, status=409 if stale else 422, seen=base)


def _done(document: Document, request: Any, action: str, before: str, planned: Any) -> Any:
    words = DONE[action]
    if action == "publish" and planned is not None:
        words = f"已排定，{clock.stamp(planned)} 上线"
    waits = _waits(request, document) if document.draft is not None and action in ("submit", *DECISIONS) else []
    note = f"{words}。{' '.join(_next_words(one) for one in waits)}"
    if action == "discard" and document.__parent__ is None:
        return see_other(request, "/desk", f"已删除 {before}")
    where = "/desk/overrides" if action in ("override", "confirm") and request.actor.holds_any("site") else f"/desk/doc/{document.uid}/review"
    return see_other(request, where, note)


def includeme(config: Any) -> None:
    config.add_desk_page(act_view, name="act", path="/desk/doc/{uid}/act", permission="content.work", params=("do", "field"), post=act_post)

