"""The acceptance walk of the adverts, steps 1-20 and 22, through nginx (ADS acceptance walk)."""
import json
import subprocess
import threading
import time
import urllib.request

import pytest
import websocket

import studio

SHOES = "pink tennis shoes with white laces"
PRODUCTS = [
    ("pink athletic tennis shoes with white laces", "girl running on outdoor track in golden hour sunlight"),
    ("luxury gold watch with leather strap on marble surface", "slow rotation on black velvet display, dramatic lighting"),
    ("white minimalist skincare bottle on clean background", "product floating with water droplets, fresh aesthetic"),
]


class Listener:
    """Reads Server-Sent Events and a WebSocket of one session in the background, until the stack stops: closing a stream that another
    thread reads waits for its next byte, and a heartbeat is far away."""

    def __init__(self, client, session_id):
        self.sse, self.frames = [], []
        request = urllib.request.Request(f"{client.base}/api/sessions/{session_id}/events",
                                         headers={"Authorization": f"Bearer {client.token}"})
        self.stream = urllib.request.urlopen(request, timeout=studio.PATIENCE_S)
        self.socket = websocket.create_connection(
            f"ws{client.base[4:]}/ws/{session_id}", subprotocols=["bearer", client.token], timeout=studio.PATIENCE_S)
        for target in (self.read_sse, self.read_socket):
            threading.Thread(target=target, daemon=True).start()

    def read_sse(self):
        try:
            for line in self.stream:
                if line.startswith(b"data:"):
                    self.sse.append(json.loads(line[5:]))
        except (OSError, ValueError):
            pass

    def read_socket(self):
        try:
            while True:
                frame = self.socket.recv()
                if not frame:
                    return
                self.frames.append(json.loads(frame))
        except (OSError, ValueError, websocket.WebSocketException):
            pass

    def wait_gate(self, gate):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if all(any(e.get("gate") == gate for e in events) for events in (self.sse, self.frames)):
                return [e for e in self.frames]
            time.sleep(0.1)
        raise AssertionError(f"no event of gate {gate}: {self.frames[-3:]} {self.sse[-3:]}")


@pytest.fixture(scope="module")
def walk(stack, demo):
    session_id = demo.new_session()
    return {"client": demo, "id": session_id, "listener": Listener(demo, session_id)}


def progress_of(events):
    return [e["progress"] for e in events]


def test_step_1_health(stack):
    answer = studio.Client(stack.base).get("/health")
    assert answer.status == 200
    assert answer.json["status"] == "ok"
    for part in ("database", "renderd", "eventd"):
        assert answer.json[part] == "ok"


def test_step_2_login(stack):
    client = studio.Client(stack.base)
    good = client.post("/api/auth/login", {"email": "demo@example.com", "password": "demo123"})
    assert good.status == 200 and good.json["success"] is True
    wrong = client.post("/api/auth/login", {"email": "demo@example.com", "password": "wrong"})
    unknown = client.post("/api/auth/login", {"email": "nobody@example.com", "password": "wrong"})
    assert wrong.status == unknown.status == 401
    assert wrong.code == unknown.code == "invalid_credentials"
    assert wrong.json["detail"] == unknown.json["detail"]


def test_step_3_create(stack, demo):
    answer = demo.post("/api/sessions/create", {"user_id": demo.user_id})
    assert answer.status == 201 and answer.json["stage"] == "created"
    assert studio.Client(stack.base).post("/api/sessions/create", {}).status == 401
    other = demo.post("/api/sessions/create", {"user_id": demo.user_id + 1})
    assert other.status == 403 and other.code == "forbidden"


def test_step_4_clips_too_early(walk):
    answer = walk["client"].post("/api/generate-clips", {"session_id": walk["id"], "video_prompt": "a long enough scene"})
    assert answer.status == 409 and answer.code == "invalid_stage"
    assert "created" in answer.json["detail"]


@pytest.mark.parametrize("field,body", [
    ("/num_images", {"num_images": 3}),
    ("/num_images", {"num_images": 9}),
    ("/product_prompt", {"product_prompt": "ab"}),
    ("/product_prompt", {"product_prompt": "x" * 201}),
])
def test_step_6_limits(walk, field, body):
    answer = walk["client"].post("/api/generate-images",
                                 {"session_id": walk["id"], "product_prompt": "pink tennis shoes", **body})
    assert answer.status == 422 and answer.code == "validation_error"
    assert field in answer.pointers()


def test_step_7_to_9_pictures(walk):
    client = walk["client"]
    body = {"session_id": walk["id"], "product_prompt": SHOES, "num_images": 6,
            "style_keywords": ["professional", "studio"]}
    answer = client.post("/api/generate-images", body)
    assert answer.status == 202
    assert answer.json["status"] == "processing" and answer.json["estimated_duration"] == 45
    assert answer.json["message"] == "Image generation started. Connect to WebSocket for progress updates."
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json['job_id']}"
    again = client.post("/api/generate-images", body)
    assert again.status == 409 and again.code == "already_running"

    state = client.wait_stage(walk["id"], "image_selection")
    assert state["stage"] == "image_selection", state
    events = walk["listener"].wait_gate("images")
    parsing = [e for e in events if e["stage"] == "prompt_parsing"]
    assert parsing and all(0 <= p <= 10 for p in progress_of(parsing))
    making = [e for e in events if e["stage"] == "image_generation"]
    assert all(10 <= p <= 50 for p in progress_of(making))
    assert any(e["message"].startswith("Generating image 3 of 6") for e in making)
    assert progress_of(events) == sorted(progress_of(events))
    assert [e["seq"] for e in events] == sorted({e["seq"] for e in events})
    assert all("current_cost" in e for e in making)
    gate = next(e for e in events if e.get("gate") == "images")
    assert gate["stage"] == "complete" and gate["progress"] == 50 and len(gate["data"]["images"]) == 6
    assert gate["message"] == "Images ready for review!"

    pictures = state["generated_images"]
    assert len(pictures) == 6
    assert {p["seed"] for p in pictures} == {state["consistency_seed"]}
    assert 100000 <= state["consistency_seed"] <= 999999
    assert {p["view_type"] for p in pictures} == {"front", "side", "back", "top", "detail", "lifestyle"}
    assert state["total_cost"] == 0.301
    for picture in pictures:
        png = client.get(picture["url"])
        assert png.status == 200 and png.headers["Content-Type"] == "image/png"
        assert png.body[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(png.body[16:20], "big") == int.from_bytes(png.body[20:24], "big") == 1024


def test_step_10_approve_pictures(walk):
    client = walk["client"]
    ids = [p["id"] for p in client.session(walk["id"])["generated_images"]]
    one = client.post("/api/save-approved-images", {"session_id": walk["id"], "approved_image_ids": ids[:1]})
    assert one.status == 422 and "/approved_image_ids" in one.pointers()[0]
    four = client.approve_pictures(walk["id"], ids[:4])
    assert four == {"success": True, "approved_count": 4, "message": "Images saved to mood board"}
    assert client.session(walk["id"])["approved_images"] == ids[:4]


def test_step_11_12_clips(walk, tmp_path):
    client = walk["client"]
    short = client.post("/api/generate-clips", {"session_id": walk["id"], "video_prompt": "short"})
    assert short.status == 422
    answer = client.post("/api/generate-clips", {"session_id": walk["id"], "clip_duration": 3.0,
                                                 "video_prompt": "girl running in sun, outdoor track, golden hour lighting"})
    assert answer.status == 202 and answer.json["estimated_duration"] == 180
    state = client.wait_stage(walk["id"], "clip_selection")
    assert state["stage"] == "clip_selection", state
    events = walk["listener"].wait_gate("clips")
    assert any(e["stage"] == "video_planning" and 50 <= e["progress"] <= 55 for e in events)
    assert any(e["stage"] == "video_generation" and 55 <= e["progress"] <= 90 for e in events)
    gate = next(e for e in events if e.get("gate") == "clips")
    assert gate["progress"] == 90 and len(gate["data"]["clips"]) == 4
    assert len(state["generated_clips"]) == 4
    for clip in state["generated_clips"]:
        assert clip["source_image_id"] in state["approved_images"]
        assert clip["fps"] == 30 and 2.7 <= clip["duration"] <= 3.3
        path = tmp_path / "clip.mp4"
        path.write_bytes(client.get(clip["url"]).body)
        probe = studio.ffprobe(path)
        video = probe["streams"][0]
        assert len(probe["streams"]) == 1 and video["codec_name"] == "h264" and video["r_frame_rate"] == "30/1"
        assert f"{video['width']}x{video['height']}" == clip["resolution"] == "1024x576"
        assert abs(float(probe["format"]["duration"]) - clip["duration"]) < 0.02


def test_clips_are_prepared(walk):
    client, end = walk["client"], time.monotonic() + studio.PATIENCE_S
    while time.monotonic() < end:
        clips = client.session(walk["id"])["generated_clips"]
        if all(clip["last_frame_url"] for clip in clips):
            break
        time.sleep(0.2)
    for clip in clips:
        assert client.get(clip["thumbnail_url"]).body.startswith(b"\xff\xd8")
        assert client.get(clip["last_frame_url"]).body.startswith(b"\x89PNG")


def test_step_13_order(walk):
    client = walk["client"]
    ids = [c["id"] for c in client.session(walk["id"])["generated_clips"]]
    foreign = client.post("/api/save-approved-clips", {"session_id": walk["id"], "approved_clip_ids": ids[:2],
                                                       "clip_order": [ids[0], "clip_0123456789abcdef"]})
    assert foreign.status == 422 and foreign.pointers()[0].startswith("/clip_order")
    chosen = [ids[0], ids[2], ids[3]]
    saved = client.approve_clips(walk["id"], chosen, [ids[0], ids[3], ids[2]])
    assert saved["approved_count"] == 3 and abs(saved["estimated_duration"] - 10.5) < 0.05
    assert client.session(walk["id"])["clip_order"] == [ids[0], ids[3], ids[2]]


def mean_difference(a, b):
    """Mean absolute difference of two pictures, 0-255, scaled to 160x90."""
    def raw(path):
        return subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-vf", "scale=160:90,format=gray", "-f", "rawvideo", "-"],
                              check=True, capture_output=True).stdout
    one, two = raw(a), raw(b)
    return sum(abs(x - y) for x, y in zip(one, two)) / len(one)


def test_step_14_15_film(walk, tmp_path):
    client = walk["client"]
    answer = client.post("/api/compose-final-video", {
        "session_id": walk["id"], "text_overlay": {"product_name": 'AirRun Pro: 100% "Go"', "cta": "Shop Now"},
        "audio": {"enabled": True, "genre": "upbeat"}})
    assert answer.status == 202 and answer.json["estimated_duration"] == 35
    state = client.wait_stage(walk["id"], "complete")
    assert state["stage"] == "complete", state["error"]
    events = [e for e in walk["listener"].wait_gate("final") if e["progress"] >= 90]
    messages = [e["message"] for e in events]
    order = [messages.index(m) for m in ("Adding text overlays...", "Generating music...", "Stitching clips...")]
    assert order == sorted(order)
    assert events[-1]["progress"] == 100 and events[-1]["data"]["final_video"]["url"]

    final = state["final_video"]
    film = tmp_path / "film.mp4"
    download = client.get(final["url"])
    film.write_bytes(download.body)
    assert final["format"] == "mp4" and final["resolution"] == "1920x1080" and final["fps"] == 30
    assert final["file_size_mb"] == round(len(download.body) / 1048576, 2) and final["file_size_mb"] < 15
    probe = studio.ffprobe(film)
    video = next(s for s in probe["streams"] if s["codec_type"] == "video")
    audio = next(s for s in probe["streams"] if s["codec_type"] == "audio")
    assert (video["codec_name"], video["pix_fmt"], video["width"], video["height"], video["r_frame_rate"]) == \
        ("h264", "yuv420p", 1920, 1080, "30/1")
    assert audio["codec_name"] == "aac"
    assert 8 <= float(probe["format"]["duration"]) <= 12
    assert int(video["nb_read_frames"]) == round(final["duration"] * 30)
    names = studio.boxes(download.body)
    assert names.index("moov") < names.index("mdat")
    part = client.get(final["url"], headers={"Range": "bytes=0-99"})
    assert part.status == 206 and part.body == download.body[:100]

    # the order in the picture is that of clip_order: the middle of each clip shows its own source
    clips = {c["id"]: c for c in state["generated_clips"]}
    for place, clip_id in enumerate(state["clip_order"]):
        start = 1.0 + place * 2.75
        shown = studio.frame_png(film, start + 1.5, tmp_path / f"shown{place}.png")
        scores = {}
        for other in state["clip_order"]:
            source = tmp_path / "clip.mp4"
            source.write_bytes(client.get(clips[other]["url"]).body)
            scores[other] = mean_difference(shown, studio.frame_png(source, 1.5, tmp_path / "source.png"))
        assert min(scores, key=scores.get) == clip_id, scores

    # cards and overlays are where they should be: bright text on the card's middle, on the film's top, at its bottom
    def bright(seconds, box):
        out = subprocess.run(["ffmpeg", "-v", "error", "-ss", str(seconds), "-i", str(film), "-frames:v", "1", "-vf",
                              f"crop={box},format=gray", "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
        return sum(v > 200 for v in out)
    end = float(probe["format"]["duration"])
    assert bright(0.5, "1600:160:160:460") > 3000
    assert bright(0.5, "1600:120:160:20") == 0
    assert bright(1.5, "1400:110:260:40") > 2000
    assert bright(end - 0.5, "1600:160:160:460") > 2000
    assert bright(end - 0.5, "1600:120:160:920") > 1500


def test_step_16_costs(walk):
    costs = walk["client"].get(f"/api/sessions/{walk['id']}/costs").json
    by_agent = {row["agent"]: row["cost"] for row in costs["breakdown"]}
    assert by_agent == {"prompt_parser": 0.001, "image_generator": 0.3, "scene_planner": 0.001, "video_generator": 3.2,
                        "compositor": 0.5}
    assert costs["total_cost"] == 4.002 == walk["client"].session(walk["id"])["total_cost"]


def test_step_17_without_music(walk, tmp_path):
    client = walk["client"]
    state = client.compose(walk["id"], audio={"enabled": False})
    assert state["stage"] == "complete" and state["total_cost"] == 4.502
    film = tmp_path / "silent.mp4"
    film.write_bytes(client.get(state["final_video"]["url"]).body)
    assert [s["codec_type"] for s in studio.ffprobe(film)["streams"]] == ["video"]


def preview(client, session_id, path, **more):
    """The answer, with the film at `path`."""
    body = {"session_id": session_id, "text_overlay": {"product_name": "AirRun Pro", "cta": "Shop Now"}, **more}
    end = time.monotonic() + studio.PATIENCE_S
    while (answer := client.post("/api/preview-composition?wait=25", body)).status == 202:
        assert time.monotonic() < end
    assert answer.status == 200, answer.body
    path.write_bytes(client.get(answer.json["preview"]["url"]).body)
    return answer.json["preview"]


@pytest.mark.parametrize("aspect,size", [("16:9", (640, 360)), ("9:16", (360, 640)), ("1:1", (360, 360))])
def test_preview_in_every_shape(walk, tmp_path, aspect, size):
    """ADS-316, ADS-321: small, whole, free, and the film that there is stays."""
    client = walk["client"]
    before = client.session(walk["id"])
    made = preview(client, walk["id"], tmp_path / "preview.mp4", aspect_ratio=aspect)
    assert made["resolution"] == "{}x{}".format(*size)
    streams = studio.ffprobe(tmp_path / "preview.mp4")["streams"]
    assert [(s["width"], s["height"], s["r_frame_rate"]) for s in streams if s["codec_type"] == "video"] == [(*size, "30/1")]
    assert abs(made["duration"] - before["final_video"]["duration"]) < 0.05
    after = client.session(walk["id"])
    assert [after[key] for key in ("stage", "total_cost", "final_video")] == [before[key] for key in ("stage", "total_cost", "final_video")]
    # the name is in the card's middle, whole: bright within, nothing at the picture's edges
    picture = subprocess.run(["ffmpeg", "-v", "error", "-ss", "0.5", "-i", str(tmp_path / "preview.mp4"), "-frames:v", "1", "-pix_fmt", "gray",
                              "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
    width, height = size
    lit = [(i % width, i // width) for i, value in enumerate(picture) if value > 200]
    across, down = [x for x, _ in lit], [y for _, y in lit]
    assert len(lit) > 300 and width * 0.03 < min(across) and max(across) < width * 0.97
    assert abs((min(across) + max(across)) / 2 - width / 2) < width * 0.03
    assert height * 0.3 < min(down) and max(down) < height * 0.7


def test_voice_over_the_film(walk, tmp_path):
    """ADS-318: a recording is heard, and music steps back under it."""
    client = walk["client"]
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=3000:d=2:r=48000", "-af", "volume=6dB", tmp_path / "voice.wav"], check=True)
    upload = client.post("/api/uploads", data=(tmp_path / "voice.wav").read_bytes(), content_type="audio/wav").json["id"]
    unspeakable = client.post("/api/preview-composition", {
        "session_id": walk["id"], "text_overlay": {"product_name": "A", "cta": "B"}, "voiceover": {"enabled": True, "text": "Run."}})
    assert unspeakable.status == 422 and "/voiceover/text" in unspeakable.pointers()

    def loud(name, band, start):
        out = subprocess.run(["ffmpeg", "-ss", str(start), "-t", "1", "-i", str(tmp_path / name), "-af", f"{band},volumedetect", "-f", "null", "-"],
                             check=True, capture_output=True, text=True).stderr
        return float(out.split("mean_volume:")[1].split()[0])
    preview(client, walk["id"], tmp_path / "with.mp4", audio={"enabled": True, "genre": "upbeat"},
            voiceover={"enabled": True, "asset_id": upload})
    preview(client, walk["id"], tmp_path / "without.mp4", audio={"enabled": True, "genre": "upbeat"})
    voice, music = "bandpass=f=3000:w=60:t=h", "lowpass=f=300"
    rise = [loud("with.mp4", voice, at) - loud("without.mp4", voice, at) for at in (0.6, 6)]
    assert rise[0] > 15 and abs(rise[1]) < 6, rise
    step = [loud("with.mp4", music, at) - loud("without.mp4", music, at) for at in (0.6, 6)]
    assert step[0] < step[1] - 4, step


def test_step_18_cache(walk):
    client = walk["client"]
    first = client.session(walk["id"])
    again = client.new_session()
    state = client.pictures(again, SHOES, num_images=6, style_keywords=["professional", "studio"])
    assert state["total_cost"] == 0 and state["consistency_seed"] == first["consistency_seed"]
    assert all(p["cached"] and p["cost"] == 0 for p in state["generated_images"])
    fresh = client.new_session()
    state = client.pictures(fresh, SHOES, num_images=4, style_keywords=["professional", "studio"], fresh=True)
    assert state["total_cost"] == 0.201 and state["consistency_seed"] != first["consistency_seed"]


def test_step_19_killed_worker(stack, demo):
    session_id = demo.new_session()
    state = demo.pictures(session_id, num_images=4)
    demo.approve_pictures(session_id, [p["id"] for p in state["generated_images"][:3]])
    demo.start("/api/generate-clips", session_id=session_id, video_prompt="girl running in the evening sun", clip_duration=2)
    while not [c for c in demo.session(session_id)["generated_clips"]]:
        time.sleep(0.05)
    stack.kill("renderd")
    stack.start()
    state = demo.wait_stage(session_id, "clip_selection")
    assert state["stage"] == "clip_selection" and len(state["generated_clips"]) == 3
    costs = {r["agent"]: r["cost"] for r in demo.get(f"/api/sessions/{session_id}/costs").json["breakdown"]}
    assert costs["video_generator"] == 2.4


def test_step_20_second_user_and_delete(stack, walk):
    other = stack.user("second@example.com")
    assert other.get(f"/api/sessions/{walk['id']}").status == 404
    owner = walk["client"]
    url = owner.session(walk["id"])["final_video"]["url"]
    assert other.get(url).status == 404
    assert owner.delete(f"/api/sessions/{walk['id']}").json == {"success": True}
    assert owner.get(f"/api/sessions/{walk['id']}").status == 404
    assert owner.get(url).status == 404


@pytest.mark.parametrize("prompt,scene", PRODUCTS[1:])
def test_step_22_other_products(demo, prompt, scene, tmp_path):
    if not studio.LONG and prompt != PRODUCTS[1][0]:
        pytest.skip("one more product here, all of them in the long form")
    session_id = demo.new_session()
    state = demo.pictures(session_id, prompt, num_images=4)
    demo.approve_pictures(session_id, [p["id"] for p in state["generated_images"][:2]])
    state = demo.clips(session_id, scene)
    demo.approve_clips(session_id, [c["id"] for c in state["generated_clips"]])
    state = demo.compose(session_id, audio={"enabled": True, "genre": "chill"})
    assert state["stage"] == "complete", state["error"]
    assert 8 <= state["final_video"]["duration"] <= 12


def test_top_shows_the_installation_once(stack):
    shown = stack.ctl("top", "--once").stdout
    assert "\033" not in shown and shown.startswith("jobs ")
    assert " renderd " in shown and " eventd " in shown
    for queue in ("media", "local", "fal", "webhook"):
        assert f"\n{queue} " in shown
    assert stack.ctl("top", "--twice", check=False).returncode == 2
