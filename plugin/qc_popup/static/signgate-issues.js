/* SignGate for a web RIS: shows issues where they stand, and lets the doctor judge each with one
   click.  ES5, no dependency; may stand beside signgate.js or alone.

   <script src="https://signgate.example/qc/static/signgate-issues.js"></script>
   SignGate.issues(element, answer.issues, {
     english: false,
     said: { 0: "accepted" },       // what this person said of an issue before, by its number
     onPoint: function (issue) {    // the pointer is on an issue (null: has left it): mark its places
     },
     onVerdict: function (issue, verdict, reason) {  // "accepted" or "dismissed", with or without a reason:
     }                              // hand it to your server, which signs POST /hooks/issues/feedback; the
                                    // button is unmarked when a promise that you return is rejected
   });
   SignGate.mark(element, "findings", report.findings, answer.issues);   // text with every place marked, both sides of a contradiction */
(function (root) {
  "use strict";

  var WORDS = {
    severity: { error: ["错误", "Error"], warning: ["提醒", "Warning"], info: ["提示", "Info"] },
    section: { findings: ["影像描述", "Findings"], impression: ["诊断结论", "Impression"], technique: ["检查技术", "Technique"],
               order: ["申请单", "Order"], record: ["报告抬头", "Header"] },
    verdicts: [["accepted", "", "属实", "right"], ["dismissed", "", "误报", "wrong"],
               ["dismissed", "not_here", "不适用此例", "not in this case"], ["dismissed", "style", "可接受的写法", "acceptable wording"]]
  };

  function element(kind, className, text) {
    var made = document.createElement(kind);
    made.className = className;
    if (text) { made.appendChild(document.createTextNode(text)); }
    return made;
  }

  function places(issue) { return [issue].concat(issue.related || []); }

  /* Every issue with what it says, the words it speaks of, and a button for each verdict.  All is put in as text. */
  function issues(container, list, options) {
    options = options || {};
    var language = options.english ? 1 : 0, said = options.said || {};
    container.textContent = "";
    list.forEach(function (issue, number) {
      var box = element("div", "signgate-issue signgate-" + issue.severity);
      var head = element("b", "signgate-head", WORDS.severity[issue.severity][language]);
      var source = issue.analyser ? "AI " + issue.analyser.name + " " + issue.analyser.version : issue.clause;
      head.appendChild(element("small", "", " " + issue.rule));
      box.appendChild(head);
      box.appendChild(element("p", "", issue.message));
      var quotes = element("p", "signgate-places");
      places(issue).forEach(function (place) {
        if (!place.text) { return; }
        quotes.appendChild(element("small", "", WORDS.section[place.section][language] + " "));
        quotes.appendChild(element("q", "", place.text));
        quotes.appendChild(document.createTextNode(" "));
      });
      box.appendChild(quotes);
      if (source) { box.appendChild(element("span", "signgate-clause", source)); }
      var row = element("p", "signgate-verdicts");
      WORDS.verdicts.forEach(function (word) {
        var name = word[1] || word[0];
        var button = element("button", said[number] === name ? "signgate-chosen" : "", word[2 + language]);
        button.type = "button";
        button.onclick = function () {
          var before = row.querySelector(".signgate-chosen");
          function choose(one) {
            Array.prototype.forEach.call(row.children, function (other) { other.className = other === one ? "signgate-chosen" : ""; });
          }
          choose(button);
          var told = options.onVerdict && options.onVerdict(issue, word[0], word[1], number);
          if (told && told.then) { told.then(null, function () { if (button.className) { choose(before); } }); }
        };
        row.appendChild(button);
      });
      if (options.onVerdict) { box.appendChild(row); }
      if (options.onPoint) {
        box.onmouseenter = function () { options.onPoint(issue); };
        box.onmouseleave = function () { options.onPoint(null); };
      }
      container.appendChild(box);
    });
  }

  /* Characters as SignGate counts them: a pair of surrogates is one. */
  function letters(text) { return text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]|[\s\S]/g) || []; }

  /* Fills an element with the text of a section; a place of an issue becomes a mark with data-issues, its numbers. */
  function mark(container, section, text, list) {
    var signs = letters(text), cuts = [0, signs.length], spans = [];
    list.forEach(function (issue, number) {
      places(issue).forEach(function (place) {
        if (place.section !== section || place.end <= place.start || place.end > signs.length) { return; }
        spans.push([place.start, place.end, number, issue.severity]);
        cuts.push(place.start, place.end);
      });
    });
    cuts.sort(function (a, b) { return a - b; });
    container.textContent = "";
    for (var i = 1; i < cuts.length; i++) {
      if (cuts[i] === cuts[i - 1]) { continue; }
      var words = signs.slice(cuts[i - 1], cuts[i]).join("");
      var here = spans.filter(function (span) { return span[0] <= cuts[i - 1] && cuts[i] <= span[1]; });
      if (!here.length) { container.appendChild(document.createTextNode(words)); continue; }
      var gravest = ["error", "warning", "info"].filter(function (kind) { return here.some(function (span) { return span[3] === kind; }); })[0];
      var piece = element("mark", "signgate-" + gravest, words);
      piece.setAttribute("data-issues", here.map(function (span) { return span[2]; }).join(" "));
      container.appendChild(piece);
    }
  }

  root.SignGate = root.SignGate || {};
  root.SignGate.issues = issues;
  root.SignGate.mark = mark;
}(this));
