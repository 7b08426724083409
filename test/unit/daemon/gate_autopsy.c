/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of autopsies: whoever floods it uses up his own turns, every token is examined, repeated or counted as not
 * examined, and it ends while it is busy.
 */
#include "daemon/gate/autopsy.h"

#include "lib/trust/find.h"
#include "test/maker/key.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define ISSUER_A "https://a.example"
#define ISSUER_B "https://b.example"

/* Far longer than any of this takes, for machines that are busy. */
#define WAIT_S 60

/* More garbage than the queue holds, from one address. */
#define FLOOD 2000
#define FORGERIES 10

/* More addresses than the queue has flows, and few beside the counts of offers, which they share by chance. */
#define SOURCES 2500

/* After ten seconds it begins to forget who offered how much. */
#define LATE_S 9

static EVP_PKEY *key_of_a;
static struct gate_views views;
static struct gate_metrics metrics;
static const struct mm_key *known;

/* What the teller heard. */
static pthread_mutex_t heard_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned proofs, leads;
static char last_source[GATE_AUTOPSY_TEXT_MAX + 1], last_service[GATE_AUTOPSY_TEXT_MAX + 1], last_subject[64];

/* Whoever tells waits here while it is held, so that what is offered meanwhile stays in the queue. */
static pthread_mutex_t hold_lock = PTHREAD_MUTEX_INITIALIZER;

static void
hear(void *ctx, const struct gate_view *view, const struct gate_autopsy_place *place, const struct mm_autopsy *autopsy)
{
	(void)ctx;
	assert_non_null(view->trust);
	pthread_mutex_lock(&heard_lock);
	proofs += autopsy->class == MM_AUTOPSY_PROOF;
	leads += autopsy->class == MM_AUTOPSY_LEAD;
	memcpy(last_source, place->source, sizeof(last_source));
	memcpy(last_service, place->service, sizeof(last_service));
	snprintf(last_subject, sizeof(last_subject), "%.*s", (int)autopsy->subject.len, autopsy->subject.ptr);
	pthread_mutex_unlock(&heard_lock);
	pthread_mutex_lock(&hold_lock);
	pthread_mutex_unlock(&hold_lock);
}

/* ---- the world: realm a has the key, realm b none ---- */

static struct mm_trust *
make_trust(void)
{
	static const char *const realms[] = { "a", "b", NULL };
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct maker_text text = { NULL, 0, 0 };
	struct maker_object jwk = { .count = 0 };
	struct mm_trust *trust;
	void *snapshot = NULL;
	size_t len = 0;

	maker_key_publish(key_of_a, &jwk);
	maker_object_set_string(&jwk, "kid", "k");
	maker_object_set_string(&jwk, "alg", "ES256");
	maker_text_add_str(&text, "{\"keys\":[");
	maker_object_write(&jwk, &text);
	maker_text_add_str(&text, "]}");
	maker_object_clear(&jwk);
	assert_true(mm_trust_builder_add_document(builder, "a", mm_slice(text.bytes, text.len), MM_DOCUMENT_FILE));
	assert_true(mm_trust_builder_add_document(builder, "b", mm_slice_str("{\"keys\":[]}"), MM_DOCUMENT_FILE));
	assert_true(mm_trust_builder_add_realm(builder,
	    &(struct mm_realm_settings){ .name = "a", .issuer = ISSUER_A, .keys = "a" }));
	assert_true(mm_trust_builder_add_realm(builder,
	    &(struct mm_realm_settings){ .name = "b", .issuer = ISSUER_B, .keys = "b" }));
	assert_true(mm_trust_builder_add_service(builder,
	    &(struct mm_service_settings){ .name = "s", .audience = "x", .realms = realms }));
	assert_true(mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len));
	mm_trust_builder_free(&builder);
	maker_text_clear(&text);
	trust = mm_trust_load(snapshot, len, NULL);
	free(snapshot);
	return trust;
}

static int
begin(void **state)
{
	struct gate_view *view = gate_view_new();
	size_t count;

	(void)state;
	key_of_a = maker_key_new(MAKER_EC256, NULL);
	view->trust = make_trust();
	assert_true(gate_view_complete(view, &metrics));
	assert_true(gate_views_init(&views, view));
	known = mm_trust_find_kid(view->trust, mm_slice_str("k"), &count);
	assert_int_equal(count, 1);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	gate_views_clear(&views);
	gate_metrics_clear(&metrics);
	EVP_PKEY_free(key_of_a);
	return 0;
}

/* A token of this subject: signed by the key of a for realm b, or with a signature that nobody made. */
static char *
make_token(bool is_forgery, unsigned subject)
{
	static const char header[] = "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"k\"}";
	struct maker_text token = { NULL, 0, 0 }, claims = { NULL, 0, 0 }, signature = { NULL, 0, 0 };

	maker_text_add_format(&claims,
	    "{\"iss\":\"" ISSUER_B "\",\"aud\":\"x\",\"sub\":\"%u\",\"iat\":1,\"exp\":2}", subject);
	maker_text_add_base64url(&token, header, strlen(header));
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, claims.bytes, claims.len);
	if (is_forgery)
		maker_key_sign(key_of_a, "ES256", &token, &signature);
	else
		maker_text_add_format(&signature, "%064u", subject);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, signature.bytes, signature.len);
	maker_text_clear(&claims);
	maker_text_clear(&signature);
	return token.bytes;
}

static void
offer(struct gate_autopsies *autopsies, const char *token, const char *source)
{
	gate_autopsies_offer(autopsies, mm_slice_str(token), known, mm_slice_str("s"), mm_slice_str(source));
}

/* Until nothing waits and nothing is being examined. */
static struct gate_autopsy_counts
wait_until_examined(struct gate_autopsies *autopsies, uint64_t wanted)
{
	const struct timespec pause = { 0, 2000000 };
	struct gate_autopsy_counts counts;

	for (unsigned tries = 0; tries < WAIT_S * 500; tries++) {
		gate_autopsies_get_counts(autopsies, &counts);
		if (counts.examined + counts.repeated + counts.dropped >= wanted)
			return counts;
		nanosleep(&pause, NULL);
	}
	fail_msg("of %lu tokens %lu were examined", (unsigned long)wanted, (unsigned long)counts.examined);
	return counts;
}

static void
forget_what_was_heard(void)
{
	pthread_mutex_lock(&heard_lock);
	proofs = leads = 0;
	pthread_mutex_unlock(&heard_lock);
}

static unsigned
proofs_heard(void)
{
	unsigned heard;

	pthread_mutex_lock(&heard_lock);
	heard = proofs;
	pthread_mutex_unlock(&heard_lock);
	return heard;
}

/* Keep the thread at a forgery of its own until release(): nothing else is examined. */
static void
hold(struct gate_autopsies *autopsies)
{
	const struct timespec pause = { 0, 2000000 };
	char *token = make_token(true, UINT_MAX);

	forget_what_was_heard();
	pthread_mutex_lock(&hold_lock);
	offer(autopsies, token, "203.0.113.1");
	free(token);
	for (unsigned tries = 0; proofs_heard() == 0; tries++) {
		assert_true(tries < WAIT_S * 500);
		nanosleep(&pause, NULL);
	}
}

static void
release(void)
{
	pthread_mutex_unlock(&hold_lock);
}

/* ---- tests ---- */

static void
a_forgery_is_told_with_its_place(void **state)
{
	struct gate_autopsies *autopsies = gate_autopsies_new(&views, hear, NULL);
	char *token = make_token(true, 7);

	(void)state;
	forget_what_was_heard();
	offer(autopsies, token, "192.0.2.1");
	(void)wait_until_examined(autopsies, 1);
	gate_autopsies_free(&autopsies);
	assert_null(autopsies);
	assert_int_equal(proofs, 1);
	assert_int_equal(leads, 0);
	assert_string_equal(last_source, "192.0.2.1");
	assert_string_equal(last_service, "s");
	assert_string_equal(last_subject, "7");
	free(token);
}

static void
a_flood_uses_up_its_own_turns(void **state)
{
	struct gate_autopsies *autopsies = gate_autopsies_new(&views, hear, NULL);
	struct gate_autopsy_counts counts;

	(void)state;
	hold(autopsies);
	for (unsigned i = 0; i < FLOOD; i++) {
		char *garbage = make_token(false, i), source[32];

		offer(autopsies, garbage, "198.51.100.1");
		free(garbage);
		if (i % (FLOOD / FORGERIES) == 0) {
			char *forgery = make_token(true, i);

			snprintf(source, sizeof(source), "192.0.2.%u", i / (FLOOD / FORGERIES));
			offer(autopsies, forgery, source);
			free(forgery);
		}
	}
	release();
	counts = wait_until_examined(autopsies, FLOOD + FORGERIES + 1);
	assert_int_equal(counts.examined + counts.repeated + counts.dropped, FLOOD + FORGERIES + 1);
	assert_int_equal(counts.proofs, FORGERIES + 1);
	assert_int_equal(proofs_heard(), FORGERIES + 1);
	assert_int_equal(counts.dropped, FLOOD - GATE_AUTOPSY_FLOW_LEN_MAX);
	gate_autopsies_free(&autopsies);
}

static void
offer_garbage_from_everywhere(struct gate_autopsies *autopsies, unsigned first)
{
	for (unsigned i = 0; i < SOURCES; i++) {
		char *garbage = make_token(false, first + i), source[32];

		snprintf(source, sizeof(source), "198.51.%u.%u", i / 256, i % 256);
		offer(autopsies, garbage, source);
		free(garbage);
	}
}

static time_t
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Returns whether it went so fast that all of it was offered of late. */
static bool
flood_from_everywhere(void)
{
	struct gate_autopsies *autopsies = gate_autopsies_new(&views, hear, NULL);
	struct gate_autopsy_counts counts;
	time_t begun_s = now_s();
	bool fast;

	hold(autopsies);
	offer_garbage_from_everywhere(autopsies, 0);
	offer_garbage_from_everywhere(autopsies, SOURCES);
	for (unsigned i = 0; i < FORGERIES; i++) {
		char *forgery = make_token(true, i), source[32];

		snprintf(source, sizeof(source), "192.0.2.%u", i);
		offer(autopsies, forgery, source);
		free(forgery);
	}
	offer_garbage_from_everywhere(autopsies, 2 * SOURCES);
	fast = now_s() - begun_s < LATE_S;
	release();
	counts = wait_until_examined(autopsies, 3 * SOURCES + FORGERIES + 1);
	assert_int_equal(counts.examined + counts.repeated + counts.dropped, 3 * SOURCES + FORGERIES + 1);
	if (fast)
		assert_int_equal(counts.proofs, FORGERIES + 1);
	assert_true(counts.dropped > 0);
	gate_autopsies_free(&autopsies);
	return fast;
}

/* Who comes once has a place before those who come again and again, however many they are. */
static void
a_flood_from_everywhere_leaves_room(void **state)
{
	enum { TRIES = 10 };

	(void)state;
	for (unsigned tries = 0; !flood_from_everywhere(); tries++)
		assert_true(tries < TRIES);
}

/* Whoever has one IPv6 address has 2^64 of them. */
static void
addresses_of_one_network_are_one_source(void **state)
{
	struct gate_autopsies *autopsies = gate_autopsies_new(&views, hear, NULL);
	struct gate_autopsy_counts counts;

	(void)state;
	for (unsigned i = 0; i < FLOOD; i++) {
		char *garbage = make_token(false, i), source[64];

		snprintf(source, sizeof(source), "2001:db8:1:2:%x::1", i + 1);
		offer(autopsies, garbage, source);
		free(garbage);
	}
	gate_autopsies_get_counts(autopsies, &counts);
	assert_true(counts.queued <= GATE_AUTOPSY_FLOW_LEN_MAX);
	(void)wait_until_examined(autopsies, FLOOD);
	gate_autopsies_free(&autopsies);
}

static void
the_same_token_waits_once(void **state)
{
	struct gate_autopsies *autopsies = gate_autopsies_new(&views, hear, NULL);
	struct gate_autopsy_counts counts;
	char *token = make_token(false, 1);

	(void)state;
	hold(autopsies);
	for (unsigned i = 0; i < 100; i++)
		offer(autopsies, token, "192.0.2.1");
	release();
	counts = wait_until_examined(autopsies, 1 + 100);
	assert_int_equal(counts.examined, 1 + 1);
	assert_int_equal(counts.repeated, 99);
	assert_int_equal(counts.dropped, 0);
	gate_autopsies_free(&autopsies);
	free(token);
}

static void
what_was_found_is_not_told_again_at_once(void **state)
{
	struct gate_autopsies *autopsies = gate_autopsies_new(&views, hear, NULL);
	struct gate_autopsy_counts counts;
	char *token = make_token(true, 9);

	(void)state;
	forget_what_was_heard();
	for (unsigned i = 0; i < 5; i++) {
		offer(autopsies, token, "192.0.2.1");
		(void)wait_until_examined(autopsies, i + 1);
	}
	offer(autopsies, token, "192.0.2.2");
	counts = wait_until_examined(autopsies, 6);
	assert_int_equal(counts.examined, 2);
	assert_int_equal(counts.repeated, 4);
	assert_int_equal(counts.proofs, 2);
	gate_autopsies_free(&autopsies);
	assert_int_equal(proofs, 2);
	free(token);
}

/* The findings of a source that has too many are counted, and no others are lost for it. */
static void
a_flood_of_findings_is_folded(void **state)
{
	struct gate_autopsies *autopsies = gate_autopsies_new(&views, hear, NULL);
	struct gate_autopsy_counts counts;
	uint64_t offered = 0;

	(void)state;
	forget_what_was_heard();
	do {
		char *token = make_token(true, (unsigned)offered);

		offer(autopsies, token, "198.51.100.1");
		free(token);
		offered++;
		gate_autopsies_get_counts(autopsies, &counts);
	} while (counts.folded == 0 && offered < 100 * FLOOD);
	counts = wait_until_examined(autopsies, offered);
	gate_autopsies_free(&autopsies);
	assert_true(counts.folded > 0);
	assert_int_equal(counts.proofs, proofs + counts.folded);
}

static _Atomic bool flooding;
static _Atomic uint64_t flooded;

static void *
flood(void *argument)
{
	struct gate_autopsies *autopsies = argument;
	char *garbage = make_token(false, 3);

	for (unsigned i = 0; atomic_load(&flooding); i++) {
		char source[32];

		snprintf(source, sizeof(source), "10.%u.%u.1", i / 250 % 250, i % 250);
		offer(autopsies, garbage, source);
		atomic_fetch_add(&flooded, 1);
	}
	free(garbage);
	return NULL;
}

static void
it_bears_many_threads_and_ends_while_it_is_busy(void **state)
{
	struct gate_autopsies *autopsies = gate_autopsies_new(&views, hear, NULL);
	const struct timespec span = { 0, 200000000 };
	struct gate_autopsy_counts counts;
	pthread_t threads[4];

	(void)state;
	hold(autopsies);
	atomic_store(&flooding, true);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, flood, autopsies), 0);
	while (atomic_load(&flooded) < FLOOD)
		nanosleep(&span, NULL);
	gate_autopsies_get_counts(autopsies, &counts);
	assert_true(counts.queued > 0);
	assert_true(counts.queued <= GATE_AUTOPSY_FLOWS_MAX * GATE_AUTOPSY_FLOW_LEN_MAX);
	release();
	nanosleep(&span, NULL); /* it examines beside them */
	atomic_store(&flooding, false);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	gate_autopsies_stop(autopsies);
	gate_autopsies_get_counts(autopsies, &counts);
	assert_int_equal(counts.queued, 0);
	assert_int_equal(counts.examined + counts.repeated + counts.dropped, atomic_load(&flooded) + 1);
	gate_autopsies_free(&autopsies);
	gate_autopsies_free(&autopsies);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_forgery_is_told_with_its_place),
		cmocka_unit_test(a_flood_uses_up_its_own_turns),
		cmocka_unit_test(a_flood_from_everywhere_leaves_room),
		cmocka_unit_test(addresses_of_one_network_are_one_source),
		cmocka_unit_test(the_same_token_waits_once),
		cmocka_unit_test(what_was_found_is_not_told_again_at_once),
		cmocka_unit_test(a_flood_of_findings_is_folded),
		cmocka_unit_test(it_bears_many_threads_and_ends_while_it_is_busy),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
