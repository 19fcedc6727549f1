//! `howship scores`: readers' scores, one file per question.

mod agree;
mod agree_page;
mod agree_words;
mod answer;
mod change;
mod joints_shown;
mod numbers;
mod origin;
mod reader_bias;
mod repair;
mod repair_map;
mod repair_shown;
mod schemes;
mod shown_interval;
mod source;
mod totals;
mod trial;
mod trial_arms;
mod trial_compare;
mod validate;

use crate::args_scores::{Question, ScoresArgs};
use crate::failure::ExitStatus;
use crate::printer::Printer;

pub(crate) fn run(args: &ScoresArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    match &args.question {
        Question::Schemes(args) => schemes::run(args, printer),
        Question::Validate(args) => validate::run(args, printer),
        Question::Totals(args) => totals::run(args, printer),
        Question::Agree(args) => agree::run(args, printer),
        Question::Change(args) => change::run(args, printer),
        Question::Repair(args) => repair::run(args, printer),
        Question::Trial(args) => trial::run(args, printer),
    }
}
