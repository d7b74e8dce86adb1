/* Rows of remarks: one more, one less, without asking the server. Without this file the same buttons ask it. */
"use strict";
(function () {
  var form = document.getElementById("act"), add = form && form.querySelector("[data-add]");
  if (!form || !add) { return; }
  function rows() { return Array.prototype.slice.call(form.querySelectorAll("[data-row]")); }
  function number() {
    rows().forEach(function (row, at) {
      var select = row.querySelector("select"), text = row.querySelector("textarea"), labels = row.querySelectorAll("label"), drop = row.querySelector("button[name=row]");
      select.id = "field-" + at; text.id = "text-" + at;
      labels[0].htmlFor = select.id; labels[1].htmlFor = text.id;
      labels[0].textContent = "第 " + (at + 1) + " 条：哪里";
      if (drop) { drop.value = String(at); drop.lastChild.textContent = "去掉第 " + (at + 1) + " 条"; drop.hidden = rows().length < 2; }
    });
  }
  function dropper(row) {
    var button = row.querySelector("button[name=row]");
    if (!button) {
      button = document.createElement("button");
      button.className = "btn btn-t btn-s"; button.name = "row";
      button.appendChild(document.createTextNode("去掉"));
      row.appendChild(button);
    }
    button.type = "button";
    button.addEventListener("click", function () {
      var all = rows(), at = all.indexOf(row);
      row.remove();
      number();
      var near = rows()[Math.max(0, at - 1)];
      if (near) { near.querySelector("select").focus(); }
    });
  }
  rows().forEach(dropper);
  number();
  add.type = "button";
  add.addEventListener("click", function () {
    var all = rows(), fresh = all[all.length - 1].cloneNode(true);
    Array.prototype.forEach.call(fresh.querySelectorAll("button"), function (button) { button.remove(); });
    fresh.querySelector("select").selectedIndex = 0;
    fresh.querySelector("textarea").value = "";
    all[all.length - 1].after(fresh);
    dropper(fresh);
    number();
    fresh.querySelector("select").focus();
  });
})();
