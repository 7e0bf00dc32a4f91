const longest = 200;

/**
 * The reason that a person gives for taking something away: one line of printable characters that logs, pages and terminals show. Undefined for anything else; `reasonRule` says
 * what is asked.
 */
export function parseReason(text: string): string | undefined {
  const reason = text.trim();
  const isPrintable = !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(reason);
  return reason !== "" && reason.length <= longest && isPrintable ? reason : undefined;
}

export const reasonRule: string = `one line of 1 to ${longest} printable characters`;
