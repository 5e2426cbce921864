#!/usr/bin/python3
"""Measures stored files on their way to a client: the last frame of a clip, and a film that is sent after a check of rights.

The film goes through responder and X-Accel-Redirect and, beside it, as a plain static file of an nginx of its own; the last frame of a
clip that was prepared when it arrived is fetched, and taken out of the clip by ffmpeg. Runs take turns, figures are medians. It uses the
stack that FRAMEWRIGHT_HOME, FRAMEWRIGHT_PORT, FRAMEWRIGHT_PREFIX and FRAMEWRIGHT_BUILD name, and starts what of it is not running.
"""
import argparse
import os
import pathlib
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import api

LEAST_BYTES = 8 << 20
SHARE, FRAME_MS = 0.95, 20


def make_clip(path, seed=1):
    """Five seconds of noise, another one for each seed."""
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=s=1920x1080:r=30,noise=alls=12:allf=t:all_seed={seed}",
                    "-t", "5", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "30M", "-pix_fmt", "yuv420p", str(path)],
                   check=True, stdin=subprocess.DEVNULL)
    if path.stat().st_size < LEAST_BYTES:
        sys.exit("files.py: the clip is too small to measure anything")


def upload(path, token):
    """The asset once it is prepared."""
    request = urllib.request.Request(api.BASE + "/api/uploads", data=path.read_bytes(), method="POST",
                                     headers={"Authorization": f"Bearer {token}", "Content-Type": "video/mp4"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        name = api.json.load(answer)["id"]
    for _ in range(240):
        asset = api.call("GET", f"/api/uploads/{name}", token)
        if asset["last_frame_url"] is not None:
            return asset
        time.sleep(0.5)
    sys.exit("files.py: the clip was not prepared; hint: look into the log of renderd")


def fetch_s(url, token):
    """Seconds of one download, connection included."""
    out = subprocess.run(["curl", "-sS", "-f", "-o", "/dev/null", "-w", "%{time_total}", "-H", f"Authorization: Bearer {token}", url],
                         check=True, capture_output=True, text=True).stdout
    return float(out)


class PlainNginx:
    """One file behind an nginx that knows nothing of us, with the worker settings of the stack's own."""

    def __init__(self, folder, file):
        port = api.free_ports(1)[0]
        (folder / "files").mkdir()
        shutil.copy(file, folder / "files/film.mp4")
        if os.getuid() == 0:
            account = pwd.getpwnam(os.environ.get("FRAMEWRIGHT_ACCOUNT", "postgres"))
            for path in (folder, folder / "files", folder / "files/film.mp4"):
                os.chown(path, account.pw_uid, account.pw_gid)
        (folder / "nginx.conf").write_text(f"""daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 1024; }}
http {{
	client_body_temp_path {folder}/temp-body;
	fastcgi_temp_path {folder}/temp-fastcgi;
	proxy_temp_path {folder}/temp-proxy;
	uwsgi_temp_path {folder}/temp-uwsgi;
	scgi_temp_path {folder}/temp-scgi;
	access_log {folder}/access.log;
	sendfile on;
	tcp_nopush on;
	server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
""")
        self.url = f"http://127.0.0.1:{port}/film.mp4"
        self.process = subprocess.Popen([api.STACK, "run", "nginx", "-e", str(folder / "nginx.log"), "-c", str(folder / "nginx.conf")],
                                        start_new_session=True)

    def stop(self):
        os.killpg(self.process.pid, 15)
        self.process.wait()


def measure(options, folder):
    if subprocess.run([api.STACK, "status"], stdout=subprocess.DEVNULL, check=False).returncode != 0:
        api.run(api.STACK, "start")
    token, clip = api.sign_in(), folder / "clip.mp4"
    make_clip(clip)
    asset = upload(clip, token)
    plain = PlainNginx(folder, clip)
    times = {"ours": [], "plain": [], "frame": [], "ffmpeg": []}
    try:
        api.wait_ready([plain.url], [token])
        for _ in range(options.runs):
            times["ours"].append(sum(fetch_s(asset["url"], token) for _ in range(options.films)))
            times["plain"].append(sum(fetch_s(plain.url, token) for _ in range(options.films)))
            times["frame"].append(statistics.median(fetch_s(asset["last_frame_url"], token) for _ in range(20)))
            began = time.monotonic()
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-sseof", "-1", "-i", str(clip), "-update", "1", str(folder / "last.png")],
                           check=True, stdin=subprocess.DEVNULL)
            times["ffmpeg"].append(time.monotonic() - began)
    finally:
        plain.stop()
        request = urllib.request.Request(f"{api.BASE}/api/uploads/{asset['id']}", method="DELETE",
                                         headers={"Authorization": f"Bearer {token}"})
        urllib.request.urlopen(request, timeout=60).close()
    return {name: statistics.median(each) for name, each in times.items()}, asset["bytes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--films", type=int, default=20, help="downloads of the film in one run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fw-files.") as folder:
        times, size = measure(options, pathlib.Path(folder))
    share, frame_ms = times["plain"] / times["ours"], times["frame"] * 1000
    rate = size * options.films / times["ours"] / 1e6
    print(f"film of {size / 1e6:.1f} MB after a check of rights / plain static file  {share:.2f}   wanted >= {SHARE}   "
          f"{'ok' if share >= SHARE else 'MISSED'}   ({rate:.0f} MB/s)")
    print(f"last frame of a prepared clip, ms  {frame_ms:.1f}   wanted < {FRAME_MS}   {'ok' if frame_ms < FRAME_MS else 'MISSED'}   "
          f"(out of the clip by ffmpeg: {times['ffmpeg'] * 1000:.0f})")
    return 0 if share >= SHARE and frame_ms < FRAME_MS else 1


if __name__ == "__main__":
    sys.exit(main())
