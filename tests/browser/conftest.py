"""A real Chromium over the demo site served by waitress. Skips loudly without Chromium; REQUIRE_ALL=1 makes that a failure."""
from __future__ import annotations

import threading

import pytest
from waitress.server import create_server


@pytest.fixture(scope="session")
def base(app):
    """Address of the served demo site."""
    server = create_server(app.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


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
