//! Steps that were skipped because something was not finite, and where that began.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::checkpoint::Path;
use crate::{Error, Quantity};

/// How many steps were skipped, and what the last run of them was about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Skipped {
    /// In all.
    pub total: usize,
    in_a_row: usize,
    /// The first parameter concerned at the first step of the run.
    parameter: Option<String>,
}

impl Skipped {
    /// A step went well.
    pub fn end_run(&mut self) {
        self.in_a_row = 0;
        self.parameter = None;
    }

    /// A step of `module` was skipped.
    pub fn add<M: Module>(&mut self, module: &M, gradients: &mut GradientsParams) {
        self.total += 1;
        self.in_a_row += 1;
        if self.in_a_row == 1 {
            self.parameter = first_not_finite(module, gradients);
        }
    }

    /// Whether that was one too many in a row.
    pub fn check(
        &self,
        allowed: usize,
        step: usize,
        quantity: Quantity,
        value: f64,
    ) -> Result<(), Error> {
        if self.in_a_row <= allowed {
            return Ok(());
        }
        Err(Error::Diverged {
            quantity,
            step,
            value,
            skipped: self.in_a_row,
            parameter: self.parameter.clone(),
        })
    }
}

/// The path of the first parameter that is not finite itself or, as all are, whose gradient is not.
fn first_not_finite<M: Module>(module: &M, gradients: &mut GradientsParams) -> Option<String> {
    let mut find = Find {
        path: Path::default(),
        gradients,
        weight: None,
        gradient: None,
    };
    module.visit(&mut find);
    find.weight.or(find.gradient)
}

struct Find<'a> {
    path: Path,
    gradients: &'a mut GradientsParams,
    weight: Option<String>,
    gradient: Option<String>,
}

impl ModuleVisitor for Find<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.weight.is_none() && !is_finite(param.val().inner()) {
            self.weight = Some(self.path.text());
        }
        let gradient = self.gradients.get::<D>(param.id);
        if self.gradient.is_none() && gradient.is_some_and(|gradient| !is_finite(gradient)) {
            self.gradient = Some(self.path.text());
        }
    }
}

fn is_finite<const D: usize>(values: Tensor<D>) -> bool {
    values.is_finite().all().into_scalar::<bool>()
}
