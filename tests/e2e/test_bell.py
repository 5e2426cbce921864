"""The daemon of the same machine is woken by a file, whatever becomes of the database's own notifications."""
import time

import studio

TICK_S = 60


def wait(look):
    end = time.monotonic() + studio.PATIENCE_S
    while not look():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_byte_in_the_bell_wakes_the_daemon():
    stack = studio.Stack(f"TICK={TICK_S}s\n").start()
    try:
        # whatever ends makes the daemon look again
        wait(lambda: stack.sql("select count(*) from job where finished_at is null") == "0")
        conf = dict(line.split("=", 1) for line in (stack.home / "framewright.conf").read_text().splitlines() if "=" in line)
        job = stack.sql("select job_add('system.nothing', null, null)")  # nobody is notified
        with open(conf["JOB_BELL"], "r+b") as bell:
            bell.write(b"\n")
        wait(lambda: stack.sql(f"select state from job where id = {job}") == "done")
        # it looks by itself when it begins, and a tick later
        assert stack.sql(f"select j.started_at < w.started_at + interval '{TICK_S} s' from job j, worker w where j.id = {job} "
                         "and w.program = 'renderd'") == "t"
    finally:
        stack.remove()
