"""A full disk: the write is refused, reading goes on, nothing is half written, and with room again all works."""
import os
import subprocess
import sys
from pathlib import Path

from govportal.base.storage import open_database
from govportal.content import publish
from govportal.content.integrity import faults
from govportal.content.site import open_site
from tests.conftest import Small

CHILD = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from webtest import TestApp
from govportal import main
from govportal.base.storage import open_database
from govportal.content import publish
from govportal.content.site import open_site
from govportal.settings import Settings
var = Path(sys.argv[1])
db = open_database(str(var / "data.fs"))
app = TestApp(main({"govportal.db": db}, settings=Settings(var=var, page_cache_mb=0)))
size = (var / "data.fs").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 200, size + 200))
try:
    with db.transaction() as connection:
        publish.put(open_site(connection).at("items/one/one/guide"), {"summary": "长" * 200}, actor="full")
    print("written")
except OSError as exc:
    print("refused", exc.errno)
assert "给孩子上户口" in app.get("/items/one/one").text
assert app.get("/readyz").status_int == 200
print("reading")
"""


def test_a_full_disk_refuses_the_write_and_goes_on_reading(tmp_path):
    small = Small(tmp_path)
    small.db.close()
    root = str(Path(__file__).resolve().parents[2])
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", CHILD, str(tmp_path)], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": root})
    assert run.stdout.split("\n")[:2][0].startswith("refused") and "reading" in run.stdout, run.stdout + run.stderr
    db = open_database(str(tmp_path / "data.fs"))
    with db.transaction() as connection:
        assert list(faults(open_site(connection))) == []
        assert publish.put(open_site(connection).at("items/one/one/guide"), {"summary": "又有地方了"}, actor="a")
    db.close()
