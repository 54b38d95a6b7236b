# The handful of commands that a contributor needs; `just ci` is what CI runs.

# List the commands
default:
    @just --list

# Build, and show what it does: the pipeline of HySDS, and an index
run:
    ./run

# Run the tests that need no root, no daemon and no network; what is left out is listed as ignored
quick *arguments:
    cargo test --locked {{arguments}}

# The files of a release, in dist/: static programs for amd64 and arm64, archives, checksums
dist *arguments:
    .ci/dist {{arguments}}

# Run all tests
test *arguments:
    ./test {{arguments}}

# Run the emitted CircleCI configurations, the whole HySDS pipeline with Docker and a registry among them
e2e:
    tests/e2e/run

# What the compiler and the formatter have to say
lint:
    cargo fmt --all --check
    cargo clippy --locked --all-targets --features whole -- -D warnings

# Write the expectations of fixtures and examples, the schema and the pictures again; read them as a diff
snapshots: examples pictures
    -SNAPSHOTS=overwrite cargo test --locked --no-fail-fast --test fixtures --test baked --test schema --test import
    cargo test --locked --test fixtures --test baked --test schema --test import

# Generate the examples' configurations again, and our own pipelines
examples:
    cargo build --locked
    target/debug/splitbuild gen -o .circleci/config.yml
    target/debug/splitbuild gen --provider gitlab -o .gitlab/splitbuild.yml
    target/debug/splitbuild gen --provider github -o .github/workflows
    for example in minimal machine variants hysds; do target/debug/splitbuild gen "examples/$example/splitbuild.yml" -o "examples/$example/.circleci/config.yml"; done
    for example in github hysds minimal; do target/debug/splitbuild gen "examples/$example/splitbuild.yml" --provider github -o "examples/$example/.github/workflows"; done
    for example in gitlab variants; do target/debug/splitbuild gen "examples/$example/splitbuild.yml" --provider gitlab -o "examples/$example/.gitlab/splitbuild.yml"; done

# Draw the pictures of the pages again
pictures:
    cargo build --locked
    target/debug/splitbuild graph examples/hysds/splitbuild.yml -o docs/graph-hysds.svg

# The documentation of the crate
docs:
    cargo doc --locked --no-deps --document-private-items --open

# Everything that must hold before a change lands
ci:
    .ci/run

# That, and what takes longer: a release, the tool's image from a clone, a machine without anything, every fault
full:
    .ci/full

# Do all that docs/faults.md tells of and write it, or the calls of one request ("`export`: GET the layer"); with "" missing
# the calls that it lacks
faults request="" scale="whole":
    FAULTS={{scale}} FAULTS_ONLY='{{request}}' SNAPSHOTS=overwrite cargo test --locked --features whole --test faults -- --test-threads 4 {{ if request + scale == "whole" { "--skip the_page" } else { "every_request" } }}
    SNAPSHOTS=overwrite cargo test --locked --features whole --test faults the_page

# The property tests with fresh seeds, for so many seconds
properties seconds="3600":
    cargo test --locked --test properties --no-run
    end=$(($(date +%s) + {{seconds}})); while [ "$(date +%s)" -lt "$end" ]; do PROPTEST_CASES=300 cargo test --locked --test properties || exit 1; done

# Make up input for one of the targets in tests/fuzz, or for each of all, for so many seconds; this needs a nightly toolchain
fuzz target="all" seconds="60":
    tests/fuzz/run {{target}} {{seconds}}

# splitbuild beside its peers: PART… of manifest, wait, export, copy, gen; --quick for a look; --write for BENCHMARKS.md
bench *arguments:
    python3 benches/bench.py {{arguments}}

# What splitbuild weighs: size, start, memory, crates; with --build PROFILE, what it costs to build it from nothing
weight *arguments:
    cargo build --locked --release
    cargo build --locked --profile quick
    .ci/static
    python3 benches/weight.py {{arguments}}
