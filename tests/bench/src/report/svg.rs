//! The charts, as small SVG files with a light and a dark theme.

use std::fmt::Write as _;

use super::bars::{self, Bar};
use super::curves::{self, Curve};
use super::figures::{number, plain, servers};
use crate::record::Record;
use crate::summary::{self, Spread};

/// A chart.
pub(super) struct Chart {
    pub(super) file: &'static str,
    pub(super) title: String,
    pub(super) svg: String,
}

/// Colours for both themes: Tidings in the accent colour, the others in grey.
const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600;font-size:14px}.m{fill:#59636e}\
.a{fill:#0969da}.b{fill:#8c959f}.e{stroke:#1f2328}.g{stroke:#d1d9e0}.l{fill:none;stroke-width:2}\
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.m{fill:#9198a1}.a{fill:#4493f8}.b{fill:#656c76}.e{stroke:#f0f6fc}.g{stroke:#3d444d}}";

/// Draws all charts for which the records have figures.
pub(super) fn charts(records: &[Record]) -> Vec<Chart> {
    let first = |scenarios: [&'static str; 2]| {
        let known = scenarios.into_iter().find(|scenario| !servers(records, &[scenario]).is_empty());
        known.unwrap_or(scenarios[0])
    };
    let memory = first(["idle-19000", "idle-10000"]);
    let (latency, load) = match first(["latency-25", "latency-half"]) {
        latency @ "latency-25" => (latency, "25000 deliveries a second"),
        latency => (latency, "half of the highest load"),
    };
    let latency_title = format!("p99 from publish to delivery at {load}, µs");
    let bar_charts = [
        (
            "one.svg",
            "one",
            "cpu_us_per_delivery",
            "Processor time per delivery, 1 publisher to 1000 readers, µs",
        ),
        ("latency.svg", latency, "delay_p99_us", &latency_title),
        ("memory.svg", memory, "memory_kib_per_connection", "Memory of an idle connection, KiB"),
    ];
    let bars = bar_charts.into_iter().filter_map(|(file, scenario, figure, title)| {
        let bars = bars_of(records, scenario, figure);
        (!bars.is_empty()).then(|| Chart { file, title: title.to_owned(), svg: bars::svg(title, &bars) })
    });
    bars.chain(curves::ALL.iter().filter_map(|curve| curve_chart(records, curve))).collect()
}

fn bars_of(records: &[Record], scenario: &str, figure: &str) -> Vec<Bar> {
    let mut bars: Vec<Bar> = servers(records, &[scenario])
        .into_iter()
        .filter_map(|server| {
            let spread = summary::spread(records, scenario, server, figure)?;
            Some(Bar { name: plain(server), ours: server.starts_with("tidings"), spread })
        })
        .collect();
    bars.sort_by(|one, other| one.spread.median.total_cmp(&other.spread.median));
    bars
}

/// A line for each server and figure.
fn curve_chart(records: &[Record], curve: &Curve) -> Option<Chart> {
    // The first two figures that have the unit of the first; others have a table only.
    let unit = curve.figures.first()?.1.rsplit(' ').next()?;
    let mut series: Vec<(String, Vec<(f64, Spread)>)> = Vec::new();
    for (figure, title) in curve.figures.iter().filter(|(_, title)| title.ends_with(unit)) {
        if figure.contains("p99") {
            continue;
        }
        for server in curve.servers(records) {
            let points: Vec<(f64, Spread)> = curve
                .points
                .iter()
                .filter_map(|point| {
                    let spread = summary::spread(records, &curve.scenario(*point), server, figure)?;
                    Some((f64::from(*point), spread))
                })
                .collect();
            if points.len() > 1 {
                let what = if curve.figures.len() > 1 { format!(", {title}") } else { String::new() };
                series.push((format!("{}{what}", plain(server)), points));
            }
        }
    }
    let title = format!("{}: {}", curve.title, curve.figures.first()?.1);
    let svg = lines(&title, curve.sizes, &series);
    (!series.is_empty()).then_some(Chart { file: curve.file, title, svg })
}

/// Returns an SVG image of this size, with a title and this content.
pub(super) fn frame(width: f64, height: f64, title: &str, content: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{title}\">\n<style>{STYLE}</style>\n<text class=\"t\" x=\"8\" y=\"20\">{title}</text>\n{content}</svg>\n"
    )
}

/// Area of the curves, in pixels.
const LEFT: f64 = 64.0;
const TOP: f64 = 40.0;
const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 220.0;

/// The lines' colours. Tidings has the first ones, because it is first in the list of servers.
const COLOURS: [&str; 6] = ["#0969da", "#8250df", "#8c959f", "#bc4c00", "#1a7f37", "#bf3989"];

/// Draws lines with a logarithmic x axis and a y axis from zero. Each point has the range of its runs.
fn lines(title: &str, sizes: &str, series: &[(String, Vec<(f64, Spread)>)]) -> String {
    let all = || series.iter().flat_map(|(_, points)| points);
    let top = all().map(|(_, spread)| spread.max).fold(f64::MIN_POSITIVE, f64::max) * 1.1;
    let (first, last) =
        all().fold((f64::MAX, f64::MIN), |(first, last), (size, _)| (first.min(*size), last.max(*size)));
    let span = (last / first).ln().max(f64::MIN_POSITIVE);
    let x = |size: f64| LEFT + (size / first).ln() / span * WIDTH;
    let y = |value: f64| TOP + HEIGHT - value / top * HEIGHT;
    let mut out = String::new();
    for part in 0..=4 {
        let value = top * f64::from(part) / 4.0;
        let _ = writeln!(
            out,
            "<line class=\"g\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{1:.1}\" y2=\"{1:.1}\"/><text class=\"m\" x=\"{2}\" y=\"{3:.1}\" text-anchor=\"end\">{4}</text>",
            LEFT + WIDTH,
            y(value),
            LEFT - 6.0,
            y(value) + 4.0,
            number(value)
        );
    }
    let mut written = Vec::new();
    for (size, _) in all() {
        if !written.contains(size) {
            written.push(*size);
            let label = number(*size).replace(".00", "").replace(".0", "");
            let _ = writeln!(
                out,
                "<text class=\"m\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                x(*size),
                TOP + HEIGHT + 18.0
            );
        }
    }
    let _ = writeln!(
        out,
        "<text class=\"m\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{sizes}</text>",
        LEFT + WIDTH / 2.0,
        TOP + HEIGHT + 36.0
    );
    for (index, (name, points)) in series.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let path: Vec<String> =
            points.iter().map(|(size, spread)| format!("{:.1},{:.1}", x(*size), y(spread.median))).collect();
        let _ = writeln!(out, "<polyline class=\"l\" stroke=\"{colour}\" points=\"{}\"/>", path.join(" "));
        for (size, spread) in points {
            let _ = writeln!(
                out,
                "<line stroke=\"{colour}\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{1:.1}\" y2=\"{2:.1}\"/><circle fill=\"{colour}\" cx=\"{0:.1}\" cy=\"{3:.1}\" r=\"3\"/>",
                x(*size),
                y(spread.min),
                y(spread.max),
                y(spread.median)
            );
        }
        let legend = TOP + HEIGHT + 58.0 + 18.0 * index as f64;
        let _ = writeln!(
            out,
            "<rect fill=\"{colour}\" x=\"{LEFT}\" y=\"{:.1}\" width=\"12\" height=\"3\"/><text x=\"{}\" y=\"{legend:.1}\">{name}</text>",
            legend - 5.0,
            LEFT + 20.0
        );
    }
    frame(LEFT + WIDTH + 40.0, TOP + HEIGHT + 60.0 + 18.0 * series.len() as f64, title, &out)
}
