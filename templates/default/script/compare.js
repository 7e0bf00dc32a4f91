/* Compares two checkpoints from the files that say what each one between them changed. */

function changeItem(kind, ...rest) {
  return make("li", { className: kind }, make("b", {}, kind), ...rest.flatMap((part) => [" ", part]));
}

/** Puts what came before in front of `changes`: a Map by path of what was there and what is. What came and went, or changed and changed back, falls out. */
function composeChanges(earlier, changes) {
  for (const { kind, path, bytes, sha256, was } of earlier) {
    const here = { bytes, sha256 };
    const before = kind === "added" ? undefined : (was ?? here);
    const is = changes.has(path) ? changes.get(path).is : kind === "removed" ? undefined : here;
    if (before?.sha256 === is?.sha256) changes.delete(path);
    else changes.set(path, { was: before, is });
  }
}

whenRead(() => {
  const form = byId("compare");
  if (!form) return;
  const mostFiles = 200;
  const mostShown = 1000;
  const asked = new URLSearchParams(location.search);
  const say = (text) => (byId("compare-status").textContent = text);

  const read = (name) => getJson(`../../${name}`);

  function stampFor(text, newest) {
    if (text === "latest") return newest;
    const stamp = text.replace(/[-:]/g, "").replace(/^\d{8}$/, "$&T000000Z");
    if (!/^\d{8}T\d{6}Z$/.test(stamp)) throw Error(`${text} is no time`);
    return stamp;
  }

  /** Kept checkpoints from the one that answers `stamp` on, and some before it. */
  async function keptSince(list, stamp) {
    const years = list.years.filter((_, index) => !(list.years[index + 1]?.first <= stamp));
    const files = await Promise.all(years.map(({ year, url }) => (year === list.year ? list : read(url))));
    return files.flatMap(({ checkpoints }) => checkpoints.map(({ time }) => time));
  }

  async function changesOf(from, to) {
    const files = [await read(`_asof/${to}/changes.json`)];
    while (files.length < files[0].parts) files.push(await read(`_asof/${to}/changes-${files.length + 1}.json`));
    if (files.some((file) => file.from !== from)) throw Error("a checkpoint went meanwhile: load this page again");
    return files.flatMap(({ changes }) => changes);
  }

  async function changesBetween(times) {
    const changes = new Map();
    for (let end = times.length - 1; end > 0; end -= 8) {
      say(`Looking for what changed: ${end} of ${times.length - 1} checkpoints to read`);
      const some = times.slice(Math.max(1, end - 7), end + 1).reverse();
      const lists = await Promise.all(some.map((to) => changesOf(times[times.indexOf(to) - 1], to)));
      for (const list of lists) composeChanges(list, changes);
    }
    return changes;
  }

  function show(changes, from, to) {
    const counts = { added: 0, removed: 0, changed: 0 };
    let shown = 0;
    let directory;
    let list;
    for (const path of [...changes.keys()].sort()) {
      const { was, is } = changes.get(path);
      const kind = !was ? "added" : is ? "changed" : "removed";
      counts[kind]++;
      if (shown++ >= mostShown) continue;
      const folder = path.slice(0, path.lastIndexOf("/") + 1);
      if (folder !== directory) {
        list = make("ul", { className: "changes" });
        byId("compare-changes").append(make("h2", {}, make("bdi", {}, folder || "./")), list);
        directory = folder;
      }
      const href = `../../${is ? to : from}/${hrefOf(path)}`;
      const link = make("a", { href }, make("bdi", {}, path.slice(folder.length)));
      const sizes = [was, is].filter(Boolean).map(({ bytes }) => bytes);
      list.append(changeItem(kind, link, quiet(`${sizes.join(" → ")} bytes`)));
    }
    const { added, removed, changed } = counts;
    const same = changed ? ": other bytes under the same name" : "";
    const more = shown > mostShown ? ` The first ${mostShown} are shown.` : "";
    say(`${to} against ${from}: ${added} added, ${removed} removed, ${changed} changed${same}.${more}`);
  }

  async function compare() {
    say("Looking for the checkpoints");
    const list = await read("checkpoints.json");
    const newest = list.checkpoints.slice(-300).reverse();
    byId("times").append(...newest.map(({ time }) => make("option", { value: time })));
    form.elements.from.value = asked.get("from") ?? "";
    form.elements.to.value = asked.get("to") ?? "latest";
    if (!asked.get("from")) return say("");
    const wanted = ["from", "to"].map((name) => stampFor(asked.get(name) || "latest", list.newest)).sort();
    const kept = await keptSince(list, wanted[0]);
    const [from, to] = wanted.map((stamp) => kept.filter((time) => time <= stamp).pop());
    if (!from) throw Error(`there is no checkpoint at or before ${wanted[0]}`);
    byId("compare-command").textContent = `asof diff ${form.dataset.repository} ${from} ${to}`;
    const times = kept.slice(kept.indexOf(from), kept.indexOf(to) + 1);
    if (times.length > mostFiles + 1) throw Error(`${times.length - 1} checkpoints lie between. Use the command below`);
    show(await changesBetween(times), from, to);
  }

  compare().catch((error) => say(`Not compared: ${error.message}.`));
});
