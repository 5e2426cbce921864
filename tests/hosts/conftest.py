import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import hosts  # noqa: E402
from test_render import Owner, source  # noqa: E402


@pytest.fixture(scope="module")
def farm():
    """A database, a store, and no machine yet."""
    why = hosts.why_not()
    if why:
        pytest.skip(why)
    farm = hosts.Farm()
    try:
        yield farm.start()
    finally:
        farm.remove()


@pytest.fixture(autouse=True)
def at_home(farm):
    yield
    farm.send_home()


class Director(Owner):
    """Renders films that are long for their size: every part shows another piece of one clip, so that nothing is made twice."""

    def __init__(self, farm, folder):
        with_host = farm.add()
        super().__init__(farm.stack, folder)
        data = source(folder / "long.mp4", "mandelbrot", 12, "640x360")
        self.long = self.client.post("/api/uploads", data=data, content_type="video/mp4").json["id"]
        hosts.wait_until(lambda: farm.stack.sql("select count(*) from job where finished_at is null") == "0", "uploads that are looked at")
        with_host.drain()

    def film(self, parts=10, size=(320, 180), **output):
        """A timeline of parts of 4 s; each call a little different, so that the cache has nothing of it."""
        self.takes = getattr(self, "takes", 0) + 1
        items = [{"type": "clip", "asset": self.long, "in": round(i * 0.5, 3), "duration": 4, "fit": "cover",
                  "speed": 1 + self.takes / 100} for i in range(parts)]
        return {"version": 1, "output": {"width": size[0], "height": size[1], "fps": [30, 1], **output}, "tracks": [{"items": items}]}


@pytest.fixture(scope="module")
def director(farm, tmp_path_factory):
    return Director(farm, tmp_path_factory.mktemp("sources"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failing test shows the last lines of every daemon."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and "farm" in item.funcargs:
        report.sections.append(("hosts", item.funcargs["farm"].logs()))
