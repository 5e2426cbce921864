"""Several machines on this one: each in a network namespace of its own, with one PostgreSQL on their bridge and one store.

A host is a namespace, a name (UTS), a media process and a renderd; both run as the stack's account. The processor's share of a host can be
limited. What a real second machine has more, a kernel and a disk of its own, is not here: the store is what they share anyway.
"""
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/e2e"))
import studio  # noqa: E402

LEASE_TTL_S = 4
QUICK = f"LEASE_TTL={LEASE_TTL_S}s\nHEARTBEAT=1s\nTICK=1s\nDB_TIMEOUT=3s\n"
CPU_CGROUPS = (pathlib.Path("/sys/fs/cgroup/cpu"), pathlib.Path("/sys/fs/cgroup"))


def run(*words, check=True):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}")
    return done


def why_not():
    """Why hosts cannot be made here, or None."""
    if os.getuid() != 0:
        return "network namespaces need root"
    name = f"fwprobe{os.getpid()}"
    try:
        done = run("ip", "netns", "add", name, check=False)
        if done.returncode == 0:
            done = run("ip", "netns", "exec", name, "unshare", "--uts", "true", check=False)
            run("ip", "netns", "del", name, check=False)
    except OSError as error:
        return f"there is no `ip`: {error}"
    return None if done.returncode == 0 else f"network namespaces are refused here: {done.stderr.strip()}"


def wait_until(look, what, patience=studio.PATIENCE_S):
    end = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.05)
    return found


class CpuShare:
    """A control group whose processes together get at most so much of one processor."""

    def __init__(self, name, share):
        root = next((r for r in CPU_CGROUPS if (r / "cpu.cfs_quota_us").exists() or
                     "cpu" in read(r / "cgroup.controllers").split()), None)
        assert root is not None, "there is no control group for processors"
        self.path = root / name
        self.path.mkdir()
        period = 20000
        if (self.path / "cpu.cfs_quota_us").exists():
            (self.path / "cpu.cfs_period_us").write_text(str(period))
            (self.path / "cpu.cfs_quota_us").write_text(str(int(period * share)))
        else:
            (root / "cgroup.subtree_control").write_text("+cpu")
            (self.path / "cpu.max").write_text(f"{int(period * share)} {period}")

    def close(self):
        wait_until(lambda: not read(self.path / "cgroup.procs").split(), "an empty control group", 10)
        self.path.rmdir()


def read(path):
    try:
        return path.read_text()
    except OSError:
        return ""


class Host:
    """One machine; off until start()."""

    def __init__(self, farm, number, share=None):
        self.farm, self.name = farm, f"host{number}"
        self.namespace = f"fw{farm.tag}-{number}"
        self.port = f"fw{farm.tag}p{number}"  # its end at the bridge
        self.processes = {}
        self.share = CpuShare(self.namespace, share) if share else None
        run("ip", "netns", "add", self.namespace)
        run("ip", "link", "add", self.port, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        run("ip", "link", "set", self.port, "master", farm.bridge, "up")
        inside = ("ip", "-n", self.namespace)
        run(*inside, "addr", "add", f"{farm.net}.{number + 10}/24", "dev", "eth0")
        run(*inside, "link", "set", "lo", "up")
        run(*inside, "link", "set", "eth0", "up")
        self.folder = farm.stack.home / self.name
        self.folder.mkdir()
        run("chown", farm.account, self.folder)

    def start(self, extra=""):
        text = (self.farm.stack.home / "framewright.conf").read_text()
        (self.folder / "conf").write_text(f"{text}DATABASE_URL={self.farm.database}\nMEDIA_SOCKET={self.folder}/media.sock\n"
                                          f"JOB_BELL={self.folder}/jobs.bell\n"
                                          f"{self.farm.extra}{extra}")
        self.spawn("media")
        wait_until(lambda: (self.folder / "media.sock").exists(), "a media process", 60)
        self.spawn("renderd")
        wait_until(lambda: self.worker() is not None, f"{self.name} at work", 60)
        return self

    def spawn(self, program):
        join = ["sh", "-c", 'echo $$ >"$0" && exec "$@"', str(self.share.path / "cgroup.procs")] if self.share else []
        with open(self.folder / f"{program}.log", "a") as log:
            self.processes[program] = subprocess.Popen(
                [*join, "ip", "netns", "exec", self.namespace, "unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name,
                 "setpriv", f"--reuid={self.farm.account}", f"--regid={self.farm.account}", "--init-groups", "--", "env",
                 *(f"{key}={value}" for key, value in self.farm.faketime.get(self.name, {}).items()),
                 f"FRAMEWRIGHT_CONFIG={self.folder}/conf", f"PGUSER=framewright_{program}",
                 str(studio.PREFIX / f"libexec/framewright/framewright-{program}")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def worker(self):
        """The id of its daemon's row, once there is one."""
        pid = self.processes["renderd"].pid
        return self.farm.stack.sql(f"select max(id) from worker where host = '{self.name}' and pid = {pid}") or None

    def pids(self):
        return [int(p) for p in run("ip", "netns", "pids", self.namespace).stdout.split()]

    def signal_all(self, number):
        for pid in self.pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def drain(self):
        self.processes["renderd"].send_signal(signal.SIGTERM)

    def power_off(self):
        """All of it at once and without a word."""
        while self.pids():
            self.signal_all(signal.SIGKILL)
            time.sleep(0.02)
        self.reap()

    def reap(self):
        for process in self.processes.values():
            process.wait(timeout=60)

    def cut_off(self):
        run("ip", "link", "set", self.port, "down")

    def reconnect(self):
        run("ip", "link", "set", self.port, "up")

    def log(self):
        return read(self.folder / "renderd.log")

    def stop(self):
        if self.processes:
            self.signal_all(signal.SIGCONT)
            self.power_off()
        run("ip", "netns", "del", self.namespace, check=False)
        run("ip", "link", "del", self.port, check=False)
        if self.share:
            self.share.close()


class Farm:
    """A stack whose own renderd and media process rest, and hosts instead of them."""

    def __init__(self, settings=QUICK):
        self.tag = f"{random.randrange(1 << 20):05x}"
        self.net = f"10.{random.randrange(64, 128)}.{random.randrange(256)}"
        self.bridge = f"fw{self.tag}b"
        self.account = os.environ.get("FRAMEWRIGHT_ACCOUNT", "postgres")
        self.hosts, self.extra, self.faketime, self.count = [], "", {}, 0
        self.stack = studio.Stack(settings)
        self.database = f"postgresql:///framewright?host={self.net}.1"

    def start(self):
        run("ip", "link", "add", self.bridge, "type", "bridge")
        run("ip", "addr", "add", f"{self.net}.1/24", "dev", self.bridge)
        run("ip", "link", "set", self.bridge, "up")
        self.stack.start()
        data = self.stack.home / "pg/data"
        with open(data / "postgresql.conf", "a") as conf:
            conf.write(f"listen_addresses = '{self.net}.1'\n")
        with open(data / "pg_hba.conf", "a") as hba:
            hba.write(f"host all all {self.net}.0/24 trust\n")
        for name in ("renderd", "media"):
            os.kill(self.stack.pid(name), signal.SIGTERM)
            wait_until(lambda name=name: self.stack.pid(name) is None, f"the stack's own {name} to rest", 60)
        for word in ("stop", "start"):
            run("env", f"FW_PG_USER={self.account}", TOP / "tools/pg-private", self.stack.home / "pg", word)
        self.stack.sql = self.sql
        return self

    def sql(self, text):
        """One value, without the stack's script in between: what is looked at here does not stand still."""
        return run(studio.PSQL, "-XAtq", f"{self.database}&user=postgres&options=-csearch_path%3Dframewright", "-c", text).stdout.strip()

    def add(self, share=None, extra=""):
        self.count += 1
        host = Host(self, self.count, share)
        self.hosts.append(host)
        return host.start(extra)

    def send_home(self):
        """Switches all hosts off, so that the next test has its own."""
        while self.hosts:
            self.hosts.pop().stop()
        self.stack.sql("update worker set stopped_at = now() where stopped_at is null and program = 'renderd'")

    def logs(self):
        return "".join(f"\n== {host.name}\n{host.log()[-1500:]}" for host in self.hosts)

    def remove(self):
        self.send_home()
        self.stack.remove()
        run("ip", "link", "del", self.bridge, check=False)

    # -- what the database says ------------------------------------------------------------------------------------------

    def holder(self, kind):
        """The host that runs a job of this kind, and how far it is; None when nobody does."""
        row = self.stack.sql("select w.host, coalesce(l.progress, 0) from job_lease l join job j on j.id = l.job_id join worker w on "
                             f"w.id = l.worker_id where j.kind = '{kind}' order by l.job_id limit 1")
        if not row:
            return None
        name, progress = row.split("|")
        return next(h for h in self.hosts if h.name == name), float(progress)

    def at_work(self, kind="render.film", progress=0.1):
        """Waits until somebody is in the middle of such a job."""
        def look():
            found = self.holder(kind)
            return found and found[1] >= progress and found[0]
        return wait_until(look, f"{kind} at work")
