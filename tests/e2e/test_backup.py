"""A backup made while the system works brings session and film back on another machine (platform: backup and restore)."""
import hashlib
import os
import shutil
import subprocess
import tempfile

import pytest

import studio


@pytest.fixture
def shelf():
    """Where backups go: a folder that the stack's account may write to."""
    folder = tempfile.mkdtemp(prefix="fw-backup-")
    os.chmod(folder, 0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def backup(stack, target, check=True):
    return stack.tool("run", "env", "PGUSER=postgres", str(studio.TOP / "tools/backup"), target, check=check)


def make_film(client):
    session_id = client.new_session()
    state = client.pictures(session_id, num_images=4)
    client.approve_pictures(session_id, [p["id"] for p in state["generated_images"][:2]])
    state = client.clips(session_id, clip_duration=2)
    client.approve_clips(session_id, [c["id"] for c in state["generated_clips"]])
    state = client.compose(session_id, audio={"enabled": False})
    assert state["stage"] == "complete", state["error"]
    return session_id, state


def test_film_survives_its_machine(shelf):
    target = f"{shelf}/one"
    first = studio.Stack("BLOB_GRACE=0\n").start()
    try:
        client = first.demo()
        session_id, before = make_film(client)
        film = client.get(before["final_video"]["url"]).body
        costs = client.get(f"/api/sessions/{session_id}/costs").json
        # a step is under way while the backup is made
        busy = client.new_session()
        client.start("/api/generate-images", session_id=busy, product_prompt="pink tennis shoes with white laces", num_images=4)
        backup(first, target)
        assert sorted(os.listdir(target)) == ["SHA256SUMS", "database.dump", "files.tar"]
        again = backup(first, target, check=False)
        assert again.returncode != 0 and "is there already" in again.stderr
        # as long as a backup holds the lock nothing is collected, and afterwards it is
        assert first.sql("begin; select pg_advisory_xact_lock_shared(hashtext('framewright.collect')); rollback") == ""
    finally:
        first.remove()
    assert not first.home.exists()

    second = studio.Stack().start()
    try:
        second.tool("restore", target)
        client = second.demo()
        state = client.session(session_id)
        assert state["stage"] == "complete"
        for same in ("generated_images", "approved_images", "generated_clips", "clip_order", "warnings", "total_cost"):
            strip = lambda value: str(value).replace(first.base, second.base)  # noqa: E731
            assert strip(state[same]) == strip(before[same]), same
        restored = client.get(state["final_video"]["url"])
        assert restored.status == 200
        assert hashlib.sha256(restored.body).digest() == hashlib.sha256(film).digest()
        assert client.get(f"/api/sessions/{session_id}/costs").json["total_cost"] == costs["total_cost"]
        # what was running goes on
        assert client.wait_stage(busy, "image_selection")["stage"] == "image_selection"
        # the programs have exactly the rights they had: a new session works too
        assert client.session(client.new_session())["stage"] == "created"
        damaged(second, target)
    finally:
        second.remove()


def damaged(stack, target):
    """A backup that was changed is refused, and so is one while the programs run."""
    busy = stack.tool("run", "env", "PGUSER=postgres", f"FRAMEWRIGHT={studio.PREFIX}/bin/framewright",
                      str(studio.TOP / "tools/restore"), "--replace", target, check=False)
    assert busy.returncode != 0 and "is running on this database" in busy.stderr
    with open(f"{target}/database.dump", "r+b") as dump:
        dump.seek(200)
        dump.write(b"changed")
    refused = subprocess.run([str(studio.TOP / "tools/stack"), "restore", target], env=stack.env, capture_output=True, text=True)
    assert refused.returncode != 0 and "is damaged" in refused.stderr


def test_collection_waits_for_a_backup():
    """blob_garbage gives nothing out while somebody holds the lock, and something otherwise."""
    stack = studio.Stack().start()
    try:
        stack.sql("insert into blob (sha256, bytes, media_type, created_at) "
                  "values (repeat('a', 64), 1, 'image/png', now() - interval '2 days')")
        held = stack.tool("run", "env", "PGUSER=postgres", "psql", "-XAtq", "-d", stack.database(), "-c",
                          "set search_path = framewright; select pg_advisory_lock_shared(hashtext('framewright.collect'))", "-c",
                          r"\! PGUSER=postgres psql -XAtq -d " + f"'{stack.database()}'"
                          + " -c 'select count(*) from framewright.blob_garbage(3600, 10)'")
        assert held.stdout.split()[-1] == "0"
        assert stack.sql("select count(*) from blob_garbage(3600, 10)") == "1"
    finally:
        stack.remove()
