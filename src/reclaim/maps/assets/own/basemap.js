// Base maps and their datum. Tiles in a shifted system change the map's coordinate system while they are shown: places
// keep their true longitude and latitude, and only the way to the screen is bent. So data, figures and measurements are
// never shifted.
(function () {
  "use strict";
  const R = window.Reclaim;
  if (R.Base) return;

  const A = 6378245.0, EE = 0.00669342162296594323; // Krasovsky 1940, as the published GCJ-02 formula takes it
  const { PI, sin, cos, sqrt, abs, atan2 } = Math;

  // Tiles are shifted on the mainland alone, and all that is published is a box, which also holds neighbours (Korea,
  // Japan, Mongolia's heart, Kazakhstan, Nepal, Bhutan, India, Indochina, the Philippines), Hong Kong, Macau and Taiwan.
  // The boxes below leave these out, roughly; near a border look at the map before trusting either.
  const MAINLAND = [72.004, 0.8293, 137.8347, 55.8271];
  const NOT_SHIFTED = [[119.3, 21.8, 122.1, 25.4], [113.83, 22.14, 114.51, 22.56], [113.52, 22.1, 113.61, 22.21],
    [124.5, 33.0, 131.0, 38.6], [129.3, 30.0, 137.8347, 41.5], [98.0, 45.0, 111.0, 52.0], [72.004, 43.0, 80.0, 55.8271],
    [80.1, 27.0, 88.1, 27.9], [89.2, 26.65, 92.1, 27.9], [72.004, 0.8293, 78.0, 31.0], [78.0, 0.8293, 97.3, 27.0],
    [97.3, 0.8293, 107.9, 21.0], [97.3, 0.8293, 119.0, 7.5], [117.2, 5.0, 127.0, 19.5]];
  const within = (lng, lat, b) => lng >= b[0] && lng <= b[2] && lat >= b[1] && lat <= b[3];
  R.isShifted = (lng, lat) => within(lng, lat, MAINLAND) && !NOT_SHIFTED.some((box) => within(lng, lat, box));

  function wave(x, y) {
    const base = (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * (2 / 3);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + base +
      ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3 + ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + base +
      ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3 + ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
    return [east, north];
  }

  const toGcj = function (lng, lat) {
    if (!R.isShifted(lng, lat)) return [lng, lat];
    const [east, north] = wave(lng - 105, lat - 35), phi = (lat / 180) * PI;
    const magic = 1 - EE * sin(phi) ** 2, root = sqrt(magic);
    return [lng + (east * 180) / ((A / root) * cos(phi) * PI), lat + (north * 180) / (((A * (1 - EE)) / (magic * root)) * PI)];
  };

  const TURN = (PI * 3000) / 180;
  const toBd = function (lng, lat) {
    const [x, y] = toGcj(lng, lat);
    const z = sqrt(x * x + y * y) + 0.00002 * sin(y * TURN), theta = atan2(y, x) + 0.000003 * cos(x * TURN);
    return [z * cos(theta) + 0.0065, z * sin(theta) + 0.006];
  };

  // The way back, by taking away the shift at the last guess until it stands still (0.1 mm after three turns).
  const back = (shift) => (lng, lat) => {
    let x = lng, y = lat;
    for (let turn = 0; turn < 6; turn++) {
      const [sx, sy] = shift(x, y);
      x += lng - sx;
      y += lat - sy;
    }
    return [x, y];
  };

  function bent(plane, shift) {
    const unshift = back(shift);
    return {
      bounds: plane.bounds,
      project: (place) => { const [lng, lat] = shift(place.lng, place.lat); return plane.project(L.latLng(lat, lng)); },
      unproject: (point) => { const p = plane.unproject(point), [lng, lat] = unshift(p.lng, p.lat); return L.latLng(lat, lng); },
    };
  }

  // Baidu's plane: ellipsoidal Mercator in metres, one metre a pixel at level 18, rows counted upwards from the equator.
  const WORLD = 256 * 2 ** 18;
  const baidu = L.extend({}, L.Projection.Mercator, { R: 6378206, R_MINOR: 6356584.314245179 });

  R.shift = { "GCJ-02": toGcj, "BD-09": toBd };
  R.unshift = { "GCJ-02": back(toGcj), "BD-09": back(toBd) };
  const crs = {
    "GCJ-02": L.extend({}, L.CRS.EPSG3857, { code: "GCJ-02", projection: bent(L.CRS.EPSG3857.projection, toGcj) }),
    "BD-09": L.extend({}, L.CRS.Earth, { code: "BD-09", wrapLng: undefined, infinite: true, projection: bent(baidu, toBd),
      transformation: L.transformation(1 / WORLD, 0, -1 / WORLD, 0), scale: (zoom) => 256 * 2 ** zoom, zoom: (scale) => Math.log2(scale / 256) }),
  };
  R.crsOf = (datum) => crs[datum] || L.CRS.EPSG3857;

  // Show the map in another system without moving it on the ground.
  function change(map, wanted) {
    if (map.options.crs === wanted) return;
    const center = map._loaded && map.getCenter(), zoom = map._zoom;
    map.options.crs = wanted;
    if (!center) return;
    map._resetView(center, zoom, true);
  }

  R.Base = L.TileLayer.extend({
    initialize: function (source) {
      this.meta = source.meta;
      this.shifted = Boolean(crs[source.options.datum]);
      L.TileLayer.prototype.initialize.call(this, source.url, { ...source.options, crossOrigin: null });
    },
    // before the layer listens to the map: it has no tiles yet that could be set anew
    beforeAdd: function (map) {
      L.TileLayer.prototype.beforeAdd.call(this, map);
      change(map, R.crsOf(this.options.datum));
    },
    onRemove: function (map) {
      L.TileLayer.prototype.onRemove.call(this, map);
      change(map, L.CRS.EPSG3857);
    },
    getTileUrl: function (coords) {
      if (this.options.datum !== "BD-09") return L.TileLayer.prototype.getTileUrl.call(this, coords);
      return L.Util.template(this._url, { s: this._getSubdomain(coords), x: coords.x, "-y": -1 - coords.y, z: this._getZoomForUrl() });
    },
  });

  // Tiles that the page carries; a level that is missing is drawn from the nearest one above it.
  R.LocalTiles = L.GridLayer.extend({
    initialize: function (source) {
      this.meta = source.meta;
      this.tiles = source.tiles;
      this.shifted = false;
      L.setOptions(this, { datum: "WGS 84 / CGCS2000", maxZoom: 19, maxNativeZoom: Math.max(...source.meta.levels), minNativeZoom: Math.min(...source.meta.levels) });
    },
    createTile: function (coords) {
      const tile = L.DomUtil.create("img", "leaflet-tile");
      tile.alt = "";
      const address = this.tiles[`${coords.z}/${coords.x}/${coords.y}`];
      if (address) tile.src = address;
      return tile;
    },
  });
})();
