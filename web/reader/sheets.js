// SPDX-License-Identifier: Apache-2.0
/**
 * The pages below each other. Those near the window are drawn, one after the other, nearest first; what is far away is
 * let go, so that a file of hundreds of pages takes no more memory than one of ten.
 */
import { kDrawn, TextLayer } from './pdf.js';
import { element } from './ui.js';

/** A point of a PDF is 1/72 inch, a browser's pixel 1/96. */
const kPixelsAPoint = 96 / 72;
const kZooms = [0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5];
/** At first a page is as wide as the window, but not larger than this. */
const kFirstZoomMax = 1.5;
const kMargin = 16;
/** Of one picture: what is larger is drawn coarser. */
const kPixelsMax = 12_000_000;
const kSideMax = 8192;
/** Of a page in points: whatever a file says, a sheet can be seen and scrolled past. */
const kPointsMin = 36;
const kPointsMax = 14_400;
/** Of all pictures together. */
const kAllPixelsMax = 48_000_000;

const bounded = (points) => Math.min(kPointsMax, Math.max(kPointsMin, points || kPointsMin));

export class Sheets {
  onView = () => {};
  current = 1;
  #t;
  #pdf;
  #list;
  #near = new Set();
  #zoom = null;  // a number; null: as wide as the window
  #first = true;  // nobody has chosen anything yet
  #running = null;
  #working = false;
  #faults = new Map();  // what is wrong with a page, by its number

  constructor({ t, pdf, count }) {
    this.#t = t;
    this.#pdf = pdf;
    this.#list = Array.from({ length: count }, (_, i) => ({ n: i + 1, width: 0, height: 0, drawn: null,
      place: element('div', { className: 'sheet' }) }));
    this.element = element('div', { className: 'sheets' }, ...this.#list.map((one) => one.place));
  }

  /** Sizes are those of the first page until a page is there. */
  async begin() {
    const { width, height } = (await this.#pdf.getPage(1)).getViewport({ scale: 1 });
    for (const one of this.#list) Object.assign(one, { width: bounded(width), height: bounded(height) });
    this.#layOut();
    const byPlace = new Map(this.#list.map((one) => [one.place, one]));
    const near = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.#approach(byPlace.get(target), isIntersecting);
      this.#work();
    }, { rootMargin: '50% 0px' });
    for (const one of this.#list) near.observe(one.place);
    addEventListener('scroll', () => this.#look(), { passive: true });
    addEventListener('resize', () => this.#again());
    this.#look();
    this.#measure();
  }

  /** Beside everything else, so that the end is where it seems to be. */
  async #measure() {
    for (const one of this.#list) {
      const page = await this.#pdf.getPage(one.n).catch(() => null);
      if (page) this.#size(one, page);
    }
  }

  #size(one, page) {
    const { width, height } = page.getViewport({ scale: 1 });
    if (one.width === bounded(width) && one.height === bounded(height)) return;
    Object.assign(one, { width: bounded(width), height: bounded(height) });
    this.#layOut([one]);
  }

  go(n) {
    this.#list[n - 1].place.scrollIntoView({ block: 'start' });
    this.#look();
  }

  fit() {
    this.#first = false;
    this.#zoom = null;
    this.#again();
  }

  zoomBy(step) {
    const now = this.#zoomOf(this.#list[this.current - 1]);
    const next = step > 0 ? kZooms.find((one) => one > now + 0.01)
      : kZooms.filter((one) => now - 0.01 > one).pop();
    if (!next) return;
    this.#first = false;
    this.#zoom = next;
    this.#again();
  }

  #zoomOf({ width }) {
    if (this.#zoom !== null) return this.#zoom;
    const room = Math.max(100, document.documentElement.clientWidth - 2 * kMargin);
    const whole = room / (width * kPixelsAPoint);
    return this.#first ? Math.min(kFirstZoomMax, whole) : whole;
  }

  #layOut(sheets = this.#list) {
    for (const one of sheets) {
      const scale = this.#zoomOf(one) * kPixelsAPoint;
      one.place.style.width = `${one.width * scale}px`;
      one.place.style.height = `${one.height * scale}px`;
    }
  }

  /** Everything in another size, with what was in the middle of the window there still. */
  #again() {
    const { place } = this.#list[this.current - 1];
    const before = place.getBoundingClientRect();
    const part = (innerHeight / 2 - before.top) / before.height;
    this.#layOut();
    const after = place.getBoundingClientRect();
    scrollBy(0, after.top + part * after.height - innerHeight / 2);
    this.#running?.cancel();
    this.#look();
    this.#work();
  }

  #look() {
    let current = null;
    for (const one of this.#near) {
      const { top, bottom } = one.place.getBoundingClientRect();
      const here = top <= innerHeight / 2 && bottom > 0;
      if (here && (!current || one.n > current.n)) current = one;
    }
    if (current) this.current = current.n;
    this.onView({ current: this.current, fault: this.#faults.get(this.current) || '',
      zoom: this.#zoomOf(this.#list[this.current - 1]), fits: this.#zoom === null && !this.#first });
  }

  #approach(one, isNear) {
    if (isNear) {
      this.#near.add(one);
      return;
    }
    this.#near.delete(one);
    if (this.#running?.one === one) this.#running.cancel();
    this.#drop(one);
  }

  #drop(one) {
    if (!one.drawn) return;
    const { canvas, letters, page } = one.drawn;
    letters?.cancel();
    // Its memory goes at once, not when somebody collects it.
    if (canvas) canvas.width = 0;
    page?.cleanup();
    one.place.replaceChildren();
    one.drawn = null;
  }

  #scaleOf(one) {
    return this.#zoomOf(one) * kPixelsAPoint;
  }

  /** The nearest to the window's middle that is not there in its size; nothing: all are, or there is no room. */
  #next() {
    const middle = innerHeight / 2;
    const far = (one) => {
      const { top, bottom } = one.place.getBoundingClientRect();
      return top > middle ? top - middle : Math.max(0, middle - bottom);
    };
    const order = [...this.#near].map((one) => [far(one), one]).sort((a, b) => a[0] - b[0]).map(([, one]) => one);
    let pixels = 0;
    for (const one of order) {
      const scale = this.#scaleOf(one);
      pixels += Math.min(kPixelsMax, one.width * one.height * (scale * devicePixelRatio) ** 2);
      if (pixels > kAllPixelsMax) return null;
      if (one.drawn?.scale !== scale) return one;
    }
    return null;
  }

  async #work() {
    if (this.#working) return;
    this.#working = true;
    for (let one = this.#next(); one; one = this.#next()) await this.#draw(one);
    this.#working = false;
    this.#look();
  }

  async #draw(one) {
    let scale = this.#scaleOf(one);
    try {
      const page = await this.#pdf.getPage(one.n);
      this.#size(one, page);
      scale = this.#scaleOf(one);
      const viewport = page.getViewport({ scale });
      const canvas = await this.#picture(one, page, viewport);
      if (!this.#near.has(one)) return;
      this.#drop(one);
      one.place.append(canvas);
      one.drawn = { scale, canvas, page, letters: this.#letters(one, page, viewport, scale) };
      const missing = [...page.objs].some(([, data]) => data === null);
      if (missing) this.#faults.set(one.n, this.#t('reader.imageMissing', { n: one.n }));
    } catch (error) {
      // Whoever has scrolled on, or changed the size, has cancelled it.
      if (error.name === 'RenderingCancelledException') return;
      this.#drop(one);
      one.drawn = { scale };
      one.place.replaceChildren(element('p', {}, this.#t('reader.pageBroken', { n: one.n })));
    }
  }

  async #picture(one, page, viewport) {
    const { width, height } = viewport;
    const ratio = Math.min(devicePixelRatio || 1, Math.sqrt(kPixelsMax / (width * height)),
      kSideMax / Math.max(width, height));
    const canvas = element('canvas', { width: Math.max(1, Math.round(width * ratio)),
      height: Math.max(1, Math.round(height * ratio)), role: 'img',
      'aria-label': this.#t('reader.page', { n: one.n, m: this.#list.length }) });
    const task = page.render({ canvasContext: canvas.getContext('2d', { alpha: false }), viewport,
      transform: ratio === 1 ? null : [ratio, 0, 0, ratio, 0, 0], annotationMode: kDrawn });
    this.#running = { one, cancel: () => task.cancel() };
    try {
      await task.promise;
    } catch (error) {
      canvas.width = 0;
      throw error;
    } finally {
      this.#running = null;
    }
    return canvas;
  }

  /** The page's text over its picture. A page without is seen all the same. */
  #letters(one, page, viewport, scale) {
    const place = element('div', { className: 'letters' });
    place.style.setProperty('--scale-factor', String(scale));
    one.place.append(place);
    const letters = new TextLayer({ textContentSource: page.streamTextContent(), container: place, viewport });
    letters.render().catch(() => {});
    return letters;
  }
}
