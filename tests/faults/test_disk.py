"""Disks that run full: what is there stays, whoever asks is told, work waits, and goes on when there is room again."""
import os
import pathlib
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import studio  # noqa: E402
from test_render import Owner, source, timeline  # noqa: E402

MIB = 1 << 20


class Disk:
    """A small file system in memory, and what fills it."""

    def __init__(self, folder, size):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")

    def fill(self, leave=0):
        room = os.statvfs(self.folder)
        with open(self.folder / "filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, max(room.f_bavail * room.f_frsize - leave, 4096))

    def free(self):
        (self.folder / "filler").unlink()

    def close(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def full_stack(request):
    """A stack with one folder on a small disk."""
    if os.getuid() != 0:
        pytest.skip("mounting needs root")
    name, size = request.param
    stack = studio.Stack("LEASE_TTL=4s\nHEARTBEAT=1s\nTICK=1s\nDISK_RESERVE=0\n")
    disk = Disk(stack.home / name, size)
    try:
        stack.start()
        yield stack, disk
    finally:
        stack.stop()
        disk.close()
        stack.remove()


def job_of(stack, render):
    return stack.sql("select j.state, j.attempt, coalesce(j.error ->> 'code', '') from job j join render r on r.job_id = j.id "
                     f"where r.id = '{render}'").split("|")


def until(look, what):
    end = time.monotonic() + studio.PATIENCE_S
    while not look():
        assert time.monotonic() < end, what
        time.sleep(0.2)


@pytest.mark.parametrize("full_stack", [("store", "64m")], indirect=True)
def test_store_runs_full(full_stack, tmp_path):
    stack, disk = full_stack
    owner = Owner(stack, tmp_path)
    first = owner.render(timeline(owner.clips))
    film = owner.client.get(first["urls"]["film"]).body
    disk.fill()
    answer = owner.client.post("/api/uploads", data=os.urandom(2 * MIB), content_type="video/mp4")
    assert (answer.status, answer.code) == (507, "storage_full"), answer.body
    # a render waits and tells why; what is there is served
    render = owner.start(timeline(owner.clips, card="Later", size=(640, 360)))
    until(lambda: job_of(stack, render)[2] == "storage_full", "a render that finds no room")
    assert job_of(stack, render)[0] in ("waiting", "ready", "running")
    assert owner.client.get(first["urls"]["film"]).body == film
    disk.free()
    state = owner.wait(render)
    assert state["state"] == "succeeded", state
    # waiting cost nothing
    assert job_of(stack, render)[:2] == ["done", "1"]
    assert not [p for p in stack.scratch_files() if "filler" not in p]
    answer = owner.client.post("/api/uploads", data=source(tmp_path / "again.mp4", "testsrc"), content_type="video/mp4")
    assert answer.status in (201, 202), answer.body
    assert stack.sql("select count(*) from invariants()") == "0"


@pytest.mark.parametrize("full_stack", [("pg", "400m")], indirect=True)
def test_write_ahead_log_runs_full(full_stack, tmp_path):
    """PostgreSQL stops itself; what it had confirmed is there when it comes back, and what was at work is done."""
    stack, disk = full_stack
    owner = Owner(stack, tmp_path)
    first = owner.render(timeline(owner.clips))
    render = owner.start(timeline(owner.clips * 4, card="Through it", size=(640, 360)))
    disk.fill()
    answers = set()

    def refuses():
        # fills what is left of the log; each answer is a clear one
        for _ in range(20):
            answers.add(owner.client.post("/api/v1/projects", {"title": "x" * 200}).status)
        return answers & {500, 503, 507}
    for _ in range(200):
        if refuses():
            break
        subprocess.run([str(studio.TOP / "tools/stack"), "run", "env", "PGUSER=postgres", "psql", "-Xq", "-d", stack.database(), "-c",
                        "create unlogged table if not exists public.x (t text); select pg_switch_wal()"], env=stack.env,
                       capture_output=True)
    assert answers <= {201, 500, 503, 507} and answers & {503, 507}, answers
    kept = answers
    disk.free()
    stack.tool("start")
    until(lambda: owner.client.get("/health").status == 200, "a database that is back")
    assert owner.client.get(f"/api/v1/renders/{first['id']}").json["state"] == "succeeded"
    state = owner.wait(render)
    assert state["state"] == "succeeded", (state, kept)
    assert owner.client.post("/api/v1/projects", {"title": "after"}).status == 201
    assert stack.sql("select count(*) from invariants()") == "0"
