"""Writes every step of CircleCI configurations to a file of its own, for shellcheck.

usage: steps.py FOLDER CONFIG...   FOLDER/ours gets splitbuild's own steps, FOLDER/own the project's scripts.
"""

import hashlib
import pathlib
import sys

import yaml

SCRIPTS = ("SPLITBUILD_SETUP", "SPLITBUILD_RUN", "SPLITBUILD_INSTALL")


def runs(config):
    """Every (is_ours, script) of a configuration."""
    for section in ("commands", "jobs"):
        for name, body in (config.get(section) or {}).items():
            for variable in SCRIPTS:
                if variable in (body.get("environment") or {}):
                    yield False, body["environment"][variable]
            for step in body["steps"]:
                run = step.get("run") if isinstance(step, dict) else None
                if run is None:
                    continue
                environment = run.get("environment") or {} if isinstance(run, dict) else {}
                for variable in SCRIPTS:
                    if variable in environment:
                        yield False, environment[variable]
                yield name.startswith("splitbuild-"), run if isinstance(run, str) else run["command"]


def main(folder, configs):
    count = {True: 0, False: 0}
    for path in configs:
        with open(path, encoding="utf-8") as file:
            config = yaml.safe_load(file)
        for is_ours, script in runs(config):
            script = "#!/bin/sh\n" + script.replace("\\<<", "<<")
            target = pathlib.Path(folder, "ours" if is_ours else "own")
            target.mkdir(exist_ok=True)
            name = hashlib.sha256(script.encode()).hexdigest()[:12]
            target.joinpath(name + ".sh").write_text(script, encoding="utf-8")
            count[is_ours] += 1
    print(f"{count[True]} steps of splitbuild's and {count[False]} scripts of projects in {len(configs)} files")
    if not count[True] or not count[False]:
        sys.exit("no steps were found")


main(sys.argv[1], sys.argv[2:])
