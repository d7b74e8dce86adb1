"""What an operator changes of the shipped data without touching the program: ``<var>/overrides``.

Owns which files may lie there (``calendar/holidays.csv``, ``vocabularies/<name>.yaml``, the tables of
``search/``), the first two each in place of the shipped one as a whole, and
their check at the start. Code tables go into the schemas when these load, so ``use`` runs before the first document is read and a change
takes effect with a new start. SettingsError names file, line and fault.
"""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ..base.calendar import Calendar, CalendarError
from ..settings import SettingsError
from ..shipped import overridden_by, shipped, use_overrides
from . import topics, vocabularies

CALENDAR = "calendar/holidays.csv"
TABLES = "vocabularies"
SEARCH = tuple(f"search/{name}" for name in ("synonyms.csv", "elsewhere.csv", "best-bets.csv", "question-words.txt", "words.csv"))   # rows over the shipped ones; the search room reads and checks them
_TOPICS = ("person-topics.yaml", "legal-topics.yaml")
_SLUG = re.compile(r"[a-z0-9-]{1,60}")


def use(folder: Path) -> None:
    """Check the files in ``folder`` and let them take the place of the shipped ones from now on."""
    files = check(folder)
    if overridden_by() != (folder if files else None):
        use_overrides(folder if files else None)
        vocabularies.vocabulary.cache_clear()
        topics.load_topic_rules.cache_clear()
    if any(path.name in _TOPICS for path in files):
        try:
            topics.load_topic_rules()
        except LookupError as exc:
            use_overrides(None)
            raise SettingsError(f"{folder}/{TABLES} 里的主题少了规则要用的：{exc}") from None


def check(folder: Path) -> list[Path]:
    """The override files of a folder, all found sound. SettingsError for the first that is not."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")) if folder.is_dir() else []
    for path in files:
        name = path.relative_to(folder).as_posix()
        if name == CALENDAR:
            _check_calendar(path)
        elif name in SEARCH:
            continue
        elif path.parent == folder / TABLES and path.suffix == ".yaml":
            _check_table(path)
        else:
            raise SettingsError(f"{path}：这里只认 {CALENDAR}、{TABLES}/*.yaml 和 {'、'.join(SEARCH)}，请移走它")
    return files


def _check_calendar(path: Path) -> None:
    try:
        Calendar.load(path)
    except CalendarError as exc:
        raise SettingsError(f"{path.parent}：{exc}") from None


def _check_table(path: Path) -> None:
    """Well formed, with the name of a shipped table; labels, codes and slugs given and not twice."""
    known = sorted(other.name for other in (shipped("content") / TABLES).glob("*.yaml"))
    if path.name not in known:
        raise SettingsError(f"{path}：没有这个代码表，可用的有：{'、'.join(known)}")
    rows = _rows(path)
    seen: dict[tuple[str, str], int] = {}
    for line, row in rows:
        if not isinstance(row, dict) or not row.get("code") or not row.get("label"):
            raise SettingsError(f"{path} 第 {line} 行：每一项都要有 code 和 label")
        slug = str(row.get("slug") or row["code"])
        if not _SLUG.fullmatch(slug.lower()):
            raise SettingsError(f"{path} 第 {line} 行：slug “{slug[:40]}”请用英文字母、数字和连字符")
        for key, value in (("code", str(row["code"])), ("label", str(row["label"])), ("slug", slug)):
            if (key, value) in seen:
                raise SettingsError(f"{path} 第 {line} 行：{key} “{value[:40]}”与第 {seen[key, value]} 行重复")
            seen[key, value] = line


def _rows(path: Path) -> list[tuple[int, Any]]:
    """(line, term) of a code table."""
    loader = None
    try:
        loader = yaml.CSafeLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        parts = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)} if isinstance(node, yaml.MappingNode) else {}
        terms = parts.get("terms")
        if not isinstance(terms, yaml.SequenceNode) or not terms.value or "title" not in parts:
            raise SettingsError(f"{path} 第 1 行：要有 title 和不空的 terms，写法照 content/{TABLES}/{path.name}")
        return [(term.start_mark.line + 1, loader.construct_document(term)) for term in terms.value]
    except UnicodeDecodeError:
        raise SettingsError(f"{path}：不是 UTF-8 编码，请转成 UTF-8") from None
    except yaml.YAMLError as exc:
        line = getattr(getattr(exc, "problem_mark", None), "line", 0) + 1
        raise SettingsError(f"{path} 第 {line} 行的 YAML 写法不对") from None
    finally:
        if loader is not None:
            loader.dispose()
