"""The index in step with the content: a journal consumer for each index folder, and the rebuild beside the serving one.

Consumer name = ``search:<folder>``: a new folder collects changes from the moment its building begins, so a switch loses
nothing. ``step`` applies the *current* state of changed documents, then removes the journal entries: killed in between, it
does the same again. Owns no Whoosh and no ranking.
"""
from __future__ import annotations

import logging
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..content.site import ROOT_KEY, open_site
from .analysis import Analyzer, analyzer, builder
from .documents import IndexDocument, everything, source_of
from .index import Home, IndexMissing, Position, Writer, build, editions, position_of, write_position
from .picture import Reader

log = logging.getLogger("govportal.search")
BATCH = 500
MANY = 10_000                   # changes from which a rebuild is quicker
RETRY = 30.0                    # seconds between attempts to build a missing index


def consumer_of(name: str) -> str:
    return f"search:{name}"


def in_step(folder: Position, database: tuple[int, int]) -> bool:
    """Whether a folder belongs to this state of the database: the same batch, or one ahead of it (killed between the two commits)."""
    number, nonce = database
    return (folder.number, folder.nonce) == (number, nonce) or (folder.number == number + 1 and folder.previous == nonce)


class Keeper:
    """Keeps the index of a database current; one a database (the worker's)."""

    def __init__(self, db: Any, folder: Path, *, words: Analyzer | None = None, spawn: Callable[[str], Any] | None = None) -> None:
        self.db, self.home, self.spawn = db, Home(folder), spawn
        self.analyzer = words or analyzer()
        self._child: tuple[str, Any] | None = None
        self._clean = False
        self._tried = 0.0

    def step(self) -> int:
        """Apply pending changes, or take a rebuild one step further; returns how much was done."""
        if self._child is not None:
            return self._await()
        request = self.home.folder / "rebuild.request"
        try:
            name = self.home.current_name()
            self.home.current(self.analyzer.stamp)
            if request.exists():
                raise IndexMissing("请求重建")
            if (self.home.folder / "broken").exists():
                (self.home.folder / "broken").unlink(missing_ok=True)
                Reader(self.home, self.analyzer.stamp).picture()
            with self.db.transaction() as connection:
                journal = open_site(connection).journal
                if consumer_of(name) not in journal.consumers():
                    raise IndexMissing("这个索引不属于这个数据库")
                if not in_step(position_of(self.home.folder / name), journal.position(consumer_of(name))):
                    raise IndexMissing("索引和数据库不是同一时刻的（其中一个是从备份恢复的）")
                self._forget(journal, name)
            return self.apply(name)
        except IndexMissing as exc:
            if time.monotonic() - self._tried < RETRY and self._tried and not request.exists():
                return 0
            self._tried = time.monotonic()
            request.unlink(missing_ok=True)
            log.warning("search index: %s; building a new one", exc)
            return self._begin()

    def _forget(self, journal: Any, name: str) -> None:
        """Consumers of builds that came to nothing."""
        for other in journal.consumers() if not self._clean else ():
            if other.startswith("search:") and other != consumer_of(name):
                journal.unregister(other)
                self.home.drop(other.removeprefix("search:"))
        self._clean = True

    def apply(self, name: str, limit: int = BATCH) -> int:
        """Up to ``limit`` pending entries into the folder ``name``; returns how many.

        Order: commit of the index, position file, then the database; killed in between, the next round does the batch again.
        """
        folder, consumer = self.home.folder / name, consumer_of(name)
        with self.db.transaction() as connection:
            site = open_site(connection)
            entries = site.journal.pending(consumer, limit)
            if not entries:
                return 0
            number, nonce = site.journal.position(consumer)
            found = position_of(folder)
            again = found.uids if found.number == number + 1 else ()
            uids = tuple(dict.fromkeys((*again, *(entry.uid for entry in entries))))
            Writer(folder, self.analyzer).apply({uid: source_of(site.document(uid)) for uid in uids})
            fresh = secrets.randbits(53)
            write_position(folder, Position(number + 1, fresh, nonce, uids))
            site.journal.advance(consumer, number + 1, fresh)
            site.journal.done(consumer, entries)
            return len(entries)

    # -- rebuild -------------------------------------------------------------------------------------------------------
    def _begin(self) -> int:
        name = self.home.new_name()
        with self.db.transaction() as connection:
            open_site(connection).journal.register(consumer_of(name))
        if self.spawn is None:
            self.rebuild_here(name)
        else:
            self._child = name, self.spawn(name)
        return 1

    def _await(self) -> int:
        assert self._child is not None
        name, process = self._child
        code = process.poll()
        if code is None:
            old = self.home.current_name()
            if old:
                try:
                    self.home.current(self.analyzer.stamp)
                    return self.apply(old)
                except (IndexMissing, KeyError):
                    return 0
            return 0
        self._child = None
        if code != 0:
            log.error("building the search index failed (code %s)", code)
            self.home.drop(name)
            with self.db.transaction() as connection:
                open_site(connection).journal.unregister(consumer_of(name))
            return 0
        self.finish(name)
        return 1

    def rebuild_here(self, name: str | None = None, progress: Callable[[int, int], None] | None = None) -> int:
        """Build in this process and switch; returns how many documents."""
        if name is None:
            name = self.home.new_name()
            with self.db.transaction() as connection:
                open_site(connection).journal.register(consumer_of(name))
        done = build_from(self.db, self.home, name, builder(self.analyzer.fast), progress)
        self.finish(name)
        return done

    def finish(self, name: str) -> None:
        """Apply what changed meanwhile, make the folder current, forget the others' consumers."""
        while self.apply(name):
            pass
        self.home.switch(name)
        with self.db.transaction() as connection:
            journal = open_site(connection).journal
            for other in journal.consumers():
                if other.startswith("search:") and other != consumer_of(name):
                    journal.unregister(other)

    def stop(self) -> None:
        if self._child is not None and self._child[1].poll() is None:
            self._child[1].terminate()


def catch_up(db: Any, folder: Path, words: Analyzer | None = None, progress: Callable[[int, int], None] | None = None) -> None:
    """After a writing verb without the portal: bring an index that is there up to date, by a rebuild when very much changed."""
    keeper = Keeper(db, folder, words=words)
    name = keeper.home.current_name()
    if not name:
        return
    with db.transaction() as connection:
        journal = open_site(connection).journal
        waiting = journal.count(consumer_of(name)) if consumer_of(name) in journal.consumers() else MANY
    if waiting >= MANY:
        keeper.rebuild_here(progress=progress)
    while keeper.step():
        pass


def build_from(db: Any, home: Home, name: str, words: Analyzer, progress: Callable[[int, int], None] | None = None) -> int:
    """Build a folder from the whole site."""
    with db.transaction() as connection:
        site = open_site(connection)
        visited, total = [0], len(site.documents)

        def seen(number: int) -> None:
            visited[0] = number
        made = build(home, name, words, everything(site, seen), progress=progress and (lambda done, _: progress(visited[0], total)))
        if progress is not None:
            progress(total, total)
        return made


def spawn_builder(var: Path, storage: str, config: str = "") -> Callable[[str], Any]:
    """Starts ``govportal search build NAME`` as a process of low priority that reads the database without writing."""
    def spawn(name: str) -> Any:
        environment = {**os.environ, "GOVPORTAL_VAR": str(var), **({"GOVPORTAL_STORAGE": storage} if storage else {})}
        command = [sys.executable, "-W", "ignore", "-m", "govportal", *(["--config", config] if config else []), "search", "build", name]
        return subprocess.Popen(command, env=environment, preexec_fn=lambda: os.nice(10) and None)
    return spawn


def faults(db: Any, home: Home, words: Analyzer) -> dict[str, list[str]]:
    """{missing, stale, ghosts, double}: ids where index and content differ, pending changes aside. IndexMissing."""
    folder = home.current(words.stamp)
    indexed = editions(folder)
    with db.transaction() as connection:
        site = connection.root()[ROOT_KEY]
        pending = {entry.uid for entry in site.journal.pending(consumer_of(folder.name))}
        wanted: dict[str, IndexDocument] = {document.uid: document for document in everything(site)}
    result: dict[str, list[str]] = {"missing": [], "stale": [], "ghosts": [], "double": []}
    for uid, document in wanted.items():
        if uid in pending:
            continue
        if uid not in indexed:
            result["missing"].append(uid)
        elif document.edition not in indexed[uid]:
            result["stale"].append(uid)
    for uid, found in indexed.items():
        if uid not in wanted and uid not in pending:
            result["ghosts"].append(uid)
        if len(found) > 1:
            result["double"].append(uid)
    return result
