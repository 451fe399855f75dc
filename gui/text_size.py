"""How large text is. Every size follows from the application's font, which a person scales."""

from PySide6.QtGui import QFont, QFontInfo

ORDINARY, SMALL = 12, 11  # pixels at 100 %: of ordinary text; of axis numbers, keys and hints
SIZES = (90, 100, 110, 125, 150, 175, 200)  # per cent that a person can choose


def base_font(percent: int = 100) -> QFont:
    """The system's own face, at 12 pixels for 100 %, with figures of equal width so that columns align."""
    font = QFont()
    font.setPixelSize(round(ORDINARY * percent / 100))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def scaled(pixels: float, font: QFont) -> int:
    """A length in pixels at 100 %, beside text in this font of ordinary size."""
    return round(pixels * QFontInfo(font).pixelSize() / ORDINARY)


def sized(font: QFont, pixels: int) -> QFont:
    """The same face with letters of so many pixels, where ordinary text has `ORDINARY`."""
    result = QFont(font)
    result.setPixelSize(scaled(pixels, font))
    return result


def small(font: QFont) -> QFont:
    """The face of axis numbers, keys and hints beside ordinary text in `font`."""
    return sized(font, SMALL)
