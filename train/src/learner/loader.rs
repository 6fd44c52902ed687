//! A loader of windows.

use std::fmt::Debug;
use std::sync::Arc;

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::data::dataset::InMemDataset;
use burn::tensor::Device;

/// A loader that hands out `windows` one by one, in their order in every epoch.
pub fn window_loader<W>(windows: Vec<W>) -> Arc<dyn DataLoader<W>>
where
    W: Clone + Debug + Send + Sync + 'static,
{
    // Nothing of a window is put on a device here. burn-train itself brings this one, and to look for the default device
    // would start a GPU.
    DataLoaderBuilder::new(OneByOne)
        .set_device(Device::flex())
        .batch_size(1)
        .build(InMemDataset::new(windows))
}

/// Takes a window, which has its rows already, out of its batch of one.
struct OneByOne;

impl<W> Batcher<W, W> for OneByOne {
    fn batch(&self, mut windows: Vec<W>, _: &Device) -> W {
        windows.pop().expect("the loader's batch size is 1")
    }
}
