// A layer of outlines: painted on canvas tiles, found again under the pointer. What it shows comes from content.js, in the
// same columns whether it was plain GeoJSON or packed, so that both look and answer alike.
(function () {
  "use strict";
  const R = window.Reclaim;
  if (R.Ground) return;

  const SPECK = 5; // pixels: what is smaller has no outline of its own
  const TOGETHER = 100; // outlines on one path

  // ---- hatches --------------------------------------------------------------------------------------------------

  // The hatch of a class as a canvas pattern; the marks are those of matplotlib: / \ | - + x o .
  const patterns = new Map();
  R.hatch = function (context, marks, colour, ratio) {
    if (!marks) return null;
    const key = [marks, colour, ratio].join("|");
    if (!patterns.has(key)) {
      const size = 8 * ratio, tile = document.createElement("canvas");
      tile.width = tile.height = size;
      const pen = tile.getContext("2d");
      pen.strokeStyle = pen.fillStyle = colour;
      pen.lineWidth = 1.1 * ratio;
      const line = (x0, y0, x1, y1) => { pen.beginPath(); pen.moveTo(x0 * size, y0 * size); pen.lineTo(x1 * size, y1 * size); pen.stroke(); };
      const mark = marks[0];
      if (mark === "/" || mark === "x") for (const d of [-1, 0, 1]) line(d, 1, d + 1, 0);
      if (mark === "\\" || mark === "x") for (const d of [-1, 0, 1]) line(d, 0, d + 1, 1);
      if (mark === "-" || mark === "+") line(0, 0.5, 1, 0.5);
      if (mark === "|" || mark === "+") line(0.5, 0, 0.5, 1);
      if (mark === "." || mark === "o") {
        pen.beginPath();
        pen.arc(size / 2, size / 2, (mark === "." ? 0.15 : 0.26) * size, 0, 7);
        if (mark === ".") pen.fill(); else pen.stroke();
      }
      patterns.set(key, context.createPattern(tile, "repeat"));
    }
    return patterns.get(key);
  };

  R.darker = function (colour, by) {
    const value = parseInt(colour.slice(1), 16);
    return "rgb(" + [16, 8, 0].map((shift) => Math.round(((value >> shift) & 255) * by)).join(",") + ")";
  };

  // ---- painting -------------------------------------------------------------------------------------------------

  // Tiles are painted one after another between frames, so that the map can be dragged meanwhile; at once for paper.
  const waiting = [];
  let busy = false;
  R.painted = [];
  function later(work) {
    if (R.atOnce) return work();
    waiting.push(work);
    if (busy) return;
    busy = true;
    R.jobs.push(new Promise((resolve) => {
      const step = () => {
        const start = performance.now();
        while (waiting.length && performance.now() - start < 8) waiting.shift()();
        if (waiting.length) requestAnimationFrame(step);
        else { busy = false; resolve(); }
      };
      requestAnimationFrame(step);
    }));
  }

  // What differs between two views of the same content: place in the stack, day, highlighted features.
  R.Ground = L.GridLayer.extend({
    options: { noWrap: true, updateWhenZooming: false, keepBuffer: 1, updateInterval: 60, opacity: 1 },

    initialize: function (source, options) {
      L.setOptions(this, options);
      this.meta = source.meta;
      this.at = this.meta.at === undefined ? null : this.meta.at;
      this.focus = null; // Uint8Array: 1 where a feature is highlighted
      this.shared = source.shared || {};
      this.hidden = new Set(); // classes switched off in the legend
      this.ready = source.ready || this.read(source);
      R.jobs.push(this.ready);
    },

    read: async function (source) {
      this.shared.content = this.meta.form === "packed" ? await R.fromPacked(source) : R.fromGeoJson(R.data(source.data), this.meta);
      this.shared.index = new R.Index(this.shared.content);
    },

    // Another view of the same ground, with its own day and place in the stack.
    view: function (options) {
      const twin = new R.Ground({ meta: this.meta, shared: this.shared, ready: this.ready }, options);
      twin.at = this.at;
      return twin;
    },

    onAdd: function (map) {
      if (!this.options.pane || this.options.pane === "tilePane") this.options.pane = R.paneFor(map, this);
      L.GridLayer.prototype.onAdd.call(this, map);
      R.pointer(map).add(this);
      this.ready.then(() => this.repaint());
    },

    onRemove: function (map) {
      R.pointer(map).remove(this);
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    createTile: function (coords, done) {
      const tile = L.DomUtil.create("canvas", "leaflet-tile");
      const size = this.getTileSize(), ratio = R.ratio();
      tile.width = size.x * ratio;
      tile.height = size.y * ratio;
      later(() => {
        if (this._map) this.paint(tile, coords, ratio);
        // Leaflet does not know the tile before it has been given back
        if (R.atOnce) R.painted.push(() => done(null, tile));
        else done(null, tile);
      });
      return tile;
    },

    // Paint all tiles again where they are, without the flash of taking them away.
    repaint: function () {
      if (!this._map) return;
      for (const key of Object.keys(this._tiles)) {
        const { el, coords } = this._tiles[key];
        later(() => { if (this._map && this._tiles[key]) this.paint(el, coords, el.width / this.getTileSize().x); });
      }
    },

    setDay: function (day) { this.at = day; this.repaint(); },
    setFocus: function (mask) { this.focus = mask; this.repaint(); },
    setHidden: function (code, hide) {
      const position = this.meta.classes.findIndex((c) => c.code === code);
      if (hide) this.hidden.add(position); else this.hidden.delete(position);
      this.repaint();
    },

    shown: function (f) {
      const { cls, begin, until } = this.shared.content;
      if (this.hidden.has(cls[f])) return false;
      if (begin === null || this.at === null) return true;
      return begin[f] <= this.at && this.at < until[f];
    },

    // The part of the ground that a tile shows, with a margin for outlines and points.
    reach: function (coords) {
      const size = this.getTileSize(), map = this._map, margin = 12;
      const corner = (x, y) => map.unproject(L.point(coords.x * size.x + x, coords.y * size.y + y), coords.z);
      const a = corner(-margin, size.y + margin), b = corner(size.x + margin, -margin);
      return this.shared.index.find(Math.min(a.lng, b.lng), Math.min(a.lat, b.lat), Math.max(a.lng, b.lng), Math.max(a.lat, b.lat));
    },

    paint: function (tile, coords, ratio) {
      const pen = tile.getContext("2d");
      pen.clearRect(0, 0, tile.width, tile.height);
      if (!this.shared.content) return;
      const size = this.getTileSize();
      const frame = { scale: this._map.options.crs.scale(coords.z) * ratio, x: coords.x * size.x * ratio, y: coords.y * size.y * ratio,
        width: tile.width, height: tile.height, ratio, ...this.shared.content.pool.plane(this._map.options.crs) };
      const groups = new Map();
      for (const f of this.reach(coords)) {
        if (!this.shown(f)) continue;
        const key = this.shared.content.cls[f] * 2 + (this.focus && !this.focus[f] ? 1 : 0);
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(f);
      }
      // what a figure does not sum is painted first, and pale
      for (const key of [...groups.keys()].sort((a, b) => (b & 1) - (a & 1) || a - b))
        this.paintGroup(pen, frame, this.meta.classes[key >> 1], groups.get(key), key & 1 ? "pale" : this.focus ? "focus" : "plain");
    },

    paintGroup: function (pen, frame, cls, features, manner) {
      const { content } = this.shared, drawn = [];
      pen.fillStyle = cls.colour;
      pen.globalAlpha = manner === "pale" ? 0.18 : 0.9;
      for (const f of features) {
        if (content.kind(f) === R.POINT) this.paintPoint(pen, frame, cls, f, manner);
        else if (this.extent(f, frame) < SPECK * frame.ratio) this.paintSpeck(pen, frame, f, manner);
        else drawn.push(f);
      }
      // a path of many outlines costs more than its parts
      for (let i = 0; i < drawn.length; i += TOGETHER) this.paintOutlines(pen, frame, cls, drawn.slice(i, i + TOGETHER), manner);
      pen.globalAlpha = 1;
    },

    paintOutlines: function (pen, frame, cls, features, manner) {
      const { content } = this.shared, { ratio } = frame, { outline } = this.meta;
      const path = new Path2D(), lines = new Path2D(), edge = R.darker(cls.colour, 0.62);
      let hatched = false;
      for (const f of features) {
        const solid = content.kind(f) === R.POLYGON;
        hatched = hatched || this.extent(f, frame) > 14 * ratio;
        for (const [start, end] of content.rings(f)) trace(solid ? path : lines, start, end, frame, solid);
      }
      if (!outline) {
        pen.globalAlpha = manner === "pale" ? 0.1 : manner === "focus" ? 0.85 : 0.5;
        pen.fillStyle = cls.colour;
        pen.fill(path, "nonzero");
        const hatch = hatched && manner !== "pale" ? R.hatch(pen, cls.hatch, edge, ratio) : null;
        if (hatch) {
          pen.globalAlpha = 0.75;
          pen.fillStyle = hatch;
          pen.fill(path, "nonzero");
        }
      }
      pen.globalAlpha = manner === "pale" ? 0.2 : 0.95;
      pen.strokeStyle = manner === "focus" ? "#111" : outline ? cls.colour : edge;
      pen.lineWidth = (manner === "focus" || outline ? 2 : 1) * ratio;
      if (outline && outline.dash) pen.setLineDash(outline.dash.map((d) => d * ratio));
      pen.stroke(path);
      pen.setLineDash([]);
      pen.lineWidth = 3 * ratio;
      pen.strokeStyle = cls.colour;
      pen.stroke(lines);
    },

    // Width or height of a feature on the tile, whichever is larger, in device pixels.
    extent: function (f, { boxes, scale }) {
      const b = this.shared.content.shape[f] * 4;
      return Math.max(boxes[b + 2] - boxes[b], boxes[b + 3] - boxes[b + 1]) * scale;
    },

    // Ground too small for an outline is a speck of its size, but never nothing.
    paintSpeck: function (pen, { boxes, scale, x, y, ratio }, f, manner) {
      const b = this.shared.content.shape[f] * 4, least = (manner === "focus" ? 4 : 1.8) * ratio;
      const wide = (boxes[b + 2] - boxes[b]) * scale, tall = (boxes[b + 3] - boxes[b + 1]) * scale;
      const w = Math.max(least, wide * 0.9), h = Math.max(least, tall * 0.9);
      pen.fillRect(boxes[b] * scale - x + (wide - w) / 2, boxes[b + 1] * scale - y + (tall - h) / 2, w, h);
    },

    paintPoint: function (pen, frame, cls, f, manner) {
      const { places } = frame;
      for (const [start] of this.shared.content.rings(f)) {
        pen.beginPath();
        pen.arc(places[2 * start] * frame.scale - frame.x, places[2 * start + 1] * frame.scale - frame.y, 6 * frame.ratio, 0, 7);
        pen.globalAlpha = manner === "pale" ? 0.2 : 0.9;
        pen.fillStyle = cls.colour;
        pen.fill();
        pen.lineWidth = 1.5 * frame.ratio;
        pen.strokeStyle = "#fff";
        pen.stroke();
        pen.strokeStyle = R.darker(cls.colour, 0.5);
        pen.lineWidth = 0.8 * frame.ratio;
        pen.stroke();
      }
    },

    // ---- answers ----

    // Features under a place, the topmost first; lines and points within some pixels.
    under: function (latlng) {
      const { content, index } = this.shared;
      if (!content || !content.n || !this._map) return [];
      const map = this._map, zoom = map.getZoom(), here = map.project(latlng, zoom), pad = 8;
      const a = map.unproject(here.add([-pad, pad]), zoom), b = map.unproject(here.add([pad, -pad]), zoom);
      const near = [...index.find(Math.min(a.lng, b.lng), Math.min(a.lat, b.lat), Math.max(a.lng, b.lng), Math.max(a.lat, b.lat))];
      const hit = near.filter((f) => this.shown(f) && (content.kind(f) === R.POLYGON ? inside(content, index.box, f, latlng) : this.close(f, here, zoom, pad)));
      if (hit.length) return hit.reverse();
      // ground drawn as a speck is hit by its speck
      return near.filter((f) => this.shown(f) && content.kind(f) === R.POLYGON && this.close(f, here, zoom, 4) && this.tiny(f, zoom)).reverse();
    },

    tiny: function (f, zoom) {
      const { crs } = this._map.options;
      return this.extent(f, { ...this.shared.content.pool.plane(crs), scale: crs.scale(zoom) }) < SPECK;
    },

    close: function (f, here, zoom, pad) {
      const { content } = this.shared, map = this._map;
      for (const [start, end] of content.rings(f)) {
        let before = null;
        for (let v = start; v < end; v++) {
          const p = map.project(L.latLng(content.pool.lat[v], content.pool.lng[v]), zoom);
          const gap = before && content.kind(f) === R.LINE ? L.LineUtil.pointToSegmentDistance(here, before, p) : p.distanceTo(here);
          if (gap <= pad) return true;
          before = p;
        }
      }
      return false;
    },

    boundsOf: function (f) {
      const b = this.shared.index.box.subarray(f * 4, f * 4 + 4);
      return L.latLngBounds([b[1], b[0]], [b[3], b[2]]);
    },

    // The outline of one feature for a highlight; null where it has too many vertices to follow the pointer.
    outlineOf: function (f) {
      const { content } = this.shared;
      const rings = content.rings(f).map(([start, end]) => {
        const points = [];
        for (let v = start; v < end; v++) points.push([content.pool.lat[v], content.pool.lng[v]]);
        return points;
      });
      if (rings.reduce((sum, ring) => sum + ring.length, 0) > 30000) return null;
      return { kind: content.kind(f), rings };
    },

    describe: function (f, tip) {
      const { content } = this.shared, cls = this.meta.classes[content.cls[f]];
      const rows = this.meta.fields
        .filter((field) => !tip || field.tip)
        .map((field) => [R.say(field), R.value(content.value(f, field.name), field.kind)])
        .filter(([, text]) => !tip || text !== "–");
      return { layer: R.say(this.meta), cls, rows, title: content.value(f, this.meta.label) };
    },
  });

  // One ring onto a path. Vertices closer than half a pixel to the last one, and those beyond the same side of the tile
  // as both neighbours, change nothing that can be seen.
  function trace(path, start, end, frame, closed) {
    const { places, scale, x, y, width, height } = frame, margin = 40;
    const side = (px, py) => (px < -margin ? 1 : px > width + margin ? 2 : 0) | (py < -margin ? 4 : py > height + margin ? 8 : 0);
    let lastX = NaN, lastY = NaN, lastSide = 0, heldX = 0, heldY = 0, held = false;
    for (let v = start; v < end; v++) {
      const px = places[2 * v] * scale - x, py = places[2 * v + 1] * scale - y;
      if (v === start) {
        path.moveTo(px, py);
        lastX = px; lastY = py; lastSide = side(px, py);
        continue;
      }
      const dx = px - lastX, dy = py - lastY;
      if (dx * dx + dy * dy < 0.25 && v < end - 1) continue;
      const here = side(px, py);
      if (here & lastSide) { heldX = px; heldY = py; held = true; }
      else {
        if (held) path.lineTo(heldX, heldY);
        held = false;
        path.lineTo(px, py);
      }
      lastX = px; lastY = py; lastSide = here & lastSide ? here & lastSide : here;
    }
    if (held) path.lineTo(heldX, heldY);
    if (closed) path.closePath();
  }

  // Even-odd over all rings: holes and parts come out right.
  function inside(content, box, f, { lat, lng }) {
    const { pool } = content;
    if (lng < box[f * 4] || lng > box[f * 4 + 2] || lat < box[f * 4 + 1] || lat > box[f * 4 + 3]) return false;
    let odd = false;
    for (const [start, end] of content.rings(f))
      for (let i = start, j = end - 1; i < end; j = i++) {
        const yi = pool.lat[i], yj = pool.lat[j];
        if (yi > lat !== yj > lat && lng < ((pool.lng[j] - pool.lng[i]) * (lat - yi)) / (yj - yi) + pool.lng[i]) odd = !odd;
      }
    return odd;
  }

  // Each layer has a pane of its own, so that it can be clipped by the swipe and keeps its place in the stack.
  let panes = 0;
  R.paneFor = function (map, layer) {
    const name = "reclaim-" + ++panes;
    const pane = map.createPane(name);
    pane.style.zIndex = 400 + (layer.meta && layer.meta.stack ? layer.meta.stack : 0);
    pane.style.pointerEvents = "none";
    return name;
  };
})();
