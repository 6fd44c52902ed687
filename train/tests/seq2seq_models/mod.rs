//! Models that turn short strings of digits around, and the strings.

use burn::tensor::Device;
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, LstmConfig, PeepholeLstmConfig, RecurrentConfig,
    RnnConfig, SeededRng,
};
use recurra_train::{AttentionScore, Seq2Seq, Seq2SeqConfig, TargetMarks};

/// Tokens of sources and targets: the marks, then the digits.
pub const VOCABULARY: usize = 6;
pub const MARKS: TargetMarks = TargetMarks { begin: 0, end: 1 };

/// The four cells.
pub fn cells(hidden: usize) -> Vec<AnyCellConfig> {
    vec![
        AnyCellConfig::Rnn(RnnConfig::new(hidden)),
        AnyCellConfig::Lstm(LstmConfig::new(hidden)),
        AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden)),
        AnyCellConfig::Gru(GruConfig::new(hidden)),
    ]
}

/// A model of a cell, whose attention, directions, input feeding and layers above the attention are those of its place among the
/// cells.
pub fn config(cell: AnyCellConfig, index: usize) -> Seq2SeqConfig<AnyCellConfig> {
    let (direction, attention) = [
        (Direction::Both, AttentionScore::General),
        (Direction::Forward, AttentionScore::Dot),
        (Direction::Both, AttentionScore::Additive { size: 7 }),
        (Direction::Backward, AttentionScore::General),
    ][index];
    let network = RecurrentConfig::new(cell);
    let networks = [network.clone().with_direction(direction), network.clone()];
    let upper = match index {
        2 => Some(network),
        3 => Some(network.with_num_layers(2)),
        _ => None,
    };
    Seq2SeqConfig {
        upper,
        input_feeding: index.is_multiple_of(3),
        ..Seq2SeqConfig::new([VOCABULARY; 2], 8, networks, attention)
    }
}

/// The model of a [`config`].
pub fn model(cell: AnyCellConfig, index: usize, device: &Device) -> Seq2Seq<AnyCell> {
    config(cell, index).init(device, &mut SeededRng::new(3))
}

/// Sixteen different strings of one to four digits, and each turned around.
pub fn pairs() -> Vec<(Vec<u32>, Vec<u32>)> {
    let mut rng = SeededRng::new(1);
    let mut pairs: Vec<(Vec<u32>, Vec<u32>)> = Vec::new();
    while pairs.len() < 16 {
        let length = 1 + pairs.len() % 4;
        let source: Vec<u32> = (0..length).map(|_| 2 + rng.below(4) as u32).collect();
        let target = source.iter().rev().copied().collect();
        if !pairs.iter().any(|(other, _)| *other == source) {
            pairs.push((source, target));
        }
    }
    pairs
}
