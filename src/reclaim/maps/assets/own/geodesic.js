// Lengths and areas on the CGCS2000 ellipsoid, for what a reader measures by hand. The map's own figures never come from
// here: they are the ledger's.
(function () {
  "use strict";
  const R = window.Reclaim;
  const A = 6378137, F = 1 / 298.257222101, B = A * (1 - F), E2 = F * (2 - F), E = Math.sqrt(E2);
  const rad = (degrees) => (degrees * Math.PI) / 180;

  // Geodesic length in metres between two places (Vincenty 1975, inverse). Near the antipode, where it does not
  // converge, the great circle on the mean sphere stands in.
  R.distance = function (p, q) {
    const L0 = rad(q.lng - p.lng), U1 = Math.atan((1 - F) * Math.tan(rad(p.lat))), U2 = Math.atan((1 - F) * Math.tan(rad(q.lat)));
    const s1 = Math.sin(U1), c1 = Math.cos(U1), s2 = Math.sin(U2), c2 = Math.cos(U2);
    let lambda = L0;
    for (let turn = 0; turn < 100; turn++) {
      const sl = Math.sin(lambda), cl = Math.cos(lambda);
      const sinS = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
      if (sinS === 0) return 0;
      const cosS = s1 * s2 + c1 * c2 * cl, sigma = Math.atan2(sinS, cosS);
      const sinA = (c1 * c2 * sl) / sinS, cos2A = 1 - sinA * sinA;
      const cos2M = cos2A ? cosS - (2 * s1 * s2) / cos2A : 0;
      const C = (F / 16) * cos2A * (4 + F * (4 - 3 * cos2A));
      const before = lambda;
      lambda = L0 + (1 - C) * F * sinA * (sigma + C * sinS * (cos2M + C * cosS * (2 * cos2M * cos2M - 1)));
      if (Math.abs(lambda - before) > 1e-12) continue;
      const u2 = (cos2A * (A * A - B * B)) / (B * B);
      const a = 1 + (u2 / 16384) * (4096 + u2 * (u2 * (320 - 175 * u2) - 768));
      const b = (u2 / 1024) * (256 + u2 * (u2 * (74 - 47 * u2) - 128));
      const d = b * sinS * (cos2M + (b / 4) * (cosS * (2 * cos2M * cos2M - 1) - (b / 6) * cos2M * (4 * sinS * sinS - 3) * (4 * cos2M * cos2M - 3)));
      return B * a * (sigma - d);
    }
    const h = Math.sin(rad(q.lat - p.lat) / 2) ** 2 + Math.cos(rad(p.lat)) * Math.cos(rad(q.lat)) * Math.sin(L0 / 2) ** 2;
    return 2 * 6371008.8 * Math.asin(Math.sqrt(h));
  };

  // Latitude on the sphere of equal area, as its sine; and that sphere's radius squared.
  const q = (s) => (1 - E2) * (s / (1 - E2 * s * s) - Math.log((1 - E * s) / (1 + E * s)) / (2 * E));
  const Q1 = q(1), RADIUS2 = (A * A * Q1) / 2;

  // Area in m² of a ring of places: great-circle edges on the authalic sphere (spherical excess, edge by edge). Against
  // geodesic edges this is right to about 1e-8 for edges of a kilometre, 1e-6 for ten.
  R.ringArea = function (ring) {
    const tan = (place) => {
      const beta = Math.asin(Math.max(-1, Math.min(1, q(Math.sin(rad(place.lat))) / Q1)));
      return Math.tan(beta / 2);
    };
    let excess = 0;
    for (let i = 0; i < ring.length; i++) {
      const p = ring[i], n = ring[(i + 1) % ring.length];
      let turn = rad(n.lng - p.lng);
      if (turn > Math.PI) turn -= 2 * Math.PI;
      if (turn < -Math.PI) turn += 2 * Math.PI;
      const t1 = tan(p), t2 = tan(n);
      excess += 2 * Math.atan2(Math.tan(turn / 2) * (t1 + t2), 1 + t1 * t2);
    }
    return Math.abs(excess) * RADIUS2;
  };
})();
