//! What makes updates: the processor, or a graphics processor.

use super::adam::{Adam, Part, clip, still_pads};
use super::batch::Batch;
use super::gpu::{Device, Gpu, refusal};
use super::hardware::Hardware;
use super::objective::{Losses, TermWeights};
use super::update::loss_and_gradients;
use crate::config::Train;
use crate::model::{FloatNet, ModelError, Random};

/// One update: on what, towards what, and of which tensors.
pub struct Update<'a> {
    pub batch: &'a Batch,
    pub train: &'a Train,
    pub weights: TermWeights,
    pub learning_rate: f32,
    pub parts: &'a [Part],
    /// Draws dropout and z.
    pub random: Random,
}

/// Where updates are made.
pub enum Machine {
    Processor,
    Graphics(Box<Gpu>),
}

impl Machine {
    /// `device`, with `net` and `adam` brought there, or the processor.
    ///
    /// # Errors
    /// If the device cannot make updates of this net; [`refusal`] says so before.
    pub fn new(
        device: Option<Device>,
        net: &FloatNet,
        adam: &Adam,
        train: &Train,
    ) -> Result<Machine, ModelError> {
        let Some(device) = device else { return Ok(Machine::Processor) };
        match refusal(&device, net.network(), train) {
            None => Ok(Machine::Graphics(Box::new(Gpu::new(device, net, adam)))),
            Some(why) => Err(ModelError::new(
                format!("the graphics processor {}", device.name()),
                "updates that it can make",
                why,
                "give --device cpu",
            )),
        }
    }

    /// Makes an update of `net`, with the gradient of the net as the cells of `hardware` hold it. Returns the
    /// losses and the joint norm that the gradients had; changes nothing if that is not finite.
    pub fn update(
        &mut self,
        net: &mut FloatNet,
        adam: &mut Adam,
        hardware: &Hardware,
        update: Update<'_>,
    ) -> Result<(Losses, f32), ModelError> {
        if let Machine::Graphics(gpu) = self {
            return gpu.update(net, adam, update);
        }
        let Update { batch, train, weights, learning_rate, parts, random } = update;
        let held = hardware.seen(net);
        let seen = held.as_ref().unwrap_or(net);
        let (losses, mut gradients) = loss_and_gradients(seen, batch, train, weights, random);
        if train.zero_pads {
            still_pads(net, &mut gradients);
        }
        let norm = clip(&mut gradients, train.clip_norm);
        if norm.is_finite() {
            adam.update(net.tensors_mut(), &gradients, parts, learning_rate, train);
        }
        Ok((losses, norm))
    }

    /// Brings `net` and `adam` up to date, before anybody reads them.
    pub fn settle(&mut self, net: &mut FloatNet, adam: &mut Adam) -> Result<(), ModelError> {
        match self {
            Machine::Processor => Ok(()),
            Machine::Graphics(gpu) => gpu.settle(net, adam),
        }
    }
}
