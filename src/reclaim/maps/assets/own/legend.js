// Layers and legend in one list: a tick box for each layer, under it the classes that it is drawn in.
(function () {
  "use strict";
  const R = window.Reclaim;

  R.Legend = class {
    // entries: [{layer, zh, en, meta}] topmost first; meta is missing for layers that are not ours
    constructor(map, entries, box) {
      this.map = map;
      this.boxes = new Map();
      this.told = () => {}; // called when classes go on or off
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
      tick.addEventListener("change", () => {
        if (!tick.checked) return this.map.removeLayer(layer);
        this.map.addLayer(layer);
        R.seek(this.map, [layer]);
      });
      this.boxes.set(layer, tick);
      const head = R.make("label", "rc-layer-name", null, [tick, R.make("span", "", R.say({ zh, en }))]);
      const section = R.make("section", "rc-layer", null, [head]);
      section.classList.toggle("rc-off", !tick.checked);
      if (!meta) return section;
      section.dataset.key = meta.key;
      const classes = meta.classes || [];
      const told = classes.length && (meta.ramp || R.say(classes[0]) !== R.say({ zh, en })); // more than the layer's name
      if (classes.length > 1 || told) section.appendChild(R.make("ul", "rc-classes", null, classes.map((cls) => this.row(layer, meta, cls))));
      else if (classes.length) head.appendChild(R.swatch(classes[0], 14, meta.outline));
      if (meta.ramp) section.appendChild(R.ramp(meta.ramp));
      if (meta.note && (meta.note[0] || meta.note[1])) section.appendChild(R.make("p", "rc-note", R.say({ zh: meta.note[0], en: meta.note[1] })));
      return section;
    }

    row(layer, meta, cls) {
      const named = [R.swatch(cls, 15, meta.outline), R.make("span", "", R.say(cls))];
      // the classes of an image cannot be switched off one by one
      if (meta.key === "rasters") return R.make("li", "", null, [R.make("p", "rc-class", null, named)]);
      const tick = R.make("input");
      tick.type = "checkbox";
      tick.checked = true;
      tick.addEventListener("change", () => { layer.setHidden(cls.code, !tick.checked); this.told(); });
      return R.make("li", "", null, [R.make("label", "", null, [tick, ...named])]);
    }
  };

  // A colour scale with its ends and steps.
  R.ramp = function ({ colours, labels }) {
    const bar = R.make("div", "rc-ramp-bar");
    bar.style.background = `linear-gradient(to right, ${colours.join(",")})`;
    const row = R.make("div", "rc-ramp-labels", null, labels.map((text) => R.make("span", "", text)));
    return R.make("div", "rc-ramp", null, [bar, row]);
  };

  // Whether an extent is in the window and more than a speck there.
  R.seen = function (map, box, least = 60) {
    const a = map.latLngToContainerPoint(box.getNorthWest()), b = map.latLngToContainerPoint(box.getSouthEast());
    return map.getBounds().intersects(box) && Math.max(b.x - a.x, b.y - a.y) > least;
  };
  R.go = function (map, box) {
    R.gone = box; // where the map was last sent
    map.fitBounds(box, { padding: [30, 30], maxZoom: 16, animate: false });
  };

  // Go where images lie, if they are not to be seen.
  R.seek = function (map, layers) {
    const boxes = layers.map((layer) => layer.covers && layer.covers()).filter(Boolean);
    if (!boxes.length) return;
    const all = boxes.reduce((sum, box) => sum.extend(box), L.latLngBounds(boxes[0].getSouthWest(), boxes[0].getNorthEast()));
    const size = map.getSize();
    if (!R.seen(map, all, Math.min(size.x, size.y) / 3)) R.go(map, all);
  };
})();
