"""
The picture of docs/history.md: one pixel of a yearly stack, from its values to the verdict.

``python docs/pictures/one_pixel.py STACK`` draws it beside this file and says the figures that the page speaks of.
"""

import sys
from pathlib import Path

from reclaim.figures.style import picture
from reclaim.figures.timeline import pixel_story
from reclaim.io.grids import Window
from reclaim.io.scenes import Stated
from reclaim.timeline.explain import explain_pixel
from reclaim.verbs.history_stack import open_stack

ROW, COLUMN = 59, 81


def main(stack: str) -> None:
    """Draw and say."""
    opened = open_stack(stack, None, Stated())
    values = opened.values(Window(ROW, COLUMN, 1, 1))[:, 0, 0]
    found = explain_pixel(values, opened.years)
    said = [", ".join(f"{year} {value:.2f}" for year, value in zip(opened.years, values, strict=True)), str(found)]
    for model in found.models:
        rise = "" if model.allowed else ", rises too fast"
        said.append(f"{len(model.years) - 1} segments {model.years}: rmse {model.rmse:.3f}, p {model.p:.2g}{rise}")
    target = Path(__file__).with_suffix(".png")
    target.write_bytes(picture(pixel_story(found, language="en"), form="png", dpi=110))
    sys.stdout.write("\n".join([*said, f"wrote {target.name}"]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
