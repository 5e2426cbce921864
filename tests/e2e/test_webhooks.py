"""Webhooks out through the whole system: a receiver of our own on loopback checks signatures and answers as it is told."""
import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

import pytest

import studio


class Receiver:
    """Keeps what comes in; `answers` are given in turn, then 204. None hangs until `released` and then says nothing."""

    def __init__(self):
        self.got, self.answers, self.released = [], [], threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers.items()), body))
                status = receiver.answers.pop(0) if receiver.answers else 204
                if status is None:
                    receiver.released.wait(60)
                    return
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count):
        end = time.monotonic() + 60
        while len(self.got) < count and time.monotonic() < end:
            time.sleep(0.1)
        assert len(self.got) >= count, f"{len(self.got)} of {count} messages came"
        return self.got[count - 1]


@pytest.fixture(scope="module")
def hooked():
    system = studio.Stack(extra="ALLOW_LOOPBACK_URLS=on\nLEASE_TTL=5s\nHEARTBEAT=1s\n").start()
    yield system
    system.remove()


@pytest.fixture()
def receiver():
    made = Receiver()
    yield made
    made.server.shutdown()


def signed(secret, headers, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    wanted = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return wanted in headers["webhook-signature"].split(" ")


def log_of(demo, hook, count, state):
    """The newest deliveries once `count` of them are in the state."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        items = demo.get(f"/api/v1/webhooks/{hook}/deliveries").json["items"]
        if sum(item["state"] == state for item in items) >= count:
            return items
        time.sleep(0.2)
    raise AssertionError(items)


def test_ping_arrives_signed_and_stands_in_the_log(hooked, receiver):
    demo = hooked.demo()
    made = demo.post("/api/v1/webhooks", {"url": receiver.url})
    assert made.status == 201 and made.json["secret"].startswith("whsec_")
    hook, secret = made.json["id"], made.json["secret"]
    assert "secret" not in demo.get("/api/v1/webhooks").json["items"][0]
    assert demo.post(f"/api/v1/webhooks/{hook}/ping").status == 202
    path, headers, body = receiver.wait(1)
    assert path == "/hook" and headers["Content-Type"] == "application/json"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 300
    assert signed(secret, headers, body)
    assert json.loads(body)["type"] == "webhook.ping"
    entry = log_of(demo, hook, 1, "sent")[0]
    assert entry["status"] == 204 and entry["attempt"] == 1
    # the same message once more, and after a new key both signatures
    renewed = demo.post(f"/api/v1/webhooks/{hook}/rotate").json["secret"]
    assert demo.post(f"/api/v1/webhooks/{hook}/deliveries/{entry['id']}/replay").status == 202
    _, again, body = receiver.wait(2)
    assert again["webhook-id"] == headers["webhook-id"]
    assert signed(secret, again, body) and signed(renewed, again, body)
    assert demo.delete(f"/api/v1/webhooks/{hook}").status == 200


def test_a_gate_of_an_advert_is_told(hooked, receiver):
    demo = hooked.demo()
    hook = demo.post("/api/v1/webhooks", {"url": receiver.url, "types": ["images.ready"]}).json["id"]
    session = demo.new_session()
    demo.pictures(session, num_images=4)
    message = json.loads(receiver.wait(1)[2])
    assert message["type"] == "images.ready" and message["data"]["session_id"] == session
    assert len(log_of(demo, hook, 1, "sent")) == 1
    demo.delete(f"/api/v1/webhooks/{hook}")


def test_answers_that_are_no_success(hooked, receiver):
    demo = hooked.demo()
    hook = demo.post("/api/v1/webhooks", {"url": receiver.url}).json["id"]
    receiver.answers = [302, 410]
    demo.post(f"/api/v1/webhooks/{hook}/ping")
    receiver.wait(2)  # after five seconds again, and not at /elsewhere
    assert {path for path, _, _ in receiver.got} == {"/hook"}
    entry = log_of(demo, hook, 1, "failed")[0]
    assert entry["attempt"] == 2 and entry["status"] == 410
    assert demo.get("/api/v1/webhooks").json["items"][0]["disabled_reason"] == "gone"
    assert demo.post(f"/api/v1/webhooks/{hook}/ping").code == "webhook_disabled"
    assert demo.post(f"/api/v1/webhooks/{hook}/enable", {"enabled": True}).json["enabled"] is True
    demo.delete(f"/api/v1/webhooks/{hook}")


def test_a_killed_sender_sends_again_with_the_same_id(hooked, receiver):
    demo = hooked.demo()
    hook = demo.post("/api/v1/webhooks", {"url": receiver.url}).json["id"]
    receiver.answers = [None]
    demo.post(f"/api/v1/webhooks/{hook}/ping")
    receiver.wait(1)
    hooked.kill("renderd")  # it was sent, and nobody will tell
    receiver.released.set()
    hooked.restart("renderd")
    hooked.sql("update webhook_delivery set next_at = now() where state = 'waiting'")  # instead of two minutes
    receiver.wait(2)
    assert receiver.got[0][1]["webhook-id"] == receiver.got[1][1]["webhook-id"]
    log_of(demo, hook, 1, "sent")
    demo.delete(f"/api/v1/webhooks/{hook}")


@pytest.mark.parametrize("url", ["http://10.0.0.1/x", "http://169.254.169.254/latest", "ftp://example.com/x", "http://[::ffff:10.1.2.3]/x"])
def test_addresses_inside_are_refused(hooked, url):
    answer = hooked.demo().post("/api/v1/webhooks", {"url": url})
    assert answer.status == 422 and "/url" in answer.pointers() + [answer.json["errors"][0]["pointer"]]
