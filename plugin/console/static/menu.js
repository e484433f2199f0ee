/* Only one group of the menu is open; a click beside it, or Escape, closes it.  Without this it works as well. */
(function () {
  "use strict";
  var groups = [].slice.call(document.querySelectorAll("header .menu"));

  function close(except) {
    groups.forEach(function (group) { if (group !== except) { group.open = false; } });
  }

  document.addEventListener("click", function (event) {
    close(groups.filter(function (group) { return group.contains(event.target); })[0]);
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    groups.forEach(function (group) {
      if (group.open) { group.open = false; group.querySelector("summary").focus(); }
    });
  });
}());
