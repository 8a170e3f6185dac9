// Layers and legend in one list: a tick box for each layer, under it the classes that it is drawn in.
(function () {
  "use strict";
  const R = window.Reclaim;

  R.Legend = class {
    // entries: [{layer, zh, en, meta}] topmost first; meta is missing for layers that are not ours
    constructor(map, entries, box) {
      this.map = map;
      this.boxes = new Map();
      for (const entry of entries) box.appendChild(this.entry(entry));
      map.on("layeradd layerremove", (event) => this.mark(event.layer));
    }

    // Layers that are off are left out on paper.
    mark(layer) {
      const tick = this.boxes.get(layer);
      if (!tick) return;
      tick.checked = this.map.hasLayer(layer);
      tick.closest(".rc-layer").classList.toggle("rc-off", !tick.checked);
    }

    entry({ layer, zh, en, meta }) {
      const tick = R.make("input");
      tick.type = "checkbox";
      tick.checked = this.map.hasLayer(layer);
      tick.addEventListener("change", () => (tick.checked ? this.map.addLayer(layer) : this.map.removeLayer(layer)));
      this.boxes.set(layer, tick);
      const head = R.make("label", "rc-layer-name", null, [tick, R.make("span", "", R.say({ zh, en }))]);
      const section = R.make("section", "rc-layer", null, [head]);
      section.classList.toggle("rc-off", !tick.checked);
      if (!meta) return section;
      section.dataset.key = meta.key;
      const classes = meta.classes || [];
      if (classes.length > 1 || meta.key === "spells") section.appendChild(R.make("ul", "rc-classes", null, classes.map((cls) => this.row(layer, meta, cls))));
      else if (classes.length) head.appendChild(R.swatch(classes[0], 14, meta.outline));
      if (meta.ramp) section.appendChild(ramp(meta.ramp));
      if (meta.note && (meta.note[0] || meta.note[1])) section.appendChild(R.make("p", "rc-note", R.say({ zh: meta.note[0], en: meta.note[1] })));
      return section;
    }

    row(layer, meta, cls) {
      const tick = R.make("input");
      tick.type = "checkbox";
      tick.checked = true;
      tick.addEventListener("change", () => layer.setHidden(cls.code, !tick.checked));
      return R.make("li", "", null, [R.make("label", "", null, [tick, R.swatch(cls, 15, meta.outline), R.make("span", "", R.say(cls))])]);
    }
  };

  // A colour scale with its ends and steps.
  function ramp({ colours, labels }) {
    const bar = R.make("div", "rc-ramp-bar");
    bar.style.background = `linear-gradient(to right, ${colours.join(",")})`;
    const row = R.make("div", "rc-ramp-labels", null, labels.map((text) => R.make("span", "", text)));
    return R.make("div", "rc-ramp", null, [bar, row]);
  }
})();
