// What lies under the pointer: a tooltip while it moves, a popup on a click, an outline around the ground.
// One pointer serves all our layers on a map. Contents are elements filled by textContent.
(function () {
  "use strict";
  const R = window.Reclaim;
  if (R.pointer) return;

  class Pointer {
    constructor(map) {
      this.map = map;
      this.layers = [];
      this.outline = null;
      this.tip = L.tooltip({ className: "rc-tip", sticky: true, direction: "top", offset: [0, -8] });
      this.popup = L.popup({ className: "rc-popup", maxWidth: 380, minWidth: 200, autoPanPadding: [16, 16] });
      this.quiet = false; // true while another tool (measuring, the swipe bar) has the pointer
      let asked = null;
      map.on("mousemove", (event) => {
        if (!asked) requestAnimationFrame(() => { this.hover(asked); asked = null; });
        asked = event.latlng;
      });
      map.on("mouseout zoomstart", () => this.leave());
      map.on("click", (event) => { if (!this.quiet) this.open(event.latlng); });
      map.on("popupopen", (event) => {
        map.getContainer().classList.add("rc-popped");
        const close = event.popup.getElement().querySelector(".leaflet-popup-close-button");
        if (close) close.setAttribute("aria-label", R.say(R.words.close));
      });
      map.on("popupclose", () => { map.getContainer().classList.remove("rc-popped"); this.leave(); });
    }

    add(layer) { this.layers.push(layer); }
    remove(layer) { this.layers = this.layers.filter((other) => other !== layer); this.leave(); }

    // All hits, the topmost layer first.
    hits(latlng) {
      const stack = [...this.layers].sort((a, b) => b.meta.stack - a.meta.stack);
      return stack.flatMap((layer) => layer.under(latlng).map((f) => ({ layer, f })));
    }

    hover(latlng) {
      if (this.quiet || !latlng || this.map.dragging.moving()) return;
      const hit = this.hits(latlng)[0];
      if (!hit) return this.leave();
      const key = hit.layer._leaflet_id + ":" + hit.f;
      if (key !== this.hovered) {
        this.leave();
        this.hovered = key;
        this.draw(hit);
        this.tip.setContent(card(hit, true));
        this.map.getContainer().style.cursor = "pointer";
      }
      this.tip.setLatLng(latlng);
      if (!this.map.hasLayer(this.tip)) this.tip.openOn ? this.tip.addTo(this.map) : this.map.openTooltip(this.tip);
    }

    leave() {
      this.hovered = null;
      this.map.closeTooltip(this.tip);
      this.map.getContainer().style.cursor = "";
      if (this.outline && !this.map.hasLayer(this.popup)) { this.outline.remove(); this.outline = null; }
    }

    draw(hit) {
      if (this.outline) this.outline.remove();
      const found = hit.layer.outlineOf(hit.f);
      this.outline = null;
      if (!found || found.kind === 0) return;
      const style = { color: "#111", weight: 2.5, fill: false, interactive: false, className: "rc-outline" };
      this.outline = (found.kind === 1 ? L.polyline(found.rings, style) : L.polygon(found.rings, style)).addTo(this.map);
    }

    open(latlng, given) {
      const hits = given ? [given] : this.hits(latlng);
      if (!hits.length) return;
      this.map.closeTooltip(this.tip);
      this.draw(hits[0]);
      const box = R.make("div", "rc-cards", null, hits.slice(0, 4).map((hit) => card(hit, false)));
      if (hits.length > 4) box.appendChild(R.make("p", "rc-more", `+ ${hits.length - 4} ${R.say(R.words.more_here)}`));
      this.popup.options.maxWidth = Math.min(380, this.map.getSize().x - 44);
      this.popup.setLatLng(latlng).setContent(box).openOn(this.map);
    }
  }

  function card({ layer, f }, tip) {
    const { layer: name, cls, rows, title } = layer.describe(f, tip);
    const head = R.make("div", "rc-card-head", null, [R.swatch(cls, 14), R.make("strong", "", title || R.say(cls)), R.make("span", "rc-card-layer", name)]);
    const list = R.make("dl");
    for (const [label, text] of rows) {
      list.appendChild(R.make("dt", "", label));
      list.appendChild(R.make("dd", "", text));
    }
    return R.make("section", "rc-card", null, [head, list]);
  }

  // A small picture of a class: its colour, its hatch, its outline.
  R.swatch = function (cls, size, outline) {
    const ratio = 2, canvas = document.createElement("canvas"), wide = size * 1.5;
    canvas.width = wide * ratio;
    canvas.height = size * ratio;
    canvas.style.width = wide + "px";
    canvas.style.height = size + "px";
    canvas.className = "rc-swatch";
    const pen = canvas.getContext("2d"), box = [1.5, 1.5, canvas.width - 3, canvas.height - 3];
    if (!outline) {
      pen.globalAlpha = cls.solid ? 1 : 0.55; // images are painted in their full colour
      pen.fillStyle = cls.colour;
      pen.fillRect(...box);
      pen.globalAlpha = 0.8;
      const hatch = R.hatch(pen, cls.hatch, R.darker(cls.colour, 0.62), ratio);
      if (hatch) { pen.fillStyle = hatch; pen.fillRect(...box); }
    } else if (outline.dash) pen.setLineDash(outline.dash.map((d) => d * ratio));
    pen.globalAlpha = 1;
    pen.strokeStyle = outline ? cls.colour : R.darker(cls.colour, 0.62);
    pen.lineWidth = outline ? 4 : 2;
    pen.strokeRect(...box);
    return canvas;
  };

  const pointers = new WeakMap();
  R.pointer = function (map) {
    if (!pointers.has(map)) pointers.set(map, new Pointer(map));
    return pointers.get(map);
  };
})();
