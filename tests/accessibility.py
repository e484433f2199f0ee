"""What a machine can tell of a page for weak eyes and for keyboards, as it is rendered (WCAG 2.2, level AA)."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

_COLOURS = """
const parse = text => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
const over = (top, alpha, below) => below.map((b, i) => top[i] * alpha + b * (1 - alpha));
const luminance = rgb => {
  const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
const opacity = element => {
  let found = 1;
  for (let e = element; e; e = e.parentElement) found *= Number(getComputedStyle(e).opacity);
  return found;
};
/* Every colour that may stand behind the content of an element: one, but for gradients. */
const behind = element => {
  const path = [];
  for (let e = element; e; e = e.parentElement) path.unshift(e);
  let grounds = [[255, 255, 255]];
  for (const e of path) {
    const style = getComputedStyle(e), own = parse(style.backgroundColor), share = opacity(e);
    grounds = grounds.map(ground => over(own, own[3] * share, ground));
    const stops = style.backgroundImage.match(/rgba?\\([^)]*\\)/g);
    if (stops) grounds = stops.map(parse).flatMap(stop => grounds.map(g => over(stop, stop[3] * share, g)));
  }
  return grounds;
};
const seen = e => e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})
  && e.getBoundingClientRect().width > 1 && e.getBoundingClientRect().height > 1;
const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + [...e.classList].map(c => '.' + c).join('');
"""

_PARTS = 40
"""A date has a stop for its year, one for its month …; a frame as many as there are in it."""

_FAINT = (
    "() => {"
    + _COLOURS
    + """
  const found = new Map();
  const judge = (element, text, style) => {
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const ink = parse(element instanceof SVGElement ? style.fill : style.color);
    const share = ink[3] * opacity(element) * (style.pseudo ? Number(style.opacity) : 1);
    const ratio = Math.min(...behind(element).map(ground => contrast(over(ink, share, ground), ground)));
    if (ratio < least) {
      const where = name(element.parentElement) + ' > ' + name(element);
      found.set(where + style.color + ratio, `${ratio.toFixed(2)} < ${least}: ${where} ${style.color} “${text.trim().slice(0, 20)}”`);
    }
  };
  for (const element of document.body.querySelectorAll('*')) {
    if (!seen(element) || element.closest(':disabled, [aria-disabled=true]')) continue;
    const style = getComputedStyle(element);
    const text = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join('').trim();
    if (text || element.value && !['checkbox', 'radio', 'range', 'hidden'].includes(element.type))
      judge(element, text || String(element.value), style);
    if (element.placeholder) judge(element, element.placeholder, getComputedStyle(element, '::placeholder'));
  }
  return [...found.values()];
}"""
)

_STOPS = """() => {
  const groups = new Set();
  return [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex], iframe')]
    .filter(e => {
      if (e.disabled || e.tabIndex < 0 || e.type === 'hidden' || !e.checkVisibility({checkVisibilityCSS: true}))
        return false;
      if (e.type !== 'radio') return true;
      // Tab comes to one of a group; arrows choose within it.
      const group = `${e.form && e.form.id} ${e.name}`, peers = [...document.getElementsByName(e.name)];
      if (peers.some(p => p.checked) ? !e.checked : groups.has(group)) return false;
      groups.add(group);
      return true;
    })
    .map((e, at) => { e.setAttribute('data-stop', at); return at; }).length;
}"""

_FOCUSED = (
    "() => {"
    + _COLOURS
    + """
  const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
  const ring = style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
  const grounds = behind(element.parentElement);
  return {
    stop: Number(element.dataset.stop ?? -1),
    name: name(element),
    ring: ring >= 2 ? Math.min(...grounds.map(ground => contrast(parse(style.outlineColor).slice(0, 3), ground))) : 0,
    inside: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  };
}"""
)


def faint_texts(page: Page) -> list[str]:
    """Texts whose contrast is below 4.5, or 3 when they are large (1.4.3); those of disabled controls may be."""
    found: list[str] = page.evaluate(_FAINT)
    return found


def faults_of_focus(page: Page) -> list[str]:
    """Walk through the page with Tab, and tell where that is another way than reading it.

    Every control is come to, in the order of the document (2.1.1, 2.4.3), is in sight then
    (2.4.11) and has a ring whose contrast to what lies around it is 3 at least (1.4.11, 2.4.7).
    """
    stops: int = page.evaluate(_STOPS)
    if not stops:
        return []
    faults = []
    page.evaluate("document.querySelector('[data-stop=\"0\"]').focus()")
    for expected in range(stops):
        met: dict[str, Any] = page.evaluate(_FOCUSED)
        for _ in range(_PARTS if expected else 0):
            page.keyboard.press("Tab")
            before, met = met["stop"], page.evaluate(_FOCUSED)
            if met["stop"] != before:
                break
        if met["stop"] != expected:
            faults.append(
                f"Tab leads to {met['name']} ({met['stop']}) where stop {expected} of {stops} follows"
            )
            break
        if not met["inside"]:
            faults.append(f"{met['name']} is out of sight when it has the focus")
        if met["ring"] < 3 and met["name"] != "iframe":
            faults.append(f"{met['name']} shows the focus with a contrast of {met['ring']:.2f}")
    return faults
