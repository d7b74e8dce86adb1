"""The library of uploaded files: pictures in texts, attachments, samples and blank forms. One record a content (SHA-256), the bytes in a blob.

Owns the records, the limits, what may be public, and the verbs ``add`` and ``carry``. A document refers to a file as ``file:<id>`` (``filerefs``);
the record keeps the ids of documents that ever did, and what is true now is read from their editions. Refused or BlobRefused say what is
wrong with a file. Files are never opened beyond their headers. Must not know requests.
"""
from __future__ import annotations

import heapq
import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from BTrees.OOBTree import OOBTree, OOTreeSet
from persistent import Persistent

from ..base import blobs
from ..base.blobs import BlobRefused, StoredFile
from ..base.clock import now as clock_now
from ..base.images import pixels
from ..outside.scanner import INFECTED, UNSCANNED, WORDS, Verdict
from ..workflow.reasons import Reason, Refused
from .filerefs import references
from .kinds import kind_of
from .model import Document
from .site import ShardedMap, Site

ID = re.compile(r"[0-9a-f]{32}")
MAX_SIDE, MAX_PIXELS = 16_000, 40_000_000
_SHARDS = 16
# media type -> (name for people, extensions with the usual one first, most megabytes)
KINDS: dict[str, tuple[str, tuple[str, ...], int]] = {
    "application/pdf": ("PDF", (".pdf",), 20), "image/jpeg": ("图片", (".jpg", ".jpeg"), 10), "image/png": ("图片", (".png",), 10), "image/gif": ("图片", (".gif",), 5),
    "image/webp": ("图片", (".webp",), 10), "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("Word", (".docx",), 20),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("Excel", (".xlsx",), 20), "text/plain": ("文本", (".txt", ".csv"), 2)}
# Bytes that make a kind worth a second look by a person; only told, not judged.
_SIGNS = ((b"/JavaScript", "PDF 里有脚本"), (b"/JS ", "PDF 里有脚本"), (b"/JS(", "PDF 里有脚本"), (b"/Launch", "PDF 里有启动程序的动作"), (b"vbaProject.bin", "里面有宏"))
_HIDDEN = re.compile(r"[\x00-\x1f\x7f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff/\\:*?\"<>|]")


class FileRecord(Persistent):
    """An uploaded file: its blob with facts, who brought it, how it was scanned, which documents refer to it."""

    pixels: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()    # who else brought the same content

    def __init__(self, stored: StoredFile, *, name: str, by: str, at: datetime, scan: str) -> None:
        self.uid = uid_of(stored.facts.sha256)
        self.stored, self.name, self.by, self.at, self.scan = stored, name, by, at, scan
        self.users = OOTreeSet()      # uids of documents that referred to it, in any edition

    @property
    def ref(self) -> str:
        return f"file:{self.uid}"

    @property
    def size(self) -> int:
        return self.stored.facts.size

    @property
    def media_type(self) -> str:
        return self.stored.facts.media_type

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")

    @property
    def words(self) -> str:
        """Type and size for people: ``PDF，86 kB``."""
        return f"{KINDS[self.media_type][0]}，{size_words(self.size)}"

    @property
    def scan_words(self) -> str:
        return WORDS.get(self.scan, WORDS[UNSCANNED])


class Library(Persistent):
    """All files of a site, in shards, with an order by time."""

    def __init__(self) -> None:
        self.records = ShardedMap()
        self._order = tuple(OOBTree() for _ in range(_SHARDS))   # (-seconds, uid) -> None

    def get(self, ref: str) -> FileRecord | None:
        """The record of ``file:<id>`` or ``<id>``."""
        return self.records.get(ref.removeprefix("file:"))

    def __len__(self) -> int:
        return len(self.records)

    def put(self, record: FileRecord) -> None:
        self.records[record.uid] = record
        self._order[zlib.crc32(record.uid.encode()) % _SHARDS][(-int(record.at.timestamp()), record.uid)] = None

    def newest(self, limit: int = 50) -> list[FileRecord]:
        keys = islice(heapq.merge(*(shard.keys() for shard in self._order)), limit)
        return [self.records.get(uid) for _, uid in keys]

    def refer(self, uid: str, files: frozenset[str]) -> None:
        """Remember that a document refers to these files. Called by every verb that keeps an edition."""
        for name in files:
            record = self.records.get(name)
            if record is not None and uid not in record.users:
                record.users.add(uid)

    def missing(self, files: frozenset[str]) -> list[str]:
        return sorted(name for name in files if name not in self.records)


def uid_of(sha256: str) -> str:
    return sha256[:32]


def size_words(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{max(size // 1000, 1)} kB"


def shown_name(name: str) -> str:
    """A name as it was given, without path and without hidden or reversing characters."""
    return _HIDDEN.sub("", re.split(r"[/\\]", name)[-1]).strip(" .")[:120] or "文件"


def safe_name(name: str, media_type: str) -> str:
    """A file name for people: no path, no hidden or reversing characters, and the ending of what it is."""
    clean = shown_name(name)
    endings = KINDS[media_type][1]
    return clean if clean.lower().endswith(endings) else clean + endings[0]


def take_in(stream: BinaryIO, name: str) -> tuple[StoredFile, tuple[int, int] | None, tuple[str, ...]]:
    """Read a seekable stream into a new blob: (stored file, size in pixels, remarks). BlobRefused says what is wrong; nothing is written to the tree."""
    head = stream.read(blobs.CHUNK)
    media_type = blobs.sniff(head)
    size = pixels(head) if media_type.startswith("image/") else None
    if media_type.startswith("image/") and media_type in KINDS:
        if size is None or not all(size):
            raise BlobRefused(f"“{name[:60]}”是坏的图片，读不出大小，请另存一次再上传")
        if max(size) > MAX_SIDE or size[0] * size[1] > MAX_PIXELS:
            raise BlobRefused(f"“{name[:60]}”有 {size[0]}×{size[1]} 点，太大了，请缩小到 {MAX_PIXELS // 10_000} 万点以内再上传")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BlobRefused(f"“{name[:60]}”是旧版的 Word、Excel 或 WPS 文件，请另存为 .docx、.xlsx 或 PDF 再上传")
    stream.seek(0)
    notes = _signs(stream)
    stream.seek(0)
    most = KINDS[media_type][2] if media_type in KINDS else 1
    return blobs.store(stream, name, limit=most << 20, allowed=frozenset(KINDS)), size, notes


def _signs(stream: BinaryIO) -> tuple[str, ...]:
    found: dict[str, None] = {}
    tail, read = b"", 0
    while (chunk := stream.read(blobs.CHUNK)) and read <= blobs.LIMIT:
        window, read = tail + chunk, read + len(chunk)
        found.update({words: None for sign, words in _SIGNS if sign in window})
        tail = window[-16:]
    return tuple(found)


def library(site: Site) -> Library:
    """The site's library, made with the first file. For verbs alone."""
    if site.files is None:
        site.files = Library()
    return site.files


def add(site: Site, stream: BinaryIO, name: str, *, verdict: Verdict, actor: str, at: datetime | None = None) -> FileRecord:
    """Keep an uploaded file; the same content again gives the record that is there. ``verdict``: what the scanner said, asked beforehand.

    Refused when it is infected; BlobRefused when it is none of the kinds or too large."""
    if verdict.state == INFECTED:
        raise Refused(Reason("文件", f"“{name[:60]}”里发现病毒（{verdict.name or '未命名'}），没有保存。请先杀毒，或换一台电脑重新生成这个文件", "G17"))
    stored, size, notes = take_in(stream, name)
    return _keep(site, stored, size, notes, name=name, scan=verdict.state, actor=actor, at=at or clock_now(), by=actor)


def carry(site: Site, stream: BinaryIO, facts: dict[str, Any], *, actor: str) -> FileRecord:
    """Take over a file of an export with its facts (``id``, ``name``, ``by``, ``at``, ``scan``). Refused when it is not what its id says."""
    try:
        stored, size, notes = take_in(stream, str(facts.get("name") or "文件"))
    except BlobRefused as exc:
        raise Refused(Reason("files", str(exc))) from None
    if uid_of(stored.facts.sha256) != facts.get("id"):
        raise Refused(Reason("files", f"附件 {facts.get('id')} 的内容与编号不符，可能传坏了，请重新取一份"))
    try:
        at = datetime.fromisoformat(str(facts.get("at")))
    except ValueError:
        at = clock_now()
    at = at if at.tzinfo is not None else clock_now()
    scan = facts.get("scan") if facts.get("scan") in WORDS and facts.get("scan") != INFECTED else UNSCANNED
    return _keep(site, stored, size, notes, name=str(facts.get("name") or "文件"), scan=str(scan), actor=actor, at=at, by=str(facts.get("by") or actor))


def _keep(site: Site, stored: StoredFile, size: tuple[int, int] | None, notes: tuple[str, ...], *, name: str, scan: str, actor: str, at: datetime, by: str) -> FileRecord:
    shelf, digest = library(site), stored.facts.sha256
    known = shelf.get(uid_of(digest))
    if known is not None and known.stored.facts.sha256 != digest:
        raise Refused(Reason("文件", "文件的编号与另一个文件相同，没有保存，请联系管理员"))
    if known is not None:
        if known.scan == UNSCANNED and scan != UNSCANNED:
            known.scan = scan
        if by not in (known.by, *known.also):
            known.also = (*known.also, by)
        return known
    record = FileRecord(stored, name=safe_name(name, stored.facts.media_type), by=by, at=at, scan=scan)
    record.pixels, record.notes = size, notes
    shelf.put(record)
    site.audit.record("file.add", actor=actor, target=record.uid, reason=WORDS[scan], after=digest, at=clock_now())
    return record


def find(site: Site, ref: str) -> FileRecord | None:
    """The record of ``file:<id>`` or ``<id>``; None when the site has none."""
    return site.files.get(ref) if site.files is not None else None


def used_by(site: Site, record: FileRecord) -> Iterator[tuple[Document, bool]]:
    """(document, whether its public edition does) of all that refer to the file now: live, scheduled or draft."""
    for uid in record.users:
        document = site.document(uid)
        if document is None:
            continue
        live = document.live is not None and record.uid in references(document.live.values)
        others = [edition for edition in (document.draft, *document.scheduled) if edition is not None]
        if live or any(record.uid in references(edition.values) for edition in others):
            yield document, live


def _readable(document: Document) -> bool:
    """Whether readers are offered its live edition; a part of an item also needs those above it. What is for staff alone never is."""
    if kind_of(document.kind).internal:
        return False
    place: Any = document
    while isinstance(place, Document):
        if place.readable_at() is None:
            return False
        place = place.__parent__ if document.kind in ("ImplementationItem", "HandlingItem", "Guide") else None
    return True


def is_public(site: Site, record: FileRecord) -> bool:
    """Whether a live edition that readers are offered refers to the file. Reads the few documents that the record names."""
    for uid in record.users:
        document = site.document(uid)
        if document is not None and document.live is not None and _readable(document) and record.uid in references(document.live.values):
            return True
    return False
