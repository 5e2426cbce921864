"""A private Framewright for end-to-end tests, and a small client that talks to it through nginx."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
PREFIX = pathlib.Path(os.environ.get("FRAMEWRIGHT_PREFIX", TOP / "var/usr"))
LONG = os.environ.get("FRAMEWRIGHT_LONG") == "1"
PROGRAMS = ("media", "renderd", "eventd", "api")
# Debian's own psql is a script that looks for this one, which takes longer than most questions.
PSQL = next(map(str, sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"))), "psql")
# The product whose pictures take the least work, a quarter of a shoe's.
QUICK_PRODUCT = "white skincare bottle"
# Patience, not a measure of speed: a hang ends here.
PATIENCE_S = 600


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def files_below(folder):
    """Paths of all files; folders that go away meanwhile, as those of a running system do, count as empty (Path.rglob would raise)."""
    return [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code")

    def pointers(self):
        return [e["pointer"] for e in self.json.get("errors", [])]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


OPENER = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


class Client:
    """One user of the API."""

    def __init__(self, base, token=None):
        self.base = base
        self.token = token

    def call(self, method, path, body=None, headers=None, data=None, content_type=None):
        headers = dict(headers or {})
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            data = json.dumps(body).encode()
            content_type = content_type or "application/json"
        if content_type:
            headers["Content-Type"] = content_type
        url = path if path.startswith("http") else self.base + path
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        try:
            with OPENER.open(request, timeout=120) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def get(self, path, **kw):
        return self.call("GET", path, **kw)

    def post(self, path, body=None, **kw):
        return self.call("POST", path, body={} if body is None and "data" not in kw else body, **kw)

    def delete(self, path, **kw):
        return self.call("DELETE", path, **kw)

    def login(self, email, password):
        answer = self.post("/api/auth/login", {"email": email, "password": password})
        assert answer.status == 200, answer.body
        self.token = answer.json["session_token"]
        self.user_id = answer.json["user_id"]
        return answer.json

    def new_session(self):
        answer = self.post("/api/sessions/create", {"user_id": self.user_id})
        assert answer.status == 201, answer.body
        return answer.json["session_id"]

    def session(self, session_id):
        answer = self.get(f"/api/sessions/{session_id}")
        assert answer.status == 200, answer.body
        return answer.json

    def wait_stage(self, session_id, *stages):
        """Until the session rests in one of the stages; 'failed' ends the wait as well."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                state = self.session(session_id)
            except (AssertionError, OSError):
                time.sleep(0.5)  # the API may be one of the things that were just killed
                continue
            if state["stage"] in stages or state["stage"] == "failed":
                return state
            time.sleep(0.3)
        raise AssertionError(f"session stays in {state['stage']}")

    def start(self, path, **body):
        answer = self.post(path, body)
        assert answer.status == 202, answer.body
        return answer

    def pictures(self, session_id, prompt=QUICK_PRODUCT, **more):
        self.start("/api/generate-images", session_id=session_id, product_prompt=prompt, **more)
        return self.wait_stage(session_id, "image_selection")

    def approve_pictures(self, session_id, ids):
        answer = self.post("/api/save-approved-images", {"session_id": session_id, "approved_image_ids": ids})
        assert answer.status == 200, answer.body
        return answer.json

    def clips(self, session_id, prompt="girl running in sun, outdoor track, golden hour lighting", **more):
        self.start("/api/generate-clips", session_id=session_id, video_prompt=prompt, **more)
        return self.wait_stage(session_id, "clip_selection")

    def approve_clips(self, session_id, ids, order=None):
        body = {"session_id": session_id, "approved_clip_ids": ids}
        if order:
            body["clip_order"] = order
        answer = self.post("/api/save-approved-clips", body)
        assert answer.status == 200, answer.body
        return answer.json

    def compose(self, session_id, name="AirRun Pro", cta="Shop Now", **more):
        self.start("/api/compose-final-video", session_id=session_id, text_overlay={"product_name": name, "cta": cta}, **more)
        return self.wait_stage(session_id, "complete")


class Stack:
    """tools/stack in a folder of its own on a free port."""

    def __init__(self, extra=""):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="fw-e2e-"))
        os.chmod(self.home, 0o755)
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.env = dict(os.environ, FRAMEWRIGHT_HOME=str(self.home), FRAMEWRIGHT_PORT=str(self.port),
                        FRAMEWRIGHT_PREFIX=str(PREFIX), SITE_LOGIN_RATE="6000r/m", SITE_LOGIN_BURST="1000",
                        SITE_API_RATE="5000r/s", SITE_API_BURST="5000")
        self.started = False
        self.configure(extra)

    def configure(self, extra):
        # a connection costs the database a tenth of a second of processor, which nobody here asks for in vain
        (self.home / "extra.conf").write_text("PASSWORD_MEMORY=1MiB\nAPI_THREADS=6\nRENDERD_CALLS=4\n" + extra)

    def tool(self, *args, check=True, **kw):
        return subprocess.run([str(TOP / "tools/stack"), *args], env=self.env, check=check, capture_output=True, text=True, **kw)

    def start(self):
        done = self.tool("start", check=False)
        if done.returncode != 0:
            why = done.stdout + done.stderr + self.logs()
            if not self.started:
                self.remove()  # nobody holds it yet who could
            raise AssertionError(why)
        self.started = True
        return self

    def stop(self):
        self.tool("stop", check=False)

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def restart(self, name):
        self.tool("restart", name)

    def pid(self, name):
        """None when it does not run. As `tools/stack pid`, which is too slow to be asked again and again."""
        try:
            pid, started = (self.home / f"pids/{name}.pid").read_text().split()
            state, *fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, ValueError):
            return None
        return int(pid) if state != "Z" and fields[18] == started else None

    def kill(self, name):
        pid = self.pid(name)
        if pid:
            os.kill(pid, signal.SIGKILL)

    def ctl(self, *args, check=True, **kw):
        """The framewright command, as the account that the stack runs under."""
        done = self.tool("run", str(PREFIX / "bin/framewright"), *args, check=False, **kw)
        if check and done.returncode != 0:
            raise AssertionError(f"framewright {' '.join(map(str, args))}: {done.stdout}{done.stderr}")
        return done

    def sql(self, text):
        """One value out of the database, as its owner."""
        account = {"user": os.environ.get("FRAMEWRIGHT_ACCOUNT", "postgres")} if os.getuid() == 0 else {}
        done = subprocess.run([PSQL, "-XAtq", "-d", self.database(), "-c", "set search_path = framewright; " + text],
                              env={**self.env, "PGUSER": "postgres"}, capture_output=True, text=True, **account)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def database(self):
        for line in (self.home / "framewright.conf").read_text().splitlines():
            if line.startswith("DATABASE_URL="):
                return line.split("=", 1)[1]
        raise AssertionError("no DATABASE_URL")

    def user(self, email, password="secret-pass-1"):
        self.ctl("user", "add", email, "--password-stdin", input=password + "\n")
        client = Client(self.base)
        client.login(email, password)
        return client

    def logs(self):
        text = ""
        for log in sorted((self.home / "log").glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-15:]
            text += f"\n== {log.name}\n" + "\n".join(lines)
        return text

    def scratch_files(self):
        return [path for folder in ("tmp", "inbox") for path in files_below(self.home / "store" / folder)]

    def demo(self):
        client = Client(self.base)
        client.login("demo@example.com", "demo123")
        return client


def ffprobe(path, *entries):
    out = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", "-count_frames", str(path)],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def picture_hashes(path, *options):
    """MD5 of each decoded picture, in the order they are shown."""
    listing = subprocess.run(["ffmpeg", "-v", "error", *options, "-i", str(path), "-map", "0:v", "-f", "framemd5", "-"], check=True,
                             capture_output=True, text=True).stdout
    return [line.split(",")[-1].strip() for line in listing.splitlines() if not line.startswith("#")]


def frame_png(path, seconds, out):
    """One decoded frame as a file."""
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", f"{seconds:.3f}", "-i", str(path), "-frames:v", "1", str(out)], check=True)
    return out


def boxes(data):
    """Top-level MP4 boxes in order."""
    names, at = [], 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        names.append(data[at + 4:at + 8].decode("latin1"))
        if size == 1:
            size = int.from_bytes(data[at + 8:at + 16], "big")
        if size == 0:
            break
        at += size
    return names
