"""Content files in and out: one YAML document a file, the format of ``content/`` and of ``govportal export``.

Owns the file format: the fields of a document beside ``id``, ``path``, ``publication`` (times, scheduled editions, draft, former paths; see
``adopt``), ``withdrawal`` and ``files`` (uploaded files it refers to, which lie in ``<name>.files`` beside the YAML), and ``site.yaml`` with the site's settings. ``load`` reads a folder into the tree and is idempotent: twice
changes nothing; ``dump`` writes the same format, so that a load of a dump gives the same site but for superseded editions and records of
who did what. Errors name file, field and reason (R5.9.6).
"""
from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from . import publish
from .adopt import State, Version, adopt, adopt_site, adopt_withdrawal, former_codes, read_state, read_withdrawal, state_of
from .filerefs import references
from .files import ID, KINDS, FileRecord, carry, find
from .kinds import Kind, all_kinds
from .model import Document, Folder, Withdrawal, path_of
from .site import Site, find_site

ENVELOPE = ("id", "path", "publication", "withdrawal", "files")
SITE_FILE = "site.yaml"
# Shared records are loaded before what names them.
ORDER = ("laws", "organisations", "places", "materials", "channels", "directory-items", "implementation-items", "handling-items",
         "guides", "review-rules", "pages", "news", "questions", "lifeevents")


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
    data = _read_yaml(path)
    return data if isinstance(data, dict) and "id" in data and "path" in data else None


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except UnicodeDecodeError:
        raise TransferError([f"{path.name}：不是 UTF-8 编码，请转成 UTF-8 再导入"]) from None
    except yaml.YAMLError as exc:
        line = getattr(getattr(exc, "problem_mark", None), "line", -1) + 1
        raise TransferError([f"{path.name}：第 {line} 行的 YAML 写法不对"]) from None


def load(site: Site, root: Path, *, actor: str, progress: Callable[[int, int], None] | None = None,
         commit: Callable[[], None] | None = None, batch: int = 500, only: tuple[str, ...] = ORDER) -> Loaded:
    """Read all content files below ``root``, then apply withdrawals and ``site.yaml``, which name other documents. ``commit`` is called
    each ``batch`` documents and at the end.

    TransferError lists the wrong files of a batch; nothing of that batch is kept when the caller aborts.
    """
    todo = [(folder, path) for folder in only for path in files_of(root, folder)]
    result, faults = Loaded(), []
    withdrawn: list[tuple[str, Document, Withdrawal]] = []
    for number, (folder, path) in enumerate(todo, 1):
        try:
            data = read_file(path)
            if data is not None:
                _load_files(site, path, data.get("files"), actor)
                document, withdrawal = _load_one(site, kind_by_folder(folder), data, actor, result)
                if withdrawal is not None:
                    withdrawn.append((f"{folder}/{path.relative_to(root / folder)}", document, withdrawal))
        except TransferError as exc:
            faults += exc.faults
        except (publish.Refused, LookupError) as exc:
            faults.append(f"{folder}/{path.relative_to(root / folder)}：{exc}")
        if progress is not None and (number % 25 == 0 or number == len(todo)):
            progress(number, len(todo))
        if commit is not None and number % batch == 0 and not faults:
            commit()
    faults = faults or [*_load_withdrawals(withdrawn, actor), *_load_site(site, root / SITE_FILE, actor)]
    if faults:
        raise TransferError(faults)
    if commit is not None:
        commit()
    return result


def _load_withdrawals(withdrawn: list[tuple[str, Document, Withdrawal]], actor: str) -> Iterator[str]:
    for name, document, withdrawal in withdrawn:
        try:
            adopt_withdrawal(document, withdrawal, actor=actor)
        except publish.Refused as exc:
            yield f"{name}：{exc}"


def _load_site(site: Site, path: Path, actor: str) -> Iterator[str]:
    if path.is_file():
        try:
            adopt_site(site, _read_yaml(path), actor=actor)
        except TransferError as exc:
            yield from exc.faults
        except publish.Refused as exc:
            yield f"{path.name}：{exc}"


def _load_one(site: Site, kind: Kind | None, data: dict[str, Any], actor: str, result: Loaded) -> tuple[Document, Withdrawal | None]:
    assert kind is not None
    result.read += 1
    values = {key: value for key, value in data.items() if key not in ENVELOPE}
    state, withdrawal = read_state(data.get("publication")), read_withdrawal(data.get("withdrawal"))
    path, created = str(data["path"]).strip("/"), False
    document = site.document(str(data["id"])) or site.at(path)
    if document is None:
        parent_path, _, name = path.rpartition("/")
        parent = site.at(parent_path) or _plain_folder(site, kind, parent_path)
        if parent is None:
            raise LookupError(f"路径 {path} 的上级 {parent_path or '/'} 不存在，请先导入上级")
        document = publish.create(parent, name, kind.name, uid=str(data["id"]), actor=actor)
        created = True
    elif document.kind != kind.name:
        raise LookupError(f"路径 {path} 上已有另一种内容（{document.kind}）")
    changed = adopt(document, values, state, withdrawal, actor=actor)
    result.created += created
    result.changed += changed and not created
    result.unchanged += not changed and not created
    return document, withdrawal


def _load_files(site: Site, path: Path, rows: Any, actor: str) -> None:
    """Bring in the files that a document refers to, before the document. Refused or LookupError names what is missing or wrong."""
    if rows is None:
        return
    if not isinstance(rows, list) or not all(isinstance(row, dict) and ID.fullmatch(str(row.get("id"))) for row in rows):
        raise publish.Refused(publish.Reason("files", "要写成一组 id、name、by、at、scan"))
    for row in rows:
        if find(site, row["id"]) is not None:
            continue
        found = sorted(_files_folder(path).glob(row["id"] + ".*"))
        if not found:
            raise LookupError(f"缺少附件 {_files_folder(path).name}/{row['id']}（{str(row.get('name'))[:60]}）")
        with open(found[0], "rb") as stream:
            carry(site, stream, row, actor=actor)


def _files_folder(path: Path) -> Path:
    return path.with_suffix(".files")


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


def to_file(document: Document, codes: tuple[str, ...] = ()) -> dict[str, Any]:
    """The mapping that ``dump`` writes for a document; ``codes``: its former codes."""
    data: dict[str, Any] = {"id": document.uid, "path": path_of(document).strip("/")}
    if document.live is not None:
        data |= _plain(document.live.values)
    data["publication"] = _state_to_file(state_of(document, codes))
    if document.withdrawal is not None:
        data["withdrawal"] = {"reason": document.withdrawal.reason, "mode": document.withdrawal.mode, "at": document.withdrawal.at.isoformat(),
                              **({"to": document.withdrawal.to} if document.withdrawal.to else {}),
                              **({"successors": list(document.withdrawal.successors)} if document.withdrawal.successors else {})}
    files = [record for uid in sorted(references(data)) if (record := find(find_site(document), uid)) is not None]
    if files:
        data["files"] = [{"id": record.uid, "name": record.name, "by": record.by, "at": record.at.isoformat(), "scan": record.scan} for record in files]
    return data


def _state_to_file(state: State) -> dict[str, Any]:
    plain = {"edition": state.edition, "since": _iso(state.since), "ends": _iso(state.ends), "first": _iso(state.first),
             "scheduled": [_version_to_file(version) for version in state.scheduled],
             "draft": _version_to_file(state.draft) if state.draft is not None else None,
             "former_paths": list(state.former_paths), "former_codes": list(state.former_codes)}
    return ({} if state.live else {"live": False}) | {key: value for key, value in plain.items() if value not in (None, "", [])}


def _version_to_file(version: Version) -> dict[str, Any]:
    return _plain({"starts": _iso(version.starts), "ends": _iso(version.ends), "note": version.note}) | {"values": _plain(version.values)}


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else ""


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
    """Write all documents and the site's settings below ``target``; returns how many documents. Superseded editions stay out. Files appear
    whole (written aside, then renamed)."""
    count, kinds, codes = 0, all_kinds(), former_codes(site)
    for document in documents_of(site):
        path = target / kinds[document.kind].folder / (path_of(document).strip("/").replace("/", "__") + ".yaml")
        data = to_file(document, codes.get(document.uid, ()))
        _write(path, data)
        for row in data.get("files", ()):
            record = find(site, row["id"])
            if record is not None:
                _write_file(_files_folder(path), record)
        count += 1
    _write(target / SITE_FILE, {"settings": dict(site.settings), "recommended": list(site.pins)})
    return count


def _write_file(folder: Path, record: FileRecord) -> None:
    """The bytes of an uploaded file, named by its id and what it is: a name from outside never becomes a path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / (record.uid + KINDS[record.media_type][1][0])
    with record.stored.blob.open("r") as source, open(target.with_suffix(".tmp"), "wb") as copy:
        shutil.copyfileobj(source, copy)
    os.replace(target.with_suffix(".tmp"), target)


def _write(path: Path, data: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=120), encoding="utf-8")
    os.replace(temporary, path)
