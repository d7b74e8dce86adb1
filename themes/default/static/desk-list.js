/* Lists of the desk: how many rows are picked, and one tick for all of the page. */
"use strict";
(function () {
  var form = document.querySelector("form[action='/desk/bulk'], form[data-picks]");
  if (!form) { return; }
  var boxes = Array.prototype.slice.call(form.querySelectorAll("input[type=checkbox][name=" + (form.getAttribute("data-picks") || "id") + "]")), said = form.querySelector("[data-picked]"), head = form.querySelector("thead th");
  if (!boxes.length || !said) { return; }
  var all = document.createElement("input");
  all.type = "checkbox"; all.setAttribute("aria-label", "选中这一页的全部");
  head.insertBefore(all, head.firstChild);
  said.setAttribute("role", "status");
  function count() {
    var picked = boxes.filter(function (box) { return box.checked; }).length;
    said.textContent = picked ? "选中 " + picked + (form.hasAttribute("data-picks") ? " 处" : " 份") : "选中的";
    all.checked = picked === boxes.length; all.indeterminate = picked > 0 && picked < boxes.length;
  }
  all.addEventListener("change", function () { boxes.forEach(function (box) { box.checked = all.checked; }); count(); });
  boxes.forEach(function (box) { box.addEventListener("change", count); });
  count();
})();
