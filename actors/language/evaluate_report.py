"""The readable report of an evaluation: one HTML file with its plots inside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

BAR_WIDTH: Final = 420
ROW_HEIGHT: Final = 24
LABEL_WIDTH: Final = 130
PLOT: Final = 260


def render(report: Mapping[str, Any]) -> str:
    """Render a report.

    Args:
        report: what ``majlis evaluate --json`` prints.

    Returns:
        a complete HTML page that loads nothing from elsewhere.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(bars=bars, matrix=matrix, reliability=reliability)
    return environment.get_template("evaluate_report.html.j2").render(report=report)


def bars(rows: Mapping[str, Mapping[str, float]]) -> Markup:
    """Draw grouped bars: for each name its values from 0 to 1.

    Args:
        rows: name to {series: value}; every name has the same series.
    """
    colours = ("#1f6f8b", "#99c1b9", "#d88c51")
    parts: list[Markup] = []
    series = list(next(iter(rows.values()), {}))
    thick = ROW_HEIGHT / max(1, len(series)) - 2
    for number, (name, values) in enumerate(rows.items()):
        top = number * (ROW_HEIGHT + 6)
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(LABEL_WIDTH - 8, top + 16, name))
        for place, key in enumerate(series):
            value = min(1.0, max(0.0, values[key]))
            y = round(top + place * (thick + 2), 1)
            parts.append(
                Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"><title>{} {}: {}</title></rect>').format(
                    LABEL_WIDTH,
                    y,
                    round(value * BAR_WIDTH, 1),
                    round(thick, 1),
                    colours[place % 3],
                    name,
                    key,
                    f"{value:.3f}",
                )
            )
            parts.append(
                Markup('<text class="small" x="{}" y="{}">{}</text>').format(
                    round(LABEL_WIDTH + value * BAR_WIDTH + 5, 1), round(y + thick - 1, 1), f"{value:.3f}"
                )
            )
    legend = Markup("").join(
        Markup('<tspan fill="{}">■ {}  </tspan>').format(colours[place % 3], key) for place, key in enumerate(series)
    )
    height = len(rows) * (ROW_HEIGHT + 6) + 24
    parts.append(Markup('<text x="{}" y="{}">{}</text>').format(LABEL_WIDTH, height - 4, legend))
    return _svg(LABEL_WIDTH + BAR_WIDTH + 60, height, parts)


def matrix(confusion: Mapping[str, Mapping[str, int]]) -> Markup:
    """Draw a confusion matrix: a row for each labelled class, shaded by its share of the row.

    Args:
        confusion: ``{labelled: {predicted: count}}``.
    """
    columns = sorted({found for row in confusion.values() for found in row} | set(confusion))
    cell = 34
    parts: list[Markup] = []
    top = 120
    for place, name in enumerate(columns):
        x = LABEL_WIDTH + place * cell + 22
        parts.append(
            Markup('<text transform="translate({},{}) rotate(-60)">{}</text>').format(x, top - 6, name or "(none)")
        )
    for line, (gold, row) in enumerate(confusion.items()):
        total = sum(row.values()) or 1
        y = top + line * cell
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(LABEL_WIDTH - 8, y + 22, gold))
        for place, found in enumerate(columns):
            count = row.get(found, 0)
            colour = "31,111,139" if gold == found else "196,69,54"
            parts.append(
                Markup(
                    '<rect x="{}" y="{}" width="{}" height="{}" fill="rgba({},{})"><title>{} as {}: {}</title></rect>'
                ).format(
                    LABEL_WIDTH + place * cell,
                    y,
                    cell - 2,
                    cell - 2,
                    colour,
                    round(0.05 + 0.9 * count / total, 2) if count else 0.04,
                    gold,
                    found,
                    count,
                )
            )
            if count:
                parts.append(
                    Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(
                        LABEL_WIDTH + place * cell + cell // 2, y + 21, count
                    )
                )
    return _svg(LABEL_WIDTH + len(columns) * cell + 60, top + len(confusion) * cell + 6, parts)


def reliability(bins: list[Mapping[str, float]]) -> Markup:
    """Draw confidence against accuracy; on the dashed line the one equals the other.

    Args:
        bins: with ``confidence``, ``accuracy`` and ``records``.
    """
    parts = [
        Markup('<rect x="40" y="10" width="{0}" height="{0}" fill="none" stroke="#999"/>').format(PLOT),
        Markup('<line x1="40" y1="{}" x2="{}" y2="10" stroke="#999" stroke-dasharray="4"/>').format(
            PLOT + 10, PLOT + 40
        ),
    ]
    largest = max((one["records"] for one in bins), default=1)
    circle = Markup(
        '<circle cx="{}" cy="{}" r="{}" fill="#1f6f8b" fill-opacity="0.7">'
        "<title>{} records: confidence {:.3f}, accuracy {:.3f}</title></circle>"
    )
    parts.extend(
        circle.format(
            round(40 + one["confidence"] * PLOT, 1),
            round(10 + (1 - one["accuracy"]) * PLOT, 1),
            round(3 + 9 * (one["records"] / largest) ** 0.5, 1),
            one["records"],
            one["confidence"],
            one["accuracy"],
        )
        for one in bins
    )
    parts.append(Markup('<text x="{}" y="{}" text-anchor="middle">confidence</text>').format(40 + PLOT // 2, PLOT + 30))
    parts.append(
        Markup('<text transform="translate(20,{}) rotate(-90)" text-anchor="middle">accuracy</text>').format(
            10 + PLOT // 2
        )
    )
    return _svg(PLOT + 60, PLOT + 40, parts)


def _svg(width: float, height: float, parts: list[Markup]) -> Markup:
    head = Markup('<svg viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img">').format(round(width), round(height))
    return head + Markup("").join(parts) + Markup("</svg>")
