//! `howship completions` and `howship man`: made from the same arguments that are read.

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::failure::{ExitStatus, Failure};
use crate::printer::{Printer, done};
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use std::path::Path;

/// The script for a shell, on stdout.
pub(crate) fn completions(args: &CompletionsArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "howship", &mut script);
    printer.answer(&String::from_utf8_lossy(&script))?;
    done()
}

/// A page for the program and for every command, those of commands among them.
pub(crate) fn man(args: &ManArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let out = &args.out;
    std::fs::create_dir(out).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::new(
            ExitStatus::CannotWrite,
            format!("`{}` exists already", out.display()),
        )
        .hint("choose another folder with `-o`"),
        _ => Failure::writing(out, &e),
    })?;
    let mut command = Cli::command();
    command.build();
    let mut pages = 0;
    write_pages(&command, "howship", out, &mut pages)?;
    printer.result(&format!("{pages} pages in {}\n", out.display()))?;
    done()
}

fn write_pages(command: &Command, name: &str, out: &Path, pages: &mut usize) -> anyhow::Result<()> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    let path = out.join(format!("{name}.1"));
    std::fs::write(&path, page).map_err(|e| Failure::writing(&path, &e))?;
    *pages += 1;
    let shown = |c: &&Command| !c.is_hide_set() && c.get_name() != "help";
    for inner in command.get_subcommands().filter(shown) {
        write_pages(inner, &format!("{name}-{}", inner.get_name()), out, pages)?;
    }
    Ok(())
}
