"""What is measured against: Debian's docker-registry, near or far, open or behind a login.

All registries of a run share one folder of images. A registry `counts` when it writes down every request; that makes it
slower, so requests and memory are counted in runs of their own, and no run that is timed is counted.
"""

import base64
import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
# Another build, to see what a change is worth.
SPLITBUILD = os.environ.get("SPLITBUILD", str(ROOT / "target/release/splitbuild"))
USER, PASSWORD = "builder", "correct-horse-battery"
# As `htpasswd -B` writes it; the least work that bcrypt knows.
HTPASSWD = f"{USER}:$2b$04$MrdUT2pBjbiDzTBIgn5B.eLMz.oJxyYl2w1JEV7J82ZbMDSn6efq.\n"
ACCESS = {"bare": "no login", "token": "a token service", "basic": "Basic login", "tls": "TLS, no login"}


@dataclasses.dataclass(frozen=True)
class Place:
    """A way to the registry: the host that clients name, how far it is, and the environment that logs them in."""

    host: str
    access: str
    delay: int
    environment: dict
    # Files of lines of JSON with requests, and lists that grow by one with every connection.
    logs: tuple
    connections: tuple


class Ground:
    """A temporary folder with registries that are started when they are asked for, and ended with it."""

    def __init__(self):
        self.ending = contextlib.ExitStack()
        # In memory where there is room: what a disk does is not what is measured.
        memory = pathlib.Path("/dev/shm")
        is_roomy = memory.is_dir() and shutil.disk_usage(memory).free > 6_000_000_000
        self.files = "tmpfs" if is_roomy else "disk"
        self.home = pathlib.Path(
            self.ending.enter_context(tempfile.TemporaryDirectory(dir=memory if is_roomy else None))
        )
        self.storage = self.home / "storage"
        self.places = {}

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.ending.close()

    def start(self, command, output):
        """Starts a server that ends with this; its output goes to `output`."""
        child = subprocess.Popen([str(word) for word in command], stdout=output, stderr=subprocess.STDOUT, text=True)
        self.ending.callback(child.wait)
        self.ending.callback(child.kill)
        return child

    def lines(self, command):
        """The port that a server prints first, and a list of what it prints later, which grows."""
        child, later = self.start(command, subprocess.PIPE), []
        port = int(child.stdout.readline())
        threading.Thread(target=lambda: later.extend(child.stdout), daemon=True).start()
        return port, later

    def relay(self, port, delay, setup):
        """A port that leads to `port`, `delay` milliseconds away, and the list of its connections."""
        return self.lines([sys.executable, HERE / "relay.py", port, delay, setup])

    def registry(self, name, more, storage=None, counts=False):
        """Starts a registry and returns its port, and the file of what it logs."""
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        config, log = self.home / f"{name}.json", self.home / f"{name}.log"
        http = {"addr": f"127.0.0.1:{port}", "secret": "x", **more.pop("http", {})}
        level = {"level": "debug" if counts else "error", "formatter": "json", "accesslog": {"disabled": True}}
        filesystem = {"filesystem": {"rootdirectory": str(storage or self.storage)}, "delete": {"enabled": True}}
        # JSON is YAML.
        config.write_text(json.dumps({"version": 0.1, "log": level, "storage": filesystem, "http": http, **more}))
        self.start(["docker-registry", "serve", config], log.open("w"))
        for _ in range(200):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    return port, log
            time.sleep(0.05)
        sys.exit(f"docker-registry does not start: {log.read_text()}")

    def certificate(self, name, *more):
        """A key and a certificate, in files; `more` has an authority sign it, or else it vouches for itself."""
        key, file = self.home / f"{name}.key", self.home / f"{name}.pem"
        if not file.exists():
            make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
            subprocess.run([*make, "-keyout", key, "-out", file, *more], check=True, capture_output=True)
        return key, file

    def place(self, access, delay, counts=False):
        """The registry behind this kind of access and so many milliseconds away."""
        if (access, delay, counts) not in self.places:
            self.places[access, delay, counts] = self.open(access, delay, counts)
        return self.places[access, delay, counts]

    def open(self, access, delay, counts):
        name, more, logs, connections, bundle = f"{access}{delay}{'counted' * counts}", {}, [], [], None
        # Where requests are counted, those of one round must look as if they came together: connections are free.
        setup = 0 if counts else delay
        if access == "basic":
            (self.home / "htpasswd").write_text(HTPASSWD)
            more["auth"] = {"htpasswd": {"realm": "bench", "path": str(self.home / "htpasswd")}}
        if access == "token":
            key, file = self.certificate("token")
            port, requests = self.lines([sys.executable, HERE / "tokens.py", key, file, USER, PASSWORD])
            logs.append(requests)
            if delay:
                port, opened = self.relay(port, delay, setup)
                connections.append(opened)
            # By name: crane goes to no address of this kind that a registry names.
            more["auth"] = {
                "token": {
                    "realm": f"http://localhost:{port}/token",
                    "service": "registry",
                    "issuer": "bench",
                    "rootcertbundle": str(file),
                }
            }
        if access == "tls":
            authority_key, authority = self.certificate("authority")
            signed = ["-CA", authority, "-CAkey", authority_key, "-addext", "basicConstraints=CA:FALSE"]
            key, file = self.certificate("tls", *signed, "-addext", "subjectAltName=IP:127.0.0.1")
            more["http"] = {"tls": {"certificate": str(file), "key": str(key)}}
            system = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
            bundle = self.home / "bundle.pem"
            bundle.write_text((system.read_text() if system.exists() else "") + authority.read_text())
        port, log = self.registry(name, more, counts=counts)
        logs.append(log)
        if delay:
            port, opened = self.relay(port, delay, setup)
            connections.append(opened)
        host = f"127.0.0.1:{port}"
        return Place(host, access, delay, self.environment(name, host, access, bundle), tuple(logs), tuple(connections))

    def environment(self, name, host, access, bundle):
        """One without the user's own settings: logged in where that is wanted, knowing buildx where it is on PATH."""
        home = self.home / f"home-{name}"
        plugins = home / ".docker/cli-plugins"
        plugins.mkdir(parents=True)
        proof = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        auths = {host: {"auth": proof}} if access in ("token", "basic") else {}
        (home / ".docker/config.json").write_text(json.dumps({"auths": auths}))
        if buildx := shutil.which("docker-buildx"):
            (plugins / "docker-buildx").symlink_to(os.path.realpath(buildx))
        # Where buildah keeps its lists; not among the machine's own.
        storage = home / "storage.conf"
        storage.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{home}/images"\nrunroot = "{home}/run"\n')
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
        trust = {"SSL_CERT_FILE": str(bundle)} if bundle else {}
        return {
            **kept,
            **trust,
            "HOME": str(home),
            "DOCKER_CONFIG": str(home / ".docker"),
            "CONTAINERS_STORAGE_CONF": str(storage),
            "XDG_RUNTIME_DIR": str(home),
            "DOCKER_CLI_EXPERIMENTAL": "enabled",
        }
