"""A TCP proxy that breaks: between a daemon and PostgreSQL or a provider's stand-in.

What it does is its `mode`, which may be changed at any time and then holds for the connections that are there, too:

    pass       nothing is wrong
    delay      each piece waits before it goes on, in both directions
    hole       everything is swallowed, nobody is told: a cable that was pulled
    half       what the server says is swallowed, what it is told arrives
    reset      connections are reset, new ones at once
    refuse     as reset; new ones get no connection

`hole` and `half` remember: a connection that lost bytes never gets well again, only new ones do.
"""
import random
import selectors
import socket
import struct
import threading
import time

MODES = ("pass", "delay", "hole", "half", "reset", "refuse")
PIECE = 65536
DELAY_S = 0.25


def reset(sock):
    """Closes it with a reset instead of an end."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    sock.close()


class Proxy:
    def __init__(self, target):
        """target: a unix socket's path, or (host, port)."""
        self.target, self.mode, self.counts, self.closed = target, "pass", dict.fromkeys(MODES, 0), False
        self.lock, self.pairs = threading.Lock(), set()
        self.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def listen(self, port=0):
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind(("127.0.0.1", port))
        self.server.listen(64)
        self.port = self.server.getsockname()[1]

    def set(self, mode):
        assert mode in MODES
        self.mode = mode
        if mode in ("reset", "refuse"):
            with self.lock:
                pairs, self.pairs = self.pairs, set()
            for pair in pairs:
                pair.break_off()
            self.counts[mode] += len(pairs)

    def accept(self):
        while not self.closed:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            if self.mode == "refuse":
                self.counts["refuse"] += 1
                reset(client)
                continue
            pair = Pair(self, client)
            with self.lock:
                self.pairs.add(pair)
            threading.Thread(target=pair.run, daemon=True).start()

    def forget(self, pair):
        with self.lock:
            self.pairs.discard(pair)

    def close(self):
        self.closed = True
        self.set("refuse")
        self.server.close()


class Pair:
    """One connection and its other half."""

    def __init__(self, proxy, client):
        self.proxy, self.client, self.lost = proxy, client, False
        unix = isinstance(proxy.target, str)
        self.server = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)

    def break_off(self):
        """From another thread: ours notices by its sockets."""
        for sock in (self.client, self.server):
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def carry(self, source, sink):
        """One piece; False when the connection is over."""
        piece = source.recv(PIECE)
        mode = self.proxy.mode
        self.lost = self.lost or mode == "hole" or (mode == "half" and source is self.server)
        if self.lost and (source is self.server or mode != "half"):
            # not even the end is passed on
            self.proxy.counts["hole" if mode != "half" else "half"] += 1
            return bool(piece)
        if not piece:
            return False
        if mode == "delay":
            self.proxy.counts["delay"] += 1
            time.sleep(DELAY_S * random.random())
        sink.sendall(piece)
        return True

    def run(self):
        others = {self.client: self.server, self.server: self.client}
        try:
            self.server.connect(self.proxy.target)
            with selectors.DefaultSelector() as both:
                for sock in others:
                    both.register(sock, selectors.EVENT_READ)
                while not self.proxy.closed:
                    for key, _ in both.select(0.5):
                        if not self.carry(key.fileobj, others[key.fileobj]):
                            return
        except OSError:
            pass
        finally:
            self.proxy.forget(self)
            for sock in others:
                reset(sock) if self.proxy.mode in ("reset", "refuse") else sock.close()
