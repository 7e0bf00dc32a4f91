/* Finds since when names are there, from the files beside the page: pages/history-json.ts says what is in them. */

/** By what a path is found, in bytes: its name in small letters, and then its folder. */
function keyOfPath(path) {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return String.fromCharCode(...new TextEncoder().encode(`${name}/${path.slice(0, Math.max(slash, 0))}//`));
}

/** Those of the names in an index that may hold a key, or all keys that begin so. */
function namesWith(names, key, isWhole) {
  const byte = (_, digits) => String.fromCharCode(parseInt(digits, 16));
  const least = names.map((name) => name.replace(/_([0-9a-f]{2})/g, byte));
  const upTo = least.filter((one) => one <= key).length;
  const until = isWhole ? upTo : least.filter((one) => one <= key || one.startsWith(key)).length;
  return names.slice(Math.max(upTo - 1, 0), until);
}

/** What happened to the path that was typed, and to those whose names begin so. No more than `most` of the files that tell it are read. */
async function findHistories(read, typed, most) {
  const slash = typed.lastIndexOf("/");
  const folderOf = (path) => path.slice(0, Math.max(path.lastIndexOf("/"), 0));
  const beginning = keyOfPath(typed.slice(slash + 1)).slice(0, -3);
  const top = await read("index.json");
  const files = new Set();
  for (const [key, isWhole] of [
    [keyOfPath(typed), true],
    [beginning, false],
  ]) {
    for (const page of top.pages ? namesWith(top.pages, key, isWhole) : [undefined]) {
      if (files.size > most) break;
      const { shards, parts } = page === undefined ? top : await read(`i-${page}.json`);
      for (const shard of namesWith(shards, key, isWhole)) {
        // Later parts have later events. One that is called `constructor` has not the part that every object has.
        for (let part = Number(parts[shard]) || 1; part > 0; part--)
          files.add(`n-${shard}${part > 1 ? `_p${part}` : ""}.json`);
      }
    }
  }
  const histories = new Map();
  for (const { paths } of await Promise.all([...files].slice(0, most).map(read))) {
    for (const { path, events } of paths) {
      const isMeant = (slash < 0 || folderOf(path) === folderOf(typed)) && keyOfPath(path).startsWith(beginning);
      if (isMeant) histories.set(path, [...events, ...(histories.get(path) ?? [])]);
    }
  }
  return { histories, isAll: files.size <= most };
}

whenRead(() => {
  const form = byId("history");
  if (!form) return;
  const box = form.elements.path;
  const files = {};
  const read = (name) => (files[name] = files[name] || getJson(name));
  const mostShown = 100;
  let turns = 0;

  function showEvent(path, [at, kind, bytes, , isTakenDown]) {
    const href = `../../${at}/${bytes === undefined || isTakenDown ? "" : hrefOf(path)}`;
    const size =
      bytes === undefined ? "" : `${bytes} ${bytes === 1 ? "byte" : "bytes"}${isTakenDown ? ", taken down" : ""}`;
    return changeItem(kind, make("a", { href }, spell(at)), quiet(size));
  }

  function showPath(path, events, open) {
    const [at, kind] = events[events.length - 1];
    const state = quiet(`${kind === "removed" ? "gone" : "as it is"} since ${spell(at)}`);
    const list = make("ol", { className: "changes" }, ...events.map((event) => showEvent(path, event)).reverse());
    return make("details", { open }, make("summary", {}, make("bdi", {}, path), " ", state), list);
  }

  async function find(most) {
    const turn = ++turns;
    const typed = box.value.replace(/^\/+/, "");
    if (/(?:^|\/)$/.test(typed)) return;
    const { histories, isAll } = await findHistories(read, typed, most);
    if (turn !== turns) return;
    const rank = ([path]) => (path === typed ? "" : path);
    const found = [...histories].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, mostShown);
    const further = make("button", { type: "button", onclick: () => look(most * 4) }, "Look further");
    byId("histories").replaceChildren(
      ...found.map(([path, events], index) => showPath(path, events, found.length < 4 || (!index && path === typed))),
      ...(isAll ? [] : [make("p", {}, further)]),
    );
    const shown = histories.size > mostShown ? ` The first ${mostShown} are shown.` : "";
    say(`Names found: ${histories.size}${isAll ? "" : " or more"}.${shown}`);
  }

  const say = (text) => (byId("history-status").textContent = text);
  const look = (most) => find(most).catch((error) => say(`Not found out: ${error.message}.`));
  let waiting;
  box.oninput = () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 150, 4);
  };
  box.value = new URLSearchParams(location.search).get("path") ?? "";
  if (box.value) void look(4);
});
