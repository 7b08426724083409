/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change of configuration lets in and shuts out: realms, tenants, services, proxies; and the order of it all.
 */
#include "engine/config_difference.h"

#include "engine/config_telling.h"
#include "lib/base/array.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- lines and sets ---- */

void
mm_config_telling_begin(struct mm_config_telling *telling)
{
	telling->any = true;
	telling->line_start = telling->lines->len;
	mm_buf_add_str(telling->lines, telling->verdict);
}

void
mm_config_telling_end(struct mm_config_telling *telling)
{
	char *data = telling->lines->data;

	for (size_t i = telling->line_start; mm_buf_ok(telling->lines) && i < telling->lines->len; i++)
		if ((unsigned char)data[i] < ' ' || data[i] == '\x7f')
			data[i] = '?';
	mm_buf_add_str(telling->lines, "\n");
}

/* A line of three parts: before, text, after. */
static void
tell_text(struct mm_config_telling *telling, const char *before, const char *text, const char *after)
{
	mm_config_telling_begin(telling);
	mm_buf_addf(telling->lines, "%s%s%s", before, text, after);
	mm_config_telling_end(telling);
}

/* The same text, or none both times. */
static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Compares as strcmp() and strcasecmp() do. */
typedef int text_compare(const char *a, const char *b);

/* Sorted texts of a list, borrowed from it. */
struct text_set {
	const char **items;
	size_t count;
	text_compare *compare;
};

static int
compare_exactly(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
compare_ignoring_case(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/* Where memory is short the set is empty and telling->lines is failed. Clear it. */
static void
text_set_init(struct text_set *set, struct mm_config_telling *telling, char *const *list, text_compare *compare)
{
	size_t count = 0;

	*set = (struct text_set){ .compare = compare };
	while (list != NULL && list[count] != NULL)
		count++;
	if (count == 0)
		return;
	set->items = calloc(count, sizeof(set->items[0]));
	if (set->items == NULL) {
		telling->lines->failed = true;
		return;
	}
	memcpy(set->items, list, count * sizeof(set->items[0]));
	set->count = count;
	qsort(set->items, count, sizeof(set->items[0]), compare == strcmp ? compare_exactly : compare_ignoring_case);
}

static bool
text_set_has(const struct text_set *set, const char *text)
{
	return set->count > 0 && bsearch(&text, set->items, set->count, sizeof(set->items[0]),
	           set->compare == strcmp ? compare_exactly : compare_ignoring_case) != NULL;
}

static void
text_set_clear(struct text_set *set)
{
	free(set->items);
	set->items = NULL;
}

/* "a, b" of a list. */
static void
add_list(struct mm_buf *lines, char *const *list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		mm_buf_addf(lines, "%s%s", i == 0 ? "" : ", ", list[i]);
}

static bool
has(char *const *list, const char *text)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, text) == 0)
			return true;
	return false;
}

/* ---- sections by name ---- */

static int
compare_named(const void *a, const void *b)
{
	const char *const *const *left = a, *const *const *right = b;

	return strcmp(**left, **right);
}

static void
sort_named(struct mm_config_telling *telling, enum mm_named_kind kind, const void *rows, size_t count, size_t row_len)
{
	struct mm_named *named = &telling->from_named[kind];

	if (count == 0)
		return;
	named->rows = calloc(count, sizeof(named->rows[0]));
	if (named->rows == NULL) {
		telling->lines->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		named->rows[i] = (const char *)rows + i * row_len;
	named->count = count;
	qsort(named->rows, count, sizeof(named->rows[0]), compare_named);
}

static void
sort_sections(struct mm_config_telling *telling)
{
	const struct mm_config *from = telling->from;

	sort_named(telling, MM_NAMED_REALMS, from->realms, from->realm_count, sizeof(from->realms[0]));
	sort_named(telling, MM_NAMED_TENANTS, from->tenants, from->tenant_count, sizeof(from->tenants[0]));
	sort_named(telling, MM_NAMED_SERVICES, from->services, from->service_count, sizeof(from->services[0]));
}

const void *
mm_config_telling_find(const struct mm_config_telling *telling, enum mm_named_kind kind, const char *name)
{
	const struct mm_named *named = &telling->from_named[kind];
	const char *const *wanted = &name;
	const void *const *found = named->count == 0 ? NULL :
	    bsearch(&wanted, named->rows, named->count, sizeof(named->rows[0]), compare_named);

	return found == NULL ? NULL : *found;
}

/* ---- realms ---- */

/* End a line about a realm: " at imap, mail". */
static void
end_at_services(struct mm_config_telling *telling, const char *realm, const char *more)
{
	const char *before = " at ";

	for (size_t i = 0; i < telling->to->service_count; i++) {
		if (!has(telling->to->services[i].realms, realm))
			continue;
		mm_buf_addf(telling->lines, "%s%s", before, telling->to->services[i].name);
		before = ", ";
	}
	if (strcmp(before, " at ") == 0)
		mm_buf_add_str(telling->lines, ", which no service accepts");
	mm_buf_add_str(telling->lines, more);
	mm_config_telling_end(telling);
}

static void
tell_of_realm(struct mm_config_telling *telling, const char *realm, const char *before, const char *text)
{
	mm_config_telling_begin(telling);
	mm_buf_addf(telling->lines, "%s%s of realm %s", before, text, realm);
	end_at_services(telling, realm, "");
}

/* Lists of a realm whose every element lets something in. */
static const struct {
	size_t offset;
	const char *before;
	text_compare *compare;
} realm_lists[] = {
	{ offsetof(struct mm_config_realm, token_types), "tokens of type ", strcasecmp },
	{ offsetof(struct mm_config_realm, algorithms), "keys that state no algorithm, as ", strcmp },
	{ offsetof(struct mm_config_realm, key_hosts), "keys from host ", strcasecmp },
	{ offsetof(struct mm_config_realm, derived_from), "tokens derived from those of realm ", strcmp },
	{ offsetof(struct mm_config_realm, derived_by), "tokens derived from those for service ", strcmp },
};

/* Numbers of a realm: the greater, the more is let in. */
static const struct {
	size_t offset;
	const char *noun;
} realm_numbers[] = {
	{ offsetof(struct mm_config_realm, max_lifetime_s), "tokens that live" },
	{ offsetof(struct mm_config_realm, absent_for_s), "keys gone from their document" },
};

static char **
list_at(const void *section, size_t offset)
{
	return *(char **const *)(const void *)((const char *)section + offset);
}

static int64_t
number_at(const void *section, size_t offset)
{
	return *(const int64_t *)(const void *)((const char *)section + offset);
}

static void
tell_realm_lists(struct mm_config_telling *telling, const struct mm_config_realm *from,
    const struct mm_config_realm *to)
{
	for (size_t i = 0; i < MM_COUNT_OF(realm_lists); i++) {
		char **list = list_at(to, realm_lists[i].offset);
		struct text_set old;

		text_set_init(&old, telling, list_at(from, realm_lists[i].offset), realm_lists[i].compare);
		for (; list != NULL && *list != NULL; list++)
			if (!text_set_has(&old, *list))
				tell_of_realm(telling, to->name, realm_lists[i].before, *list);
		text_set_clear(&old);
	}
}

static void
tell_realm_numbers(struct mm_config_telling *telling, const struct mm_config_realm *from,
    const struct mm_config_realm *to)
{
	for (size_t i = 0; i < MM_COUNT_OF(realm_numbers); i++) {
		int64_t before = number_at(from, realm_numbers[i].offset), now = number_at(to, realm_numbers[i].offset);

		if (now <= before)
			continue;
		mm_config_telling_begin(telling);
		mm_buf_addf(telling->lines, "%s for more than %" PRId64 " s, up to %" PRId64 " s, of realm %s",
		    realm_numbers[i].noun, before, now, to->name);
		end_at_services(telling, to->name, "");
	}
}

static void
tell_changed_realm(struct mm_config_telling *telling, const struct mm_config_realm *from,
    const struct mm_config_realm *to)
{
	if (strcmp(from->issuer, to->issuer) != 0)
		tell_of_realm(telling, to->name, "tokens of issuer ", to->issuer);
	if (strcmp(from->keys, to->keys) != 0)
		tell_of_realm(telling, to->name, "tokens signed by keys of ", to->keys);
	if (from->require_key_issuer && !to->require_key_issuer)
		tell_of_realm(telling, to->name, "keys that do not state their issuer,", "");
	if (!from->when_stale_marked_only && to->when_stale_marked_only)
		tell_of_realm(telling, to->name, "tokens that have a mark alone, at a gate that is stale,", "");
	tell_realm_lists(telling, from, to);
	tell_realm_numbers(telling, from, to);
}

static void
tell_realms(struct mm_config_telling *telling)
{
	for (size_t i = 0; i < telling->to->realm_count; i++) {
		const struct mm_config_realm *to = &telling->to->realms[i];
		const struct mm_config_realm *from = mm_config_telling_find(telling, MM_NAMED_REALMS, to->name);

		if (from != NULL) {
			tell_changed_realm(telling, from, to);
			continue;
		}
		mm_config_telling_begin(telling);
		mm_buf_addf(telling->lines, "realm %s (issuer %s, keys %s)", to->name, to->issuer, to->keys);
		end_at_services(telling, to->name, "");
	}
}

/* ---- tenants ---- */

static void
tell_new_tenant(struct mm_config_telling *telling, const struct mm_config_tenant *tenant, bool id_changed)
{
	struct mm_buf more;

	mm_buf_init(&more, telling->lines->max);
	if (tenant->domains != NULL && tenant->domains[0] != NULL) {
		mm_buf_addf(&more, " (domain%s ", tenant->domains[1] == NULL ? "" : "s");
		add_list(&more, tenant->domains);
		mm_buf_add_str(&more, ")");
	}
	mm_buf_add_u8(&more, '\0');
	telling->lines->failed = telling->lines->failed || !mm_buf_ok(&more);
	mm_config_telling_begin(telling);
	mm_buf_addf(telling->lines, "tenant %s of realm %s", tenant->name, tenant->realm);
	if (id_changed && tenant->id != NULL)
		mm_buf_addf(telling->lines, ", as id %s,", tenant->id);
	end_at_services(telling, tenant->realm, mm_buf_ok(&more) ? more.data : "");
	mm_buf_clear(&more);
}

static void
tell_domains(struct mm_config_telling *telling, const struct mm_config_tenant *from, const struct mm_config_tenant *to)
{
	struct text_set old;

	text_set_init(&old, telling, from->domains, strcasecmp);
	for (char **domain = to->domains; domain != NULL && *domain != NULL; domain++) {
		if (text_set_has(&old, *domain))
			continue;
		mm_config_telling_begin(telling);
		mm_buf_addf(telling->lines, "mailboxes of domain %s, of tenant %s of realm %s", *domain, to->name,
		    to->realm);
		end_at_services(telling, to->realm, "");
	}
	text_set_clear(&old);
}

static void
tell_tenants(struct mm_config_telling *telling)
{
	for (size_t i = 0; i < telling->to->tenant_count; i++) {
		const struct mm_config_tenant *to = &telling->to->tenants[i];
		const struct mm_config_tenant *from = mm_config_telling_find(telling, MM_NAMED_TENANTS, to->name);

		if (from == NULL || strcmp(from->realm, to->realm) != 0)
			tell_new_tenant(telling, to, false);
		else if (!same_text(from->id, to->id))
			tell_new_tenant(telling, to, true);
		else
			tell_domains(telling, from, to);
	}
}

/* ---- services ---- */

static void
tell_at(struct mm_config_telling *telling, const struct mm_config_service *service, const char *before,
    const char *text)
{
	mm_config_telling_begin(telling);
	mm_buf_addf(telling->lines, "%s%s at %s", before, text, service->name);
	mm_config_telling_end(telling);
}

static void
tell_new_service(struct mm_config_telling *telling, const struct mm_config_service *service)
{
	mm_config_telling_begin(telling);
	mm_buf_addf(telling->lines, "service %s (audience %s, realms ", service->name, service->audience);
	add_list(telling->lines, service->realms);
	mm_buf_add_str(telling->lines, ", clients ");
	if (service->clients == NULL)
		mm_buf_add_str(telling->lines, "any");
	add_list(telling->lines, service->clients);
	mm_buf_add_str(telling->lines, ")");
	mm_config_telling_end(telling);
}

/* A realm that is new is told by itself, with its services. */
static void
tell_accepted_realms(struct mm_config_telling *telling, const struct mm_config_service *from,
    const struct mm_config_service *to)
{
	for (char **realm = to->realms; realm != NULL && *realm != NULL; realm++)
		if (!has(from->realms, *realm) && mm_config_telling_find(telling, MM_NAMED_REALMS, *realm) != NULL)
			tell_at(telling, to, "realm ", *realm);
}

static void
tell_clients(struct mm_config_telling *telling, const struct mm_config_service *from,
    const struct mm_config_service *to)
{
	struct text_set old;

	if (from->clients == NULL)
		return; /* any */
	if (to->clients == NULL) {
		mm_config_telling_begin(telling);
		mm_buf_add_str(telling->lines, "clients other than ");
		add_list(telling->lines, from->clients);
		mm_buf_addf(telling->lines, " at %s", to->name);
		mm_config_telling_end(telling);
		return;
	}
	text_set_init(&old, telling, from->clients, strcmp);
	for (char **client = to->clients; *client != NULL; client++)
		if (!text_set_has(&old, *client))
			tell_at(telling, to, "client ", *client);
	text_set_clear(&old);
}

/* A scope that is no longer demanded lets in. */
static void
tell_scopes(struct mm_config_telling *telling, const struct mm_config_service *from, const struct mm_config_service *to)
{
	struct text_set demanded;

	text_set_init(&demanded, telling, to->scopes, strcmp);
	for (char **scope = from->scopes; scope != NULL && *scope != NULL; scope++)
		if (!text_set_has(&demanded, *scope))
			tell_at(telling, to, "tokens without scope ", *scope);
	text_set_clear(&demanded);
}

/* So does a proof of possession. */
static void
tell_binding(struct mm_config_telling *telling, const struct mm_config_service *from,
    const struct mm_config_service *to)
{
	static const char *const unbound[] = {
		[MM_BINDING_DPOP] = "tokens that are not bound to a DPoP key",
		[MM_BINDING_MTLS] = "tokens that are not bound to a client certificate",
	};

	if (from->binding != to->binding && from->binding != MM_BINDING_WHEN_BOUND)
		tell_at(telling, to, unbound[from->binding], "");
	if (from->dpop_nonce && !to->dpop_nonce)
		tell_at(telling, to, "DPoP proofs without a nonce of the gate", "");
}

/* So does less proof of issuance. */
static void
tell_proof(struct mm_config_telling *telling, const struct mm_config_service *from, const struct mm_config_service *to)
{
	if (from->mark == MM_PROOF_REQUIRED && to->mark != MM_PROOF_REQUIRED)
		tell_at(telling, to, "tokens of a mint without its mark", "");
	if (from->ledger == MM_PROOF_REQUIRED && to->ledger != MM_PROOF_REQUIRED)
		tell_at(telling, to, "tokens of a mint that its ledger has not recorded", "");
	if (!from->ledger_away_marked_only && to->ledger_away_marked_only)
		tell_at(telling, to, "tokens that have a mark alone, while the ledger is away,", "");
	for (char **realm = to->accept_unproven; realm != NULL && *realm != NULL; realm++)
		if (!has(from->accept_unproven, *realm))
			tell_at(telling, to, "tokens without proof of issuance, of realm ", *realm);
}

/* Where nothing is named, the service takes every token, and does not exchange it. */
static void
tell_exchange(struct mm_config_telling *telling, const struct mm_config_service *from,
    const struct mm_config_service *to)
{
	if (from->exchange_from != NULL && to->exchange_from == NULL)
		tell_at(telling, to, "tokens that are derived ones", "");
	for (char **realm = to->exchange_from; realm != NULL && *realm != NULL; realm++)
		if (!has(from->exchange_from, *realm))
			tell_at(telling, to, "exchanges of tokens of realm ", *realm);
}

static const struct mm_config_caller *
find_caller(const struct mm_config_service *service, const char *name)
{
	for (size_t i = 0; i < service->caller_count; i++)
		if (strcmp(service->callers[i].name, name) == 0)
			return &service->callers[i];
	return NULL;
}

static void
tell_callers(struct mm_config_telling *telling, const struct mm_config_service *from,
    const struct mm_config_service *to)
{
	for (size_t i = 0; i < to->caller_count; i++) {
		const struct mm_config_caller *now = &to->callers[i];
		const struct mm_config_caller *before = find_caller(from, now->name);

		if (before == NULL) {
			tell_at(telling, to, "caller ", now->name);
		} else if (strcmp(before->secret_path, now->secret_path) != 0) {
			mm_config_telling_begin(telling);
			mm_buf_addf(telling->lines, "caller %s with the secret in %s at %s", now->name,
			    now->secret_path, to->name);
			mm_config_telling_end(telling);
		}
	}
}

static void
tell_changed_service(struct mm_config_telling *telling, const struct mm_config_service *from,
    const struct mm_config_service *to)
{
	if (strcmp(from->audience, to->audience) != 0)
		tell_at(telling, to, "tokens for audience ", to->audience);
	if (from->directory_mint != to->directory_mint) {
		if (to->directory_mint)
			tell_at(telling, to, "mailboxes named by the mint's directory", "");
		else
			tell_at(telling, to, "subjects whom the mint's directory does not know", "");
	}
	if (!same_text(from->mailbox_claim, to->mailbox_claim)) {
		if (to->mailbox_claim == NULL && to->directory_mint)
			; /* told already */
		else if (to->mailbox_claim == NULL)
			tell_at(telling, to, "tokens without a mailbox", "");
		else
			tell_at(telling, to, "mailboxes named by claim ", to->mailbox_claim);
	}
	tell_accepted_realms(telling, from, to);
	tell_clients(telling, from, to);
	tell_scopes(telling, from, to);
	tell_binding(telling, from, to);
	tell_proof(telling, from, to);
	tell_exchange(telling, from, to);
	tell_callers(telling, from, to);
}

static void
tell_services(struct mm_config_telling *telling)
{
	for (size_t i = 0; i < telling->to->service_count; i++) {
		const struct mm_config_service *to = &telling->to->services[i];
		const struct mm_config_service *from = mm_config_telling_find(telling, MM_NAMED_SERVICES, to->name);

		if (from == NULL)
			tell_new_service(telling, to);
		else
			tell_changed_service(telling, from, to);
	}
}

/* ---- the whole ---- */

static void
tell_proxies(struct mm_config_telling *telling)
{
	struct text_set old;

	text_set_init(&old, telling, telling->from->trusted_proxies, strcasecmp);
	for (char **proxy = telling->to->trusted_proxies; proxy != NULL && *proxy != NULL; proxy++)
		if (!text_set_has(&old, *proxy))
			tell_text(telling, "proxy ", *proxy, " may say who its clients are");
	text_set_clear(&old);
}

/* What one accepts and the other does not. */
static void
tell_accepted(struct mm_config_telling *telling)
{
	tell_services(telling);
	tell_realms(telling);
	tell_tenants(telling);
	tell_proxies(telling);
	mm_config_telling_revocations(telling);
}

/* Take one step in one direction; whether it told anything. */
static bool
tell(void (*step)(struct mm_config_telling *telling), const char *verdict, const struct mm_config *from,
    const struct mm_config *to, struct mm_buf *lines)
{
	struct mm_config_telling telling = { .lines = lines, .verdict = verdict, .from = from, .to = to };

	sort_sections(&telling);
	step(&telling);
	for (size_t i = 0; i < MM_NAMED_COUNT; i++)
		free(telling.from_named[i].rows);
	return telling.any;
}

bool
mm_config_difference(const struct mm_config *old, const struct mm_config *new, struct mm_buf *lines)
{
	bool in = tell(tell_accepted, "newly allowed: ", old, new, lines);
	bool out = tell(tell_accepted, "no longer allowed: ", new, old, lines);
	bool other = tell(mm_config_telling_settings, "changed: ", old, new, lines);

	if (!in && !out && !other)
		mm_buf_add_str(lines, "nothing changed\n");
	return mm_buf_ok(lines) && (in || out || other);
}

void
mm_config_difference_write(struct mm_json_writer *writer, const struct mm_buf *lines)
{
	size_t begin = 0;

	mm_json_begin_array(writer, "difference");
	for (size_t i = 0; i < lines->len; i++)
		if (lines->data[i] == '\n') {
			mm_json_add_slice(writer, NULL, mm_slice(lines->data + begin, i - begin));
			begin = i + 1;
		}
	mm_json_end_array(writer);
}
