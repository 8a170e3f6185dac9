// Find by id or name, in what the layers on the map carry. Results are built from text nodes.
(function () {
  "use strict";
  const R = window.Reclaim;
  const MOST = 12;

  // As people sort names that end in numbers; a long list stays as it stands in the table.
  const inOrder = (hits) => (hits.length > 5000 ? hits : hits.sort((a, b) => Boolean(b.place) - Boolean(a.place) || a.text.localeCompare(b.text, "zh-CN", { numeric: true })));

  R.Search = class {
    // places: named places without an outline of their own, [{zh, en, id, bounds}]
    constructor(map, layers, places, box) {
      Object.assign(this, { map, layers, places });
      this.input = R.make("input", "rc-search-input");
      this.input.type = "search";
      this.input.autocomplete = "off";
      this.input.placeholder = R.say(R.words.search);
      this.input.setAttribute("aria-label", R.say(R.words.search));
      this.list = R.make("ul", "rc-search-list");
      this.list.hidden = true;
      box.append(this.input, this.list);
      this.input.addEventListener("input", () => this.look());
      box.addEventListener("keydown", (event) => this.key(event));
      box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) this.list.hidden = true; });
    }

    // Names first that begin with what was typed; each name once a layer.
    find(text) {
      const wanted = text.trim().toLocaleLowerCase(), starts = [], holds = [], seen = new Set();
      if (!wanted) return [];
      for (const place of this.places) {
        const names = [place.zh, place.en, place.id].filter(Boolean);
        const where = names.map((name) => name.toLocaleLowerCase().indexOf(wanted)).filter((i) => i >= 0);
        if (where.length) (where.includes(0) ? starts : holds).push({ place, text: R.say(place) });
      }
      for (const layer of this.layers) {
        const content = layer.shared.content;
        if (!content) continue;
        for (const name of layer.meta.search) {
          const column = content.columns[name];
          if (!column) continue;
          for (let f = 0; f < content.n && starts.length < MOST; f++) {
            const value = content.value(f, name);
            if (value === null || value === undefined) continue;
            const low = String(value).toLocaleLowerCase(), where = low.indexOf(wanted);
            if (where < 0) continue;
            const key = layer.meta.key + "\n" + value;
            if (seen.has(key)) continue;
            seen.add(key);
            (where === 0 ? starts : holds).push({ layer, f, text: String(value) });
          }
        }
      }
      return [...inOrder(starts), ...inOrder(holds)].slice(0, MOST);
    }

    look() {
      this.found = this.find(this.input.value);
      const items = this.found.map((hit) => {
        const button = R.button("rc-search-hit", null, () => this.go(hit));
        button.append(R.make("span", "rc-search-name", hit.text), R.make("small", "", R.say(hit.layer ? hit.layer.meta : R.words.account_site)));
        return R.make("li", "", null, [button]);
      });
      if (!items.length && this.input.value.trim()) items.push(R.make("li", "rc-search-none", R.say(R.words.none_found)));
      this.list.replaceChildren(...items);
      this.list.hidden = !items.length;
    }

    key(event) {
      if (event.key === "Escape") { this.list.hidden = true; this.input.focus(); return; }
      if (event.key === "Enter" && event.target === this.input && this.found && this.found.length) this.go(this.found[0]);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], stops = [this.input, ...this.list.querySelectorAll("button")];
      if (!step || this.list.hidden) return;
      event.preventDefault();
      stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(event.target) + step))].focus();
    }

    go({ layer, f, place }) {
      this.list.hidden = true;
      if (place) {
        if (place.bounds) this.map.fitBounds(place.bounds, { padding: [40, 40], maxZoom: 16, animate: false });
        return;
      }
      if (!this.map.hasLayer(layer)) this.map.addLayer(layer);
      if (layer.timed && !layer.shown(f)) this.onTime && this.onTime(layer, f);
      const bounds = layer.boundsOf(f);
      this.map.fitBounds(bounds, { maxZoom: 16, padding: [60, 60], animate: false });
      R.pointer(this.map).open(bounds.getCenter(), { layer, f });
    }
  };
})();
