/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutation: of a genuine token of each algorithm, is every damaged one refused?
 *
 * Each bit of the text is flipped, each character removed, doubled, replaced and swapped with its neighbour, each end
 * cut, the members of header and payload reordered, and the parts of several tokens mixed. A text that comes out equal
 * to a genuine one must be allowed like it; every other one must be refused before anything of it is believed. A cache
 * remembers the genuine ones, and must take no other for one of them.
 */
#include "engine/config.h"
#include "engine/problems.h"
#include "engine/trustfile.h"
#include "lib/codec/base64url.h"
#include "test/maker/token.h"
#include "test/maker/world.h"

#include <mintmark.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)
#define TOKEN_MAX 4096
#define MEMBERS_MAX 32
#define GENUINE_COUNT 4

static char world_dir[] = "/tmp/mintmark-mutation.XXXXXX";

/* One algorithm: the configuration of the maker's world that has a key for it. */
struct algorithm {
	const char *configuration, *key, *kid, *alg;
};

static const struct algorithm algorithms[] = {
	{ "algorithms", "A-RSA", "RS256", "RS256" },
	{ "rs384", "A-RSA", "KEY", "RS384" },
	{ "rs512", "A-RSA", "KEY", "RS512" },
	{ "ps256", "A-RSA", "KEY", "PS256" },
	{ "ps384", "A-RSA", "KEY", "PS384" },
	{ "ps512", "A-RSA", "KEY", "PS512" },
	{ "algorithms", "A-EC256", "ES256", "ES256" },
	{ "algorithms", "A-EC384", "ES384", "ES384" },
	{ "algorithms", "A-EC521", "ES512", "ES512" },
	{ "algorithms", "A-ED25519", "EdDSA", "EdDSA" },
};

/* What a test of one algorithm works with. */
static struct {
	struct mm_trust *trust;
	struct mm_decision *decision;
	struct mm_cache *cache;
	const struct mm_service *service;
	char *genuine[GENUINE_COUNT]; /* Alice's, and others' of the same key */
	unsigned refused, same;
} bench;

static void
load_trust(const char *configuration)
{
	static const unsigned char seed[MM_CACHE_SEED_LEN] = "any bytes will do for one run!!";
	struct mm_problems problems = { 0 };
	struct mm_config *config = NULL;
	char path[256];

	snprintf(path, sizeof path, "%s/%s.conf", world_dir, configuration);
	assert_true(mm_trustfile_load(path, &problems, &config, &bench.trust));
	mm_config_free(&config);
	mm_problems_clear(&problems);
	bench.decision = mm_decision_new();
	bench.cache = mm_cache_new(MM_CACHE_BYTES_MIN, seed);
	bench.service = mm_trust_find_service(bench.trust, mm_slice_str("imap"));
	assert_non_null(bench.decision);
	assert_non_null(bench.cache);
	assert_non_null(bench.service);
}

static enum mm_reason
decide(const char *token, size_t len)
{
	struct mm_request request = {
		.service = bench.service, .token = mm_slice(token, len), .now_s = NOW_S, .cache = bench.cache,
	};
	bool allowed = mm_allowed(mm_decide(bench.trust, &request, bench.decision));
	enum mm_reason reason = mm_decision_reason(bench.decision);

	assert_int_equal(allowed, reason == MM_OK);
	return reason;
}

static bool
is_genuine(const char *token, size_t len)
{
	for (size_t i = 0; i < GENUINE_COUNT; i++) {
		if (bench.genuine[i] != NULL && strlen(bench.genuine[i]) == len &&
		    memcmp(bench.genuine[i], token, len) == 0)
			return true;
	}
	return false;
}

/*
 * A damaged token fails at steps 1 to 6, where nothing is believed yet, or at none; a later reason would mean that a
 * signature held over what was never signed.
 */
static void
expect_refused(const char *token, size_t len, const char *how, size_t where)
{
	enum mm_reason reason = decide(token, len);

	if (is_genuine(token, len)) {
		assert_int_equal(reason, MM_OK);
		bench.same++;
		return;
	}
	if (reason == MM_OK || mm_reason_step(reason) < 1 || mm_reason_step(reason) > 6)
		fail_msg("%s at %zu: %s", how, where, mm_reason_code(reason));
	assert_false(mm_slice_present(mm_decision_fact(bench.decision, MM_FACT_SUBJECT)));
	bench.refused++;
}

/* ---- single characters ---- */

static void
flip_bits(const char *token, size_t len)
{
	char text[TOKEN_MAX];

	memcpy(text, token, len);
	for (size_t i = 0; i < len * 8; i++) {
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		expect_refused(text, len, "bit flipped", i);
		text[i / 8] = token[i / 8];
	}
}

static void
replace_characters(const char *token, size_t len)
{
	static const char others[] = "Aa0_-=. ";
	char text[TOKEN_MAX];

	memcpy(text, token, len);
	for (size_t i = 0; i < len * (sizeof others - 1); i++) {
		text[i / (sizeof others - 1)] = others[i % (sizeof others - 1)];
		expect_refused(text, len, "character replaced", i / (sizeof others - 1));
		text[i / (sizeof others - 1)] = token[i / (sizeof others - 1)];
	}
}

static void
swap_neighbours(const char *token, size_t len)
{
	char text[TOKEN_MAX];

	memcpy(text, token, len);
	for (size_t i = 0; i + 1 < len; i++) {
		text[i] = token[i + 1];
		text[i + 1] = token[i];
		expect_refused(text, len, "neighbours swapped", i);
		text[i] = token[i];
		text[i + 1] = token[i + 1];
	}
}

static void
remove_and_double_characters(const char *token, size_t len)
{
	char text[TOKEN_MAX];

	for (size_t i = 0; i < len; i++) {
		memcpy(text, token, i);
		memcpy(text + i, token + i + 1, len - i - 1);
		expect_refused(text, len - 1, "character removed", i);
		memcpy(text, token, i + 1);
		memcpy(text + i + 1, token + i, len - i);
		expect_refused(text, len + 1, "character doubled", i);
	}
}

static void
cut_ends(const char *token, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		expect_refused(token, i, "cut behind", i);
		if (i > 0)
			expect_refused(token + i, len - i, "cut before", i);
	}
}

/* ---- members and parts ---- */

struct parts {
	struct mm_slice part[3];
};

static struct parts
split(const char *token)
{
	const char *first = strchr(token, '.'), *second = strchr(first + 1, '.');

	return (struct parts){ {
		mm_slice(token, (size_t)(first - token)),
		mm_slice(first + 1, (size_t)(second - first - 1)),
		mm_slice_str(second + 1),
	} };
}

static size_t
join(char text[TOKEN_MAX], const struct mm_slice part[3])
{
	int len = snprintf(text, TOKEN_MAX, "%.*s.%.*s.%.*s", (int)part[0].len, part[0].ptr, (int)part[1].len,
	    part[1].ptr, (int)part[2].len, part[2].ptr);

	assert_in_range(len, 1, TOKEN_MAX - 1);
	return (size_t)len;
}

static void
reorder_parts(const char *token)
{
	static const unsigned char orders[][3] = { { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct parts parts = split(token);
	char text[TOKEN_MAX];

	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		const struct mm_slice part[3] = {
			parts.part[orders[i][0]], parts.part[orders[i][1]], parts.part[orders[i][2]],
		};

		expect_refused(text, join(text, part), "parts reordered", i);
	}
}

static void
mix_parts(void)
{
	char text[TOKEN_MAX];

	for (unsigned i = 0; i < GENUINE_COUNT * GENUINE_COUNT * GENUINE_COUNT; i++) {
		struct parts a = split(bench.genuine[i % GENUINE_COUNT]);
		struct parts b = split(bench.genuine[i / GENUINE_COUNT % GENUINE_COUNT]);
		struct parts c = split(bench.genuine[i / GENUINE_COUNT / GENUINE_COUNT]);

		a.part[1] = b.part[1];
		a.part[2] = c.part[2];
		expect_refused(text, join(text, a.part), "parts mixed", i);
	}
}

/* The members of a flat object, each as it stands in the text; none of ours holds a comma or a brace in a value. */
static size_t
split_members(char *json, char *members[MEMBERS_MAX])
{
	size_t count = 0;
	char *rest = json + 1;

	json[strlen(json) - 1] = '\0';
	for (char *member; (member = strsep(&rest, ",")) != NULL; )
		members[count++] = member;
	return count;
}

static void
write_members(char *const members[], size_t count, char json[TOKEN_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(json + len, TOKEN_MAX - len, "%c%s", i == 0 ? '{' : ',', members[i]);
	snprintf(json + len, TOKEN_MAX - len, "}");
}

static struct mm_slice
encode(const char *json, char out[TOKEN_MAX])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t len = 0, bits = 0;
	uint32_t pending = 0;

	for (; *json != '\0'; json++) {
		pending = pending << 8 | (unsigned char)*json;
		for (bits += 8; bits >= 6; bits -= 6)
			out[len++] = alphabet[pending >> (bits - 6) & 63];
	}
	if (bits > 0)
		out[len++] = alphabet[pending << (6 - bits) & 63];
	return mm_slice(out, len);
}

/* Swap each two members of the header (0) or the payload (1), and rotate them all. */
static void
reorder_members(const char *token, unsigned which)
{
	char json[TOKEN_MAX] = { 0 }, mixed[TOKEN_MAX], encoded[TOKEN_MAX], text[TOKEN_MAX], *members[MEMBERS_MAX];
	struct parts parts = split(token);
	size_t len = 0, count;

	assert_int_equal(mm_base64url_decode(parts.part[which], (unsigned char *)json, &len), MM_OK);
	count = split_members(json, members);
	assert_in_range(count, 3, MEMBERS_MAX);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i; j < count; j++) {
			char *kept = members[i];

			members[i] = members[j];
			members[j] = kept;
			write_members(members, count, mixed);
			parts.part[which] = encode(mixed, encoded);
			expect_refused(text, join(text, parts.part), "members swapped", i * count + j);
			members[j] = members[i];
			members[i] = kept;
		}
	}
}

/* ---- one algorithm ---- */

static void
make_genuine(const struct algorithm *algorithm)
{
	static const char *const people[GENUINE_COUNT] = { "alice", "dave", "bob", "alice" };

	for (size_t i = 0; i < GENUINE_COUNT; i++) {
		const char *const argv[] = { "--as", people[i], "--key", algorithm->key, "--kid", algorithm->kid,
			"--alg", algorithm->alg, "--claim", i == 3 ? "jti=\"another\"" : "jti=\"one\"" };

		bench.genuine[i] = maker_token_make(world_dir, NOW_S, sizeof argv / sizeof argv[0], argv);
		assert_true(strlen(bench.genuine[i]) < TOKEN_MAX - 8);
		assert_int_equal(decide(bench.genuine[i], strlen(bench.genuine[i])), MM_OK);
	}
}

/* The genuine ones were decided once before they were damaged. */
static void
expect_hits(unsigned count)
{
	struct mm_cache_stats stats;

	mm_cache_get_stats(bench.cache, &stats);
	assert_int_equal(stats.hits, count);
	assert_int_equal(stats.stored, GENUINE_COUNT);
}

static void
test_every_damaged_token_is_refused(void **state)
{
	const struct algorithm *algorithm = *state;
	const char *token;
	size_t len;

	bench.refused = bench.same = 0;
	load_trust(algorithm->configuration);
	make_genuine(algorithm);
	token = bench.genuine[0];
	len = strlen(token);
	flip_bits(token, len);
	replace_characters(token, len);
	swap_neighbours(token, len);
	remove_and_double_characters(token, len);
	cut_ends(token, len);
	reorder_members(token, 0);
	reorder_members(token, 1);
	reorder_parts(token);
	mix_parts();
	expect_hits(bench.same);
	print_message("%s: %u damaged tokens refused, %u came out equal to a genuine one\n", algorithm->alg,
	    bench.refused, bench.same);
	for (size_t i = 0; i < GENUINE_COUNT; i++)
		free(bench.genuine[i]);
	mm_decision_free(&bench.decision);
	mm_cache_free(&bench.cache);
	mm_trust_free(&bench.trust);
}

static int
make_world(void **state)
{
	(void)state;
	if (mkdtemp(world_dir) == NULL)
		return -1;
	maker_world_make(world_dir, &(struct maker_world_settings){ .now_s = NOW_S, .user = "nobody" });
	return 0;
}

static int
remove_world(void **state)
{
	(void)state;
	maker_world_remove(world_dir);
	return 0;
}

int
main(void)
{
	struct CMUnitTest tests[sizeof algorithms / sizeof algorithms[0]];

	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
		tests[i] = (struct CMUnitTest){
			.name = algorithms[i].alg,
			.test_func = test_every_damaged_token_is_refused,
			.initial_state = (void *)(uintptr_t)&algorithms[i],
		};
	return cmocka_run_group_tests(tests, make_world, remove_world);
}
