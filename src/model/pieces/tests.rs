//! Pieces of music as text, and what is none.

use super::*;

const FIVE: Pieces = Pieces { bits: 5 };

#[test]
fn pieces_are_read_and_written_back() {
    let text = "0,4 - 2\n\n1\n";
    let read = FIVE.read("f", text).unwrap();
    let frames = ndarray::arr2(&[[0.0; 5], [1.0, 0.0, 0.0, 0.0, 1.0], [0.0; 5], [0.0, 0.0, 1.0, 0.0, 0.0]]);
    assert_eq!(read[0].frames, frames);
    assert_eq!(read[1].frames.nrows(), 2);
    assert_eq!(read.iter().map(Pieces::line).collect::<Vec<_>>(), ["0,4 - 2", "1"]);
}

#[test]
fn other_lines_are_refused_by_number() {
    let keys = "expected frames of keys 0 to 4 with commas between them, or -, got";
    for (text, message) in [
        ("0 1\n0 5 1", format!("f: line 2, frame 2: {keys} `5`; correct the key")),
        ("0 1,,2", format!("f: line 1, frame 2: {keys} ``; correct the key")),
        ("+1", format!("f: line 1, frame 1: {keys} `+1`; correct the key")),
        ("1,-", format!("f: line 1, frame 1: {keys} `-`; correct the key")),
        (
            "99999999999999999999",
            format!("f: line 1, frame 1: {keys} `99999999999999999999`; correct the key"),
        ),
        ("1,2,1", format!("f: line 1, frame 1: {keys} 1 twice; name a key once")),
        ("\n \n", format!("f: {keys} no line; write a piece a line")),
    ] {
        let found = FIVE.read("f", text).unwrap_err().to_string();
        assert!(found.starts_with(&message), "{found}\n{message}");
    }
    let long = vec!["-"; MOST_FRAMES + 1].join(" ");
    let found = FIVE.read("f", &long).unwrap_err().to_string();
    assert!(
        found.starts_with("f: line 1: expected at most 100000 frames of a piece, got 100001; "),
        "{found}"
    );
}

/// Every frame is predicted once, whatever the parts, from the frame before it.
#[test]
fn parts_have_all_frames_once() {
    let piece = FIVE.read("f", "0 1 2 3 4 0,1 0,2").unwrap();
    for (frames, lines) in [
        (0, vec!["0 1 2 3 4 0,1 0,2"]),
        (7, vec!["0 1 2 3 4 0,1 0,2"]),
        (3, vec!["0 1 2", "3 4 0,1", "0,2"]),
        (6, vec!["0 1 2 3 4 0,1", "0,2"]),
    ] {
        let parts = Pieces::cut(piece.clone(), frames);
        assert_eq!(parts.iter().map(Pieces::line).collect::<Vec<_>>(), lines);
        let mut before = ndarray::Array1::zeros(5);
        for part in parts {
            assert_eq!(part.frames.row(0), before);
            before = part.frames.row(part.frames.nrows() - 1).to_owned();
        }
    }
}
