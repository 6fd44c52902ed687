//! Weights in the layouts of PyTorch, ONNX and `burn::nn`, in and out.
//!
//! | from and to | by way of |
//! | --- | --- |
//! | safetensors files | [`StateDict::read_safetensors`], [`StateDict::write_safetensors`] |
//! | `.pt` files, reading (feature `pt`) | `StateDict::read_pt` |
//! | `nn.RNN`, `nn.LSTM`, `nn.GRU` ([`pytorch`]) | [`Recurrent::from_pytorch`], [`load_pytorch`], [`to_pytorch`] |
//! | ONNX `RNN`, `LSTM`, `GRU` ([`onnx`]) | [`Recurrent::from_onnx`], [`to_onnx`] |
//! | `burn::nn` ([`burn_nn`]) | `TryFrom`, both ways |
//!
//! A [`StateDict`] in PyTorch's layout stands between all of them, and PyTorch's gate order is ours.
//!
//! ```
//! use burn::tensor::Device;
//! use recurra_cells::interop::StateDict;
//! use recurra_cells::{Direction, Lstm, LstmConfig, RecurrentConfig, SeededRng};
//!
//! let device = Device::default();
//! let config = RecurrentConfig::new(LstmConfig::new(8)).with_num_layers(2).with_direction(Direction::Both);
//! let network = config.init(4, &device, &mut SeededRng::new(1));
//!
//! let path = std::env::temp_dir().join("recurra-doc-interop.safetensors");
//! network.to_pytorch("encoder.")?.write_safetensors(&path)?;
//!
//! // In Python: nn.LSTM(4, 8, num_layers=2, bidirectional=True), as the field `encoder` of a module.
//! let dict = StateDict::read_safetensors(&path)?;
//! let loaded = Lstm::from_pytorch(&dict, "encoder.", &device)?;
//! assert_eq!(loaded.to_pytorch("")?, network.to_pytorch("")?);
//! # std::fs::remove_file(path).ok();
//! # Ok::<(), recurra_cells::Error>(())
//! ```
//!
//! [`Recurrent::from_pytorch`]: crate::Recurrent::from_pytorch
//! [`load_pytorch`]: crate::Recurrent::load_pytorch
//! [`to_pytorch`]: crate::Recurrent::to_pytorch
//! [`Recurrent::from_onnx`]: crate::Recurrent::from_onnx
//! [`to_onnx`]: crate::Recurrent::to_onnx

mod atomic;
pub mod burn_nn;
mod host_tensor;
mod mismatch;
pub mod onnx;
#[cfg(feature = "pt")]
mod pt;
pub mod pytorch;
mod safetensors;
mod state_dict;

pub use atomic::write_atomically;
pub use host_tensor::HostTensor;
pub use mismatch::{WeightMismatch, WrongShape};
pub use state_dict::StateDict;
