"""The import wizard: a list is uploaded, its columns are mapped, a dry run names every problem, then the rows are entered in the background.

Owns ``/desk/imports…``. Reading, checking and writing are ``editorial.imports`` and its jobs; an import of somebody else is 404. What was typed
in the mapping is shown again when it cannot be used.
"""
from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import replace
from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from ..content.kinds import kind_of
from ..content.scopes import writer_role
from ..editorial import exports, filters, imports, jobs, listing, tables, targets, workbooks
from ..editorial.imports import ImportRefused
from ..editorial.job import DONE
from ..outside.scanner import INFECTED
from ..web.modes import posted
from ..web.pages import number, page_links
from .bulkfields import disclosure_fields
from .files import UploadRefused, posted_file
from .jobs import download, shown
from .shell import audit_note, desk_page, see_other
from .simple import Field, typed
from .words import KINDS

PAGE = 50
ALIKE = 5000             # problems that are counted by kind
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OWN = (targets.UID, targets.VERSION)
SOURCE = (Field("source", "数据来源", hint="登记外来清单时必填，例如 省政务服务事项管理系统 2026 年 3 月导出", optional=True), Field("year", "年份", hint="例如 2026", optional=True, inputmode="numeric"))


def import_of(request: Any) -> imports.Import:
    try:
        return imports.of(request.editorial, request.matchdict["import"], request.actor.id)
    except ImportRefused:
        raise HTTPNotFound() from None


def outcome_of(request: Any, one: imports.Import) -> tuple[str, str]:
    """(words, tag) of how far an import is."""
    check, enter = (request.editorial.jobs.get(uid) for uid in (one.check, one.enter))
    if enter is not None:
        return ("正在写入", "tag-on") if enter.open else (shown(request, enter)["state"] if enter.state != DONE or enter.counts.get("failed") else "已写入", shown(request, enter)["tag"])
    if one.enter:
        return "已写入", ""
    if check is None:
        return "还没有对好列", "tag-warn"
    if check.open:
        return "正在检查", "tag-on"
    if check.state != DONE:
        return "检查没有做完", "tag-bad"
    return (f"{check.summary['bad']} 行有问题", "tag-bad") if check.summary["bad"] else ("检查通过，等您写入", "tag-warn")


def rows_of(request: Any, one: imports.Import) -> int:
    """How many rows a list has, as far as that is known."""
    check = request.editorial.jobs.get(one.check)
    return int(check.summary["rows"]) if check is not None and check.state == DONE else one.table.rows if one.table is not None else 0


def rejected(request: Any) -> list[imports.Import]:
    """My imports whose rows were found wrong and that were not entered or taken away."""
    found = []
    for one in imports.by_person(request.editorial, request.actor.id):
        check = request.editorial.jobs.get(one.check)
        if not one.enter and check is not None and check.state == DONE and check.summary["bad"]:
            found.append(one)
    return found


def work(request: Any) -> list[tuple[str, int, str, str]]:
    count = len(rejected(request))
    return [("导入有问题", count, "/desk/imports", "检查出问题、还没有写入的列表")] if count else []


def imports_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    """Upload, former imports, templates, my workbook."""
    rows = [(one, *outcome_of(request, one), rows_of(request, one)) for one in imports.by_person(request.editorial, request.actor.id)[:100]]
    return desk_page(request, "desk/imports.pt", "导入导出", nav="imports", status=422 if errors else 200, errors=errors, rows=rows, most=tables.MAX_BYTES >> 20, most_rows=tables.MAX_ROWS,
                     templates=list(targets.titles().items()), kinds=[(kind, KINDS[kind]) for kind in targets.KINDS if request.actor.holds_any(writer_role(kind))])


def upload_post(context: Any, request: Any) -> Any:
    """Take a list and go on to its columns."""
    try:
        stream, name, verdict = posted_file(request, most=tables.MAX_BYTES)
        if verdict.state == INFECTED:
            raise UploadRefused(f"“{name[:60]}”查出病毒（{verdict.name}），没有接收。请先清除再上传")
        one = imports.receive(request.editorial, stream, name.replace("\\", "/").rpartition("/")[2], request.actor.id)
    except (UploadRefused, ImportRefused) as refused:
        return imports_view(context, request, errors=[("file", str(refused))])
    return see_other(request, f"/desk/imports/{one.uid}")


def import_view(context: Any, request: Any) -> Any:
    """Where this import stands: columns, dry run, problems, entry."""
    one = import_of(request)
    check, enter = (request.editorial.jobs.get(uid) for uid in (one.check, one.enter))
    if not one.enter and (check is None or request.query("step") == "columns"):
        return columns_page(request, one, request.query("target"))
    return check_page(request, one, check, enter)


def columns_page(request: Any, one: imports.Import, target: str = "", *, given: bool = False, errors: list[tuple[str, str]] | None = None) -> Any:
    """Which column is what. ``given``: as it was posted."""
    target = target if target in targets.titles() else one.target or imports.guess(one)
    chosen = read_columns(request) if given else dict(one.columns) if one.columns and one.target == target else imports.propose(request.editorial, one, target) if target else {}
    options = dict(one.options) if not given else {name: posted(request, name) for name in ("then", "source", "year", "openness", "secrecy_by", "secrecy_on")}
    fields = targets.fields(target) if target else ()
    assert one.table is not None
    needed = [field.title for field in fields if field.required and field.key not in chosen.values()] if targets.UID not in chosen.values() else []
    return desk_page(
        request, "desk/import.pt", f"对列：{one.name}", nav="imports", crumbs=(("/desk/imports", "导入导出"),), status=422 if errors else 200, errors=errors, one=one, table=one.table, target=target,
        titles=[pair for pair in targets.titles().items() if pair[0] != targets.REGISTER], keys=[(field.key, field.title + ("（必填）" if field.required else "")) for field in fields], chosen=chosen, needed=needed,
        then=[pair for pair in imports.THEN.items() if pair[0] != "publish"], wish=options.get("then") or "draft", sources=with_values(SOURCE, options), disclosure=with_values(disclosure_fields(), options),
        encodings=list(tables.ENCODINGS.items()), registers=target == targets.REGISTER or bool(target and targets.registers(target)), matched=len(chosen),
        once=secrets.token_urlsafe(12))


def with_values(fields: Any, options: dict[str, str]) -> list[Field]:
    return [replace(one, value=options.get(one.name) or one.value) for one in fields]


def read_columns(request: Any) -> dict[int, str]:
    """column number → key, as posted; forged names are left to the verb to refuse."""
    found = {}
    for name, value in request.POST.items():
        if name.startswith("c-") and name[2:].isascii() and name[2:].isdigit() and len(name) < 7 and isinstance(value, str) and value:
            found[int(name[2:])] = value
    return found


def import_post(context: Any, request: Any) -> Any:
    """Read the file in another way, fix the columns and check, enter, or take the upload away."""
    one, wish = import_of(request), posted(request, "do")
    here = f"/desk/imports/{one.uid}"
    try:
        if wish == "look":
            line = posted(request, "header")
            imports.look(one, sheet=posted(request, "sheet"), header=number(line, default=0, low=0, high=1000), encoding=posted(request, "encoding"))
            return see_other(request, f"{here}?step=columns", "已按您选的重新读取")
        if wish == "choose":
            return choose(request, one)
        if wish == "enter":
            if not one.enter:
                imports.start_enter(request.editorial, one, only_right=posted(request, "only_right") == "yes", address=request.remote_addr or "")
            return see_other(request, here)
        if wish == "forget":
            imports.forget(request.editorial, one)
            return see_other(request, "/desk/imports", f"已放弃“{one.name}”，没有写入任何内容" if not one.enter else f"已从列表里去掉“{one.name}”，写入的内容不受影响")
    except ImportRefused as refused:
        return see_other(request, here, str(refused), kind="warn")
    return see_other(request, here, "没有这个操作", kind="warn")


def choose(request: Any, one: imports.Import) -> Any:
    """Fix the columns and start the dry run; the same form twice starts one."""
    target, once = posted(request, "target"), posted(request, "once")[:60]
    if jobs.begun(request.editorial, request.actor.id, once) is None:
        if target == targets.REGISTER or posted(request, "then") == "publish":      # C1: nobody publishes alone what they brought in
            return columns_page(request, one, target, given=True, errors=[("", "工作台导入的内容都要经过审核：请选“存为草稿”或“存为草稿并送审”。整份外来登记清单由运维用 govportal import 导入")])
        options = {name: posted(request, name).strip()[:300] for name in ("then", "source", "year")}
        if options["then"] == "submit":
            options |= {field.name: field.value.strip()[:300] for field in typed(request, disclosure_fields())}
        try:
            imports.choose(request.editorial, one, target, read_columns(request), options)
            imports.start_check(request.editorial, one, address=request.remote_addr or "", once=once)
        except ImportRefused as refused:
            return columns_page(request, one, target, given=True, errors=[("", words) for words in str(refused).split("；")])
    return see_other(request, f"/desk/imports/{one.uid}")


def check_page(request: Any, one: imports.Import, check: Any, enter: Any) -> Any:
    """The dry run: its progress, then what it found and how to go on."""
    running = next((job for job in (enter, check) if job is not None and job.open), None)
    last = max(1, -(-(len(check.report) if check is not None else 0) // PAGE))
    current = number(request.query("page"), default=1, low=1, high=last)
    done = check is not None and check.state == DONE
    fields = {field.key: field.title for field in targets.fields(one.target)} if one.target else {}
    return desk_page(
        request, "desk/import-check.pt", f"{'写入' if one.enter else '检查'}：{one.name}", nav="imports", crumbs=(("/desk/imports", "导入导出"),), scripts=("desk-jobs.js",) if running else (),
        one=one, check=shown(request, check) if check is not None else None, enter=shown(request, enter) if enter is not None else None, running=shown(request, running) if running else None,
        summary=check.summary if done else None, problems=imports.problems(request.editorial, one, (current - 1) * PAGE, current * PAGE) if done else [], refresh=running is not None,
        alike=alike(request, one) if done else [], target=targets.titles().get(one.target, ""), then=imports.THEN.get(one.options.get("then") or "draft", ""), mapped=len(one.columns), keys=fields,
        file=f"/desk/jobs/{check.uid}/file" if done and check.result is not None else "", pages=page_links(lambda page: f"/desk/imports/{one.uid}?page={page}", current, last))


def alike(request: Any, one: imports.Import) -> list[tuple[str, str, int]]:
    """(column, reason, how often) of what is wrong in the same way again and again: mending it once in the file mends many rows."""
    counts = Counter((row.column, row.reason) for row in imports.problems(request.editorial, one, 0, ALIKE))
    return [(column, reason, count) for (column, reason), count in counts.most_common(5) if count > 2]


def template_view(context: Any, request: Any) -> Any:
    """An empty workbook of a kind, to be filled and brought in."""
    kind = request.matchdict["kind"]
    if kind not in targets.titles():
        raise HTTPNotFound()
    data = workbooks.template(kind)
    return download([data], XLSX, f"{targets.titles()[kind].partition('（')[0]}模板.xlsx", len(data))


def workbook_view(context: Any, request: Any) -> Any:
    """What I may write of a kind as a workbook to fill offline (我的指南); audited, as every list that leaves."""
    kind = request.query("kind")
    if kind not in targets.KINDS or not request.actor.holds_any(writer_role(kind)):
        return see_other(request, "/desk/imports", "请选一种您编写的内容", kind="warn")
    columns, wanted = request.desk_columns, filters.Filter(kind=(kind,), under=request.query("under"))
    found = listing.select(columns, wanted, listing.scopes_of(request.actor.grants(writer_role(kind))))
    uids = listing.uids(columns, listing.ordered(columns, found.slots, "path"))
    if not uids or len(uids) > exports.AT_ONCE:
        return see_other(request, "/desk/imports", f"您没有可以编写的{KINDS[kind]}" if not uids else f"有 {len(uids)} 份，一次最多 {exports.AT_ONCE} 份：请在“只要这个位置下的”写一个位置，分几次下载", kind="warn")
    data, count = workbooks.mine(request.site, kind, uids)
    audit_note(request, "list.export", reason=f"填报表 {kind_of(kind).title} {count} 行")
    return download([data], XLSX, f"我的{KINDS[kind]}.xlsx", len(data))


def includeme(config: Any) -> None:
    config.registry.desk_work.append(work)
    config.add_desk_entry("imports")
    config.add_desk_page(imports_view, name="imports", path="/desk/imports", permission="content.work", post=upload_post)
    config.add_desk_page(workbook_view, name="import-workbook", path="/desk/imports/workbook", permission="content.work", params=("kind", "under"))
    config.add_desk_page(template_view, name="import-template", path="/desk/imports/template/{kind}", permission="content.work")
    config.add_desk_page(import_view, name="import", path="/desk/imports/{import}", permission="content.work", params=("step", "target", "page"), post=import_post)
