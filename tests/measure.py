"""What bench and soak share: the proof file with machine, load, versions and each number with its bound."""
from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class Proof:
    """Collects numbers; ``write`` returns 1 when one misses its bound."""

    def __init__(self, name: str) -> None:
        self.name, self.rows, self.load = name, [], os.getloadavg()[0]

    def add(self, what: str, value: float, bound: float | None, *, unit: str, at_least: bool = False) -> None:
        """A number with its bound; None = told without one."""
        good = bound is None or (value >= bound if at_least else value <= bound)
        self.rows.append({"what": what, "value": round(value, 4), "bound": bound, "kind": "at least" if at_least else "at most", "unit": unit, "ok": good})
        print(f"{'ok  ' if good else 'MISS'} {what}: {value:.4g} {unit}" + ("" if bound is None else f" ({'≥' if at_least else '≤'} {bound:g})"), flush=True)

    def write(self) -> int:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
        facts: dict[str, Any] = {
            "name": self.name, "commit": commit, "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"cores": os.cpu_count(), "arch": platform.machine(), "load_before": round(self.load, 2), "load_after": round(os.getloadavg()[0], 2)},
            "versions": {"python": platform.python_version(), **{name: version(name) for name in ("pyramid", "ZODB", "Chameleon", "waitress", "numpy", "whoosh", "jieba")}},
            "numbers": self.rows}
        target = ROOT / "docs" / "proof" / f"{self.name}-{commit}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        for older in target.parent.glob(f"{self.name}-*.json"):
            if older != target and older.stem.rpartition("-")[0] == self.name:
                older.unlink()
        tables(target.parent)
        print(f"written: docs/proof/{target.name}")
        return 0 if all(row["ok"] for row in self.rows) else 1


def _bound(row: dict[str, Any]) -> str:
    return "—" if row["bound"] is None else f"{'≥' if row['kind'] == 'at least' else '≤'} {row['bound']:g}"


def tables(folder: Path) -> None:
    """``docs/proof/README.md`` from the newest proof files: the figures in the manuals are never typed."""
    text = ["# 量出来的数字", "", "由 `make bench` 和 `make soak` 写出，不手改。CPU 毫秒是进程自己的 CPU 时间；比值在同一次运行里取得。", ""]
    for path in sorted(folder.glob("*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        machine = facts["machine"]
        text += [f"## {facts['name']}（提交 {facts['commit']}，{facts['at'][:10]}，{machine['cores']} 核，开始时负载 {machine['load_before']}，Python {facts['versions']['python']}）", "",
                 "| 项目 | 值 | 界限 | 达到 |", "|---|---|---|---|"]
        text += [f"| {row['what']} | {row['value']:g} {row['unit']} | {_bound(row)} | {'' if row['bound'] is None else '是' if row['ok'] else '**否**'} |" for row in facts["numbers"]]
        text.append("")
    (folder / "README.md").write_text("\n".join(text), encoding="utf-8")
