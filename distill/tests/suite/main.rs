//! Encoders, losses, teachers and their cache, on every device of this build.

mod cache;
mod encoder;
mod encoder_errors;
mod encoder_training;
mod losses;
mod minilm;
mod students;
mod support;
mod taggers;
mod teachers;
