"""What verbs share: settings, opening the database, a progress bar, one exit for errors."""
from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..base.storage import open_database
from ..content import overrides
from ..settings import Settings, read_settings

DEMO_SAID = "示例工作人员的账号、密码和动态码密钥写在 {}，只有你能读；正式使用前请停用这些账号。"
FIRST_SAID = "还没有工作人员，请运行 govportal staff add --user 用户名 --name 姓名 --roles security 建第一个安全管理账号。"


class Stop(Exception):
    """The verb cannot go on; one clear Chinese line."""


def load_settings(options: Any, *, create_var: bool = False, **override: str) -> Settings:
    """Settings of ``--config``, environment and ``--var``; the last wins. The operator's own data files are in force from here on."""
    section: dict[str, str] = {}
    if options.config:
        path = Path(options.config)
        if not path.is_file():
            raise Stop(f"找不到设置文件 {path}")
        section = _section_of(path)
    if options.var:
        section["govportal.var"] = options.var
    section |= {f"govportal.{name}": value for name, value in override.items() if value}
    settings = read_settings(section, create_var=create_var)
    overrides.use(settings.overrides)
    return settings


def _section_of(path: Path) -> dict[str, str]:
    """The ``[app:main]`` section of an ini file. Stop for a file that is none."""
    import plaster
    try:
        section = dict(plaster.get_settings(str(path), "app:main"))
    except UnicodeDecodeError:
        raise Stop(f"设置文件 {path} 不是 UTF-8 文字，请检查 --config") from None
    except plaster.LoaderNotFound:
        raise Stop(f"设置文件 {path} 的名字要以 .ini 结尾，写法照 etc/production.ini") from None
    except Exception as exc:  # noqa: BLE001 - configparser and its loaders raise many kinds; people need one line
        raise Stop(f"设置文件 {path} 不是能读的 ini（{' '.join(str(exc).split())[:120]}），写法照 etc/production.ini") from None
    if not section:
        raise Stop(f"设置文件 {path} 里没有 [app:main] 一节，写法照 etc/production.ini")
    return section


@contextmanager
def database(settings: Settings, *, read_only: bool = False) -> Iterator[Any]:
    """The open database, closed at the end."""
    db = open_database(settings.database, read_only=read_only, cache_bytes=settings.object_cache_mb << 20)
    try:
        yield db
    finally:
        db.close()


class Progress:
    """A progress bar with an estimate, on stderr; silent lines when stderr is no terminal."""

    def __init__(self, what: str) -> None:
        self.what, self.began, self._shown = what, time.monotonic(), -1.0
        self._terminal = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._shown < (0.2 if self._terminal else 5.0):
            return
        self._shown = now
        share = done / total if total else 1.0
        left = (now - self.began) / share * (1 - share) if share else 0.0
        bar = "█" * int(share * 24) + "░" * (24 - int(share * 24))
        text = f"{self.what} {bar} {share:4.0%}  {done}/{total}" + (f"，还要约 {left:.0f} 秒" if done < total else f"，用了 {now - self.began:.1f} 秒")
        print(("\r" + text + "    ") if self._terminal else text, end="" if self._terminal and done < total else "\n", file=sys.stderr, flush=True)
