"""The work of bench/cases over RPyC: a forked server, one connection over a socketpair.

Prints what bench/floor does: -, row, unit, p99, samples. Argument: seconds of one repeat.
"""

import gc
import os
import signal
import socket
import sys
import time

import rpyc
from rpyc.core.stream import SocketStream

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 0.15
REPEATS = 5
CONFIG = {"allow_public_attrs": True, "allow_setattr": True}


class Thing:
    def __init__(self):
        self.value = 1

    def noop(self):
        pass

    def add(self, a, b):
        return a + b


class Service(rpyc.Service):
    only_thing = Thing()
    all_numbers = list(range(1, 10001))

    def exposed_noop(self):
        pass

    def exposed_add(self, a, b):
        return a + b

    def exposed_echo(self, value):
        return value

    def exposed_new(self):
        return Thing()

    def exposed_thing(self):
        return self.only_thing

    def exposed_numbers(self):
        return self.all_numbers

    def exposed_call(self, callback, count):
        post = rpyc.async_(callback)
        results = [post(i) for i in range(count)]
        results[-1].wait()


def timed(work, count):
    start = time.perf_counter()
    work(count)
    return time.perf_counter() - start


def calibrate(work):
    count = 1
    while True:
        took = timed(work, count)
        if took >= SECONDS / 4:
            return max(1, int(count * SECONDS / took))
        count *= 2


def line(name, unit, p99, samples):
    print("-", name, unit, p99, ",".join("%.4f" % s for s in samples), sep="\t", flush=True)


def measure(name, once, per=1):
    def work(count):
        for _ in range(count):
            once()

    count = calibrate(work)
    samples = [timed(work, count) * 1e6 / count / per for _ in range(REPEATS)]
    single = sorted(timed(work, 1) * 1e6 / per for _ in range(min(2000, count * REPEATS)))
    p99 = "%.4f" % single[(len(single) - 1) * 99 // 100] if len(single) >= 100 else "-"
    line(name, "µs", p99, samples)


def main():
    mine, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        mine.close()
        rpyc.utils.factory.connect_stream(SocketStream(theirs), Service, CONFIG).serve_all()
        os._exit(0)
    theirs.close()
    connection = rpyc.utils.factory.connect_stream(SocketStream(mine), config=CONFIG)
    root = connection.root
    thing, noop, add, echo, new = root.thing(), root.noop, root.add, root.echo, root.new
    measure("null-call", noop)
    measure("two-integers", lambda: add(1, 2))
    measure("method", lambda: thing.add(1, 2))
    measure("property-read", lambda: thing.value)

    def write():
        thing.value = 2

    measure("property-write", write)
    text = b"x" * 1024
    measure("echo-1k", lambda: echo(text))
    # One at a time: many proxies dropped at once make both ends block in send for good.
    measure("object", new)
    gc.collect()
    numbers = root.numbers()
    samples = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        for i, _ in enumerate(numbers):
            if i == 499:
                break
        samples.append((time.perf_counter() - start) * 1e6 / 500)
    line("pairs", "µs", "-", samples)
    burst = 300
    calls = root.call
    samples = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        calls(lambda i: None, burst)
        samples.append(burst / (time.perf_counter() - start))
    line("callbacks", "/s", "-", samples)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


main()
