"""Wording (B19): words of the office's list, full-width digits in dates and telephone numbers. Texts of others stay as they are."""
from __future__ import annotations

import re
from collections.abc import Iterator

from ..findings import Check, Flaw
from .subject import Subject

CHECKS = (Check("word-wrong", "错别字或不规范写法", "should", "B19", 5), Check("digit-wide", "电话、日期用了全角数字", "should", "B19", 5))
_WIDE_DATE = re.compile(r"[0-9０-９]*[０-９][0-9０-９]*\s*[年月日号时分]|[0-9０-９]*[０-９][0-9０-９]*[-－—–.．/／][0-9０-９]+")
_WIDE_PHONE = re.compile(r"[0-9０-９－-]*[０-９][0-9０-９－-]{4,}")


def examine(subject: Subject) -> Iterator[Flaw]:
    if subject.verbatim:
        return
    told = set()
    for name, field, text in subject.texts:
        for word in subject.around.words.find(text):
            if (field, word.wrong) not in told:
                told.add((field, word.wrong))
                yield Flaw("word-wrong", field, word.advice, mark=word.wrong)
        wide = _WIDE_DATE.search(text) or _WIDE_PHONE.search(text) or (re.search("[０-９]", text) if name.endswith("phone") else None)
        if wide and (field, "") not in told:
            told.add((field, ""))
            yield Flaw("digit-wide", field, f"“{wide.group().strip()[:30]}”里有全角数字，请改成半角，读屏和拨号才认得")
