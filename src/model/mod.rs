//! The trained network in floating point, exactly as trained.

mod accumulate;
mod activation;
mod answers;
mod body;
mod cell;
mod codes;
mod converse;
mod dialogues;
mod diversity;
mod drawn;
mod dreams;
mod engine;
mod error;
mod example;
mod exponential;
mod float;
mod float_engine;
mod flow;
mod folder;
mod forced;
mod frames;
mod import;
mod job;
mod labelled;
mod labels;
mod latent;
mod layout;
mod lines;
mod losses;
mod measure;
mod mismatch;
mod network;
mod ngram;
mod pieces;
mod product;
mod random;
mod read;
mod rewriting;
mod samples;
mod schedule;
mod sequence;
mod texts;
mod tokenizer;
mod trace;
mod turns;
mod unroll;
mod vocabulary;
mod weights;

pub use crate::config::{Protocol, Tokenizer};
pub use activation::uncombined;
pub use answers::{Answers, measure_answers};
pub use body::{Body, Group};
pub use codes::Codes;
pub use converse::flattened;
pub use dialogues::{Conversations, Dialogues};
pub use diversity::Diversity;
pub use drawn::{Drawn, DrawnStep, kl_between, log_density};
pub use engine::{Answer, Engine, Moments, Posterior, Score, score_logits};
pub use error::ModelError;
pub use example::{Example, LOG_VARIANCE_LIMIT, frames_of_examples, gaussian_nll, label_nll};
pub use exponential::{exponentials, largest, tanh};
use float::Rows;
pub use float::{Carry, Distort, Exact, FloatNet, Pass, Perturb};
pub use flow::{Flowed, flow_kl};
pub use folder::{
    DESCRIPTION_FILE, Description, LABELS_FILE, METRICS_FILE, TrainedModel, VOCABULARY_FILE, WEIGHTS_FILE,
    bytes_of, check_labels, text_of, write_whole,
};
pub use forced::Draws;
pub use frames::{
    FrameBaseline, FrameBaselines, PIECE_SEED, PieceNoise, bits_nll, importance_weighted_frames,
};
pub use import::import;
pub use job::{JobKind, Origin};
pub use labelled::Labelled;
pub use labels::Labels;
pub use latent::Latent;
pub use layout::{Layout, longest_first};
pub use lines::Lines;
pub use losses::SentenceLoss;
pub use measure::{Effort, Evaluation, evaluate, evaluate_conversations, evaluate_each};
pub use network::{
    Activation, Block, BlockId, Blueprint, Combination, Edge, LEAK, LEAKY_LIMIT, Loop, LoopId, Network, Op,
    Over, Time,
};
pub use ngram::{Baselines, Ngram};
pub use pieces::Pieces;
pub use product::add_product;
pub use random::{Random, fingerprint};
pub use read::Source;
pub use rewriting::{Rewriting, exact_match, word_overlap};
pub use samples::{BlockParity, Numbers, Parity, Samples, read_npz};
pub use schedule::{Plan, Schedule, Step};
pub use sequence::{Decoder, argmax, frames_of, likeliest};
pub use texts::{Split, read_sentences, sentences_of};
pub use tokenizer::words;
pub use trace::{Role, Trace, Values};
pub use turns::Turns;
pub use unroll::Way;
pub use vocabulary::{EOS, PAD, SOS, SPECIAL, UNK, Vocabulary};
pub use weights::{Weights, read_metadata, read_tensors, write_tensors};
