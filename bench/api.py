#!/usr/bin/python3
"""Measures a job's status through nginx against a bare libfcgi answer and against FastAPI, all behind one nginx.

Beside them, without a target, the least that a FastCGI program with one prepared row costs: what of a missed target is the machine's.
The runs take turns and each figure is the median of its runs: on a shared machine only the ratios mean something. It uses the stack
that FRAMEWRIGHT_HOME, FRAMEWRIGHT_PORT, FRAMEWRIGHT_PREFIX and FRAMEWRIGHT_BUILD name, and starts what of it is not running.
"""
import argparse
import json
import os
import pathlib
import pwd
import re
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("FRAMEWRIGHT_BUILD", TOP / "build"))
HOME = pathlib.Path(os.environ.get("FRAMEWRIGHT_HOME", TOP / "var")).resolve()
BASE = f"http://127.0.0.1:{os.environ.get('FRAMEWRIGHT_PORT', '8080')}"
STACK = str(TOP / "tools/stack")
DAEMONS = ("api", "renderd", "eventd", "media")
THREADS = 16
PEER_WORKERS = 2
HELLO_SHARE, PEER_FACTOR, PSS_MB, STATEMENTS = 0.40, 4.0, 60, 3


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def call(method, path, token=None, body=None):
    request = urllib.request.Request(BASE + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def sign_in():
    return call("POST", "/api/auth/login", body={"email": "demo@example.com", "password": "demo123"})["session_token"]


def some_job(token):
    """A finished picture step: the kind of job that a client looks at again and again."""
    for job in call("GET", "/api/v1/jobs?limit=200", token)["items"]:
        if job["kind"] == "ad.images_join" and job["state"] == "succeeded":
            return job["id"]
    session = call("POST", "/api/sessions/create", token, {})["session_id"]
    job = call("POST", "/api/generate-images", token,
               {"session_id": session, "product_prompt": "white ceramic coffee mug", "num_images": 4})["job_id"]
    for _ in range(240):
        if call("GET", f"/api/v1/jobs/{job}", token)["state"] == "succeeded":
            return job
        time.sleep(0.5)
    sys.exit("api.py: the picture job did not end; hint: look into the log of renderd")


def free_ports(count):
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


class Bench:
    """hello twice, FastAPI and one nginx before all; ended by stop()."""

    def __init__(self, folder):
        self.folder = folder
        self.children = []
        self.ours, self.hello, self.row, self.peer = free_ports(4)

    def start(self, *command, **environment):
        variables = [f"{name}={value}" for name, value in environment.items()]
        with open(self.folder / "log", "ab") as log:
            self.children.append(subprocess.Popen([STACK, "run", "env", *variables, *command], stdout=log, stderr=log,
                                                  start_new_session=True))

    def stop(self):
        for child in reversed(self.children):
            try:
                os.killpg(child.pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
            child.wait()
            # libfcgi's accept survives a SIGTERM
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def site(self):
        """The site as it is delivered, with rates that do not bite, and beside it two servers of the same shape."""
        environment = run(STACK, "env")
        sockets = re.search(r"FRAMEWRIGHT_RUN=(\S+)", environment).group(1)
        run("make", "-s", "-C", str(BUILD), "site", f"SITE_DIR={self.folder}", f"SITE_LISTEN=127.0.0.1:{self.ours}",
            "SITE_TLS=off", f"SITE_API_SOCKET={sockets}/api.sock", f"SITE_EVENTD_SOCKET={sockets}/eventd.sock",
            f"SITE_STORE={HOME}/store/blob", f"SITE_WEB={self.folder}", f"SITE_ACCESS_LOG={self.folder}/access.log",
            f"SITE_FASTCGI_INCLUDE={self.folder}/fastcgi.conf", "SITE_API_RATE=1000000r/s", "SITE_API_BURST=10000")
        plain = (self.folder / "fastcgi.conf").read_text()
        for name in ("hello", "row"):
            (self.folder / f"{name}.conf").write_text(plain.replace(f"{sockets}/api.sock", f"{self.folder}/{name}.sock"))
        (self.folder / "nginx.conf").write_text(f"""daemon off;
worker_processes 2;
pid {self.folder}/nginx.pid;
error_log {self.folder}/nginx.log warn;
events {{ worker_connections 1024; }}
http {{
	client_body_temp_path {self.folder}/temp-body;
	fastcgi_temp_path {self.folder}/temp-fastcgi;
	proxy_temp_path {self.folder}/temp-proxy;
	uwsgi_temp_path {self.folder}/temp-uwsgi;
	scgi_temp_path {self.folder}/temp-scgi;
	include {self.folder}/site.conf;
	access_log {self.folder}/access.log framewright buffer=32k flush=1s;
	server {{
		listen 127.0.0.1:{self.hello};
		location / {{ include {self.folder}/hello.conf; }}
	}}
	server {{
		listen 127.0.0.1:{self.row};
		location / {{ include {self.folder}/row.conf; }}
	}}
	upstream peer {{ server unix:{self.folder}/peer.sock; keepalive 32; }}
	server {{
		listen 127.0.0.1:{self.peer};
		location / {{
			proxy_pass http://peer;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
		}}
	}}
}}
""")

    def up(self, hello, database, key):
        self.site()
        self.start(hello, str(self.folder / "hello.sock"), str(THREADS))
        self.start(hello, str(self.folder / "row.sock"), str(THREADS), database)
        self.start("/usr/bin/python3", "-m", "uvicorn", "--app-dir", str(self.folder), "fastapi_app:app", "--uds",
                   str(self.folder / "peer.sock"), "--workers", str(PEER_WORKERS), "--no-access-log", "--log-level", "warning",
                   BENCH_DATABASE=database, BENCH_KEY=key, PYTHONDONTWRITEBYTECODE="1")
        self.start("nginx", "-e", str(self.folder / "nginx.log"), "-c", str(self.folder / "nginx.conf"))


def peer_database(pg):
    """A table of its own in a database of its own, in the cluster that framewright uses."""
    admin = run(str(TOP / "tools/pg-private"), pg, "url", "postgres").strip()
    database = admin.replace("///postgres?", "///framewright_bench?")
    exists = run(STACK, "run", "psql", "-XAtq", "-d", admin, "-c",
                 "select 1 from pg_database where datname = 'framewright_bench'").strip()
    if not exists:
        run(STACK, "run", "psql", "-Xq", "-d", admin, "-c", "create database framewright_bench")
    run(STACK, "run", "psql", "-Xq", "-d", database, "-c", """
        set client_min_messages = error;
        create table if not exists bench_job (id bigint primary key, owner text not null, kind text not null, state text not null,
            progress real not null, created_at timestamptz not null default now());
        insert into bench_job (id, owner, kind, state, progress)
            select n, '1', 'ad.images_join', 'succeeded', 1 from generate_series(1, 1000) n on conflict do nothing;
        analyze bench_job""")
    return database


def peer_token(key):
    import jwt
    now = int(time.time())
    return jwt.encode({"sub": "1", "email": "demo@example.com", "iat": now, "exp": now + 3600}, key, algorithm="HS256")


def wrk(url, token, seconds, connections):
    """Requests per second and in all; an answer that is not 2xx spoils the run."""
    text = run("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", f"Authorization: Bearer {token}", url)
    if re.search(r"Non-2xx|Socket errors", text):
        sys.exit(f"api.py: errors from {url}:\n{text}")
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", text).group(1)), int(re.search(r"(\d+) requests in", text).group(1))


def wait_ready(urls, token):
    for url, bearer in zip(urls, token):
        for attempt in range(100):
            request = urllib.request.Request(url, headers={"Authorization": f"Bearer {bearer}"})
            try:
                urllib.request.urlopen(request, timeout=5).read()
                break
            except OSError as error:
                if attempt == 99:
                    sys.exit(f"api.py: {url} does not answer: {error}")
                time.sleep(0.1)


def stat_of(pid):
    """(parent, session, ticks of processor time), or None when it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return int(fields[1]), int(fields[3]), int(fields[11]) + int(fields[12])


class Meter:
    """Processor time of everything that takes part: nginx, the three servers, PostgreSQL. A busy machine changes it little."""

    def __init__(self, bench):
        self.sessions = {child.pid for child in bench.children}
        self.api = int(run(STACK, "pid", "api"))
        self.postmaster = int((HOME / "pg/data/postmaster.pid").read_text(encoding="ascii").split()[0])

    def seconds(self):
        total = 0
        for entry in os.listdir("/proc"):
            known = stat_of(entry) if entry.isdigit() else None
            if known and (known[1] in self.sessions or known[0] == self.postmaster or int(entry) == self.api):
                total += known[2]
        return total / os.sysconf("SC_CLK_TCK")


def steal():
    """Processor time so far as (stolen, all) ticks."""
    with open("/proc/stat", encoding="ascii") as stat:
        ticks = [int(word) for word in stat.readline().split()[1:9]]
    return ticks[7], sum(ticks)


def pss_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024


def transactions(database):
    query = "select xact_commit + xact_rollback from pg_stat_database where datname = 'framewright'"
    return int(run(STACK, "run", "psql", "-XAtq", "-d", database, "-c", query))


def idle(database, seconds):
    """PSS of each daemon and what they ask the database while nobody asks them."""
    memory = {name: pss_mb(int(run(STACK, "pid", name))) for name in DAEMONS}
    before, start = transactions(database), time.monotonic()
    time.sleep(seconds)
    return memory, (transactions(database) - before) / (time.monotonic() - start)


def measure(options):
    if subprocess.run([STACK, "status"], stdout=subprocess.DEVNULL, check=False).returncode != 0:
        run(STACK, "start")
    token = sign_in()
    key = secrets.token_hex(32)
    database = peer_database(str(HOME / "pg"))
    # the statistics of the database lag a little behind; so idle comes first and not behind a storm of requests
    time.sleep(2)
    memory, rate = idle(database, options.idle)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fw-bench."))
    bench = Bench(folder)
    try:
        shutil.copy(TOP / "bench/fastapi_app.py", folder)
        shutil.copy(options.hello, folder / "hello")
        if os.getuid() == 0:
            account = pwd.getpwnam(os.environ.get("FRAMEWRIGHT_ACCOUNT", "postgres"))
            os.chown(folder, account.pw_uid, account.pw_gid)
        bench.up(str(folder / "hello"), database, key)
        tokens = (token, token, token, peer_token(key))
        urls = (f"http://127.0.0.1:{bench.ours}/api/v1/jobs/{some_job(token)}", f"http://127.0.0.1:{bench.hello}/",
                f"http://127.0.0.1:{bench.row}/", f"http://127.0.0.1:{bench.peer}/api/v1/jobs/7")
        wait_ready(urls, tokens)
        for url, bearer in zip(urls, tokens):
            wrk(url, bearer, 1, options.connections)
        rates, work, meter = ([], [], [], []), ([], [], [], []), Meter(bench)
        stolen = steal()
        for _ in range(options.runs):
            for rate_of, work_of, url, bearer in zip(rates, work, urls, tokens):
                before = meter.seconds()
                per_second, requests = wrk(url, bearer, options.seconds, options.connections)
                rate_of.append(per_second)
                work_of.append((meter.seconds() - before) / requests * 1e6)
        stolen = [after - before for before, after in zip(stolen, steal())]
        return memory, rate, rates, work, stolen[0] / max(stolen[1], 1)
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hello", help="the built bench/hello")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--idle", type=int, default=10, help="seconds without a request")
    memory, statements, rates, work, stolen = measure(parser.parse_args())
    ours, hello, row, peer = (statistics.median(each) for each in rates)
    rows = [("job status / bare libfcgi", f"{ours / hello:.2f}", f">= {HELLO_SHARE:.2f}", ours / hello >= HELLO_SHARE),
            ("job status / FastAPI", f"{ours / peer:.1f}", f">= {PEER_FACTOR:.0f}", ours / peer >= PEER_FACTOR),
            ("idle PSS of all daemons, MB", f"{sum(memory.values()):.1f}", f"< {PSS_MB}", sum(memory.values()) < PSS_MB),
            ("idle transactions a second", f"{statements:.1f}", f"<= {STATEMENTS}", statements <= STATEMENTS)]
    for name, each, micros in zip(("framewright-api", "bare libfcgi", "libfcgi and a row", "FastAPI"), rates, work):
        print(f"{name:28} {statistics.median(each):9.0f} requests/s {statistics.median(micros):6.0f} us of processor time a request"
              "   of " + " ".join(f"{value:.0f}" for value in each))
    costs = [statistics.median(micros) for micros in work]
    print(f"processor time: {costs[0] / costs[1]:.1f} times bare libfcgi, FastAPI {costs[3] / costs[0]:.1f} times ours")
    print(f"libfcgi and a row / FastAPI: {row / peer:.1f}, the most that is to be had here")
    print("PSS, MB: " + ", ".join(f"{name} {value:.1f}" for name, value in memory.items()))
    print(f"processor time stolen by other machines during the runs: {stolen:.0%}\n")
    for name, value, target, good in rows:
        print(f"{name:28} {value:>9}   wanted {target:8} {'ok' if good else 'MISSED'}")
    return 0 if all(row[3] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
