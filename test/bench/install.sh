#!/bin/sh
# Installs what the benchmarks measure with.
set -eu

missing=""
for tool in wrk rsync restic hyperfine curl; do
  command -v "$tool" > /dev/null 2>&1 || missing="$missing $tool"
done
[ -x /usr/bin/time ] || missing="$missing time"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null 2>&1; then
  echo "not installed:$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of names
apt-get install --yes --no-install-recommends $missing || { apt-get update && apt-get install --yes --no-install-recommends $missing; }
