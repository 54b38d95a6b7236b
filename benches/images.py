"""The images of the benchmarks, put into a registry over one connection."""

import gzip
import hashlib
import http.client
import io
import json
import random
import tarfile

DOCKER = {
    "manifest": "application/vnd.docker.distribution.manifest.v2+json",
    "config": "application/vnd.docker.container.image.v1+json",
    "layer": "application/vnd.docker.image.rootfs.diff.tar.gzip",
}


class Registry:
    """A connection to one without a login."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, method, path, body=b"", headers=()):
        self.connection.request(method, path, body, dict(headers))
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise OSError(f"{method} {path}: {answer.status} {content!r}")
        return answer.headers, content

    def blob(self, name, content, kind):
        """Puts it into a repository; its descriptor."""
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        place = self.ask("POST", f"/v2/{name}/blobs/uploads/")[0]["Location"]
        self.ask("PUT", f"{place}&digest={digest}", content, {"Content-Type": "application/octet-stream"})
        return {"mediaType": DOCKER[kind], "digest": digest, "size": len(content)}

    def image(self, name, tag, architecture, layers):
        """Puts an image with these layers, (compressed bytes, digest of what is in them) each, into a repository."""
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": {},
            "history": [{"created_by": "bench"}] * len(layers),
            "rootfs": {"type": "layers", "diff_ids": [inside for _, inside in layers]},
        }
        document = {
            "schemaVersion": 2,
            "mediaType": DOCKER["manifest"],
            "config": self.blob(name, json.dumps(config).encode(), "config"),
            "layers": [self.blob(name, compressed, "layer") for compressed, _ in layers],
        }
        self.ask(
            "PUT", f"/v2/{name}/manifests/{tag}", json.dumps(document).encode(), {"Content-Type": DOCKER["manifest"]}
        )
        return document


def layer(number, size):
    """A layer of about so many bytes, half random and half log text: compressed, and the digest of what is in it."""
    noise, half, lines = random.Random(number), size // 2, io.BytesIO()
    while lines.tell() < half:
        lines.write(
            b"2026-11-21T10:%02d:%02d worker %d handled request %d in %d ms\n"
            % (noise.randrange(60), noise.randrange(60), number, noise.randrange(10**6), noise.randrange(900))
        )
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, content in ((f"random-{number}", noise.randbytes(half)), (f"log-{number}", lines.getvalue()[:half])):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    raw = raw.getvalue()
    return gzip.compress(raw, 6, mtime=0), "sha256:" + hashlib.sha256(raw).hexdigest()
