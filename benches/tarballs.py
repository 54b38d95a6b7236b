"""An image of 1 GB into a tarball, and from one place to another: splitbuild beside its peers, and the raw limit.

The image has five layers, half random bytes and half log text, compressed with gzip. The raw limit is curl for all
layers at once, each into a file and through the SHA-256 of OpenSSL, which uses what the processor has for it.
"""

import multiprocessing
import shutil
import sys

from figures import spread, turns
from ground import SPLITBUILD
from images import Registry, layer
from peers import version
from processes import memory, run

NAME = "bench/large"
VERSIONS = {
    "splitbuild": [SPLITBUILD, "--version"],
    "crane": ["crane", "version"],
    "oras": ["oras", "version"],
    "regctl": ["regctl", "version"],
    "skopeo": ["skopeo", "--version"],
    "curl": ["curl", "--version"],
}


class Large:
    """The image, in a registry of its own, and a second registry beside it."""

    def __init__(self, ground, is_quick):
        self.ground, self.rounds, size = ground, 2 if is_quick else 5, 100 if is_quick else 1000
        self.near = ground.place("bare", 0)
        self.out, self.second = ground.home / "out", ground.home / "second"
        port, _ = ground.registry("second", {}, self.second)
        self.host, self.other = self.near.host, f"127.0.0.1:{port}"
        # In processes of their own: the layers need not stay in this one.
        with multiprocessing.Pool(2) as apart:
            layers = apart.starmap(layer, [(number, size * 200_000) for number in range(1, 6)])
        registry = Registry(int(self.host.rpartition(":")[2]))
        self.layers = registry.image(NAME, "v1", "amd64", layers)["layers"]
        self.image = f"{self.host}/{NAME}:v1"
        self.about = {"megabytes": size, "compressed": round(sum(one["size"] for one in self.layers) / 1e6)}

    def raw(self):
        """Fetches all layers at once and hashes each; ends with 1 if one is wrong."""

        def one(layer):
            digest = layer["digest"].removeprefix("sha256:")
            url = f"http://{self.host}/v2/{NAME}/blobs/{layer['digest']}"
            hashed = f"tee {self.out}/{digest} | openssl dgst -sha256 -r | grep -q ^{digest}"
            return f"{{ curl -sf {url} | {hashed} || touch {self.out}/bad; }} &"

        return ["sh", "-c", "\n".join([*map(one, self.layers), f"wait; [ ! -e {self.out}/bad ]"])]

    def exports(self):
        skopeo = ["skopeo", "--insecure-policy", "copy", "--quiet", "--src-tls-verify=false", f"docker://{self.image}"]
        ours = [SPLITBUILD, "export", "--quiet", "--plain-http", self.host, self.image, "-o"]
        regctl = ["regctl", "--host", f"reg={self.host},tls=disabled"]
        return {
            "splitbuild export -o x.tar": [*ours, f"{self.out}/x.tar"],
            "splitbuild export -o x.tar.gz": [*ours, f"{self.out}/x.tar.gz"],
            "crane pull": ["crane", "pull", "--insecure", self.image, f"{self.out}/x.tar"],
            "oras copy --to-oci-layout (a folder)": [
                "oras",
                "copy",
                "--from-plain-http",
                self.image,
                "--to-oci-layout",
                f"{self.out}/x:v1",
            ],
            "regctl image export": [*regctl, "image", "export", self.image, f"{self.out}/x.tar"],
            "skopeo copy oci-archive:x.tar": [*skopeo, f"oci-archive:{self.out}/x.tar:v1"],
            "skopeo copy docker-archive:x.tar": [*skopeo, f"docker-archive:{self.out}/x.tar:{NAME}:v1"],
            "curl × 5 and SHA-256": self.raw(),
        }

    def copies(self):
        """By destination: another registry, another repository of the same one, a folder."""
        skopeo = ["skopeo", "--insecure-policy", "copy", "--quiet", "--src-tls-verify=false"]
        hosts = [word for host in (self.host, self.other) for word in ("--host", f"reg={host},tls=disabled")]
        plain = [word for host in (self.host, self.other) for word in ("--plain-http", host)]
        for where, to in (("registry", f"{self.other}/{NAME}:v1"), ("repository", f"{self.host}/bench/copied:v1")):
            yield (
                where,
                {
                    "splitbuild copy": [SPLITBUILD, "copy", "--quiet", *plain, self.image, to],
                    "crane copy": ["crane", "copy", "--insecure", self.image, to],
                    "oras copy": ["oras", "copy", "--from-plain-http", "--to-plain-http", self.image, to],
                    "regctl image copy": ["regctl", *hosts, "image", "copy", self.image, to],
                    "skopeo copy": [*skopeo, "--dest-tls-verify=false", f"docker://{self.image}", f"docker://{to}"],
                },
            )
        folder = f"{self.out}/x"
        yield (
            "folder",
            {
                "splitbuild copy": [SPLITBUILD, "copy", "--quiet", *plain, self.image, f"oci:{folder}:v1"],
                "crane copy": ["crane", "pull", "--insecure", "--format", "oci", self.image, folder],
                "oras copy": ["oras", "copy", "--from-plain-http", self.image, "--to-oci-layout", f"{folder}:v1"],
                "regctl image copy": ["regctl", *hosts, "image", "copy", self.image, f"ocidir://{folder}:v1"],
                "skopeo copy": [*skopeo, f"docker://{self.image}", f"oci:{folder}:v1"],
                "curl × 5 and SHA-256": self.raw(),
            },
        )

    def clean(self):
        """Takes away what the last command has made."""
        copied = self.ground.storage / "docker/registry/v2/repositories/bench/copied"
        for folder in (self.out, self.second / "docker", copied):
            shutil.rmtree(folder, ignore_errors=True)
        self.out.mkdir()

    def made(self):
        """The bytes in the files of the last command."""
        return sum(file.stat().st_size for file in self.out.rglob("*") if file.is_file())

    def row(self, ways, more):
        """Rows of commands that take turns."""
        ways = {way: command for way, command in ways.items() if shutil.which(command[0])}
        taken, sizes, held = {way: [] for way in ways}, {}, {}
        for way in turns(ways, self.rounds):
            self.clean()
            taken[way].append(run([[ways[way]]], self.near.environment))
            sizes[way] = self.made()
        for way, command in ways.items():
            self.clean()
            held[way] = None if command[0] == "sh" else spread([memory([[command]], self.near.environment)])
        self.clean()
        for way, runs in taken.items():
            wall, cpu = spread([one.wall for one in runs]), spread([one.cpu for one in runs])
            print(f"  {way}: {wall['median']:.3g} s", file=sys.stderr, flush=True)
            yield {"peer": way, "wall": wall, "cpu": cpu, "memory": held[way], "size": sizes[way]} | more


def measure(ground, is_quick, part):
    """The rows of `export` or `copy`, the versions of the programs, and the size of the image."""
    large = Large(ground, is_quick)
    if part == "export":
        rows = list(large.row(large.exports(), {}))
    else:
        rows = [row for where, ways in large.copies() for row in large.row(ways, {"where": where})]
    return rows, {name: version(command, large.near.environment) for name, command in VERSIONS.items()}, large.about
