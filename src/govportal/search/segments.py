"""All that touches Whoosh's private parts: storage with fsync, schema, segments, posting lists as numpy arrays.

Relied on (Whoosh 2.7.4, pinned; ``tests/search/test_segments.py`` names and checks each): ``FileIndex._read_toc``,
``SegmentReader._terms.matcher``, ``W3LeafMatcher._read_data/_goto/_nextoffset/_lastblock/_data/_blocklength``,
``W3PerDocReader._cached_reader``, ``segment._fieldlengths``, ``SegmentWriter._flush_segment``, ``W3FieldWriter._postwriter``,
``W3PostingsWriter._ids/_weights/_maxweight/_write_block/_mini_ids/_mini_weights``, ``Codec.length_stats``. Nothing else of the package may use Whoosh.
Whoosh's own searching (``limit=``, ``refresh``, fuzzy, highlights) is not used: it is wrong or slow (measured.md S1, S5).
"""
from __future__ import annotations

import os
import threading
import time
import warnings
from array import array
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh import index as whoosh_index
    from whoosh.codec.whoosh3 import LENGTHS_COLUMN, W3Codec, W3PostingsWriter
    from whoosh.fields import ID, STORED, Schema
    from whoosh.filedb.filestore import FileStorage
    from whoosh.reading import SegmentReader, TermNotFound
    from whoosh.util.numeric import byte_to_length
    from whoosh.writing import SegmentWriter

LENGTHS = np.array([byte_to_length(number) for number in range(256)], dtype=np.float32)
WORD_FIELDS = ("title", "plain", "body")
CODE_FIELDS = ("kind", "region", "org", "topic", "audience", "channel", "type", "date")
SMALL = 2000                    # documents; smaller segments are merged together
BLOCK = 4096                    # postings in a block
MANY = 10                       # small segments that may lie beside the large ones


def schema() -> Schema:
    """Words of title, plain names and body; ``gram``: character pairs of all labels; codes, facets; labels are stored. Every field is an
    ID, because documents come as lists of terms and ``_Writer`` gives the frequencies."""
    return Schema(id=ID(stored=True, unique=True), edition=STORED, weight=STORED, labels=STORED,
                  **{name: ID() for name in (*WORD_FIELDS, *CODE_FIELDS, "code", "gram")})


class SyncedStorage(FileStorage):
    """FileStorage whose files are on the disk when they are closed, and whose renames are too (Whoosh never calls fsync)."""

    def create_file(self, name: str, excl: bool = False, mode: str = "wb", **kwargs: Any) -> Any:
        file = super().create_file(name, excl=excl, mode=mode, **kwargs)
        given = file.onclose

        def sync(closed: Any) -> None:
            if given:
                given(closed)
            file.file.flush()
            os.fsync(file.file.fileno())
        file.onclose = sync
        return file

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        super().rename_file(oldname, newname, safe=safe)
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def open_storage(folder: Path) -> SyncedStorage:
    return SyncedStorage(str(folder))


def create(folder: Path) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    return open_storage(folder).create_index(schema())


def open_index(folder: Path) -> Any:
    """The index in a folder. Raises ``whoosh.index.EmptyIndexError`` or OSError when there is none."""
    return open_storage(folder).open_index()


def exists(folder: Path) -> bool:
    """Whether there is an index whose table of contents can be read."""
    try:
        return folder.is_dir() and bool(whoosh_index.exists_in(str(folder)))
    except Exception:  # noqa: BLE001 - a torn table of contents raises whatever pickle meets
        return False


class _Postings(W3PostingsWriter):
    """Blocks minified without a Python step for each posting."""

    def _mini_ids(self) -> tuple[int, ...]:
        ids = self._ids
        return (ids[0], *np.diff(np.frombuffer(ids, dtype=np.uint32)).tolist()) if len(ids) > 1 else tuple(ids)

    def _mini_weights(self) -> Any:
        different = set(self._weights)
        if len(different) == 1:
            only = different.pop()
            return None if only == 1.0 else only
        return tuple(self._weights)


class _Codec(W3Codec):
    """W3Codec without length statistics of blocks, which nobody here reads (a quarter of the time of a build)."""

    length_stats = False

    def postings_writer(self, dbfile: Any, byteids: bool = False) -> Any:
        return _Postings(dbfile, blocklimit=self._blocklimit, byteids=byteids, compression=self._compression, inlinelimit=self._inlinelimit)


class _Pool:
    """Posting lists in memory by (field, term); documents come in ascending order."""

    def __init__(self) -> None:
        self.terms: dict[tuple[str, bytes], tuple[array[int], array[float]]] = {}

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """One posting of a merged segment."""
        self.one(item[0], item[1], item[2], item[3])

    def one(self, field: str, term: bytes, number: int, weight: float) -> None:
        found = self.terms.get((field, term))
        if found is None:
            found = self.terms[(field, term)] = array("I"), array("f")
        found[0].append(number)
        found[1].append(weight)

    def cleanup(self) -> None:
        self.terms = {}


class _Writer(SegmentWriter):
    """Whoosh's writer with the terms handed in ready made: ``{field: list of terms}``, ids and stored values as they are."""

    def __init__(self, index: Any) -> None:
        try:
            super().__init__(index, codec=_Codec(blocklimit=BLOCK, compression=1), compound=False)
        except BaseException:
            if getattr(self, "segments", None) is not None:            # set after the lock was taken
                self.writelock.release()
            raise
        self.compound = False
        self.pool = _Pool()

    def add_document(self, **fields: Any) -> None:
        self._check_state()
        per_document, whoosh_schema, number, one = self.perdocwriter, self.schema, self.docnum, self.pool.one
        per_document.start_doc(number)
        for name in sorted(fields):
            value, field, length = fields[name], whoosh_schema[name], 0
            if isinstance(value, list) and field.indexed:
                counts = Counter(value)
                for term, times in counts.items():
                    one(name, term.encode("utf-8", "surrogatepass"), number, float(times))
                length = len(value) if name in WORD_FIELDS else 0
            elif field.indexed:
                one(name, value.encode("utf-8"), number, 1.0)
            per_document.add_field(name, field, value if field.stored else None, length)
        per_document.finish_doc()
        self._added = True
        self.docnum += 1

    def _flush_segment(self) -> None:
        self.perdocwriter.close()
        fields: Any = self.fieldwriter
        last, postings = "", fields._postwriter
        for (name, term), (numbers, weights) in sorted(self.pool.terms.items()):
            if name != last:
                fields.start_field(name, self.schema[name])
                last, postings = name, fields._postwriter
            fields.start_term(term)
            for start in range(0, len(numbers), BLOCK):
                if start:
                    postings._write_block()
                postings._ids, postings._weights = numbers[start:start + BLOCK], weights[start:start + BLOCK]
                postings._maxweight = max(postings._weights)
            fields.finish_term()
        if last:
            fields.finish_field()
        fields.close()


def writer(index: Any) -> Any:
    """The single writer (LockError when another has it)."""
    return _Writer(index)


def abandon(whoosh_writer: Any) -> None:
    """Give up a writer that failed: its lock is free at once. On a full disk Whoosh's own cancel fails too and keeps the lock
    (measured.md S7); files left over go with the next commit."""
    try:
        whoosh_writer.cancel()
    except Exception:  # noqa: BLE001 - whatever failed, the old index stands
        if not whoosh_writer.is_closed and whoosh_writer.writelock is not None:
            whoosh_writer.writelock.release()
            whoosh_writer.is_closed = True


def merge_small(whoosh_writer: Any, segments: list[Any]) -> list[Any]:
    """Merge policy: when more than MANY small segments lie about, make one of them; also drop segments with nothing alive."""
    alive = [segment for segment in segments if segment.doc_count_all() > segment.deleted_count()]
    small = [segment for segment in alive if segment.doc_count_all() < SMALL]
    if len(small) <= MANY:
        return alive
    for segment in small:
        reader = SegmentReader(whoosh_writer.storage, whoosh_writer.schema, segment)
        whoosh_writer.add_reader(reader)
        reader.close()
    return [segment for segment in alive if segment.doc_count_all() >= SMALL]


class Labels(NamedTuple):
    """All labels of a segment: ``starts[d]:starts[d + 1]`` are the labels of document ``d``; ``characters[begin[l]:begin[l + 1] - 1]`` is label
    ``l`` as uint16 (characters beyond the basic plane are folded to 16 bits; ``folded`` says that there are some), a line end behind each."""

    starts: np.ndarray
    begin: np.ndarray
    characters: np.ndarray
    folded: bool

    def pairs(self, places: np.ndarray) -> np.ndarray:
        """Codes of the pairs that begin at these places: (first << 16) + second, uint32."""
        return (self.characters[places].astype(np.uint32) << np.uint32(16)) | self.characters[places + 1]

    def all_pairs(self) -> np.ndarray:
        """Codes of the pairs that begin at every place but the last, those across labels included."""
        codes = self.characters[:-1].astype(np.uint32)
        codes <<= np.uint32(16)
        codes |= self.characters[1:]
        return codes


def pair_codes(text: str) -> np.ndarray:
    """Code of the pair that begins at each character but the last."""
    characters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return ((characters[:-1] & 0xFFFF) << np.uint32(16)) | (characters[1:] & 0xFFFF)


class Segment:
    """One Whoosh segment, read into numpy. Immutable but for the deletions, which a new Picture reads anew."""

    def __init__(self, storage: Any, whoosh_schema: Any, segment: Any) -> None:
        self.id = segment.segment_id()
        self.size = segment.doc_count_all()
        self._reader = SegmentReader(storage, whoosh_schema, segment)
        self._format = {name: whoosh_schema[name].format for name in whoosh_schema.names() if whoosh_schema[name].format}
        self._lock = threading.Lock()
        self._lengths: dict[str, np.ndarray] = {}
        self.total = {name: segment._fieldlengths.get(name, 0) for name in WORD_FIELDS}
        self.uids = np.zeros(0, dtype="S1")
        self.weights = np.zeros(self.size, dtype=np.float32)
        self.mass: tuple[Any, np.ndarray] | None = None        # kept for ``Picture.masses``
        self.labels = self._read_stored()

    def _read_stored(self) -> Labels:
        starts, lengths, folded = array("i", [0]), array("i"), False
        parts: list[np.ndarray] = []
        texts: list[str] = []
        uids: list[bytes] = []
        for number in range(self.size):
            stored = self._reader.stored_fields(number)
            uids.append(stored["id"].encode())
            self.weights[number] = stored.get("weight") or 0.0
            labels = stored.get("labels") or ()
            texts += labels
            lengths.extend(map(len, labels))
            starts.append(len(lengths))
            if len(texts) > 5000 or number == self.size - 1:      # in parts: a list of a million strings would leave its room unused behind
                text = "\n".join([*texts, ""])
                folded = folded or any(char > "\uffff" for char in text)
                parts.append(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint16))
                texts.clear()
        begin = np.concatenate(([0], np.cumsum(np.frombuffer(lengths, dtype=np.int32) + 1))).astype(np.int32) if lengths else np.zeros(1, dtype=np.int32)
        made = Labels(np.frombuffer(starts, dtype=np.int32).copy(), begin, np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint16), folded)
        self.uids = np.array(uids, dtype="S")
        return made

    def pair_counts(self) -> tuple[np.ndarray, np.ndarray]:
        """(pair codes ascending, how often: int32) inside labels; counted anew at each call."""
        labels = self.labels
        if len(labels.characters) < 2:
            return np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int32)
        inner = (labels.characters[:-1] != 10) & (labels.characters[1:] != 10)
        codes, counts = np.unique(labels.all_pairs()[inner], return_counts=True)
        return codes, counts.astype(np.int32)

    def postings(self, field: str, term: str) -> tuple[np.ndarray, np.ndarray]:
        """(document numbers int32 ascending, frequencies float32) of a term, deleted documents included."""
        with self._lock:
            try:
                matcher = self._reader._terms.matcher(field, term.encode("utf-8"), self._format[field])
            except TermNotFound:
                return _NONE
            ids, weights = [], []
            while True:
                matcher._read_data()
                deltas, minified = matcher._data[0], matcher._data[1]
                block = np.cumsum(np.array(deltas, dtype=np.int64)).astype(np.int32)
                ids.append(block)
                if minified is None or isinstance(minified, float):
                    weights.append(np.broadcast_to(np.float32(1.0 if minified is None else minified), len(block)))
                else:
                    weights.append(np.array(minified, dtype=np.float32))
                if matcher._lastblock:
                    break
                matcher._goto(matcher._nextoffset)
        return (ids[0], weights[0]) if len(ids) == 1 else (np.concatenate(ids), np.concatenate(weights))

    def lengths(self, field: str) -> np.ndarray:
        """Words of a field by document, float32 (Whoosh's one-byte lengths)."""
        with self._lock:
            found = self._lengths.get(field)
            if found is None:
                reader = self._reader._perdoc._cached_reader(f"_{field}_len", LENGTHS_COLUMN)
                found = np.zeros(self.size, dtype=np.float32)
                if reader is not None:
                    raw = np.array([reader[number] for number in range(self.size)], dtype=np.uint8)
                    found = LENGTHS[raw]
                self._lengths[field] = found
            return found

    def terms(self, field: str) -> list[str]:
        """All terms of a field in this segment."""
        with self._lock:
            return [term.decode("utf-8") for term in self._field_terms(field)]

    def _field_terms(self, field: str) -> Any:
        for name, term in self._reader._terms.terms_from(field, b""):
            if name != field:
                break
            yield term

    def labels_of(self, number: int) -> list[str]:
        """The labels of one document, its name first."""
        table = self.labels
        if table.folded:
            with self._lock:
                return list(self._reader.stored_fields(number).get("labels") or ())
        ends = table.begin[table.starts[number]:table.starts[number + 1] + 1].tolist()
        return [table.characters[start:end - 1].astype("<u2").tobytes().decode("utf-16-le", "replace") for start, end in zip(ends, ends[1:], strict=False)]

    def editions(self) -> list[tuple[str, str]]:
        """(id, edition) of each document, deleted ones included."""
        with self._lock:
            return [(stored["id"], stored.get("edition") or "") for stored in map(self._reader.stored_fields, range(self.size))]


_NONE = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


def toc(folder: Path) -> tuple[Any, Any, int, list[tuple[Any, list[int]]]]:
    """(storage, schema, generation, [(whoosh segment, deleted numbers)]) as the folder is now; retries when a commit replaces it."""
    for attempt in range(20):
        try:
            storage = open_storage(folder)
            index = storage.open_index()
            found = index._read_toc()
            return storage, found.schema, found.generation, [(segment, sorted(segment.deleted_docs())) for segment in found.segments]
        except FileNotFoundError:
            if attempt == 19:
                raise
            time.sleep(0.001 * attempt)
    raise AssertionError


__all__ = ["CODE_FIELDS", "LENGTHS", "Labels", "Segment", "SyncedStorage", "WORD_FIELDS", "abandon", "create", "exists", "merge_small", "open_index", "open_storage",
           "pair_codes", "schema", "toc", "writer"]
