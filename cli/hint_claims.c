/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hints about claims: audience, client, times, mailbox, revocation, scope.
 */
#include "cli/hint_rows.h"

#include "cli/hint_text.h"
#include "lib/base/array.h"
#include "lib/trust/find.h"

/* ---- claims ---- */

void
mm_hint_audience(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_buf *line = mm_hint_begin(hints);

	mm_buf_add_str(line, "service ");
	mm_hint_add_quoted(line, matter->request->service->name);
	mm_buf_add_str(line, " has the audience ");
	mm_hint_add_quoted(line, matter->request->service->audience);
	for (size_t i = 0; i < matter->trust->service_count; i++) {
		const struct mm_service *service = &matter->trust->services[i];

		if (service == matter->request->service || !mm_slice_equal(service->audience, matter->facts->audience))
			continue;
		line = mm_hint_begin(hints);
		mm_buf_add_str(line, "the token's audience is that of service ");
		mm_hint_add_quoted(line, service->name);
	}
}

void
mm_hint_clients(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_buf *line = mm_hint_begin(hints);

	mm_buf_add_str(line, "the clients of service ");
	mm_hint_add_quoted(line, matter->request->service->name);
	mm_buf_add_str(line, ": ");
	mm_hint_add_texts(line, matter->request->service->clients, "none");
}

void
mm_hint_expired(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_buf *line = mm_hint_begin(hints);

	mm_buf_add_str(line, "it expired at ");
	mm_hint_add_time(line, matter->facts->exp_s, matter->request->now_s);
	mm_buf_add_str(line, " after a life of ");
	mm_hint_add_duration(line, matter->facts->exp_s - matter->facts->iat_s);
	mm_buf_addf(line, "; %d s are forgiven", MM_CLOCK_SKEW_S);
}

void
mm_hint_early(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct { const char *text; int64_t time_s; } times[] = {
		{ "it says that it was issued at (iat)", matter->facts->iat_s },
		{ "it says that it is valid from (nbf)", matter->facts->nbf_s },
		{ "this clock says", matter->request->now_s },
	};

	for (size_t i = 0; i < MM_COUNT_OF(times); i++) {
		if (times[i].time_s > 0)
			mm_hint_add_bound(mm_hint_begin(hints), times[i].text, times[i].time_s, matter->request->now_s);
	}
}

void
mm_hint_lifetime(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_buf *line;

	if (matter->facts->realm == NULL)
		return;
	line = mm_hint_begin(hints);
	mm_buf_add_str(line, "it lives ");
	mm_hint_add_duration(line, matter->facts->exp_s - matter->facts->iat_s);
	mm_buf_add_str(line, "; realm ");
	mm_hint_add_quoted(line, matter->facts->realm->name);
	mm_buf_add_str(line, " allows ");
	mm_hint_add_duration(line, matter->facts->realm->max_lifetime_s);
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
	line = mm_hint_begin(hints);
	mm_buf_add_str(line, "the domain asked for, ");
	mm_hint_add_quoted(line, domain);
	if (tenant == NULL) {
		mm_buf_add_str(line, ", is no listed tenant's");
		return;
	}
	mm_buf_add_str(line, ", is that of tenant ");
	mm_hint_add_quoted(line, tenant->name);
	mm_buf_add_str(line, tenant == matter->facts->tenant ? ", the token's own" : ", which is not the token's");
}

void
mm_hint_mailbox(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_tenant *tenant = matter->facts->tenant;
	struct mm_buf *line = mm_hint_begin(hints);

	if (!mm_slice_present(matter->request->service->mailbox_claim)) {
		mm_buf_add_str(line, "the service has no mailboxes (mailbox = none): ask without --mailbox");
		return;
	}
	if (tenant == NULL) {
		mm_buf_add_str(line, "no tenant is known for the token, and mailboxes are those of a tenant's domains");
	} else {
		mm_buf_add_str(line, "the token is of tenant ");
		mm_hint_add_quoted(line, tenant->name);
		mm_buf_add_str(line, ", whose domains are: ");
		mm_hint_add_texts(line, tenant->domains, "none");
	}
	hint_owner_of_domain(hints, matter);
}

/* ---- revocation and scope ---- */

void
mm_hint_revocation(struct mm_hints *hints, const struct mm_hint_matter *matter)
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
		line = mm_hint_begin(hints);
		mm_buf_add_str(line, "a 'revoke' section names ");
		mm_hint_add_quoted(line, entry->value);
		mm_hint_add_bound(line, " for tokens issued before", entry->issued_before_s, matter->request->now_s);
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

void
mm_hint_scopes(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_texts demanded = matter->request->service->scopes;
	struct mm_hint_listing listing = { mm_hint_begin(hints), 0 };

	mm_buf_add_str(listing.line, "missing: ");
	for (size_t i = 0; i < demanded.count; i++) {
		if (!scope_has(matter->facts->scope, demanded.items[i]) && mm_hint_next_item(&listing))
			mm_hint_add_quoted(listing.line, demanded.items[i]);
	}
	mm_hint_end_listing(&listing, "none");
	mm_buf_add_str(listing.line, "; the token has ");
	mm_hint_add_quoted(listing.line, matter->facts->scope);
}
