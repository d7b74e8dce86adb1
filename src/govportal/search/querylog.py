"""The query log: what was asked, never who asked; clicks; and what both teach (hot queries, queries without answer, popularity).

One file a day in ``var/search/log``, a line an event, appended in one write. An asker is a hash under a salt that lives one day and
is then deleted, so nobody can be followed from one day to the next. Numbers of five digits and more, e-mail addresses and names are
masked before anything is written. Lists show a query only from ASKERS askers on. A full disk loses events, never an answer.
"""
from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import math
import os
import re
import secrets
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .text import normalise

log = logging.getLogger("govportal.search")
ASKERS = 3
MAX_TEXT = 60
_DIGITS = re.compile(r"\d(?:[ .,/_—–·-]{0,2}\d){4,}[xX]?|[零〇一二三四五六七八九幺](?:[ -]?[零〇一二三四五六七八九幺]){4,}")
_MAIL = re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜戚谢邹喻潘葛范彭鲁韦马苗方任袁柳鲍史唐费廉岑薛雷贺倪汤罗毕郝安常于傅齐康余顾孟黄穆萧尹姚邵汪祁毛狄米贝明计成戴宋庞熊纪舒屈项祝董梁杜阮季贾江郭梅林钟徐邱骆高夏蔡田胡凌霍万柯卢莫房解应宗丁邓单洪包左石崔龚程邢裴陆荣翁"
_NAMED = re.compile(rf"(?:我叫|我是|姓名|本人|名叫|联系人|当事人)[:：是]?\s*[{_SURNAMES}][一-鿿]{{1,2}}|[{_SURNAMES}][一-鿿]{{0,2}}(?:先生|女士|同志|师傅|老师|局长|主任|科长|书记|镇长|村长|所长|警官|律师|医生)(?!退休|资格|节|证|注册|执业|补贴|培训)")


def masked(text: str) -> str:
    """The text without what could name a person: numbers of five and more digits, e-mail addresses, names; at most 60 characters."""
    text = _MAIL.sub("〔邮箱〕", normalise(text[:400]))
    return _NAMED.sub("〔姓名〕", _DIGITS.sub("〔数字〕", text))[:MAX_TEXT]


@dataclass
class Asked:
    """What is known of one query over the days looked at. ``askers``: different ones on the day with most of them, because nobody can be told from one
    day to the next; ``visits``: askers of each day added up, ``openers``: those among them who opened something."""

    text: str
    times: int = 0
    askers: int = 0
    total: int = 0              # hits of the last time
    near: int = 0               # times when nothing fitted
    clicks: int = 0
    clicked: dict[str, int] = field(default_factory=dict)
    visits: int = 0
    openers: int = 0
    by_day: dict[str, int] = field(default_factory=dict)     # day -> times asked


class QueryLog:
    """``var/search/log``. ``days``: how long it is kept; 0 = nothing is written."""

    def __init__(self, folder: Path, days: int = 90) -> None:
        self.folder, self.days = folder, days
        self._salt: tuple[str, bytes] | None = None
        self._hot: tuple[str, float, list[str]] | None = None

    def searched(self, text: str, total: int, near: bool, asker: str, *, now: dt.datetime) -> None:
        """Note a query. ``asker``: address and browser, hashed at once."""
        if text.strip():
            self._write({"q": masked(text), "n": total, **({"z": 1} if near else {})}, asker, now)

    def clicked(self, text: str, uid: str, place: int, asker: str, *, now: dt.datetime) -> None:
        """Note that a hit was opened."""
        self._write({"q": masked(text), "c": uid[:40], "p": place}, asker, now)

    def _write(self, event: dict[str, Any], asker: str, now: dt.datetime) -> None:
        if not self.days:
            return
        try:
            day = now.date().isoformat()
            event["h"] = hmac.new(self._salt_of(day), asker.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:12]
            line = json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n"
            if not self.folder.is_dir():
                self._salt = None
                self._salt_of(day)
            handle = os.open(self.folder / f"{day}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode("utf-8", "replace"))
            finally:
                os.close(handle)
        except OSError as exc:
            log.info("query log: %s", type(exc).__name__)

    def _salt_of(self, day: str) -> bytes:
        """The day's salt, shared by all processes; the others are deleted."""
        if self._salt is not None and self._salt[0] == day:
            return self._salt[1]
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{day}.salt"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(handle, secrets.token_bytes(32))
            os.close(handle)
        except FileExistsError:
            pass
        for other in self.folder.glob("*.salt"):
            if other != path:
                other.unlink(missing_ok=True)
        self._salt = day, path.read_bytes()
        return self._salt[1]

    def clean(self, today: dt.date) -> None:
        """Delete what is older than ``days``, and salts of other days."""
        for path in self.folder.glob("*.jsonl"):
            try:
                if (today - dt.date.fromisoformat(path.stem)).days > self.days:
                    path.unlink(missing_ok=True)
            except ValueError:
                continue
        for path in self.folder.glob("*.salt"):
            if path.stem != today.isoformat():
                path.unlink(missing_ok=True)

    def asked(self, today: dt.date, days: int = 7, *, least: int = ASKERS) -> list[Asked]:
        """Queries of the last days from ``least`` askers on, most asked first. A torn last line is skipped."""
        found: dict[str, Asked] = {}
        askers: dict[str, set[str]] = defaultdict(set)
        clicks: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for back in reversed(range(days)):
            day = (today - dt.timedelta(days=back)).isoformat()
            for event in self._events(day):
                query = str(event.get("q", ""))
                row = found.setdefault(query, Asked(query))
                if "c" in event:
                    clicks[query].add((day + str(event.get("h")), str(event["c"])))
                    continue
                row.times += 1
                row.total = int(event.get("n", 0))
                row.near += "z" in event
                row.by_day[day] = row.by_day.get(day, 0) + 1
                askers[query].add(day + str(event.get("h")))
        for query, pairs in clicks.items():
            found[query].clicks, found[query].openers = len(pairs), len({asker for asker, _ in pairs})
            for _, uid in pairs:
                found[query].clicked[uid] = found[query].clicked.get(uid, 0) + 1
        for query, row in found.items():
            row.askers, row.visits = max(Counter(one[:10] for one in askers[query]).values(), default=0), len(askers[query])
        return sorted((row for row in found.values() if row.askers >= least), key=lambda row: (-row.askers, row.text))

    def asked_again(self, today: dt.date, days: int = 7, *, least: int = ASKERS) -> dict[str, list[tuple[str, str, int]]]:
        """{query: [(what the same asker asked next on that day, what was opened there, askers)]} of queries after which nothing was opened.

        Only what ``least`` askers of one day did alike, most first: an asker has a mark for a day, so that is all the log can tell."""
        alike: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
        for back in range(days):
            day = (today - dt.timedelta(days=back)).isoformat()
            paths: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for event in self._events(day):
                paths[str(event.get("h"))].append(event)
            for triple in (triple for path in paths.values() for triple in _turns(path)):
                alike[triple][day] += 1
        found: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
        for (first, second, uid), by_day in alike.items():
            if (most := max(by_day.values())) >= least:
                found[first].append((second, uid, most))
        return {query: sorted(rows, key=lambda row: (-row[2], row[0])) for query, rows in found.items()}

    def _events(self, day: str) -> list[dict[str, Any]]:
        try:
            lines = (self.folder / f"{day}.jsonl").read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []
        events = []
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                events.append(event)
        return events

    def hot(self, now: dt.datetime, number: int = 8) -> list[str]:
        """Hot queries of the week that found something (R5.4.1), looked at anew every ten minutes; [] before there are enough."""
        key = now.date().isoformat()
        if self._hot is None or self._hot[0] != key or now.timestamp() - self._hot[1] > 600:
            words = [row.text for row in self.asked(now.date()) if row.total and "〔" not in row.text]
            self._hot = key, now.timestamp(), words[:20]
        return self._hot[2][:number]


def _turns(path: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """(query, next query, what was opened there) of one asker's day, where nothing was opened after the first of them."""
    found, before, current = set(), "", ""
    opened: set[str] = set()
    for event in path:
        query = str(event.get("q", ""))
        if "c" in event:
            opened.add(query)
            if query == current and before and before not in opened:
                found.add((before, current, str(event["c"])))
        elif query != current:
            before, current = current, query
    return found


def popularity(log_: QueryLog, today: dt.date, days: int = 28) -> dict[str, float]:
    """{uid: 0…1} by how many askers opened it; only from ASKERS askers on. One asker counts once a day and query."""
    opened: dict[str, int] = defaultdict(int)
    for row in log_.asked(today, days, least=0):
        for uid, times in row.clicked.items():
            opened[uid] += times
    opened = {uid: times for uid, times in opened.items() if times >= ASKERS}
    top = max(opened.values(), default=0)
    return {uid: round(math.log1p(times) / math.log1p(top), 4) for uid, times in opened.items()}


def write_popularity(folder: Path, values: dict[str, float]) -> None:
    """Replace ``popularity.json`` of ``var/search`` in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "popularity.json.new"
    draft.write_text(json.dumps(values, sort_keys=True), encoding="utf-8")
    draft.replace(folder / "popularity.json")


def read_popularity(folder: Path) -> dict[str, float]:
    try:
        values = json.loads((folder / "popularity.json").read_text(encoding="utf-8"))
        return {str(uid): min(1.0, max(0.0, float(value))) for uid, value in values.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
