// Keeps the page up to date, and sends its forms without leaving it. Without this script the page
// works as well: one reloads it.
"use strict";

const EVERY_MS = 1000;
const live = document.getElementById("live");
const said = document.getElementById("said");
const pulse = document.getElementById("pulse");
const pause = document.getElementById("pause");

let mark = "";
let isPaused = false;

function say(text, isGood) {
  said.textContent = text;
  said.className = isGood ? "good" : "bad";
}

// How to find what has the focus again, once the part it stands in is new.
function address(element) {
  if (!live.contains(element)) return "";
  if (element.id) return `#${CSS.escape(element.id)}`;
  const key = element.closest("[data-key]")?.dataset.key;
  if (key) return `[data-key="${CSS.escape(key)}"] > ${element.localName}`;
  const choice = element.form?.querySelector("select");
  if (choice) return `#${CSS.escape(choice.id)} ~ button`;
  return `[tabindex][aria-labelledby="${element.getAttribute("aria-labelledby")}"]`;
}

// What a person has opened, chosen or focused stays so.
function replace(html) {
  const focused = address(document.activeElement);
  const open = new Set([...live.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  const chosen = new Map([...live.querySelectorAll("select")].map((one) => [one.id, one.value]));
  live.innerHTML = html; // our own server's, escaped there
  for (const one of live.querySelectorAll("details")) one.open = open.has(one.dataset.key);
  for (const one of live.querySelectorAll("select")) one.value = chosen.get(one.id) ?? one.value;
  if (focused) live.querySelector(focused)?.focus({ preventScroll: true });
}

async function refresh() {
  if (live.contains(document.activeElement) && document.activeElement.localName === "select") return;
  try {
    const answer = await fetch("/_simulator/live", { headers: { "if-none-match": mark } });
    if (answer.status === 200) {
      replace(await answer.text());
      mark = answer.headers.get("etag");
    }
    pulse.textContent = isPaused ? "Paused" : "Live";
  } catch {
    pulse.textContent = "The simulator does not answer";
  }
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const action = event.submitter?.getAttribute("formaction") ?? event.target.getAttribute("action");
  const body = new URLSearchParams(new FormData(event.target));
  try {
    const answer = await fetch(action, { method: "POST", body, headers: { accept: "text/plain" } });
    say(await answer.text(), answer.ok);
  } catch {
    say("The simulator does not answer.", false);
  }
  await refresh();
});

pause.addEventListener("click", () => {
  isPaused = !isPaused;
  pause.textContent = isPaused ? "Resume" : "Pause";
  pulse.textContent = isPaused ? "Paused" : "Live";
});

pause.hidden = false;
pulse.textContent = "Live";
setInterval(() => {
  if (!isPaused && document.visibilityState === "visible") refresh();
}, EVERY_MS);
