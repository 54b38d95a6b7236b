"""What `splitbuild manifest` waits for, one image far away: the times of its system calls, as strace has them."""

import pathlib
import shutil
import subprocess
import sys

from figures import spread
from images import Registry, layer
from manifest import FAR
from peers import ARCHITECTURES, splitbuild, version

NAME = "bench/app"
CALLS = "trace=connect,writev,recvfrom,execve,exit_group"
# Each from the end of the one before: what is waited for, the round trips in it, and the last call of it.
STEPS = (
    ("we start, until the first connection", 0, lambda call: call.startswith("connect(")),
    ("the connection, and both manifests", 2, lambda call: call.startswith("recvfrom(") and "manifest." in call),
    ("we ask for the configurations", 0, lambda call: "/blobs/" in call),
    ("both configurations", 1, lambda call: call.startswith("recvfrom(") and " 200 " in call),
    ("we ask for the index to be written", 0, lambda call: '"PUT ' in call),
    ("the index is written", 1, lambda call: call.startswith("recvfrom(") and " 201 " in call),
    ("we print and end", 0, lambda call: call.startswith("+++ exited")),
)


def steps(trace):
    """Seconds that each step of a run took."""
    calls = [(float(time), call) for _, time, call in (line.split(None, 2) for line in trace.splitlines())]
    begin, taken = calls[0][0], []
    for number, (what, _, is_end) in enumerate(STEPS):
        ends = [time for time, call in calls if time > begin and is_end(call)]
        if not ends:
            sys.exit(f"strace does not show: {what}")
        # There are three connections, made at once; each takes as long as the first.
        end = min(ends) if number == 0 else max(ends)
        taken.append(end - begin)
        begin = end
    return taken


def measure(ground, is_quick):
    """The rows, and the versions of the programs."""
    if not shutil.which("strace"):
        sys.exit("strace is not on PATH; the package of this name has it")
    near, place = ground.place("bare", 0), ground.place("bare", FAR)
    registry = Registry(int(near.host.rpartition(":")[2]))
    for architecture in ARCHITECTURES:
        registry.image(NAME, f"v1-{architecture}", architecture, [layer(0, 20_000)])
    [[command]] = splitbuild(place, [f"{place.host}/{NAME}:v1"])
    tag = ground.storage / "docker/registry/v2/repositories" / NAME / "_manifests/tags/v1"
    trace, runs = ground.home / "trace", []
    for _ in range(5 if is_quick else 25):
        shutil.rmtree(tag, ignore_errors=True)
        strace = ["strace", "--seccomp-bpf", "-f", "-ttt", "-s", "400", "-e", CALLS, "-o", str(trace)]
        subprocess.run([*strace, *command], env=place.environment, check=True, capture_output=True)
        runs.append(steps(pathlib.Path(trace).read_text()))
    rows = [
        {"step": what, "round_trips": trips, "delay": FAR, "wall": spread(walls)}
        for (what, trips, _), walls in zip(STEPS, zip(*runs))
    ]
    programs = {"splitbuild": command[0], "strace": "strace"}
    return rows, {name: version([program, "--version"], None) for name, program in programs.items()}
