"""An image into a tarball: splitbuild beside its peers, in one run, on one machine.

usage: benches/export.py [--rounds N] [--megabytes N] [--slow]      (`just bench-export` builds splitbuild first)

Debian's docker-registry on loopback holds one image of five layers, half random bytes and half log text, compressed with
gzip. Peers are those that Debian packages and that are installed: skopeo, which writes the same to an OCI archive, and to a
Docker archive without compression. Rounds take turns; `--slow` adds, once, skopeo's Docker archive through gzip, which is
how a `docker save | gzip` of a hand-written job does it. Memory is the most that was resident, of the process itself.
"""

import argparse
import gzip
import hashlib
import io
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPLITBUILD = str(ROOT / "target/release/splitbuild")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def registry(home):
    """Starts one, and returns it with its port."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    config = home / "registry.yml"
    config.write_text(f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {home}/storage}}}}\n"
                      f"http: {{addr: '127.0.0.1:{port}', secret: x}}\n")
    log = open(home / "registry.log", "w")
    server = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=log, stderr=log)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/")
            return server, port
        except OSError:
            time.sleep(0.05)
    sys.exit("docker-registry does not start")


def layer(number, megabytes):
    """The bytes of a layer, compressed, and the digest of what is in it."""
    noise = random.Random(number)
    half = megabytes * 500_000
    lines = io.BytesIO()
    while lines.tell() < half:
        lines.write(b"2026-11-21T10:%02d:%02d worker %d handled request %d in %d ms\n" % (
            noise.randrange(60), noise.randrange(60), number, noise.randrange(10**6), noise.randrange(900)))
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, content in (("random", noise.randbytes(half)), ("log", lines.getvalue()[:half])):
            entry = tarfile.TarInfo(f"{name}-{number}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    raw = raw.getvalue()
    return gzip.compress(raw, 6, mtime=0), "sha256:" + hashlib.sha256(raw).hexdigest(), len(raw)


def ask(method, url, body=None, kind="application/octet-stream"):
    request = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": kind} if body else {})
    with urllib.request.urlopen(request) as answer:
        return answer.headers


def push(port, megabytes):
    """One image of five layers."""
    base = f"http://127.0.0.1:{port}/v2/acme/large"

    def blob(content, kind):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        place = ask("POST", f"{base}/blobs/uploads/")["Location"]
        ask("PUT", f"{place}&digest={digest}", content)
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    layers, inside, size = [], [], 0
    for number in range(5):
        compressed, digest, raw = layer(number, megabytes // 5)
        layers.append(blob(compressed, LAYER))
        inside.append(digest)
        size += raw
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": inside}}
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": blob(json.dumps(config).encode(), CONFIG), "layers": layers}
    ask("PUT", f"{base}/manifests/v1", json.dumps(document).encode(), MANIFEST)
    return size, sum(one["size"] for one in layers)


def measure(command):
    """Seconds of wall clock and of processor, and MiB of memory."""
    begin = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command}: {errors.decode()}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--slow", action="store_true")
    arguments = parser.parse_args()
    if not shutil.which("skopeo"):
        sys.exit("skopeo is not installed")
    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        server, port = registry(home)
        try:
            compare(arguments, home, port)
        finally:
            server.kill()
            server.wait()


def compare(arguments, home, port):
    # In a process of its own: what this one holds would be counted as its children's.
    with multiprocessing.Pool(1) as apart:
        raw, compressed = apart.apply(push, (port, arguments.megabytes))
    print(f"one image of five layers: {raw / 1e6:.0f} MB, compressed {compressed / 1e6:.0f} MB")
    image, out = f"127.0.0.1:{port}/acme/large:v1", home / "out"
    skopeo = ["skopeo", "--insecure-policy", "copy", "--quiet", "--src-tls-verify=false", f"docker://{image}"]
    ours = [SPLITBUILD, "export", "--quiet", image, "-o"]
    ways = {
        "splitbuild export -o x.tar": [*ours, f"{out}.tar"],
        "splitbuild export -o x.tar.gz": [*ours, f"{out}.tar.gz"],
        "splitbuild export -o x.tar.zst": [*ours, f"{out}.tar.zst"],
        "skopeo copy oci-archive:x.tar": [*skopeo, f"oci-archive:{out}.oci.tar:v1"],
        "skopeo copy docker-archive:x.tar": [*skopeo, f"docker-archive:{out}.docker.tar:acme/large:v1"],
    }
    taken = {way: [] for way in ways}
    for _ in range(arguments.rounds):
        for way, command in ways.items():
            for old in home.glob("out*"):
                old.unlink()
            taken[way].append(measure(command))
            size = sum(made.stat().st_size for made in home.glob("out*"))
            taken[way][-1] += (size / 1e6,)
    for old in home.glob("out*"):
        old.unlink()
    if arguments.slow:
        archive = f"{' '.join(skopeo)} docker-archive:{out}.docker.tar:acme/large:v1"
        pipe = f"{archive} && gzip < {out}.docker.tar > {out}.gz"
        way = "skopeo copy docker-archive:x.tar, then gzip"
        taken[way] = [(*measure(["sh", "-c", pipe]), (home / "out.gz").stat().st_size / 1e6)]
    # A second time, nothing is to be fetched.
    measure(ways["splitbuild export -o x.tar.gz"])
    again = "splitbuild export -o x.tar.gz, there already"
    taken[again] = [(*measure(ways["splitbuild export -o x.tar.gz"]), (home / "out.tar.gz").stat().st_size / 1e6)
                    for _ in range(arguments.rounds)]
    first = statistics.median(one[0] for one in taken["splitbuild export -o x.tar"])
    print(f"{'':46} {'median s':>9} {'min s':>7} {'cpu s':>7} {'MiB':>6} {'MB':>6} {'ratio':>6}")
    for way, runs in taken.items():
        wall, cpu, memory, size = (statistics.median(one[at] for one in runs) for at in range(4))
        print(f"{way:46} {wall:9.2f} {min(one[0] for one in runs):7.2f} {cpu:7.2f} {memory:6.1f} {size:6.0f} {wall / first:6.1f}")


main()
