/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark client: the programs that can ask a mint for tokens.
 */
#include "cli/realm_question.h"
#include "cli/terminal.h"
#include "engine/file.h"
#include "lib/codec/base64url.h"
#include "lib/codec/pem.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define JWKS_LEN_MAX 8190
#define CERTIFICATE_LEN_MAX ((size_t)64 * 1024)
#define DIGEST_TEXT_SIZE (MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN) + 1)

struct client_options {
	const char *tenant, *name, *jwks_path, *certificate_path, *certificate_subject;
	bool is_public, confidential, secret, consent, no_consent, enable;
	char grants[256], scopes[1024], audiences[1024], redirects[2048], logouts[1024];
	char new_secret[DIGEST_TEXT_SIZE];
};

static const struct option long_options[] = {
	MM_REALM_OPTIONS,
	{ "tenant", required_argument, NULL, 't' },
	{ "name", required_argument, NULL, 'n' },
	{ "public", no_argument, NULL, 'p' },
	{ "confidential", no_argument, NULL, 'k' },
	{ "secret", no_argument, NULL, 's' },
	{ "jwks", required_argument, NULL, 'j' },
	{ "certificate", required_argument, NULL, 'x' },
	{ "certificate-subject", required_argument, NULL, 'X' },
	{ "grant", required_argument, NULL, 'g' },
	{ "scope", required_argument, NULL, 'o' },
	{ "audience", required_argument, NULL, 'a' },
	{ "redirect", required_argument, NULL, 'u' },
	{ "logout", required_argument, NULL, 'l' },
	{ "consent", no_argument, NULL, 'q' },
	{ "no-consent", no_argument, NULL, 'Q' },
	{ "enable", no_argument, NULL, 'e' },
	{ NULL, 0, NULL, 0 },
};

/* ---- printing ---- */

static void
print_client(const struct mm_answer_object *client)
{
	mm_realm_answer_text(client, "client", "client");
	mm_realm_answer_text(client, "name", "name");
	mm_realm_answer_text(client, "tenant", "tenant");
	mm_realm_answer_text(client, "authenticates by", "authenticates_by");
	mm_realm_answer_list(client, "grants", "grants");
	mm_realm_answer_list(client, "scopes", "scopes");
	mm_realm_answer_list(client, "audiences", "audiences");
	mm_realm_answer_list(client, "redirects to", "redirects");
	mm_realm_answer_list(client, "after sign-out to", "logouts");
	if (mm_answer_flag(client, "consent", false))
		puts("consent           its users are asked");
	if (mm_answer_flag(client, "disabled", false))
		puts("disabled          yes: it gets no token");
}

static void
print_one(const struct mm_answer_object *answer)
{
	mm_realm_answer_changed(answer, "client", print_client);
}

static void
print_row(const struct mm_answer_object *client)
{
	mm_terminal_put_padded(stdout, mm_answer_text(client, "client"), 24);
	mm_terminal_put_padded(stdout, mm_answer_text(client, "authenticates_by"), 17);
	fputs(mm_answer_flag(client, "disabled", false) ? "disabled  " : "active    ", stdout);
	mm_terminal_put(stdout, mm_answer_text(client, "name"), SIZE_MAX);
	fputc('\n', stdout);
}

static void
print_list(const struct mm_answer_object *answer)
{
	if (mm_realm_answer_each(answer, "clients", print_row) == 0)
		puts("There are no clients.");
}

/* ---- options ---- */

static bool
take_list(struct client_options *options, int option, const char *word)
{
	switch (option) {
	case 'g':
		return mm_realm_question_add_word(options->grants, sizeof(options->grants), word);
	case 'o':
		return mm_realm_question_add_word(options->scopes, sizeof(options->scopes), word);
	case 'a':
		return mm_realm_question_add_word(options->audiences, sizeof(options->audiences), word);
	case 'u':
		return mm_realm_question_add_word(options->redirects, sizeof(options->redirects), word);
	case 'l':
		return mm_realm_question_add_word(options->logouts, sizeof(options->logouts), word);
	default:
		return false;
	}
}

static bool
take_flag(struct client_options *options, int option)
{
	switch (option) {
	case 'p':
		return options->is_public = true;
	case 'k':
		return options->confidential = true;
	case 's':
		return options->secret = true;
	case 'q':
		return options->consent = true;
	case 'Q':
		return options->no_consent = true;
	case 'e':
		return options->enable = true;
	default:
		return false;
	}
}

static bool
take_option(void *taken, int option, const char *argument)
{
	struct client_options *options = taken;
	const char **text = option == 't' ? &options->tenant : option == 'n' ? &options->name :
	    option == 'j' ? &options->jwks_path : option == 'x' ? &options->certificate_path :
	    option == 'X' ? &options->certificate_subject : NULL;

	if (text == NULL)
		return take_flag(options, option) || take_list(options, option, argument);
	*text = argument;
	return true;
}

static bool
names_proof(const struct client_options *options)
{
	return options->secret || options->jwks_path != NULL || options->certificate_path != NULL ||
	    options->certificate_subject != NULL;
}

static bool
says_what(const void *taken)
{
	const struct client_options *options = taken;

	return options->tenant != NULL || options->name != NULL || options->is_public || options->confidential ||
	    names_proof(options) || options->consent || options->no_consent || options->enable ||
	    options->grants[0] != '\0' ||
	    options->scopes[0] != '\0' || options->audiences[0] != '\0' || options->redirects[0] != '\0' ||
	    options->logouts[0] != '\0';
}

static int
check(const struct mm_realm_question *question, const void *taken)
{
	const struct client_options *options = taken;

	if (options->is_public && (options->confidential || names_proof(options)))
		return mm_command_usage_error(question->command, "a public client authenticates by nothing");
	if (options->consent && options->no_consent)
		return mm_command_usage_error(question->command, "--consent and --no-consent");
	return MM_EXIT_DONE;
}

/* ---- proofs of a client ---- */

static int
complain(const struct mm_realm_question *question, const char *path, const char *what)
{
	fprintf(stderr, "mintmark %s: ", question->command->name);
	mm_terminal_put_str(stderr, path);
	fprintf(stderr, ": %s\n", what);
	return MM_EXIT_USAGE;
}

/* Random, and so strong that a plain digest of it is enough. */
static bool
make_secret(char secret[DIGEST_TEXT_SIZE], char digest_text[DIGEST_TEXT_SIZE])
{
	uint8_t bytes[MM_DIGEST_LEN], digest[MM_DIGEST_LEN];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	mm_base64url_encode(mm_slice(bytes, sizeof(bytes)), secret);
	secret[DIGEST_TEXT_SIZE - 1] = '\0';
	mm_secret_wipe(bytes, sizeof(bytes));
	if (!mm_sha256(mm_slice(secret, DIGEST_TEXT_SIZE - 1), digest))
		return false;
	mm_base64url_encode(mm_slice(digest, sizeof(digest)), digest_text);
	digest_text[DIGEST_TEXT_SIZE - 1] = '\0';
	return true;
}

static int
write_certificate(struct mm_realm_question *question, const char *path)
{
	char text[DIGEST_TEXT_SIZE] = "", *pem, *room;
	uint8_t digest[MM_DIGEST_LEN];
	struct mm_slice der;
	size_t len;
	bool read_it;

	pem = mm_file_read(AT_FDCWD, path, CERTIFICATE_LEN_MAX, &len);
	if (pem == NULL)
		return complain(question, path, mm_file_failure_text(errno));
	room = malloc(MM_PEM_ROOM(len));
	read_it = room != NULL && mm_pem_certificate_decode(mm_slice(pem, len), room, &der) && mm_sha256(der, digest);
	free(room);
	free(pem);
	if (!read_it)
		return complain(question, path, "it is no certificate in PEM");
	mm_base64url_encode(mm_slice(digest, sizeof(digest)), text);
	mm_json_add_str(&question->writer, "certificate", text);
	return MM_EXIT_DONE;
}

static int
write_jwks(struct mm_realm_question *question, const char *path)
{
	size_t len;
	char *jwks = mm_file_read(AT_FDCWD, path, JWKS_LEN_MAX, &len);

	if (jwks == NULL)
		return complain(question, path, mm_file_failure_text(errno));
	mm_json_add_slice(&question->writer, "jwks", mm_slice(jwks, len));
	free(jwks);
	return MM_EXIT_DONE;
}

/* A confidential client that names nothing else gets a secret. */
static int
write_proof(struct mm_realm_question *question, struct client_options *options)
{
	char digest[DIGEST_TEXT_SIZE];

	if (options->jwks_path != NULL)
		return write_jwks(question, options->jwks_path);
	if (options->certificate_path != NULL)
		return write_certificate(question, options->certificate_path);
	mm_json_add_str(&question->writer, "certificate_subject", options->certificate_subject);
	if (options->certificate_subject != NULL || (!options->confidential && !options->secret))
		return MM_EXIT_DONE;
	if (!make_secret(options->new_secret, digest)) {
		fprintf(stderr, "mintmark client: there are no random bytes\n");
		return MM_EXIT_DENIED;
	}
	mm_json_add_str(&question->writer, "secret_hash", digest);
	question->secret = options->new_secret;
	return MM_EXIT_DONE;
}

/* ---- asking ---- */

static void
write_list(struct mm_json_writer *writer, const char *name, const char *list)
{
	if (list[0] != '\0')
		mm_json_add_str(writer, name, list);
}

static int
write_members(struct mm_realm_question *question, void *taken)
{
	struct client_options *options = taken;
	struct mm_json_writer *writer = &question->writer;

	mm_json_add_str(writer, "name", options->name);
	mm_json_add_str(writer, "tenant", options->tenant);
	write_list(writer, "grants", options->grants);
	write_list(writer, "scopes", options->scopes);
	write_list(writer, "audiences", options->audiences);
	write_list(writer, "redirects", options->redirects);
	write_list(writer, "logouts", options->logouts);
	if (options->consent || options->no_consent)
		mm_json_add_bool(writer, "consent", options->consent);
	if (options->enable)
		mm_json_add_bool(writer, "disabled", false);
	if (options->is_public || options->confidential || names_proof(options))
		mm_json_add_bool(writer, "confidential", !options->is_public);
	return write_proof(question, options);
}

int
mm_command_client(const struct mm_command *command, int argc, char **argv)
{
	static const struct mm_realm_kind kind = {
		.member = "client",
		.options = long_options,
		.take_option = take_option,
		.check = check,
		.says_what = says_what,
		.write = write_members,
		.print_list = print_list,
		.print_one = print_one,
	};
	static struct client_options options;
	int status = mm_realm_question_run(command, &kind, argc, argv, &options);

	mm_secret_wipe(options.new_secret, sizeof(options.new_secret));
	return status;
}
