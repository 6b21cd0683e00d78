//! Changes of bytes and of lines, for what has no tree: also what breaks the readers of trees at their first step.

use super::tree::number;
use hvae_mnn::model::Random;
use std::ops::Range;

/// Changes one place of `bytes`. Parts of `others` may come in.
pub fn change(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    match random.below(12) {
        0 => flip(bytes, random),
        1 => bytes.truncate(random.below(bytes.len() + 1)),
        2 => drop(bytes.drain(part(bytes.len(), random))),
        3 => {
            let (again, at) = (bytes[part(bytes.len(), random)].to_vec(), random.below(bytes.len() + 1));
            bytes.splice(at..at, again);
        }
        4 => {
            let at = random.below(bytes.len() + 1);
            let new = [0, 0xff, b' ', b'\n', b'"', b'-', b'x', 0xc3, b'\r', b'\t'];
            let some = vec![new[random.below(new.len())]; 1 << random.below(4)];
            bytes.splice(at..at, some);
        }
        5 if !others.is_empty() => {
            let other = &others[random.below(others.len())];
            let (from, to) = (part(other.len(), random), part(bytes.len(), random));
            bytes.splice(to, other[from].iter().copied());
        }
        6 | 7 => decimal(bytes, random),
        8..=10 => line(bytes, others, random),
        _ => {
            for _ in 0..1 + random.below(8) {
                flip(bytes, random);
            }
        }
    }
}

fn flip(bytes: &mut [u8], random: &mut Random) {
    if !bytes.is_empty() {
        // The beginning decides more than the rest.
        let most = if random.below(3) == 0 { bytes.len().min(64) } else { bytes.len() };
        let at = random.below(most);
        match random.below(3) {
            0 => bytes[at] = random.bits() as u8,
            1 => bytes[at] = [0, 0x7f, 0x80, 0xff, b'0', b'9'][random.below(6)],
            _ => bytes[at] ^= 1 << random.below(8),
        }
    }
}

/// A part, mostly a short one.
fn part(length: usize, random: &mut Random) -> Range<usize> {
    let from = random.below(length + 1);
    let most = (length - from).min(1 << random.below(16));
    from..from + random.below(most + 1)
}

/// Puts another number in the place of one that stands there in digits.
fn decimal(bytes: &mut Vec<u8>, random: &mut Random) {
    let starts: Vec<usize> = (0..bytes.len())
        .filter(|&i| bytes[i].is_ascii_digit() && (i == 0 || !bytes[i - 1].is_ascii_digit()))
        .collect();
    if starts.is_empty() {
        return flip(bytes, random);
    }
    let from = starts[random.below(starts.len())];
    let length = bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let new = match random.below(6) {
        0 => "9".repeat(1 + random.below(400)),
        1 => format!("{}e{}", random.below(10), random.below(400)),
        2 => "nan".into(),
        _ => number(random).to_string(),
    };
    bytes.splice(from..from + length, new.into_bytes());
}

/// Lines go, come twice, come from elsewhere, or change places; words within them likewise.
fn line(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    let mark = if random.below(2) == 0 { b'\n' } else { b' ' };
    let mut lines: Vec<Vec<u8>> = bytes.split(|&b| b == mark).map(<[u8]>::to_vec).collect();
    let (a, b) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(5) {
        0 => drop(lines.remove(a)),
        1 => lines.insert(b, lines[a].clone()),
        2 => lines.swap(a, b),
        3 if !others.is_empty() => {
            let other = &others[random.below(others.len())];
            let all: Vec<&[u8]> = other.split(|&b| b == mark).collect();
            lines.insert(a, all[random.below(all.len())].to_vec());
        }
        _ => {
            let again = lines[a].clone();
            lines.extend(std::iter::repeat_n(again, 1 << random.below(10)));
        }
    }
    *bytes = lines.join(&mark);
}
