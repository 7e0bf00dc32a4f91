/**
 * Text of somebody else for a line of ours: what would move a cursor, end the line or turn the direction of writing is escaped as `\u{…}`, and what is longer
 * than `characters` is cut.
 */
export function shownSafely(text: string, characters: number): string {
  const shown = text
    .slice(0, characters)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return text.length > characters ? `${shown}…` : shown;
}
