"""Files in ZODB blobs: stored as a stream, refused by what they are and not by what they are called.

Owns the limits, the digest and the sniffed type; a file is never held in memory whole. BlobRefused with one Chinese line.
"""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

import filetype
from persistent import Persistent
from ZODB.blob import Blob

CHUNK = 1 << 18
LIMIT = 20 << 20
# What may be kept, by sniffed type; text is told by its bytes.
ALLOWED = {"application/pdf", "image/jpeg", "image/png", "image/gif", "image/webp",
           "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_TEXT = "text/plain"
_BOM = b"\xef\xbb\xbf"
# First folders in an Office file's zip, whatever the order of its entries (WPS has its own).
_IN_ZIP = ((b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))


class BlobRefused(Exception):
    """The file cannot be taken; says why and what to do."""


@dataclass(frozen=True)
class FileFacts:
    """Size in bytes, SHA-256, sniffed media type, the name as the person gave it (for display only)."""

    size: int
    sha256: str
    media_type: str
    name: str


class StoredFile(Persistent):
    """A blob with its facts; belongs to the caller's transaction."""

    def __init__(self, facts: FileFacts, blob: Blob) -> None:
        self.facts, self.blob = facts, blob

    def committed_path(self) -> str:
        """Path of the committed file, for X-Accel and sendfile. Raises BlobError before the commit."""
        return self.blob.committed()


def sniff(head: bytes) -> str:
    """Media type by content; '' when it is none we know."""
    found = filetype.guess_mime(head)
    if found == "application/zip":
        return _office(head) or found
    if found:
        return found
    if b"\x00" in head:
        return ""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as exc:
        if exc.start < len(head) - 4:
            return ""
    return _TEXT if head and not head.removeprefix(_BOM).lstrip().lower().startswith((b"<", b"#!", b"mz")) else ""


def _office(head: bytes) -> str:
    """Kind of an Office file by the names in its zip's local headers; '' for another zip. Nothing is unpacked."""
    names: list[bytes] = []
    place = 0
    while (place := head.find(b"PK\x03\x04", place)) >= 0 and len(names) < 64:
        length = int.from_bytes(head[place + 26:place + 28], "little")
        names.append(head[place + 30:place + 30 + length])
        place += 30
    if b"[Content_Types].xml" not in names:
        return ""
    return next((kind for folder, kind in _IN_ZIP if any(name.startswith(folder) for name in names)), "")


def store(stream: BinaryIO, name: str, *, limit: int = LIMIT, allowed: frozenset[str] = frozenset(ALLOWED | {_TEXT})) -> StoredFile:
    """Read ``stream`` to its end into a new blob. BlobRefused when it is empty, too large or of a kind not allowed."""
    head = stream.read(CHUNK)
    if not head:
        raise BlobRefused(f"“{name[:60]}”是空文件，请重新选择")
    media_type = sniff(head)
    if media_type not in allowed:
        raise BlobRefused(f"“{name[:60]}”的内容不是可以接收的文件（PDF、图片、Word、Excel、文本），请换一种格式")
    digest, size, blob = hashlib.sha256(), 0, Blob()
    with blob.open("w") as target:
        chunk = head
        while chunk:
            size += len(chunk)
            if size > limit:
                raise BlobRefused(f"“{name[:60]}”超过 {limit >> 20} MB，请压缩或分开上传")
            digest.update(chunk)
            target.write(chunk)
            chunk = stream.read(CHUNK)
    return StoredFile(FileFacts(size, digest.hexdigest(), media_type, name[:200]), blob)
