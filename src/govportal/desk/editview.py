"""What an edit page shows beside its form: state, sections with their progress, live checks, what is inherited, the last remarks, who else is there.

Owns these readings. Everything is asked of one document and what it inherits from: nothing here grows with the tree. Writes nothing.
"""
from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from ..base import clock
from ..content import publication
from ..content.effective import INHERITED, directory_of
from ..content.kinds import kind_of
from ..content.model import Document
from ..editorial import autosaves, presence
from ..editorial.rows import title_of
from .forms.build import form_of
from .forms.compare import words
from .forms.look import field_id
from .forms.picks import Picks
from .forms.progress import Check, Completeness, checks, completeness
from .forms.sections import Section, section, sections_of
from .permissions import allowed
from .remarks import Placed, last_return, placed
from .words import STAGE_TAGS, person_words, stage_words

EDITABLE = ("", "drafting", "returned")     # stages of the draft in which it may be written
CHILDREN = 200                              # children that are looked at when they are counted
SHOWN_LACKS = 8
CLIPPED = 120                               # characters of what the item says, beside the form of its 情形


class Line(NamedTuple):
    """A section in the list at the left. ``state``: ok, wait, no or '' (nothing asked, nothing given); ``words`` None: a mark says it all."""

    href: str
    title: str
    state: str
    words: str | None
    current: str | None = None
    unsaved: str = ""
    remarks: int = 0


class Note(NamedTuple):
    """A line of the checks: ``href`` '' where no field can mend it; ``detail``: where it is, and its source."""

    state: str
    message: str
    href: str
    detail: str


def address(document: Document, name: str = "") -> str:
    """The edit page of a section, or the document's own page."""
    return f"/desk/doc/{document.uid}/edit/{name}" if name else f"/desk/doc/{document.uid}"


def may_write_now(document: Document) -> bool:
    return publication.stage_of(document) in EDITABLE


def short_time(at: datetime, now: datetime) -> str:
    """The time of today, else the day with it."""
    text = clock.stamp(at)
    return text[11:] if text[:10] == clock.stamp(now)[:10] else text


def crumbs_of(request: Any, document: Document) -> tuple[tuple[str, str], ...]:
    """The documents above that this person may see, after the list of all."""
    above, place = [], document.__parent__
    while isinstance(place, Document):
        if allowed(request.actor, "content.view", place):
            above.append((address(place), title_of(place)))
        place = place.__parent__
    return (("/desk/content", "内容"), *reversed(above))


def bits_of(document: Document, now: datetime) -> list[str]:
    """In a few words what there is: draft, public edition, last saved."""
    draft, live = document.draft, document.live
    found = [f"第 {draft.number} 版草稿"] if draft is not None else ["没有草稿，改了才有"]
    if live is not None:
        found.append(f"现在公开的是第 {live.number} 版" if document.withdrawal is None else f"第 {live.number} 版已撤回")
    else:
        found.append("公开过，已下线" if document.superseded else "还没有公开过")
    if draft is not None and draft.created is not None:
        found.append(f"{short_time(draft.created, now)} 已保存")
    return found


def lines_of(document: Document, values: dict[str, Any], current: str, complete: Completeness, found: list[Check],
             unsaved: dict[str, datetime] | None = None) -> list[Line]:
    """The sections with their states; for an item also its 情形 and its guide, which have pages of their own."""
    lines = []
    step, draft = last_return(document.draft), document.draft
    remarks = Counter(one.section for one in placed(document.kind, document.uid, values, draft.remarks or step.remarks)) if step is not None and draft is not None else Counter()
    for one in sections_of(document.kind):
        lacks, count = complete.of(one.name), _count(one, values)
        wrong = [check for check in found if check.section == one.name and check.state == "no" and not any(field_id(lack.path).startswith(check.field) for lack in lacks)]
        state, text = ("no", f"{len(wrong)} 处不对") if wrong else ("wait", f"差 {len(lacks)} 处") if lacks else ("ok", count) if count != "" else ("", "选填")
        lines.append(Line(address(document, one.name), one.title, state, text, "true" if one.name == current else None,
                          clock.stamp(unsaved[one.name])[11:] if unsaved and one.name in unsaved else "", remarks[one.name]))
    return lines


def _count(one: Section, values: dict[str, Any]) -> str | None:
    """How many rows a section of one list holds; None when it has other fields; '' when nothing is given."""
    first = values.get(one.nodes[0])
    if isinstance(first, (list, tuple)) and first and len(one.nodes) <= 2:
        return str(len(first))
    return None if any(values.get(name) not in (None, "", (), {}, False) for name in one.nodes) else ""


def others_of(document: Document, now: datetime) -> list[Line]:
    """What is edited beside an item on pages of its own."""
    if document.kind != "ImplementationItem":
        return []
    children = [child for child in islice(document.values(), CHILDREN) if isinstance(child, Document)]
    cases = sum(1 for child in children if is_case(child))
    guide = document.get("guide")
    faq = (edition.values.get("faq") or ()) if guide is not None and (edition := publication.current(guide)) is not None else ()
    return [Line(f"/desk/doc/{document.uid}/cases", "情形", "ok" if cases else "", str(cases) if cases else "选填"),
            *([Line(f"/desk/doc/{guide.uid}/edit", "办事指南的话", "ok" if faq else "wait", f"{len(faq)} 问" if faq else "差常见问题")] if guide is not None else [])]


def is_case(child: Any) -> bool:
    """Whether a child of an item is one of its 情形 (a registered row stands for itself)."""
    if not isinstance(child, Document) or child.kind != "HandlingItem":
        return False
    edition = publication.current(child)
    return edition is not None and not edition.head.get("listed")


def notes_of(document: Document, current: str, complete: Completeness, found: list[Check]) -> tuple[list[Note], list[Note]]:
    """(what to mend, what is right): checks with links to their fields, also in other sections, and what this section lacks."""
    wrong: list[Note] = []
    right: list[Note] = []
    told = {check.field for check in found if check.state != "ok"}
    for check in found:
        target = f"#{check.field}" if check.section == current else f"{address(document, check.section)}#{check.field}"
        detail = "，".join(part for part in (section(document.kind, check.section).title if check.section else "", check.source and f"规则 {check.source}") if part)
        (right if check.state == "ok" else wrong).append(Note(check.state, check.message, target if check.section else "", detail))
    if current:
        title = section(document.kind, current).title
        for lack in [lack for lack in complete.of(current) if field_id(lack.path) not in told][:SHOWN_LACKS]:
            row = next((part + 1 for part in lack.path if isinstance(part, int)), None)
            wrong.append(Note("wait", f"缺{lack.words}", "#" + field_id(lack.path), title + (f" {row}" if row else "")))
    return wrong, right


def inherited_of(request: Any, document: Document, name: str, picks: Picks) -> dict[str, Any] | None:
    """What the directory list gives, and for a 情形 what its item says in this section. None for a kind that inherits nothing."""
    try:
        directory = directory_of(document)
    except LookupError:
        return None
    edition = directory.live or publication.current(directory)
    if edition is None or directory is document:
        return None
    values, fields = edition.values, {node.name: node for node in form_of("DirectoryItem", "identity").children}
    rows = [(kind_of("DirectoryItem").schema[key].title, words(fields[key], values.get(key), picks) if key in fields else _bases(values)) for key in INHERITED]
    found: dict[str, Any] = {"rows": [row for row in rows if row[1]], "href": address(directory) if allowed(request.actor, "content.view", directory) else "",
                             "item": [], "item_href": ""}
    item = document.__parent__
    if document.kind == "HandlingItem" and name and (own := publication.current(item)) is not None and publication.current(document) is not None:
        changes = set(publication.current(document).values.get("changes", ()))  # type: ignore[union-attr]
        there = own.values
        found["item"] = [(child.title, text if len(text) <= CLIPPED else text[:CLIPPED].rstrip() + "……", child.name in changes) for child in form_of("HandlingItem", name).children
                         if child.name in there and (text := words(child, there[child.name], picks))]
        found["item_href"] = address(item, name) if name in {one.name for one in sections_of(item.kind)} else address(item)
    return found


def _bases(values: dict[str, Any]) -> str:
    return "\n".join(f"《{row['law']}》{row.get('article') or ''}" for row in values.get("legal_basis", ()) if row.get("law"))


def returned_of(request: Any, document: Document, values: dict[str, Any]) -> dict[str, Any] | None:
    """The last words of a reviewer who sent the draft back, each with the way to its field; None when it was not."""
    step = last_return(document.draft)
    if step is None or document.draft is None:
        return None
    remarks = placed(document.kind, document.uid, values, document.draft.remarks or step.remarks)
    return {"who": step.name, "at": step.at, "note": step.note if not any(one.text == step.note for one in remarks) else "", "remarks": remarks}


def beside_fields(returned: dict[str, Any] | None, name: str) -> list[tuple[Any, str]]:
    """(path, words) of the remarks that stand in this section."""
    remarks: list[Placed] = returned["remarks"] if returned is not None else []
    return [(one.path, one.text) for one in remarks if one.section == name]


def here_of(request: Any, document: Document, now: datetime) -> list[str]:
    """Names of the others who have it open."""
    return [person_words(request, uid) for uid in presence.others(request.editorial, document.uid, request.actor.id, now)]


def progress_of(document: Document, values: dict[str, Any], current: str, request: Any) -> dict[str, Any]:
    """The two parts of the page that follow what is typed: sections at the left, checks at the right."""
    complete, found, now = completeness(document.kind, values, document), checks(document.kind, values, document), clock.now()
    unsaved = autosaves.sections_kept(request.editorial, request.actor.id, document.uid, now)
    wrong, right = notes_of(document, current, complete, found)
    return {"complete": complete, "lines": lines_of(document, values, current, complete, found, unsaved), "others": others_of(document, now), "wrong": wrong, "right": right}


def stage_of(document: Document) -> dict[str, Any]:
    """The stage of the draft as a tag; empty words while it is being written for the first time."""
    stage = publication.stage_of(document)
    return {"stage": stage_words(stage) if stage not in ("", "drafting") else "", "tag": STAGE_TAGS.get(stage, "")}
