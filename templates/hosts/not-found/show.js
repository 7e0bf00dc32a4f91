/** Acts on what the address means: goes to the checkpoint, or says why there is none. Nothing of the address is ever written into the page. */
async function show() {
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const read = async (url) => {
    say("Not found", "Looking for the checkpoint of that time.");
    const response = await fetch(url, { cache: "no-cache" });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    return response.json();
  };
  const answer = await decide(bases, location.pathname, location.search, now, read);
  if (answer.kind === "redirect") return location.replace(answer.location + location.hash);
  if (answer.kind === "gone") {
    say("Gone", "The checkpoint that answers this time was removed.");
    link("Nearest older: ", answer.base, answer.older);
    link("Nearest newer: ", answer.base, answer.newer);
  }
  if (answer.kind === "checkpoint") {
    say("Not found", "There is no such file in this checkpoint.");
    link("Everything in it: ", answer.base, answer.at);
  }
  if (answer.kind === "missing") say("Not found", reasons[answer.why] ?? reasons["no time"]);
  if (answer.why === "early") link("The first one: ", answer.base, answer.newer);
}

const reasons = {
  "no time": "This address names no time. A time is written as 20250318T140338Z.",
  none: "There is no checkpoint yet.",
  early: "There was no checkpoint yet at this time.",
  future: "This time is in the future.",
};

function say(title, text) {
  document.title = title;
  document.querySelector("h1").textContent = title;
  document.querySelector("#answer").textContent = text;
}

function link(label, base, time) {
  if (time === undefined) return;
  const anchor = document.createElement("a");
  anchor.href = `${base}${checked(time)}/`;
  anchor.textContent = time;
  const line = document.createElement("p");
  line.append(label, anchor);
  document.querySelector("#answer").after(line);
}

show().catch(() => say("Not found", "The list of checkpoints cannot be read."));
