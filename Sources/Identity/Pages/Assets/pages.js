// A secret in a link's fragment never travels by itself: put it into the form's field, and take it
// out of the address bar and the history.
"use strict";
const field = document.querySelector("[data-fragment]");
function takeFragment() {
  if (!field || location.hash.length < 2) return;
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
}
takeFragment();
// A link that differs from the page's address in its fragment alone loads nothing.
addEventListener("hashchange", takeFragment);
const problem = document.getElementById("problem");
if (problem) problem.focus();
// What is only passed on needs nobody to press its button.
const atOnce = document.querySelector("form[data-at-once]");
if (atOnce) atOnce.requestSubmit();
