/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signed key list: any bytes, which nobody signed, are none; and its content, signed here, never hurts what publishes
 * it.
 */
#include "engine/key_list.h"
#include "lib/jose/jwks.h"

#include <stdint.h>
#include <stdlib.h>

#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t root_seed[MM_ED25519_SEED_LEN] = { 1 }, key_seed[MM_ED25519_SEED_LEN] = { 2 };

static void
must(bool done)
{
	if (!done)
		abort();
}

static void
publish(struct mm_slice bytes, const uint8_t root[MM_ED25519_PUBLIC_LEN])
{
	struct mm_json_names names;
	struct mm_key_list list;
	struct mm_jwks set;
	struct mm_buf jwks;

	if (mm_key_list_read(bytes, MM_SLICE_ABSENT, root, NOW, &list) != NULL)
		return;
	mm_buf_init(&jwks, MM_DOCUMENT_LEN_MAX * 2);
	if (mm_key_list_public_jwks(&list, &jwks))
		must(mm_jwks_scan(mm_slice(jwks.data, jwks.len), &names, &set, NULL) == MM_OK);
	mm_buf_clear(&jwks);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_ed25519 *root = mm_ed25519_new(root_seed), *key = mm_ed25519_new(key_seed);
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 1, NOW, NOW, { 0 } };
	struct mm_key_list list = { .realm = { "r", 1 }, .keys = { (const char *)data, size } };
	uint8_t public_key[MM_ED25519_PUBLIC_LEN], bytes[MM_MINT_CERTIFICATE_LEN];
	struct mm_buf buf;

	must(root != NULL && key != NULL);
	mm_ed25519_public(root, public_key);
	mm_ed25519_public(key, certificate.public_key);
	must(mm_mint_certificate_make(&certificate, root, bytes));
	must(mm_key_list_read(mm_slice(data, size), MM_SLICE_ABSENT, public_key, NOW, &list) != NULL);
	must(mm_mint_certificate_read(mm_slice(data, size), public_key, &certificate) != NULL);
	mm_buf_init(&buf, MM_KEY_LIST_LEN_MAX);
	if (mm_key_list_write(&list, bytes, key, &buf))
		publish(mm_slice(buf.data, buf.len), public_key);
	mm_buf_clear(&buf);
	mm_ed25519_free(&root);
	mm_ed25519_free(&key);
	return 0;
}
