"""The ways to lay one index over an image of amd64 and one of arm64, as commands."""

import itertools
import pathlib
import re
import shutil
import subprocess

from ground import SPLITBUILD

ARCHITECTURES = ("amd64", "arm64")
fresh = itertools.count()


def splitbuild(place, targets):
    # What SSL_CERT_FILE says to the others.
    trust = ["--ca-file", place.environment["SSL_CERT_FILE"]] if place.access == "tls" else ["--plain-http", place.host]
    return [[[SPLITBUILD, "manifest", "--quiet", *trust, *targets]]]


def each(one):
    """Peers know one target at a time: for each, its commands."""
    return lambda place, targets: [one(place, target) for target in targets]


@each
def docker(place, target):
    shutil.rmtree(pathlib.Path(place.environment["DOCKER_CONFIG"], "manifests"), ignore_errors=True)
    sources = [f"{target}-{architecture}" for architecture in ARCHITECTURES]
    return [
        ["docker", "manifest", "create", "--insecure", target, *sources],
        ["docker", "manifest", "push", "--insecure", target],
    ]


@each
def buildah(place, target):
    name, verify = f"bench{next(fresh)}", f"--tls-verify={str(place.access == 'tls').lower()}"
    adds = [
        ["buildah", "manifest", "add", verify, name, f"docker://{target}-{architecture}"]
        for architecture in ARCHITECTURES
    ]
    return [
        ["buildah", "manifest", "create", name],
        *adds,
        ["buildah", "manifest", "push", "--all", verify, name, f"docker://{target}"],
    ]


@each
def buildx(place, target):
    sources = [f"{target}-{architecture}" for architecture in ARCHITECTURES]
    return [["docker", "buildx", "imagetools", "create", "--tag", target, *sources]]


@each
def crane(place, target):
    insecure = [] if place.access == "tls" else ["--insecure"]
    sources = [word for architecture in ARCHITECTURES for word in ("--manifest", f"{target}-{architecture}")]
    return [["crane", "index", "append", *insecure, "--tag", target, *sources]]


@each
def oras(place, target):
    plain = [] if place.access == "tls" else ["--plain-http"]
    tag = target.rpartition(":")[2]
    return [["oras", "manifest", "index", "create", *plain, target, *(f"{tag}-{name}" for name in ARCHITECTURES)]]


@each
def regctl(place, target):
    plain = [] if place.access == "tls" else ["--host", f"reg={place.host},tls=disabled"]
    sources = [word for architecture in ARCHITECTURES for word in ("--ref", f"{target}-{architecture}")]
    return [["regctl", *plain, "index", "create", target, *sources]]


@each
def manifest_tool(place, target):
    plain = [] if place.access == "tls" else ["--plain-http"]
    return [
        [
            "manifest-tool",
            *plain,
            "push",
            "from-args",
            "--platforms",
            "linux/amd64,linux/arm64",
            "--template",
            f"{target}-ARCH",
            "--target",
            target,
        ]
    ]


# All but ours are written in Go.
PEERS = {
    "splitbuild manifest": (splitbuild, [SPLITBUILD, "--version"]),
    "oras manifest index create": (oras, ["oras", "version"]),
    "manifest-tool push from-args": (manifest_tool, ["manifest-tool", "--version"]),
    "docker manifest create, push": (docker, ["docker", "--version"]),
    "crane index append": (crane, ["crane", "version"]),
    "regctl index create": (regctl, ["regctl", "version"]),
    "docker buildx imagetools create": (buildx, ["docker", "buildx", "version"]),
    "buildah manifest create, add, push": (buildah, ["buildah", "--version"]),
}


def version(command, environment):
    """The version that a program tells, or "unknown"; `None` if it is not on PATH."""
    try:
        said = subprocess.run(command, env=environment, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    if said.returncode:
        return None
    found = re.search(r"\bv?\d[\w.+~-]*", said.stdout.partition("\n")[0])
    return found[0] if found else "unknown"
