"""`framewright ad --pictures` with photographs that other programs made: turned, transparent, WebP, 24 megapixels."""
import subprocess

import pytest

import studio

# Each picture carries a mark of one colour in one corner of what a person sees: (colour, right, lower).
MARKS = {
    "turned.jpg": ((230, 20, 20), False, False),
    "alpha.png": ((20, 200, 40), True, False),
    "plain.webp": ((30, 60, 230), False, True),
    "large.jpg": ((240, 220, 20), True, True),
}
ORDER = list(MARKS)


def run(*command):
    subprocess.run([str(c) for c in command], check=True, capture_output=True)


def scene(folder, name, width, height, background):
    """A blurred photograph-like ground with the picture's mark, as a person should see it."""
    colour, right, lower = MARKS[name]
    side = min(width, height) // 5
    left, top = (width - 2 * side if right else side), (height - 2 * side if lower else side)
    out = folder / f"{name}.upright.ppm"
    run("convert", "-depth", "8", "-seed", "7", "-size", f"{width // 8}x{height // 8}", background, "-blur", "0x4", "-resize", f"{width}x{height}!",
        "-fill", "rgb({},{},{})".format(*colour), "-draw", f"rectangle {left},{top} {left + side},{top + side}", out)
    return out


@pytest.fixture(scope="module")
def photographs(stack):
    # pytest's own folders are closed to the account that the stack runs under
    folder = stack.home / "photographs"
    folder.mkdir()
    # a telephone held upright: the pixels lie on their side, EXIF tells how to turn them
    run("convert", scene(folder, "turned.jpg", 900, 1200, "plasma:tan-steelblue"), "-rotate", "-90", "-quality", "90", folder / "turned.jpg")
    run("exiftool", "-q", "-n", "-overwrite_original", "-Orientation=6", folder / "turned.jpg")
    # a product cut out of its photograph: everything but an ellipse and the mark is transparent
    colour, right, lower = MARKS["alpha.png"]
    run("convert", "-size", "1000x1000", "xc:none", "-fill", "gray40", "-draw", "ellipse 500,600 300,220 0,360",
        "-fill", "rgb({},{},{})".format(*colour), "-draw", "rectangle 600,200 800,400", folder / "alpha.png")
    run("cwebp", "-quiet", "-q", "90", scene(folder, "plain.webp", 1280, 720, "plasma:gray70-linen"), "-o", folder / "plain.webp")
    run("convert", scene(folder, "large.jpg", 6000, 4000, "plasma:gray20-gray60"), "-quality", "85", folder / "large.jpg")
    for path in folder.iterdir():
        path.chmod(0o644)
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def advert(stack, demo, photographs):
    """(session object, path of the film) as the command made them."""
    out = stack.home / "advert"
    out.mkdir()
    out.chmod(0o777)
    (out / "password").write_text("demo123\n")
    stack.ctl("ad", "--pictures", *[photographs / name for name in ORDER], "--scene", "slow zoom in, soft morning light",
              "--name", "Garden Chair", "--cta", "Order today", "--output", out / "film.mp4", "--summary", out / "summary",
              "--password-file", out / "password", "--url", stack.base)
    sessions = [demo.session(row["id"]) for row in demo.get("/api/sessions").json["items"] if row["stage"] == "complete"]
    told = (out / "summary").read_text()
    return next(s for s in sessions if s["final_video"]["url"] in told), out / "film.mp4"


def centre_of_colour(png, colour):
    """Where pixels of this colour lie, as shares of width and height, and how many of all they are."""
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", str(png), "-vf", "scale=160:90", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"],
                         check=True, capture_output=True).stdout
    near = [i // 3 for i in range(0, len(raw), 3) if all(abs(raw[i + c] - colour[c]) < 50 for c in range(3))]
    assert near, f"no pixel of {colour} in {png}"
    return (sum(n % 160 for n in near) / len(near) / 160, sum(n // 160 for n in near) / len(near) / 90, len(near) / 14400)


def test_film(advert):
    state, film = advert
    assert state["stage"] == "complete"
    probe = studio.ffprobe(film)
    video = probe["streams"][0]
    assert (video["width"], video["height"], video["codec_name"], video["pix_fmt"]) == (1920, 1080, "h264", "yuv420p")
    assert 8 <= float(probe["format"]["duration"]) <= 12
    assert int(video["nb_read_frames"]) == round(state["final_video"]["duration"] * 30)


def test_pictures_cost_nothing(demo, advert):
    state, _ = advert
    assert [p["cost"] for p in state["generated_images"]] == [0] * 4
    agents = {row["agent"]: row["cost"] for row in demo.get(f"/api/sessions/{state['id']}/costs").json["breakdown"]}
    assert agents.get("image_generator", 0) == 0 and "prompt_parser" not in agents
    assert state["total_cost"] == round(sum(agents.values()), 4)


@pytest.mark.parametrize("name", ORDER)
def test_imported_picture(demo, advert, name, tmp_path):
    """Upright, opaque, at most 4096 long, its mark where a person saw it."""
    state, _ = advert
    picture = state["generated_images"][ORDER.index(name)]
    path = tmp_path / "picture"
    path.write_bytes(demo.get(picture["url"]).body)
    stream = studio.ffprobe(path)["streams"][0]
    sizes = {"turned.jpg": (900, 1200), "alpha.png": (1000, 1000), "plain.webp": (1280, 720), "large.jpg": (4096, 2731)}
    assert (stream["width"], stream["height"]) == sizes[name]
    assert "a" not in stream["pix_fmt"].replace("gray", ""), "flattened"
    colour, right, lower = MARKS[name]
    x, y, share = centre_of_colour(path, colour)
    assert (x > 0.5) == right and (y > 0.5) == lower and 0.005 < share < 0.1


@pytest.mark.parametrize("name", ORDER)
def test_clip_shows_the_picture_upright(demo, advert, name, tmp_path):
    state, _ = advert
    clip = next(c for c in state["generated_clips"] if c["source_image_id"] == state["generated_images"][ORDER.index(name)]["id"])
    path = tmp_path / "clip.mp4"
    path.write_bytes(demo.get(clip["url"]).body)
    colour, right, lower = MARKS[name]
    x, y, share = centre_of_colour(studio.frame_png(path, 0, tmp_path / "first.png"), colour)
    assert (x > 0.5) == right and (y > 0.5) == lower and share > 0.003
    assert studio.ffprobe(path)["streams"][0]["nb_read_frames"] == "90"


def test_alpha_is_flattened_softly(demo, advert, tmp_path):
    """Transparent parts become a light neutral ground, neither black nor checkered."""
    state, _ = advert
    path = tmp_path / "picture"
    path.write_bytes(demo.get(state["generated_images"][ORDER.index("alpha.png")]["url"]).body)
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-vf", "crop=200:200:0:0,scale=8:8", "-pix_fmt", "rgb24", "-f", "rawvideo",
                          "-"], check=True, capture_output=True).stdout
    assert min(raw) > 150
    assert all(max(raw[i:i + 3]) - min(raw[i:i + 3]) < 20 for i in range(0, len(raw), 3)), "neutral"
