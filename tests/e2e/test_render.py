"""Films from timelines through nginx: two uploaded clips, transitions, a card; what is reused, followed, cancelled."""
import json
import subprocess
import threading
import time

import pytest

import studio

SIZE = (320, 180)


def source(path, pattern, seconds=3, size="320x180"):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"{pattern}=s={size}:r=30", "-t", str(seconds), "-c:v", "libx264",
                    "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(path)], check=True)
    return path.read_bytes()


def timeline(clips, card="The end", seconds=2.0, size=SIZE, **output):
    """Clips with dissolves, then a card."""
    items = [{"type": "clip", "asset": clip, "duration": seconds, "fit": "cover"} for clip in clips]
    return {"version": 1, "output": {"width": size[0], "height": size[1], "fps": [30, 1], **output},
            "tracks": [{"items": items + [{"type": "card", "duration": 1, "text": card, "size": 96}],
                        "transitions": [{"after": i, "type": "dissolve", "duration": 0.5} for i in range(len(clips) - 1)]}]}


class Owner:
    def __init__(self, stack, folder):
        self.client = stack.user("renderer@example.com")
        self.clips = [self.client.post("/api/uploads", data=source(folder / f"{name}.mp4", name), content_type="video/mp4").json["id"]
                      for name in ("testsrc2", "mandelbrot")]
        answer = self.client.post("/api/v1/projects", {"title": "Holiday"})
        assert answer.status == 201, answer.body
        self.project = answer.json["id"]
        self.path = f"/api/v1/projects/{self.project}"

    def start(self, line, **more):
        answer = self.client.post(self.path + "/renders", {"timeline": line, **more})
        assert answer.status == 202, answer.body
        return answer.json["render_id"]

    def wait(self, render, *states):
        end = time.monotonic() + studio.PATIENCE_S
        while time.monotonic() < end:
            state = self.client.get(f"/api/v1/renders/{render}").json
            if state["state"] in (states or ("succeeded", "failed", "cancelled")):
                return state
            time.sleep(0.2)
        raise AssertionError(f"render stays {state['state']}")

    def render(self, line, **more):
        state = self.wait(self.start(line, **more))
        assert state["state"] == "succeeded", state
        return state


@pytest.fixture(scope="module")
def owner(stack, tmp_path_factory):
    return Owner(stack, tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="module")
def rendered(owner):
    return owner.render(timeline(owner.clips), name="Take 1", outputs={"preview": True})


def test_film_is_what_the_timeline_says(owner, rendered, tmp_path):
    answer = owner.client.get(rendered["urls"]["film"])
    assert (answer.status, answer.headers["Content-Type"]) == (200, "video/mp4")
    path = tmp_path / "film.mp4"
    path.write_bytes(answer.body)
    video = studio.ffprobe(path)["streams"][0]
    assert (video["width"], video["height"], video["nb_read_frames"]) == (*SIZE, "135")
    assert rendered["duration"] == 4.5 and rendered["resolution"] == "320x180" and rendered["bytes"] == len(answer.body)
    part = owner.client.get(rendered["urls"]["film"], headers={"Range": "bytes=100-199"})
    assert (part.status, part.body) == (206, answer.body[100:200])
    assert owner.client.get(rendered["urls"]["poster"]).body.startswith(b"\xff\xd8")


def test_preview_report_and_plan(owner, rendered, tmp_path):
    render = f"/api/v1/renders/{rendered['id']}"
    path = tmp_path / "preview.mp4"
    path.write_bytes(owner.client.get(render + "/preview").body)
    assert studio.ffprobe(path)["streams"][0]["nb_read_frames"] == "135"
    plan = owner.client.get(render + "/plan").json
    assert plan["spans"]["total"] == len(plan["spans"]["list"]) and sum(s["frames"] for s in plan["spans"]["list"]) == 135
    assert all(s["seconds"] > 0 for s in plan["spans"]["list"] if s["action"] == "encode")
    report = owner.client.get(render + "/report").json
    assert report["measurements"]["constant_rate"] is True and report["render_id"] == rendered["id"]
    assert owner.client.get(rendered["urls"]["contact_sheet"]).body.startswith(b"\xff\xd8")
    named = {finding["thumbnail"] for finding in report["quality"]["findings"]} - {None}
    assert named == {thumbnail["name"] for thumbnail in report["thumbnails"]}
    for thumbnail in report["thumbnails"]:
        assert owner.client.get(thumbnail["url"]).body.startswith(b"\xff\xd8")


def test_film_is_watched_while_it_is_made(stack, owner, tmp_path):
    """The playlist grows before the film is there, and what it names plays; another user finds nothing."""
    render = owner.start(timeline(owner.clips * 2, card="Live", size=(1280, 720)), outputs={"live": True})
    address = f"/api/v1/renders/{render}/live/film.m3u8"
    end = time.monotonic() + studio.PATIENCE_S
    while (playlist := owner.client.get(address)).status != 200 or b".m4s" not in playlist.body:
        assert time.monotonic() < end
        time.sleep(0.1)
    state = owner.wait(render)
    assert state["state"] == "succeeded" and state["urls"]["live"].endswith(address)
    playlist = owner.client.get(address)
    assert playlist.headers["Content-Type"] == "application/vnd.apple.mpegurl" and b"#EXT-X-ENDLIST" in playlist.body
    live, film = tmp_path / "film.m3u8", tmp_path / "film.mp4"
    for name in ["init.mp4"] + [line for line in playlist.body.decode().splitlines() if line.endswith(".m4s")]:
        (tmp_path / name).write_bytes(owner.client.get(address.replace("film.m3u8", name)).body)
    live.write_bytes(playlist.body)
    film.write_bytes(owner.client.get(state["urls"]["film"]).body)
    pictures = studio.picture_hashes(film)
    assert len(pictures) == round(state["duration"] * 30) and studio.picture_hashes(live, "-allowed_extensions", "ALL") == pictures
    assert stack.user("passer-by@example.com").get(address).status == 404


def test_events_tell_the_whole_story(stack, owner):
    """Server-Sent Events of the project, from before the start to render.finished."""
    frames = []

    def listen():
        url = f"{stack.base}/api/v1/sessions/{owner.project}/events"
        with subprocess.Popen(["curl", "-sN", "--max-time", "120", "-H", f"Authorization: Bearer {owner.client.token}", url],
                              stdout=subprocess.PIPE, text=True) as curl:
            for line in curl.stdout:
                if line.startswith("data:"):
                    frames.append(json.loads(line[5:]))
                    if frames[-1].get("type") == "render.finished" and frames[-1].get("name") == "Followed":
                        break
            curl.kill()

    listener = threading.Thread(target=listen)
    listener.start()
    time.sleep(1)
    render = owner.render(timeline(owner.clips, card="Followed"), name="Followed")
    listener.join(60)
    mine = [f for f in frames if f.get("render_id") == render["id"]]
    assert [f["type"] for f in mine if f["type"] != "render.progress"] == ["render.queued", "render.started", "render.finished"]
    assert mine[-1]["state"] == "succeeded" and mine[-1]["film_url"] == render["urls"]["film"]
    progress = [f["progress"] for f in mine if "progress" in f]
    assert progress[-1] == 1 and progress == sorted(progress)


def test_changed_card_is_all_that_is_encoded(owner, rendered):
    render = owner.render(timeline(owner.clips, card="Changed"))
    assert render["spans"]["encoded"] == 1 and render["spans"]["reused"] == render["spans"]["total"] - 1
    plan = owner.client.get(f"/api/v1/renders/{render['id']}/plan").json
    assert [s["kind"] for s in plan["spans"]["list"] if s["action"] == "encode"] == ["card"]


def test_dry_run_plans_and_makes_nothing(owner, rendered):
    before = owner.client.get(owner.path + "/renders").json["items"]
    answer = owner.client.post(owner.path + "/renders?dry_run=1", {"timeline": timeline(owner.clips, card="Never made")})
    assert answer.status == 200, answer.body
    plan = answer.json
    assert plan["dry_run"] is True and plan["frames"] == 135
    assert plan["spans"]["encoded"] == 1 and plan["estimate"]["seconds"] > 0
    assert plan["estimate"]["memory_bytes"] > 1e7 and plan["estimate"]["bytes"] > 0
    assert [r["id"] for r in owner.client.get(owner.path + "/renders").json["items"]] == [r["id"] for r in before]


def test_render_waits_when_asked_to(owner, rendered):
    answer = owner.client.post(owner.path + "/renders?wait=25", {"timeline": timeline(owner.clips)})
    assert (answer.status, answer.json.get("state")) == (200, "succeeded"), answer.body
    assert answer.json["spans"]["encoded"] == 0


def test_stored_timeline_with_merge_fields(owner, rendered):
    stored = owner.client.call("PUT", owner.path + "/timeline", body={"timeline": timeline(owner.clips, card="Bye {{name}}")})
    assert stored.status == 200, stored.body
    assert owner.client.call("PUT", owner.path + "/timeline", body={"timeline": timeline(owner.clips)},
                             headers={"If-Match": '"t99"'}).code == "version_conflict"
    body = {"timeline_id": stored.json["id"]}
    refused = owner.client.post(owner.path + "/renders", body)
    assert refused.status == 422 and refused.pointers() == ["/timeline_id/tracks/0/items/2/text"]
    render = owner.client.post(owner.path + "/renders?wait=25", {**body, "merge": {"name": "Ann"}})
    assert (render.status, render.json["timeline_version"]) == (200, stored.json["version"]), render.body


def test_same_key_renders_once(owner, rendered):
    body = {"timeline": timeline(owner.clips), "name": "Once"}
    first, second = (owner.client.post(owner.path + "/renders", body, headers={"Idempotency-Key": "render-once"}) for _ in range(2))
    assert first.json["render_id"] == second.json["render_id"]
    assert second.headers["Idempotent-Replayed"] == "true"
    owner.wait(first.json["render_id"])


def test_policy_for_what_is_missing(owner, rendered):
    line = timeline(owner.clips[:1])
    line["tracks"][0]["items"][-1]["font"] = "No Such Font"
    accepted = owner.render(line)
    assert [w["code"] for w in accepted["warnings"]] == ["font_fallback"]
    refused = owner.wait(owner.start(line, on_degrade="fail"))
    assert (refused["state"], refused["error"]["code"]) == ("failed", "degraded")


def test_cancel_during_an_encode_leaves_nothing(stack, owner):
    """Within a second the encoder is gone; no process, no file in scratch."""
    big = timeline(owner.clips * 3, card="Cancelled", size=(1920, 1080))
    render = owner.start(big)
    while True:
        state = owner.client.get(f"/api/v1/renders/{render}").json
        assert state["state"] in ("queued", "running"), state
        if state["phase"] == "render" and state["progress"] > 0.03:
            break
        time.sleep(0.05)
    media = stack.pid("media")
    assert children(media)
    answer = owner.client.call("POST", f"/api/v1/renders/{render}/cancel")
    assert answer.status == 200, answer.body
    began = time.monotonic()
    while children(media):
        assert time.monotonic() - began < studio.PATIENCE_S
        time.sleep(0.02)
    print(f"stopped after {time.monotonic() - began:.2f} s")
    state = owner.wait(render)
    assert state["state"] == "cancelled" and state["urls"]["film"] is None
    end = time.monotonic() + 10
    while stack.scratch_files() and time.monotonic() < end:
        time.sleep(0.1)
    assert stack.scratch_files() == []
    assert owner.client.call("POST", f"/api/v1/renders/{render}/cancel").code == "already_finished"


def children(pid):
    """Tasks of the media process that are alive."""
    out = subprocess.run(["ps", "--ppid", str(pid), "-o", "stat="], capture_output=True, text=True).stdout.split()
    return [s for s in out if not s.startswith("Z")]


def test_large_upload_is_waited_for(owner, tmp_path):
    """nginx asks for the size of the body again wherever a request is sent on to; more than a JSON body may have."""
    clip = source(tmp_path / "large.mp4", "testsrc2", seconds=4, size="1920x1080")
    assert len(clip) > 1 << 20
    answer = owner.client.post("/api/uploads", data=clip, content_type="video/mp4")
    assert (answer.status, answer.json.get("state")) == (201, "ready"), answer.body


def pixels(path, frame=0):
    """One frame as small grey values."""
    return subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-vf", f"select=eq(n\\,{frame}),scale=64:36", "-frames:v", "1",
                           "-pix_fmt", "gray", "-f", "rawvideo", "-"], check=True, capture_output=True).stdout


def test_clip_that_has_arrived_is_prepared(owner, demo, tmp_path):
    """Its thumbnail is from the middle, its last frame the last one, both without decoding it again; they end with it."""
    film = tmp_path / "film.mp4"
    source(film, "testsrc2", seconds=4)
    upload = owner.client.post("/api/uploads", data=film.read_bytes(), content_type="video/mp4").json["id"]
    end = time.monotonic() + studio.PATIENCE_S
    while (state := owner.client.get(f"/api/uploads/{upload}").json)["last_frame_url"] is None and time.monotonic() < end:
        time.sleep(0.2)
    for name, kind, frame in (("thumbnail", "image/jpeg", 60), ("last_frame", "image/png", 119)):
        answer = owner.client.get(state[f"{name}_url"])
        assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
        picture = tmp_path / name
        picture.write_bytes(answer.body)
        assert max(abs(a - b) for a, b in zip(pixels(picture), pixels(film, frame), strict=True)) <= 12
        assert demo.get(state[f"{name}_url"]).status == 404
    assert studio.ffprobe(tmp_path / "last_frame")["streams"][0]["width"] == SIZE[0]
    assert owner.client.delete(f"/api/uploads/{upload}").status == 200
    assert owner.client.get(state["last_frame_url"]).status == 404


def test_delete_takes_the_files(owner):
    render = owner.render(timeline(owner.clips[:1], card="Gone"))
    assert owner.client.delete(f"/api/v1/renders/{render['id']}").status == 200
    assert owner.client.get(render["urls"]["film"]).status == 404
    assert owner.client.get(f"/api/v1/renders/{render['id']}").code == "render_not_found"


CORNERS = "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1))
SRT = "1\n00:00:00,000 --> 00:00:01,500\nHello there\n\n"


def test_captions_and_colour_tables_are_uploaded(owner):
    """A timeline names them by their asset; what does not parse is refused."""
    captions = owner.client.post("/api/uploads?wait=25&filename=talk.srt", data=SRT.encode(), content_type="application/x-subrip")
    table = owner.client.post("/api/uploads?wait=25&filename=swap.cube", content_type="text/plain",
                              data=("LUT_3D_SIZE 2\n" + CORNERS.replace("1 0 0", "0 0 1")).encode())
    assert (captions.status, captions.json["state"], captions.json["media_type"]) == (201, "ready", "application/x-subrip"), captions.body
    assert (table.status, table.json["state"], table.json["media_type"]) == (201, "ready", "text/x-cube"), table.body
    line = timeline(owner.clips, seconds=1.0)
    line["captions"] = [{"asset": captions.json["id"], "modes": ["burn", "sidecar"], "language": "en"}]
    line["tracks"][0]["items"][0]["look"] = {"lut": table.json["id"]}
    state = owner.render(line)
    assert any(name.startswith("captions") for name in state["urls"]), state["urls"]
    for data, kind, code in ((SRT.replace("1,500", "0,000", 1).replace("00:00:00,000 -->", "00:00:09,000 -->"), "application/x-subrip",
                              "captions_unreadable"),
                             ("LUT_3D_SIZE 2\n0 0 0\n", "application/octet-stream", "lut_invalid")):
        refused = owner.client.post("/api/uploads?wait=25", data=data.encode(), content_type=kind)
        assert (refused.status, refused.code) == (422, code), refused.body
    lie = owner.client.post("/api/uploads?wait=25", data=SRT.encode(), content_type="image/png")
    assert (lie.status, lie.code) == (422, "media_type_mismatch"), lie.body
