#!/bin/sh
# Prints the newest file below a mirror.
find "${1:-.}" -type f -printf "%T@ %p\n" | sort -n | tail -n 1
