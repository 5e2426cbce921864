"""A stand-in for fal's queue on loopback that keeps the books: which requests it took, and which it bills.

What goes wrong with a request is written into its prompt (`fault=NAME`), and happens to the first request of that prompt:

    refuse_reset     the connection breaks before anything was taken
    take_reset       taken and billed, and the connection breaks without an answer
    take_500         taken and billed, answered 500
    take_garbage     taken and billed, answered with what is no JSON
    take_hang        taken and billed, no answer until the client has gone
    lose_500         not taken, answered 500
    hidden           as take_reset, and the list of requests does not show it; only its webhook tells
    limit            429 with Retry-After
    invalid          422
    fail             ends with a failure that may be tried again, and is not billed
    poll_503         the status is answered 503 twice
    poll_reset       asking for the status breaks twice
    cut              the file breaks off half way, once
    gone             the file is 404, once
"""
import base64
import http.server
import json
import struct
import socket
import threading
import time
import urllib.parse
import uuid
import zlib

UNITS = "1.05"
CLIP_UNITS = "5"
WORK_S = 0.3


def png(side, colour):
    """A small picture: one colour per prompt, so that no two files are the same."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\0" + bytes(colour) * side
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(row * side, 1)) + chunk(b"IEND", b""))


class Request:
    def __init__(self, endpoint, ref, body):
        self.id, self.endpoint, self.ref, self.body = str(uuid.uuid4()), endpoint, ref, body
        self.taken_at = time.time()
        self.prompt = body.get("prompt", "")
        self.failed = self.hidden = self.told = False

    def done(self):
        return time.time() - self.taken_at > WORK_S


class Standin:
    def __init__(self, webhook):
        """webhook(ref, request_id): how it tells that a request has ended."""
        self.lock = threading.Lock()
        self.requests, self.played, self.counts = {}, {}, {}
        self.webhook = webhook
        self.film = b""
        self.down = False
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                outer.get(self)

            def do_PUT(self):
                outer.answer(self, 400, {"status": "ALREADY_COMPLETED"})

            def do_POST(self):
                outer.post(self)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                pass  # clients are killed in the middle of everything here

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        threading.Thread(target=self.tell, daemon=True).start()

    # -- what it does ----------------------------------------------------------------------------------------------------

    def fault(self, prompt, name, times=1):
        """Whether this fault is to be played now; it is counted."""
        if f"fault={name}" not in prompt.split():
            return False
        with self.lock:
            played = self.played.get((prompt, name), 0)
            if played >= times:
                return False
            self.played[prompt, name] = played + 1
            self.counts[name] = self.counts.get(name, 0) + 1
        return True

    def answer(self, handler, status, body, headers=()):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def reset(self, handler):
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True

    def take(self, endpoint, ref, body):
        request = Request(endpoint, ref, body)
        with self.lock:
            self.requests[request.id] = request
        return request

    def post(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        hook = urllib.parse.parse_qs(url.query).get("fal_webhook", [""])[0]
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        prompt, ref, endpoint = body.get("prompt", ""), hook.rsplit("/", 1)[-1], url.path.strip("/")
        if handler.headers["Authorization"] != "Key test:key":
            return self.answer(handler, 401, {"detail": "no"})
        if self.fault(prompt, "refuse_reset"):
            return self.reset(handler)
        if self.fault(prompt, "lose_500"):
            return self.answer(handler, 500, {"detail": "lost", "error_type": "internal_error"})
        if self.fault(prompt, "limit"):
            return self.answer(handler, 429, {"detail": "slow down"}, [("Retry-After", "1")])
        if self.fault(prompt, "invalid"):
            return self.answer(handler, 422, {"detail": [{"loc": ["body"], "msg": "no", "type": "one_of"}]})
        request = self.take(endpoint, ref, body)
        if self.fault(prompt, "hidden"):
            request.hidden = True
            return self.reset(handler)
        if self.fault(prompt, "fail"):
            request.failed = True
        if self.fault(prompt, "take_reset"):
            return self.reset(handler)
        if self.fault(prompt, "take_500"):
            return self.answer(handler, 500, b"<html>oops</html>")
        if self.fault(prompt, "take_garbage"):
            return self.answer(handler, 200, b"{\"request_id\":")
        if self.fault(prompt, "take_hang"):
            handler.connection.settimeout(30)
            try:
                handler.connection.recv(1)
            except OSError:
                pass
            handler.close_connection = True
            return None
        base = f"{self.url}/{'/'.join(endpoint.split('/')[:2])}/requests/{request.id}"
        return self.answer(handler, 200, {"status": "IN_QUEUE", "request_id": request.id, "queue_position": 0,
                                          "status_url": base + "/status", "response_url": base,
                                          "cancel_url": base + "/cancel"})

    def listed(self):
        with self.lock:
            return [{"request_id": r.id, "endpoint_id": r.endpoint, "status_code": 200, "json_input": r.body}
                    for r in self.requests.values() if r.done() and not r.hidden]

    def get(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        parts = url.path.strip("/").split("/")
        if url.path == "/models/pricing":
            return self.answer(handler, 503 if self.down else 200, {"prices": []})
        if url.path.startswith("/models/requests"):
            return self.answer(handler, 200, {"items": self.listed(), "has_more": False})
        if url.path.endswith("/jwks.json"):
            return self.answer(handler, 200, {"keys": []})
        request = self.requests.get(parts[-2] if parts[-1] == "status" else parts[-1].removesuffix(".png"))
        if request is None:
            return self.answer(handler, 404, {"detail": "unknown"})
        if parts[0] == "files":
            return self.file(handler, request)
        if parts[-1] == "status":
            return self.status(handler, request)
        if not request.done():
            return self.answer(handler, 400, {"detail": "Request is still in progress"})
        if request.failed:
            return self.answer(handler, 500, {"detail": [{"loc": ["body"], "msg": "no", "type": "internal_server_error"}]},
                               [("X-Fal-Retryable", "true"), ("X-Fal-Billable-Units", "0")])
        if "image-to-video" in request.endpoint:
            return self.answer(handler, 200, {"video": {"url": f"{self.url}/files/{request.id}.png", "content_type": "video/mp4"}},
                               [("X-Fal-Billable-Units", CLIP_UNITS)])
        return self.answer(handler, 200, {"images": [{"url": f"{self.url}/files/{request.id}.png", "width": 32,
                                                      "height": 32}], "seed": 1}, [("X-Fal-Billable-Units", UNITS)])

    def status(self, handler, request):
        if self.fault(request.prompt, "poll_503", 2):
            return self.answer(handler, 503, {"detail": "busy"}, [("Retry-After", "1")])
        if self.fault(request.prompt, "poll_reset", 2):
            return self.reset(handler)
        if not request.done():
            return self.answer(handler, 202, {"status": "IN_PROGRESS", "request_id": request.id, "logs": None})
        return self.answer(handler, 200, {"status": "COMPLETED", "request_id": request.id, "metrics": {"inference_time": 0.3}})

    def file(self, handler, request):
        if "image-to-video" in request.endpoint:
            return self.answer(handler, 200, self.film, [("Content-Type", "video/mp4")])
        data = png(32, (zlib.crc32(request.prompt.encode()) & 0xffffff).to_bytes(3, "big"))
        if self.fault(request.prompt, "gone"):
            return self.answer(handler, 404, b"gone")
        if self.fault(request.prompt, "cut"):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data[:len(data) // 2])
            handler.close_connection = True
            return None
        return self.answer(handler, 200, data, [("Content-Type", "image/png")])

    def tell(self):
        """Webhooks, each of them three times, and the hidden ones late."""
        while True:
            time.sleep(0.2)
            with self.lock:
                due = [r for r in self.requests.values() if not r.told and time.time() - r.taken_at >
                       (3 if r.hidden else WORK_S)]
            for request in due:
                request.told = True
                for _ in range(3):
                    self.webhook(request.ref, request.id)

    def source_of(self, prompt):
        """The picture that a clip was asked for with, as bytes."""
        with self.lock:
            url = next(r.body["image_url"] for r in self.requests.values() if r.prompt.startswith(prompt))
        head, data = url.split(",", 1)
        return head, base64.b64decode(data)

    # -- the books -------------------------------------------------------------------------------------------------------

    def billed(self):
        """client_ref -> how many requests of it are billed."""
        books = {}
        with self.lock:
            for request in self.requests.values():
                if not request.failed:
                    books[request.ref] = books.get(request.ref, 0) + 1
        return books

    def close(self):
        self.server.shutdown()
        self.server.server_close()
