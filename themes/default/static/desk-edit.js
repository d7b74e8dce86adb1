/* Edit pages of the desk: what is typed is kept by itself, who else is here, what is missing follows what is typed.
   Everything can be written, saved and restored without this file. */
(function () {
  'use strict';

  var QUIET = 2000, EVERY = 15000, BEAT = 30000, OLD = 7 * 86400000, PREFIX = 'desk-kept ';
  var form = document.querySelector('form[data-edit]');

  function all(node, what) { return Array.prototype.slice.call(node.querySelectorAll(what)); }

  /* The pairs of the form as the browser would post them, without its token. */
  function pairsOf(one) {
    return Array.from(new FormData(one)).filter(function (pair) { return pair[0] !== 'csrf' && typeof pair[1] === 'string'; });
  }

  function post(path, one, pairs, more) {
    var body = new URLSearchParams([['csrf', one.querySelector('input[name=csrf]').value]].concat(pairs));
    return fetch(path, Object.assign({ method: 'POST', body: body, credentials: 'same-origin', redirect: 'manual', headers: { Accept: 'application/json' } }, more || {}))
      .then(function (answer) {
        var json = (answer.headers.get('Content-Type') || '').indexOf('json') > 0;
        if (answer.type === 'opaqueredirect' || (answer.status === 403 && !json)) { throw Object.assign(new Error('over'), { over: true }); }
        if (!json) { throw new Error('away'); }
        return answer.json().then(function (data) { if (!answer.ok) { throw Object.assign(new Error('refused'), { words: data.message }); } return data; });
      });
  }

  /* ---- other people ---- */
  function beats(one, uid) {
    var here = document.querySelector('[data-here]'), moved = document.querySelector('[data-moved]'), timer = 0, over = false;
    var mark = here && here.querySelector('svg');
    function beat() {
      if (over || document.hidden) { return; }
      var base = one.querySelector('[name="page.base"]');
      post('/desk/doc/' + uid + '/beat', one, [['page.base', base ? base.value : '']]).then(function (data) {
        if (here) {
          here.hidden = !data.here.length;
          here.replaceChildren(mark || '', document.createTextNode(' ' + data.here.join('、') + (data.here.length ? '也开着这一页' : '')));
        }
        if (moved) {
          var words = data.closed || data.moved;
          if (words && moved.querySelector('p').textContent !== words) { moved.querySelector('p').textContent = words; }
          moved.hidden = !words;
        }
      }).catch(function (error) { over = Boolean(error.over); });
    }
    one.addEventListener('renewed', function () { over = false; beat(); });
    beat();
    timer = window.setInterval(beat, BEAT);
    document.addEventListener('visibilitychange', beat);
    return timer;
  }

  /* ---- this browser's own memory, for when the session is over ---- */
  function remembered(key) { try { return JSON.parse(localStorage.getItem(key)); } catch (error) { return null; } }
  function forget(key) { try { localStorage.removeItem(key); } catch (error) { /* storage is closed: nothing was kept */ } }
  function tidy() {
    try {
      Object.keys(localStorage).filter(function (key) { return key.indexOf(PREFIX) === 0; }).forEach(function (key) {
        var kept = remembered(key);
        if (!kept || !(Date.now() - kept.at < OLD)) { forget(key); }
      });
    } catch (error) { /* storage is closed */ }
  }
  function clock(at) { var time = new Date(at); return ('0' + time.getHours()).slice(-2) + ':' + ('0' + time.getMinutes()).slice(-2); }

  function edits() {
    var state = form.querySelector('[data-state]'), key = PREFIX + [form.dataset.user, form.dataset.doc, form.dataset.section].join(' ');
    var path = '/desk/doc/' + form.dataset.doc + '/autosave/' + form.dataset.section;
    var first = JSON.stringify(pairsOf(form)), sent = form.dataset.dirty ? '' : first, quiet = 0, last = 0, busy = false, again = false, over = false, leaving = false;

    function say(words, bad) { state.textContent = words; state.classList.toggle('no', Boolean(bad)); }

    function locally() {
      try {
        localStorage.setItem(key, JSON.stringify({ at: Date.now(), pairs: pairsOf(form) }));
        say('登录已过期，内容先存在本机 ' + clock(Date.now()) + '。请另开一页登录，再回来点“保存”', true);
      } catch (error) { say('登录已过期，这个浏览器也存不下，请先把内容复制出来再登录', true); }
    }

    function put(name, html) {
      var place = document.querySelector('[data-' + name + ']');
      if (place && html && !place.contains(document.activeElement)) { place.innerHTML = html; }      // our server's own template
    }

    function keep(more) {
      var pairs = pairsOf(form), text = JSON.stringify(pairs);
      window.clearTimeout(quiet);
      if (text === sent || leaving) { return; }
      if (busy) { again = true; return; }
      busy = true;
      last = Date.now();
      post(path, form, pairs, more).then(function (data) {
        sent = text;
        over = false;
        forget(key);
        say(data.said);
        put('secs', data.secs);
        put('side', data.side);
      }).catch(function (error) {
        if (error.over) { over = true; renew(); } else { say(error.words || '没有连上服务器，还没有自动保存，稍后再试', true); if (!error.words) { later(EVERY); } }
      }).then(function () { busy = false; if (again) { again = false; later(QUIET); } });
    }

    function later(wait) { window.clearTimeout(quiet); quiet = window.setTimeout(keep, wait); }

    /* Signed in again in another tab: the same page has a fresh token for the same person. Else it stays in this browser. */
    function renew() {
      fetch(location.pathname, { credentials: 'same-origin', redirect: 'manual' })
        .then(function (answer) { return answer.ok ? answer.text() : ''; })
        .then(function (html) {
          var fresh = new DOMParser().parseFromString(html, 'text/html').querySelector('form[data-edit]');
          if (!fresh || fresh.dataset.user !== form.dataset.user) { locally(); return; }
          all(document, 'input[name=csrf]').forEach(function (input) { input.value = fresh.querySelector('input[name=csrf]').value; });
          form.dispatchEvent(new Event('renewed'));
          later(0);
        })
        .catch(locally);
    }

    function typed() {
      if (Date.now() - last > EVERY && last) { keep(); } else { later(QUIET); }
      if (!last) { last = Date.now(); }
      if (state.textContent.indexOf('已自动保存') === 0) { say('正在填写，过一会儿自动保存'); }
    }

    form.addEventListener('input', typed);
    form.addEventListener('change', typed);
    form.addEventListener('submit', function () { leaving = true; window.clearTimeout(quiet); if (over) { locally(); } });
    window.addEventListener('pageshow', function () { leaving = false; });
    document.addEventListener('visibilitychange', function () { if (document.hidden) { keep({ keepalive: JSON.stringify(pairsOf(form)).length < 50000 }); } });
    window.addEventListener('beforeunload', function (event) { if (!leaving && JSON.stringify(pairsOf(form)) !== sent) { event.preventDefault(); } });

    offer(key, first);
    if (form.dataset.dirty) { later(0); }
    beats(form, form.dataset.doc);
  }

  /* What this browser kept while the session was over: bring it back through the server, which draws it as it was typed. */
  function offer(key, first) {
    var kept = remembered(key), box = document.querySelector('[data-local]');
    tidy();
    if (!kept || !Array.isArray(kept.pairs) || !box || form.dataset.dirty) { return; }
    var own = function (pair) { return pair[0].indexOf('page.') !== 0; };
    if (kept.at < Number(form.dataset.saved || 0) || JSON.stringify(kept.pairs.filter(own)) === JSON.stringify(JSON.parse(first).filter(own))) { forget(key); return; }
    box.querySelector('p').textContent = '这个浏览器里有您 ' + clock(kept.at) + ' 没保存的内容（那时登录已过期）。';
    box.hidden = false;
    box.querySelector('[data-drop]').addEventListener('click', function () { forget(key); box.hidden = true; });
    box.querySelector('form').addEventListener('submit', function (event) {
      var back = event.target;
      kept.pairs.concat([['page.at', clock(kept.at)]]).forEach(function (pair) {
        if (pair[0] === 'op' || pair[0] === 'page.do') { return; }
        var field = document.createElement('textarea');
        field.name = pair[0];
        field.value = pair[1];
        field.hidden = true;
        back.append(field);
      });
    });
  }

  /* ---- the choices of an item: the try-out and the checks follow the form ---- */
  function choices(one) {
    var timer = 0, turn = 0;
    document.body.classList.add('scripted-try');
    function ask() {
      var mine = (turn += 1);
      post(one.dataset.cases, one, pairsOf(one)).then(function (data) {
        if (mine !== turn) { return; }
        ['try', 'checks'].forEach(function (name) {
          var place = document.querySelector('[data-part=' + name + ']'), focused = place.contains(document.activeElement) ? document.activeElement.id : '';
          place.innerHTML = data[name];                                                            // our server's own template
          if (focused && document.getElementById(focused)) { document.getElementById(focused).focus(); }
        });
      }).catch(function () { /* the button shows it as well */ });
    }
    function later() { window.clearTimeout(timer); timer = window.setTimeout(ask, 300); }
    one.addEventListener('input', later);
    document.addEventListener('change', function (event) { if (event.target.form === one) { later(); } });
    beats(one, one.dataset.beat);
  }

  /* ---- a proposed address for a new document ---- */
  function proposes(one) {
    var name = one.querySelector('[name=name]'), slug = one.querySelector('[name=slug]'), timer = 0, own = Boolean(slug && slug.value);
    if (!name || !slug) { return; }
    slug.addEventListener('input', function () { own = slug.value !== ''; });
    name.addEventListener('input', function () {
      window.clearTimeout(timer);
      if (own) { return; }
      timer = window.setTimeout(function () {
        var parent = one.querySelector('[name=parent]');
        fetch('/desk/new/slug?name=' + encodeURIComponent(name.value.slice(0, 120)) + '&parent=' + encodeURIComponent(parent ? parent.value : ''), { credentials: 'same-origin' })
          .then(function (answer) { return answer.json(); })
          .then(function (data) { if (!own && name.value) { slug.value = data.slug; } })
          .catch(function () { /* the server proposes one as well */ });
      }, 300);
    });
  }

  if (form) { edits(); }
  all(document, 'form[data-cases]').forEach(choices);
  all(document, 'form[data-new]').forEach(proposes);
}());
