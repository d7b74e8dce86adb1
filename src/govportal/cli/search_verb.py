"""``govportal search …``: state, rebuild, check, explain, evaluate; and what the query log shows, with changes tried before they are saved."""
from __future__ import annotations

import argparse
import getpass
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..base import clock
from ..content.columns import ColumnStore
from ..content.site import open_site
from ..search import evaluate, findings
from ..search.analysis import analyzer, builder
from ..search.consumer import Keeper, build_from, consumer_of, faults
from ..search.engine import Engine, overrides_of
from ..search.index import Home, IndexMissing
from ..search.overlay import open_overlay
from ..search.querylog import QueryLog
from ..search.rows import Row, with_rows
from ..search.tables import Synonym, SynonymError, read_synonyms, save_synonym
from ..search.text import squeeze
from ..settings import Settings
from .common import Progress, Stop, database, load_settings


def arguments(parser: Any) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="做什么")

    def add(name: str, text: str, call: Callable[[Any, Settings], int]) -> Any:
        sub = what.add_parser(name, help=text, description=text)
        sub.set_defaults(call=call)
        return sub
    add("status", "索引的状态、还没有跟上的改动", status)
    add("rebuild", "重建索引；门户在运行时由它在后台重建", rebuild)
    add("check", "逐条核对索引和内容：缺少、过时、多余、重复", check)
    add("explain", "说明一句话是怎样理解和排序的", explain).add_argument("query", help="要查的话")
    sub = add("evaluate", "在评判过的查询上量质量", evaluate_all)
    sub.add_argument("--look", action="store_true", help="列出 look 组每一条的结果")
    sub.add_argument("--ablation", action="store_true", help="逐项关掉，看每一步带来多少")
    sub.add_argument("--json", default="", help="把数字写进这个文件")
    for name, text, call in (("zero", "最近查不到合适内容的话", zero), ("low-clicks", "查到了却很少有人打开的话", low_clicks)):
        add(name, text, call).add_argument("--days", type=int, default=7, help="看最近几天")
    sub = add("try-synonym", "试一条“口语→规范词”，看它对各组评判的影响，再决定存不存", try_synonym)
    sub.add_argument("said", help="人们说的")
    sub.add_argument("means", help="规范的说法")
    sub.add_argument("weight", type=float, nargs="?", default=0.8, help="0 到 1，默认 0.8")
    sub.add_argument("--source", default="", help="依据")
    sub.add_argument("--save", action="store_true", help="存下来，立即生效，不用重启")
    add("build", argparse.SUPPRESS, build).add_argument("name")


def run(options: Any) -> int:
    settings = load_settings(options)
    try:
        return int(options.call(options, settings))
    except (IndexMissing, SynonymError) as exc:
        raise Stop(str(exc)) from None


@contextmanager
def _engine(settings: Settings) -> Iterator[tuple[Engine, Any]]:
    """(engine, columns), read only."""
    with database(settings, read_only=True) as db:
        connection = db.open()
        try:
            engine = Engine(settings.search, words=analyzer(settings.rjieba))
            engine.take(open_overlay(connection))
            yield engine, ColumnStore().get(open_site(connection))
        finally:
            connection.close()


def status(options: Any, settings: Settings) -> int:
    engine, home = Engine(settings.search, words=analyzer(settings.rjieba)), Home(settings.search)
    name = home.current_name()
    try:
        stats: dict[str, Any] = engine.stats()
    except IndexMissing as exc:
        stats = {}
        print(f"现在不能用：{exc}。门户运行时会自己重建，也可以运行 govportal search rebuild")
    with database(settings, read_only=True) as db:
        connection = db.open()
        try:
            journal = open_site(connection).journal
            waiting = journal.count(consumer_of(name)) if consumer_of(name) in journal.consumers() else None
            building = [other for other in journal.consumers() if other.startswith("search:") and other != consumer_of(name)]
        finally:
            connection.close()
    if stats:
        size = sum(path.stat().st_size for path in (settings.search / name).iterdir() if path.is_file())
        print(f"索引 {name}：{stats['documents']} 篇，{stats['labels']} 个叫法，{stats['segments']} 段，已删未清 {stats['deleted']}，{size / 1e6:.1f} MB，第 {stats['generation']} 次提交")
        print(f"分词：{stats['stamp']}")
        print("没有等着进索引的改动" if not waiting else f"还有 {waiting} 处改动没有进索引" if waiting is not None else "这个索引不属于这个数据库，需要重建")
    if building:
        print("正在重建：" + "、".join(other.removeprefix("search:") for other in building))
    return 0 if stats and waiting == 0 else 1


def rebuild(options: Any, settings: Settings) -> int:
    """With the portal running: leaves a request for its worker and follows it. Else builds here."""
    heartbeat = settings.var / "worker.heartbeat"
    if heartbeat.exists() and time.time() - heartbeat.stat().st_mtime < 10:
        settings.search.mkdir(parents=True, exist_ok=True)
        before = Home(settings.search).current_name()
        (settings.search / "rebuild.request").touch()
        print("门户正在运行，已请它在后台重建；重建期间照常能查。")
        bar, began = Progress("重建索引"), time.monotonic()
        while Home(settings.search).current_name() == before:
            time.sleep(0.3)
            done = _progress(settings.search)
            if done:
                bar(*done)
                began = time.monotonic()
            elif time.monotonic() - began > 60:
                raise Stop("一分钟没有动静，重建可能失败了，请看门户的日志")
            if not heartbeat.exists() or time.time() - heartbeat.stat().st_mtime > 60:
                raise Stop("门户的后台停了，重建没有完成；再启动时会接着做")
        print(f"换上了新的索引 {Home(settings.search).current_name()}")
        return 0
    with database(settings) as db:
        number = Keeper(db, settings.search, words=analyzer(settings.rjieba)).rebuild_here(progress=Progress("重建索引"))
    print(f"重建好了：{number} 篇")
    return 0


def _progress(folder: Path) -> tuple[int, int] | None:
    try:
        done, total = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
        return int(done), int(total)
    except (OSError, ValueError, TypeError):
        return None


def build(options: Any, settings: Settings) -> int:
    """One folder, in this process; started by the worker, with low priority. Reads the database only."""
    home, bar = Home(settings.search), Progress("重建索引")

    def progress(done: int, total: int) -> None:
        bar(done, total)
        try:
            (settings.search / "progress.json").write_text(json.dumps([done, total]), encoding="utf-8")
        except OSError:
            pass
    with database(settings, read_only=not settings.storage) as db:
        build_from(db, home, options.name, builder(settings.rjieba), progress)
    (settings.search / "progress.json").unlink(missing_ok=True)
    return 0


def check(options: Any, settings: Settings) -> int:
    with database(settings, read_only=True) as db:
        found = faults(db, Home(settings.search), analyzer(settings.rjieba))
    titles = {"missing": "缺少", "stale": "过时", "ghosts": "多余", "double": "重复"}
    print("，".join(f"{titles[name]} {len(uids)}" for name, uids in found.items()))
    for name, uids in found.items():
        for uid in uids[:20]:
            print(f"有误：{titles[name]} {uid}")
    total = sum(map(len, found.values()))
    print("索引和内容一致" if not total else f"有 {total} 处不一致，请运行 govportal search rebuild")
    return 1 if total else 0


def explain(options: Any, settings: Settings) -> int:
    with _engine(settings) as (engine, _):
        print("\n".join(engine.explain(options.query, today=clock.now().strftime("%Y%m%d"))))
    return 0


def evaluate_all(options: Any, settings: Settings) -> int:
    with _engine(settings) as (engine, columns):
        report = evaluate.report(evaluate.Judge(engine, columns), ablation=options.ablation)
        if options.look:
            print("\n".join(evaluate.look_lines(evaluate.Judge(engine, columns))))
    print(evaluate.as_table(report))
    if options.json:
        Path(options.json).write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0


def zero(options: Any, settings: Settings) -> int:
    rows = findings.zero(QueryLog(settings.search / "log"), clock.now().date(), options.days)
    print("\n".join(f"{row.askers:5d} 人  {row.text}" for row in rows) or "没有（少于 3 人问过的不列出）")
    return 0


def low_clicks(options: Any, settings: Settings) -> int:
    rows = findings.low_clicks(QueryLog(settings.search / "log"), clock.now().date(), options.days)
    print("\n".join(f"{row.visits:5d} 人问，{row.openers} 人打开，{row.total} 条结果  {row.text}" for row in rows) or "没有（少于 3 人问过的不列出）")
    return 0


def try_synonym(options: Any, settings: Settings) -> int:
    said, means = squeeze(options.said), squeeze(options.means)
    if not said or not means or said == means or not 0 < options.weight <= 1:
        raise Stop("口语词、规范词不能为空或相同，权重在 0 到 1 之间")
    row = Synonym(said, means, options.weight, options.source or "编辑")
    with _engine(settings) as (engine, columns):
        before = evaluate.Judge(engine, columns)
        after = before.changed(tables=with_rows(engine.planner.tables, [(Row("synonym", {"said": said, "means": means, "weight": f"{row.weight:g}"}), row.source)]))
        print(f"{said} → {means}（{options.weight:g}）")
        for name, title in evaluate.SETS.items():
            old, new = before.table(name)[0], after.table(name)[0]
            if old.queries:
                print(f"  {title}：nDCG@10 {old.ndcg:.4f} → {new.ndcg:.4f}，第一条 {old.first:.3f} → {new.first:.3f}，前十 {old.ten:.3f} → {new.ten:.3f}")
        print(f"查“{options.said}”，现在：")
        print("\n".join("  " + title for title in before.items(options.said)[:5]) or "  （没有合适的）")
        print("加上以后：")
        print("\n".join("  " + title for title in after.items(options.said)[:5]) or "  （没有合适的）")
    if options.save:
        path = overrides_of(settings.search) / "synonyms.csv"
        save_synonym(path, row, by=f"{getpass.getuser()}@命令行", at=clock.stamp(clock.now()))
        print(f"存在 {path}（共 {len(read_synonyms(path))} 条），立即生效")
    else:
        print("没有存。要存请加 --save")
    return 0


