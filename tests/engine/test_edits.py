"""Random timelines, random edits: a film made with a cache that knows the film before is the film made without one.

Every film is compared byte for byte, which is more than frame by frame; its frames are counted in the file's own index and, for some,
by decoding. A failure prints the seed and the edit; FRAMEWRIGHT_SEED repeats one.
"""
import copy
import hashlib
import os
import random
import struct
import subprocess

import pytest

LONG = os.environ.get("FRAMEWRIGHT_LONG") == "1"
SEEDS = [int(os.environ["FRAMEWRIGHT_SEED"])] if "FRAMEWRIGHT_SEED" in os.environ else range(200)
SIZE = (1920, 1080) if LONG else (96, 54)
CLIPS = ("a", "b", "c")
WORDS = ("Aurum", "Order now", "50% \\ ': {x}", "שלום 12", "你好", "e\u0301", "two\nlines")
XFADES = ("circleopen", "wipeleft", "pixelize", "radial", "hblur", "squeezev", "fadegrays", "slideup")
GRADES = ("natural", "cinematic", "warm", "cool", "high-contrast")
ANCHORS = [v + h for v in ("top", "", "bottom") for h in ("_left", "", "_right")]
ANCHORS = [{"": "center", "_left": "left", "_right": "right"}.get(a, a) for a in ANCHORS]


def tenth(rng, low, high):
    return rng.randint(round(low * 20), round(high * 20)) / 20


def look(rng):
    made = {"grade": rng.choice(GRADES)} if rng.random() < 0.7 else {"grade": "custom", "contrast": 1.2, "temperature": -0.3}
    if rng.random() < 0.3:
        made["lut"] = "look"
    if rng.random() < 0.3:
        made["sharpen"] = 0.5
    return made


def picture(rng):
    made = {"fit": rng.choice(("contain", "cover", "fill", "none", "blur")), "anchor": rng.choice(ANCHORS)}
    if rng.random() < 0.4:
        made["motion"] = [{"at": 0, "zoom": 1}, {"at": tenth(rng, 0.2, 1), "zoom": 1.5, "x": rng.random(), "y": 0.3}]
    if rng.random() < 0.25:
        made["look"] = look(rng)
    return made


def item(rng):
    kind = rng.choice(("clip", "clip", "clip", "still", "card", "colour"))
    made = {"type": kind, "duration": tenth(rng, 0.5, 1.2)}
    if kind == "clip":
        made |= {"asset": rng.choice(CLIPS), "in": tenth(rng, 0, 1), "speed": rng.choice((0.5, 1, 1, 1, 1.5, 2)),
                 "sound": rng.random() < 0.6} | picture(rng)
        if rng.random() < 0.2:
            made["hold"] = 0.2
    elif kind == "still":
        made |= {"asset": "still"} | picture(rng)
    elif kind == "card":
        made |= {"text": rng.choice(WORDS), "size": rng.choice((96, 200)), "background": "#203040"}
    else:
        made["color"] = rng.choice(("#802010", "#108020"))
    return made


def transition(rng, after):
    kind = rng.choice(("fade", "dissolve", "wipe", "slide", "xfade:" + rng.choice(XFADES)))
    return {"after": after, "type": kind, "duration": tenth(rng, 0.1, 0.25), "direction": rng.choice(("left", "right", "up", "down")),
            "easing": rng.choice(("linear", "ease-in", "ease-out", "ease-in-out"))}


def overlay(rng):
    start = tenth(rng, 0, 1)
    made = {"start": start, "end": start + tenth(rng, 0.3, 1), "anchor": rng.choice(ANCHORS), "opacity": rng.choice((0.6, 1))}
    if rng.random() < 0.3:
        return made | {"type": "image", "asset": "still", "width": 0.3}
    made |= {"type": "text", "text": rng.choice(WORDS), "size": rng.choice((72, 160))}
    if rng.random() < 0.4:
        made |= {"fade_in": 0.1, "fade_out": 0.1}
    if rng.random() < 0.3:
        made["box"] = {"opacity": 0.5}
    return made


def captions(rng):
    cues = [{"start": i * 0.4, "end": i * 0.4 + 0.35, "text": rng.choice(WORDS)} for i in range(rng.randint(1, 4))]
    return {"look": rng.choice(("plain", "outline", "box")), "size": 120, "cues": cues}


def audio(rng):
    if rng.random() < 0.5:
        return {"asset": "music", "loop": True, "fade_in": 0.2, "volume": rng.choice((0.5, 1))}
    return {"asset": "voice", "role": "dialogue", "start": tenth(rng, 0, 0.6), "pan": rng.choice((0, 0.5))}


def film(rng):
    count = rng.randint(1, 4)
    items = [item(rng) for _ in range(count)]
    transitions = [transition(rng, i) for i in range(count - 1) if rng.random() < 0.6]
    made = {"version": 1, "output": {"width": SIZE[0], "height": SIZE[1], "fps": rng.choice(([25, 1], [30000, 1001], [24, 1]))},
            "tracks": [{"items": items, "transitions": transitions}],
            "overlays": [overlay(rng) for _ in range(rng.randint(0, 2))]}
    if rng.random() < 0.3:
        made["captions"] = [captions(rng)]
    if rng.random() < 0.2:
        made["look"] = look(rng)
    if rng.random() < 0.6:
        made["output"]["audio"] = {}
        made["audio"] = [audio(rng) for _ in range(rng.randint(0, 2))]
    return made


def edit(rng, before):
    """What somebody at a screen would change: one thing."""
    after = copy.deepcopy(before)
    track = after["tracks"][0]
    index = rng.randrange(len(track["items"]))
    change = rng.choice(("item", "length", "text", "transition", "overlay", "order", "more"))
    if change == "length":
        track["items"][index]["duration"] = round(track["items"][index]["duration"] + 0.1, 3)
    elif change == "text" and after["overlays"]:
        after["overlays"][0] = overlay(rng)
    elif change == "transition" and track["transitions"]:
        track["transitions"][0] = transition(rng, track["transitions"][0]["after"])
    elif change == "overlay":
        after["overlays"].append(overlay(rng))
    elif change == "order":
        track["items"].reverse()
    elif change == "more":
        track["items"].append(item(rng))
    else:
        track["items"][index] = item(rng)
    return change, after


def counted(data):
    """Pictures in the file, from the first track's table of times: one entry for all of them."""
    at = data.index(b"stts")
    entries, count, _ = struct.unpack(">III", data[at + 8:at + 20])
    assert entries == 1, "not a constant rate"
    return count


class Studio:
    def __init__(self, media, sources, folder):
        self.media, self.sources, self.folder, self.made = media, sources, folder, 0

    def render(self, timeline, cache):
        self.made += 1
        scratch = self.folder / f"film{self.made}"
        args = {"output": "film.mp4", "timeline": timeline, "assets": {name: f"in{i}" for i, (name, _) in enumerate(self.sources)}}
        result, _ = self.media.run("render", args, scratch, cache, [path for _, path in self.sources])
        return result, (scratch / "film.mp4").read_bytes()


def decoded(path, data):
    path.write_bytes(data)
    listing = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v", "-f", "framemd5", "-"], check=True,
                             capture_output=True, text=True).stdout
    return sum(not line.startswith("#") for line in listing.splitlines())


@pytest.mark.parametrize("seed", SEEDS)
def test_an_edited_film_is_the_film_made_anew(seed, media, sources, tmp_path):
    rng = random.Random(seed)
    studio = Studio(media, sources, tmp_path)
    before = film(rng)
    studio.render(before, tmp_path / "cache")
    change, after = edit(rng, before)
    again, edited = studio.render(after, tmp_path / "cache")
    anew, full = studio.render(after, tmp_path / "empty")
    assert anew["spans"]["reused"] == 0
    assert hashlib.sha256(edited).hexdigest() == hashlib.sha256(full).hexdigest(), f"seed {seed}, {change}: {after}"
    assert counted(full) == again["frames"]
    if seed % 10 == 0:
        assert decoded(tmp_path / "check.mp4", full) == again["frames"]
