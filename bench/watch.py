#!/usr/bin/python3
"""Measures what somebody waits for in front of the screen: the first picture of a film that is being made, and an advert's preview.

A film of 1080 lines is ordered with `outputs.live`; the clock stops when the first segment of its playlist has been fetched. It opens
with a card nobody has seen before, with a span that is in the cache, or with a clip of which nothing is. The preview is the first one of
its advert. Figures are medians. It uses the stack that FRAMEWRIGHT_HOME, FRAMEWRIGHT_PORT, FRAMEWRIGHT_PREFIX and FRAMEWRIGHT_BUILD name,
and starts what of it is not running.
"""
import argparse
import pathlib
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import api
import files

READY_S, COLD_S, PREVIEW_S = 2, 8, 10
CLIP_S, FPS = 3, 30
PATIENCE_S = 600
OVER = ("succeeded", "failed", "cancelled")


def until(what, look):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    sys.exit(f"watch.py: no {what}; hint: look into the logs of renderd and media")


def fetch(path, token):
    """The bytes, or None while there is nothing yet."""
    request = urllib.request.Request(api.BASE + path, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def clip(asset, start):
    return {"type": "clip", "asset": asset, "in": start, "duration": CLIP_S}


class Studio:
    def __init__(self, folder):
        self.token = api.sign_in()
        self.project = api.call("POST", "/api/v1/projects", self.token, {"title": "Watched"})["id"]
        files.make_clip(folder / "clip.mp4", secrets.randbelow(1 << 30))
        self.clip = files.upload(folder / "clip.mp4", self.token)["id"]
        self.serial = 0

    def place(self):
        """Another frame of the clip each time, so that nothing of it is in the cache."""
        self.serial += 1
        return round(self.serial / FPS, 4)

    def order(self, first):
        """Seconds from the order to the first picture."""
        line = {"version": 1, "output": {"width": 1920, "height": 1080, "fps": [FPS, 1]},
                "tracks": [{"items": [first, clip(self.clip, self.place()), clip(self.clip, self.place())]}]}
        began = time.monotonic()
        render = api.call("POST", f"/api/v1/projects/{self.project}/renders", self.token, {"timeline": line, "outputs": {"live": True}})["render_id"]
        folder = f"/api/v1/renders/{render}/live/"

        def first_segment():
            names = (fetch(folder + "film.m3u8", self.token) or b"").decode().splitlines()
            return next((name for name in names if name.endswith(".m4s")), None)
        segment = until("first segment", first_segment)
        assert fetch(folder + "init.mp4", self.token) and fetch(folder + segment, self.token)
        seconds = time.monotonic() - began
        state = until("end of a film", lambda: (state := api.call("GET", f"/api/v1/renders/{render}", self.token))["state"] in OVER and state)
        if state["state"] != "succeeded":
            sys.exit(f"watch.py: the film failed: {state}")
        return seconds

    def film(self, opening):
        if opening == "card":
            return self.order({"type": "card", "duration": 2, "text": f"Take {secrets.token_hex(4)}", "size": 96})
        first = clip(self.clip, self.place())
        if opening == "cached":
            self.order(first)
        return self.order(first)

    def preview(self):
        """Seconds of the first preview of a new advert."""
        session = api.call("POST", "/api/sessions/create", self.token, {})["session_id"]

        def stage(path, body, gate):
            api.call("POST", path, self.token, {"session_id": session, **body})
            state = until(gate, lambda: (state := api.call("GET", f"/api/sessions/{session}", self.token))["stage"] in (gate, "failed") and state)
            if state["stage"] == "failed":
                sys.exit(f"watch.py: the advert failed: {state['error']}")
            return state
        pictures = stage("/api/generate-images", {"product_prompt": f"white mug {secrets.token_hex(4)}", "num_images": 4}, "image_selection")
        ids = [picture["id"] for picture in pictures["generated_images"][:3]]
        api.call("POST", "/api/save-approved-images", self.token, {"session_id": session, "approved_image_ids": ids})
        clips = stage("/api/generate-clips", {"video_prompt": "slow zoom in, soft morning light", "clip_duration": 3}, "clip_selection")
        ids = [each["id"] for each in clips["generated_clips"]]
        api.call("POST", "/api/save-approved-clips", self.token, {"session_id": session, "approved_clip_ids": ids})
        began = time.monotonic()
        made = api.call("POST", "/api/preview-composition?wait=25", self.token, {
            "session_id": session, "text_overlay": {"product_name": "Good Morning", "cta": "Shop Now"}})
        assert fetch(made["preview"]["url"].removeprefix(api.BASE), self.token)
        return time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if subprocess.run([api.STACK, "status"], stdout=subprocess.DEVNULL, check=False).returncode != 0:
        api.run(api.STACK, "start")
    with tempfile.TemporaryDirectory(prefix="fw-watch.") as folder:
        own = Studio(pathlib.Path(folder))
    rows = [(f"first picture of a film, opening with {what}", limit, lambda opening=opening: own.film(opening))
            for opening, what, limit in (("card", "a card", READY_S), ("cached", "a cached span", READY_S), ("clip", "a new clip", COLD_S))]
    rows.append(("first preview of an advert", PREVIEW_S, own.preview))
    good = True
    for what, limit, measure in rows:
        seconds = [measure() for _ in range(options.runs)]
        middle = statistics.median(seconds)
        good = good and middle < limit
        print(f"{what + ', s':60} {middle:.2f}   wanted < {limit}   {'ok' if middle < limit else 'MISSED'}   ({min(seconds):.2f} to {max(seconds):.2f})",
              flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
