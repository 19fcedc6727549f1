//! The `howship` command: arguments, settings, one file per subcommand, printing. Glue only.

mod args;
mod args_film;
mod args_mechanism;
mod args_number;
mod args_scores;
mod commands;
mod delta;
mod failure;
mod output_folder;
mod printable;
mod printer;
mod progress;
mod repair_rule;
mod spec_file;
mod stop;
mod table;
mod table_films;
mod typed;

use args::{Cli, Command, Global};
use clap::FromArgMatches as _;
use failure::{ExitStatus, Failure};
use printer::Printer;
use std::process::ExitCode;

/// The word on which this program is the decoder of one film, started by itself.
const DECODE: &str = "decode-one-film";

fn main() -> ExitCode {
    progress::start_clock();
    // Compressed films are decoded in a process of their own: what crashes there is an error here.
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|w| w == DECODE) && words.next().is_none() {
        let served = howship_formats::serve_decoder(std::io::stdin(), std::io::stdout());
        return ExitCode::from(u8::from(served.is_err()));
    }
    if let Ok(program) = std::env::current_exe() {
        howship_formats::decode_in_process(program, vec![DECODE.to_owned()]);
    }
    let words = args::plain_help(std::env::args_os().collect());
    let parsed = args::grammar().try_get_matches_from(words);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let printer = Printer::new(&cli.global);
    // A panic is a fault of ours: it ends with our exit code, and folders half made are removed on the way.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        prepare(&cli.global).and_then(|()| run(&cli.command, &printer))
    }));
    let status = match outcome {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            let failure = Failure::classify(&error);
            printer.failure(&failure);
            failure.status
        }
        Err(_) => ExitStatus::OurFault,
    };
    status.into()
}

fn run(command: &Command, printer: &Printer) -> anyhow::Result<ExitStatus> {
    match command {
        Command::Compare(args) => commands::compare::run(args, printer),
        Command::Measure(args) => commands::measure::run(args, printer),
        Command::Demo(args) if args.films => commands::demo_films::run(args, printer),
        Command::Demo(args) => commands::demo::run(args, printer),
        Command::Info(args) => commands::info::run(args, printer),
        Command::Convert(args) => commands::convert::run(args, printer),
        Command::Scores(args) => commands::scores::run(args, printer),
        Command::Simulate(args) => commands::simulate::run(args, printer),
        Command::Forecast(args) => commands::forecast::run(args, printer),
        Command::Power(args) => commands::power::run(args, printer),
        Command::Phantom(args) => commands::phantom::run(args, printer),
        Command::Bench(args) => commands::bench::run(args, printer),
        Command::Completions(args) => commands::shell::completions(args, printer),
        Command::Man(args) => commands::shell::man(args, printer),
    }
}

fn prepare(global: &Global) -> anyhow::Result<()> {
    stop::listen();
    if let Some(threads) = global.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .build_global()?;
    }
    Ok(())
}

/// Help and version go to stdout and are no error; anything else is one of usage.
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to tell anybody where the terminal itself is gone.
    let _ = error.print();
    if error.use_stderr() {
        ExitStatus::Usage.into()
    } else {
        ExitStatus::Done.into()
    }
}
