import { addressBelow } from "./kit-context.ts";
import type { KitContext } from "./kit-context.ts";
import { kitFile } from "./kit-part.ts";
import type { KitPart } from "./kit-part.ts";
import { kitText } from "./printable.ts";
import type { Printable } from "./printable.ts";

/** A script that fetches files of one time with curl or wget; with a manifest (`path,sha256,size` a line) it keeps none whose digest is another. */
export function fetchPart(context: KitContext, manifest: Printable | undefined): KitPart {
  const { id, newest, checkpoint, site, basePath } = context;
  return {
    title: "curl, wget",
    files: [
      kitFile("fetch.sh", [
        "#!/bin/sh",
        kitText`# Fetches files of ${id} as they were at one time: sh fetch.sh PATH...`,
        "# SNAPSHOT=TIME in front asks for another time: the newest checkpoint at or before it answers.",
        "# By hand:",
        kitText`#   curl --fail --location --remote-name ${checkpoint}PATH`,
        kitText`#   wget ${checkpoint}PATH`,
        "set -eu",
        "export LC_ALL=C",
        kitText`base='${addressBelow(site, basePath, "/")}'`,
        kitText`snapshot="\${SNAPSHOT:-${newest}}"`,
        "",
        "get() { # get PATH FILE",
        "  if command -v curl > /dev/null; then",
        '    curl --fail --silent --show-error --location --output "$2" "$base$snapshot/$1"',
        "  else",
        '    wget --quiet --output-document="$2" "$base$snapshot/$1"',
        "  fi",
        "}",
        "",
        'if [ "$#" -eq 0 ]; then',
        '  echo "usage: sh fetch.sh PATH..." >&2',
        "  exit 2",
        "fi",
        ...(manifest === undefined
          ? []
          : ["manifest=$(mktemp)", "trap 'rm -f \"$manifest\"' EXIT", kitText`get ${manifest} "$manifest"`]),
        'for path in "$@"; do',
        '  case "$path" in',
        "    *[!A-Za-z0-9._+~/-]*)",
        '      echo "$path: fetch it by hand, percent-encoded" >&2',
        "      exit 2 ;;",
        "  esac",
        '  file="./${path##*/}"',
        ...(manifest === undefined ? [`  get "$path" "$file.part"`] : checkedFetch),
        '  mv "$file.part" "$file"',
        "done",
      ]),
    ],
    leftOut: 0,
    image: [],
  };
}

/** awk compares whole beginnings of lines: a path is no pattern, and it may hold commas itself. */
const checkedFetch = [
  '  digest=$(P="$path," awk \'index($0, ENVIRON["P"]) == 1 {',
  '    rest = substr($0, length(ENVIRON["P"]) + 1); gsub(/[ \\t\\r]/, "", rest)',
  '    if (split(rest, field, ",") == 2) { print tolower(field[1]); exit } }\' "$manifest")',
  '  if [ "${#digest}" -ne 64 ]; then',
  '    echo "$path: not in the manifest" >&2',
  "    exit 1",
  "  fi",
  '  get "$path" "$file.part"',
  '  if ! echo "$digest  $file.part" | sha256sum --check --quiet -; then',
  '    rm -f "$file.part"',
  "    exit 1",
  "  fi",
];
