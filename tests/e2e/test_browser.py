"""The page at / in a real browser, over the WebDriver protocol: log in, list, play, seek."""
import pytest

import studio
from browser import DRIVER, Browser

pytestmark = pytest.mark.skipif(DRIVER is None, reason="chromium-driver is not installed")
@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium = Browser(tmp_path_factory.mktemp("profile"))
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def page(browser, stack, film):
    """Logged in on the page as the account that owns the finished film."""
    browser.open(stack.base + "/")
    browser.until("return !document.querySelector('#login').hidden")
    browser.type("input[name=email]", "demo@example.com")
    browser.type("input[name=password]", "demo123")
    browser.click("#login button[type=submit]")
    browser.until("return !document.querySelector('#films').hidden && document.querySelectorAll('.film').length")
    return browser


VIDEO = f"const v = document.querySelector('[data-id=\"' + arguments[0] + '\"] video'); "


def test_wrong_password_stays_on_the_card(browser, stack):
    browser.open(stack.base + "/")
    browser.until("return !document.querySelector('#login').hidden")
    browser.type("input[name=email]", "demo@example.com")
    browser.type("input[name=password]", "wrong")
    browser.click("#login button[type=submit]")
    text = browser.until("const e = document.querySelector('#login .error'); return !e.hidden && e.textContent")
    assert "password" in text.lower()
    assert browser.run("return document.querySelector('#films').hidden && !document.querySelector('#login button').disabled")
    browser.errors()  # the 401 is in the browser's log as well


def test_list_shows_the_film(page, film):
    text = page.run("return document.querySelector('[data-id=\"' + arguments[0] + '\"]').innerText", film[0])
    assert "finished" in text.lower() and studio.QUICK_PRODUCT in text and "Download" in text
    assert page.run("return document.querySelector('#health').className") == "health ok"
    assert page.run("return document.querySelectorAll('img').length > 0 && [...document.images].every((i) => !i.complete || i.naturalWidth > 0)")


@pytest.mark.parametrize("width,height", [(1280, 800), (360, 740)])
def test_page_fits(page, film, tmp_path, width, height):
    shot = tmp_path / f"page-{width}.png"
    page.shot(shot, width, height)
    assert page.run("return document.documentElement.scrollWidth <= innerWidth && innerWidth === arguments[0]", width)
    assert page.run("""
        return [...document.querySelectorAll('.film')].every((card) => {
            const box = card.getBoundingClientRect();
            return box.left >= 0 && box.right <= innerWidth && box.width > 200;
        })""")


def test_film_plays_to_its_end(page, film):
    session_id, state, _ = film
    page.run(VIDEO + "v.muted = true; window.times = []; v.ontimeupdate = () => times.push(v.currentTime); v.play();", session_id)
    page.until(VIDEO + "return v.ended || v.error", session_id, patience=240)
    facts = page.run(VIDEO + "return [v.error, v.videoWidth, v.videoHeight, v.duration, v.currentTime, times.length, v.currentSrc]", session_id)
    error, width, height, duration, at, updates, source = facts
    assert error is None and (width, height) == (1920, 1080)
    assert abs(duration - state["final_video"]["duration"]) < 0.1 and abs(at - duration) < 0.1
    assert updates > 5 and source == state["final_video"]["url"]


def test_seek(page, film):
    """Into the middle and back, each place with a picture of its own."""
    for place in (6.0, 0.5, 3.0):
        page.run(VIDEO + "window.sought = false; v.pause(); v.onseeked = () => { sought = true; }; v.currentTime = arguments[1];", film[0], place)
        page.until("return window.sought")
        assert abs(page.run(VIDEO + "return v.currentTime", film[0]) - place) < 0.05
    bright = """const c = document.createElement('canvas'); c.width = 64; c.height = 36; const g = c.getContext('2d');
        g.drawImage(v, 0, 0, 64, 36); return g.getImageData(0, 0, 64, 36).data.reduce((a, b) => a + b, 0) / (64 * 36 * 4);"""
    assert page.run(VIDEO + bright, film[0]) > 80, "a black frame at 3 s"


def test_reload_stays_signed_in_and_log_out_ends_it(page):
    page.send("POST", "/refresh")
    page.until("return !document.querySelector('#films').hidden && document.querySelectorAll('.film').length")
    assert page.errors() == []
    page.click("#logout")
    page.until("return !document.querySelector('#login').hidden && document.querySelector('#films').hidden")
    assert page.run("return sessionStorage.getItem('refresh_token')") is None
    page.send("POST", "/refresh")
    page.until("return !document.querySelector('#login').hidden")
