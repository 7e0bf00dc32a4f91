#!/bin/sh
# Installs the web servers whose generated rules the tests in this folder ask, and rsync, which carries a site to its replicas. Does nothing where they are present; elsewhere than as
# root on Debian or Ubuntu it says which tests will be left out. A skipped test is reported as skipped, and fails where CI is set.
set -eu

missing=""
need() { # need COMMAND-OR-FILE PACKAGE
  if ! command -v "$1" > /dev/null 2>&1 && [ ! -e "$1" ]; then missing="$missing $2"; fi
}
need nginx nginx-light
need apache2 apache2
need caddy caddy
need lighttpd lighttpd
need /usr/lib/lighttpd/mod_magnet.so lighttpd-modules-lua
need rsync rsync

if [ -z "$missing" ]; then
  exit 0
fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null 2>&1; then
  echo "not installed:$missing; the tests in test/servers that ask them will be left out" >&2
  exit 0
fi

# The packages would start servers on port 80, which are not wanted here: policy-rc.d answers 101, "not allowed", while they are installed.
policy=/usr/sbin/policy-rc.d
made_policy=no
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
  made_policy=yes
fi
trap 'if [ "$made_policy" = yes ]; then rm -f "$policy"; fi' EXIT

export DEBIAN_FRONTEND=noninteractive
install_missing() {
  # shellcheck disable=SC2086 # a list of package names
  apt-get install --yes --no-install-recommends $missing
}
install_missing || { apt-get update && install_missing; }
