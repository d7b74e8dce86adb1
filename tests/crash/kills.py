"""Kill -9 stories: a child process works on a data folder, is killed at a named point or a random moment, and the folder is checked.

A point is a file that the child touches; it then sleeps until it is killed. Run by tests (10 named + 5 random) and by the soak
(hundreds). Owns no assertion beyond ``check``: nothing acknowledged is lost, nothing is half written.
"""
from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

CHILD = r'''
import os, sys, time
from pathlib import Path
import transaction
var, story, point = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
from ZODB.FileStorage import FileStorage
count = [0]
def stop_here():
    count[0] += 1
    if point and count[0] == point:
        (var / "point").touch()
        time.sleep(60)
for name in ("tpc_begin", "tpc_vote", "tpc_finish"):
    def wrap(original):
        def method(self, *args, **options):
            stop_here()
            result = original(self, *args, **options)
            stop_here()
            return result
        return method
    setattr(FileStorage, name, wrap(getattr(FileStorage, name)))
if story.startswith("index"):
    from govportal.search.segments import SyncedStorage
    for name in ("create_file", "rename_file", "delete_file"):
        def wrap(original):
            def method(self, *args, **options):
                stop_here()
                return original(self, *args, **options)
            return method
        setattr(SyncedStorage, name, wrap(getattr(SyncedStorage, name)))
from govportal.base.storage import open_database
db = open_database(str(var / "data.fs"))
import tests.crash.stories as stories
getattr(stories, story)(db, var)
(var / "finished").touch()
'''


def run(story: str, var: Path, *, point: int = 0, after: float | None = None, limit: float = 60.0) -> str:
    """Run a story and kill it; returns 'killed' or 'finished'."""
    for mark in ("point", "finished"):
        (var / mark).unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", CHILD, str(var), story, str(point)], stderr=subprocess.DEVNULL,
                               env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parents[2]), *sys.path])})
    began = time.monotonic()
    while process.poll() is None and time.monotonic() - began < limit:
        if (var / "point").exists() or (after is not None and time.monotonic() - began > after):
            process.send_signal(signal.SIGKILL)
            process.wait()
            return "killed"
        time.sleep(0.005)
    if process.poll() is None:
        process.kill()
        raise AssertionError("the story did not come to its point")
    assert (var / "finished").exists(), "the story failed by itself"
    return "finished"


def schedule(named: int, at_random: int, seed: int, span: float) -> list[dict[str, float | int]]:
    """Kill plans: ``named`` points spread over the commits, ``at_random`` moments within ``span`` seconds."""
    source = random.Random(seed)
    return [{"point": 1 + number * 3} for number in range(named)] + [{"after": 0.3 + source.random() * span} for _ in range(at_random)]
