"""One console script ``govportal``, one module per verb. Errors for people are one clear line and exit code 2."""
from __future__ import annotations

import argparse
import importlib
import logging
import os
import signal
import sys
from collections.abc import Sequence

VERBS = {"init": "建立数据库并装入随附内容", "serve": "启动门户", "import": "导入事项清单", "export": "导出全部内容：公开的、排定的、草稿、撤回、旧地址和站点设置；被替换的旧版本不导出", "check": "检查数据库：树、引用、唯一性、日志、审计",
         "pack": "整理数据库，去掉旧的对象版本", "backup": "备份（可以在运行时做）", "restore": "从备份恢复到一个空的数据目录", "evolve": "升级数据库", "doctor": "检查运行环境",
         "switch": "维护或只读开关", "audit": "审计记录的核对", "staff": "工作人员账号：新建、列出、重置密码和动态码、解锁、网络名单", "search": "检索：状态、重建、核对、评测、查不到的话",
         "quality": "内容质量：全站检查、问题清单、自查"}


INTERRUPTED = "\ngovportal：已中断，已提交的内容都在，可以再次运行同一命令"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the verb that ``arguments`` name; returns the exit code. Ctrl-C at any moment is one line and 130."""
    try:
        return _run(_parse(arguments))
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr)
        return 130


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="govportal", description="政务服务门户")
    parser.add_argument("--config", default="", help="ini 文件，默认用内置设置")
    parser.add_argument("--var", default="", help="数据目录，默认 var")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="命令")
    for name, text in VERBS.items():
        module = importlib.import_module(f"govportal.cli.{name}_verb")
        sub = verbs.add_parser(name, help=text, description=text)
        module.arguments(sub)
        sub.set_defaults(run=module.run)
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    from ..base.storage import StorageError
    from ..settings import SettingsError
    from .common import Stop
    logging.getLogger("ZODB.Connection").addFilter(_no_interrupt)
    if options.verb != "export":
        os.umask(0o077)      # the database holds password hashes and drafts: its files are the owner's alone
    if signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, signal.default_int_handler):
        signal.signal(signal.SIGINT, signal.default_int_handler)   # ends the plain exit that __main__ sets while modules load
    try:
        return int(options.run(options) or 0)
    except (Stop, StorageError, SettingsError) as exc:
        print(f"govportal：{exc}", file=sys.stderr)
        return 2


def _no_interrupt(record: logging.LogRecord) -> bool:
    """Ctrl-C while an object is read is no fault of the database: its trace is not shown."""
    return not (record.exc_info and record.exc_info[0] is not None and issubclass(record.exc_info[0], KeyboardInterrupt))
