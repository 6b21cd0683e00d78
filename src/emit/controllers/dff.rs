//! The one register of the controllers, and the macros their descriptions share.

use rust_hdl_core::prelude::*;

/// A register: `q` takes `d` at every rising edge of `clock`. Reset is not
/// hidden in it but written out in each controller, last in its `update`.
#[derive(Clone, Debug, LogicBlock)]
pub struct Dff<T: Synth> {
    /// The next value.
    pub d: Signal<In, T>,
    /// The present value.
    pub q: Signal<Out, T>,
    /// The clock.
    pub clock: Signal<In, Clock>,
}

// Not derived: that would ask `T: Default` twice over.
impl<T: Synth> Default for Dff<T> {
    fn default() -> Self {
        Self { d: Signal::default(), q: Signal::default(), clock: Signal::default() }
    }
}

impl<T: Synth> Logic for Dff<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom("always @(posedge clock) q <= d;".into())
    }
}

/// Clocks registers and lets them hold their value unless told otherwise
/// (rust-hdl knows this macro by its name).
macro_rules! dff_setup {
    ($self:ident, $clock:ident, $($dff:ident),+ $(,)?) => {
        $($self.$dff.clock.next = $self.$clock.val();)+
        $($self.$dff.d.next = $self.$dff.q.val();)+
    };
}

/// A comment in the printed Verilog (rust-hdl knows this macro by its name).
macro_rules! comment {
    ($text:literal) => {};
}

/// Named numbers of a controller, `NAME: width = value;`: constants in Rust,
/// `localparam`s in the printed Verilog.
macro_rules! constants {
    ($($name:ident: $width:literal = $value:expr;)*) => {
        $(pub(super) const $name: LiteralType = $value;)*
        pub(super) const CONSTANTS: &[$crate::emit::controllers::print::Named] =
            &[$((stringify!($name), $width, $name)),*];
    };
}

/// Named places of bits in a word, `width: NAME = bit, ...;`: indices in Rust, `localparam`s in the printed
/// Verilog.
macro_rules! places {
    ($width:literal: $($name:ident = $bit:literal),+ $(,)?) => {
        $(
            /// The lowest bit of a field.
            pub const $name: usize = $bit;
        )+
        const PLACES: &[$crate::emit::controllers::print::Named] =
            &[$((stringify!($name), $width, $name as LiteralType)),+];
    };
}

pub(super) use {comment, constants, dff_setup, places};
