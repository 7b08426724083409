/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What if the n-th allocation fails while a proof of possession is judged, for every n? A proof that does not hold is
 * never accepted, a genuine one is accepted or refused, a nonce that was made by half is refused, a store of used
 * proofs is made whole or not at all.
 */
#include "lib/token/dpop.h"
#include "lib/token/nonce.h"
#include "test/maker/key.h"
#include "test/maker/proof.h"

#include <mintmark/evidence.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/crypto.h>

#define NOW_S INT64_C(1800000000)
#define TOKEN "header.payload.signature"
#define URL "https://mail.example/inbox"

/* As base64url as any nonce. */
#define MADE_UP "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* More allocations than anything here makes. */
#define ALLOCATIONS_MAX 20000

static const unsigned char secret[MM_EVIDENCE_SECRET_LEN] = "thirty-two bytes that nobody has";

/* Of libcrypto and of our own, since the last arm(): 0 lets all succeed. */
static unsigned long failing, allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool
must_fail(void)
{
	return ++allocations == failing;
}

void *
__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : __real_calloc(count, size);
}

static void *
allocate(size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return must_fail() ? NULL : __real_malloc(len);
}

static void *
reallocate(void *block, size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return must_fail() ? NULL : realloc(block, len);
}

static void
release(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	free(block);
}

static void
arm(unsigned long nth)
{
	failing = nth;
	allocations = 0;
}

/* Whether the allocation that was to fail was made since arm(). */
static bool
disarm(void)
{
	bool failed = failing != 0 && allocations >= failing;

	arm(0);
	return failed;
}

/* ---- proofs ---- */

static struct mm_verifier *verifier;
static struct mm_dpop_room room;

static enum mm_dpop_fault
judge(const struct maker_text *text, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	const struct mm_dpop_expected expected = {
		.thumbprint = thumbprint, .method = mm_slice_str("GET"), .url = mm_slice_str(URL),
		.token = mm_slice_str(TOKEN), .nonce_secret = secret, .nonce_demanded = true, .now_s = NOW_S,
	};
	struct mm_dpop_proof proof;
	enum mm_dpop_fault fault = mm_dpop_parse(mm_slice(text->bytes, text->len), &room, &proof);

	if (fault == MM_DPOP_GOOD)
		fault = mm_dpop_check(&proof, &expected, &room);
	return fault == MM_DPOP_GOOD ? mm_dpop_verify(&proof, verifier) : fault;
}

/* A proof with a nonce, signed by signer in the name of key. */
static struct maker_text
make_proof(EVP_PKEY *key, EVP_PKEY *signer)
{
	const struct maker_proof_request request = { "GET", URL, TOKEN, "a", NOW_S };
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	char nonce[MM_DPOP_NONCE_LEN + 1];
	struct maker_text proof;

	mm_dpop_nonce_make(secret, NOW_S, nonce);
	maker_proof_draft(key, maker_key_algorithm(key), &request, &header, &claims);
	maker_object_set_string(&claims, "nonce", nonce);
	proof = maker_proof_sign(signer, maker_key_algorithm(key), &header, &claims);
	maker_object_clear(&header);
	maker_object_clear(&claims);
	return proof;
}

static void
judge_with_failures(const struct maker_text *text, const uint8_t thumbprint[MM_DIGEST_LEN], bool genuine)
{
	enum mm_dpop_fault fault;
	unsigned long nth = 0;
	bool failed;

	do {
		arm(++nth);
		fault = judge(text, thumbprint);
		failed = disarm();
		if (!genuine)
			assert_int_not_equal(fault, MM_DPOP_GOOD);
		else if (!failed)
			assert_int_equal(fault, MM_DPOP_GOOD);
	} while (failed && nth < ALLOCATIONS_MAX);
	assert_true(nth > 1 && nth < ALLOCATIONS_MAX);
	/* Nothing of the failures is left. */
	assert_int_equal(judge(text, thumbprint) == MM_DPOP_GOOD, genuine);
}

static void
no_failure_lets_a_proof_pass(void **state)
{
	static const enum maker_key_kind kinds[] = { MAKER_RSA, MAKER_EC256, MAKER_ED25519 };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		EVP_PKEY *key = maker_key_new(kinds[i], NULL), *thief = maker_key_new(kinds[i], NULL);
		struct maker_text genuine = make_proof(key, key), forged = make_proof(key, thief);
		struct mm_dpop_proof read;
		uint8_t thumbprint[MM_DIGEST_LEN];

		assert_int_equal(mm_dpop_parse(mm_slice(genuine.bytes, genuine.len), &room, &read), MM_DPOP_GOOD);
		memcpy(thumbprint, read.thumbprint, MM_DIGEST_LEN);
		judge_with_failures(&genuine, thumbprint, true);
		judge_with_failures(&forged, thumbprint, false);
		maker_text_clear(&genuine);
		maker_text_clear(&forged);
		EVP_PKEY_free(key);
		EVP_PKEY_free(thief);
	}
}

/* ---- nonces ---- */

static void
a_nonce_made_by_half_is_refused(void **state)
{
	char right[MM_DPOP_NONCE_LEN + 1], nonce[MM_DPOP_NONCE_LEN + 1];
	unsigned long nth = 0;
	bool failed, same;

	(void)state;
	mm_dpop_nonce_make(secret, NOW_S, right);
	do {
		arm(++nth);
		mm_dpop_nonce_make(secret, NOW_S, nonce);
		failed = disarm();
		same = strcmp(nonce, right) == 0;
		assert_int_equal(strlen(nonce), MM_DPOP_NONCE_LEN);
		assert_true(same || failed);
		assert_int_equal(mm_nonce_check(secret, mm_slice_str(nonce), NOW_S), same);
		arm(nth);
		assert_false(mm_nonce_check(secret, mm_slice_str(MADE_UP), NOW_S));
		(void)disarm();
	} while (failed && nth < ALLOCATIONS_MAX);
	assert_true(nth > 1 && nth < ALLOCATIONS_MAX);
}

/* ---- the store ---- */

static void
a_store_is_made_whole_or_not_at_all(void **state)
{
	struct mm_replay_store *store;
	unsigned long nth = 0;
	bool failed;

	(void)state;
	do {
		arm(++nth);
		store = mm_replay_store_new(MM_REPLAY_BYTES_MIN, secret);
		failed = disarm();
		assert_true(store != NULL || failed);
		mm_replay_store_free(&store);
	} while (failed && nth < ALLOCATIONS_MAX);
	assert_true(nth > 1 && nth < ALLOCATIONS_MAX);
}

static int
make_verifier(void **state)
{
	(void)state;
	verifier = mm_verifier_new();
	return verifier == NULL ? -1 : 0;
}

static int
free_verifier(void **state)
{
	(void)state;
	mm_verifier_free(&verifier);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_failure_lets_a_proof_pass),
		cmocka_unit_test(a_nonce_made_by_half_is_refused),
		cmocka_unit_test(a_store_is_made_whole_or_not_at_all),
	};

	/* Before libcrypto's first allocation, else it keeps its own. */
	if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1) {
		fprintf(stderr, "libcrypto does not take other allocators\n");
		return 1;
	}
	return cmocka_run_group_tests(tests, make_verifier, free_verifier);
}
