"""A portal of one's own with its demo staff at their browsers, and the camera: what ``manual_pictures`` works with.

Owns the served process, the sign-in and how a picture is cut. Knows no story. SystemExit when the portal does not start.
"""
from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parents[2]
WIDE, PHONE = 1280, 390
PATIENCE, JOB = 60_000, 300_000           # ms for a page, for work in the background
EDITOR, COLLEAGUE, REVIEWER, LEGALITY, SIGNER = "demo-editor", "wang.fang", "demo-reviewer", "demo-legality", "demo-signer"
DIRECTORY, SITE, SITE_2, SECURITY = "demo-directory", "demo-site", "demo-site-2", "demo-security"


class Portal:
    """A served portal on a data folder of its own, in ``folder``. ``accounts``: user -> password and secret of the second factor."""

    def __init__(self, var: Path, port: int) -> None:
        self.base, self.folder = f"http://127.0.0.1:{port}", var.parent
        self.accounts = {row["user"]: (row["password"], row["totp"]) for row in json.loads((var / "demo-accounts.json").read_text("utf-8"))["accounts"]}


def govportal(var: Path, *words: str) -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", "govportal", "--var", str(var), *words]


@contextmanager
def served(source: Path | None) -> Iterator[Portal]:
    """A new portal, ready; stopped and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="govportal-pictures-") as folder:
        var = Path(folder) / "var"
        if source is not None:
            shutil.copytree(source, var)
        else:
            subprocess.run(govportal(var, "init"), cwd=ROOT, check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with open(Path(folder) / "log", "wb") as log:
            process = subprocess.Popen(govportal(var, "serve", "--port", str(port)), cwd=ROOT, stdout=log, stderr=log)
            try:
                portal = Portal(var, port)
                wait_for(portal.base, process, Path(folder) / "log")
                yield portal
            finally:
                process.terminate()
                process.wait(60)


def wait_for(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(base + "/desk/signin", timeout=30):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise SystemExit(f"门户没有启动：{log.read_text('utf-8', 'replace')[-2000:]}")


class Office:
    """People at their browsers, and the camera."""

    def __init__(self, portal: Portal, browser: Browser, out: Path) -> None:
        self.portal, self.browser, self.out = portal, browser, out
        self.accounts = portal.accounts
        self.tabs: dict[str, Page] = {}
        self.taken: list[Path] = []

    def tab(self, user: str) -> Page:
        """The person's own browser, signed in."""
        if user not in self.tabs:
            context = self.browser.new_context(viewport={"width": WIDE, "height": 900}, base_url=self.portal.base, locale="zh-CN")
            context.set_default_timeout(PATIENCE)
            self.tabs[user] = context.new_page()
            self.sign_in(self.tabs[user], user)
        return self.tabs[user]

    def sign_in(self, tab: Page, user: str) -> None:
        password, secret = self.accounts[user]
        tab.goto("/desk/signin")
        tab.fill("#username", user)
        tab.fill("#password", password)
        tab.fill("#code", pyotp.TOTP(secret).now() if secret else "")
        tab.click("form.sign-form button")
        expect(tab).not_to_have_url(re.compile("/desk/signin"), timeout=PATIENCE)

    def item(self, user: str, path: str) -> str:
        """The desk address of an item, found as people find it: in the list."""
        tab = self.tab(user)
        tab.goto(f"/desk/content?kind=ImplementationItem&words={path}")
        return str(tab.locator("table.tbl tbody th a").first.get_attribute("href"))

    def picture(self, tab: Page, name: str, *, height: int = 760, top: str = "", above: int = 16, width: int = WIDE, go: str = "") -> None:
        """Keep what is on the screen: ``height`` pixels from the top of the page, or from ``above`` pixels over the element ``top``."""
        tab.set_viewport_size({"width": width, "height": 900})
        if go:
            tab.goto(go)
        box = tab.locator(top).first.bounding_box() if top else None
        y = max(0.0, box["y"] + tab.evaluate("scrollY") - above) if box is not None else 0.0
        tab.evaluate("y => scrollTo(0, y)", y)
        tab.wait_for_timeout(200)
        offset, full = y - tab.evaluate("scrollY"), tab.evaluate("document.documentElement.scrollHeight")
        path = self.out / f"{name}.png"
        tab.screenshot(path=path, clip={"x": 0, "y": offset, "width": width, "height": min(height, 900 - offset, full - y)}, animations="disabled", caret="hide")
        tab.set_viewport_size({"width": WIDE, "height": 900})
        self.taken.append(path)
        print(f"{path.name}  {path.stat().st_size // 1000} kB", flush=True)


def said(tab: Page, words: str) -> None:
    """The page says it, or the story ends here."""
    expect(tab.locator("main")).to_contain_text(words, timeout=PATIENCE)


def unfold(tab: Page, field: str) -> None:
    """Open every fold in which a field stands."""
    fold = tab.locator(f"details:not([open]):has({field}) > summary")
    while fold.count():
        fold.first.click()


def save(tab: Page) -> None:
    """Save a section of a form."""
    tab.locator(".edit-btns button", has_text=re.compile("^保存$")).click()
    said(tab, "已保存")
