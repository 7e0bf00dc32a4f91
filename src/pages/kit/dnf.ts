import { addressBelow } from "./kit-context.ts";
import type { KitContext } from "./kit-context.ts";
import { kitFile, leftOutLines } from "./kit-part.ts";
import type { KitPart } from "./kit-part.ts";
import { kitText } from "./printable.ts";
import { quotedDirectory, rpmSections, sectionLines } from "./rpm-sections.ts";

/** Sections that stay at one checkpoint; each can be led through a list of mirrors instead, which dnf reads once a run. */
export function dnfPart(context: KitContext, directories: readonly string[]): KitPart {
  const { id, newest, checkpoint, snapshot, site, basePath } = context;
  const { sections, leftOut } = rpmSections(context, directories);
  const file = kitFile("dnf.repo", [
    kitText`# ${id} as it was at ${newest}. Save as /etc/yum.repos.d/${id}.repo`,
    ...leftOutLines(leftOut),
    ...sections.flatMap((section) =>
      sectionLines(context, section, [
        kitText`baseurl=${addressBelow(checkpoint, ...section.directory, "/")}`,
        "# In place of baseurl, a list with the same address in it: every run stays with what it read there first.",
        kitText`# mirrorlist=${addressBelow(site, basePath, "_asof", newest, "mirrorlist", ...section.directory)}`,
      ]),
    ),
  ]);
  return {
    title: "dnf (Fedora, RHEL)",
    files: sections.length === 0 ? [] : [file],
    leftOut,
    image: [
      "# dnf: import the repository's public key with rpm --import, or name it in one more field, gpgkey.",
      ...sections.map(
        (section) =>
          kitText`RUN printf '%s\\n' '[${section.id}]' 'name=${section.id}' "baseurl=${snapshot}"` +
          quotedDirectory(section) +
          kitText` 'enabled=1' 'gpgcheck=1' > /etc/yum.repos.d/${section.id}.repo`,
      ),
    ],
  };
}
