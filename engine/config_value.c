/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values by the types of the table of settings.
 */
#include "engine/config_value.h"

#include "engine/config_listen.h"
#include "engine/fetch_url.h"
#include "lib/base/array.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* A service has few relying parties; it bounds the search for what stands twice. */
#define CALLERS_MAX 64
#define CALLER_NAME_LEN_MAX 64

bool
mm_config_keep_memory(struct mm_config_builder *builder, const void *allocated)
{
	if (allocated == NULL)
		builder->problems->incomplete = true;
	return allocated != NULL;
}

void
mm_config_tell(struct mm_config_builder *builder, const char *name, const char *mend, const char *format, ...)
{
	const struct mm_scan_setting *setting = mm_config_scan_find(&builder->scan, builder->section, name);
	const struct mm_scan_section *section = &builder->scan.sections[builder->section];
	char label[96], *what = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&what, format, arguments) < 0)
		what = NULL;
	va_end(arguments);
	if (!mm_config_keep_memory(builder, what))
		return;
	mm_section_label(section, label);
	mm_problems_add(builder->problems, MM_PROBLEM_ERROR, builder->config->path,
	    setting != NULL ? setting->line : section->line, mend, "%s%s", label, what);
	free(what);
}

bool
mm_config_stands(const struct mm_config_builder *builder, const char *name)
{
	return mm_config_scan_find(&builder->scan, builder->section, name) != NULL;
}

/* ---- reading by type ---- */

static char *
resolve_path(struct mm_config_builder *builder, const char *path)
{
	const char *slash = strrchr(builder->config->path, '/');
	char *resolved = NULL;

	if (path[0] == '/' || slash == NULL)
		resolved = strdup(path);
	else if (asprintf(&resolved, "%.*s/%s", (int)(slash - builder->config->path), builder->config->path, path) < 0)
		resolved = NULL;
	mm_config_keep_memory(builder, resolved);
	return resolved;
}

/* The value as written, else the default; NULL: neither. Borrowed. */
static const char *
read_scalar(const struct mm_config_builder *builder, const struct mm_setting *row)
{
	const char *value = cfg_getstr(builder->values, row->name);

	return value != NULL ? value : row->fallback;
}

static void
store_text(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	if (value == NULL)
		return;
	*(char **)field = strdup(value);
	mm_config_keep_memory(builder, *(char **)field);
}

static void
store_path(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	if (value != NULL)
		*(char **)field = resolve_path(builder, value);
}

/* "unix:" before the path is the same as none. */
static void
store_socket(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);
	char *path;

	if (value == NULL)
		return;
	path = resolve_path(builder, strncmp(value, "unix:", 5) == 0 ? value + 5 : value);
	*(char **)field = path;
	if (path != NULL && strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		mm_config_tell(builder, row->name, "choose a shorter path",
		    "'%s' names a socket by a path of more than 107 bytes, which no socket can have", row->name);
}

static void
store_keys_file(struct mm_config_builder *builder, struct mm_config_realm *realm, const char *value)
{
	realm->keys = resolve_path(builder, value + strlen("file:"));
}

/* The name of a fetched document is the setting as it stands, so that "discovery:" and "jwks:" differ. */
static void
store_keys_url(struct mm_config_builder *builder, struct mm_config_realm *realm, const char *value)
{
	const char *fault = mm_fetch_url_fault(strchr(value, ':') + 1);

	if (fault != NULL)
		mm_config_tell(builder, "keys", "write \"discovery:https://HOST/PATH\" or \"jwks:https://HOST/PATH\"",
		    "the address of 'keys' %s", fault);
	realm->keys = strdup(value);
	mm_config_keep_memory(builder, realm->keys);
}

/* A mint's document has the realm's name: no two share it. */
static void
store_keys_mint(struct mm_config_builder *builder, struct mm_config_realm *realm)
{
	realm->keys_kind = MM_KEYS_MINT;
	if (realm->name == NULL || asprintf(&realm->keys, "mint:%s", realm->name) < 0)
		realm->keys = NULL;
	mm_config_keep_memory(builder, realm->keys);
}

static void
store_keys(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	static const struct {
		const char *prefix;
		enum mm_keys_kind kind;
		void (*store)(struct mm_config_builder *builder, struct mm_config_realm *realm, const char *value);
	} kinds[] = {
		{ "file:", MM_KEYS_FILE, store_keys_file },
		{ "discovery:", MM_KEYS_DISCOVERY, store_keys_url },
		{ "jwks:", MM_KEYS_JWKS, store_keys_url },
	};
	struct mm_config_realm *realm = builder->target;
	const char *value = read_scalar(builder, row);

	(void)field;
	for (size_t i = 0; value != NULL && i < MM_COUNT_OF(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (strncmp(value, kinds[i].prefix, len) != 0 || value[len] == '\0')
			continue;
		realm->keys_kind = kinds[i].kind;
		kinds[i].store(builder, realm, value);
		return;
	}
	if (value != NULL && strcmp(value, "mint") == 0)
		store_keys_mint(builder, realm);
	else if (value != NULL)
		mm_config_tell(builder, row->name,
		    "write keys = \"file:NAME.jwks\", \"discovery:https://…\", \"jwks:https://…\" or \"mint\"",
		    "'keys' does not say where they are");
}

static void
store_key_store(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	static const char prefix[] = "pkcs11:";
	const char *value = read_scalar(builder, row);

	if (strcmp(value, "file") == 0)
		return;
	if (strncmp(value, prefix, strlen(prefix)) == 0 && value[strlen(prefix)] == '/')
		*(char **)field = resolve_path(builder, value + strlen(prefix));
	else
		mm_config_tell(builder, row->name, "write key_store = \"file\" or \"pkcs11:/PATH/MODULE.so\"",
		    "'%s' does not say where keys are kept", row->name);
}

/* A credential's name is one component of a path (systemd.exec(5), LoadCredential=). */
static void
store_sealing_key(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);
	const char *name;

	if (value == NULL)
		return;
	name = value + strlen(MM_CREDENTIAL_PREFIX);
	if (strncmp(value, MM_CREDENTIAL_PREFIX, strlen(MM_CREDENTIAL_PREFIX)) != 0) {
		*(char **)field = resolve_path(builder, value);
		return;
	}
	if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		mm_config_tell(builder, row->name, "write \"credential:NAME\", or the path of a file",
		    "'%s' names a credential as none can be named", row->name);
	*(char **)field = strdup(value);
	mm_config_keep_memory(builder, *(char **)field);
}

static void
store_number(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	if (value != NULL)
		*(int64_t *)field = strtoll(value, NULL, 10);
}

static void
store_flag(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	*(bool *)field = value != NULL && strcmp(value, row->words == NULL ? "true" : row->words[1]) == 0;
}

static void
store_choice(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	const char *value = read_scalar(builder, row);

	for (unsigned i = 0; value != NULL && row->words[i] != NULL; i++)
		if (strcmp(value, row->words[i]) == 0)
			*(unsigned *)field = i;
}

void
mm_config_free_list(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

/* A default list, written "one,two". */
static char **
split_fallback(struct mm_config_builder *builder, const char *fallback)
{
	size_t count = 1;
	char **list;

	for (const char *at = fallback; *at != '\0'; at++)
		count += *at == ',';
	list = calloc(count + 1, sizeof(*list));
	if (!mm_config_keep_memory(builder, list))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t len = strcspn(fallback, ",");

		list[i] = strndup(fallback, len);
		if (!mm_config_keep_memory(builder, list[i]))
			break;
		fallback += len + 1;
	}
	return list;
}

static void
check_item(struct mm_config_builder *builder, const struct mm_setting *row, const char *item)
{
	const char *fault = item[0] == '\0' || row->fault_of_item == NULL ? NULL : row->fault_of_item(item);

	if (item[0] == '\0')
		mm_config_tell(builder, row->name, "remove it", "'%s' holds an empty value", row->name);
	if (fault != NULL)
		mm_config_tell(builder, row->name, row->mend_of_item, "\"%s\" in '%s' %s", item, row->name, fault);
}

static char **
copy_list(struct mm_config_builder *builder, const struct mm_setting *row, unsigned count)
{
	char **list = calloc((size_t)count + 1, sizeof(*list));

	if (!mm_config_keep_memory(builder, list))
		return NULL;
	for (unsigned i = 0; i < count; i++) {
		const char *value = cfg_getnstr(builder->values, row->name, i);

		list[i] = strdup(value == NULL ? "" : value);
		if (!mm_config_keep_memory(builder, list[i]))
			break;
		check_item(builder, row, list[i]);
	}
	return list;
}

/* A new list ended by NULL; NULL where the setting is absent and has no default, or memory is short. */
static char **
read_list(struct mm_config_builder *builder, const struct mm_setting *row)
{
	unsigned count = cfg_size(builder->values, row->name);

	if (count > 0)
		return copy_list(builder, row, count);
	if (mm_config_stands(builder, row->name) || row->fallback == NULL)
		return NULL;
	return split_fallback(builder, row->fallback);
}

static void
store_list(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
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

static void
add_listen(struct mm_config_builder *builder, struct mm_listen *listens, size_t *count, const char *text)
{
	struct mm_listen *listen = &listens[*count];
	struct mm_listen_fault fault;

	if (!mm_listen_parse(text, listen, &fault)) {
		if (fault.what == NULL)
			builder->problems->incomplete = true;
		else
			mm_config_tell(builder, "listen", fault.mend, "listen \"%s\" %s", text, fault.what);
		return;
	}
	for (size_t i = 0; i < *count; i++)
		if (mm_listen_same(&listens[i], listen))
			mm_config_tell(builder, "listen", "keep one of the two", "listen \"%s\" stands twice", text);
	++*count;
}

static void
store_listen(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	struct mm_config_realm *realm = builder->target;
	bool top = row->section == MM_SECTION_TOP;
	size_t *count = top ? &builder->config->listen_count : &realm->listen_count;
	char **list = read_list(builder, row);
	size_t len = list_len(list);

	if (len > MM_LISTENS_MAX)
		mm_config_tell(builder, row->name, "let a proxy stand before it",
		    "'listen' has %zu addresses; at most %d can be served", len, MM_LISTENS_MAX);
	else if (len == 0 && (top || mm_config_stands(builder, row->name)))
		mm_config_tell(builder, row->name,
		    top ? "remove the line for the default" : "write listen = { \"ADDRESS:PORT\" }",
		    "'listen' is empty: nobody could ask");
	if (len > 0 && len <= MM_LISTENS_MAX) {
		*(struct mm_listen **)field = calloc(len, sizeof(struct mm_listen));
		if (mm_config_keep_memory(builder, *(struct mm_listen **)field))
			for (size_t i = 0; i < len; i++)
				add_listen(builder, *(struct mm_listen **)field, count, list[i]);
	}
	mm_config_free_list(list);
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
add_caller(struct mm_config_builder *builder, const char *text)
{
	struct mm_config_service *service = builder->target;
	struct mm_config_caller *caller = &service->callers[service->caller_count];
	size_t len = strcspn(text, ":");

	if (text[len] != ':' || text[len + 1] == '\0' || !is_caller_name(text, len)) {
		mm_config_tell(builder, "callers",
		    "write \"NAME:/PATH/OF/SECRET\"; a name has 1 to 64 letters, digits, '.', '_' and '-'",
		    "caller \"%s\" is not a name and the path of a secret", text);
		return;
	}
	for (size_t i = 0; i < service->caller_count; i++)
		if (strlen(service->callers[i].name) == len && strncmp(service->callers[i].name, text, len) == 0)
			mm_config_tell(builder, "callers", "keep one of the two",
			    "caller '%.*s' stands twice", (int)len, text);
	caller->name = strndup(text, len);
	caller->secret_path = resolve_path(builder, text + len + 1);
	mm_config_keep_memory(builder, caller->name);
	service->caller_count++;
}

static void
store_callers(struct mm_config_builder *builder, const struct mm_setting *row, void *field)
{
	char **list = read_list(builder, row);
	size_t len = list_len(list);

	if (len > CALLERS_MAX)
		mm_config_tell(builder, row->name, "remove some",
		    "'callers' has %zu callers, at most %d are known", len, CALLERS_MAX);
	if (len > 0 && len <= CALLERS_MAX) {
		*(struct mm_config_caller **)field = calloc(len, sizeof(struct mm_config_caller));
		if (mm_config_keep_memory(builder, *(struct mm_config_caller **)field))
			for (size_t i = 0; i < len && !builder->problems->incomplete; i++)
				add_caller(builder, list[i]);
	}
	mm_config_free_list(list);
}

typedef void store_setting(struct mm_config_builder *builder, const struct mm_setting *row, void *field);

/* By type; those of one fixed value store nothing. */
static store_setting *const stores[] = {
	[MM_SETTING_TEXT] = store_text,
	[MM_SETTING_PATH] = store_path,
	[MM_SETTING_SOCKET] = store_socket,
	[MM_SETTING_KEYS] = store_keys,
	[MM_SETTING_LIST] = store_list,
	[MM_SETTING_NUMBER] = store_number,
	[MM_SETTING_FLAG] = store_flag,
	[MM_SETTING_CHOICE] = store_choice,
	[MM_SETTING_LISTEN] = store_listen,
	[MM_SETTING_CALLERS] = store_callers,
	[MM_SETTING_STORE] = store_key_store,
	[MM_SETTING_SEALING] = store_sealing_key,
	[MM_SETTING_FIXED] = NULL,
};

void
mm_config_store_settings(struct mm_config_builder *builder, enum mm_section_kind kind)
{
	for (size_t i = 0; i < mm_setting_count; i++) {
		const struct mm_setting *row = &mm_settings[i];

		if (row->section != kind)
			continue;
		if (row->required && !mm_config_stands(builder, row->name))
			mm_config_tell(builder, row->name, "mintmark.conf(5) says what it is",
			    "'%s' is missing", row->name);
		else if (stores[row->type] != NULL)
			stores[row->type](builder, row, (char *)builder->target + row->offset);
	}
}
