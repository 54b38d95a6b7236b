"""The licences of the crates that are compiled into the program, as their authors wrote them: licences.py TARGET >FILE

Texts that several crates share stand once, under the names of all of them.
"""

import json
import pathlib
import re
import subprocess
import sys

NAMES = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)([-_.].*)?$", re.IGNORECASE)


def cargo(*arguments: str) -> str:
    return subprocess.run(["cargo", *arguments], check=True, capture_output=True, text=True).stdout


def main(target: str) -> None:
    edges = "normal,no-proc-macro"
    tree = cargo("tree", "--locked", "--edges", edges, "--prefix", "none", "--format", "{p}", "--target", target)
    used = {tuple(line.split()[:2]) for line in tree.splitlines() if line}
    packages = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", target))["packages"]
    texts: dict[str, list[str]] = {}
    missing = []
    for package in sorted(packages, key=lambda package: (package["name"], package["version"])):
        name = f"{package['name']} {package['version']}"
        if package["source"] is None or (package["name"], f"v{package['version']}") not in used:
            continue
        folder = pathlib.Path(package["manifest_path"]).parent
        files = sorted(path for path in folder.iterdir() if NAMES.match(path.name) and path.is_file())
        if not files:
            missing.append(f"{name}: {package['license']} ({package['repository']})")
        for file in files:
            texts.setdefault(file.read_text(encoding="utf-8", errors="replace").strip(), []).append(name)
    print("splitbuild is under either of the MIT license and the Apache License 2.0. Compiled into it are Rust's standard")
    print("library (https://github.com/rust-lang/rust/blob/master/COPYRIGHT), on musl the C library (MIT,")
    print("https://git.musl-libc.org/cgit/musl/tree/COPYRIGHT), and these crates.")
    if missing:
        print("\nWithout a text of their own, under the licence that they name:\n")
        print("\n".join(missing))
    for text, names in texts.items():
        print(f"\n{'=' * 100}\n{', '.join(names)}\n{'=' * 100}\n\n{text}")


if len(sys.argv) != 2:
    sys.exit(__doc__.splitlines()[0])
main(sys.argv[1])
