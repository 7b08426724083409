/* SPDX-License-Identifier: Apache-2.0 */
/* Reading COURIER_SOURCE, and completing the address of a metadata document. */
#include "daemon/courier/origin.h"

#include "engine/config.h"
#include "lib/base/reader.h"

#include <stdio.h>

/* The next text ended by NUL; NULL: there is none. */
static const char *
next_text(struct mm_reader *reader)
{
	const char *text = (const char *)reader->at;
	size_t len = strnlen(text, reader->left);

	if (len == reader->left) {
		reader->failed = true;
		return NULL;
	}
	(void)mm_reader_slice(reader, len + 1);
	return text;
}

/* Texts up to an empty one, which ends them. */
static bool
read_texts(struct mm_reader *reader, struct mm_pool *pool, struct courier_texts *texts)
{
	struct mm_reader ahead = *reader;
	const char *text;
	size_t count = 0;

	while ((text = next_text(&ahead)) != NULL && *text != '\0')
		count++;
	texts->items = mm_pool_array(pool, count + 1, sizeof(*texts->items));
	if (text == NULL || texts->items == NULL)
		return false;
	for (texts->count = 0; texts->count < count; texts->count++) {
		texts->items[texts->count] = mm_pool_copy(pool, mm_slice_str(next_text(reader)));
		if (texts->items[texts->count] == NULL)
			return false;
	}
	return next_text(reader) != NULL;
}

static bool
names_a_document(struct mm_slice path)
{
	static const char well_known[] = "/.well-known/";

	return memmem(path.ptr, path.len, well_known, sizeof(well_known) - 1) != NULL;
}

/*
 * OpenID Connect Discovery 1.0 section 4: "OpenID Providers supporting Discovery MUST make a JSON document available at
 * the path formed by concatenating the string /.well-known/openid-configuration to the Issuer"; section 4.1: "any
 * terminating / MUST be removed before". An address that names a well-known document already is complete.
 */
static const char *
complete_address(struct mm_pool *pool, const char *address, const struct courier_url *url)
{
	size_t path_end = (size_t)(url->query.ptr - address);
	char complete[COURIER_ADDRESS_LEN_MAX + 1];

	if (names_a_document(url->path))
		return address;
	if (url->path.len > 0 && address[path_end - 1] == '/')
		path_end--;
	snprintf(complete, sizeof(complete), "%.*s%s%.*s", (int)path_end, address, COURIER_WELL_KNOWN,
	    (int)url->query.len, url->query.ptr);
	return mm_pool_copy(pool, mm_slice_str(complete));
}

static const char *
take_address(struct mm_pool *pool, const char *text, struct courier_origin *origin)
{
	const char *address = mm_pool_copy(pool, mm_slice_str(text));
	const char *fault = address == NULL ? NULL : courier_url_parse(mm_slice_str(address), &origin->place);

	if (fault != NULL)
		return fault;
	origin->address = address == NULL || !origin->is_discovery ? address
	                                                           : complete_address(pool, address, &origin->place);
	return origin->address == NULL ? "memory is short" : NULL;
}

const char *
courier_origin_parse(struct mm_slice payload, struct mm_pool *pool, struct courier_origin *origin)
{
	struct mm_reader reader;
	const char *address;
	uint8_t kind;

	*origin = (struct courier_origin){ .number = 0 };
	mm_reader_init(&reader, payload.ptr, payload.len);
	origin->number = mm_reader_u32(&reader);
	kind = mm_reader_u8(&reader);
	origin->refresh_s = mm_reader_u32(&reader);
	(void)mm_reader_u32(&reader); /* absent_for: the compiler of the trust counts it */
	address = next_text(&reader);
	if (!mm_reader_ok(&reader) || !read_texts(&reader, pool, &origin->issuers) ||
	    !read_texts(&reader, pool, &origin->hosts) || reader.left > 0)
		return "its lengths do not fit";
	if ((kind != MM_KEYS_DISCOVERY && kind != MM_KEYS_JWKS) || origin->refresh_s == 0)
		return "its kind or its refresh cannot be";
	origin->is_discovery = kind == MM_KEYS_DISCOVERY;
	if (origin->is_discovery && origin->issuers.count == 0)
		return "it names no issuer";
	return take_address(pool, address, origin);
}
