"""The timelines that are measured, as arguments of the task `render`."""

FPS = 30
FONT = "DejaVuSans-Bold"
SIZE = {"full": (1920, 1080), "short": (640, 360)}


def _args(size, items, transitions=(), overlays=(), audio=None, assets=0, sound=None):
    width, height = size
    output = {"width": width, "height": height, "fps": [FPS, 1]}
    timeline = {"version": 1, "output": output, "tracks": [{"items": items, "transitions": list(transitions)}]}
    names = {f"c{i}": f"in{i}" for i in range(assets)}
    if overlays:
        timeline["overlays"] = list(overlays)
    if sound is not None:
        output["audio"] = {}
        names["m"] = f"in{sound}"
        timeline["audio"] = audio or [{"asset": "m", "loop": True}]
    return {"output": "film.mp4", "assets": names, "timeline": timeline}


def _card(text):
    return {"type": "card", "duration": 1, "text": text, "font": FONT, "size": 96, "color": "#FFFFFF", "background": "#000000"}


def reference_ad(call="Shop Now", sound=True):
    """The advert of peers/ad_oneshot.sh; inputs: three clips, the tone. 318 frames."""
    items = [_card("AirRun Pro")]
    items += [{"type": "clip", "asset": f"c{i}", "duration": 3.2} for i in range(3)]
    items.append(_card(call))
    return _args(SIZE["full"], items,
                 transitions=[{"after": 1, "type": "dissolve", "duration": 0.5}, {"after": 2, "type": "dissolve", "duration": 0.5}],
                 overlays=[{"type": "text", "text": "AirRun Pro", "start": 1, "end": 2, "font": FONT, "size": 72,
                            "anchor": "top", "margin": 50},
                           {"type": "text", "text": call, "start": 9.6, "font": FONT, "size": 56, "anchor": "bottom", "margin": 50}],
                 assets=3, sound=3 if sound else None)


# Where the reference ad's texts are seen: these spans are not encoded ahead, for the texts may still change.
TEXT_FRAMES = ((0, 60), (288, 318))


def cuts(size, count, seconds, clips, first_in=0.0, sound=False):
    """`count` pieces of the clips in turn, cut hard, each from another place of its clip. Inputs: `count` files (and the tone)."""
    items = [{"type": "clip", "asset": f"c{i}", "in": round(first_in + (i // clips) * 0.1 % (7 - seconds - 0.5), 1), "duration": seconds}
             for i in range(count)]
    return _args(size, items, assets=count, sound=count if sound else None)
