"""The verbs that write the content tree: create, save a draft, publish, schedule, withdraw, restore, move.

Each verb first finds the human reasons why it cannot run and raises ``Refused`` with them; else it changes the tree and
writes journal, audit and epoch in the same transaction. The caller commits. No other module writes the tree; ``adopt`` takes over the state
of an export with these verbs.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import colander
from BTrees.OOBTree import OOBTree

from ..base.clock import now as clock_now
from ..base.clock import parse
from . import rules
from .fields import problems
from .kinds import kind_of
from .model import Document, Edition, Folder, Withdrawal, path_of
from .site import Site, find_site

WITHDRAWAL_MODES = ("banner", "gone", "redirect")


@dataclass(frozen=True)
class Reason:
    """Why a verb cannot run: the field (or ''), what is wrong and what to do, and the rule's source."""

    field: str
    message: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.field}：{self.message}" if self.field else self.message


class Refused(Exception):
    """The verb did nothing. ``reasons`` says why, for people."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("；".join(str(reason) for reason in reasons))
        self.reasons = reasons


def clean(kind: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Values checked by the kind's schema. Refused with one reason a fault."""
    try:
        return kind_of(kind).validate(raw)
    except colander.Invalid as error:
        raise Refused(*(Reason(field, message) for field, message in problems(error))) from None


def _identity_reasons(site: Site, document: Document | None, kind: str, values: dict[str, Any]) -> list[Reason]:
    uid = document.uid if document is not None else None
    found = [Reason(fault.field, fault.message, fault.source) for fault in rules.violations(kind, values, "identity")]
    for code in kind_of(kind).codes(values):
        holder = site.codes.get(code)
        if holder is not None and holder != uid:
            other = site.document(holder)
            found.append(Reason("编码", f"{code.removeprefix('BASIC:')} 已由 {path_of(other) if other is not None else '已取消的事项'} 使用，"
                                        "编码不可重复使用", "RA1.7"))
    for field, folder, slug in kind_of(kind).references(values):
        if site.shared(folder, slug) is None:
            found.append(Reason(field, f"没有标识为“{slug}”的共享记录，请先建立它"))
    return found


def publish_reasons(document: Document, values: dict[str, Any]) -> list[Reason]:
    """Why these values cannot go live: identity rules, and for complete kinds the publish rules."""
    found = _identity_reasons(find_site(document), document, document.kind, values)
    if not (values.get("register") or {}).get("source"):
        found += [Reason(fault.field, fault.message, fault.source) for fault in rules.violations(document.kind, values, "publish", document)]
    return found


def create(parent: Folder, name: str, kind: str, *, uid: str | None = None, actor: str) -> Document:
    """A new document without an edition at ``parent/name``; its first publication is what the audit tells.

    Refused when the place or the id is taken."""
    site = find_site(parent)
    if not name or not all(char.isascii() and (char.isalnum() or char in "-_.") for char in name) or len(name) > 80:
        raise Refused(Reason("标识", f"“{name[:80]}”不能作地址：请用不超过 80 个的英文字母、数字和连字符"))
    if name in parent:
        raise Refused(Reason("标识", f"{path_of(parent)}/{name} 已有内容，请换一个标识"))
    if uid is not None and uid in site.documents:
        raise Refused(Reason("编号", f"内容编号 {uid} 已在使用"))
    document = Document(kind_of(kind).name, uid)
    parent.attach(name, document)
    site.documents[document.uid] = document
    site.redirects.pop(path_of(document), None)
    site.journal.record(document.uid, only=("desk",))
    return document


def save_draft(document: Document, values: dict[str, Any], *, actor: str, note: str = "", base: str | None = None,
               at: datetime | None = None) -> Edition:
    """Keep ``values`` as the draft. ``base``: uid of the edition the editor began from; Refused when another came between."""
    current = document.draft or document.live
    if base is not None and current is not None and current.uid != base:
        raise Refused(Reason("", "您编辑期间有人保存了另一份，请比较两份内容后再保存", "architecture §4"))
    draft = _draft(document, values, actor, note, at or clock_now())
    find_site(document).audit.record("content.draft", actor=actor, target=document.uid, at=at or clock_now())
    return draft


def _draft(document: Document, values: dict[str, Any], actor: str, note: str, at: datetime) -> Edition:
    head, detail = kind_of(document.kind).split(values)
    document.last_number += 0 if document.draft is not None else 1
    document.draft = Edition(document.last_number, head, detail, author=actor, note=note, created=at)
    find_site(document).journal.record(document.uid, only=("desk",))
    return document.draft


def publish(document: Document, *, actor: str, at: datetime | None = None, ends: datetime | None = None, since: datetime | None = None) -> Edition:
    """Make the draft live at ``at`` (default now; a later time schedules it). Refused with the reasons.

    ``since`` is for import alone: when another installation published it, in the past; its end may then be past too."""
    now, draft = clock_now(), document.draft
    if draft is None:
        raise Refused(Reason("", "没有可以发布的草稿"))
    reasons = publish_reasons(document, draft.values)
    ends = ends or _expiry(draft.values)
    if at is not None and at < now:
        reasons.append(Reason("上线时间", "不能早于现在，发布时间不得倒填", "C3"))
    if since is not None and since > now:
        reasons.append(Reason("上线时间", "导入的发布时间不能晚于现在", "C3"))
    if ends is not None and ends <= (since or at or now):
        reasons.append(Reason("下线时间", "要晚于上线时间和现在", "R4.1.2.3"))
    if at is not None and any(edition.starts == at for edition in document.scheduled):
        reasons.append(Reason("上线时间", "同一时刻已有一版排定，请换一个时间"))
    if reasons:
        raise Refused(*reasons)
    before = document.live.starts if document.live is not None else None
    starts = since if since is not None and (before is None or since >= before) else at or now
    draft.starts, draft.ends, draft.published_by, document.draft = starts, ends, actor, None
    site = find_site(document)
    if at is not None and at > now:
        document.scheduled = tuple(sorted((*document.scheduled, draft), key=lambda edition: edition.starts or now))
        site.due[(at, document.uid)] = "start"
        site.journal.record(document.uid, only=("desk",))
        site.audit.record("content.schedule", actor=actor, target=document.uid, after=at.isoformat(), at=now)
    else:
        _go_live(document, draft, actor, now)
    return draft


def _expiry(values: dict[str, Any]) -> datetime | None:
    """The moment after which the content must not be offered, when it says one."""
    return parse(values["expires"]) if values.get("expires") else None


def _go_live(document: Document, edition: Edition, actor: str, now: datetime) -> None:
    site, kind, before = find_site(document), kind_of(document.kind), document.live
    if before is not None:
        before.ends = edition.starts
        document.supersede(before)
    edition.published_at = now
    _offer_again(site, document, now)
    document.live = edition
    document.first_published = document.first_published or edition.starts
    for code in kind.codes(edition.values):
        site.codes[code] = document.uid
    if edition.ends is not None:
        site.due[(edition.ends, document.uid)] = "end"
    _announce(site, document)
    site.audit.record("content.publish", actor=actor, target=document.uid, before=before.uid if before is not None else None,
                      after=edition.uid, at=now)


def _announce(site: Site, document: Document) -> None:
    """Journal what changed for readers: the document and, because names are inherited, all below; a guide's item too."""
    site.journal.record(document.uid)
    stack: list[Any] = list(document.values())
    while stack:
        child = stack.pop()
        if isinstance(child, Document):
            site.journal.record(child.uid)
        stack.extend(child.values())
    if document.kind == "Guide" and isinstance(document.__parent__, Document):
        _announce_item(site, document.__parent__)
    site.epoch.change(1)


def _announce_item(site: Site, item: Document) -> None:
    site.journal.record(item.uid)
    for child in item.values():
        if isinstance(child, Document):
            site.journal.record(child.uid)


def put(document: Document, raw: dict[str, Any], *, actor: str, at: datetime | None = None, note: str = "", since: datetime | None = None,
        ends: datetime | None = None) -> bool:
    """Clean, draft and publish in one step (import, init). Returns False when the live edition says the same already.

    ``since``, ``ends``: the times of an exported edition, see ``publish``."""
    values = clean(document.kind, raw)
    if document.live is not None and document.live.values == values and document.withdrawal is None:
        return False
    _draft(document, values, actor, note, at or clock_now())
    publish(document, actor=actor, since=since, ends=ends)
    return True


def take_effect(site: Site, *, now: datetime | None = None, limit: int = 100) -> int:
    """Carry out scheduled starts and ends that are due; called by the worker each second. Returns how many were done."""
    now, done = now or clock_now(), 0
    for (when, uid), what in list(site.due.items(max=(now, "\uffff")))[:limit]:
        del site.due[(when, uid)]
        document = site.document(uid)
        if document is None:
            continue
        if what == "start":
            for edition in [edition for edition in document.scheduled if edition.starts <= when]:
                document.scheduled = tuple(other for other in document.scheduled if other is not edition)
                _go_live(document, edition, edition.published_by, now)
        elif document.live is not None and document.live.ends == when:
            ended = document.live
            document.supersede(ended)
            document.live = None
            _set_withdrawal(site, document, Withdrawal("到期下线", "gone", when, ended.published_by))
            _announce(site, document)
            site.audit.record("content.expire", actor="system", target=uid, at=now)
        done += 1
    return done


def withdraw(document: Document, *, reason: str, mode: str, actor: str, to: str = "", at: datetime | None = None) -> None:
    """Take a document out of the lists: still readable with a banner, gone (410), or redirected to ``to``.

    Refused when ``to`` is no place, is the document itself or lies below it, or when the reader would be sent on twice."""
    site, now = find_site(document), at or clock_now()
    reasons = []
    if not reason.strip():
        reasons.append(Reason("撤回原因", "必填，读者会看到它"))
    if mode not in WITHDRAWAL_MODES:
        reasons.append(Reason("撤回方式", "请选：保留并提示、不再提供、转到别处"))
    if mode == "redirect":
        reasons += _redirect_reasons(site, document, to)
    if document.live is None:
        reasons.append(Reason("", "这份内容没有公开，不用撤回"))
    if reasons:
        raise Refused(*reasons)
    _set_withdrawal(site, document, Withdrawal(reason.strip(), mode, now, actor, path_of(site.at(to)) if mode == "redirect" else ""))
    _announce(site, document)
    site.audit.record("content.withdraw", actor=actor, target=document.uid, reason=reason.strip(), at=now)


def _within(path: str, top: str) -> bool:
    return path == top or path.startswith(top + "/")


def _redirect_reasons(site: Site, document: Document, to: str) -> list[Reason]:
    """Why the document cannot lead to ``to``: one redirect must end at a page, never at another redirect or where it began."""
    place = site.at(to) if to.strip("/") else None
    if place is None:
        return [Reason("转到", f"站内没有“{to}”这个地址")]
    own, reasons = path_of(document), []
    if _within(path_of(place), own):
        reasons.append(Reason("转到", "不能转到这份内容自己或它的下面，读者会一直转圈，请写另一个地址"))
    while isinstance(place, Document):
        if place is not document and place.withdrawal is not None and place.withdrawal.mode == "redirect":
            reasons.append(Reason("转到", f"{path_of(place)} 自己也转到别处（{place.withdrawal.to}），请直接写最后的地址"))
        place = place.__parent__
    for uid, path in (site.leads or {}).items():
        other = site.document(uid)
        if uid != document.uid and other is not None and _within(path, own):
            reasons.append(Reason("转到", f"{path_of(other)} 正转到这里，请先把它改为转到最后的地址"))
    return reasons


def _set_withdrawal(site: Site, document: Document, withdrawal: Withdrawal | None) -> None:
    """Keep it with the document, and a redirect also in ``site.leads``."""
    document.withdrawal = withdrawal
    if withdrawal is not None and withdrawal.mode == "redirect":
        if site.leads is None:
            site.leads = OOBTree()
        site.leads[document.uid] = withdrawal.to
    elif site.leads is not None:
        site.leads.pop(document.uid, None)


def _offer_again(site: Site, document: Document, now: datetime) -> None:
    """End a withdrawal; how long the document could not be read is remembered."""
    document.end_withdrawal(now)
    _set_withdrawal(site, document, None)


def close(document: Document, withdrawal: Withdrawal, *, actor: str) -> None:
    """Say why a document without a live edition is no longer offered, as its export did (it had come to its end)."""
    site = find_site(document)
    _set_withdrawal(site, document, withdrawal)
    _announce(site, document)
    site.audit.record("content.withdraw", actor=actor, target=document.uid, reason=withdrawal.reason, at=clock_now())


def configure(site: Site, settings: dict[str, Any], pins: list[str], *, actor: str) -> bool:
    """Set the site's own settings and the recommended documents; returns whether anything changed."""
    if site.settings == settings and list(site.pins) == pins:
        return False
    site.audit.record("site.configure", actor=actor, before=site.settings, after=settings, at=clock_now())
    site.settings, site.pins[:] = settings, pins
    site.epoch.change(1)
    return True


def restore(document: Document, *, actor: str, at: datetime | None = None) -> None:
    """Offer a withdrawn document again."""
    if document.withdrawal is None or document.live is None:
        raise Refused(Reason("", "这份内容没有被撤回，或已没有可以恢复的版本"))
    site, now = find_site(document), at or clock_now()
    _offer_again(site, document, now)
    _announce(site, document)
    site.audit.record("content.restore", actor=actor, target=document.uid, at=now)


def move(document: Document, parent: Folder, name: str, *, actor: str, at: datetime | None = None) -> None:
    """Give a document another place; its former path and those below redirect to it."""
    site = find_site(document)
    reasons = []
    if name in parent and parent[name] is not document:
        reasons.append(Reason("标识", f"{path_of(parent)}/{name} 已有内容，请换一个标识"))
    above: Any = parent
    while above is not None:
        if above is document:
            reasons.append(Reason("位置", "不能移到自己的下面"))
            break
        above = above.__parent__
    if path_of(document).startswith("/shared/"):
        reasons.append(Reason("位置", "共享记录的标识被许多内容引用，不能移动；请改名称"))
    target = path_of(parent).rstrip("/") + "/" + name
    leads = dict(site.leads or {})
    if leads and leads.keys() & {below.uid for below in [document, *_below(document)]} and any(_within(path, target) for path in leads.values()):
        reasons.append(Reason("位置", f"有内容撤回后转到 {target}，要移的内容里也有转到别处的，读者会转两次；请先改它们"))
    if reasons:
        raise Refused(*reasons)
    for below in [document, *_below(document)]:
        old = path_of(below)
        site.redirects[old] = below.uid
        below.path_history = (*below.path_history, old)
    document.__parent__.detach(document.__name__)
    parent.attach(name, document)
    for below in [document, *_below(document)]:
        site.redirects.pop(path_of(below), None)
    _announce(site, document)
    site.audit.record("content.move", actor=actor, target=document.uid, after=path_of(document), at=at or clock_now())


def _below(place: Folder) -> list[Document]:
    found: list[Document] = []
    for child in place.values():
        if isinstance(child, Document):
            found.append(child)
            found.extend(_below(child))
    return found
