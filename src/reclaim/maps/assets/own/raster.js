// An image laid on the ground: painted on tiles, in small cells, so that it lies right in any coordinate system of the
// map (a datum shift is not the same all over an image).
(function () {
  "use strict";
  const R = window.Reclaim;
  if (R.Image) return;
  const CELL = 64;

  // The image's rows are even in Web Mercator.
  const north = (lat) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));

  R.Image = L.GridLayer.extend({
    options: { noWrap: true, keepBuffer: 1 },

    initialize: function (source, options) {
      L.setOptions(this, options);
      this.meta = source.meta;
      this.shared = source.shared || {};
      this.opacity = 1;
      this.ready = source.ready || this.read(source);
      R.jobs.push(this.ready);
    },

    read: async function (source) {
      const image = new Image();
      image.src = source.data ? "data:image/png;base64," + document.getElementById(source.data).textContent : source.url;
      await image.decode();
      this.shared.image = image;
    },

    covers: function () {
      const [west, south, east, north] = this.meta.bounds;
      return L.latLngBounds([south, west], [north, east]);
    },

    view: function (options) {
      return new R.Image({ meta: this.meta, shared: this.shared, ready: this.ready }, options);
    },

    onAdd: function (map) {
      if (!this.options.pane || this.options.pane === "tilePane") this.options.pane = R.paneFor(map, this);
      L.GridLayer.prototype.onAdd.call(this, map);
      this.ready.then(() => this.redraw());
    },

    createTile: function (coords) {
      const tile = L.DomUtil.create("canvas", "leaflet-tile");
      const size = this.getTileSize(), ratio = R.ratio();
      tile.width = size.x * ratio;
      tile.height = size.y * ratio;
      if (this.shared.image) this.paint(tile, coords, size, ratio);
      return tile;
    },

    paint: function (tile, coords, size, ratio) {
      const pen = tile.getContext("2d"), { image } = this.shared, [west, south, east, top] = this.meta.bounds;
      const y0 = north(top), y1 = north(south);
      const place = (x, y) => {
        const at = this._map.unproject(L.point(coords.x * size.x + x, coords.y * size.y + y), coords.z);
        return [((at.lng - west) / (east - west)) * image.width, ((north(at.lat) - y0) / (y1 - y0)) * image.height];
      };
      pen.imageSmoothingEnabled = false;
      for (let y = 0; y < size.y; y += CELL)
        for (let x = 0; x < size.x; x += CELL) {
          const [u0, v0] = place(x, y), [u1, v1] = place(x + CELL, y + CELL);
          if (u1 < 0 || v1 < 0 || u0 > image.width || v0 > image.height) continue;
          // only the part of the image that the cell shows, at the place where it lies in the cell
          const a = Math.max(0, u0), b = Math.max(0, v0), c = Math.min(image.width, u1), d = Math.min(image.height, v1);
          const perX = (CELL * ratio) / (u1 - u0), perY = (CELL * ratio) / (v1 - v0);
          pen.drawImage(image, a, b, c - a, d - b, x * ratio + (a - u0) * perX, y * ratio + (b - v0) * perY, (c - a) * perX, (d - b) * perY);
        }
    },
  });
})();
