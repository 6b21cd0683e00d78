//! What words of a corpus cannot do.

use super::*;
use crate::report::SideBySide;

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_string).collect()
}

#[test]
fn words_of_a_corpus_cannot_break_the_page() {
    let mut section = Section::new("<h>", "a & b", &["word"]);
    section.row(&["<script>".into()]);
    let side = SideBySide {
        columns: vec!["read\"".into(), "wrote".into()],
        lines: vec![vec![words("<b> a"), words("<i> a")], vec![words("x"), vec![]]],
        marked: true,
    };
    let page = Page {
        title: "t".into(),
        subtitle: "<p>".into(),
        verdict: Verdict::of(&[]),
        figures: vec![],
        cards: vec![],
        command: "hvae <x>".into(),
        pictures: vec![Picture { id: "p", heading: "h".into(), caption: "c".into(), body: side.html() }],
        tables: vec![section],
        footer: String::new(),
    };
    let html = page.html();
    let broken = ["<script>", "<b>", "<i>", "hvae <x>", "<h>"];
    assert!(broken.iter().all(|tag| !html.contains(tag)), "{html}");
    assert!(html.contains("&#60;script&#62;") && html.contains("data-head=\"read&quot;\""), "{html}");
    assert!(html.contains("<mark>&lt;i&gt;</mark> a") && html.contains("<em>nothing</em>"), "{html}");
}
