//! A long log: latency of a publish after many messages, and of a page at any offset.

use std::net::SocketAddr;
use std::time::Instant;

use super::fanout::histogram;
use super::publish::Round;
use super::{Span, Stopwatch};
use crate::dialect::tidings::Tidings;
use crate::dialect::{Dialect, Heard};
use crate::failure::Failure;
use crate::machine::process::Tree;
use crate::record::Measured;

/// Number of publishers that fill the log, and number of messages in flight for each.
const FILLERS: (u32, u32) = (16, 64);

/// Messages in a page.
const PAGE_MESSAGES: u32 = 100;

/// Number of requested pages, one after the other.
const PAGES: u64 = 2000;

pub(super) fn run(
    messages: u32,
    address: SocketAddr,
    tidings: Tidings,
    tree: Tree,
    span: &Span,
) -> Result<Measured, Failure> {
    let dialect = Dialect::Tidings(tidings.clone());
    let filled = fill(u64::from(messages), address, dialect.clone(), span)?;
    let mut round = Round::open(1, 1, address, dialect, span)?;
    // The messages that filled the log have numbers of the same publishers, so begin above them.
    round.skip(u64::from(messages));
    round.publish_for(span.warm_up, &mut histogram())?;
    let mut times = histogram();
    let (begun, watch) = (round.sent(), Stopwatch::start(tree, &round.load));
    round.publish_for(span.measure, &mut times)?;
    let (mut measured, server_us) = watch.stop(&round.load);
    let published = (round.sent() - begun) as f64;
    measured.figure("messages", filled as f64);
    measured.figure("cpu_us_per_publish", server_us / published.max(1.0));
    measured.quantiles("accepted", &times);
    if filled >= u64::from(PAGE_MESSAGES) {
        let mut times = histogram();
        let watch = Stopwatch::start(tree, &round.load);
        let pages = span.of(PAGES as u32);
        for number in 0..u64::from(pages) {
            // Spread over the log in a random order that is the same in each run.
            let before =
                u64::from(PAGE_MESSAGES) + number * 7_919_993 % (filled - u64::from(PAGE_MESSAGES) + 1);
            times.saturating_record(page(&mut round, &tidings, number + 2, before, span)?);
        }
        let (_, server_us) = watch.stop(&round.load);
        measured.quantiles("page", &times);
        measured.figure("cpu_us_per_page", server_us / f64::from(pages));
    }
    Ok(measured)
}

/// Publishes until there are `messages` messages. Returns their number.
fn fill(messages: u64, address: SocketAddr, dialect: Dialect, span: &Span) -> Result<u64, Failure> {
    let (publishers, window) = if messages < 1000 { (1, 1) } else { FILLERS };
    let mut round = Round::open(publishers, window, address, dialect, span)?;
    round.publish_number(messages)?;
    Ok(round.sent())
}

/// Requests a page. Returns the latency in ns.
fn page(
    round: &mut Round,
    tidings: &Tidings,
    request: u64,
    before: u64,
    span: &Span,
) -> Result<u64, Failure> {
    let asked = Instant::now();
    round.load.say(0, &tidings.history(request, 0, before, PAGE_MESSAGES))?;
    let (mut came, mut refused) = (false, None);
    while !came {
        let turn = round.load.turn(span.silence, &mut |arrival| match arrival.heard {
            Heard::Page(number) => came |= number == request,
            Heard::Refused(why) => refused = Some(String::from_utf8_lossy(why).into_owned()),
            Heard::Accepted(_) | Heard::Subscribed | Heard::Delivery(_) | Heard::Other => {}
        })?;
        if let Some(why) = refused {
            return Err(Failure::Server(format!("refused: {why}")));
        }
        if turn.events == 0 {
            let what = "waiting for a page".to_owned();
            return Err(Failure::Silence { seconds: span.silence.as_secs(), what });
        }
    }
    Ok(u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX))
}
