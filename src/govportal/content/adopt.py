"""The verb of import: take over a document's publication state as another installation exported it.

Owns the form of that state (``State``) in content files and what of it a document lacks. Writes through the verbs of ``publish``, each with
journal and audit; adds only what they refuse to editors: publication times in the past, former paths and codes, an ending without an
edition. Taking over the same state twice changes nothing. Superseded editions are not carried.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..base.clock import SHANGHAI
from ..base.clock import now as clock_now
from . import publish
from .kinds import kind_of
from .model import Document, Edition, Withdrawal, path_of
from .publish import Reason, Refused
from .site import Site, find_site

Values = dict[str, Any]
_KEYS = {"live", "edition", "since", "ends", "first", "scheduled", "draft", "former_paths", "former_codes"}
_VERSION_KEYS = {"starts", "ends", "note", "values"}


@dataclass(frozen=True)
class Version:
    """An edition that is not live: a draft (without times) or a scheduled one."""

    values: Values
    note: str = ""
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class State:
    """``live``: False for a document without a live edition. ``edition``: number of the live one, else the last. ``since``/``ends``: its times;
    ``first``: when the document was first published."""

    live: bool = True
    edition: int = 0
    since: datetime | None = None
    ends: datetime | None = None
    first: datetime | None = None
    scheduled: tuple[Version, ...] = ()
    draft: Version | None = None
    former_paths: tuple[str, ...] = ()
    former_codes: tuple[str, ...] = ()


def moment(name: str, value: Any) -> datetime | None:
    """An aware time from ISO text or a YAML timestamp; None when not given. Refused names the field."""
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Refused(Reason(name, f"“{str(value)[:40]}”不是带时区的时间，请写成 2026-01-31T09:00:00+08:00"))
    return found.astimezone(SHANGHAI)


def read_state(data: Any) -> State:
    """The state of a content file's ``publication``. Refused names what is wrong."""
    if data is None:
        return State()
    if not isinstance(data, dict) or set(data) - _KEYS:
        wrong = "、".join(sorted(str(key) for key in set(data) - _KEYS)) if isinstance(data, dict) else str(data)[:40]
        raise Refused(Reason("publication", f"不认识“{wrong}”，可用：{'、'.join(sorted(_KEYS))}"))
    number = data.get("edition", 0)
    if not isinstance(number, int) or number < 0:
        raise Refused(Reason("edition", "版本号应为不小于 0 的整数"))
    return State(data.get("live") is not False, number, moment("since", data.get("since")), moment("ends", data.get("ends")),
                 moment("first", data.get("first")), tuple(_version("scheduled", row) for row in _list("scheduled", data)),
                 _version("draft", data["draft"]) if data.get("draft") else None,
                 tuple(map(str, _list("former_paths", data))), tuple(map(str, _list("former_codes", data))))


def _list(name: str, data: Values) -> list[Any]:
    found = data.get(name) or []
    if not isinstance(found, list):
        raise Refused(Reason(name, "这里要一组值"))
    return found


def _version(name: str, row: Any) -> Version:
    if not isinstance(row, dict) or set(row) - _VERSION_KEYS or not isinstance(row.get("values"), dict):
        raise Refused(Reason(name, f"要有 values，可用：{'、'.join(sorted(_VERSION_KEYS))}"))
    starts = moment("starts", row.get("starts"))
    if name == "scheduled" and starts is None:
        raise Refused(Reason("starts", "排定的版本要写上线时间"))
    return Version(row["values"], str(row.get("note") or ""), starts, moment("ends", row.get("ends")))


def state_of(document: Document, former_codes: tuple[str, ...] = ()) -> State:
    """The state to be exported; ``former_codes``: business codes that the site keeps for it beside those of its live edition."""
    live, site = document.live, find_site(document)
    return State(live is not None, live.number if live is not None else document.last_number, live.starts if live is not None else None,
                 live.ends if live is not None else None, document.first_published, tuple(map(_carried, document.scheduled)),
                 _carried(document.draft) if document.draft is not None else None,
                 tuple(dict.fromkeys(path for path in document.path_history if site.redirects.get(path) == document.uid)), former_codes)


def _carried(edition: Edition) -> Version:
    return Version(edition.values, edition.note, edition.starts, edition.ends)


def adopt(document: Document, raw: Values, state: State, withdrawal: Withdrawal | None, *, actor: str) -> bool:
    """Give the document these live values and this state; returns whether anything changed. The caller applies ``withdrawal`` afterwards
    with ``adopt_withdrawal``, when the place it leads to is there. Refused with reasons."""
    changed = state.live and _live(document, raw, state, withdrawal, actor)
    for version in state.scheduled:
        changed |= _schedule(document, version, actor)
    if state.draft is not None:
        values = publish.clean_draft(document.kind, state.draft.values)
        if document.draft is None or document.draft.values != values:
            publish.save_draft(document, values, actor=actor, note=state.draft.note)
            changed = True
    if not state.live:
        document.last_number = max(document.last_number, state.edition)
    return _traces(document, state, actor) or changed


def _live(document: Document, raw: Values, state: State, withdrawal: Withdrawal | None, actor: str) -> bool:
    if document.live is not None and document.live.values == publish.clean(document.kind, raw):
        if document.withdrawal is None or withdrawal is not None:
            return False
        publish.restore(document, actor=actor)
        return True
    if document.live is None and document.draft is None:
        document.last_number = max(document.last_number, state.edition - 1)
    return publish.put(document, raw, actor=actor, since=state.since, ends=state.ends)


def _schedule(document: Document, version: Version, actor: str) -> bool:
    """An edition whose time has passed meanwhile goes live at once, with the time it was scheduled for."""
    values = publish.clean(document.kind, version.values)
    known = [*document.scheduled, *([document.live] if document.live is not None else []), *document.superseded]
    if any(edition.starts == version.starts and edition.values == values for edition in known):
        return False
    publish.save_draft(document, values, actor=actor, note=version.note)
    if version.starts is not None and version.starts <= clock_now():
        publish.publish(document, actor=actor, since=version.starts, ends=version.ends)
    else:
        publish.publish(document, actor=actor, at=version.starts, ends=version.ends)
    return True


def _traces(document: Document, state: State, actor: str) -> bool:
    """First publication, former paths and former codes that the document lacks."""
    site, before = find_site(document), (document.first_published, document.path_history)
    if state.first is not None and (document.first_published is None or state.first < document.first_published):
        document.first_published = state.first
    for path in state.former_paths:
        if site.at(path) is None and site.redirects.get(path) is None and path != path_of(document):
            site.redirects[path] = document.uid
            document.path_history = (*document.path_history, path)
    codes = [code for code in state.former_codes if code not in site.codes]
    for code in codes:
        site.codes[code] = document.uid
    changed = bool(codes) or before != (document.first_published, document.path_history)
    if changed:
        site.audit.record("content.adopt", actor=actor, target=document.uid, after=list(document.path_history))
    return changed


def read_withdrawal(data: Any) -> Withdrawal | None:
    """The ``withdrawal`` of a content file. Refused names what is wrong."""
    if data is None:
        return None
    if not isinstance(data, dict) or not data.get("reason") or data.get("mode") not in publish.WITHDRAWAL_MODES:
        raise Refused(Reason("withdrawal", f"要有 reason 和 mode（{'、'.join(publish.WITHDRAWAL_MODES)}）"))
    to = "/" + str(data.get("to") or "").strip("/") if data["mode"] == "redirect" else ""
    return Withdrawal(str(data["reason"]).strip(), data["mode"], moment("at", data.get("at")) or clock_now(), "", to,
                      tuple(map(str, _list("successors", data))))


def adopt_withdrawal(document: Document, wanted: Withdrawal, *, actor: str) -> bool:
    """Withdraw the document as the file says; also one that ended and has no live edition. Returns whether anything changed."""
    present = document.withdrawal
    if present is not None and (present.reason, present.mode, present.to, present.successors) == (wanted.reason, wanted.mode, wanted.to, wanted.successors):
        return False
    if document.live is not None:
        publish.withdraw(document, reason=wanted.reason, mode=wanted.mode, to=wanted.to, actor=actor, at=wanted.at, successors=wanted.successors)
    elif present is None:
        publish.close(document, Withdrawal(wanted.reason, wanted.mode, wanted.at, actor, wanted.to, wanted.successors), actor=actor)
    return True


def adopt_site(site: Site, data: Any, *, actor: str) -> bool:
    """The site's own settings and what editors recommend, from ``site.yaml``. Refused names what is wrong."""
    if not isinstance(data, dict) or set(data) - {"settings", "recommended"} or not isinstance(data.get("settings") or {}, dict):
        raise Refused(Reason("site.yaml", "要有 settings（名称: 值）和 recommended（内容编号的列表）"))
    pins = list(map(str, _list("recommended", data)))
    unknown = [uid for uid in pins if site.document(uid) is None]
    if unknown:
        raise Refused(Reason("recommended", f"没有编号为 {unknown[0]} 的内容"))
    return publish.configure(site, dict(data.get("settings") or {}), pins, actor=actor)


def former_codes(site: Site) -> dict[str, tuple[str, ...]]:
    """uid → codes that the site keeps for a document beside those of its live edition (a code is never given away, RA1.7)."""
    found: dict[str, list[str]] = {}
    for code, uid in site.codes.items():
        document = site.document(uid)
        live = document.live if document is not None else None
        if document is not None and (live is None or code not in kind_of(document.kind).codes(live.values)):
            found.setdefault(uid, []).append(code)
    return {uid: tuple(sorted(codes)) for uid, codes in found.items()}
