"use strict";

// Without this script the form sends the question, and the answer stands on the page that follows.
const form = document.getElementById("ask");
const talk = document.getElementById("talk");
const trouble = document.getElementById("trouble");
const button = form.querySelector("button");
const LOST = "The connection broke. Please reload the page to see how far the guide came.";

if (talk.childElementCount && !location.hash && !location.search) {
  form.scrollIntoView({ block: "end" });
}

for (const words of talk.querySelectorAll("[data-words]")) {
  lookAgain(words.closest(".exchange"), 1000).catch(() => {});
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (button.disabled) return;
  const sent = new URLSearchParams(new FormData(form));
  button.disabled = true;
  trouble.hidden = true;
  talk.setAttribute("aria-busy", "true");
  try {
    trouble.textContent = await ask(sent);
  } catch {
    trouble.textContent = LOST;
  }
  trouble.hidden = !trouble.textContent;
  talk.removeAttribute("aria-busy");
  button.disabled = false;
});

// An answer that was on its way when the page was loaded: after a reload it is kept a moment later.
async function lookAgain(exchange, after) {
  await new Promise((passed) => setTimeout(passed, after));
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(exchange.id);
  if (!fresh) return;
  exchange.replaceWith(fresh);
  if (fresh.querySelector("[data-words]")) await lookAgain(fresh, Math.min(2 * after, 8000));
}

// Stands for what went wrong; empty when the answer came to its end.
async function ask(sent) {
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { accept: "text/event-stream, application/problem+json" },
    body: sent,
  });
  if (answer.status === 401) {
    location.assign("/login?next=/guide");
    return "";
  }
  if (!answer.ok) return explained(await answer.text());
  form.elements.message.value = "";
  renew();
  let over = false;
  for await (const told of events(answer.body)) {
    if (told.html) put(told);
    else say(told.text);
    over = over || Boolean(told.over);
  }
  return over ? "" : LOST;
}

function explained(body) {
  try {
    return JSON.parse(body).detail;
  } catch {
    return "The guide cannot be reached right now. Please try again.";
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) yield JSON.parse(part.slice("data: ".length));
  }
}

function put(told) {
  const reading = atItsEnd();
  if (told.over) talk.lastElementChild.remove();
  document.getElementById("anew")?.removeAttribute("hidden");
  // The server wrote it, with everything of a member's or a model's escaped.
  talk.insertAdjacentHTML("beforeend", told.html);
  if (reading || !told.over) follow();
}

function say(text) {
  const reading = atItsEnd();
  const words = talk.lastElementChild.querySelector("[data-words]");
  if (words.dataset.words !== "said") {
    words.textContent = "";
    words.dataset.words = "said";
  }
  words.append(text);
  if (reading) follow();
}

// Whoever has scrolled back to read is left there.
function atItsEnd() {
  const last = talk.lastElementChild;
  return !last || last.getBoundingClientRect().bottom < window.innerHeight + 80;
}

function follow() {
  // What stands below the talk: an answer taller than the window would count as in view.
  form.querySelector("label").scrollIntoView({ block: "nearest" });
}

// The next question is another submission.
function renew() {
  const once = form.elements._submission;
  if (once) once.value = crypto.randomUUID();
}
