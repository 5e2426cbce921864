"""The scripts that start a system: repair, stop, neighbours, and clear words when something is in the way."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

import studio


@pytest.fixture(scope="module")
def system():
    stack = studio.Stack().start()
    yield stack
    stack.remove()


def pids(stack):
    return {name: stack.pid(name) for name in (*studio.PROGRAMS, "nginx")}


def test_second_start_changes_nothing(system):
    before = pids(system)
    system.start()
    assert pids(system) == before and None not in before.values()


def test_start_brings_back_what_died(system):
    client = system.demo()
    session_id = client.new_session()
    before = pids(system)
    for name in ("nginx", "api"):
        system.kill(name)
    assert system.tool("status", check=False).returncode != 0
    system.start()
    after = pids(system)
    assert {name for name in after if after[name] != before[name]} == {"nginx", "api"}
    assert client.session(session_id)["stage"] == "created"


def test_a_number_given_away_is_not_signalled(system):
    """A pid file that names a process of somebody else's."""
    innocent = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        system.kill("eventd")
        (system.home / "pids/eventd.pid").write_text(f"{innocent.pid} 1\n")
        assert "eventd dead" in system.tool("status", check=False).stdout
        system.tool("restart", "eventd")
        assert innocent.poll() is None
        assert system.pid("eventd") not in (None, innocent.pid)
    finally:
        innocent.kill()
        innocent.wait()


def test_workers_of_a_master_that_is_being_buried_are_ended(tmp_path):
    """The master goes away in the very moment in which tools/stack looks for what it left behind."""
    functions = "".join(f"/^{name}() {{/,/^}}/p;" for name in ("read_stat", "start_time", "alive", "members", "clear_members"))
    clear = f'set -u; pids={tmp_path}; eval "$(sed -n \'{functions}\' {studio.TOP / "tools/stack"})"; clear_members nginx'
    for delay_ms in range(0, 40, 2):
        master = subprocess.Popen(["bash", "-c", "sleep 600 & sleep 600 & echo; wait"], start_new_session=True, stdout=subprocess.PIPE)
        master.stdout.readline()
        started = pathlib.Path(f"/proc/{master.pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
        (tmp_path / "nginx.pid").write_text(f"{master.pid} {started}\n")
        master.kill()
        clearing = subprocess.Popen(["bash", "-c", clear])
        time.sleep(delay_ms / 1000)
        master.wait()
        try:
            assert clearing.wait(30) == 0
            left = subprocess.run(["pgrep", "-s", str(master.pid), "-r", "D,R,S"], capture_output=True, text=True, check=False).stdout
            assert left == ""
        finally:
            clearing.kill()
            subprocess.run(["pkill", "-KILL", "-s", str(master.pid)], check=False)


def test_two_starts_at_once(system):
    system.kill("eventd")
    starts = [subprocess.Popen([str(studio.TOP / "tools/stack"), "start"], env=system.env, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT) for _ in range(2)]
    assert [s.wait(timeout=studio.PATIENCE_S) for s in starts] == [0, 0], [s.stdout.read() for s in starts]
    assert len(daemons(system, "framewright-eventd")) == 1


def daemons(stack, name):
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if entry.joinpath("cmdline").read_bytes().split(b"\0")[0].endswith(name.encode()) and \
                    f"FRAMEWRIGHT_CONFIG={stack.home}/".encode() in entry.joinpath("environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def test_neighbours_do_not_disturb_each_other(system):
    before = pids(system)
    other = studio.Stack().start()
    try:
        session_id = other.demo().new_session()
        assert system.demo().get(f"/api/sessions/{session_id}").status in (401, 404)
    finally:
        other.stop()
    assert pids(system) == before
    assert system.demo().new_session()
    assert not any(daemons(other, "framewright-" + name) for name in studio.PROGRAMS)
    other.remove()


def test_taken_port_is_named():
    stack = studio.Stack()
    with socket.socket() as s:
        s.bind(("127.0.0.1", stack.port))
        s.listen()
        done = stack.tool("start", check=False)
    assert done.returncode != 0
    assert f"port {stack.port} on 127.0.0.1 is taken" in done.stderr and "FRAMEWRIGHT_PORT=" in done.stderr
    assert not any(stack.pid(name) for name in studio.PROGRAMS)
    stack.remove()


@pytest.mark.parametrize("name", ["with space", "quo'te", "dollar$home"])
def test_odd_folder_is_refused(name):
    """The build's tools cannot take such a path; better said at once than found out by half a system."""
    above = tempfile.mkdtemp(prefix="fw-odd-")
    try:
        env = dict(os.environ, FRAMEWRIGHT_HOME=f"{above}/{name}", FRAMEWRIGHT_PORT=str(studio.free_port()))
        for script in ("tools/stack", "quickstart"):
            done = subprocess.run([str(studio.TOP / script), "start"], env=env, capture_output=True, text=True)
            assert done.returncode != 0 and "cannot take" in done.stderr, script
    finally:
        shutil.rmtree(above)


def test_long_folder_works(tmp_path):
    """A socket's path holds 107 bytes; that of the home may be longer."""
    above = tempfile.mkdtemp(prefix="fw-long-")
    os.chmod(above, 0o755)
    stack = studio.Stack()
    stack.remove()
    stack.home = pathlib.Path(above) / ("a" * 60) / ("b" * 60)
    stack.home.mkdir(parents=True)
    stack.env["FRAMEWRIGHT_HOME"] = str(stack.home)
    stack.configure("")
    try:
        stack.start()
        assert studio.Client(stack.base).get("/health").status == 200
    finally:
        stack.stop()
        shutil.rmtree(above)


def test_stop_leaves_nothing_running(system):
    system.stop()
    assert not any(daemons(system, "framewright-" + name) for name in studio.PROGRAMS)
    assert not (system.home / "pg/data/postmaster.pid").exists()
    assert system.tool("status", check=False).returncode != 0
    # and a second stop is content
    assert system.tool("stop", check=False).returncode == 0
    system.start()
    assert system.demo().new_session()
