/* A session: arrow keys step through it, and a form that was filled brings the page up to date. */
(function () {
  "use strict";
  function follow(rel) {
    var link = document.querySelector("a[rel=" + rel + "]");
    if (link) { window.location.href = link.href; }
  }
  document.addEventListener("keydown", function (event) {
    var field = document.activeElement;
    if (event.altKey || event.ctrlKey || (field && /^(INPUT|SELECT|TEXTAREA)$/.test(field.tagName))) { return; }
    if (event.keyCode === 37) { follow("prev"); }
    if (event.keyCode === 39) { follow("next"); }
  });
  window.addEventListener("message", function (event) {
    if (event.origin === window.location.origin && event.data && event.data.type === "signgate.qc.completed") {
      window.location.reload();
    }
  });
  /* A browser that parts the windows sends no message: look again when the person comes back. */
  var left = false;
  window.addEventListener("blur", function () { left = true; });
  window.addEventListener("focus", function () { if (left) { window.location.reload(); } });
}());
