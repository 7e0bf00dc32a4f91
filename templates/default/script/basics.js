/* What every page needs. The files of this folder are joined in the order of their names and stand in the head of a page; each of them looks for what it belongs to, and does nothing elsewhere. */

document.documentElement.classList.add("js");

function whenRead(act) {
  addEventListener("DOMContentLoaded", act);
}

function byId(id) {
  return document.getElementById(id);
}

async function getJson(url) {
  const response = await fetch(url, { credentials: "omit" });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

function make(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function quiet(text, more) {
  return make("span", { className: "quiet", ...more }, text);
}

/** The address of a path below another. */
function hrefOf(path) {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** `20250130T203000Z` for people. */
function spell(stamp) {
  return stamp.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3 $4:$5:$6");
}

/** `2025-01-30T20:30` for programs. */
function stampOf(iso) {
  return `${iso.slice(0, 19).replace(/[-:]/g, "").padEnd(15, "0")}Z`;
}

function ageOf(iso, toAge) {
  const seconds = (Date.parse(iso.replace(" ", "T")) - Date.now()) / 1000;
  const units = { year: 31556952, month: 2629746, day: 86400, hour: 3600, minute: 60 };
  const unit = Object.keys(units).find((name) => Math.abs(seconds) >= units[name]);
  return unit ? toAge.format(Math.trunc(seconds / units[unit]), unit) : "just now";
}

whenRead(() => {
  const toAge = new Intl.RelativeTimeFormat("en");
  // The style sheet shows it, and has kept room for it from the start.
  for (const time of document.querySelectorAll(".aged time, [id] > td > a > time")) {
    time.dataset.age = ageOf(time.dateTime || time.textContent, toAge);
  }
});
