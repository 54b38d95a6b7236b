"""Commands that are run and measured."""

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import time

TIMER = shutil.which("time")


@dataclasses.dataclass(frozen=True)
class Taken:
    """Seconds of wall clock and of processor."""

    wall: float
    cpu: float


class Failed(Exception):
    """A command has ended with an error."""

    def __init__(self, command, status, errors):
        super().__init__(f"{' '.join(command)}: exit {status}: {errors.strip()}")
        # What it said last is why.
        self.reason = errors.strip().rpartition("\n")[2]


def fail(command, status, errors):
    raise Failed(command, status, errors)


def run(commands, environment, at_once=1):
    """Runs sequences of commands, so many sequences at a time; every command must work."""
    began, cpu, waiting, running = time.perf_counter(), 0.0, list(reversed(commands)), {}
    while waiting or running:
        while waiting and len(running) < at_once:
            first, *rest = waiting.pop()
            errors = tempfile.TemporaryFile("w+")
            child = subprocess.Popen(
                first, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )
            running[child.pid] = (child, first, rest, errors)
        pid, status, usage = os.wait4(-1, 0)
        if pid not in running:
            sys.exit("a server of the benchmark has ended")
        child, first, rest, errors = running.pop(pid)
        child.returncode = os.waitstatus_to_exitcode(status)
        cpu += usage.ru_utime + usage.ru_stime
        if status:
            errors.seek(0)
            fail(first, child.returncode, errors.read())
        errors.close()
        if rest:
            waiting.append(rest)
    return Taken(time.perf_counter() - began, cpu)


def memory(commands, environment):
    """The most MiB that any of the commands held, as GNU time says; `None` without it.

    A process of Python cannot ask itself: its children begin with its own size."""
    most = 0
    with tempfile.NamedTemporaryFile("r") as said:
        for command in (command for sequence in commands for command in sequence):
            timed = [TIMER, "-f", "%M", "-o", said.name, *command] if TIMER else command
            done = subprocess.run(timed, env=environment, capture_output=True, text=True)
            if done.returncode:
                fail(command, done.returncode, done.stderr)
            if TIMER:
                said.seek(0)
                most = max(most, int(said.read().split()[-1]) / 1024)
    return most or None
