//! The product as its users meet it: HTTP over sockets, against the whole stack on the embedded servers.

mod world;
mod journey;
mod house;
