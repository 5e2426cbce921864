import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import hosts  # noqa: E402
from director import Director  # noqa: E402


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
