//! What is lost, the largest share first.

use super::*;

#[test]
fn the_largest_share_comes_first_and_nothing_lost_is_a_sentence() {
    let mut places = Places::default();
    places.at(Place::Part).clipped = 1;
    places.at(Place::Part).fitted = 99;
    places.at(Place::Logit).clipped = 5;
    places.at(Place::Logit).fitted = 5;
    places.at(Place::Moment).fitted = 7;
    let conversions = vec![("enc0".to_string(), 0, 50)];
    let lost = Lost { conversions, places, jobs: 3 };
    let pictures = lost.pictures();
    assert!(
        pictures[0].body.is_empty()
            && pictures[0].caption.ends_with("In the 3 jobs of this page none of 50 conversions did.")
    );
    let body = &pictures[1].body;
    let at = |text: &str| body.find(text).unwrap_or_else(|| panic!("{text}: {body}"));
    assert!(
        at("score of a word") < at("product of a cell") && !body.contains("mean or log-variance"),
        "{body}"
    );
    assert!(
        body.contains("5 of 10")
            && pictures[1].caption.contains("6 of 117 numbers did (5.13 %). At one other place"),
        "{}",
        pictures[1].caption
    );
}
