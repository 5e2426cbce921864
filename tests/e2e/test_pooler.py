"""Responders behind PgBouncer in transaction mode, with DB_PREPARED=off: fewer server connections than threads, and nothing leaks between
callers."""
import concurrent.futures
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

import studio

POOL = 3
THREADS = 12


class Pooled:
    """A stack whose API goes through a pooler."""

    def __init__(self):
        self.stack = studio.Stack(f"API_THREADS={THREADS}\n").start()
        self.folder = self.stack.home / "pooler"
        self.folder.mkdir()
        self.account = os.environ.get("FRAMEWRIGHT_ACCOUNT", "postgres") if os.getuid() == 0 else None
        self.pooler = self.spawn("pooler", shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", self.write_ini())
        self.wait(lambda: (self.folder / ".s.PGSQL.6432").exists())
        pid = self.stack.pid("api")
        os.kill(pid, signal.SIGTERM)
        self.wait(lambda: self.stack.pid("api") is None)
        conf = self.folder / "conf"
        conf.write_text((self.stack.home / "framewright.conf").read_text() +
                        f"DB_PREPARED=off\nDATABASE_URL=postgresql:///framewright?host={self.folder}&port=6432\n")
        self.api = self.spawn("api", "env", f"FRAMEWRIGHT_CONFIG={conf}", "PGUSER=framewright_api",
                              studio.PREFIX / "libexec/framewright/framewright-api")
        self.wait(lambda: studio.Client(self.stack.base).get("/health").status == 200)

    def write_ini(self):
        ini = self.folder / "pgbouncer.ini"
        host = self.stack.database().split("host=")[1].split("&")[0]
        (self.folder / "users").write_text('"framewright_api" ""\n"postgres" ""\n')
        ini.write_text(f"""[databases]
framewright = host={host} dbname=framewright
[pgbouncer]
listen_addr =
unix_socket_dir = {self.folder}
listen_port = 6432
auth_type = trust
auth_file = {self.folder}/users
admin_users = postgres
pool_mode = transaction
default_pool_size = {POOL}
logfile = {self.folder}/pooler.log
""")
        if self.account:
            subprocess.run(["chown", "-R", self.account, str(self.folder)], check=True)
        return ini

    def spawn(self, name, *words):
        drop = ["setpriv", f"--reuid={self.account}", f"--regid={self.account}", "--init-groups", "--"] if self.account else []
        with open(self.stack.home / "log" / f"pooled-{name}.log", "w") as log:
            return subprocess.Popen([*drop, *map(str, words)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @staticmethod
    def wait(look):
        end = time.monotonic() + studio.PATIENCE_S
        while not look():
            assert time.monotonic() < end
            time.sleep(0.1)

    def admin(self, command):
        return subprocess.run(["psql", "-XAtq", f"postgresql:///pgbouncer?host={self.folder}&port=6432&user=postgres", "-c", command],
                              check=True, capture_output=True, text=True).stdout

    def remove(self):
        for process in (self.api, self.pooler):
            process.terminate()
            process.wait(timeout=60)
        self.stack.remove()


@pytest.fixture(scope="module")
def pooled():
    if not pathlib.Path("/usr/sbin/pgbouncer").exists() and not shutil.which("pgbouncer"):
        pytest.skip("pgbouncer is not installed")
    system = Pooled()
    yield system
    system.remove()


@pytest.fixture(scope="module")
def stack(pooled):
    return pooled.stack


def test_an_advert_is_made_through_the_pooler(stack):
    client = stack.demo()
    session_id = client.new_session()
    state = client.pictures(session_id, num_images=4)
    assert state["stage"] == "image_selection", state["error"]
    client.approve_pictures(session_id, [p["id"] for p in state["generated_images"][:2]])
    state = client.clips(session_id, clip_duration=2)
    assert state["stage"] == "clip_selection", state["error"]
    # a key that is used twice: the row's lock and the stored answer are one transaction at one server connection
    body = {"session_id": session_id, "approved_clip_ids": [c["id"] for c in state["generated_clips"]]}
    first, second = (client.post("/api/save-approved-clips", body, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert (first.status, first.body) == (200, second.body)


def test_callers_that_share_connections_see_their_own(stack, pooled):
    """Many callers at once on three server connections: row-level security never takes one for another."""
    clients = [stack.user(f"pooled{i}@example.com") for i in range(6)]
    sessions = [client.new_session() for client in clients]

    def look(turn):
        me, other = turn % 6, (turn * 7 + 1) % 6
        own = clients[me].get(f"/api/sessions/{sessions[me]}").status
        return own, me == other or clients[me].get(f"/api/sessions/{sessions[other]}").status

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(look, range(300)))
    assert {own for own, _ in answers} == {200}
    assert {other for _, other in answers} <= {True, 403, 404}
    # and they did share: the responders' threads are more than the server's connections
    servers = pooled.admin("show servers").splitlines()
    assert 1 <= len(servers) <= POOL and len(pooled.admin("show clients").splitlines()) >= THREADS


def test_new_server_connections_find_our_tables(stack, pooled):
    """Settings of a session are lost with a server connection, which the client does not see."""
    client = stack.demo()
    session_id = client.new_session()
    pooled.admin("reconnect")
    stack.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'framewright_api'")
    time.sleep(0.5)
    answers = [client.get(f"/api/sessions/{session_id}").status for _ in range(30)]
    # what was under way when the connections broke may be told so; from then on everything is as before
    assert answers[-20:] == [200] * 20, answers
