// The year slider: one step a year, by mouse, finger, arrow keys or play.
(function () {
  "use strict";
  const R = window.Reclaim;

  R.Years = class {
    // stops: [{label, day, year}]; told: function called with the stop
    constructor(stops, box, told) {
      Object.assign(this, { stops, told, timer: null });
      this.play = R.button("rc-play", "▶", () => this.toggle());
      this.play.setAttribute("aria-label", R.say(R.words.play));
      this.input = R.make("input", "rc-years-input");
      Object.assign(this.input, { type: "range", min: "0", max: String(stops.length - 1), step: "1", value: String(stops.length - 1) });
      this.input.setAttribute("aria-label", R.say(R.words.history));
      this.label = R.make("output", "rc-years-label");
      this.ticks = R.make("div", "rc-years-ticks");
      const every = Math.ceil(stops.length / 12);
      stops.forEach((stop, i) => {
        const tick = R.make("span", "", i % every === 0 || i === stops.length - 1 ? String(stop.year) : "");
        if (i === stops.length - 1 && (stops.length - 1) % every && every > 1) this.ticks.lastChild.textContent = "";
        tick.style.left = (stops.length > 1 ? (100 * i) / (stops.length - 1) : 50) + "%";
        this.ticks.appendChild(tick);
      });
      box.append(this.play, R.make("div", "rc-years-track", null, [this.input, this.ticks]), this.label);
      this.input.addEventListener("input", () => this.show(Number(this.input.value)));
    }

    show(index) {
      this.index = Math.max(0, Math.min(this.stops.length - 1, index));
      this.input.value = String(this.index);
      const stop = this.stops[this.index];
      const cut = stop.label.lastIndexOf(" ") + 1; // the date stays in one line
      this.label.replaceChildren(stop.label.slice(0, cut), R.make("span", "rc-date", stop.label.slice(cut)));
      this.input.setAttribute("aria-valuetext", stop.label);
      this.told(stop);
    }

    toggle() {
      if (this.timer) return this.pause();
      this.play.textContent = "❚❚";
      this.play.setAttribute("aria-label", R.say(R.words.pause));
      if (this.index === this.stops.length - 1) this.show(0);
      this.timer = setInterval(() => {
        this.show(this.index + 1);
        if (this.index === this.stops.length - 1) this.pause();
      }, 1100);
    }

    pause() {
      clearInterval(this.timer);
      this.timer = null;
      this.play.textContent = "▶";
      this.play.setAttribute("aria-label", R.say(R.words.play));
    }
  };
})();
