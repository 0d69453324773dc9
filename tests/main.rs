//! The product as its users meet it: HTTP over sockets, against the whole stack on the embedded servers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what the tests share may fail like a test")]

mod world;
mod dynamodb_local;
mod event_source;
mod expected;
mod journey;
mod history;
mod lake;
mod upkeep;
mod discovery;
mod receipts;
mod acknowledgement;
mod formats;
mod garbage;
mod bodies;
mod connector;
mod token;
mod token_list;
mod ingest;
mod versions;
mod data;
mod pages;
mod requests;
mod measures;
mod export;
mod privacy;
mod media;
mod console;
mod session;
mod reports;
mod settings;
mod batch;
mod second;
mod poller;
mod simulation;
mod house;
