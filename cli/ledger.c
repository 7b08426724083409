/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark ledger: what the ledger has on record of a token; whether all of it is whole; its records as they are made.
 */
#include "cli/answer.h"
#include "cli/control_option.h"
#include "cli/id_argument.h"
#include "cli/terminal.h"
#include "cli/token_argument.h"
#include "cli/when.h"
#include "engine/config.h"
#include "engine/file.h"
#include "engine/json_writer.h"
#include "engine/ledger_audit.h"
#include "engine/ledger_file.h"
#include "engine/ledger_json.h"
#include "engine/ledger_search.h"
#include "engine/ledger_secrets.h"
#include "engine/trustfile.h"
#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/codec/base64url.h"
#include "lib/codec/json.h"
#include "lib/crypto/digest.h"
#include "lib/token/compact.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define QUESTION_MAX 4096
#define ANSWER_MAX ((size_t)1024 * 1024)
#define FOLLOW_MS 200

enum { OPTION_SOCKET = 256, OPTION_JSON, OPTION_DIR };

struct ledger_command {
	const struct mm_command *command;
	struct mm_control_target target;
	const char *dir; /* the ledger's folder; NULL: that of the configuration */
	bool json;
};

/* ---- the ledger's files ---- */

/* A path below state_dir/mint; false where it is too long. */
static bool
mint_path(const struct mm_config *config, const char *name, char path[PATH_MAX])
{
	int len = snprintf(path, PATH_MAX, "%s/mint/%s", config->state_dir, name);

	return len > 0 && len < PATH_MAX;
}

static struct mm_config *
read_config(const struct ledger_command *ledger)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = mm_trustfile_read_config(ledger->target.config_path, &problems);

	if (config == NULL)
		mm_problems_print(&problems, stderr, false);
	mm_problems_clear(&problems);
	return config;
}

static int
open_folder(const struct ledger_command *ledger, const struct mm_config *config)
{
	char path[PATH_MAX];
	const char *dir = ledger->dir;
	int fd;

	if (dir == NULL)
		dir = config != NULL && mint_path(config, "ledger", path) ? path : "";
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		fprintf(stderr, "mintmark ledger: the ledger's folder %s cannot be opened: %s\n", dir, strerror(errno));
	return fd;
}

/* The folder that is named, or that of the configuration. */
static int
find_folder(const struct ledger_command *ledger)
{
	struct mm_config *config = ledger->dir == NULL ? read_config(ledger) : NULL;
	int fd = config == NULL && ledger->dir == NULL ? -1 : open_folder(ledger, config);

	mm_config_free(&config);
	return fd;
}

/* ---- show ---- */

/* What is asked about: the id, and the digest where a whole token was given. */
struct asked {
	char token_id[22];
	bool has_digest;
	uint8_t digest[MM_DIGEST_LEN];
};

/* The id of a token, which nobody has verified, and the digest of what was signed. */
static bool
take_token(struct mm_slice token, struct asked *asked)
{
	static char memory[MM_COMPACT_ROOM(MM_TOKEN_LEN_MAX)];
	struct mm_json_member members[MM_PAYLOAD_MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MM_COUNT_OF(members) };
	static struct mm_json_names names;
	struct mm_json_value jti;
	struct mm_scratch scratch;
	struct mm_compact parts;

	mm_scratch_init(&scratch, memory, sizeof(memory));
	if (mm_compact_split(token, &scratch, &parts) != MM_OK ||
	    mm_json_scan(parts.payload, &names, &index, NULL) != MM_OK)
		return false;
	jti = mm_json_find(&index, "jti");
	if (jti.type != MM_JSON_STRING || jti.text.len != sizeof(asked->token_id))
		return false;
	memcpy(asked->token_id, jti.text.ptr, sizeof(asked->token_id));
	asked->has_digest = mm_sha256(parts.signed_input, asked->digest);
	return asked->has_digest;
}

static int
take_argument(const struct ledger_command *ledger, const char *argument, struct asked *asked)
{
	struct mm_token_argument token;
	bool taken;

	if (!mm_token_argument_read(&token, argument, MM_TOKEN_LEN_MAX))
		return mm_command_usage_error(ledger->command, "standard input cannot be read: %s", strerror(errno));
	memset(asked, 0, sizeof(*asked));
	taken = token.text.len == sizeof(asked->token_id);
	if (taken)
		memcpy(asked->token_id, token.text.ptr, sizeof(asked->token_id));
	else
		taken = take_token(token.text, asked);
	mm_token_argument_clear(&token);
	return taken ? MM_EXIT_DONE :
	    mm_command_usage_error(ledger->command, "this is neither a token id of 22 characters nor a token with one");
}

static void
put_line(const char *title, struct mm_slice text)
{
	if (text.len == 0)
		return;
	mm_terminal_put_padded(stdout, mm_slice_str(title), 14);
	mm_terminal_put(stdout, text, SIZE_MAX);
	fputc('\n', stdout);
}

static void
put_time(const char *title, int64_t time_s)
{
	char when[MM_WHEN_MAX];

	if (time_s == 0)
		return;
	mm_when_format(time_s, when);
	put_line(title, mm_slice_str(when));
}

/* What the state means, for people. */
static const char *
sentence_of(const struct mm_answer_object *answer, bool with_digest)
{
	if (mm_answer_is(answer, "state", "issued") && mm_slice_present(mm_answer_text(answer, "revoked")))
		return with_digest ? "This token was issued, and revoked." :
		                     "A token of this id was issued, and revoked.";
	if (mm_answer_is(answer, "state", "issued"))
		return with_digest ? "This token was issued." : "A token of this id was issued.";
	if (mm_answer_is(answer, "state", "void"))
		return "Void: it was recorded, and never left the mint.";
	if (mm_answer_is(answer, "state", "not_kept"))
		return "Older than what is kept: whether it was issued is not on record any more.";
	if (mm_answer_is(answer, "state", "unknown"))
		return "Not known: the ledger is damaged there, or was restored.";
	if (mm_answer_flag(answer, "digest_matches", true))
		return "NEVER ISSUED: the ledger has no such token.";
	return "NEVER ISSUED: the ledger has this id, of another token.";
}

static void
print_record(const struct mm_answer_object *answer)
{
	static const char *const names[] = { "realm", "tenant_id", "subject", "client", "session", "audience", "scope",
		"mailbox", "class", "grant", "sender_key", "kid", "parent", "root_realm", "root_kid", "root_proof" };
	struct mm_answer_object record;

	if (!mm_answer_object(answer, "record", &record))
		return;
	for (size_t i = 0; i < MM_COUNT_OF(names); i++)
		put_line(names[i], mm_answer_text(&record, names[i]));
	put_time("issued", mm_answer_number(&record, "iat", 0));
	put_time("expires", mm_answer_number(&record, "exp", 0));
	put_time("void since", mm_answer_number(answer, "void_time_us", 0) / 1000000);
	put_line("revoked by", mm_answer_text(answer, "revoked"));
	printf("%-14ssegment %" PRId64 ", byte %" PRId64 ", record %" PRId64 "\n", "stands at",
	    mm_answer_number(&record, "segment", 0), mm_answer_number(&record, "offset", 0),
	    mm_answer_number(&record, "sequence", 0));
}

/* Issued: 0; anything else: 1. */
static int
print_finding(const struct ledger_command *ledger, const struct asked *asked, struct mm_slice line)
{
	struct mm_answer_object answer;
	bool issued;

	if (!mm_answer_read(line, &answer))
		return MM_EXIT_DENIED;
	issued = mm_answer_is(&answer, "state", "issued");
	if (ledger->json) {
		mm_control_print_json(line);
		return issued ? MM_EXIT_DONE : MM_EXIT_DENIED;
	}
	mm_terminal_begin(stdout, issued ? MM_STYLE_GOOD : MM_STYLE_BAD);
	fputs(sentence_of(&answer, asked->has_digest), stdout);
	mm_terminal_end(stdout);
	fputc('\n', stdout);
	print_record(&answer);
	return issued ? MM_EXIT_DONE : MM_EXIT_DENIED;
}

static int
show_by_control(const struct ledger_command *ledger, const struct asked *asked)
{
	char digest[MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN)];
	struct mm_json_writer writer;
	struct mm_control control;
	struct mm_slice line;
	struct mm_buf buf;
	int status;

	mm_buf_init(&buf, QUESTION_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "ask", "ledger-show");
	mm_json_add_slice(&writer, "token_id", mm_slice(asked->token_id, sizeof(asked->token_id)));
	if (asked->has_digest) {
		mm_base64url_encode(mm_slice(asked->digest, sizeof(asked->digest)), digest);
		mm_json_add_slice(&writer, "digest", mm_slice(digest, sizeof(digest)));
	}
	mm_json_end_object(&writer);
	status = mm_control_ask_once(&control, ledger->command, &ledger->target, &buf, &line);
	if (status == MM_EXIT_DONE)
		status = print_finding(ledger, asked, line);
	mm_control_close(&control);
	mm_buf_clear(&buf);
	return status;
}

/* ---- show, from the files ---- */

static const char *
load_secrets(const struct mm_config *config, int dir_fd, struct mm_ledger_secrets *secrets)
{
	char *path = mm_config_sealing_key_file(config->sealing_key_path);
	size_t len = 0;
	char *key = path == NULL ? NULL : mm_file_read(AT_FDCWD, path, MM_SEALING_KEY_LEN, &len);
	const char *why = key == NULL || len != MM_SEALING_KEY_LEN ? "its sealing key cannot be read" :
	    mm_ledger_secrets_load(dir_fd, (const uint8_t *)key, secrets);

	if (key != NULL)
		mm_secret_wipe(key, len);
	free(key);
	free(path);
	return why;
}

/* The public half of the ledger's key-state key; false where libcrypto fails. */
static bool
find_signer(const struct mm_ledger_secrets *secrets, uint8_t signer[MM_ED25519_PUBLIC_LEN])
{
	struct mm_ed25519 *key = mm_ed25519_new(secrets->key_state_seed);
	bool found = key != NULL;

	if (found)
		mm_ed25519_public(key, signer);
	mm_ed25519_free(&key);
	return found;
}

/* The realm whose id it is, and its place. */
static const char *
find_realm(const struct mm_ledger_secrets *secrets, const struct asked *asked, struct mm_token_place *place)
{
	struct mm_slice text = mm_slice(asked->token_id, sizeof(asked->token_id));

	for (size_t i = 0; i < secrets->count; i++) {
		const struct mm_ledger_secret *secret = &secrets->realms[i];
		struct mm_token_id_cipher *cipher = NULL;
		uint8_t key[MM_TOKEN_ID_KEY_LEN];
		bool is_its;

		if (mm_mint_token_id_key(secret->mark_root, mm_slice_str(secret->realm), key))
			cipher = mm_token_id_cipher_new(key);
		is_its = cipher != NULL && mm_token_id_decode(cipher, text, place);
		mm_token_id_cipher_free(&cipher);
		mm_secret_wipe(key, sizeof(key));
		if (is_its)
			return secret->realm;
	}
	return NULL;
}

static int
show_from_files(const struct ledger_command *ledger, const struct asked *asked)
{
	static struct mm_ledger_finding finding;
	static struct mm_ledger_secrets secrets;
	struct mm_config *config = read_config(ledger);
	int fd = config == NULL ? -1 : open_folder(ledger, config), status = MM_EXIT_USAGE;
	const char *why = fd == -1 ? NULL : load_secrets(config, fd, &secrets), *realm;
	uint8_t signer[MM_ED25519_PUBLIC_LEN];
	struct mm_token_place place;
	struct mm_buf buf;

	mm_buf_init(&buf, ANSWER_MAX);
	if (fd != -1 && why == NULL && !find_signer(&secrets, signer))
		why = "libcrypto cannot use the key-state key";
	if (why != NULL) {
		fprintf(stderr, "mintmark ledger: the ledger's secrets: %s\n", why);
	} else if (fd != -1 && (realm = find_realm(&secrets, asked, &place)) == NULL) {
		puts("NEVER ISSUED: this is no token id of any mint here.");
		status = MM_EXIT_DENIED;
	} else if (fd != -1) {
		mm_ledger_find(fd, signer, mm_slice_str(realm), place, NULL, &finding);
		mm_ledger_find_revoked(fd, mm_slice(asked->token_id, sizeof(asked->token_id)), NULL, &finding);
		if (mm_ledger_finding_json(&finding, mm_slice(asked->token_id, sizeof(asked->token_id)),
		        asked->has_digest ? asked->digest : NULL, &buf))
			status = print_finding(ledger, asked, mm_slice(buf.data, buf.len));
	}
	mm_secret_wipe(&secrets, sizeof(secrets));
	mm_buf_clear(&buf);
	if (fd != -1)
		close(fd);
	mm_config_free(&config);
	return status;
}

static int
show(const struct ledger_command *ledger, const char *argument)
{
	struct asked asked;
	int status = take_argument(ledger, argument, &asked);

	if (status != MM_EXIT_DONE)
		return status;
	return ledger->dir != NULL ? show_from_files(ledger, &asked) : show_by_control(ledger, &asked);
}

/* ---- audit ---- */

static void
put_progress(void *ctx, uint64_t done, uint64_t total, uint64_t records)
{
	(void)ctx;
	fprintf(stderr, "\r%3u %%  %" PRIu64 " records", total == 0 ? 100U : (unsigned)(done * 100 / total), records);
}

/* The pinned root, beside the ledger's folder; false: there is none. */
static bool
read_root(int dir_fd, uint8_t root[MM_ED25519_PUBLIC_LEN])
{
	size_t len = 0;
	char *bytes = mm_file_read(dir_fd, "../root.pub", MM_ED25519_PUBLIC_LEN, &len);
	bool good = bytes != NULL && len == MM_ED25519_PUBLIC_LEN;

	if (good)
		memcpy(root, bytes, len);
	free(bytes);
	return good;
}

static void
write_anchor(struct mm_json_writer *writer, const struct mm_ledger_audit *audit)
{
	if (audit->anchor_segment == 0)
		return;
	mm_json_begin_object(writer, "not_kept");
	mm_json_add_int(writer, "segments", (int64_t)audit->anchor_segment);
	mm_json_add_int(writer, "records", (int64_t)audit->anchor_sequence);
	mm_json_add_int(writer, "from_us", audit->anchor_first_us);
	mm_json_add_int(writer, "to_us", audit->anchor_last_us);
	mm_json_end_object(writer);
}

static void
audit_in_json(const struct mm_ledger_audit *audit, double seconds, bool has_root)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	mm_buf_init(&buf, ANSWER_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_bool(&writer, "whole", audit->fault == NULL);
	mm_json_add_str(&writer, "fault", audit->fault);
	mm_json_add_int(&writer, "segment", (int64_t)audit->at.segment);
	mm_json_add_int(&writer, "offset", (int64_t)audit->at.offset);
	write_anchor(&writer, audit);
	mm_json_add_int(&writer, "records", (int64_t)audit->records);
	mm_json_add_int(&writer, "bytes", (int64_t)audit->bytes);
	mm_json_begin_object(&writer, "kinds");
	for (unsigned i = MM_LEDGER_TERM; i < MM_LEDGER_KIND_END; i++)
		mm_json_add_int(&writer, mm_ledger_kind_name(i), (int64_t)audit->kinds[i]);
	mm_json_end_object(&writer);
	mm_json_add_bool(&writer, "signatures_checked", has_root);
	mm_json_add_int(&writer, "heads_verified", (int64_t)audit->heads_verified);
	mm_json_begin_object(&writer, "realms");
	for (size_t i = 0; i < audit->realm_count; i++) {
		mm_json_begin_object(&writer, audit->realms[i].name);
		mm_json_add_int(&writer, "recorded", (int64_t)audit->realms[i].counts.recorded);
		mm_json_add_int(&writer, "void", (int64_t)audit->realms[i].counts.voided);
		mm_json_end_object(&writer);
	}
	mm_json_end_object(&writer);
	mm_json_add_int(&writer, "milliseconds", (int64_t)(seconds * 1000));
	mm_json_end_object(&writer);
	if (mm_buf_ok(&buf))
		mm_control_print_json(mm_slice(buf.data, buf.len));
	mm_buf_clear(&buf);
}

/* What is there no more, and how it is known. */
static void
put_anchor(const struct mm_ledger_audit *audit, bool has_root)
{
	char from[MM_WHEN_MAX], to[MM_WHEN_MAX];

	if (audit->anchor_segment == 0)
		return;
	mm_when_format(audit->anchor_first_us / 1000000, from);
	mm_when_format(audit->anchor_last_us / 1000000, to);
	printf("not kept any more: segments up to %" PRIu64 ", records up to %" PRIu64 ", from %s to %s;\n"
	    "their end, counts and keys stand in the anchor%s\n", audit->anchor_segment, audit->anchor_sequence, from,
	    to, has_root ? ", which is signed under the pinned root" : "");
}

static void
audit_in_words(const struct mm_ledger_audit *audit, double seconds, bool has_root)
{
	if (audit->fault != NULL) {
		mm_terminal_begin(stdout, MM_STYLE_BAD);
		printf("segment %" PRIu64 ", byte %" PRIu64 ": %s", audit->at.segment, audit->at.offset, audit->fault);
		mm_terminal_end(stdout);
		puts("\nWhat stands before it is whole; behind it nothing was looked at.");
	}
	put_anchor(audit, has_root);
	printf("%" PRIu64 " records in %.1f s (%.0f a second): %" PRIu64 " tokens, %" PRIu64 " void, %" PRIu64
	    " revocations, %" PRIu64 " terms, %" PRIu64 " gaps\n", audit->records, seconds,
	    seconds > 0 ? (double)audit->records / seconds : 0.0, audit->kinds[MM_LEDGER_ISSUED],
	    audit->kinds[MM_LEDGER_VOID], audit->kinds[MM_LEDGER_REVOKE], audit->kinds[MM_LEDGER_TERM],
	    audit->kinds[MM_LEDGER_GAP]);
	if (has_root)
		printf("%" PRIu64 " signed heads hold under the pinned root\n", audit->heads_verified);
	else
		puts("signatures of heads were not looked at: there is no pinned root (state_dir/mint/root.pub)");
	if (audit->fault == NULL)
		puts("The ledger is whole.");
}

static int
audit(const struct ledger_command *ledger)
{
	static struct mm_ledger_audit found;
	int fd = find_folder(ledger);
	uint8_t root[MM_ED25519_PUBLIC_LEN];
	bool has_root, on_terminal = isatty(STDERR_FILENO) && !ledger->json, done;
	struct timespec begin, end;

	if (fd == -1)
		return MM_EXIT_USAGE;
	has_root = read_root(fd, root);
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	done = mm_ledger_audit(fd, has_root ? root : NULL, on_terminal ? put_progress : NULL, NULL, &found);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	if (on_terminal)
		fputc('\n', stderr);
	close(fd);
	if (!done) {
		fprintf(stderr, "mintmark ledger: the ledger cannot be read: %s\n", strerror(errno));
		return MM_EXIT_DENIED;
	}
	(ledger->json ? audit_in_json : audit_in_words)(&found,
	    (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9, has_root);
	return found.fault == NULL ? MM_EXIT_DONE : MM_EXIT_DENIED;
}

/* ---- follow ---- */

static void
put_fact(const char *name, struct mm_slice text)
{
	if (text.len == 0)
		return;
	printf("  %s ", name);
	mm_terminal_put(stdout, text, 60);
}

static void
put_revoke(const struct mm_ledger_revoke *revoke)
{
	put_fact("realm", revoke->realm);
	if (revoke->what.kind == MM_REVOKED_REALM)
		printf("  all of it");
	put_fact(mm_revoked_kind_name(revoke->what.kind), revoke->what.value);
	put_fact("client", revoke->what.client);
}

static void
put_in_words(const struct mm_ledger_record *record)
{
	char when[MM_WHEN_MAX];

	mm_when_format(record->time_us / 1000000, when);
	printf("%s  %-8s", when, mm_ledger_kind_name(record->kind));
	if (record->kind == MM_LEDGER_ISSUED)
		for (unsigned i = MM_LEDGER_REALM; i <= MM_LEDGER_AUDIENCE; i++)
			put_fact(mm_ledger_fact_name((enum mm_ledger_fact)i), record->issued.facts[i]);
	else if (record->kind == MM_LEDGER_VOID)
		put_fact("realm", record->voided.realm);
	else if (record->kind == MM_LEDGER_KEY || record->kind == MM_LEDGER_TENANT)
		put_fact("realm", record->event.realm);
	else if (record->kind == MM_LEDGER_REVOKE)
		put_revoke(&record->revoke);
	else if (record->kind == MM_LEDGER_NOTE)
		put_fact("", record->note);
	fputc('\n', stdout);
}

static void
put_record(const struct ledger_command *ledger, const struct mm_ledger_item *item,
    const struct mm_ledger_record *record)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	if (!ledger->json) {
		put_in_words(record);
		return;
	}
	mm_buf_init(&buf, ANSWER_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_ledger_record_json(&writer, NULL, item->at, item->link.sequence, record);
	if (mm_buf_ok(&buf))
		mm_control_print_json(mm_slice(buf.data, buf.len));
	mm_buf_clear(&buf);
}

static uint64_t
last_segment(int fd)
{
	uint64_t *numbers, last;
	ssize_t count = mm_ledger_list(fd, &numbers);

	last = count > 0 ? numbers[count - 1] : 0;
	if (count != -1)
		free(numbers);
	return last;
}

/* Go to the end, and print records as they are made. */
static int
follow_files(const struct ledger_command *ledger, int fd)
{
	static const struct timespec pause = { 0, FOLLOW_MS * 1000000L };
	static struct mm_ledger_record record;
	struct mm_ledger_reader *reader = mm_ledger_reader_new(fd, last_segment(fd));
	struct mm_ledger_item item;
	struct mm_ledger_at at;
	bool at_end = false;

	while (reader != NULL)
		switch (mm_ledger_reader_next(reader, &item)) {
		case MM_LEDGER_READ_RECORD:
			if (at_end && mm_ledger_decode(item.bytes, item.len, &record))
				put_record(ledger, &item, &record);
			break;
		case MM_LEDGER_READ_END:
			at_end = true;
			if (fflush(stdout) != 0 || ferror(stdout))
				return MM_EXIT_DONE;
			(void)nanosleep(&pause, NULL);
			break;
		case MM_LEDGER_READ_DAMAGE:
			fprintf(stderr, "mintmark ledger: %s", mm_ledger_reader_fault(reader, &at));
			fprintf(stderr, " (segment %" PRIu64 ", byte %" PRIu64 ")\n", at.segment, at.offset);
			break;
		case MM_LEDGER_READ_FAILED:
			mm_ledger_reader_free(&reader);
		}
	fprintf(stderr, "mintmark ledger: the ledger cannot be read: %s\n", strerror(errno));
	return MM_EXIT_DENIED;
}

static int
follow(const struct ledger_command *ledger)
{
	int fd = find_folder(ledger), status;

	if (fd == -1)
		return MM_EXIT_USAGE;
	status = follow_files(ledger, fd);
	close(fd);
	return status;
}

/* ---- the command ---- */

static const char short_options[] = ":c:";
static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "dir", required_argument, NULL, OPTION_DIR },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ NULL, 0, NULL, 0 },
};

static int
parse(struct ledger_command *ledger, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, short_options, options, NULL)) != -1)
		if (option == 'c')
			ledger->target.config_path = optarg;
		else if (option == OPTION_SOCKET)
			ledger->target.socket_path = optarg;
		else if (option == OPTION_DIR)
			ledger->dir = optarg;
		else if (option == OPTION_JSON)
			ledger->json = true;
		else
			return mm_command_option_error(ledger->command, option, argv);
	return MM_EXIT_DONE;
}

int
mm_command_ledger(const struct mm_command *command, int argc, char **argv)
{
	struct ledger_command ledger = { .command = command, .target = { MM_CONFIG_PATH_DEFAULT, NULL } };
	const char *id = mm_id_argument_take(&argc, argv, short_options, options);
	int status = parse(&ledger, argc, argv), left = argc - optind;
	const char *verb = left > 0 ? argv[optind] : NULL;

	if (status != MM_EXIT_DONE)
		return status;
	if (verb == NULL)
		return mm_command_usage_error(command, "what of it? show, audit or follow");
	if (id == NULL && left > 1)
		id = argv[optind + 1];
	else if (id != NULL)
		left++;
	if (strcmp(verb, "show") == 0 && left == 2)
		return show(&ledger, id);
	if (strcmp(verb, "show") == 0)
		return mm_command_usage_error(command, "'show' takes one JTI or TOKEN, or -");
	if (left != 1)
		return mm_command_usage_error(command, "'%s' is one argument too many", id);
	if (strcmp(verb, "audit") == 0)
		return audit(&ledger);
	if (strcmp(verb, "follow") == 0)
		return follow(&ledger);
	return mm_command_usage_error(command, "'%s' is none of show, audit and follow", verb);
}
