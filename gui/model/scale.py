"""Where on a slider a value sits, and back: linear or logarithmic, whole numbers where they must be."""

import math

from engine.learners.knobs import Knob, Value

STEPS = 1000  # positions of a slider


def bounds(knob: Knob) -> tuple[float, float]:
    """The ends of the slider; a knob without an end gets one a person can reach from its default."""
    default = abs(float(knob.default)) or 1.0
    low = knob.low if math.isfinite(knob.low) else -10 * default
    high = knob.high if math.isfinite(knob.high) else 10 * default
    return low, high


def logarithmic_from(knob: Knob) -> float:
    """Where a logarithmic slider begins. A range that includes 0 keeps 0 at the very left end."""
    low, high = bounds(knob)
    if low > 0:
        return low
    return min(high / 1e4, float(knob.default) / 100 if float(knob.default) > 0 else high / 1e4)


def to_position(knob: Knob, value: float) -> int:
    """Slider position 0 … STEPS of a value."""
    low, high = bounds(knob)
    if high <= low:
        return 0
    if knob.scale == "log":
        least = logarithmic_from(knob)
        if value < least:
            return 0
        first = 0 if low > 0 else 1  # position 0 is the value 0
        share = math.log(min(value, high) / least) / math.log(high / least)
        return first + round((STEPS - first) * share)
    return round(STEPS * (min(max(value, low), high) - low) / (high - low))


def to_value(knob: Knob, position: int) -> Value:
    """The value at a slider position, rounded to three significant figures so that it reads well."""
    low, high = bounds(knob)
    if position <= 0:
        value = low
    elif position >= STEPS:
        value = high
    elif knob.scale == "log":
        least = logarithmic_from(knob)
        first = 0 if low > 0 else 1
        value = float(f"{least * (high / least) ** ((position - first) / (STEPS - first)):.3g}")
    else:
        value = low + (high - low) * position / STEPS
        digits = max(0, 2 - math.floor(math.log10(high - low)))
        value = round(value, digits)
    value = min(max(value, low), high)
    return round(value) if knob.kind == "int" else float(value)


def written(value: Value) -> str:
    """A value as a person would write it: four significant figures, no trailing zeros."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value}"
    text = f"{value:.4g}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
