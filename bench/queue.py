#!/usr/bin/env python3
"""The job queue beside what one would take instead: framewright-renderd, graphile-worker, BullMQ; jobs that do nothing.

	make bench-queue [BENCH_QUEUE_FLAGS="--runs 5 --jobs 20000"]

A private PostgreSQL with fsync and synchronous_commit on serves the first two, a Redis with appendfsync always the third. Runs take
turns; what counts are ratios of medians. The peers are in bench/peers (npm, pinned); without redis-server BullMQ is left out.
Ours is the real daemon with an exact limit on its queue, groups of at most 16, and jobs added as a responder adds them.

Ends with 1 when a target of the design is missed.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
PEERS = TOP / "bench/peers"
RATES = (1, 10, 50)
BURN = "claim+finish, jobs/s"
START = "enqueue to start at {}/s, ms"


class Machine:
    def __init__(self, build, alone=False):
        self.build = build
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="fw-queue."))
        self.home.chmod(0o755)
        subprocess.run([TOP / "tools/pg-private", self.home / "pg", "start"], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "FW_PG_FSYNC": "on"})
        out = subprocess.run([TOP / "tools/pg-private", self.home / "pg", "url"], check=True, capture_output=True, text=True).stdout
        self.socket = out.split("host=")[1].split("&")[0]
        self.sql("create database fw", database="postgres")
        self.sql("create database peer", database="postgres")
        subprocess.run([build / "ctl/framewright", "migrate", "--quiet"], check=True,
                       env={**self.env(), "DATABASE_URL": self.url("fw", "postgres"), "SQL_DIR": str(TOP / "sql")})
        self.sql("update framewright.provider_limit set max_inflight = 64 where name = 'plain'")
        self.redis = None if alone else self.start_redis()
        self.daemons = []

    def url(self, database, role):
        return f"postgresql:///{database}?host={self.socket}&user={role}"

    def sql(self, *texts, database="fw"):
        commands = [part for text in texts for part in ("-c", text)]
        run = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", *commands, self.url(database, "postgres")],
                             capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(f"bench: {texts}: {run.stderr}")
        return run.stdout.strip()

    def env(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "FW_ENV": "test", "LOG_LEVEL": "error",
                "DATABASE_URL": self.url("fw", "framewright_renderd"), "STORE_DIR": str(self.home / "store"),
                "MEDIA_SOCKET": str(self.home / "media.sock"), "JOB_BELL": str(self.home / "jobs.bell"), "DISK_RESERVE": "0"}

    def start_redis(self):
        if shutil.which("redis-server") is None:
            return None
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.redis_process = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(self.home),
                                               "--appendonly", "yes", "--appendfsync", "always", "--save", ""],
                                              stdout=subprocess.DEVNULL)
        time.sleep(1)
        return port

    def daemon(self, **settings):
        process = subprocess.Popen([self.build / "renderd/framewright-renderd"], env={**self.env(), **settings},
                                   stdin=subprocess.DEVNULL)
        self.daemons.append(process)
        return process

    def wait(self, query, seconds=600, pause=0.05):
        end = time.monotonic() + seconds
        while self.sql(query) != "t":
            if time.monotonic() > end:
                raise SystemExit(f"bench: waited too long for: {query}")
            time.sleep(pause)

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        process.wait()
        self.daemons.remove(process)

    def clear(self):
        self.sql("delete from framewright.job", "vacuum (analyze) framewright.job", "vacuum framewright.job_lease")

    def peer(self, name, *args):
        env = {"PATH": os.environ["PATH"], "DATABASE_URL": self.url("peer", "postgres"), "REDIS_PORT": str(self.redis or 0)}
        postgres, before = self.postgres_cpu(), resource.getrusage(resource.RUSAGE_CHILDREN)
        out = subprocess.run(["node", PEERS / f"{name}.mjs", *map(str, args)], check=True, capture_output=True, text=True, env=env).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        answer = json.loads([line for line in out.splitlines() if line.startswith("{")][-1])
        answer["cpu_s"] = self.postgres_cpu() - postgres + after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return answer

    def postgres_cpu(self):
        """Processor seconds of the whole cluster, helpers and ended backends included."""
        postmaster = int((self.home / "pg/data/postmaster.pid").read_text().split()[0])
        total = 0
        for entry in pathlib.Path("/proc").iterdir():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split() if entry.name.isdigit() else None
            except OSError:
                continue
            if fields and int(entry.name) == postmaster:
                total += sum(map(int, fields[11:15]))
            elif fields and int(fields[1]) == postmaster:
                total += sum(map(int, fields[11:13]))
        return total / os.sysconf("SC_CLK_TCK")

    def close(self):
        for process in list(self.daemons):
            process.kill()
            process.wait()
        if self.redis:
            self.redis_process.terminate()
            self.redis_process.wait()
        subprocess.run([TOP / "tools/pg-private", self.home / "pg", "stop"], stdout=subprocess.DEVNULL)
        shutil.rmtree(self.home, ignore_errors=True)


JOBS = "framewright.job where kind = 'system.nothing'"


def percentiles(m):
    rows = m.sql(f"select ((result ->> 'began_us')::bigint - (payload ->> 'sent_us')::bigint) / 1000.0 from {JOBS} and payload ? 'sent_us' "
                 "order by 1").split()
    samples = [float(r) for r in rows]
    return {"samples": len(samples), "p50_ms": samples[len(samples) // 2], "p99_ms": samples[min(len(samples) - 1, len(samples) * 99 // 100)]}


def our_burn(m, count):
    m.clear()
    m.sql(f"select count(framewright.job_add('system.nothing', null, null)) from generate_series(1, {count})")
    m.sql("vacuum (analyze) framewright.job")
    postgres, before = m.postgres_cpu(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = m.daemon()
    # looking costs processor time too
    m.wait(f"select not exists (select from {JOBS} and finished_at is null)", pause=2)
    rate = float(m.sql(f"select count(*) / extract(epoch from max(finished_at) - min(started_at)) from {JOBS}"))
    m.end(process)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"jobs_per_s": round(rate), "cpu_s": m.postgres_cpu() - postgres + after.ru_utime + after.ru_stime - before.ru_utime -
            before.ru_stime}


def our_open(m, rate, seconds):
    m.clear()
    process = m.daemon()
    time.sleep(1)
    subprocess.run([m.build / "bench/enqueue", str(rate), str(seconds)], check=True, env=m.env())
    m.wait(f"select not exists (select from {JOBS} and finished_at is null)")
    m.end(process)
    return percentiles(m)


def our_fan(m, width, rounds):
    m.clear()
    process = m.daemon()
    time.sleep(1)
    # one connection, as a responder has it, which takes the time in the statement that adds; nobody looks on meanwhile
    add = ("select framewright.job_add('system.nothing', null, null, "
           "jsonb_build_object('sent_us', (extract(epoch from clock_timestamp()) * 1000000)::bigint), "
           f"array(select framewright.job_add('system.nothing', null, null) from generate_series(1, {width})))")
    m.sql(*[add, "notify framewright_jobs", "select pg_sleep(1)"] * rounds)
    m.wait(f"select not exists (select from {JOBS} and finished_at is null)")
    m.end(process)
    return percentiles(m)


def our_rescue(m):
    """Seconds from kill -9 of the daemon until another one has the job, with the settings as delivered."""
    m.clear()
    first = m.daemon()
    m.sql("select framewright.job_add('system.nothing', null, null, '{\"sleep_ms\": 50000}')")
    m.wait("select exists (select from framewright.job_lease)")
    owner = m.sql("select worker_id from framewright.job_lease")
    second = m.daemon()
    time.sleep(2)
    first.kill()
    began = time.monotonic()
    first.wait()
    m.daemons.remove(first)
    m.wait(f"select exists (select from framewright.job_lease where worker_id <> {owner})")
    seconds = time.monotonic() - began
    m.sql("select framewright.job_cancel(public_id) from framewright.job where finished_at is null")
    m.end(second)
    return {"rescue_s": round(seconds, 1)}


def our_idle(m):
    m.clear()
    process = m.daemon()
    time.sleep(8)
    count = "select xact_commit + xact_rollback from pg_stat_database where datname = 'fw'"
    before, t = int(m.sql(count, database="postgres")), time.monotonic()
    time.sleep(20)
    after = int(m.sql(count, database="postgres"))
    m.end(process)
    return {"statements_per_s": round((after - before) / (time.monotonic() - t), 2)}


def median(results, key):
    return statistics.median(r[key] for r in results)


def measure(m, args):
    """Each figure: rounds in which every competitor has its turn."""
    peers = [] if args.alone else ["graphile"] + (["bullmq"] if m.redis else [])
    found = {}

    def rounds(what, runs, ours, peer_args, key, peers=peers):
        results = {n: [] for n in ["ours", *peers]}
        for _ in range(runs):
            results["ours"].append(ours())
            for n in peers:
                results[n].append(m.peer(n, *peer_args))
        found[what] = {n: median(r, key) for n, r in results.items()}
        if "cpu_s" in results["ours"][0]:
            print(f"{'  processor us a job':26}", "  ".join(f"{n} {median(results[n], 'cpu_s') / args.jobs * 1e6:.0f}" for n in results))
        spread = {n: f"{min(x[key] for x in r):g}-{max(x[key] for x in r):g}" for n, r in results.items()}
        print(f"{what:26}", "  ".join(f"{n} {found[what][n]:g} ({spread[n]})" for n in results), flush=True)

    if args.only in (None, "burn"):
        rounds(BURN, args.runs, lambda: our_burn(m, args.jobs), ("burn", args.jobs), "jobs_per_s")
    if args.only in (None, "start"):
        for rate in RATES:
            seconds = args.seconds * (4 if rate == 1 else 1)
            rounds(START.format(rate), args.runs, lambda: our_open(m, rate, seconds), ("open", rate, seconds), "p50_ms")
    if args.only is None:
        rounds("100-way fan-in, ms", 1, lambda: our_fan(m, 100, 10), ("fan", 100, 10), "p50_ms", peers[1:])
        for name, value in {**our_rescue(m), **our_idle(m)}.items():
            found[name] = value
            print(f"{name:26} ours {value:g}", flush=True)
    return found


def targets(found):
    rows = []
    if BURN in found:
        rows.append(("claim+finish, times graphile-worker", found[BURN]["ours"] / found[BURN]["graphile"], ">=", 3))
    for rate in RATES:
        start = found.get(START.format(rate))
        if start:
            rows.append((f"enqueue to start at {rate}/s, of graphile-worker's", start["ours"] / start["graphile"], "<=", 0.5))
    if "statements_per_s" in found:
        rows.append(("statements a second at rest", found["statements_per_s"], "<=", 1))
    good = True
    for name, value, relation, limit in rows:
        met = value >= limit if relation == ">=" else value <= limit
        good = good and met
        print(f"{name:48} {value:.2f}  wanted {relation} {limit}  {'met' if met else 'MISSED'}")
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=20000)
    parser.add_argument("--only", choices=["burn", "start"], help="claim and finish, or enqueue to start")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--alone", action="store_true", help="without peers and targets: whether all of it runs")
    args = parser.parse_args()
    if not args.alone and not (PEERS / "node_modules").exists():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=PEERS, check=True)
    m = Machine(args.build.resolve(), args.alone)
    try:
        found = measure(m, args)
        good = args.alone or targets(found)
    finally:
        m.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
