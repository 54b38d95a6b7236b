"""Combining two architectures into one index: splitbuild beside its peers, in one run, on one machine.

usage: benches/manifest.py [--delay MS] [--rounds N] [--images N]      (`just bench-manifest` builds splitbuild first)

A proxy before Debian's docker-registry delays every request and writes down when it began and ended. "steps" is the longest
chain of requests that did not overlap, the figure that distance multiplies. Peers are those that Debian packages and that
are installed: docker (with its `manifest` command) and buildah. Tags are removed before every round; rounds take turns.
"""

import argparse
import asyncio
import hashlib
import io
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
TYPES = {"config": "application/vnd.docker.container.image.v1+json", "layer": "application/vnd.docker.image.rootfs.diff.tar"}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Proxy:
    """Delays every request, and remembers each as (begin, end)."""

    def __init__(self, upstream, delay):
        self.port, self.upstream, self.delay, self.log = free_port(), upstream, delay, []
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", self.port))
        self.loop.run_forever()

    async def serve(self, reader, writer):
        up = None
        try:
            while True:
                first = await reader.readexactly(1)
                if first == b"\x16":
                    # Somebody tries TLS first; the registry would not like that, either.
                    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                    return
                head = first + await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(length(head))
                begin = time.perf_counter()
                await asyncio.sleep(self.delay)
                up = up or await asyncio.open_connection("127.0.0.1", self.upstream)
                up[1].write(head + body)
                answer = await up[0].readuntil(b"\r\n\r\n")
                is_bare = head.startswith(b"HEAD") or b" 204 " in answer[:14]
                content = b"" if is_bare else await up[0].readexactly(length(answer))
                self.log.append((begin, time.perf_counter()))
                writer.write(answer + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            for end in (writer, up and up[1]):
                if end:
                    end.close()

    def steps(self):
        """The most requests of which none began before another had ended."""
        count, last = 0, 0.0
        for begin, end in sorted(self.log, key=lambda one: one[1]):
            if begin >= last:
                count, last = count + 1, end
        return count


def length(head):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def ask(method, url, body=None, kind=None):
    headers = {"Content-Type": kind} if kind else {}
    headers["Accept"] = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method=method, headers=headers)) as answer:
        return answer.headers


def push(base, architecture):
    """One image of one architecture with a layer of some kilobytes."""

    def blob(content, kind):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        place = ask("POST", f"{base}/blobs/uploads/")["Location"]
        ask("PUT", f"{place}&digest={digest}", content, "application/octet-stream")
        return {"mediaType": TYPES[kind], "digest": digest, "size": len(content)}

    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        entry = tarfile.TarInfo("content")
        entry.size = 20000
        tar.addfile(entry, io.BytesIO(architecture.encode().ljust(20000)))
    layer = layer.getvalue()
    config = {"architecture": architecture, "os": "linux", "config": {}, "history": [{"created_by": "bench"}],
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": blob(json.dumps(config).encode(), "config"),
                "layers": [blob(layer, "layer")]}
    ask("PUT", f"{base}/manifests/v1-{architecture}", json.dumps(document).encode(), MANIFEST)


def peers(environment):
    """Each peer's way to publish some targets, one after another where it knows no better."""

    def run(*command):
        result = subprocess.run(command, env=environment, capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"{' '.join(command)}: {result.stderr}")

    def splitbuild(targets):
        run(str(ROOT / "target/release/splitbuild"), "manifest", "--quiet", *targets)

    def docker(targets):
        shutil.rmtree(pathlib.Path(environment["DOCKER_CONFIG"], "manifests"), ignore_errors=True)
        for target in targets:
            run("docker", "manifest", "create", "--insecure", target, f"{target}-amd64", f"{target}-arm64")
            run("docker", "manifest", "push", "--insecure", target)

    def buildah(targets):
        for number, target in enumerate(targets):
            name = f"bench{number}"
            subprocess.run(["buildah", "manifest", "rm", name], env=environment, capture_output=True)
            run("buildah", "manifest", "create", name)
            for architecture in ("amd64", "arm64"):
                run("buildah", "manifest", "add", "--tls-verify=false", name, f"docker://{target}-{architecture}")
            run("buildah", "manifest", "push", "--all", "--tls-verify=false", name, f"docker://{target}")

    known = {"splitbuild": splitbuild, "docker manifest": docker, "buildah manifest": buildah}
    return {name: publish for name, publish in known.items() if name == "splitbuild" or shutil.which(name.split()[0])}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--delay", type=float, default=50, help="what every request takes, in milliseconds")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=20, help="the size of the second measurement")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        config = pathlib.Path(home, "registry.yml")
        config.write_text(f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {home}/data}}, "
                          f"delete: {{enabled: true}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        registry = subprocess.Popen(["docker-registry", "serve", str(config)], **quiet)
        try:
            measure(wanted, home, port)
        finally:
            registry.terminate()
            registry.wait()


def measure(wanted, home, port):
    for _ in range(100):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    names = [f"bench/app{number}" for number in range(wanted.images)]
    for name in names:
        for architecture in ("amd64", "arm64"):
            push(f"http://127.0.0.1:{port}/v2/{name}", architecture)
    proxy = Proxy(port, wanted.delay / 1000)
    environment = dict(os.environ, HOME=home, DOCKER_CONFIG=f"{home}/docker", STORAGE_DRIVER="vfs",
                       XDG_RUNTIME_DIR=home, DOCKER_CLI_EXPERIMENTAL="enabled")
    pathlib.Path(home, "docker").mkdir()
    pathlib.Path(home, "docker/config.json").write_text("{}")
    everybody = peers(environment)
    for count, rounds in ((1, wanted.rounds), (wanted.images, max(1, wanted.rounds // 3))):
        targets = [f"127.0.0.1:{proxy.port}/{name}:v1" for name in names[:count]]
        walls, requests, steps = ({name: [] for name in everybody} for _ in range(3))
        for _ in range(rounds):
            for name, publish in everybody.items():
                for target in names[:count]:
                    forget(home, target)
                proxy.log.clear()
                begin = time.perf_counter()
                publish(targets)
                walls[name].append(time.perf_counter() - begin)
                requests[name].append(len(proxy.log))
                steps[name].append(proxy.steps())
        print(f"\n{count} image{'s' if count > 1 else ''}, two architectures, {wanted.delay:g} ms a request, {rounds} rounds\n")
        print("| | requests | steps | seconds, median (least) | times splitbuild |\n|---|---|---|---|---|")
        for name in everybody:
            middle = statistics.median(walls[name])
            ratio = middle / statistics.median(walls["splitbuild"])
            print(f"| {name} | {statistics.median(requests[name]):g} | {statistics.median(steps[name]):g} "
                  f"| {middle:.2f} ({min(walls[name]):.2f}) | {ratio:.1f} |")


def forget(home, name):
    """Removes the tag itself, so that every round publishes."""
    tags = pathlib.Path(home, "data/docker/registry/v2/repositories", name, "_manifests/tags/v1")
    shutil.rmtree(tags, ignore_errors=True)


main()
