/** Sorts and filters a long directory. */
whenRead(() => {
  const tools = document.querySelector(".tools");
  if (!tools) return;
  const table = document.querySelector(".listing");
  const [up, ...rows] = table.tBodies[0].rows;
  const text = (row, column) => row.cells[column].textContent;
  // On which checkpoint the page is shown, if any, is told by its address alone.
  const [, base, folder = ""] = /^(.*?\/)(?:_asof\/)?\d{8}T\d{6}Z\/(.*\/)?[^/]*$/.exec(location.pathname) ?? [];
  for (const row of base ? rows : []) {
    const name = text(row, 0);
    const path = encodeURIComponent(decodeURIComponent(folder) + name);
    const time = row.cells[1].firstChild;
    if (time && !name.endsWith("/"))
      row.cells[1].append(make("a", { href: `${base}_asof/history/?path=${path}` }, time));
  }
  const byNature = new Intl.Collator("en", { numeric: true }).compare;
  const heads = [...table.tHead.rows[0].cells];
  for (const [column, head] of heads.entries()) {
    const button = make("button", { type: "button" }, head.textContent);
    head.replaceChildren(button);
    button.onclick = () => {
      const sign = { ascending: -1, descending: 0 }[head.ariaSort] ?? 1;
      for (const one of heads) one.ariaSort = null;
      if (sign) head.ariaSort = sign > 0 ? "ascending" : "descending";
      // Sizes are sorted by their bytes.
      const of = Math.max(column, column > 1 ? 3 : 0);
      const keys = rows.map((row) => [text(row, of), row]);
      up.after(...(sign ? keys.sort((a, b) => sign * byNature(a[0], b[0])) : keys).map(([, row]) => row));
    };
  }
  const count = quiet("", { role: "status" });
  const box = make("input", { type: "search", id: "filter", autocomplete: "off" });
  box.oninput = () => {
    for (const row of rows) row.hidden = !text(row, 0).toLowerCase().includes(box.value.toLowerCase());
    count.textContent = box.value && `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  };
  tools.append(make("label", { htmlFor: "filter" }, "Filter names"), box, count);
});
