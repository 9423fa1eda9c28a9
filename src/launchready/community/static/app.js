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

// Days are written in UTC; whoever reads elsewhere sees those of their own clock.
function byTheirClock(within) {
  const words = { day: "numeric", month: "long", year: "numeric" };
  for (const time of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    time.textContent = moment.toLocaleDateString("en-GB", words);
    time.title = moment.toLocaleString();
  }
}
byTheirClock(document);
document.addEventListener("htmx:afterSwap", () => byTheirClock(document));
