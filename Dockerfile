# The image that generated manifest, copy and export jobs run in: what CI executors need in the container of a job (a shell,
# git, tar, gzip and CA certificates), and splitbuild. On a machine of each architecture:
#
#   RUSTFLAGS='-C target-feature=+crt-static' cargo build --locked --release --target "$(uname -m)-unknown-linux-gnu"
#   docker build --build-arg BINARY="target/$(uname -m)-unknown-linux-gnu/release/splitbuild" --tag registry.example.com/ci/splitbuild:0.1.0-amd64 .
ARG BASE=alpine:3.22
FROM ${BASE}
RUN if command -v apk >/dev/null; then \
      apk add --no-cache ca-certificates git gzip tar; \
    else \
      apt-get update && \
      apt-get install -y --no-install-recommends ca-certificates git gzip tar && \
      rm -rf /var/lib/apt/lists/*; \
    fi
ARG BINARY=target/release/splitbuild
COPY ${BINARY} /usr/local/bin/splitbuild
# It stands on its own, whatever the base is.
RUN splitbuild --version
CMD ["splitbuild", "--help"]
