"""Measures splitbuild beside its peers, in one run on one machine, and writes down what came of it.

usage: just bench [PART…] [--quick] [--write]     parts: manifest, wait, export, copy, gen; all, if none is named
       just bench --write                         makes the pages and the picture of the record
       just bench --check                         says whether they are as the record has them

A run replaces its parts of the record, benches/results.json; a quick one is for a look, and replaces nothing. Peers are
those that are found on PATH. It needs Debian's docker-registry, openssl, strace and, for memory, GNU time.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys

# The folder of the benchmarks stays as it is.
sys.dont_write_bytecode = True

import generation
import manifest
import pages
import tarballs
import waiting
from ground import ROOT, Ground
from peers import version

PARTS = ("manifest", "wait", "export", "copy", "gen")
RECORD = ROOT / "benches/results.json"


def machine(ground):
    """What matters of the machine, without its name."""
    text = pathlib.Path("/proc/cpuinfo").read_text() if pathlib.Path("/proc/cpuinfo").exists() else ""
    said = dict(line.split(":", 1) for line in text.replace("\t", "").splitlines() if ":" in line)
    return {
        "processor": said.get("model name", platform.machine()).strip(),
        "cores": os.cpu_count(),
        "instructions for SHA-256": "sha_ni" in said.get("flags", "").split(),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "files": ground.files,
        "load before": round(os.getloadavg()[0], 1),
    }


def load():
    return json.loads(RECORD.read_text()) if RECORD.exists() else {}


def written(record):
    """The record as JSON, a line for every row, so that a difference can be read."""

    def one(part):
        rest = "".join(
            f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},\n"
            for key, value in part.items()
            if key != "rows"
        )
        rows = ",\n".join(f"   {json.dumps(row, ensure_ascii=False)}" for row in part["rows"])
        return f'{{\n{rest}  "rows": [\n{rows}\n  ]\n }}'

    return "{\n" + ",\n".join(f" {json.dumps(name)}: {one(record[name])}" for name in PARTS if name in record) + "\n}\n"


def measure(part, is_quick):
    """One part of the record."""
    print(f"{part}:", file=sys.stderr, flush=True)
    with Ground() as ground:
        about = {"command": f"just bench {part}", "date": datetime.date.today().isoformat(), "machine": machine(ground)}
        more = {}
        if part == "manifest":
            rows, versions, more = manifest.measure(ground, is_quick)
        elif part in ("gen", "wait"):
            rows, versions = {"gen": generation, "wait": waiting}[part].measure(ground, is_quick)
        else:
            rows, versions, more = tarballs.measure(ground, is_quick, part)
    if part != "gen":
        versions["docker-registry"] = version(["docker-registry", "--version"], None)
    return {**about, **more, "versions": versions, "rows": rows}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("usage: ")[2].partition("\n\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    record = load()
    if asked.check:
        sys.exit(pages.differences(record))
    parts = asked.parts or ([] if asked.write else PARTS)
    if set(parts) - {"gen"} and not shutil.which("docker-registry"):
        sys.exit("docker-registry is not on PATH; on Debian, the package of this name has it")
    if parts and "SPLITBUILD" not in os.environ:
        subprocess.run(["cargo", "build", "--locked", "--release"], cwd=ROOT, check=True)
    for part in parts:
        measured = measure(part, asked.quick)
        # Another part may have been measured meanwhile.
        record = (record if asked.quick else load()) | {part: measured}
        if not asked.quick:
            RECORD.write_text(written(record))
    for name, text in pages.blocks(record).items() if parts else ():
        if name in parts or name == "claims":
            print(f"\n{text}")
    if asked.write and not asked.quick:
        pages.write(record)


main()
