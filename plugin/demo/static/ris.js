/* The simulated RIS's page.  Everything that comes from a report is put in as text, never as HTML. */
(function () {
  "use strict";
  var signgate = document.body.dataset.signgate;
  var current = null, shown = null, images = [], polling = 0, said = {}, pointed = null;
  var STATES = { draft: "待签 Draft", held: "评分中 Held", released: "已签发 Released" };
  var TIERS = { red: "红色", orange: "橙色", yellow: "黄色" };
  var REASONS = {
    sampled: "本例被抽中，评分后放行 · drawn for scoring", not_sampled: "未抽中 · not drawn",
    emergency: "急诊不拦截，评分记为未评 · emergency, form owed", policy: "策略 · policy",
    own_work: "不评本人报告 · own work", decided_before: "已判定过 · decided before",
    no_policy: "无抽样策略 · no policy", unreachable: "质控服务无应答，不阻断签发 · QC silent, never blocks",
    blocking_issue: "须先修改 · must be fixed", shadow: "影子模式 · shadow", switched_off: "已关闭 · switched off",
    released: "评分完成 · scored", expired: "超时放行 · expired", overridden: "紧急放行 · overridden"
  };

  function $(id) { return document.getElementById(id); }
  function el(tag, className, text) {
    var node = document.createElement(tag);
    if (className) { node.className = className; }
    if (text !== undefined) { node.textContent = text; }
    return node;
  }
  function small(text) { return el("small", "", text); }
  function fill(node, children) { node.replaceChildren.apply(node, children); return node; }
  function call(path, data) {
    var options = data === undefined ? {} : {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(data)
    };
    return fetch(path, options).then(function (answer) {
      return answer.json().then(function (body) {
        if (!answer.ok) { throw new Error(body.error || answer.statusText); }
        return body;
      });
    });
  }
  function toast(text, english) {
    fill($("toast"), [document.createTextNode(text), small(english || "")]).hidden = false;
    clearTimeout(toast.timer);
    toast.timer = setTimeout(function () { $("toast").hidden = true; }, 4200);
  }
  function trouble(error) { $("trouble").textContent = error ? error.message : ""; $("trouble").hidden = !error; }

  /* The work list and the ward are asked for every second and a half. */
  function poll() {
    clearTimeout(polling);
    call("/api/state").then(function (state) {
      var at = document.activeElement && document.activeElement.dataset && document.activeElement.dataset.exam;
      fill($("exams"), state.exams.map(row));
      if (at) { document.querySelector("[data-exam=" + at + "]").focus(); }
      showAlerts(state.alerts);
      var mine = state.exams.filter(function (exam) { return current === exam.accession_number; })[0];
      if (mine && shown && mine.version !== shown.version) { refresh(); }
    }, function () { /* the server is restarting; the next poll will tell */ }).then(function () {
      polling = setTimeout(poll, 1500);
    });
  }
  function row(exam) {
    var item = el("li", exam.accession_number === current ? "on" : "");
    var name = el("span", "name", exam.patient.name);
    name.append(small((exam.patient.sex === "M" ? "男 " : "女 ") + exam.patient.age));
    var urgent = exam.patient_class === "emergency" && exam.status === "draft";
    item.append(
      el("span", "kind " + exam.modality, exam.modality), name,
      el("span", "chip " + (urgent ? "E" : exam.status), urgent ? "急诊 ER" : STATES[exam.status].split(" ")[0]),
      el("span", "item", exam.performed_at + " " + exam.exam_item)
    );
    item.title = exam.title + " · " + exam.title_en;
    item.tabIndex = 0;
    item.dataset.exam = exam.accession_number;
    item.onclick = function () { open(exam.accession_number); };
    item.onkeydown = function (event) { if (event.key === "Enter") { item.onclick(); } };
    return item;
  }

  function open(accession) {
    current = accession; shown = null; images = [];
    trouble();
    document.querySelectorAll(".list li").forEach(function (item) { item.classList.toggle("on", item.dataset.exam === accession); });
    return refresh(true).then(function () { pane("issues"); });
  }
  function refresh(first) {
    var accession = current;
    return call("/api/exams/" + encodeURIComponent(accession)).then(function (exam) {
      if (accession === current) { show(exam, first); }
    });
  }
  function show(exam, first) {
    var released = shown && shown.status !== "released" && exam.status === "released";
    shown = exam;
    $("nothing").hidden = true; $("report").hidden = false; $("side").hidden = false;
    var place = [exam.order.department, exam.order.bed && exam.order.bed + "床"].filter(Boolean).join(" ");
    fill($("who"), [el("b", "", exam.patient.name), el("span", "", (exam.patient.sex === "M" ? "男" : "女") + " " + exam.patient.age),
      el("span", "", exam.order.exam_item), el("span", "", "检查号 " + exam.accession_number), el("span", "", place)]);
    fill($("watch"), [document.createTextNode("看点：" + exam.watch), small(exam.watch_en)]);
    fill($("order"), [].concat(
      pair("临床诊断", exam.order.clinical_diagnosis || "（空）"), pair("检查目的", exam.order.purpose),
      pair("病史", exam.order.history), pair("检查时间", exam.performed_at_full),
      pair("检查技术", exam.technique, true)));
    if (first) { $("findings").value = exam.findings; $("impression").value = exam.impression; }
    mark();
    $("reopen").hidden = exam.status !== "held";
    $("sign").disabled = exam.status === "held";
    $("sr").href = "/exams/" + encodeURIComponent(exam.accession_number) + "/sr";
    verdict(exam); issues(exam); wire(exam);
    if (released) {
      toast("报告已放行并签发", "Released and signed");
      setTimeout(loadImages, 1800);
    }
  }
  function pair(name, value, wide) {
    return [el("dt", "", name), el("dd", wide ? "wide" : "", value)];
  }
  function verdict(exam) {
    var decision = exam.decision.decision, box = $("verdict"), held = exam.status === "held";
    if (decision === "hold" && !held) { decision = "release"; }
    box.className = "verdict " + (decision || "");
    if (!decision) { fill(box, [document.createTextNode("尚未签发"), small("Not signed yet: press 签发")]); return; }
    var words = { release: "放行，报告已签发", hold: "拦截：请完成评分", fix: "请先修改报告" };
    var reason = exam.decision.reason, draw = exam.decision.draw;
    var detail = exam.decision.decision === "hold" && !held ? REASONS.released : REASONS[reason] || reason;
    if (draw) { detail += "　p=" + draw.p + "  u=" + Number(draw.u).toFixed(4); }
    fill(box, [document.createTextNode(words[decision]), small(detail)]);
  }
  function issues(exam) {
    var found = [], decision = exam.decision;
    (decision.critical || []).forEach(function (finding) {
      var state = finding.state === "new" ? "已告警 alerted" : finding.state;
      found.push(card("critical", "危急值：" + finding.name, TIERS[finding.tier] + " · " + state, [el("q", "", finding.text)], finding.code));
    });
    if ((decision.issues || []).length) { found.push(judged(exam)); }
    if (!found.length) {
      var asked = Boolean(decision.decision);
      found.push(fill(el("p", "quiet"), [document.createTextNode(asked ? "未发现质控问题" : "签发时检查"),
        small(asked ? "No issue found" : "Checked when you sign")]));
    }
    fill($("issues"), found);
  }
  /* SignGate's own script shows the issues; what the doctor says of one goes to our server, which signs the call. */
  function judged(exam) {
    var list = el("div"), number = exam.accession_number, mine = said[number] = said[number] || {};
    SignGate.issues(list, exam.decision.issues, {
      said: mine,
      onPoint: function (issue) { pointed = issue; mark(); },
      onVerdict: function (issue, word, reason, index) {
        var before = mine[index];
        mine[index] = reason || word;
        return act("verdict", { issue: issue, verdict: word, reason: reason, who: $("signer").value })
          .then(function () { toast("已反馈质控", "Feedback sent"); }, function (error) { mine[index] = before; throw error; });
      }
    });
    return list;
  }
  function card(kind, title, right, body, clause) {
    var box = el("div", "issue " + kind), head = el("b", "", title), text = el("p");
    head.append(small(right));
    fill(text, body);
    box.append(head, text, el("span", "clause", clause));
    return box;
  }
  function wire(exam) {
    fill($("wire"), exam.events.slice().reverse().map(function (event) {
      var line = el("li"), text = el("span", event.good ? "" : "bad", event.text);
      text.append(small(event.text_en));
      line.append(el("time", "", event.at), el("em", "", event.wire), text);
      return line;
    }));
  }

  /* Coloured places behind the transparent text areas; they vanish where the text has been changed. */
  function mark() {
    ["findings", "impression"].forEach(function (section) {
      var area = $(section), behind = area.previousElementSibling, text = area.value, at = 0, parts = [];
      var unchanged = shown && shown[section] === text;
      var places = !unchanged ? [] : (shown.decision.issues || []).concat((shown.decision.critical || []).map(function (c) {
        return { section: c.section, start: c.start, end: c.end, severity: "critical" };
      }));
      (shown && unchanged ? shown.decision.issues || [] : []).forEach(function (issue) {
        (issue.related || []).forEach(function (other) {
          places.push({ section: other.section, start: other.start, end: other.end, severity: issue.severity, of: issue });
        });
      });
      /* Offsets count characters as Python does; so must we, beyond the basic plane too. */
      var letters = Array.from(text);
      places.filter(function (p) { return p.section === section && p.end > p.start; })
        .sort(function (a, b) { return a.start - b.start; })
        .forEach(function (p) {
          if (p.start < at) { return; }
          var lit = pointed && (p === pointed || p.of === pointed) ? " lit" : "";
          parts.push(document.createTextNode(letters.slice(at, p.start).join("")), el("mark", p.severity + lit, letters.slice(p.start, p.end).join("")));
          at = p.end;
        });
      parts.push(document.createTextNode(letters.slice(at).join("") + "\n"));
      fill(behind, parts);
      behind.scrollTop = area.scrollTop;
    });
  }
  ["findings", "impression"].forEach(function (section) {
    $(section).oninput = mark;
    $(section).onscroll = function () { $(section).previousElementSibling.scrollTop = $(section).scrollTop; };
  });

  function written() {
    return { findings: $("findings").value, impression: $("impression").value, signer: $("signer").value, action: $("action").value };
  }
  function act(what, data) {
    trouble();
    return call("/api/exams/" + encodeURIComponent(current) + "/" + what, data || {}).catch(function (error) { trouble(error); throw error; });
  }
  $("save").onclick = function () {
    act("save", written()).then(function (exam) { show(exam); toast("已保存为初步报告", "Saved and sent as preliminary"); }, function () {});
  };
  $("correct").onclick = function () {
    $("findings").value = shown.corrected.findings; $("impression").value = shown.corrected.impression; mark();
  };
  $("sign").onclick = function () {
    $("sign").disabled = true;
    act("sign", written()).then(function (exam) {
      show(exam);
      pane("issues");
      if (exam.status === "held") { popUp(exam.decision.popup_url); }
      else if (exam.status === "released") { toast("报告已签发", "Signed"); }
    }, function () { $("sign").disabled = false; });
  };
  $("reopen").onclick = function () {
    act("form").then(function (answer) { popUp(answer.popup_url); }, function () {});
  };
  $("urgent").onclick = function () {
    var reason = window.prompt("紧急放行的理由 Reason for the emergency release");
    if (reason) { act("override", { reason: reason }).then(function (exam) { hideForm(); show(exam); }, function () {}); }
  };
  $("raise").onclick = function () {
    var text = window.prompt("危急值描述（红色，立即通知病区） The critical value: the ward is told at once");
    if (text) { act("alert", { text: text, signer: $("signer").value }).then(function (exam) { show(exam); toast("危急值已上报", "Raised"); poll(); }, function () {}); }
  };
  $("close").onclick = function () { hideForm(); };
  function hideForm() {
    dock(false);
    $("veil").hidden = true;
    $("form").removeAttribute("src");
  }
  /* The form is filled: it makes room and stays in a corner, where it may be taken back for a while. */
  function dock(filled) {
    var words = filled ? ["关闭", "Close"] : ["稍后", "Later"];
    $("veil").classList.toggle("docked", filled);
    $("popup").setAttribute("aria-modal", String(!filled));
    fill($("close"), [document.createTextNode(words[0]), small(words[1])]).setAttribute("aria-label", words.join(" "));
    if (filled) { document.querySelector(".list li.on").focus(); }
  }
  function popUp(url) {
    /* Only SignGate's own pages may be shown as the form. */
    if (typeof url !== "string" || url.indexOf(signgate + "/qc/") !== 0) { trouble(new Error("评分链接不属于质控服务 The form is not SignGate's")); return; }
    dock(false);
    $("form").src = url;
    $("veil").hidden = false;
    $("form").focus();
  }
  window.addEventListener("message", function (event) {
    var told = event.data;
    if (event.origin !== signgate || event.source !== $("form").contentWindow || !told) { return; }
    if (told.type === "signgate.qc.completed") {
      if (shown && told.gate_id === shown.gate_id) { setTimeout(refresh, 900); }
      if (told.undo_seconds) { dock(true); } else { setTimeout(hideForm, 1500); }
    }
    if (told.type === "signgate.qc.taken_back") { dock(false); $("form").focus(); }
    if (told.type === "signgate.qc.settled") { hideForm(); }
  });

  function pane(name) {
    ["issues", "pictures", "wire"].forEach(function (each) {
      $(each).hidden = each !== name;
      document.querySelector("[data-pane=" + each + "]").classList.toggle("on", each === name);
    });
    if (name === "pictures") { loadImages(); }
  }
  document.querySelectorAll("[data-pane]").forEach(function (button) { button.onclick = function () { pane(button.dataset.pane); }; });

  function loadImages() {
    var accession = current;
    if ($("pictures").hidden || !accession) { return; }
    call("/exams/" + encodeURIComponent(accession) + "/images.json").then(function (found) {
      if (accession !== current) { return; }
      var middle = images.length ? Number($("slice").value) : Math.floor(found.length * 0.55);
      images = found;
      $("slice").max = Math.max(0, found.length - 1); $("slice").value = middle;
      picture();
      var mark = found.some(function (i) { return i.labels.length || /HR/.test((i.corners.top_right || [""])[0]); });
      $("label-hint").textContent = !found.length ? "PACS 中没有影像 No image in the PACS" :
        mark ? "已标注互认标识 The label of mutual recognition is on the images" : "尚无互认标识：评分合格后标注 No label yet";
    }, function (error) { $("label-hint").textContent = error.message; });
  }
  function picture() {
    var image = images[Number($("slice").value)];
    if (!image) { $("picture").removeAttribute("src"); return; }
    $("picture").src = "/exams/" + encodeURIComponent(current) + "/images/" + image.number + ".png?" + image.sop_instance_uid;
    [["tl", "top_left"], ["tr", "top_right"], ["bl", "bottom_left"], ["br", "bottom_right"]].forEach(function (corner) {
      fill(document.querySelector(".corner." + corner[0]), (image.corners[corner[1]] || []).map(function (line) {
        return el("div", /HR$/.test(line) ? "hr" : "", line);
      }));
    });
    var box = document.querySelector(".drawn"), viewer = document.querySelector(".viewer").getBoundingClientRect();
    var scale = Math.min(viewer.width / image.columns, viewer.height / image.rows);
    box.style.width = image.columns * scale + "px"; box.style.height = image.rows * scale + "px";
    fill(box, image.labels.map(function (label) {
      var text = el("span", "", label.text);
      text.style.left = label.left + "%"; text.style.top = label.top + "%";
      return text;
    }));
  }
  $("slice").oninput = picture;
  document.querySelector(".viewer").addEventListener("wheel", function (event) {
    event.preventDefault();
    $("slice").value = Number($("slice").value) + (event.deltaY > 0 ? 1 : -1);
    picture();
  }, { passive: false });

  /* The ward. */
  var alertKeys = "";
  function showAlerts(alerts) {
    var open = alerts.filter(function (alert) { return !alert.acknowledged_by && alert.state !== "revoked"; }).length;
    $("alarm").hidden = !open; $("alarm").textContent = open;
    showStanding(alerts.filter(function (alert) { return !alert.acknowledged_by && alert.state !== "revoked"; }));
    var keys = JSON.stringify(alerts);
    if (keys === alertKeys) { return; }
    alertKeys = keys;
    fill($("alerts"), alerts.length ? alerts.slice().reverse().map(alertCard) : [fill(el("p", "quiet"), [document.createTextNode("没有危急值"), small("No critical value")])]);
  }
  /* On top of every view until somebody takes it. */
  function showStanding(open) {
    $("standing").hidden = !open.length;
    fill($("standing"), open.map(function (alert) {
      var told = alert.row.alert, left = told.due_at ? Math.ceil((new Date(told.due_at) - new Date()) / 60000) : null;
      var late = told.stands || (left !== null && left < 0), line = el("button", late ? "late" : "");
      line.append("危急值待接收：" + told.finding.name, el("span", "", [alert.row.patient_name, alert.row.department, alert.row.bed && alert.row.bed + "床"].filter(Boolean).join(" ")),
        small(told.stands ? "已无人可通知 Nobody is left to tell" : late ? "已逾期 Overdue" : left === null ? "" : "剩余 " + left + " 分钟 min left"), small("点击处理 Click to take it"));
      line.onclick = function () { document.querySelector("[data-view=ward]").click(); };
      return line;
    }));
  }
  function alertCard(alert) {
    var row = alert.row, finding = row.alert.finding, done = Boolean(alert.acknowledged_by), revoked = alert.state === "revoked";
    var card = el("div", "alert" + (done ? " done" : revoked ? " revoked" : "")), left = el("div");
    card.dataset.alert = alert.alert_id;
    left.append(el("h2", "", "危急值：" + finding.name));
    left.append(el("p", "", [row.patient_name, row.department, row.bed && row.bed + "床", row.exam_item, "检查号 " + alert.accession_number].filter(Boolean).join(" · ")));
    left.append(el("p", "", "报告原文：" + finding.text));
    if (row.alert.due_at) { left.append(el("p", "", "须在 " + new Date(row.alert.due_at).toLocaleTimeString("zh-CN", { hour12: false }) + " 前确认")); }
    card.append(left);
    if (done || revoked) {
      card.append(fill(el("p"), [document.createTextNode(revoked ? "已撤销" : "已复述确认：" + alert.acknowledged_by), small(revoked ? "Revoked" : "Read back")]));
      return card;
    }
    var form = el("form"), who = el("input"), read = el("input"), button = el("button", "", "复述并确认 Read back"), bad = el("span", "bad", alert.trouble);
    who.placeholder = "工号 Staff ID"; who.name = "who"; who.value = "N3001";
    read.placeholder = "复述危急值内容 Read the finding back"; read.name = "read_back"; read.autocomplete = "off";
    form.append(who, read, button, bad);
    form.onsubmit = function (event) {
      event.preventDefault();
      call("/api/alerts/" + encodeURIComponent(alert.alert_id) + "/acknowledge", { who: who.value, read_back: read.value })
        .then(function () { toast("危急值已确认", "Acknowledged"); poll(); }, function (error) { bad.textContent = error.message; });
    };
    card.append(form);
    return card;
  }

  document.querySelectorAll("[data-view]").forEach(function (button) {
    button.onclick = function () {
      ["work", "ward"].forEach(function (view) { $(view).hidden = view !== button.dataset.view; });
      document.querySelectorAll("[data-view]").forEach(function (each) { each.classList.toggle("on", each === button); });
    };
  });
  poll();
})();
