"""A user whose films are long for their size."""
import hosts  # first: it knows where test_render is
from test_render import Owner, source


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
        items = [{"type": "clip", "asset": self.long, "in": i % 15 * 0.5, "duration": 4, "fit": "cover",
                  "speed": round(1 + self.takes / 100 + i // 15 / 1000, 3)} for i in range(parts)]
        return {"version": 1, "output": {"width": size[0], "height": size[1], "fps": [30, 1], **output}, "tracks": [{"items": items}]}
