"use strict";

// Older posts come into the page. What cannot come in is gone to, so that no press is lost: the
// log-in when the session is over, and the page that says what went wrong.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (new URL(xhr.responseURL).pathname === location.pathname) return;
  event.detail.shouldSwap = false;
  location.assign(xhr.responseURL);
});
for (const failed of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failed, (event) => location.assign(event.detail.elt.href));
}
