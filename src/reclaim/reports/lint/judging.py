"""What a quantity of a text is worth: it agrees, rounds to, contradicts, has no evidence, or is of the wrong kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reclaim.reports.lint.binding import as_stock, fits, right_nature, right_site, right_year
from reclaim.reports.lint.comparing import Verdict, distinct, matches, same_number, same_value, telling
from reclaim.reports.lint.context import Context
from reclaim.reports.lint.facts import Fact, Known
from reclaim.reports.lint.quantities import Mention, restates
from reclaim.reports.lint.words import topic_kind

GOOD: tuple[Verdict, ...] = ("agrees", "rounds_to")
_SEEN = ("cover", "valid", "low", "high")
_LAND = ("reclaimed", "reclaimed_again", "permanent", "new", "closing", "ever", "greening", "demo_planting")
# a stock, and the flows that are taken for it
_FLOWS_OF = {"permanent": ("reclaimed", "reclaimed_again"), "ever": ("new",)}


@dataclass(frozen=True)
class Judgement:
    """A verdict and the reason for it."""

    verdict: Verdict
    message: str


@dataclass(frozen=True)
class Claim:
    """A quantity with what the text says about it."""

    mention: Mention
    context: Context


def judge(claim: Claim, known: Known, *, previous: tuple[Claim, Judgement] | None = None) -> Judgement:
    """
    Hold a quantity against what is known.

    Parameters
    ----------
    claim : Claim
        The quantity and its context.
    known : Known
        Everything known.
    previous : (Claim, Judgement), optional
        The quantity before it, which a conversion restates.

    Returns
    -------
    Judgement
        Bound by topic, year, site and kind before it is compared: a figure that happens to be equal does not agree.
    """
    facts = known.facts
    chain: tuple[Callable[[], Judgement | None], ...] = (
        lambda: _taken_over(claim, known),
        lambda: _measured_wrongly(claim),
        lambda: _as_share_or_change(claim, facts),
        lambda: _agrees(claim, facts),
        lambda: _one_parcel(claim, known),
        lambda: _restates(claim, previous),
        lambda: _other_kind(claim, facts),
        lambda: _contradicts(claim, facts),
    )
    for step in chain:
        found = step()
        if found is not None:
            return found
    return Judgement("no_evidence", "nothing in the project speaks of this quantity")


# --- the chain -------------------------------------------------------------------------------------------------------


def _taken_over(claim: Claim, known: Known) -> Judgement | None:
    """A cell of a table that was taken over from the report."""
    if claim.context.named is None:
        return None
    caption = known.printed_in(claim.context.named, claim.mention.value, claim.mention.step)
    return Judgement("agrees", f"printed in the report's table: {caption}") if caption else None


def _measured_wrongly(claim: Claim) -> Judgement | None:
    """An area in kilometres, a length in hectares: the noun right before the number says what it is."""
    noun, kind = claim.context.noun, claim.mention.kind
    if noun and noun != kind and {noun, kind} <= {"area", "length", "volume"}:
        return Judgement("wrong_kind", f"{claim.mention.unit} measures {_a(kind)}, and the text calls it {_a(noun)}")
    return None


def _as_share_or_change(claim: Claim, facts: Sequence[Fact]) -> Judgement | None:
    """Growth, and shares with rules of their own: cover, targets, and rates that must name their basis."""
    mention, context = claim.mention, claim.context
    if mention.kind == "area" and context.marks & {"up", "down"}:
        grown = _as_growth(claim, facts)
        return grown if grown and grown.verdict in GOOD else None
    if mention.kind == "points":
        return _as_growth(claim, facts)
    if mention.kind != "share":
        return None
    if (context.marks & {"up", "down"} and not set(context.topics[:1]) & {"rate", *_SEEN}) or mention.sign:
        return _as_growth(claim, facts)
    if "target" in context.marks and not (context.own and set(context.topics[:1]) & set(_SEEN)):
        return _as_target(claim, facts)
    if (set(context.topics[:1]) & set(_SEEN) and context.own) or not (_is_rate(context) or _is_reported(claim, facts)):
        return None
    return _as_rate(claim, facts)


def _is_reported(claim: Claim, facts: Sequence[Fact]) -> bool:
    """A share of which the sentence does not say what it is, with the value of a published rate."""
    rates = [fact for fact in facts if fact.topic == "rate" and fact.published]
    return not claim.context.own and any(abs(fact.value - claim.mention.value) < 1e-9 for fact in rates)


def _is_rate(context: Context) -> bool:
    return bool(set(context.topics) & {"rate", "reclaimed", "permanent"}) or bool(context.bases)


def _as_growth(claim: Claim, facts: Sequence[Fact]) -> Judgement | None:
    context, mention = claim.context, claim.mention
    grown = "area" if mention.kind != "points" else "share"
    usual = "reclaimed" if mention.kind != "points" else "rate"
    topics = [topic for topic in context.topics if topic_kind(topic) == grown] or [usual]
    known = [
        fact for fact in facts if fact.nature == "growth" and fact.kind == mention.kind and fact.topic in topics[:1]
    ]
    spoken = set(context.years) | set(context.around)
    dated = [fact for fact in known if not spoken or fact.years[0] in spoken]
    dated.sort(key=lambda fact: fact.years[0] not in context.years)
    falls = mention.sign < 0 or "down" in context.marks
    for fact in dated:
        verdict = matches(mention, fact)
        if verdict and (fact.value < 0) == falls:
            return Judgement(verdict, _told(fact))
    return Judgement("contradicts", _told(dated[0])) if dated else None


def _as_target(claim: Claim, facts: Sequence[Fact]) -> Judgement | None:
    mention, context = claim.mention, claim.context
    achieved = [fact for fact in facts if fact.topic == "rate" and fact.nature == "rate" and fact.published]
    reported = next((fact for fact in achieved if abs(fact.value - mention.value) < 1e-9), None)
    own = [fact for fact in facts if fact.nature == "target" and abs(fact.value - mention.value) < 1e-9]
    named = bool(context.bases) or "own_target" in context.marks
    if reported is not None and not (own and named):
        return Judgement("wrong_kind", f"{_told(reported)}: it was achieved, it is no target")
    if own:
        return Judgement("agrees", _told(own[0]))
    targets = [fact for fact in facts if fact.nature == "target"]
    return Judgement("contradicts", _told(targets[0])) if targets else None


def _as_rate(claim: Claim, facts: Sequence[Fact]) -> Judgement | None:
    context, mention = claim.context, claim.mention
    known = [fact for fact in facts if fact.topic == "rate" and fact.nature == "rate"]
    placed = [fact for fact in known if right_year(fact, context) and right_site(fact, context)]
    level = next((fact for fact in facts if fact.nature == "target" and abs(fact.value - mention.value) < 1e-9), None)
    if level is not None and "own_target" in context.marks:
        return Judgement("agrees", _told(level))
    if not context.bases:
        sure = placed if context.around or context.sites else known
        return _without_basis(mention, placed, sure)
    based = [fact for fact in placed if fact.basis in context.bases]
    for fact in based:
        verdict = matches(mention, fact)
        if verdict:
            return Judgement(verdict, _told(fact))
    return Judgement("contradicts", _told(based[-1])) if based and context.anchored else None


def _without_basis(mention: Mention, placed: Sequence[Fact], meant: Sequence[Fact]) -> Judgement | None:
    """
    A rate that names no denominator; where no record bears the number out it is wrong besides.

    ``placed`` are the rates of the year and site it speaks of; ``meant`` those it may mean, where it names neither.
    """
    published = [fact for fact in placed if fact.published]
    less = mention.relation in ("<", "<=", "<~")
    borne = [fact for fact in meant if matches(mention, fact) or (not less and same_value(mention, fact))]
    if placed and not borne:
        return Judgement("contradicts", _told((published or list(placed))[0]))
    bases = "damaged, responsibility, available, annual or plan"
    advice = f"the text does not say what it is a share of; name the basis: {bases}"
    return Judgement("rate_without_basis", f"{advice} ({_told(borne[0])})" if borne else advice)


def _agrees(claim: Claim, facts: Sequence[Fact]) -> Judgement | None:
    mention, context = claim.mention, claim.context
    same_kind = [fact for fact in facts if fact.kind == mention.kind]
    found = [(matches(mention, fact), fact) for fact in same_kind if fits(fact, context)]
    if not context.own:
        # nothing says what it is: a published figure, or one written with so many digits that chance is out
        known = [fact for fact in same_kind if not context.around or right_year(fact, context)]
        known = [fact for fact in known if right_site(fact, context) and right_nature(fact, context)]
        known = [fact for fact in known if fact.published or distinct(mention) or telling(fact)]
        found += [(matches(mention, fact), fact) for fact in known]
    bound = next((fact for _, fact in found if fact.relation != "=" and same_value(mention, fact)), None)
    for wanted in GOOD:
        for verdict, fact in found:
            if verdict == "rounds_to" and bound is not None:
                return Judgement("contradicts", _told(bound))
            if verdict == wanted:
                if fact.disputed:
                    return Judgement(
                        "contradicts", f"repeats {fact.label}, but the land says otherwise: {fact.disputed}"
                    )
                return Judgement(verdict, _told(fact))
    return None


def _one_parcel(claim: Claim, known: Known) -> Judgement | None:
    """
    The measured area of a single parcel of the site that is named.

    There are many, so a number must equal one to the last digit, or round to it with three digits or more.
    """
    mention, context = claim.mention, claim.context
    if mention.kind != "area" or mention.relation not in ("=", "~") or "reclaimed" not in context.topics:
        return None
    for site in context.sites:
        sizes = known.parcels.get(site)
        if sizes is not None and len(sizes) and mention.value > 0:
            off = (sizes - mention.value).abs().sort_values()
            written = mention.step / 2 if mention.value >= 100 * mention.step else 0.0
            name, exact = off.index[0], off.iloc[0] <= 1e-5 * mention.value
            if exact or off.iloc[0] <= written:
                told = f"parcel {name} of {site}: {float(sizes.loc[[name]].iloc[0]) * 3 / 2000:,.2f} mu"
                return Judgement("agrees" if exact else "rounds_to", told)
    return None


def _restates(claim: Claim, previous: tuple[Claim, Judgement] | None) -> Judgement | None:
    """
    A conversion of the quantity before it shares a good verdict; one that does not convert is wrong by itself.

    A mistake that is converted rightly is said once, at the quantity that was converted.
    """
    if previous is None or not claim.context.converts:
        return None
    other, judgement = previous
    if restates(other.mention, claim.mention):
        if judgement.verdict in GOOD:
            return judgement
        return Judgement("agrees", f"converts {other.mention.text}, which is judged where it stands")
    if judgement.verdict == "no_evidence" or judgement.verdict in GOOD:
        return Judgement("contradicts", f"does not equal {other.mention.text}, which it restates")
    return None


def _other_kind(claim: Claim, facts: Sequence[Fact]) -> Judgement | None:
    mention, context = claim.mention, claim.context
    for fact in facts:
        if not (right_site(fact, context) or fact.nature == "stated"):
            continue
        reason = _kind_fault(fact, claim)
        if reason:
            return Judgement("wrong_kind", f"{reason} ({_told(fact)})")
    return _ratio_as_length(mention, facts)


def _kind_fault(fact: Fact, claim: Claim) -> str | None:
    """Why a figure that has this number cannot be what the text calls it."""
    mention, context = claim.mention, claim.context
    if fact.kind != mention.kind:
        same = fact.topic in context.topics and fact.nature != "growth" and same_number(mention, fact)
        return f"{_a(fact.kind)} written as {_a(mention.kind)}" if same else None
    if matches(mention, fact) is None or not _right_year_or_stated(fact, context):
        return None
    if fact.nature == "stated" and fact.kind == "area" and set(context.topics[:1]) & set(_LAND):
        return f"{fact.topic.replace('_', ' ')} is no land"
    meant = {*context.topics, *(flow for topic in context.topics for flow in _FLOWS_OF.get(topic, ()))}
    if fact.topic not in meant:
        return None
    if _called_stock(context) and fact.nature in ("flow", "sum"):
        what = "a flow of one year" if fact.nature == "flow" else "a sum of yearly flows, which may count ground twice,"
        return f"{what} called a stock"
    if "new" in context.marks and fact.nature == "stock" and fact.topic != "opening":
        return "a stock called a flow"
    return None


def _right_year_or_stated(fact: Fact, context: Context) -> bool:
    return fact.nature in ("stated", "sum") or _called_stock(context) or right_year(fact, context)


def _called_stock(context: Context) -> bool:
    return as_stock(context) or bool(set(context.topics[:1]) & set(_FLOWS_OF))


def _ratio_as_length(mention: Mention, facts: Sequence[Fact]) -> Judgement | None:
    """A volume divided by an area is no depth: the soil may lie elsewhere."""
    if mention.kind != "length":
        return None
    volumes = [fact for fact in facts if fact.kind == "volume"]
    areas = [fact for fact in facts if fact.nature in ("stated", "ground") and fact.kind == "area" and fact.value > 0]
    for volume in volumes:
        for ground in areas:
            if abs(volume.value / ground.value - mention.value) <= mention.step / 2:
                return Judgement("wrong_kind", f"{volume.label} divided by {ground.label} is not a depth")
    return None


def _contradicts(claim: Claim, facts: Sequence[Fact]) -> Judgement | None:
    """No figure that is meant has this value: say what the first of them is."""
    mention, context = claim.mention, claim.context
    primary = context.topics[:1]
    bound = [fact for fact in facts if fact.kind == mention.kind and fits(fact, context, topics=primary)]
    if not bound or not context.anchored:
        return None
    if (
        mention.kind == "area"
        and primary[0] not in ("reclaimed", "new", "closing", "ever", "permanent")
        and len(bound) > 3
    ):
        bound = sorted(bound, key=lambda fact: abs(fact.value - mention.value))
    summed = bool(context.marks & {"sum", "cumulative", "years"}) or context.period
    if summed:
        bound = sorted(bound, key=lambda fact: abs(fact.value - mention.value))
    expected = min(
        bound,
        key=lambda fact: (
            (fact.nature == "sum") != summed,
            not fact.published,
            0 if summed else -max(fact.years, default=0),
        ),
    )
    other = _elsewhere(claim, facts)
    hint = f"; {other.label} has this value" if other else ""
    return Judgement("contradicts", _told(expected) + hint)


def _elsewhere(claim: Claim, facts: Sequence[Fact]) -> Fact | None:
    """A figure of the same topic, of another year or site, that has the value."""
    same = [fact for fact in facts if fact.topic in claim.context.topics and fact.kind == claim.mention.kind]
    return next((fact for fact in same if distinct(claim.mention) and matches(claim.mention, fact)), None)


# --- words -----------------------------------------------------------------------------------------------------------


def _told(fact: Fact) -> str:
    relation = {"=": "", ">=": " or more", ">": "more than "}[fact.relation]
    amount = _amount(fact)
    return f"{fact.label}: {relation}{amount}" if fact.relation == ">" else f"{fact.label}: {amount}{relation}"


def _amount(fact: Fact) -> str:
    if fact.kind in ("share", "points"):
        return f"{fact.value * 100:.6g}" + ("%" if fact.kind == "share" else " percentage points")
    if fact.kind == "area":
        return f"{fact.value * 3 / 2000:,.2f} mu = {fact.value / 1e4:,.4f} ha"
    unit = {"volume": " m³", "length": " m", "money": " CNY", "count": "", "ratio": " times"}[fact.kind]
    return f"{fact.value:,.10g}{unit}"


def _a(kind: str) -> str:
    return {"area": "an area", "money": "an amount of money", "points": "a difference of shares"}.get(kind, f"a {kind}")
