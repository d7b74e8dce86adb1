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
})();
