/* SPDX-License-Identifier: Apache-2.0 */
/* The anchor of a ledger. */
#include "engine/ledger_anchor.h"

#include "engine/file.h"
#include "engine/ledger_file.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char magic[8] = { 'M', 'M', 'A', 'N', 'C', 'H', '1', '\n' };

#define FILE_NEW MM_LEDGER_ANCHOR_FILE ".new"

/* Magic, and the first segment that is kept. */
#define BEGIN_LEN 16

/* What stands behind the rare records. */
#define SIGNED_BY_LEN (MM_MINT_CERTIFICATE_LEN + MM_ED25519_SIGNATURE_LEN)

/* ---- reading ---- */

static struct mm_ledger_at
read_at(struct mm_reader *reader)
{
	uint64_t segment = mm_reader_u64(reader);

	return (struct mm_ledger_at){ segment, mm_reader_u64(reader) };
}

static struct mm_token_place
read_place(struct mm_reader *reader)
{
	uint16_t signer = mm_reader_u16(reader);
	uint32_t minute = mm_reader_u32(reader);

	return (struct mm_token_place){ signer, minute, mm_reader_u32(reader) };
}

static bool
read_realm(struct mm_reader *reader, struct mm_ledger_realm_sum *realm)
{
	struct mm_slice name = mm_reader_slice(reader, mm_reader_u8(reader));

	realm->has_last = mm_reader_u8(reader) == 1;
	realm->last = read_place(reader);
	realm->signer = mm_reader_u16(reader);
	realm->counts.recorded = mm_reader_u64(reader);
	realm->counts.voided = mm_reader_u64(reader);
	if (!mm_reader_ok(reader) || name.len == 0 || name.len > MM_NAME_LEN_MAX)
		return false;
	memcpy(realm->name, name.ptr, name.len);
	return true;
}

static void
read_bytes(struct mm_reader *reader, uint8_t *bytes, size_t len)
{
	struct mm_slice slice = mm_reader_slice(reader, len);

	if (mm_reader_ok(reader))
		memcpy(bytes, slice.ptr, len);
}

/* Whether they are as many as are said, whole, and none stands behind the first segment. */
static bool
rares_good(const struct mm_ledger_anchor *anchor)
{
	size_t position = 0, count = 0;
	struct mm_slice record;
	struct mm_ledger_at at;

	for (; mm_ledger_anchor_next(anchor, &position, &at, &record); count++)
		if (at.segment >= anchor->first_segment || record.len < MM_LEDGER_RECORD_MIN ||
		    !mm_ledger_record_whole((const uint8_t *)record.ptr, record.len))
			return false;
	return count == anchor->rare_count && position == anchor->rares.len;
}

static bool
read_body(struct mm_slice body, struct mm_ledger_anchor *anchor)
{
	struct mm_reader reader;
	uint32_t realm_count;

	mm_reader_init(&reader, body.ptr, body.len);
	(void)mm_reader_slice(&reader, sizeof(magic));
	anchor->first_segment = mm_reader_u64(&reader);
	read_bytes(&reader, anchor->id, sizeof(anchor->id));
	anchor->end = read_at(&reader);
	anchor->sequence = mm_reader_u64(&reader);
	read_bytes(&reader, anchor->hash, sizeof(anchor->hash));
	anchor->rare = read_at(&reader);
	anchor->first_us = (int64_t)mm_reader_u64(&reader);
	anchor->last_us = (int64_t)mm_reader_u64(&reader);
	anchor->made_us = (int64_t)mm_reader_u64(&reader);
	realm_count = mm_reader_u32(&reader);
	anchor->rare_count = mm_reader_u32(&reader);
	if (!mm_reader_ok(&reader) || realm_count > MM_LEDGER_REALMS_MAX || anchor->first_segment == 0 ||
	    anchor->end.segment == 0 || anchor->end.segment >= anchor->first_segment)
		return false;
	for (; anchor->realm_count < realm_count; anchor->realm_count++)
		if (!read_realm(&reader, &anchor->realms[anchor->realm_count]))
			return false;
	anchor->rares = mm_reader_slice(&reader, reader.left);
	return rares_good(anchor);
}

/* The certificate is the root's, of the key that must have signed, and that key signed the rest. */
static const char *
check_signature(struct mm_slice file, const uint8_t *root, const uint8_t *signer)
{
	const struct mm_slice before = mm_slice(file.ptr, file.len - MM_ED25519_SIGNATURE_LEN);
	const struct mm_slice bytes = mm_slice(file.ptr + file.len - SIGNED_BY_LEN, MM_MINT_CERTIFICATE_LEN);
	const uint8_t *public_key = mm_mint_certificate_key((const uint8_t *)bytes.ptr);
	struct mm_mint_certificate certificate;

	if (root != NULL && (mm_mint_certificate_read(bytes, root, &certificate) != NULL ||
	    certificate.purpose != MM_PURPOSE_KEY_STATE))
		return "the key that signed the anchor is not certified by the offline root";
	if (signer != NULL && memcmp(public_key, signer, MM_ED25519_PUBLIC_LEN) != 0)
		return "the anchor is not signed by this ledger's key-state key";
	return mm_ed25519_verify(public_key, before, (const uint8_t *)file.ptr + before.len) ? NULL :
	    "the anchor is damaged, or not signed by the key-state key";
}

const char *
mm_ledger_anchor_load(int dir_fd, const uint8_t *root, const uint8_t *signer, struct mm_ledger_anchor *anchor)
{
	const char *fault;
	size_t len;

	memset(anchor, 0, sizeof(*anchor));
	anchor->bytes = mm_file_read(dir_fd, MM_LEDGER_ANCHOR_FILE, MM_LEDGER_ANCHOR_MAX, &len);
	if (anchor->bytes == NULL)
		return errno == ENOENT ? NULL : "the anchor cannot be read";
	if (len < BEGIN_LEN + SIGNED_BY_LEN || memcmp(anchor->bytes, magic, sizeof(magic)) != 0)
		return "the file 'anchor' is no anchor";
	fault = check_signature(mm_slice(anchor->bytes, len), root, signer);
	if (fault != NULL)
		return fault;
	return read_body(mm_slice(anchor->bytes, len - SIGNED_BY_LEN), anchor) ? NULL :
	    "the anchor is not as this version writes it";
}

void
mm_ledger_anchor_clear(struct mm_ledger_anchor *anchor)
{
	free(anchor->bytes);
	memset(anchor, 0, sizeof(*anchor));
}

bool
mm_ledger_anchor_first(int dir_fd, uint64_t *segment)
{
	int fd = openat(dir_fd, MM_LEDGER_ANCHOR_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct mm_reader reader;
	uint8_t bytes[BEGIN_LEN];
	ssize_t got;

	*segment = 0;
	if (fd == -1)
		return errno == ENOENT;
	got = mm_file_read_at(fd, bytes, sizeof(bytes), 0);
	close(fd);
	if (got == -1)
		return false;
	mm_reader_init(&reader, bytes, (size_t)got);
	(void)mm_reader_slice(&reader, sizeof(magic));
	*segment = mm_reader_u64(&reader);
	if (mm_reader_ok(&reader) && memcmp(bytes, magic, sizeof(magic)) == 0 && *segment != 0)
		return true;
	errno = EBADMSG;
	return false;
}

/* ---- its place in the chain ---- */

static bool
begins_behind(const struct mm_ledger_header *header, const struct mm_ledger_anchor *anchor)
{
	return header->previous_number == anchor->end.segment && header->previous_end == anchor->end.offset &&
	    header->sequence == anchor->sequence + 1 &&
	    memcmp(header->previous_hash, anchor->hash, MM_DIGEST_LEN) == 0 &&
	    memcmp(header->id, anchor->id, MM_LEDGER_ID_LEN) == 0 &&
	    header->rare.segment == anchor->rare.segment && header->rare.offset == anchor->rare.offset;
}

const char *
mm_ledger_anchor_check(const struct mm_ledger_anchor *anchor, int dir_fd, uint64_t *segment)
{
	struct mm_ledger_header header;
	uint64_t *numbers;
	ssize_t count = mm_ledger_list(dir_fd, &numbers);
	int fd;

	*segment = count > 0 ? numbers[0] : anchor->first_segment;
	if (count != -1)
		free(numbers);
	if (count == -1)
		return "the ledger's folder cannot be read";
	if (anchor->first_segment != 0 && (count == 0 || *segment != anchor->first_segment))
		return "the segment that the anchor leads to is missing";
	fd = count == 0 ? -1 : mm_ledger_segment_open(dir_fd, *segment, O_RDONLY, &header);
	if (fd == -1)
		return NULL; /* there is none, or what is wrong with it is found when it is read */
	close(fd);
	if (anchor->first_segment != 0)
		return begins_behind(&header, anchor) ? NULL : "the segment does not begin where the anchor ends";
	return header.previous_number == 0 ? NULL : "segments before this one are missing, and no anchor tells of them";
}

bool
mm_ledger_anchor_next(const struct mm_ledger_anchor *anchor, size_t *position, struct mm_ledger_at *at,
    struct mm_slice *record)
{
	struct mm_reader reader;
	size_t left = anchor->rares.len - *position;

	if (left == 0) /* where there is no anchor, there is no place either to count from */
		return false;
	mm_reader_init(&reader, anchor->rares.ptr + *position, left);
	*at = read_at(&reader);
	*record = mm_reader_slice(&reader, mm_reader_u32(&reader));
	if (!mm_reader_ok(&reader))
		return false;
	*position += left - reader.left;
	return true;
}

/* ---- writing ---- */

static void
add_at(struct mm_buf *buf, struct mm_ledger_at at)
{
	mm_buf_add_u64(buf, at.segment);
	mm_buf_add_u64(buf, at.offset);
}

void
mm_ledger_anchor_add_rare(struct mm_buf *rares, struct mm_ledger_at at, const uint8_t *bytes, size_t len)
{
	add_at(rares, at);
	mm_buf_add_u32(rares, (uint32_t)len);
	mm_buf_add(rares, bytes, len);
}

static void
add_realm(struct mm_buf *buf, const struct mm_ledger_realm_sum *realm)
{
	mm_buf_add_u8(buf, (uint8_t)strlen(realm->name));
	mm_buf_add_str(buf, realm->name);
	mm_buf_add_u8(buf, realm->has_last);
	mm_buf_add_u16(buf, realm->last.signer);
	mm_buf_add_u32(buf, realm->last.minute);
	mm_buf_add_u32(buf, realm->last.counter);
	mm_buf_add_u16(buf, realm->signer);
	mm_buf_add_u64(buf, realm->counts.recorded);
	mm_buf_add_u64(buf, realm->counts.voided);
}

static void
encode(struct mm_buf *buf, const struct mm_ledger_anchor *anchor)
{
	mm_buf_add(buf, magic, sizeof(magic));
	mm_buf_add_u64(buf, anchor->first_segment);
	mm_buf_add(buf, anchor->id, sizeof(anchor->id));
	add_at(buf, anchor->end);
	mm_buf_add_u64(buf, anchor->sequence);
	mm_buf_add(buf, anchor->hash, sizeof(anchor->hash));
	add_at(buf, anchor->rare);
	mm_buf_add_u64(buf, (uint64_t)anchor->first_us);
	mm_buf_add_u64(buf, (uint64_t)anchor->last_us);
	mm_buf_add_u64(buf, (uint64_t)anchor->made_us);
	mm_buf_add_u32(buf, (uint32_t)anchor->realm_count);
	mm_buf_add_u32(buf, (uint32_t)anchor->rare_count);
	for (size_t i = 0; i < anchor->realm_count; i++)
		add_realm(buf, &anchor->realms[i]);
	mm_buf_add_slice(buf, anchor->rares);
}

/* Whole on the disk before it gets its name. */
static bool
put_in_place(int dir_fd, struct mm_slice bytes)
{
	int fd = openat(dir_fd, FILE_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600), failure;
	bool written;

	if (fd == -1)
		return false;
	written = mm_ledger_write_at(fd, bytes.ptr, bytes.len, 0) && fsync(fd) == 0;
	failure = errno;
	close(fd);
	if (written && renameat(dir_fd, FILE_NEW, dir_fd, MM_LEDGER_ANCHOR_FILE) == 0)
		return fsync(dir_fd) == 0;
	failure = written ? errno : failure;
	(void)unlinkat(dir_fd, FILE_NEW, 0);
	errno = failure;
	return false;
}

bool
mm_ledger_anchor_store(int dir_fd, const struct mm_ledger_anchor *anchor, const struct mm_ed25519 *key,
    const uint8_t certificate[MM_MINT_CERTIFICATE_LEN])
{
	uint8_t signature[MM_ED25519_SIGNATURE_LEN];
	struct mm_buf buf;
	bool stored = false;

	mm_buf_init(&buf, MM_LEDGER_ANCHOR_MAX);
	encode(&buf, anchor);
	mm_buf_add(&buf, certificate, MM_MINT_CERTIFICATE_LEN);
	errno = ENOMEM;
	if (mm_buf_ok(&buf) && mm_ed25519_sign(key, mm_slice(buf.data, buf.len), signature)) {
		mm_buf_add(&buf, signature, sizeof(signature));
		stored = mm_buf_ok(&buf) && put_in_place(dir_fd, mm_slice(buf.data, buf.len));
	}
	mm_buf_clear(&buf);
	return stored;
}
