import type { Checkpoint } from "../model/history.ts";
import { isoOf } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { showTime } from "./format-date.ts";
import { formatSize } from "./format-size.ts";

export interface AtomFeed {
  readonly title: string;
  /** Who publishes it: RFC 4287 wants an author. */
  readonly author: string;
  /** Absolute addresses of the feed itself and of the page that it goes with. */
  readonly self: string;
  readonly page: string;
  /** When it changed last, where it has no entry. */
  readonly updated: Timestamp;
  /** The newest first. */
  readonly entries: readonly AtomEntry[];
}

/** A kept checkpoint under one of its addresses; the same text in every feed that has it, because it has the same id. */
export interface AtomEntry {
  readonly distribution: string;
  /** Absolute address of the checkpoint, which never means another one. */
  readonly url: string;
  readonly checkpoint: Checkpoint;
}

/** Stands in every feed of ours. */
export const feedGenerator = "<generator>asof</generator>";

/** An Atom feed (RFC 4287). Labels may come later: they are told, and make no entry a new one. */
export function renderAtomFeed({ title, author, self, page, updated, entries }: AtomFeed): string {
  const newest = entries[0]?.checkpoint.created ?? updated;
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<id>${escapeXml(self)}</id>`,
    `<title>${escapeXml(title)}</title>`,
    `<updated>${isoOf(newest)}</updated>`,
    `<author><name>${escapeXml(author)}</name></author>`,
    `<link rel="self" type="application/atom+xml" href="${escapeXml(self)}"/>`,
    `<link rel="alternate" type="text/html" href="${escapeXml(page)}"/>`,
    feedGenerator,
    ...entries.flatMap(entryLines),
    "</feed>",
    "",
  ].join("\n");
}

function entryLines({ distribution, url, checkpoint }: AtomEntry): readonly string[] {
  const { created, files, bytes, labels } = checkpoint;
  const content = `${files} ${files === 1 ? "file" : "files"}, ${formatSize(bytes)}`;
  const labelled = labels.length === 0 ? "" : ` ${labels.length === 1 ? "Label" : "Labels"}: ${labels.join(", ")}.`;
  return [
    "<entry>",
    `<id>${escapeXml(url)}</id>`,
    `<title>${escapeXml(`${distribution} ${showTime(created).date} UTC: ${changesText(checkpoint)}`)}</title>`,
    `<updated>${isoOf(created)}</updated>`,
    `<published>${isoOf(created)}</published>`,
    `<link rel="alternate" type="text/html" href="${escapeXml(url)}"/>`,
    ...labels.map((label) => `<category term="${escapeXml(label)}"/>`),
    `<summary>${escapeXml(`${content}: ${changesText(checkpoint)}.${labelled}`)}</summary>`,
    "</entry>",
  ];
}

function changesText({ added, removed, changed }: Checkpoint): string {
  return `${added} added, ${removed} removed, ${changed} changed`;
}

/** Text for an element or a quoted attribute. What no XML document may hold, escaped or not, becomes the sign for that. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
