"""``govportal switch maintenance|readonly|open``: close the site or its writing at once, without a restart (B15, K15)."""
from __future__ import annotations

from typing import Any

from .common import load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("state", choices=("open", "readonly", "maintenance"), help="open 开放，readonly 只读，maintenance 维护")


def run(options: Any) -> int:
    settings = load_settings(options)
    if options.state == "open":
        settings.switch.unlink(missing_ok=True)
    else:
        settings.switch.write_text(options.state + "\n", encoding="utf-8")
    print({"open": "已开放", "readonly": "已改为只读", "maintenance": "已改为维护"}[options.state])
    return 0
