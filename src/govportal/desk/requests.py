"""Requests to change the directory list: written, looked at, reviewed, signed, planned.

Owns ``/desk/lists/requests`` and ``/desk/lists/request…``. A form keeps what was typed whatever is wrong with it; the verbs of
``editorial.requests`` decide.
"""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from ..base import clock
from ..content.codes import MARK
from ..content.differences import differences
from ..content.model import Document, Secrecy
from ..content.vocabularies import labels
from ..editorial import cells, requests
from ..editorial.request import KINDS, Request
from ..web.modes import posted
from ..web.pages import number, page_links
from ..workflow.reasons import Refused
from .lists import CRUMBS, TABS, values_of
from .permissions import PERMISSIONS
from .shell import desk_page, pairs_of, see_other
from .simple import Field, with_errors
from .words import person_words

PAGE = 50
TAGS = {"proposed": "tag-main", "returned": "tag-bad", "failed": "tag-bad", "review": "tag-warn", "legality": "tag-warn", "signoff": "tag-warn", "approved": "tag-main"}
HINTS = {"add": "审核签发后生成基本编码，进入目录清单。", "change": "生效后，各部门实施清单的名称、类型、依据马上跟着变，并给每个部门开一件任务。",
         "split": "生效后原事项不再办理，编码保留，页面上指明新的事项；各部门收到任务，在新的事项下编制实施清单。", "merge": "生效后原来的事项不再办理，编码保留，页面上指明并入的事项。",
         "suspend": "生效后各部门的指南都显示“暂停办理”和理由。", "resume": "生效后各部门的指南恢复办理。", "cancel": "生效后事项和各部门的实施清单撤下，保留提示；编码永久保留，不再使用。"}
ROLES_OF = {"review": "reviewer", "legality": "legality", "signoff": "signer"}
TO_WRITE = ("proposed", "returned", "failed", "drafting")


def request_of(request: Any) -> Request:
    found = request.editorial.requests.get(request.matchdict["request"])
    if found is None:
        raise HTTPNotFound()
    return found


def for_me(request: Any, one: Request) -> bool:
    """Whether it waits for a step of this person."""
    role = ROLES_OF.get(one.stage, "directory" if one.stage in TO_WRITE else "")
    if not role or not request.actor.holds_any(role):
        return False
    return one.stage in TO_WRITE or request.actor.id not in one.writers


def requests_view(context: Any, request: Any) -> Any:
    """``show``: mine (waits for me), open, all."""
    show = request.query("show") or "open"
    store = request.editorial.requests
    found = list(store.open())[::-1] if show != "all" else store.newest(2000)
    if show == "mine":
        found = [one for one in found if for_me(request, one)]
    last = max(1, -(-len(found) // PAGE))
    current = min(number(request.query("page"), default=1, low=1, high=1000), last)
    rows = [{"one": one, "kind": KINDS[one.kind], "stage": requests.STAGES[one.stage], "tag": TAGS.get(one.stage, ""), "mine": for_me(request, one),
             "org": request.columns.org_name(one.org) if one.org and one.org != "-" else ""} for one in found[(current - 1) * PAGE:current * PAGE]]
    return desk_page(request, "desk/requests.pt", "目录清单的申请", nav="lists", crumbs=CRUMBS, tab="requests", tabs=TABS, rows=rows, show=show, total=len(found),
                     shows=(("open", "在办"), ("mine", "等我办"), ("all", "全部")), may=request.actor.holds_any("directory", "editor"),
                     pages=page_links(lambda page: f"/desk/lists/requests?show={show}&page={page}", current, last))


# -- writing -----------------------------------------------------------------------------------------------------------------

def _code(site: Any, uid: str) -> str:
    document = site.document(uid) if uid else None
    return (document.live.head.get("basic_code") or "") if document is not None and document.live is not None else ""


def row_fields(number: int, row: dict[str, Any], site: Any) -> list[Field]:
    """The controls of one resulting item. The 主项 is named by its code."""
    basis = cells.element(requests.KIND, "legal_basis")
    assert basis is not None
    types = (("", "请选择"), *((label, label) for label in labels("item-types")))
    return [Field(f"name-{number}", "事项名称", row.get("name") or "", hint="照法律法规和上级清单的名称写"),
            Field(f"type-{number}", "事项类型", row.get("type") or "", kind="select", options=types),
            Field(f"main-{number}", "所属主项的基本编码", row.get("main_code") or _code(site, row.get("main") or ""), optional=True, hint="只有子项要填，在目录清单里可以查到", inputmode="numeric"),
            Field(f"basis-{number}", "设定依据", row["basis"] if "basis" in row else cells.show(basis, row.get("legal_basis")) or "", kind="area",
                  hint="一条一行，各部分用｜隔开：法律名称｜文号｜条款｜说明，例如：户口登记条例｜｜第七条")]


def common_fields(reason: str, effective: str) -> list[Field]:
    return [Field("reason", "理由", reason, kind="area", hint="为什么改、依据什么；暂停、取消的理由办事人会看到"),
            Field("effective", "生效日期", effective, kind="date", optional=True, hint="写成 2026-01-31；空着就是签发后马上生效")]


def typed_rows(request: Any, count: int) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """The rows as typed, with what cannot be read of them."""
    basis, rows, errors = cells.element(requests.KIND, "legal_basis"), [], []
    assert basis is not None
    for at in range(1, count + 1):
        row: dict[str, Any] = {"name": " ".join(posted(request, f"name-{at}").split()), "type": posted(request, f"type-{at}"), "main_code": posted(request, f"main-{at}").strip(),
                               "basis": posted(request, f"basis-{at}")}
        row["main"] = request.site.codes.get(MARK + row["main_code"]) or "" if row["main_code"] else ""
        if row["main_code"] and not row["main"]:
            errors.append((f"main-{at}", f"目录清单里没有编码 {row['main_code'][:20]}，请核对"))
        try:
            row["legal_basis"] = tuple(cells.read(basis, row["basis"].replace("|", "｜")) or ())
        except ValueError as exc:
            row["legal_basis"] = ()
            errors.append((f"basis-{at}", str(exc)))
        rows.append(row)
    return rows, errors


def row_count(request: Any, kind: str) -> int:
    least, most = requests.SHAPES[kind][2:]
    return number(posted(request, "count"), default=least, low=least, high=most)


def form_page(request: Any, kind: str, items: list[Document], rows: list[dict[str, Any]], common: list[Field], *, action: str, errors: list[tuple[str, str]] | None = None,
              base: int = 0, crumbs: tuple[tuple[str, str], ...] = CRUMBS, title: str = "", theirs: list[Any] | None = None) -> Any:
    fields = [with_errors(row_fields(at, row, request.site), errors or []) for at, row in enumerate(rows, 1)]
    own = requests.may_write(request.actor, items)
    return desk_page(
        request, "desk/request-form.pt", title or f"{KINDS[kind]}{'事项' if kind == 'add' else ''}", nav="lists", status=422 if errors else 200, crumbs=crumbs, errors=errors, kind=kind,
        items=[(one.uid, one.live.head["name"] if one.live is not None else one.__name__, one.live.head.get("basic_code") or "" if one.live is not None else "") for one in items],
        groups=fields, common=with_errors(common, errors or []), action=action, base=base, hint=HINTS[kind], proposal=not own, most=requests.SHAPES[kind][3], least=requests.SHAPES[kind][2],
        theirs=theirs or [])


def start_of(request: Any, kind: str, items: list[Document]) -> list[dict[str, Any]]:
    """What a new request's rows begin with: the item as it is."""
    least = requests.SHAPES[kind][2]
    live = items[0].live if items else None
    if live is None:
        return [{} for _ in range(least)]
    first = {"name": live.head["name"] if kind == "change" else "", "type": live.head["type"], "legal_basis": live.values.get("legal_basis") or (),
             "main_code": _code_of_main(request, live.head.get("main") or "")}
    return [dict(first) for _ in range(least)]


def _code_of_main(request: Any, name: str) -> str:
    if not name:
        return ""
    from ..content.columns import fold
    from ..editorial.directory import by_name
    found = by_name(request.desk_columns).get(fold(name), [])
    return _code(request.site, found[0]) if found else ""


def _items(request: Any, uids: list[str]) -> list[Document]:
    found = [request.site.document(uid) for uid in dict.fromkeys(uids)]
    return [one for one in found if one is not None and one.kind == requests.KIND and one.live is not None]


def new_view(context: Any, request: Any) -> Any:
    """``kind`` and ``item`` (several for 合并). 404 for a kind that there is not or items that do not fit it."""
    kind, items = request.query("kind"), _items(request, values_of(request, "item"))
    if kind not in KINDS or not requests.SHAPES[kind][0] <= len(items) <= requests.SHAPES[kind][1]:
        if kind == "merge":
            return see_other(request, "/desk/lists", "合并要在列表里选中两个以上的事项", kind="warn")
        raise HTTPNotFound()
    return form_page(request, kind, items, start_of(request, kind, items), common_fields("", ""), action="/desk/lists/request")


def new_post(context: Any, request: Any) -> Any:
    kind = posted(request, "kind")
    if kind not in KINDS:
        return see_other(request, "/desk/lists", "没有这种申请，请从目录清单的页面开始", kind="warn")
    items = _items(request, [value for name, value in pairs_of(request) if name == "item"][:requests.MAX_ROWS])
    count = row_count(request, kind)
    rows, errors = typed_rows(request, count)
    common = common_fields(posted(request, "reason"), posted(request, "effective"))
    if posted(request, "do") in ("more", "fewer"):
        return form_page(request, kind, items, _resized(rows, posted(request, "do"), kind), common, action="/desk/lists/request")
    try:
        if errors:
            return form_page(request, kind, items, rows, common, action="/desk/lists/request", errors=errors)
        made = requests.begin(request.editorial, request.site, kind, [one.uid for one in items], request.actor, rows=rows, reason=common[0].value, effective=common[1].value)
    except Refused as refused:
        return form_page(request, kind, items, rows, common, action="/desk/lists/request", errors=placed(refused))
    return see_other(request, f"/desk/lists/request/{made.uid}", "建议已提交给目录管理" if made.stage == "proposed" else "申请已存下，核对后送审")


def _resized(rows: list[dict[str, Any]], do: str, kind: str) -> list[dict[str, Any]]:
    least, most = requests.SHAPES[kind][2:]
    return [*rows, {}][:most] if do == "more" else rows[:max(least, len(rows) - 1)]


_PLACES = {"理由": "reason", "生效日期": "effective", "事项名称": "name-1", "事项类型": "type-1", "所属主项": "main-1", "设定依据": "basis-1"}


def placed(refused: Refused) -> list[tuple[str, str]]:
    """Reasons with the control they belong to."""
    found = []
    for reason in refused.reasons:
        title = reason.field
        at = title.partition(" 个")[0].removeprefix("第 ") if title.startswith("第 ") else ""
        place = _PLACES.get(title.partition(" 个")[2] if at else title, "")
        found.append((place.replace("-1", f"-{at}") if at and at.isdigit() else place, str(reason)))
    return found


def edit_view(context: Any, request: Any) -> Any:
    one = request_of(request)
    return form_page(request, one.kind, requests.items_of(request.site, one), [dict(row) for row in one.rows], common_fields(one.reason, one.effective),
                     action=f"/desk/lists/request/{one.uid}/edit", base=one.version, crumbs=_crumbs(one), title=f"修改：{one.title}"[:80])


def edit_post(context: Any, request: Any) -> Any:
    one = request_of(request)
    items, count = requests.items_of(request.site, one), row_count(request, one.kind)
    rows, errors = typed_rows(request, count)
    common, base = common_fields(posted(request, "reason"), posted(request, "effective")), number(posted(request, "base"), default=0, low=0, high=10 ** 8)
    action, more = f"/desk/lists/request/{one.uid}/edit", dict[str, Any](crumbs=_crumbs(one), title=f"修改：{one.title}"[:80])
    if base != one.version:                                  # the text that somebody else has saved is shown beside what was typed
        more["theirs"] = [("理由", [("", "", one.reason)]), *([("生效日期", [("", "", one.effective)])] if one.effective else []), *compared(request, one, items)]
        base = one.version if posted(request, "seen") == str(one.version) else base
    if posted(request, "do") in ("more", "fewer"):
        return form_page(request, one.kind, items, _resized(rows, posted(request, "do"), one.kind), common, action=action, base=base, **more)
    try:
        if errors:
            return form_page(request, one.kind, items, rows, common, action=action, errors=errors, base=base, **more)
        requests.save(request.editorial, request.site, one, request.actor, base=base, rows=rows, reason=common[0].value, effective=common[1].value)
    except Refused as refused:
        return form_page(request, one.kind, items, rows, common, action=action, errors=placed(refused), base=base, **more)
    return see_other(request, f"/desk/lists/request/{one.uid}", "已保存")


def _crumbs(one: Request) -> tuple[tuple[str, str], ...]:
    return (*CRUMBS, ("/desk/lists/requests", "申请"), (f"/desk/lists/request/{one.uid}", one.title[:40]))


# -- one request -------------------------------------------------------------------------------------------------------------

STEPS = {row.action: row.title for row in requests.TABLE.rows}
ELEMENTS = (("name", "事项名称"), ("type", "事项类型"), ("main", "所属主项"), ("legal_basis", "设定依据"))
PROGRESS = ("drafting", "review", "legality", "signoff", "approved", "applied")


def request_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    one, site = request_of(request), request.site
    offers = requests.available(request.editorial, site, one, request.actor)
    items = requests.items_of(site, one)
    problems = requests.problems(site, one) if one.stage in requests.OPEN else []
    given = {name: posted(request, name) for name in ("note", "effective", "secrecy_by", "secrecy_on")} if errors else {}
    secrecy = one.secrecy
    return desk_page(
        request, "desk/request.pt", one.title, nav="lists", status=422 if errors else 200, errors=errors, crumbs=(*CRUMBS, ("/desk/lists/requests", "申请")), one=one, kind=KINDS[one.kind],
        stage=requests.STAGES[one.stage], tag=TAGS.get(one.stage, ""), items=items, compared=compared(request, one, items), problems=problems, hint=HINTS[one.kind],
        offers=[offer for offer in offers if offer.action != "save"], may_edit=any(offer.action == "save" for offer in offers), given=given,
        secrecy=(given.get("secrecy_by") or (secrecy.by if secrecy else ""), given.get("secrecy_on") or (secrecy.on if secrecy else clock.stamp(clock.now())[:10])),
        steps=[(STEPS.get(step.action, step.action), step.name, clock.stamp(step.at), step.note) for step in one.steps], progress=progress(one.stage),
        writers="、".join(person_words(request, uid) for uid in one.writers), org=request.columns.org_name(one.org) if one.org and one.org != "-" else "",
        results=[(uid, result.live.head["name"], code) for uid, code in zip(one.results, one.codes, strict=False) if (result := site.document(uid)) is not None and result.live is not None])


def progress(stage: str) -> list[tuple[str, str]]:
    """(words, done | now | '') of the way through the review."""
    at = PROGRESS.index(stage) if stage in PROGRESS else 0 if stage in ("proposed", "returned", "failed") else -1
    return [(requests.STAGES[name], "" if at < 0 else "done" if place < at or stage == "applied" else "now" if place == at else "") for place, name in enumerate(PROGRESS)]


def compared(request: Any, one: Request, items: list[Document]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """(heading, (element, before, after) …) of each resulting item."""
    def words(value: Any) -> str:
        if isinstance(value, dict):
            return " ".join(str(part) for part in value.values() if part)
        return "\n".join(map(words, value)) if isinstance(value, tuple) else str(value or "")
    found = []
    for at, row in enumerate(one.rows, 1):
        before = items[0].live.values if one.kind == "change" and items and items[0].live is not None and one.stage != "applied" else {}
        after = requests.values_of(request.site, row, before or None)
        if before:
            lines = [(difference.title, words(difference.before), words(difference.after)) for difference in differences(requests.KIND, before, after)]
        else:
            lines = [(title, "", words(after.get(name))) for name, title in ELEMENTS if after.get(name)]
        found.append((f"新事项 {at}" if len(one.rows) > 1 else "改动" if one.kind == "change" else "新事项", lines))
    return found


def request_post(context: Any, request: Any) -> Any:
    """``do``: an action of the table."""
    one, action = request_of(request), posted(request, "do")
    by, on = posted(request, "secrecy_by").strip(), posted(request, "secrecy_on").strip()
    try:
        requests.act(request.editorial, request.site, one, action, request.actor, note=posted(request, "note"), base=number(posted(request, "base"), default=0, low=0, high=10 ** 8),
                     effective=posted(request, "effective").strip() if action == "postpone" else None, secrecy=Secrecy(by, on) if action == "submit" and by else None)
    except Refused as refused:
        return request_view(context, request, errors=[(_CONTROLS.get(reason.field, ""), str(reason)) for reason in refused.reasons])
    said = f"“{STEPS.get(action, action)}”已办" + ("，已经生效" if one.stage == "applied" else f"，将在 {one.effective} 生效" if one.stage == "approved" else "")
    return see_other(request, f"/desk/lists/request/{one.uid}", said)


_CONTROLS = {"保密审查": "secrecy_by", "生效日期": "effective", "说明": "note"}


def waiting(request: Any) -> list[tuple[str, int, str, str]]:
    """What of it stands in 我的待办."""
    if not request.actor.holds_any("directory", *ROLES_OF.values()):
        return []
    count = sum(1 for one in request.editorial.requests.open() if for_me(request, one))
    return [("目录清单申请", count, "/desk/lists/requests?show=mine", "等您办的")] if count or request.actor.holds_any("directory") else []


def includeme(config: Any) -> None:
    config.registry.desk_work.append(waiting)
    edit = "content.edit"
    assert set(PERMISSIONS[edit]) == {"editor", "directory"}
    config.add_desk_page(requests_view, name="requests", path="/desk/lists/requests", permission="content.view", params=("show", "page"))
    config.add_desk_page(new_view, name="request-new", path="/desk/lists/request", permission=edit, params=("kind", "item"), post=new_post)
    config.add_desk_page(request_view, name="request", path="/desk/lists/request/{request}", permission="content.view", post=request_post, post_permission="content.work")
    config.add_desk_page(edit_view, name="request-edit", path="/desk/lists/request/{request}/edit", permission=edit, post=edit_post)
