//! Which networks are built here, and which are not.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::{HiddenAct, Layout};
use crate::Error;

/// What is another network altogether is told by its own message, before a field is missed that it does not have.
pub(super) fn refuse_others(path: &Path, config: &Value) -> Result<(), Error> {
    let (acts, positions) = (&config["hidden_act"], &config["position_embedding_type"]);
    let rules = [
        (
            "model_type",
            is::<Layout>(&config["model_type"]),
            "\"bert\" or \"roberta\"",
        ),
        (
            "hidden_act",
            is::<Option<HiddenAct>>(acts),
            "\"gelu\", \"gelu_new\" or another name of theirs",
        ),
        (
            "position_embedding_type",
            positions.is_null() || positions == "absolute",
            "\"absolute\"",
        ),
    ];
    match rules.into_iter().find(|(_, is_built, _)| !is_built) {
        None => Ok(()),
        Some((field, _, expected)) => Err(Error::Unsupported {
            path: path.to_owned(),
            field,
            expected,
            got: config[field].to_string(),
        }),
    }
}

/// Whether a value is one of this type's.
fn is<'de, T: Deserialize<'de>>(value: &'de Value) -> bool {
    T::deserialize(value).is_ok()
}
