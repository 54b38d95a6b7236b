"""Writes every step of emitted configurations to a file of its own, for shellcheck, and checks that text is text.

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


def gitlab_runs(config):
    """The same of a GitLab configuration."""
    for script in config[".splitbuild-steps"].values():
        yield True, script
    for body in config.values():
        variables = body.get("variables") or {} if isinstance(body, dict) else {}
        for variable in SCRIPTS:
            if variable in variables:
                value = variables[variable]
                yield False, value["value"] if isinstance(value, dict) else value


def gitlab_not_text(config):
    """Every value of a generated variable that this reader does not take for text."""
    for name, body in config.items():
        rules = body.get("rules") or [] if isinstance(body, dict) else []
        holders = [body, *rules] if isinstance(body, dict) else []
        for holder in holders:
            for key, value in (holder.get("variables") or {}).items():
                value = value["value"] if isinstance(value, dict) else value
                if not isinstance(value, str):
                    yield name, key, value


def not_text(config):
    """Every value of a generated workflow or environment that this reader, of YAML 1.1, does not take for text."""
    for name, job in config["jobs"].items():
        if "SPLITBUILD_KEY" in (job.get("environment") or {}):
            values = [*job["environment"].items(), ("resource_class", job.get("resource_class", ""))]
            yield from ((name, key, value) for key, value in values if not isinstance(value, str))
    for name, workflow in config["workflows"].items():
        for job in workflow["jobs"]:
            for called in job.values() if isinstance(job, dict) else []:
                for key, value in called.items():
                    values = value if isinstance(value, list) else [] if isinstance(value, dict) else [value]
                    yield from ((name, key, one) for one in values if not isinstance(one, str))


def main(folder, configs):
    count = {True: 0, False: 0}
    for path in configs:
        with open(path, encoding="utf-8") as file:
            config = yaml.safe_load(file)
        is_gitlab = ".splitbuild-steps" in config
        wrong = list(gitlab_not_text(config) if is_gitlab else not_text(config))
        if wrong:
            sys.exit(f"{path}: to a reader of YAML 1.1 these are no text: {wrong}")
        for is_ours, script in gitlab_runs(config) if is_gitlab else runs(config):
            script = "#!/bin/sh\n" + (script if is_gitlab else script.replace("\\<<", "<<"))
            target = pathlib.Path(folder, "ours" if is_ours else "own")
            target.mkdir(exist_ok=True)
            name = hashlib.sha256(script.encode()).hexdigest()[:12]
            target.joinpath(name + ".sh").write_text(script, encoding="utf-8")
            count[is_ours] += 1
    print(f"{count[True]} steps of splitbuild's and {count[False]} scripts of projects in {len(configs)} files")
    if not count[True] or not count[False]:
        sys.exit("no steps were found")


main(sys.argv[1], sys.argv[2:])
