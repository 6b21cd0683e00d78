//! Where marks stand, and what words cannot do.

use super::*;
use crate::report::plot::short;

#[test]
fn marks_stand_where_the_axis_says_and_words_cannot_break_the_page() {
    let mut lanes = Lanes::new(Axis { end: 200.0, step: 100.0 }, short, "<unit>");
    lanes.stack(
        "a<b",
        "\"7\"",
        &[
            (50.0, Colour::Blue, "x & y".into()),
            (0.0, Colour::Grey, "none".into()),
            (100.0, Colour::Orange, "z".into()),
        ],
    );
    let html = lanes.html();
    let bars = [
        r#"x="0.00%" y="0.0" width="25.00%" height="16.0""#,
        r#"x="25.00%" y="0.0" width="50.00%" height="16.0""#,
    ];
    assert!(bars.iter().all(|bar| html.contains(bar)), "{html}");
    assert!(html.contains("<title>x &amp; y</title>") && !html.contains("none"), "{html}");
    assert!(
        html.contains("a&lt;b") && html.contains("&quot;7&quot;") && html.contains("&lt;unit&gt;"),
        "{html}"
    );
    assert_eq!(html.matches("<text").count(), 3);
    assert_eq!(html, lanes.html());
}

#[test]
fn an_axis_may_begin_elsewhere_and_nothing_is_too_small_to_be_seen() {
    let mut lanes = Lanes::new(Axis { end: 30.0, step: 10.0 }, short, "uS");
    lanes.from = 10.0;
    lanes.lanes.push(Lane {
        marks: vec![Mark::bar(20.0, 20.0, Colour::Blue, "")],
        rules: vec![20.0],
        ..Lane::default()
    });
    let html = lanes.html();
    assert!(html.contains(r#"class="blue o" x="50.00%" y="0.0" width="0.08%""#), "{html}");
    assert!(
        html.contains(r#"<line class="rule" x1="50.00%""#) && html.matches("<text").count() == 3,
        "{html}"
    );
}
