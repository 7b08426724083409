/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The realm's addresses.
 */
#include "daemon/issuer/realm.h"

#include "lib/base/buf.h"
#include "lib/base/reader.h"

#include <string.h>

/* The next text of a payload, ended by NUL, into a field of size bytes. */
static bool
read_text(struct mm_reader *reader, char *text, size_t size)
{
	const unsigned char *end = memchr(reader->at, '\0', reader->left);
	struct mm_slice slice;

	if (end == NULL)
		return false;
	slice = mm_reader_slice(reader, (size_t)(end - reader->at) + 1);
	if (slice.len > size)
		return false;
	memcpy(text, slice.ptr, slice.len);
	return true;
}

/* What follows scheme and host, without a '/' at the end, so that "…/" + "/token" is one address. */
static bool
split(struct issuer_realm *realm)
{
	struct mm_slice before = realm->pattern.before, after = realm->pattern.after;
	const char *host = strstr(realm->issuer, "://");
	size_t origin_len;

	if (host == NULL)
		return false;
	origin_len = (size_t)(host - realm->issuer) + 3;
	origin_len += strcspn(realm->issuer + origin_len, "/");
	if (origin_len > before.len)
		return false;
	realm->origin = mm_slice(realm->issuer, origin_len);
	realm->path_before = mm_slice(before.ptr + origin_len, before.len - origin_len);
	realm->path_after = realm->pattern.is_template ? after : mm_slice("", 0);
	if (!realm->pattern.is_template && realm->path_before.len > 0 &&
	    realm->path_before.ptr[realm->path_before.len - 1] == '/')
		realm->path_before.len--;
	if (realm->path_after.len > 0 && realm->path_after.ptr[realm->path_after.len - 1] == '/')
		realm->path_after.len--;
	realm->is_https = strncmp(realm->issuer, "https:", 6) == 0;
	return true;
}

bool
issuer_realm_read(struct mm_slice payload, struct issuer_realm *realm)
{
	struct mm_reader reader;

	mm_reader_init(&reader, payload.ptr, payload.len);
	realm->number = mm_reader_u16(&reader);
	(void)mm_reader_u32(&reader); /* max_lifetime */
	(void)mm_reader_u32(&reader); /* rotate_every */
	realm->publish_before_s = mm_reader_u32(&reader);
	(void)mm_reader_u32(&reader); /* visible_for */
	(void)mm_reader_u8(&reader);  /* the issuer says itself whether it is a template */
	return mm_reader_ok(&reader) && read_text(&reader, realm->name, sizeof(realm->name)) &&
	    read_text(&reader, realm->issuer, sizeof(realm->issuer)) &&
	    read_text(&reader, realm->algorithm, sizeof(realm->algorithm)) && realm->name[0] != '\0' &&
	    mm_issuer_parse(mm_slice_str(realm->issuer), &realm->pattern) == NULL && split(realm);
}

static bool
begins_with(struct mm_slice text, struct mm_slice beginning)
{
	return text.len >= beginning.len && memcmp(text.ptr, beginning.ptr, beginning.len) == 0;
}

static struct mm_slice
behind(struct mm_slice text, size_t len)
{
	return mm_slice(text.ptr + len, text.len - len);
}

static size_t
tenant_len(struct mm_slice text)
{
	size_t len = 0;

	while (len < text.len && (text.ptr[len] == '-' || (text.ptr[len] >= '0' && text.ptr[len] <= '9') ||
	                             (text.ptr[len] >= 'A' && text.ptr[len] <= 'Z') ||
	                             (text.ptr[len] >= 'a' && text.ptr[len] <= 'z')))
		len++;
	return len;
}

bool
issuer_realm_match(const struct issuer_realm *realm, struct mm_slice path, struct mm_slice *tenant,
    struct mm_slice *rest)
{
	size_t len = 0;

	if (!begins_with(path, realm->path_before))
		return false;
	path = behind(path, realm->path_before.len);
	if (realm->pattern.is_template) {
		len = tenant_len(path);
		if (len == 0 || len > MM_MINT_ID_LEN_MAX || !begins_with(behind(path, len), realm->path_after))
			return false;
	}
	*tenant = mm_slice(path.ptr, len);
	*rest = behind(path, len + realm->path_after.len);
	return rest->len == 0 || rest->ptr[0] == '/';
}

void
issuer_realm_add_path(const struct issuer_realm *realm, struct mm_slice tenant, struct mm_buf *buf)
{
	mm_buf_add_slice(buf, realm->path_before);
	if (!realm->pattern.is_template)
		return;
	mm_buf_add_slice(buf, tenant);
	mm_buf_add_slice(buf, realm->path_after);
}

/* A literal stands as it was configured, with its '/' at the end where it has one: it is compared byte by byte. */
void
issuer_realm_add_address(const struct issuer_realm *realm, struct mm_slice tenant, struct mm_buf *buf)
{
	mm_buf_add_slice(buf, realm->pattern.before);
	if (!realm->pattern.is_template)
		return;
	mm_buf_add_slice(buf, tenant);
	mm_buf_add_slice(buf, realm->pattern.after);
}
