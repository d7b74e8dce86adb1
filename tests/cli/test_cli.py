"""The command line as an operator uses it: init, check, export, import, backup, restore, switch, serve, doctor; errors are one line."""
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from govportal.cli import main as cli
from govportal.shipped import shipped


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def get(port: int, path: str = "/", timeout: float = 5.0) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read().decode()


def serve(var, port, *arguments):
    return subprocess.Popen([sys.executable, "-W", "ignore", "-m", "govportal", "--var", str(var), "serve", "--port", str(port), *arguments],
                            stderr=subprocess.PIPE, text=True, env={**os.environ, "GOVPORTAL_LOG_FORMAT": "text"})


def wait(port: int, process, seconds: float = 30.0) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            get(port, "/healthz", 1)
            return time.monotonic() - began
        except OSError:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
    raise AssertionError("did not start")


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "var"
    assert cli(["--var", str(path), "init"]) == 0
    return path


def test_the_life_of_a_database(var, tmp_path, capsys):
    assert cli(["--var", str(var), "init"]) == 0 and "不用再做" in capsys.readouterr().out
    assert cli(["--var", str(var), "check"]) == 0 and "没有发现问题" in capsys.readouterr().out
    assert cli(["--var", str(var), "export", str(tmp_path / "out")]) == 0
    assert cli(["--var", str(var), "import", str(tmp_path / "out")]) == 0 and "更新 0" in capsys.readouterr().out
    assert cli(["--var", str(var), "backup", str(tmp_path / "backup")]) == 0 and cli(["backup", "--verify", str(tmp_path / "backup")]) == 0
    assert cli(["--var", str(tmp_path / "var2"), "restore", str(tmp_path / "backup")]) == 0
    assert cli(["--var", str(tmp_path / "var2"), "check"]) == 0
    assert cli(["--var", str(var), "pack", "--days", "0"]) == 0 and cli(["--var", str(var), "check"]) == 0
    assert cli(["--var", str(var), "evolve"]) == 0 and cli(["--var", str(var), "evolve", "--dry-run"]) == 0
    assert cli(["--var", str(var), "audit", "verify"]) == 0 and cli(["--var", str(var), "audit", "show"]) == 0
    assert cli(["--var", str(var), "doctor"]) in (0, 1) and "数据库能读" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "word"), [
    (["--config", "none.ini", "check"], "找不到设置文件"), (["--var", "/no/such", "check"], "不存在"), (["import", "x.csv"], "--mapping"), (["import", "x.csv", "--mapping", "m.yaml"], "找不到映射"),
    (["restore", "/tmp"], "不完整|清单")])
def test_errors_are_one_clear_line(var, tmp_path, capsys, arguments, word):
    base = [] if arguments[0].startswith("--") else ["--var", str(tmp_path / "empty") if arguments[0] == "restore" else str(var)]
    assert cli([*base, *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("govportal：") and re.search(word, error) and "Traceback" not in error


def test_a_file_that_is_no_ini_is_one_clear_line(tmp_path, capsys):
    for name, body, word in (("a.ini", b"hello\n", "不是能读的 ini"), ("b.ini", b"\xff\xfe\x00", "UTF-8"), ("c.ini", b"[other]\na = 1\n", "app:main"), ("d.txt", b"[app:main]\na = 1\n", ".ini"),
                             ("e.ini", b"[app:main]\ngovportal.var = %(none)s\n", "不是能读的 ini")):
        (tmp_path / name).write_bytes(body)
        assert cli(["--config", str(tmp_path / name), "check"]) == 2
        error = capsys.readouterr().err
        assert error.startswith("govportal：") and word in error and error.count("\n") == 1, error


def start(*arguments, **environment):
    """The command in a process of its own, to its end."""
    return subprocess.run([sys.executable, "-W", "ignore", "-m", "govportal", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, **environment})


def test_an_unknown_theme_ends_the_start_before_anything_is_made(tmp_path):
    run = start("--var", tmp_path / "v", "serve", GOVPORTAL_THEME="nope")
    assert run.returncode == 2 and "没有主题“nope”" in run.stderr and run.stderr.count("\n") == 1 and not (tmp_path / "v").exists()


def test_a_foreign_database_is_not_taken_over(tmp_path):
    import ZODB
    db = ZODB.DB(str(tmp_path / "data.fs"))
    with db.transaction() as connection:
        connection.root()["x"] = 1
    db.close()
    for verb in (("init",), ("serve", "--port", free_port())):
        run = start("--var", tmp_path, *verb)
        assert run.returncode == 2 and "别的程序的数据" in run.stderr and run.stderr.count("\n") == 1, run.stderr


@pytest.mark.parametrize(("host", "word"), [("no-such-host.invalid", "主机名"), ("a" * 300, "主机名"), ("192.0.2.1", "不是本机的地址")])
def test_a_wrong_host_is_not_called_a_port_in_use(tmp_path, host, word):
    run = start("--var", tmp_path, "serve", "--host", host, "--port", free_port())
    assert run.returncode == 2 and word in run.stderr and "占用" not in run.stderr and run.stderr.count("\n") == 1, run.stderr


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.08, 0.15, 0.3, 0.5, 0.7, 0.9])
def test_ctrl_c_at_any_moment_is_one_line(var, delay):
    """From the first module of ours on, while more are loaded, and while ``check`` reads objects."""
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-X", "importtime", "-m", "govportal", "--var", str(var), "check"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    while "argparse" not in process.stderr.readline():     # what Python loads before it comes to us is its own
        assert process.poll() is None
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert "Traceback" not in error and "Couldn't load" not in error, error
    assert process.returncode in (0, 130) and (process.returncode == 0 or "已中断" in error)


def test_rejected_rows_are_written_after_the_import_and_only_where_that_is_possible(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    mapping, base = shipped("content") / "imports" / "guangan.yaml", ["--var", str(tmp_path / "v")]
    head, *lines = (shipped("content") / "registers" / "items_guangan.csv").read_text(encoding="utf-8").splitlines()[:4]
    (tmp_path / "a.csv").write_text("\n".join([head, *lines, lines[0]]) + "\n", encoding="utf-8")
    assert cli([*base, "init", "--empty"]) == 0
    for place in ("/nonexist/x", str(tmp_path), "a.csv"):
        assert cli([*base, "import", "a.csv", "--mapping", str(mapping), "--skip-bad", "--rejects", place]) == 2
        error = capsys.readouterr().err
        assert error.startswith("govportal：") and "--rejects" in error and error.count("\n") == 1
    assert cli([*base, "import", "a.csv", "--mapping", str(mapping)]) == 2 and not (tmp_path / "rejects.csv").exists()
    assert cli([*base, "import", "a.csv", "--mapping", str(mapping), "--skip-bad"]) == 0 and "1 行有问题，写在 rejects.csv" in capsys.readouterr().out
    assert "重复" in (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig")
    assert cli([*base, "check"]) == 0


def test_serve_second_start_stop_and_beside_it(var, tmp_path, capsys):
    """Second start answers in under 3 s; read-only verbs work beside it, writing ones say why not; SIGTERM stops it well."""
    port = free_port()
    process = serve(var, port)
    try:
        assert wait(port, process) < 3.0
        status, text = get(port)
        assert status == 200 and "您想办什么事" in text
        assert get(port, "/%ff")[0] == 400
        time.sleep(1.5)
        assert "worker: ok" in get(port, "/readyz")[1]
        assert cli(["--var", str(var), "check"]) == 0
        assert cli(["--var", str(var), "backup", str(tmp_path / "b")]) == 0
        assert cli(["--var", str(var), "export", str(tmp_path / "e")]) == 0
        capsys.readouterr()
        assert cli(["--var", str(var), "pack"]) == 2 and "正由另一个进程使用" in capsys.readouterr().err
        other = subprocess.run([sys.executable, "-W", "ignore", "-m", "govportal", "--var", str(tmp_path), "serve", "--port", str(port)], capture_output=True, text=True, check=False)
        assert other.returncode == 2 and "端口可能被占用" in other.stderr
        assert cli(["--var", str(var), "switch", "maintenance"]) == 0 and get(port)[0] == 503
        assert cli(["--var", str(var), "switch", "open"]) == 0 and get(port)[0] == 200
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0, process.stderr.read()
    assert cli(["--var", str(var), "check"]) == 0


def test_several_processes_over_one_database(var):
    """Way (b): two web processes and a worker over ZEO on a Unix socket; all stop together."""
    port = free_port()
    process = serve(var, port, "--processes", "2")
    try:
        wait(port, process)
        for _ in range(20):
            assert get(port, "/items/id-card/id-card")[0] == 200
        text = get(port, "/metrics")[1]
        assert int(re.search(r'govportal_requests_total{status="200"} (\d+)', text)[1]) >= 20 and re.search(r"govportal_page_cache_hits 1[89]\.0", text), text
        time.sleep(1.0)
        assert "worker: ok" in get(port, "/readyz")[1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert cli(["--var", str(var), "check"]) == 0


def test_an_interrupted_verb_leaves_a_usable_database(tmp_path, capsys):
    """Ctrl-C in init: exit code 130, and the next init finishes and says where the demo accounts are."""
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "govportal", "--var", str(tmp_path / "v"), "init"], stderr=subprocess.PIPE, text=True)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert cli(["--var", str(tmp_path / "v"), "init"]) == 0 and cli(["--var", str(tmp_path / "v"), "check"]) == 0
    accounts = tmp_path / "v" / "demo-accounts.json"
    assert f"{accounts}，只有你能读" in capsys.readouterr().out and accounts.stat().st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the package as a wheel installs it, and nothing of the checkout."""
    folder, root = tmp_path_factory.mktemp("wheel"), Path(__file__).resolve().parents[2]
    build = subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(root)], capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stderr
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder / "site"), str(next(folder.glob("*.whl")))], check=True, capture_output=True)
    return folder


def of_wheel(installed, *arguments, **options):
    return subprocess.Popen([sys.executable, "-W", "ignore", *arguments], cwd=installed, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONPATH": str(installed / "site"), "GOVPORTAL_LOG_FORMAT": "text"}, **options)


SHIPPED = """
import govportal, pathlib
from govportal.search.tables import shipped_tables
from govportal.shipped import NAMES, shipped
home = pathlib.Path("site").resolve()
assert pathlib.Path(govportal.__file__).is_relative_to(home) and all(shipped(name).is_relative_to(home) for name in NAMES)
tables = shipped_tables()
assert len(tables.synonyms) > 50 and tables.question_words
"""


def test_a_wheel_finds_all_shipped_folders(installed):
    process = of_wheel(installed, "-c", SHIPPED)
    assert process.wait(60) == 0, process.stderr.read()


def test_a_wheel_serves_and_searches_in_an_empty_folder(installed):
    """From nothing: it fills its database, serves a page with its styles, and finds by what people call an item."""
    port = free_port()
    process = of_wheel(installed, "-m", "govportal", "--var", "v", "serve", "--port", str(port))
    try:
        wait(port, process, 60.0)
        status, text = get(port)
        assert status == 200 and "您想办什么事" in text and get(port, re.search(r'href="(/static/[^"]+[.]css)"', text)[1])[0] == 200
        assert get(port, "/items/id-card/id-card")[0] == 200
        until = time.monotonic() + 60
        while "/items/id-card/" not in get(port, "/search?q=%E8%BA%AB%E4%BB%BD%E8%AF%81%E4%B8%A2%E4%BA%86")[1]:     # 身份证丢了: found by the index alone
            assert time.monotonic() < until and process.poll() is None, process.stderr.read()
            time.sleep(0.3)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, process.stderr.read()
