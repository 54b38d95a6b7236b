"""Evaluates benches/gen.jsonnet with jrsonnet, the fastest jsonnet there is, as PyPI's rjsonnet brings it.

usage: jsonnet.py MATRIX SHARED OUT      (the benchmarks start it; `--version` prints the version)

Debian's jsonnet is not taken: it cannot read YAML with block scalars, and is slower by far.
"""

import importlib.metadata
import pathlib
import sys

import rjsonnet

if sys.argv[1:] == ["--version"]:
    sys.exit(print("jrsonnet, as rjsonnet", importlib.metadata.version("rjsonnet")))
matrix, shared, out = map(pathlib.Path, sys.argv[1:])
program = pathlib.Path(__file__).with_name("gen.jsonnet")
given = {"matrix": matrix.read_text(), "shared": shared.read_text()}
out.write_text(rjsonnet.evaluate_file(str(program), ext_vars=given))
