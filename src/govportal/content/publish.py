"""The verbs that write the content tree: create, save a draft, publish, schedule, withdraw, restore, move.

Each verb first finds the human reasons why it cannot run and raises ``Refused`` with them; else it changes the tree and
writes journal, audit and epoch in the same transaction. The caller commits. These verbs ask nobody's role and know no review: ``publication``
does for the desk; imports and the worker call them as they are. ``adopt`` takes over the state of an export with them.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any

import colander

from ..base.clock import now as clock_now
from ..base.clock import parse
from ..workflow.reasons import Reason, Refused
from . import codes, rules
from .emergency import undo_due
from .fields import problems
from .filerefs import references
from .kinds import kind_of
from .live import announce, end_live, go_live, offer_again, redirect_reasons, refer, set_withdrawal, within
from .model import Detail, Document, Edition, Folder, Withdrawal, path_of
from .site import Site, find_site

WITHDRAWAL_MODES = ("banner", "gone", "redirect")
KEEP_DRAFTS = 20        # former drafts of the edition in work, unless the site's settings say ``keep_drafts``


def clean(kind: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Values checked by the kind's schema. Refused with one reason a fault."""
    try:
        return kind_of(kind).validate(raw)
    except colander.Invalid as error:
        raise Refused(*(Reason(field, message) for field, message in problems(error))) from None


def clean_draft(kind: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Values of a draft: what is there is checked as ``clean`` does, required fields may be missing ('' or None)."""
    try:
        return kind_of(kind).validate_draft(raw)
    except colander.Invalid as error:
        raise Refused(*(Reason(field, message) for field, message in problems(error))) from None


def _identity_reasons(site: Site, document: Document | None, kind: str, values: dict[str, Any]) -> list[Reason]:
    uid = document.uid if document is not None else None
    found = [Reason(fault.field, fault.message, fault.source) for fault in rules.violations(kind, values, "identity")]
    for code in kind_of(kind).codes(values):
        holder = codes.holder(site, code)
        if holder and holder != uid:
            other = site.document(holder)
            found.append(Reason("编码", f"{code.removeprefix('BASIC:')} 已由 {path_of(other) if other is not None else '已取消的事项'} 使用，"
                                        "编码不可重复使用", "RA1.7"))
    for field, folder, slug in kind_of(kind).references(values):
        record = site.shared(folder, slug)
        if record is None:
            found.append(Reason(field, f"没有标识为“{slug}”的共享记录，请先建立它"))
        elif record.live is None and not record.superseded:
            found.append(Reason(field, f"共享记录“{slug}”还没有公开，请先发布它"))
    return found


def publish_reasons(document: Document, values: dict[str, Any]) -> list[Reason]:
    """Why these values cannot go live: required fields, identity rules, and for complete kinds the publish rules."""
    found = [Reason(title, f"“{title}”必填") for title in kind_of(document.kind).missing(values)]
    found += _identity_reasons(find_site(document), document, document.kind, values)
    if not (values.get("register") or {}).get("source"):
        found += [Reason(fault.field, fault.message, fault.source) for fault in rules.violations(document.kind, values, "publish", document)]
    return found + _file_reasons(find_site(document), values)


def _file_reasons(site: Site, values: dict[str, Any]) -> list[Reason]:
    """Files that the values refer to and the library does not have."""
    named = references(values)
    lost = sorted(named) if site.files is None else site.files.missing(named)
    return [Reason("附件", f"没有编号为 {uid} 的文件，请重新上传或去掉它") for uid in lost]


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
    bases = _bases(document)
    if base is not None and bases and base not in bases:
        raise Refused(Reason("", "您编辑期间有人保存了另一份，请比较两份内容后再保存", "architecture §4"))
    at = at or clock_now()
    draft, site = _draft(document, values, actor, note, at), find_site(document)
    site.journal.record(document.uid, only=("desk",))
    site.audit.record("content.draft", actor=actor, target=document.uid, at=at)
    return draft


def _bases(document: Document) -> set[str]:
    """Ids of the editions from which an editor may begin: the draft, else what is live or will be, else the last that was."""
    if document.draft is not None:
        return {document.draft.uid}
    found = {edition.uid for edition in (document.live, *document.scheduled) if edition is not None}
    return found or {edition.uid for edition in document.superseded[:1]}


def _draft(document: Document, values: dict[str, Any], actor: str, note: str, at: datetime) -> Edition:
    """A fresh draft; of the one it replaces it keeps number, steps, remarks, writers and openness, but no step counts for the new text and
    it has to pass the secrecy check again."""
    head, detail = kind_of(document.kind).split(values)
    former = document.draft
    if former is None:
        document.last_number += 1
    draft = Edition(former.number if former is not None else document.last_number, head, detail, author=actor, note=note, created=at)
    if former is not None:
        draft.steps, draft.remarks, draft.openness, draft.base = former.steps, former.remarks, former.openness, former.base
        draft.writers = former.writers if actor in former.writers else (*former.writers, actor)
        draft.note, draft.change = note or former.note, former.change
        document.keep_draft(former, int(find_site(document).settings.get("keep_drafts") or KEEP_DRAFTS))
    else:
        draft.writers, draft.base = (actor,), document.live.uid if document.live is not None else ""
    document.draft = draft
    refer(document, values)
    return draft


def publish(document: Document, *, actor: str, at: datetime | None = None, ends: datetime | None = None, since: datetime | None = None,
            coded: bool = False) -> Edition:
    """Make the draft live at ``at`` (default now; a later time schedules it). Refused with the reasons. ``coded``: give an item the codes it lacks.

    ``since`` is for import alone: when another installation published it, in the past; its end may then be past too."""
    draft = document.draft
    if draft is None:
        raise Refused(Reason("", "没有可以发布的草稿"))
    number, values = draft.number, draft.values
    if coded:
        values |= codes.for_publication(find_site(document), document, values)
    _release(document, draft, values, actor=actor, at=at, ends=ends, since=since)
    document.draft = None
    document.forget_drafts(number)
    return draft


def _release(document: Document, edition: Edition, values: dict[str, Any], *, actor: str, at: datetime | None, ends: datetime | None,
             since: datetime | None) -> None:
    """Make ``edition`` live or schedule it."""
    now, ends = clock_now(), ends or _expiry(values)
    reasons = publish_reasons(document, values) + _time_reasons(document, now, at, ends, since)
    if reasons:
        raise Refused(*reasons)
    before = document.live.starts if document.live is not None else None
    if values != edition.values:                # codes that it got now; a draft may still be changed
        head, detail = kind_of(document.kind).split(values)
        edition.head, edition.detail = head, Detail(detail)
    starts = since if since is not None and (before is None or since >= before) else at or now
    edition.starts, edition.ends, edition.published_by = starts, ends, actor
    if at is None or at <= now:
        go_live(document, edition, actor, now)
        return
    site = find_site(document)
    document.scheduled = tuple(sorted((*document.scheduled, edition), key=lambda edition: edition.starts or now))
    site.due[(at, document.uid)] = "start"
    for code in kind_of(document.kind).codes(values):
        site.codes[code] = document.uid
    codes.take(site, document.uid, kind_of(document.kind).codes(values))
    site.journal.record(document.uid, only=("desk",))
    site.audit.record("content.schedule", actor=actor, target=document.uid, after=at.isoformat(), at=now)


def _time_reasons(document: Document, now: datetime, at: datetime | None, ends: datetime | None, since: datetime | None) -> list[Reason]:
    reasons = []
    if at is not None and at < now:
        reasons.append(Reason("上线时间", "不能早于现在，发布时间不得倒填", "C3"))
    if since is not None and since > now:
        reasons.append(Reason("上线时间", "导入的发布时间不能晚于现在", "C3"))
    if ends is not None and ends <= (since or at or now):
        reasons.append(Reason("下线时间", "要晚于上线时间和现在", "R4.1.2.3"))
    if at is not None and any(edition.starts == at for edition in document.scheduled):
        reasons.append(Reason("上线时间", "同一时刻已有一版排定，请换一个时间"))
    return reasons


def unschedule(document: Document, edition: Edition, *, actor: str) -> None:
    """Take a scheduled edition back as the draft. Refused when there is a draft already or the edition is not scheduled."""
    site = find_site(document)
    if document.draft is not None:
        raise Refused(Reason("", "另有一份草稿，请先发布或删除它，再取消排定"))
    if edition not in document.scheduled:
        raise Refused(Reason("", "这一版没有排定，可能已经上线或被取消，请刷新页面看看"))
    document.scheduled = tuple(other for other in document.scheduled if other is not edition)
    edition.starts = edition.ends = None
    edition.published_by, document.draft = "", edition
    kept = {code for other in (document.live, *document.scheduled) if other is not None for code in kind_of(document.kind).codes(other.values)}
    if document.first_published is None:
        for code in kind_of(document.kind).codes(edition.values):
            if code not in kept and site.codes.get(code) == document.uid:
                site.codes.pop(code)
    site.journal.record(document.uid, only=("desk",))
    site.audit.record("content.unschedule", actor=actor, target=document.uid, at=clock_now())


def assign(document: Document, to: str, *, actor: str) -> None:
    """Who is to see to it from now on: a staff uid, '' = nobody."""
    site = find_site(document)
    document.assignee = to
    site.journal.record(document.uid, only=("desk",))
    site.audit.record("content.assign", actor=actor, target=document.uid, after=to, at=clock_now())


def drop_scheduled(document: Document, *, actor: str) -> None:
    """Nothing that was planned will go live: one planned edition becomes the draft where there is none, others are kept as former drafts."""
    keep = int(find_site(document).settings.get("keep_drafts") or KEEP_DRAFTS)
    for edition in reversed(document.scheduled):
        former = document.draft
        document.draft = None
        unschedule(document, edition, actor=actor)
        if former is not None:
            document.keep_draft(edition, keep)
            document.draft = former


def never_public(document: Document) -> bool:
    """Whether nothing of it is, was or will be public: its draft is all there is."""
    return document.live is None and not document.scheduled and not document.superseded


def discard(document: Document, *, actor: str) -> bool:
    """Delete the draft, which stays among the former drafts; a document that was never public goes altogether (True). Refused with reasons."""
    site, draft = find_site(document), document.draft
    if draft is None:
        raise Refused(Reason("", "没有可以删除的草稿"))
    gone = never_public(document)
    if gone and any(True for _ in document.values()):
        raise Refused(Reason("", "它的下面还有内容，请先移走或删除下面的内容"))
    if gone:
        document.__parent__.detach(document.__name__)
        site.documents.pop(document.uid)
    else:
        document.keep_draft(draft, int(site.settings.get("keep_drafts") or KEEP_DRAFTS))
        document.last_number -= draft.number == document.last_number
    document.draft = None
    site.journal.record(document.uid, only=("desk",))
    site.audit.record("content.discard", actor=actor, target=document.uid, before=draft.values, at=clock_now())
    return gone


def _expiry(values: dict[str, Any]) -> datetime | None:
    """The moment after which the content must not be offered, when it says one."""
    return parse(values["expires"]) if values.get("expires") else None


def put(document: Document, raw: dict[str, Any], *, actor: str, at: datetime | None = None, note: str = "", since: datetime | None = None,
        ends: datetime | None = None) -> bool:
    """Clean, draft and publish in one step (import, init). Returns False when the live edition says the same already.

    ``since``, ``ends``: the times of an exported edition, see ``publish``."""
    values = clean(document.kind, raw)
    if document.live is not None and document.live.values == values and document.withdrawal is None:
        return False
    head, detail = kind_of(document.kind).split(values)
    edition = Edition(document.last_number + 1, head, detail, author=actor, note=note, created=at or clock_now())
    _release(document, edition, values, actor=actor, at=None, ends=ends, since=since)
    document.last_number = max(document.last_number, edition.number)
    return True


def take_effect(site: Site, *, now: datetime | None = None, limit: int = 100) -> int:
    """Carry out scheduled starts and ends and unconfirmed emergencies that are due; called by the worker each second. An entry of ``due`` only
    says when to look at which document: what is to be done is read from the document. Returns how many were looked at."""
    now, done = now or clock_now(), 0
    for when, uid in list(site.due.keys(max=(now, "\uffff")))[:limit]:
        del site.due[(when, uid)]
        document = site.document(uid)
        if document is None:
            continue
        for edition in [edition for edition in document.scheduled if edition.starts is not None and edition.starts <= when]:
            document.scheduled = tuple(other for other in document.scheduled if other is not edition)
            go_live(document, edition, edition.published_by, now)
        undo_due(site, document, when, now)
        if document.live is not None and document.live.ends is not None and document.live.ends <= when:
            end_live(document, Withdrawal("到期下线", "gone", when, document.live.published_by))
            site.audit.record("content.expire", actor="system", target=uid, at=now)
        done += 1
    return done


def withdraw(document: Document, *, reason: str, mode: str, actor: str, to: str = "", at: datetime | None = None, successors: tuple[str, ...] = ()) -> None:
    """Take a document out of the lists: still readable with a banner, gone (410), or redirected to ``to``. ``successors``: uids of what takes its place.

    Refused when ``to`` is no place, is the document itself or lies below it, or when the reader would be sent on twice."""
    site, now = find_site(document), at or clock_now()
    reasons = []
    if not reason.strip():
        reasons.append(Reason("撤回原因", "必填，读者会看到它"))
    if mode not in WITHDRAWAL_MODES:
        reasons.append(Reason("撤回方式", "请选：保留并提示、不再提供、转到别处"))
    if mode == "redirect":
        reasons += redirect_reasons(site, document, to)
    if document.live is None:
        reasons.append(Reason("", "这份内容没有公开，不用撤回"))
    if reasons:
        raise Refused(*reasons)
    set_withdrawal(site, document, Withdrawal(reason.strip(), mode, now, actor, path_of(site.at(to)) if mode == "redirect" else "", successors))
    announce(site, document)
    site.audit.record("content.withdraw", actor=actor, target=document.uid, reason=reason.strip(), at=now)


def close(document: Document, withdrawal: Withdrawal, *, actor: str) -> None:
    """Say why a document without a live edition is no longer offered, as its export did (it had come to its end)."""
    site = find_site(document)
    set_withdrawal(site, document, withdrawal)
    announce(site, document)
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
    offer_again(site, document, now)
    announce(site, document)
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
    if leads and leads.keys() & {below.uid for below in [document, *_below(document)]} and any(within(path, target) for path in leads.values()):
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
    announce(site, document)
    site.audit.record("content.move", actor=actor, target=document.uid, after=path_of(document), at=at or clock_now())


def identity_reasons(site: Site, document: Document | None, kind: str, values: dict[str, Any]) -> list[Reason]:
    """What is wrong with the identity of values (None = of a new document): rules, codes in use, shared records that are not there."""
    return _identity_reasons(site, document, kind, values)


def _below(place: Folder) -> list[Document]:
    found: list[Document] = []
    for child in place.values():
        if isinstance(child, Document):
            found.append(child)
            found.extend(_below(child))
    return found
