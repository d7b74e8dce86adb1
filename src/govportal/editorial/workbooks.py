"""Workbooks to be filled offline: an empty template of a kind, and ``我的指南``: one row a document, to be brought back by the import wizard.

Owns their form: locked columns, open cells, drop-down lists from the code tables, hints, the hidden columns 内容编号 and 版本 by which a row finds its
document and shows that somebody changed it meanwhile. Protection is against slips, not against intent: rights are checked when a row comes back.
"""
from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from ..content.kinds import kind_of
from ..content.model import path_of
from ..content.site import Site
from . import cells, targets, verbs
from .cells import Element
from .exports import ExportRefused
from .names import Names
from .tables import HELP_SHEET
from .writers import HEAD, plain_text

MAX_ROWS = 5000
FILL_ROWS = 1000            # rows of a template that have drop-down lists
LISTS = "代码表"
LOCKED = PatternFill("solid", fgColor="F0F0F0")
# What people fill offline, by kind; any element of the kind may be chosen instead.
OPEN = {"ImplementationItem": ("promise_limit.days", "promise_limit.unit", "conditions", "review_standard", "consult_phone", "supervise_phone", "on_site_visits",
                               "on_site_reason", "channels", "places", "plain_names"),
        "Guide": ("summary", "case_question", "faq", "tips"), "Place": ("address", "phone", "hours", "traffic"), "Question": ("title", "question", "answer", "keywords")}


def template(kind: str) -> bytes:
    """An empty workbook with the columns of a kind (a name of ``targets.titles()``). LookupError for an unknown one."""
    fields = [one for one in targets.fields(kind) if one.key not in (targets.UID, targets.VERSION)]
    book = Workbook()
    sheet = book.active
    sheet.title = targets.titles()[kind][:28]
    _head(sheet, fields)
    _lists(book, sheet, [(number, one) for number, one in enumerate(fields, 1)], 2, FILL_ROWS + 1)
    for number, one in enumerate(fields, 1):
        if one.form in ("text", "choice"):      # so that codes and telephone numbers stay as they are typed
            for line in range(2, 202):
                sheet.cell(line, number).number_format = "@"
    _help(book, fields, ["一行一条，第一行的列名不要改；带 * 的必填。", "填好以后在工作台“导入列表”里上传，先检查，再写入。"])
    return _bytes(book)


def mine(site: Site, kind: str, uids: Iterable[str], keys: Sequence[str] = ()) -> tuple[bytes, int]:
    """(workbook, rows) with one row for each document of the kind: locked name, code and address, open cells for ``keys``."""
    known = {one.key: one for one in cells.elements(kind)}
    chosen = list(keys or OPEN.get(kind, ()) or list(known)[:20])
    if wrong := [key for key in chosen if key not in known]:
        raise ExportRefused(f"{kind_of(kind).title}没有要素“{wrong[0][:40]}”")
    fields, names = [known[key] for key in chosen], Names()
    locked = [("内容名称", 36), ("现有编码", 30), ("所在地址", 30)]      # names that no element has, so they are never taken in
    book = Workbook()
    sheet = book.active
    sheet.title = kind_of(kind).title[:28]
    sheet.append(["内容编号", "版本", *(title for title, _ in locked), *(one.title for one in fields)])
    count = 0
    for uid in uids:
        row = _row(site, kind, uid, fields, names)
        if row is None:
            continue
        count += 1
        if count > MAX_ROWS:
            raise ExportRefused(f"一次最多 {MAX_ROWS} 行，请按部门或种类分开下载")
        for number, value in enumerate(row, 1):
            _set(sheet.cell(count + 1, number), value, open=number > 2 + len(locked))
    _dress(sheet, fields, locked)
    _lists(book, sheet, [(number, one) for number, one in enumerate(fields, 3 + len(locked))], 2, count + 1)
    _help(book, fields, ["只改白色的格子；灰色的列是给您对照的，改了也不会带回去。", "不要删“内容编号”和“版本”两列（已隐藏），它们用来找到原来的内容。",
                         "填好以后在工作台“导入列表”里上传：没有改的行不动，改了的行存为草稿；下载以后别人改过的行不会被覆盖，会告诉您。"])
    return _bytes(book), count


def _row(site: Site, kind: str, uid: str, fields: list[Element], names: Names) -> list[Any] | None:
    document = site.document(uid)
    edition = verbs.current(document) if document is not None and document.__parent__ is not None and document.kind == kind else None
    if document is None or edition is None:
        return None
    code = next(iter(kind_of(kind).codes(edition.values)), "").removeprefix("BASIC:")
    values = edition.values
    return [uid, edition.uid, verbs.title_of(document), code, path_of(document),
            *(cells.show(one, names.show(site, one.key, cells.get(values, one))) for one in fields)]


def _set(cell: Any, value: Any, *, open: bool) -> None:
    if isinstance(value, str):
        cell.value, cell.data_type = plain_text(value), "s"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
    else:
        cell.value = value
    if not isinstance(value, int) or isinstance(value, bool):
        cell.number_format = "@"
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if open:
        cell.protection = Protection(locked=False)
    else:
        cell.fill = LOCKED


def _dress(sheet: Any, fields: list[Element], locked: list[tuple[str, int]]) -> None:
    """Header, hints, widths, hidden columns, protection."""
    for number, cell in enumerate(sheet[1]):
        cell.font, cell.fill = Font(bold=True), HEAD
        if number >= 2 + len(locked):
            cell.comment = Comment(fields[number - 2 - len(locked)].hint, "工作台")
    for number, width in enumerate([38, 38, *(width for _, width in locked), *(28 for _ in fields)], 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for letter in ("A", "B"):
        sheet.column_dimensions[letter].hidden = True
    sheet.freeze_panes = f"{get_column_letter(4)}2"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = sheet.protection.autoFilter = sheet.protection.sort = False    # False = allowed


def _head(sheet: Any, fields: list[Element]) -> None:
    sheet.append([one.title + (" *" if one.required else "") for one in fields])
    for number, one in enumerate(fields, 1):
        cell = sheet.cell(1, number)
        cell.font, cell.fill, cell.comment = Font(bold=True), HEAD, Comment(one.hint, "工作台")
        sheet.column_dimensions[get_column_letter(number)].width = max(12, min(40, 2 * len(one.title) + 4))
    sheet.freeze_panes = "A2"


def _lists(book: Any, sheet: Any, fields: list[tuple[int, Element]], first: int, last: int) -> None:
    """Drop-down lists of code tables, from a hidden sheet (a list within the rule holds 255 characters at most)."""
    if last < first:
        return
    words = book.create_sheet(LISTS)
    words.sheet_state = "hidden"
    column = 0
    for number, one in fields:
        options = one.words if one.form == "choice" else ("是", "否") if one.form == "flag" else ()
        if not options:
            continue
        column += 1
        for line, word in enumerate((one.title, *options), 1):
            words.cell(line, column, word)
        letter = get_column_letter(column)
        rule = DataValidation(type="list", formula1=f"{quote_sheetname(LISTS)}!${letter}$2:${letter}${len(options) + 1}", allow_blank=True)
        rule.error, rule.errorTitle = "请从下拉列表里选", one.title[:30]
        sheet.add_data_validation(rule)
        rule.add(f"{get_column_letter(number)}{first}:{get_column_letter(number)}{last}")
    if not column:
        book.remove(words)


def _help(book: Any, fields: list[Element], lines: list[str]) -> None:
    sheet = book.create_sheet(HELP_SHEET)
    for line in lines:
        sheet.append([line])
    sheet.append([])
    sheet.append(["列名", "怎么填", "必填", "出处"])
    for one in fields:
        sheet.append([one.title, one.hint, "必填" if one.required else "", one.source])
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 30, 80


def _bytes(book: Any) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
