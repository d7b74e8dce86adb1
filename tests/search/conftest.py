"""The search room's fixtures: an index over the demo site, a small one made of handed-in documents."""
from __future__ import annotations

import uuid

import pytest

from govportal.content.columns import ColumnStore
from govportal.search.analysis import analyzer
from govportal.search.documents import IndexDocument
from govportal.search.engine import Engine
from govportal.search.index import Home, Writer


@pytest.fixture
def columns(site):
    return ColumnStore().get(site)


@pytest.fixture(autouse=True)
def engine(app, columns) -> Engine:
    """The engine of the demo site's app, with its lexicon made."""
    made = app.app.registry.search
    made.lexicon(columns)
    return made


def document(number: int, title: str, *plain: str, body: str = "", **more) -> IndexDocument:
    return IndexDocument(str(uuid.UUID(int=number)), more.pop("edition", "e1"), more.pop("kind", "item"), title, (title, *plain), body, **more)


class Shelf:
    """An index folder of documents made by hand."""

    def __init__(self, folder) -> None:
        self.home = Home(folder)
        self.home.make("index-1", analyzer().stamp)
        self.home.switch("index-1")
        self.writer = Writer(folder / "index-1", analyzer())

    def put(self, *documents: IndexDocument, fresh: bool = False) -> None:
        self.writer.apply({one.uid: one for one in documents}, fresh=fresh)

    def drop(self, *numbers: int) -> None:
        self.writer.apply({str(uuid.UUID(int=number)): None for number in numbers})

    def engine(self) -> Engine:
        return Engine(self.home.folder)


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(tmp_path)
