clean() { printf %s "$1" | LC_ALL=C tr -c 'A-Za-z0-9_.-' '-' | sed 's/^[.-]/_/' | cut -c "1-$2"; }
