"""Pages of rows: written once, read where they moved; what an older program wrote still loads."""
import io
import pickle

from ZODB.MappingStorage import DB

from govportal.base.journal import Journal
from govportal.base.pages import PAGES, PagedRows, PageReader, faults, follow, page_of
from govportal.content.heads import HeadPage, Heads

# Two records as the program before generation 2 wrote them: the page's class and state, then those of the whole (shortened to one page).
OLD_PAGE = (b"\x80\x03cgovportal.content.heads\nHeadPage\nq\x00.\x80\x03}q\x01X\x04\x00\x00\x00rowsq\x02}q\x03X\x02\x00\x00\x00u1q\x04X\x03\x00\x00\x00lawq\x05(h\x04X\x0e\x00\x00\x00"
            b"/shared/laws/aq\x06X\x06\x00\x00\x00\xe7\x94\xb2\xe6\xb3\x95q\x07X\x00\x00\x00\x00q\x08h\x08h\x08h\x08tq\t\x86q\nss.")
OLD_HEADS = (b"\x80\x03cgovportal.content.heads\nHeads\nq\x00.\x80\x03}q\x01(X\x05\x00\x00\x00pagesq\x02C\x08\x00\x00\x00\x00\x00\x00\x00\x02q\x03cgovportal.content.heads\nHeadPage\nq\x04\x86q\x05Q\x85q\x06"
             b"X\x08\x00\x00\x00versionsq\x07K\x03\x85q\x08X\n\x00\x00\x00generationq\tC\x08\x00\x00\x00\x00\x00\x00\x00\x03q\ncBTrees.Length\nLength\nq\x0b\x86q\x0cQu.")


def load(record, loaded=lambda reference: reference):
    stream = io.BytesIO(record)
    parts = [pickle.Unpickler(stream), pickle.Unpickler(stream)]
    for part in parts:
        part.persistent_load = loaded
    made = parts[0].load()
    made = made.__new__(made)
    made.__setstate__(parts[1].load())
    return made


def test_head_pages_of_an_older_program_load():
    page = load(OLD_PAGE)
    assert type(page) is HeadPage and page.rows == {"u1": ("law", ("u1", "/shared/laws/a", "甲法", "", "", "", ""))}
    heads = load(OLD_HEADS, lambda reference: page if reference[1] is HeadPage else reference[1](7))
    assert type(heads) is Heads and heads.versions == (3,) and heads.generation() == 7
    assert list(PageReader().moved(heads)) == [(0, page.rows)]


def test_new_head_pages_keep_their_class():
    assert type(Heads().pages[0]) is HeadPage and len(Heads().pages) == PAGES


def test_writing_the_same_again_moves_nothing():
    paged = PagedRows()
    assert paged.write({"a": ("a", 1), "b": ("b", 1)}) == len({page_of("a"), page_of("b")})
    generation = paged.generation()
    assert paged.write({"a": ("a", 1), "c": None}) == 0 and paged.generation() == generation
    assert paged.write({"a": None}) == 1 and paged.generation() == generation + 1


def test_a_reader_sees_moved_pages_once():
    connection = DB().open()
    paged = connection.root()["rows"] = PagedRows()
    connection.add(paged)
    reader = PageReader()
    assert len(list(reader.moved(paged))) == PAGES and list(reader.moved(paged)) == []
    paged.write({"a": ("a", 1)})
    assert list(reader.moved(paged)) == [(page_of("a"), {"a": ("a", 1)})] and list(reader.moved(paged)) == []


def test_a_reading_that_was_broken_off_begins_again():
    paged, reader = PagedRows(), PageReader()
    next(reader.moved(paged))
    assert len(list(reader.moved(paged))) == PAGES


def test_following_leaves_entries_that_changed_meanwhile():
    journal, paged = Journal(("desk",)), PagedRows()
    journal.record("a")

    def rows(uids):
        journal.record("a")                                   # a writer in between
        return {uid: (uid,) for uid in uids}
    assert follow(journal, "desk", paged, rows) == (1, 1) and journal.count("desk") == 1
    assert follow(journal, "desk", paged, lambda uids: {uid: (uid,) for uid in uids}) == (1, 0) and journal.count("desk") == 0
    assert follow(journal, "desk", paged, rows) == (0, 0)


def test_faults_are_named():
    paged = PagedRows()
    paged.write({"a": ("a",), "b": ("b",), "c": ("c",)})
    found = list(faults(paged, ["a", "b", "d", "e"], {"e", "c"}, {"a": ("a",), "b": ("x",), "d": ("d",)}.get, "列表记录"))
    assert found == ["列表记录 b 与内容不一致，日志里却没有它要做的更新", "内容 d 没有列表记录，日志里却没有它要做的更新"]
