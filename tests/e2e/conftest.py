import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import studio  # noqa: E402


@pytest.fixture(scope="session")
def stack():
    """One running system for all tests that do not harm it."""
    system = studio.Stack().start()
    yield system
    system.remove()


@pytest.fixture(scope="session")
def demo(stack):
    return stack.demo()


@pytest.fixture(scope="session")
def film(stack, demo, tmp_path_factory):
    """A finished advert, made once: (session id, session object, path of the MP4)."""
    session_id = demo.new_session()
    state = demo.pictures(session_id, num_images=4)
    demo.approve_pictures(session_id, [p["id"] for p in state["generated_images"][:3]])
    state = demo.clips(session_id)
    demo.approve_clips(session_id, [c["id"] for c in state["generated_clips"]])
    state = demo.compose(session_id, audio={"enabled": True, "genre": "chill"})
    assert state["stage"] == "complete", state["error"]
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    path.write_bytes(demo.get(state["final_video"]["url"]).body)
    return session_id, state, path


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failing test shows the last lines of every daemon."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and "stack" in item.funcargs:
        report.sections.append(("daemons", item.funcargs["stack"].logs()))
