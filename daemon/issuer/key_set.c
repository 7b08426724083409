/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published keys.
 */
#include "daemon/issuer/key_set.h"

#include "engine/key_list.h"
#include "lib/codec/hex.h"
#include "lib/crypto/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer gains nothing: the set is small. */
#define MAX_AGE_MAX_S 3600U

unsigned
issuer_key_set_max_age_s(uint32_t publish_before_s)
{
	uint32_t half = publish_before_s / 2;

	return half < MAX_AGE_MAX_S ? half : MAX_AGE_MAX_S;
}

bool
issuer_key_set_begin(struct issuer_key_set *set)
{
	memset(set, 0, sizeof(*set));
	return pthread_mutex_init(&set->lock, NULL) == 0;
}

void
issuer_key_set_end(struct issuer_key_set *set)
{
	free(set->jwks);
	set->jwks = NULL;
	pthread_mutex_destroy(&set->lock);
}

static bool
write_etag(struct mm_slice bytes, char etag[ISSUER_ETAG_LEN + 1])
{
	uint8_t digest[MM_DIGEST_LEN];

	if (!mm_sha256(bytes, digest))
		return false;
	etag[0] = '"';
	(void)mm_hex_encode(digest, sizeof(digest), etag + 1);
	snprintf(etag + 1 + 2 * sizeof(digest), 2, "\"");
	return true;
}

/* buf is taken. */
static const char *
replace(struct issuer_key_set *set, struct mm_buf *jwks, const struct mm_key_list *list)
{
	char etag[ISSUER_ETAG_LEN + 1];
	size_t len;
	char *text;

	if (!mm_buf_ok(jwks) || !write_etag(mm_slice(jwks->data, jwks->len), etag))
		return "memory is short";
	text = mm_buf_take(jwks, &len);
	pthread_mutex_lock(&set->lock);
	free(set->jwks);
	set->jwks = text;
	set->len = len;
	set->sequence = list->sequence;
	set->signs_until_s = mm_key_list_signs_until(list);
	memcpy(set->etag, etag, sizeof(etag));
	pthread_mutex_unlock(&set->lock);
	return NULL;
}

const char *
issuer_key_set_take(struct issuer_key_set *set, struct mm_slice bytes, const char *realm,
    const uint8_t root[MM_ED25519_PUBLIC_LEN], int64_t now_s)
{
	struct mm_key_list list;
	struct mm_buf jwks;
	const char *why = mm_key_list_read(bytes, mm_slice_str(realm), root, now_s, &list);

	if (why != NULL)
		return why;
	if (set->jwks != NULL && list.sequence < set->sequence)
		return "it is older than the one that is published";
	mm_buf_init(&jwks, MM_DOCUMENT_LEN_MAX);
	why = "its keys cannot be published";
	if (mm_key_list_public_jwks(&list, &jwks))
		why = replace(set, &jwks, &list);
	mm_buf_clear(&jwks);
	return why;
}

bool
issuer_key_set_get(struct issuer_key_set *set, struct mm_buf *buf, char etag[ISSUER_ETAG_LEN + 1])
{
	bool there;

	pthread_mutex_lock(&set->lock);
	there = set->jwks != NULL;
	if (there) {
		mm_buf_add(buf, set->jwks, set->len);
		memcpy(etag, set->etag, sizeof(set->etag));
	}
	pthread_mutex_unlock(&set->lock);
	return there;
}

bool
issuer_key_set_is_there(struct issuer_key_set *set)
{
	bool there;

	pthread_mutex_lock(&set->lock);
	there = set->jwks != NULL;
	pthread_mutex_unlock(&set->lock);
	return there;
}

bool
issuer_key_set_signs(struct issuer_key_set *set, int64_t now_s)
{
	bool signs;

	pthread_mutex_lock(&set->lock);
	signs = set->jwks != NULL && now_s <= set->signs_until_s;
	pthread_mutex_unlock(&set->lock);
	return signs;
}
