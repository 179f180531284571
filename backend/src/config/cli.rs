//! The command line, and how its flags are merged with the variables and the file.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{
    Arg, ArgAction, ArgMatches, Args, CommandFactory as _, FromArgMatches, Parser, Subcommand, value_parser,
};

use super::declare::Setting;
use super::environment::{self, Read};
use super::error::{ConfigError, Source};
use super::file;
use super::settings::{Given, Overridden, SETTINGS, Settings};

/// Real-time message push that loses nothing.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do. The default is `serve`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `serve`.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// The commands of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server.
    Serve(Box<ServeArgs>),
    /// Copy the log to a file, also while the server runs.
    Backup(BackupArgs),
}

/// What to copy, and the file to write.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; it must not exist yet.
    pub file: PathBuf,
    /// The directory of the log.
    #[arg(skip)]
    pub data: PathBuf,
}

impl Cli {
    /// Reads the command line and the variables of this process. If the command line cannot be read, or asks for help,
    /// prints a message and ends the process.
    ///
    /// # Errors
    /// [`ConfigError::Variable`].
    pub fn read() -> Result<Command, ConfigError> {
        let matches = command().get_matches();
        Self::from_matches(&matches, &|name: &str| std::env::var_os(name))
            .unwrap_or_else(|error| error.exit())
    }

    fn from_matches(
        matches: &ArgMatches,
        variables: Read,
    ) -> Result<Result<Command, ConfigError>, clap::Error> {
        let cli = Self::from_arg_matches(matches)?;
        Ok(match cli.command.unwrap_or_else(|| Command::Serve(Box::new(cli.serve))) {
            Command::Serve(serve) => environment::settings(variables)
                .map(|variables| Command::Serve(Box::new(ServeArgs { variables, ..*serve }))),
            Command::Backup(backup) => {
                let flag =
                    matches.subcommand_matches(BACKUP).and_then(|flags| flags.get_one::<OsString>(DATA));
                // A backup must not fail because of a variable that it does not need.
                let is_data = |name: &str| SETTINGS.iter().any(|it| it.key == DATA && it.variable == name);
                let given = environment::settings(&|name| variables(name).filter(|_| is_data(name)));
                given.map(|given| {
                    let data = flag.map(PathBuf::from).or(given.data);
                    Command::Backup(BackupArgs {
                        data: data.unwrap_or_else(|| Settings::default().data),
                        ..backup
                    })
                })
            }
        })
    }
}

/// The name of the command that makes a backup.
const BACKUP: &str = "backup";

/// The key of the setting that a backup has, too.
const DATA: &str = "data";

/// The command line, as clap knows it.
fn command() -> clap::Command {
    let data = SETTINGS.iter().filter(|setting| setting.key == DATA).filter_map(argument);
    Cli::command().mut_subcommand(BACKUP, |backup| backup.args(data))
}

/// The flags of `serve`, and the variables.
#[derive(Debug, Clone, Default)]
pub struct ServeArgs {
    /// The texts of the flags that were given, in the order of [`SETTINGS`].
    flags: Vec<(&'static Setting, OsString)>,
    variables: Given,
}

impl Args for ServeArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.args(SETTINGS.iter().filter_map(argument))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

/// The argument of a setting that has a flag.
fn argument(setting: &'static Setting) -> Option<Arg> {
    let default = Some(setting.default()).filter(|text| !text.is_empty());
    let default = default.map(|text| format!(" [default: {text}]")).unwrap_or_default();
    let help = format!("{}{default} [variable: {}]", setting.effect(), setting.variable);
    Some(
        Arg::new(setting.key)
            .long(setting.flag?)
            .value_name(setting.unit)
            .value_parser(value_parser!(OsString))
            .action(if setting.is_list { ArgAction::Append } else { ArgAction::Set })
            .help(help.replace('`', "")),
    )
}

impl FromArgMatches for ServeArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flags = SETTINGS.iter().filter(|setting| setting.flag.is_some());
        let flags = flags.filter_map(|setting| {
            let texts: Vec<&OsString> = matches.get_many::<OsString>(setting.key)?.collect();
            // Only a list has more than one.
            let text = texts.iter().map(|text| text.as_os_str()).collect::<Vec<_>>().join(",".as_ref());
            Some((setting, text))
        });
        Ok(Self { flags: flags.collect(), variables: Given::default() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl ServeArgs {
    /// Merges flags over variables over the file over the defaults, and checks the result.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn settings(self) -> Result<Settings, ConfigError> {
        let (flags, variables) = (read(&self.flags)?, self.variables);
        let path = flags.config.as_ref().or(variables.config.as_ref()).and_then(Option::as_deref);
        let file = path.map(file::read).transpose()?.unwrap_or_default();
        let by = |source: Source, given: &Given| {
            let keys = file.differing(given).into_iter();
            keys.map(|key| Overridden { key, by: source }).collect::<Vec<_>>()
        };
        let overridden = [by(Source::Variable, &variables), by(Source::Flag, &flags)].concat();
        let settings = flags.or(variables).or(file).or_default();
        Settings { overridden, ..settings }.check()
    }
}

/// Reads the texts of flags.
fn read(flags: &[(&Setting, OsString)]) -> Result<Given, ConfigError> {
    let mut given = Given::default();
    for (setting, text) in flags {
        let flag = setting.flag.unwrap_or_default();
        given.read_text(setting, text).map_err(|reason| ConfigError::Flag { flag, reason })?;
    }
    Ok(given)
}

#[cfg(test)]
mod tests;
