//! The parameters of a module as tensors, and back.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor};

use super::Tensors;
use super::tensors::{Form, check, upload};
use crate::Error;
use crate::optim::param::map_value;

/// Every float parameter of a module with its exact bits, by its path, such as `network.layers.0.forward.weight_hh`.
///
/// A reparameterised weight (weight drop) is stored as it is underneath.
pub fn parameters<M: Module>(module: &M) -> Tensors {
    let mut collect = Collect::default();
    module.visit(&mut collect);
    collect.tensors
}

/// `module` with these parameters, which stay on their devices.
///
/// # Errors
///
/// [`Error::Tensor`] if a parameter is missing, is of another shape or number type, or the module has no place for one.
pub fn set_parameters<M: Module>(module: M, tensors: &Tensors) -> Result<M, Error> {
    let places = places(&module);
    let forms = places.into_iter().map(|(path, place)| (path, place.form));
    check(tensors, &forms.collect())?;
    Ok(module.map(&mut Replace {
        path: Path::default(),
        tensors,
    }))
}

/// What there is to know of a parameter but for its numbers.
pub(super) struct Place {
    pub id: ParamId,
    pub form: Form,
    /// Outside of autodiff.
    pub device: Device,
}

/// Every float parameter of a module, by its path.
pub(super) fn places<M: Module>(module: &M) -> BTreeMap<String, Place> {
    let mut find = Find::default();
    module.visit(&mut find);
    find.places
}

/// Where in a module a traversal is.
#[derive(Default)]
pub(crate) struct Path(Vec<String>);

/// A choice between modules is no part of a path, as in the file of a saved model.
fn is_named(container: &str) -> bool {
    !container.starts_with("Enum:")
}

impl Path {
    pub fn enter(&mut self, name: &str, container: &str) {
        if is_named(container) {
            self.0.push(name.to_owned());
        }
    }

    pub fn exit(&mut self, container: &str) {
        if is_named(container) {
            self.0.pop();
        }
    }

    pub fn text(&self) -> String {
        self.0.join(".")
    }
}

#[derive(Default)]
struct Collect {
    path: Path,
    tensors: Tensors,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.tensors
            .insert(self.path.text(), param.base().into_data());
    }
}

#[derive(Default)]
struct Find {
    path: Path,
    places: BTreeMap<String, Place>,
}

impl ModuleVisitor for Find {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.base().inner();
        let place = Place {
            id: param.id,
            form: Form::of(&value),
            device: value.device(),
        };
        self.places.insert(self.path.text(), place);
    }
}

/// Puts each tensor in the place of the parameter of its name. All are there, and they fit.
struct Replace<'a> {
    path: Path,
    tensors: &'a Tensors,
}

impl ModuleMapper for Replace<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.tensors.get(&self.path.text()) {
            Some(data) => map_value(param, |_, value| upload(data, &value.device())),
            None => param,
        }
    }
}
