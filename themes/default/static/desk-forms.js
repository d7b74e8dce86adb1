/* Forms of the desk: repeated groups without a page load, pick lists with search, links that open what is folded.
   Everything works without this file; then the buttons post the form. */
(function () {
  'use strict';

  var WAIT = 160, fresh = 0;

  function all(node, what) { return Array.prototype.slice.call(node.querySelectorAll(what)); }
  function rowsOf(group) { return Array.prototype.slice.call(box(group).children).filter(function (row) { return row.hasAttribute('data-row'); }); }
  function box(group) { return group.querySelector('[data-rows]'); }
  function form(node) { return node.closest('[data-forms]'); }
  function owner(node) { return node.closest('[data-group]'); }

  function say(node, words) {
    var live = form(node).querySelector('[data-live]');
    live.textContent = '';
    window.setTimeout(function () { live.textContent = words; }, 30);
  }

  function changed(node) { node.dispatchEvent(new Event('change', { bubbles: true })); }

  /* Numbers, ends and the words for "nothing here" as the rows stand now. Names need no change: the order says it all. */
  function renumber(group) {
    var rows = rowsOf(group);
    rows.forEach(function (row, at) {
      all(row, '[data-n]').forEach(function (place) { if (place.closest('[data-row]') === row) { place.textContent = at + 1; } });
      all(row, '[data-act]').forEach(function (button) {
        if (button.closest('[data-row]') !== row) { return; }
        var act = button.getAttribute('data-act'), end = (act === 'up' && at === 0) || (act === 'down' && at === rows.length - 1);
        if (end) { button.setAttribute('aria-disabled', 'true'); } else { button.removeAttribute('aria-disabled'); }
      });
    });
    var none = group.querySelector('[data-none]');
    if (none && owner(none) === group) { none.hidden = rows.length > 0; }
  }

  function focusable(node) {
    return all(node, 'input:not([type=hidden]), select, textarea').filter(function (one) { return !one.closest('details:not([open])') || one.closest('details') === node; })[0];
  }

  /* A new row from the page's empty one: the group's own id and a number nobody has take the place of the holes. */
  function made(group) {
    var pattern = form(group).querySelector('template[data-for="' + group.getAttribute('data-group') + '"]');
    var row = pattern.content.querySelector('[data-row]').cloneNode(true);
    var number = 'n' + (fresh += 1), from = pattern.getAttribute('data-id'), op = pattern.getAttribute('data-op');
    var hole = '__n' + ((from.match(/__n\d+__/g) || []).length + 1) + '__';
    [row].concat(all(row, '*')).forEach(function (node) {
      Array.prototype.slice.call(node.attributes).forEach(function (attribute) {
        if (attribute.value.indexOf('__n') < 0 && attribute.value.indexOf(from) < 0) { return; }
        attribute.value = attribute.value.split(from + '-').join(group.id + '-').split(op).join(group.getAttribute('data-op')).split(hole).join(number);
      });
    });
    return row;
  }

  function add(group, button) {
    var most = Number(group.getAttribute('data-most'));
    if (rowsOf(group).length >= most) { say(group, '最多 ' + most + ' 项，不能再加'); return; }
    var row = made(group);
    box(group).appendChild(row);
    if (row.tagName === 'DETAILS') { row.open = true; }
    ready(row);
    renumber(group);
    (focusable(row) || button).focus();
    say(group, '已新增第 ' + rowsOf(group).length + ' 项');
    changed(group);
  }

  function remove(group, row) {
    var rows = rowsOf(group), at = rows.indexOf(row), next = rows[at + 1] || rows[at - 1];
    row.parentNode.removeChild(row);
    renumber(group);
    var target = next ? next.querySelector('summary') || next.querySelector('[data-act=remove]')
      : all(group, '[data-act=add]').filter(function (one) { return owner(one) === group; })[0];
    target.focus();
    say(group, '已去掉第 ' + (at + 1) + ' 项，' + (next ? '还有 ' + (rows.length - 1) + ' 项' : '现在没有了'));
    changed(group);
  }

  function move(group, row, button, by) {
    var rows = rowsOf(group), at = rows.indexOf(row), to = at + by;
    if (to < 0 || to >= rows.length) { say(group, by < 0 ? '已经是第一项' : '已经是最后一项'); return; }
    box(group).insertBefore(row, by < 0 ? rows[to] : rows[to].nextSibling);
    renumber(group);
    button.focus();
    say(group, '已移到第 ' + (to + 1) + ' 项');
    changed(group);
  }

  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-act]');
    if (button && form(button)) {
      event.preventDefault();
      var group = owner(button), act = button.getAttribute('data-act'), row = button.closest('[data-row]');
      if (act === 'add') { add(group, button); }
      if (act === 'remove') { remove(group, row); }
      if (act === 'up') { move(group, row, button, -1); }
      if (act === 'down') { move(group, row, button, 1); }
      return;
    }
    if (event.target.closest('[data-grip]')) { event.preventDefault(); return; }
    var link = event.target.closest('a[href*="#"]');
    if (link && link.hash.length > 1 && link.pathname === location.pathname && link.search === location.search && show(link.hash.slice(1))) { event.preventDefault(); }
  });

  /* The name of a row in its summary follows what is typed. */
  document.addEventListener('input', function (event) {
    var row = event.target.closest && event.target.closest('[data-row]'), group = row && owner(row);
    if (!group || !group.getAttribute('data-names') || event.target.name !== group.getAttribute('data-names')) { return; }
    var place = row.querySelector('[data-name]');
    if (place && event.target.closest('[data-row]') === row) { place.textContent = event.target.value.trim() || '（没有写' + group.getAttribute('data-word') + '）'; }
  });

  /* ---- mouse: drag a row by its grip ---- */
  document.addEventListener('pointerdown', function (event) {
    var grip = event.target.closest('[data-grip]');
    if (!grip || event.button !== 0) { return; }
    event.preventDefault();
    var row = grip.closest('[data-row]'), group = owner(row), began = rowsOf(group).indexOf(row);
    row.classList.add('dragged');
    grip.setPointerCapture(event.pointerId);
    function over(move) {
      var others = rowsOf(group).filter(function (one) { return one !== row; });
      var before = others.filter(function (one) { var place = one.getBoundingClientRect(); return move.clientY < place.top + Math.min(place.height, 48) / 2; })[0];
      if ((before || null) !== row.nextElementSibling) { box(group).insertBefore(row, before || null); grip.setPointerCapture(move.pointerId); }
    }
    function done() {
      grip.removeEventListener('pointermove', over);
      row.classList.remove('dragged');
      renumber(group);
      var now = rowsOf(group).indexOf(row);
      if (now !== began) { say(group, '已移到第 ' + (now + 1) + ' 项'); changed(group); }
    }
    grip.addEventListener('pointermove', over);
    grip.addEventListener('pointerup', done, { once: true });
    grip.addEventListener('pointercancel', done, { once: true });
  });

  /* ---- links to a field: open what folds it, then focus its control ---- */
  function show(id) {
    var target = document.getElementById(decodeURIComponent(id));
    if (!target || !form(target)) { return false; }
    for (var fold = target.closest('details'); fold; fold = fold.parentElement.closest('details')) { fold.open = true; }
    var control = target.matches('input, select, textarea') ? target : focusable(target) || target;
    control.focus({ preventScroll: true });
    target.scrollIntoView({ block: 'center' });
    return true;
  }

  /* ---- pick lists: a combobox over /desk/pick/ ---- */
  function combobox(input) {
    var list = null, entries = [], active = -1, timer = 0, asked = 0, own = input.id + '-l';
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-expanded', 'false');
    input.setAttribute('aria-controls', own);

    function close() {
      window.clearTimeout(timer);
      asked += 1;
      if (list) { list.remove(); list = null; }
      active = -1;
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
    }

    function mark(at) {
      active = at;
      Array.prototype.forEach.call(list.children, function (item, number) {
        item.setAttribute('aria-selected', number === at ? 'true' : 'false');
        if (number === at) { item.scrollIntoView({ block: 'nearest' }); }
      });
      input.setAttribute('aria-activedescendant', own + '-' + at);
    }

    function take(at) {
      var entry = entries[at], row = input.closest('[data-row]');
      input.value = entry.text;
      close();
      Object.keys(entry.fill || {}).forEach(function (name) {
        var beside = row && row.querySelector('[name="' + name + '"]');
        if (beside && !beside.value) { beside.value = entry.fill[name]; beside.dispatchEvent(new Event('input', { bubbles: true })); }
      });
      input.dispatchEvent(new Event('input', { bubbles: true }));
      close();
      changed(input);
    }

    function draw(found) {
      var empty = !found.length;
      if (list) { list.remove(); }
      entries = found;
      active = -1;
      list = document.createElement('ul');
      list.className = 'hints pick-list';
      list.id = own;
      list.setAttribute('role', 'listbox');
      list.setAttribute('aria-label', '可以选的');
      found.forEach(function (entry, at) {
        var item = document.createElement('li'), label = document.createElement('span'), detail = document.createElement('span');
        item.id = own + '-' + at;
        item.setAttribute('role', 'option');
        item.setAttribute('aria-selected', 'false');
        label.textContent = entry.label;
        detail.textContent = entry.detail;
        detail.className = 'small';
        item.append(label, detail);
        item.addEventListener('pointerdown', function (event) { event.preventDefault(); });
        item.addEventListener('click', function () { take(at); });
        list.append(item);
      });
      if (empty) { list = null; input.setAttribute('aria-expanded', 'false'); say(input, '没有找到'); return; }
      input.parentNode.append(list);
      input.setAttribute('aria-expanded', 'true');
      say(input, '有 ' + found.length + ' 个可选，按上下键挑选');
    }

    function ask() {
      var turn = (asked += 1), what = input.getAttribute('data-pick'), words = input.value.replace(/\s*\[[^\]]*\]\s*$/, ''), more = '';
      if (what === 'clauses') {
        var law = input.closest('fieldset, [data-row]').querySelector('[data-pick=laws]');
        more = '&law=' + encodeURIComponent(law ? law.value : '');
      }
      window.fetch('/desk/pick/' + what + '?q=' + encodeURIComponent(words.slice(0, 60)) + more, { credentials: 'same-origin', headers: { Accept: 'application/json' } })
        .then(function (answer) { return answer.ok ? answer.json() : { entries: [] }; })
        .then(function (data) { if (turn === asked && document.activeElement === input) { draw(data.entries); } })
        .catch(function () { close(); });
    }

    input.addEventListener('input', function (event) {
      if (!event.isTrusted) { return; }
      window.clearTimeout(timer);
      timer = window.setTimeout(ask, WAIT);
    });
    input.addEventListener('keydown', function (event) {
      if (event.isComposing) { return; }
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        if (!list) { ask(); return; }
        var by = event.key === 'ArrowDown' ? 1 : -1;
        mark((active + by + entries.length + (active < 0 && by < 0 ? 1 : 0)) % entries.length);
      } else if (event.key === 'Enter' && list && active >= 0) {
        event.preventDefault();
        take(active);
      } else if (event.key === 'Escape' && list) {
        event.preventDefault();
        close();
      } else if (event.key === 'Tab') { close(); }
    });
    input.addEventListener('blur', function () { close(); });
  }

  function ready(node) {
    all(node, '[data-pick]').forEach(function (input) { if (input.getAttribute('role') !== 'combobox') { combobox(input); } });
  }

  all(document, '[data-forms]').forEach(function (part) { part.classList.add('scripted'); ready(part); });
  window.addEventListener('hashchange', function () { show(location.hash.slice(1)); });
  if (location.hash.length > 1) { show(location.hash.slice(1)); }
  var errors = document.querySelector('.errs');
  if (errors && !location.hash) { errors.focus(); }
}());
