"""framewright-media, started on a socket of its own and given tasks one at a time: what they cost is read from outside.

Processor time is what the program's ended children used, peak memory the high-water mark of the task's process and the proportional
share (PSS) that its sum reached, sampled every 50 ms.
"""
import dataclasses
import json
import os
import pathlib
import socket
import subprocess
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Cost:
    """Of one run: seconds on the clock and of the processors, MB at the highest moment."""
    wall: float
    cpu: float
    rss_mb: float = 0
    pss_mb: float = 0


class TaskError(Exception):
    pass


def _field(path, name):
    """The kB of a line such as `VmHWM:  1234 kB`; 0 when the process is gone."""
    try:
        for line in path.read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
    except (OSError, ProcessLookupError):
        pass
    return 0


class Sampler(threading.Thread):
    """Watches the children of the program until stopped."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        self.rss_kb = self.pss_kb = 0
        self.ended = threading.Event()

    def look(self):
        total = 0
        for child in self.children.read_text().split():
            self.rss_kb = max(self.rss_kb, _field(pathlib.Path(f"/proc/{child}/status"), "VmHWM"))
            total += _field(pathlib.Path(f"/proc/{child}/smaps_rollup"), "Pss")
        self.pss_kb = max(self.pss_kb, total)

    def run(self):
        while not self.ended.wait(0.05):
            self.look()

    def stop(self):
        self.ended.set()
        self.join()


class MediaProgram:
    def __init__(self, program, folder, memory="512MB"):
        self.folder = pathlib.Path(folder)
        self.socket = str(self.folder / "media.sock")
        environment = {"MEDIA_SOCKET": self.socket, "TMPDIR": str(self.folder), "FW_ENV": "test", "LOG_LEVEL": "error",
                       "FONT_DIR": "/usr/share/fonts", "MEDIA_MEMORY": memory, "MEDIA_TASKS": "2"}
        self.process = subprocess.Popen([str(program)], env=environment)
        while not os.path.exists(self.socket):
            if self.process.poll() is not None:
                raise TaskError(f"{program} ended with {self.process.returncode} before it listened")
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def _children_cpu(self):
        # the fields after the name in brackets: the 14th and 15th of them are cutime and cstime
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / TICKS

    def _wait_alone(self):
        """Until the ended child is counted."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for _ in range(1000):
            if not children.read_text().strip():
                return
            time.sleep(0.005)

    def _ask(self, line, fds):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.socket)
            sent = socket.send_fds(connection, [line], fds)
            connection.sendall(line[sent:])
            with connection.makefile("rb") as answers:
                for answer in answers:
                    message = json.loads(answer)
                    if "error" in message:
                        raise TaskError(f"{message['error']['code']}: {message['error']['detail']}")
                    if "result" in message:
                        return message["result"]
        raise TaskError("the connection ended without a result")

    def run(self, task, args, scratch, cache=None, inputs=(), sample=False):
        """The task's result and its Cost. inputs are files, named in0, in1, ...; folders are made when they are not there."""
        names, fds = ["scratch"], []
        for folder in filter(None, (scratch, cache)):
            os.makedirs(folder, exist_ok=True)
            fds.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
        names += ["cache"] if cache else []
        for index, path in enumerate(inputs):
            names.append(f"in{index}")
            fds.append(os.open(path, os.O_RDONLY))
        line = json.dumps({"v": 1, "task": task, "args": args, "fds": names}).encode() + b"\n"
        sampler = Sampler(self.process.pid)
        if sample:
            sampler.start()
        cpu, start = self._children_cpu(), time.monotonic()
        try:
            result = self._ask(line, fds)
            wall = time.monotonic() - start
        finally:
            for fd in fds:
                os.close(fd)
            if sample:
                sampler.stop()
        self._wait_alone()
        return result, Cost(wall, self._children_cpu() - cpu, sampler.rss_kb / 1024, sampler.pss_kb / 1024)
