/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subcommands of mintmark(1): a table, one row and one file each.
 */
#ifndef MM_CLI_COMMAND_H
#define MM_CLI_COMMAND_H

/* What a command ends with. */
enum mm_exit {
	MM_EXIT_DONE = 0,   /* allowed, or done */
	MM_EXIT_DENIED = 1, /* denied, or not done */
	MM_EXIT_USAGE = 2,  /* usage or configuration */
};

struct mm_command {
	const char *name;
	const char *summary; /* one line of 'mintmark help' */
	const char *usage;   /* several lines for 'mintmark NAME --help', without the name of the program */
	int (*run)(const struct mm_command *command, int argc, char **argv); /* argv[0] is the command's name */
};

/* Ended by a row of NULLs; in the order of 'mintmark help'. */
extern const struct mm_command mm_commands[];

int mm_command_verify(const struct mm_command *command, int argc, char **argv);
int mm_command_explain(const struct mm_command *command, int argc, char **argv);
int mm_command_inspect(const struct mm_command *command, int argc, char **argv);
int mm_command_jose(const struct mm_command *command, int argc, char **argv);
int mm_command_check_config(const struct mm_command *command, int argc, char **argv);
int mm_command_decisions(const struct mm_command *command, int argc, char **argv);
int mm_command_autopsies(const struct mm_command *command, int argc, char **argv);
int mm_command_status(const struct mm_command *command, int argc, char **argv);
int mm_command_reload(const struct mm_command *command, int argc, char **argv);
int mm_command_fetch(const struct mm_command *command, int argc, char **argv);
int mm_command_user(const struct mm_command *command, int argc, char **argv);
int mm_command_client(const struct mm_command *command, int argc, char **argv);
int mm_command_init(const struct mm_command *command, int argc, char **argv);
int mm_command_tenant(const struct mm_command *command, int argc, char **argv);
int mm_command_key(const struct mm_command *command, int argc, char **argv);
int mm_command_ledger(const struct mm_command *command, int argc, char **argv);
int mm_command_backup(const struct mm_command *command, int argc, char **argv);
int mm_command_restore(const struct mm_command *command, int argc, char **argv);
int mm_command_detect(const struct mm_command *command, int argc, char **argv);
int mm_command_hunt(const struct mm_command *command, int argc, char **argv);
int mm_command_help(const struct mm_command *command, int argc, char **argv);

/* The row of this name; NULL: none. */
const struct mm_command *mm_command_find(const char *name);

/*
 * Run the command line's command. '--help' counts only as a command's sole argument: a token is an argument too, and
 * one that reads '--help' must not end 'mintmark verify' with 0.
 */
int mm_command_run(int argc, char **argv);

/*
 * For getopt_long() with opterr 0 and an option string that begins with ':': say what is wrong with the option that
 * gave '?' or ':'. Returns MM_EXIT_USAGE.
 */
int mm_command_option_error(const struct mm_command *command, int option, char **argv);

/* Print "mintmark NAME: …" and how to get help on standard error; returns MM_EXIT_USAGE. */
int mm_command_usage_error(const struct mm_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print the command's help on standard output; returns MM_EXIT_DONE. */
int mm_command_print_help(const struct mm_command *command);

#endif
