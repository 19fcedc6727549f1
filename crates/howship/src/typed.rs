//! The command line as a result keeps it.

use crate::args::grammar;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use howship_study::file_name;
use std::any::TypeId;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What differs between machines and runs, and changes no number.
const LEFT_OUT: [&str; 5] = ["threads", "quiet", "json", "out", "force"];
/// What decides the result even where nobody typed it, and stands in no setting.
const ALWAYS_SAID: [&str; 1] = ["preset"];

/// The command and every setting in force, typed or by default.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed {
    pub(crate) command: Vec<String>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) seeds: Vec<u64>,
}

/// Reads the command line once more: what `main` has accepted is sound.
pub(crate) fn typed() -> anyhow::Result<Typed> {
    let mut command = grammar();
    command.build();
    let matches = command.clone().try_get_matches()?;
    let mut typed = Typed {
        command: vec!["howship".to_owned()],
        ..Typed::default()
    };
    let (mut command, mut matches) = (&command, &matches);
    while let Some((name, inner)) = matches.subcommand() {
        let Some(next) = command.find_subcommand(name) else {
            break;
        };
        typed.command.push(name.to_owned());
        (command, matches) = (next, inner);
    }
    add_arguments(command, matches, &mut typed);
    Ok(typed)
}

fn add_arguments(command: &Command, matches: &ArgMatches, typed: &mut Typed) {
    let (mut files, mut options) = (Vec::new(), Vec::new());
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let Ok(Some(values)) = matches.try_get_raw(id) else {
            continue;
        };
        if LEFT_OUT.contains(&id) {
            continue;
        }
        // Files are kept by their names.
        let is_file = argument.get_value_parser().type_id() == TypeId::of::<PathBuf>();
        let values: Vec<String> = values
            .map(|v| {
                if is_file {
                    file_name(Path::new(v))
                } else {
                    v.to_string_lossy().into_owned()
                }
            })
            .collect();
        let said = matches.value_source(id) == Some(ValueSource::CommandLine)
            || (ALWAYS_SAID.contains(&id) && files.is_empty());
        match argument.get_long() {
            None if said => files.extend(values),
            None => {}
            Some(long) => {
                let flag = !argument.get_action().takes_values();
                if said && flag {
                    options.push(format!("--{long}"));
                } else if let Some(comma) = argument.get_value_delimiter().filter(|_| said) {
                    options.extend([format!("--{long}"), values.join(&comma.to_string())]);
                } else if said {
                    for value in &values {
                        options.extend([format!("--{long}"), value.clone()]);
                    }
                }
                if id == "seed" {
                    typed
                        .seeds
                        .extend(values.iter().filter_map(|v| v.parse::<u64>().ok()));
                }
                if !flag || said {
                    typed
                        .settings
                        .insert(long.replace('-', " "), values.join(", "));
                }
            }
        }
    }
    typed.command.extend(files);
    typed.command.extend(options);
}
