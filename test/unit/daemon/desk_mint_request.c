/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions about mints: every verb, every kind of member, and what is refused.
 */
#include "daemon/desk/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct desk_request request;
static const char *why;

static bool
parse(const char *line)
{
	why = NULL;
	return desk_request_parse(mm_slice_str(line), &request, &why);
}

static void
refuse(const char *line, const char *expected)
{
	assert_false(parse(line));
	assert_string_equal(why, expected);
}

#define TEXT_IS(text, expected) assert_true(mm_slice_equal(mm_mint_text_get(&(text)), mm_slice_str(expected)))

static void
every_verb_is_known(void **state)
{
	static const struct {
		const char *word;
		bool changes;
	} verbs[] = {
#define MM_MINT_VERB(name, word, process, changes, structure) { word, changes },
#include "daemon/ipc/mint_verbs.def"
#undef MM_MINT_VERB
	};

	(void)state;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		char line[128];

		(void)snprintf(line, sizeof(line), "{\"ask\":\"%s\",\"realm\":\"enterprise\"}", verbs[i].word);
		assert_true(parse(line));
		assert_int_equal(request.ask, DESK_ASK_MINT);
		assert_int_equal(request.mint.ask.verb, i);
		assert_string_equal(request.mint.ask.realm, "enterprise");
		assert_int_equal(desk_request_changes(&request), verbs[i].changes);
		assert_false(desk_request_reads_journal(&request));
	}
}

static void
a_key_is_named(void **state)
{
	(void)state;
	assert_true(parse("{\"realm\":\"r\",\"kid\":\"abc\",\"by\":\"Ann\",\"why\":\"she \\u0041sked\","
	                  "\"ask\":\"key-restore\"}"));
	TEXT_IS(request.mint.what.key.kid, "abc");
	TEXT_IS(request.mint.what.key.by, "Ann");
	TEXT_IS(request.mint.what.key.why, "she Asked");
	assert_int_equal(request.mint.len, sizeof(struct mm_ask_key));
	assert_true(parse("{\"ask\":\"key-rotate\",\"realm\":\"r\",\"now\":true}"));
	assert_int_equal(request.mint.what.key.now, 1);
	assert_true(parse("{\"ask\":\"key-hold\",\"realm\":\"r\",\"until\":1800000000}"));
	assert_int_equal(request.mint.what.key.until_s, 1800000000);
	assert_int_equal(request.mint.what.key.now, 0);
}

static void
what_is_stated_is_marked(void **state)
{
	(void)state;
	assert_true(parse("{\"ask\":\"tenant-change\",\"realm\":\"r\",\"name\":\"contoso\",\"domains\":[\"a.example\","
	                  "\"b.example\"],\"disabled\":false}"));
	TEXT_IS(request.mint.what.tenant.domains, "a.example b.example");
	assert_int_equal(request.mint.what.tenant.stated, MM_TENANT_STATES_DOMAINS | MM_TENANT_STATES_DISABLED);
	assert_true(parse("{\"ask\":\"user-change\",\"realm\":\"r\",\"username\":\"a@b.example\",\"delegates\":[],"
	                  "\"hash\":\"$y$x\"}"));
	assert_int_equal(request.mint.what.user.stated, MM_STATED_DELEGATES | MM_STATED_HASH);
	TEXT_IS(request.mint.what.user.delegates, "");
	assert_true(parse("{\"ask\":\"client-add\",\"realm\":\"r\",\"client\":\"web\",\"confidential\":true,"
	                  "\"jwks\":\"{\\\"keys\\\":[]}\",\"redirects\":[\"https://a.example/cb\"]}"));
	TEXT_IS(request.mint.what.client.jwks, "{\"keys\":[]}");
	TEXT_IS(request.mint.what.client.redirects, "https://a.example/cb");
	assert_int_equal(request.mint.what.client.stated, MM_STATED_KIND | MM_STATED_JWKS | MM_STATED_REDIRECTS);
}

static void
a_token_is_named_or_given(void **state)
{
	(void)state;
	assert_true(parse("{\"ask\":\"ledger-show\",\"token_id\":\"0123456789abcdefghijkl\"}"));
	assert_memory_equal(request.mint.what.token.token_id, "0123456789abcdefghijkl", 22);
	assert_int_equal(request.mint.what.token.has_digest, 0);
	assert_true(parse("{\"ask\":\"ledger-show\",\"token_id\":\"0123456789abcdefghijkl\",\"digest\":"
	                  "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"));
	assert_int_equal(request.mint.what.token.has_digest, 1);
	assert_int_equal(request.mint.what.token.digest[0], 1);
}

static void
what_does_not_belong_is_refused(void **state)
{
	static char line[70000];

	(void)state;
	refuse("{\"ask\":\"key-destroy\"}",
	    "'ask' is not status, reload, fetch, decisions, autopsies or a question about a mint");
	refuse("{\"ask\":\"key-list\",\"username\":\"x\"}", "a member does not belong to this question");
	refuse("{\"ask\":\"key-list\",\"k\\u0069d\":\"x\"}", "a member does not belong to this question");
	refuse("{\"ask\":\"key-list\",\"kid\":\"x\",\"kid\":\"y\"}",
	    "the question is no JSON object, or has a member twice");
	refuse("{\"ask\":\"key-list\",\"realm\":\"\"}", "'realm' is no name of a realm");
	refuse("{\"ask\":\"key-list\",\"kid\":7}", "'kid' is no text, or too long");
	refuse("{\"ask\":\"key-list\",\"why\":\"a\\nb\"}", "'why' is no text, or too long");
	refuse("{\"ask\":\"key-rotate\",\"now\":1}", "'now' is neither true nor false");
	refuse("{\"ask\":\"key-hold\",\"until\":-1}", "'until' is no time");
	refuse("{\"ask\":\"tenant-add\",\"domains\":7}", "'domains' is no list of words, or too long");
	refuse("{\"ask\":\"tenant-add\",\"domains\":\"a  b\"}", "'domains' is no list of words, or too long");
	assert_true(parse("{\"ask\":\"tenant-add\",\"domains\":\"a b\"}"));
	TEXT_IS(request.mint.what.tenant.domains, "a b");
	refuse("{\"ask\":\"tenant-add\",\"domains\":[\"a b\"]}", "'domains' is no list of words, or too long");
	refuse("{\"ask\":\"tenant-add\",\"domains\":[\"\"]}", "'domains' is no list of words, or too long");
	refuse("{\"ask\":\"ledger-show\",\"token_id\":\"short\"}", "'token_id' is not 22 characters");
	refuse("{\"ask\":\"ledger-show\",\"digest\":\"AQ\"}", "'digest' is no SHA-256 in base64url");
	(void)snprintf(line, sizeof(line), "{\"ask\":\"key-taint\",\"why\":\"%0255d\"}", 0);
	refuse(line, "'why' is no text, or too long");
	(void)snprintf(line, sizeof(line), "{\"ask\":\"client-add\",\"jwks\":\"%08191d\"}", 0);
	refuse(line, "'jwks' is no text, or too long");
	(void)snprintf(line, sizeof(line), "{\"ask\":\"client-add\",\"jwks\":\"%08190d\"}", 0);
	assert_true(parse(line));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_is_known),
		cmocka_unit_test(a_key_is_named),
		cmocka_unit_test(what_is_stated_is_marked),
		cmocka_unit_test(a_token_is_named_or_given),
		cmocka_unit_test(what_does_not_belong_is_refused),
	};

	return cmocka_run_group_tests_name("desk-mint-request", tests, NULL, NULL);
}
