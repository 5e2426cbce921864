"""`framewright render`: films from a shell, without server or database."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

import studio
from test_render import source

PROGRAM = studio.PREFIX / "bin/framewright"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    (folder / "clips").mkdir()
    source(folder / "clips/first part.mp4", "testsrc2")
    source(folder / "clips/second.mp4", "smptebars")
    return folder


def run(folder, *args, **more):
    env = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"), TMPDIR=str(folder / "tmp"), FRAMEWRIGHT_CONFIG="/dev/null")
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.run([str(PROGRAM), "render", *map(str, args)], capture_output=True, text=True, env=env, **more)


def write(folder, name="film.json", card="Hello {{name}}", size=(320, 180), **changes):
    line = {"version": 1, "output": {"width": size[0], "height": size[1], "fps": [30, 1]},
            "tracks": [{"items": [{"type": "clip", "asset": "clips/first part.mp4", "duration": 2},
                                  {"type": "clip", "asset": "clips/second.mp4", "duration": 2},
                                  {"type": "card", "duration": 1, "text": card}],
                        "transitions": [{"after": 0, "type": "dissolve", "duration": 0.5}]}]}
    line.update(changes)
    path = folder / name
    path.write_text(json.dumps(line, indent=1, ensure_ascii=False))
    return path


def left_over(folder):
    return [p.name for p in folder.iterdir() if p.name.startswith(".framewright")] + [p.name for p in (folder / "tmp").iterdir()]


def test_film_and_what_is_reused(folder):
    path, film = write(folder), folder / "ann.mp4"
    done = run(folder, path, "-o", film, "--set", "name=Ann")
    assert done.returncode == 0, done.stderr
    video = studio.ffprobe(film)["streams"][0]
    assert (video["width"], video["height"], video["nb_read_frames"]) == (320, 180, "135")
    assert re.search(r"ann.mp4  4\.500 s, 320x180, .* 0 of (\d+) spans reused", done.stdout), done.stdout
    again = run(folder, path, "-o", folder / "bob.mp4", "--set", "name=Bob")
    total = int(re.search(r"of (\d+) spans", done.stdout).group(1))
    assert f" {total - 1} of {total} spans reused" in again.stdout
    assert left_over(folder) == []


def test_plan_is_a_table_and_makes_nothing(folder):
    before = set(folder.iterdir())
    done = run(folder, write(folder), "--plan", "--set", "name=Somebody else")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["span", "at", "length", "kind", "action", "seconds", "size"]
    assert [row.split()[3:5] for row in lines[1:] if row.strip() and row.split()[0].isdigit()][-1] == ["card", "encode"]
    assert "4.500 s, 135 frames, 320x180" in done.stdout
    assert set(folder.iterdir()) == before and left_over(folder) == []


def test_preview_is_small(folder):
    film = folder / "small.mp4"
    done = run(folder, write(folder, "big.json", size=(1280, 720)), "-o", film, "--preview", "--set", "name=x")
    assert done.returncode == 0, done.stderr
    assert studio.ffprobe(film)["streams"][0]["height"] == 360


def test_faults_come_with_their_lines(folder):
    path = write(folder, "bad.json")
    text = path.read_text().replace('"clips/second.mp4"', '"clips/none.mp4"').replace('"type": "dissolve"', '"type": "disolve"')
    path.write_text(text)

    def line_of(what):
        return next(i for i, row in enumerate(text.splitlines(), 1) if what in row)

    done = run(folder, path, "-o", folder / "no.mp4", "--set", "name=x")
    assert done.returncode == 3 and not (folder / "no.mp4").exists()
    assert f"bad.json:{line_of('disolve')}: /tracks/0/transitions/0/type: " in done.stderr
    path.write_text(text.replace("disolve", "dissolve"))
    done = run(folder, path, "-o", folder / "no.mp4", "--set", "name=x")
    assert done.returncode == 3 and f"bad.json:{line_of('none.mp4')}: /tracks/0/items/1/asset: the file 'clips/none.mp4'" in done.stderr
    done = run(folder, write(folder), "-o", folder / "no.mp4")
    assert done.returncode == 3 and "/tracks/0/items/2/text: There is no value for the merge field 'name'" in done.stderr
    done = run(folder, write(folder), "-o", folder / "no.mp4", "--set", "name=x", "nmae=y")
    assert done.returncode == 3 and "--set nmae: " in done.stderr
    (folder / "broken.json").write_text('{"version": 1,\n oops}')
    done = run(folder, folder / "broken.json", "-o", folder / "no.mp4")
    assert done.returncode == 3 and "broken.json" in done.stderr
    assert left_over(folder) == []


@pytest.mark.parametrize("args", [(), ("x.json",), ("-o", "f.mp4"), ("x.json", "-o"), ("x.json", "-o", "f.mp4", "--no-such")])
def test_wrong_use(folder, args):
    assert run(folder, *args).returncode == 2


def test_film_cannot_be_put_where_it_should_go(folder):
    done = run(folder, write(folder), "-o", folder / "no such folder/f.mp4", "--set", "name=x")
    assert done.returncode == 3 and "no such folder" in done.stderr
    assert left_over(folder) == []


def test_interrupt_leaves_nothing(folder):
    """Ctrl-C while frames are encoded: the command ends, no film, no process, no file."""
    path = write(folder, "long.json", size=(1920, 1080), card="Interrupted")
    env = dict(os.environ, XDG_CACHE_HOME=str(folder / "other"), TMPDIR=str(folder / "tmp"), FRAMEWRIGHT_CONFIG="/dev/null")
    command = subprocess.Popen([str(PROGRAM), "render", str(path), "-o", str(folder / "long.mp4")], env=env, start_new_session=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + studio.PATIENCE_S
    while not encoding(command.pid):
        assert command.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    tasks = encoding(command.pid)
    os.kill(command.pid, signal.SIGINT)
    began = time.monotonic()
    _, told = command.communicate(timeout=studio.PATIENCE_S)
    print(f"ended after {time.monotonic() - began:.2f} s")
    assert command.returncode == 130 and "interrupted" in told
    assert not (folder / "long.mp4").exists() and left_over(folder) == []
    while any(pathlib.Path(f"/proc/{pid}").exists() for pid in tasks):
        assert time.monotonic() < end
        time.sleep(0.05)


def encoding(pid):
    """Tasks of the media process below a command."""
    def below(parent):
        return subprocess.run(["ps", "--ppid", str(parent), "-o", "pid="], capture_output=True, text=True).stdout.split()
    return [task for media in below(pid) for task in below(media)]
