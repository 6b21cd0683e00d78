//! Pieces as a standard MIDI file, which every player and notation program reads.

use super::pieces::notes;
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};
use ndarray::Array2;

/// The note number of key 0, the lowest A of a piano.
pub const LOWEST: usize = 21;

/// Keys that note numbers are left for.
pub const KEYS: usize = 128 - LOWEST;

/// Ticks of a frame.
const TICKS: u32 = 240;

/// Frames of silence between two pieces.
const BETWEEN: usize = 4;

/// The bytes of a file with these pieces one after the other, `pace` frames a minute: one track, one channel, the first
/// instrument (a piano). Key 0 is note 21, ones that follow each other are one long note.
///
/// # Panics
/// If a piece has more keys than there are notes.
pub fn midi(pieces: &[Array2<f32>], pace: u32) -> Vec<u8> {
    // By time; what ends at a time stands before what begins.
    let mut events: Vec<(usize, bool, usize)> = Vec::new();
    let mut start = 0;
    for piece in pieces {
        assert!(piece.ncols() <= KEYS, "at most {KEYS} keys, got {}", piece.ncols());
        for note in notes(piece) {
            events.push((start + note.from, true, note.key));
            events.push((start + note.to, false, note.key));
        }
        start += piece.nrows() + BETWEEN;
    }
    events.sort_unstable();
    let (end, channel) = (start.saturating_sub(BETWEEN), u4::new(0));
    let sounds = |message| TrackEventKind::Midi { channel, message };
    let meta = |message| TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(message) };
    let tempo = (60_000_000 / pace.max(1)).min(u24::max_value().as_int());
    let mut track = vec![
        meta(MetaMessage::Tempo(u24::new(tempo))),
        TrackEvent { delta: u28::new(0), kind: sounds(MidiMessage::ProgramChange { program: u7::new(0) }) },
    ];
    let mut now = 0;
    let mut wait = |until: usize| {
        let frames = until - std::mem::replace(&mut now, until);
        u28::new((frames as u32 * TICKS).min(u28::max_value().as_int()))
    };
    for (at, begins, key) in events {
        let key = u7::new((LOWEST + key) as u8);
        let message = match begins {
            true => MidiMessage::NoteOn { key, vel: u7::new(80) },
            false => MidiMessage::NoteOff { key, vel: u7::new(0) },
        };
        track.push(TrackEvent { delta: wait(at), kind: sounds(message) });
    }
    track.push(TrackEvent { delta: wait(end), ..meta(MetaMessage::EndOfTrack) });
    let header = Header::new(Format::SingleTrack, Timing::Metrical(u15::new(TICKS as u16)));
    let mut bytes = Vec::new();
    let file = Smf { header, tracks: vec![track] };
    file.write_std(&mut bytes).expect("writing to memory");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader finds: when each note begins and ends, and how fast.
    #[test]
    fn a_file_says_when_notes_begin_and_end() {
        let first = ndarray::arr2(&[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]);
        let second = ndarray::arr2(&[[0.0, 1.0]]);
        let bytes = midi(&[first, second], 120);
        let read = Smf::parse(&bytes).unwrap();
        assert_eq!((read.header.format, read.tracks.len()), (Format::SingleTrack, 1));
        let (mut now, mut found) = (0, Vec::new());
        for event in &read.tracks[0] {
            now += event.delta.as_int();
            match event.kind {
                TrackEventKind::Midi { message: MidiMessage::NoteOn { key, vel }, .. } if vel > 0 => {
                    found.push((now / TICKS, key.as_int(), true));
                }
                TrackEventKind::Midi { message: MidiMessage::NoteOff { key, .. }, .. } => {
                    found.push((now / TICKS, key.as_int(), false));
                }
                TrackEventKind::Meta(MetaMessage::Tempo(tempo)) => assert_eq!(tempo.as_int(), 500_000),
                _ => {}
            }
        }
        // Four frames of silence between the pieces; the end of the last one.
        let wanted =
            [(0, 21, true), (2, 21, false), (2, 22, true), (3, 22, false), (8, 22, true), (9, 22, false)];
        assert_eq!(found, wanted);
        assert_eq!(now, 9 * TICKS);
    }
}
