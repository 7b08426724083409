/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot's mint keys are those of the ledger's signed list: no key more, none less, none with more time or a better
 * state; and no list is older than one that was used.
 */
#include "daemon/gate/mint_keys.h"
#include "daemon/ipc/sealed.h"
#include "lib/jose/algorithm.h"
#include "lib/trust/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW 1800000000
#define A \
	"{\"kty\":\"OKP\",\"kid\":\"A\",\"alg\":\"EdDSA\",\"nbf\":100," \
	"\"exp\":200,\"verify_until\":300,\"state\":\"active\"}"
#define B \
	"{\"kty\":\"OKP\",\"kid\":\"B\",\"alg\":\"EdDSA\",\"nbf\":200," \
	"\"exp\":300,\"verify_until\":400,\"state\":\"%s\"}"

static struct mm_ed25519 *root, *key;
static uint8_t root_public[MM_ED25519_PUBLIC_LEN], certificate_bytes[MM_MINT_CERTIFICATE_LEN];
static struct gate_mint_keys keys;
static const unsigned char mint[] = { 3, 0, 'c', 'o', 'n', 's', 'u', 'm', 'e', 'r' };

static struct mm_realm realm;
static struct mm_key items[3];
static struct mm_trust trust;

static struct mm_ed25519 *
make_key(void)
{
	uint8_t seed[MM_ED25519_SEED_LEN];
	struct mm_ed25519 *made;

	assert_true(mm_ed25519_make(seed));
	made = mm_ed25519_new(seed);
	assert_non_null(made);
	return made;
}

static int
make_keys(void **state)
{
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 7, NOW - 1000, NOW + 1000, { 0 } };

	(void)state;
	root = make_key();
	key = make_key();
	mm_ed25519_public(root, root_public);
	mm_ed25519_public(key, certificate.public_key);
	return mm_mint_certificate_make(&certificate, root, certificate_bytes) ? 0 : -1;
}

static int
free_keys(void **state)
{
	(void)state;
	mm_ed25519_free(&root);
	mm_ed25519_free(&key);
	return 0;
}

/* The snapshot that says just what the usual list says. */
static int
begin(void **state)
{
	const struct mm_algorithm *eddsa = mm_algorithm_find(mm_slice_str("EdDSA"));

	(void)state;
	assert_non_null(eddsa);
	memset(&keys, 0, sizeof(keys));
	assert_true(gate_mint_keys_set_root(&keys, root_public, sizeof(root_public)));
	assert_true(gate_mint_keys_add_mint(&keys, mint, sizeof(mint)));
	realm = (struct mm_realm){ .name = mm_slice_str("consumer"), .is_mint = true };
	for (int i = 0; i < 3; i++)
		items[i] = (struct mm_key){
			.kid = mm_slice_str((const char *[]){ "A", "B", "C" }[i]),
			.thumbprint_text = mm_slice_str((const char *[]){ "A", "B", "C" }[i]),
			.realm = &realm,
			.algorithm = eddsa,
			.signs_from_s = 100 * (i + 1),
			.signs_until_s = 100 * (i + 2),
			.verify_until_s = 100 * (i + 3),
		};
	trust = (struct mm_trust){ .realms = &realm, .realm_count = 1, .keys = items, .key_count = 2 };
	return 0;
}

static int
end(void **state)
{
	(void)state;
	gate_mint_keys_clear(&keys);
	return 0;
}

static const char *
take(const struct mm_ed25519 *signer, uint64_t sequence, const char *name, const char *state_of_b)
{
	struct mm_key_list list = { .sequence = sequence, .time_s = NOW, .realm = mm_slice_str(name) };
	char text[1024];
	const char *fault;
	struct mm_buf buf;
	int fd;

	snprintf(text, sizeof(text), "{\"keys\":[" A "," B "]}", state_of_b);
	list.keys = mm_slice_str(text);
	mm_buf_init(&buf, MM_KEY_LIST_LEN_MAX);
	assert_true(mm_key_list_write(&list, certificate_bytes, signer, &buf));
	fd = mm_sealed_new("list");
	assert_true(fd >= 0);
	assert_int_equal(mm_sealed_write(fd, mm_slice(buf.data, buf.len)), 0);
	assert_int_equal(mm_sealed_seal(fd), 0);
	mm_buf_clear(&buf);
	fault = gate_mint_keys_take_list(&keys, mint, sizeof(mint), fd, NOW);
	close(fd);
	return fault;
}

static void
takes_what_agrees(void **state)
{
	(void)state;
	assert_null(take(key, 1, "consumer", "prepared"));
	assert_null(gate_mint_keys_check(&keys, &trust));
	/* Less time and a worse state are nobody's gain. */
	items[0].signs_until_s--;
	items[0].verify_until_s--;
	items[1].tainted = true;
	assert_null(gate_mint_keys_check(&keys, &trust));
	items[1].standing = MM_KEY_TOMBSTONED;
	assert_null(gate_mint_keys_check(&keys, &trust));
}

static void
refuses_more(void **state)
{
	const struct mm_key usual = items[0];

	(void)state;
	assert_null(take(key, 1, "consumer", "prepared"));
	trust.key_count = 3;
	assert_non_null(gate_mint_keys_check(&keys, &trust));
	trust.key_count = 2;
	items[0].signs_from_s--;
	assert_non_null(gate_mint_keys_check(&keys, &trust));
	items[0] = usual;
	items[0].signs_until_s++;
	assert_non_null(gate_mint_keys_check(&keys, &trust));
	items[0] = usual;
	items[0].verify_until_s = INT64_MAX;
	assert_non_null(gate_mint_keys_check(&keys, &trust));
	items[0] = usual;
	items[0].thumbprint_text = mm_slice_str("another material");
	assert_non_null(gate_mint_keys_check(&keys, &trust));
	items[0] = usual;
	items[0].algorithm = mm_algorithm_find(mm_slice_str("ES256"));
	assert_non_null(gate_mint_keys_check(&keys, &trust));
}

static void
refuses_less(void **state)
{
	(void)state;
	assert_null(take(key, 1, "consumer", "prepared"));
	trust.key_count = 1;
	assert_non_null(gate_mint_keys_check(&keys, &trust));
}

static void
refuses_a_better_state(void **state)
{
	(void)state;
	assert_null(take(key, 1, "consumer", "tainted"));
	assert_non_null(gate_mint_keys_check(&keys, &trust));
	items[1].tainted = true;
	assert_null(gate_mint_keys_check(&keys, &trust));
	gate_mint_keys_drop(&keys);
	assert_null(take(key, 1, "consumer", "revoked"));
	assert_non_null(gate_mint_keys_check(&keys, &trust));
	items[1].standing = MM_KEY_TOMBSTONED;
	assert_null(gate_mint_keys_check(&keys, &trust));
}

/* A realm whose list did not come has no key; one that is no mint may have any. */
static void
wants_a_list(void **state)
{
	(void)state;
	assert_non_null(gate_mint_keys_check(&keys, &trust));
	trust.key_count = 0;
	assert_null(gate_mint_keys_check(&keys, &trust));
	trust.key_count = 2;
	realm.is_mint = false;
	assert_null(gate_mint_keys_check(&keys, &trust));
}

static void
refuses_lists_of_others_and_older_ones(void **state)
{
	struct mm_ed25519 *thief = make_key();

	(void)state;
	assert_non_null(take(thief, 5, "consumer", "prepared"));
	assert_non_null(take(key, 5, "enterprise", "prepared"));
	assert_null(take(key, 5, "consumer", "prepared"));
	assert_non_null(take(key, 6, "consumer", "prepared"));
	gate_mint_keys_commit(&keys);
	assert_non_null(take(key, 4, "consumer", "prepared"));
	assert_null(take(key, 5, "consumer", "prepared"));
	mm_ed25519_free(&thief);
}

static void
knows_numbers(void **state)
{
	static const unsigned char other[] = { 3, 0, 'x' }, none[] = { 3, 0 }, far[] = { 64, 0, 'x' };

	(void)state;
	assert_string_equal(gate_mint_keys_name(&keys, 3), "consumer");
	assert_null(gate_mint_keys_name(&keys, 2));
	assert_null(gate_mint_keys_name(&keys, 64));
	assert_true(gate_mint_keys_add_mint(&keys, mint, sizeof(mint)));
	assert_false(gate_mint_keys_add_mint(&keys, other, sizeof(other)));
	assert_false(gate_mint_keys_add_mint(&keys, none, sizeof(none)));
	assert_false(gate_mint_keys_add_mint(&keys, far, sizeof(far)));
	assert_false(gate_mint_keys_set_root(&keys, root_public, sizeof(root_public)));
}

/* Called another kind of realm, it would have any keys and no marks; gone, its issuer could be another's. */
static void
refuses_a_mint_that_is_called_none(void **state)
{
	(void)state;
	assert_null(take(key, 1, "consumer", "prepared"));
	realm.is_mint = false;
	assert_non_null(gate_mint_keys_check(&keys, &trust));
	realm.is_mint = true;
	realm.name = mm_slice_str("another");
	assert_non_null(gate_mint_keys_check(&keys, &trust));
	realm.name = mm_slice_str("consumer");
	assert_null(gate_mint_keys_check(&keys, &trust));
	/* A mint that a reload takes away comes with no list. */
	gate_mint_keys_drop(&keys);
	trust.realm_count = 0;
	assert_null(gate_mint_keys_check(&keys, &trust));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_what_agrees, begin, end),
		cmocka_unit_test_setup_teardown(refuses_more, begin, end),
		cmocka_unit_test_setup_teardown(refuses_less, begin, end),
		cmocka_unit_test_setup_teardown(refuses_a_better_state, begin, end),
		cmocka_unit_test_setup_teardown(refuses_a_mint_that_is_called_none, begin, end),
		cmocka_unit_test_setup_teardown(wants_a_list, begin, end),
		cmocka_unit_test_setup_teardown(refuses_lists_of_others_and_older_ones, begin, end),
		cmocka_unit_test_setup_teardown(knows_numbers, begin, end),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
