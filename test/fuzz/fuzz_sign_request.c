/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the signer's check of what it is to sign, or get a payload signed that has no mark at its end? The
 * first byte says for which realm and class; the rest is the payload, or, where its highest bit is set, the whole
 * signing input.
 */
#include "daemon/signer/realm.h"
#include "lib/codec/base64url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "eyJ0eXAiOiJhdCtqd3QifQ"
#define NOW_S 1700000000
#define INPUT_MAX (sizeof(HEADER) + MM_BASE64URL_ENCODED_LEN(8192))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct signer_realm realms[3];
static struct signer_check_room room;

static void
make_realm(struct signer_realm *realm, const char *issuer, bool derived)
{
	realm->max_lifetime_s = 3600;
	realm->derived = derived;
	memcpy(realm->issuer, issuer, strlen(issuer));
	if (mm_issuer_parse(mm_slice(realm->issuer, strlen(realm->issuer)), &realm->pattern) != NULL ||
	    !signer_tenants_add(&realm->tenants, mm_slice("aaaaaaaa-0000-4000-8000-00000000000a", 36)))
		abort();
}

static void
make_realms(void)
{
	if (realms[0].max_lifetime_s != 0)
		return;
	make_realm(&realms[0], "https://login.example/{tenant}/v2.0", false);
	make_realm(&realms[1], "https://consumer.example", false);
	make_realm(&realms[2], "https://webmail.example", true);
}

/* What is signed ends as gates cut it. */
static void
check_end(struct mm_slice payload)
{
	static const char before[] = ",\"mark\":\"";
	size_t tail_len = sizeof(before) - 1 + 22 + 2;

	if (payload.len < tail_len ||
	    memcmp(payload.ptr + payload.len - tail_len, before, sizeof(before) - 1) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char input[INPUT_MAX];
	const struct signer_moment moment = { NOW_S, 100000 };
	struct mm_slice whole;
	const char *fault;
	unsigned choice;

	make_realms();
	if (size < 1 || size > 8192)
		return 0;
	choice = data[0];
	if ((choice & 0x80) != 0) {
		whole = mm_slice(data + 1, size - 1);
	} else {
		memcpy(input, HEADER ".", sizeof(HEADER));
		mm_base64url_encode(mm_slice(data + 1, size - 1), input + sizeof(HEADER));
		whole = mm_slice(input, sizeof(HEADER) + MM_BASE64URL_ENCODED_LEN(size - 1));
	}
	fault = signer_realm_check(&realms[choice % 3], choice >> 2 & 3, mm_slice(HEADER, sizeof(HEADER) - 1), whole,
	    &moment, &room);
	if (fault == NULL && (choice & 0x80) == 0)
		check_end(mm_slice(data + 1, size - 1));
	return 0;
}
