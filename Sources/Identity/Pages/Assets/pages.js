// A secret in a link's fragment never travels by itself: put it into the form's field, and take it
// out of the address bar and the history.
"use strict";
const field = document.querySelector("[data-fragment]");
if (field && location.hash.length > 1) {
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
}
const problem = document.getElementById("problem");
if (problem) problem.focus();
// What is only passed on needs nobody to press its button.
const atOnce = document.querySelector("form[data-at-once]");
if (atOnce) atOnce.requestSubmit();
