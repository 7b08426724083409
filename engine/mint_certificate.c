/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of the offline root: fixed fields, little-endian, the signature over all that stands before it.
 */
#include "engine/mint_certificate.h"

#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/base/reader.h"

#include <string.h>

#define MAGIC "MMCERT1\n"
#define MAGIC_LEN 8
#define SIGNED_LEN (MM_MINT_CERTIFICATE_LEN - MM_ED25519_SIGNATURE_LEN)

static bool
times_are_good(const struct mm_mint_certificate *certificate)
{
	return certificate->not_before_s >= 0 && certificate->not_before_s <= certificate->not_after_s &&
	    certificate->not_after_s <= MM_TIME_MAX_S;
}

static void
add_fields(const struct mm_mint_certificate *certificate, struct mm_buf *buf)
{
	mm_buf_add(buf, MAGIC, MAGIC_LEN);
	mm_buf_add_u32(buf, certificate->purpose);
	mm_buf_add_u32(buf, 0);
	mm_buf_add_u64(buf, certificate->serial);
	mm_buf_add_u64(buf, (uint64_t)certificate->not_before_s);
	mm_buf_add_u64(buf, (uint64_t)certificate->not_after_s);
	mm_buf_add(buf, certificate->public_key, sizeof(certificate->public_key));
}

bool
mm_mint_certificate_make(const struct mm_mint_certificate *certificate, const struct mm_ed25519 *root,
    uint8_t bytes[MM_MINT_CERTIFICATE_LEN])
{
	uint8_t signature[MM_ED25519_SIGNATURE_LEN];
	struct mm_buf buf;
	bool made;

	mm_buf_init(&buf, MM_MINT_CERTIFICATE_LEN);
	add_fields(certificate, &buf);
	made = mm_buf_ok(&buf) && buf.len == SIGNED_LEN && times_are_good(certificate) &&
	    mm_ed25519_sign(root, mm_slice(buf.data, buf.len), signature);
	if (made) {
		memcpy(bytes, buf.data, SIGNED_LEN);
		memcpy(bytes + SIGNED_LEN, signature, sizeof(signature));
	}
	mm_buf_clear(&buf);
	return made;
}

/* Read the fields behind the magic. */
static bool
read_fields(struct mm_slice bytes, struct mm_mint_certificate *certificate)
{
	struct mm_reader reader;
	uint32_t purpose, zero;

	mm_reader_init(&reader, bytes.ptr + MAGIC_LEN, SIGNED_LEN - MAGIC_LEN);
	purpose = mm_reader_u32(&reader);
	zero = mm_reader_u32(&reader);
	certificate->purpose = MM_PURPOSE_KEY_STATE;
	certificate->serial = mm_reader_u64(&reader);
	certificate->not_before_s = (int64_t)mm_reader_u64(&reader);
	certificate->not_after_s = (int64_t)mm_reader_u64(&reader);
	memcpy(certificate->public_key, reader.at, sizeof(certificate->public_key));
	return mm_reader_ok(&reader) && purpose == MM_PURPOSE_KEY_STATE && zero == 0 && times_are_good(certificate);
}

const char *
mm_mint_certificate_read(struct mm_slice bytes, const uint8_t root[MM_ED25519_PUBLIC_LEN],
    struct mm_mint_certificate *certificate)
{
	struct mm_mint_certificate read;

	if (bytes.len != MM_MINT_CERTIFICATE_LEN || memcmp(bytes.ptr, MAGIC, MAGIC_LEN) != 0)
		return "it is no certificate of a mint";
	if (!mm_ed25519_verify(root, mm_slice(bytes.ptr, SIGNED_LEN), (const uint8_t *)bytes.ptr + SIGNED_LEN))
		return "the certificate is not signed by the offline root that is pinned";
	if (!read_fields(bytes, &read))
		return "the certificate is for something else, or its times are none";
	*certificate = read;
	return NULL;
}

int64_t
mm_mint_certificate_end(const uint8_t bytes[MM_MINT_CERTIFICATE_LEN])
{
	struct mm_reader reader;

	mm_reader_init(&reader, bytes + MAGIC_LEN + 4 + 4 + 8 + 8, 8);
	return (int64_t)mm_reader_u64(&reader);
}

/* It stands before the signature. */
const uint8_t *
mm_mint_certificate_key(const uint8_t bytes[MM_MINT_CERTIFICATE_LEN])
{
	return bytes + SIGNED_LEN - MM_ED25519_PUBLIC_LEN;
}

bool
mm_mint_certificate_holds(const struct mm_mint_certificate *certificate, int64_t now_s)
{
	return now_s >= certificate->not_before_s - MM_CLOCK_SKEW_S &&
	    now_s <= certificate->not_after_s + MM_CLOCK_SKEW_S;
}
