/**
 * What `path?query` means on a site with checkpoints below `bases`: src/model/resolve-request.ts for hosts that only send files, with the list of checkpoints read from its JSON by at most
 * two calls of `read`. `now` is a timestamp. A location is always a base, a time and the rest of the path as it was asked for.
 */
// oxlint-disable-next-line no-unused-vars -- show.js calls it, in the same script.
async function decide(bases, path, query, now, read) {
  const meant = normalize(path);
  const base = bases.find((one) => meant !== undefined && `${meant}/`.startsWith(one));
  if (base === undefined || (`${meant}/` === base && meant !== path)) return { kind: "elsewhere" };
  if (`${meant}/` === base) return { kind: "redirect", location: base + query };
  const [name] = meant.slice(base.length).split("/", 1);
  if (!/^\d{8}T\d{6}Z/.test(name) && name !== "latest") return { kind: "elsewhere" };
  if (!path.startsWith(base) || path.slice(base.length).split("/", 1)[0] !== name) return { kind: "missing" };
  if (name !== "latest" && !isSecond(name)) return { kind: "missing", why: "no time" };

  const rest = path.slice(base.length + name.length);
  const to = (time) => ({ kind: "redirect", location: base + checked(time) + (rest || "/") + query });
  const list = await read(`${base}checkpoints.json`);
  if (name === "latest") return list.newest === null ? { kind: "missing", why: "none" } : to(list.newest);

  const year = list.years.findLast(({ first }) => first <= name);
  const { checkpoints } = await checkpointsOf(year);
  const older = checkpoints.findLast(({ time }) => time <= name)?.time;
  const newer =
    checkpoints.find(({ time }) => time > name)?.time ?? list.years.find(({ first }) => first > name)?.first;
  const gone = list.gone.findLast(({ from }) => from <= name);
  if (gone !== undefined && !(older > gone.from)) return { kind: "gone", base, from: gone.from, older, newer };
  if (older === undefined) return { kind: "missing", why: newer === undefined ? "none" : "early", base, newer };
  if (older === name) {
    return rest === "" ? { kind: "redirect", location: `${path}/${query}` } : { kind: "checkpoint", base, at: name };
  }
  const isSettled = list.horizon !== null && name <= list.horizon;
  return isSettled || name <= now ? to(older) : { kind: "missing", why: "future" };

  /** checkpoints.json holds the newest year; every other one has a file of its own. */
  function checkpointsOf(one) {
    if (one === undefined) return { checkpoints: [] };
    return one.year === list.year ? list : read(`${base}checkpoints/${one.first.slice(0, 4)}.json`);
  }
}

/** The path that a raw path means, each character a byte, or undefined: src/model/raw-path.ts. */
function normalize(path) {
  if (!/^\/(?:[^%]|%(?!00)[\dA-Fa-f]{2})*$/.test(path)) return undefined;
  const decoded = path.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const segments = [];
  const parts = decoded.split("/");
  for (const [index, part] of parts.entries()) {
    const isDots = part === "." || part === "..";
    if (part === ".." && segments.pop() === undefined) return undefined;
    if (part !== "" && !isDots) segments.push(part);
    else if (index === parts.length - 1) segments.push("");
  }
  return `/${segments.join("/")}`;
}

function isSecond(text) {
  if (!/^\d{8}T\d{6}Z$/.test(text)) return false;
  const iso = text.replace(/^(....)(..)(..)T(..)(..)/, "$1-$2-$3T$4:$5:").replace("Z", ".000Z");
  const date = new Date(iso);
  return !Number.isNaN(date.getTime()) && date.toISOString() === iso;
}

/** Only a time ever becomes part of an address. */
function checked(time) {
  if (!isSecond(time)) throw new Error(`${time} is no time`);
  return time;
}
