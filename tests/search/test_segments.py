"""What search relies on of Whoosh's private parts, each by name, and that the bulk writer writes what Whoosh itself reads."""
import inspect
import random
from array import array

import numpy as np
import pytest
import whoosh
from whoosh.codec import base, whoosh3
from whoosh.index import FileIndex
from whoosh.reading import SegmentReader
from whoosh.writing import SegmentWriter

from govportal.search import segments
from govportal.search.analysis import analyzer
from govportal.search.index import IndexMissing
from tests.search.conftest import document


def test_the_pinned_version():
    assert whoosh.__version__ == (2, 7, 4)


@pytest.mark.parametrize(("owner", "names"), [
    (FileIndex, ("_read_toc",)), (SegmentWriter, ("_flush_segment", "_check_state", "add_document", "delete_by_query")),
    (whoosh3.W3PostingsWriter, ("_write_block", "_mini_ids", "_mini_weights", "start_postings", "finish_postings")),
    (whoosh3.W3FieldWriter, ("start_field", "start_term", "finish_term", "finish_field")), (whoosh3.W3LeafMatcher, ("_read_data", "_goto")),
    (whoosh3.W3PerDocReader, ("_cached_reader",)), (SegmentReader, ("stored_fields",)), (base.Codec, ("postings_writer",))])
def test_private_parts_are_where_they_were(owner, names):
    for name in names:
        assert callable(getattr(owner, name)), (owner, name)


def test_private_attributes_are_spelt_as_they_were():
    source = inspect.getsource(whoosh3)
    for name in ("_nextoffset", "_lastblock", "_data", "_fieldlengths", "_postwriter", "_ids", "_weights", "_maxweight", "_blocklimit", "_inlinelimit", "_format"):
        assert f"self.{name}" in source or f".{name}" in source, name
    assert base.Codec.length_stats is True and "length_stats" in inspect.getsource(SegmentWriter._flush_segment)


def test_whoosh_itself_reads_what_the_bulk_writer_wrote(shelf):
    """Every posting list, by Whoosh's own reader and by ours, after several commits, deletes and a merge."""
    source = random.Random(3)
    words = ["身份证", "居住证", "护照", "社保卡", "公积金", "驾驶证", "营业执照", "补办", "变更", "注销"]
    texts = {}
    for start in range(0, 400, 20):
        batch = [document(number, "".join(source.sample(words, 2)) + str(number % 7), source.choice(words), body="，".join(source.choices(words, k=30))) for number in range(start, start + 20)]
        shelf.put(*batch, fresh=start % 40 == 0)
        texts |= {one.uid: one for one in batch}
    shelf.drop(3, 9, 250)
    gone = {one.uid for number, one in enumerate(texts.values()) if number in (3, 9, 250)}
    storage, schema, _, parts = segments.toc(shelf.home.folder / "index-1")
    seen: dict[str, dict[str, float]] = {}
    for whoosh_segment, deleted in parts:
        ours, theirs = segments.Segment(storage, schema, whoosh_segment), SegmentReader(storage, schema, whoosh_segment)
        for term in ours.terms("body"):
            numbers, weights = ours.postings("body", term)
            matcher = theirs.postings("body", term)
            expected = []
            while matcher.is_active():
                expected.append((matcher.id(), matcher.weight()))
                matcher.next()
            alive = [(int(number), float(weight)) for number, weight in zip(numbers, weights, strict=True) if number not in deleted]
            assert alive == expected
            for number, weight in alive:
                seen.setdefault(ours.uids[number].decode(), {})[term] = weight
    counts = {uid: {word: float(analyzer().words(one.body).count(word)) for word in set(analyzer().words(one.body))} for uid, one in texts.items() if uid not in gone}
    assert seen == counts


def test_long_posting_lists_span_blocks(shelf):
    shelf.put(*(document(number, f"事项{number}", body="常见词") for number in range(segments.BLOCK + 50)), fresh=True)
    found = shelf.engine().picture().postings("body", "常见")
    assert len(found[0]) == segments.BLOCK + 50 and np.array_equal(found[0], np.arange(segments.BLOCK + 50)) and set(found[1].tolist()) == {1.0}


def test_labels_are_read_back_with_their_pairs(shelf):
    shelf.put(document(1, "居民身份证", "身份证", "办𠀀证"), document(2, "护照"), fresh=True)
    picture = shelf.engine().picture()
    assert picture.labels_of(0) == ["居民身份证", "身份证", "办𠀀证"] and picture.labels_of(1) == ["护照"]
    rows = picture.label_rows(np.array([0, 1]))
    assert rows.owner.tolist() == [0, 0, 0, 1] and rows.first.tolist() == [True, False, False, True] and rows.length.tolist() == [5, 3, 3, 2]
    assert rows.pairs[rows.label == 3].tolist() == [(ord("护") << 16) + ord("照")]


def test_small_segments_are_merged_and_nothing_is_lost(shelf):
    for number in range(30):
        shelf.put(document(number, f"第{number}件事"))
    picture = shelf.engine().picture()
    assert len(picture.segments) <= segments.MANY + 2 and picture.count == 30


def test_a_second_writer_is_refused_at_once(shelf):
    from whoosh.index import LockError
    held = segments.writer(segments.open_index(shelf.home.folder / "index-1"))
    try:
        with pytest.raises(LockError):
            shelf.put(document(1, "事项"))
    finally:
        held.cancel()
    shelf.put(document(1, "事项"))


def test_files_are_on_the_disk_before_the_commit_returns(shelf, monkeypatch):
    import os
    synced: list[str] = []
    real = os.fsync

    def fsync(handle):
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        return real(handle)
    monkeypatch.setattr(os, "fsync", fsync)
    shelf.put(document(1, "事项"))
    folder = shelf.home.folder / "index-1"
    written = {path.name for path in folder.iterdir() if path.suffix in (".trm", ".pst") or path.name.endswith(".toc")}
    assert {name.rsplit("/", 1)[-1] for name in synced} >= {name for name in written if not name.endswith(".toc")} and str(folder) in synced


def test_another_stamp_is_no_index(shelf):
    shelf.put(document(1, "事项"))
    (shelf.home.folder / "index-1" / "stamp.json").write_text('{"stamp": "old"}', encoding="utf-8")
    with pytest.raises(IndexMissing, match="重建"):
        shelf.engine().picture()


def test_weights_are_kept_as_floats():
    assert array("f").itemsize == 4
