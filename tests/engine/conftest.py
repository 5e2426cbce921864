import os
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "bench"))
import mediaprogram  # noqa: E402

BUILD = pathlib.Path(os.environ.get("FRAMEWRIGHT_BUILD", TOP))


@pytest.fixture(scope="session")
def media(tmp_path_factory):
    """The media program as it was built, for tasks without a database around it."""
    program = mediaprogram.MediaProgram(BUILD / "framewright-media", tmp_path_factory.mktemp("media"), memory="1GB")
    yield program
    program.stop()


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    """Clips of different rates and sizes with sound, a still with alpha, a tone: names and files."""
    folder = tmp_path_factory.mktemp("sources")

    def make(name, *words):
        subprocess.run(["ffmpeg", "-v", "error", "-y", *words, str(folder / name)], check=True)

    def clip(name, size, rate, tone):
        make(name, "-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d=3", "-f", "lavfi", "-i", f"sine=f={tone}:r=44100:d=3",
             "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "12", "-c:a", "aac", "-shortest")

    clip("a.mp4", "160x90", "25", 330)
    clip("b.mp4", "90x160", "30000/1001", 440)
    clip("c.mp4", "128x128", "50", 550)
    make("still.png", "-f", "lavfi", "-i", "testsrc=s=200x120", "-frames:v", "1", "-pix_fmt", "rgba")
    make("music.wav", "-f", "lavfi", "-i", "sine=f=220:d=2")
    make("voice.wav", "-f", "lavfi", "-i", "sine=f=700:r=22050:d=0.6")
    (folder / "look.cube").write_text("LUT_3D_SIZE 2\n" + "".join(
        f"{0.9 * r + 0.05} {g} {0.8 * b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1)))
    return [(path.stem if path.suffix != ".mp4" else path.stem, path) for path in sorted(folder.iterdir())]
