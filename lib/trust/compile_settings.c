/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking the settings of a snapshot against each other.
 */
#include "lib/base/limits.h"
#include "lib/codec/mailbox.h"
#include "lib/trust/compile.h"
#include "lib/trust/find.h"
#include "lib/trust/snapshot.h"

#include <stdlib.h>

/* A 'typ': a media type without "application/"; those in use have a dozen characters. */
#define TOKEN_TYPE_LEN_MAX 64

/* A 'tid': UUIDs have 36 characters. */
#define TENANT_ID_LEN_MAX 128

/* The name of a mailbox claim; that of a URL's form fits. */
#define CLAIM_NAME_LEN_MAX 64

static const char *
shown(const char *name)
{
	return name == NULL || name[0] == '\0' ? "(unnamed)" : name;
}

static void
refuse(struct mm_compilation *compilation, const char *where, const char *text, const char *mend)
{
	mm_compile_note(compilation, MM_NOTE_REFUSED, where, MM_SLICE_ABSENT, text, mend);
}

/* Names stand in metrics, headers, paths of URLs and file names. */
static bool
is_name(const char *name)
{
	size_t len = name == NULL ? 0 : strlen(name);

	return len > 0 && len <= MM_NAME_LEN_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == len && name[0] != '.';
}

static void
check_name(struct mm_compilation *compilation, const char *kind, const char *name)
{
	if (!is_name(name))
		refuse(compilation, name, mm_compile_text(compilation, "the name of this %s cannot be used", kind),
		    "use 1 to 64 letters, digits and '-', '_', '.', not beginning with '.'");
}

static bool
same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* ---- realms ---- */

size_t
mm_compile_find_realm(const struct mm_compilation *compilation, const char *name)
{
	size_t number = 0;

	while (number < compilation->realm_count && !same_text(compilation->realms[number].settings->name, name))
		number++;
	return number;
}

static void
check_token_types(struct mm_compilation *compilation, const struct mm_realm_settings *settings)
{
	const char *const *type = settings->token_types;

	if (type == NULL)
		return;
	if (type[0] == NULL)
		refuse(compilation, settings->name, "the realm accepts no token type",
		    "name one in 'token_types', or leave it out for at+jwt");
	for (; *type != NULL; type++) {
		if (**type == '\0' || strlen(*type) > TOKEN_TYPE_LEN_MAX || same_text(*type, "application/"))
			refuse(compilation, settings->name, "a token type is empty or too long",
			    "write what 'typ' says, for example \"at+jwt\" or \"JWT\"");
	}
}

static void
check_algorithms(struct mm_compilation *compilation, const struct mm_realm_settings *settings)
{
	for (const char *const *name = settings->algorithms; name != NULL && *name != NULL; name++) {
		if (mm_algorithm_find(mm_slice_str(*name)) == NULL)
			refuse(compilation, settings->name,
			    mm_compile_text(compilation, "there is no algorithm '%s' here", *name),
			    "use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA");
	}
}

static const struct mm_builder_document *
find_document(const struct mm_trust_builder *builder, const char *name)
{
	const struct mm_builder_document *row = builder->documents;

	while (row != NULL && !same_text(row->name, name))
		row = row->next;
	return row;
}

static void
check_source(struct mm_compilation *compilation, struct mm_compiled_realm *realm)
{
	const struct mm_realm_settings *settings = realm->settings;
	const struct mm_builder_document *document = find_document(compilation->builder, settings->keys);

	if (document == NULL)
		refuse(compilation, settings->name, "the realm's key document is missing",
		    "name a readable file in 'keys'");
	else if (settings->mint != (document->origin == MM_DOCUMENT_MINT))
		refuse(compilation, settings->name, "the realm's keys are a mint's, and it is none, or the other way",
		    "write keys = \"mint\" for a realm whose keys the ledger keeps");
	realm->keys_fetched = document != NULL && document->origin == MM_DOCUMENT_FETCHED;
	realm->absent_for_s = settings->absent_for_s == 0 ? MM_ABSENT_FOR_DEFAULT_S : settings->absent_for_s;
	if (realm->absent_for_s < 1 || realm->absent_for_s > MM_ABSENT_FOR_MAX_S)
		refuse(compilation, settings->name, "'absent_for' is out of range",
		    "write 1 to 2678400 seconds; a day is usual");
}

static void
check_realm(struct mm_compilation *compilation, struct mm_compiled_realm *realm)
{
	const struct mm_realm_settings *settings = realm->settings;
	const char *fault = settings->issuer == NULL ? "the realm has no issuer" :
	    mm_issuer_parse(mm_slice_str(settings->issuer), &realm->pattern);

	check_name(compilation, "realm", settings->name);
	realm->pattern_good = fault == NULL;
	if (fault != NULL)
		refuse(compilation, settings->name, fault,
		    "write the 'iss' of its tokens, exactly; {tenant} stands for the tenant's id in a realm of many");
	realm->max_lifetime_s = settings->max_lifetime_s == 0 ? MM_LIFETIME_DEFAULT_S : settings->max_lifetime_s;
	if (realm->max_lifetime_s < 1 || realm->max_lifetime_s > MM_LIFETIME_MAX_S)
		refuse(compilation, settings->name, "'max_lifetime' is out of range",
		    "write 1 to 2678400 seconds; an hour is usual");
	check_source(compilation, realm);
	check_token_types(compilation, settings);
	check_algorithms(compilation, settings);
}

static void
check_two_realms(struct mm_compilation *compilation, const struct mm_compiled_realm *a,
    const struct mm_compiled_realm *b)
{
	const char *name = b->settings->name;

	if (same_text(a->settings->name, name))
		refuse(compilation, name, "two realms have this name", "give each its own");
	if (!a->pattern_good || !b->pattern_good)
		return;
	if (mm_issuer_overlap(&a->pattern, &b->pattern))
		refuse(compilation, name, mm_compile_text(compilation,
		    "its issuer template and that of realm %s fit the same issuers", a->settings->name),
		    "an issuer belongs to one realm: make the templates differ outside {tenant}");
	else if (mm_issuer_same(&a->pattern, &b->pattern))
		refuse(compilation, name, mm_compile_text(compilation, "realm %s has the same issuer",
		    a->settings->name), "an issuer belongs to one realm: join the two, or correct one");
}

static void
compile_realms(struct mm_compilation *compilation)
{
	for (const struct mm_builder_realm *row = compilation->builder->realms; row != NULL; row = row->next) {
		struct mm_compiled_realm *realm = &compilation->realms[compilation->realm_count];

		realm->settings = &row->settings;
		check_realm(compilation, realm);
		for (size_t i = 0; i < compilation->realm_count; i++)
			check_two_realms(compilation, &compilation->realms[i], realm);
		compilation->realm_count++;
	}
	if (compilation->realm_count == 0)
		refuse(compilation, "configuration", "there is no realm", "add a 'realm' section");
}

/* ---- tenants ---- */

static void
check_tenant_id(struct mm_compilation *compilation, const struct mm_compiled_tenant *tenant)
{
	const struct mm_compiled_realm *realm = &compilation->realms[tenant->realm];
	const char *id = tenant->settings->id, *name = tenant->settings->name;

	if (!realm->pattern_good || (id == NULL && !realm->pattern.is_template))
		return;
	if (id == NULL || id[0] == '\0' || strlen(id) > TENANT_ID_LEN_MAX)
		refuse(compilation, name, "the tenant has no id, or one that is too long",
		    "write the 'tid' of its tokens, which is the {tenant} of its issuer");
	else if (realm->pattern.is_template &&
	    strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != strlen(id))
		refuse(compilation, name, "the tenant's id cannot stand in an issuer",
		    "use letters, digits and '-': the text that stands for {tenant}");
}

/* A listed tenant whose filled template is another realm's literal would be two realms' at once. */
static void
check_filled_template(struct mm_compilation *compilation, const struct mm_compiled_tenant *tenant)
{
	const struct mm_issuer_pattern *pattern = &compilation->realms[tenant->realm].pattern;

	if (!compilation->realms[tenant->realm].pattern_good || !pattern->is_template || tenant->settings->id == NULL)
		return;
	for (size_t i = 0; i < compilation->realm_count; i++) {
		const struct mm_compiled_realm *other = &compilation->realms[i];
		struct mm_slice middle;

		if (other->pattern_good && !other->pattern.is_template &&
		    mm_issuer_matches(pattern, other->pattern.before, &middle) &&
		    mm_slice_equal(middle, mm_slice_str(tenant->settings->id)))
			refuse(compilation, tenant->settings->name, mm_compile_text(compilation,
			    "the tenant's issuer is that of realm %s", other->settings->name),
			    "make it a tenant of that realm, or remove that realm");
	}
}

static void
check_domains(struct mm_compilation *compilation, const struct mm_tenant_settings *settings)
{
	char lower[MM_MAILBOX_LEN_MAX];

	for (const char *const *domain = settings->domains; domain != NULL && *domain != NULL; domain++) {
		if (!mm_mailbox_domain_parse(mm_slice_str(*domain), lower))
			refuse(compilation, settings->name,
			    mm_compile_text(compilation, "'%s' is no plain ASCII domain", *domain),
			    "write what stands behind the '@', international names as xn--…");
	}
}

static void
add_tenant(struct mm_compilation *compilation, const struct mm_tenant_settings *settings)
{
	struct mm_compiled_tenant *tenant = &compilation->tenants[compilation->tenant_count];

	check_name(compilation, "tenant", settings->name);
	check_domains(compilation, settings);
	tenant->settings = settings;
	tenant->realm = mm_compile_find_realm(compilation, settings->realm);
	if (tenant->realm == compilation->realm_count) {
		refuse(compilation, settings->name,
		    mm_compile_text(compilation, "there is no realm '%s'", shown(settings->realm)),
		    "name a realm that has a section");
		return;
	}
	check_tenant_id(compilation, tenant);
	check_filled_template(compilation, tenant);
	compilation->tenant_count++;
}

static int
compare_tenants(const void *left, const void *right)
{
	const struct mm_compiled_tenant *a = left, *b = right;

	if (a->realm != b->realm)
		return a->realm < b->realm ? -1 : 1;
	return mm_slice_compare(mm_slice_str(a->settings->id), mm_slice_str(b->settings->id));
}

static void
check_neighbours(struct mm_compilation *compilation, const struct mm_compiled_tenant *a,
    const struct mm_compiled_tenant *b)
{
	if (a->realm != b->realm)
		return;
	if (!compilation->realms[a->realm].pattern.is_template)
		refuse(compilation, b->settings->name, mm_compile_text(compilation,
		    "realm %s has two tenants, and an issuer without {tenant}", a->settings->realm),
		    "give it one tenant, or an issuer with {tenant}");
	else if (same_text(a->settings->id, b->settings->id))
		refuse(compilation, b->settings->name, mm_compile_text(compilation, "tenant %s has the same id",
		    a->settings->name), "join the two, or correct one");
}

/* A name or a domain and the tenant that has it, to find what two of them claim. */
struct claimed_text {
	char text[MM_MAILBOX_LEN_MAX + 1];
	const char *tenant;
};

static int
compare_claimed(const void *left, const void *right)
{
	const struct claimed_text *a = left, *b = right;

	return strcmp(a->text, b->text);
}

static void
check_claimed(struct mm_compilation *compilation, struct claimed_text *rows, size_t count, const char *kind,
    const char *mend)
{
	qsort(rows, count, sizeof(*rows), compare_claimed);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(rows[i - 1].text, rows[i].text) == 0)
			refuse(compilation, rows[i].tenant, mm_compile_text(compilation,
			    "%s '%s' is tenant %s's too", kind, rows[i].text, rows[i - 1].tenant), mend);
	}
}

static size_t
count_domains(const struct mm_compilation *compilation)
{
	size_t count = 0;

	for (size_t i = 0; i < compilation->tenant_count; i++) {
		const char *const *domain = compilation->tenants[i].settings->domains;

		while (domain != NULL && *domain != NULL)
			count++, domain++;
	}
	return count;
}

/* A domain belongs to one tenant; so does a name, which stands in metrics and revocations. */
static void
check_tenants_apart(struct mm_compilation *compilation)
{
	size_t count = count_domains(compilation), at = 0;
	struct claimed_text *domains = mm_pool_array(&compilation->pool, count + 1, sizeof(*domains));
	struct claimed_text *names = mm_pool_array(&compilation->pool, compilation->tenant_count + 1, sizeof(*names));

	if (domains == NULL || names == NULL) {
		compilation->no_memory = true;
		return;
	}
	for (size_t i = 0; i < compilation->tenant_count; i++) {
		const struct mm_tenant_settings *settings = compilation->tenants[i].settings;

		names[i].tenant = settings->name;
		if (is_name(settings->name))
			memcpy(names[i].text, settings->name, strlen(settings->name));
		for (const char *const *domain = settings->domains; domain != NULL && *domain != NULL; domain++) {
			if (mm_mailbox_domain_parse(mm_slice_str(*domain), domains[at].text))
				domains[at++].tenant = settings->name;
		}
	}
	check_claimed(compilation, domains, at, "domain", "a domain belongs to one tenant");
	check_claimed(compilation, names, compilation->tenant_count, "the name", "give each tenant its own name");
}

static void
compile_tenants(struct mm_compilation *compilation)
{
	for (const struct mm_builder_tenant *row = compilation->builder->tenants; row != NULL; row = row->next)
		add_tenant(compilation, &row->settings);
	qsort(compilation->tenants, compilation->tenant_count, sizeof(*compilation->tenants), compare_tenants);
	for (size_t i = 1; i < compilation->tenant_count; i++)
		check_neighbours(compilation, &compilation->tenants[i - 1], &compilation->tenants[i]);
	check_tenants_apart(compilation);
}

/* ---- services ---- */

/* RFC 6749 section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
static bool
is_scope(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\\')
			return false;
	}
	return true;
}

/* Printable ASCII: what the decision looks claims up by. */
static bool
is_claim_name(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return len > 0 && len <= CLAIM_NAME_LEN_MAX;
}

static void
check_service_lists(struct mm_compilation *compilation, const struct mm_service_settings *settings)
{
	for (const char *const *realm = settings->realms; realm != NULL && *realm != NULL; realm++) {
		if (mm_compile_find_realm(compilation, *realm) == compilation->realm_count)
			refuse(compilation, settings->name,
			    mm_compile_text(compilation, "there is no realm '%s'", *realm),
			    "name a realm that has a section");
		for (const char *const *other = settings->realms; other != realm; other++) {
			if (same_text(*other, *realm))
				refuse(compilation, settings->name, "a realm is named twice in 'realms'",
				    "name it once");
		}
	}
	for (const char *const *scope = settings->scopes; scope != NULL && *scope != NULL; scope++) {
		if (!is_scope(*scope))
			refuse(compilation, settings->name, mm_compile_text(compilation, "'%s' is no scope", *scope),
			    "name each scope as a text of its own, without spaces");
	}
	for (const char *const *client = settings->clients; client != NULL && *client != NULL; client++) {
		if (**client == '\0')
			refuse(compilation, settings->name, "a client has no name",
			    "write what 'client_id' or 'azp' says");
	}
}

static void
check_service(struct mm_compilation *compilation, const struct mm_service_settings *settings)
{
	check_name(compilation, "service", settings->name);
	if (settings->audience == NULL || settings->audience[0] == '\0')
		refuse(compilation, settings->name, "the service has no audience",
		    "write the 'aud' that its tokens carry");
	if (settings->realms == NULL || settings->realms[0] == NULL)
		refuse(compilation, settings->name, "the service accepts no realm", "name at least one in 'realms'");
	if (settings->mailbox_claim != NULL && !is_claim_name(settings->mailbox_claim))
		refuse(compilation, settings->name, "'mailbox_claim' is no name of a claim",
		    "name the claim that holds the address, or write 'mailbox = none'");
	if (settings->binding > MM_BINDING_MTLS)
		refuse(compilation, settings->name, "'binding' is no kind of binding",
		    "write when_bound, dpop or mtls");
	check_service_lists(compilation, settings);
}

static void
compile_services(struct mm_compilation *compilation)
{
	for (const struct mm_builder_service *row = compilation->builder->services; row != NULL; row = row->next) {
		check_service(compilation, &row->settings);
		for (const struct mm_builder_service *other = compilation->builder->services; other != row;
		    other = other->next) {
			if (same_text(other->settings.name, row->settings.name))
				refuse(compilation, row->settings.name, "two services have this name",
				    "give each its own");
		}
	}
}

/* ---- revocations ---- */

static int
compare_revocations(const void *left, const void *right)
{
	const struct mm_compiled_revocation *a = left, *b = right;

	if (a->realm != b->realm)
		return a->realm < b->realm ? -1 : 1;
	if (a->settings->kind != b->settings->kind)
		return a->settings->kind < b->settings->kind ? -1 : 1;
	return strcmp(a->settings->value, b->settings->value);
}

static bool
names_tenant_of(const struct mm_compilation *compilation, size_t realm, const char *name)
{
	for (size_t i = 0; i < compilation->tenant_count; i++) {
		if (compilation->tenants[i].realm == realm && same_text(compilation->tenants[i].settings->name, name))
			return true;
	}
	return false;
}

static void
add_revocation(struct mm_compilation *compilation, const struct mm_revocation_settings *settings)
{
	struct mm_compiled_revocation *row = &compilation->revocations[compilation->revocation_count];

	row->settings = settings;
	row->realm = mm_compile_find_realm(compilation, settings->realm);
	if (row->realm == compilation->realm_count)
		refuse(compilation, "revocation",
		    mm_compile_text(compilation, "there is no realm '%s'", shown(settings->realm)),
		    "name a realm that has a section");
	else if (settings->value == NULL || settings->value[0] == '\0' || settings->kind > MM_REVOKE_KEY)
		refuse(compilation, "revocation", "it names nothing", "write the claim's value");
	else if (settings->kind == MM_REVOKE_TENANT && !names_tenant_of(compilation, row->realm, settings->value))
		refuse(compilation, "revocation",
		    mm_compile_text(compilation, "realm %s has no tenant '%s'", settings->realm, settings->value),
		    "write the name of a 'tenant' section of the realm, not its id");
	else if (settings->kind == MM_REVOKE_TOKEN && settings->issued_before_s != INT64_MAX)
		refuse(compilation, "revocation", "a token is revoked for good, not by its age",
		    "leave 'issued_before' out, or revoke a session, subject, client or tenant");
	else if (settings->kind == MM_REVOKE_KEY && (strlen(settings->value) > MM_KID_LEN_MAX ||
	    settings->revoked_at_s < 0 || settings->revoked_at_s > MM_TIME_MAX_S))
		refuse(compilation, "revocation", "no key has such a 'kid', or none was revoked at such a time",
		    "write the 'kid', and seconds since 1970");
	else
		compilation->revocation_count++;
}

/* Of two with one value, the one that refuses more: of keys the one that was revoked earlier, as far as it is known. */
static bool
outdoes(const struct mm_revocation_settings *a, const struct mm_revocation_settings *b)
{
	if (a->kind == MM_REVOKE_KEY)
		return a->revoked_at_s != 0 && (b->revoked_at_s == 0 || a->revoked_at_s < b->revoked_at_s);
	return a->issued_before_s > b->issued_before_s;
}

static void
join_revocations(struct mm_compilation *compilation)
{
	struct mm_compiled_revocation *rows = compilation->revocations;
	size_t kept = 0;

	for (size_t i = 0; i < compilation->revocation_count; i++) {
		if (kept > 0 && compare_revocations(&rows[kept - 1], &rows[i]) == 0) {
			if (outdoes(rows[i].settings, rows[kept - 1].settings))
				rows[kept - 1] = rows[i];
		} else {
			rows[kept++] = rows[i];
		}
	}
	compilation->revocation_count = kept;
}

/* Dead kids become keys, not revocations: the rest keeps its order. */
static void
set_keys_apart(struct mm_compilation *compilation)
{
	size_t kept = 0;

	for (size_t i = 0; i < compilation->revocation_count; i++) {
		if (compilation->revocations[i].settings->kind == MM_REVOKE_KEY)
			compilation->dead_kids[compilation->dead_kid_count++] = compilation->revocations[i];
		else
			compilation->revocations[kept++] = compilation->revocations[i];
	}
	compilation->revocation_count = kept;
}

static void
compile_revocations(struct mm_compilation *compilation)
{
	for (const struct mm_builder_revocation *row = compilation->builder->revocations; row != NULL; row = row->next)
		add_revocation(compilation, &row->settings);
	qsort(compilation->revocations, compilation->revocation_count, sizeof(*compilation->revocations),
	    compare_revocations);
	join_revocations(compilation);
	set_keys_apart(compilation);
}

/* ---- all ---- */

static bool
make_tables(struct mm_compilation *compilation)
{
	const struct mm_trust_builder *builder = compilation->builder;
	size_t realms = 0, tenants = 0, revocations = 0;

	for (const struct mm_builder_realm *row = builder->realms; row != NULL; row = row->next)
		realms++;
	for (const struct mm_builder_tenant *row = builder->tenants; row != NULL; row = row->next)
		tenants++;
	for (const struct mm_builder_revocation *row = builder->revocations; row != NULL; row = row->next)
		revocations++;
	compilation->realms = mm_pool_array(&compilation->pool, realms + 1, sizeof(*compilation->realms));
	compilation->tenants = mm_pool_array(&compilation->pool, tenants + 1, sizeof(*compilation->tenants));
	compilation->revocations = mm_pool_array(&compilation->pool, revocations + 1,
	    sizeof(*compilation->revocations));
	compilation->dead_kids = mm_pool_array(&compilation->pool, revocations + 1, sizeof(*compilation->dead_kids));
	return compilation->realms != NULL && compilation->tenants != NULL && compilation->revocations != NULL &&
	    compilation->dead_kids != NULL;
}

void
mm_compile_settings(struct mm_compilation *compilation)
{
	if (!make_tables(compilation)) {
		compilation->no_memory = true;
		return;
	}
	compile_realms(compilation);
	compile_tenants(compilation);
	compile_services(compilation);
	compile_revocations(compilation);
	mm_compile_check_mints(compilation);
}
