"""Writes every script of emitted configurations to a file of its own, for shellcheck, and checks that text is text.

usage: steps.py FOLDER CONFIG...

FOLDER/ours gets the scripts as a run has them: on CircleCI the steps of every job of every workflow, with parameters
filled in; on GitLab what a job runs before, in and after its script, with `extends` and `!reference` resolved; on GitHub
every `run`. In them a line takes the place of the project's own `setup`, `run` and `install`, which FOLDER/own gets.
"""

import hashlib
import pathlib
import re
import shlex
import sys

import yaml

# What stands where the project's own shell did.
OWN = ": here the project has shell of its own"


class Reference(list):
    """`!reference [JOB, KEY]`."""


class Loader(yaml.SafeLoader):
    """Knows what GitLab's files have more than YAML."""


Loader.add_constructor("!reference", lambda loader, node: Reference(loader.construct_sequence(node)))


def circleci(config):
    """Every script of generated jobs, with what is in their environment."""
    for workflow in config["workflows"].values():
        for entry in workflow["jobs"]:
            name, given = next(iter(entry.items())) if isinstance(entry, dict) else (entry, {})
            job = config["jobs"].get(name)
            if job is None:
                continue
            arguments = filled_in(job, given or {}, {})
            executor = fill(job.get("executor", ""), arguments)
            machine = (config.get("executors") or {}).get(executor, {})
            environment = {**machine.get("environment", {}), **job.get("environment", {})}
            for script in steps(config, job["steps"], arguments):
                yield script, environment


def steps(config, listed, arguments):
    """The scripts of steps, those of commands among them."""
    for step in listed:
        name, given = next(iter(step.items())) if isinstance(step, dict) else (step, {})
        if name == "run":
            script = given if isinstance(given, str) else given["command"]
            yield fill(script, arguments).replace("\\<<", "<<")
        elif name in ("when", "unless"):
            if (fill(given["condition"], arguments) == "True") == (name == "when"):
                yield from steps(config, given["steps"], arguments)
        elif name in (config.get("commands") or {}):
            command = config["commands"][name]
            yield from steps(config, command["steps"], filled_in(command, given or {}, arguments))


def filled_in(called, given, arguments):
    """The parameters of a job or a command as it is called."""
    values = {name: parameter.get("default", "") for name, parameter in (called.get("parameters") or {}).items()}
    return {name: fill(str(given.get(name, value)), arguments) for name, value in values.items()}


def fill(text, arguments):
    """Text with the references in it filled in."""

    def value(match):
        name = match[1]
        return arguments[name.removeprefix("parameters.")] if name.startswith("parameters.") else "7"

    reference = r"(?<!\\)<<\s*([\w.-]+)\s*>>"
    # An expression.
    text = re.sub(r"(?<!\\)<<[^<>]* == [^<>]*>>", "7", text)
    # To shellcheck a loop over one word is a mistake; this one is over as many as the job is called with.
    text = re.sub(f"(for \\w+ in) {reference}; do", lambda it: f"{it[1]} {value((it[0], it[2]))} one more; do", text)
    return re.sub(reference, value, text)


def gitlab(config):
    """Every script of jobs that run."""
    for name, body in config.items():
        if name.startswith(".") or not isinstance(body, dict):
            continue
        job = extended(config, name)
        if "script" not in job:
            continue
        yield "\n".join(lines(config, job.get("before_script", []) + job["script"])), {}
        if "after_script" in job:
            yield "\n".join(lines(config, job["after_script"])), {}


def extended(config, name):
    """A job with what it extends; of several the last counts."""
    job = config[name]
    parents = job.get("extends", [])
    merged = {}
    for parent in [parents] if isinstance(parents, str) else parents:
        merged = united(merged, extended(config, parent))
    return united(merged, job)


def united(under, over):
    """Maps are united, and everything else is replaced (https://docs.gitlab.com/ci/yaml/#extends)."""
    both = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            both[key] = united(under[key], over[key])
    return both


def lines(config, items):
    """The items of a script, with references resolved."""
    for item in items:
        if isinstance(item, Reference):
            name, key = item
            yield from lines(config, extended(config, name)[key])
        else:
            yield item


def github(config):
    """Every script of jobs, with what is in its environment; an expression's value is any word."""
    for job in config["jobs"].values():
        for step in job.get("steps", []):
            if "run" in step:
                environment = {**config.get("env", {}), **job.get("env", {}), **step.get("env", {})}
                yield step["run"], {name: re.sub(r"\$\{\{.*?\}\}", "7", value) for name, value in environment.items()}


def own_scripts(path):
    """The project's own shell in the matrix that a configuration was made from."""
    matrices = [parent / "splitbuild.yml" for parent in path.parents]
    path = next(it for it in matrices if it.exists() and it != path)
    with open(path, encoding="utf-8") as file:
        matrix = yaml.safe_load(file)
    found = set()

    def look(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in ("setup", "run", "test", "install") and isinstance(inner, str) and inner.strip():
                    found.add(inner.removesuffix("\n"))
                else:
                    look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    look(matrix)
    # On GitHub the project's own jobs are in the same file.
    jobs = (matrix.get("github") or {}).get("config")
    if jobs is not None:
        with open(path.parent / jobs, encoding="utf-8") as file:
            look(yaml.safe_load(file))
    return sorted(found, key=len, reverse=True)


def without(script, own):
    """A script without the project's part of it, and that part."""
    parts = set()
    for text in own:
        # It stands on lines of its own.
        pattern = re.compile(r"^" + re.escape(text) + r"$", re.MULTILINE)
        if pattern.search(script):
            parts.add(text)
            script = pattern.sub(lambda _: OWN, script)
    return script, parts


def not_text(config):
    """Every value of a generated workflow or executor that this reader, of YAML 1.1, does not take for text."""
    for name, executor in (config.get("executors") or {}).items():
        values = [*(executor.get("environment") or {}).items(), ("resource_class", executor.get("resource_class", ""))]
        yield from ((name, key, value) for key, value in values if not isinstance(value, str))
    for name, workflow in config["workflows"].items():
        for job in workflow["jobs"]:
            for called in filter(None, job.values()) if isinstance(job, dict) else []:
                for key, value in called.items():
                    values = value if isinstance(value, list) else [] if isinstance(value, dict) else [value]
                    # The parameters of ours that are no text.
                    is_right = bool if key in ("push", "login") else str
                    yield from ((name, key, one) for one in values if not isinstance(one, is_right))


def gitlab_not_text(config):
    """The same of GitLab's variables and scripts."""
    for name, body in config.items():
        if not isinstance(body, dict):
            continue
        for holder in [body, *(body.get("rules") or [])]:
            for key, value in (holder.get("variables") or {}).items():
                if not isinstance(value, str):
                    yield name, key, value
        for key in ("before_script", "script", "after_script"):
            for item in body.get(key) or []:
                if not isinstance(item, (str, Reference)):
                    yield name, key, item


def github_not_text(config):
    """The same of GitHub's environments."""
    for name, job in config["jobs"].items():
        for holder in [config, job, *job.get("steps", [])]:
            for key, value in (holder.get("env") or {}).items():
                if not isinstance(value, str):
                    yield name, key, value


def write(folder, name, script):
    """A script in a file that is called after what is in it."""
    target = pathlib.Path(folder, name)
    target.mkdir(exist_ok=True)
    digest = hashlib.sha256(script.encode()).hexdigest()[:12]
    target.joinpath(digest + ".sh").write_text("#!/bin/sh\n" + script, encoding="utf-8")


def main(folder, configs):
    count = {"ours": set(), "own": set()}
    for path in map(pathlib.Path, configs):
        with open(path, encoding="utf-8") as file:
            config = yaml.load(file, Loader)
        if "workflows" in config:
            scripts, wrong = circleci, not_text
        elif isinstance(config.get("jobs"), dict):
            scripts, wrong = github, github_not_text
        else:
            scripts, wrong = gitlab, gitlab_not_text
        wrong = list(wrong(config))
        if wrong:
            sys.exit(f"{path}: to a reader of YAML 1.1 these are no text: {wrong}")
        own = own_scripts(path)
        for script, environment in scripts(config):
            script, parts = without(script, own)
            if scripts is github and "${{" in script:
                sys.exit(f"{path}: an expression becomes code:\n{script}")
            if environment:
                words = (f"{name}={shlex.quote(value)}" for name, value in environment.items())
                script = "export " + " ".join(words) + "\n" + script
            for kind, texts in (("ours", [script]), ("own", parts)):
                for text in texts:
                    write(folder, kind, text.rstrip("\n") + "\n")
                    count[kind].add(text)
    print(f"{len(count['ours'])} scripts of generated jobs and {len(count['own'])} of projects in {len(configs)} files")
    if not count["ours"] or not count["own"]:
        sys.exit("no scripts were found")


main(sys.argv[1], sys.argv[2:])
