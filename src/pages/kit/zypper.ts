import { addressBelow } from "./kit-context.ts";
import type { KitContext } from "./kit-context.ts";
import { kitFile, leftOutLines } from "./kit-part.ts";
import type { KitPart } from "./kit-part.ts";
import { kitText } from "./printable.ts";
import { quotedDirectory, rpmSections, sectionLines } from "./rpm-sections.ts";

/** Sections that stay at one checkpoint. libzypp takes such a file from an address. */
export function zypperPart(context: KitContext, directories: readonly string[]): KitPart {
  const { id, newest, checkpoint, snapshot, site, basePath } = context;
  const { sections, leftOut } = rpmSections(context, directories);
  const file = kitFile("zypper.repo", [
    kitText`# ${id} as it was at ${newest}. To add it: zypper addrepo ${addressBelow(site, basePath, "kit/zypper.repo")}`,
    ...unsigned,
    ...leftOutLines(leftOut),
    ...sections.flatMap((section) =>
      sectionLines(context, section, [
        kitText`baseurl=${addressBelow(checkpoint, ...section.directory, "/")}`,
        "type=rpm-md",
        "autorefresh=0",
      ]),
    ),
  ]);
  return {
    title: "zypper (openSUSE, SLES)",
    files: sections.length === 0 ? [] : [file],
    // The same that dnf's part counts.
    leftOut: 0,
    image: [
      "# zypper, in place of dnf:",
      ...unsigned,
      ...sections.map(
        (section) =>
          kitText`# RUN zypper --non-interactive addrepo --gpgcheck "${snapshot}"` +
          quotedDirectory(section) +
          kitText` ${section.id}`,
      ),
    ],
  };
}

/** libzypp checks repodata/repomd.xml.asc, which dnf does not ask for. */
const unsigned = [
  "# zypper asks before it reads a repository without a signature of its own (repodata/repomd.xml.asc),",
  "# and refuses it when nobody can answer: sign the repository, or decide for yourself.",
];
