import type { KitContext } from "./kit-context.ts";
import { kitFile } from "./kit-part.ts";
import type { KitPart } from "./kit-part.ts";
import { kitText } from "./printable.ts";

/** The lines of the other clients for an image, with the time as an argument of its build. */
export function dockerfilePart({ newest, snapshot }: KitContext, parts: readonly KitPart[]): KitPart {
  const lines = parts.filter(({ files }) => files.length > 0).map(({ image }) => image);
  const fetching = ["# One file; PATH is its path in the repository.", kitText`# ADD ${snapshot}PATH /usr/local/src/`];
  return {
    title: "Dockerfile",
    files: [
      kitFile("Dockerfile", [
        "# docker build --build-arg BASE=the-image-to-begin-with .",
        "ARG BASE",
        "FROM $BASE",
        "",
        "# The state that this image is made of. Another time is answered by the newest checkpoint at or before it.",
        kitText`ARG SNAPSHOT=${newest}`,
        ...[...lines, fetching].flatMap((some) => ["", ...some]),
      ]),
    ],
    leftOut: 0,
    image: [],
  };
}
