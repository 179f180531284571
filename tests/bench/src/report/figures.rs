//! Selects figures from records and formats them.

use std::collections::BTreeMap;

use crate::record::Record;
use crate::server::Subject;
use crate::summary::Spread;

/// Servers that have a record of one of these scenarios, in the order of the tables.
pub(super) fn servers<'a>(records: &'a [Record], scenarios: &[&str]) -> Vec<&'a str> {
    let has = |name: &str| {
        records.iter().any(|record| record.server == name && scenarios.contains(&record.scenario.as_str()))
    };
    let known = Subject::ALL.map(|subject| subject.name());
    known.into_iter().filter(|name| has(name)).collect()
}

/// Name of a server in tables, as Markdown.
pub(super) fn label(server: &str) -> &str {
    match server {
        "tidings" => "**Tidings**",
        "tidings-2" => "**Tidings**, two workers",
        "tidings-full" => "**Tidings**, history, `full`",
        "tidings-normal" => "**Tidings**, history, `normal`",
        "reference" => "hand-written epoll",
        "reference-nagle" => "hand-written epoll, Nagle on",
        "uwebsockets" => "uWebSockets",
        "socketio" => "Socket.IO",
        "axum" => "axum chat",
        "actix-ws" => "actix-ws tutorial chat",
        "centrifuge" => "Centrifuge library",
        "nats" => "nats-server",
        "swoole" => "Swoole",
        other => other,
    }
}

/// Name of a server in charts, without Markdown.
pub(super) fn plain(server: &str) -> String {
    label(server).replace(['*', '`'], "")
}

/// Returns a figure of each run of a scenario, by the run's number. Older lines have one record per server that they were measured
/// in alternation with: `other` selects it.
pub(super) fn runs(
    records: &[Record],
    scenario: &str,
    server: &str,
    other: &str,
    figure: &str,
) -> BTreeMap<u32, f64> {
    let together = |record: &&Record| record.pair.is_empty() || record.pair == other;
    let of = |record: &&Record| record.scenario == scenario && record.server == server;
    let runs = records.iter().filter(of).filter(together);
    runs.filter_map(|record| Some((record.run, *record.measured.as_ref()?.figures.get(figure)?))).collect()
}

/// Spread of the ratios `ours / theirs` of runs with the same number.
pub(super) fn ratio(ours: &BTreeMap<u32, f64>, theirs: &BTreeMap<u32, f64>) -> Option<Spread> {
    let ratios = ours.iter().filter_map(|(run, value)| Some(value / theirs.get(run)?));
    Spread::of(ratios.filter(|ratio| ratio.is_finite()).collect())
}

/// Formats a number: two decimals below 10, one below 100, none above, with a separator for thousands.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 1000.0 => thousands(value.round()),
        large if large >= 100.0 => format!("{value:.0}"),
        medium if medium >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Formats a median, with the lowest and the highest if they differ as written.
pub(super) fn spread(spread: Option<Spread>) -> String {
    let Some(Spread { min, median, max }) = spread else { return "–".to_owned() };
    let [min, median, max] = [min, median, max].map(number);
    if min == max { median } else { format!("{median} ({min}–{max})") }
}

fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_mean_something() {
        let written = [0.123, 12.34, 123.4, 1234.0, 1_234_567.0, -1234.0].map(number);
        assert_eq!(written, ["0.12", "12.3", "123", "1,234", "1,234,567", "-1,234"]);
    }

    #[test]
    fn runs_are_divided_by_those_of_the_same_number() {
        let (ours, theirs) =
            (BTreeMap::from([(1, 3.0), (2, 8.0), (3, 1.0)]), BTreeMap::from([(2, 4.0), (1, 1.0)]));
        assert_eq!(ratio(&ours, &theirs), Spread::of(vec![2.0, 3.0]));
        assert_eq!(ratio(&ours, &BTreeMap::new()), None);
    }

    #[test]
    fn a_spread_is_its_middle_and_its_ends() {
        assert_eq!(spread(Spread::of(vec![1.0, 3.0, 2.0])), "2.00 (1.00–3.00)");
        assert_eq!(spread(Spread::of(vec![1.0, 1.001])), "1.00");
        assert_eq!(spread(None), "–");
    }
}
