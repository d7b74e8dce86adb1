/* Rich text at the desk: an editor over a text field with light markup, and an upload beside a field that holds a file's number.
   Everything works without this file. What the editor makes is cleaned by the server, when it is pasted and again when it is saved:
   the field then holds the mark below and the HTML. */
(function () {
  'use strict';

  const MARK = '<!--html-->', CLEAN = '/desk/richtext/clean', UPLOAD = '/desk/files/upload', ID = /^file:([0-9a-f]{32})$/;
  const LINK = /^(https?:\/\/\S+|tel:[+0-9-]+|mailto:\S+@\S+|\/(?!\/)\S*)$/i;
  const TOOLS = [['p', '段落'], ['h2', '小标题'], ['bold', '加粗'], ['link', '链接'], ['ul', '列表'], ['ol', '编号'], ['blockquote', '引用'], ['table', '表格'], ['picture', '图片'], ['undo', '撤销'], ['redo', '重做']];
  const KEPT = 100;

  function make(tag, attributes, children) {
    const node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { if (attributes[name] !== null) { node.setAttribute(name, attributes[name]); } });
    (children || []).forEach(function (child) { node.append(child); });
    return node;
  }

  async function send(near, path, fields) {
    const body = new FormData(), form = near.closest('form'), token = (form || document).querySelector('input[name=csrf]');
    body.append('csrf', token ? token.value : '');
    Object.keys(fields).forEach(function (name) { body.append(name, fields[name]); });
    let answer, data = null;
    try {
      answer = await fetch(path, { method: 'POST', body: body, credentials: 'same-origin', headers: { Accept: 'application/json' } });
      data = await answer.json();
    } catch (error) {
      data = null;
    }
    if (data && answer.ok) { return data; }
    throw new Error(data && data.message ? data.message : answer && answer.status === 403 ? '登录可能已过期：请另开一页登录，再回来做一次，正文还在' : '没有连上服务器，请稍后再试，正文还在');
  }

  /* ---- the editor ---- */

  function Editor(source) {
    const id = source.id || 'rt-' + Math.random().toString(36).slice(2);
    const label = document.querySelector('label[for="' + CSS.escape(id) + '"]');
    const described = source.getAttribute('aria-describedby');
    this.source = source;
    this.history = [];
    this.at = -1;
    this.dirty = false;
    this.timer = 0;
    this.area = make('div', { 'class': 'rt-area prose', contenteditable: 'true', role: 'textbox', 'aria-multiline': 'true', 'aria-describedby': (described ? described + ' ' : '') + id + '-keys', 'aria-invalid': source.getAttribute('aria-invalid') });
    if (label) { label.id = label.id || id + '-l'; this.area.setAttribute('aria-labelledby', label.id); } else { this.area.setAttribute('aria-label', '正文'); }
    this.bar = make('div', { 'class': 'rt-bar', role: 'toolbar', 'aria-label': '正文格式', 'aria-controls': id });
    TOOLS.forEach(function (tool, number) {
      this.bar.append(make('button', { type: 'button', 'class': 'rt-b', 'data-do': tool[0], tabindex: number ? '-1' : '0', 'aria-pressed': ['link', 'table', 'picture', 'undo', 'redo'].indexOf(tool[0]) < 0 ? 'false' : null, 'aria-expanded': ['link', 'table', 'picture'].indexOf(tool[0]) < 0 ? null : 'false' }, [tool[1]]));
    }, this);
    this.panel = make('div', { 'class': 'rt-panel', role: 'group', hidden: '' });
    this.status = make('p', { 'class': 'rt-status small', role: 'status' });
    this.box = make('div', { 'class': 'rt' }, [make('div', { 'class': 'rt-head' }, [this.bar, this.panel]), this.area, make('p', { 'class': 'hint rt-keys', id: id + '-keys' }, ['Alt+F10 到格式按钮，Ctrl+B 加粗，Ctrl+K 链接，Ctrl+Z 撤销；从 Word、WPS 粘贴会自动整理']), this.status]);
    source.after(this.box);
    source.hidden = true;
    source.id = id + '-source';
    this.area.id = id;
    if (label) { label.addEventListener('click', () => this.area.focus()); }
    if (source.hasAttribute('autofocus')) { this.area.focus(); }
    document.execCommand('defaultParagraphSeparator', false, 'p');
    document.execCommand('styleWithCSS', false, false);
    this.listen();
  }

  Editor.prototype = {
    say: function (words) { this.status.textContent = words || ''; },

    load: function (html) {
      this.area.innerHTML = html;        // from our server, which has cleaned it
      this.tidy();
      this.history = [];
      this.at = -1;
      this.keep();
    },

    /* Pictures are one thing each; there is always a place to write before and after what one cannot write in. */
    tidy: function () {
      const area = this.area;
      Array.from(area.childNodes).forEach(function (node) {
        if (node.nodeType === 3 && !node.data.trim()) { node.remove(); }
      });
      if (!area.firstChild) { area.append(empty()); }
      area.querySelectorAll('figure').forEach(function (figure) {
        const image = figure.querySelector('img');
        figure.setAttribute('contenteditable', 'false');
        figure.tabIndex = 0;
        figure.setAttribute('aria-label', '图片：' + ((image && image.alt) || '还没有说明') + '。按回车修改，按 Delete 去掉');
      });
      if (closed(area.firstElementChild)) { area.prepend(empty()); }
      Array.from(area.children).forEach(function (node) {
        if (closed(node) && (!node.nextElementSibling || closed(node.nextElementSibling))) { node.after(empty()); }
      });
    },

    /* -- history of our own: also for tables and pictures -- */

    keep: function () {
      const html = this.area.innerHTML;
      if (this.at >= 0 && this.history[this.at].html === html) { this.history[this.at].caret = this.caret() || this.history[this.at].caret; return; }
      this.history.length = this.at + 1;
      this.history.push({ html: html, caret: this.caret() });
      if (this.history.length > KEPT) { this.history.shift(); }
      this.at = this.history.length - 1;
      this.shown();
    },

    step: function (way) {
      this.keep();
      const to = this.at + way;
      if (to < 0 || to >= this.history.length) { this.say(way < 0 ? '没有可以撤销的了' : '没有可以重做的了'); return; }
      this.at = to;
      this.area.innerHTML = this.history[to].html;   // our own snapshot of this area
      this.area.focus();
      this.place(this.history[to].caret);
      this.write();
      this.shown();
      this.say(way < 0 ? '已撤销' : '已重做');
    },

    caret: function () {
      const range = this.range();
      if (!range) { return null; }
      const before = document.createRange();
      before.selectNodeContents(this.area);
      before.setEnd(range.startContainer, range.startOffset);
      const start = before.toString().length;
      return [start, start + range.toString().length];
    },

    place: function (caret) {
      if (!caret) { this.select(this.end()); return; }
      const walker = document.createTreeWalker(this.area, NodeFilter.SHOW_TEXT), range = document.createRange();
      let left = caret[0], length = caret[1] - caret[0], node = walker.nextNode(), begun = false;
      range.selectNodeContents(this.area);
      range.collapse(true);
      while (node) {
        if (!begun && left <= node.length) { range.setStart(node, left); range.collapse(true); begun = true; left += length; }
        if (begun && left <= node.length) { range.setEnd(node, left); break; }
        left -= node.length;
        node = walker.nextNode();
      }
      this.select(range);
    },

    range: function () {
      const selection = window.getSelection();
      return selection.rangeCount && this.area.contains(selection.getRangeAt(0).commonAncestorContainer) ? selection.getRangeAt(0) : null;
    },

    select: function (range) {
      const selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
    },

    /* The last place in the text, also while a button or a panel has the focus. */
    here: function () {
      const range = this.range() || this.last;
      if (range && this.area.contains(range.commonAncestorContainer)) { return range; }
      return this.end();
    },

    end: function () {
      const range = document.createRange();
      range.selectNodeContents(this.area.lastElementChild || this.area);
      range.collapse(false);
      return range;
    },

    back: function () { const range = this.here(); this.area.focus(); this.select(range); },

    /* -- what goes back to the field -- */

    changed: function () {
      this.tidy();
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => { this.keep(); this.write(); }, 300);
      this.dirty = true;
      this.shown();
    },

    now: function () { window.clearTimeout(this.timer); this.tidy(); this.keep(); this.dirty = true; this.write(); this.shown(); },

    write: function () {
      if (!this.dirty) { return; }
      const bare = !this.area.textContent.trim() && !this.area.querySelector('img');
      const value = bare ? '' : MARK + this.area.innerHTML;
      if (value === this.source.value) { return; }
      this.source.value = value;
      this.source.dispatchEvent(new Event('input', { bubbles: true }));
      this.source.dispatchEvent(new Event('change', { bubbles: true }));
    },

    /* -- blocks -- */

    /* Paragraph-like elements that the selection touches. */
    lines: function () {
      const range = this.here(), found = [];
      this.area.querySelectorAll('p,h2,h3,h4,li,div').forEach((node) => {
        if (node.closest('td,th,figure') || node.querySelector('p,h2,h3,li,div,ul,ol,table,figure')) { return; }
        if (range.intersectsNode(node)) { found.push(node); }
      });
      return found;
    },

    setBlock: function (kind) {
      const range = this.here();
      const start = [range.startContainer, range.startOffset], end = [range.endContainer, range.endOffset];
      let lines = this.lines();
      if (!lines.length) { this.say('这里不能换成这种格式'); return; }
      if (kind !== 'p' && lines.every((line) => kindOf(line) === kind)) { kind = 'p'; }
      lines.forEach((line) => {
        const list = kind === 'ul' || kind === 'ol', inner = make(list ? 'li' : kind === 'blockquote' ? 'p' : kind);
        while (line.firstChild) { inner.append(line.firstChild); }
        [start, end].forEach(function (point) { if (point[0] === line) { point[0] = inner; } });
        this.out(line, list || kind === 'blockquote' ? make(kind, {}, [inner]) : inner);
      });
      join(this.area);
      this.area.focus();
      const fresh = document.createRange();
      try { fresh.setStart(start[0], start[1]); fresh.setEnd(end[0], end[1]); this.select(fresh); } catch (error) { /* the caret stays where the browser puts it */ }
      this.now();
    },

    /* Put ``block`` at the top level where ``line`` stood; what was around the line is cut there. */
    out: function (line, block) {
      let node = line, container = line.parentNode;
      while (container !== this.area) {
        const rest = container.cloneNode(false);
        while (node.nextSibling) { rest.append(node.nextSibling); }
        if (node === line) { node.remove(); }
        container.after(rest);
        if (node !== line && !node.textContent) { node.remove(); }
        node = container;
        container = container.parentNode;
        if (!rest.firstChild) { rest.remove(); }
      }
      if (node === line) { line.replaceWith(block); } else { node.after(block); if (!node.textContent && !node.querySelector('img')) { node.remove(); } }
    },

    /* Put blocks where the caret is; one paragraph alone goes into the line. */
    insert: function (html) {
      const holder = document.createElement('template');
      holder.innerHTML = html;             // cleaned by our server, or made here from text
      const blocks = Array.from(holder.content.children), range = this.here();
      if (!blocks.length) { return; }
      this.area.focus();
      range.deleteContents();
      if (blocks.length === 1 && blocks[0].tagName === 'P') {
        const inside = document.createDocumentFragment(), last = blocks[0].lastChild;
        inside.append(...blocks[0].childNodes);
        range.insertNode(inside);
        if (last) { range.setStartAfter(last); }
      } else {
        let top = this.top(range.startContainer);
        const cell = range.startContainer.nodeType === 1 ? range.startContainer.closest('td,th') : range.startContainer.parentElement.closest('td,th');
        if (!top) { top = empty(); this.area.append(top); } else if (!cell && !closed(top)) {
          const tail = document.createRange();
          tail.setStart(range.startContainer, range.startOffset);
          tail.setEndAfter(top.lastChild || top);
          const rest = top.cloneNode(false);
          rest.append(tail.extractContents());
          if (rest.textContent.trim()) { top.after(rest); }
        }
        top.after(...blocks);
        if (!closed(top) && !top.textContent.trim() && !top.querySelector('img')) { top.remove(); }
        const last = blocks[blocks.length - 1];
        this.tidy();
        range.selectNodeContents(closed(last) ? last.nextElementSibling : last);
      }
      range.collapse(closed(blocks[blocks.length - 1]));
      this.select(range);
      this.now();
    },

    top: function (node) {
      while (node && node.parentNode !== this.area) { node = node.parentNode; }
      return node && node.nodeType === 1 ? node : null;
    },

    around: function (what) {
      const range = this.here(), node = range.startContainer;
      const found = (node.nodeType === 1 ? node : node.parentElement).closest(what);
      return found && this.area.contains(found) ? found : null;
    },

    paste: async function (data) {
      const html = data.getData('text/html'), text = data.getData('text/plain'), files = Array.from(data.files || []);
      if (!html && files.length && /^image\//.test(files[0].type)) { this.open('picture', { file: files[0] }); return; }
      if (!html) { this.insert(paragraphs(text)); return; }
      const spot = this.here().cloneRange();
      this.say('正在整理粘贴的内容…');
      try {
        const made = await send(this.source, CLEAN, { text: MARK + html });
        this.last = spot;
        this.select(spot);
        this.insert(made.html);
        this.say(made.remarks.length ? made.remarks.join('；') : '已整理粘贴的内容');
      } catch (error) {
        this.last = spot;
        this.select(spot);
        this.insert(paragraphs(text));
        this.say(error.message + '；先粘贴了文字');
      }
    },

    /* -- panels -- */

    open: function (what, given) {
      const made = PANELS[what](this, given || {});
      this.last = this.here().cloneRange();
      this.panel.replaceChildren(...made.nodes);
      this.panel.setAttribute('aria-label', made.title);
      this.panel.hidden = false;
      this.pressed(what);
      made.focus.focus();
    },

    close: function (back) {
      this.panel.hidden = true;
      this.panel.replaceChildren();
      this.pressed('');
      if (back !== false) { this.back(); }
    },

    pressed: function (what) {
      this.bar.querySelectorAll('[aria-expanded]').forEach(function (button) { button.setAttribute('aria-expanded', String(button.dataset.do === what)); });
    },

    act: function (what) {
      this.say('');
      if (what === 'undo' || what === 'redo') { this.step(what === 'undo' ? -1 : 1); } else if (PANELS[what]) {
        const open = !this.panel.hidden && this.bar.querySelector('[data-do=' + what + ']').getAttribute('aria-expanded') === 'true';
        if (open) { this.close(); } else { this.open(what); }
      } else if (what === 'bold') { this.back(); document.execCommand('bold'); this.now(); } else { this.keep(); this.setBlock(what); }
    },

    /* Which buttons describe the place of the caret. */
    shown: function () {
      const range = this.range();
      if (range) {
        const lines = this.lines(), kind = lines.length ? kindOf(lines[0]) : '';
        this.bar.querySelectorAll('[aria-pressed]').forEach(function (button) {
          const name = button.dataset.do;
          button.setAttribute('aria-pressed', String(name === 'bold' ? document.queryCommandState('bold') : name === kind));
        });
      }
      this.bar.querySelector('[data-do=undo]').setAttribute('aria-disabled', String(this.at <= 0 && !this.pending()));
      this.bar.querySelector('[data-do=redo]').setAttribute('aria-disabled', String(this.at >= this.history.length - 1));
    },

    pending: function () { return this.at >= 0 && this.history[this.at].html !== this.area.innerHTML; },

    listen: function () {
      const area = this.area, bar = this.bar;
      area.addEventListener('input', () => this.changed());
      area.addEventListener('blur', () => { this.write(); });
      area.addEventListener('paste', (event) => { event.preventDefault(); this.paste(event.clipboardData); });
      area.addEventListener('drop', (event) => {
        event.preventDefault();
        const range = document.caretRangeFromPoint ? document.caretRangeFromPoint(event.clientX, event.clientY) : null;
        if (range && area.contains(range.startContainer)) { this.select(range); }
        this.paste(event.dataTransfer);
      });
      area.addEventListener('beforeinput', (event) => {
        if (event.inputType === 'historyUndo' || event.inputType === 'historyRedo') { event.preventDefault(); this.step(event.inputType === 'historyUndo' ? -1 : 1); }
      });
      area.addEventListener('keydown', (event) => this.key(event));
      area.addEventListener('click', (event) => { const figure = event.target.closest('figure'); if (figure) { figure.focus(); this.open('picture', { figure: figure }); } });
      document.addEventListener('selectionchange', () => { const range = this.range(); if (range) { this.last = range.cloneRange(); this.shown(); } });
      bar.addEventListener('mousedown', function (event) { event.preventDefault(); });
      bar.addEventListener('click', (event) => { const button = event.target.closest('button'); if (button) { this.roam(button, false); this.act(button.dataset.do); } });
      bar.addEventListener('keydown', (event) => {
        const buttons = Array.from(bar.children), at = buttons.indexOf(document.activeElement);
        const to = { ArrowRight: (at + 1) % buttons.length, ArrowLeft: (at + buttons.length - 1) % buttons.length, Home: 0, End: buttons.length - 1 }[event.key];
        if (to !== undefined) { event.preventDefault(); this.roam(buttons[to], true); } else if (event.key === 'Escape') { this.back(); }
      });
      this.panel.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') { event.preventDefault(); this.close(); } else if (event.key === 'Enter' && event.target.tagName === 'INPUT' && event.target.type !== 'file' && event.target.type !== 'checkbox') {
          event.preventDefault();
          this.panel.querySelector('[data-main]').click();
        }
      });
      const form = this.source.closest('form');
      if (form) { form.addEventListener('submit', () => { if (this.pending() || this.dirty) { this.tidy(); this.write(); } }, true); }
    },

    roam: function (button, focus) {
      Array.from(this.bar.children).forEach(function (one) { one.tabIndex = one === button ? 0 : -1; });
      if (focus) { button.focus(); }
    },

    key: function (event) {
      const ctrl = event.ctrlKey || event.metaKey, name = event.key.toLowerCase(), figure = event.target.closest('figure');
      if (figure && !ctrl && !event.altKey && ['enter', ' ', 'delete', 'backspace'].indexOf(name) >= 0) {
        event.preventDefault();
        if (name === 'enter' || name === ' ') { this.open('picture', { figure: figure }); } else { this.remove(figure, '已去掉图片'); }
      } else if (event.altKey && event.key === 'F10') {
        event.preventDefault();
        this.bar.querySelector('[tabindex="0"]').focus();
      } else if (ctrl && name === 'k') { event.preventDefault(); this.act('link'); } else if (ctrl && name === 'b') { event.preventDefault(); this.act('bold'); } else if (ctrl && (name === 'i' || name === 'u')) { event.preventDefault(); } else if (ctrl && name === 'z') {
        event.preventDefault();
        this.step(event.shiftKey ? 1 : -1);
      } else if (ctrl && name === 'y') { event.preventDefault(); this.step(1); } else if (name === 'enter' && !event.shiftKey && !ctrl) { this.leave(event); }
    },

    /* Enter in an empty item or quotation leaves it; in a cell it is a line end. */
    leave: function (event) {
      if (this.around('td,th')) { event.preventDefault(); document.execCommand('insertLineBreak'); return; }
      const line = this.around('li,blockquote p');
      if (line && !line.textContent.trim()) { event.preventDefault(); this.setBlock('p'); }
    },

    remove: function (node, words) {
      const next = node.nextElementSibling || node.previousElementSibling;
      this.keep();
      node.remove();
      this.tidy();
      const range = document.createRange();
      range.selectNodeContents(next && next.isConnected ? next : this.area.firstElementChild);
      range.collapse(true);
      this.last = range;
      this.close();
      this.now();
      this.say(words);
    }
  };

  function empty() { return make('p', {}, [make('br')]); }
  function closed(node) { return !!node && (node.tagName === 'TABLE' || node.tagName === 'FIGURE'); }

  function kindOf(line) {
    if (line.tagName === 'LI') { return line.parentNode.tagName.toLowerCase(); }
    return line.closest('blockquote') ? 'blockquote' : line.tagName === 'DIV' ? 'p' : line.tagName.toLowerCase();
  }

  /* Neighbouring lists of one kind, and quotations, are one. */
  function join(area) {
    Array.from(area.children).forEach(function (node) {
      const before = node.previousElementSibling;
      if (before && before.tagName === node.tagName && ['UL', 'OL', 'BLOCKQUOTE'].indexOf(node.tagName) >= 0) { before.append(...node.childNodes); node.remove(); }
    });
  }

  function paragraphs(text) {
    const lines = text.replace(/\r\n?/g, '\n').split('\n').filter(function (line) { return line.trim(); });
    return lines.map(function (line) { return make('p', {}, [line.trim()]).outerHTML; }).join('');
  }

  /* ---- panels ---- */

  let fresh = 0;

  function field(words, attributes, hint) {
    const id = 'rt-f' + (fresh += 1), input = make('input', Object.assign({ 'class': 'input', id: id, autocomplete: 'off' }, attributes));
    const error = make('p', { 'class': 'err', id: id + '-e', hidden: '' });
    if (hint) { input.setAttribute('aria-describedby', id + '-h'); }
    return {
      input: input,
      node: make('div', { 'class': 'field' }, [make('label', { 'for': id }, [words])].concat(hint ? [make('p', { 'class': 'hint', id: id + '-h' }, [hint])] : [], [error, input])),
      fail: function (words) {
        error.textContent = words;
        error.hidden = !words;
        if (words) { input.setAttribute('aria-invalid', 'true'); input.setAttribute('aria-describedby', (hint ? id + '-h ' : '') + id + '-e'); input.focus(); } else { input.removeAttribute('aria-invalid'); }
        return false;
      }
    };
  }

  function buttons(editor, list) {
    return make('p', { 'class': 'btns' }, list.filter(Boolean).map(function (one) {
      const button = make('button', { type: 'button', 'class': 'btn btn-2 btn-s' }, [one[0]]);
      if (one[2]) { button.setAttribute('data-main', ''); }
      button.addEventListener('click', one[1]);
      return button;
    }).concat([(function () {
      const button = make('button', { type: 'button', 'class': 'btn btn-t btn-s' }, ['取消']);
      button.addEventListener('click', function () { editor.close(); });
      return button;
    }())]));
  }

  const PANELS = {
    link: function (editor) {
      const old = editor.around('a'), address = field('链接地址', { value: old ? old.getAttribute('href') : '', inputmode: 'url' }, '站内写 / 开头的路径；站外写完整网址；电话写 tel:12345');
      const put = function () {
        let href = address.input.value.trim();
        if (/^[\w-]+(\.[\w-]+)+(\/\S*)?$/.test(href)) { href = 'https://' + href; }
        if (!LINK.test(href)) { return address.fail('这个地址不能用：请写 https:// 开头的网址、/ 开头的站内路径、tel: 或 mailto:'); }
        editor.keep();
        editor.back();
        if (old) { old.setAttribute('href', href); } else if (editor.here().collapsed) {
          const link = make('a', { href: href }, [href]), range = editor.here();
          range.insertNode(link);
          range.setStartAfter(link);
          range.collapse(true);
          editor.select(range);
        } else { document.execCommand('createLink', false, href); }
        editor.last = editor.here().cloneRange();
        editor.close();
        editor.now();
        editor.say('已加上链接');
        return true;
      };
      const drop = function () {
        editor.keep();
        old.replaceWith(...old.childNodes);
        editor.close();
        editor.now();
        editor.say('已去掉链接，文字还在');
      };
      return { title: '链接', nodes: [address.node, buttons(editor, [[old ? '改链接' : '加链接', put, true], old && ['去掉链接', drop]])], focus: address.input };
    },

    table: function (editor) {
      const table = editor.around('table');
      if (table) { return tablePanel(editor, table); }
      const rows = field('行数（不算表头）', { value: '2', inputmode: 'numeric' }), columns = field('列数', { value: '2', inputmode: 'numeric' });
      const put = function () {
        const high = Number(rows.input.value), wide = Number(columns.input.value);
        if (!(high >= 1 && high <= 100)) { return rows.fail('请写 1 到 100'); }
        rows.fail('');
        if (!(wide >= 1 && wide <= 12)) { return columns.fail('请写 1 到 12'); }
        const cells = function (tag) { return Array.from({ length: wide }, function () { return make(tag, tag === 'th' ? { scope: 'col' } : {}, [make('br')]); }); };
        const made = make('table', {}, [make('thead', {}, [make('tr', {}, cells('th'))]), make('tbody', {}, Array.from({ length: high }, function () { return make('tr', {}, cells('td')); }))]);
        editor.keep();
        editor.panel.hidden = true;
        editor.pressed('');
        editor.insert(made.outerHTML);
        const end = editor.top(editor.here().startContainer), found = end && end.previousElementSibling && end.previousElementSibling.querySelector('th');
        if (found) { const range = document.createRange(); range.selectNodeContents(found); range.collapse(true); editor.select(range); }
        editor.say('已插入表格，用方向键在格子间移动');
        return true;
      };
      return { title: '表格', nodes: [make('div', { 'class': 'mini' }, [rows.node, columns.node]), buttons(editor, [['插入表格', put, true]])], focus: rows.input };
    },

    picture: function (editor, given) {
      const figure = given.figure || null, image = figure && figure.querySelector('img'), under = figure && figure.querySelector('figcaption');
      const file = field('图片文件', { type: 'file', accept: 'image/png,image/jpeg,image/gif,image/webp' }, 'PNG、JPG、GIF、WebP，最大 10 MB');
      const alt = field('说明文字', { value: image ? image.alt : '', maxlength: '300' }, '图上有什么，看不见图的人听的是它'), caption = field('图注（选填）', { value: under ? under.textContent : '', maxlength: '300' });
      const named = make('p', { 'class': 'small' }, [given.file ? '已选：' + (given.file.name || '剪贴板里的图片') : '']);
      const put = async function () {
        const chosen = file.input.files[0] || given.file;
        if (!figure && !chosen) { return file.fail('请先选一个图片文件'); }
        file.fail('');
        if (!alt.input.value.trim()) { return alt.fail('请写说明文字，例如“政务服务中心一楼大厅”'); }
        alt.fail('');
        if (figure) { return change(); }
        editor.say('正在上传…');
        let made;
        try { made = await send(editor.source, UPLOAD, { file: chosen }); } catch (error) { editor.say(''); return file.fail(error.message); }
        if (!made.image) { editor.say(''); return file.fail('这不是图片，请在“附件”里上传它'); }
        const node = make('figure', {}, [make('img', { src: made.address, alt: alt.input.value.trim(), 'data-file': made.id })].concat(caption.input.value.trim() ? [make('figcaption', {}, [caption.input.value.trim()])] : []));
        editor.close();
        editor.insert(node.outerHTML);
        editor.say('已插入图片（' + made.scan + '）');
        return true;
      };
      const change = function () {
        editor.keep();
        image.alt = alt.input.value.trim();
        if (under) { under.remove(); }
        if (caption.input.value.trim()) { figure.append(make('figcaption', {}, [caption.input.value.trim()])); }
        editor.close();
        editor.now();
        editor.say('图片说明已改');
        return true;
      };
      return { title: figure ? '图片说明' : '图片', nodes: (figure ? [] : [file.node, named]).concat([alt.node, caption.node, buttons(editor, [[figure ? '改好了' : '插入图片', put, true], figure && ['去掉图片', function () { editor.remove(figure, '已去掉图片'); }]])]), focus: figure || given.file ? alt.input : file.input };
    }
  };

  function tablePanel(editor, table) {
    const cell = editor.around('td,th'), row = cell && cell.parentNode, at = cell ? cell.cellIndex : 0;
    const blank = function (like) { return make(like.tagName.toLowerCase(), like.tagName === 'TH' ? { scope: 'col' } : {}, [make('br')]); };
    const after = function (words, work) {
      return [words, function () {
        editor.keep();
        work();
        if (!table.isConnected || !table.rows.length || !table.rows[0].cells.length) { editor.remove(table, '已去掉表格'); return; }
        const stay = cell && cell.isConnected ? cell : table.rows[Math.min(row ? 0 : 0, table.rows.length - 1)].cells[0], range = document.createRange();
        range.selectNodeContents(stay);
        range.collapse(true);
        editor.last = range;
        editor.close();
        editor.now();
        editor.say('已' + words);
      }];
    };
    const list = [
      after('在下面加一行', function () {
        const fresh = make('tr', {}, Array.from(row.cells, function () { return make('td', {}, [make('br')]); }));
        if (row.closest('thead')) { (table.tBodies[0] || table.appendChild(make('tbody'))).prepend(fresh); } else { row.after(fresh); }
      }),
      after('在右边加一列', function () { Array.from(table.rows).forEach(function (one) { const like = one.cells[Math.min(at, one.cells.length - 1)]; like.after(blank(like)); }); }),
      after('去掉这一行', function () { row.remove(); }),
      after('去掉这一列', function () { Array.from(table.rows).forEach(function (one) { if (one.cells[at]) { one.cells[at].remove(); } }); }),
      ['去掉表格', function () { editor.remove(table, '已去掉表格'); }]];
    const made = buttons(editor, cell ? list : list.slice(-1));
    return { title: '表格', nodes: [made], focus: made.querySelector('button') };
  }

  /* ---- a field that holds a file's number ---- */

  function upload(input) {
    const words = document.querySelector('label[for="' + CSS.escape(input.id) + '"]'), name = words ? words.textContent.trim() : '文件';
    const picker = make('input', { type: 'file', 'class': 'input up-file', 'aria-label': '上传：' + name }), status = make('p', { 'class': 'small', role: 'status' });
    const show = function (text) {
      const found = ID.exec(input.value.trim());
      status.replaceChildren(...[text ? text + ' ' : '', found ? make('a', { href: '/desk/files/' + found[1] }, ['看这个文件']) : ''].filter(Boolean));
    };
    picker.addEventListener('change', async function () {
      if (!picker.files.length) { return; }
      status.textContent = '正在上传…';
      try {
        const made = await send(input, UPLOAD, { file: picker.files[0] });
        input.value = made.ref;
        input.dispatchEvent(new Event('input', { bubbles: true }));
        input.dispatchEvent(new Event('change', { bubbles: true }));
        show('已上传“' + made.name + '”（' + [made.words, made.scan].concat(made.notes).join('，') + '）');
      } catch (error) { show(error.message); }
      picker.value = '';
    });
    input.after(make('div', { 'class': 'up' }, [picker, status]));
    show('');
  }

  async function enhance(source) {
    const editor = new Editor(source);
    editor.say('正在打开编辑器…');
    editor.area.setAttribute('contenteditable', 'false');
    try {
      const made = await send(source, CLEAN, { text: source.value });
      editor.area.setAttribute('contenteditable', 'true');
      editor.load(made.html);
      editor.say(source.value.indexOf(MARK) === 0 ? made.remarks.join('；') : '');
    } catch (error) {
      const id = editor.area.id;                     // the plain field is there still, and does the same
      editor.box.replaceChildren(editor.status);
      source.hidden = false;
      source.id = id;
      editor.say('编辑器没有打开（' + error.message + '）。可以直接在这里用标记写：“## ”开头是小标题，“- ”是列表，**加粗**');
    }
  }

  function look(node) {
    node.querySelectorAll('textarea[data-richtext]:not([data-on]), input[data-upload]:not([data-on])').forEach(function (one) {
      if (one.closest('template')) { return; }
      one.setAttribute('data-on', '');
      if (one.tagName === 'TEXTAREA') { enhance(one); } else { upload(one); }
    });
  }

  look(document);
  new MutationObserver(function (records) {
    records.forEach(function (record) { record.addedNodes.forEach(function (node) { if (node.nodeType === 1 && !node.closest('.rt')) { look(node); } }); });
  }).observe(document.body, { childList: true, subtree: true });
}());
