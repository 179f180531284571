use proptest::prelude::*;

use super::*;

/// People who can be mentioned.
fn known(text: &str) -> Option<usize> {
    ["Ada Lovelace", "Ada", "bob"].into_iter().find(|name| text.starts_with(name)).map(str::len)
}

fn parsed(text: &str) -> Vec<Block> {
    let blocks = parse(text, &known);
    assert_eq!(source(&blocks), text, "every character is kept");
    blocks
}

/// Draws a text as a reader sees it: `<b>`, `<i>`, `<s>`, `<code>`, `<a>`, `<@>` and `<#>` around their content, blocks on lines.
fn seen(text: &str) -> String {
    drawn(&parsed(text))
}

fn drawn(blocks: &[Block]) -> String {
    let block = |block: &Block| match block {
        Block::Paragraph(content) => line(content),
        Block::Code { fence, text, .. } => {
            format!("[{}|{}]", fence.trim_start_matches('`'), text.as_deref().unwrap_or("-"))
        }
        Block::Quote { blocks, .. } => format!("> {}", drawn(blocks).replace('\n', "\n> ")),
        Block::List(items) => {
            let item = |item: &Item| {
                let mark = item.number.map_or("-".to_owned(), |number| format!("{number}."));
                format!("{}{mark} {}", "  ".repeat(item.indent), line(&item.content))
            };
            items.iter().map(item).collect::<Vec<_>>().join("\n")
        }
    };
    blocks.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn line(content: &[Inline]) -> String {
    let part = |inline: &Inline| match inline {
        Inline::Text(text) => text.clone(),
        Inline::Code { text, .. } => format!("<code>{text}</code>"),
        Inline::Marked { mark, content, .. } => {
            let tag = match mark {
                Mark::Strong => "b",
                Mark::Emphasis => "i",
                Mark::Strike => "s",
            };
            format!("<{tag}>{}</{tag}>", line(content))
        }
        Inline::Link { href, text } if href == text => format!("<a>{text}</a>"),
        Inline::Link { href, text } => format!("<a {href}>{text}</a>"),
        Inline::Mention(text) => format!("<@>{text}</@>"),
        Inline::Room(name) => format!("<#>{name}</#>"),
    };
    content.iter().map(part).collect()
}

#[test]
fn emphasis_is_seen_and_its_markers_are_not() {
    for (text, shown) in [
        ("**strong** and *soft*", "<b>strong</b> and <i>soft</i>"),
        ("_soft_", "<i>soft</i>"),
        ("~~gone~~", "<s>gone</s>"),
        ("***both***", "<b><i>both</i></b>"),
        ("**bold _and soft_**", "<b>bold <i>and soft</i></b>"),
        ("这是**重点**吧", "这是<b>重点</b>吧"),
        ("这是*重点*吧", "这是<i>重点</i>吧"),
        ("**two\nlines**", "<b>two\nlines</b>"),
    ] {
        assert_eq!(seen(text), shown);
    }
}

#[test]
fn what_only_looks_like_emphasis_is_text() {
    for text in [
        "f*** this s***",
        "x**2 + y**2",
        "мой_файл_новый",
        "été_à_été",
        "2*3*4",
        "snake_case_name",
        "__init__.py",
        "a * b * c",
        "**",
        "****",
        "~~~~",
        "*",
        "5 ** 2",
        "** not**",
        "_",
        "a_b_",
        "~5~",
        "C:\\_x_y",
        "*open",
        "**open *and",
        "¯\\_(ツ)_/¯",
    ] {
        assert_eq!(seen(text), text, "{text}");
    }
}

#[test]
fn code_is_shown_as_it_is() {
    for (text, shown) in [
        ("`a*b*c`", "<code>a*b*c</code>"),
        ("``a`b``", "<code>a`b</code>"),
        ("`https://a.example`", "<code>https://a.example</code>"),
        ("**`x`**", "<b><code>x</code></b>"),
        ("`open", "`open"),
        ("``a`", "``a`"),
        ("```\nlet x = *y;\n\n  z\n```", "[|let x = *y;\n\n  z]"),
        ("see:\n```rust\nfn main() {}\n```\nok", "see:\n[rust|fn main() {}]\nok"),
        ("```\n```", "[|-]"),
        ("```\n\n```", "[|]"),
        ("```\nnot closed", "```\nnot closed"),
        ("```rust\n```\n```", "[rust|-]\n```"),
        ("````\ncode with a\n```quote\n````\n- a", "[|code with a\n```quote]\n- a"),
        ("```\nx\n````", "[|x]"),
        ("> `a`\n> \n> ```\n> b\n> ```\n\nc", "> <code>a</code>\n> \n> [|b]\n\nc"),
        ("```a b\nx\n```", "<code>a b\nx\n</code>"),
    ] {
        assert_eq!(seen(text), shown, "{text}");
    }
}

#[test]
fn quotes_and_lists_are_blocks() {
    for (text, shown) in [
        ("> one\n> two\nthree", "> one\n> two\nthree"),
        ("> > deep\n> back", "> > deep\n> back"),
        (">:( and\n>5", ">:( and\n>5"),
        ("> - item\n> **b**", "> - item\n> <b>b</b>"),
        ("- one\n- *two*\n  - three", "- one\n- <i>two</i>\n  - three"),
        ("1. one\n2) two\n10. ten", "1. one\n2. two\n10. ten"),
        ("a\n- b\nc", "a\n- b\nc"),
        ("-no", "-no"),
        ("- ", "- "),
        ("2026. It was good", "2026. It was good"),
        ("* * *", "- * *"),
        ("1.5 litres", "1.5 litres"),
    ] {
        assert_eq!(seen(text), shown, "{text}");
    }
    assert!(matches!(parsed("> > > > deep").as_slice(), [Block::Quote { .. }]));
}

#[test]
fn addresses_end_where_they_should() {
    for (text, shown) in [
        ("see https://example.org/a?b=c#d, please.", "see <a>https://example.org/a?b=c#d</a>, please."),
        ("请看（https://example.org/a）！", "请看（<a>https://example.org/a</a>）！"),
        ("见https://example.org/b，谢谢", "见<a>https://example.org/b</a>，谢谢"),
        (
            "https://example.org/c、https://example.org/d",
            "<a>https://example.org/c</a>、<a>https://example.org/d</a>",
        ),
        (
            "「https://example.org/e」《https://example.org/h》",
            "「<a>https://example.org/e</a>」《<a>https://example.org/h</a>》",
        ),
        (
            "https://example.org/f；好 https://example.org/k？好",
            "<a>https://example.org/f</a>；好 <a>https://example.org/k</a>？好",
        ),
        ("(https://example.org/o)和", "(<a>https://example.org/o</a>)和"),
        ("https://例子.cn。好", "<a>https://例子.cn</a>。好"),
        ("看 https://例子.cn/路。", "看 <a>https://例子.cn/路</a>。"),
        ("https://en.wikipedia.org/wiki/A_(b)", "<a>https://en.wikipedia.org/wiki/A_(b)</a>"),
        ("HTTPS://EXAMPLE.ORG/g", "<a https://EXAMPLE.ORG/g>HTTPS://EXAMPLE.ORG/g</a>"),
        ("**See https://a.example/x.**", "<b>See <a>https://a.example/x</a>.</b>"),
        ("*(https://a.example/x)*", "<i>(<a>https://a.example/x</a>)</i>"),
        ("https://example.org/a، ثم", "<a>https://example.org/a</a>، ثم"),
        ("https://example.org/a\u{200f}", "<a>https://example.org/a</a>\u{200f}"),
        ("'ada@example.org'", "'<a mailto:ada@example.org>ada@example.org</a>'"),
        ("to=ada@x.org", "to=<a mailto:ada@x.org>ada@x.org</a>"),
        ("**https://a.example/x**", "<b><a>https://a.example/x</a></b>"),
        ("https://a.example/snake_case_*x*", "<a>https://a.example/snake_case_*x*</a>"),
        ("https://a.example/maps_ and more", "<a>https://a.example/maps_</a> and more"),
        ("_https://a.example/x_", "<i><a>https://a.example/x</a></i>"),
        ("https://a.example/?a=m65-_-26-816-_-P", "<a>https://a.example/?a=m65-_-26-816-_-P</a>"),
        ("https://a.example/bar-_stuff_-in-it.jpg", "<a>https://a.example/bar-_stuff_-in-it.jpg</a>"),
        ("https://a.example/wiki/N_(computing)#E", "<a>https://a.example/wiki/N_(computing)#E</a>"),
        ("www.example.org.", "<a https://www.example.org>www.example.org</a>."),
        ("mail ada.l@example.org, now", "mail <a mailto:ada.l@example.org>ada.l@example.org</a>, now"),
        ("<a href=\"https://a.example/x\">", "<a href=\"<a>https://a.example/x</a>\">"),
    ] {
        assert_eq!(seen(text), shown, "{text}");
    }
}

#[test]
fn nothing_else_becomes_a_link() {
    for text in [
        "javascript:alert(1)",
        "http://",
        "https:// x",
        "xhttp://a.example",
        "ftp://a",
        "http",
        "www.",
        "www.x",
        "wwwx.y",
        "a@b",
        "a@b.c",
        "@example.org",
        "a@.example.org",
        "a..@",
        "x@1.2.3.4",
        "data:text/html,x",
    ] {
        assert!(!seen(text).contains("<a"), "{text}: {}", seen(text));
    }
}

#[test]
fn only_so_many_addresses_become_links() {
    let text = "http://a.example x@y.org ".repeat(80);
    assert_eq!(seen(&text).matches("<a").count(), 100);
}

#[test]
fn the_limits_reach_what_comes_last() {
    let text = format!("**b** https://a.example\n{}", "- a\n".repeat(1_200));
    assert!(seen(&text).starts_with("<b>b</b> <a>https://a.example</a>\n- a"));
    assert_eq!(seen(&"#a ".repeat(1_000)).matches("<#>").count(), 100);
}

#[test]
fn people_and_rooms_are_named() {
    for (text, shown) in [
        ("@Ada Lovelace, hi", "<@>@Ada Lovelace</@>, hi"),
        ("@Ada: hi @bob", "<@>@Ada</@>: hi <@>@bob</@>"),
        ("@nobody", "@nobody"),
        ("你好@bob", "你好<@>@bob</@>"),
        ("in #design-team.", "in <#>design-team</#>."),
        ("#1 and C#x and ##", "#1 and C#x and ##"),
    ] {
        assert_eq!(seen(text), shown, "{text}");
    }
}

#[test]
fn a_few_emoji_alone_are_large() {
    for text in ["👍", "👍🏽", "🎉🎉🎉", "👩‍👩‍👧‍👦", "🇩🇪 🇫🇷", "❤️", "1️⃣", " ✅ "]
    {
        assert!(is_emoji_only(text), "{text}");
    }
    for text in ["", "  ", "👍👍👍👍", "👍 ok", "1", "12", "#", "a", "。", "🇩🇪🇫🇷🇮🇹🇪🇸"]
    {
        assert!(!is_emoji_only(text), "{text}");
    }
}

fn nodes(blocks: &[Block]) -> usize {
    fn of_line(content: &[Inline]) -> usize {
        let of = |inline: &Inline| match inline {
            Inline::Marked { content, .. } => 1 + of_line(content),
            _ => 1,
        };
        content.iter().map(of).sum()
    }
    let of = |block: &Block| match block {
        Block::Paragraph(content) => 1 + of_line(content),
        Block::Code { .. } => 1,
        Block::Quote { blocks, .. } => 1 + nodes(blocks),
        Block::List(items) => 1 + items.iter().map(|item| 1 + of_line(&item.content)).sum::<usize>(),
    };
    blocks.iter().map(of).sum()
}

/// Texts that make a careless parser read everything again and again.
fn hostile() -> Vec<String> {
    const BYTES: usize = 16_384;
    let parts = [
        "*",
        "**",
        "_",
        "`",
        "``",
        "```\n",
        "```a\n",
        "> ",
        ">\n",
        "- a\n",
        "1. a\n",
        "@",
        "@a",
        "#",
        "#a ",
        "http",
        "http://a",
        "http://a)",
        "(http://a",
        "www.a",
        "www.a/(",
        "www.a)é",
        "a@",
        "a@b.",
        "*a",
        "*a ",
        "**a*b",
        "~~a",
        "[",
        "(",
        "\n",
        "`a`",
        "*a*",
        "`",
        "a_",
        "é",
        "🙂",
        "> > > > ",
        "*a **b ~~c ",
    ];
    let heads = ["", "`", "**", "> ", "```\n", "http://a", "a@"];
    heads
        .iter()
        .flat_map(|head| parts.iter().map(move |part| format!("{head}{}", part.repeat(BYTES / part.len()))))
        .collect()
}

#[test]
fn the_work_grows_with_the_text_and_no_faster() {
    for text in hostile() {
        steps::TAKEN.set(0);
        let blocks = parsed(&text);
        let taken = steps::TAKEN.get();
        assert!(taken <= 6 * text.len() + 64, "{taken} steps for {}…", &text[..text.len().min(12)]);
        assert!(
            nodes(&blocks) <= 4_100,
            "{} nodes for {}…",
            nodes(&blocks),
            text.chars().take(12).collect::<String>()
        );
    }
}

proptest! {
    #[test]
    fn the_tree_has_every_character_of_any_text(text in any::<String>()) {
        parsed(&text);
        is_emoji_only(&text);
    }

    #[test]
    fn the_tree_has_every_character_of_any_markup(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "*", "**", "_", "__", "~~", "`", "``", "```", "\n", "> ", ">", "- ", "1. ", "  ", "a", "é", "路", " ", "@Ada", "@", "#a", "#", "https://a.example/",
                "www.a.b", "x@y.org", "(", ")", "。", "🙂", "\u{202e}", "\r",
            ]),
            0..60,
        )
    ) {
        parsed(&parts.concat());
    }
}
