'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const runs = data.runs;
  const several = runs.length > 1;
  const colour = (i) => `var(--c${i % 8})`;

  // --- small tools -------------------------------------------------------------------------------------
  const add = (parent, tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === 'class') element.className = value;
      else if (key === 'style') element.style.cssText = value;
      else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value);
    }
    element.append(...children);
    if (parent) parent.append(element);
    return element;
  };
  const draw = (parent, tag, attributes, text) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  const section = (id, title, note) => {
    const element = document.getElementById(id);
    add(element, 'h2', {}, title);
    if (note) add(element, 'p', { class: 'note' }, note);
    return element;
  };
  const last = (list) => list[list.length - 1];
  const isNumber = (x) => typeof x === 'number' && isFinite(x);
  const fixed = (x, digits) => (isNumber(x) ? x.toFixed(digits) : '–');
  const number = (x) => {
    if (!isNumber(x)) return '–';
    const size = Math.abs(x);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return x.toExponential(2);
    return String(Number(x.toPrecision(size >= 1000 ? 6 : 4)));
  };
  const whole = (x) => (isNumber(x) ? Math.round(x).toLocaleString('en') : '–');
  const duration = (seconds) => {
    if (!isNumber(seconds)) return '–';
    if (seconds < 90) return `${fixed(seconds, 1)} s`;
    if (seconds < 5400) return `${fixed(seconds / 60, 1)} min`;
    return `${fixed(seconds / 3600, 1)} h`;
  };
  const count = (n, what) => `${n} ${what}${n === 1 ? '' : 's'}`;
  const get = (object, ...path) => path.reduce((o, key) => (o === null || o === undefined ? undefined : o[key]), object);
  const finalValue = (run, name) => {
    const series = run.curves.series.find((s) => s.name === name);
    return series ? last(series.values.filter(isNumber)) : undefined;
  };

  // --- theme -------------------------------------------------------------------------------------------
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const setTheme = (on) => root.classList.toggle('dark', on);
  setTheme(dark.matches);
  dark.addEventListener('change', () => setTheme(dark.matches));
  document.getElementById('theme').addEventListener('click', () => setTheme(!root.classList.contains('dark')));

  // --- line charts -------------------------------------------------------------------------------------
  const height = 190, left = 48, right = 10, top = 8, bottom = 24;
  const charts = [];
  const tools = { smoothing: 0.9, hours: false, log: false, hidden: new Set() };

  const niceTicks = (from, to, most) => {
    const rough = (to - from) / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999) || power;
    const ticks = [];
    for (let k = Math.ceil(from / step - 1e-6); k * step <= to + step * 1e-6; ++k) ticks.push(Number((k * step).toPrecision(12)));
    return ticks;
  };
  const logTicks = (from, to) => {
    const ticks = [];
    for (let e = Math.floor(Math.log10(from)); e <= Math.ceil(Math.log10(to)); ++e) {
      for (const m of [1, 2, 5]) {
        const value = Number(`${m}e${e}`);
        if (value >= from && value <= to) ticks.push(value);
      }
    }
    return ticks.length > 7 ? ticks.filter((t) => /^1/.test(t.toExponential())) : ticks;
  };
  const tickText = (x) => {
    const size = Math.abs(x);
    if (size >= 1e4) return `${Number((x / 1000).toPrecision(4))}k`;
    if (size !== 0 && size < 1e-3) return x.toExponential(0);
    return String(Number(x.toPrecision(6)));
  };
  // Exponential mean with the bias of the start removed.
  const smooth = (values, weight) => {
    let mean = 0, norm = 0;
    return values.map((value) => {
      if (!isNumber(value)) return null;
      mean = weight * mean + (1 - weight) * value;
      norm = weight * norm + (1 - weight);
      return mean / norm;
    });
  };
  // Without the few spikes that would flatten everything else.
  const range = (lists) => {
    const all = lists.flat().filter(isNumber).sort((a, b) => a - b);
    if (!all.length) return null;
    if (all.length < 200) return [all[0], last(all)];
    return [all[Math.floor(all.length * 0.002)], all[Math.ceil(all.length * 0.995) - 1]];
  };

  // spec: {title, unit, noisy, dots, logs, series: [{label, colour, run, step: [], hours: [] or null, y: []}]}
  const chart = (parent, spec) => {
    const card = add(parent, 'div', { class: 'card chart' });
    const title = add(card, 'h3', {}, spec.title);
    if (spec.unit) add(title, 'span', { class: 'unit' }, `  ${spec.unit}`);
    if (spec.note) title.title = spec.note;
    const svg = draw(card, 'svg', { role: 'img', 'aria-label': spec.title });
    if (spec.series.length > 1) {
      const legend = add(card, 'div', { class: 'legend' });
      for (const s of spec.series) add(add(legend, 'span'), 'i', { style: `background:${s.colour}` }).after(s.label);
    }
    let tip = null;
    const paint = () => {
      svg.replaceChildren();
      if (tip) tip.remove();
      tip = null;
      const width = svg.clientWidth || 360;
      svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
      const shown = spec.series.filter((s) => !tools.hidden.has(s.run));
      const hours = tools.hours && shown.every((s) => s.hours);
      const lines = shown.map((s) => {
        const y = spec.noisy && tools.smoothing > 0 ? smooth(s.y, tools.smoothing) : s.y;
        return { ...s, x: hours ? s.hours : s.step, raw: s.y, y };
      });
      const xs = lines.flatMap((l) => [l.x[0], last(l.x)]).filter(isNumber);
      let span = range(lines.map((l) => l.y));
      if (!xs.length || !span) {
        draw(svg, 'text', { x: width / 2, y: height / 2, 'text-anchor': 'middle' }, 'no values');
        return;
      }
      const least = 2e-3 * Math.max(Math.abs(span[0]), Math.abs(span[1]));  // what hardly changes is drawn as that
      if (span[1] - span[0] < least) span = [span[0] - least / 2, span[1] + least / 2];
      const log = spec.logs && tools.log && span[0] > 0;
      const margin = log ? 0 : (span[1] - span[0]) * 0.06 || Math.abs(span[0]) * 0.1 || 1;
      let [low, high] = log ? [span[0] / 1.05, span[1] * 1.05] : [span[0] - margin, span[1] + margin];
      if (!log && low < 0 && span[0] >= 0) low = 0;
      const x1 = Math.max(...xs);
      const x0 = Math.min(...xs) < 0.05 * x1 ? 0 : Math.min(Math.min(...xs), x1 - 1);
      const px = (x) => left + ((x - x0) / (x1 - x0)) * (width - left - right);
      const place = log ? (y) => Math.log(y / low) / Math.log(high / low) : (y) => (y - low) / (high - low);
      const py = (y) => height - bottom - place(y) * (height - top - bottom);
      const clip = `clip${charts.indexOf(paint)}`;
      draw(draw(svg, 'clipPath', { id: clip }), 'rect', { x: left - 4, y: top - 3, width: width - left - right + 8, height: height - top - bottom + 6 });
      for (const y of log ? logTicks(low, high) : niceTicks(low, high, 4)) {
        draw(svg, 'line', { class: 'grid', x1: left, x2: width - right, y1: py(y), y2: py(y) });
        draw(svg, 'text', { x: left - 6, y: py(y) + 4, 'text-anchor': 'end' }, tickText(y));
      }
      for (const x of niceTicks(x0, x1, Math.max(2, Math.floor(width / 70)))) {
        const text = x1 >= 1e4 && x >= 1000 ? `${Number((x / 1000).toPrecision(4))}k` : tickText(x);
        draw(svg, 'text', { x: px(x), y: height - 8, 'text-anchor': px(x) > width - 20 ? 'end' : 'middle' }, text + (hours ? ' h' : ''));
      }
      draw(svg, 'line', { class: 'axis', x1: left, x2: width - right, y1: height - bottom, y2: height - bottom });
      const body = draw(svg, 'g', { 'clip-path': `url(#${clip})`, fill: 'none', 'stroke-linejoin': 'round' });
      const path = (x, y) => {
        let text = '', pen = 'M';
        y.forEach((value, i) => {
          if (!isNumber(value) || (log && value <= 0)) { pen = 'M'; return; }
          text += `${pen}${px(x[i]).toFixed(1)} ${py(value).toFixed(1)}`;
          pen = 'L';
        });
        return text;
      };
      for (const l of lines) {
        if (spec.noisy && tools.smoothing > 0 && lines.length < 5)
          draw(body, 'path', { d: path(l.x, l.raw), style: `stroke:${l.colour}`, 'stroke-opacity': 0.22 });
      }
      for (const l of lines) {
        draw(body, 'path', { d: path(l.x, l.y), style: `stroke:${l.colour}`, 'stroke-width': 2 });
        if (!spec.dots && l.x.length > 1) continue;
        l.y.forEach((y, i) => { if (isNumber(y)) draw(body, 'circle', { cx: px(l.x[i]), cy: py(y), r: 2.6, style: `fill:${l.colour}` }); });
      }
      const cross = draw(svg, 'line', { class: 'cross', y1: top, y2: height - bottom, visibility: 'hidden' });
      const hide = () => { cross.setAttribute('visibility', 'hidden'); if (tip) tip.remove(); tip = null; };
      svg.onpointerleave = hide;
      svg.onpointermove = (event) => {
        const box = svg.getBoundingClientRect();
        const at = x0 + ((event.clientX - box.left - left) / (width - left - right)) * (x1 - x0);
        const nearest = (l) => {
          let from = 0, to = l.x.length - 1;
          while (to - from > 1) { const mid = (from + to) >> 1; if (l.x[mid] < at) from = mid; else to = mid; }
          return Math.abs(l.x[from] - at) < Math.abs(l.x[to] - at) ? from : to;
        };
        const points = lines.filter((l) => l.x.length).map((l) => ({ l, i: nearest(l) }));
        if (!points.length) return;
        const x = points.map((p) => p.l.x[p.i]).reduce((a, b) => (Math.abs(a - at) < Math.abs(b - at) ? a : b));
        cross.setAttribute('x1', px(x));
        cross.setAttribute('x2', px(x));
        cross.setAttribute('visibility', 'visible');
        if (!tip) tip = add(card, 'div', { class: 'tip' });
        tip.replaceChildren();
        add(tip, 'div', {}, hours ? `${number(x)} h` : `step ${whole(x)}`);
        for (const { l, i } of points) {
          if (Math.abs(l.x[i] - x) > (x1 - x0) * 0.03) continue;  // a run that ended before
          const line = add(tip, 'div', {});
          add(line, 'i', { class: 'chip', style: `background:${l.colour}` });
          line.append(l.label);
          add(line, 'b', {}, number(l.y[i]));
        }
        const where = svg.offsetLeft + px(x);
        tip.style.top = `${svg.offsetTop + top}px`;
        tip.style.left = where > card.clientWidth / 2 ? `${where - tip.offsetWidth - 10}px` : `${where + 10}px`;
      };
    };
    charts.push(paint);
    paint();
  };
  const paintAll = () => charts.forEach((paint) => paint());
  let pending = 0;
  addEventListener('resize', () => { cancelAnimationFrame(pending); pending = requestAnimationFrame(paintAll); });

  // --- overview ----------------------------------------------------------------------------------------
  const best = (run) => run.validations.reduce((a, b) => (a && a.score >= b.score ? a : b), null);
  const scoresText = (validation) => validation.rates.map((r) => fixed(r.estoi, 3).replace(/^0/, '')).join(' / ');
  const ratesText = (validation) => validation.rates.map((r) => r.n_q).join(' / ');

  const overview = () => {
    document.getElementById('title').textContent = several ? `Training report: ${count(runs.length, 'run')}` : `Training report: ${runs[0].name}`;
    document.title = several ? `${runs.map((r) => r.name).join(', ')} – training` : `${runs[0].name} – training`;
    document.getElementById('made').textContent = `Made ${data.generated} by quaver ${data.version}`;
    const cards = add(document.getElementById('overview'), 'div', { class: 'cards' });
    runs.forEach((run, i) => {
      const card = add(cards, 'div', { class: 'card run' });
      const title = add(card, 'h3', { title: run.folder });
      add(title, 'i', { class: 'chip', style: `background:${colour(i)}` });
      title.append(run.name);
      const list = add(card, 'dl');
      const row = (what, value) => { if (value !== undefined && value !== null) { add(list, 'dt', {}, what); add(list, 'dd', {}, value); } };
      const training = get(run, 'facts', 'training');
      const steps = training && !(training.minutes > 0) ? ` of ${whole(training.steps)}` : training ? ` (${number(training.minutes)} minutes)` : '';
      row('Step', whole(run.step) + steps);
      if (run.curves.hours && run.curves.hours.length) row('Time', duration(last(run.curves.hours) * 3600));
      if (run.starts > 1) row('Starts', String(run.starts));
      if (isNumber(finalValue(run, 'audio_rate'))) row('Speed', `${fixed(finalValue(run, 'audio_rate'), 1)} audio-s/s`);
      if (isNumber(finalValue(run, 'loss'))) row('Loss, last', number(finalValue(run, 'loss')));
      const validated = run.validations.length ? last(run.validations) : null;
      if (validated) {
        row(`ESTOI at n_q ${ratesText(validated)}`, scoresText(validated));
        row('Best score', `${fixed(best(run).score, 4)} at step ${whole(best(run).step)}`);
      }
      const facts = run.facts;
      if (isNumber(get(facts, 'parameters'))) row('Parameters', `${fixed(facts.parameters / 1e6, 2)} M`);
      if (isNumber(get(facts, 'data', 'seconds'))) row('Training data', `${duration(facts.data.seconds)}, ${count(facts.data.clips, 'clip')}`);
      if (isNumber(get(facts, 'validation', 'seconds'))) row('Validation data', `${duration(facts.validation.seconds)}, ${count(facts.validation.clips, 'clip')}`);
      if (get(facts, 'began_with')) row('Began with', `weights ${String(facts.began_with).slice(0, 8)}…`);
      if (run.unfinished) row('Log', 'ends within a line');
    });
  };

  // --- curves ------------------------------------------------------------------------------------------
  const known = {
    loss: ['Loss', 'weighted sum of the terms'],
    log_mel_db: ['Log-mel distance', 'dB'],
    convergence: ['Spectral convergence', ''],
    waveform: ['Waveform L1', 'relative to the level'],
    norm: ['Norm loss of the bottleneck', ''],
    adversarial: ['Adversarial loss', 'of the generator'],
    features: ['Feature matching', ''],
    discriminator: ['Discriminator loss', ''],
    accept: ['Perturbations accepted', 'share'],
    gradient: ['Gradient norm', 'before clipping'],
    lr: ['Learning rate', ''],
    audio_rate: ['Speed', 'audio seconds a second'],
  };
  const titleOf = (name) => known[name] || [name.replace(/_/g, ' ').replace(/^./, (c) => c.toUpperCase()), ''];

  const curves = () => {
    const merged = Math.max(...runs.map((r) => r.curves.merged));
    const element = section('curves', 'Curves', merged > 1 ? `A point is the mean of ${merged} steps.` : '');
    const names = [];
    for (const name of Object.keys(known)) if (runs.some((r) => r.curves.series.some((s) => s.name === name))) names.push(name);
    for (const run of runs) for (const s of run.curves.series) if (!names.includes(s.name)) names.push(s.name);
    // A term that is not known stands between the losses and the figures of the optimiser.
    const end = ['accept', 'gradient', 'lr', 'audio_rate'].filter((n) => names.includes(n));
    const order = names.filter((n) => !end.includes(n)).concat(end);
    if (!order.length) { add(element, 'p', { class: 'none' }, 'No step has been logged yet.'); return; }

    const bar = add(element, 'div', { class: 'tools' });
    const slider = add(null, 'input', { type: 'range', min: 0, max: 0.99, step: 0.01, value: tools.smoothing });
    const shown = add(null, 'output', {}, tools.smoothing.toFixed(2));
    slider.addEventListener('input', () => { tools.smoothing = Number(slider.value); shown.textContent = tools.smoothing.toFixed(2); paintAll(); });
    add(bar, 'label', {}, 'Smoothing', slider, shown);
    if (runs.every((r) => r.curves.hours)) {
      const axis = add(null, 'select', {}, add(null, 'option', { value: '' }, 'steps'), add(null, 'option', { value: 'h' }, 'hours'));
      axis.addEventListener('change', () => { tools.hours = axis.value === 'h'; paintAll(); });
      add(bar, 'label', {}, 'Over', axis);
    }
    const log = add(null, 'input', { type: 'checkbox' });
    log.addEventListener('change', () => { tools.log = log.checked; paintAll(); });
    add(bar, 'label', {}, log, 'Logarithmic');
    if (several) {
      runs.forEach((run, i) => {
        const box = add(null, 'input', { type: 'checkbox', checked: '' });
        box.addEventListener('change', () => { if (box.checked) tools.hidden.delete(i); else tools.hidden.add(i); paintAll(); });
        add(bar, 'label', {}, box, add(null, 'i', { class: 'chip', style: `background:${colour(i)}` }), run.name);
      });
    }
    const grid = add(element, 'div', { class: 'charts' });
    for (const name of order) {
      const series = [];
      runs.forEach((run, i) => {
        const s = run.curves.series.find((x) => x.name === name);
        if (s) series.push({ label: run.name, colour: colour(i), run: i, step: run.curves.step, hours: run.curves.hours, y: s.values });
      });
      const [title, unit] = titleOf(name);
      chart(grid, { title, unit, series, noisy: !['lr', 'audio_rate'].includes(name), logs: true });
    }
  };

  // --- validation --------------------------------------------------------------------------------------
  const rateColour = (k, n) => `var(--q${n < 2 ? 2 : Math.round((k * 3) / (n - 1))})`;
  const hoursAt = (run, step) => {
    if (!run.curves.hours || !run.curves.step.length) return null;
    const i = run.curves.step.findIndex((s) => s >= step);
    return run.curves.hours[i < 0 ? run.curves.hours.length - 1 : i];
  };
  const over = (run, i, label, tint, pick) => {
    const used = run.validations.filter((v) => isNumber(pick(v)));
    const hours = used.map((v) => hoursAt(run, v.step));
    return { label, colour: tint, run: i, step: used.map((v) => v.step), hours: hours.every(isNumber) ? hours : null, y: used.map(pick) };
  };
  const at = (n_q, key) => (v) => get(v.rates.find((r) => r.n_q === n_q), key);

  const validation = () => {
    const element = section('validation', 'Validation', 'Means over the validation clips, quantised as at inference, with the averaged weights. n_q: tokens a frame. ' +
      'ESTOI: intelligibility, at most 1, higher is better. Log-mel distance: lower is better. ' +
      'Frozen noise: how much unvoiced sound repeats from frame to frame, 0 in natural speech; it buzzes from about 0.1 on. ' +
      'Score: minus the mean over the rates of the log-mel distance and 10 dB for each unit of frozen noise beyond 0.02; higher is better.');
    if (runs.every((r) => !r.validations.length)) { add(element, 'p', { class: 'none' }, 'No validation yet.'); return; }
    const rates = [...new Set(runs.flatMap((r) => r.validations.flatMap((v) => v.rates.map((x) => x.n_q))))].sort((a, b) => a - b);
    const lossy = get(runs.flatMap((r) => r.validations).find((v) => v.lossy), 'lossy');
    const lossyTitle = lossy ? `ESTOI at n_q ${lossy.n_q}, ${Math.round(lossy.frame_loss * 100)} % of frames lost` : '';
    const grid = add(element, 'div', { class: 'charts', style: 'margin-top:12px' });
    if (!several) {
      const run = runs[0];
      const lines = (key) => rates.map((n_q, k) => over(run, 0, `n_q ${n_q}`, rateColour(k, rates.length), at(n_q, key)));
      const estoi = lines('estoi');
      if (lossy) estoi.push(over(run, 0, `n_q ${lossy.n_q}, ${Math.round(lossy.frame_loss * 100)} % lost`, 'var(--lossy)', (v) => get(v.lossy, 'estoi')));
      chart(grid, { title: 'ESTOI', dots: true, series: estoi });
      chart(grid, { title: 'Log-mel distance', unit: 'dB', dots: true, series: lines('log_mel_db') });
      chart(grid, { title: 'Frozen noise', dots: true, series: lines('frozen_noise') });
      chart(grid, { title: 'Score', unit: 'dB', dots: true, series: [over(run, 0, 'score', colour(0), (v) => v.score)] });
    } else {
      const lines = (pick) => runs.map((run, i) => over(run, i, run.name, colour(i), pick));
      chart(grid, { title: 'Score', unit: 'dB', dots: true, series: lines((v) => v.score) });
      for (const n_q of rates) chart(grid, { title: `ESTOI at n_q ${n_q}`, dots: true, series: lines(at(n_q, 'estoi')) });
      for (const n_q of rates) chart(grid, { title: `Log-mel distance at n_q ${n_q}`, unit: 'dB', dots: true, series: lines(at(n_q, 'log_mel_db')) });
      for (const n_q of rates) chart(grid, { title: `Frozen noise at n_q ${n_q}`, dots: true, series: lines(at(n_q, 'frozen_noise')) });
      if (lossy) chart(grid, { title: lossyTitle, dots: true, series: lines((v) => get(v.lossy, 'estoi')) });
    }
    const card = add(element, 'div', { class: 'card scroll' });
    const table = add(card, 'table');
    const head = add(table, 'thead');
    const groups = add(head, 'tr');
    const names = add(head, 'tr');
    if (several) { add(groups, 'th'); add(names, 'th', { class: 'left' }, 'Run'); }
    add(groups, 'th'); add(names, 'th', {}, 'Step');
    add(groups, 'th', { colspan: rates.length, class: 'part' }, 'ESTOI');
    rates.forEach((n_q, k) => add(names, 'th', { class: k ? '' : 'part' }, `n_q ${n_q}`));
    if (lossy) { add(groups, 'th'); add(names, 'th', {}, `${lossy.n_q}, ${Math.round(lossy.frame_loss * 100)} % lost`); }
    add(groups, 'th', { colspan: rates.length, class: 'part' }, 'Log-mel distance, dB');
    rates.forEach((n_q, k) => add(names, 'th', { class: k ? '' : 'part' }, `n_q ${n_q}`));
    add(groups, 'th', { class: 'part' }); add(names, 'th', { class: 'part' }, 'Score');
    const body = add(table, 'tbody');
    const most = several ? 5 : 30;  // rows of a run: the last, and the best
    runs.forEach((run) => {
      const top = best(run);
      run.validations.filter((v, i) => v === top || i >= run.validations.length - most).forEach((v) => {
        const row = add(body, 'tr', { class: v === top ? 'best' : '' });
        if (several) add(row, 'td', { class: 'left' }, run.name);
        add(row, 'td', {}, whole(v.step));
        rates.forEach((n_q, k) => add(row, 'td', { class: k ? '' : 'part' }, fixed(at(n_q, 'estoi')(v), 4)));
        if (lossy) add(row, 'td', {}, fixed(get(v.lossy, 'estoi'), 4));
        rates.forEach((n_q, k) => add(row, 'td', { class: k ? '' : 'part' }, fixed(at(n_q, 'log_mel_db')(v), 3)));
        add(row, 'td', { class: 'part' }, fixed(v.score, 4));
      });
    });
    add(element, 'p', { class: 'note' }, 'Shaded: the best of its run.');
  };

  // --- tokens ------------------------------------------------------------------------------------------
  const bars = (parent, title, unit, values, tint, backs, most) => {
    const card = add(parent, 'div', { class: 'card chart' });
    const heading = add(card, 'h3', {}, title);
    if (unit) add(heading, 'span', { class: 'unit' }, `  ${unit}`);
    const svg = draw(card, 'svg', { role: 'img', 'aria-label': title });
    const paint = () => {
      svg.replaceChildren();
      const width = svg.clientWidth || 360;
      svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
      const py = (y) => height - bottom - (Math.min(y, most) / most) * (height - top - bottom);
      for (const y of niceTicks(0, most, 4)) {
        draw(svg, 'line', { class: 'grid', x1: left, x2: width - right, y1: py(y), y2: py(y) });
        draw(svg, 'text', { x: left - 6, y: py(y) + 4, 'text-anchor': 'end' }, tickText(y));
      }
      const step = (width - left - right) / values.length;
      const bar = (i, value, style, name) => {
        if (!isNumber(value)) return;
        const rect = draw(svg, 'rect', { x: left + i * step + step * 0.14, width: step * 0.72, y: py(value), height: Math.max(0, height - bottom - py(value)), rx: 2, style });
        draw(rect, 'title', {}, `group ${i + 1}: ${name} ${number(value)}`);
      };
      values.forEach((value, i) => {
        if (backs) bar(i, backs[i], `fill:${tint};opacity:.25`, 'utilisation');
        bar(i, value, `fill:${tint}`, backs ? 'perplexity' : 'entropy, bits');
        if (step > 14 || i % 2 === 0) draw(svg, 'text', { x: left + (i + 0.5) * step, y: height - 8, 'text-anchor': 'middle' }, i + 1);
      });
      draw(svg, 'line', { class: 'axis', x1: left, x2: width - right, y1: height - bottom, y2: height - bottom });
    };
    charts.push(paint);
    paint();
  };
  const tokens = () => {
    const withTokens = runs.map((run, i) => ({ run, i, v: last(run.validations.filter((v) => v.tokens.length)) })).filter((x) => x.v);
    const element = section('tokens', 'Tokens', withTokens.length ? 'How the groups of the bottleneck use their codes, over the clips of the last validation. Normalised perplexity: ' +
      'exp(entropy) by the number of codes, 1 if all are equally frequent. Behind it, lighter: utilisation, the share of the codes that came up at all.' : '');
    if (!withTokens.length) { add(element, 'p', { class: 'none' }, 'The log has no token statistics.'); return; }
    const grid = add(element, 'div', { class: 'charts', style: 'margin-top:12px' });
    for (const { run, i, v } of withTokens) {
      const suffix = several ? `, ${run.name}` : '';
      bars(grid, `Normalised perplexity and utilisation${suffix}`, 'by group', v.tokens.map((t) => t.perplexity), colour(i), v.tokens.map((t) => t.usage), 1);
      bars(grid, `Entropy of a token${suffix}`, 'bits, by group', v.tokens.map((t) => t.entropy_bits), colour(i), null, v.codes > 1 ? Math.log2(v.codes) : 10);
    }
    if (!several) {
      const mean = (key) => (v) => (v.tokens.length ? v.tokens.reduce((sum, t) => sum + t[key], 0) / v.tokens.length : undefined);
      chart(grid, { title: 'Over the run', unit: 'means over the groups', dots: true, series: [
        over(runs[0], 0, 'normalised perplexity', 'var(--c0)', mean('perplexity')), over(runs[0], 0, 'utilisation', 'var(--c2)', mean('usage'))] });
    }
  };

  // --- samples -----------------------------------------------------------------------------------------
  let playing = null;
  const sound = (parent, clip, item, title, caption) => {
    const figure = add(parent, 'figure', { class: 'sound' });
    add(figure, 'figcaption', {}, title);
    const picture = add(figure, 'div', { class: 'picture' });
    add(picture, 'img', { src: `data:image/png;base64,${item.png}`, alt: `mel spectrogram, ${caption}` });
    const head = add(picture, 'div', { class: 'head' });
    const button = add(picture, 'button', { type: 'button', class: 'play', 'aria-label': `Play: ${clip.name}, ${caption}` }, '▶');
    const mel = (hz) => Math.log10(1 + hz / 700);
    for (const [hz, text] of [[250, '250'], [1000, '1k'], [2000, '2k'], [4000, '4k'], [8000, '8k']]) {
      if (hz > clip.top_hz) break;
      add(picture, 'span', { class: 'hz', style: `top:${Math.max(5, (1 - mel(hz) / mel(clip.top_hz)) * 100).toFixed(1)}%` }, text);
    }
    for (const s of niceTicks(0, item.seconds, 6)) add(picture, 'span', { class: 'sec', style: `left:${((s / item.seconds) * 100).toFixed(1)}%` }, `${s}`);
    let audio = null;
    const follow = () => {
      head.style.display = 'block';
      head.style.left = `${(audio.currentTime / item.seconds) * 100}%`;
      if (!audio.paused) requestAnimationFrame(follow);
    };
    const stop = () => { if (audio) audio.pause(); };
    const start = (from) => {
      if (playing && playing.stop !== stop) playing.stop();
      if (!audio) {
        audio = new Audio(`data:audio/flac;base64,${item.flac}`);
        audio.addEventListener('pause', () => { button.textContent = '▶'; if (playing && playing.stop === stop) playing = null; });
        audio.addEventListener('ended', () => { head.style.display = 'none'; audio.currentTime = 0; });
      }
      audio.currentTime = from;
      button.textContent = '❚❚';
      playing = { stop, clip: clip.name, now: () => audio.currentTime };
      audio.play().then(follow, (error) => { if (error.name !== 'AbortError') button.textContent = '✕'; });
    };
    button.addEventListener('click', (event) => {
      event.stopPropagation();
      if (audio && !audio.paused) { stop(); return; }
      // From one version of a clip to the next at the same place.
      start(playing && playing.clip === clip.name ? playing.now() : audio && audio.currentTime < item.seconds - 0.05 ? audio.currentTime : 0);
    });
    picture.addEventListener('click', (event) => {
      const box = picture.getBoundingClientRect();
      start(Math.max(0, ((event.clientX - box.left) / box.width) * item.seconds));
    });
  };
  const samples = () => {
    const names = [...new Set(runs.flatMap((r) => r.samples.map((s) => s.name)))];
    const element = section('samples', 'Samples', names.length ? 'Mel spectrograms over 70 dB below the loudest of the reference, hertz and seconds. A click on a picture plays from there; ' +
      'starting another version of the clip while one plays goes on at the same place.' : '');
    if (!names.length) { add(element, 'p', { class: 'none' }, 'No samples: there has been no validation, or the run was made by an earlier version.'); return; }
    for (const name of names) {
      const clips = runs.map((run, i) => ({ run, i, clip: run.samples.find((s) => s.name === name) })).filter((x) => x.clip);
      const card = add(element, 'div', { class: 'card clip' });
      add(card, 'h3', {}, name);
      const columns = Math.max(1, ...clips.flatMap((x) => x.clip.steps.map((s) => s.decoded.length)));
      const row = (title, note) => {
        const line = add(card, 'div', { class: 'row', style: `--columns:${columns}` });
        add(line, 'div', { class: 'what' }, add(null, 'b', {}, title), note);
        return line;
      };
      const first = clips.find((x) => x.clip.reference);
      if (first) sound(row('Reference', ''), first.clip, first.clip.reference, '', 'reference');
      for (const { run, clip } of clips) {
        for (const step of clip.steps) {
          const v = run.validations.find((x) => x.step === step.step);
          const title = `Step ${whole(step.step)}`;
          const line = row(title, `${several ? `${run.name}` : ''}${several && v ? ', ' : ''}${v ? `score ${fixed(v.score, 3)}${v === best(run) ? ', the best' : ''}` : ''}`);
          for (const item of step.decoded) sound(line, clip, item, `n_q ${item.n_q}`, `${several ? `${run.name}, ` : ''}step ${step.step}, n_q ${item.n_q}`);
        }
      }
    }
  };

  // --- configuration -----------------------------------------------------------------------------------
  const flatten = (value, prefix, out) => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [key, item] of Object.entries(value)) flatten(item, prefix ? `${prefix}.${key}` : key, out);
    } else {
      out.set(prefix, typeof value === 'string' ? value : JSON.stringify(value));
    }
    return out;
  };
  const configuration = () => {
    const element = section('configuration', 'Configuration', '');
    const described = runs.map((run) => flatten(run.facts || {}, '', new Map()));
    const keys = [...new Set(described.flatMap((d) => [...d.keys()]))];
    if (!keys.length) { add(element, 'p', { class: 'none' }, 'The log does not say: it was written by an earlier version.'); return; }
    const differs = (key) => several && new Set(described.map((d) => d.get(key))).size > 1;
    const details = add(element, 'details', several ? { open: '' } : {});
    add(details, 'summary', {}, several ? `${count(keys.filter(differs).length, 'difference')} among ${count(keys.length, 'value')}` : count(keys.length, 'value'));
    const card = add(null, 'div', { class: 'card scroll' });
    const table = add(card, 'table');
    const head = add(add(table, 'thead'), 'tr');
    add(head, 'th', { class: 'left' }, 'Key');
    for (const run of runs) add(head, 'th', { class: 'left' }, several ? run.name : 'Value');
    const body = add(table, 'tbody');
    const rows = keys.map((key) => {
      const row = add(body, 'tr', { class: differs(key) ? 'differs' : '' }, add(null, 'td', { class: 'left' }, key));
      for (const d of described) add(row, 'td', { class: 'value' }, d.has(key) ? d.get(key) : '–');
      return { row, key };
    });
    if (several) {
      const box = add(null, 'input', { type: 'checkbox', checked: '' });
      const filter = () => rows.forEach(({ row, key }) => { row.hidden = box.checked && !differs(key); });
      box.addEventListener('change', filter);
      filter();
      add(details, 'div', { class: 'tools' }, add(null, 'label', {}, box, 'Differences only'));
    }
    details.append(card);
    add(element, 'footer');
  };

  overview();
  curves();
  validation();
  tokens();
  samples();
  configuration();
})();
