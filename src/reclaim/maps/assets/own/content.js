// What a layer shows: outlines in a pool, rows in columns of numbers, and an index. Read from GeoJSON or from the packed
// form; both become the same.
(function () {
  "use strict";
  const R = window.Reclaim;
  if (R.Index) return;

  const POINT = (R.POINT = 0), LINE = (R.LINE = 1), POLYGON = (R.POLYGON = 2);
  const NEVER = 2147483647;

  // Outlines, each once. lng, lat: all vertices; ringEnd: end of each ring in them; shapeEnd: end of each outline in
  // the rings; kind: point, line or polygon.
  class Pool {
    constructor(parts) {
      Object.assign(this, parts);
      const n = this.kind.length;
      this.box = new Float64Array(n * 4); // west, south, east, north of each outline
      for (let s = 0, v = 0; s < n; s++) {
        let west = Infinity, south = Infinity, east = -Infinity, north = -Infinity;
        const end = this.shapeEnd[s] ? this.ringEnd[this.shapeEnd[s] - 1] : 0;
        for (; v < end; v++) {
          const x = this.lng[v], y = this.lat[v];
          if (x < west) west = x;
          if (x > east) east = x;
          if (y < south) south = y;
          if (y > north) north = y;
        }
        this.box.set([west, south, east, north], s * 4);
      }
    }

    rings(s) {
      const rings = [];
      for (let r = s ? this.shapeEnd[s - 1] : 0; r < this.shapeEnd[s]; r++) rings.push([r ? this.ringEnd[r - 1] : 0, this.ringEnd[r]]);
      return rings;
    }

    // Vertices in units of a coordinate system's plane at scale 1, and the box of each outline there (left, top, right,
    // bottom); made anew when the map changes its system.
    plane(crs) {
      if (this.crs === crs) return this.flat;
      const { lng, lat } = this, n = lng.length, places = new Float64Array(n * 2);
      if (crs === L.CRS.EPSG3857) {
        for (let i = 0; i < n; i++) {
          places[2 * i] = lng[i] / 360 + 0.5;
          places[2 * i + 1] = 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat[i] * Math.PI) / 360)) / (2 * Math.PI);
        }
      } else {
        for (let i = 0; i < n; i++) {
          const p = crs.transformation.transform(crs.projection.project(L.latLng(lat[i], lng[i])), 1);
          places[2 * i] = p.x;
          places[2 * i + 1] = p.y;
        }
      }
      this.crs = crs;
      return (this.flat = { places, boxes: this.boxes(places) });
    }

    boxes(places) {
      const n = this.kind.length, boxes = new Float64Array(n * 4);
      for (let s = 0, v = 0; s < n; s++) {
        let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
        const end = this.shapeEnd[s] ? this.ringEnd[this.shapeEnd[s] - 1] : 0;
        for (; v < end; v++) {
          const x = places[2 * v], y = places[2 * v + 1];
          if (x < left) left = x;
          if (x > right) right = x;
          if (y < top) top = y;
          if (y > bottom) bottom = y;
        }
        boxes.set([left, top, right, bottom], s * 4);
      }
      return boxes;
    }
  }

  // The rows of a layer: which outline each has, its class, its time, its values.
  class Content {
    constructor(parts) {
      Object.assign(this, parts);
      this.n = this.shape.length;
    }

    rings(f) { return this.pool.rings(this.shape[f]); }
    kind(f) { return this.pool.kind[this.shape[f]]; }

    value(f, name) {
      const column = this.columns[name];
      if (!column) return null;
      if (column.form === "plain") return column.values[f];
      if (column.form === "whole") return column.numbers[f];
      if (column.form === "hundredths") return column.numbers[f] / 100;
      const code = column.codes[f];
      if (code === 0) return null;
      if (column.form === "codes") return column.values[code - 1];
      const [stem, width] = column.stems[code - 1];
      return width ? stem + String(column.numbers[f]).padStart(width, "0") : stem;
    }
  }

  R.fromGeoJson = function (collection, meta) {
    const lng = [], lat = [], ringEnd = [], shapeEnd = [], kind = [], cls = [], begin = [], until = [], columns = {};
    for (const name of meta.names) columns[name] = { form: "plain", values: [] };
    function ring(points, closed) {
      const end = closed ? points.length - 1 : points.length;
      for (let i = 0; i < end; i++) { lng.push(points[i][0]); lat.push(points[i][1]); }
      ringEnd.push(lng.length);
    }
    function shape(geometry) {
      const c = geometry.coordinates;
      switch (geometry.type) {
        case "Point": ring([c]); return POINT;
        case "MultiPoint": c.forEach((p) => ring([p])); return POINT;
        case "LineString": ring(c); return LINE;
        case "MultiLineString": c.forEach((line) => ring(line)); return LINE;
        case "Polygon": c.forEach((r) => ring(r, true)); return POLYGON;
        case "MultiPolygon": c.forEach((polygon) => polygon.forEach((r) => ring(r, true))); return POLYGON;
        default: return geometry.geometries.map(shape).pop(); // a collection is drawn as the last of its kinds
      }
    }
    for (const feature of collection.features) {
      const p = feature.properties;
      kind.push(shape(feature.geometry));
      shapeEnd.push(ringEnd.length);
      cls.push(feature["class"]);
      begin.push(feature.begin === undefined || feature.begin === null ? -NEVER : feature.begin);
      until.push(feature.until === undefined || feature.until === null ? NEVER : feature.until);
      for (const name of meta.names) columns[name].values.push(p[name]);
    }
    const pool = new Pool({ lng: Float64Array.from(lng), lat: Float64Array.from(lat), ringEnd, shapeEnd, kind });
    return new Content({ pool, shape: kind.map((_, f) => f), cls, columns, begin: meta.timed ? begin : null, until: meta.timed ? until : null });
  };

  // Header and sections of a payload in the page.
  async function payload(id) {
    const bytes = await R.unzip(R.bytes(document.getElementById(id).textContent));
    const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))), section = {};
    let at = 4 + length;
    for (const [name, size] of header.sections) {
      section[name] = bytes.subarray(at, at + size);
      at += size;
    }
    return { header, section };
  }

  // A pool is read once, however many layers show its outlines.
  const pools = new Map();
  function poolOf(id) {
    if (!pools.has(id)) pools.set(id, readPool(id));
    return pools.get(id);
  }
  async function readPool(id) {
    const { header, section } = await payload(id), [west, south, stepX, stepY] = header.grid;
    const ringEnd = running(section.points), vertices = ringEnd.length ? ringEnd[ringEnd.length - 1] : 0;
    return new Pool({ lng: coordinates(section.x, vertices, west, stepX), lat: coordinates(section.y, vertices, south, stepY),
      ringEnd, shapeEnd: running(section.rings), kind: section.kind });
  }

  R.fromPacked = async function (source) {
    const [pool, { header, section }] = await Promise.all([poolOf(source.pool), payload(source.data)]), n = header.n;
    for (const [name, column] of Object.entries(header.columns)) {
      const codes = section[`column.${name}.c`], numbers = section[`column.${name}.n`];
      if (codes) column.codes = unsigned(codes, n);
      if (numbers) column.numbers = column.form === "hundredths" ? signed(numbers, n) : summed(numbers, n);
    }
    return new Content({ pool, shape: Int32Array.from(summed(section.shape, n)), cls: section["class"], columns: header.columns,
      begin: section.begin ? summed(section.begin, n) : null, until: section.until ? summed(section.until, n) : null });
  };

  // Unsigned varints, and their running totals.
  function unsigned(bytes, n) {
    const out = n === undefined ? [] : new Int32Array(n);
    let value = 0, shift = 0, at = 0;
    for (const byte of bytes) {
      value |= (byte & 127) << shift;
      if (byte & 128) { shift += 7; continue; }
      out[at++] = value;
      value = shift = 0;
    }
    return out;
  }
  function running(bytes) {
    let total = 0;
    return Int32Array.from(unsigned(bytes), (value) => (total += value));
  }

  // Signed numbers (zig-zag varints), and differences summed up. Multiplication, because 32 bits of shift are too few for dates.
  function each(bytes, n, put) {
    let at = 0;
    for (let i = 0; i < n; i++) {
      let byte = bytes[at++], value = byte & 127;
      for (let scale = 128; byte & 128; scale *= 128) {
        byte = bytes[at++];
        value += (byte & 127) * scale;
      }
      put(i, value % 2 ? -(value + 1) / 2 : value / 2);
    }
  }
  function coordinates(bytes, n, origin, step) {
    const out = new Float64Array(n);
    let total = 0;
    each(bytes, n, (i, value) => { out[i] = origin + (total += value) * step; });
    return out;
  }
  function summed(bytes, n) {
    const out = new Float64Array(n);
    let total = 0;
    each(bytes, n, (i, value) => { out[i] = total += value; });
    return out;
  }
  function signed(bytes, n) {
    const out = new Float64Array(n);
    each(bytes, n, (i, value) => { out[i] = value; });
    return out;
  }

  // ---- index: which features touch a rectangle ------------------------------------------------------------------

  // An even grid over the layer; a feature stands in every cell that its box touches, the widest ones in a list apart.
  R.Index = class {
    constructor(content) {
      const { n } = content, box = (this.box = new Float64Array(n * 4));
      for (let f = 0; f < n; f++) box.set(content.pool.box.subarray(content.shape[f] * 4, content.shape[f] * 4 + 4), f * 4);
      let west = Infinity, south = Infinity, east = -Infinity, north = -Infinity;
      for (let f = 0; f < n; f++) {
        west = Math.min(west, box[f * 4]); south = Math.min(south, box[f * 4 + 1]);
        east = Math.max(east, box[f * 4 + 2]); north = Math.max(north, box[f * 4 + 3]);
      }
      this.side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(n))));
      this.west = west; this.south = south;
      this.stepX = (east - west) / this.side || 1e-9;
      this.stepY = (north - south) / this.side || 1e-9;
      this.seen = new Uint32Array(n);
      this.stamp = 0;
      this.wide = [];
      const start = new Uint32Array(this.side * this.side + 1);
      const each = (visit) => {
        for (let f = 0; f < n; f++) {
          const [x0, y0, x1, y1] = this.cells(box[f * 4], box[f * 4 + 1], box[f * 4 + 2], box[f * 4 + 3]);
          if ((x1 - x0 + 1) * (y1 - y0 + 1) > 256) { visit(f, -1); continue; }
          for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) visit(f, y * this.side + x);
        }
      };
      each((f, cell) => { if (cell < 0) this.wide.push(f); else start[cell + 1]++; });
      for (let i = 0; i < start.length - 1; i++) start[i + 1] += start[i];
      const fill = start.slice();
      this.start = start;
      this.items = new Uint32Array(start[start.length - 1]);
      each((f, cell) => { if (cell >= 0) this.items[fill[cell]++] = f; });
    }

    cells(west, south, east, north) {
      const hold = (v) => Math.max(0, Math.min(this.side - 1, v));
      return [hold(Math.floor((west - this.west) / this.stepX)), hold(Math.floor((south - this.south) / this.stepY)),
        hold(Math.floor((east - this.west) / this.stepX)), hold(Math.floor((north - this.south) / this.stepY))];
    }

    // Features whose box meets the rectangle, in their own order.
    find(west, south, east, north) {
      const found = [], { box, seen } = this;
      const stamp = ++this.stamp;
      const meets = (f) => box[f * 4] <= east && box[f * 4 + 2] >= west && box[f * 4 + 1] <= north && box[f * 4 + 3] >= south;
      for (const f of this.wide) if (meets(f)) found.push(f);
      const [x0, y0, x1, y1] = this.cells(west, south, east, north);
      for (let y = y0; y <= y1; y++)
        for (let x = x0; x <= x1; x++) {
          const cell = y * this.side + x;
          for (let i = this.start[cell]; i < this.start[cell + 1]; i++) {
            const f = this.items[i];
            if (seen[f] !== stamp && meets(f)) { seen[f] = stamp; found.push(f); }
          }
        }
      return Uint32Array.from(found).sort();
    }
  };
})();
