// The sheet around the map: title, figures, layers and legend, year slider, swipe, search, measuring, notes. It is built
// from the configuration in the page; every word of the data goes in by textContent.
(function () {
  "use strict";
  const R = window.Reclaim;

  R.sheet = function (map, layers) {
    const given = R.data("reclaim-sheet"), page = document.getElementById("rc-sheet");
    R.language = given.language;
    R.unit = given.unit;
    document.title = given.title;
    const part = (name) => page.querySelector(".rc-" + name);
    const own = given.layers.map((entry) => ({ ...entry, layer: layers[entry.name], meta: layers[entry.name].meta }));
    const ground = (own.find((entry) => entry.key === "spells") || {}).layer;
    R.shown = { map, own, ground };
    const timed = own.filter((entry) => entry.meta && entry.meta.timed).map((entry) => entry.layer);

    head(given, part("head"));
    const search = new R.Search(map, own.filter((e) => e.meta && e.meta.search).map((e) => e.layer), given.places, part("head").querySelector(".rc-search"));
    const figures = sidePart(part("side"), R.words.figures, true);
    if (given.rates.length) figures.appendChild(R.rateCard(given.rates));
    const panel = given.accounts.length ? new R.Figures(given, figures, ground) : null;
    const list = sidePart(part("side"), R.words.layers, true), drawn = own.filter((entry) => entry.key !== "base");
    const legend = new R.Legend(map, drawn, list), key = new R.Key(map, drawn, part("key"));
    legend.told = () => key.draw();
    bases(map, own.filter((entry) => entry.key === "base"), list, given);
    const swipe = swipeTool(map, own, given, part("side"), () => closer(map, given, panel));
    if (swipe) {
      key.swipe = swipe;
      swipe.changed = () => key.draw();
    }
    foot(given, part("foot"), part("side"));

    const years = given.stops.length > 1 ? new R.Years(given.stops, part("years"), told) : null;
    if (!years) part("years").hidden = true;
    page.classList.toggle("rc-has-years", Boolean(years));
    const dots = own.filter((entry) => entry.key === "sites").map((entry) => entry.layer);
    function told(stop) {
      for (const layer of [...timed, ...dots]) layer.setDay(stop.day);
      part("as-of").textContent = stop.label;
      if (panel) panel.show(stop);
    }
    if (panel) {
      panel.onAccount = (account) => {
        R.go(map, account.bounds);
        const name = part("rate-account");
        if (name) name.textContent = account === given.accounts[0] ? "" : R.say(given.accounts[0]);
      };
      panel.onPick = (shares) => {
        const written = shares && new Map([...shares].map(([site, m2]) => [site, `${R.areaNumber(m2, R.unit)} ${R.unitName(R.unit)}`]));
        for (const layer of dots) layer.setTold(written);
        if (!panel.picked) return;
        if (!map.hasLayer(ground)) map.addLayer(ground);
        if (swipe) swipe.end();
      };
    }
    search.onTime = (layer, f) => {
      const { begin, until } = layer.shared.content;
      const stop = given.stops.findIndex((s) => begin[f] <= s.day && s.day < until[f]);
      if (stop >= 0 && years) years.show(stop);
    };

    tools(map);
    places(map, layers, given, panel);
    const fit = () => given.bounds && map.fitBounds(given.bounds, { padding: [24, 24], maxZoom: 16, animate: false });
    R.fit = fit;
    R.jobs.push(Promise.all(own.map((entry) => entry.layer.ready)).then(() => {
      map.invalidateSize({ animate: false });
      fit();
      if (years) years.show(given.stops.length - 1);
      else told(given.stops[0] || { label: "", year: 0, day: null });
    }));
    phone(page, map);
    paper(map);
  };

  // ---- parts ----

  function head(given, box) {
    if (given.illustrative) box.appendChild(R.make("p", "rc-band", R.say(R.words.illustrative)));
    const title = R.make("div", "rc-title", null, [R.make("h1", "", given.title), R.make("p", "rc-subtitle", null, given.subtitle ? [R.make("span", "", given.subtitle), R.make("span", "rc-as-of")] : [R.make("span", "rc-as-of")])]);
    title.querySelector("h1").title = given.title;
    const row = R.make("div", "rc-head-row", null, [title, R.make("div", "rc-search")]);
    box.appendChild(row);
  }

  function sidePart(side, word, open) {
    const box = R.make("div", "rc-part-body");
    const part = R.make("details", "rc-part", null, [R.make("summary", "", R.say(word)), box]);
    part.open = open;
    side.appendChild(part);
    return box;
  }

  // On a narrow window the foot keeps its last note, the map's use; the others stand in the sheet at the bottom.
  function foot(given, box, side) {
    const note = (name) => (text) => R.make(name, "rc-foot-note", text);
    box.append(...given.notes.map(note("span")));
    const about = sidePart(side, R.words.about, true);
    about.append(...given.notes.map(note("p")));
    about.parentNode.classList.add("rc-about");
  }

  // Where all land is but specks, go to the site of the account that was chosen, or to the one with the most land.
  function closer(map, given, panel) {
    const boxes = given.places.filter((place) => place.bounds).map((place) => [place.id, L.latLngBounds(place.bounds)]);
    if (!panel || !boxes.length || boxes.some(([, box]) => R.seen(map, box))) return;
    const land = (id) => {
      const account = given.accounts.find((a) => a.key === id), row = account && account.rows[panel.stop.year];
      return (account === panel.account ? Infinity : 0) + ((row && row.ever) || 0);
    };
    R.go(map, boxes.sort((a, b) => land(b[0]) - land(a[0]))[0][1]);
  }

  function bases(map, entries, box, given) {
    if (!entries.length) return;
    const group = R.make("section", "rc-layer", null, [R.make("p", "rc-layer-name", R.say(R.words.base_map))]);
    const datum = R.make("p", "rc-note rc-datum");
    entries.forEach((entry, i) => {
      const tick = R.make("input");
      Object.assign(tick, { type: "radio", name: "rc-base", checked: map.hasLayer(entry.layer) });
      tick.addEventListener("change", () => { entries.forEach((other) => other.layer.remove()); entry.layer.addTo(map); tell(); });
      group.appendChild(R.make("label", "rc-base", null, [tick, R.make("span", "", R.say(entry))]));
    });
    const tell = () => {
      const shown = entries.find((entry) => map.hasLayer(entry.layer)), name = shown ? shown.layer.options.datum : "WGS 84 / CGCS2000";
      const moved = shown && shown.layer.shifted;
      datum.textContent = `${R.say(R.words.datum)}: ${name} (${R.say(moved ? R.words.datum_shifted : R.words.datum_true)})`;
    };
    tell();
    group.appendChild(datum);
    box.appendChild(group);
  }

  function swipeTool(map, own, given, side, comeCloser) {
    const choices = [];
    for (const entry of own) {
      if (!entry.layer.view) continue;
      if (entry.meta.timed && given.stops.length > 1) for (const stop of given.stops) choices.push({ layer: entry.layer, day: stop.day, label: `${R.say(entry)} · ${stop.year}` });
      else choices.push({ layer: entry.layer, label: R.say(entry) });
    }
    if (choices.length < 2) return null;
    const swipe = new R.Swipe(map, choices), box = sidePart(side, R.words.swipe, false);
    const spells = choices.map((c, i) => (c.layer.meta.key === "spells" ? i : -1)).filter((i) => i >= 0);
    // what is shown first: two images of the same kind if one is on the map, else the land at its first and last year
    const images = choices.map((c, i) => (c.layer.meta.key === "rasters" && !(c.layer.meta.classes || []).length && !c.layer.meta.ramp ? i : -1)).filter((i) => i >= 0);
    const pair = images.length > 1 ? images.reverse() : spells.length > 1 ? spells : [0, choices.length - 1];
    const selects = [R.words.left_side, R.words.right_side].map((word, s) => {
      const select = R.make("select", "rc-select");
      select.setAttribute("aria-label", R.say(word));
      choices.forEach((choice, i) => {
        const option = R.make("option", "", choice.label);
        option.value = String(i);
        select.appendChild(option);
      });
      select.value = String(s ? pair[pair.length - 1] : pair[0]);
      select.addEventListener("change", () => { if (swipe.on) begin(); });
      box.appendChild(R.make("label", "rc-swipe-choice", null, [R.make("span", "", R.say(word)), select]));
      return select;
    });
    const button = R.button("rc-small rc-swipe-button", R.say(R.words.swipe), () => (swipe.on ? end() : begin()));
    button.setAttribute("aria-pressed", "false");
    box.appendChild(button);
    function begin() {
      const [left, right] = selects.map((s) => Number(s.value));
      R.closeSheet();
      if (choices[left].layer.setDay && choices[right].layer.setDay) comeCloser();
      swipe.start(left, right);
      button.setAttribute("aria-pressed", "true");
    }
    function end() { swipe.stop(); button.setAttribute("aria-pressed", "false"); }
    swipe.end = () => { if (swipe.on) end(); };
    return swipe;
  }

  // Buttons on the map: zoom, whole map, full screen, measure; the scale. Their signs are drawn: no font is sure to
  // have them.
  const SIGNS = {
    zoom_in: "M10 4v12M4 10h12", zoom_out: "M4 10h12", fit: "M3 9.5 10 3.5l7 6M5 8.5V16.5h10V8.5",
    fullscreen: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4", measure: "M1.5 13.5 13.5 1.5l5 5-12 12zM5 10l2 2M7.5 7.5l3 3M10 5l2 2",
  };
  function sign(word) {
    const space = "http://www.w3.org/2000/svg", svg = document.createElementNS(space, "svg"), path = document.createElementNS(space, "path");
    svg.setAttribute("viewBox", "0 0 20 20");
    svg.setAttribute("class", "rc-icon");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", SIGNS[word]);
    svg.appendChild(path);
    return svg;
  }

  function tools(map) {
    const box = R.make("div", "rc-tools leaflet-bar");
    const add = (word, pressed) => {
      const button = R.button("rc-tool rc-tool-" + word, null, pressed || (() => {}));
      button.appendChild(sign(word));
      button.title = R.say(R.words[word]);
      button.setAttribute("aria-label", R.say(R.words[word]));
      box.appendChild(button);
      return button;
    };
    add("zoom_in", () => map.zoomIn());
    add("zoom_out", () => map.zoomOut());
    add("fit", () => R.fit());
    if (document.documentElement.requestFullscreen)
      add("fullscreen", () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
    const measure = add("measure");
    const result = R.make("div", "rc-measure");
    result.hidden = true;
    result.setAttribute("role", "status");
    const control = L.control({ position: "topleft" });
    control.onAdd = () => {
      const holder = R.make("div", "rc-tools-holder", null, [box, result]);
      L.DomEvent.disableClickPropagation(holder);
      return holder;
    };
    control.addTo(map);
    R.measure = new R.Measure(map, measure, result);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    map.attributionControl.setPrefix("Leaflet · Folium");
    map.getContainer().setAttribute("aria-label", document.title);
    map.getContainer().setAttribute("role", "application");
    document.addEventListener("fullscreenchange", () => map.invalidateSize());
  }

  // Dots of sites answer clicks by coming closer, and the panel shows their account.
  function places(map, layers, given, panel) {
    const entry = given.layers.find((e) => e.key === "sites");
    if (!entry) return;
    const layer = layers[entry.name];
    const hit = (event) => (map.hasLayer(layer) ? layer.hit(event.containerPoint) : null);
    map.on("click", (event) => {
      const place = hit(event);
      if (!place || R.pointer(map).quiet || !place.bounds) return;
      map.closePopup();
      const account = given.accounts.findIndex((a) => a.key === place.id);
      if (account > 0) panel.pickAccount(account);
      else R.go(map, place.bounds);
    });
  }

  // On paper the map has a size of its own and shows the same ground. Printing does not wait, so everything is painted
  // at once; and browsers print a canvas on white, so all of them are put together on one.
  function paper(map) {
    const box = map.getContainer(), sheet = R.make("canvas", "rc-paper");
    const snap = map.options.zoomSnap;
    let seen = null;
    const set = (width, height, show) => {
      Object.assign(box.style, { width, height, flex: width ? "none" : "" });
      R.atOnce = true;
      map.options.zoomSnap = width ? 0 : snap;
      map.invalidateSize({ animate: false, pan: false });
      show();
      R.painted.splice(0).forEach((done) => done());
    };
    window.addEventListener("beforeprint", () => {
      seen = { bounds: map.getBounds(), center: map.getCenter(), zoom: map.getZoom() };
      set("716px", "530px", () => map.fitBounds(seen.bounds, { animate: false })); // as wide as an upright A4; on a lying one the figures stand beside it
      together(map, sheet);
      box.appendChild(sheet);
      box.classList.add("rc-printing");
      R.atOnce = false;
    });
    window.addEventListener("afterprint", () => {
      box.classList.remove("rc-printing");
      sheet.remove();
      set("", "", () => map.setView(seen.center, seen.zoom, { animate: false }));
      R.atOnce = false;
      map.eachLayer((layer) => layer.redraw && layer.redraw());
    });
  }

  // All pictures of the map, from the lowest pane to the topmost, on one canvas. Chromium rounds the scale at which it
  // prints a canvas down to 64ths, so it has to be one of those.
  function together(map, sheet) {
    const size = map.getSize(), ratio = 4, pen = sheet.getContext("2d"), origin = map.getContainer().getBoundingClientRect();
    sheet.width = size.x * ratio;
    sheet.height = size.y * ratio;
    Object.assign(sheet.style, { width: size.x + "px", height: size.y + "px" });
    pen.scale(ratio, ratio);
    pen.fillStyle = getComputedStyle(map.getContainer()).backgroundColor;
    pen.fillRect(0, 0, size.x, size.y);
    const level = (pane) => Number(getComputedStyle(pane).zIndex) || 0;
    for (const pane of Object.values(map.getPanes()).filter((p) => p !== map.getPane("mapPane")).sort((a, b) => level(a) - level(b))) {
      pen.save();
      clipTo(pen, map, pane.style.clipPath);
      for (const picture of pane.querySelectorAll("canvas, img.leaflet-tile")) {
        const place = picture.getBoundingClientRect();
        if (picture.width) pen.drawImage(picture, place.left - origin.left, place.top - origin.top, place.width, place.height);
      }
      pen.restore();
    }
  }

  // The part of a pane that the swipe shows.
  function clipTo(pen, map, clip) {
    const n = (clip.match(/-?[\d.]+/g) || []).map(Number);
    if (n.length < 8) return;
    const a = map.layerPointToContainerPoint([n[0], n[1]]), b = map.layerPointToContainerPoint([n[4], n[5]]);
    pen.beginPath();
    pen.rect(a.x, a.y, b.x - a.x, b.y - a.y);
    pen.clip();
  }

  // On a narrow window the side panel is a sheet at the bottom that is drawn up.
  function phone(page, map) {
    const side = page.querySelector(".rc-side");
    let before = null, during = null; // what the map showed while the sheet was down, and first when it was up
    const look = () => ({ center: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds() });
    const set = (open) => {
      if (open) {
        before = look();
        R.gone = null;
      }
      const moved = !open && (map.getZoom() !== during.zoom || map.project(map.getCenter()).distanceTo(map.project(during.center)) > 10);
      page.classList.toggle("rc-open", open);
      handle.setAttribute("aria-expanded", String(open));
      const seen = map.getBounds();
      map.invalidateSize({ animate: false });
      if (open) map.fitBounds(before.bounds.pad(-0.1), { animate: false });
      else if (moved) R.go(map, R.gone || seen);
      else map.setView(before.center, before.zoom, { animate: false });
      during = look();
    };
    const handle = R.button("rc-handle", null, () => set(!page.classList.contains("rc-open")));
    R.closeSheet = () => { if (page.classList.contains("rc-open")) set(false); };
    handle.setAttribute("aria-expanded", "false");
    handle.append(R.make("span", "rc-grip"), R.make("span", "", `${R.say(R.words.figures)} · ${R.say(R.words.layers)}`));
    side.prepend(handle);
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  }
})();
