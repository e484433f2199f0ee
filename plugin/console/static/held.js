/* My held reports: asks for news every few seconds, exchanges the list within the page, and opens
   the form of a report that was held just now in a frame over it, so that no browser blocks it.
   Whether forms open by themselves is kept on this computer. */
(function () {
  "use strict";
  var veil = document.getElementById("veil");
  var frame = document.createElement("iframe");
  var box = document.getElementById("auto");
  var tick = box.getElementsByTagName("input")[0];
  var lost = document.getElementById("lost");
  var title = document.title;
  var seen = {};
  var failures = 0;

  function list() { return document.getElementById("list"); }

  function forms() { return [].slice.call(list().querySelectorAll("form.open")); }

  function kept(value) {
    try {
      if (value !== undefined) { window.localStorage.setItem("signgate.open", value); }
      return window.localStorage.getItem("signgate.open");
    } catch (denied) { return null; }
  }

  function open(form) {
    form.target = "signgate-form";
    veil.hidden = false;
    form.submit();
    frame.focus();
  }

  function close() {
    veil.hidden = true;
    frame.src = "about:blank";
    exchange();
  }

  /* Whoever types a reason is not interrupted. */
  function busy() {
    var field = document.activeElement;
    return !veil.hidden || (field && field.tagName === "INPUT" && field.type !== "checkbox" && field.value);
  }

  function settle(first) {
    var fresh = forms().filter(function (form) {
      var known = seen[form.getAttribute("data-gate")];
      seen[form.getAttribute("data-gate")] = true;
      return form.hasAttribute("data-held") && (first || !known);
    });
    var held = forms().filter(function (form) { return form.hasAttribute("data-held"); }).length;
    document.title = held ? "(" + held + ") " + title : title;
    if (fresh.length && tick.checked && veil.hidden) { open(fresh[0]); }
  }

  function exchange() {
    var call = new XMLHttpRequest();
    call.open("GET", window.location.href);
    call.responseType = "document";
    call.onload = function () {
      var other = call.status === 200 && call.response && call.response.getElementById("list");
      if (!other || busy()) { return; }
      list().parentNode.replaceChild(document.importNode(other, true), list());
      settle(false);
    };
    call.send();
  }

  function ask() {
    var call = new XMLHttpRequest();
    call.open("GET", list().getAttribute("data-news"));
    call.timeout = 8000;
    call.onload = function () {
      if (call.status === 401) { window.location.reload(); return; }
      failures = call.status === 200 ? 0 : failures + 1;
      if (call.status === 200 && JSON.parse(call.responseText).state !== list().getAttribute("data-state") && !busy()) { exchange(); }
      again();
    };
    call.onerror = call.ontimeout = function () { failures += 1; again(); };
    call.send();
  }

  function again() {
    lost.hidden = failures < 3;
    window.setTimeout(ask, Number(list().getAttribute("data-seconds")) * 1000);
  }

  document.addEventListener("submit", function (event) {
    if (event.target.className === "open") { event.target.target = "signgate-form"; veil.hidden = false; }
  });
  document.getElementById("close").addEventListener("click", close);
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && !veil.hidden) { close(); }
  });
  window.addEventListener("message", function (event) {
    var said = event.data;
    if (event.origin !== window.location.origin || event.source !== frame.contentWindow) { return; }
    if (said && said.type === "signgate.qc.dismissed") { close(); }
    if (said && said.type === "signgate.qc.completed") { document.getElementById("close").focus(); }
  });
  frame.name = "signgate-form";
  frame.title = veil.getAttribute("data-title");
  veil.appendChild(frame);
  tick.checked = kept() !== "no";
  tick.addEventListener("change", function () { kept(tick.checked ? "yes" : "no"); settle(true); });
  box.hidden = false;
  settle(true);
  again();
}());
