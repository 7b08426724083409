/* SPDX-License-Identifier: Apache-2.0 */
/* Realms, as mintmarkd tells them. */
#include "daemon/ledger/realm.h"

#include <stdlib.h>
#include <string.h>

bool
ledger_read_text(struct mm_reader *reader, struct mm_slice *text)
{
	const unsigned char *end = reader->left == 0 ? NULL : memchr(reader->at, '\0', reader->left);

	if (end == NULL)
		return false;
	*text = mm_reader_slice(reader, (size_t)(end - reader->at));
	(void)mm_reader_u8(reader);
	return mm_reader_ok(reader);
}

/* A text into a field with its NUL; false where it is empty or too long. */
static bool
read_field(struct mm_reader *reader, char *field, size_t size)
{
	struct mm_slice text;

	if (!ledger_read_text(reader, &text) || text.len == 0 || text.len >= size)
		return false;
	memcpy(field, text.ptr, text.len);
	field[text.len] = '\0';
	return true;
}

/* The names of parents up to an empty one. */
static bool
read_parents(struct mm_reader *reader, struct ledger_realm *realm)
{
	struct mm_slice name;

	realm->parents = calloc(LEDGER_PARENTS_MAX, sizeof(*realm->parents));
	if (realm->parents == NULL)
		return false;
	while (ledger_read_text(reader, &name)) {
		if (name.len == 0)
			return reader->left == 0;
		if (name.len > MM_NAME_LEN_MAX || realm->parent_count == LEDGER_PARENTS_MAX)
			return false;
		memcpy(realm->parents[realm->parent_count++], name.ptr, name.len);
	}
	return false;
}

static bool
read_realm(struct mm_reader *reader, struct ledger_realm *realm)
{
	char algorithm[16];

	realm->number = mm_reader_u16(reader);
	realm->max_lifetime_s = mm_reader_u32(reader);
	realm->rotate_every_s = mm_reader_u32(reader);
	realm->publish_before_s = mm_reader_u32(reader);
	realm->visible_for_s = mm_reader_u32(reader);
	realm->issuer_is_template = mm_reader_u8(reader) == 1;
	if (!mm_reader_ok(reader) || realm->number >= MM_MINT_REALMS_MAX ||
	    !read_field(reader, realm->name, sizeof(realm->name)) ||
	    !read_field(reader, realm->issuer, sizeof(realm->issuer)) ||
	    !read_field(reader, algorithm, sizeof(algorithm)) || !read_parents(reader, realm))
		return false;
	realm->algorithm = mm_algorithm_find(mm_slice_str(algorithm));
	return realm->algorithm != NULL && realm->max_lifetime_s > 0;
}

struct ledger_realm *
ledger_realm_parse(struct mm_slice payload)
{
	struct ledger_realm *realm = calloc(1, sizeof(*realm));
	struct mm_reader reader;

	mm_reader_init(&reader, payload.ptr, payload.len);
	if (realm != NULL && !read_realm(&reader, realm))
		ledger_realm_free(&realm);
	return realm;
}

void
ledger_realm_free(struct ledger_realm **realm)
{
	if (*realm == NULL)
		return;
	for (size_t i = 0; i < (*realm)->service_count; i++)
		free((*realm)->services[i]);
	free((*realm)->services);
	free((*realm)->parents);
	free(*realm);
	*realm = NULL;
}

bool
ledger_realm_has_service(const struct ledger_realm *realm, struct mm_slice audience)
{
	for (size_t i = 0; i < realm->service_count; i++)
		if (mm_slice_equal(mm_slice_str(realm->services[i]), audience))
			return true;
	return false;
}

bool
ledger_realm_add_service(struct ledger_realm *realm, struct mm_slice audience)
{
	if (audience.len == 0 || audience.len > MM_MINT_AUDIENCE_LEN_MAX ||
	    memchr(audience.ptr, '\0', audience.len) != NULL)
		return false;
	if (ledger_realm_has_service(realm, audience))
		return true;
	if (realm->services == NULL)
		realm->services = calloc(LEDGER_SERVICES_MAX, sizeof(*realm->services));
	if (realm->services == NULL || realm->service_count == LEDGER_SERVICES_MAX)
		return false;
	realm->services[realm->service_count] = strndup(audience.ptr, audience.len);
	return realm->services[realm->service_count] != NULL && ++realm->service_count > 0;
}
