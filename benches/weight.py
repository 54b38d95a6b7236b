"""What splitbuild weighs: crates, the time to build it, its size, the time to start it, the memory that it takes.

usage: benches/weight.py [--build PROFILE]... [--rounds N]      (`just weight` builds what is measured first)

Prints the tables of BENCHMARKS.md, "Weight". What is measured is what is there of target/release, target/quick and
target/…-musl/dist. `--build` builds a profile from nothing in a folder of its own, which is removed afterwards. Processor
seconds are of the build and all its processes; that they wait for others is not in them. Memory is the most that was
resident, by GNU time, if that is installed. Needs Linux and cargo.
"""

import argparse
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MUSL = f"target/{platform.machine()}-unknown-linux-musl"
PROGRAMS = {
    "release": "target/release/splitbuild",
    "dist, static with musl": f"{MUSL}/dist/splitbuild",
    "quick, what `./run` builds": "target/quick/splitbuild",
}


def crates(*options):
    """How many there are beside ours, each version of one for itself."""
    command = ["cargo", "tree", "--locked", "--prefix", "none", "--format", "{p}", "--no-dedupe", *options]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return len({line for line in listed.splitlines() if line and not line.startswith("splitbuild ")})


def run(command, folder):
    """Runs it, and returns the seconds that passed and those of the processor."""
    begin = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {child.returncode}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime


def memory(command, folder):
    """Its most resident memory in MiB, by GNU time: a child of ours would have what Python holds counted as its own."""
    if not shutil.which("time"):
        return "? (no `time`)"
    said = subprocess.run(["time", "-f", "%M", *command], cwd=folder, check=True, capture_output=True, text=True).stderr
    return f"{int(said.split()[-1]) / 1024:.0f}"


def build(profile):
    """Builds it from nothing, with what has been downloaded, and returns a row."""
    subprocess.run(["cargo", "fetch", "--locked"], cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
    folder = tempfile.mkdtemp()
    try:
        command = ["cargo", "build", "--locked", "--offline", "--profile", profile, "--target-dir", folder]
        seconds, processor = run(command, ROOT)
    finally:
        shutil.rmtree(folder)
    return f"| `cargo build --profile {profile}`, from nothing | {seconds:.0f} s | {processor:.0f} s |"


def matrix(size):
    """That of benches/gen.rs: two platforms, three arguments, a parent and two workflows."""
    yield "version: 1\ntool: { image: acme/tool }\nregistries: { docker.io: { username: \"${U}\", password: \"${P}\" } }\n"
    yield "workflows:\n  main: { on: { branches: [main] }, tags: [latest] }\n"
    yield "  release: { on: { tags: [\"v*\"] }, tags: [\"${git_tag}\"] }\nimages:\n"
    for number in range(size):
        needs = f", needs: [i{number // 2}]" if number else ""
        yield f"  i{number}: {{ image: acme/i{number}, context: images/i{number}{needs}, "
        yield "args: { A: \"1\", B: \"${arch}\", TAG: \"${arch_tag}\" } }\n"


def measures(program, folder, rounds):
    """The medians of a program: the milliseconds to start it; milliseconds of the processor and MiB of two commands."""
    # The linker adds a tag to what it is given.
    shutil.rmtree(folder / "pushed", ignore_errors=True)
    shutil.copytree(ROOT / "examples/minimal/pushed", folder / "pushed")
    # CircleCI takes no 1,000 images; 40 it does.
    commands = [
        [program, "--version"],
        [program, "gen", "matrix.yml", "-o", "config.yml"],
        [program, "manifest", "--quiet", "oci:pushed:latest"],
    ]
    medians = []
    for command in commands:
        times = [run(command, folder) for _ in range(rounds)]
        medians.append([statistics.median(column) * 1e3 for column in zip(*times)])
    (start, _), (_, made), (_, linked) = medians
    large, small = [memory(command, folder) for command in commands[1:]]
    return f"{start:.1f} ms | {made:.0f} ms, {large} MiB | {linked:.0f} ms, {small} MiB"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="append", default=[], metavar="PROFILE")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    print(f"crates: {crates('--edges', 'normal')} in the program, {crates()} with those of builds and tests")
    if asked.build:
        print(f"\n| {os.cpu_count()} processors | passed | processor |\n|---|---|---|")
    for profile in asked.build:
        print(build(profile), flush=True)
    print("\n| profile | size | `--version` | `gen`, 40 images | `manifest`, in a folder |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "matrix.yml").write_text("".join(matrix(40)))
        for profile, place in PROGRAMS.items():
            program = ROOT / place
            if not program.exists():
                print(f"| {profile} | not there: {place} | | | |")
                continue
            size = program.stat().st_size / 1e6
            print(f"| {profile} | {size:.1f} MB | {measures(program, folder, asked.rounds)} |", flush=True)


if __name__ == "__main__":
    main()
