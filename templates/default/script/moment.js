/** What a distribution answers to a time, and why, as its server would. */
async function answerOf(base, at) {
  const list = await getJson(`${base}checkpoints.json`);
  const upTo = (items, key) => items.filter((item) => item[key] <= at).pop();
  const year = upTo(list.years, "first");
  const of = year && (year.year === list.year ? list : await getJson(base + year.url));
  const kept = of && upTo(of.checkpoints, "time").time;
  const gone = upTo(list.gone, "from");
  if (gone && !(kept > gone.from)) {
    return ["gone", `is gone${gone.reason && `: ${gone.reason}`}. ${kept ? "The nearest older one:" : ""}`, kept];
  }
  if (!kept) return ["before", "is before the first checkpoint."];
  if (kept === at) return ["exact", "is a checkpoint:", kept];
  if (at <= list.horizon) {
    return ["settled", list.settled ? "is settled, for good:" : "is answered, and may be revised:", kept];
  }
  if (at > stampOf(new Date().toISOString())) return ["future", "has not come yet."];
  return ["open", "is open, a later checkpoint may still come before it. Today:", kept];
}

whenRead(() => {
  const form = document.querySelector(".moment form");
  if (!form) return;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const at = stampOf(form.elements[0].value);
    const answers = [...document.querySelectorAll("[data-base]")].map(async ({ dataset: { base, name } }) => {
      const failed = (error) => ["failed", `is not known: ${error.message}`];
      const [state, why, kept] = await answerOf(base, at).catch(failed);
      const line = make("p", {}, `${name ? `${name}: ` : ""}${spell(at)} ${why} `);
      line.dataset.state = state;
      if (kept) line.append(make("a", { href: `${base}${kept}/` }, spell(kept)));
      return line;
    });
    document.querySelector(".answers").replaceChildren(...(await Promise.all(answers)));
  };
});
