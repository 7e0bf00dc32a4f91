/** What is before and after a checkpoint: its own page never changes, and cannot say it. */
async function showNear(nav) {
  const { near, at } = nav.dataset;
  const list = await getJson(`${near}checkpoints.json`);
  const parts = { [list.year]: list };
  const load = async ({ year, url }) => (parts[year] = parts[year] || (await getJson(near + url))).checkpoints;
  const here = list.years.findIndex(({ year }) => year === Number(at.slice(0, 4)));
  const own = (await load(list.years[here])).find(({ time }) => time === at);
  const link = async (text, step, fits) => {
    for (let index = here; list.years[index]; index += step) {
      const found = (await load(list.years[index])).filter((one) => step < 0 === one.time < at && fits(one));
      const { time } = found[step < 0 ? found.length - 1 : 0] ?? {};
      if (time) return [make("a", { href: `${near}${time}/`, title: spell(time) }, text)];
    }
    return [];
  };
  const isOther = ({ root }) => root !== own.root;
  const isNext = ({ time }) => time !== at;
  nav.prepend(
    ...(await link("← Previous change", -1, isOther)),
    ...(await link("← Previous", -1, isNext)),
    ...(await link("Next →", 1, isNext)),
    ...(await link("Next change →", 1, isOther)),
    make(
      "span",
      { className: "labels" },
      ...own.labels.flatMap((label) => [make("span", { className: "label" }, label), " "]),
    ),
  );
}

whenRead(() => {
  const nav = document.querySelector("[data-near]");
  // Without an answer the link to the list of its year is still there.
  if (nav) showNear(nav).catch(() => {});
});
