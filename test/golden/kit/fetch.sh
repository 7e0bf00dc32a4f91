#!/bin/sh
# Fetches files of myfile-snapshot as they were at one time: sh fetch.sh PATH...
# SNAPSHOT=TIME in front asks for another time: the newest checkpoint at or before it answers.
# By hand:
#   curl --fail --location --remote-name https://mirror.example.org/checkpoints/myfile/20250202T101112Z/PATH
#   wget https://mirror.example.org/checkpoints/myfile/20250202T101112Z/PATH
set -eu
export LC_ALL=C
base='https://mirror.example.org/checkpoints/myfile/'
snapshot="${SNAPSHOT:-20250202T101112Z}"

get() { # get PATH FILE
  if command -v curl > /dev/null; then
    curl --fail --silent --show-error --location --output "$2" "$base$snapshot/$1"
  else
    wget --quiet --output-document="$2" "$base$snapshot/$1"
  fi
}

if [ "$#" -eq 0 ]; then
  echo "usage: sh fetch.sh PATH..." >&2
  exit 2
fi
manifest=$(mktemp)
trap 'rm -f "$manifest"' EXIT
get PULP_MANIFEST "$manifest"
for path in "$@"; do
  case "$path" in
    *[!A-Za-z0-9._+~/-]*)
      echo "$path: fetch it by hand, percent-encoded" >&2
      exit 2 ;;
  esac
  file="./${path##*/}"
  digest=$(P="$path," awk 'index($0, ENVIRON["P"]) == 1 {
    rest = substr($0, length(ENVIRON["P"]) + 1); gsub(/[ \t\r]/, "", rest)
    if (split(rest, field, ",") == 2) { print tolower(field[1]); exit } }' "$manifest")
  if [ "${#digest}" -ne 64 ]; then
    echo "$path: not in the manifest" >&2
    exit 1
  fi
  get "$path" "$file.part"
  if ! echo "$digest  $file.part" | sha256sum --check --quiet -; then
    rm -f "$file.part"
    exit 1
  fi
  mv "$file.part" "$file"
done
