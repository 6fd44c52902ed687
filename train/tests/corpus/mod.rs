//! A tiny text, and models for it.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use recurra_cells::{
    AnyCell, AnyCellConfig, GruConfig, LstmConfig, PeepholeLstmConfig, RecurrentConfig, RnnConfig,
    SeededRng,
};
use recurra_train::{LanguageModel, LanguageModelConfig, TokenWindow};

/// Lower-case letters and blanks, over and over.
pub const TEXT: &str = "the cat sat on the mat and the rat sat on the cat and the cat ate the rat that sat on the mat ";

/// The letters, and the blank before them.
pub const VOCABULARY: usize = 27;

/// A byte's token: 0 for the blank, 1 for `a`, and so on.
pub fn id(byte: u8) -> u32 {
    u32::from(byte.saturating_sub(b'a' - 1))
}

/// The text three times over, in `batch` streams and windows of `steps`.
pub fn windows(batch: usize, steps: usize) -> Vec<TokenWindow> {
    let tokens: Vec<u32> = TEXT.repeat(3).bytes().map(id).collect();
    let length = (tokens.len() - 1) / batch;
    let starts = (0..length).step_by(steps.min(length));
    let window = |start: usize| {
        let steps = steps.min(length - start);
        let rows = |offset: usize| -> Vec<u32> {
            let firsts = (0..batch).map(|row| row * length + start + offset);
            firsts
                .flat_map(|first| &tokens[first..first + steps])
                .copied()
                .collect()
        };
        TokenWindow::new(rows(0), rows(1), [batch, steps])
    };
    starts.map(window).collect()
}

/// A model of each of the four cells; the LSTM's has two layers.
pub fn configs(hidden: usize) -> Vec<LanguageModelConfig<AnyCellConfig>> {
    let config = |cell| LanguageModelConfig::new(VOCABULARY, 6, RecurrentConfig::new(cell));
    let mut lstm = config(AnyCellConfig::Lstm(LstmConfig::new(hidden)));
    lstm.network.num_layers = 2;
    vec![
        lstm,
        config(AnyCellConfig::Rnn(RnnConfig::new(hidden))),
        config(AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden))),
        config(AnyCellConfig::Gru(GruConfig::new(hidden))),
    ]
}

/// The model of a configuration and a seed.
pub fn model(
    config: &LanguageModelConfig<AnyCellConfig>,
    device: &Device,
    seed: u64,
) -> LanguageModel<AnyCell> {
    config.init(device, &mut SeededRng::new(seed))
}

/// Two layers of LSTM.
pub fn any_model(device: &Device, seed: u64) -> LanguageModel<AnyCell> {
    model(&configs(8)[0], device, seed)
}

/// Every weight of a model, in its order.
pub fn weights(model: &LanguageModel<AnyCell>) -> Vec<f32> {
    struct Collect(Vec<f32>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().iter::<f32>());
        }
    }
    let mut collect = Collect(Vec::new());
    model.visit(&mut collect);
    collect.0
}
