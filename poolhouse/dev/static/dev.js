// Improves the pages of dev mode, which work without it: copies codes and examples, shows times of
// this place, and keeps the inbox up to date by asking for the same page again.
"use strict";

const PAUSE = 2000;
const list = document.getElementById("messages");
const form = document.querySelector("form.filter");

function addCopyButton(source) {
  const button = document.createElement("button");
  const text = () => source.dataset.copy || source.textContent;
  button.type = "button";
  const isLarge = source.matches("pre, .secret-code");
  button.className = isLarge ? "button secondary compact" : "button quiet small";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy " + (source.ariaLabel ?? text()));
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    } catch {
      getSelection().selectAllChildren(source);  // not allowed to copy: at least select
    }
  });
  source.after(" ", button);
}

function improve(part) {
  for (const source of part.querySelectorAll("[data-copy]")) addCopyButton(source);
  for (const time of part.querySelectorAll("time")) {
    time.title = time.textContent;
    time.textContent = new Date(time.dateTime).toLocaleString(undefined, { timeZoneName: "short" });
  }
  return part;
}

/** Take over the page that the server shows now; what is open, focused or copied stays as it is. */
function take(page) {
  const found = [...page.getElementById("messages").children];
  const kept = new Set(found.map((item) => item.id));
  for (const item of [...list.children]) if (!kept.has(item.id)) item.remove();
  let next = list.firstElementChild;
  for (const item of found) {
    const shown = document.getElementById(item.id);
    if (shown) next = shown.nextElementSibling;
    else list.insertBefore(improve(document.importNode(item, true)), next);
  }
  const empty = document.getElementById("empty"), now = page.getElementById("empty");
  empty.hidden = now.hidden;
  empty.textContent = now.textContent;
  say(page.getElementById("status").textContent);
}

function say(text) {
  const status = document.getElementById("status");
  if (status.textContent !== text) status.textContent = text;
}

let looks = 0, timer;
async function look() {
  const mine = ++looks;
  try {
    const query = new URLSearchParams(new FormData(form));
    const answer = await fetch("/inbox?" + query, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine === looks) take(page);  // else the boxes have changed since
  } catch {
    say("No answer from the server; trying again…");
  }
}

async function keepLooking() {
  clearTimeout(timer);
  if (!document.hidden) await look();
  clearTimeout(timer);
  timer = setTimeout(keepLooking, PAUSE);
}

improve(document);
if (list && form) {
  form.addEventListener("submit", (event) => { event.preventDefault(); keepLooking(); });
  form.addEventListener("input", keepLooking);
  document.addEventListener("visibilitychange", keepLooking);
  timer = setTimeout(keepLooking, PAUSE);
}
