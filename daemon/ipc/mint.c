/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of what the processes of a mint say to each other.
 */
#include "daemon/ipc/mint.h"

#include <string.h>

const char *
mm_token_class_typ(unsigned token_class)
{
	switch (token_class) {
	case MM_CLASS_ACCESS:
		return "at+jwt";
	case MM_CLASS_IDENTITY:
		return "JWT";
	default:
		return NULL;
	}
}

bool
mm_mint_text_copy(uint16_t *len, char *bytes, size_t max, struct mm_slice slice)
{
	bool fits = slice.len <= max;

	memset(bytes, 0, max);
	*len = fits ? (uint16_t)slice.len : 0;
	if (fits && slice.len > 0)
		memcpy(bytes, slice.ptr, slice.len);
	return fits;
}

static bool
all_zero(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	unsigned char any = 0;

	for (size_t i = 0; i < len; i++)
		any |= at[i];
	return any == 0;
}

bool
mm_mint_text_check(uint16_t len, const char *bytes, size_t max)
{
	return len <= max && all_zero(bytes + len, max - len);
}

/* A text field that goes into a token: no control character, so that logs and tables show it as it is. */
static bool
printable_text(uint16_t len, const char *bytes, size_t max)
{
	if (!mm_mint_text_check(len, bytes, max))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f)
			return false;
	return true;
}

#define TEXT_GOOD(text) printable_text((text)->len, (text)->bytes, sizeof((text)->bytes))

static bool
texts_good(const struct mm_grant *grant)
{
	return TEXT_GOOD(&grant->tenant) && TEXT_GOOD(&grant->subject) && TEXT_GOOD(&grant->session) &&
	    TEXT_GOOD(&grant->client) && TEXT_GOOD(&grant->audience) && TEXT_GOOD(&grant->scope) &&
	    TEXT_GOOD(&grant->mailbox) && TEXT_GOOD(&grant->nonce) && TEXT_GOOD(&grant->parent) &&
	    TEXT_GOOD(&grant->root_realm) && TEXT_GOOD(&grant->root_kid) &&
	    grant->subject.len > 0 && grant->client.len > 0 && grant->audience.len > 0;
}

static bool
numbers_good(const struct mm_grant *grant)
{
	return grant->realm < MM_MINT_REALMS_MAX && grant->token_class >= MM_CLASS_ACCESS &&
	    grant->token_class <= MM_CLASS_IDENTITY && grant->kind >= MM_GRANT_CODE &&
	    grant->kind <= MM_GRANT_EXCHANGE && grant->sender_key <= MM_SENDER_MTLS &&
	    grant->root_proof <= MM_ROOT_ISSUED && grant->has_root <= 1 && grant->lifetime_s >= 1 &&
	    grant->lifetime_s <= MM_LIFETIME_DEFAULT_S && grant->auth_time_s >= 0 &&
	    grant->auth_time_s <= MM_TIME_MAX_S && grant->zero == 0 && grant->zero2 == 0 &&
	    all_zero(grant->padding, sizeof(grant->padding));
}

/* A root is whole or not there at all. */
static bool
root_good(const struct mm_grant *grant)
{
	if (grant->has_root)
		return grant->parent.len > 0 && grant->root_realm.len > 0 && grant->root_kid.len > 0 &&
		    grant->root_iat_s >= 0 && grant->root_iat_s <= MM_TIME_MAX_S;
	return grant->parent.len == 0 && grant->root_realm.len == 0 && grant->root_kid.len == 0 &&
	    grant->root_iat_s == 0 && grant->root_proof == MM_ROOT_NONE &&
	    all_zero(grant->root_thumbprint, sizeof(grant->root_thumbprint));
}

static bool
class_good(const struct mm_grant *grant)
{
	bool bound = grant->sender_key != MM_SENDER_NONE;

	if (!bound && !all_zero(grant->sender_thumbprint, sizeof(grant->sender_thumbprint)))
		return false;
	return grant->token_class == MM_CLASS_IDENTITY ? !bound && grant->scope.len == 0 : grant->nonce.len == 0;
}

bool
mm_grant_check(const struct mm_grant *grant)
{
	return numbers_good(grant) && texts_good(grant) && root_good(grant) && class_good(grant);
}

/* ---- revocations ---- */

bool
mm_revoke_check(const struct mm_revoke *revoke)
{
	return TEXT_GOOD(&revoke->value) && TEXT_GOOD(&revoke->client) &&
	    all_zero(revoke->zero, sizeof(revoke->zero)) && all_zero(revoke->padding, sizeof(revoke->padding));
}

bool
mm_ask_standing_check(const struct mm_ask_standing *ask)
{
	if (!ask->has_root &&
	    (ask->root_iat_s != 0 || ask->root_realm != 0 || !all_zero(ask->parent, sizeof(ask->parent))))
		return false;
	return TEXT_GOOD(&ask->subject) && TEXT_GOOD(&ask->session) && TEXT_GOOD(&ask->client) && ask->has_root <= 1 &&
	    all_zero(ask->padding, sizeof(ask->padding));
}
