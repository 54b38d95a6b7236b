"""A static program in a root without anything else, as in an image of busybox: bare.py ARCH PROGRAM

Does it find a registry by its name, and trust it by its certificate? The root has the program, /etc/resolv.conf and, at
first, Alpine's and Debian's bundle of authorities, /etc/ssl/certs/ca-certificates.crt. The registry is Debian's
docker-registry with TLS; its name is known to a name server of ours alone. Needs root, openssl and docker-registry.
"""

import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

# A name that is in no file, and that no other name server knows (RFC 6761); the address is the machine's own, as all of
# 127.0.0.0/8 is, but not the one that registries may have without TLS.
NAME = "registry.splitbuild.test"
ADDRESS, SERVER = "127.0.0.77", "127.0.0.53"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"


def answer(query: bytes) -> bytes:
    """A for our name; no data for its AAAA; nothing else is there (RFC 1035, 4.1)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[12 : at + 5]
    is_known, is_a = ".".join(labels).lower() == NAME, question[-4:-2] == b"\0\1"
    found = struct.pack(">HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(ADDRESS) if is_known and is_a else b""
    flags = 0x8580 if is_known else 0x8583
    return query[:2] + struct.pack(">HHHHH", flags, 1, bool(found), 0, 0) + question + found


def serve_names(server: socket.socket) -> None:
    while True:
        query, client = server.recvfrom(512)
        server.sendto(answer(query), client)


def certificates(folder: pathlib.Path) -> None:
    """ca.pem, and server.pem with server.key, which it has signed."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    openssl(*new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=A test's authority")
    names = ["-addext", f"subjectAltName=DNS:{NAME}", "-addext", "basicConstraints=critical,CA:FALSE"]
    openssl(*new, "-keyout", "server.key", "-out", "server.pem", "-subj", f"/CN={NAME}", "-CA", "ca.pem", "-CAkey", "ca.key", *names)


def registry(folder: pathlib.Path, port: int) -> subprocess.Popen:
    (folder / "registry.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}/storage}}}}\n"
        f"http:\n  addr: {ADDRESS}:{port}\n  secret: x\n"
        f"  tls: {{certificate: {folder}/server.pem, key: {folder}/server.key}}\n"
    )
    with (folder / "registry.log").open("w") as log:
        server = subprocess.Popen(["docker-registry", "serve", folder / "registry.yml"], stdout=log, stderr=log)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex((ADDRESS, port)) == 0:
                return server
        time.sleep(0.05)
    sys.exit("docker-registry does not listen: " + (folder / "registry.log").read_text())


def main(arch: str, program: str) -> None:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        root = folder / "root"
        (root / BUNDLE).parent.mkdir(parents=True)
        shutil.copy(program, root / "splitbuild")
        shutil.copytree("examples/minimal/pushed", root / "pushed")
        (root / "etc/resolv.conf").write_text(f"nameserver {SERVER}\n")
        start = [shutil.which("chroot") or sys.exit("chroot is missing"), str(root)]
        if arch != machine:
            qemu = {"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}[arch]
            shutil.copy(shutil.which(qemu) or sys.exit(f"{qemu} is missing"), root / "qemu")
            start.append("/qemu")

        def splitbuild(*arguments: str, code: int = 0, said: str = "", **environment: str) -> None:
            command = [*start, "/splitbuild", *arguments]
            ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if ran.returncode != code or said not in ran.stdout + ran.stderr:
                print((folder / "registry.log").read_text(), file=sys.stderr)
                sys.exit(f"{arguments}: exit code {ran.returncode} instead of {code}, or not `{said}`:\n{ran.stdout}{ran.stderr}")

        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        names.bind((SERVER, 53))
        threading.Thread(target=serve_names, args=[names], daemon=True).start()
        certificates(folder)
        shutil.copy(folder / "ca.pem", root / BUNDLE)
        with socket.socket() as free:
            free.bind((ADDRESS, 0))
            port = free.getsockname()[1]
        server = registry(folder, port)
        try:
            image = f"{NAME}:{port}/acme/app"
            for part in ["amd64", "arm64"]:
                splitbuild("copy", f"oci:/pushed:latest-{part}", f"{image}:latest-{part}")
            splitbuild("manifest", f"{image}:latest", said=f"{image}:latest@sha256:")
            splitbuild("inspect", f"{image}:latest", said="linux/arm64")
            elsewhere = f"none.{NAME}:{port}/acme/app:latest"
            splitbuild("inspect", elsewhere, "--timeout", "3s", code=1, said=f"none.{NAME}")
            # An image may have no authorities at all.
            (root / BUNDLE).rename(root / "ca.pem")
            splitbuild("inspect", f"{image}:latest", code=1, said="in an image without any, install ca-certificates")
            splitbuild("inspect", f"{image}:latest", "--ca-file", "/ca.pem", said="linux/arm64")
            splitbuild("inspect", f"{image}:latest", said="linux/arm64", SSL_CERT_FILE="/ca.pem")
        finally:
            server.terminate()
            server.wait()
    print(f"{program}: finds and trusts a registry from a root without anything else")


if len(sys.argv) != 3:
    sys.exit(__doc__.splitlines()[0])
main(*sys.argv[1:])
