"""A headless Chromium over the WebDriver protocol, for tests of pages and of films as browsers play them."""
import base64
import json
import shutil
import subprocess
import time
import urllib.request

import studio

DRIVER = shutil.which("chromedriver")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
         "--autoplay-policy=no-user-gesture-required", "--disable-background-networking", "--no-proxy-server"]


class Browser:
    """One headless Chromium with its driver."""

    def __init__(self, profile):
        self.port = studio.free_port()
        self.driver = subprocess.Popen([DRIVER, f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{self.port}"
        for _ in range(300):
            try:
                if self.send("GET", "/status")["ready"]:
                    break
            except OSError:
                time.sleep(0.1)
        options = {"goog:chromeOptions": {"args": FLAGS + [f"--user-data-dir={profile}"]}, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self.send("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        self.base += f"/session/{session['sessionId']}"

    def send(self, method, path, body=None):
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method, headers={"Content-Type": "application/json"})
        with studio.OPENER.open(request, timeout=180) as answer:
            return json.loads(answer.read())["value"]

    def close(self):
        try:
            self.send("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(30)

    def open(self, url):
        self.send("POST", "/url", {"url": url})

    def run(self, script, *args):
        return self.send("POST", "/execute/sync", {"script": script, "args": args})

    def until(self, script, *args, patience=60):
        """The first true value of the script."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            value = self.run(script, *args)
            if value:
                return value
            time.sleep(0.2)
        raise AssertionError(f"never true: {script}\n{self.run('return document.body.innerText')}")

    def find(self, selector):
        return self.send("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def type(self, selector, text):
        element = self.find(selector)
        self.send("POST", f"/element/{element}/clear")
        self.send("POST", f"/element/{element}/value", {"text": text})

    def click(self, selector):
        self.send("POST", f"/element/{self.find(selector)}/click")

    def shot(self, path, width, height):
        """A picture of the page as a window of this size shows it (a window of its own has a least width)."""
        self.send("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}})
        time.sleep(0.5)
        path.write_bytes(base64.b64decode(self.send("GET", "/screenshot")))

    def errors(self):
        return [e for e in self.send("POST", "/se/log", {"type": "browser"}) if e["level"] == "SEVERE"]
