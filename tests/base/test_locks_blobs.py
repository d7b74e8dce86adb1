"""Locks hold between threads and processes and are freed by a kill; blobs are taken by content, as a stream."""
import io
import signal
import subprocess
import sys
import threading
import time

import pytest

from govportal.base.blobs import BlobRefused, sniff, store
from govportal.base.locks import Locks, LockTimeout
from govportal.base.storage import META, SCHEMA_GENERATION, open_database


def test_only_one_thread_at_a_time(tmp_path):
    locks, inside, worst = Locks(tmp_path / "locks"), [], []

    def work():
        for _ in range(20):
            with locks.hold("slot-1"):
                inside.append(1)
                worst.append(len(inside))
                inside.pop()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(worst) == 1 and len(worst) == 80


def test_another_process_waits_and_a_kill_frees_the_lock(tmp_path):
    code = f"from pathlib import Path\nfrom govportal.base.locks import Locks\nimport time\nwith Locks(Path({str(tmp_path)!r})).hold('a'):\n print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    locks = Locks(tmp_path)
    with pytest.raises(LockTimeout, match="稍等"), locks.hold("a", timeout=0.1):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    began = time.monotonic()
    with locks.hold("a"):
        assert time.monotonic() - began < 1


@pytest.mark.parametrize(("head", "kind"), [(b"%PDF-1.7\n", "application/pdf"), (b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "image/png"), ("说明".encode(), "text/plain"), (b"MZ\x90\x00", "application/x-msdownload"),
                                            (b"<html><script>", ""), (b"#!/bin/sh\n", ""), (b"\x00\x01\x02", ""), ("甲".encode("gbk") * 9, "")])
def test_kinds_are_told_by_content(head, kind):
    assert sniff(head) == kind


def test_store_read_and_refuse(tmp_path):
    db = open_database(str(tmp_path / "data.fs"))
    with db.transaction() as connection:
        connection.root()["file"] = store(io.BytesIO(b"%PDF-1.7\n" + b"x" * 1_000_000), "指南.pdf")
    with db.transaction() as connection:
        kept = connection.root()["file"]
        assert kept.facts.size == 1_000_009 and kept.facts.media_type == "application/pdf" and open(kept.committed_path(), "rb").read(8) == b"%PDF-1.7"
    for body, name, word in ((b"", "a.pdf", "空文件"), (b"MZ\x90\x00" * 9, "a.pdf", "换一种格式"), (b"%PDF-1.7\n" + b"x" * 200, "a.pdf", "超过")):
        with pytest.raises(BlobRefused, match=word):
            store(io.BytesIO(body), name, limit=100)
    db.close()


def test_a_backup_brings_the_files_along(tmp_path):
    from govportal.base import backup, clock
    (tmp_path / "var").mkdir()
    db = open_database(str(tmp_path / "var" / "data.fs"))
    with db.transaction() as connection:
        connection.root()[META] = {"generation": SCHEMA_GENERATION}
        connection.root()["file"] = store(io.BytesIO(b"%PDF-1.7\n" + b"y" * 5000), "甲.pdf")
    manifest = backup.backup(tmp_path / "var" / "data.fs", tmp_path / "var" / "blobs", tmp_path / "set", at=clock.now())
    db.close()
    assert manifest["blobs"] == 1 and backup.verify(tmp_path / "set") == []
    backup.restore(tmp_path / "set", tmp_path / "again")
    db = open_database(str(tmp_path / "again" / "data.fs"))
    with db.transaction() as connection:
        assert open(connection.root()["file"].committed_path(), "rb").read().endswith(b"yyy")
    db.close()
    next(path for path in (tmp_path / "set" / "blobs").rglob("*.blob")).write_bytes(b"torn")
    with pytest.raises(backup.BackupError, match="不完整"):
        backup.restore(tmp_path / "set", tmp_path / "third")
