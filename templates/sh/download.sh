bin=.splitbuild/bin
rm -rf "$bin"
mkdir -p "$bin/archive"
try download || { echo "cannot fetch $url with curl or wget, or it is too large" >&2; exit 1; }
found=$(sha256sum <"$bin/file" | cut -c1-64)
[ "$found" = "$sha256" ] || {
  echo "$url was not run: its SHA-256 is $found, and $sha256 was expected." >&2
  echo "Find out who changed it. Another version needs its own sum in the matrix, under tool.download." >&2
  exit 1
}
