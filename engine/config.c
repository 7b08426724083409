/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the text of mintmark.conf to struct mm_config: scan it for lines and traps, check it against the table
 * of settings, let libconfuse read the values, store them by their rows, look for contradictions.
 */
#include "engine/config.h"

#include "engine/config_listen.h"
#include "engine/config_scan.h"
#include "engine/config_settings.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A gate serves few addresses, a service few relying parties; it bounds the search for what stands twice. */
#define LISTENS_MAX 64
#define CALLERS_MAX 64
#define CALLER_NAME_LEN_MAX 64

struct builder {
	struct mm_config_scan scan;
	struct mm_problems *problems;
	struct mm_config *config;
	cfg_t *values;  /* of the section at hand */
	size_t section; /* its place in the scan */
	void *target;   /* its struct */
};

static bool
keep_memory(struct builder *builder, const void *allocated)
{
	if (allocated == NULL)
		builder->problems->incomplete = true;
	return allocated != NULL;
}

/* Tell what is wrong with a setting of the section at hand, or, where it does not stand there, with the section. */
static void __attribute__((format(printf, 4, 5)))
tell(struct builder *builder, const char *name, const char *mend, const char *format, ...)
{
	const struct mm_scan_setting *setting = mm_config_scan_find(&builder->scan, builder->section, name);
	const struct mm_scan_section *section = &builder->scan.sections[builder->section];
	char label[96], *what = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&what, format, arguments) < 0)
		what = NULL;
	va_end(arguments);
	if (!keep_memory(builder, what))
		return;
	mm_section_label(section, label);
	mm_problems_add(builder->problems, MM_PROBLEM_ERROR, builder->config->path,
	    setting != NULL ? setting->line : section->line, mend, "%s%s", label, what);
	free(what);
}

static bool
stands(const struct builder *builder, const char *name)
{
	return mm_config_scan_find(&builder->scan, builder->section, name) != NULL;
}

/* ---- reading by type ---- */

static char *
resolve_path(struct builder *builder, const char *path)
{
	const char *slash = strrchr(builder->config->path, '/');
	char *resolved = NULL;

	if (path[0] == '/' || slash == NULL)
		resolved = strdup(path);
	else if (asprintf(&resolved, "%.*s/%s", (int)(slash - builder->config->path), builder->config->path, path) < 0)
		resolved = NULL;
	keep_memory(builder, resolved);
	return resolved;
}

/* The value as written, else the default; NULL: neither. Borrowed. */
static const char *
read_scalar(const struct builder *builder, const struct mm_setting *row)
{
	const char *value = cfg_getstr(builder->values, row->name);

	return value != NULL ? value : row->fallback;
}

static void
store_text(struct builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	if (value == NULL)
		return;
	*(char **)field = strdup(value);
	keep_memory(builder, *(char **)field);
}

static void
store_path(struct builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	if (value != NULL)
		*(char **)field = resolve_path(builder, value);
}

static void
store_keys(struct builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	if (value == NULL)
		return;
	if (strncmp(value, "discovery:", 10) == 0 || strncmp(value, "jwks:", 5) == 0)
		tell(builder, row->name, "fetch the JWK set to a file and write keys = \"file:NAME.jwks\"",
		    "'keys' from the network need the fetcher, which this version does not have");
	else if (strcmp(value, "mint") == 0)
		tell(builder, row->name, "write keys = \"file:NAME.jwks\"",
		    "keys = \"mint\" needs the mint, which this version does not have");
	else if (strncmp(value, "file:", 5) != 0 || value[5] == '\0')
		tell(builder, row->name, "write keys = \"file:NAME.jwks\"", "'keys' does not say where they are");
	else
		*(char **)field = resolve_path(builder, value + 5);
}

static void
store_number(struct builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	if (value != NULL)
		*(int64_t *)field = strtoll(value, NULL, 10);
}

static void
store_flag(struct builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	*(bool *)field = value != NULL && strcmp(value, "true") == 0;
}

static void
store_choice(struct builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	for (unsigned i = 0; value != NULL && row->words[i] != NULL; i++)
		if (strcmp(value, row->words[i]) == 0)
			*(unsigned *)field = i;
}

static void
free_list(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

/* A default list, written "one,two". */
static char **
split_fallback(struct builder *builder, const char *fallback)
{
	size_t count = 1;
	char **list;

	for (const char *at = fallback; *at != '\0'; at++)
		count += *at == ',';
	list = calloc(count + 1, sizeof(*list));
	if (!keep_memory(builder, list))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t len = strcspn(fallback, ",");

		list[i] = strndup(fallback, len);
		if (!keep_memory(builder, list[i]))
			break;
		fallback += len + 1;
	}
	return list;
}

static char **
copy_list(struct builder *builder, const char *name, unsigned count)
{
	char **list = calloc((size_t)count + 1, sizeof(*list));

	if (!keep_memory(builder, list))
		return NULL;
	for (unsigned i = 0; i < count; i++) {
		const char *value = cfg_getnstr(builder->values, name, i);

		list[i] = strdup(value == NULL ? "" : value);
		if (!keep_memory(builder, list[i]))
			break;
		if (list[i][0] == '\0')
			tell(builder, name, "remove it", "'%s' holds an empty value", name);
	}
	return list;
}

/* A new list ended by NULL; NULL where the setting is absent and has no default, or memory is short. */
static char **
read_list(struct builder *builder, const struct mm_setting *row)
{
	unsigned count = cfg_size(builder->values, row->name);

	if (count > 0)
		return copy_list(builder, row->name, count);
	if (stands(builder, row->name) || row->fallback == NULL)
		return NULL;
	return split_fallback(builder, row->fallback);
}

static void
store_list(struct builder *builder, const struct mm_setting *row, void *field)
{
	*(char ***)field = read_list(builder, row);
}

static size_t
list_len(char **list)
{
	size_t len = 0;

	while (list != NULL && list[len] != NULL)
		len++;
	return len;
}

static bool
same_listen(const struct mm_listen *a, const struct mm_listen *b)
{
	return (a->kind == MM_LISTEN_UNIX) == (b->kind == MM_LISTEN_UNIX) && a->port == b->port &&
	    strcmp(a->address, b->address) == 0;
}

static void
add_listen(struct builder *builder, const char *text)
{
	struct mm_config *config = builder->config;
	struct mm_listen *listen = &config->listens[config->listen_count];
	struct mm_listen_fault fault;

	if (!mm_listen_parse(text, listen, &fault)) {
		if (fault.what == NULL)
			builder->problems->incomplete = true;
		else
			tell(builder, "listen", fault.mend, "listen \"%s\" %s", text, fault.what);
		return;
	}
	for (size_t i = 0; i < config->listen_count; i++)
		if (same_listen(&config->listens[i], listen))
			tell(builder, "listen", "keep one of the two", "listen \"%s\" stands twice", text);
	config->listen_count++;
}

static void
store_listen(struct builder *builder, const struct mm_setting *row, void *field)
{
	char **list = read_list(builder, row);
	size_t len = list_len(list);

	if (len > LISTENS_MAX)
		tell(builder, row->name, "remove some", "'listen' has %zu addresses, at most %d are served", len, LISTENS_MAX);
	else if (len == 0)
		tell(builder, row->name, "remove the line for the default", "'listen' is empty: nobody could ask");
	if (len > 0 && len <= LISTENS_MAX) {
		*(struct mm_listen **)field = calloc(len, sizeof(struct mm_listen));
		if (keep_memory(builder, *(struct mm_listen **)field))
			for (size_t i = 0; i < len; i++)
				add_listen(builder, list[i]);
	}
	free_list(list);
}

/*
 * The name is the user-id of Basic authentication, which has no ':' (RFC 7617 section 2), and stands in records.
 * Letters, digits, '.', '_' and '-' need no encoding anywhere (RFC 6749 section 2.3.1 encodes the others).
 */
static bool
is_caller_name(const char *name, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return len > 0 && len <= CALLER_NAME_LEN_MAX && strspn(name, allowed) == len;
}

static void
add_caller(struct builder *builder, const char *text)
{
	struct mm_config_service *service = builder->target;
	struct mm_config_caller *caller = &service->callers[service->caller_count];
	size_t len = strcspn(text, ":");

	if (text[len] != ':' || text[len + 1] == '\0' || !is_caller_name(text, len)) {
		tell(builder, "callers", "write \"NAME:/PATH/OF/SECRET\"; a name has 1 to 64 letters, digits, '.', '_' and '-'",
		    "caller \"%s\" is not a name and the path of a secret", text);
		return;
	}
	for (size_t i = 0; i < service->caller_count; i++)
		if (strlen(service->callers[i].name) == len && strncmp(service->callers[i].name, text, len) == 0)
			tell(builder, "callers", "keep one of the two", "caller '%.*s' stands twice", (int)len, text);
	caller->name = strndup(text, len);
	caller->secret_path = resolve_path(builder, text + len + 1);
	keep_memory(builder, caller->name);
	service->caller_count++;
}

static void
store_callers(struct builder *builder, const struct mm_setting *row, void *field)
{
	char **list = read_list(builder, row);
	size_t len = list_len(list);

	if (len > CALLERS_MAX)
		tell(builder, row->name, "remove some", "'callers' has %zu callers, at most %d are known", len, CALLERS_MAX);
	if (len > 0 && len <= CALLERS_MAX) {
		*(struct mm_config_caller **)field = calloc(len, sizeof(struct mm_config_caller));
		if (keep_memory(builder, *(struct mm_config_caller **)field))
			for (size_t i = 0; i < len && !builder->problems->incomplete; i++)
				add_caller(builder, list[i]);
	}
	free_list(list);
}

typedef void store_setting(struct builder *builder, const struct mm_setting *row, void *field);

/* By type; those of one fixed value store nothing. */
static store_setting *const stores[] = {
	[MM_SETTING_TEXT] = store_text,
	[MM_SETTING_PATH] = store_path,
	[MM_SETTING_KEYS] = store_keys,
	[MM_SETTING_LIST] = store_list,
	[MM_SETTING_NUMBER] = store_number,
	[MM_SETTING_FLAG] = store_flag,
	[MM_SETTING_CHOICE] = store_choice,
	[MM_SETTING_LISTEN] = store_listen,
	[MM_SETTING_CALLERS] = store_callers,
	[MM_SETTING_FIXED] = NULL,
	[MM_SETTING_UNBUILT] = NULL,
};

/* Store the settings of the section at hand, of this kind, in its struct. */
static void
store_settings(struct builder *builder, enum mm_section_kind kind)
{
	for (size_t i = 0; i < mm_setting_count; i++) {
		const struct mm_setting *row = &mm_settings[i];

		if (row->section != kind)
			continue;
		if (row->required && !stands(builder, row->name))
			tell(builder, row->name, "mintmark.conf(5) says what it is", "'%s' is missing", row->name);
		else if (stores[row->type] != NULL)
			stores[row->type](builder, row, (char *)builder->target + row->offset);
	}
}

/* ---- contradictions ---- */

static void
check_top(struct builder *builder)
{
	const struct mm_config *config = builder->config;
	bool tls = false;

	for (size_t i = 0; i < config->listen_count; i++)
		tls = tls || config->listens[i].kind == MM_LISTEN_TLS;
	if (stands(builder, "tls_certificate") != stands(builder, "tls_key"))
		tell(builder, stands(builder, "tls_key") ? "tls_key" : "tls_certificate", "write both, or neither",
		    "'tls_certificate' and 'tls_key' belong together");
	else if (tls && !stands(builder, "tls_key"))
		tell(builder, "listen", "write tls_certificate = \"/PATH\" and tls_key = \"/PATH\"",
		    "'listen' has a \"tls:\" address, but there is no certificate");
	else if (!tls && stands(builder, "tls_key"))
		tell(builder, "tls_key", "listen on \"tls:ADDRESS:PORT\", or remove tls_certificate and tls_key",
		    "there is a certificate, but 'listen' has no \"tls:\" address");
}

static void
check_service(struct builder *builder)
{
	bool claim = stands(builder, "mailbox_claim");
	bool none = stands(builder, "mailbox");

	if (claim && none)
		tell(builder, "mailbox", "remove one of the two", "'mailbox = none' contradicts 'mailbox_claim'");
	else if (!claim && !none)
		tell(builder, "mailbox_claim",
		    "write mailbox_claim = \"preferred_username\", or mailbox = none for a service without mailboxes",
		    "nothing says which mailbox a token opens");
}

static void
check_revoke(struct builder *builder)
{
	const struct mm_config_revoke *revoke = builder->target;

	if (revoke->tokens == NULL && revoke->sessions == NULL && revoke->subjects == NULL && revoke->clients == NULL &&
	    revoke->tenants == NULL)
		tell(builder, "", "write at least one of tokens, sessions, subjects, clients and tenants, "
		    "or remove the section", "nothing is revoked");
	if (stands(builder, "tokens") && stands(builder, "issued_before"))
		tell(builder, "issued_before", "put the tokens into a revoke section of their own",
		    "'issued_before' contradicts 'tokens': a token is revoked whatever its time");
}

/* ---- the sections ---- */

/* What to do for each kind of section: where its structs are kept, and what is checked. */
struct section_row {
	enum mm_section_kind kind;
	size_t size;
	size_t items, count;  /* offsets in struct mm_config */
	size_t name, line;    /* offsets in the section's struct */
	void (*prepare)(void *target);
	void (*check)(struct builder *builder);
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
	{ SECTION(REALM, mm_config_realm, realm) },
	{ SECTION(TENANT, mm_config_tenant, tenant) },
	{ SECTION(SERVICE, mm_config_service, service), .check = check_service },
	{ SECTION(REVOKE, mm_config_revoke, revoke), .prepare = prepare_revoke, .check = check_revoke },
};

/* One section into the struct at builder->target. */
static void
store_section(struct builder *builder, const struct section_row *row)
{
	const struct mm_scan_section *section = &builder->scan.sections[builder->section];
	char *target = builder->target;
	char **name = (char **)(void *)(target + row->name);

	*name = strndup(section->title.ptr, section->title.len);
	keep_memory(builder, *name);
	*(int *)(void *)(target + row->line) = section->line;
	if (row->prepare != NULL)
		row->prepare(target);
	store_settings(builder, row->kind);
	if (row->check != NULL)
		row->check(builder);
}

/* All sections of one kind: those of the scan that are not faulty are libconfuse's, in the same order. */
static void
store_sections(struct builder *builder, cfg_t *root, const struct section_row *row)
{
	unsigned count = cfg_size(root, mm_section_name(row->kind)), stored = 0;
	char *items = calloc(count == 0 ? 1 : count, row->size);

	if (!keep_memory(builder, items))
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
store_all(struct builder *builder, cfg_t *root)
{
	builder->values = root;
	builder->section = 0;
	builder->target = builder->config;
	store_settings(builder, MM_SECTION_TOP);
	check_top(builder);
	for (size_t i = 0; i < sizeof(section_rows) / sizeof(section_rows[0]); i++)
		store_sections(builder, root, &section_rows[i]);
}

/* ---- libconfuse ---- */

/* libconfuse's error function has no argument of its own for its user. */
static _Thread_local struct builder *confuse_builder;

static void __attribute__((format(printf, 2, 0)))
tell_confuse_error(cfg_t *cfg, const char *format, va_list arguments)
{
	char *what = NULL;

	if (vasprintf(&what, format, arguments) < 0)
		what = NULL;
	if (!keep_memory(confuse_builder, what))
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
read_values(struct builder *builder)
{
	char *text = mm_config_scan_sound_text(&builder->scan);
	cfg_t *parser = make_parser();

	if (keep_memory(builder, text) && keep_memory(builder, parser)) {
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
free_realm(struct mm_config_realm *realm)
{
	free(realm->name);
	free(realm->issuer);
	free(realm->keys_path);
	free_list(realm->algorithms);
	free_list(realm->token_types);
}

static void
free_tenant(struct mm_config_tenant *tenant)
{
	free(tenant->name);
	free(tenant->realm);
	free(tenant->id);
	free_list(tenant->domains);
	free_list(tenant->admins);
}

static void
free_service(struct mm_config_service *service)
{
	free(service->name);
	free(service->audience);
	free(service->mailbox_claim);
	free_list(service->realms);
	free_list(service->scopes);
	free_list(service->clients);
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
	free_list(revoke->tokens);
	free_list(revoke->sessions);
	free_list(revoke->subjects);
	free_list(revoke->clients);
	free_list(revoke->tenants);
}

static void
free_top(struct mm_config *config)
{
	free(config->path);
	free(config->state_dir);
	free(config->user);
	free(config->tls_certificate_path);
	free(config->tls_key_path);
	for (size_t i = 0; i < config->listen_count; i++)
		free(config->listens[i].address);
	free(config->listens);
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
build(struct builder *builder, struct mm_slice text)
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
	struct builder builder = { .problems = problems };

	builder.config = calloc(1, sizeof(*builder.config));
	if (!keep_memory(&builder, builder.config))
		return NULL;
	builder.config->path = strdup(path);
	if (keep_memory(&builder, builder.config->path))
		build(&builder, text);
	if (mm_problems_has_error(problems))
		mm_config_free(&builder.config);
	return builder.config;
}
