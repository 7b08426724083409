/* SPDX-License-Identifier: Apache-2.0 */
/* What answers make of a source: metadata before keys, what is kept, what is asked for next. */
#include "daemon/courier/source.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The key of RFC 8037 appendix A.2 under two kids, and beside one whose kid is not fit for a terminal. */
#define ED25519 "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define GOOD_KEYS "{\"keys\":[{\"kid\":\"a\"," ED25519 "}]}"
#define OTHER_KEYS "{\"keys\":[{\"kid\":\"b\"," ED25519 "}]}"
#define MIXED_KEYS "{\"keys\":[{\"kid\":\"b\"," ED25519 "},{\"kid\":\"\\u001b[31m\\\"\",\"kty\":\"none\"}]}"
#define METADATA(keys) "{\"issuer\":\"https://a.example\",\"jwks_uri\":\"https://a.example/" keys "\"}"

static const char *issuers[] = { "https://a.example" };

static struct courier_source
new_source(bool is_discovery)
{
	const struct courier_origin origin = { .is_discovery = is_discovery, .refresh_s = 300,
		.address = is_discovery ? "https://a.example/.well-known/openid-configuration"
		                        : "https://a.example/keys",
		.place = { .host = { "a.example", 9 }, .port = 443 }, .issuers = { issuers, 1 } };
	struct courier_source source;

	courier_source_init(&source, &origin, 0);
	return source;
}

/* Give it an answer; whether the fetch ended. */
static bool
give(struct courier_source *source, enum mm_fetch_outcome outcome, const char *body, const char *etag, int64_t now_s,
    struct courier_result *result)
{
	struct courier_answer answer = { .outcome = outcome, .body = mm_slice_str(body) };

	snprintf(answer.validators.etag, sizeof(answer.validators.etag), "%s", etag);
	courier_sentence_add(&answer.why, "the reason");
	return courier_source_take(source, &answer, now_s, result);
}

/* Whether this is what it asks for next, with this ETag. */
static void
expect_next(const struct courier_source *source, const char *address, const char *etag)
{
	const struct courier_validators *validators;

	assert_string_equal(courier_source_address(source, &validators), address);
	assert_string_equal(validators->etag, etag);
}

static void
keys_come_stay_and_go(void **state)
{
	struct courier_source source = new_source(false);
	struct courier_result result;

	(void)state;
	expect_next(&source, "https://a.example/keys", "");
	assert_true(give(&source, MM_FETCH_NEW, GOOD_KEYS, "\"1\"", 100, &result));
	assert_int_equal(result.outcome, MM_FETCH_NEW);
	assert_int_equal(result.present, 1);
	assert_non_null(memmem(source.kept, source.kept_len, "\"kid\":\"a\"", 9));
	assert_int_equal(source.kept_s, 100);
	expect_next(&source, "https://a.example/keys", "\"1\"");

	assert_true(give(&source, MM_FETCH_SAME, NULL, "", 200, &result));
	assert_int_equal(result.outcome, MM_FETCH_SAME);
	assert_int_equal(source.kept_s, 200);
	expect_next(&source, "https://a.example/keys", "\"1\"");

	assert_true(give(&source, MM_FETCH_NEW, GOOD_KEYS, "\"2\"", 300, &result));
	assert_int_equal(result.outcome, MM_FETCH_SAME);
	expect_next(&source, "https://a.example/keys", "\"2\"");

	assert_true(give(&source, MM_FETCH_NEW, OTHER_KEYS, "", 400, &result));
	assert_int_equal(result.outcome, MM_FETCH_NEW);
	assert_non_null(memmem(source.kept, source.kept_len, "\"mintmark_gone\":300", 19));
	expect_next(&source, "https://a.example/keys", "");
	courier_source_clear(&source);
}

static void
nothing_bad_takes_away_what_is_kept(void **state)
{
	static const char *const bodies[] = { "", "{}", "{\"keys\":[]}", "{\"keys\":[{}]}",
		"{\"keys\":[{\"kty\":\"RSA\"}]}", "<html>", GOOD_KEYS "x" };
	struct courier_source source = new_source(false);
	struct courier_result result;
	char *kept;

	(void)state;
	assert_true(give(&source, MM_FETCH_NEW, GOOD_KEYS, "\"1\"", 100, &result));
	kept = source.kept;
	for (size_t i = 0; i < MM_COUNT_OF(bodies); i++) {
		assert_true(give(&source, MM_FETCH_NEW, bodies[i], "\"bad\"", 200, &result));
		assert_int_equal(result.outcome, MM_FETCH_UNREADABLE);
		assert_ptr_equal(source.kept, kept);
		assert_int_equal(source.kept_s, 100);
		expect_next(&source, "https://a.example/keys", "\"1\"");
	}
	assert_true(give(&source, MM_FETCH_UNREACHABLE, NULL, "", 200, &result));
	assert_int_equal(result.outcome, MM_FETCH_UNREACHABLE);
	assert_string_equal(result.sentence.text, "the reason");
	assert_ptr_equal(source.kept, kept);
	courier_source_clear(&source);
}

static void
metadata_lead_to_the_keys(void **state)
{
	struct courier_source source = new_source(true);
	struct courier_result result;

	(void)state;
	expect_next(&source, "https://a.example/.well-known/openid-configuration", "");
	assert_false(give(&source, MM_FETCH_NEW, METADATA("keys"), "\"m\"", 100, &result));
	expect_next(&source, "https://a.example/keys", "");
	assert_true(give(&source, MM_FETCH_NEW, GOOD_KEYS, "\"k\"", 100, &result));
	assert_int_equal(result.outcome, MM_FETCH_NEW);

	expect_next(&source, "https://a.example/.well-known/openid-configuration", "\"m\"");
	assert_false(give(&source, MM_FETCH_SAME, NULL, "", 200, &result));
	expect_next(&source, "https://a.example/keys", "\"k\"");
	assert_true(give(&source, MM_FETCH_SAME, NULL, "", 200, &result));
	assert_int_equal(source.kept_s, 200);

	/* The same address keeps what is known of the keys; another one does not. */
	assert_false(give(&source, MM_FETCH_NEW, METADATA("keys"), "\"n\"", 300, &result));
	expect_next(&source, "https://a.example/keys", "\"k\"");
	assert_true(give(&source, MM_FETCH_UNREACHABLE, NULL, "", 300, &result));
	assert_false(give(&source, MM_FETCH_NEW, METADATA("moved"), "\"o\"", 400, &result));
	expect_next(&source, "https://a.example/moved", "");
	courier_source_clear(&source);
}

static void
a_fetch_that_failed_begins_anew(void **state)
{
	struct courier_source source = new_source(true);
	struct courier_result result;

	(void)state;
	assert_true(give(&source, MM_FETCH_NEW, "{}", "\"m\"", 100, &result));
	assert_int_equal(result.outcome, MM_FETCH_UNREADABLE);
	expect_next(&source, "https://a.example/.well-known/openid-configuration", "");
	assert_true(give(&source, MM_FETCH_REFUSED, NULL, "", 100, &result));
	assert_string_equal(result.sentence.text, "metadata: the reason");
	assert_false(give(&source, MM_FETCH_NEW, METADATA("keys"), "\"m\"", 100, &result));
	assert_true(give(&source, MM_FETCH_UNREACHABLE, NULL, "", 100, &result));
	assert_string_equal(result.sentence.text, "the reason");
	expect_next(&source, "https://a.example/.well-known/openid-configuration", "\"m\"");
	assert_null(source.kept);
	courier_source_clear(&source);
}

static void
what_is_dropped_is_told_escaped(void **state)
{
	struct courier_source source = new_source(false);
	struct courier_result result;

	(void)state;
	assert_true(give(&source, MM_FETCH_NEW, MIXED_KEYS, "", 100, &result));
	assert_int_equal(result.outcome, MM_FETCH_NEW);
	assert_int_equal(result.present, 1);
	assert_int_equal(result.dropped, 1);
	assert_non_null(strstr(result.sentence.text,
	    "keys: 1 good, 0 gone, 0 revoked, 1 dropped; key \"\\x1b[31m\\x22\": "));
	courier_source_clear(&source);
}

static void
a_sentence_is_cut_and_stays_a_text(void **state)
{
	struct courier_sentence sentence = { .len = 0 };

	(void)state;
	for (int i = 0; i < 2 * COURIER_SENTENCE_LEN_MAX; i++)
		courier_sentence_add_foreign(&sentence, mm_slice("\n", 1));
	courier_sentence_add(&sentence, "%s", "more");
	assert_int_equal(sentence.len, COURIER_SENTENCE_LEN_MAX);
	assert_int_equal(strlen(sentence.text), COURIER_SENTENCE_LEN_MAX);
	assert_null(strchr(sentence.text, '\n'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_come_stay_and_go),
		cmocka_unit_test(nothing_bad_takes_away_what_is_kept),
		cmocka_unit_test(metadata_lead_to_the_keys),
		cmocka_unit_test(a_fetch_that_failed_begins_anew),
		cmocka_unit_test(what_is_dropped_is_told_escaped),
		cmocka_unit_test(a_sentence_is_cut_and_stays_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
