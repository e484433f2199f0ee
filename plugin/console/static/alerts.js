/* The ward's page asks for news every few seconds; a new critical value is said loudly, and again
   until somebody takes it.  The list is exchanged within the page, so that a sound that was
   allowed once stays allowed. */
(function () {
  "use strict";
  var news = document.getElementById("news");
  var button = document.getElementById("sound");
  var title = document.title;
  var lost = 0;
  var Context = window.AudioContext || window.webkitAudioContext;
  var audio = null;
  var muted = false;
  var spoken = "";
  var said = 0;

  function list() { return document.getElementById("list"); }

  function waiting() { return Number(list().getAttribute("data-waiting")); }

  function busy() {
    var field = document.activeElement;
    return field && (field.tagName === "INPUT" || field.tagName === "SELECT") && field.value;
  }

  function tone(at, pitch) {
    var source = audio.createOscillator();
    var volume = audio.createGain();
    source.type = "square";
    source.frequency.value = pitch;
    volume.gain.value = 0.15;
    source.connect(volume);
    volume.connect(audio.destination);
    source.start(audio.currentTime + at);
    source.stop(audio.currentTime + at + 0.22);
  }

  function sound() {
    if (!audio || audio.state !== "running" || !waiting()) { return; }
    tone(0, 880); tone(0.3, 1175); tone(0.6, 880);
    document.documentElement.setAttribute("data-sounded", String(Number(document.documentElement.getAttribute("data-sounded") || 0) + 1));
  }

  function show_sound() {
    var on = audio && audio.state === "running";
    button.hidden = !Context;
    button.textContent = button.getAttribute(on ? "data-on" : "data-off");
    button.className = on ? "plain sound on" : "plain sound";
  }

  /* A browser lets a page sound only after a touch, unless it was told otherwise; any touch will do. */
  function allow() {
    if (!Context) { return; }
    if (!audio) { audio = new Context(); }
    if (audio.state === "suspended" && audio.resume) { audio.resume().then(show_sound, show_sound); }
    show_sound();
  }

  var exchanging = false;
  function exchange(then) {
    if (exchanging) { return; }
    exchanging = true;
    var call = new XMLHttpRequest();
    call.open("GET", news.getAttribute("data-page"));
    call.responseType = "document";
    call.timeout = 8000;
    call.onload = function () {
      exchanging = false;
      var fresh = call.status === 200 && call.response && call.response.getElementById("list");
      if (!fresh) { window.location.href = news.getAttribute("data-page"); return; }
      list().parentNode.replaceChild(document.importNode(fresh, true), list());
      news.textContent = "";
      document.title = waiting() ? "(" + waiting() + ") " + title : title;
      then();
    };
    call.onerror = call.ontimeout = function () { exchanging = false; then(); };
    call.send();
  }

  /* The list is exchanged when it has changed; while somebody types, he is only told. */
  function told(state) {
    if (state === list().getAttribute("data-state")) {
      news.textContent = "";
    } else if (busy()) {
      news.textContent = news.getAttribute("data-text");
      document.title = "● " + news.getAttribute("data-text");
      if (spoken !== state) { spoken = state; sound(); }
    } else {
      exchange(function () { sound(); said = Date.now(); });
    }
  }

  /* Server-sent events where the browser and the way to us know them; the asking goes on beside them. */
  function listen() {
    if (!window.EventSource) { return; }
    var stream = new EventSource(news.getAttribute("data-stream"));
    stream.onmessage = function (event) { lost = 0; told(JSON.parse(event.data).state); };
    stream.onerror = function () {
      if (stream.readyState === 2) { window.setTimeout(listen, 60000); }
    };
  }

  function ask() {
    var call = new XMLHttpRequest();
    call.open("GET", news.getAttribute("data-url"));
    call.setRequestHeader("Accept", "application/json");
    call.timeout = 8000;
    call.onload = function () {
      if (call.status === 401) { window.location.href = news.getAttribute("data-page"); return; }
      if (call.status !== 200) { call.onerror(); return; }
      lost = 0;
      told(JSON.parse(call.responseText).state);
      again();
    };
    call.onerror = call.ontimeout = function () {
      lost += 1;
      if (lost > 2) { news.textContent = news.getAttribute("data-lost"); sound(); }
      again();
    };
    call.send();
  }

  function again() {
    if (waiting() && Date.now() - said > 15000) { said = Date.now(); sound(); }
    window.setTimeout(ask, Number(news.getAttribute("data-seconds")) * 1000);
  }

  button.addEventListener("click", function (event) {
    event.stopPropagation();
    muted = Boolean(audio && audio.state === "running");
    if (muted) { audio.suspend().then(show_sound, show_sound); } else { allow(); }
  });
  document.addEventListener("click", function () { if (!muted) { allow(); } });
  document.addEventListener("keydown", function () { if (!muted) { allow(); } });
  allow();
  listen();
  again();
}());
