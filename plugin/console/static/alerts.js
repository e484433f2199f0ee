/* The ward's page asks for news every few seconds; a new critical value is said loudly and once. */
(function () {
  "use strict";
  var news = document.getElementById("news");
  var title = document.title;
  var lost = 0;

  function busy() {
    var field = document.activeElement;
    return field && field.tagName === "INPUT" && field.value;
  }

  /* Not reload(): after a refused read-back the page is the answer to a form, which would be sent again. */
  function go() { window.location.href = news.getAttribute("data-page"); }

  function ask() {
    var call = new XMLHttpRequest();
    call.open("GET", news.getAttribute("data-url"));
    call.setRequestHeader("Accept", "application/json");
    call.timeout = 8000;
    call.onload = function () {
      if (call.status === 401) { go(); return; }
      if (call.status !== 200) { call.onerror(); return; }
      lost = 0;
      if (JSON.parse(call.responseText).state === news.getAttribute("data-state")) {
        news.textContent = "";
        document.title = title;
      } else if (busy()) {
        news.textContent = news.getAttribute("data-text");
        document.title = "● " + news.getAttribute("data-text");
      } else {
        go();
        return;
      }
      again();
    };
    call.onerror = call.ontimeout = function () {
      lost += 1;
      if (lost > 2) { news.textContent = news.getAttribute("data-lost"); }
      again();
    };
    call.send();
  }

  function again() { window.setTimeout(ask, Number(news.getAttribute("data-seconds")) * 1000); }

  again();
}());
