/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark inspect: what a token says, believed by nobody.
 */
#include "cli/command.h"
#include "cli/hint.h"
#include "cli/json_text.h"
#include "cli/terminal.h"
#include "cli/token_argument.h"
#include "cli/when.h"
#include "engine/json_writer.h"
#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/base/try.h"
#include "lib/codec/json.h"
#include "lib/token/compact.h"

#include <mintmark/inspect.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A token's parts, each byte at most escaped to six and each member on an indented line of its own. */
#define TEXT_MAX (MM_TOKEN_LEN_MAX * 32)

/* Claims that are times: RFC 7519 section 4.1, and OpenID Connect Core sections 2 and 5.1. */
static const char *const time_claims[] = { "iat", "nbf", "exp", "auth_time", "updated_at" };

struct inspection {
	struct mm_unverified_token unverified;
	struct mm_json_index payload;
	struct mm_json_names names;
	struct mm_json_member members[MM_PAYLOAD_MEMBERS_MAX];
	char room[MM_TOKEN_LEN_MAX];
	int64_t now_s;
};

static enum mm_reason
inspect(struct inspection *inspection, struct mm_slice token)
{
	if (token.len > sizeof(inspection->room))
		return MM_TOKEN_TOO_LARGE;
	inspection->now_s = time(NULL);
	inspection->payload = (struct mm_json_index){ inspection->members, 0, MM_PAYLOAD_MEMBERS_MAX };
	MM_TRY(mm_inspect(token, inspection->room, sizeof(inspection->room), &inspection->unverified));
	return mm_json_scan(inspection->unverified.unverified_payload, &inspection->names, &inspection->payload, NULL);
}

/* ---- for people ---- */

static void
print_json(const char *title, struct mm_slice text)
{
	struct mm_buf buf;

	mm_buf_init(&buf, TEXT_MAX);
	mm_json_text_write(&buf, text, MM_JSON_INDENTED, 2);
	printf("\n%s (not verified)\n  ", title);
	if (mm_buf_ok(&buf))
		fwrite(buf.data, 1, buf.len, stdout);
	else
		fputs("too long to print", stdout);
	fputc('\n', stdout);
	mm_buf_clear(&buf);
}

static bool
print_time(const struct inspection *inspection, const char *claim)
{
	char when[MM_WHEN_MAX], relative[MM_WHEN_MAX];
	int64_t time_s;

	if (!mm_json_integer(mm_json_find(&inspection->payload, claim), &time_s))
		return false;
	mm_when_format(time_s, when);
	mm_when_format_relative(time_s, inspection->now_s, relative);
	printf("  %-10s %s, %s\n", claim, when, relative);
	return true;
}

static void
print_inspection(const struct inspection *inspection)
{
	bool any = false;

	mm_terminal_begin(stdout, MM_STYLE_BAD);
	fputs("NOT VERIFIED", stdout);
	mm_terminal_end(stdout);
	fputs(": anybody may have written this; no key was looked at.\n", stdout);
	print_json("header", inspection->unverified.unverified_header);
	print_json("payload", inspection->unverified.unverified_payload);
	fputs("\ntimes (not verified)\n", stdout);
	for (size_t i = 0; i < MM_COUNT_OF(time_claims); i++)
		any |= print_time(inspection, time_claims[i]);
	if (!any)
		fputs("  none stated\n", stdout);
	printf("\nsignature\n  %zu bytes, not checked\n", inspection->unverified.signature_len);
}

static void
print_failure(enum mm_reason reason, struct mm_slice token)
{
	struct mm_hints hints;

	mm_terminal_begin(stdout, MM_STYLE_BAD);
	fputs("not decoded", stdout);
	mm_terminal_end(stdout);
	printf(": %s: %s\n", mm_reason_code(reason), mm_reason_text(reason));
	mm_hints_init(&hints);
	mm_hints_of_shape(&hints, token);
	mm_hints_print(&hints, stdout);
	mm_hints_clear(&hints);
}

/* ---- for programs ---- */

static void
write_times(struct mm_json_writer *writer, const struct inspection *inspection)
{
	char when[MM_WHEN_MAX];
	int64_t time_s;

	mm_json_begin_object(writer, "times");
	for (size_t i = 0; i < MM_COUNT_OF(time_claims); i++) {
		if (!mm_json_integer(mm_json_find(&inspection->payload, time_claims[i]), &time_s))
			continue;
		mm_when_format(time_s, when);
		mm_json_add_str(writer, time_claims[i], when);
	}
	mm_json_end_object(writer);
}

/* The writer knows no ready-made values: the token's own JSON goes in by hand. */
static void
write_part(struct mm_json_writer *writer, const char *name, struct mm_slice text)
{
	mm_buf_addf(writer->buf, ",\"%s\":", name);
	mm_json_text_write(writer->buf, text, MM_JSON_COMPACT, 0);
}

static void
write_inspection(struct mm_json_writer *writer, const struct inspection *inspection)
{
	write_part(writer, "header", inspection->unverified.unverified_header);
	write_part(writer, "payload", inspection->unverified.unverified_payload);
	mm_json_add_int(writer, "signature_bytes", (int64_t)inspection->unverified.signature_len);
	write_times(writer, inspection);
}

static void
write_failure(struct mm_json_writer *writer, enum mm_reason reason, struct mm_slice token)
{
	struct mm_hints hints;

	mm_json_add_str(writer, "reason", mm_reason_code(reason));
	mm_json_add_str(writer, "text", mm_reason_text(reason));
	mm_hints_init(&hints);
	mm_hints_of_shape(&hints, token);
	mm_hints_write(&hints, writer);
	mm_hints_clear(&hints);
}

static int
print_as_json(const struct inspection *inspection, enum mm_reason reason, struct mm_slice token)
{
	struct mm_json_writer writer;
	struct mm_buf buf;
	bool whole;

	mm_buf_init(&buf, TEXT_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_bool(&writer, "verified", false);
	if (reason == MM_OK)
		write_inspection(&writer, inspection);
	else
		write_failure(&writer, reason, token);
	mm_json_end_object(&writer);
	whole = mm_buf_ok(&buf);
	if (whole)
		printf("%.*s\n", (int)buf.len, buf.data);
	mm_buf_clear(&buf);
	return whole ? 0 : -1;
}

/* ---- the command ---- */

static int
inspect_argument(const char *argument, bool json)
{
	struct inspection *inspection = calloc(1, sizeof(*inspection));
	struct mm_token_argument token = { MM_SLICE_ABSENT, NULL };
	enum mm_reason reason;
	int status = MM_EXIT_DENIED;

	if (inspection == NULL || !mm_token_argument_read(&token, argument, MM_TOKEN_LEN_MAX)) {
		fprintf(stderr, "mintmark inspect: %s\n", strerror(errno));
		free(inspection);
		return MM_EXIT_USAGE;
	}
	reason = inspect(inspection, token.text);
	if (json && print_as_json(inspection, reason, token.text) == -1)
		reason = MM_INTERNAL;
	else if (!json && reason == MM_OK)
		print_inspection(inspection);
	else if (!json)
		print_failure(reason, token.text);
	if (reason == MM_OK)
		status = MM_EXIT_DONE;
	mm_token_argument_clear(&token);
	free(inspection);
	return status;
}

int
mm_command_inspect(const struct mm_command *command, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option != 'j')
			return mm_command_option_error(command, option, argv);
		json = true;
	}
	if (argc - optind != 1)
		return mm_command_usage_error(command, "one token is needed, or '-'");
	return inspect_argument(argv[optind], json);
}
