/* On every page: critical values that nobody takes, and a chain that is broken. */
(function () {
  "use strict";
  var banner = document.getElementById("alarm");
  if (!banner) { return; }

  function fill(place, lines, linked) {
    place.textContent = "";
    lines.forEach(function (line) {
      var row = document.createElement(linked ? "a" : "span");
      if (linked) { row.href = place.getAttribute("data-page"); }
      row.textContent = line;
      place.appendChild(row);
    });
    place.hidden = !lines.length;
  }

  function draw(alarm) {
    fill(banner, alarm.lines, alarm.open);
    fill(document.getElementById("notes"), alarm.notes, true);
  }

  function ask() {
    var call = new XMLHttpRequest();
    call.open("GET", banner.getAttribute("data-url"));
    call.setRequestHeader("Accept", "application/json");
    call.timeout = 8000;
    call.onload = function () {
      if (call.status === 401) { return; }
      if (call.status === 200) { draw(JSON.parse(call.responseText)); }
      again();
    };
    call.onerror = call.ontimeout = again;
    call.send();
  }

  function again() { window.setTimeout(ask, 10000); }

  again();
}());
