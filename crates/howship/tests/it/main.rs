//! The program as its user meets it: exit codes, messages, what OUT holds.

mod bad_input;
mod fixture;
mod formats;
mod help;
mod interrupted;
mod output;
mod phantoms;
