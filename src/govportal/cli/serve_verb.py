"""``govportal serve``: the portal, with its worker. One process on FileStorage, or ``--processes N`` over ZEO on a Unix socket."""
from __future__ import annotations

import argparse
import errno
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import evolution  # noqa: F401 - registers the steps
from ..base import evolve
from ..base.keys import SecretError
from ..base.storage import open_database
from ..content.importer import ImportRefused
from ..content.transfer import TransferError
from ..people.demo import DemoError
from ..seed import fill, is_complete
from ..settings import Settings
from ..worker import make_worker
from .common import DEMO_SAID, Progress, Stop, load_settings

SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"   # what prometheus_client reads when it loads in a web process

ZEO_CLIENT = """%import ZEO
<zodb govportal>
  cache-size 100000
  cache-size-bytes {cache}MB
  <clientstorage>
    server {socket}
    blob-dir {blobs}
    shared-blob-dir true
    wait-timeout 3
    server-sync true
  </clientstorage>
</zodb>
"""


def arguments(parser: Any) -> None:
    for name, text in (("host", "监听地址"), ("port", "端口"), ("threads", "线程数"), ("processes", "网页进程数，大于 1 时经 ZEO")):
        parser.add_argument(f"--{name}", default="", help=text)
    parser.add_argument("--no-init", action="store_true", help="没有数据库时不自动建立")
    parser.add_argument("--reload", action="store_true", help="模板改动立即生效（开发用）")
    parser.add_argument("--listen-fd", type=int, default=-1, help=argparse.SUPPRESS)


def run(options: Any) -> int:
    settings = load_settings(options, create_var=True, host=options.host, port=options.port, threads=options.threads, processes=options.processes,
                             reload_templates="true" if options.reload else "")
    set_up_logging(settings)
    if options.listen_fd >= 0:
        return serve_web(settings, socket.socket(fileno=options.listen_fd), worker=False)
    sock = bind(settings)
    prepare(settings, auto=not options.no_init)
    if settings.processes > 1:
        return serve_many(options, settings, sock)
    print(f"方式一：单进程，FileStorage，数据在 {settings.var}" if not settings.storage else f"方式三：共享存储 {settings.storage}", file=sys.stderr)
    return serve_web(settings, sock, worker=settings.worker, config=options.config)


def set_up_logging(settings: Settings) -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s" if settings.log_format == "json" else "%(asctime)s %(name)s %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logging.getLogger("txn").setLevel(logging.WARNING)


def bind(settings: Settings) -> socket.socket:
    """The listening socket, before anything else: a port in use ends the start at once. Stop tells what is wrong with host or port."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((settings.host, settings.port))
    except (OSError, UnicodeError) as exc:
        sock.close()
        raise Stop(f"不能在 {settings.host[:60]}:{settings.port} 监听：{_why(exc, settings.port)}") from None
    sock.listen(256)
    return sock


def _why(exc: Exception, port: int) -> str:
    if isinstance(exc, (socket.gaierror, UnicodeError)):
        return "不认识这个主机名，请写本机的地址，例如 HOST=127.0.0.1 或 HOST=0.0.0.0"
    code = exc.errno if isinstance(exc, OSError) else None
    if code == errno.EADDRINUSE:
        return f"端口可能被占用，换一个端口，例如 PORT={port + 1 if port < 65535 else port - 1}"
    if code == errno.EADDRNOTAVAIL:
        return "这不是本机的地址，请写本机的地址，例如 HOST=127.0.0.1 或 HOST=0.0.0.0"
    if code in (errno.EACCES, errno.EPERM):
        return "没有权限用这个端口，请用 1024 以上的端口，例如 PORT=6543"
    return str(exc)


def prepare(settings: Settings, *, auto: bool) -> None:
    """Fill a new database; refuse one with pending steps."""
    db = open_database(settings.database, cache_bytes=settings.object_cache_mb << 20)
    try:
        if not is_complete(db):
            if not auto:
                raise Stop("还没有建好的数据库，请先运行 govportal init")
            print("第一次启动：建立数据库，装入示例内容。", file=sys.stderr)
            try:
                fill(db, report=Progress, search=settings.search, var=settings.var, secret=settings.secret)
            except (TransferError, ImportRefused, DemoError, SecretError) as exc:
                raise Stop(str(exc)) from None
            print(DEMO_SAID.format(settings.demo_accounts), file=sys.stderr)
        pending = evolve.pending(db)
        if pending:
            raise Stop(f"数据库有 {len(pending)} 个升级步骤没有做，请先运行 govportal evolve")
    finally:
        db.close()


def _proxy(settings: Settings) -> dict[str, Any]:
    """waitress's arguments for a proxy in front: the address of who asks is then the client's (K2, K7), not the proxy's."""
    return {"trusted_proxy": settings.trusted_proxy, "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"}} if settings.trusted_proxy else {}


def serve_web(settings: Settings, sock: socket.socket, *, worker: bool, config: str = "") -> int:
    """waitress until SIGTERM or Ctrl-C; then open requests end, the worker stops and the database closes."""
    os.environ.setdefault("CHAMELEON_CACHE", str(_template_cache(settings)))
    from waitress.server import create_server

    from .. import main
    db = open_database(settings.database, cache_bytes=settings.object_cache_mb << 20)
    app = main({"govportal.db": db}, settings=settings)
    loop = make_worker(db, settings, config=config)
    thread = threading.Thread(target=loop.run, args=(settings.worker_interval,), name="worker", daemon=True)
    if worker:
        thread.start()
    threading.Thread(target=warm, args=(app,), name="warm", daemon=True).start()
    server = create_server(app, sockets=[sock], threads=settings.threads, ident="", channel_timeout=30, connection_limit=1000,
                           max_request_body_size=50 << 20, clear_untrusted_proxy_headers=True, **_proxy(settings))
    signal.signal(signal.SIGTERM, lambda *_: _interrupt())
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"门户已启动：http://{host}:{sock.getsockname()[1]}/", file=sys.stderr, flush=True)
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.close()
        loop.stopping.set()
        if worker:
            thread.join(10)
        db.close()
        print("门户已停止。", file=sys.stderr)
    return 0


def warm(app: Any) -> None:
    """Ask one suggestion, so that the first person does not wait for dictionary and lexicon."""
    from webob import Request
    Request.blank("/api/v1/suggest?q=shenfen").get_response(app)


def _interrupt() -> None:
    raise KeyboardInterrupt


def _template_cache(settings: Settings) -> Path:
    path = settings.var / "templates"
    path.mkdir(exist_ok=True)
    return path


def serve_many(options: Any, settings: Settings, sock: socket.socket) -> int:
    """N web processes and this one as worker, over a ZEO server on a Unix socket in var."""
    print(f"方式二：{settings.processes} 个网页进程，经 ZEO，数据在 {settings.var}", file=sys.stderr)
    zeo_socket, conf = settings.var / "zeo.sock", settings.var / "zeo-client.conf"
    conf.write_text(ZEO_CLIENT.format(socket=zeo_socket.resolve(), blobs=(settings.var / "blobs").resolve(), cache=settings.object_cache_mb), encoding="utf-8")
    zeo_socket.unlink(missing_ok=True)
    children = [subprocess.Popen(_zeo_command(settings, zeo_socket))]
    try:
        _wait_for(zeo_socket, children[0])
        environment = {**os.environ, SHARED_METRICS: str(_metrics_folder(settings)), "GOVPORTAL_STORAGE": f"zconfig://{conf.resolve()}", "GOVPORTAL_VAR": str(settings.var.resolve()),
                       "GOVPORTAL_HOST": settings.host, "GOVPORTAL_PORT": str(settings.port), "GOVPORTAL_THREADS": str(settings.threads), "GOVPORTAL_PROCESSES": "1"}
        base = [sys.executable, "-W", "ignore", "-m", "govportal"] + (["--config", options.config] if options.config else [])
        sock.set_inheritable(True)
        webs = [subprocess.Popen([*base, "serve", "--listen-fd", str(sock.fileno())], env=environment, pass_fds=[sock.fileno()]) for _ in range(settings.processes)]
        children += webs
        return _watch(children, settings, f"zconfig://{conf.resolve()}")
    finally:
        for child in reversed(children):
            if child.poll() is None:
                child.terminate()
        for child in reversed(children):
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()


def _metrics_folder(settings: Settings) -> Path:
    """An empty folder in var where the web processes keep their counters."""
    path = settings.var.resolve() / "metrics"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def _zeo_command(settings: Settings, zeo_socket: Path) -> list[str]:
    conf = settings.var / "zeo-server.conf"
    conf.write_text(f"<zeo>\n  address {zeo_socket.resolve()}\n</zeo>\n<filestorage 1>\n  path {(settings.var / 'data.fs').resolve()}\n"
                    f"  blob-dir {(settings.var / 'blobs').resolve()}\n</filestorage>\n", encoding="utf-8")
    return [sys.executable, "-W", "ignore", "-m", "ZEO.runzeo", "-C", str(conf.resolve())]


def _wait_for(zeo_socket: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if zeo_socket.exists():
            return
        if server.poll() is not None:
            raise Stop("存储服务没有启动成功，请看上面的信息")
        time.sleep(0.1)
    raise Stop("等了 10 秒，存储服务还没有启动")


def _watch(children: list[subprocess.Popen[bytes]], settings: Settings, storage: str) -> int:
    """Be the worker (unless another installation is); a dead child ends all, so that the operator's supervisor starts afresh."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    db = open_database(storage)
    loop = make_worker(db, replace(settings, storage=storage))
    thread = threading.Thread(target=loop.run, args=(settings.worker_interval,), daemon=True)
    if settings.worker:
        thread.start()
    try:
        while not stop.wait(0.5):
            dead = [child for child in children if child.poll() is not None]
            if dead:
                raise Stop(f"一个子进程退出了（代码 {dead[0].returncode}），全部停下")
        return 0
    finally:
        loop.stopping.set()
        if settings.worker:
            thread.join(5)
        db.close()
