#!/bin/sh
# Prints the newest file below a mirror, and how old it is.
find "${1:-.}" -type f -printf "%T@ %p\n" | sort -n | tail -n 1
date -u
