/** A repository's log is published in pieces of so many lines: only the last one ever changes. */
export const linesInPiece = 1000;

/** `000000.jsonl`, `000001.jsonl`, … */
export function logPieceName(index: number): string {
  return `${String(index).padStart(6, "0")}.jsonl`;
}

export function isLogPieceName(name: string): boolean {
  return /^\d{6}\.jsonl$/.test(name);
}
