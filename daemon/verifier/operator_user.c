/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark user list|show|add|change|disable.
 */
#include "daemon/verifier/operator.h"
#include "daemon/verifier/password.h"
#include "daemon/verifier/revocation.h"
#include "daemon/verifier/scope.h"
#include "daemon/verifier/secret.h"
#include "daemon/verifier/table_spent.h"
#include "daemon/verifier/table_user.h"
#include "lib/codec/mailbox.h"
#include "lib/codec/utf8.h"

#include <string.h>

/* ---- seeing ---- */

static void
write_user(struct mm_json_writer *writer, const char *name, const struct verifier_user *user)
{
	mm_json_begin_object(writer, name);
	mm_json_add_slice(writer, "username", mm_mint_text_get(&user->username));
	mm_json_add_slice(writer, "name", mm_mint_text_get(&user->name));
	mm_json_add_slice(writer, "tenant", mm_mint_text_get(&user->tenant));
	mm_json_add_slice(writer, "subject", mm_mint_text_get(&user->subject));
	verifier_write_words(writer, "delegates", mm_mint_text_get(&user->delegates));
	mm_json_add_bool(writer, "disabled", user->disabled);
	mm_json_add_int(writer, "created", user->created_s);
	mm_json_add_int(writer, "changed", user->changed_s);
	mm_json_end_object(writer);
}

static const char *
list(struct verifier *verifier, struct mm_json_writer *writer)
{
	struct verifier_user user;
	bool started = false;

	mm_json_begin_object(writer, NULL);
	mm_json_add_bool(writer, "done", true);
	mm_json_add_slice(writer, "realm", verifier->realm.name);
	mm_json_begin_array(writer, "users");
	while (verifier_user_next(&verifier->table, &started, &user))
		write_user(writer, NULL, &user);
	mm_json_end_array(writer);
	mm_json_end_object(writer);
	return NULL;
}

static const char *
show(struct verifier *verifier, const struct verifier_user *user, struct mm_json_writer *writer)
{
	mm_json_begin_object(writer, NULL);
	mm_json_add_bool(writer, "done", true);
	mm_json_add_slice(writer, "realm", verifier->realm.name);
	write_user(writer, "user", user);
	verifier_write_changes(verifier, writer, mm_mint_text_get(&user->username));
	mm_json_end_object(writer);
	return NULL;
}

/* ---- rules ---- */

static bool
is_text(struct mm_slice text)
{
	size_t at = 0, len;

	for (; at < text.len; at += len) {
		len = mm_utf8_decode(text.ptr + at, text.len - at, NULL);
		if (len == 0 || (unsigned char)text.ptr[at] < 0x20 || text.ptr[at] == 0x7f)
			return false;
	}
	return true;
}

/* The tenant that is meant; where the realm has one, that one. NULL with *why. */
static const struct verifier_tenant *
choose_tenant(const struct verifier *verifier, struct mm_slice name, const char **why)
{
	const struct verifier_tenant *tenant = verifier_tenant_find(&verifier->realm, name);

	if (tenant == NULL && name.len == 0 && verifier->realm.tenant_count == 1)
		tenant = &verifier->realm.tenants[0];
	if (tenant == NULL)
		*why = verifier->realm.tenant_count == 0 ?
		    "the realm has no tenant: add one first, with the domain of the mailbox" :
		    "there is no such tenant: name one with --tenant";
	return tenant;
}

static const char *
check_delegates(struct mm_slice list, const struct verifier_tenant *tenant)
{
	char room[MM_MAILBOX_LEN_MAX];
	struct mm_mailbox mailbox;
	struct mm_scratch scratch;
	struct mm_slice word;
	size_t at = 0;

	if (!verifier_words_check(list))
		return "the delegates are no list of mailboxes, or one stands there twice";
	while (verifier_words_next(list, &at, &word)) {
		mm_scratch_init(&scratch, room, sizeof(room));
		if (!mm_mailbox_parse(word, &scratch, &mailbox) || !mm_slice_equal(mailbox.address, word))
			return "a delegate is no mailbox in lower case";
		if (!verifier_tenant_has_domain(tenant, mailbox.domain))
			return "a delegate's domain is not one of the tenant's";
	}
	return NULL;
}

static const char *
read_username(const struct mm_ask_user *ask, char room[MM_MAILBOX_LEN_MAX], struct mm_mailbox *mailbox)
{
	struct mm_scratch scratch;

	mm_scratch_init(&scratch, room, MM_MAILBOX_LEN_MAX);
	if (!mm_mailbox_parse(mm_mint_text_get(&ask->username), &scratch, mailbox))
		return "the name is no mailbox: NAME@DOMAIN";
	return NULL;
}

/* Put what is stated into the user, and check all of it together. */
static const char *
fill_user(struct verifier *verifier, const struct mm_ask_user *ask, const struct mm_mailbox *mailbox,
    struct verifier_user *user)
{
	const struct verifier_tenant *tenant;
	const char *why = NULL;

	if ((ask->stated & MM_STATED_TENANT) != 0)
		verifier_text_put(&user->tenant, mm_mint_text_get(&ask->tenant));
	tenant = choose_tenant(verifier, mm_mint_text_get(&user->tenant), &why);
	if (tenant == NULL || !mm_mint_text_set(&user->tenant, tenant->name))
		return why;
	if (!verifier_tenant_has_domain(tenant, mailbox->domain))
		return "the mailbox's domain is not one of the tenant's";
	if ((ask->stated & MM_STATED_NAME) != 0)
		verifier_text_put(&user->name, mm_mint_text_get(&ask->name));
	if ((ask->stated & MM_STATED_HASH) != 0)
		verifier_text_put(&user->hash, mm_mint_text_get(&ask->hash));
	if ((ask->stated & MM_STATED_DELEGATES) != 0)
		verifier_text_put(&user->delegates, mm_mint_text_get(&ask->delegates));
	if ((ask->stated & MM_STATED_DISABLED) != 0)
		user->disabled = ask->disabled != 0;
	if (!is_text(mm_mint_text_get(&user->name)))
		return "the name to be shown is no text";
	if (!verifier_hash_check(mm_mint_text_get(&user->hash)))
		return "the password's hash is missing, or is not yescrypt";
	return check_delegates(mm_mint_text_get(&user->delegates), tenant);
}

/* ---- changing ---- */

static void
record(struct verifier *verifier, const struct mm_mint_ask *head, const char *verb, const struct verifier_user *user,
    uint32_t stated)
{
	verifier_change_add(&verifier->table, verifier->now_s, head->uid, verb, mm_mint_text_get(&user->username),
	    verifier_stated_words(stated));
	verifier->users_changed = true;
	verifier->directory_due_ms = 0;
}

static const char *
add(struct verifier *verifier, const struct mm_mint_ask *head, const struct mm_ask_user *ask,
    const struct mm_mailbox *mailbox, struct mm_json_writer *writer)
{
	struct verifier_user user = { .id = 0 };
	char subject[VERIFIER_ID_TEXT_LEN];
	const char *why;

	if (verifier_user_by_name(&verifier->table, mailbox->address, &user))
		return "there is a user of this name";
	user = (struct verifier_user){ .created_s = verifier->now_s, .changed_s = verifier->now_s };
	if (!mm_mint_text_set(&user.username, mailbox->address) || !verifier_id_make(subject) ||
	    !mm_mint_text_set(&user.subject, mm_slice(subject, sizeof(subject))))
		return "there are no random bytes";
	why = fill_user(verifier, ask, mailbox, &user);
	if (why != NULL)
		return why;
	if (!verifier_user_add(&verifier->table, &user, verifier->now_s))
		return "the user cannot be written down";
	record(verifier, head, "add", &user, ask->stated);
	return show(verifier, &user, writer);
}

/* A new password, another tenant, or the end of it: what he was signed in at ends. */
#define CUTS (MM_STATED_HASH | MM_STATED_TENANT)

static const char *
change(struct verifier *verifier, const struct mm_mint_ask *head, const struct mm_ask_user *ask,
    const struct mm_mailbox *mailbox, struct mm_json_writer *writer)
{
	struct verifier_user user;
	const char *why;

	if (!verifier_user_by_name(&verifier->table, mailbox->address, &user))
		return "there is no user of this name";
	if (ask->stated == 0)
		return "say what to change";
	why = fill_user(verifier, ask, mailbox, &user);
	if (why != NULL)
		return why;
	if (!verifier_user_change(&verifier->table, &user, verifier->now_s))
		return "the user cannot be written down";
	if (user.disabled || (ask->stated & CUTS) != 0)
		verifier_end_user(verifier, &user);
	user.changed_s = verifier->now_s;
	record(verifier, head, "change", &user, ask->stated);
	return show(verifier, &user, writer);
}

static const char *
disable(struct verifier *verifier, const struct mm_mint_ask *head, const struct mm_mailbox *mailbox,
    struct mm_json_writer *writer)
{
	struct verifier_user user;

	if (!verifier_user_by_name(&verifier->table, mailbox->address, &user))
		return "there is no user of this name";
	user.disabled = true;
	user.changed_s = verifier->now_s;
	if (!verifier_user_change(&verifier->table, &user, verifier->now_s))
		return "the user cannot be written down";
	verifier_end_user(verifier, &user);
	record(verifier, head, "disable", &user, MM_STATED_DISABLED);
	return show(verifier, &user, writer);
}

const char *
verifier_operator_user(struct verifier *verifier, const struct mm_mint_ask *head, const struct mm_ask_user *ask,
    struct mm_json_writer *writer)
{
	char room[MM_MAILBOX_LEN_MAX];
	struct mm_mailbox mailbox;
	struct verifier_user user;
	const char *why;

	if (head->verb == MM_MINT_VERB_USER_LIST && ask->username.len == 0)
		return list(verifier, writer);
	why = read_username(ask, room, &mailbox);
	if (why != NULL)
		return why;
	switch ((enum mm_mint_verb)head->verb) {
	case MM_MINT_VERB_USER_ADD:
		return add(verifier, head, ask, &mailbox, writer);
	case MM_MINT_VERB_USER_CHANGE:
		return change(verifier, head, ask, &mailbox, writer);
	case MM_MINT_VERB_USER_DISABLE:
		return disable(verifier, head, &mailbox, writer);
	default:
		if (!verifier_user_by_name(&verifier->table, mailbox.address, &user))
			return "there is no user of this name";
		return show(verifier, &user, writer);
	}
}
