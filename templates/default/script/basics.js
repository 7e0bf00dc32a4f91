document.documentElement.classList.add("js");

function whenRead(act) {
  addEventListener("DOMContentLoaded", act);
}

async function getJson(url) {
  const response = await fetch(url, { credentials: "omit" });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

function make(tag, textContent, more) {
  return Object.assign(document.createElement(tag), { textContent, ...more });
}

/** `20250130T203000Z` for people. */
function spell(stamp) {
  return stamp.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3 $4:$5:$6");
}

function ageOf(iso, toAge) {
  const seconds = (Date.parse(iso.replace(" ", "T")) - Date.now()) / 1000;
  const units = { year: 31556952, month: 2629746, day: 86400, hour: 3600, minute: 60 };
  const unit = Object.keys(units).find((name) => Math.abs(seconds) >= units[name]);
  return unit ? toAge.format(Math.trunc(seconds / units[unit]), unit) : "just now";
}

whenRead(() => {
  const toAge = new Intl.RelativeTimeFormat("en");
  for (const time of document.querySelectorAll(".lead time, .newest time, [id] > td > a > time")) {
    const age = make("span", ageOf(time.dateTime || time.textContent, toAge), { className: "age" });
    (time.closest("a") || time).after(" ", age);
  }
});
