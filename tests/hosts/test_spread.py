"""A film that takes long is made by all machines, and it is the same film (issue 4, point 5)."""
import hashlib
import signal

import pytest

from hosts import wait_until
from test_hosts import check_film, film_job, traces

SPREAD = "SPREAD_WORK=1s\nRENDERD_SLOTS=1\n"


@pytest.fixture(autouse=True)
def spread(farm):
    farm.extra = SPREAD
    yield
    farm.extra = ""


def parts_of(farm, render):
    """State, attempts, rescues and what came out of each part, in order."""
    text = farm.stack.sql("select s.state, s.attempt, s.rescues, s.result ->> 'outcome' from render r join job s on s.kind = 'render.span' and "
                          f"(s.payload ->> 'film')::bigint = r.job_id where r.id = '{render}' order by s.id")
    return [line.split("|") for line in text.splitlines()]


def film_digest(director, state):
    return hashlib.sha256(director.client.get(state["urls"]["film"]).body).hexdigest()


def in_parts(farm, most=1):
    """Until the film is divided and so many parts of it are at work at once."""
    wait_until(lambda: int(farm.stack.sql("select count(*) from job where kind = 'render.span' and state = 'running'")) >= most,
               f"{most} parts at work")


def test_all_hosts_make_the_parts_of_a_film(farm, director, tmp_path):
    for _ in range(3):
        farm.add()
    line = director.film(16)
    render = director.start(line)
    in_parts(farm, 3)
    assert len(set(farm.stack.sql("select worker_id from job_lease").split())) == 3
    job = director.client.get(f"/api/v1/renders/{render}").json["job_id"]
    assert director.client.get(f"/api/v1/jobs/{job}").json["state"] == "running"
    state = director.wait(render)
    assert state["state"] == "succeeded", state
    check_film(director, state, tmp_path, 16)
    parts = parts_of(farm, render)
    # sixteen bodies of 120 frames; the timeline has no sound, whose part is soon over
    assert len(parts) == 17 and all(p == ["done", "1", "0", "made"] for p in parts), parts
    assert film_job(farm, render) == "done|1|0"
    plan = director.client.get(f"/api/v1/renders/{render}/plan").json["spans"]
    report = director.client.get(f"/api/v1/renders/{render}/report").json["spans"]
    assert (plan["encoded"], report["encoded"]) == (16, 16)
    # one machine alone, with an empty cache, makes the same bytes
    digest = film_digest(director, state)
    farm.send_home()
    for piece in (farm.stack.home / "store/cache").rglob("*"):
        if piece.is_file():
            piece.unlink()
    farm.add()
    alone = director.wait(director.start(line))
    assert film_digest(director, alone) == digest and parts_of(farm, alone["id"]) == []


def leave_in_the_middle(farm, director, tmp_path, leave):
    """One of three goes while parts are at work; its part is made elsewhere, and the film is whole."""
    for _ in range(3):
        farm.add()
    render = director.start(director.film(16))
    in_parts(farm, 3)
    leaver = farm.hosts[0]
    worker = leaver.worker()
    wait_until(lambda: farm.stack.sql(f"select count(*) from job_lease where worker_id = {worker}") == "1", "a part of the one who goes")
    leave(leaver)
    state = director.wait(render)
    assert state["state"] == "succeeded", state
    check_film(director, state, tmp_path, 16)
    parts = parts_of(farm, render)
    assert len(parts) == 17 and all(p[0] == "done" and p[3] == "made" for p in parts), parts
    return render, leaver, worker, [p for p in parts if p[1:3] != ["1", "0"]]


def test_killed_host_costs_its_part_only(farm, director, tmp_path):
    again = leave_in_the_middle(farm, director, tmp_path, lambda host: host.power_off())[3]
    assert again == [["done", "2", "1", "made"]]


def test_drained_host_ends_its_part(farm, director, tmp_path):
    assert leave_in_the_middle(farm, director, tmp_path, lambda host: host.drain())[3] == []


def test_stale_part_changes_nothing(farm, director, tmp_path):
    render, stale, worker, again = leave_in_the_middle(farm, director, tmp_path, lambda host: host.signal_all(signal.SIGSTOP))
    assert again == [["done", "2", "1", "made"]]
    before = traces(farm, director, render)
    stale.signal_all(signal.SIGCONT)
    wait_until(lambda: "stale" in stale.log(), "the stale part to end")
    wait_until(lambda: farm.stack.sql(f"select seen_at > now() - interval '1.5 seconds' from worker where id = {worker}") == "t", "it to be back")
    assert traces(farm, director, render) == before


def test_cancelled_film_leaves_no_part_at_work(farm, director):
    for _ in range(2):
        farm.add()
    render = director.start(director.film(16))
    in_parts(farm, 2)
    assert director.client.post(f"/api/v1/renders/{render}/cancel").status in (200, 202)
    assert director.wait(render)["state"] == "cancelled"
    wait_until(lambda: farm.stack.sql("select count(*) from job where kind = 'render.span' and finished_at is null") == "0", "parts to end")
    # those at work ended what they had begun, the others were not begun
    assert [p[3] for p in parts_of(farm, render)].count("not_wanted") >= 8
