"""A real Chromium over the demo site served by waitress. Skips loudly without Chromium; REQUIRE_ALL=1 makes that a failure."""
from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest
from waitress.server import create_server

from tests.conftest import missing

MODULES = Path(os.environ.get("GOVPORTAL_NODE_MODULES") or Path(__file__).parent / "node_modules")


@pytest.fixture(scope="session")
def base(app):
    """Address of the served demo site."""
    server = create_server(app.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium")
    from playwright.sync_api import sync_playwright
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, base):
    """Open a path: ``open_page("/", width=390, cookies={"elder": "1"})``; fails on console errors and foreign hosts."""
    contexts = []

    def opened(path="/", *, width=1280, cookies=None, script=True):
        context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
        contexts.append(context)
        if cookies:
            context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
        page = context.new_page()
        page.problems = []
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" and "404" not in message.text else None)
        page.on("request", lambda request: page.problems.append(request.url) if not request.url.startswith(base) else None)
        page.goto(base + path)
        return page
    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe_source():
    path = MODULES / "axe-core" / "axe.min.js"
    if not path.is_file():
        missing("axe-core (npm install in tests/browser)")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def vnu():
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.is_file() or shutil.which("java") is None:
        missing("the Nu HTML checker (vnu-jar and java)")
    return jar
