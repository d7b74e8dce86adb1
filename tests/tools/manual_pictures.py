"""Makes the pictures of docs/编辑手册.md: a new portal with the demo content, its demo staff at real work, a picture at each step.

    python -m tests.tools.manual_pictures [--out docs/pictures] [--from VAR]      (make pictures)

Owns the story alone; nothing is mocked and nothing is drawn. Every step waits for what the page says and stops when it says something else, so
a manual that is no longer true is found here. ``--from``: begin with a copy of a data folder that was just made with ``govportal init``.
A picture over 150 kB, or more than 25 of them, is an error. Needs Chromium; about five minutes.
"""
from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from . import story_office as others
from . import story_text as text
from .office import ROOT, Office, served

MOST, LARGEST = 25, 150_000


def story(office: Office, folder: Path) -> None:
    """A day at the desk, in the order in which one thing rests on another."""
    passport = text.a_limit_changes(office)
    text.it_comes_back(office, passport)
    text.it_is_published_at_a_time(office, passport)
    permit = text.a_material_is_added(office)
    text.somebody_outside_looks(office, permit)
    text.cases_are_tried(office)
    others.somebody_joins(office)
    card = others.two_write_at_once(office)
    others.many_at_once(office)
    others.the_day_begins(office)
    text.it_is_taken_back(office, card)
    text.it_is_urgent(office, card)
    text.it_is_withdrawn(office)
    text.the_plan_is_dropped(office, passport)
    text.something_new_begins(office)
    others.one_place_for_all(office)
    others.the_list_changes(office)
    others.quality_is_looked_at(office)
    others.a_word_is_tried(office)
    others.a_word_is_replaced(office)
    others.somebody_stands_in(office)
    others.a_thousand_rows(office, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the pictures of docs/编辑手册.md.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("--from", dest="source", type=Path, default=None)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("没有 Chromium，不能拍图")
    options.out.mkdir(parents=True, exist_ok=True)
    with served(options.source) as portal, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        office = Office(portal, browser, options.out)
        story(office, portal.folder)
        browser.close()
    large = [path.name for path in office.taken if path.stat().st_size > LARGEST]
    if large or len(office.taken) > MOST:
        raise SystemExit(f"图太大：{'、'.join(large)}" if large else f"图有 {len(office.taken)} 张，最多 {MOST} 张")


if __name__ == "__main__":
    main()
