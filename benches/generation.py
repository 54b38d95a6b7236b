"""`splitbuild gen` for 10 to 10,000 images and every provider, beside jrsonnet, which makes the same jobs for CircleCI.

The matrix is that of benches/gen.rs: every image has two platforms, three arguments and a parent, and is in two
workflows. What is too large for a provider is made and checked all the same, and then refused; no file is left of it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from figures import spread, turns
from ground import HERE, SPLITBUILD
from peers import version
from processes import TIMER, fail

OURS, RIVAL = "splitbuild gen", "jrsonnet"
JSONNET = [sys.executable, str(HERE / "jsonnet.py")]
PROVIDERS = ("circleci", "gitlab", "github")
HEAD = """version: 1
tool: { image: acme/tool }
registries: { docker.io: { username: "${U}", password: "${P}" } }
workflows:
  main: { on: { branches: [main] }, tags: [latest] }
  release: { on: { tags: ["v*"] }, tags: ["${git_tag}"] }
images:
"""
# Seconds; what takes longer for one size is not tried with ten times as many.
LONGEST = 5


def matrix(size):
    def image(number):
        needs = f", needs: [i{number // 2}]" if number else ""
        return (
            f"  i{number}: {{ image: acme/i{number}, context: images/i{number}{needs}, "
            f'args: {{ A: "1", B: "${{arch}}", TAG: "${{arch_tag}}" }} }}\n'
        )

    return HEAD + "".join(map(image, range(size)))


def remove(out):
    """Takes away what was written: a file, or a folder of files."""
    if out.is_dir():
        shutil.rmtree(out)
    else:
        out.unlink(missing_ok=True)


def shared(text):
    """What all jobs of an emitted file share, without anchors, which jsonnet would not share."""
    job = re.search(r"^  publish-index:\n(?:    .*\n|\n)+", text, re.MULTILINE)[0]
    return f"jobs:\n{job}" + text.partition("# What the jobs above share.\n")[2]


def once(command, environment):
    """Seconds of wall clock and of processor, MiB, and whether the result was refused as too large."""
    with tempfile.NamedTemporaryFile("r") as held, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        timed = [TIMER, "-f", "%M", "-o", held.name, *command] if TIMER else command
        child = subprocess.Popen(timed, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall, child.returncode = time.perf_counter() - began, os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read()
        is_refused = child.returncode == 1 and "error[size]" in said
        if status and not is_refused:
            fail(command, child.returncode, said)
        # Before it, GNU time may say what the command's status was.
        most = int(held.read().split()[-1]) / 1024 if TIMER else None
        return wall, usage.ru_utime + usage.ru_stime, most, is_refused


def compiled(file, environment):
    """The problems and the size of a configuration, as CircleCI would count it."""
    said = subprocess.run([SPLITBUILD, "check", "--json", file], env=environment, capture_output=True, text=True)
    found = json.loads(said.stdout)
    return [one for one in found["problems"] if one["severity"] == "error"], [one["counted"] for one in found["sizes"]]


def row(peer, provider, size, runs, out):
    """A row, with what was written, unless it was refused."""
    wall, cpu, memory = (spread([one[at] for one in runs]) for at in range(3))
    print(f"  {provider}, {size}: {peer}: {wall['median']:.3g} s", file=sys.stderr, flush=True)
    files = [] if runs[0][3] else [out] if out.is_file() else sorted(out.iterdir())
    made = (
        {}
        if not files
        else {
            "bytes": sum(file.stat().st_size for file in files),
            "lines": sum(file.read_bytes().count(b"\n") for file in files),
        }
    )
    return {
        "peer": peer,
        "provider": provider,
        "images": size,
        "wall": wall,
        "cpu": cpu,
        "memory": memory,
        "refused": runs[0][3],
        **made,
    }


class Generation:
    """A folder with matrices and what is made of them."""

    def __init__(self, home):
        self.home, self.rows = home, []
        self.environment = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        programs = {OURS: [SPLITBUILD, "--version"], RIVAL: [*JSONNET, "--version"]}
        self.versions = {name: version(command, self.environment) for name, command in programs.items()}
        (home / "10.yml").write_text(matrix(10))
        first = home / "first"
        once(self.command(OURS, "circleci", 10, first), self.environment)
        (home / "shared").write_text(shared(first.read_text()))
        if self.versions[RIVAL]:
            other = home / "other"
            once(self.command(RIVAL, "circleci", 10, other), self.environment)
            found, wanted = (compiled(file, self.environment) for file in (other, first))
            if found != wanted:
                sys.exit(f"benches/gen.jsonnet makes other jobs than splitbuild: {found} instead of {wanted}")

    def command(self, peer, provider, size, out):
        source = self.home / f"{size}.yml"
        if peer == OURS:
            return [SPLITBUILD, "gen", str(source), "--provider", provider, "-o", str(out)]
        return [*JSONNET, str(source), str(self.home / "shared"), str(out)]

    def size(self, size, rounds):
        """The rows of a matrix; who took long for the last one is left out."""
        (self.home / f"{size}.yml").write_text(matrix(size))
        ways = [(OURS, provider) for provider in PROVIDERS]
        slow = any(row["peer"] == RIVAL and row["wall"]["median"] > LONGEST for row in self.rows)
        ways += [(RIVAL, "circleci")] if self.versions[RIVAL] and not slow else []
        taken, out = {way: [] for way in ways}, {way: self.home / f"{way[0]}-{way[1]}-{size}" for way in ways}
        for way in turns(ways, rounds):
            # What is up to date would not be written again.
            remove(out[way])
            taken[way].append(once(self.command(*way, size, out[way]), self.environment))
        self.rows += [row(*way, size, runs, out[way]) for way, runs in taken.items()]


def measure(ground, is_quick):
    """The rows, and the versions of the programs."""
    generation = Generation(ground.home)
    for size in (10, 100) if is_quick else (10, 100, 1000, 10_000):
        generation.size(size, 3 if is_quick or size > 100 else 9)
    return generation.rows, generation.versions
