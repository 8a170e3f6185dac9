// Before and after: two layers (or one layer at two dates) on either side of a bar that is dragged by mouse, finger or
// arrow keys. Each side is a view of its own in a pane that is clipped; images and outlines alike.
(function () {
  "use strict";
  const R = window.Reclaim;

  // Two names without the words that both begin with: of one layer at two dates, the dates.
  function apart(left, right) {
    const a = left.split(" "), b = right.split(" ");
    while (a.length > 1 && b.length > 1 && a[0] === b[0]) { a.shift(); b.shift(); }
    return [a.join(" "), b.join(" ")];
  }

  R.Swipe = class {
    // choices: [{label, layer, day}]
    constructor(map, choices) {
      Object.assign(this, { map, choices, share: 0.5, sides: [null, null] });
      this.bar = R.make("div", "rc-swipe");
      this.grip = R.make("button", "rc-swipe-grip", "⇔");
      this.grip.type = "button";
      this.grip.setAttribute("role", "slider");
      this.grip.setAttribute("aria-label", R.say(R.words.swipe_bar));
      this.grip.setAttribute("aria-valuemin", "0");
      this.grip.setAttribute("aria-valuemax", "100");
      this.tags = ["left", "right"].map((side) => R.make("span", "rc-swipe-tag rc-swipe-" + side));
      this.bar.append(...this.tags, this.grip);
      L.DomEvent.disableClickPropagation(this.bar);
      this.grip.addEventListener("pointerdown", (event) => this.drag(event));
      this.grip.addEventListener("keydown", (event) => this.key(event));
      this.clip = this.clip.bind(this);
    }

    start(left, right) {
      this.stop();
      this.map.getContainer().appendChild(this.bar);
      // the sides stand in for what they show
      this.covered = [...new Set([left, right].map((index) => this.choices[index].layer))].filter((layer) => this.map.hasLayer(layer));
      this.covered.forEach((layer) => layer.remove());
      const names = apart(this.choices[left].label, this.choices[right].label);
      [left, right].forEach((index, side) => {
        const choice = this.choices[index], view = choice.layer.view({});
        if (choice.day !== undefined) view.at = choice.day;
        view.addTo(this.map);
        this.sides[side] = view;
        this.tags[side].textContent = names[side];
      });
      this.map.on("move zoom resize viewreset zoomend", this.clip);
      R.seek(this.map, this.sides);
      this.move(this.share);
      if (this.changed) this.changed();
    }

    stop() {
      this.bar.remove();
      this.map.off("move zoom resize viewreset zoomend", this.clip);
      this.sides.forEach((view) => {
        if (!view) return;
        const pane = view.getPane();
        view.remove();
        pane.remove();
        delete this.map.getPanes()[view.options.pane];
      });
      this.sides = [null, null];
      (this.covered || []).forEach((layer) => layer.addTo(this.map));
      this.covered = [];
      if (this.changed) this.changed();
    }

    shows(layer) { return this.sides.some((view) => view && view.meta === layer.meta); }

    get on() { return Boolean(this.sides[0]); }

    move(share) {
      this.share = Math.max(0, Math.min(1, share));
      this.grip.setAttribute("aria-valuenow", String(Math.round(this.share * 100)));
      this.clip();
    }

    clip() {
      const size = this.map.getSize(), x = size.x * this.share;
      this.bar.style.left = x + "px";
      this.tags.forEach((tag, side) => { tag.style.maxWidth = Math.max(0, (side ? size.x - x : x) - 34) + "px"; });
      const corner = (px, py) => this.map.containerPointToLayerPoint([px, py]);
      this.sides.forEach((view, side) => {
        if (!view) return;
        const a = corner(side ? x : 0, 0), b = corner(side ? size.x : x, size.y);
        view.getPane().style.clipPath = `polygon(${a.x}px ${a.y}px, ${b.x}px ${a.y}px, ${b.x}px ${b.y}px, ${a.x}px ${b.y}px)`;
      });
    }

    drag(event) {
      event.preventDefault();
      this.grip.focus();
      this.grip.setPointerCapture(event.pointerId);
      const left = this.map.getContainer().getBoundingClientRect().left, width = this.map.getSize().x;
      const move = (e) => this.move((e.clientX - left) / width);
      const end = () => {
        this.grip.removeEventListener("pointermove", move);
        this.grip.removeEventListener("pointerup", end);
        this.grip.removeEventListener("pointercancel", end);
      };
      this.grip.addEventListener("pointermove", move);
      this.grip.addEventListener("pointerup", end);
      this.grip.addEventListener("pointercancel", end);
    }

    key(event) {
      const step = { ArrowLeft: -0.05, ArrowDown: -0.05, ArrowRight: 0.05, ArrowUp: 0.05, Home: -1, End: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.move(this.share + step);
    }
  };
})();
