// What lies over the map without belonging to a tile: the graticule and the names of sites, on one canvas each.
(function () {
  "use strict";
  const R = window.Reclaim;
  if (R.Overlay) return;

  // A canvas over the window of the map, painted again when the map has moved.
  R.Overlay = L.Layer.extend({
    initialize: function (source, options) {
      L.setOptions(this, options);
      this.meta = source.meta;
      this.source = source;
    },
    onAdd: function (map) {
      this.canvas = R.make("canvas", "rc-overlay leaflet-zoom-hide");
      this.pane = this.pane || R.paneFor(map, this);
      map.getPane(this.pane).appendChild(this.canvas);
      map.on("moveend zoomend resize viewreset", this.draw, this);
      this.draw();
    },
    onRemove: function (map) {
      this.canvas.remove();
      map.off("moveend zoomend resize viewreset", this.draw, this);
    },
    draw: function () {
      const map = this._map, size = map.getSize(), ratio = R.ratio();
      L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
      this.canvas.width = size.x * ratio;
      this.canvas.height = size.y * ratio;
      this.canvas.style.width = size.x + "px";
      this.canvas.style.height = size.y + "px";
      const pen = this.canvas.getContext("2d");
      pen.scale(ratio, ratio);
      this.paint(pen, map, size);
    },
  });

  const STEPS = [0.001, 0.002, 0.005, 1 / 60, 2 / 60, 5 / 60, 10 / 60, 20 / 60, 0.5, 1, 2, 5, 10, 20, 30];

  R.Graticule = R.Overlay.extend({
    paint: function (pen, map, size) {
      const bounds = map.getBounds(), span = bounds.getEast() - bounds.getWest();
      const step = STEPS.find((s) => span / s <= 7) || 30;
      pen.strokeStyle = "rgba(40,60,80,.28)";
      pen.fillStyle = "#3c4a52";
      pen.font = '10.5px "Noto Sans CJK SC", "Noto Sans", Arial, sans-serif';
      pen.lineWidth = 1;
      for (let x = Math.ceil(bounds.getWest() / step) * step; x <= bounds.getEast(); x += step)
        this.line(pen, map, size, [[bounds.getSouth(), x], [bounds.getNorth(), x]], degrees(x, "E", "W", step < 1 / 60), false);
      for (let y = Math.ceil(bounds.getSouth() / step) * step; y <= bounds.getNorth(); y += step)
        this.line(pen, map, size, [[y, bounds.getWest()], [y, bounds.getEast()]], degrees(y, "N", "S", step < 1 / 60), true);
    },
    line: function (pen, map, size, ends, text, flat) {
      const [a, b] = ends.map((end) => map.latLngToContainerPoint(end));
      pen.beginPath();
      pen.moveTo(a.x, a.y);
      pen.lineTo(b.x, b.y);
      pen.stroke();
      const width = pen.measureText(text).width;
      // labels keep clear of the corners where controls stand
      if (flat && (a.y < 20 || a.y > size.y - 20)) return;
      if (!flat && (a.x < 60 || a.x > size.x - 60)) return;
      const [x, y] = flat ? [size.x - width - 6, a.y - 3] : [a.x + 3, 12];
      pen.save();
      pen.fillStyle = "rgba(255,255,255,.75)";
      pen.fillRect(x - 2, y - 10, width + 4, 13);
      pen.restore();
      pen.fillText(text, x, y);
    },
  });

  // Degrees and minutes, or decimals of a degree where lines are closer than a minute: one way for all lines of a map.
  function degrees(value, plus, minus, decimal) {
    // beyond the 180° meridian the other half begins
    const side = Math.abs(value) < 1e-9 ? "" : (value < 0 && value >= -180) || value > 180 ? minus : plus, v = Math.abs(value) > 180 ? 360 - Math.abs(value) : Math.abs(value);
    if (decimal) return v.toFixed(3) + "°" + side;
    const minutes = Math.round(v * 60);
    return Math.floor(minutes / 60) + "°" + (minutes % 60 ? String(minutes % 60).padStart(2, "0") + "′" : "") + side;
  }

  // Sites as dots with their names; a name that would cover another one is left out until there is room. Dots and names
  // give way to the ground itself when the map is close.
  R.Places = R.Overlay.extend({
    // What stands beside the names: the site's part in a figure. Sites without a part are pale.
    setTold: function (told) {
      this.told = told;
      if (this._map) this.draw();
    },
    // The shares of each site's land by state at a day.
    setDay: function (day) {
      this.day = day;
      if (this._map) this.draw();
    },
    parts: function (place) {
      const known = (place.history || []).filter(([since]) => this.day === undefined || this.day === null || since <= this.day);
      return known.length ? known[known.length - 1][1] : place.history && place.history.length ? [] : place.parts;
    },
    paint: function (pen, map, size) {
      const taken = controls(map);
      this.shownDots = [];
      pen.font = '600 12.5px "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "Noto Sans", Arial, sans-serif';
      const dots = this.source.places.map((place) => ({ place, ...this.where(map, place) }));
      const free = (box) => !taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]);
      const seen = dots.filter(({ at }) => at.x > -20 && at.y > -20 && at.x < size.x + 20 && at.y < size.y + 20);
      for (const { at, wide } of seen) if (!wide) taken.push([at.x - 7, at.y - 7, at.x + 7, at.y + 7]);
      for (const { place, at, wide: open } of seen) {
        if (!open) {
          pen.globalAlpha = this.told && !this.told.has(place.id) ? 0.35 : 1;
          dot(pen, at, this.parts(place));
          pen.globalAlpha = 1;
          this.shownDots.push({ place, at });
        }
        const part = this.told && this.told.get(place.id);
        const text = short(pen, R.say(place), size.x * 0.8) + (part ? " " + part : ""), wide = pen.measureText(text).width;
        const spots = open ? [[at.x - wide / 2, Math.max(32, at.y - 4)]]
          : [[at.x + 11, at.y + 4], [at.x - wide - 11, at.y + 4], [at.x - wide / 2, at.y - 12], [at.x - wide / 2, at.y + 22]];
        for (const [x, y] of spots) {
          const box = [x - 3, y - 13, x + wide + 3, y + 4];
          if (box[0] < 4 || box[2] > size.x - 4 || !free(box)) continue;
          taken.push(box);
          if (open) {
            pen.fillStyle = "rgba(255,255,255,.8)"; // there may be an image below it
            pen.fillRect(box[0], box[1] - 1, box[2] - box[0], box[3] - box[1] + 3);
          }
          pen.lineWidth = 3.5;
          pen.lineJoin = "round";
          pen.strokeStyle = "rgba(255,255,255,.92)";
          pen.strokeText(text, x, y);
          pen.fillStyle = "#1c2420";
          pen.fillText(text, x, y);
          break;
        }
      }
    },

    // A site that fills part of the window needs no dot: its name stands above its land.
    where: function (map, place) {
      if (place.bounds) {
        const a = map.latLngToContainerPoint([place.bounds[1][0], place.bounds[0][1]]), b = map.latLngToContainerPoint([place.bounds[0][0], place.bounds[1][1]]);
        if (Math.max(b.x - a.x, b.y - a.y) > 70) return { wide: true, at: L.point((a.x + b.x) / 2, a.y) };
      }
      return { wide: false, at: map.latLngToContainerPoint([place.lat, place.lng]) };
    },

    // The place under a point of the window, for a click that zooms to it.
    hit: function (point) {
      const found = (this.shownDots || []).find(({ at }) => at.distanceTo(point) < 14);
      return found ? found.place : null;
    },
  });

  // Where buttons stand on the map.
  function controls(map) {
    const frame = map.getContainer().getBoundingClientRect();
    return [...map.getContainer().querySelectorAll(".leaflet-control")].map((control) => {
      const box = control.getBoundingClientRect();
      return [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top];
    });
  }

  // A name cut to a width.
  function short(pen, text, most) {
    let end = Math.min(text.length, 200);
    while (end > 1 && pen.measureText(text.slice(0, end)).width > most) end = Math.floor(end * 0.9);
    return end < text.length ? text.slice(0, end) + "…" : text;
  }

  // A ring divided by the states of the site's land; a plain dot where they are not known.
  function dot(pen, at, given) {
    const parts = given && given.length ? given : [["#8a938d", 1]];
    const sum = parts.reduce((total, [, share]) => total + share, 0) || 1;
    let angle = -Math.PI / 2;
    for (const [colour, share] of parts) {
      const next = angle + (share / sum) * 2 * Math.PI;
      pen.beginPath();
      pen.moveTo(at.x, at.y);
      pen.arc(at.x, at.y, 8, angle, next);
      pen.closePath();
      pen.fillStyle = colour;
      pen.fill();
      angle = next;
    }
    pen.beginPath();
    pen.arc(at.x, at.y, 8, 0, 7);
    pen.lineWidth = 1.5;
    pen.strokeStyle = "#fff";
    pen.stroke();
    pen.beginPath();
    pen.arc(at.x, at.y, 8.8, 0, 7);
    pen.lineWidth = 0.8;
    pen.strokeStyle = "#333";
    pen.stroke();
  }
})();
