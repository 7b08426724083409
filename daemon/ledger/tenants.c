/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tenants: a table in memory, made of the configuration and of records, each of which is the whole of one tenant.
 */
#include "daemon/ledger/tenants.h"

#include "daemon/ledger/tenant_record.h"
#include "engine/json_writer.h"
#include "lib/base/array.h"
#include "lib/codec/mailbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TENANTS_FIRST 16
/* As many as a document of them holds. */
#define TENANTS_MAX 8192
#define DOCUMENT_LEN_MAX ((size_t)1024 * 1024)
#define ANSWER_LEN_MAX ((size_t)8 * 1024 * 1024)
#define WAITING_MAX 16

struct entry {
	struct ledger_realm *realm; /* NULL: of no mint, or of one that is not configured any more */
	bool configured;
	struct ledger_tenant tenant;
};

struct question {
	struct ledger_realm *realm;
	struct mm_mint_ask ask;
	struct mm_ask_tenant what;
};

struct ledger_tenants {
	struct ledger *ledger;
	struct entry *entries;
	size_t count, size;
	struct entry **by_id; /* those that may have tokens, in order of realm and id */
	size_t by_id_count;
	bool begun, recording;
	struct question question; /* whose record is being made durable */
	struct ledger_tenant fresh;
	struct question waiting[WAITING_MAX];
	size_t waiting_count;
};

struct ledger_tenants *
ledger_tenants_new(struct ledger *ledger)
{
	struct ledger_tenants *tenants = calloc(1, sizeof(*tenants));

	if (tenants != NULL)
		tenants->ledger = ledger;
	return tenants;
}

void
ledger_tenants_free(struct ledger_tenants **tenants)
{
	if (*tenants == NULL)
		return;
	for (size_t i = 0; i < (*tenants)->count; i++)
		ledger_tenant_clear(&(*tenants)->entries[i].tenant);
	ledger_tenant_clear(&(*tenants)->fresh);
	free((*tenants)->entries);
	free((*tenants)->by_id);
	free(*tenants);
	*tenants = NULL;
}

/* ---- the table ---- */

static int
compare(const void *left, const void *right)
{
	const struct entry *a = *(struct entry *const *)left, *b = *(struct entry *const *)right;

	if (a->realm->number != b->realm->number)
		return a->realm->number < b->realm->number ? -1 : 1;
	return strcmp(a->tenant.id, b->tenant.id);
}

/* Put those that may have tokens in order; false where memory is short: nobody has any then. */
static bool
sort_by_id(struct ledger_tenants *tenants)
{
	struct entry **sorted = calloc(tenants->count + 1, sizeof(struct entry *));

	free(tenants->by_id);
	tenants->by_id = sorted;
	tenants->by_id_count = 0;
	if (sorted == NULL)
		return false;
	for (size_t i = 0; i < tenants->count; i++)
		if (tenants->entries[i].realm != NULL && !tenants->entries[i].tenant.disabled)
			sorted[tenants->by_id_count++] = &tenants->entries[i];
	qsort(sorted, tenants->by_id_count, sizeof(struct entry *), compare);
	return true;
}

static struct entry *
find(struct ledger_tenants *tenants, const char *name, bool configured)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (tenants->entries[i].configured == configured && strcmp(tenants->entries[i].tenant.name, name) == 0)
			return &tenants->entries[i];
	return NULL;
}

/* An entry more, which takes what tenant owns; NULL where there is no room. */
static struct entry *
add(struct ledger_tenants *tenants, struct ledger_realm *realm, bool configured, struct ledger_tenant *tenant)
{
	size_t size = tenants->size == 0 ? TENANTS_FIRST : tenants->size * 2;
	struct entry *entries;

	if (tenants->count == tenants->size) {
		entries = tenants->count >= TENANTS_MAX ? NULL : realloc(tenants->entries, size * sizeof(*entries));
		if (entries == NULL)
			return NULL;
		tenants->entries = entries;
		tenants->size = size;
	}
	tenants->entries[tenants->count] = (struct entry){ realm, configured, *tenant };
	*tenant = (struct ledger_tenant){ .disabled = false };
	return &tenants->entries[tenants->count++];
}

/* A domain in the order of NUL-ended texts; false at the empty one. */
static bool
next_domain(struct mm_slice *rest, struct mm_slice *domain)
{
	const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, '\0', rest->len);

	if (end == NULL || end == rest->ptr)
		return false;
	*domain = mm_slice(rest->ptr, (size_t)(end - rest->ptr));
	*rest = mm_slice(end + 1, rest->len - domain->len - 1);
	return true;
}

bool
ledger_tenants_configured(struct ledger_tenants *tenants, struct ledger_realm *realm, struct mm_slice name,
    struct mm_slice id, struct mm_slice domains)
{
	struct ledger_tenant tenant = { .disabled = false };
	struct mm_slice domain;
	bool good;

	good = name.len <= MM_NAME_LEN_MAX && id.len <= MM_MINT_ID_LEN_MAX;
	if (good) {
		memcpy(tenant.name, name.ptr, name.len);
		memcpy(tenant.id, id.ptr, id.len);
	}
	while (good && next_domain(&domains, &domain))
		good = ledger_tenant_add_word(&tenant.domains, domain);
	good = good && domains.len == 1 && domains.ptr[0] == '\0' && add(tenants, realm, true, &tenant) != NULL;
	ledger_tenant_clear(&tenant);
	return good;
}

/* What a record says replaces what one before it said of the same tenant. */
static bool
put(struct ledger_tenants *tenants, struct ledger_realm *realm, struct ledger_tenant *tenant)
{
	struct entry *entry = find(tenants, tenant->name, false);

	if (entry == NULL)
		return add(tenants, realm, false, tenant) != NULL;
	ledger_tenant_clear(&entry->tenant);
	entry->realm = realm;
	entry->tenant = *tenant;
	*tenant = (struct ledger_tenant){ .disabled = false };
	return true;
}

const char *
ledger_tenants_take_record(struct ledger_tenants *tenants, struct mm_slice realm, struct mm_slice bytes)
{
	struct ledger_tenant tenant;
	bool done;

	if (!ledger_tenant_read(bytes, &tenant))
		return "a record of a tenant is not as this version writes it, or memory is short";
	done = put(tenants, ledger_realm_by_name(tenants->ledger, realm), &tenant);
	ledger_tenant_clear(&tenant);
	return done ? NULL : "there are too many tenants, or memory is short";
}

/* ---- what mintmarkd is told ---- */

static void
add_words(struct mm_json_writer *writer, const char *name, const char *words)
{
	const char *word = words == NULL ? "" : words;

	mm_json_begin_array(writer, name);
	while (*word != '\0') {
		size_t len = strcspn(word, " ");

		mm_json_add_slice(writer, NULL, mm_slice(word, len));
		word += len + (word[len] == ' ' ? 1 : 0);
	}
	mm_json_end_array(writer);
}

static void
add_tenant(struct mm_json_writer *writer, const struct entry *entry)
{
	mm_json_add_str(writer, "name", entry->tenant.name);
	if (entry->tenant.id[0] != '\0')
		mm_json_add_str(writer, "id", entry->tenant.id);
	add_words(writer, "domains", entry->tenant.domains);
}

static void
tell_realm(struct ledger_tenants *tenants, struct ledger_realm *realm)
{
	const uint8_t number[2] = { (uint8_t)realm->number, (uint8_t)(realm->number >> 8) };
	struct mm_json_writer writer;
	struct mm_buf buf;

	mm_buf_init(&buf, DOCUMENT_LEN_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_begin_array(&writer, "tenants");
	for (size_t i = 0; i < tenants->count; i++) {
		const struct entry *entry = &tenants->entries[i];

		if (entry->realm != realm || entry->configured || entry->tenant.disabled)
			continue;
		mm_json_begin_object(&writer, NULL);
		add_tenant(&writer, entry);
		mm_json_end_object(&writer);
	}
	mm_json_end_array(&writer);
	mm_json_end_object(&writer);
	if (!mm_buf_ok(&buf) || !ledger_tell(tenants->ledger, MM_MESSAGE_LEDGER_TENANTS, number, sizeof(number),
	                            mm_slice(buf.data, buf.len)))
		ledger_alarm(tenants->ledger, "realm %s: its tenants cannot be told", realm->name);
	mm_buf_clear(&buf);
}

/* Of a tenant that stands in the configuration meanwhile, that counts. */
static void
drop_configured(struct ledger_tenants *tenants)
{
	for (size_t i = 0; i < tenants->count; i++) {
		struct entry *entry = &tenants->entries[i];

		if (entry->configured || find(tenants, entry->tenant.name, true) == NULL)
			continue;
		ledger_alarm(tenants->ledger, "tenant %s was added here, and stands in the configuration: that counts",
		    entry->tenant.name);
		entry->realm = NULL;
	}
}

void
ledger_tenants_begin(struct ledger_tenants *tenants)
{
	tenants->begun = true;
	drop_configured(tenants);
	if (!sort_by_id(tenants))
		ledger_alarm(tenants->ledger, "memory is short for the tenants: nothing is issued");
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(tenants->ledger, realm)) != NULL;)
		tell_realm(tenants, realm);
}

/* ---- issuing ---- */

static bool
has(const struct ledger_tenants *tenants, const struct ledger_realm *realm, struct mm_slice id)
{
	struct entry wanted = { .realm = (struct ledger_realm *)(uintptr_t)realm }, *key = &wanted;

	if (id.len > MM_MINT_ID_LEN_MAX || tenants->by_id == NULL)
		return false;
	if (id.len > 0)
		memcpy(wanted.tenant.id, id.ptr, id.len);
	return bsearch(&key, tenants->by_id, tenants->by_id_count, sizeof(struct entry *), compare) != NULL;
}

bool
ledger_tenants_has(const struct ledger_tenants *tenants, const struct ledger_realm *realm, struct mm_slice id)
{
	if (has(tenants, realm, id))
		return true;
	/* A derived realm has the tenants of its parents: those that were added too. */
	for (size_t i = 0; i < realm->parent_count; i++) {
		const struct ledger_realm *parent =
		    ledger_realm_by_name(tenants->ledger, mm_slice_str(realm->parents[i]));

		if (parent != NULL && has(tenants, parent, id))
			return true;
	}
	return false;
}

/* ---- questions ---- */

static void
refuse(struct ledger_tenants *tenants, const struct question *question, const char *why, const char *mend)
{
	ledger_refuse(tenants->ledger, question->ask.number, why, mend);
}

static void
add_answer(struct mm_json_writer *writer, const struct entry *entry)
{
	mm_json_add_str(writer, "realm", entry->realm == NULL ? NULL : entry->realm->name);
	add_tenant(writer, entry);
	add_words(writer, "admins", entry->tenant.admins);
	mm_json_add_bool(writer, "configured", entry->configured);
	mm_json_add_bool(writer, "disabled", entry->tenant.disabled);
	if (!entry->configured) {
		mm_json_add_int(writer, "changed", entry->tenant.time_s);
		mm_json_add_int(writer, "changed_by", entry->tenant.uid);
	}
}

static void
send_answer(struct ledger_tenants *tenants, const struct question *question, struct mm_buf *buf)
{
	if (mm_buf_ok(buf))
		ledger_answer(tenants->ledger, question->ask.number, true, mm_slice(buf->data, buf->len));
	else
		refuse(tenants, question, "the answer is too long", "ask about one tenant");
	mm_buf_clear(buf);
}

static void
answer_list(struct ledger_tenants *tenants, const struct question *question)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	mm_buf_init(&buf, ANSWER_LEN_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_bool(&writer, "done", true);
	mm_json_begin_array(&writer, "tenants");
	for (size_t i = 0; i < tenants->count; i++) {
		const struct entry *entry = &tenants->entries[i];

		if (entry->realm == NULL || (question->realm != NULL && entry->realm != question->realm))
			continue;
		mm_json_begin_object(&writer, NULL);
		add_answer(&writer, entry);
		mm_json_end_object(&writer);
	}
	mm_json_end_array(&writer);
	mm_json_end_object(&writer);
	send_answer(tenants, question, &buf);
}

static void
answer_one(struct ledger_tenants *tenants, const struct question *question, const struct entry *entry)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	mm_buf_init(&buf, ANSWER_LEN_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_bool(&writer, "done", true);
	add_answer(&writer, entry);
	mm_json_end_object(&writer);
	send_answer(tenants, question, &buf);
}

/* The tenant that a question names, in any way that it stands here. */
static struct entry *
find_named(struct ledger_tenants *tenants, const struct question *question)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (tenants->entries[i].realm != NULL &&
		    (question->realm == NULL || tenants->entries[i].realm == question->realm) &&
		    mm_slice_equal(mm_slice_str(tenants->entries[i].tenant.name),
		        mm_mint_text_get(&question->what.name)))
			return &tenants->entries[i];
	return NULL;
}

/* ---- changes ---- */

/* Whether a domain is another tenant's, who may be of any realm. */
static bool
domain_is_taken(const struct ledger_tenants *tenants, const char *name, struct mm_slice domain)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (strcmp(tenants->entries[i].tenant.name, name) != 0 &&
		    ledger_tenant_has_word(tenants->entries[i].tenant.domains, domain))
			return true;
	return false;
}

/* Take domains in lower case; NULL, or why they cannot be. */
static const char *
take_domains(const struct ledger_tenants *tenants, struct mm_slice words, struct ledger_tenant *tenant)
{
	char lower[MM_MAILBOX_LEN_MAX];
	struct mm_slice word;

	free(tenant->domains);
	tenant->domains = NULL;
	while (ledger_tenant_next_word(&words, &word)) {
		if (word.len > sizeof(lower) || !mm_mailbox_domain_parse(word, lower))
			return "a domain is none";
		if (domain_is_taken(tenants, tenant->name, mm_slice(lower, word.len)))
			return "a domain belongs to another tenant";
		if (!ledger_tenant_add_word(&tenant->domains, mm_slice(lower, word.len)))
			return "a domain stands twice, or there are too many";
	}
	return NULL;
}

static const char *
take_admins(struct mm_slice words, struct ledger_tenant *tenant)
{
	struct mm_slice word;

	free(tenant->admins);
	tenant->admins = NULL;
	while (ledger_tenant_next_word(&words, &word))
		if (memchr(word.ptr, '@', word.len) == NULL || !ledger_tenant_add_word(&tenant->admins, word))
			return "an administrator's address is none, or stands twice";
	return NULL;
}

static const char *
take_texts(const struct ledger_tenants *tenants, const struct question *question, struct ledger_tenant *tenant)
{
	const struct mm_ask_tenant *what = &question->what;
	const char *fault = NULL;

	tenant->uid = question->ask.uid;
	tenant->time_s = ledger_wall_s();
	if ((what->stated & MM_TENANT_STATES_DISABLED) != 0)
		tenant->disabled = what->disabled == 1;
	if ((what->stated & MM_TENANT_STATES_DOMAINS) != 0)
		fault = take_domains(tenants, mm_mint_text_get(&what->domains), tenant);
	if (fault == NULL && (what->stated & MM_TENANT_STATES_ADMINS) != 0)
		fault = take_admins(mm_mint_text_get(&what->admins), tenant);
	return fault;
}

static bool
id_is_taken(const struct ledger_tenants *tenants, const struct ledger_realm *realm, const char *id)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (tenants->entries[i].realm == realm && strcmp(tenants->entries[i].tenant.id, id) == 0)
			return true;
	return false;
}

/* A new tenant in fresh; NULL, or why it cannot be. */
static const char *
begin_tenant(struct ledger_tenants *tenants, const struct question *question)
{
	struct ledger_tenant *fresh = &tenants->fresh;
	struct mm_slice name = mm_mint_text_get(&question->what.name), id = mm_mint_text_get(&question->what.id);

	if (!question->realm->issuer_is_template)
		return "the issuer of this realm has no {tenant}: its one tenant stands in the configuration";
	if (!ledger_tenant_name_is_good(name))
		return "a tenant's name is letters, digits, '-', '_' and '.'";
	if (!ledger_tenant_id_is_good(id))
		return "a tenant's id is letters, digits and '-': the text that stands for {tenant}";
	memcpy(fresh->name, name.ptr, name.len);
	memcpy(fresh->id, id.ptr, id.len);
	if (find(tenants, fresh->name, true) != NULL || find(tenants, fresh->name, false) != NULL)
		return "there is a tenant of this name";
	return id_is_taken(tenants, question->realm, fresh->id) ? "another tenant of the realm has this id" : NULL;
}

/* What stands there in fresh, to be changed. */
static const char *
begin_change(struct ledger_tenants *tenants, const struct question *question)
{
	const struct entry *entry = find_named(tenants, question);

	if (entry == NULL)
		return "the realm has no such tenant";
	if (entry->configured)
		return "the tenant stands in the configuration: change it there";
	return ledger_tenant_copy(&entry->tenant, &tenants->fresh) ? NULL : "memory is short";
}

static ledger_durable_function take_durable;

static const char *
record(struct ledger_tenants *tenants, const struct question *question)
{
	struct mm_buf buf;
	bool appended;

	mm_buf_init(&buf, MM_LEDGER_EVENT_MAX);
	appended = ledger_tenant_write(&tenants->fresh, &buf) &&
	    ledger_append(tenants->ledger, MM_LEDGER_TENANT, question->realm, mm_slice(buf.data, buf.len), take_durable,
	        tenants);
	mm_buf_clear(&buf);
	if (!appended)
		return ledger_trouble(tenants->ledger) == NULL ? "it cannot be recorded" :
		                                                 ledger_trouble(tenants->ledger);
	tenants->recording = true;
	tenants->question = *question;
	return NULL;
}

static void
change(struct ledger_tenants *tenants, const struct question *question)
{
	const char *fault;

	ledger_tenant_clear(&tenants->fresh);
	fault = question->ask.verb == MM_MINT_VERB_TENANT_ADD ? begin_tenant(tenants, question) :
	                                                        begin_change(tenants, question);
	if (fault == NULL)
		fault = take_texts(tenants, question, &tenants->fresh);
	if (fault == NULL && question->ask.verb == MM_MINT_VERB_TENANT_DISABLE)
		tenants->fresh.disabled = true;
	if (fault == NULL)
		fault = record(tenants, question);
	if (fault != NULL)
		refuse(tenants, question, fault, "'mintmark tenant list' shows those that there are");
}

static void
answer(struct ledger_tenants *tenants, const struct question *question)
{
	const struct entry *entry;

	if (!tenants->begun) {
		refuse(tenants, question, "the ledger is damaged or not read yet", "see its log");
	} else if (question->ask.verb == MM_MINT_VERB_TENANT_LIST) {
		answer_list(tenants, question);
	} else if (question->realm == NULL && question->ask.verb != MM_MINT_VERB_TENANT_SHOW) {
		refuse(tenants, question, "which realm?", "name a realm that is a mint");
	} else if (question->ask.verb == MM_MINT_VERB_TENANT_SHOW) {
		entry = find_named(tenants, question);
		if (entry != NULL)
			answer_one(tenants, question, entry);
		else
			refuse(tenants, question, "there is no such tenant",
			    "'mintmark tenant list' shows those that there are");
	} else {
		change(tenants, question);
	}
}

static void
come_true(struct ledger_tenants *tenants)
{
	char name[MM_NAME_LEN_MAX + 1];
	const struct entry *entry;

	memcpy(name, tenants->fresh.name, sizeof(name));
	if (!put(tenants, tenants->question.realm, &tenants->fresh) || !sort_by_id(tenants)) {
		refuse(tenants, &tenants->question,
		    "it is recorded, but memory is short: it counts from the next start on", NULL);
		return;
	}
	tell_realm(tenants, tenants->question.realm);
	entry = find(tenants, name, false);
	if (entry != NULL)
		answer_one(tenants, &tenants->question, entry);
}

static void
take_durable(void *ctx, bool durable)
{
	struct ledger_tenants *tenants = ctx;

	tenants->recording = false;
	if (durable)
		come_true(tenants);
	else
		refuse(tenants, &tenants->question, "it could not be recorded: the disk failed",
		    "see 'mintmark status' and the log");
	while (!tenants->recording && tenants->waiting_count > 0) {
		struct question question = tenants->waiting[0];

		tenants->waiting_count--;
		memmove(tenants->waiting, tenants->waiting + 1, tenants->waiting_count * sizeof(tenants->waiting[0]));
		answer(tenants, &question);
	}
}

void
ledger_tenants_ask(struct ledger_tenants *tenants, struct ledger_realm *realm, const struct mm_mint_ask *ask,
    struct mm_slice what)
{
	struct question question = { .realm = realm, .ask = *ask };

	if (what.len == sizeof(question.what))
		memcpy(&question.what, what.ptr, what.len);
	if (what.len != sizeof(question.what) ||
	    !mm_mint_text_check(question.what.name.len, question.what.name.bytes, sizeof(question.what.name.bytes)) ||
	    !mm_mint_text_check(question.what.id.len, question.what.id.bytes, sizeof(question.what.id.bytes)) ||
	    !mm_mint_text_check(question.what.domains.len, question.what.domains.bytes,
	        sizeof(question.what.domains.bytes)) ||
	    !mm_mint_text_check(question.what.admins.len, question.what.admins.bytes,
	        sizeof(question.what.admins.bytes))) {
		refuse(tenants, &question, "a text of the question is not as it must be", NULL);
		return;
	}
	if (!tenants->recording)
		answer(tenants, &question);
	else if (tenants->waiting_count < WAITING_MAX)
		tenants->waiting[tenants->waiting_count++] = question;
	else
		refuse(tenants, &question, "too many ask at once", "try again");
}
