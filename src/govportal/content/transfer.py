"""Content files in and out: one YAML document a file, the format of ``content/`` and of ``govportal export``.

Owns the file format. ``load`` reads a folder into the tree and is idempotent: twice changes nothing; ``dump`` writes the
same format, so that a load of a dump gives the same site. Errors name file, field and reason (R5.9.6).
"""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import publish
from .kinds import Kind, all_kinds
from .model import Document, Folder, path_of
from .site import Site

ENVELOPE = ("id", "path", "published", "withdrawal")
# Shared records are loaded before what names them.
ORDER = ("laws", "organisations", "places", "materials", "channels", "directory-items", "implementation-items", "handling-items",
         "guides", "pages", "news", "questions", "lifeevents")


class TransferError(Exception):
    """Some files are wrong; ``faults`` are lines ``file：field：reason``."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults[:20]) + (f"\n（还有 {len(faults) - 20} 处）" if len(faults) > 20 else ""))
        self.faults = faults


@dataclass
class Loaded:
    read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0


def kind_by_folder(folder: str) -> Kind | None:
    return next((kind for kind in all_kinds().values() if kind.folder == folder), None)


def files_of(root: Path, folder: str) -> list[Path]:
    """Document files of a kind's folder, in a fixed order; ``topics.yaml`` and the like (no ``id:``) are left to their readers."""
    base = root / folder
    return sorted(path for path in base.rglob("*.yaml") if not path.name.startswith("_")) if base.is_dir() else []


def read_file(path: Path) -> dict[str, Any] | None:
    """The mapping of a content file; None for a helper file without ``id``. TransferError with file and line."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except UnicodeDecodeError:
        raise TransferError([f"{path.name}：不是 UTF-8 编码，请转成 UTF-8 再导入"]) from None
    except yaml.YAMLError as exc:
        line = getattr(getattr(exc, "problem_mark", None), "line", -1) + 1
        raise TransferError([f"{path.name}：第 {line} 行的 YAML 写法不对"]) from None
    if not isinstance(data, dict) or "id" not in data or "path" not in data:
        return None
    return data


def load(site: Site, root: Path, *, actor: str, progress: Callable[[int, int], None] | None = None,
         commit: Callable[[], None] | None = None, batch: int = 500, only: tuple[str, ...] = ORDER) -> Loaded:
    """Read all content files below ``root``. ``commit`` is called each ``batch`` documents and at the end.

    TransferError lists the wrong files of a batch; nothing of that batch is kept when the caller aborts.
    """
    todo = [(folder, path) for folder in only for path in files_of(root, folder)]
    result, faults = Loaded(), []
    for number, (folder, path) in enumerate(todo, 1):
        try:
            data = read_file(path)
            if data is not None:
                _load_one(site, kind_by_folder(folder), data, actor, result)
        except TransferError as exc:
            faults += exc.faults
        except (publish.Refused, LookupError) as exc:
            faults.append(f"{folder}/{path.relative_to(root / folder)}：{exc}")
        if progress is not None and (number % 25 == 0 or number == len(todo)):
            progress(number, len(todo))
        if commit is not None and number % batch == 0 and not faults:
            commit()
    if faults:
        raise TransferError(faults)
    if commit is not None:
        commit()
    return result


def _load_one(site: Site, kind: Kind | None, data: dict[str, Any], actor: str, result: Loaded) -> None:
    assert kind is not None
    result.read += 1
    values = {key: value for key, value in data.items() if key not in ENVELOPE}
    path = str(data["path"]).strip("/")
    document = site.document(str(data["id"])) or site.at(path)
    if document is None:
        parent_path, _, name = path.rpartition("/")
        parent = site.at(parent_path) or _plain_folder(site, kind, parent_path)
        if parent is None:
            raise LookupError(f"路径 {path} 的上级 {parent_path or '/'} 不存在，请先导入上级")
        document = publish.create(parent, name, kind.name, uid=str(data["id"]), actor=actor)
        result.created += 1
    elif document.kind != kind.name:
        raise LookupError(f"路径 {path} 上已有另一种内容（{document.kind}）")
    if document.live is not None and publish.put(document, values, actor=actor):
        result.changed += 1
    elif document.live is None:
        publish.put(document, values, actor=actor)
    else:
        result.unchanged += 1
    withdrawal = data.get("withdrawal")
    if withdrawal and document.withdrawal is None:
        publish.withdraw(document, reason=withdrawal["reason"], mode=withdrawal["mode"], to=withdrawal.get("to", ""), actor=actor)


def _plain_folder(site: Site, kind: Kind, path: str) -> Folder | None:
    """A folder right below the kind's home, made when its first document comes (``questions/<topic>``)."""
    home, _, name = path.rpartition("/")
    if kind.home != "/" + home or not name:
        return None
    folder = Folder(name)
    site[home].attach(name, folder)
    return folder


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if part not in (None, "", (), [])}
    return value


def to_file(document: Document) -> dict[str, Any]:
    """The mapping that ``dump`` writes for a live document."""
    assert document.live is not None
    data: dict[str, Any] = {"id": document.uid, "path": path_of(document).strip("/")}
    data |= _plain(document.live.values)
    if document.withdrawal is not None:
        data["withdrawal"] = {"reason": document.withdrawal.reason, "mode": document.withdrawal.mode,
                              **({"to": document.withdrawal.to} if document.withdrawal.to else {})}
    return data


def documents_of(site: Site) -> Iterator[Document]:
    """Every document of the tree, parents before children."""
    stack = [site]
    while stack:
        place = stack.pop()
        children = list(place.values())
        for child in children:
            if isinstance(child, Document):
                yield child
        stack.extend(reversed(children))


def dump(site: Site, target: Path) -> int:
    """Write all live documents below ``target``; returns how many. Files appear whole (written aside, then renamed)."""
    count = 0
    kinds = all_kinds()
    for document in documents_of(site):
        if document.live is None:
            continue
        path = target / kinds[document.kind].folder / (path_of(document).strip("/").replace("/", "__") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(yaml.dump(to_file(document), Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=120),
                             encoding="utf-8")
        os.replace(temporary, path)
        count += 1
    return count
