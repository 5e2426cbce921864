"""Machines come, go, die, hang and are cut off; films are finished once and by one of them (issue 4, point 5)."""
import os
import pathlib
import signal
import time

import pytest

import studio
from hosts import LEASE_TTL_S, wait_until


def film_job(farm, render):
    """State, attempts and rescues of the job that makes a render."""
    return farm.stack.sql(f"select j.state, j.attempt, j.rescues from job j join render r on r.job_id = j.id where r.id = '{render}'")


def traces(farm, director, render):
    """Everything that a second publisher would change: rows, files, money, events."""
    sql, project = farm.stack.sql, f"project_id = '{director.project}'"
    blobs = sorted(f"{path} {os.stat(path).st_mtime_ns} {os.stat(path).st_ino}" for path in studio.files_below(farm.stack.home / "store/blob"))
    return (sql(f"select r from render r where r.id = '{render}'"),
            sql(f"select id, state, attempt, rescues, lease, result, finished_at from job where {project} order by id"),
            sql(f"select id, sha256, created_at from asset where {project} order by id"),
            sql(f"select id, price_micros, duration_ms, success from ledger where {project} order by id"),
            sql(f"select seq, payload from event where {project} order by seq"), blobs)


def check_film(director, state, tmp_path, parts):
    path = tmp_path / "film.mp4"
    path.write_bytes(director.client.get(state["urls"]["film"]).body)
    assert studio.ffprobe(path)["streams"][0]["nb_read_frames"] == str(parts * 4 * 30)


def finish(director, render, tmp_path, parts=10):
    state = director.wait(render)
    assert state["state"] == "succeeded", state
    check_film(director, state, tmp_path, parts)
    return state


def test_drained_host_ends_its_film_and_takes_no_other(farm, director, tmp_path):
    farm.add(), farm.add()
    render = director.start(director.film())
    leaving = farm.at_work()
    leaving.drain()
    wait_until(lambda: farm.stack.sql(f"select draining from worker where id = {leaving.worker()}") == "t", "a draining daemon")
    later = director.start(director.film(2))
    finish(director, render, tmp_path)
    assert leaving.processes["renderd"].wait(timeout=60) == 0
    # neither an attempt nor a rescue was burnt, and what came after went to the other one
    assert film_job(farm, render) == "done|1|0"
    finish(director, later, tmp_path, 2)
    assert film_job(farm, later) == "done|1|0"
    assert farm.stack.sql(f"select stopped_at is not null from worker where id = {leaving.worker()}") == "t"


def test_killed_host_is_replaced_after_one_lease_time(farm, director, tmp_path):
    farm.add(), farm.add(), farm.add()
    render = director.start(director.film())
    dead = farm.at_work()
    dead.power_off()
    killed = farm.stack.sql("select clock_timestamp()")
    heir = wait_until(lambda: (found := farm.holder("render.film")) and found[0] is not dead and found[0], "an heir")
    # the lease it held, one look at due work, and the pause before a rescued job's next attempt (at most 2.2 s)
    took = float(farm.stack.sql(f"select extract(epoch from claimed_at - '{killed}'::timestamptz) from job_lease order by job_id limit 1"))
    assert took < LEASE_TTL_S + 1 + 2.2 + 2, took
    finish(director, render, tmp_path)
    assert film_job(farm, render) == "done|2|1" and heir.name != dead.name


def stale_host(farm, director, tmp_path, leave, come_back):
    """A host is out of the world for longer than its lease while it makes a film; what it does later changes nothing."""
    farm.add(), farm.add()
    render = director.start(director.film())
    stale = farm.at_work()
    worker = stale.worker()
    leave(stale)
    finish(director, render, tmp_path)
    assert film_job(farm, render) == "done|2|1"
    before = traces(farm, director, render)
    come_back(stale)
    wait_until(lambda: farm.stack.sql(f"select seen_at > now() - interval '1.5 seconds' from worker where id = {worker}") == "t",
               "the stale host to be back")
    # its attempt ends there and is thrown away
    wait_until(lambda: "stale" in stale.log(), "the stale attempt to end")
    time.sleep(2)
    assert traces(farm, director, render) == before
    assert not studio.files_below(farm.stack.home / "store/tmp" / worker)
    # and it is as good as any other from now on
    for other in farm.hosts:
        if other is not stale:
            other.drain()
            other.processes["renderd"].wait(timeout=60)
    again = director.start(director.film(2))
    finish(director, again, tmp_path, 2)
    assert film_job(farm, again) == "done|1|0"


def test_host_that_was_cut_off_publishes_nothing(farm, director, tmp_path):
    stale_host(farm, director, tmp_path, lambda host: host.cut_off(), lambda host: host.reconnect())


def test_host_that_stood_still_publishes_nothing(farm, director, tmp_path):
    stale_host(farm, director, tmp_path, lambda host: host.signal_all(signal.SIGSTOP), lambda host: host.signal_all(signal.SIGCONT))


# The most jobs that were at work at once, looked at in the transaction that claims: claims of one queue wait for each other.
WATCH = """
create table public.watched (most int not null, jobs int not null, workers bigint[] not null);
insert into public.watched values (0, 0, '{}');
create function public.watch() returns trigger language plpgsql security definer set search_path = framewright as $$
begin
	update public.watched set most = greatest(most, (select count(*) from job j where j.provider = 'plain' and j.state = 'running')),
		jobs = jobs + (select count(*) from new_leases),
		workers = array(select unnest(workers) union select l.worker_id from new_leases l);
	return null;
end $$;
create trigger watch after insert on job_lease referencing new table as new_leases for each statement execute function public.watch();
update provider_limit set max_inflight = 4 where name = 'plain';
"""
UNWATCH = """
drop trigger watch on job_lease;
drop function public.watch();
drop table public.watched;
update provider_limit set max_inflight = null where name = 'plain';
"""


def test_limit_of_four_holds_for_three_hosts_and_two_thousand_jobs(farm):
    sql = farm.stack.sql
    sql(WATCH)
    try:
        sql("select job_add('system.nothing', null, null) from generate_series(1, 2000)")
        workers = [farm.add().worker() for _ in range(3)]
        wait_until(lambda: sql("select count(*) from job where kind = 'system.nothing' and state = 'done'") == "2000", "2,000 jobs")
        assert sql("select most, jobs >= 2000 from public.watched") == "4|t"
        # all of them had a part in it, and nothing was done twice
        assert sql("select count(*) from job where kind = 'system.nothing' and attempt > 1") == "0"
        assert sorted(sql("select unnest(workers) from public.watched").split()) == sorted(workers)
    finally:
        sql(UNWATCH)


FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
@pytest.mark.parametrize("step", ["+2d", "-2d"])
def test_clock_that_steps_changes_nothing(farm, director, tmp_path, step):
    """Leases are the database's and the boot clock's: a host whose time of day jumps keeps its film, and takes nobody else's."""
    clock = farm.stack.home / f"clock{step}"
    clock.write_text("+0")
    clock.chmod(0o644)
    farm.faketime["host" + str(farm.count + 1)] = {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
                                                   "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    odd = farm.add()
    render = director.start(director.film())
    assert farm.at_work() is odd
    sane = farm.add()
    lines = len(odd.log().splitlines())
    clock.write_text(step)
    other = director.start(director.film(2))
    finish(director, render, tmp_path)
    finish(director, other, tmp_path, 2)
    # its log is the proof that the step was seen
    days = {line.split("T")[0] for line in odd.log().splitlines()[lines:] if line.startswith("ts=")}
    assert days and not any(day in sane.log() for day in days), days
    assert film_job(farm, render) == "done|1|0" and film_job(farm, other) == "done|1|0"
    assert farm.stack.sql("select count(*) from job where rescues > 0 and created_at > now() - interval '1 hour' and state <> 'done'") == "0"
