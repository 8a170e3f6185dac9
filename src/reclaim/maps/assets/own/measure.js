// Measuring by hand: click to add places, double click, Enter or the tool's button to finish, Backspace to take one back.
(function () {
  "use strict";
  const R = window.Reclaim;

  R.Measure = class {
    constructor(map, button, box) {
      Object.assign(this, { map, button, box, places: [], active: false });
      this.drawn = L.layerGroup().addTo(map);
      this.buttons = [["finish", () => this.finish()], ["undo", () => this.undo()], ["clear", () => this.stop()]]
        .map(([word, pressed]) => R.button("rc-small", R.say(R.words[word]), pressed));
      button.addEventListener("click", () => (this.active ? this.stop() : this.start()));
      map.on("click", (event) => { if (this.active) this.add(event.latlng); });
      // the tap on the tool and the first on the map may come so fast that they are taken for a double one
      map.on("dblclick", () => { if (this.active && this.places.length > 1) this.finish(); });
      document.addEventListener("keydown", (event) => {
        if (!this.active) return;
        if (event.key === "Escape") this.stop();
        if (event.key === "Enter" && event.target.tagName !== "BUTTON") this.finish();
        if (event.key === "Backspace" && event.target.tagName !== "INPUT") { event.preventDefault(); this.undo(); }
      });
    }

    start() {
      this.places = [];
      this.active = true;
      R.pointer(this.map).quiet = true;
      R.pointer(this.map).leave();
      this.map.doubleClickZoom.disable();
      this.button.setAttribute("aria-pressed", "true");
      this.map.getContainer().classList.add("rc-measuring");
      this.draw();
    }

    // Stops adding; what was measured stays until the tool is used again.
    finish() {
      this.active = false;
      this.button.setAttribute("aria-pressed", "false");
      this.map.getContainer().classList.remove("rc-measuring");
      this.draw();
      setTimeout(() => { if (!this.active) { R.pointer(this.map).quiet = false; this.map.doubleClickZoom.enable(); } }, 300);
    }

    undo() {
      this.places.pop();
      this.draw();
    }

    stop() {
      this.places = [];
      this.finish();
      this.box.hidden = true;
    }

    add(latlng) {
      const last = this.places[this.places.length - 1];
      if (last && last.equals(latlng)) return; // the second click of a double click
      this.places.push(latlng);
      this.draw();
    }

    result() {
      const { places } = this;
      let length = 0;
      for (let i = 1; i < places.length; i++) length += R.distance(places[i - 1], places[i]);
      const closing = places.length > 2 ? R.distance(places[places.length - 1], places[0]) : 0;
      return { length, perimeter: length + closing, area: places.length > 2 ? R.ringArea(places) : null };
    }

    draw() {
      this.drawn.clearLayers();
      const style = { color: "#111", weight: 2, interactive: false, fillColor: "#fff", fillOpacity: 0.35 };
      if (this.places.length > 2) L.polygon(this.places, { ...style, dashArray: "4 4" }).addTo(this.drawn);
      else if (this.places.length) L.polyline(this.places, style).addTo(this.drawn);
      for (const place of this.places) L.circleMarker(place, { ...style, radius: 4, fillColor: "#111", fillOpacity: 1 }).addTo(this.drawn);
      this.tell();
    }

    tell() {
      const { length, perimeter, area } = this.result(), rows = [];
      if (this.places.length < 2) rows.push([R.say(R.words.measure), R.say(R.words.measure_hint)]);
      else if (area === null) rows.push([R.say(R.words.distance), metres(length)]);
      else rows.push([R.say(R.words.area), R.area(area)], [R.say(R.words.perimeter), metres(perimeter)]);
      this.box.replaceChildren(...rows.map(([label, text]) => R.make("p", "", null, [R.make("b", "", label), R.make("span", "", " " + text)])));
      const [finish, undo] = this.buttons;
      finish.hidden = undo.hidden = !this.active;
      finish.disabled = this.places.length < 2;
      undo.disabled = !this.places.length;
      this.box.appendChild(R.make("div", "rc-measure-buttons", null, this.buttons));
      this.box.hidden = false;
    }
  };

  const metres = (m) => (m < 10000 ? R.number(m, 1) + " m" : R.number(m / 1000, 3) + " km");
})();
