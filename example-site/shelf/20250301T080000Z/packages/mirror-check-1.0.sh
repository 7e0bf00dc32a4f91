#!/bin/sh
# Prints the newest file below a mirror.
# Corrected: file names with spaces.
find "${1:-.}" -type f -printf "%T@ %p\n" | sort -n | tail -n 1 | cut -d" " -f2-
