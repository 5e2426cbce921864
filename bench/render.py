#!/usr/bin/python3
"""Measures renders against what one would take instead: ffmpeg's filter graph and concat demuxer, MLT, editly.

Both sides take turns, each figure is the median of its runs; on a shared machine only the ratios mean something, and beside the clock's
ratio stands that of the processor time, which a neighbour disturbs less. What is not installed is left out by name. Prints a Markdown
table and ends with 1 when a target is missed.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import timelines
from mediaprogram import Cost, MediaProgram

HERE = pathlib.Path(__file__).resolve().parent
PEERS = HERE / "peers"
CLIPS = 5


def middle(costs):
    return Cost(*(statistics.median(getattr(cost, field) for cost in costs) for field in ("wall", "cpu", "rss_mb", "pss_mb")))


def shown(cost):
    return f"{cost.wall:.2f} s (cpu {cost.cpu:.2f} s)"


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = pathlib.Path(folder)
        self.clips = pathlib.Path(options.clips)
        self.size = timelines.SIZE["short" if options.short else "full"]
        self.runs = options.runs
        self.media = MediaProgram(options.media, folder)
        self.rows = []
        self.missed = False
        self.number = 0

    # ---- running ----

    def new(self, name):
        self.number += 1
        return str(self.folder / f"{name}{self.number}")

    def clip(self, index):
        return str(self.clips / f"clip{index % CLIPS + 1}.mp4")

    def ad_inputs(self):
        return [self.clip(0), self.clip(1), self.clip(2), str(self.clips / "tone.wav")]

    def render(self, args, inputs, cache, sample=False, keep=False):
        """Result, cost and scratch folder; the folder is gone unless kept."""
        scratch = self.new("scratch")
        result, cost = self.media.run("render", args, scratch, cache, inputs, sample)
        if not keep:
            shutil.rmtree(scratch)
        return result, cost, scratch

    def peer(self, *command, out=None, environment=None):
        """A command line's cost, children included; its output is as safe on the disk as ours."""
        start = time.monotonic()
        process = subprocess.Popen(command, env=dict(os.environ, **(environment or {})), stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, command)
        if out:
            with open(out, "rb") as written:
                os.fsync(written.fileno())
        return Cost(time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)

    def oneshot(self, out, **environment):
        return self.peer(str(PEERS / "ad_oneshot.sh"), str(self.clips), out, out=out, environment=environment)

    def turns(self, *sides):
        """Lets the sides (functions that return a Cost) take turns; their medians."""
        costs = [[] for _ in sides]
        for _ in range(self.runs):
            for side, kept in zip(sides, costs):
                kept.append(side())
        return [middle(kept) for kept in costs]

    # ---- the table ----

    def row(self, what, against, wanted, seen, good):
        self.rows.append((what, against, wanted, seen + ("" if good is not False else ", **missed**")))
        self.missed |= good is False
        print(f"{what}: {seen} (wanted: {wanted}){'' if good is not False else ' MISSED'}", file=sys.stderr, flush=True)

    def ratio_row(self, what, against, ours, theirs, factor):
        """Ours must be at least `factor` times as fast."""
        wall, cpu = theirs.wall / ours.wall, theirs.cpu / max(ours.cpu, 0.01)
        self.row(what, against, f">= {factor:g} x faster",
                 f"{wall:.2f} x by the clock, {cpu:.2f} x by processor time: {shown(ours)} against {shown(theirs)}", wall >= factor)

    # ---- the reference ad ----

    def warm(self, args, inputs):
        cache = self.new("cache")
        self.render(args, inputs, cache)
        return cache

    def ad_cold(self):
        cache = self.new("cache")
        cost = self.render(timelines.reference_ad(), self.ad_inputs(), cache, sample=True)[1]
        shutil.rmtree(cache)
        return cost

    def forget_texts(self, cache, result):
        """Leaves what encoding ahead makes: spans without text. The sound goes too, for nobody knows the length before the texts."""
        keep = [span["key"] for span in result["spans"]["list"]
                if not any(span["start"] < end and start < span["start"] + span["frames"] for start, end in timelines.TEXT_FRAMES)]
        for path in pathlib.Path(cache).rglob("*"):
            if path.is_file() and not any(path.name.startswith(key) for key in keep):
                path.unlink()

    def ad_ahead(self):
        cache = self.new("cache")
        result = self.render(timelines.reference_ad(), self.ad_inputs(), cache)[0]
        self.forget_texts(cache, result)
        cost = self.render(timelines.reference_ad(), self.ad_inputs(), cache)[1]
        shutil.rmtree(cache)
        return cost

    def measure_ad(self):
        out = self.new("oneshot") + ".mp4"
        ours, ahead, theirs = self.turns(self.ad_cold, self.ad_ahead, lambda: self.oneshot(out))
        against = "ffmpeg, one filter graph"
        self.ratio_row("reference ad, nothing cached", against, ours, theirs, 1)
        self.ratio_row("reference ad, encoded ahead", against, ahead, theirs, 3)
        cache = self.warm(timelines.reference_ad(), self.ad_inputs())
        calls = (timelines.reference_ad(f"Buy Now {n}") for n in range(1000))
        changed = middle([self.render(next(calls), self.ad_inputs(), cache)[1] for _ in range(max(self.runs, 3))])
        self.ratio_row("reference ad, call to action changed", against, changed, theirs, 20)
        self.row("reference ad, peak memory of the task", "itself", "<= 512 MB",
                 f"{ours.rss_mb:.0f} MB resident, {ours.pss_mb:.0f} MB PSS", ours.rss_mb <= 512)
        self.measure_others(ours)

    def measure_others(self, ours):
        out = self.new("peer") + ".mp4"
        display = ["xvfb-run", "-a"] if shutil.which("xvfb-run") else []
        if shutil.which("melt") and display:
            theirs = middle([self.peer(*display, str(PEERS / "ad_melt.sh"), str(self.clips), out, out=out)
                             for _ in range(1 if self.options.short else self.runs)])
            self.ratio_row("reference ad, nothing cached", "MLT (melt), pictures only", ours, theirs, 1)
        else:
            self.row("reference ad, nothing cached", "MLT (melt)", ">= 1 x faster", "not measured: melt or xvfb-run is not installed", None)
        editly = self.options.editly or shutil.which("editly")
        if editly and display:
            theirs = middle([self.peer(*display, str(PEERS / "ad_editly.sh"), str(self.clips), out, out=out,
                                       environment={"EDITLY": editly}) for _ in range(1 if self.options.short else 3)])
            self.ratio_row("reference ad, nothing cached", "editly, no overlays, no music", ours, theirs, 6)
        else:
            self.row("reference ad, nothing cached", "editly", ">= 6 x faster", "not measured: editly or xvfb-run is not installed", None)

    # ---- pictures and bytes ----

    def ssim(self, a, b):
        text = subprocess.run(["ffmpeg", "-v", "info", "-nostats", "-i", a, "-i", b, "-lavfi", "[0:v]settb=1/30,setpts=N[a];[1:v]settb=1/30,setpts=N[b];[a][b]ssim",
                               "-f", "null", "-"], check=True, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True).stderr
        return float(text.rpartition("All:")[2].split()[0])

    def raw_frames(self, args, inputs, out):
        """What the engine paints, before it is encoded."""
        spec = self.folder / "raw.json"
        spec.write_text(json.dumps(args))
        subprocess.run([self.options.frames, str(spec), out, *inputs], check=True)

    def measure_pictures(self):
        graph_raw, graph = self.new("raw") + ".y4m", self.new("graph") + ".mp4"
        own_raw, cache = self.new("raw") + ".y4m", self.new("cache")
        args, inputs = timelines.reference_ad(), self.ad_inputs()
        self.oneshot(graph_raw, RAW="1")
        self.oneshot(graph)
        self.raw_frames(args, inputs, own_raw)
        own = os.path.join(self.render(args, inputs, cache, keep=True)[2], "film.mp4")
        painted = self.ssim(own_raw, graph_raw)
        ours, theirs = self.ssim(own, own_raw), self.ssim(graph, graph_raw)
        sizes = [os.stat(path).st_size for path in (own, graph)]
        self.row("frames before encoding, SSIM", "the graph's frames", ">= 0.998", f"{painted:.5f}", painted >= 0.998)
        self.row("encoded frames, SSIM to their own frames before", "ffmpeg, one filter graph", "at most 0.002 less",
                 f"{ours:.5f} against {theirs:.5f}", ours >= theirs - 0.002)
        self.row("size of the ad", "ffmpeg, one filter graph", "within 5 %",
                 f"{100 * (sizes[0] / sizes[1] - 1):+.1f} %: {sizes[0]} against {sizes[1]} bytes", abs(sizes[0] / sizes[1] - 1) <= 0.05)
        for path in (graph_raw, own_raw):
            os.unlink(path)

    # ---- joining what is there ----

    def measure_stitch(self, sound):
        count, tone = 4, [str(self.clips / "tone.wav")] if sound else []
        inputs = [self.clip(i) for i in range(count)]
        args = timelines.cuts(self.size, count, 4, CLIPS, sound=sound)
        whole = self.new("cache")
        result = self.render(args, inputs + tone, whole)[0]
        pictures = {span["key"] for span in result["spans"]["list"]}
        listing, parts = self.new("list"), []
        for i in range(count):
            folder = self.render(timelines.cuts(self.size, 1, 4, CLIPS, sound=sound), [inputs[i]] + tone, whole, keep=True)[2]
            parts.append(f"file '{folder}/film.mp4'\n")
        pathlib.Path(listing).write_text("".join(parts))

        def ours():
            for path in pathlib.Path(whole).rglob("*"):
                if path.is_file() and not any(path.name.startswith(key) for key in pictures):
                    path.unlink()
            return self.render(args, inputs + tone, whole)[1]

        def theirs():
            out = self.new("concat") + ".mp4"
            codec = ["-c:v", "copy", "-c:a", "aac", "-b:a", "192k"] if sound else ["-c", "copy"]
            return self.peer("ffmpeg", "-v", "error", "-f", "concat", "-safe", "0", "-i", listing, *codec, "-movflags", "+faststart", out, out=out)

        self.ratio_row(f"cut-only stitch, spans there, {'sound mixed anew' if sound else 'silent'}",
                       f"ffmpeg concat demuxer, {'-c:v copy -c:a aac' if sound else '-c copy'}, fsync", *self.turns(ours, theirs), 1)

    # ---- single frames ----

    def measure_last_frame(self):
        def ours():
            scratch = self.new("scratch")
            return self.media.run("last_frame", {"input": "in0", "output": "last.png"}, scratch, None, [self.clip(0)])[1]

        def theirs():
            out = self.new("last") + ".png"
            return self.peer("ffmpeg", "-v", "error", "-sseof", "-1", "-i", self.clip(0), "-update", "1", out)

        self.ratio_row("last frame of an unknown clip", "ffmpeg -sseof -1 -update 1", *self.turns(ours, theirs), 1.3)

    # ---- many clips ----

    def many(self, count, seconds):
        cache = self.new("cache")
        inputs = [self.clip(i) for i in range(count)]
        cost = self.render(timelines.cuts(self.size, count, seconds, CLIPS), inputs, cache, sample=True)[1]
        shutil.rmtree(cache)
        return cost

    def measure_many(self):
        few, some, most = 5, 20, 60
        self.many(few, 1)  # the clips are in the machine's memory from here on
        small, medium, large = (self.many(count, 1) for count in (few, some, most))
        ratio = large.rss_mb / small.rss_mb
        self.row(f"peak memory, {most} clips", f"itself, {few} clips", "<= 1.2 x, <= 512 MB",
                 f"{ratio:.2f} x: {large.rss_mb:.0f} MB ({large.pss_mb:.0f} MB PSS) against {small.rss_mb:.0f} MB",
                 ratio <= 1.2 and large.rss_mb <= 512)
        each = [cost.cpu / count for cost, count in ((small, few), (medium, some), (large, most))]
        self.row(f"processor time a clip, {few}, {some} and {most} clips", "itself", "the same, <= 1.2 x",
                 ", ".join(f"{seconds:.2f} s" for seconds in each), each[2] <= 1.2 * each[0])

    def measure_long(self):
        count, cache = 30, self.new("cache")
        inputs = [self.clip(i) for i in range(count)]
        full = self.render(timelines.cuts(self.size, count, 4, CLIPS), inputs, cache)[1]
        changed = []
        for n in range(self.runs):
            args = timelines.cuts(self.size, count, 4, CLIPS)
            args["timeline"]["tracks"][0]["items"][7 + n]["in"] = 1.7
            changed.append(self.render(args, inputs, cache)[1])
        one = middle(changed)
        same = middle([self.render(args, inputs, cache)[1] for _ in range(self.runs)])
        self.row(f"two minutes of {count} clips, one changed", "the full render", "<= 10 %",
                 f"{100 * one.wall / full.wall:.1f} % by the clock, {100 * one.cpu / full.cpu:.1f} % by processor time: "
                 f"{shown(one)} against {shown(full)}", one.wall <= 0.1 * full.wall)
        self.row("the same, submitted again unchanged", "a stop watch", "< 1 s", shown(same), same.wall < 1)

    def print_table(self):
        print("| what | against | wanted | seen |\n|---|---|---|---|")
        for row in self.rows:
            print("| " + " | ".join(row) + " |")


MEASURES = {"ad": Bench.measure_ad, "pictures": Bench.measure_pictures, "stitch": lambda b: b.measure_stitch(False),
            "stitch-sound": lambda b: b.measure_stitch(True), "last-frame": Bench.measure_last_frame, "many": Bench.measure_many,
            "long": Bench.measure_long}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", required=True, help="framewright-media")
    parser.add_argument("--frames", required=True, help="the program built from bench/frames.c")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="one run of each, long films small")
    parser.add_argument("--clips", help="folder of the clips; kept, and made when empty")
    parser.add_argument("--editly", help="editly's program, when it is not on PATH")
    parser.add_argument("only", nargs="*", help=f"of: {' '.join(MEASURES)}")
    options = parser.parse_args()
    options.runs = 1 if options.short else options.runs
    unknown = set(options.only) - set(MEASURES)
    if unknown:
        parser.error(f"unknown: {' '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="bench-render.") as folder:
        options.clips = options.clips or os.path.join(folder, "clips")
        subprocess.run([str(PEERS / "make_clips.sh"), options.clips], check=True)
        bench = Bench(options, folder)
        try:
            for name in options.only or MEASURES:
                MEASURES[name](bench)
        finally:
            bench.media.stop()
        bench.print_table()
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
