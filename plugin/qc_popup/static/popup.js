/* The popup's script, ES5 for the browsers embedded in workstations.  Everything works without it. */
(function () {
  "use strict";

  var html = document.documentElement;
  html.className += " js";

  function all(selector, root) {
    return Array.prototype.slice.call((root || document).querySelectorAll(selector));
  }

  function text(id) {
    var holder = document.getElementById("text-" + id);
    var english = document.getElementById("language").checked;
    return holder.querySelector(english ? ".en" : ".zh").textContent;
  }

  /* Told to whoever opened us, and only if it is one of the origins the site has listed. */
  function tell(type, about, more) {
    var message = { type: "signgate.qc." + type, gate_id: about.getAttribute("data-gate") };
    var origins = about.getAttribute("data-origins");
    for (var name in more) { message[name] = more[name]; }
    var target = window.opener || (window.parent !== window ? window.parent : null);
    var list = (origins || "").split(" ").filter(function (origin) { return origin && origin !== window.location.origin; }).concat(window.location.origin);
    for (var i = 0; target && i < list.length; i++) {
      target.postMessage(message, list[i]);
    }
  }

  /* A window of our own goes small into a corner while the form may be taken back, and comes back when it is. */
  function shrink() {
    if (!window.opener) { return; }
    try { window.sessionStorage.setItem("signgate.size", [window.outerWidth, window.outerHeight, window.screenX, window.screenY].join(" ")); } catch (denied) { return; /* storage is off: stay as we are */ }
    window.resizeTo(420, 240);
    window.moveTo(window.screen.availWidth - 420, window.screen.availHeight - 240);
  }
  function grow() {
    var size = null;
    try { size = window.sessionStorage.getItem("signgate.size"); } catch (denied) { /* storage is off */ }
    if (!window.opener || !size) { return; }
    size = size.split(" ").map(Number);
    window.moveTo(size[2], size[3]);
    window.resizeTo(size[0], size[1]);
  }

  /* The result is shown: tell it, count the minute down in which it may be taken back, then close. */
  function finish(done) {
    var released = done.getAttribute("data-released") === "true";
    var back = document.getElementById("take-back");
    var left = back ? Number(back.getAttribute("data-seconds")) : 3;
    forget(done.getAttribute("data-gate"));
    tell("completed", done, { released: released, undo_seconds: back ? left : 0 });
    if (back) { shrink(); }
    var watch = window.setInterval(function () {
      left -= 1;
      if (back) { document.getElementById("seconds-left").textContent = String(Math.max(left, 0)); }
      if (left > 0) { return; }
      window.clearInterval(watch);
      if (back && back.parentNode) { back.parentNode.removeChild(back); tell("settled", done); }
      if (window.opener && released) { window.close(); }
    }, 1000);
    document.addEventListener("keydown", function (event) {
      var key = event.key || "";
      if (key !== "Escape" && key !== "Esc") { return; }
      if (window.opener) { window.close(); } else { tell("dismissed", done); }
    });
  }

  var done = document.getElementById("done");
  if (done) { finish(done); return; }

  var form = document.getElementById("form");
  if (!form) { return; }
  if (form.getAttribute("data-takes-back")) { tell("taken_back", form); grow(); }
  var button = document.getElementById("submit");
  var alarm = document.getElementById("alarm");
  var opened = new Date().getTime();
  var lines = all(".line");

  function yes(line) { return line.querySelector("input[type=checkbox], input[value=yes]"); }
  function no(line) { return line.querySelector("input[value=no]"); }
  function reason(line) { return line.querySelector(".reason"); }
  function isMarked(line) { return yes(line).checked; }
  function isOpen(line) { return !!no(line) && !yes(line).checked && !no(line).checked; }

  /* How the score comes about, live: 附录A's own table, carried by the form. */
  function update() {
    var any = false;
    alarm.textContent = "";
    all("fieldset").forEach(function (blank) {
      var fatal = 0, unmet = 0, conditions = 0, waits = false;
      all(".line", blank).forEach(function (line) {
        var marked = isMarked(line);
        line.className = line.className.replace(/ marked/g, "") + (marked ? " marked" : "");
        if (line.getAttribute("data-fatal")) { fatal += marked ? 1 : 0; } else { conditions += 1; unmet += marked ? 1 : 0; }
        any = any || marked;
        waits = waits || isOpen(line);
      });
      var passes, says;
      if (blank.getAttribute("data-kind") === "conformity") {
        passes = fatal === 0;
        says = text(passes ? "conforms" : "conforms-not");
      } else {
        var table = blank.getAttribute("data-table").split(",");
        var points = fatal ? 1 : Number(table[conditions - unmet]);
        passes = points >= Number(blank.getAttribute("data-pass"));
        says = text("points").replace("#", points);
      }
      blank.querySelector(".score").textContent = waits ? text("undecided") : says;
      blank.className = "blank" + (waits ? " waits" : passes ? "" : " fails");
    });
    any = any || boxes().some(function (box) { return box.checked; });
    form.className = "page" + (lines.some(isOpen) ? " has-open" : any ? " has-marks" : "");
  }

  /* The draft outlives a crash of the browser, for this gate on this machine, until it is posted. */
  function draftName(gate) { return "signgate.draft." + gate; }
  function forget(gate) { try { window.localStorage.removeItem(draftName(gate)); } catch (denied) { /* storage is off: there is no draft */ } }
  function keep() {
    var draft = {};
    all("input[name]", form).forEach(function (field) {
      var toggles = field.type === "checkbox" || field.type === "radio";
      if (/^[mrsiw]\./.test(field.name) && (!toggles || field.checked)) { draft[field.name] = field.value; }
    });
    /* Marks on pictures that have not come yet are kept for them. */
    for (var name in awaited) { if (!form.elements[name]) { draft[name] = awaited[name]; } }
    try { window.localStorage.setItem(draftName(form.getAttribute("data-gate")), JSON.stringify(draft)); } catch (denied) { /* storage is off */ }
  }
  var awaited = {};
  function restore() {
    var draft = null;
    try { draft = JSON.parse(window.localStorage.getItem(draftName(form.getAttribute("data-gate")))); } catch (denied) { /* storage is off */ }
    if (!draft) { return; }
    for (var name in draft) { if (/^[iw]\./.test(name)) { awaited[name] = draft[name]; } }
    all("input[name]", form).forEach(function (field) {
      if (!Object.prototype.hasOwnProperty.call(draft, field.name)) { return; }
      if (field.type === "checkbox") { field.checked = true; }
      else if (field.type === "radio") { field.checked = field.value === draft[field.name]; }
      else { field.value = draft[field.name]; }
    });
  }

  function warn(says, field) {
    alarm.textContent = says;
    if (field) { field.focus(); }
  }

  function firstMistake() {
    for (var i = 0; i < lines.length; i++) {
      if (isOpen(lines[i])) { warn(text("decide"), yes(lines[i])); return true; }
      if (isMarked(lines[i]) && !reason(lines[i]).value.trim()) { warn(text("reason"), reason(lines[i])); return true; }
    }
    var about = all("fieldset[data-object=IMG] .line");
    if (boxes().some(function (box) { return box.checked; }) && !about.some(isMarked)) { warn(text("what"), yes(about[0])); return true; }
    return false;
  }

  function post(path, body, accept) {
    var call = new XMLHttpRequest();
    call.open("POST", path);
    call.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    call.setRequestHeader("Accept", accept);
    call.setRequestHeader(form.getAttribute("data-header"), form.elements.form_token.value);
    call.timeout = 15000;
    call.send(body);
    return call;
  }

  /* Posted by script, so that a lost network costs a second Enter and not the answers. */
  function send(path, fields) {
    var body = fields || all("input[name]", form).filter(function (field) {
      return field.name !== "form_token" && ((field.type !== "checkbox" && field.type !== "radio") || field.checked);
    }).map(function (field) {
      return encodeURIComponent(field.name) + "=" + encodeURIComponent(field.value);
    }).join("&");
    var call = post(path, body, "text/html");
    call.onload = function () {
      var page = new DOMParser().parseFromString(call.responseText, "text/html");
      document.body.innerHTML = page.body.innerHTML;
      var result = document.getElementById("done");
      if (result) { finish(result); }
    };
    call.onerror = call.ontimeout = function () {
      button.disabled = false;
      warn(text("network"), button);
    };
    button.disabled = true;
    /* A quick answer leaves no time to read it; a slow one is not mistaken for a key that did nothing. */
    warn(text("sending"));
  }

  /* One click judges an issue; the chosen word stays marked. */
  all(".verdict").forEach(function (choice) {
    choice.addEventListener("click", function (event) {
      event.preventDefault();
      var call = post(choice.getAttribute("formaction"), "verdict=" + encodeURIComponent(choice.value), "application/json");
      call.onload = function () {
        if (call.status !== 200) { warn(text(call.status === 400 ? "gone" : "network")); return; }
        all(".verdict", choice.parentNode).forEach(function (other) {
          other.className = other === choice ? "verdict chosen" : "verdict";
        });
      };
      call.onerror = call.ontimeout = function () { warn(text("network")); };
    });
  });

  /* Whoever points at an issue, at a line it suggests, or at its text sees all places that take part. */
  function light(numbers, bring) {
    var first = null;
    all("mark[data-issues], .issues li").forEach(function (place) {
      var lit = place.getAttribute("data-issues").split(" ").some(function (number) { return numbers.indexOf(number) >= 0; });
      place.className = place.className.replace(/ ?\blit\b/g, "") + (lit ? " lit" : "");
      if (lit && !first && place.nodeName === "MARK") { first = place; }
    });
    var box = first && document.querySelector(".report");
    if (bring && box && box.scrollHeight > box.clientHeight) {
      var place = first.getBoundingClientRect(), frame = box.getBoundingClientRect();
      if (place.top < frame.top || place.bottom > frame.bottom) { box.scrollTop += place.top - frame.top - 40; }
    }
  }
  all("[data-issues]").forEach(function (place) {
    var numbers = place.getAttribute("data-issues").split(" ");
    place.addEventListener("mouseenter", function () { light(numbers, place.className.indexOf("line") === 0); });
    place.addEventListener("mouseleave", function () { light([]); });
    place.addEventListener("focusin", function () { light(numbers, true); });
    place.addEventListener("focusout", function () { light([]); });
  });

  var later = document.getElementById("later");
  if (later) {
    later.addEventListener("click", function (event) {
      event.preventDefault();
      if (!button.disabled) { send(later.getAttribute("formaction"), "later=1"); }
    });
  }

  /* A critical value raised by hand leaves what is filled in where it is. */
  var raising = document.getElementById("raise");
  if (raising) {
    raising.addEventListener("submit", function (event) {
      event.preventDefault();
      var problem = document.getElementById("raise-problem");
      var body = all("select, input[type=text]", raising).map(function (field) {
        return encodeURIComponent(field.name) + "=" + encodeURIComponent(field.value);
      }).join("&");
      var call = post(raising.getAttribute("action"), body, "application/json");
      var press = raising.querySelector("button");
      press.disabled = true;
      call.onload = function () {
        press.disabled = false;
        var answer = {};
        try { answer = JSON.parse(call.responseText); } catch (error) { answer = {}; }
        if (call.status !== 200) { problem.textContent = answer.detail || text("network"); return; }
        var row = document.createElement("li");
        var name = document.createElement("b");
        row.className = answer.tier;
        name.textContent = answer.name;
        row.appendChild(name);
        row.appendChild(document.createTextNode(" "));
        all("#text-raised > *", raising).forEach(function (word) { row.appendChild(word.cloneNode(true)); });
        document.getElementById("raised").appendChild(row);
        raising.querySelector("details").className = "raised";
        problem.textContent = "";
        raising.reset();
      };
      call.onerror = call.ontimeout = function () { press.disabled = false; problem.textContent = text("network"); };
    });
  }

  /* Key images come one after another when all else is shown; a click makes one large, and small again. */
  function boxes() { return all("#images input[type=checkbox]"); }
  function showMarks() {
    all(".picture").forEach(function (picture) {
      var marked = all("input", picture).some(function (box) { return box.checked; });
      picture.className = "picture" + (marked ? " marked" : "");
    });
  }
  function ready(picture) {
    var image = picture.querySelector("img");
    image.addEventListener("click", function () { image.className = image.className ? "" : "large"; });
    all("input", picture).forEach(function (box) {
      var hidden = form.querySelector("input[type=hidden][name='" + box.name + "']");
      if (hidden) { hidden.parentNode.removeChild(hidden); }
      if (hidden || Object.prototype.hasOwnProperty.call(awaited, box.name)) { box.checked = true; }
      delete awaited[box.name];
    });
    showMarks();
    update();
  }
  function fetchImage(place, number) {
    var call = post(place.getAttribute("data-from"), "number=" + number, "text/html");
    call.onload = function () {
      if (call.status !== 200) {
        if (number === 0) { place.innerHTML = document.getElementById("text-images").innerHTML; }
        return;
      }
      if (number === 0) { place.textContent = ""; }
      place.insertAdjacentHTML("beforeend", call.responseText);
      ready(place.lastElementChild);
      fetchImage(place, number + 1);
    };
  }
  var images = document.getElementById("images");
  if (images) {
    all(".picture").forEach(ready);
    if (images.getAttribute("data-from")) { window.setTimeout(function () { fetchImage(images, 0); }, 50); }
  }

  form.noValidate = true;
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (button.disabled || firstMistake()) { return; }
    form.elements.seconds.value = String(new Date().getTime() - opened);
    send(form.getAttribute("action"));
  });
  form.addEventListener("change", function (event) {
    var line = event.target.parentNode;
    update();
    showMarks();
    keep();
    while (line && !/\bline\b/.test(line.className || "")) { line = line.parentNode; }
    if (line && isMarked(line) && event.target === yes(line) && !reason(line).value) { reason(line).focus(); }
  });
  form.addEventListener("input", keep);
  document.getElementById("language").addEventListener("change", update);

  document.addEventListener("keydown", function (event) {
    var typing = event.target.type === "text" || event.target.tagName === "SELECT";
    var key = event.key || "";
    if (event.ctrlKey || event.altKey || event.metaKey) { return; }
    if (key === "Escape" && typing) { button.focus(); return; }
    if (typing) { return; }
    var step = { ArrowDown: 1, Down: 1, ArrowUp: -1, Up: -1 }[key];
    var here = -1;
    lines.forEach(function (line, index) { if (line.contains(event.target)) { here = index; } });
    if (step) {
      event.preventDefault();
      var next = here < 0 ? (step > 0 ? 0 : lines.length - 1) : here + step;
      if (next < 0 || next >= lines.length) { button.focus(); } else { (no(lines[next]) && no(lines[next]).checked ? no(lines[next]) : yes(lines[next])).focus(); }
      return;
    }
    if (key === "0" && boxes().length) { event.preventDefault(); boxes()[0].focus(); return; }
    if (key === "Escape" || key === "Esc") {
      var large = all("#images img.large");
      large.forEach(function (image) { image.className = ""; });
      if (!large.length && !window.opener) { tell("dismissed", form); }
    }
    var aside = { ArrowRight: 1, Right: 1, ArrowLeft: -1, Left: -1 }[key];
    var box = boxes().indexOf(event.target);
    if (aside && box >= 0) {
      event.preventDefault();
      boxes()[(box + aside + boxes().length) % boxes().length].focus();
      return;
    }
    if (key.toLowerCase() === "l") { document.getElementById("language").click(); return; }
    if (here >= 0 && no(lines[here]) && (key === "y" || key === "n")) { choose(lines[here], key === "y"); return; }
    if (key === "Enter" && here >= 0) { event.preventDefault(); form.dispatchEvent(submitEvent()); return; }
    /* Past the last letter the lines begin again with Shift. */
    var pressed = (event.shiftKey && /^[A-Za-z]$/.test(key) ? "shift+" : "") + key.toLowerCase();
    lines.forEach(function (line) {
      if (key && yes(line).getAttribute("data-key") === pressed) {
        event.preventDefault();
        if (no(line)) { yes(line).focus(); } else { yes(line).click(); }
      }
    });
  });

  function submitEvent() {
    var event = document.createEvent("Event");
    event.initEvent("submit", true, true);
    return event;
  }

  /* y or n answers a suggestion and goes on to the next open one, or to the button. */
  function choose(line, accepted) {
    (accepted ? yes(line) : no(line)).checked = true;
    update();
    keep();
    var open = lines.filter(isOpen)[0];
    (open ? yes(open) : button).focus();
  }

  restore();
  update();
  var waiting = lines.filter(isOpen)[0];
  (waiting ? yes(waiting) : button).focus();
}());
