/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hints: a table from reason to what else is known here that bears on it.
 */
#include "cli/hint.h"

#include "cli/nearest.h"
#include "cli/terminal.h"
#include "cli/when.h"
#include "lib/base/try.h"
#include "lib/trust/find.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* A sentence with several quoted issuers in it. */
#define HINT_LEN_MAX 16384

/* Longest part of a stranger's text that is quoted: enough to recognise it. */
#define QUOTED_LEN_MAX 200

/* Items of a list that are named before "and N more". */
#define LISTED_MAX 8

/* ---- making sentences ---- */

void
mm_hints_init(struct mm_hints *hints)
{
	hints->count = 0;
	for (size_t i = 0; i < MM_HINTS_MAX; i++)
		mm_buf_init(&hints->lines[i], HINT_LEN_MAX);
}

void
mm_hints_clear(struct mm_hints *hints)
{
	for (size_t i = 0; i < MM_HINTS_MAX; i++)
		mm_buf_clear(&hints->lines[i]);
	hints->count = 0;
}

/* An empty line to fill; where there are too many, the last gives way. */
static struct mm_buf *
begin_hint(struct mm_hints *hints)
{
	if (hints->count == MM_HINTS_MAX)
		mm_buf_clear(&hints->lines[--hints->count]);
	return &hints->lines[hints->count++];
}

/* A value in quotes, its own quotes marked: what a stranger wrote must not read as our sentence. */
static void
add_quoted(struct mm_buf *line, struct mm_slice value)
{
	mm_buf_add_str(line, "\"");
	for (size_t i = 0; i < value.len && i < QUOTED_LEN_MAX; i++) {
		if (value.ptr[i] == '"')
			mm_buf_add_str(line, "\\");
		mm_buf_add(line, &value.ptr[i], 1);
	}
	mm_buf_add_str(line, value.len > QUOTED_LEN_MAX ? "...\"" : "\"");
}

/* Names joined by commas, at most LISTED_MAX of them. */
struct listing {
	struct mm_buf *line;
	size_t count;
};

/* Whether the next item is still to be named; writes the comma before it. */
static bool
next_item(struct listing *listing)
{
	if (listing->count++ >= LISTED_MAX)
		return false;
	if (listing->count > 1)
		mm_buf_add_str(listing->line, ", ");
	return true;
}

static void
end_listing(struct listing *listing, const char *if_empty)
{
	if (listing->count == 0)
		mm_buf_add_str(listing->line, if_empty);
	else if (listing->count > LISTED_MAX)
		mm_buf_addf(listing->line, " and %zu more", listing->count - LISTED_MAX);
}

static void
add_texts(struct mm_buf *line, struct mm_texts texts, const char *if_empty)
{
	struct listing listing = { line, 0 };

	for (size_t i = 0; i < texts.count; i++) {
		if (next_item(&listing))
			add_quoted(line, texts.items[i]);
	}
	end_listing(&listing, if_empty);
}

static void
add_time(struct mm_buf *line, int64_t time_s, int64_t now_s)
{
	char when[MM_WHEN_MAX], relative[MM_WHEN_MAX];

	mm_when_format(time_s, when);
	mm_when_format_relative(time_s, now_s, relative);
	mm_buf_addf(line, "%s (%s)", when, relative);
}

static void
add_duration(struct mm_buf *line, int64_t duration_s)
{
	char duration[MM_WHEN_MAX];

	mm_when_format_duration(duration_s, duration);
	mm_buf_add_str(line, duration);
}

/* ---- shape ---- */

static size_t
count_byte(struct mm_slice text, char byte)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == byte;
	return count;
}

static bool
has_any(struct mm_slice text, const char *bytes)
{
	for (const char *byte = bytes; *byte != '\0'; byte++) {
		if (memchr(text.ptr, *byte, text.len) != NULL)
			return true;
	}
	return false;
}

static void
hint_dots(struct mm_hints *hints, struct mm_slice token)
{
	size_t dots = count_byte(token, '.');

	if (dots == 0)
		mm_buf_add_str(begin_hint(hints), "it has no dot: perhaps an opaque token, which only its issuer can read");
	else if (dots == 4)
		mm_buf_add_str(begin_hint(hints), "it has four dots, as an encrypted token (JWE) has: have the issuer sign only");
	else if (dots != 2)
		mm_buf_addf(begin_hint(hints), "it has %zu dot%s, a signed token has two: perhaps it was cut or joined", dots,
		    dots == 1 ? "" : "s");
}

void
mm_hints_of_shape(struct mm_hints *hints, struct mm_slice token)
{
	if (!mm_slice_present(token) || token.len == 0)
		return;
	if (token.len > 7 && strncasecmp(token.ptr, "Bearer ", 7) == 0)
		mm_buf_add_str(begin_hint(hints), "it begins with \"Bearer \": leave that word out");
	else if (has_any(token, " \t\r\n"))
		mm_buf_add_str(begin_hint(hints), "there is white space in it: perhaps the token was broken into lines");
	if (has_any(token, "\"'"))
		mm_buf_add_str(begin_hint(hints), "there are quotes around or in it: leave them out");
	if (has_any(token, "+/="))
		mm_buf_add_str(begin_hint(hints), "it has '+', '/' or '=': base64, where base64url without padding is the rule");
	hint_dots(hints, token);
}

static void
hint_shape(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	mm_hints_of_shape(hints, matter->request->token);
}

/* ---- header and key ---- */

static void
add_key(struct mm_buf *line, const struct mm_key *key, int64_t now_s)
{
	add_quoted(line, key->kid);
	mm_buf_addf(line, " (%s)", mm_key_state_name(mm_key_state_at(key, now_s)));
}

static void
hint_kids_of_realm(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_realm *realm = matter->facts->realm;
	struct listing listing;

	if (realm == NULL)
		return;
	listing = (struct listing){ begin_hint(hints), 0 };
	mm_buf_add_str(listing.line, "the keys of realm ");
	add_quoted(listing.line, realm->name);
	mm_buf_add_str(listing.line, ": ");
	for (size_t i = 0; i < matter->trust->key_count; i++) {
		const struct mm_key *key = &matter->trust->keys[i];

		if (key->realm == realm && next_item(&listing))
			add_key(listing.line, key, matter->request->now_s);
	}
	end_listing(&listing, "none");
}

static void
hint_algorithm(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_key *key = matter->facts->key;
	struct mm_buf *line;

	if (key == NULL || key->algorithm == NULL)
		return;
	line = begin_hint(hints);
	mm_buf_add_str(line, "the key ");
	add_quoted(line, key->kid);
	mm_buf_addf(line, " is for %s alone; the token says ", key->algorithm->name);
	add_quoted(line, matter->facts->alg);
}

static void
hint_owner_of_kid(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	for (size_t i = 0; i < matter->trust->key_count; i++) {
		const struct mm_key *key = &matter->trust->keys[i];
		struct mm_buf *line;

		if (!mm_slice_equal(key->kid, matter->facts->kid) || key->realm == matter->facts->realm ||
		    key->standing == MM_KEY_WITHOUT_SCOPE)
			continue;
		line = begin_hint(hints);
		mm_buf_add_str(line, "key ");
		add_key(line, key, matter->request->now_s);
		mm_buf_add_str(line, " belongs to realm ");
		add_quoted(line, key->realm->name);
		mm_buf_add_str(line, ", whose issuer is ");
		add_quoted(line, key->realm->issuer);
	}
	hint_kids_of_realm(hints, matter);
}

static void
hint_key_unknown(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_nearest nearest;
	struct mm_buf *line;

	hint_kids_of_realm(hints, matter);
	mm_nearest_init(&nearest, matter->facts->kid);
	for (size_t i = 0; i < matter->trust->key_count; i++) {
		if (matter->trust->keys[i].realm == matter->facts->realm)
			mm_nearest_offer(&nearest, matter->trust->keys[i].kid);
	}
	if (nearest.distance == SIZE_MAX || nearest.distance > matter->facts->kid.len / 3)
		return;
	line = begin_hint(hints);
	mm_buf_add_str(line, "the nearest spelling is ");
	add_quoted(line, nearest.best);
}

static void
add_bound(struct mm_buf *line, const char *word, int64_t time_s, int64_t now_s)
{
	if (time_s == INT64_MIN || time_s == INT64_MAX)
		return;
	mm_buf_addf(line, "%s ", word);
	add_time(line, time_s, now_s);
}

static void
hint_key_window(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_key *key = matter->facts->key;
	int64_t now_s = matter->request->now_s;
	struct mm_buf *line;

	if (key == NULL)
		return;
	line = begin_hint(hints);
	mm_buf_add_str(line, "the key signs");
	add_bound(line, " from", key->signs_from_s, now_s);
	add_bound(line, " until", key->signs_until_s, now_s);
	add_bound(line, " and is accepted until", key->verify_until_s, now_s);
	if (matter->facts->iat_s > 0)
		add_bound(begin_hint(hints), "the token says that it was issued at", matter->facts->iat_s, now_s);
	hint_kids_of_realm(hints, matter);
}

static void
hint_thumbprint(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_key *key = matter->facts->key;
	struct mm_buf *line;

	if (key == NULL || key->algorithm == NULL)
		return;
	line = begin_hint(hints);
	mm_buf_addf(line, "it was checked with the %s key of thumbprint ", key->algorithm->name);
	mm_buf_add_slice(line, key->thumbprint_text);
	mm_buf_add_str(line, " (RFC 7638); no other key is ever tried");
}

/* ---- realm ---- */

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
		add_quoted(line, rest);
}

static void
hint_nearest_issuer(struct mm_hints *hints, const struct near_issuer *near, struct mm_slice issuer)
{
	size_t at;
	struct mm_buf *line;

	if (near->nearest.distance == SIZE_MAX || near->nearest.distance > issuer.len / 2)
		return;
	at = first_difference(issuer, near->nearest.best);
	line = begin_hint(hints);
	mm_buf_add_str(line, "the nearest issuer is ");
	add_quoted(line, near->nearest.best);
	mm_buf_addf(line, "; from byte %zu on the token has ", at + 1);
	add_rest(line, from(issuer, at));
	mm_buf_add_str(line, " where that has ");
	add_rest(line, from(near->nearest.best, at));
}

static void
hint_issuers(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct listing listing = { begin_hint(hints), 0 };
	struct mm_slice issuer = matter->facts->issuer;
	struct near_issuer near;

	mm_nearest_init(&near.nearest, issuer);
	mm_buf_add_str(listing.line, "the issuers known here: ");
	for (size_t i = 0; i < matter->trust->realm_count; i++) {
		const struct mm_realm *realm = &matter->trust->realms[i];

		if (next_item(&listing))
			add_quoted(listing.line, realm->issuer);
		if (mm_slice_present(issuer))
			offer_realm(&near, realm);
	}
	end_listing(&listing, "none");
	if (mm_slice_present(issuer))
		hint_nearest_issuer(hints, &near, issuer);
}

static void
hint_tenants(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_realm *realm = matter->facts->realm;
	struct listing listing;

	if (realm == NULL)
		return;
	listing = (struct listing){ begin_hint(hints), 0 };
	mm_buf_add_str(listing.line, "the tenants of realm ");
	add_quoted(listing.line, realm->name);
	mm_buf_add_str(listing.line, ": ");
	for (size_t i = 0; i < realm->tenant_count; i++) {
		if (!next_item(&listing))
			continue;
		add_quoted(listing.line, realm->tenants[i].name);
		if (mm_slice_present(realm->tenants[i].id)) {
			mm_buf_add_str(listing.line, " = ");
			add_quoted(listing.line, realm->tenants[i].id);
		}
	}
	end_listing(&listing, "none");
}

static void
hint_owner_of_tenant_id(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	for (size_t i = 0; i < matter->trust->realm_count; i++) {
		const struct mm_realm *realm = &matter->trust->realms[i];

		for (size_t j = 0; j < realm->tenant_count; j++) {
			struct mm_buf *line;

			if (!mm_slice_equal(realm->tenants[j].id, matter->facts->tenant_id))
				continue;
			line = begin_hint(hints);
			mm_buf_add_str(line, "its 'tid' is that of tenant ");
			add_quoted(line, realm->tenants[j].name);
			mm_buf_add_str(line, " of realm ");
			add_quoted(line, realm->name);
		}
	}
	hint_tenants(hints, matter);
}

static void
hint_realms_of_service(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_service *service = matter->request->service;
	struct listing listing = { begin_hint(hints), 0 };

	mm_buf_add_str(listing.line, "service ");
	add_quoted(listing.line, service->name);
	mm_buf_add_str(listing.line, " accepts the realms: ");
	for (size_t i = 0; i < service->realm_count; i++) {
		if (next_item(&listing))
			add_quoted(listing.line, service->realms[i]->name);
	}
	end_listing(&listing, "none");
}

static void
hint_types(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_buf *line;

	if (matter->facts->realm == NULL)
		return;
	line = begin_hint(hints);
	mm_buf_add_str(line, "the types of realm ");
	add_quoted(line, matter->facts->realm->name);
	mm_buf_add_str(line, ": ");
	add_texts(line, matter->facts->realm->token_types, "none");
	if (mm_slice_present(matter->facts->typ) && matter->facts->typ.len == 3 &&
	    strncasecmp(matter->facts->typ.ptr, "JWT", 3) == 0)
		mm_buf_add_str(begin_hint(hints), "many providers write \"JWT\" on access tokens and ID tokens alike; "
		    "accept it only where 'aud' tells them apart");
}

/* ---- claims ---- */

static void
hint_audience(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_buf *line = begin_hint(hints);

	mm_buf_add_str(line, "service ");
	add_quoted(line, matter->request->service->name);
	mm_buf_add_str(line, " has the audience ");
	add_quoted(line, matter->request->service->audience);
	for (size_t i = 0; i < matter->trust->service_count; i++) {
		const struct mm_service *service = &matter->trust->services[i];

		if (service == matter->request->service || !mm_slice_equal(service->audience, matter->facts->audience))
			continue;
		line = begin_hint(hints);
		mm_buf_add_str(line, "the token's audience is that of service ");
		add_quoted(line, service->name);
	}
}

static void
hint_clients(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_buf *line = begin_hint(hints);

	mm_buf_add_str(line, "the clients of service ");
	add_quoted(line, matter->request->service->name);
	mm_buf_add_str(line, ": ");
	add_texts(line, matter->request->service->clients, "none");
}

static void
hint_expired(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_buf *line = begin_hint(hints);

	mm_buf_add_str(line, "it expired at ");
	add_time(line, matter->facts->exp_s, matter->request->now_s);
	mm_buf_add_str(line, " after a life of ");
	add_duration(line, matter->facts->exp_s - matter->facts->iat_s);
	mm_buf_addf(line, "; %d s are forgiven", MM_CLOCK_SKEW_S);
}

static void
hint_early(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct { const char *text; int64_t time_s; } times[] = {
		{ "it says that it was issued at (iat)", matter->facts->iat_s },
		{ "it says that it is valid from (nbf)", matter->facts->nbf_s },
		{ "this clock says", matter->request->now_s },
	};

	for (size_t i = 0; i < MM_COUNT_OF(times); i++) {
		if (times[i].time_s > 0)
			add_bound(begin_hint(hints), times[i].text, times[i].time_s, matter->request->now_s);
	}
}

static void
hint_lifetime(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_buf *line;

	if (matter->facts->realm == NULL)
		return;
	line = begin_hint(hints);
	mm_buf_add_str(line, "it lives ");
	add_duration(line, matter->facts->exp_s - matter->facts->iat_s);
	mm_buf_add_str(line, "; realm ");
	add_quoted(line, matter->facts->realm->name);
	mm_buf_add_str(line, " allows ");
	add_duration(line, matter->facts->realm->max_lifetime_s);
}

/* ---- mailbox ---- */

static struct mm_slice
domain_of(struct mm_slice address)
{
	const char *at = mm_slice_present(address) ? memrchr(address.ptr, '@', address.len) : NULL;

	if (at == NULL)
		return MM_SLICE_ABSENT;
	return mm_slice(at + 1, (size_t)(address.ptr + address.len - at - 1));
}

static const struct mm_tenant *
find_tenant_by_domain(const struct mm_trust *trust, struct mm_slice domain)
{
	for (size_t i = 0; i < trust->realm_count; i++) {
		const struct mm_realm *realm = &trust->realms[i];

		for (size_t j = 0; j < realm->tenant_count; j++) {
			if (mm_texts_have(realm->tenants[j].domains, domain))
				return &realm->tenants[j];
		}
	}
	return NULL;
}

static void
hint_owner_of_domain(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_slice domain = domain_of(matter->request->mailbox);
	const struct mm_tenant *tenant = find_tenant_by_domain(matter->trust, domain);
	struct mm_buf *line;

	if (!mm_slice_present(domain))
		return;
	line = begin_hint(hints);
	mm_buf_add_str(line, "the domain asked for, ");
	add_quoted(line, domain);
	if (tenant == NULL) {
		mm_buf_add_str(line, ", is no listed tenant's");
		return;
	}
	mm_buf_add_str(line, ", is that of tenant ");
	add_quoted(line, tenant->name);
	mm_buf_add_str(line, tenant == matter->facts->tenant ? ", the token's own" : ", which is not the token's");
}

static void
hint_mailbox(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_tenant *tenant = matter->facts->tenant;
	struct mm_buf *line = begin_hint(hints);

	if (!mm_slice_present(matter->request->service->mailbox_claim)) {
		mm_buf_add_str(line, "the service has no mailboxes (mailbox = none): ask without --mailbox");
		return;
	}
	if (tenant == NULL) {
		mm_buf_add_str(line, "no tenant is known for the token, and mailboxes are those of a tenant's domains");
	} else {
		mm_buf_add_str(line, "the token is of tenant ");
		add_quoted(line, tenant->name);
		mm_buf_add_str(line, ", whose domains are: ");
		add_texts(line, tenant->domains, "none");
	}
	hint_owner_of_domain(hints, matter);
}

/* ---- revocation and scope ---- */

static void
hint_revocation(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_facts *facts = matter->facts;
	const struct mm_slice values[] = {
		[MM_REVOKE_TOKEN] = facts->token_id,
		[MM_REVOKE_SESSION] = facts->session,
		[MM_REVOKE_SUBJECT] = facts->subject,
		[MM_REVOKE_CLIENT] = facts->client,
		[MM_REVOKE_TENANT] = facts->tenant == NULL ? MM_SLICE_ABSENT : facts->tenant->name,
	};

	for (size_t i = 0; i < matter->trust->revocation_count; i++) {
		const struct mm_revocation *entry = &matter->trust->revocations[i];
		struct mm_buf *line;

		if (entry->realm != facts->realm || (size_t)entry->kind >= MM_COUNT_OF(values) ||
		    !mm_slice_equal(entry->value, values[entry->kind]))
			continue;
		line = begin_hint(hints);
		mm_buf_add_str(line, "a 'revoke' section names ");
		add_quoted(line, entry->value);
		add_bound(line, " for tokens issued before", entry->issued_before_s, matter->request->now_s);
	}
}

static bool
scope_has(struct mm_slice scope, struct mm_slice wanted)
{
	for (size_t at = 0; at < scope.len;) {
		size_t end = at;

		while (end < scope.len && scope.ptr[end] != ' ')
			end++;
		if (mm_slice_equal(mm_slice(scope.ptr + at, end - at), wanted))
			return true;
		at = end + 1;
	}
	return false;
}

static void
hint_scopes(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_texts demanded = matter->request->service->scopes;
	struct listing listing = { begin_hint(hints), 0 };

	mm_buf_add_str(listing.line, "missing: ");
	for (size_t i = 0; i < demanded.count; i++) {
		if (!scope_has(matter->facts->scope, demanded.items[i]) && next_item(&listing))
			add_quoted(listing.line, demanded.items[i]);
	}
	end_listing(&listing, "none");
	mm_buf_add_str(listing.line, "; the token has ");
	add_quoted(listing.line, matter->facts->scope);
}

/* ---- the table ---- */

struct hint_row {
	enum mm_reason reason;
	void (*add)(struct mm_hints *hints, const struct mm_hint_matter *matter);
};

static const struct hint_row hint_rows[] = {
	{ MM_TOKEN_MALFORMED, hint_shape },
	{ MM_ALG_FORBIDDEN, hint_algorithm },
	{ MM_ISSUER_UNKNOWN, hint_issuers },
	{ MM_TENANT_UNKNOWN, hint_tenants },
	{ MM_REALM_FORBIDDEN, hint_realms_of_service },
	{ MM_TENANT_MISMATCH, hint_owner_of_tenant_id },
	{ MM_TYPE_MISMATCH, hint_types },
	{ MM_KEY_REVOKED, hint_kids_of_realm },
	{ MM_KEY_SCOPE_UNKNOWN, hint_kids_of_realm },
	{ MM_KEY_REALM_MISMATCH, hint_owner_of_kid },
	{ MM_KEY_UNKNOWN, hint_key_unknown },
	{ MM_KEY_RETIRED, hint_key_window },
	{ MM_KEY_NOT_ACTIVE, hint_key_window },
	{ MM_SIGNATURE_INVALID, hint_thumbprint },
	{ MM_AUDIENCE_MISMATCH, hint_audience },
	{ MM_CLIENT_FORBIDDEN, hint_clients },
	{ MM_EXPIRED, hint_expired },
	{ MM_NOT_YET_VALID, hint_early },
	{ MM_LIFETIME_EXCESS, hint_lifetime },
	{ MM_MAILBOX_MISMATCH, hint_mailbox },
	{ MM_TOKEN_REVOKED, hint_revocation },
	{ MM_SESSION_REVOKED, hint_revocation },
	{ MM_SUBJECT_REVOKED, hint_revocation },
	{ MM_CLIENT_REVOKED, hint_revocation },
	{ MM_TENANT_REVOKED, hint_revocation },
	{ MM_SCOPE_INSUFFICIENT, hint_scopes },
};

void
mm_hints_of_reason(struct mm_hints *hints, enum mm_reason reason, const struct mm_hint_matter *matter)
{
	for (size_t i = 0; i < MM_COUNT_OF(hint_rows); i++) {
		if (hint_rows[i].reason == reason)
			hint_rows[i].add(hints, matter);
	}
}

/* ---- output ---- */

void
mm_hints_print(const struct mm_hints *hints, FILE *stream)
{
	for (size_t i = 0; i < hints->count; i++) {
		const struct mm_buf *line = &hints->lines[i];

		if (!mm_buf_ok(line) || line->len == 0)
			continue;
		fputs("  - ", stream);
		mm_terminal_put_wrapped(stream, mm_slice(line->data, line->len), 4);
	}
}

void
mm_hints_write(const struct mm_hints *hints, struct mm_json_writer *writer)
{
	mm_json_begin_array(writer, "hints");
	for (size_t i = 0; i < hints->count; i++) {
		const struct mm_buf *line = &hints->lines[i];

		if (mm_buf_ok(line) && line->len > 0)
			mm_json_add_slice(writer, NULL, mm_slice(line->data, line->len));
	}
	mm_json_end_array(writer);
}
