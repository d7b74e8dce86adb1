"""示例 staff of every role for a site with demo content, and the file that tells their passwords to the person who made the site.

Owns both. The file is written BEFORE the accounts are committed, and a later run uses the file that is there: so a kill at any moment leaves no
account that nobody can open. Passwords and secrets are random; the file is the owner's alone (0600). DemoError with one Chinese line.
"""
from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..base import clock
from ..base.audit import Audit
from ..base.files import write_private
from ..base.keys import Keys
from . import accounts, passwords, secondfactor
from .roles import title_of
from .store import People

ACTOR = "system:init"
FILE = "demo-accounts.json"


class DemoError(Exception):
    """The file of the demo accounts cannot be written; one clear Chinese line."""


class Demo(NamedTuple):
    """``org``: number of the department among those given, None = for all of them and of none in particular."""

    username: str
    name: str
    role: str
    org: int | None = None
    path: str = ""


STAFF = (Demo("demo-editor", "示例编辑甲", "editor", 0), Demo("demo-editor-2", "示例编辑乙", "editor", 1), Demo("demo-news", "示例资讯编辑", "editor", path="/news"),
         Demo("demo-reviewer", "示例审核", "reviewer"),
         Demo("demo-legality", "示例法制审查", "legality"), Demo("demo-signer", "示例签发", "signer"), Demo("demo-directory", "示例目录管理", "directory"),
         Demo("demo-site", "示例站点管理甲", "site"), Demo("demo-site-2", "示例站点管理乙", "site"), Demo("demo-security", "示例安全管理", "security"),
         Demo("demo-auditor", "示例审计", "auditor"))
PATHS = {one.username: one.path for one in STAFF}
PREFERRED = ("gongan", "minzheng", "shuju")


def new_rows(orgs: Sequence[str]) -> list[dict[str, str]]:
    """Rows of the file with new random passwords and secrets. ``orgs``: slugs of the departments there are."""
    chosen = [slug for slug in PREFERRED if slug in orgs] + [slug for slug in orgs if slug not in PREFERRED]
    return [{"role": one.role, "title": title_of(one.role), "user": one.username, "name": one.name,
             "org": chosen[one.org] if one.org is not None and one.org < len(chosen) else "",
             "password": passwords.new_password(), "totp": secondfactor.new_secret()} for one in STAFF]


def make_demo_staff(people: People, keys: Keys, audit: Audit, orgs: Sequence[str], rows: list[dict[str, str]] | None = None) -> list[dict[str, str]]:
    """Make the accounts (not committed), second factor set up, so that they sign in at once; those that are there are left alone.
    ``rows``: as ``read_demo_accounts`` gives them, None = new ones. Returns the rows."""
    now = clock.now()
    rows = new_rows(orgs) if rows is None else rows
    for row in rows:
        if people.usernames.get(row["user"]) is not None:
            continue
        staff = accounts.create(people, username=row["user"], name=row["name"], org=row["org"], actor=ACTOR, audit=audit, password=row["password"],
                                must_change=False, now=now).staff
        secondfactor.enrol(staff, keys, row["totp"])
        accounts.grant(people, staff, role=row["role"], org=row["org"], path=PATHS.get(row["user"], ""), actor=ACTOR, audit=audit, now=now)
    return rows


def are_there(people: People) -> bool:
    """Whether the demo accounts were made in this database."""
    return any(people.usernames.get(one.username) is not None for one in STAFF)


def read_demo_accounts(path: Path) -> list[dict[str, str]] | None:
    """The rows of the file; None when there is no file, or it does not hold every demo account in full."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))["accounts"]
        rows = [{key: str(row[key]) for key in ("role", "title", "user", "name", "org", "password", "totp")} for row in found]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return rows if [(row["user"], row["role"]) for row in rows] == [(one.username, one.role) for one in STAFF] else None


def write_demo_accounts(path: Path, rows: list[dict[str, str]], *, replace: bool = False) -> bool:
    """Write the file whole, for its owner alone. False, and nothing changed, when it exists and ``replace`` is not set."""
    text = json.dumps({"note": "示例账号，只供试用。正式使用前请停用这些账号，删除本文件。totp 是动态码密钥，可输入手机上的身份验证器。", "accounts": rows},
                      ensure_ascii=False, indent=1)
    try:
        return write_private(path, (text + "\n").encode(), replace=replace)
    except OSError as exc:
        raise DemoError(f"示例账号写不进 {path}：{exc.strerror}") from None


def prepare(path: Path, people: People, orgs: Sequence[str]) -> list[dict[str, str]] | None:
    """The rows to make accounts from, already on disk in the file; None when the accounts are there, whose file is then never touched."""
    if are_there(people):
        return None
    rows = read_demo_accounts(path)
    if rows is None:
        rows = new_rows(orgs)
        write_demo_accounts(path, rows, replace=True)      # whatever is there opens no account of this database
    else:
        _owner_only(path)
    return rows


def _owner_only(path: Path) -> None:
    try:
        path.chmod(0o600)
    except OSError as exc:
        raise DemoError(f"示例账号的文件 {path} 不能改成只有自己能读：{exc.strerror}，请先移走它") from None
