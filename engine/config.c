/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the text of mintmark.conf to struct mm_config: scan it for lines and traps, check it against the table
 * of settings, let libconfuse read the values, store them by their rows, look for contradictions.
 */
#include "engine/config.h"

#include "engine/config_scan.h"
#include "engine/config_mint.h"
#include "engine/config_settings.h"
#include "engine/config_value.h"
#include "lib/base/array.h"

#include <mintmark/cache.h>

#include <confuse.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- contradictions ---- */

static bool
has_tls(const struct mm_listen *listens, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (listens[i].kind == MM_LISTEN_TLS)
			return true;
	return false;
}

/* After the realms: the addresses of their issuers use the same certificate. */
static void
check_top(struct mm_config_builder *builder)
{
	const struct mm_config *config = builder->config;
	bool tls = has_tls(config->listens, config->listen_count);

	for (size_t i = 0; i < config->realm_count; i++)
		tls = tls || has_tls(config->realms[i].listens, config->realms[i].listen_count);
	if (mm_config_stands(builder, "tls_certificate") != mm_config_stands(builder, "tls_key"))
		mm_config_tell(builder, mm_config_stands(builder, "tls_key") ? "tls_key" : "tls_certificate",
		    "write both, or neither",
		    "'tls_certificate' and 'tls_key' belong together");
	else if (tls && !mm_config_stands(builder, "tls_key"))
		mm_config_tell(builder, "listen", "write tls_certificate = \"/PATH\" and tls_key = \"/PATH\"",
		    "'listen' has a \"tls:\" address, but there is no certificate");
	else if (!tls && mm_config_stands(builder, "tls_key"))
		mm_config_tell(builder, "tls_key",
		    "listen on \"tls:ADDRESS:PORT\", or remove tls_certificate and tls_key",
		    "there is a certificate, but 'listen' has no \"tls:\" address");
	if (!tls && mm_config_stands(builder, "tls_client_certificates"))
		mm_config_tell(builder, "tls_client_certificates",
		    "listen on \"tls:ADDRESS:PORT\", or remove the line",
		    "clients show certificates only over TLS, but 'listen' has no \"tls:\" address");
	if (config->token_cache_bytes != 0 && config->token_cache_bytes < MM_CACHE_BYTES_MIN)
		mm_config_tell(builder, "token_cache", "write 0 for no cache, or at least 262144",
		    "'token_cache' is too small to be of use");
}

static bool
same_list(char *const *a, char *const *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	while (*a != NULL && *b != NULL && strcmp(*a, *b) == 0)
		a++, b++;
	return *a == NULL && *b == NULL;
}

/* One document is fetched in one way. */
static void
check_shared_source(struct mm_config_builder *builder, const struct mm_config_realm *realm)
{
	const struct mm_config *config = builder->config;

	for (const struct mm_config_realm *other = config->realms; other != realm; other++) {
		if (other->keys == NULL || strcmp(other->keys, realm->keys) != 0 ||
		    (other->refresh_s == realm->refresh_s && other->cool_down_s == realm->cool_down_s &&
		    same_list(other->key_hosts, realm->key_hosts)))
			continue;
		mm_config_tell(builder, "keys", "write the same in both",
		    "realm %s has the same 'keys', but another 'refresh', 'refresh_cool_down' or 'key_hosts'",
		    other->name);
		return;
	}
}

/* What says how a document is fetched says nothing of a file. */
static void
check_realm(struct mm_config_builder *builder)
{
	static const char *const of_fetched[] = { "key_hosts", "refresh", "refresh_cool_down", "absent_for" };
	const struct mm_config_realm *realm = builder->target;

	if (realm->keys == NULL)
		return;
	for (size_t i = 0; i < MM_COUNT_OF(of_fetched); i++)
		if ((realm->keys_kind == MM_KEYS_FILE || realm->keys_kind == MM_KEYS_MINT) &&
		    mm_config_stands(builder, of_fetched[i]))
			mm_config_tell(builder, of_fetched[i], "remove the line, or fetch the keys",
			    "'%s' says nothing of keys from a %s", of_fetched[i],
			    realm->keys_kind == MM_KEYS_FILE ? "file" : "mint");
	if (realm->keys_kind == MM_KEYS_JWKS && realm->key_hosts != NULL)
		mm_config_tell(builder, "key_hosts", "remove the line",
		    "'key_hosts' is for \"discovery:\", which alone leads to other hosts");
	check_shared_source(builder, realm);
}

static void
check_service(struct mm_config_builder *builder)
{
	struct mm_config_service *service = builder->target;
	bool claim = mm_config_stands(builder, "mailbox_claim");
	bool none = mm_config_stands(builder, "mailbox");

	if (service->directory_mint)
		service->directory = none ? MM_DIRECTORY_SUBJECTS : MM_DIRECTORY_MAILBOXES;
	if (claim && service->directory_mint)
		mm_config_tell(builder, "mailbox_claim", "remove one of the two",
		    "'mailbox_claim' contradicts 'directory = mint', which says which mailbox a token opens");
	if (claim && none)
		mm_config_tell(builder, "mailbox", "remove one of the two",
		    "'mailbox = none' contradicts 'mailbox_claim'");
	else if (!claim && !none && !service->directory_mint)
		mm_config_tell(builder, "mailbox_claim",
		    "write mailbox_claim = \"preferred_username\", or mailbox = none for a service without mailboxes",
		    "nothing says which mailbox a token opens");
	if (service->dpop_nonce && service->binding == MM_BINDING_MTLS)
		mm_config_tell(builder, "dpop_nonce", "write binding = dpop, or remove the line",
		    "'dpop_nonce' contradicts 'binding = mtls': such a service takes no DPoP proof");
}

static void
check_revoke(struct mm_config_builder *builder)
{
	const struct mm_config_revoke *revoke = builder->target;

	if (revoke->tokens == NULL && revoke->sessions == NULL && revoke->subjects == NULL && revoke->clients == NULL &&
	    revoke->tenants == NULL && revoke->keys == NULL)
		mm_config_tell(builder, "",
		    "write tokens, sessions, subjects, clients, tenants or keys, or remove the section",
		    "nothing is revoked");
	if (mm_config_stands(builder, "tokens") && mm_config_stands(builder, "issued_before"))
		mm_config_tell(builder, "issued_before", "put the tokens into a revoke section of their own",
		    "'issued_before' contradicts 'tokens': a token is revoked whatever its time");
	if (mm_config_stands(builder, "keys") && mm_config_stands(builder, "issued_before"))
		mm_config_tell(builder, "issued_before", "put the keys into a revoke section of their own",
		    "'issued_before' contradicts 'keys': a key is revoked for all its tokens");
	if (!mm_config_stands(builder, "keys") && mm_config_stands(builder, "revoked_at"))
		mm_config_tell(builder, "revoked_at", "name the keys, or write issued_before",
		    "'revoked_at' is of keys, and none is named");
}

/* ---- the sections ---- */

/* What to do for each kind of section: where its structs are kept, and what is checked. */
struct section_row {
	enum mm_section_kind kind;
	size_t size;
	size_t items, count;  /* offsets in struct mm_config */
	size_t name, line;    /* offsets in the section's struct */
	void (*prepare)(void *target);
	void (*check)(struct mm_config_builder *builder);
};

/* Without a time, all tokens are meant. */
static void
prepare_revoke(void *target)
{
	struct mm_config_revoke *revoke = target;

	revoke->issued_before_s = INT64_MAX;
}

#define SECTION(KIND, type, member)                                                                  \
	.kind = MM_SECTION_##KIND, .size = sizeof(struct type), .name = offsetof(struct type, name), \
	.line = offsetof(struct type, line), .items = offsetof(struct mm_config, member##s),         \
	.count = offsetof(struct mm_config, member##_count)

static const struct section_row section_rows[] = {
	{ SECTION(REALM, mm_config_realm, realm), .check = check_realm },
	{ SECTION(TENANT, mm_config_tenant, tenant) },
	{ SECTION(SERVICE, mm_config_service, service), .check = check_service },
	{ SECTION(REVOKE, mm_config_revoke, revoke), .prepare = prepare_revoke, .check = check_revoke },
};

/* One section into the struct at builder->target. */
static void
store_section(struct mm_config_builder *builder, const struct section_row *row)
{
	const struct mm_scan_section *section = &builder->scan.sections[builder->section];
	char *target = builder->target;
	char **name = (char **)(void *)(target + row->name);

	*name = strndup(section->title.ptr, section->title.len);
	mm_config_keep_memory(builder, *name);
	*(int *)(void *)(target + row->line) = section->line;
	if (row->prepare != NULL)
		row->prepare(target);
	mm_config_store_settings(builder, row->kind);
	if (row->check != NULL)
		row->check(builder);
}

/* All sections of one kind: those of the scan that are not faulty are libconfuse's, in the same order. */
static void
store_sections(struct mm_config_builder *builder, cfg_t *root, const struct section_row *row)
{
	unsigned count = cfg_size(root, mm_section_name(row->kind)), stored = 0;
	char *items = calloc(count == 0 ? 1 : count, row->size);

	if (!mm_config_keep_memory(builder, items))
		return;
	memcpy((char *)builder->config + row->items, &items, sizeof(items));
	for (size_t i = 1; i < builder->scan.section_count && stored < count; i++) {
		const struct mm_scan_section *section = &builder->scan.sections[i];

		if (section->faulty || mm_section_kind_of(section) != row->kind)
			continue;
		builder->values = cfg_getnsec(root, mm_section_name(row->kind), stored);
		builder->section = i;
		builder->target = items + row->size * stored;
		stored++;
		*(size_t *)(void *)((char *)builder->config + row->count) = stored;
		store_section(builder, row);
	}
}

static void
store_all(struct mm_config_builder *builder, cfg_t *root)
{
	builder->values = root;
	builder->section = 0;
	builder->target = builder->config;
	mm_config_store_settings(builder, MM_SECTION_TOP);
	for (size_t i = 0; i < MM_COUNT_OF(section_rows); i++)
		store_sections(builder, root, &section_rows[i]);
	builder->section = 0;
	check_top(builder);
	mm_config_check_mints(builder);
}

/* ---- libconfuse ---- */

/* libconfuse's error function has no argument of its own for its user. */
static _Thread_local struct mm_config_builder *confuse_builder;

static void __attribute__((format(printf, 2, 0)))
tell_confuse_error(cfg_t *cfg, const char *format, va_list arguments)
{
	char *what = NULL;

	if (vasprintf(&what, format, arguments) < 0)
		what = NULL;
	if (!mm_config_keep_memory(confuse_builder, what))
		return;
	mm_problems_add(confuse_builder->problems, MM_PROBLEM_ERROR, confuse_builder->config->path,
	    cfg == NULL ? 0 : cfg->line, NULL, "%s", what);
	free(what);
}

/* All values are text for libconfuse: its numbers take 010 for 8, and its booleans have five spellings. */
static size_t
fill_options(enum mm_section_kind kind, cfg_opt_t *options)
{
	size_t count = 0;

	for (size_t i = 0; i < mm_setting_count; i++) {
		const struct mm_setting *row = &mm_settings[i];

		if (row->section != kind)
			continue;
		if (row->type == MM_SETTING_LIST || row->type == MM_SETTING_LISTEN || row->type == MM_SETTING_CALLERS)
			options[count++] = (cfg_opt_t)CFG_STR_LIST(row->name, NULL, CFGF_NODEFAULT);
		else
			options[count++] = (cfg_opt_t)CFG_STR(row->name, NULL, CFGF_NODEFAULT);
	}
	return count;
}

/* A parser made from the table of settings; it copies the options. */
static cfg_t *
make_parser(void)
{
	size_t room = mm_setting_count + MM_SECTION_COUNT + 1;
	cfg_opt_t *options = calloc(room * MM_SECTION_COUNT, sizeof(*options));
	cfg_t *parser;
	size_t count;

	if (options == NULL)
		return NULL;
	count = fill_options(MM_SECTION_TOP, options);
	for (int kind = MM_SECTION_TOP + 1; kind < MM_SECTION_COUNT; kind++) {
		cfg_opt_t *inner = options + room * (size_t)kind;

		inner[fill_options((enum mm_section_kind)kind, inner)] = (cfg_opt_t)CFG_END();
		options[count++] =
		    (cfg_opt_t)CFG_SEC(mm_section_name((enum mm_section_kind)kind), inner, CFGF_MULTI | CFGF_TITLE);
	}
	options[count] = (cfg_opt_t)CFG_END();
	parser = cfg_init(options, CFGF_NONE);
	free(options);
	return parser;
}

/* Let libconfuse read what the scan left of the text. */
static void
read_values(struct mm_config_builder *builder)
{
	char *text = mm_config_scan_sound_text(&builder->scan);
	cfg_t *parser = make_parser();

	if (mm_config_keep_memory(builder, text) && mm_config_keep_memory(builder, parser)) {
		confuse_builder = builder;
		cfg_set_error_function(parser, tell_confuse_error);
		if (cfg_parse_buf(parser, text) == CFG_SUCCESS)
			store_all(builder, parser);
		else
			mm_problems_add(builder->problems, MM_PROBLEM_ERROR, builder->config->path, 0, NULL,
			    "cannot be parsed");
		confuse_builder = NULL;
	}
	if (parser != NULL)
		cfg_free(parser);
	free(text);
}

/* ---- the whole ---- */

static void
free_listens(struct mm_listen *listens, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(listens[i].address);
	free(listens);
}

static void
free_realm(struct mm_config_realm *realm)
{
	free(realm->name);
	free(realm->issuer);
	free(realm->keys);
	mm_config_free_list(realm->key_hosts);
	mm_config_free_list(realm->algorithms);
	mm_config_free_list(realm->token_types);
	mm_config_free_list(realm->derived_from);
	mm_config_free_list(realm->derived_by);
	free_listens(realm->listens, realm->listen_count);
	free(realm->key_store_module);
	free(realm->key_store_token);
	free(realm->key_store_pin_path);
	mm_config_free_list(realm->key_store_paths);
	mm_config_free_list(realm->key_store_environment);
	free(realm->sealing_key_path);
}

static void
free_tenant(struct mm_config_tenant *tenant)
{
	free(tenant->name);
	free(tenant->realm);
	free(tenant->id);
	mm_config_free_list(tenant->domains);
	mm_config_free_list(tenant->admins);
}

static void
free_service(struct mm_config_service *service)
{
	free(service->name);
	free(service->audience);
	free(service->mailbox_claim);
	mm_config_free_list(service->realms);
	mm_config_free_list(service->scopes);
	mm_config_free_list(service->clients);
	mm_config_free_list(service->accept_unproven);
	mm_config_free_list(service->exchange_from);
	for (size_t i = 0; i < service->caller_count; i++) {
		free(service->callers[i].name);
		free(service->callers[i].secret_path);
	}
	free(service->callers);
}

static void
free_revoke(struct mm_config_revoke *revoke)
{
	free(revoke->name);
	free(revoke->realm);
	mm_config_free_list(revoke->tokens);
	mm_config_free_list(revoke->sessions);
	mm_config_free_list(revoke->subjects);
	mm_config_free_list(revoke->clients);
	mm_config_free_list(revoke->tenants);
	mm_config_free_list(revoke->keys);
}

static void
free_top(struct mm_config *config)
{
	free(config->path);
	free(config->state_dir);
	free(config->user);
	free(config->tls_certificate_path);
	free(config->tls_key_path);
	free(config->tls_client_ca_path);
	free(config->ca_path);
	free(config->trust_socket_path);
	mm_config_free_list(config->trusted_proxies);
	free(config->sealing_key_path);
	free_listens(config->listens, config->listen_count);
}

void
mm_config_free(struct mm_config **config)
{
	struct mm_config *old = config == NULL ? NULL : *config;

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->realm_count; i++)
		free_realm(&old->realms[i]);
	for (size_t i = 0; i < old->tenant_count; i++)
		free_tenant(&old->tenants[i]);
	for (size_t i = 0; i < old->service_count; i++)
		free_service(&old->services[i]);
	for (size_t i = 0; i < old->revoke_count; i++)
		free_revoke(&old->revokes[i]);
	free(old->realms);
	free(old->tenants);
	free(old->services);
	free(old->revokes);
	free_top(old);
	free(old);
	*config = NULL;
}

static void
build(struct mm_config_builder *builder, struct mm_slice text)
{
	const char *path = builder->config->path;

	if (mm_config_scan(text, path, builder->problems, &builder->scan)) {
		mm_config_check_settings(&builder->scan, path, builder->problems);
		read_values(builder);
	}
	mm_config_scan_clear(&builder->scan);
	mm_problems_sort(builder->problems);
}

struct mm_config *
mm_config_parse(struct mm_slice text, const char *path, struct mm_problems *problems)
{
	struct mm_config_builder builder = { .problems = problems };

	builder.config = calloc(1, sizeof(*builder.config));
	if (!mm_config_keep_memory(&builder, builder.config))
		return NULL;
	builder.config->path = strdup(path);
	if (mm_config_keep_memory(&builder, builder.config->path))
		build(&builder, text);
	if (mm_problems_has_error(problems))
		mm_config_free(&builder.config);
	return builder.config;
}
