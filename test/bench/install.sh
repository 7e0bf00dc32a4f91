#!/bin/sh
# Installs what the benchmarks measure with.
set -eu

if command -v wrk > /dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null 2>&1; then
  echo "wrk is not installed" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get install --yes --no-install-recommends wrk || { apt-get update && apt-get install --yes --no-install-recommends wrk; }
