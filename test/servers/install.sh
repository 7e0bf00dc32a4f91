#!/bin/sh
# Installs the web servers whose generated rules the tests in this folder ask. Does nothing where they are present; elsewhere than as root on Debian or
# Ubuntu it says which tests will be left out. A skipped test is reported as skipped, and fails where CI is set.
set -eu

if command -v nginx > /dev/null 2>&1; then
  exit 0
fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null 2>&1; then
  echo "nginx is not installed: the tests in test/servers that ask it will be left out" >&2
  exit 0
fi

# The package would start a server on port 80, which is not wanted here: policy-rc.d answers 101, "not allowed", while it is installed.
policy=/usr/sbin/policy-rc.d
made_policy=no
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
  made_policy=yes
fi
trap 'if [ "$made_policy" = yes ]; then rm -f "$policy"; fi' EXIT

export DEBIAN_FRONTEND=noninteractive
install_nginx() {
  apt-get install --yes --no-install-recommends nginx-light || apt-get install --yes --no-install-recommends nginx
}
install_nginx || { apt-get update && install_nginx; }
