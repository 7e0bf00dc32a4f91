#!/bin/sh
# Prints the address of a checkpoint distribution as it is right now.
printf "%s/%s/\n" "${1:?address}" "$(date -u +%Y%m%dT%H%M%SZ)"
