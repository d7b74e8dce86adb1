"""Legal basis (R4.2.1.2, B12): missing, expired or repealed, changed since, an article the record does not have, a law the index does not know.

The clause text is only ever read from law records, so a wrong article shows nothing to readers. A basis that the index does not know
may be right (a notice, a local rule): it is listed apart, to look at.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..findings import Check, Flaw
from .subject import ITEMS, Subject

CHECKS = (Check("basis-missing", "没有设定依据", "must", "R4.2.1.2", 10), Check("basis-ended", "依据已废止或失效", "must", "R4.2.1.2 B12", 5),
          Check("basis-article", "依据的条款不存在", "should", "R4.2.1.2", 10), Check("basis-changed", "依据已修改", "look", "B12", 20),
          Check("basis-unknown", "法规库里没有的依据", "look", "R4.2.1.2", 20))
_ARTICLE = re.compile(r"第[一二三四五六七八九十百千零〇两]+条(?:之[一二三四五六七八九十]+)?")


def _places(subject: Subject) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """(field, basis, binding): every place of a law that the document's own values name. ``binding``: it must be in the law index."""
    values, kind = subject.values, subject.document.kind
    if kind == "DirectoryItem":
        yield from (("设定依据", row, True) for row in values.get("legal_basis") or ())
    if kind in ITEMS:
        for row in values.get("materials") or ():
            yield f"申请材料“{(row.get('name') or '')[:40]}”的依据", row.get("basis") or {}, True
        for row in (values.get("fee") or {}).get("items") or ():
            yield f"收费“{(row.get('name') or '')[:40]}”的依据", row.get("basis") or {}, True
    if kind == "Question":
        yield from (("依据", row, False) for row in values.get("laws") or ())


def examine(subject: Subject) -> Iterator[Flaw]:
    if subject.registered:
        return
    if subject.document.kind == "DirectoryItem" and not subject.values.get("legal_basis"):
        yield Flaw("basis-missing", "设定依据", "没有设定依据，请写明法律法规名称和条款")
    told = set()
    for field, row, binding in _places(subject):
        flaw = _judge(subject, field, row, binding) if row.get("law") else None
        if flaw is not None and (flaw.check, flaw.mark) not in told:      # one law that many materials name is one thing to mend
            told.add((flaw.check, flaw.mark))
            yield flaw
    for path in subject.values.get("interprets") or () if subject.document.kind == "NewsArticle" else ():
        status = (_live_values(subject, path) or {}).get("status")
        if status in ("废止", "失效"):
            yield Flaw("basis-ended", "解读的法规", f"所解读的法规（{path}）已{status}，请在正文写明或撤下", mark=path)


def _live_values(subject: Subject, path: str) -> dict[str, Any] | None:
    live = getattr(subject.site.at(path), "live", None)
    return None if live is None else live.head


def _judge(subject: Subject, field: str, row: dict[str, Any], binding: bool) -> Flaw | None:
    title, article = row["law"].strip("《》 "), row.get("article") or ""
    law = subject.world.law(title)
    if law is None:
        return Flaw("basis-unknown", field, f"法规库里没有《{title}》，条文不会显示；请核对名称，或请法规管理人补录", mark=title) if binding else None
    if law.status in ("废止", "失效"):
        return Flaw("basis-ended", field, f"《{title}》已{law.status}，请改用现行的依据，没有的请提请调整这个事项", mark=title)
    wrong = [number for number in _ARTICLE.findall(article) if number not in subject.world.articles(law)]
    if wrong and subject.world.articles(law):
        return Flaw("basis-article", field, f"《{title}》里没有{'、'.join(wrong)}，请核对条款", mark=title + article)
    if law.status == "已修改":
        return Flaw("basis-changed", field, f"《{title}》已经修改，请对照新文本核对{article or '条款'}", mark=title)
    return None
