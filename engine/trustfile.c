/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing a configuration and its key files to the trust compiler.
 */
#include "engine/trustfile.h"

#include "engine/file.h"
#include "engine/kept_keys.h"
#include "engine/tenants_document.h"
#include "lib/base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- notes of the compiler ---- */

struct reporter {
	const struct mm_config *config;
	struct mm_problems *problems;
};

/* A section that a note may be about: the compiler tells names, the configuration knows lines and kinds. */
struct place {
	const char *kind;
	int line;
	unsigned found;
};

static void
consider(struct place *place, const char *where, const char *kind, const char *name, int line)
{
	if (strcmp(name, where) != 0)
		return;
	place->kind = kind;
	place->line = line;
	place->found++;
}

static struct place
find_place(const struct mm_config *config, const char *where)
{
	struct place place = { .found = 0 };

	for (size_t i = 0; i < config->realm_count; i++)
		consider(&place, where, "realm", config->realms[i].name, config->realms[i].line);
	for (size_t i = 0; i < config->tenant_count; i++)
		consider(&place, where, "tenant", config->tenants[i].name, config->tenants[i].line);
	for (size_t i = 0; i < config->service_count; i++)
		consider(&place, where, "service", config->services[i].name, config->services[i].line);
	return place;
}

static bool
is_document(const struct mm_config *config, const char *where)
{
	for (size_t i = 0; i < config->realm_count; i++)
		if (strcmp(config->realms[i].keys, where) == 0)
			return true;
	return false;
}

/* A note about one section gets its file and line; where two kinds share the name, nobody is pointed at wrongly. */
static void
report_note(void *ctx, const struct mm_note *note)
{
	const struct reporter *reporter = ctx;
	const char *path = reporter->config->path;
	struct place place = find_place(reporter->config, note->where);
	enum mm_problem_class class = mm_problem_class_of(note->note_class);

	if (mm_slice_present(note->kid) || is_document(reporter->config, note->where))
		mm_problems_note(reporter->problems, note);
	else if (place.found == 1)
		mm_problems_add(reporter->problems, class, path, place.line, note->mend, "%s %s: %s", place.kind,
		    note->where, note->text);
	else
		mm_problems_add(reporter->problems, class, path, 0, note->mend, "%s: %s", note->where, note->text);
}

/* ---- filling the builder ---- */

/* The builder borrows nothing, and neither list nor text is written to. */
static const char *const *
as_const(char **list)
{
	return (const char *const *)list;
}

static enum mm_document_origin
origin_of(const struct mm_config_realm *realm)
{
	return realm->keys_kind == MM_KEYS_FILE ? MM_DOCUMENT_FILE :
	    realm->keys_kind == MM_KEYS_MINT ? MM_DOCUMENT_MINT : MM_DOCUMENT_FETCHED;
}

/* Whether a realm before this one names the same document. */
static bool
is_shared_with_earlier(const struct mm_config *config, size_t realm)
{
	for (size_t i = 0; i < realm; i++)
		if (strcmp(config->realms[i].keys, config->realms[realm].keys) == 0)
			return true;
	return false;
}

static bool
is_given(const struct mm_trustfile_document *documents, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(documents[i].path, name) == 0)
			return true;
	return false;
}

/* A document that was not fetched or sent yet is an empty one, so that the other realms need not wait for it. */
static bool
add_unfetched(struct mm_trust_builder *builder, const struct mm_config *config,
    const struct mm_trustfile_document *documents, size_t count)
{
	for (size_t i = 0; i < config->realm_count; i++) {
		const struct mm_config_realm *realm = &config->realms[i];

		if (realm->keys_kind == MM_KEYS_FILE || is_given(documents, count, realm->keys) ||
		    is_shared_with_earlier(config, i))
			continue;
		if (!mm_trust_builder_add_document(builder, realm->keys, mm_slice_str(""), origin_of(realm)))
			return false;
	}
	return true;
}

/* What stands behind a prefix; NULL: the name has another. */
static const char *
behind(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : NULL;
}

static bool
add_document(struct mm_trust_builder *builder, const struct mm_trustfile_document *document)
{
	bool of_mint = document->origin == MM_DOCUMENT_MINT;

	if (of_mint && behind(document->path, MM_DIRECTORY_PREFIX) != NULL)
		return mm_trust_builder_add_directory(builder, behind(document->path, MM_DIRECTORY_PREFIX),
		    document->bytes);
	if (of_mint && behind(document->path, MM_TENANTS_PREFIX) != NULL)
		return true; /* add_more_tenants() */
	return mm_trust_builder_add_document(builder, document->path, document->bytes, document->origin);
}

static bool
add_documents(struct mm_trust_builder *builder, const struct mm_config *config,
    const struct mm_trustfile_document *documents, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!add_document(builder, &documents[i]))
			return false;
	return add_unfetched(builder, config, documents, count);
}

static bool
add_realms(struct mm_trust_builder *builder, const struct mm_config *config)
{
	for (size_t i = 0; i < config->realm_count; i++) {
		const struct mm_config_realm *realm = &config->realms[i];
		struct mm_realm_settings settings = {
			.name = realm->name, .issuer = realm->issuer, .keys = realm->keys,
			.require_key_issuer = realm->require_key_issuer, .algorithms = as_const(realm->algorithms),
			.token_types = as_const(realm->token_types), .max_lifetime_s = realm->max_lifetime_s,
			.absent_for_s = realm->absent_for_s, .mint = realm->keys_kind == MM_KEYS_MINT,
			.when_stale_marked_only = realm->when_stale_marked_only,
			.derived_from = as_const(realm->derived_from),
		};

		if (!mm_trust_builder_add_realm(builder, &settings))
			return false;
	}
	return true;
}

static bool
add_tenants(struct mm_trust_builder *builder, const struct mm_config *config)
{
	for (size_t i = 0; i < config->tenant_count; i++) {
		const struct mm_config_tenant *tenant = &config->tenants[i];
		struct mm_tenant_settings settings = {
			.name = tenant->name, .realm = tenant->realm, .id = tenant->id,
			.domains = as_const(tenant->domains),
		};

		if (!mm_trust_builder_add_tenant(builder, &settings))
			return false;
	}
	return true;
}

static bool
add_services(struct mm_trust_builder *builder, const struct mm_config *config)
{
	for (size_t i = 0; i < config->service_count; i++) {
		const struct mm_config_service *service = &config->services[i];
		struct mm_service_settings settings = {
			.name = service->name, .audience = service->audience, .realms = as_const(service->realms),
			.mailbox_claim = service->mailbox_claim, .scopes = as_const(service->scopes),
			.clients = as_const(service->clients), .binding = service->binding,
			.dpop_nonce = service->dpop_nonce, .mark = service->mark, .ledger = service->ledger,
			.ledger_away_marked_only = service->ledger_away_marked_only,
			.directory = service->directory, .accept_unproven = as_const(service->accept_unproven),
			.exchange_from = as_const(service->exchange_from),
		};

		if (!mm_trust_builder_add_service(builder, &settings))
			return false;
	}
	return true;
}

static bool
add_revoked(struct mm_trust_builder *builder, const struct mm_config_revoke *revoke, enum mm_revocation_kind kind,
    char **values)
{
	for (; values != NULL && *values != NULL; values++) {
		struct mm_revocation_settings settings = {
			.realm = revoke->realm, .kind = kind, .value = *values,
			.issued_before_s = revoke->issued_before_s, .revoked_at_s = revoke->revoked_at_s,
		};

		if (!mm_trust_builder_add_revocation(builder, &settings))
			return false;
	}
	return true;
}

static bool
add_revocations(struct mm_trust_builder *builder, const struct mm_config *config)
{
	for (size_t i = 0; i < config->revoke_count; i++) {
		const struct mm_config_revoke *revoke = &config->revokes[i];

		if (!add_revoked(builder, revoke, MM_REVOKE_TOKEN, revoke->tokens) ||
		    !add_revoked(builder, revoke, MM_REVOKE_SESSION, revoke->sessions) ||
		    !add_revoked(builder, revoke, MM_REVOKE_SUBJECT, revoke->subjects) ||
		    !add_revoked(builder, revoke, MM_REVOKE_CLIENT, revoke->clients) ||
		    !add_revoked(builder, revoke, MM_REVOKE_TENANT, revoke->tenants) ||
		    !add_revoked(builder, revoke, MM_REVOKE_KEY, revoke->keys))
			return false;
	}
	return true;
}

static bool
add_more_tenants(struct mm_trust_builder *builder, const struct mm_trustfile_document *documents, size_t count,
    struct mm_problems *problems)
{
	for (size_t i = 0; i < count; i++) {
		const char *realm = behind(documents[i].path, MM_TENANTS_PREFIX);

		if (documents[i].origin == MM_DOCUMENT_MINT && realm != NULL &&
		    !mm_tenants_add(builder, realm, documents[i].bytes, problems))
			return false;
	}
	return true;
}

bool
mm_trustfile_compile(const struct mm_config *config, const struct mm_trustfile_document *documents,
    size_t document_count, uint64_t epoch, struct mm_problems *problems, void **snapshot, size_t *snapshot_len)
{
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct reporter reporter = { .config = config, .problems = problems };
	bool filled, compiled;

	filled = builder != NULL && add_documents(builder, config, documents, document_count) &&
	    add_realms(builder, config) && add_tenants(builder, config) &&
	    add_more_tenants(builder, documents, document_count, problems) && add_services(builder, config) &&
	    add_revocations(builder, config);
	compiled = filled && mm_trust_builder_compile(builder, epoch, report_note, &reporter, snapshot, snapshot_len);
	mm_trust_builder_free(&builder);
	/* A failure that nobody explained is one of memory. */
	if (!compiled && !mm_problems_has_error(problems))
		problems->incomplete = true;
	return compiled;
}

/* ---- from the files ---- */

/* Key documents that were read; each once. Bytes and, where it is not the realm's, the name are owned. */
struct documents {
	struct mm_trustfile_document *items;
	char **names;
	size_t count;
};

static void
clear_documents(struct documents *documents)
{
	for (size_t i = 0; i < documents->count; i++) {
		free(documents->names[i]);
		free((void *)(uintptr_t)documents->items[i].bytes.ptr);
	}
	free(documents->names);
	free(documents->items);
}

/* name: owned, and NULL for the realm's own document. */
static void
keep_document(struct documents *documents, const struct mm_config_realm *realm, char *name, struct mm_slice bytes)
{
	documents->names[documents->count] = name;
	documents->items[documents->count++] = (struct mm_trustfile_document){
		.path = name == NULL ? realm->keys : name, .bytes = bytes, .origin = origin_of(realm),
	};
}

static void
read_file(struct documents *documents, const struct mm_config *config, const struct mm_config_realm *realm,
    struct mm_problems *problems)
{
	size_t len = 0;
	char *bytes = mm_file_read(AT_FDCWD, realm->keys, MM_DOCUMENT_LEN_MAX, &len);

	if (bytes != NULL)
		keep_document(documents, realm, NULL, mm_slice(bytes, len));
	else
		mm_problems_add(problems, MM_PROBLEM_ERROR, config->path, realm->line,
		    "put the realm's JWK set there, or correct 'keys'", "realm %s: its key file %s cannot be read: %s",
		    realm->name, realm->keys, mm_file_failure_text(errno));
}

/* Read what mintmarkd kept of a document; bytes absent and errno where there is nothing. */
static struct mm_slice
load_kept(const char *folder, const char *name)
{
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), failure;
	int64_t fetched_s = 0;
	char *bytes = NULL;
	size_t len = 0;

	if (fd == -1)
		return MM_SLICE_ABSENT;
	bytes = mm_kept_keys_load(fd, name, &len, &fetched_s);
	failure = errno;
	close(fd);
	errno = failure;
	return bytes == NULL ? MM_SLICE_ABSENT : mm_slice(bytes, len);
}

/* Users and further tenants of a mint; there need be none. */
static void
read_beside(struct documents *documents, const struct mm_config_realm *realm, const char *folder, const char *prefix,
    struct mm_problems *problems)
{
	struct mm_slice bytes;
	char *name = NULL;

	if (asprintf(&name, "%s%s", prefix, realm->name) < 0) {
		problems->incomplete = true;
		return;
	}
	bytes = load_kept(folder, name);
	if (mm_slice_present(bytes))
		keep_document(documents, realm, name, bytes);
	else
		free(name);
}

static void
tell_not_kept(const struct mm_config *config, const struct mm_config_realm *realm, const char *folder,
    struct mm_problems *problems)
{
	const char *why = errno != ENOENT ? mm_file_failure_text(errno) :
	    realm->keys_kind == MM_KEYS_MINT ? "the ledger sent none" : "none were fetched";

	mm_problems_add(problems, MM_PROBLEM_REMARK, config->path, realm->line,
	    realm->keys_kind == MM_KEYS_MINT ?
	    "after 'mintmark init' mintmarkd has them made, and keeps them; run this as a user that may read them" :
	    "mintmarkd gets and keeps them; run this as a user that may read them",
	    "realm %s: no keys of %s are kept in %s: %s", realm->name, realm->keys, folder, why);
}

/* Nothing is fetched here: what mintmarkd kept is what there is. */
static void
read_kept(struct documents *documents, const struct mm_config *config, const struct mm_config_realm *realm,
    struct mm_problems *problems)
{
	struct mm_slice bytes;
	char *folder = NULL;

	if (asprintf(&folder, "%s/" MM_KEPT_KEYS_FOLDER, config->state_dir) < 0) {
		problems->incomplete = true;
		return;
	}
	bytes = load_kept(folder, realm->keys);
	if (mm_slice_present(bytes))
		keep_document(documents, realm, NULL, bytes);
	else
		tell_not_kept(config, realm, folder, problems);
	if (realm->keys_kind == MM_KEYS_MINT) {
		read_beside(documents, realm, folder, MM_DIRECTORY_PREFIX, problems);
		read_beside(documents, realm, folder, MM_TENANTS_PREFIX, problems);
	}
	free(folder);
}

static bool
read_documents(struct documents *documents, const struct mm_config *config, struct mm_problems *problems)
{
	/* A mint has three. */
	documents->items = calloc(3 * config->realm_count + 1, sizeof(*documents->items));
	documents->names = calloc(3 * config->realm_count + 1, sizeof(*documents->names));
	if (documents->items == NULL || documents->names == NULL) {
		problems->incomplete = true;
		return false;
	}
	for (size_t i = 0; i < config->realm_count; i++) {
		if (is_shared_with_earlier(config, i))
			continue;
		if (config->realms[i].keys_kind == MM_KEYS_FILE)
			read_file(documents, config, &config->realms[i], problems);
		else
			read_kept(documents, config, &config->realms[i], problems);
	}
	return !mm_problems_has_error(problems);
}

struct mm_config *
mm_trustfile_read_config(const char *path, struct mm_problems *problems)
{
	struct mm_config *config;
	size_t len = 0;
	char *text = mm_file_read(AT_FDCWD, path, MM_CONFIG_LEN_MAX, &len);

	if (text == NULL) {
		mm_problems_add(problems, MM_PROBLEM_ERROR, path, 0, "-c FILE names another configuration",
		    "the configuration cannot be read: %s", mm_file_failure_text(errno));
		return NULL;
	}
	config = mm_config_parse(mm_slice(text, len), path, problems);
	free(text);
	return config;
}

static struct mm_trust *
compile_and_load(const struct mm_config *config, const struct documents *documents, struct mm_problems *problems)
{
	struct mm_trust *trust;
	const char *why = "memory is short";
	void *snapshot = NULL;
	size_t len = 0;

	if (!mm_trustfile_compile(config, documents->items, documents->count, 1, problems, &snapshot, &len))
		return NULL;
	trust = mm_trust_load(snapshot, len, &why);
	if (trust == NULL)
		mm_problems_add(problems, MM_PROBLEM_ERROR, config->path, 0, NULL,
		    "the trust cannot be loaded: %s", why);
	free(snapshot);
	return trust;
}

bool
mm_trustfile_load_trust(const struct mm_config *config, struct mm_problems *problems, struct mm_trust **trust)
{
	struct documents documents = { .count = 0 };
	struct mm_trust *loaded = NULL;

	if (read_documents(&documents, config, problems))
		loaded = compile_and_load(config, &documents, problems);
	clear_documents(&documents);
	if (loaded != NULL)
		*trust = loaded;
	return loaded != NULL;
}

bool
mm_trustfile_load(const char *config_path, struct mm_problems *problems, struct mm_config **config,
    struct mm_trust **trust)
{
	struct mm_config *read = mm_trustfile_read_config(config_path, problems);

	if (read == NULL)
		return false;
	if (!mm_trustfile_load_trust(read, problems, trust)) {
		mm_config_free(&read);
		return false;
	}
	*config = read;
	return true;
}
