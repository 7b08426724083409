/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contradictions between mints, the realms derived from them and the services that ask for proof.
 */
#include "engine/config_mint.h"

#include "engine/config_listen.h"
#include "lib/base/array.h"
#include "lib/base/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without a mint there are no such things. */
static const char *const of_mints[] = {
	"listen", "key_store", "key_store_token", "key_store_pin", "key_store_paths", "key_store_environment",
	"key_store_threads", "sealing_key", "rotate_every", "publish_before", "visible_for", "derived_from",
	"derived_by", "dpop_nonce",
};

/* What the signer can make (doc/mint.md); its keys are of one kind. */
static const char *const mint_algorithms[] = { "RS256", "PS256", "ES256", "EdDSA" };

static bool
is_mint(const struct mm_config_realm *realm)
{
	return realm->keys_kind == MM_KEYS_MINT;
}

static const struct mm_config_realm *
find_realm(const struct mm_config *config, const char *name)
{
	for (size_t i = 0; i < config->realm_count; i++)
		if (config->realms[i].name != NULL && strcmp(config->realms[i].name, name) == 0)
			return &config->realms[i];
	return NULL;
}

static const struct mm_config_service *
find_service(const struct mm_config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (config->services[i].name != NULL && strcmp(config->services[i].name, name) == 0)
			return &config->services[i];
	return NULL;
}

static bool
has(char *const *list, const char *text)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, text) == 0)
			return true;
	return false;
}

/* Make the section of this line the one that is told about. */
static void
turn_to(struct mm_config_builder *builder, enum mm_section_kind kind, int line)
{
	for (size_t i = 1; i < builder->scan.section_count; i++)
		if (builder->scan.sections[i].line == line &&
		    mm_section_kind_of(&builder->scan.sections[i]) == kind && !builder->scan.sections[i].faulty)
			builder->section = i;
}

/* ---- a mint by itself ---- */

static void
check_algorithm(struct mm_config_builder *builder, const struct mm_config_realm *realm)
{
	bool known = false;

	if (realm->algorithms == NULL || realm->algorithms[0] == NULL)
		return; /* told already */
	for (size_t i = 0; i < MM_COUNT_OF(mint_algorithms); i++)
		known = known || strcmp(realm->algorithms[0], mint_algorithms[i]) == 0;
	if (realm->algorithms[1] != NULL)
		mm_config_tell(builder, "algorithms", "keep one of RS256, PS256, ES256 and EdDSA",
		    "a mint signs by one algorithm, and here are several");
	else if (!known)
		mm_config_tell(builder, "algorithms", "write one of RS256, PS256, ES256 and EdDSA",
		    "a mint does not sign by %s", realm->algorithms[0]);
}

static void
check_times(struct mm_config_builder *builder, const struct mm_config_realm *realm)
{
	if (realm->max_lifetime_s > MM_LIFETIME_DEFAULT_S)
		mm_config_tell(builder, "max_lifetime", "write at most 3600",
		    "a mint makes no token that lives for more than an hour");
	else if (realm->visible_for_s < realm->max_lifetime_s + MM_CLOCK_SKEW_S)
		mm_config_tell(builder, mm_config_stands(builder, "visible_for") ? "visible_for" : "max_lifetime",
		    "'visible_for' is at least 'max_lifetime' and 60 s more",
		    "a token would outlive its key: it lives for %" PRId64 " s, and its key is accepted for %" PRId64
		    " s after its last use", realm->max_lifetime_s, realm->visible_for_s);
	if (realm->publish_before_s > realm->rotate_every_s)
		mm_config_tell(builder,
		    mm_config_stands(builder, "publish_before") ? "publish_before" : "rotate_every",
		    "'publish_before' is at most 'rotate_every'",
		    "the next key could not be published in time: %" PRId64 " s before its use, and each is used for %"
		    PRId64 " s", realm->publish_before_s, realm->rotate_every_s);
}

static void
check_key_store(struct mm_config_builder *builder, const struct mm_config_realm *realm)
{
	static const struct {
		const char *name;
		bool required;
	} of_tokens[] = {
		{ "key_store_token", true },
		{ "key_store_pin", true },
		{ "key_store_paths", false },
		{ "key_store_environment", false },
		{ "key_store_threads", false },
	};

	for (size_t i = 0; i < MM_COUNT_OF(of_tokens); i++)
		if (realm->key_store_module != NULL && of_tokens[i].required &&
		    !mm_config_stands(builder, of_tokens[i].name))
			mm_config_tell(builder, "key_store",
			    "write key_store_token = \"LABEL\" and key_store_pin = \"/PATH\"",
			    "'key_store' is a PKCS#11 module, and '%s' is missing", of_tokens[i].name);
		else if (realm->key_store_module == NULL && mm_config_stands(builder, of_tokens[i].name))
			mm_config_tell(builder, of_tokens[i].name,
			    "write key_store = \"pkcs11:/PATH/MODULE.so\", or remove the line",
			    "'%s' is of a PKCS#11 module, and 'key_store' names none", of_tokens[i].name);
	if (realm->key_store_module != NULL && mm_config_stands(builder, "sealing_key"))
		mm_config_tell(builder, "sealing_key", "remove the line",
		    "'sealing_key' says nothing where a PKCS#11 module keeps the keys");
}

static void
check_addresses(struct mm_config_builder *builder, const struct mm_listen *listens, size_t count,
    const struct mm_config_realm *realm, const char *whose)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < realm->listen_count; j++)
			if (mm_listen_same(&listens[i], &realm->listens[j]))
				mm_config_tell(builder, "listen", "give each an address of its own",
				    "address %s of 'listen' is %s too", realm->listens[j].address, whose);
}

/* The issuer answers at addresses of its own: nobody else has them. */
static void
check_listen(struct mm_config_builder *builder, const struct mm_config_realm *realm)
{
	const struct mm_config *config = builder->config;

	if (!mm_config_stands(builder, "listen")) {
		mm_config_tell(builder, "",
		    "write listen = { \"ADDRESS:PORT\" }, where the realm's issuer is to answer",
		    "a mint needs 'listen'");
		return;
	}
	check_addresses(builder, config->listens, config->listen_count, realm, "the gate's");
	for (const struct mm_config_realm *other = config->realms; other != realm; other++)
		check_addresses(builder, other->listens, other->listen_count, realm, "another realm's");
	for (size_t i = 0; i < realm->listen_count; i++)
		if (realm->listens[i].kind == MM_LISTEN_TLS && config->tls_key_path == NULL) {
			mm_config_tell(builder, "listen",
			    "write tls_certificate = \"/PATH\" and tls_key = \"/PATH\" above",
			    "'listen' has a \"tls:\" address, but there is no certificate");
			return;
		}
}

/* ---- derived realms ---- */

/* Whether a chain of parents comes back to the realm; no chain is longer than there are realms. */
static bool
comes_back(const struct mm_config *config, const struct mm_config_realm *from, const struct mm_config_realm *to,
    size_t steps)
{
	for (char **name = from->derived_from; steps > 0 && name != NULL && *name != NULL; name++) {
		const struct mm_config_realm *parent = find_realm(config, *name);

		if (parent == to || (parent != NULL && comes_back(config, parent, to, steps - 1)))
			return true;
	}
	return false;
}

/* Names beyond it are a mistake; it bounds the search for circles too. */
#define PARENTS_MAX 16

/* As many as a verifier looks through for each exchange. */
#define DERIVED_BY_MAX 16

static size_t
count_names(char *const *list)
{
	size_t count = 0;

	for (; list != NULL && *list != NULL; list++)
		count++;
	return count;
}

static void
check_parent(struct mm_config_builder *builder, const struct mm_config_realm *realm, const char *name)
{
	static const char setting[] = "derived_from";
	const struct mm_config_realm *parent = find_realm(builder->config, name);

	if (parent == NULL)
		mm_config_tell(builder, setting, "name a realm of this file", "there is no realm %s to derive from",
		    name);
	else if (parent == realm)
		mm_config_tell(builder, setting, "name other realms", "a realm is not derived from itself");
	else if (comes_back(builder->config, parent, realm, 4))
		mm_config_tell(builder, setting, "one of them is the first",
		    "realm %s is itself derived from this one", name);
	else if (parent->derived_from != NULL)
		mm_config_tell(builder, setting, "name the realm that it is derived from",
		    "realm %s is itself derived, and a token is derived from a primary one", name);
}

static void
check_parents(struct mm_config_builder *builder, const struct mm_config_realm *realm)
{
	if (count_names(realm->derived_from) > PARENTS_MAX) {
		mm_config_tell(builder, "derived_from", "remove some", "a realm is derived from at most %d others",
		    PARENTS_MAX);
		return;
	}
	for (char **name = realm->derived_from; name != NULL && *name != NULL; name++)
		check_parent(builder, realm, *name);
	if (realm->derived_from != NULL && realm->issuer != NULL && strchr(realm->issuer, '{') != NULL)
		mm_config_tell(builder, "issuer", "write one issuer; its tokens carry the tenant as 'tid'",
		    "a derived realm's issuer is no template: its tenants are those of the realms that it is derived "
		    "from");
}

static bool
exchanges_for(const struct mm_config_service *service, const struct mm_config_realm *realm)
{
	for (char **name = service->exchange_from; name != NULL && *name != NULL; name++)
		if (has(realm->derived_from, *name))
			return true;
	return false;
}

/* Each derived realm says itself who may exchange tokens for its own: that a service exchanges some names none. */
static void
check_derived_by(struct mm_config_builder *builder, const struct mm_config_realm *realm)
{
	static const char setting[] = "derived_by";
	bool derived = mm_config_stands(builder, "derived_from");

	if (derived && !mm_config_stands(builder, setting))
		mm_config_tell(builder, "derived_from", "write derived_by = { \"SERVICE\" } beside it",
		    "nobody may exchange tokens for this realm's: 'derived_by' is missing");
	else if (!derived && realm->derived_by != NULL)
		mm_config_tell(builder, setting, "write derived_from = { \"REALM\" }, or remove the line",
		    "'derived_by' says nothing of a realm that is derived from none");
	if (count_names(realm->derived_by) > DERIVED_BY_MAX) {
		mm_config_tell(builder, setting, "remove some", "at most %d services exchange for a realm",
		    DERIVED_BY_MAX);
		return;
	}
	for (char **name = realm->derived_by; derived && name != NULL && *name != NULL; name++) {
		const struct mm_config_service *service = find_service(builder->config, *name);

		if (service == NULL)
			mm_config_tell(builder, setting, "name a service of this file", "there is no service %s",
			    *name);
		else if (!exchanges_for(service, realm))
			mm_config_tell(builder, setting, "name one of 'derived_from' in its 'exchange_from'",
			    "service %s exchanges no token of a realm that this one is derived from", *name);
	}
}

static void
check_realm(struct mm_config_builder *builder, const struct mm_config_realm *realm)
{
	turn_to(builder, MM_SECTION_REALM, realm->line);
	if (is_mint(realm)) {
		check_algorithm(builder, realm);
		check_times(builder, realm);
		check_key_store(builder, realm);
		check_listen(builder, realm);
		check_parents(builder, realm);
		check_derived_by(builder, realm);
		return;
	}
	if (realm->keys == NULL)
		return; /* told already; nobody knows what was meant */
	for (size_t i = 0; i < MM_COUNT_OF(of_mints); i++)
		if (mm_config_stands(builder, of_mints[i]))
			mm_config_tell(builder, of_mints[i], "write keys = \"mint\", or remove the line",
			    "'%s' is of a mint, and this realm has none", of_mints[i]);
	if (realm->when_stale_marked_only)
		mm_config_tell(builder, "when_stale", "write when_stale = deny",
		    "'when_stale = marked_only' needs the marks of a mint, and this realm has none");
}

/* ---- tenants ---- */

/* A derived token names its tenant by 'tid': of a tenant without id no token can be derived. */
static bool
is_parent(const struct mm_config *config, const struct mm_config_realm *realm)
{
	for (size_t i = 0; i < config->realm_count; i++)
		for (char **name = config->realms[i].derived_from; name != NULL && *name != NULL; name++)
			if (strcmp(*name, realm->name) == 0)
				return true;
	return false;
}

static void
check_tenant(struct mm_config_builder *builder, const struct mm_config_tenant *tenant)
{
	const struct mm_config_realm *realm = tenant->realm == NULL ? NULL : find_realm(builder->config, tenant->realm);

	turn_to(builder, MM_SECTION_TENANT, tenant->line);
	if (realm != NULL && realm->derived_from != NULL)
		mm_config_tell(builder, "realm", "name the realm that the tenant's people sign in at",
		    "realm %s is derived and has the tenants of others", realm->name);
	else if (realm != NULL && tenant->id == NULL && is_parent(builder->config, realm))
		mm_config_tell(builder, "realm", "give the tenant an 'id'",
		    "a realm is derived from realm %s, whose tokens then need the tenant's id", realm->name);
}

/* ---- services ---- */

static bool
demands_proof(const struct mm_config_service *service)
{
	return service->mark == MM_PROOF_REQUIRED || service->ledger == MM_PROOF_REQUIRED;
}

/*
 * A realm whose tokens nothing proves must be named. That a realm of a mint is derived from one is no contradiction:
 * those of its tokens that go back to the other realm are refused, and the rest is not.
 */
static void
check_demand(struct mm_config_builder *builder, const struct mm_config_service *service,
    const struct mm_config_realm *realm)
{
	if (!is_mint(realm) && !has(service->accept_unproven, realm->name))
		mm_config_tell(builder, service->mark == MM_PROOF_REQUIRED ? "mark" : "ledger",
		    "name it in accept_unproven, or do not demand proof",
		    "the service demands proof of tokens of realm %s, which has no mint: they have none", realm->name);
}

/* The directory of a derived realm is that of the realm that the tenant is of. */
static void
check_directory(struct mm_config_builder *builder, const struct mm_config_realm *realm)
{
	const struct mm_config_realm *parent;

	if (!is_mint(realm))
		mm_config_tell(builder, "directory", "write directory = none and mailbox_claim, or remove the realm",
		    "'directory = mint', but realm %s has no mint", realm->name);
	for (char **name = realm->derived_from; name != NULL && *name != NULL; name++)
		if ((parent = find_realm(builder->config, *name)) != NULL && !is_mint(parent))
			mm_config_tell(builder, "directory",
			    "write directory = none and mailbox_claim, or remove the realm",
			    "'directory = mint', but realm %s is derived from %s, which has no mint", realm->name,
			    *name);
}

static bool
is_accepted(const struct mm_config *config, const struct mm_config_service *service, const char *name)
{
	if (has(service->realms, name))
		return true;
	for (char **accepted = service->realms; accepted != NULL && *accepted != NULL; accepted++) {
		const struct mm_config_realm *realm = find_realm(config, *accepted);

		if (realm != NULL && has(realm->derived_from, name))
			return true;
	}
	return false;
}

static void
check_accept_unproven(struct mm_config_builder *builder, const struct mm_config_service *service)
{
	static const char setting[] = "accept_unproven";

	for (char **name = service->accept_unproven; name != NULL && *name != NULL; name++) {
		const struct mm_config_realm *realm = find_realm(builder->config, *name);

		if (realm == NULL)
			mm_config_tell(builder, setting, "name a realm of this file", "there is no realm %s", *name);
		else if (is_mint(realm))
			mm_config_tell(builder, setting, "remove it; mark and ledger say what is demanded of mints",
			    "realm %s has a mint: its tokens are proven", *name);
		else if (!is_accepted(builder->config, service, *name))
			mm_config_tell(builder, setting, "remove it, or accept it in 'realms'",
			    "this service takes no token of realm %s", *name);
	}
}

static void
check_exchange_from(struct mm_config_builder *builder, const struct mm_config_service *service)
{
	static const char setting[] = "exchange_from";

	for (char **name = service->exchange_from; name != NULL && *name != NULL; name++) {
		const struct mm_config_realm *realm = find_realm(builder->config, *name);

		if (realm == NULL)
			mm_config_tell(builder, setting, "name a realm of this file", "there is no realm %s", *name);
		else if (realm->derived_from != NULL)
			mm_config_tell(builder, setting, "name the realm that it is derived from",
			    "realm %s is derived: its tokens are never exchanged", *name);
		else if (!has(service->realms, *name))
			mm_config_tell(builder, setting, "remove it, or accept it in 'realms'",
			    "this service takes no token of realm %s", *name);
	}
}

static void
check_service(struct mm_config_builder *builder, const struct mm_config_service *service)
{
	turn_to(builder, MM_SECTION_SERVICE, service->line);
	for (char **name = service->realms; name != NULL && *name != NULL; name++) {
		const struct mm_config_realm *realm = find_realm(builder->config, *name);

		if (realm == NULL)
			continue; /* compiling tells it */
		if (demands_proof(service))
			check_demand(builder, service, realm);
		if (service->directory_mint)
			check_directory(builder, realm);
	}
	check_accept_unproven(builder, service);
	check_exchange_from(builder, service);
}

/* ---- the whole ---- */

static void
fill_path(struct mm_config_builder *builder, char **path, const char *folder)
{
	if (*path != NULL || builder->config->state_dir == NULL)
		return;
	if (asprintf(path, "%s/mint/%s/sealing.key", builder->config->state_dir, folder) < 0)
		*path = NULL;
	mm_config_keep_memory(builder, *path);
}

static void
fill_paths(struct mm_config_builder *builder)
{
	struct mm_config *config = builder->config;

	if (mm_config_has_mint(config))
		fill_path(builder, &config->sealing_key_path, "ledger");
	for (size_t i = 0; i < config->realm_count; i++)
		if (is_mint(&config->realms[i]) && config->realms[i].name != NULL)
			fill_path(builder, &config->realms[i].sealing_key_path, config->realms[i].name);
}

/* Settings of the ledger without a ledger, and a mint whose folder would be the ledger's. */
static void
check_ledger(struct mm_config_builder *builder)
{
	const struct mm_config_realm *realm = find_realm(builder->config, "ledger");

	builder->section = 0;
	if (!mm_config_has_mint(builder->config) && mm_config_stands(builder, "sealing_key"))
		mm_config_tell(builder, "sealing_key", "remove the line",
		    "'sealing_key' is of the ledger, and no realm has a mint");
	if (realm != NULL && is_mint(realm)) {
		turn_to(builder, MM_SECTION_REALM, realm->line);
		mm_config_tell(builder, "", "give it another name",
		    "a mint cannot be called 'ledger': it would share a folder");
	}
}

void
mm_config_check_mints(struct mm_config_builder *builder)
{
	struct mm_config *config = builder->config;

	check_ledger(builder);
	for (size_t i = 0; i < config->realm_count; i++)
		check_realm(builder, &config->realms[i]);
	for (size_t i = 0; i < config->tenant_count; i++)
		check_tenant(builder, &config->tenants[i]);
	for (size_t i = 0; i < config->service_count; i++)
		check_service(builder, &config->services[i]);
	fill_paths(builder);
}

bool
mm_config_has_mint(const struct mm_config *config)
{
	for (size_t i = 0; i < config->realm_count; i++)
		if (is_mint(&config->realms[i]))
			return true;
	return false;
}

char *
mm_config_sealing_key_file(const char *setting)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path = NULL;

	if (strncmp(setting, MM_CREDENTIAL_PREFIX, strlen(MM_CREDENTIAL_PREFIX)) != 0)
		return strdup(setting);
	if (folder == NULL || folder[0] != '/')
		return NULL;
	return asprintf(&path, "%s/%s", folder, setting + strlen(MM_CREDENTIAL_PREFIX)) < 0 ? NULL : path;
}
