"""Compiles CircleCI configurations as far as their size goes, and holds `splitbuild check --json` to it, but for one byte
in a thousand.

compiled.py SPLITBUILD FILE...

The compiler is CircleCI's own and runs only there. What is known of its output: every job of every workflow stands in it under
the name that it has there, once if it is the same, with commands, executors and parameters put in; conditions are decided;
`run: TEXT` becomes `run: {command: TEXT}`; workflows keep what no compiler decides. Orbs cannot be read here and stay as they are.
"""

import json
import re
import subprocess
import sys

import yaml

REFERENCE = re.compile(r"<<\s*parameters\.([\w-]+)\s*>>")
KEPT = ("requires", "context", "filters", "type", "serial-group", "max_auto_reruns", "override-with")


class Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data):
        return True


# A number to YAML 1.2, which this library does not know as one.
NUMBER = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+")


def text(dumper, value):
    style = "|" if "\n" in value else "'" if NUMBER.fullmatch(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


Dumper.add_representer(str, text)


def word(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def fill(value, given):
    if isinstance(value, str):
        whole = REFERENCE.fullmatch(value)
        if whole and whole[1] in given:
            return given[whole[1]]
        return REFERENCE.sub(lambda found: word(given.get(found[1], found[0])), value)
    if isinstance(value, list):
        return [fill(item, given) for item in value]
    if isinstance(value, dict):
        return {key: fill(item, given) for key, item in value.items()}
    return value


def parameters(definition, given):
    declared = definition.get("parameters") or {}
    return {name: given.get(name, it.get("default")) for name, it in declared.items()}


def steps(items, commands):
    for step in items:
        name, given = (step, None) if isinstance(step, str) else next(iter(step.items()))
        if name in commands:
            values = parameters(commands[name], given or {})
            yield from steps(fill(commands[name]["steps"], values), commands)
        elif name in ("when", "unless"):
            # What is more than one value is taken to hold, so that nothing is left out.
            condition = given["condition"]
            if isinstance(condition, dict) or "<<" in str(condition) or bool(condition) == (name == "when"):
                yield from steps(given["steps"], commands)
        elif name == "steps":
            yield from steps(given, commands)
        elif name == "run" and not isinstance(given, dict):
            yield {"run": {"command": given}}
        else:
            yield step


def job(definition, given, config):
    values = parameters(definition, given)
    body = {key: it for key, it in definition.items() if key not in ("parameters", "steps", "executor")}
    body = fill(body, values)
    executor = fill(definition.get("executor"), values)
    if executor:
        name, others = (executor, {}) if isinstance(executor, str) else (executor["name"], executor)
        known = (config.get("executors") or {}).get(name)
        if known:
            of_executor = {key: it for key, it in known.items() if key != "parameters"}
            body = {**fill(of_executor, parameters(known, others)), **body}
        else:
            body["executor"] = executor
    around = [given.get("pre-steps") or [], fill(definition["steps"], values), given.get("post-steps") or []]
    body["steps"] = list(steps(sum(around, []), config.get("commands") or {}))
    return body


def members(entry):
    """A job of a workflow, for each combination of its matrix: its definition's name, its own, and what it is given."""
    name, given = (entry, None) if isinstance(entry, str) else next(iter(entry.items()))
    given = given or {}
    lists = (given.get("matrix") or {}).get("parameters")
    if not lists:
        yield name, given.get("name", name), given
        return
    combinations = [{}]
    for parameter, values in lists.items():
        combinations = [{**known, parameter: value} for known in combinations for value in values]
    excluded = given["matrix"].get("exclude") or []
    combinations = [it for it in combinations if it not in excluded]
    for values in combinations:
        own = given.get("name")
        called = (
            re.sub(r"<<\s*matrix\.([\w-]+)\s*>>", lambda it: word(values[it[1]]), own)
            if own
            else "-".join([name, *map(word, values.values())])
        )
        yield name, called, {**given, **values}


def compiled(config):
    jobs, workflows = {}, {"version": 2}
    for workflow, body in config["workflows"].items():
        if not isinstance(body, dict):
            continue
        entries = []
        for name, called, given in (member for entry in body["jobs"] for member in members(entry)):
            key = called
            if name in config["jobs"]:
                made, number = job(config["jobs"][name], given, config), 0
                while key in jobs and jobs[key] != made:
                    number += 1
                    key = f"{called}-{number}"
                jobs[key] = made
            kept = {key: it for key, it in given.items() if key in KEPT}
            entries.append({key: kept} if kept else key)
        workflows[workflow] = {key: it for key, it in body.items() if key not in ("jobs", "when", "unless")}
        workflows[workflow]["jobs"] = entries
    return {"version": 2, "jobs": jobs, "workflows": workflows}


def main():
    program, *files = sys.argv[1:]
    wrong = 0
    for file in files:
        with open(file, encoding="utf-8") as stream:
            tree = compiled(yaml.load(stream, Loader=yaml.CSafeLoader))
        out = yaml.dump(tree, Dumper=Dumper, sort_keys=False, width=10**9, allow_unicode=True)
        expected = len(out.removesuffix("...\n").encode())
        said = subprocess.run([program, "check", "--json", file], capture_output=True, check=False).stdout
        counted = json.loads(said)["sizes"][0]["counted"]
        print(f"{file}: {counted} bytes compiled, {len(tree['jobs'])} jobs")
        if abs(counted - expected) * 1000 > expected:
            print(f"{file}: {expected} were expected", file=sys.stderr)
            wrong += 1
    sys.exit(wrong > 0)


main()
