/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hints about issuers, tenants and the realms of a service.
 */
#include "cli/hint_rows.h"

#include "cli/hint_text.h"
#include "engine/nearest.h"
#include "lib/base/array.h"

#include <strings.h>

/* The issuer that a template makes of a tenant; false where it is longer than what is compared. */
static bool
fill_template(const struct mm_realm *realm, const struct mm_tenant *tenant, char *room, struct mm_slice *filled)
{
	const struct mm_slice parts[] = { realm->issuer_before, tenant->id, realm->issuer_after };
	size_t len = 0;

	for (size_t i = 0; i < MM_COUNT_OF(parts); i++) {
		if (parts[i].len > MM_NEAREST_LEN_MAX - len)
			return false;
		if (parts[i].len > 0)
			memcpy(room + len, parts[i].ptr, parts[i].len);
		len += parts[i].len;
	}
	*filled = mm_slice(room, len);
	return true;
}

/* An issuer that would be accepted, kept apart from the room it was made in. */
struct near_issuer {
	struct mm_nearest nearest;
	char text[MM_NEAREST_LEN_MAX];
};

static void
offer_issuer(struct near_issuer *near, struct mm_slice issuer)
{
	size_t distance = near->nearest.distance;

	mm_nearest_offer(&near->nearest, issuer);
	if (near->nearest.distance == distance)
		return;
	memcpy(near->text, issuer.ptr, issuer.len);
	near->nearest.best = mm_slice(near->text, issuer.len);
}

static void
offer_realm(struct near_issuer *near, const struct mm_realm *realm)
{
	char room[MM_NEAREST_LEN_MAX];
	struct mm_slice filled;

	if (!realm->is_template) {
		offer_issuer(near, realm->issuer);
		return;
	}
	for (size_t i = 0; i < realm->tenant_count; i++) {
		if (fill_template(realm, &realm->tenants[i], room, &filled))
			offer_issuer(near, filled);
	}
}

static size_t
first_difference(struct mm_slice a, struct mm_slice b)
{
	size_t at = 0;

	while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at])
		at++;
	return at;
}

static struct mm_slice
from(struct mm_slice text, size_t at)
{
	return mm_slice(text.ptr + at, text.len - at);
}

static void
add_rest(struct mm_buf *line, struct mm_slice rest)
{
	if (rest.len == 0)
		mm_buf_add_str(line, "nothing");
	else
		mm_hint_add_quoted(line, rest);
}

static void
hint_nearest_issuer(struct mm_hints *hints, const struct near_issuer *near, struct mm_slice issuer)
{
	size_t at;
	struct mm_buf *line;

	if (near->nearest.distance == SIZE_MAX || near->nearest.distance > issuer.len / 2)
		return;
	at = first_difference(issuer, near->nearest.best);
	line = mm_hint_begin(hints);
	mm_buf_add_str(line, "the nearest issuer is ");
	mm_hint_add_quoted(line, near->nearest.best);
	mm_buf_addf(line, "; from byte %zu on the token has ", at + 1);
	add_rest(line, from(issuer, at));
	mm_buf_add_str(line, " where that has ");
	add_rest(line, from(near->nearest.best, at));
}

void
mm_hint_issuers(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_hint_listing listing = { mm_hint_begin(hints), 0 };
	struct mm_slice issuer = matter->facts->issuer;
	struct near_issuer near;

	mm_nearest_init(&near.nearest, issuer);
	mm_buf_add_str(listing.line, "the issuers known here: ");
	for (size_t i = 0; i < matter->trust->realm_count; i++) {
		const struct mm_realm *realm = &matter->trust->realms[i];

		if (mm_hint_next_item(&listing))
			mm_hint_add_quoted(listing.line, realm->issuer);
		if (mm_slice_present(issuer))
			offer_realm(&near, realm);
	}
	mm_hint_end_listing(&listing, "none");
	if (mm_slice_present(issuer))
		hint_nearest_issuer(hints, &near, issuer);
}

void
mm_hint_tenants(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_realm *realm = matter->facts->realm;
	struct mm_hint_listing listing;

	if (realm == NULL)
		return;
	listing = (struct mm_hint_listing){ mm_hint_begin(hints), 0 };
	mm_buf_add_str(listing.line, "the tenants of realm ");
	mm_hint_add_quoted(listing.line, realm->name);
	mm_buf_add_str(listing.line, ": ");
	for (size_t i = 0; i < realm->tenant_count; i++) {
		if (!mm_hint_next_item(&listing))
			continue;
		mm_hint_add_quoted(listing.line, realm->tenants[i].name);
		if (mm_slice_present(realm->tenants[i].id)) {
			mm_buf_add_str(listing.line, " = ");
			mm_hint_add_quoted(listing.line, realm->tenants[i].id);
		}
	}
	mm_hint_end_listing(&listing, "none");
}

void
mm_hint_owner_of_tenant_id(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	for (size_t i = 0; i < matter->trust->realm_count; i++) {
		const struct mm_realm *realm = &matter->trust->realms[i];

		for (size_t j = 0; j < realm->tenant_count; j++) {
			struct mm_buf *line;

			if (!mm_slice_equal(realm->tenants[j].id, matter->facts->tenant_id))
				continue;
			line = mm_hint_begin(hints);
			mm_buf_add_str(line, "its 'tid' is that of tenant ");
			mm_hint_add_quoted(line, realm->tenants[j].name);
			mm_buf_add_str(line, " of realm ");
			mm_hint_add_quoted(line, realm->name);
		}
	}
	mm_hint_tenants(hints, matter);
}

void
mm_hint_realms_of_service(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_service *service = matter->request->service;
	struct mm_hint_listing listing = { mm_hint_begin(hints), 0 };

	mm_buf_add_str(listing.line, "service ");
	mm_hint_add_quoted(listing.line, service->name);
	mm_buf_add_str(listing.line, " accepts the realms: ");
	for (size_t i = 0; i < service->realm_count; i++) {
		if (mm_hint_next_item(&listing))
			mm_hint_add_quoted(listing.line, service->realms[i]->name);
	}
	mm_hint_end_listing(&listing, "none");
}

void
mm_hint_types(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_buf *line;

	if (matter->facts->realm == NULL)
		return;
	line = mm_hint_begin(hints);
	mm_buf_add_str(line, "the types of realm ");
	mm_hint_add_quoted(line, matter->facts->realm->name);
	mm_buf_add_str(line, ": ");
	mm_hint_add_texts(line, matter->facts->realm->token_types, "none");
	if (mm_slice_present(matter->facts->typ) && matter->facts->typ.len == 3 &&
	    strncasecmp(matter->facts->typ.ptr, "JWT", 3) == 0)
		mm_buf_add_str(mm_hint_begin(hints),
		    "many providers write \"JWT\" on access tokens and ID tokens alike; "
		    "accept it only where 'aud' tells them apart");
}
