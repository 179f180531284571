//! Bar charts: a bar per server, the shortest first.

use std::fmt::Write as _;

use super::figures::number;
use super::svg::frame;
use crate::summary::Spread;

/// A server's bar.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) ours: bool,
    pub(super) spread: Spread,
}

/// Left edge of the bars, length of the longest bar, height of a bar with its gap, and top edge, in pixels.
const LEFT: f64 = 190.0;
const LONGEST: f64 = 440.0;
const HEIGHT: f64 = 24.0;
const TOP: f64 = 34.0;

/// Maximum length of a bar, in medians of all bars. A longer bar is cut and marked with an arrow, so that the others stay visible.
const CUT: f64 = 6.0;

pub(super) fn svg(title: &str, bars: &[Bar]) -> String {
    let medians = Spread::of(bars.iter().map(|bar| bar.spread.median).collect());
    let limit = medians.map_or(1.0, |medians| medians.max.min(medians.median * CUT)).max(f64::MIN_POSITIVE);
    let x = |value: f64| LEFT + value.clamp(0.0, limit) / limit * LONGEST;
    let mut out = String::new();
    for (index, Bar { name, ours, spread }) in bars.iter().enumerate() {
        let (y, class) = (TOP + HEIGHT * index as f64, if *ours { "a" } else { "b" });
        let Spread { min, median, max } = *spread;
        let end = x(median).max(LEFT + 1.0);
        let cut = if median > limit { " →" } else { "" };
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{:.0}\" text-anchor=\"end\">{name}</text><rect class=\"{class}\" x=\"{LEFT}\" y=\"{y:.0}\" width=\"{:.1}\" height=\"16\"/><line class=\"e\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{5:.0}\" y2=\"{5:.0}\"/><text class=\"m\" x=\"{6:.1}\" y=\"{1:.0}\">{7}{cut}</text>",
            LEFT - 8.0,
            y + 13.0,
            end - LEFT,
            x(min),
            x(max),
            y + 8.0,
            x(max).max(end) + 6.0,
            number(median)
        );
    }
    frame(LEFT + LONGEST + 90.0, TOP + HEIGHT * bars.len() as f64 + 10.0, title, &out)
}
