// Gzip for browsers without DecompressionStream (before Firefox 113, Safari 16.4). RFC 1951 and 1952; speed is secondary.
(function () {
  "use strict";
  const R = (window.Reclaim = window.Reclaim || {});
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

  // Base value and number of extra bits of the length and distance codes.
  function ranges(count, first, grow, start) {
    const base = [], extra = [];
    let value = first;
    for (let i = 0; i < count; i++) {
      const bits = i < start ? 0 : Math.floor((i - start) / grow) + 1;
      base.push(value);
      extra.push(bits);
      value += 1 << bits;
    }
    return { base, extra };
  }
  const LENGTHS = ranges(28, 3, 4, 8);
  LENGTHS.base.push(258);
  LENGTHS.extra.push(0);
  const DISTANCES = ranges(30, 1, 2, 4);

  // Canonical Huffman code: how many codes of each length, and the symbols in their order.
  function tree(lengths) {
    const count = new Uint16Array(16), offset = new Uint16Array(16), symbol = new Uint16Array(lengths.length);
    for (const length of lengths) count[length]++;
    count[0] = 0;
    for (let i = 1; i < 16; i++) offset[i] = offset[i - 1] + count[i - 1];
    lengths.forEach((length, i) => { if (length) symbol[offset[length]++] = i; });
    return { count, symbol };
  }

  R.inflateGzip = function (data) {
    let at = 10, held = 0, bits = 0, out = new Uint8Array(data.length * 4), size = 0;
    const flags = data[3];
    if (data[0] !== 0x1f || data[1] !== 0x8b || data[2] !== 8) throw new Error("not gzip");
    if (flags & 4) at += 2 + data[at] + (data[at + 1] << 8);
    for (const flag of [8, 16]) if (flags & flag) { while (data[at++]); }
    if (flags & 2) at += 2;

    function take(n) {
      while (bits < n) { held |= data[at++] << bits; bits += 8; }
      const value = held & ((1 << n) - 1);
      held >>>= n;
      bits -= n;
      return value;
    }
    function read(code) {
      let value = 0, first = 0, index = 0;
      for (let length = 1; length < 16; length++) {
        value |= take(1);
        const here = code.count[length];
        if (value - first < here) return code.symbol[index + value - first];
        index += here;
        first = (first + here) << 1;
        value <<= 1;
      }
      throw new Error("broken gzip");
    }
    function room(n) {
      if (size + n <= out.length) return;
      const larger = new Uint8Array(Math.max(out.length * 2, size + n));
      larger.set(out);
      out = larger;
    }
    function stored() {
      held = bits = 0;
      const length = data[at] | (data[at + 1] << 8);
      at += 4;
      room(length);
      out.set(data.subarray(at, at + length), size);
      at += length;
      size += length;
    }
    function dynamic() {
      const literals = take(5) + 257, distances = take(5) + 1, lengths = new Array(19).fill(0);
      for (let i = 0, n = take(4) + 4; i < n; i++) lengths[ORDER[i]] = take(3);
      const code = tree(lengths), all = [];
      while (all.length < literals + distances) {
        const symbol = read(code);
        if (symbol < 16) all.push(symbol);
        else {
          const value = symbol === 16 ? all[all.length - 1] : 0;
          const times = symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7);
          for (let i = 0; i < times; i++) all.push(value);
        }
      }
      return [tree(all.slice(0, literals)), tree(all.slice(literals))];
    }
    function fixed() {
      const lengths = [];
      for (let i = 0; i < 288; i++) lengths.push(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
      return [tree(lengths), tree(new Array(30).fill(5))];
    }
    function block([literal, distance]) {
      for (;;) {
        const symbol = read(literal);
        if (symbol === 256) return;
        room(258);
        if (symbol < 256) { out[size++] = symbol; continue; }
        const length = LENGTHS.base[symbol - 257] + take(LENGTHS.extra[symbol - 257]);
        const code = read(distance);
        const back = DISTANCES.base[code] + take(DISTANCES.extra[code]);
        for (let i = 0; i < length; i++, size++) out[size] = out[size - back];
      }
    }
    for (let last = 0; !last; ) {
      last = take(1);
      const kind = take(2);
      if (kind === 0) stored();
      else if (kind === 1) block(fixed());
      else if (kind === 2) block(dynamic());
      else throw new Error("broken gzip");
    }
    return out.slice(0, size);
  };
})();
