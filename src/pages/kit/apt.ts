import type { AptSuite } from "../../model/repository-kind.ts";
import type { SnapshotServer } from "./apt-snapshots.ts";
import { snapshotServerValue } from "./apt-snapshots.ts";
import { addressBelow } from "./kit-context.ts";
import type { KitContext } from "./kit-context.ts";
import { kitFile, leftOutLines, printableDirectory, printableItems } from "./kit-part.ts";
import type { KitFile, KitPart } from "./kit-part.ts";
import { isPrintable, kitText } from "./printable.ts";
import type { Address, Printable } from "./printable.ts";

/** The plain distribution of the same repository, and the server that apt can be told for its past. */
export interface AptLive {
  readonly basePath: string;
  /** Undefined when no line would be right for every archive on this host. */
  readonly server: SnapshotServer | undefined;
}

/**
 * A source that stays at one checkpoint, for every apt. Where there is a plain distribution, also a source for it with the snapshot option of apt 2.7.12 and newer, and the line that tells
 * this apt where the host keeps the past: without it the first `apt update --snapshot` on a machine reads the newest state and says nothing.
 */
export function aptPart(context: KitContext, suites: readonly AptSuite[], live: AptLive | undefined): KitPart {
  const { kept, leftOut } = printableItems(suites, printableSuite);
  const liveFiles = liveSources(context, kept, live);
  const hasLive = liveFiles.length > 0;
  const pinned = pinnedSources(context, kept, { leftOut, hasLive });
  return {
    title: "apt (Debian, Ubuntu)",
    files: kept.length === 0 ? [] : [pinned, ...liveFiles],
    leftOut,
    image: kept.flatMap((suite) => imageLines(context, suite, kept.length > 1)),
    note: hasLive
      ? "Take one of the two: apt.sources stays at this checkpoint; apt-live.sources, with apt-snapshots.conf, follows the newest state and goes back when it is asked to."
      : undefined,
  };
}

interface PrintableSuite extends Pick<AptSuite, "expires" | "snapshotsElsewhere"> {
  readonly directory: readonly Printable[];
  readonly name: Printable;
  readonly components: readonly Printable[];
  readonly architectures: readonly Printable[];
}

/** One component that cannot be printed takes the suite with it: a source with a part of what there is would be a puzzle. */
function printableSuite(suite: AptSuite): PrintableSuite | undefined {
  const { name, components, architectures, expires, snapshotsElsewhere } = suite;
  const directory = printableDirectory(suite.directory);
  if (directory === undefined || !isPrintable(name) || !components.every(isPrintable)) return undefined;
  return {
    directory,
    name,
    components,
    architectures: architectures.filter(isPrintable),
    expires,
    snapshotsElsewhere,
  };
}

function pinnedSources(
  context: KitContext,
  suites: readonly PrintableSuite[],
  { leftOut, hasLive }: { readonly leftOut: number; readonly hasLive: boolean },
): KitFile {
  const { id, newest, checkpoint } = context;
  return kitFile("apt.sources", [
    kitText`# ${id} as it was at ${newest}. Save as /etc/apt/sources.list.d/${id}.sources`,
    ...(hasLive ? ["# Take this file or apt-live.sources, not both: they are the same packages at two times."] : []),
    ...leftOutLines(leftOut),
    ...severalLines(suites),
    ...suites.flatMap((suite) => [
      "",
      ...stanza(addressBelow(checkpoint, ...suite.directory, "/"), suite, suites.length > 1),
      ...(suite.expires
        ? [
            "# Its Release file has a date after which apt refuses it; what is at this address never changes.",
            "Check-Valid-Until: no",
          ]
        : []),
    ]),
  ]);
}

function liveSources(
  { site, host, id, newest }: KitContext,
  suites: readonly PrintableSuite[],
  live: AptLive | undefined,
): readonly KitFile[] {
  const led = suites.filter((suite) => !suite.snapshotsElsewhere);
  if (live?.server === undefined || !isPrintable(live.basePath) || led.length === 0) return [];
  const { basePath, server } = live;
  return [
    kitFile("apt-live.sources", [
      kitText`# The newest state, and any other: apt --snapshot ${newest} update, then the same with install.`,
      "# For apt 2.7.12 or newer, with apt-snapshots.conf beside it: without that file apt would have no past to go to.",
      kitText`# Save as /etc/apt/sources.list.d/${id}.sources`,
      "# Take this file or apt.sources, not both: they are the same packages at two times.",
      ...(led.some(({ expires }) => expires)
        ? ["# Its Release files have a date after which apt refuses them; apt.sources goes back further."]
        : []),
      ...severalLines(led),
      ...led.flatMap((suite) => [
        "",
        ...stanza(addressBelow(site, basePath, ...suite.directory, "/"), suite, led.length > 1),
        "Snapshot: enable",
      ]),
    ]),
    kitFile("apt-snapshots.conf", [
      "// Where this host keeps the past of its archives, for apt 2.7.12 or newer. It is meant for every source on this host.",
      "// Save as /etc/apt/apt.conf.d/50snapshots.conf",
      kitText`Acquire::Snapshots::URI::Host::${host} "` + snapshotServerValue(server) + '";',
    ]),
  ];
}

function severalLines(suites: readonly PrintableSuite[]): readonly string[] {
  return suites.length > 1 ? ["# There are several suites: take Enabled: no away from those that you want."] : [];
}

function stanza(archive: Address, suite: PrintableSuite, isOneOfSeveral: boolean): readonly string[] {
  const { name, components, architectures } = suite;
  return [
    "Types: deb",
    kitText`URIs: ${archive}`,
    kitText`Suites: ${name}`,
    ...(components.length === 0 ? [] : [kitText`Components: ${components}`]),
    ...(isOneOfSeveral ? ["Enabled: no"] : []),
    ...(architectures.length === 0 ? [] : [kitText`# Packages for: ${architectures}`]),
    "# Signed-By: the file on this machine that holds this archive's public key",
  ];
}

/** Without Check-Valid-Until: the time can be set to another one than a checkpoint's. */
function imageLines(context: KitContext, suite: PrintableSuite, isOneOfSeveral: boolean): readonly string[] {
  const { id, snapshot } = context;
  const { directory, name, components, expires } = suite;
  const archive = addressBelow(snapshot, ...directory, "/");
  const fields = [
    "'Types: deb'",
    kitText`"URIs: ${archive}"`,
    kitText`'Suites: ${name}'`,
    ...(components.length === 0 ? [] : [kitText`'Components: ${components}'`]),
  ].join(" ");
  return [
    "# apt: copy the archive's public key into the image, and name its file in one more field, Signed-By.",
    ...(expires
      ? ["# Its Release file has a date after which apt refuses it: see apt.sources for one exact time."]
      : []),
    ...(isOneOfSeveral ? [kitText`# For the suite ${name}:`] : []),
    (isOneOfSeveral ? "# " : "") +
      `RUN printf '%s\\n' ${fields}` +
      kitText` > /etc/apt/sources.list.d/${id}.sources && apt-get update`,
  ];
}
