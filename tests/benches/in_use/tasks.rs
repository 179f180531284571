//! The tasks of the page's thread in a trace: their durations and kinds.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// The browser's name for a task of a thread.
const TASK: [&str; 2] = ["RunTask", "ThreadControllerImpl::RunTask"];

/// A longer task is a long task, in microseconds.
const LONG_US: f64 = 50_000.0;

/// An event of a thread.
#[derive(Debug, Clone, Copy)]
struct Span<'a> {
    name: &'a str,
    begin: f64,
    /// Wall clock time, in microseconds.
    wall: f64,
    /// Processor time, in microseconds.
    processor: f64,
}

/// The measurements of the page's thread.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    wall: Vec<f64>,
    processor: Vec<f64>,
    /// Processor time between two committed frames, in microseconds.
    drawn: Vec<f64>,
    /// Own processor time of each kind of event, without the events inside of it, in microseconds, and their number.
    parts: BTreeMap<String, (f64, usize)>,
    frames: usize,
}

impl Tasks {
    /// Returns those of the thread that renders the page: the one that lays out and commits most.
    pub(crate) fn of(events: &[Value]) -> Self {
        let mut threads: HashMap<(i64, i64), Vec<Span<'_>>> = HashMap::new();
        for event in events.iter().filter(|event| event["ph"] == "X") {
            let thread = (event["pid"].as_i64().unwrap_or(0), event["tid"].as_i64().unwrap_or(0));
            let number = |name: &str| event[name].as_f64().unwrap_or(0.0);
            let (begin, wall, processor) = (number("ts"), number("dur"), number("tdur"));
            let name = event["name"].as_str().unwrap_or_default();
            threads.entry(thread).or_default().push(Span { name, begin, wall, processor });
        }
        let pages = |spans: &Vec<Span<'_>>| {
            spans.iter().filter(|span| [FRAME, LAYOUT, DRAWN].contains(&span.name)).count()
        };
        let page = threads.into_values().max_by_key(pages);
        page.map(Self::of_thread).unwrap_or_default()
    }

    fn of_thread(mut spans: Vec<Span<'_>>) -> Self {
        spans.sort_by(|a, b| a.begin.total_cmp(&b.begin).then(b.wall.total_cmp(&a.wall)));
        let mut this = Self::default();
        let mut open: Vec<Span<'_>> = Vec::new();
        let mut since_drawn = 0.0;
        for span in spans {
            while open.last().is_some_and(|outer| outer.begin + outer.wall <= span.begin) {
                open.pop();
            }
            let part = |name: &str| match name {
                name if TASK.contains(&name) => "(the browser's own)".to_owned(),
                name => name.to_owned(),
            };
            if let Some(outer) = open.last() {
                this.parts.entry(part(outer.name)).or_default().0 -= span.processor;
            }
            let own = this.parts.entry(part(span.name)).or_default();
            *own = (own.0 + span.processor, own.1 + 1);
            this.frames += usize::from(span.name == FRAME);
            if TASK.contains(&span.name) && !open.iter().any(|outer| TASK.contains(&outer.name)) {
                this.wall.push(span.wall);
                this.processor.push(span.processor);
                since_drawn += span.processor;
            }
            // The rest of its task follows, and is short.
            if span.name == DRAWN {
                this.drawn.push(std::mem::take(&mut since_drawn));
            }
            open.push(span);
        }
        this.wall.sort_by(f64::total_cmp);
        this.processor.sort_by(f64::total_cmp);
        this.drawn.sort_by(f64::total_cmp);
        this
    }

    /// Returns the longest task: processor time and wall clock time, in milliseconds.
    pub(crate) fn longest(&self) -> [f64; 2] {
        [last(&self.processor), last(&self.wall)]
    }

    /// Returns the number of rendered frames.
    pub(crate) fn drawn(&self) -> usize {
        self.drawn.len()
    }

    /// Returns the median and the total processor time of the rendered frames, in milliseconds.
    pub(crate) fn of_frames(&self) -> [f64; 2] {
        let middle = self.drawn.get(self.drawn.len() / 2).copied().unwrap_or_default();
        [middle / 1_000.0, self.processor.iter().sum::<f64>() / 1_000.0]
    }

    /// Describes the measurements, one per line.
    pub(crate) fn describe(&self) -> Vec<String> {
        let long = |times: &[f64]| times.iter().filter(|time| **time > LONG_US).count();
        let total: f64 = self.processor.iter().sum();
        let per_frame = total / 1_000.0 / self.frames.max(1) as f64;
        let mut lines = vec![
            format!(
                "tasks above 50 ms: {} by the clock, {} by the processor; the longest {:.0} ms, {:.0} ms",
                long(&self.wall),
                long(&self.processor),
                last(&self.wall),
                last(&self.processor),
            ),
            format!(
                "{} tasks, {} animation frames with a script; {:.0} ms of the processor, {per_frame:.1} for each frame",
                self.processor.len(),
                self.frames,
                total / 1_000.0,
            ),
            format!("the ten longest by the processor, ms: {}", ten(&self.processor)),
            format!("the ten longest by the clock, ms: {}", ten(&self.wall)),
        ];
        let mut parts: Vec<_> = self.parts.iter().collect();
        parts.sort_by(|a, b| b.1.0.total_cmp(&a.1.0));
        for (name, (time, count)) in parts.into_iter().take(PARTS_SHOWN) {
            lines.push(format!("{:>8.0} ms  {count:>7} ×  {name}", time / 1_000.0));
        }
        lines
    }
}

/// The browser's name for the callbacks of `requestAnimationFrame`.
const FRAME: &str = "FireAnimationFrame";

/// Its name for committing a frame.
const DRAWN: &str = "Commit";

/// Its name for layout, which only a page's thread does.
const LAYOUT: &str = "Layout";

const PARTS_SHOWN: usize = 16;

fn last(times: &[f64]) -> f64 {
    times.last().copied().unwrap_or_default() / 1_000.0
}

fn ten(times: &[f64]) -> String {
    times.iter().rev().take(10).map(|time| format!("{:.0}", time / 1_000.0)).collect::<Vec<_>>().join(" ")
}
