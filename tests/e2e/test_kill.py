"""Nothing is lost and nothing is charged twice, whatever is killed and whenever (ADS acceptance walk, steps 19 and 21)."""
import collections
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest

import studio

SEED = int(os.environ.get("FRAMEWRIGHT_SEED", random.randrange(1 << 30)))
VICTIMS = ["renderd", "media", "api", "eventd", "nginx", "child", "backend", "postmaster"]
MOMENTS = 10 if studio.LONG else 1
# Kills in a row cost a job its rescues (four are forgiven); the gap also lets a step get somewhere.
GAP_S = (1.0, 4.0)
# Paid calls that take a while; a stop gives running work back at once.
SLOW = "LOCAL_DELAY_MS=2000\nDRAIN_TIME=0\n"
QUICK_RESCUE = "LEASE_TTL=4s\nHEARTBEAT=1s\nTICK=1s\n"
PICTURES, CLIPS = 4, 2
PRICES = {"prompt_parser": 1000, "image_generator": 50000, "scene_planner": 1000, "video_generator": 800000, "compositor": 500000}


@pytest.fixture(scope="module")
def stack():
    """A system of this module's own: it is treated badly."""
    system = studio.Stack(QUICK_RESCUE).start()
    yield system
    system.remove()


@pytest.fixture
def client(stack):
    return stack.demo()


@pytest.fixture
def settings(stack):
    """Other settings; the next test that cares brings its own, since every change restarts all programs."""
    def change(text):
        stack.configure(QUICK_RESCUE + text)
        stack.start()
    return change


def parent_of(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, ValueError):
        return None


def children_of(pid):
    return [int(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit() and parent_of(p.name) == pid]


def postmaster(stack):
    return int((stack.home / "pg/data/postmaster.pid").read_text().split()[0])


def victim_pid(stack, name, dice):
    if name == "postmaster":
        return postmaster(stack)
    if name == "backend":
        # a client's backend, not a helper of the server: those of our roles
        pids = stack.sql("select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()").split()
        return int(dice.choice(sorted(pids))) if pids else None
    if name == "child":
        media = stack.pid("media")
        children = children_of(media) if media else []
        return dice.choice(sorted(children)) if children else None
    return stack.pid(name)


def processes_of(stack):
    """Everything that runs because of this stack, by what it has open or where it works."""
    home, found = str(stack.home), {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environ = (entry / "environ").read_bytes().decode("latin1")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("latin1")
            cwd = os.readlink(entry / "cwd")
        except OSError:
            continue
        if (f"FRAMEWRIGHT_CONFIG={home}/" in environ or cwd.startswith(home + "/pg") or home in command) and \
                int(entry.name) != os.getpid():
            found[int(entry.name)] = command
    return found


def persist(act):
    """Until it works: the program that answers may be the one that was just killed."""
    end = time.monotonic() + studio.PATIENCE_S
    while True:
        try:
            return act()
        except (AssertionError, OSError, ValueError):
            assert time.monotonic() < end
            time.sleep(0.3)


class Assassin:
    """Kills one after the other while a step runs, at moments of its own choosing, and lets the stack come back each time."""

    def __init__(self, stack, victims, dice):
        self.stack, self.victims, self.dice = stack, collections.deque(victims), dice
        self.killed = []

    def strike(self, when):
        name = self.victims[0]
        pid = persist(lambda: self.lookup(name))
        if pid is None:
            return False
        self.victims.popleft()
        print(f"seed {SEED}: kill -9 {name} ({pid}) {when}", flush=True)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.killed.append(name)
        return True

    def lookup(self, name):
        return victim_pid(self.stack, name, self.dice)

    def through(self, client, session_id, count, *stages):
        """Watches the step until it rests, with at most so many kills on the way."""
        pause = time.monotonic() + self.dice.uniform(0.0, 1.5)
        end = time.monotonic() + studio.PATIENCE_S
        while time.monotonic() < end:
            state = persist(lambda: client.session(session_id))
            if state["stage"] in stages or state["stage"] == "failed":
                return state
            if count and self.victims and time.monotonic() >= pause:
                if self.strike(f"in {state['stage']}"):
                    count -= 1
                    self.stack.start()
                    pause = time.monotonic() + self.dice.uniform(*GAP_S)
            time.sleep(0.1)
        raise AssertionError(f"the session stays in {state['stage']}")


def start(client, session_id, path, **body):
    """A start call whose answer may get lost: the key makes the repetition harmless."""
    key = f"start-{random.getrandbits(64):x}"
    answer = persist(lambda: accepted(client.post(path, {"session_id": session_id, **body}, headers={"Idempotency-Key": key})))
    assert answer.status == 202, answer.body


def accepted(answer):
    """Not lost on the way, and not still being worked on for an earlier try."""
    assert answer.status not in (500, 502, 503, 504), answer.body
    assert answer.status != 409 or answer.code != "idempotency_running", answer.body
    return answer


def ledger(stack, session_id):
    text = stack.sql(f"select agent, count(*), sum(price_micros) from ledger where project_id = '{session_id}' and success "
                     "group by agent order by agent")
    rows = [line.split("|") for line in text.splitlines()]
    return {agent: (int(count), int(micros)) for agent, count, micros in rows}


def check_money(stack, client, session_id, films=1):
    expected = {"prompt_parser": 1, "image_generator": PICTURES, "scene_planner": 1, "video_generator": CLIPS, "compositor": films}
    assert ledger(stack, session_id) == {agent: (n, n * PRICES[agent]) for agent, n in expected.items()}
    # one call per piece came to a good end, none is open, nothing is reserved any more
    assert stack.sql("select count(*) from (select job_id from provider_call where state = 'done' "
                     f"and project_id = '{session_id}' group by job_id having count(*) > 1) d") == "0"
    assert stack.sql("select count(*) from provider_call where state = 'done' and "
                     f"project_id = '{session_id}'") == str(2 + PICTURES + CLIPS)
    assert stack.sql("select count(*) from provider_call where state in ('intent', 'sending', 'accepted', 'uncertain') and "
                     f"project_id = '{session_id}'") == "0"
    assert stack.sql(f"select reserved_micros from project where id = '{session_id}'") == "0"
    total = sum(n * PRICES[agent] for agent, n in expected.items()) / 1e6
    assert client.session(session_id)["total_cost"] == total
    assert client.get(f"/api/sessions/{session_id}/costs").json["total_cost"] == total


def check_tidy(stack):
    """No scratch, no open lease, and no process that the stack does not know."""
    persist(lambda: nothing(stack.scratch_files()))
    persist(lambda: nothing(stack.sql("select job_id from job_lease")))
    known = {stack.pid(name) for name in (*studio.PROGRAMS, "nginx")} | {postmaster(stack)}
    persist(lambda: nothing({p: c for p, c in processes_of(stack).items()
                             if p not in known and not (ancestors(p) & known)}))


def nothing(found):
    assert not found, found


def ancestors(pid):
    line = set()
    while pid and pid > 1:
        line.add(pid)
        pid = parent_of(pid)
    return line


def advert_under_fire(stack, client, assassin, kills):
    """The whole flow; kills: how many in pictures, clips and film."""
    session_id = client.new_session()
    start(client, session_id, "/api/generate-images", product_prompt=studio.QUICK_PRODUCT, num_images=PICTURES, fresh=True)
    state = assassin.through(client, session_id, kills[0], "image_selection")
    assert state["stage"] == "image_selection", state["error"]
    assert len(state["generated_images"]) == PICTURES and not state["warnings"]
    persist(lambda: client.approve_pictures(session_id, [p["id"] for p in state["generated_images"][:CLIPS]]))
    start(client, session_id, "/api/generate-clips", video_prompt="girl running in the sun on a track", clip_duration=2)
    state = assassin.through(client, session_id, kills[1], "clip_selection")
    assert state["stage"] == "clip_selection", state["error"]
    assert len(state["generated_clips"]) == CLIPS and not state["warnings"]
    persist(lambda: client.approve_clips(session_id, [c["id"] for c in state["generated_clips"]]))
    start(client, session_id, "/api/compose-final-video", text_overlay={"product_name": "AirRun Pro", "cta": "Shop Now"},
          audio={"enabled": True, "genre": "upbeat"})
    state = assassin.through(client, session_id, kills[2], "complete")
    assert state["stage"] == "complete", state["error"]
    return session_id, state


def test_kill_anything_anytime(stack, client, tmp_path):
    print(f"seed {SEED} (FRAMEWRIGHT_SEED={SEED} repeats it)")
    dice = random.Random(SEED)
    victims = VICTIMS * MOMENTS
    dice.shuffle(victims)
    assassin = Assassin(stack, victims, dice)
    for _ in range(len(victims)):
        if not assassin.victims:
            break
        session_id, state = advert_under_fire(stack, client, assassin, (3, 3, 2))
        check_money(stack, client, session_id)
        film = tmp_path / "film.mp4"
        film.write_bytes(client.get(state["final_video"]["url"]).body)
        video = next(s for s in studio.ffprobe(film)["streams"] if s["codec_type"] == "video")
        assert int(video["nb_read_frames"]) == round(state["final_video"]["duration"] * 30)
        check_tidy(stack)
        # the short form is content when most have had their turn: a child is not always there to be killed
        if not studio.LONG and len(assassin.victims) <= 2:
            break
    assert len(assassin.killed) >= len(victims) - 2


def approved(client):
    """A session whose pictures are approved."""
    session_id = client.new_session()
    state = client.pictures(session_id, num_images=PICTURES)
    assert state["stage"] == "image_selection", state["error"]
    client.approve_pictures(session_id, [p["id"] for p in state["generated_images"][:CLIPS]])
    return session_id


def start_clips(client, session_id):
    client.start("/api/generate-clips", session_id=session_id, video_prompt="girl running in the sun on a track", clip_duration=2)


def wait_running(stack, session_id, kind):
    def look():
        running = stack.sql(f"select count(*) from job where project_id = '{session_id}' and kind = '{kind}' and state = 'running'")
        assert running != "0"
    persist(look)


def attempts(stack, session_id, kind):
    text = stack.sql(f"select attempt, rescues from job where project_id = '{session_id}' and kind = '{kind}' order by id")
    return [tuple(int(v) for v in line.split("|")) for line in text.splitlines()]


def test_drain_burns_no_attempt(stack, client, settings):
    settings(SLOW)
    session_id = approved(client)
    start_clips(client, session_id)
    wait_running(stack, session_id, "ad.clip")
    stack.restart("renderd")
    state = client.wait_stage(session_id, "clip_selection")
    assert state["stage"] == "clip_selection", state["error"]
    assert attempts(stack, session_id, "ad.clip") == [(1, 0)] * CLIPS
    assert ledger(stack, session_id)["video_generator"] == (CLIPS, CLIPS * PRICES["video_generator"])
    check_tidy(stack)


def test_stopped_daemon_that_wakes_changes_nothing(stack, client, settings):
    settings(SLOW)
    session_id = approved(client)
    start_clips(client, session_id)
    wait_running(stack, session_id, "ad.clip")
    sleeper = stack.pid("renderd")
    os.kill(sleeper, signal.SIGSTOP)
    try:
        # its leases run out; nobody is there to rescue, so a second daemon does the work
        second = second_daemon(stack)
        try:
            state = client.wait_stage(session_id, "clip_selection")
        finally:
            stop_daemon(second)
        assert state["stage"] == "clip_selection", state["error"]
        before = snapshot(stack, session_id)
    finally:
        os.kill(sleeper, signal.SIGCONT)
    persist(lambda: seen_again(stack, sleeper))
    assert snapshot(stack, session_id) == before
    assert ledger(stack, session_id)["video_generator"] == (CLIPS, CLIPS * PRICES["video_generator"])
    assert len(client.session(session_id)["generated_clips"]) == CLIPS
    check_tidy(stack)


def second_daemon(stack):
    return subprocess.Popen([str(studio.TOP / "tools/stack"), "run", "env", "PGUSER=framewright_renderd",
                             str(studio.PREFIX / "libexec/framewright/framewright-renderd")], env=stack.env,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def stop_daemon(process):
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=studio.PATIENCE_S)


def seen_again(stack, pid):
    seen = stack.sql(f"select bool_or(seen_at > clock_timestamp() - interval '2 seconds') from worker where pid = {pid} and program = 'renderd'")
    assert seen == "t"


def snapshot(stack, session_id):
    return stack.sql(f"select stage, generated_clip_ids, warnings from ad_session where project_id = '{session_id}'"), \
        stack.sql(f"select id, price_micros from ledger where project_id = '{session_id}' order by id"), \
        stack.sql(f"select id, state, attempt from job where project_id = '{session_id}' order by id")


def test_cancel_during_clips(stack, client, settings):
    settings(SLOW)
    session_id = approved(client)
    start_clips(client, session_id)
    wait_running(stack, session_id, "ad.plan_clips")
    begun = time.monotonic()
    answer = client.call("POST", f"/api/sessions/{session_id}/cancel")
    assert answer.status == 200, answer.body
    assert client.session(session_id)["stage"] == "image_selection"
    persist(lambda: nothing(stack.sql("select id from job where finished_at is null and kind like 'ad.%'")))
    # the call that was running was not waited for, and nothing came after it
    assert time.monotonic() - begun < 30
    assert stack.sql(f"select count(*) from job where project_id = '{session_id}' and kind = 'ad.clip' and state <> 'cancelled'") == "0"
    assert "video_generator" not in ledger(stack, session_id)
    assert len(client.session(session_id)["approved_images"]) == CLIPS
    check_tidy(stack)


def test_step_21_partial_failure(stack, client, settings):
    settings("LOCAL_FAULTS=image:2:error,clip:1:error\n")
    session_id = client.new_session()
    state = client.pictures(session_id, num_images=PICTURES, fresh=True)
    assert state["stage"] == "image_selection", state["error"]
    assert len(state["generated_images"]) == PICTURES - 1
    assert [w["code"] for w in state["warnings"]] == ["partial_failure"]
    assert ledger(stack, session_id)["image_generator"] == (PICTURES - 1, (PICTURES - 1) * PRICES["image_generator"])
    client.approve_pictures(session_id, [p["id"] for p in state["generated_images"][:CLIPS]])
    state = client.clips(session_id, clip_duration=2)
    assert state["stage"] == "clip_selection", state["error"]
    assert len(state["generated_clips"]) == CLIPS - 1
    assert any("clip" in w["message"] for w in state["warnings"] if w["code"] == "partial_failure")
    assert ledger(stack, session_id)["video_generator"] == (CLIPS - 1, (CLIPS - 1) * PRICES["video_generator"])
    check_tidy(stack)


def test_step_21_all_failed(stack, client, settings):
    approved(client)  # leaves its pictures in the cache, which no fault reaches
    settings("LOCAL_FAULTS=image:*:error,clip:*:error\n")
    session_id = client.new_session()
    state = client.pictures(session_id, num_images=PICTURES, fresh=True)
    assert state["stage"] == "failed"
    assert state["error"]["message"] == "All image generations failed"
    assert "image_generator" not in ledger(stack, session_id)
    # a failed step can be started again
    state = client.pictures(session_id, num_images=PICTURES)
    assert state["stage"] == "image_selection", state["error"]
    client.approve_pictures(session_id, [p["id"] for p in state["generated_images"][:CLIPS]])
    state = client.clips(session_id, clip_duration=2)
    assert state["stage"] == "failed"
    assert state["error"]["message"] == "All video generations failed"
    assert "video_generator" not in ledger(stack, session_id)


def test_step_21_cost_limit(stack, client, settings):
    settings("SESSION_COST_LIMIT=1.00\nSESSION_COST_ALERT=0.50\n")
    session_id = client.new_session()
    state = client.pictures(session_id, num_images=PICTURES)
    client.approve_pictures(session_id, [p["id"] for p in state["generated_images"][:3]])
    state = client.clips(session_id, clip_duration=2)
    assert state["stage"] == "failed"
    assert state["error"]["code"] == "cost_limit_exceeded"
    assert "$1.00" in state["error"]["message"]
    assert state["total_cost"] <= 1.0
    again = client.post("/api/generate-clips", {"session_id": session_id, "video_prompt": "girl running in the sun on a track"})
    assert again.status in (202, 402)
    if again.status == 202:
        assert client.wait_stage(session_id, "clip_selection")["error"]["code"] == "cost_limit_exceeded"
    assert client.session(session_id)["total_cost"] <= 1.0
