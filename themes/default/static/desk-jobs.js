/* Follows a background job: asks how far it is, shows it, and opens the page anew when it is over. Without this file the page renews itself. */
"use strict";
(function () {
  var box = document.querySelector("[data-job]");
  if (!box) { return; }
  var bar = box.querySelector("progress"), words = box.querySelector("[data-words]"), counts = box.querySelector("[data-counts]"), said = box.querySelector("[data-said]");
  var began = Date.now(), quarter = -1, LONGEST = 10 * 60 * 1000;      // an open page must not keep a session alive
  function ask() {
    fetch(box.getAttribute("data-job"), {credentials: "same-origin", headers: {Accept: "application/json"}, redirect: "error"}).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.json();
    }).then(function (now) {
      if (now.over) { location.reload(); return; }
      words.textContent = now.words;
      counts.textContent = now.counts;
      if (now.total) {
        bar.max = now.total; bar.value = now.done;
        var part = Math.floor(4 * now.done / now.total);
        if (part !== quarter) { quarter = part; said.textContent = now.words; }
      }
      again();
    }).catch(function () { words.textContent = "连不上，稍后自动再看"; again(); });
  }
  function again() {
    var gone = Date.now() - began;
    if (gone > LONGEST) { words.textContent += "（不再自动更新，请刷新页面）"; return; }
    setTimeout(ask, gone < 20000 ? 1000 : 4000);
  }
  setTimeout(ask, 500);
})();
