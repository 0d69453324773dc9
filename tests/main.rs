//! The product as its users meet it: HTTP over sockets, against the whole stack on the embedded servers.

mod world;
mod expected;
mod journey;
mod history;
mod lake;
mod connector;
mod token;
mod ingest;
mod data;
mod media;
mod console;
mod house;
