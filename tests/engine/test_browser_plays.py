"""A finished film in Chromium: it plays to its end, and every place it is sought at shows the picture that belongs there."""
import http.server
import pathlib
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from browser import DRIVER, Browser  # noqa: E402

pytestmark = pytest.mark.skipif(DRIVER is None, reason="chromium-driver is not installed")
FPS = 30
# (second in the clip, seconds) of each piece; a card stands in front and before the last
PIECES = ((0.5, 2.0), (4.0, 1.5), (2.0, 3.0))
CARD_S = 0.5
PAGE = b"<!doctype html><title>film</title><video muted></video><canvas width=320 height=180></canvas>"
READ = """
    const [at, done] = arguments, v = document.querySelector('video'), g = document.querySelector('canvas').getContext('2d');
    v.onseeked = () => requestAnimationFrame(() => requestAnimationFrame(() => {
        g.drawImage(v, 0, 0, 320, 180);
        let number = 0;
        for (let bit = 0; bit < 8; bit++)
            if (g.getImageData(bit * 40 + 20, 90, 1, 1).data[1] > 128) number |= 1 << bit;
        done(number);
    }));
    v.currentTime = at;
"""


@pytest.fixture(scope="module")
def film(media, tmp_path_factory):
    """A film of numbered pictures: bit b of the clip's picture number is the brightness of the b-th eighth of the width."""
    folder = tmp_path_factory.mktemp("numbered")
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=s=320x180:r={FPS}:d=8", "-f", "lavfi", "-i", "sine=d=8",
                    "-vf", "geq=lum='if(bitand(N,pow(2,floor(X/40))),235,16)':cb=128:cr=128", "-c:v", "libx264", "-crf", "12",
                    "-pix_fmt", "yuv420p", "-c:a", "aac", str(folder / "clip.mp4")], check=True)
    items = [{"type": "clip", "asset": "c", "in": start, "duration": seconds} for start, seconds in PIECES]
    card = {"type": "colour", "duration": CARD_S, "color": "#000000"}
    timeline = {"version": 1, "output": {"width": 320, "height": 180, "fps": [FPS, 1], "audio": {}},
                "tracks": [{"items": [card, *items]}]}
    media.run("render", {"output": "film.mp4", "timeline": timeline, "assets": {"c": "in0"}}, folder, None, [folder / "clip.mp4"])
    return folder / "film.mp4"


@pytest.fixture(scope="module")
def page(film, tmp_path_factory):
    pages = {"/": ("text/html", PAGE), "/film.mp4": ("video/mp4", film.read_bytes())}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, body = pages.get(self.path, ("text/plain", b""))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = Browser(tmp_path_factory.mktemp("profile"))
    chromium.open(f"http://127.0.0.1:{server.server_port}/")
    # from memory, so that seeking needs no server with ranges
    chromium.run("fetch('/film.mp4').then(r => r.blob()).then(b => { document.querySelector('video').src = URL.createObjectURL(b); })")
    chromium.until("const v = document.querySelector('video'); return v.readyState >= 2 || v.error")
    yield chromium
    chromium.close()
    server.shutdown()


def expected():
    """Number of the clip's picture in each frame of the film; None in the card."""
    frames = [None] * round(CARD_S * FPS)
    for start, seconds in PIECES:
        frames += [round(start * FPS) + k for k in range(round(seconds * FPS))]
    return frames


def test_every_place_shows_its_picture(page):
    frames = expected()
    assert page.run("return document.querySelector('video').error") is None
    assert page.run("return document.querySelector('video').duration") == pytest.approx(len(frames) / FPS, abs=1e-3)
    # ten places out of order; the first and the last picture of every piece among them
    places = [15, 74, 75, 119, 120, 209, 33, 160, 90, 16]
    for place in [places[i] for i in (5, 0, 7, 2, 9, 4, 1, 8, 3, 6)]:
        shown = page.send("POST", "/execute/async", {"script": READ, "args": [(place + 0.5) / FPS]})
        assert shown == frames[place] & 255, f"frame {place}"


def test_it_plays_to_its_end(page):
    page.run("const v = document.querySelector('video'); v.currentTime = 0; v.playbackRate = 4; v.play();")
    page.until("const v = document.querySelector('video'); return v.ended || v.error", patience=120)
    assert page.run("return document.querySelector('video').error") is None
