"""Settings: an ini section and the environment → one frozen object.

Owns every key with its meaning and default. An unknown ``govportal.*`` key, a missing path or a wrong number ends the
start with one clear line (SettingsError). Environment ``GOVPORTAL_<KEY>`` wins over the ini.
"""
from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .shipped import shipped

PREFIX = "govportal."
ENVIRONMENT = "GOVPORTAL_"


class SettingsError(Exception):
    """A setting is wrong; one clear Chinese line."""


@dataclass(frozen=True)
class Settings:
    """``var``: the data folder. ``storage``: '' = FileStorage in var, or ``zconfig:///…``. Sizes in MB, times in seconds."""

    var: Path = Path("var")
    storage: str = ""
    host: str = "127.0.0.1"
    port: int = 6543
    threads: int = 4
    processes: int = 1
    site_url: str = ""            # https://www.example.gov.cn, '' = taken from the request
    theme: str = "default"
    page_cache_mb: int = 64
    object_cache_mb: int = 15
    reload_templates: bool = False
    worker: bool = True
    worker_interval: float = 0.1  # pause of the worker when nothing waits; a saved text is found this much later
    search_log_days: int = 90     # how long queries (never who asked) are kept; 0 = not at all
    quality_at: str = "02:30"     # local time of the nightly check of the content; '' = only when asked
    rjieba: bool = False          # segment with rjieba when it is installed
    log_format: str = "json"      # json or text
    metrics: bool = True
    https: bool = False           # send HSTS and Secure cookies
    secret: str = ""              # at least 64 hex digits, the same for all machines; '' = the file ``secret`` in var. Never in an ini: GOVPORTAL_SECRET
    trusted_proxy: str = ""       # address of the proxy in front (nginx), whose X-Forwarded-For and -Proto are believed; '' = nobody's
    clamd: str = ""               # host:port or a socket's path of clamd; '' = uploads are marked 未扫描

    @property
    def database(self) -> str:
        return self.storage or str(self.var / "data.fs")

    @property
    def search(self) -> Path:
        """The folder of the index, the query log and what editors changed of the tables."""
        return self.var / "search"

    @property
    def quality_request(self) -> Path:
        """The file whose presence asks the worker for a check of the content."""
        return self.var / "quality.request"

    @property
    def overrides(self) -> Path:
        """Data files of the operator's own in place of shipped ones."""
        return self.var / "overrides"

    @property
    def audit_heads(self) -> Path:
        return self.var / "audit-heads.log"

    @property
    def secret_file(self) -> Path:
        return self.var / "secret"

    @property
    def demo_accounts(self) -> Path:
        """Where the first start writes who the 示例 staff are; the owner's alone."""
        return self.var / "demo-accounts.json"

    @property
    def switch(self) -> Path:
        """The file whose first line says ``maintenance`` or ``readonly``; absent = open."""
        return self.var / "switch"


_RANGES = {"port": (0, 65535), "threads": (1, 64), "processes": (1, 64), "page_cache_mb": (0, 4096), "object_cache_mb": (1, 4096),
           "search_log_days": (0, 3650), "worker_interval": (0.01, 10)}
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_SITE_URL = re.compile(r"https?://([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?")

_CLAMD = re.compile(r"/.+|(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


def read_settings(section: Mapping[str, str], environment: Mapping[str, str] | None = None, *, create_var: bool = False) -> Settings:
    """Settings from ``govportal.*`` keys of an ini section and from the environment. SettingsError names key and cure."""
    environment = os.environ if environment is None else environment
    known = {field.name: field for field in fields(Settings)}
    raw: dict[str, str] = {}
    for key, value in section.items():
        if key.startswith(PREFIX):
            raw[key.removeprefix(PREFIX)] = value
    for key, value in environment.items():
        if key.startswith(ENVIRONMENT):
            raw[key.removeprefix(ENVIRONMENT).lower()] = value
    unknown = sorted(set(raw) - set(known))
    if unknown:
        raise SettingsError(f"不认识的设置 {PREFIX}{unknown[0]}，可用的有：{'、'.join(known)}")
    values: dict[str, Any] = {name: _convert(name, str(known[name].type), text) for name, text in raw.items()}
    settings = Settings(**values)
    _check(settings, create_var)
    return settings


def _convert(name: str, kind: str, text: str) -> object:
    text = text.strip()
    if kind == "Path":
        return Path(text)
    if kind == "bool":
        if text.lower() in ("true", "yes", "on", "1"):
            return True
        if text.lower() in ("false", "no", "off", "0", ""):
            return False
        raise SettingsError(f"设置 {PREFIX}{name} 应为 true 或 false，现在是“{text}”")
    if kind in ("int", "float"):
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            raise SettingsError(f"设置 {PREFIX}{name} 应为数字，现在是“{text}”") from None
    return text


def _check(settings: Settings, create_var: bool) -> None:
    for name, (low, high) in _RANGES.items():
        value = getattr(settings, name)
        if not low <= value <= high:
            raise SettingsError(f"设置 {PREFIX}{name} 应在 {low} 与 {high} 之间，现在是 {value}")
    if settings.log_format not in ("json", "text"):
        raise SettingsError(f"设置 {PREFIX}log_format 应为 json 或 text")
    if settings.quality_at and not _CLOCK.fullmatch(settings.quality_at):
        raise SettingsError(f"设置 {PREFIX}quality_at 应为 02:30 这样的时刻，空白表示夜里不查，现在是“{settings.quality_at}”")
    if settings.site_url and not _SITE_URL.fullmatch(settings.site_url):
        raise SettingsError(f"设置 {PREFIX}site_url 应为 http(s)://主机名，例如 https://www.example.gov.cn，现在是“{settings.site_url}”")
    if settings.clamd and not _CLAMD.fullmatch(settings.clamd):
        raise SettingsError(f"设置 {PREFIX}clamd 应为 主机:端口 或 clamd 套接字的路径（/ 开头），现在是“{settings.clamd}”")
    themes = sorted(path.name for path in shipped("themes").iterdir() if path.is_dir())
    if settings.theme not in themes:
        raise SettingsError(f"没有主题“{settings.theme}”，设置 {PREFIX}theme 可用的有：{'、'.join(themes)}")
    if create_var:
        try:
            settings.var.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise SettingsError(f"建不了数据目录 {settings.var}：{exc.strerror}") from None
    if not settings.var.is_dir():
        raise SettingsError(f"数据目录 {settings.var} 不存在，请先运行 govportal init，或改设置 {PREFIX}var")
    if settings.storage and not settings.storage.startswith("zconfig://"):
        raise SettingsError(f"设置 {PREFIX}storage 应为 zconfig:///路径，现在是“{settings.storage}”")
