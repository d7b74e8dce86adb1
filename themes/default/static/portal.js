/* Comforts only: everything works without this file. */
"use strict";
(function () {
  var all = function (name) { return Array.prototype.slice.call(document.querySelectorAll("[" + name + "]")); };
  all("data-print").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
  if (navigator.clipboard) {
    all("data-copy").forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        navigator.clipboard.writeText(button.getAttribute("data-copy")).then(function () { say(button, "已复制"); }, function () { say(button, "没有复制成，请长按地址复制"); });
      });
    });
  }
  function say(button, words) {
    var status = document.createElement("span");
    status.setAttribute("role", "status");
    status.className = "small";
    button.parentNode.insertBefore(status, button.nextSibling);
    status.textContent = " " + words;
    window.setTimeout(function () { status.remove(); }, 4000);
  }
  var prose = document.getElementById("prose");
  all("data-type").forEach(function (button) {
    button.hidden = false;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", function () {
      var large = prose.classList.toggle("prose-l");
      button.setAttribute("aria-pressed", String(large));
    });
  });
  if ("speechSynthesis" in window && prose) {
    all("data-read").forEach(function (button) {
      button.hidden = false;
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", function () {
        if (window.speechSynthesis.speaking) { window.speechSynthesis.cancel(); button.setAttribute("aria-pressed", "false"); return; }
        var words = new SpeechSynthesisUtterance(prose.textContent);
        words.lang = "zh-CN";
        words.onend = function () { button.setAttribute("aria-pressed", "false"); };
        window.speechSynthesis.speak(words);
        button.setAttribute("aria-pressed", "true");
      });
    });
  }

  /* Search: suggestions while typing (listbox of a combobox, ARIA 1.2), what was asked before (kept on this device only), and which hit was opened. */
  var KEY = "govportal.asked";
  function asked() { try { return JSON.parse(window.localStorage.getItem(KEY)) || []; } catch (error) { return []; } }
  function remember(words) {
    var list = asked().filter(function (one) { return one !== words; });
    list.unshift(words);
    try { window.localStorage.setItem(KEY, JSON.stringify(list.slice(0, 8))); } catch (error) { /* full or forbidden: no history */ }
  }
  var kinds = { item: "服务", question: "问答", policy: "政策", news: "资讯", organisation: "机构", before: "查过", clear: "" };
  Array.prototype.slice.call(document.querySelectorAll("form.find input[type=search]:not([data-plain])")).forEach(function (input, number) {
    var form = input.form, list = document.createElement("ul"), status = document.createElement("span"), at = -1, typed = "", timer = 0, turn = 0;
    if (form.getAttribute("action") !== "/search") { return; }
    list.id = "hints-" + number; list.className = "hints"; list.hidden = true; list.tabIndex = -1;
    list.setAttribute("role", "listbox"); list.setAttribute("aria-label", "联想");
    status.className = "vh"; status.setAttribute("role", "status");
    form.appendChild(list); form.appendChild(status);
    input.setAttribute("role", "combobox"); input.setAttribute("aria-autocomplete", "list"); input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");
    function close() { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); }
    function choose(option) {
      if (option.getAttribute("data-kind") === "clear") {
        try { window.localStorage.removeItem(KEY); } catch (error) { /* nothing was kept */ }
        close(); input.value = ""; status.textContent = "已清除"; input.focus(); return;
      }
      input.value = option.getAttribute("data-text"); close(); form.requestSubmit ? form.requestSubmit() : form.submit();
    }
    function show(rows) {
      list.textContent = "";
      rows.forEach(function (row, place) {
        var option = document.createElement("li"), text = document.createElement("span"), kind = document.createElement("span");
        option.id = list.id + "-" + place; option.setAttribute("role", "option"); option.setAttribute("aria-selected", "false");
        option.setAttribute("data-text", row.text); option.setAttribute("data-kind", row.kind);
        mark(text, row.text, input.value.trim()); kind.className = "small"; kind.textContent = kinds[row.kind] || "";
        option.appendChild(text); option.appendChild(kind); list.appendChild(option);
        option.addEventListener("mousedown", function (event) { event.preventDefault(); choose(option); });
      });
      at = -1; list.hidden = !rows.length; input.setAttribute("aria-expanded", String(rows.length > 0)); input.removeAttribute("aria-activedescendant");
      status.textContent = rows.length ? rows.length + " 条联想，按上下键选择" : "";
    }
    function mark(place, text, part) {
      var start = part ? text.indexOf(part) : -1;
      if (start < 0) { place.textContent = text; return; }
      var inner = document.createElement("mark");
      inner.textContent = part;
      place.appendChild(document.createTextNode(text.slice(0, start))); place.appendChild(inner); place.appendChild(document.createTextNode(text.slice(start + part.length)));
    }
    function before() {
      var list = asked().map(function (words) { return { text: words, kind: "before" }; });
      if (list.length) { list.push({ text: "清除查过的", kind: "clear" }); }
      show(list);
    }
    function ask() {
      var words = input.value.trim(), mine = ++turn;
      if (!words) { before(); return; }
      window.fetch("/api/v1/suggest?q=" + encodeURIComponent(words)).then(function (answer) { return answer.ok ? answer.json() : { suggestions: [] }; })
        .then(function (found) { if (mine === turn && document.activeElement === input) { show(found.suggestions); } }, function () { if (mine === turn) { close(); } });
    }
    function move(step) {
      var options = list.children;
      if (!options.length) { return; }
      if (at < 0) { typed = input.value; }
      if (at >= 0) { options[at].setAttribute("aria-selected", "false"); }
      at += step;
      if (at >= options.length) { at = -1; } else if (at < -1) { at = options.length - 1; }
      if (at < 0) { input.value = typed; input.removeAttribute("aria-activedescendant"); return; }
      options[at].setAttribute("aria-selected", "true"); input.setAttribute("aria-activedescendant", options[at].id); options[at].scrollIntoView({ block: "nearest" });
      if (options[at].getAttribute("data-kind") !== "clear") { input.value = options[at].getAttribute("data-text"); }
    }
    input.addEventListener("input", function (event) { turn += 1; window.clearTimeout(timer); if (!event.isComposing) { timer = window.setTimeout(ask, 120); } });
    input.addEventListener("compositionend", function () { window.clearTimeout(timer); timer = window.setTimeout(ask, 120); });
    input.addEventListener("focus", function () { if (!input.value.trim()) { before(); } });
    input.addEventListener("blur", function () { turn += 1; close(); });
    input.addEventListener("keydown", function (event) {
      if (event.isComposing) { return; }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden) { ask(); } else { move(event.key === "ArrowDown" ? 1 : -1); }
        event.preventDefault();
      } else if (event.key === "Escape" && !list.hidden) {
        if (at >= 0) { input.value = typed; }
        close(); event.preventDefault();
      } else if (event.key === "Enter" && at >= 0) { event.preventDefault(); choose(list.children[at]); }
    });
    form.addEventListener("submit", function () { var words = input.value.trim(); if (words && !/\d{5}/.test(words)) { remember(words.slice(0, 60)); } });
  });
  var found = document.querySelector("[data-found]");
  if (found && navigator.sendBeacon) {
    all("data-hit").forEach(function (link, place) {
      link.addEventListener("click", function () {
        navigator.sendBeacon("/search/clicked", new URLSearchParams({ q: found.getAttribute("data-found"), id: link.getAttribute("data-hit"), place: String(place + 1) }));
      });
    });
  }
})();
