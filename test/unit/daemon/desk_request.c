/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions at the control socket, and who may ask them.
 */
#include "daemon/desk/peer.h"
#include "daemon/desk/request.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct desk_request request;

static bool
parse(const char *line)
{
	const char *why = NULL;
	bool parsed = desk_request_parse(mm_slice_str(line), &request, &why);

	assert_true(parsed || why != NULL);
	return parsed;
}

static void
test_each_question(void **state)
{
	static const struct {
		const char *line;
		enum desk_ask ask;
		bool changes, reads_journal;
	} rows[] = {
		{ "{\"ask\":\"status\"}", DESK_ASK_STATUS, false, false },
		{ " { \"ask\" : \"reload\" } ", DESK_ASK_RELOAD, true, false },
		{ "{\"realm\":\"r\",\"ask\":\"fetch\"}", DESK_ASK_FETCH, true, false },
		{ "{\"ask\":\"decisions\"}", DESK_ASK_DECISIONS, false, true },
		{ "{\"ask\":\"autopsies\"}", DESK_ASK_AUTOPSIES, false, true },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		assert_true(parse(rows[i].line));
		assert_int_equal(request.ask, rows[i].ask);
		assert_int_equal(desk_request_changes(&request), rows[i].changes);
		assert_int_equal(desk_request_reads_journal(&request), rows[i].reads_journal);
		assert_int_equal(request.filter.autopsies, rows[i].ask == DESK_ASK_AUTOPSIES);
	}
	assert_false(request.follow || request.by_last || request.filter.leads);
	assert_true(request.filter.since_us == INT64_MIN && request.filter.until_us == INT64_MAX);
}

static void
test_members(void **state)
{
	(void)state;
	assert_true(parse("{\"ask\":\"fetch\",\"realm\":\"enter\\u0070rise\"}"));
	assert_string_equal(request.realm, "enterprise");
	assert_true(parse("{\"ask\":\"autopsies\",\"follow\":true,\"leads\":true,\"last\":100000,\"since_us\":5}"));
	assert_true(request.follow && request.filter.leads && request.by_last);
	assert_int_equal(request.last, 100000);
	assert_int_equal(request.filter.since_us, 5);
	assert_true(parse("{\"ask\":\"decisions\",\"follow\":false,\"last\":0,\"until_us\":9007199254740991,"
	    "\"service\":\"imap\",\"kid\":\"\",\"tenant\":\"t\\\"\",\"verdict\":\"deny\",\"reason\":\"KEY_REVOKED\"}"));
	assert_true(!request.follow && request.by_last && request.last == 0);
	assert_true(request.filter.until_us == (INT64_C(1) << 53) - 1);
	assert_string_equal(request.filter.service, "imap");
	assert_string_equal(request.filter.kid, "");
	assert_string_equal(request.filter.tenant, "t\"");
	assert_true(request.filter.by_verdict && !request.filter.allowed && request.filter.by_reason);
	assert_int_equal(request.filter.reason, MM_KEY_REVOKED);
}

static void
test_refused(void **state)
{
	static const char *const lines[] = {
		"", "x", "{", "[]", "\"status\"", "{}", "{\"ask\":1}", "{\"ask\":\"\"}", "{\"ask\":\"Status\"}",
		"{\"ask\":\"status \"}", "{\"ask\":null}", "{\"Ask\":\"status\"}",
		"{\"ask\":\"status\"}{}", "{\"ask\":\"status\"} x", "{\"ask\":\"status\",}",
		"{\"ask\":\"status\",\"ask\":\"status\"}", "{\"ask\":\"status\",\"ASK\":\"status\"}",
		"{\"\\u0061sk\":\"status\"}",
		"{\"ask\":\"status\",\"more\":1}", "{\"ask\":\"status\",\"realm\":\"r\"}",
		"{\"ask\":\"reload\",\"follow\":true}", "{\"ask\":\"fetch\"}", "{\"ask\":\"fetch\",\"realm\":\"\"}",
		"{\"ask\":\"fetch\",\"realm\":1}", "{\"ask\":\"fetch\",\"realm\":null}",
		"{\"ask\":\"fetch\",\"realm\":\"a\\u0000b\"}",
		"{\"ask\":\"decisions\",\"leads\":true}", "{\"ask\":\"autopsies\",\"service\":\"imap\"}",
		"{\"ask\":\"autopsies\",\"leads\":1}", "{\"ask\":\"decisions\",\"follow\":\"true\"}",
		"{\"ask\":\"decisions\",\"last\":-1}", "{\"ask\":\"decisions\",\"last\":100001}",
		"{\"ask\":\"decisions\",\"last\":1.0}", "{\"ask\":\"decisions\",\"last\":\"1\"}",
		"{\"ask\":\"decisions\",\"since_us\":-5}", "{\"ask\":\"decisions\",\"since_us\":9007199254740992}",
		"{\"ask\":\"decisions\",\"until_us\":\"now\"}", "{\"ask\":\"decisions\",\"service\":true}",
		"{\"ask\":\"decisions\",\"verdict\":\"maybe\"}", "{\"ask\":\"decisions\",\"verdict\":1}",
		"{\"ask\":\"decisions\",\"reason\":\"key_revoked\"}", "{\"ask\":\"decisions\",\"reason\":7}",
		"{\"ask\":\"decisions\",\"kid\":[]}", "{\"ask\":\"decisions\",\"tenant\":{}}",
		"{\"ask\":\"sta\xfftus\"}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(lines); i++)
		if (parse(lines[i]))
			fail_msg("taken: %s", lines[i]);
}

/* The longest line that the desk reads fits, whatever it holds. */
static void
test_longest(void **state)
{
	static char line[DESK_REQUEST_LEN_MAX];
	const char *why;
	int len = snprintf(line, sizeof(line), "{\"ask\":\"decisions\",\"kid\":\"");

	(void)state;
	memset(line + len, 'k', sizeof(line) - 2 - (size_t)len);
	memcpy(line + sizeof(line) - 2, "\"}", 2);
	assert_true(desk_request_parse(mm_slice(line, sizeof(line)), &request, &why));
	assert_int_equal(strlen(request.filter.kid), sizeof(line) - 2 - (size_t)len);
	assert_true(parse(
	    "{\"ask\":\"fetch\",\"realm\":\"0123456789012345678901234567890123456789012345678901234567890123\"}"));
	assert_false(parse(
	    "{\"ask\":\"fetch\",\"realm\":\"01234567890123456789012345678901234567890123456789012345678901234\"}"));
}

static void
test_ranks(void **state)
{
	static const struct desk_ranks ranks = { .operator_uid = 500, .reader_gid = 600 };
	static const gid_t reader[] = { 1, 2, 600 }, other[] = { 1, 2, 500 };

	(void)state;
	assert_int_equal(desk_rank_of(&ranks, 0, other, 3), DESK_OPERATOR);
	assert_int_equal(desk_rank_of(&ranks, 500, other, 3), DESK_OPERATOR);
	assert_int_equal(desk_rank_of(&ranks, 501, reader, 3), DESK_READER);
	assert_int_equal(desk_rank_of(&ranks, 501, reader, 2), DESK_NOBODY);
	assert_int_equal(desk_rank_of(&ranks, 600, other, 3), DESK_NOBODY);
	assert_int_equal(desk_rank_of(&ranks, 501, NULL, 0), DESK_NOBODY);
}

static void
test_peer(void **state)
{
	struct desk_ranks ranks = { .operator_uid = geteuid(), .reader_gid = 600 };
	int pair[2];
	uid_t uid = 12345;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(desk_peer_rank(pair[0], &ranks, &uid), DESK_OPERATOR);
	assert_int_equal(uid, geteuid());
	close(pair[0]);
	close(pair[1]);
	/* What is no such socket is nobody's. */
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(desk_peer_rank(pair[0], &ranks, &uid), DESK_NOBODY);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_question),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
