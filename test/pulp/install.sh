#!/bin/sh
# Installs what `npm run test:pulp` needs: PostgreSQL, nginx and wrk as packages of the machine, pulpcore and pulp-cli in a folder of their own, where every user may read them and `npm ci` does not clear them
# away. Does nothing where all of it is there. The last line that it prints names the folder. Ends with 3 where something cannot be had here, and says what.
set -eu
umask 022

here="$(cd "$(dirname "$0")" && pwd)"
pulpcore=3.123.1
pulp_cli=0.41.1

missing=""
need() { # need COMMAND-OR-FILE PACKAGE
  if ! command -v "$1" > /dev/null 2>&1 && [ ! -e "$1" ]; then missing="$missing $2"; fi
}
need /usr/lib/postgresql postgresql
/usr/bin/python3 -c 'import ensurepip' 2> /dev/null || missing="$missing python3-venv"
need nginx nginx-light
need wrk wrk
need curl curl
need openssl openssl
need flock util-linux

not_here() {
  echo "a real Pulp cannot be installed here: $*" >&2
  exit 3
}

install_packages() {
  if [ -z "$missing" ]; then return; fi
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null 2>&1; then not_here "not installed:$missing"; fi
  # Servers are wanted as programs alone: policy-rc.d answers 101, "not allowed", to those who would start them.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # a list of package names
  { apt-get install --yes --no-install-recommends $missing || { apt-get update && apt-get install --yes --no-install-recommends $missing; }; } >&2 ||
    not_here "Debian's packages could not be had:$missing"
}

# The interpreter is the system's: another user cannot run one that lies in somebody's home.
install_programs() {
  if [ "$(id -u)" -eq 0 ]; then caches=/var/cache; else caches="${XDG_CACHE_HOME:-$HOME/.cache}"; fi
  folder="$caches/asof-test/pulp-$pulpcore-$(cksum < "$here/constraints.txt" | cut -d ' ' -f 1)"
  mkdir -p "$(dirname "$folder")"
  exec 9> "$folder.lock"
  flock 9
  if [ ! -e "$folder/complete" ]; then
    rm -rf "$folder"
    for program in "server pulpcore==$pulpcore" "cli pulp-cli==$pulp_cli"; do
      venv="$folder/${program%% *}"
      /usr/bin/python3 -m venv "$venv" >&2 || not_here "python3 makes no virtual environment"
      "$venv/bin/pip" install --quiet --disable-pip-version-check --constraint "$here/constraints.txt" "${program#* }" >&2 || not_here "PyPI gave no ${program#* }"
    done
    touch "$folder/complete"
  fi
  echo "$folder"
}

install_packages
install_programs
