/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the reading of a sealed key's file? What opens must sign, and open again to the same key.
 */
#include "daemon/keystore/locked_memory.h"
#include "daemon/keystore/sealed_file.h"
#include "lib/crypto/digest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The sealing key that the seeds were sealed with. */
static const struct sealed_file_seal seal = { .key = { 7, 7, 7 }, .realm = "enterprise" };

static void
use(struct mm_signing_key *key)
{
	struct mm_signer *signer = mm_signer_new(key);
	unsigned char signature[MM_SIGNING_SIGNATURE_MAX];

	if (signer == NULL || mm_signer_sign(signer, mm_slice("input", 5), signature) == 0)
		abort();
	mm_signer_free(&signer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool opened;
	struct mm_slice bytes = mm_slice(data, size);
	const struct mm_algorithm *algorithm;
	struct mm_signing_key *key = NULL;
	uint8_t thumbprint[MM_DIGEST_LEN];
	struct sealed_file file;
	const char *why;

	if (!opened && !locked_memory_open(&why))
		abort();
	opened = true;
	if (sealed_file_parse(bytes, &file) != NULL)
		return 0;
	if (file.open.len + file.sealed.len != size || file.jwk.len == 0 || !mm_sha256(file.jwk, thumbprint))
		abort();
	if (sealed_file_open(&seal, thumbprint, bytes, &key, &algorithm) != NULL) {
		if (key != NULL)
			abort();
		return 0;
	}
	if (algorithm != file.algorithm)
		abort();
	use(key);
	mm_signing_key_free(&key);
	return 0;
}
