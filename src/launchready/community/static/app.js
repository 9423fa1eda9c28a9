"use strict";

// A form that is on its way is not sent by a second click. (Guard sees to it without this, too.)
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  // What another script sends in place is that script's to watch.
  if (event.defaultPrevented || !button) return;
  setTimeout(() => {
    button.disabled = true;
  });
});

// The way back shows the page as it was left.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
});
