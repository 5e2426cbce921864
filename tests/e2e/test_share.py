"""Public addresses of files: made, opened without a token, revoked, run out."""
import pytest

import studio

PICTURE = (studio.TOP / "tests/data/media/plain.png").read_bytes()


@pytest.fixture(scope="module")
def owner(stack):
    return stack.user("sharer@example.com")


@pytest.fixture(scope="module")
def asset(owner):
    """(session, picture that was generated in it)"""
    session_id = owner.new_session()
    return session_id, owner.pictures(session_id, num_images=4)["generated_images"][0]["id"]


@pytest.fixture
def share(owner, asset):
    answer = owner.post(f"/api/assets/{asset[1]}/shares", {})
    assert answer.status == 201, answer.body
    return answer.json


@pytest.fixture
def nobody(stack):
    return studio.Client(stack.base)


def test_open_and_revoke(owner, asset, share, nobody):
    shown = nobody.get(share["url"])
    assert shown.status == 200 and shown.headers["Content-Type"] == "image/png"
    assert shown.body == owner.get(f"/media/{asset[1]}").body
    assert nobody.get(share["url"], headers={"Range": "bytes=0-7"}).body == b"\x89PNG\r\n\x1a\n"
    assert nobody.get(share["url"] + "?download=1").headers["Content-Disposition"].startswith("attachment")
    assert share["id"] in [row["id"] for row in owner.get(f"/api/assets/{asset[1]}/shares").json["items"]]

    assert owner.delete(f"/api/shares/{share['id']}").status == 200
    gone = nobody.get(share["url"])
    assert gone.status in (404, 410) and gone.headers["Content-Type"] == "application/problem+json"
    assert share["id"] not in [row["id"] for row in owner.get(f"/api/assets/{asset[1]}/shares").json["items"]]
    assert owner.delete(f"/api/shares/{share['id']}").status == 404


def test_address_tells_nothing(owner, asset, share, stack):
    token = share["url"].rsplit("/", 1)[1]
    assert len(token) >= 32 and asset[1] not in share["url"]
    assert stack.sql(f"select count(*) from share_link where position('{token}' in share_link::text) > 0") == "0"
    assert token not in owner.get(f"/api/assets/{asset[1]}/shares").body.decode()


def test_share_opens_nothing_else(asset, share, nobody):
    token = share["url"].rsplit("/", 1)[1]
    for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"session_token={token}"}):
        assert nobody.get(f"/media/{asset[1]}", headers=headers).status == 401
    assert nobody.get(f"/media/{asset[1]}?ticket={token}").status == 401
    assert nobody.get(share["url"][:-1] + ("A" if share["url"][-1] != "A" else "B")).status == 404
    assert nobody.call("DELETE", share["url"]).status == 405


def test_share_runs_out(owner, asset, nobody, stack):
    answer = owner.post(f"/api/assets/{asset[1]}/shares", {"expires_in": 60})
    assert answer.status == 201 and answer.json["expires_at"].endswith("Z")
    assert nobody.get(answer.json["url"]).status == 200
    stack.sql(f"update share_link set expires_at = now() - interval '1 second' where id = '{answer.json['id']}'")
    assert nobody.get(answer.json["url"]).status in (404, 410)
    for seconds in (59, 366 * 86400 + 1, "soon"):
        assert owner.post(f"/api/assets/{asset[1]}/shares", {"expires_in": seconds}).status == 422


def test_uploads_wait_for_a_review(owner, asset):
    """Nobody has looked at a picture from outside, nor at what is made of it: it stays private."""
    upload = owner.post("/api/uploads", data=PICTURE, content_type="image/png").json["id"]
    session_id = owner.new_session()
    owner.post(f"/api/sessions/{session_id}/images", {"asset_id": upload})
    made = owner.wait_stage(session_id, "image_selection")["generated_images"][0]["id"]
    for private in (upload, made):
        answer = owner.post(f"/api/assets/{private}/shares", {})
        assert (answer.status, answer.code) == (409, "review_required")


def test_share_ends_with_its_session(owner, asset, share, nobody):
    """The last test here: it deletes what the others share."""
    assert owner.delete(f"/api/sessions/{asset[0]}").status == 200
    assert nobody.get(share["url"]).status in (404, 410)
