"""Live events: who may listen, single-use tickets, replay."""
import json
import socket
import urllib.request
import uuid

import pytest
import websocket

import studio


@pytest.fixture(scope="module")
def owner(stack):
    return stack.user("listener@example.com")


@pytest.fixture(scope="module")
def session_id(owner):
    """A session with a handful of events; its pictures are those of other tests, out of the cache."""
    session_id = owner.new_session()
    assert owner.pictures(session_id, num_images=4)["stage"] == "image_selection"
    return session_id


def connect(client, path, **options):
    return websocket.create_connection(f"ws{client.base[4:]}{path}", timeout=30, **options)


def close_code(socket_):
    """The code with which the server closes; whatever comes before is read."""
    while True:
        opcode, data = socket_.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2], "big")


def read(socket_, count):
    return [json.loads(socket_.recv()) for _ in range(count)]


def stream(client, path, headers=None):
    request = urllib.request.Request(client.base + path, headers=headers or {"Authorization": f"Bearer {client.token}"})
    return urllib.request.urlopen(request, timeout=30)


def sse(response, count):
    """The first `count` events as (id, object)."""
    events, last = [], None
    while len(events) < count:
        line = response.readline().decode().rstrip("\n")
        if line.startswith("id:"):
            last = int(line[3:])
        elif line.startswith("data:"):
            events.append((last, json.loads(line[5:])))
    return events


@pytest.fixture(scope="module")
def log(owner, session_id):
    """All events of the session, as the socket replays them from the beginning."""
    seq = int(stream_last(owner, session_id)["seq"])
    link = connect(owner, f"/ws/{session_id}?after=0", subprotocols=["bearer", owner.token])
    events = read(link, seq)
    link.close()
    return events


def stream_last(owner, session_id):
    with stream(owner, f"/api/sessions/{session_id}/events") as response:
        return sse(response, 1)[0][1]


def test_replay_is_complete(log):
    assert [e["seq"] for e in log] == list(range(1, len(log) + 1)) and len(log) >= 2


def test_new_listener_gets_the_last_event(owner, session_id, log):
    link = connect(owner, f"/ws/{session_id}", subprotocols=["bearer", owner.token])
    assert read(link, 1) == log[-1:]
    link.close()


def test_replay_after(owner, session_id, log):
    link = connect(owner, f"/ws/{session_id}?after=1", subprotocols=["bearer", owner.token])
    assert read(link, len(log) - 1) == log[1:]
    link.close()
    with stream(owner, f"/api/sessions/{session_id}/events?after=1") as response:
        assert sse(response, len(log) - 1) == [(e["seq"], e) for e in log[1:]]
    with stream(owner, f"/api/v1/sessions/{session_id}/events",
                {"Authorization": f"Bearer {owner.token}", "Last-Event-ID": str(len(log) - 1)}) as response:
        assert sse(response, 1) == [(len(log), log[-1])]


@pytest.mark.parametrize("protocol", [None, ["bearer", "not.a.token"], ["bearer", "e30.e30."]])
def test_socket_without_a_good_token(owner, session_id, protocol):
    assert close_code(connect(owner, f"/ws/{session_id}", subprotocols=protocol)) == 4401


def test_socket_with_a_token_in_the_address(owner, session_id):
    link = connect(owner, f"/ws/{session_id}?token={owner.token}")
    assert read(link, 1)
    link.close()
    assert close_code(connect(owner, f"/ws/{session_id}?token=x")) == 4401


def test_foreign_session_is_closed_with_4404(stack, owner, session_id):
    stranger = stack.user("stranger@example.com")
    for path in (f"/ws/{session_id}", f"/ws/{uuid.UUID(int=9)}", "/ws/nonsense"):
        assert close_code(connect(stranger, path, subprotocols=["bearer", stranger.token])) == 4404


def test_stream_refusals(stack, owner, session_id):
    nobody = studio.Client(stack.base)
    answer = nobody.get(f"/api/sessions/{session_id}/events")
    assert (answer.status, answer.code) == (401, "unauthorized")
    stranger = stack.user("stranger2@example.com")
    answer = stranger.get(f"/api/sessions/{session_id}/events")
    assert (answer.status, answer.code) == (404, "session_not_found")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "errors", "retryable", "request_id"} <= answer.json.keys()


def ticket(client, **body):
    answer = client.post("/api/auth/ticket", body)
    assert answer.status == 200 and answer.json["expires_in"] == 60, answer.body
    return answer.json["ticket"]


def test_ticket_opens_one_socket(owner, session_id):
    one = ticket(owner, session_id=session_id)
    link = connect(owner, f"/ws/{session_id}?ticket={one}")
    assert read(link, 1)
    assert close_code(connect(owner, f"/ws/{session_id}?ticket={one}")) == 4401
    link.close()


def test_ticket_is_for_its_session(owner, session_id):
    other = owner.new_session()
    assert close_code(connect(owner, f"/ws/{session_id}?ticket={ticket(owner, session_id=other)}")) == 4404


def test_ticket_for_a_file(owner, session_id, stack):
    nobody = studio.Client(stack.base)
    picture = owner.session(session_id)["generated_images"][0]["url"]
    one = ticket(owner)
    assert nobody.get(f"{picture}?ticket={one}").status == 200
    assert nobody.get(f"{picture}?ticket={one}").status == 401
    late = ticket(owner)
    stack.sql("update ticket set expires_at = now() - interval '1 second' where used_at is null")
    assert nobody.get(f"{picture}?ticket={late}").status == 401


def test_cookie_only_from_our_own_pages(owner, session_id):
    cookie = f"session_token={owner.token}"
    link = connect(owner, f"/ws/{session_id}", cookie=cookie, origin=owner.base)
    assert read(link, 1)
    link.close()
    assert close_code(connect(owner, f"/ws/{session_id}", cookie=cookie, origin="https://evil.example")) == 4401


def test_text_of_clients_is_ignored(owner, session_id, log):
    link = connect(owner, f"/ws/{session_id}", subprotocols=["bearer", owner.token])
    for text in ("hello", "{", json.dumps({"subscribe": 5}), "x" * 5000):
        link.send(text)
    assert read(link, 1) == log[-1:]
    link.ping()
    assert link.recv_data(control_frame=True)[0] == websocket.ABNF.OPCODE_PONG
    link.close()


def test_tokens_stay_out_of_the_log(stack, owner, session_id):
    with socket.create_connection(("127.0.0.1", stack.port)) as plain:
        plain.sendall(f"GET /ws/{session_id}?token={owner.token} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        plain.recv(1000)
    logs = b"".join(p.read_bytes() for p in (stack.home / "log").glob("*.log"))
    assert owner.token.encode() not in logs
