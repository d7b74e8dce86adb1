/* The desk's frame: comforts only, everything works without this file. */
"use strict";
(function () {
  var errors = document.querySelector(".errs");
  if (errors) { errors.focus(); }
})();
