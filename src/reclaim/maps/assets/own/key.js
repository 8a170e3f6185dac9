// The legend of what is shown, in a strip of its own under the map: layer by layer, each with its classes.
(function () {
  "use strict";
  const R = window.Reclaim;

  R.Key = class {
    // entries: [{layer, zh, en, meta}] topmost first; swipe may show layers that are not on the map themselves
    constructor(map, entries, box) {
      Object.assign(this, { map, box, swipe: null, entries: entries.filter((entry) => entry.meta) });
      map.on("layeradd layerremove", (event) => { if (this.entries.some((entry) => entry.layer === event.layer)) this.draw(); });
      this.draw();
    }

    draw() {
      const shown = this.entries.filter(({ layer }) => this.map.hasLayer(layer) || (this.swipe && this.swipe.shows(layer)));
      const groups = shown.map((entry) => this.group(entry)).filter(Boolean);
      this.box.replaceChildren(...groups);
      this.box.hidden = !groups.length;
    }

    group({ layer, zh, en, meta }) {
      const classes = (meta.classes || []).filter((cls, i) => !(layer.hidden && layer.hidden.has(i)));
      if (!classes.length && !meta.ramp) return null;
      const name = R.say({ zh, en }), alone = classes.length === 1 && R.say(classes[0]) === name;
      const parts = alone ? [] : [R.make("b", "", name)];
      for (const cls of classes) parts.push(R.make("span", "rc-key-item", null, [R.swatch(cls, 13, meta.outline), R.make("span", "", R.say(cls))]));
      if (meta.ramp) parts.push(R.ramp(meta.ramp));
      if (meta.note && (meta.note[0] || meta.note[1])) parts.push(R.make("small", "", R.say({ zh: meta.note[0], en: meta.note[1] })));
      return R.make("div", "rc-key-group", null, parts);
    }
  };
})();
