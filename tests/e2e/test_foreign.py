"""Another user, and nobody at all, at every address that carries an id; the list of addresses is the API's own document."""
import re
import time

import pytest

import studio

PICTURE = (studio.TOP / "tests/data/media/plain.jpg").read_bytes()
CARD = {"version": 1, "output": {"width": 160, "height": 90}, "tracks": [{"items": [{"type": "card", "duration": 1, "text": "x"}]}]}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# a token of these stands for the right itself, a code for nothing private; who names a call's reference signs as its provider
OPEN_PARAMETERS = {"token", "code", "client_ref"}


class Property:
    """What the owner has, and one id for each kind of {name} in a path."""

    def __init__(self, stack):
        self.client = stack.user("owner@example.com")
        upload = self.client.post("/api/uploads", data=PICTURE, content_type="image/jpeg").json["id"]
        session = self.client.new_session()
        started = self.client.start("/api/generate-images", session_id=session, num_images=4,
                                    product_prompt="pink tennis shoes with white laces").json
        asset = self.client.wait_stage(session, "image_selection")["generated_images"][0]["id"]
        self.share = self.client.post(f"/api/assets/{asset}/shares", {}).json
        key = self.client.post("/api/keys", {"name": "mine", "scopes": ["read"]}).json["id"]
        render = self.client.post(f"/api/v1/projects/{session}/renders?wait=25", {"timeline": CARD}).json["id"]
        hook = self.client.post("/api/v1/webhooks", {"url": "https://example.invalid/hook"}).json["id"]
        delivery = self.client.post(f"/api/v1/webhooks/{hook}/ping").json["delivery_id"]
        assert self.client.post(f"/api/v1/webhooks/{hook}/enable", {"enabled": False}).status == 200  # its log stands still
        assert self.client.call("PUT", f"/api/v1/projects/{session}/timeline", body={"timeline": CARD}).status == 200
        # a saved timeline is worked on ahead; what the owner sees stands still only after that
        while any(job["finished_at"] is None for job in self.client.get("/api/jobs").json["items"]):
            time.sleep(0.2)
        self.ids = {"session_id": session, "job_id": started["job_id"], "asset_id": asset, "upload_id": upload,
                    "share_id": self.share["id"], "key_id": str(key), "project_id": session, "render_id": render, "file": "film.m3u8",
                    "webhook_id": hook, "delivery_id": str(delivery)}

    def path(self, template):
        return re.sub(r"{(\w+)}", lambda m: self.ids[m.group(1)], template)

    def state(self):
        """Everything that the owner can see."""
        paths = ("/api/sessions/{session_id}", "/api/sessions/{session_id}/costs", "/api/jobs/{job_id}", "/api/uploads/{upload_id}",
                 "/media/{asset_id}", "/media/{upload_id}", "/api/assets/{asset_id}/shares", "/api/keys", "/api/jobs", "/api/uploads",
                 "/api/projects", "/api/costs/summary", "/api/auth/me", "/api/projects/{project_id}/timeline",
                 "/api/projects/{project_id}/renders", "/api/renders/{render_id}", "/api/renders/{render_id}/plan",
                 "/api/webhooks", "/api/webhooks/{webhook_id}/deliveries")
        seen = {}
        for template in paths:
            template = template.replace("/media/{upload_id}", f"/media/{self.ids['upload_id']}")
            answer = self.client.get(self.path(template))
            assert answer.status == 200, (template, answer.body)
            seen[template] = answer.body
        seen["share"] = studio.Client("").get(self.share["url"]).body
        assert seen["share"] == seen["/media/{asset_id}"]
        return seen


@pytest.fixture(scope="module")
def owned(stack):
    return Property(stack)


@pytest.fixture(scope="module")
def table(stack):
    """{path template: {METHOD: operation}} of the running API."""
    paths = studio.Client(stack.base).get("/api/openapi.json").json["paths"]
    return {path: {method.upper(): operation for method, operation in row.items() if method in ("get", "post", "put", "patch", "delete")}
            for path, row in paths.items()}


def example(operation):
    """A body that passes validation as far as the ids matter."""
    return {} if "requestBody" in operation else None


BODIES = {
    "/api/sessions/{session_id}/images": lambda owned: {"asset_id": owned.ids["upload_id"]},
    "/api/generate-images": lambda owned: {"product_prompt": "a red chair"},
    "/api/save-approved-images": lambda owned: {"approved_image_ids": [owned.ids["asset_id"], "img_0123456789abcdef"]},
    "/api/generate-clips": lambda owned: {"video_prompt": "slow zoom in the morning"},
    "/api/save-approved-clips": lambda owned: {"approved_clip_ids": ["clip_0123456789abcdef"]},
    "/api/jobs/{job_id}/attention": lambda owned: {"action": "look_up"},
    "/api/projects/{project_id}/timeline": lambda owned: {"timeline": CARD},
    "/api/webhooks/{webhook_id}/enable": lambda owned: {"enabled": True},
    "/api/projects/{project_id}/renders": lambda owned: {"timeline": CARD},
    "/api/preview-composition": lambda owned: {"text_overlay": {"product_name": "a", "cta": "b"}},
    "/api/compose-final-video": lambda owned: {"text_overlay": {"product_name": "a", "cta": "b"}},
}


def request(client, owned, method, template, operation):
    body = BODIES[template](owned) if template in BODIES else example(operation) if operation else None
    if body is not None and "{" not in template:
        body["session_id"] = owned.ids["session_id"]
    return client.call(method, owned.path(template), body=body)


def names(template):
    return set(re.findall(r"{(\w+)}", template))


def private(table):
    """Every (path, row) that carries an id which somebody owns; a new kind of id has to be added to Property."""
    found = [(path, row) for path, row in table.items() if names(path) and not names(path) & OPEN_PARAMETERS]
    assert len(found) >= 10
    return found


def test_every_kind_of_id_is_known(table, owned):
    assert {name for path, _ in private(table) for name in names(path)} == owned.ids.keys()


def test_foreigner_finds_nothing(stack, table, owned):
    foreigner = stack.user("foreigner@example.com")
    before = owned.state()
    for template, row in private(table):
        for prefix in ("", "/api/v1") if template.startswith("/api/") else ("",):
            for method in METHODS:
                operation = row.get(method)
                path = template if not prefix else template.replace("/api", prefix, 1)
                answer = foreigner.call(method, owned.path(path), body=(BODIES[template](owned) if template in BODIES else example(operation))
                                        if operation else None)
                known = method in row or (method == "HEAD" and "GET" in row)
                assert answer.status == (404 if known else 405), (method, path, answer.status, answer.body)
                if method != "HEAD":
                    for value in (owned.client.token, "owner@example.com", "plain"):
                        assert value.encode() not in answer.body
    assert owned.state() == before


def test_foreign_session_in_a_body(stack, owned):
    foreigner = stack.user("foreigner2@example.com")
    before = owned.state()
    for path in BODIES:
        if "{" not in path:
            answer = request(foreigner, owned, "POST", path, {"requestBody": {}})
            assert (answer.status, answer.code) == (404, "session_not_found"), (path, answer.body)
    answer = foreigner.post("/api/auth/ticket", {"session_id": owned.ids["session_id"]})
    assert (answer.status, answer.code) == (404, "session_not_found")
    mine = foreigner.new_session()
    answer = foreigner.post(f"/api/sessions/{mine}/images", {"asset_id": owned.ids["upload_id"]})
    assert (answer.status, answer.code) == (422, "asset_not_found")
    assert owned.state() == before


def test_lists_hold_nothing_of_others(stack, owned):
    foreigner = stack.user("foreigner3@example.com")
    for path in ("/api/sessions", "/api/projects", "/api/jobs", "/api/uploads", "/api/keys", "/api/webhooks"):
        assert foreigner.get(path).json["items"] == []
    assert foreigner.get(f"/api/jobs?session_id={owned.ids['session_id']}").json.get("items", []) == []
    assert foreigner.get("/api/costs/summary").json["session_count"] == 0


def test_without_a_token(stack, table, owned):
    """401 wherever the table asks for sign-in, before anything else is looked at."""
    nobody = studio.Client(stack.base)
    before = owned.state()
    asked = 0
    for template, row in table.items():
        if names(template) & OPEN_PARAMETERS:
            continue
        for method, operation in row.items():
            if not operation["security"]:
                continue
            answer = request(nobody, owned, method, template, operation)
            assert (answer.status, answer.code) == (401, "unauthorized"), (method, template, answer.body)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            asked += 1
    assert asked >= 30
    assert owned.state() == before


def test_public_addresses_are_few(table):
    """Whoever adds one has to say so here."""
    public = {(method, path) for path, row in table.items() for method, operation in row.items() if not operation["security"]}
    assert public == {("POST", "/api/auth/login"), ("POST", "/api/auth/refresh"), ("GET", "/share/{token}"), ("GET", "/health"),
                      ("GET", "/ready"), ("GET", "/metrics"), ("GET", "/api/openapi.json"), ("GET", "/api/docs"), ("GET", "/problems"),
                      ("GET", "/problems/{code}"), ("POST", "/api/hooks/fal/{client_ref}")}


def test_key_reaches_only_its_scope(stack, owned):
    made = owned.client.post("/api/keys", {"name": "reader", "scopes": ["read"]}).json
    reader = studio.Client(stack.base, made["key"])
    try:
        assert reader.get(owned.path("/api/sessions/{session_id}")).status == 200
        for method, path in (("DELETE", "/api/sessions/{session_id}"), ("DELETE", "/api/uploads/{upload_id}"),
                             ("DELETE", "/api/shares/{share_id}")):
            answer = reader.call(method, owned.path(path))
            assert (answer.status, answer.code) == (403, "insufficient_scope")
        assert reader.get("/api/keys").status == 403
    finally:
        assert owned.client.delete(f"/api/keys/{made['id']}").status == 200
    assert reader.get(owned.path("/api/sessions/{session_id}")).status == 401
