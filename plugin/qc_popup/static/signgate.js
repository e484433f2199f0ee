/* SignGate for a web RIS: opens the scoring form and says when it is done.  ES5, no dependency.

   <script src="https://signgate.example/qc/static/signgate.js"></script>
   var form = SignGate.open(answer.popup_url, {
     gateId: answer.gate_id,        // from the answer of POST /hooks/report-sign
     container: element,            // show it in a frame there; without it a window opens
     onDone: function (released, seconds) {  // the form is filled; ask your server, which was called
     },                                     // back.  For so many seconds it may be taken back: keep the
                                            // frame, in a corner (330×120 is enough), until onSettled
     onTakenBack: function () {     // it is open again: give it its room; onDone comes once more
     },
     onSettled: function () {       // nothing is left to do in it: call form.close()
     },
     onClosed: function () {        // the window was closed unfilled: the report is still held
     }
   });
   form.close();

   A browser may claim anything, so release the report on your server: by the signed call-back,
   or by GET /hooks/report-sign/{gate_id}.  A window is only opened inside a click. */
(function (root) {
  "use strict";

  function originOf(url) {
    var link = document.createElement("a");
    link.href = url;
    return link.protocol + "//" + link.host;
  }

  function open(url, options) {
    options = options || {};
    var origin = originOf(url);
    var frame = null, child = null, watch = null, finished = false;

    if (options.container) {
      frame = document.createElement("iframe");
      frame.title = "SignGate";
      frame.style.cssText = "border:0;width:100%;height:100%;min-height:600px";
      frame.src = url;
      options.container.appendChild(frame);
    } else {
      child = window.open(url, "signgate", "width=1366,height=768");
      if (!child) { throw new Error("SignGate: the browser blocked the window; open it inside a click"); }
      watch = window.setInterval(function () {
        if (child.closed) { end(); if (options.onClosed) { options.onClosed(); } }
      }, 500);
    }

    /* Only the form that we opened, from its own origin, in the shape it has, about this gate, one step
       after the other: filled, taken back and filled again, settled. */
    var done = false;
    function hear(event) {
      var said = event.data;
      if (event.origin !== origin || event.source !== (frame ? frame.contentWindow : child)) { return; }
      if (!said || typeof said !== "object" || (options.gateId && said.gate_id !== options.gateId)) { return; }
      if (said.type === "signgate.qc.completed" && !done && typeof said.released === "boolean") {
        done = true;
        window.clearInterval(watch);
        if (!said.undo_seconds) { end(); }
        if (options.onDone) { options.onDone(said.released, Number(said.undo_seconds) || 0); }
        if (finished && options.onSettled) { options.onSettled(); }
      } else if (said.type === "signgate.qc.taken_back" && done) {
        done = false;
        if (options.onTakenBack) { options.onTakenBack(); }
      } else if (said.type === "signgate.qc.settled" && done) {
        end();
        if (options.onSettled) { options.onSettled(); }
      }
    }

    function end() {
      if (finished) { return; }
      finished = true;
      window.removeEventListener("message", hear, false);
      window.clearInterval(watch);
    }

    function close() {
      end();
      if (frame && frame.parentNode) { frame.parentNode.removeChild(frame); }
      if (child && !child.closed) { child.close(); }
    }

    window.addEventListener("message", hear, false);
    return { close: close };
  }

  root.SignGate = root.SignGate || {};
  root.SignGate.open = open;
}(this));
