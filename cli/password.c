/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking for a password, and hashing it.
 */
#include "cli/password.h"

#include "lib/crypto/digest.h"

#include <crypt.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

_Static_assert(CRYPT_OUTPUT_SIZE <= MM_PASSWORD_HASH_SIZE, "a hash does not fit");

struct password {
	size_t len;
	char text[MM_PASSWORD_LEN_MAX + 2]; /* with the line's end */
};

static bool
complain(const struct mm_command *command, const char *what)
{
	fprintf(stderr, "mintmark %s: %s\n", command->name, what);
	return false;
}

/* ---- reading ---- */

/* One line, without its end. False where there is none, or it is too long. */
static bool
read_line(int fd, struct password *password)
{
	char c = '\0';

	password->len = 0;
	while (read(fd, &c, 1) == 1 && c != '\n') {
		if (password->len == MM_PASSWORD_LEN_MAX || c == '\0')
			return false;
		password->text[password->len++] = c;
	}
	password->text[password->len] = '\0';
	return password->len > 0;
}

/* What is typed is not shown, and a signal does not leave the terminal so. */
static bool
read_hidden(int tty, const char *prompt, struct password *password)
{
	struct termios shown, hidden;
	sigset_t all, before;
	bool read_it;

	if (tcgetattr(tty, &shown) == -1)
		return false;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	sigemptyset(&all);
	sigaddset(&all, SIGINT);
	sigaddset(&all, SIGTERM);
	sigaddset(&all, SIGTSTP);
	sigprocmask(SIG_BLOCK, &all, &before);
	dprintf(tty, "%s", prompt);
	if (tcsetattr(tty, TCSAFLUSH, &hidden) == -1) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		return false;
	}
	read_it = read_line(tty, password);
	(void)tcsetattr(tty, TCSAFLUSH, &shown);
	dprintf(tty, "\n");
	sigprocmask(SIG_SETMASK, &before, NULL);
	return read_it;
}

static bool
ask_twice(const struct mm_command *command, struct password *password)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct password again = { .len = 0 };
	bool same;

	if (tty == -1)
		return complain(command, "there is no terminal to ask for the password at: --password-stdin");
	same = read_hidden(tty, "Password: ", password) && read_hidden(tty, "The same again: ", &again) &&
	    again.len == password->len && mm_secret_equal(again.text, password->text, again.len);
	mm_secret_wipe(&again, sizeof(again));
	close(tty);
	return same || complain(command, "there was no password, or the two differ");
}

/* ---- hashing ---- */

static bool
make_hash(const struct password *password, char *hash)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *made = NULL;

	if (data != NULL && crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)) != NULL)
		made = crypt_rn(password->text, setting, data, sizeof(*data));
	if (made != NULL)
		(void)snprintf(hash, MM_PASSWORD_HASH_SIZE, "%s", made);
	if (data != NULL)
		mm_secret_wipe(data, sizeof(*data));
	free(data);
	return made != NULL;
}

bool
mm_password_ask(const struct mm_command *command, bool from_stdin, char *hash)
{
	struct password password = { .len = 0 };
	bool done;

	if (from_stdin)
		done = read_line(STDIN_FILENO, &password) ||
		    complain(command, "there is no password on standard input, or it is too long");
	else
		done = ask_twice(command, &password);
	if (done && password.len < MM_PASSWORD_LEN_MIN)
		done = complain(command, "the password is too short: at least 8 characters");
	if (done && !make_hash(&password, hash))
		done = complain(command, "the password cannot be hashed");
	mm_secret_wipe(&password, sizeof(password));
	return done;
}
