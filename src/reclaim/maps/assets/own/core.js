// The ground that the other scripts stand on: one namespace, words, numbers as people write them, and the promise that
// everything on the page has been read and drawn. Text of the data goes into the page by textContent alone.
(function () {
  "use strict";
  const R = (window.Reclaim = window.Reclaim || {});
  if (R.jobs) return;

  R.jobs = []; // promises of work under way; reclaimReady waits for all of them
  window.reclaimReady = new Promise((resolve) => {
    window.addEventListener("load", async () => {
      for (let done = -1; done !== R.jobs.length; ) {
        done = R.jobs.length;
        await Promise.all(R.jobs);
      }
      await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
      resolve({ jobs: R.jobs.length, milliseconds: performance.now() });
    });
  });

  R.language = "both";
  R.unit = "mu";

  // A name in the language of the page; `word` has zh and en.
  R.say = function (word) {
    if (!word) return "";
    if (R.language === "zh") return word.zh || word.en || "";
    if (R.language === "en") return word.en || word.zh || "";
    // "2019年" needs no "2019" beside it
    return word.zh && word.en && !word.zh.startsWith(word.en) ? word.zh + " " + word.en : word.zh || word.en || "";
  };

  const UNITS = {
    mu: { per: 2000 / 3, zh: "亩", en: "mu", digits: 2 },
    ha: { per: 10000, zh: "公顷", en: "ha", digits: 2 },
    km2: { per: 1e6, zh: "平方公里", en: "km²", digits: 4 },
    m2: { per: 1, zh: "平方米", en: "m²", digits: 0 },
  };

  R.unitName = (unit) => (R.language === "en" ? UNITS[unit].en : R.language === "zh" ? UNITS[unit].zh : UNITS[unit].zh + " " + UNITS[unit].en);

  // a format is made once: it takes longer than writing a number with it
  const formats = new Map();
  function format(digits) {
    if (!formats.has(digits)) formats.set(digits, new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
    return formats.get(digits);
  }

  R.number = function (value, digits) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    return format(digits).format(value);
  };

  // m² in a unit, without its name. Exact for mu: 1 mu is 2000/3 m².
  R.inUnit = (m2, unit) => (m2 === null || m2 === undefined ? null : unit === "mu" ? (m2 * 3) / 2000 : m2 / UNITS[unit].per);
  R.areaNumber = function (m2, unit) {
    const { digits } = UNITS[unit], value = R.inUnit(m2, unit), least = 10 ** -digits;
    // what is there is not written as nothing
    return value > 0 && value < least / 2 ? "<\u00a0" + R.number(least, digits) : R.number(value, digits);
  };

  // An area for people: the unit of the project, and hectares (or mu) beside it.
  R.area = function (m2) {
    if (m2 === null || m2 === undefined) return "–";
    const second = R.unit === "mu" ? "ha" : "mu";
    // a line may break between the two, not within one
    return [R.unit, second].map((unit) => `${R.areaNumber(m2, unit)} ${R.unitName(unit)}`.replace(/ /g, "\u00a0")).join(" · ");
  };

  R.value = function (value, kind) {
    if (value === null || value === undefined || value === "") return "–";
    if (kind === "area") return R.area(value);
    if (kind === "mu") return R.number(value, 2) + " " + R.unitName("mu");
    if (kind === "share") return R.number(value * 100, 1) + " %";
    return String(value);
  };

  // An element: its name, classes, text and children. Never markup.
  R.make = function (name, className, text, children) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined && text !== null) element.textContent = text;
    for (const child of children || []) element.appendChild(child);
    return element;
  };

  R.button = function (className, text, pressed) {
    const button = R.make("button", className, text);
    button.type = "button";
    button.addEventListener("click", pressed);
    return button;
  };

  R.data = (id) => JSON.parse(document.getElementById(id).textContent);

  R.bytes = function (base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  };

  // Gzip, by the browser where it can, else by our own reader.
  R.unzip = async function (bytes) {
    if (typeof DecompressionStream === "undefined") return R.inflateGzip(bytes);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // Device pixels to a pixel of the page: those of the screen, more for paper.
  R.atOnce = false;
  R.ratio = () => (R.atOnce ? 3 : Math.min(2, Math.ceil(window.devicePixelRatio || 1)));

  // Days since 1970-01-01 of an ISO date, and back.
  R.day = (text) => Math.round(Date.parse(text + "T00:00:00Z") / 86400000);
  R.yearEnd = (year) => R.day(`${year}-12-31`);
})();
