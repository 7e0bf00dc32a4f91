/**
 * Regular expressions, extended syntax, for `<Range header>:<size of the file>`: one that matches where the header asks for nothing that nginx refuses with 416, and is cheap where there is no such
 * header. Of several ranges the first has to be there; the rest has to be well-formed.
 */
export function satisfiableRange(): readonly string[] {
  const more = String.raw`(?:,[ ]?(?:\d+-\d*|-\d+))*`;
  return [
    // No header, or not in bytes: the whole file is sent.
    "^(?!bytes=[^:])",
    String.raw`^bytes= (?: 0-\d* | -[1-9]\d* ) ${more} :`,
    String.raw`^bytes= (?= ${smaller(String.raw`-[^:]*:`, "$")} ) (?: [1-9]\d*- | (?= (\d+)-\2[,:] | ${smaller("-", "[,:]", 3)} ) [1-9]\d*-[1-9]\d* ) ${more} :`,
  ];
}

/**
 * A number, `between`, a greater number and `end`, neither with a nought in front: fewer digits, or as many, and behind those that both begin with a smaller one. `group` is the number of
 * the one group in it.
 */
function smaller(between: string, end: string, group = 1): string {
  const lengths = Array.from({ length: 14 }, (_, index) => index + 1);
  const fewer = lengths.map((length) => String.raw`\d{${length}}${between}\d{${length + 1}}`);
  const asMany = [...lengths, 15].map((length) => String.raw`\d{${length}}${between}\d{${length}}${end}`);
  const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(
    (digit) => String.raw`${digit}\d*${between}` + `\\${group}[${digit + 1}-9]`,
  );
  return `(?: ${fewer.join("|")} | (?= ${asMany.join("|")} ) (\\d*) (?: ${digits.join("|")} ) )`;
}
