"""``check``: what must hold over the whole tree. Reads everything, names each fault in Chinese, changes nothing."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..base import pages
from . import heads
from .filerefs import references
from .kinds import all_kinds, kind_of
from .model import Document, path_of
from .site import CONSUMERS, Site
from .transfer import documents_of

SEARCH_CONSUMERS = "search:"     # the consumers of the room above: one for each index folder


def faults(site: Site) -> Iterator[str]:
    """Faults of tree, references, uniqueness, schedule and head pages."""
    seen: Counter[str] = Counter()
    codes: dict[str, str] = {}
    count = 0
    for document in documents_of(site):
        count += 1
        where = path_of(document)
        seen[document.uid] += 1
        if site.documents.get(document.uid) is not document:
            yield f"{where}：编号索引里没有它，或指向别处"
        if document.kind not in all_kinds():
            yield f"{where}：种类 {document.kind} 不认识"
            continue
        yield from _edition_faults(site, document, where, codes)
    for uid, number in seen.items():
        if number > 1:
            yield f"编号 {uid} 在树里出现了 {number} 次"
    for uid, document in site.documents.items():
        if uid not in seen:
            yield f"编号索引里的 {uid}（{document.kind}）不在树里"
    for code, uid in site.codes.items():
        if uid not in seen:
            yield f"编码 {code.removeprefix('BASIC:')} 指向不存在的内容 {uid}"
    yield from _journal_faults(site)
    yield from _head_faults(site, seen)


def _journal_faults(site: Site) -> Iterator[str]:
    """Shards, and who reads them. Entries of documents that are gone are fine: their consumers still take away what they hold."""
    yield from site.journal.faults()
    for name in site.journal.consumers():
        if name not in CONSUMERS and not name.startswith(SEARCH_CONSUMERS):
            yield f"日志登记了不认识的使用者“{name}”，没有人会取走它的记录"
    for name in CONSUMERS:
        if name not in site.journal.consumers():
            yield f"日志没有登记使用者“{name}”，列表不会更新"


def _edition_faults(site: Site, document: Document, where: str, codes: dict[str, str]) -> Iterator[str]:
    kind = kind_of(document.kind)
    starts = [edition.starts for edition in document.scheduled if edition.starts is not None]
    if starts != sorted(starts):
        yield f"{where}：排定的版本次序不对"
    for edition in document.scheduled:
        if (edition.starts, document.uid) not in site.due:
            yield f"{where}：排定的版本没有到期记录，不会按时上线"
    numbers = [edition.number for edition in [*document.superseded, *([document.live] if document.live else [])]]
    if len(set(numbers)) != len(numbers):
        yield f"{where}：版本号重复"
    if document.live is None:
        if document.withdrawal is None and not document.scheduled and document.draft is None and not document.superseded:
            yield f"{where}：没有任何版本"
        return
    values = document.live.values
    for code in kind.codes(values):
        if site.codes.get(code) != document.uid:
            yield f"{where}：编码 {code} 的索引不对"
        if codes.setdefault(code, document.uid) != document.uid:
            yield f"{where}：编码 {code} 与别的内容重复"
    for uid in sorted(references(values)):
        if site.files is None or site.files.get(uid) is None:
            yield f"{where}：附件 {uid} 不在文件库里"
    for field, folder, slug in kind.references(values):
        if site.shared(folder, slug) is None:
            yield f"{where}：{field}引用的共享记录“{slug}”不存在"


def _head_faults(site: Site, seen: Counter[str]) -> Iterator[str]:
    waiting = {entry.uid for entry in site.journal.pending(heads.CONSUMER)} if heads.CONSUMER in site.journal.consumers() else set()
    yield from pages.faults(site.heads, seen, waiting, lambda uid: heads.row_of(site.document(uid), site), "列表记录")


def summary(site: Site) -> dict[str, int]:
    """How many documents of each kind, and what waits."""
    counts = Counter(document.kind for document in documents_of(site))
    return {**dict(sorted(counts.items())), "journal": max((site.journal.count(name) for name in site.journal.consumers()), default=0), "outbox": site.outbox.count(), "audit": site.audit.open_count()}
