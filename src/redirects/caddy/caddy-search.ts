/** How many boundaries a list has at most. With a mark behind them they are as many as the search below is made for. */
export const longestList = 30;

/** What follows a list, so that a search among 15 items, or among 31 where there are more than 15, never asks for one that is not there: `~` is later than every second. */
export const padding: string = ",~".repeat(15);

/**
 * A condition in CEL, the language of Caddy's `expression` matcher, that finds the last item at or before a second in the request header `Asof-List`: by halves, at whose ends a pattern takes the item out. It is left
 * in the groups of the regular expression `name`: what the item begins with, what it goes on with, and the capital for its kind.
 *
 * The header reads `SECOND,PREFIX|/BEFORE,ITEM,ITEM,~,~…` with `padding` at its end. With `moved` the condition holds only if a checkpoint is found, and not at that very second.
 */
export function searchCondition(name: string, { moved }: { readonly moved: boolean }): string {
  return `[{header.Asof-List}.split(',')].exists(s, size(s) > 32 ? ${halves(1, 33)} : ${halves(1, 17)})`;

  function halves(from: number, to: number): string {
    if (to - from === 1) return from === 1 ? before() : item(from);
    const middle = (from + to) / 2;
    return `(s[${middle}] <= s[0] ? ${halves(middle, to)} : ${halves(from, middle)})`;
  }

  function before(): string {
    return take(`(?:([0-9]{6})[^|]*[|]:|[^|]*[|]/)`, moved ? "([0-9T]+)," : "([0-9T]*)([A-Z]?),");
  }

  function item(index: number): string {
    const beginning = `([^|]*)[|](?:[^,]*,){${index - 1}}`;
    return moved
      ? `s[${index}] + 'Z' != s[0] && ${take(beginning, "([0-9T]*),")}`
      : take(beginning, "([0-9T]*)([A-Z]?),");
  }

  function take(beginning: string, ending: string): string {
    return `header_regexp('${name}', 'Asof-List', r'^[^,]*,${beginning}${ending}')`;
  }
}
