# The image that generated manifest, copy and export jobs run in: what CI executors need in the container of a job (a shell,
# tar, gzip and CA certificates), and splitbuild. No git: the providers check out without it, and on Debian it brings Perl.
# `docker build .` compiles splitbuild; the host needs no Rust, and no builder image with Rust, either: an Alpine or a Debian
# gets what it needs (.ci/static).
#
#   docker build --tag registry.example.com/ci/splitbuild:0.1.0-amd64 .       on a machine of each architecture; or
#   docker build --platform linux/arm64 --tag registry.example.com/ci/splitbuild:0.1.0-arm64 .
#                                          with BuildKit, which compiles for it on this machine, at full speed
#   docker build --build-arg BUILDER=alpine:3.22 --build-arg BINARY=dist/splitbuild-0.1.0-linux-amd64 .
#                                          with a program that is there, by .ci/dist
#   docker build --build-arg PACKAGES='git jq' .                              with what your own `setup` calls
ARG BUILDER=rust:1-alpine
ARG BASE=alpine:3.22

# Docker's old builder sets no BUILDPLATFORM.
FROM --platform=${BUILDPLATFORM:-linux/amd64} ${BUILDER} AS builder
WORKDIR /source
COPY . .
ARG TARGETARCH
ARG PROFILE=dist
ARG BINARY
RUN if [ -z "$BINARY" ]; then BINARY=$(.ci/static "$TARGETARCH" "$PROFILE"); fi && cp "$BINARY" /splitbuild

FROM ${BASE}
ARG PACKAGES
RUN if command -v apk >/dev/null; then \
      apk add --no-cache ca-certificates gzip tar $PACKAGES; \
    else \
      apt-get update && \
      apt-get install -y --no-install-recommends ca-certificates gzip tar $PACKAGES && \
      apt-get clean && \
      rm -rf /var/lib/apt/lists/*; \
    fi
COPY --from=builder /splitbuild /usr/local/bin/splitbuild
# It stands on its own, whatever the base is.
RUN splitbuild --version
CMD ["splitbuild", "--help"]
