import { looksLikeTimestamp } from "./timestamp.ts";

/** What is wrong with a label, or undefined. A label stands on pages where clients collect timestamps: it must not be spelled like one. */
export function labelProblem(label: string): string | undefined {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(label)) return "is not a label: 1 to 64 of A-Z a-z 0-9 . _ -";
  return spellsTimestamp(label) ? "is spelled like a timestamp, for which clients would take it" : undefined;
}

function spellsTimestamp(text: string): boolean {
  return Array.from(text, (_, index) => text.slice(index, index + 16)).some(looksLikeTimestamp);
}
