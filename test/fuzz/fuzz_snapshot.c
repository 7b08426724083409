/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the loader of snapshots? The digest is put right first, for a forger could do the same; what
 * loads must serve a decision.
 */
#include "lib/crypto/digest.h"
#include "lib/trust/snapshot.h"
#include "lib/trust/trust.h"

#include <mintmark.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A token that is well-formed and names an issuer and a key; its signature is none. */
static const char token[] =
    "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ."
    "eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSIsImF1ZCI6ImEiLCJpYXQiOjEsImV4cCI6Mn0.AAAA";

static void
use(const struct mm_trust *trust, struct mm_decision *decision)
{
	struct mm_request request = { .token = mm_slice_str(token), .now_s = 1 };

	for (size_t i = 0; i < trust->service_count; i++) {
		request.service = &trust->services[i];
		if (mm_allowed(mm_decide(trust, &request, decision)))
			abort();
	}
	for (size_t i = 0; i < trust->key_count; i++)
		(void)mm_key_state_at(&trust->keys[i], 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mm_decision *decision;
	uint8_t *copy = malloc(size + 1);
	struct mm_trust *trust;
	const char *why = NULL;

	if (decision == NULL)
		decision = mm_decision_new();
	if (copy == NULL || decision == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	if (size >= MM_DIGEST_LEN && !mm_sha256(mm_slice(copy, size - MM_DIGEST_LEN), copy + size - MM_DIGEST_LEN))
		abort();
	trust = mm_trust_load(copy, size, &why);
	if (trust != NULL)
		use(trust, decision);
	else if (why == NULL)
		abort();
	mm_trust_free(&trust);
	free(copy);
	return 0;
}
