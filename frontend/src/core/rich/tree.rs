//! The nodes of the tree.

/// A part of the text that stands for itself. Between two blocks is a line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// Lines of text.
    Paragraph(Vec<Inline>),
    /// Lines between two fences.
    Code {
        /// The opening fence with the rest of its line.
        fence: String,
        /// The lines, without the last line end. `None` if there are none.
        text: Option<String>,
        /// The closing fence with the blanks after it.
        end: String,
    },
    /// Lines that begin with `>`.
    Quote {
        /// The marker of each line.
        marks: Vec<String>,
        /// What is quoted.
        blocks: Vec<Block>,
    },
    /// Items of a list, one per line.
    List(Vec<Item>),
}

/// One item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// The marker with the blanks around it, such as `- `.
    pub(crate) mark: String,
    /// How far it is indented: 0 to [`INDENT_MAX`](super::blocks::INDENT_MAX).
    pub(crate) indent: usize,
    /// Its number, if the list is numbered.
    pub(crate) number: Option<u32>,
    pub(crate) content: Vec<Inline>,
}

/// How a part of a text is emphasised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// `**strong**`
    Strong,
    /// `*emphasis*` or `_emphasis_`
    Emphasis,
    /// `~~strike~~`
    Strike,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inline {
    Text(String),
    /// Code between backticks.
    Code {
        /// The backticks on each side.
        ticks: String,
        text: String,
    },
    Marked {
        mark: Mark,
        /// The marker on each side, such as `**`.
        marker: &'static str,
        content: Vec<Inline>,
    },
    /// An address.
    Link {
        /// What the link leads to, with its scheme.
        href: String,
        /// What was written.
        text: String,
    },
    /// A mention of a person, with its `@`.
    Mention(String),
    /// The name of a room, without its `#`.
    Room(String),
}
