"""What clients do wrong, through nginx: every limit of the adverts, requests that are no requests, files that lie."""
import http.client
import socket
import struct
import uuid
import zlib

import pytest

import studio

MEDIA = studio.TOP / "tests/data/media"
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "errors", "retryable", "hint", "request_id"}
DAEMONS = ("media", "renderd", "eventd", "api", "nginx")


def problem(answer, status, code, pointer=None):
    """A complete problem document with this status and code; its errors begin with `pointer`."""
    assert answer.status == status, (answer.status, answer.body)
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json"
    body = answer.json
    assert MEMBERS <= body.keys(), MEMBERS - body.keys()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/problems/{code}")
    assert body["title"] and body["detail"] and body["instance"].startswith("/")
    assert isinstance(body["retryable"], bool) and isinstance(body["errors"], list)
    assert answer.headers["X-Request-Id"] == body["request_id"]
    if pointer is not None:
        assert any(e["pointer"].startswith(pointer) and e["code"] and e["detail"] for e in body["errors"]), body["errors"]


@pytest.fixture(scope="module")
def session_id(demo):
    return demo.new_session()


@pytest.fixture(scope="module")
def pictured(demo):
    """A session that waits for a choice of pictures."""
    session_id = demo.new_session()
    return session_id, [p["id"] for p in demo.pictures(session_id, num_images=4)["generated_images"]]


# (call, pointer of the error, what is wrong about the good body; None removes a field)
IMAGES, CLIPS, COMPOSE = "/api/generate-images", "/api/generate-clips", "/api/compose-final-video"
GOOD = {
    IMAGES: {"product_prompt": "pink tennis shoes with white laces"},
    CLIPS: {"video_prompt": "girl running in the evening sun"},
    COMPOSE: {"text_overlay": {"product_name": "AirRun", "cta": "Shop Now"}},
}
OVERLAY = GOOD[COMPOSE]["text_overlay"]
LIMITS = [
    (IMAGES, "/session_id", {"session_id": None}),
    (IMAGES, "/session_id", {"session_id": "not-a-uuid"}),
    (IMAGES, "/session_id", {"session_id": 7}),
    (IMAGES, "/product_prompt", {"product_prompt": None}),
    (IMAGES, "/product_prompt", {"product_prompt": "  ab  "}),
    (IMAGES, "/product_prompt", {"product_prompt": "x" * 201}),
    (IMAGES, "/product_prompt", {"product_prompt": ["shoes"]}),
    (IMAGES, "/num_images", {"num_images": 3}),
    (IMAGES, "/num_images", {"num_images": 9}),
    (IMAGES, "/num_images", {"num_images": 4.5}),
    (IMAGES, "/num_images", {"num_images": "6"}),
    (IMAGES, "/style_keywords", {"style_keywords": ["w"] * 11}),
    (IMAGES, "/style_keywords/1", {"style_keywords": ["studio", ""]}),
    (IMAGES, "/style_keywords/0", {"style_keywords": ["x" * 31]}),
    (IMAGES, "/style_keywords/0", {"style_keywords": [5]}),
    (IMAGES, "/style_keywords", {"style_keywords": "studio"}),
    (IMAGES, "/model", {"model": "dall-e"}),
    (IMAGES, "/fresh", {"fresh": "yes"}),
    (IMAGES, "/num_pictures", {"num_pictures": 6}),
    (CLIPS, "/session_id", {"session_id": None}),
    (CLIPS, "/video_prompt", {"video_prompt": None}),
    (CLIPS, "/video_prompt", {"video_prompt": "x" * 9}),
    (CLIPS, "/video_prompt", {"video_prompt": "x" * 301}),
    (CLIPS, "/clip_duration", {"clip_duration": 1.99}),
    (CLIPS, "/clip_duration", {"clip_duration": 4.01}),
    (CLIPS, "/clip_duration", {"clip_duration": "3"}),
    (CLIPS, "/model", {"model": "flux-pro"}),
    (CLIPS, "/fps", {"fps": 60}),
    (COMPOSE, "/session_id", {"session_id": None}),
    (COMPOSE, "/text_overlay", {"text_overlay": None}),
    (COMPOSE, "/text_overlay/product_name", {"text_overlay": {"cta": "Shop Now"}}),
    (COMPOSE, "/text_overlay/product_name", {"text_overlay": {**OVERLAY, "product_name": " "}}),
    (COMPOSE, "/text_overlay/product_name", {"text_overlay": {**OVERLAY, "product_name": "x" * 51}}),
    (COMPOSE, "/text_overlay/cta", {"text_overlay": {"product_name": "AirRun"}}),
    (COMPOSE, "/text_overlay/cta", {"text_overlay": {**OVERLAY, "cta": "x" * 31}}),
    (COMPOSE, "/text_overlay/font", {"text_overlay": {**OVERLAY, "font": "Comic Sans"}}),
    (COMPOSE, "/text_overlay/color", {"text_overlay": {**OVERLAY, "color": "red"}}),
    (COMPOSE, "/text_overlay/color", {"text_overlay": {**OVERLAY, "color": "#FFFFFFFF"}}),
    (COMPOSE, "/text_overlay/cta_lead_in", {"text_overlay": {**OVERLAY, "cta_lead_in": 2.01}}),
    (COMPOSE, "/text_overlay/cta_lead_in", {"text_overlay": {**OVERLAY, "cta_lead_in": -0.1}}),
    (COMPOSE, "/text_overlay/size", {"text_overlay": {**OVERLAY, "size": 12}}),
    (COMPOSE, "/audio/enabled", {"audio": {"enabled": 1}}),
    (COMPOSE, "/audio/genre", {"audio": {"genre": 3}}),
    (COMPOSE, "/audio/volume", {"audio": {"volume": 3}}),
    (COMPOSE, "/intro_duration", {"intro_duration": 3.01}),
    (COMPOSE, "/intro_duration", {"intro_duration": -1}),
    (COMPOSE, "/outro_duration", {"outro_duration": 3.01}),
    (COMPOSE, "/transition", {"transition": "wipe"}),
    (COMPOSE, "/fit_duration", {"fit_duration": 0}),
]


@pytest.mark.parametrize("path,pointer,change", LIMITS)
def test_limits_of_start_calls(demo, session_id, path, pointer, change):
    body = {"session_id": session_id, **GOOD[path], **change}
    body = {k: v for k, v in body.items() if v is not None}
    problem(demo.post(path, body), 422, "validation_error", pointer)
    assert demo.session(session_id)["stage"] == "created"


def test_code_points_not_bytes_are_counted(demo, session_id):
    """200 emoji are 800 bytes and one prompt."""
    answer = demo.post(IMAGES + "?dry_run=1", {"session_id": session_id, "product_prompt": " " + "\U0001f45f" * 200 + " "})
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("data,content_type,status,code", [
    (b"{", "application/json", 400, "bad_json"),
    (b'{"product_prompt":"shoes\\u0000laces"}', "application/json", 400, "bad_json"),
    (b"", "application/json", 422, "validation_error"),
    (b'{"email":"a","email":"b"}', "application/json", 400, "bad_json"),
    (b'{"email":"\xff"}', "application/json", 400, "bad_json"),
    (b'{"email":"\\ud800"}', "application/json", 400, "bad_json"),
    pytest.param(b"[" * 10000, "application/json", 400, "bad_json", id="deep"),
    (b'{"a":1} x', "application/json", 400, "bad_json"),
    (b"{'a':1}", "application/json", 400, "bad_json"),
    (b"[]", "application/json", 422, "validation_error"),
    (b"null", "application/json", 422, "validation_error"),
    (b"{}", "text/plain", 415, "unsupported_media_type"),
    (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    (b"{}", None, 415, "unsupported_media_type"),
])
def test_bodies_that_are_none(demo, data, content_type, status, code):
    headers = {} if content_type else {"Content-Type": ""}
    problem(demo.call("POST", IMAGES, data=data, content_type=content_type, headers=headers), status, code)


def test_body_above_one_mebibyte(demo, session_id):
    body = {"session_id": session_id, "product_prompt": "x" * (1 << 20)}
    problem(demo.post(IMAGES, body), 413, "too_large")
    problem(demo.post("/api/v1/sessions/create", {"padding": "x" * (1 << 20)}), 413, "too_large")


def test_picture_above_its_own_limit(demo):
    """nginx lets films of 2 GB through; the API knows that this is a picture."""
    limit = demo.get("/api/ads/options").json["uploads"]["max_image_bytes"]
    data = b"\x89PNG\r\n\x1a\n" + bytes(limit)
    problem(demo.post("/api/uploads", data=data, content_type="image/png"), 413, "too_large")


@pytest.mark.parametrize("token", [
    "", "x", "Bearer", "a.b.c", "fw_" + "0" * 40,
    # {"alg":"none"} . {"sub":"1","exp":9999999999}
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwiZXhwIjo5OTk5OTk5OTk5fQ.",
])
def test_tokens_that_are_none(stack, session_id, token):
    client = studio.Client(stack.base)
    problem(client.get(f"/api/sessions/{session_id}", headers={"Authorization": f"Bearer {token}"}), 401, "unauthorized")


def test_token_changed_in_one_place(stack, demo, session_id):
    head, payload, signature = demo.token.split(".")
    for bad in (f"{head}.{payload}.{signature[::-1]}", f"{head}.{payload[:-2]}AA.{signature}", f"{head}.{payload}."):
        problem(studio.Client(stack.base, bad).get(f"/api/sessions/{session_id}"), 401, "unauthorized")


def test_cookie_reads_and_never_writes(stack, demo, session_id):
    client = studio.Client(stack.base)
    cookie = {"Cookie": f"session_token={demo.token}"}
    assert client.get(f"/api/sessions/{session_id}", headers=cookie).status == 200
    problem(client.delete(f"/api/sessions/{session_id}", headers=cookie), 401, "unauthorized")
    foreign = client.get(f"/api/sessions/{session_id}", headers={**cookie, "Origin": "https://evil.example"})
    problem(foreign, 403, "origin_not_allowed")


@pytest.mark.parametrize("path,code", [
    ("/api/nothing", "not_found"),
    ("/api/v1/nothing/here", "not_found"),
    ("/nothing", "not_found"),
    ("/api/sessions/1", "session_not_found"),
    (f"/api/sessions/{uuid.UUID(int=5)}", "session_not_found"),
    (f"/api/sessions/{uuid.UUID(int=5)}/costs", "session_not_found"),
    (f"/api/sessions/{uuid.UUID(int=5)}/download", "session_not_found"),
    (f"/api/jobs/{uuid.UUID(int=5)}", "job_not_found"),
    ("/api/uploads/up_0000000000000000", "not_found"),
    ("/api/uploads/..%2f..%2fetc%2fpasswd", "not_found"),
    ("/media/vid_0000000000000000", "not_found"),
    ("/share/" + "A" * 43, "not_found"),
    ("/_store/ab/" + "ab" * 32, "not_found"),
    ("/_wait/" + str(uuid.UUID(int=5)), "not_found"),
])
def test_nothing_there(demo, path, code):
    problem(demo.get(path), 404, code)


@pytest.mark.parametrize("line", [b"GET /media/%00 HTTP/1.1", b"GET /../../etc/passwd HTTP/1.1", b"GET", b"\xff\xfe", b"GET / HTTP/9.9",
                                  b"GET / HTTP/1.1\r\nContent-Length: -5", b"POST /api/x HTTP/1.1\r\nTransfer-Encoding: no"])
def test_requests_that_are_none(stack, line):
    """Whatever it is, it is the client's fault: a 4xx or 5xx of protocol, never 500."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=30) as connection:
        connection.sendall(line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    if b"HTTP/" not in answer[:5]:
        assert b"/problems/bad_request" in answer  # a client of HTTP/0.9 gets the body alone
        return
    status = int(answer.split()[1])
    assert status in (400, 501, 505), answer
    assert status != 400 or b"/problems/bad_request" in answer


def test_film_that_is_not_made_yet(demo, session_id):
    problem(demo.get(f"/api/sessions/{session_id}/download"), 404, "no_final_video")


@pytest.mark.parametrize("method,path,allow", [
    ("GET", IMAGES, "POST"), ("DELETE", "/api/auth/login", "POST"), ("PUT", "/api/sessions", "GET"),
    ("PATCH", "/api/v1/uploads", "GET, HEAD, POST"), ("POST", "/health", "GET"), ("FROB", "/api/sessions", "GET"),
])
def test_wrong_method(demo, method, path, allow):
    answer = demo.call(method, path)
    problem(answer, 405, "method_not_allowed")
    assert set(allow.split(", ")) <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", [
    "/api/sessions?limit=0", "/api/sessions?limit=201", "/api/sessions?limit=x", "/api/sessions?limit=5&limit=6",
    "/api/sessions?offset=-1", "/api/sessions?offset=10001", "/api/sessions?cursor=", "/api/sessions?cursor=garbage",
    "/api/sessions?page=2", "/api/jobs?state=sleeping", "/api/jobs?session_id=5", "/api/costs/summary?from=yesterday",
    "/api/costs/summary?group_by=weather", "/api/ads/options?verbose=1",
])
def test_query_parameters(demo, path):
    problem(demo.get(path), 422, "validation_error")


def test_query_of_start_calls(demo, session_id):
    body = {"session_id": session_id, **GOOD[IMAGES]}
    for query in ("wait=26", "wait=-1", "wait=soon", "dry_run=maybe", "dryrun=1"):
        problem(demo.post(f"{IMAGES}?{query}", body), 422, "validation_error")
    assert demo.session(session_id)["stage"] == "created"


def test_wrong_order_of_steps(demo, session_id):
    for path in (CLIPS, COMPOSE):
        problem(demo.post(path, {"session_id": session_id, **GOOD[path]}), 409, "invalid_stage")
    problem(demo.post("/api/save-approved-clips", {"session_id": session_id, "approved_clip_ids": ["clip_0123456789abcdef"]}),
            409, "invalid_stage")
    problem(demo.call("POST", f"/api/sessions/{session_id}/cancel"), 409, "nothing_running")
    problem(demo.post("/api/sessions/create", {"user_id": demo.user_id + 1}), 403, "forbidden")


def test_choice_of_pictures(demo, pictured):
    session_id, ids = pictured
    for bad in ([], ids[:1], [ids[0], ids[0]], [ids[0], "img_0123456789abcdef"], ids + ["img_0123456789abcdef"] * 5, "all"):
        answer = demo.post("/api/save-approved-images", {"session_id": session_id, "approved_image_ids": bad})
        problem(answer, 422, "validation_error", "/approved_image_ids")
    problem(demo.post(CLIPS, {"session_id": session_id, **GOOD[CLIPS]}), 409, "selection_required")
    assert demo.session(session_id)["approved_images"] == []


def test_dry_run_starts_nothing(demo, pictured):
    session_id, _ = pictured
    before = demo.session(session_id)
    jobs = demo.get(f"/api/jobs?session_id={session_id}").json["items"]
    answer = demo.post(IMAGES + "?dry_run=1", {"session_id": session_id, "product_prompt": "a watch"},
                       headers={"Idempotency-Key": "dry"})
    assert answer.status == 200 and answer.json["estimated_cost"] > 0, answer.body
    assert demo.session(session_id) == before
    assert demo.get(f"/api/jobs?session_id={session_id}").json["items"] == jobs


def test_idempotency_key(demo, stack):
    key = {"Idempotency-Key": "walk-1"}
    first = demo.post("/api/sessions/create", {}, headers=key)
    again = demo.post("/api/sessions/create", {}, headers=key)
    assert first.status == again.status == 201 and first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true" and first.headers["Idempotent-Replayed"] is None
    rival = demo.post("/api/sessions/create", {"user_id": demo.user_id}, headers=key)
    problem(rival, 422, "idempotency_mismatch")
    other = stack.user("key@example.com").post("/api/sessions/create", {}, headers=key)
    assert other.status == 201 and other.json["session_id"] != first.json["session_id"]
    problem(demo.post("/api/sessions/create", {}, headers={"Idempotency-Key": "k" * 65}), 422, "validation_error")


def test_idempotent_start_starts_once(demo):
    session_id = demo.new_session()
    body = {"session_id": session_id, **GOOD[IMAGES], "num_images": 4}
    key = {"Idempotency-Key": "start-" + session_id[:8]}
    first = demo.post(IMAGES, body, headers=key)
    again = demo.post(IMAGES, body, headers=key)
    assert first.status == again.status == 202 and first.json == again.json, again.body
    assert again.headers["Idempotent-Replayed"] == "true"
    demo.wait_stage(session_id, "image_selection")
    jobs = demo.get(f"/api/jobs?session_id={session_id}&kind=ad.plan_images").json["items"]
    assert len(jobs) == 1


def test_idempotent_picture(demo):
    """A start call whose query has no dry_run."""
    session_id = demo.new_session()
    upload = demo.post("/api/uploads", data=(MEDIA / "plain.png").read_bytes(), content_type="image/png").json["id"]
    key = {"Idempotency-Key": "picture-" + session_id[:8]}
    first, again = (demo.post(f"/api/sessions/{session_id}/images", {"asset_id": upload}, headers=key) for _ in range(2))
    assert first.status == again.status == 202 and first.json["job_id"] == again.json["job_id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(demo.wait_stage(session_id, "image_selection")["generated_images"]) == 1


def test_etag(demo, session_id):
    path = f"/api/sessions/{session_id}"
    etag = demo.get(path).headers["ETag"]
    same = demo.get(path, headers={"If-None-Match": etag})
    assert same.status == 304 and same.body == b"" and same.headers["ETag"] == etag
    assert demo.get(path, headers={"If-None-Match": '"other"'}).status == 200


def test_etag_of_a_file(demo, pictured):
    path = f"/media/{pictured[1][0]}"
    etag = demo.get(path).headers["ETag"]
    assert demo.get(path, headers={"If-None-Match": etag}).status == 304
    assert demo.get(path, headers={"Range": "bytes=99999999-"}).status == 416


def test_cursor_paging(stack):
    """Every row once and in the same order, also when rows are added between two pages."""
    client = stack.user("pages@example.com")
    made = [client.new_session() for _ in range(7)]
    seen, cursor = [], None
    while True:
        page = client.get("/api/sessions?limit=3" + (f"&cursor={cursor}" if cursor else "")).json
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        client.new_session()
        if cursor is None:
            break
    assert seen == made[::-1]


def test_wait(demo):
    session_id = demo.new_session()
    body = {"session_id": session_id, **GOOD[IMAGES], "num_images": 4}
    answer = demo.post(IMAGES + "?wait=25", body)
    assert answer.status in (200, 202), answer.body
    job = answer.json
    if job["state"] not in ("succeeded", "partial"):
        job = demo.get(f"/api/v1/jobs/{job['id']}?wait=25").json
    assert job["state"] == "succeeded" and job["progress"] == 1
    assert demo.session(session_id)["stage"] == "image_selection"


def test_login_attempts(stack):
    client = studio.Client(stack.base)
    body = {"email": "demo@example.com", "password": "guess"}
    try:
        answers = [client.post("/api/auth/login", body) for _ in range(12)]
        problem(answers[0], 401, "invalid_credentials")
        problem(answers[-1], 429, "too_many_attempts")
        assert answers[-1].json["retryable"] is True and 0 < int(answers[-1].headers["Retry-After"]) <= 300
        assert client.post("/api/auth/login", {**body, "password": "demo123"}).status == 429
    finally:
        stack.sql("delete from login_attempt")
    assert client.post("/api/auth/login", {**body, "password": "demo123"}).status == 200


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def scratch_png(width, height, raw, more=b""):
    """A PNG as no honest program writes it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def cut(name, share):
    data = (MEDIA / name).read_bytes()
    return data[:int(len(data) * share)]


BAD_FILES = [
    ("image/jpeg", (MEDIA / "plain.png").read_bytes, 422, "media_type_mismatch"),
    ("video/mp4", (MEDIA / "plain.png").read_bytes, 422, "media_type_mismatch"),
    ("image/png", (MEDIA / "film.mp4").read_bytes, 422, "media_type_mismatch"),
    ("image/png", (MEDIA / "text.png").read_bytes, 415, "unsupported_media_type"),
    ("image/svg+xml", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "unsupported_media_type"),
    ("text/html", lambda: b"<script>", 415, "unsupported_media_type"),
    ("image/png", lambda: b"", 422, "media_unreadable"),
    ("image/png", lambda: b"\x89PNG\r\n\x1a\n", 422, "media_truncated"),
    ("image/png", lambda: cut("plain.png", 0.7), 422, "media_truncated"),
    ("image/jpeg", lambda: cut("plain.jpg", 0.7), 422, "media_truncated"),
    ("image/webp", lambda: cut("plain.webp", 0.7), 422, "media_truncated"),
    ("video/mp4", lambda: cut("film.mp4", 0.7), 422, "media_truncated"),
    ("audio/wav", lambda: cut("tone.wav", 0.7), 422, "media_truncated"),
    ("image/png", (MEDIA / "damaged.png").read_bytes, 422, "media_unreadable"),
    ("image/png", (MEDIA / "wide.png").read_bytes, 422, "media_too_large"),
    ("image/png", (MEDIA / "square.png").read_bytes, 422, "media_too_large"),
    ("image/png", lambda: scratch_png(0, 5, b""), 422, "media_unreadable"),
    ("image/png", lambda: scratch_png(4, 4, bytes(60 << 20)), 422, "media_bomb"),
    ("image/png", lambda: scratch_png(4, 4, bytes(52), chunk(b"zTXt", b"c\0\0" + zlib.compress(bytes(60 << 20), 9))), 422,
     "media_bomb"),
    ("image/png", (MEDIA / "profile_bomb.png").read_bytes, 422, "media_bomb"),
    ("image/png", (MEDIA / "hollow.png").read_bytes, 422, "media_bomb"),
    ("image/png", (MEDIA / "archive.png").read_bytes, 422, "media_polyglot"),
    ("image/jpeg", (MEDIA / "document.jpg").read_bytes, 422, "media_polyglot"),
    ("image/gif", (MEDIA / "page.gif").read_bytes, 422, "media_polyglot"),
    ("image/webp", (MEDIA / "animated.webp").read_bytes, 422, "media_unsupported"),
]


@pytest.fixture(scope="module")
def same_processes(stack):
    """The daemons are the same processes before and after all of this."""
    before = {name: stack.pid(name) for name in DAEMONS}
    assert all(before.values())
    yield
    assert {name: stack.pid(name) for name in DAEMONS} == before


@pytest.mark.parametrize("content_type,data,status,code", BAD_FILES)
def test_bad_files(demo, same_processes, content_type, data, status, code):
    answer = demo.post("/api/uploads", data=data(), content_type=content_type)
    problem(answer, status, code)
    assert "/tmp" not in answer.json["detail"] and "blob" not in answer.json["detail"]
    explained = demo.get(answer.json["type"])
    assert explained.status == 200 and explained.json["code"] == code


def test_body_shorter_than_announced(stack, demo, same_processes):
    """A client that goes away half way leaves nothing behind."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port)
    connection.putrequest("POST", "/api/uploads")
    for name, value in (("Authorization", f"Bearer {demo.token}"), ("Content-Type", "image/png"), ("Content-Length", "100000")):
        connection.putheader(name, value)
    connection.endheaders(b"\x89PNG\r\n\x1a\n")
    connection.close()
    assert stack.scratch_files() == []


def form(*parts):
    lines = []
    for head, content in parts:
        lines += [b"--fw", b"Content-Disposition: form-data; " + head, b"", content]
    return b"\r\n".join(lines + [b"--fw--", b""])


def test_forms(demo, same_processes):
    png = (MEDIA / "plain.png").read_bytes()
    kind = "multipart/form-data; boundary=fw"
    file = (b'name="file"; filename="a.png"', png)
    good = demo.post("/api/uploads", data=form(file), content_type=kind)
    assert good.status == 201 and good.json["file_name"] == "a.png"
    for bad in (form(file, file), form((b'name="note"', b"hello"), file), form()):
        problem(demo.post("/api/uploads", data=bad, content_type=kind), 422, "validation_error")
    unended = demo.post("/api/uploads", data=form(file)[:-8], content_type=kind)
    assert unended.status in (400, 422), unended.body
    problem(demo.post("/api/uploads", data=form(file), content_type="multipart/form-data"), unended.status, unended.code)


@pytest.mark.parametrize("name,content_type,size", [
    ("plain.png", "image/png", (64, 48)), ("plain.jpg", "image/jpeg", (64, 48)), ("plain.webp", "image/webp", (64, 48)),
    ("plain.gif", "image/gif", (64, 48)), ("turn6.jpg", "image/jpeg", (32, 48)), ("film.mp4", "video/mp4", (128, 72)),
    ("plain.png", "application/octet-stream", (64, 48)),
])
def test_good_files_still_pass(demo, same_processes, name, content_type, size):
    answer = demo.post(f"/api/uploads?filename={name}", data=(MEDIA / name).read_bytes(), content_type=content_type)
    assert answer.status == 201 and answer.json["state"] == "ready", answer.body
    assert (answer.json["width"], answer.json["height"]) == size
    assert demo.get(answer.json["url"]).body == (MEDIA / name).read_bytes()


def test_refused_files_are_not_kept(demo, stack):
    """What was refused has no address and cannot become a picture of an advert."""
    refused = stack.sql("select id from asset where state = 'refused' limit 1")
    assert refused and demo.get(f"/media/{refused}").status == 404
    session_id = demo.new_session()
    problem(demo.post(f"/api/sessions/{session_id}/images", {"asset_id": refused}), 422, "asset_not_ready")
    problem(demo.post(f"/api/sessions/{session_id}/images", {"asset_id": "up_0000000000000000"}), 422, "asset_not_found")
    assert stack.scratch_files() == []
