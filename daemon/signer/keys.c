/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that are open. */
#include "daemon/signer/keys.h"

#include "daemon/ipc/mint.h"

#include <string.h>

struct signer_key *
signer_keys_find(struct signer_keys *keys, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	for (size_t i = 0; i < SIGNER_KEYS_MAX; i++) {
		struct signer_key *key = &keys->keys[i];

		if (key->opened != NULL && !key->out && memcmp(key->opened->thumbprint, thumbprint, MM_DIGEST_LEN) == 0)
			return key;
	}
	return NULL;
}

static struct signer_key *
find_free(struct signer_keys *keys)
{
	for (size_t i = 0; i < SIGNER_KEYS_MAX; i++)
		if (keys->keys[i].opened == NULL)
			return &keys->keys[i];
	return NULL;
}

static bool
write_headers(struct signer_key *key)
{
	for (unsigned i = 0; i < SIGNER_CLASSES; i++) {
		char header[MM_HEADER_WRITTEN_MAX];
		size_t len = mm_header_write(mm_token_class_typ(MM_CLASS_ACCESS + i), key->opened->algorithm,
		    key->opened->thumbprint, header);

		if (len == 0)
			return false;
		mm_base64url_encode(mm_slice(header, len), key->headers[i].text);
		key->headers[i].len = MM_BASE64URL_ENCODED_LEN(len);
	}
	return true;
}

static void
close_key(struct signer_keys *keys, struct signer_key *key)
{
	keys->store->ops->close(keys->store, &key->opened);
	memset(key, 0, sizeof(*key));
}

bool
signer_keys_add(struct signer_keys *keys, struct keystore_key *opened)
{
	struct signer_key *key;

	if (signer_keys_find(keys, opened->thumbprint) != NULL) {
		keys->store->ops->close(keys->store, &opened);
		return true;
	}
	key = find_free(keys);
	if (key != NULL) {
		key->opened = opened;
		if (write_headers(key))
			return true;
		close_key(keys, key);
	} else {
		keys->store->ops->close(keys->store, &opened);
	}
	return false;
}

void
signer_keys_take_out(struct signer_keys *keys, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	struct signer_key *key = signer_keys_find(keys, thumbprint);

	if (key == NULL)
		return;
	key->out = true;
	if (key->holders == 0)
		close_key(keys, key);
}

struct mm_slice
signer_key_header(const struct signer_key *key, unsigned token_class)
{
	unsigned number = token_class - MM_CLASS_ACCESS;

	if (number >= SIGNER_CLASSES)
		return MM_SLICE_ABSENT;
	return mm_slice(key->headers[number].text, key->headers[number].len);
}

void
signer_key_hold(struct signer_key *key)
{
	key->holders++;
}

void
signer_keys_let_go(struct signer_keys *keys, struct signer_key *key)
{
	key->holders--;
	if (key->out && key->holders == 0)
		close_key(keys, key);
}

void
signer_keys_clear(struct signer_keys *keys)
{
	for (size_t i = 0; i < SIGNER_KEYS_MAX; i++)
		if (keys->keys[i].opened != NULL)
			close_key(keys, &keys->keys[i]);
}
