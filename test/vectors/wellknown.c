/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do we read what 19 real issuers published over the years? Every key of every version is good or named with
 * its fault, and the faults are those that are known of these issuers.
 */
#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/codec/base64url.h"
#include "lib/codec/json.h"
#include "lib/jose/jwk.h"
#include "lib/jose/jwks.h"
#include "test/vectors/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FOLDER "wellknown-history/"
#define MEMBERS_MAX 64
#define SCRATCH_LEN 65536

/* Versions that have keys, keys in all of them, and how many of these have which fault. */
struct counts {
	unsigned versions;
	unsigned good;
	unsigned malformed;  /* MM_JWK_MATERIAL_MALFORMED: padded base64 */
	unsigned zero;       /* MM_JWK_MATERIAL_ZERO: a sign byte before the modulus */
	unsigned agreement;  /* MM_JWK_CURVE_AGREES */
	unsigned thumbprint; /* keys named by their own thumbprint: RFC 7638 as others compute it */
};

static const struct {
	const char *issuer;
	struct counts expected;
} issuers[] = {
	{ "apple", { 9, 33, 0, 0, 0, 0 } },
	{ "battle-net", { 12, 0, 29, 0, 0, 0 } },
	{ "discord", { 2, 2, 0, 0, 0, 2 } },
	{ "docker", { 1, 2, 0, 0, 0, 0 } },
	{ "dropbox", { 1, 1, 0, 0, 0, 0 } },
	{ "entra-common", { 235, 2004, 0, 0, 0, 0 } },
	{ "entra-organizations", { 98, 531, 0, 0, 0, 0 } },
	{ "facebook", { 6, 12, 0, 0, 0, 0 } },
	{ "gitlab", { 4, 8, 0, 0, 0, 8 } },
	{ "google", { 38, 94, 0, 0, 0, 0 } },
	{ "klarna", { 4, 16, 0, 0, 0, 0 } },
	{ "lego", { 1, 5, 0, 0, 0, 0 } },
	{ "mojeid", { 6, 6, 0, 0, 0, 6 } },
	{ "paypal", { 2, 18, 0, 10, 2, 0 } },
	{ "slack", { 2, 2, 0, 0, 0, 2 } },
	{ "spotify", { 11, 33, 0, 0, 0, 0 } },
	{ "twitch", { 4, 4, 0, 0, 0, 0 } },
	{ "verimi", { 2, 4, 0, 0, 0, 0 } },
	{ "yahoo", { 7, 7, 0, 18, 0, 0 } },
};

static struct mm_json_names names;
static char scratch_room[SCRATCH_LEN];

static void
count_fault(enum mm_jwk_fault fault, struct counts *counts)
{
	switch (fault) {
	case MM_JWK_GOOD:
		counts->good++;
		break;
	case MM_JWK_MATERIAL_MALFORMED:
		counts->malformed++;
		break;
	case MM_JWK_MATERIAL_ZERO:
		counts->zero++;
		break;
	case MM_JWK_CURVE_AGREES:
		counts->agreement++;
		break;
	default:
		fail_msg("unexpected: %s", mm_jwk_fault_text(fault));
	}
}

static bool
is_named_by_thumbprint(const struct mm_jwk *jwk)
{
	char text[MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN)];

	mm_base64url_encode(mm_slice(jwk->thumbprint, MM_DIGEST_LEN), text);
	return mm_slice_equal(jwk->kid, mm_slice(text, sizeof(text)));
}

/* What the key states, else what an issuer that states none would be configured with. */
static const struct mm_algorithm *
algorithm_of(const struct mm_jwk *jwk)
{
	if (jwk->algorithm != NULL)
		return jwk->algorithm;
	return mm_algorithm_find(mm_slice_str(jwk->material.type == MM_KEY_RSA ? "RS256" : "ES256"));
}

static void
read_key(struct mm_json_value object, struct counts *counts)
{
	struct mm_public_key *key = NULL;
	struct mm_scratch scratch;
	struct mm_jwk jwk;
	enum mm_jwk_fault fault;

	mm_scratch_init(&scratch, scratch_room, SCRATCH_LEN);
	fault = mm_jwk_parse(object, &scratch, &jwk);
	count_fault(fault, counts);
	assert_true(mm_slice_present(jwk.kid));
	if (fault != MM_JWK_GOOD)
		return;
	counts->thumbprint += is_named_by_thumbprint(&jwk);
	assert_int_equal(mm_public_key_new(&jwk.material, algorithm_of(&jwk)->scheme, algorithm_of(&jwk)->hash, &key),
	    MM_KEY_GOOD);
	mm_public_key_free(&key);
}

static void
read_version(struct mm_slice line, struct counts *counts)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_json_value set_value, key;
	struct mm_jwks set;
	size_t position = 0;

	assert_int_equal(mm_json_scan(line, &names, &index, NULL), MM_OK);
	set_value = mm_json_find(&index, "jwks");
	if (set_value.type != MM_JSON_OBJECT)
		return;
	counts->versions++;
	assert_int_equal(mm_jwks_scan(set_value.text, &names, &set, NULL), MM_OK);
	while (mm_json_next(set.keys, &position, &key))
		read_key(key, counts);
}

static void
read_issuer(const char *issuer, struct counts *counts)
{
	char path[256];
	struct mm_slice file, rest;

	snprintf(path, sizeof(path), FOLDER "%s.jsonl", issuer);
	file = rest = mm_sample_read(path);
	while (rest.len > 0) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);

		read_version(mm_slice(rest.ptr, len), counts);
		len += end != NULL;
		rest = mm_slice(rest.ptr + len, rest.len - len);
	}
	free((void *)(uintptr_t)file.ptr);
}

static void
every_published_key_is_good_or_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(issuers); i++) {
		const struct counts *expected = &issuers[i].expected;
		struct counts counts = { 0 };

		read_issuer(issuers[i].issuer, &counts);
		printf("%-20s %3u versions, %4u good, %2u malformed, %2u with a sign byte, %u for agreement\n",
		    issuers[i].issuer, counts.versions, counts.good, counts.malformed, counts.zero, counts.agreement);
		assert_int_equal(counts.versions, expected->versions);
		assert_int_equal(counts.good, expected->good);
		assert_int_equal(counts.malformed, expected->malformed);
		assert_int_equal(counts.zero, expected->zero);
		assert_int_equal(counts.agreement, expected->agreement);
		assert_int_equal(counts.thumbprint, expected->thumbprint);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_key_is_good_or_named),
	};

	if (!mm_sample_present(FOLDER, "the published keys of 19 issuers"))
		return MM_SAMPLE_NOT_RUN;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
