//! The text that a tree was made of.

use super::tree::{Block, Inline};

/// Returns exactly the text that was parsed.
pub(crate) fn source(blocks: &[Block]) -> String {
    let texts: Vec<String> = blocks.iter().map(of_block).collect();
    texts.join("\n")
}

fn of_block(block: &Block) -> String {
    match block {
        Block::Paragraph(content) => of_inline(content),
        Block::Code { fence, text, end } => {
            let lines: Vec<&str> =
                [Some(fence.as_str()), text.as_deref(), Some(end)].into_iter().flatten().collect();
            lines.join("\n")
        }
        Block::Quote { marks, blocks } => {
            let quoted = source(blocks);
            let lines: Vec<String> =
                marks.iter().zip(quoted.split('\n')).map(|(mark, line)| format!("{mark}{line}")).collect();
            lines.join("\n")
        }
        Block::List(items) => {
            let lines: Vec<String> =
                items.iter().map(|item| format!("{}{}", item.mark, of_inline(&item.content))).collect();
            lines.join("\n")
        }
    }
}

fn of_inline(content: &[Inline]) -> String {
    let of = |inline: &Inline| match inline {
        Inline::Text(text) | Inline::Link { text, .. } | Inline::Mention(text) => text.clone(),
        Inline::Code { ticks, text } => format!("{ticks}{text}{ticks}"),
        Inline::Marked { marker, content, .. } => format!("{marker}{}{marker}", of_inline(content)),
        Inline::Room(name) => format!("#{name}"),
    };
    content.iter().map(of).collect()
}
