"""The directory list from a file: upload, dry run with every fault, then one request a row.

Owns ``/desk/lists/import…`` and the template. A file is kept as the import wizard keeps it; what a row means is in ``editorial.requestrows``.
"""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from ..editorial import imports, requestrows, tables
from ..editorial.imports import Import, ImportRefused
from ..editorial.request import KINDS
from ..outside.scanner import INFECTED
from ..web.modes import posted
from ..workflow.reasons import Refused
from .files import UploadRefused, posted_file
from .lists import CRUMBS, file_response
from .shell import desk_page, see_other
from .simple import Field, with_errors

HERE = "/desk/lists/import"
SHOWN = 200


def fields(reason: str = "") -> list[Field]:
    return [Field("reason", "理由", reason, kind="area", optional=True, hint="表里“理由”一列空着的行，用这里写的")]


def upload_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None, reason: str = "") -> Any:
    return desk_page(request, "desk/lists-import.pt", "从表格导入目录清单", nav="lists", crumbs=CRUMBS, status=422 if errors else 200, errors=errors,
                     fields=with_errors(fields(reason), errors or []), columns=list(requestrows.COLUMNS.values()), most=requestrows.MAX_ROWS)


def upload_post(context: Any, request: Any) -> Any:
    reason = posted(request, "reason")[:2000]
    try:
        stream, name, verdict = posted_file(request, most=tables.MAX_BYTES)
        if verdict.state == INFECTED:
            raise UploadRefused(f"“{name[:60]}”查出病毒（{verdict.name}），没有接收。请先清除再上传")
        one = imports.receive(request.editorial, stream, name.replace("\\", "/").rpartition("/")[2], request.actor.id)
    except (UploadRefused, ImportRefused) as refused:
        return upload_view(context, request, errors=[("file", str(refused))], reason=reason)
    one.options = {"reason": reason, "for": "directory"}
    return see_other(request, f"{HERE}/{one.uid}")


def import_of(request: Any) -> Import:
    """The person's own upload. 404 for any other."""
    try:
        one = imports.of(request.editorial, request.matchdict["one"], request.actor.id)
    except ImportRefused:
        raise HTTPNotFound() from None
    if one.options.get("for") != "directory":
        raise HTTPNotFound()
    return one


def check_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    """What the file would become; nothing is written."""
    one = import_of(request)
    checked = requestrows.check(request.site, request.desk_columns, one, request.actor, reason=one.options.get("reason", "")) if not one.enter else requestrows.Checked(())
    faults = [(line.line, line.title, column, words) for line in checked.lines for column, words in line.faults]
    return desk_page(request, "desk/lists-import-check.pt", f"检查：{one.name}", nav="lists", crumbs=(*CRUMBS, (HERE, "表格导入")), status=422 if errors else 200, errors=errors, one=one, checked=checked,
                     faults=faults[:SHOWN], more=max(0, len(faults) - SHOWN), right=[(line.line, KINDS[line.kind], line.title, line.effective) for line in checked.right[:SHOWN]],
                     total=len(checked.right), wrong=len(checked.wrong), same=sum(line.same for line in checked.lines), warnings=one.table.warnings if one.table is not None else ())


def check_post(context: Any, request: Any) -> Any:
    """Make the requests: of all rows, or on wish of the right ones alone."""
    one = import_of(request)
    if one.enter:
        return see_other(request, "/desk/lists/requests", "这份表格已经写入过了", kind="warn")
    checked = requestrows.check(request.site, request.desk_columns, one, request.actor, reason=one.options.get("reason", ""))
    if checked.broken or not checked.right or (checked.wrong and posted(request, "only_right") != "yes"):
        return check_view(context, request, errors=[("", checked.broken or ("没有可以写入的行" if not checked.right else "有问题的行还在：请改好再上传，或选“只写入正确的行”"))])
    try:
        made = requestrows.enter(request.editorial, request.site, checked, request.actor, one.name)
    except Refused as refused:
        return check_view(context, request, errors=[("", str(reason)) for reason in refused.reasons])
    one.enter = "requests"
    return see_other(request, "/desk/lists/requests", f"写入了 {len(made)} 件申请，逐件核对后送审")


def template_view(context: Any, request: Any) -> Any:
    return file_response(requestrows.template(), "目录清单模板.xlsx", "xlsx")


def includeme(config: Any) -> None:
    config.add_desk_page(upload_view, name="lists-import", path=HERE, permission="directory.manage", post=upload_post)
    config.add_desk_page(template_view, name="lists-template", path=HERE + "/template", permission="directory.manage")
    config.add_desk_page(check_view, name="lists-import-check", path=HERE + "/{one}", permission="directory.manage", post=check_post)
