// The figures panel: the ledger's own numbers, account by account and year by year. A click on a number highlights the
// ground that it sums.
(function () {
  "use strict";
  const R = window.Reclaim;
  const STOCKS = { opening: "stock", closing: "stock", temporary: "temporary", ever: "ever" };

  R.Figures = class {
    // given: accounts, columns, rates, stories (what each kind of face contributed to which account)
    constructor(given, box, ground) {
      Object.assign(this, given, { box, ground, account: given.accounts[0], picked: null });
      this.choice = R.make("select", "rc-select");
      this.choice.setAttribute("aria-label", R.say(R.words.account));
      this.accounts.forEach((account, i) => {
        const option = R.make("option", "", R.say(account));
        option.value = String(i);
        this.choice.appendChild(option);
      });
      this.choice.addEventListener("change", () => this.pickAccount(Number(this.choice.value)));
      this.body = R.make("tbody");
      this.caption = R.make("caption");
      this.note = R.make("p", "rc-figure-note");
      this.note.setAttribute("role", "status");
      const second = R.unit === "mu" ? "ha" : "mu";
      const head = R.make("tr", "", null, ["", R.unitName(R.unit), R.unitName(second)].map((text) => R.make("th", "", text)));
      this.table = R.make("table", "rc-figures", null, [this.caption, R.make("thead", "", null, [head]), this.body]);
      if (this.accounts.length > 1) box.appendChild(this.choice);
      box.append(this.table, this.note);
    }

    pickAccount(index) {
      this.account = this.accounts[index];
      this.choice.value = String(index);
      this.clear();
      this.show(this.stop);
      if (this.account.bounds && this.onAccount) this.onAccount(this.account);
    }

    show(stop) {
      this.stop = stop;
      const row = this.account.rows[stop.year] || {};
      this.caption.replaceChildren(R.make("span", "rc-only-paper", R.say(this.account) + " "), R.make("span", "", stop.label));
      this.body.replaceChildren(...this.columns.map((column) => this.line(column, row[column.key])));
      if (this.picked) this.highlight(this.picked);
    }

    line(column, m2) {
      const known = m2 !== null && m2 !== undefined, name = R.say(column);
      const button = R.button("rc-figure", null, () => (this.picked === column.key ? this.clear() : this.highlight(column.key)));
      if (R.language === "both") button.append(R.make("span", "", column.zh), document.createTextNode(" "), R.make("small", "", column.en));
      else button.textContent = name;
      button.disabled = !known || !this.stories || !(column.key in this.keys());
      button.setAttribute("aria-pressed", String(this.picked === column.key));
      const cells = [R.unit, R.unit === "mu" ? "ha" : "mu"].map((unit) => {
        const cell = R.make("td", "", known ? R.areaNumber(m2, unit) : "–");
        if (!known) cell.title = R.say(R.words.not_surveyed);
        return cell;
      });
      const line = R.make("tr", "rc-line rc-line-" + column.key, null, [R.make("th", "", null, [button]), ...cells]);
      line.dataset.key = column.key;
      if (known) line.dataset.m2 = String(m2);
      return line;
    }

    keys() { return Object.fromEntries(this.columns.filter((c) => c.key !== "left").map((c) => [c.key, 1])); }

    // How a story counts in a cell: 0, or the sign with which its faces are summed.
    sign(story, key, year) {
      let sum = 0;
      for (const [column, when, sign] of story[this.account.key] || []) {
        if (STOCKS[key] ? column === STOCKS[key] && when <= (key === "opening" ? year - 1 : year) : column === key && when === year) sum += sign;
      }
      return sum;
    }

    highlight(key) {
      this.picked = key;
      const { content } = this.ground.shared, signs = this.stories.map((story) => this.sign(story, key, this.stop.year));
      const mask = new Uint8Array(content.n), faces = new Map();
      for (let f = 0; f < content.n; f++) {
        const sign = signs[content.value(f, "story")];
        if (!sign) continue;
        mask[f] = 1;
        faces.set(content.value(f, "face_id"), sign * content.value(f, "area_m2"));
      }
      let sum = 0;
      for (const area of faces.values()) sum += area;
      this.sum = sum;
      this.ground.setFocus(mask);
      if (this.onPick) this.onPick(this.shares(key));
      const column = this.columns.find((c) => c.key === key);
      this.note.textContent = faces.size ? `${R.say(column)}: ${R.area(sum)} ${R.say(R.words.highlighted)} (${faces.size})` : R.say(R.words.no_map_ground);
      this.press();
    }

    // Of the group's figure, what the ledger has for each site.
    shares(key) {
      if (this.account !== this.accounts[0]) return null;
      const rows = this.accounts.slice(1).map((account) => [account.key, (account.rows[this.stop.year] || {})[key]]);
      return new Map(rows.filter(([, m2]) => m2));
    }

    clear() {
      if (this.picked && this.onPick) this.onPick(null);
      this.picked = null;
      this.note.textContent = "";
      if (this.ground) this.ground.setFocus(null);
      this.press();
    }

    press() {
      for (const line of this.body.children) line.querySelector("button").setAttribute("aria-pressed", String(line.dataset.key === this.picked));
    }
  };

  // The rate in large type, with its basis, date and target; other bases below it, small, without what they share with it.
  R.rateCard = function (rates) {
    const box = R.make("div", "rc-rates"), first = rates[0];
    rates.forEach((rate, i) => {
      const card = R.make("div", i ? "rc-rate rc-rate-other" : "rc-rate"), same = i && rate.at === first.at && (!rate.target || rate.target === first.target);
      if (!i) card.append(R.make("div", "rc-rate-name", null, [R.make("span", "", R.say(R.words.rate)), R.make("span", "rc-rate-account")]));
      card.append(R.make("div", "rc-rate-value", rate.value));
      const basis = R.make("div", "rc-rate-basis", R.say(rate.basis) + " ");
      const told = rate.target ? ` · ${R.say(R.words.target)} ${rate.target} ` : "", line = R.make("div", "rc-rate-target", rate.at + told);
      if (rate.target) (i ? basis : line).append(R.make("span", "rc-outcome rc-outcome-" + rate.outcome.code, R.say(rate.outcome)));
      card.append(basis);
      if (!same) card.append(line);
      box.appendChild(card);
    });
    return box;
  };
})();
