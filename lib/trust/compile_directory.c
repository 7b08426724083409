/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories (doc/PROTOCOL.directory): whose subject opens which mailboxes.
 *
 * What cannot be read refuses the snapshot. What can be read and is not good takes rights away and gives none: a
 * subject who stands twice is nobody, and an address outside of the tenant's domains is no mailbox.
 */
#include "lib/base/limits.h"
#include "lib/base/scratch.h"
#include "lib/codec/json.h"
#include "lib/codec/mailbox.h"
#include "lib/trust/compile.h"
#include "lib/trust/find.h"

#include <stdlib.h>

/* The document, and one user. */
#define TOP_MEMBERS_MAX 16
#define USER_MEMBERS_MAX 16

struct directory {
	struct mm_compilation *compilation;
	const struct mm_builder_directory *row;
	size_t realm;
	struct mm_scratch scratch; /* for texts that are unescaped and addresses in lower case */
	const struct mm_compiled_tenant **tenants; /* of the realm, by name */
	size_t tenant_count;
};

static void
note(struct directory *directory, enum mm_note_class class, const char *text, const char *mend)
{
	mm_compile_note(directory->compilation, class,
	    mm_compile_text(directory->compilation, "directory:%s", directory->row->realm), MM_SLICE_ABSENT, text,
	    mend);
}

static bool
refuse(struct directory *directory, const char *text)
{
	note(directory, MM_NOTE_REFUSED, text, "see what the realm's verifier says in the log");
	return false;
}

/* ---- addresses ---- */

static bool
is_domain_of(const struct mm_tenant_settings *tenant, struct mm_slice domain)
{
	char lower[MM_MAILBOX_LEN_MAX];

	for (const char *const *at = tenant->domains; at != NULL && *at != NULL; at++)
		if (mm_mailbox_domain_parse(mm_slice_str(*at), lower) &&
		    mm_slice_equal(mm_slice(lower, strlen(*at)), domain))
			return true;
	return false;
}

/* An address of the tenant in lower case; absent where it is none, which is told. */
static struct mm_slice
read_address(struct directory *directory, const struct mm_compiled_user *user, struct mm_json_value value)
{
	const struct mm_tenant_settings *tenant = directory->compilation->tenants[user->tenant].settings;
	struct mm_mailbox mailbox;
	struct mm_slice text;

	if (mm_json_string(value, &directory->scratch, &text) &&
	    mm_mailbox_parse(text, &directory->scratch, &mailbox) && is_domain_of(tenant, mailbox.domain))
		return mailbox.address;
	note(directory, MM_NOTE_REMARK, mm_compile_text(directory->compilation,
	    "a mailbox of a user of tenant %s is no address in its domains: left out", tenant->name),
	    "correct the user, or the tenant's domains");
	return MM_SLICE_ABSENT;
}

static size_t
count_elements(struct mm_json_value array)
{
	struct mm_json_value element;
	size_t position = 0, count = 0;

	while (mm_json_next(array, &position, &element))
		count++;
	return count;
}

static bool
read_delegates(struct directory *directory, struct mm_compiled_user *user, struct mm_json_value array)
{
	size_t count = count_elements(array), position = 0;
	struct mm_json_value element;

	if (array.type != MM_JSON_ABSENT && array.type != MM_JSON_ARRAY)
		return refuse(directory, "a user's 'delegates' are no list");
	user->delegates = mm_pool_array(&directory->compilation->pool, count + 1, sizeof(*user->delegates));
	if (user->delegates == NULL) {
		directory->compilation->no_memory = true;
		return false;
	}
	while (mm_json_next(array, &position, &element)) {
		struct mm_slice address = read_address(directory, user, element);

		if (mm_slice_present(address))
			user->delegates[user->delegate_count++] = address;
	}
	return true;
}

/* ---- users ---- */

static int
compare_names(const void *left, const void *right)
{
	const struct mm_compiled_tenant *const *a = left, *const *b = right;

	return mm_slice_compare(mm_slice_str((*a)->settings->name), mm_slice_str((*b)->settings->name));
}

static int
compare_with_name(const void *name, const void *row)
{
	const struct mm_compiled_tenant *const *tenant = row;

	return mm_slice_compare(*(const struct mm_slice *)name, mm_slice_str((*tenant)->settings->name));
}

static bool
sort_tenants(struct directory *directory)
{
	struct mm_compilation *compilation = directory->compilation;

	directory->tenants = mm_pool_array(&compilation->pool, compilation->tenant_count + 1,
	    sizeof(*directory->tenants));
	if (directory->tenants == NULL) {
		compilation->no_memory = true;
		return false;
	}
	for (size_t i = 0; i < compilation->tenant_count; i++)
		if (compilation->tenants[i].realm == directory->realm)
			directory->tenants[directory->tenant_count++] = &compilation->tenants[i];
	qsort(directory->tenants, directory->tenant_count, sizeof(*directory->tenants), compare_names);
	return true;
}

/* The number of the realm's tenant of this name; the compilation's tenant_count: none. */
static size_t
find_tenant(const struct directory *directory, struct mm_slice name)
{
	const struct mm_compilation *compilation = directory->compilation;
	const struct mm_compiled_tenant *const *found = bsearch(&name, directory->tenants, directory->tenant_count,
	    sizeof(*directory->tenants), compare_with_name);

	return found == NULL ? compilation->tenant_count : (size_t)(*found - compilation->tenants);
}

static bool
read_mailbox(struct directory *directory, struct mm_compiled_user *user, struct mm_json_value value)
{
	user->mailbox = MM_SLICE_ABSENT;
	if (value.type == MM_JSON_ABSENT || value.type == MM_JSON_NULL)
		return true;
	if (value.type != MM_JSON_STRING)
		return refuse(directory, "a user's 'mailbox' is no text");
	user->mailbox = read_address(directory, user, value);
	return true;
}

static bool
read_user(struct directory *directory, struct mm_json_value element)
{
	struct mm_compilation *compilation = directory->compilation;
	struct mm_compiled_user *user = &compilation->users[compilation->user_count];
	struct mm_json_member room[USER_MEMBERS_MAX];
	struct mm_json_index members = { room, 0, USER_MEMBERS_MAX };
	struct mm_slice tenant;

	*user = (struct mm_compiled_user){ .dropped = false };
	if (!mm_json_view_object(element, &members) ||
	    !mm_json_string(mm_json_find(&members, "tenant"), &directory->scratch, &tenant) ||
	    !mm_json_string(mm_json_find(&members, "subject"), &directory->scratch, &user->subject) ||
	    user->subject.len == 0 || user->subject.len > MM_CLAIM_LEN_MAX)
		return refuse(directory, "a user has no tenant or no subject");
	user->tenant = find_tenant(directory, tenant);
	if (user->tenant == compilation->tenant_count) {
		note(directory, MM_NOTE_REMARK, mm_compile_text(compilation,
		    "a user is of tenant %.*s, which the realm does not have: left out", (int)tenant.len, tenant.ptr),
		    "add the tenant, or move the user");
		return true;
	}
	if (!read_mailbox(directory, user, mm_json_find(&members, "mailbox")) ||
	    !read_delegates(directory, user, mm_json_find(&members, "delegates")))
		return false;
	compilation->user_count++;
	return true;
}

static bool
read_users(struct directory *directory, struct mm_json_value users)
{
	struct mm_json_value element;
	size_t position = 0;

	while (mm_json_next(users, &position, &element))
		if (!read_user(directory, element))
			return false;
	return true;
}

/* ---- documents ---- */

/* Room for the users of one more directory. */
static bool
make_room(struct directory *directory, size_t count)
{
	struct mm_compilation *compilation = directory->compilation;
	struct mm_compiled_user *grown =
	    mm_pool_array(&compilation->pool, compilation->user_count + count + 1, sizeof(*grown));

	if (grown == NULL) {
		compilation->no_memory = true;
		return false;
	}
	if (compilation->user_count > 0)
		memcpy(grown, compilation->users, compilation->user_count * sizeof(*grown));
	compilation->users = grown;
	return true;
}

static bool
scan(struct directory *directory, struct mm_json_value *users)
{
	struct mm_json_names *names = mm_pool_alloc(&directory->compilation->pool, sizeof(*names));
	struct mm_json_member room[TOP_MEMBERS_MAX];
	struct mm_json_index members = { room, 0, TOP_MEMBERS_MAX };
	/* Unescaping shortens; of an address in lower case there are two copies. */
	size_t size = 3 * directory->row->json.len + 4096;
	char *bytes = mm_pool_alloc(&directory->compilation->pool, size);

	if (names == NULL || bytes == NULL) {
		directory->compilation->no_memory = true;
		return false;
	}
	mm_scratch_init(&directory->scratch, bytes, size);
	if (mm_json_scan(directory->row->json, names, &members, NULL) != MM_OK)
		return refuse(directory, "it is no JSON object");
	*users = mm_json_find(&members, "users");
	return users->type == MM_JSON_ARRAY || refuse(directory, "it has no list of users");
}

static void
compile_directory(struct mm_compilation *compilation, const struct mm_builder_directory *row)
{
	struct directory directory = {
		.compilation = compilation, .row = row, .realm = mm_compile_find_realm(compilation, row->realm),
	};
	struct mm_json_value users;

	if (directory.realm == compilation->realm_count || !compilation->realms[directory.realm].settings->mint)
		(void)refuse(&directory, "there is no mint of this name");
	else if (row->json.len > MM_DIRECTORY_LEN_MAX)
		(void)refuse(&directory, "it is longer than 32 MiB");
	else if (row->json.len > 0 && scan(&directory, &users) && sort_tenants(&directory) &&
	    make_room(&directory, count_elements(users)))
		(void)read_users(&directory, users);
}

/* ---- all ---- */

static int
compare_users(const void *left, const void *right)
{
	const struct mm_compiled_user *a = left, *b = right;

	if (a->tenant != b->tenant)
		return a->tenant < b->tenant ? -1 : 1;
	return mm_slice_compare(a->subject, b->subject);
}

/* Nobody can tell which of two is meant. */
static void
drop_doubles(struct mm_compilation *compilation)
{
	struct mm_compiled_user *users = compilation->users;
	size_t kept = 0;

	for (size_t i = 1; i < compilation->user_count; i++) {
		if (compare_users(&users[i - 1], &users[i]) != 0)
			continue;
		users[i - 1].dropped = users[i].dropped = true;
		mm_compile_note(compilation, MM_NOTE_ALARM, compilation->tenants[users[i].tenant].settings->name,
		    MM_SLICE_ABSENT, mm_compile_text(compilation, "subject '%.*s' stands twice in the directory",
		    (int)users[i].subject.len, users[i].subject.ptr), "remove one of the two users");
	}
	for (size_t i = 0; i < compilation->user_count; i++)
		if (!users[i].dropped)
			users[kept++] = users[i];
	compilation->user_count = kept;
}

void
mm_compile_directories(struct mm_compilation *compilation)
{
	for (const struct mm_builder_directory *row = compilation->builder->directories; row != NULL; row = row->next)
		compile_directory(compilation, row);
	if (compilation->user_count > 0)
		qsort(compilation->users, compilation->user_count, sizeof(*compilation->users), compare_users);
	drop_doubles(compilation);
}
