/* On every page: critical values that nobody takes, and a chain that is broken. */
(function () {
  "use strict";
  var banner = document.getElementById("alarm");
  if (!banner) { return; }

  function draw(alarm) {
    banner.textContent = "";
    alarm.lines.forEach(function (line) {
      var row = document.createElement(alarm.open ? "a" : "span");
      if (alarm.open) { row.href = banner.getAttribute("data-page"); }
      row.textContent = line;
      banner.appendChild(row);
    });
    banner.hidden = !alarm.lines.length;
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
