/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tenants at the ledger: who may have tokens, what is told to mintmarkd, and what operators may change.
 */
#include "daemon/ledger/tenant_record.h"
#include "daemon/ledger/tenants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct ledger {
	int none;
};

static struct ledger_realm enterprise, literal, derived;
static char parents[1][MM_NAME_LEN_MAX + 1] = { "enterprise" };
static struct ledger_tenants *tenants;

static struct {
	struct ledger ledger;
	char record[MM_LEDGER_EVENT_MAX], told[4096], answer[4096];
	size_t record_len;
	ledger_durable_function *done;
	void *ctx;
	bool answer_done;
} world;

static struct ledger_realm *const realms[] = { &enterprise, &literal, &derived };

struct ledger_realm *
ledger_realm_by_name(struct ledger *ledger, struct mm_slice name)
{
	(void)ledger;
	for (size_t i = 0; i < 3; i++)
		if (mm_slice_equal(name, mm_slice_str(realms[i]->name)))
			return realms[i];
	return NULL;
}

struct ledger_realm *
ledger_realm_next(struct ledger *ledger, const struct ledger_realm *before)
{
	(void)ledger;
	return before == NULL ? realms[0] : before->number < 2 ? realms[before->number + 1] : NULL;
}

bool
ledger_append(struct ledger *ledger, enum mm_ledger_kind kind, const struct ledger_realm *realm, struct mm_slice bytes,
    ledger_durable_function *done, void *ctx)
{
	(void)ledger, (void)realm;
	assert_int_equal(kind, MM_LEDGER_TENANT);
	assert_in_range(bytes.len, 1, sizeof(world.record));
	memcpy(world.record, bytes.ptr, bytes.len);
	world.record_len = bytes.len;
	world.done = done;
	world.ctx = ctx;
	return true;
}

const char *
ledger_trouble(const struct ledger *ledger)
{
	(void)ledger;
	return NULL;
}

bool
ledger_tell(struct ledger *ledger, enum mm_message_type type, const void *payload, size_t len, struct mm_slice bytes)
{
	(void)ledger, (void)len;
	assert_int_equal(type, MM_MESSAGE_LEDGER_TENANTS);
	if (*(const uint8_t *)payload == 0)
		(void)snprintf(world.told, sizeof(world.told), "%.*s", (int)bytes.len, bytes.ptr);
	return true;
}

void
ledger_answer(struct ledger *ledger, uint64_t question, bool done, struct mm_slice json)
{
	(void)ledger, (void)question;
	(void)snprintf(world.answer, sizeof(world.answer), "%.*s", (int)json.len, json.ptr);
	world.answer_done = done;
}

void
ledger_refuse(struct ledger *ledger, uint64_t question, const char *why, const char *mend)
{
	(void)mend;
	ledger_answer(ledger, question, false, mm_slice_str(why));
}

void
ledger_alarm(struct ledger *ledger, const char *format, ...)
{
	(void)ledger, (void)format;
}

int64_t
ledger_wall_s(void)
{
	return 1800000000;
}

static bool
configured(struct ledger_realm *realm, const char *name, const char *id, const char *domain)
{
	char domains[64] = "";

	(void)snprintf(domains, sizeof(domains), "%s", domain);
	return ledger_tenants_configured(tenants, realm, mm_slice_str(name), mm_slice_str(id),
	    mm_slice(domains, strlen(domain) + 2));
}

static int
set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	enterprise = (struct ledger_realm){ .number = 0, .issuer_is_template = true, .name = "enterprise" };
	literal = (struct ledger_realm){ .number = 1, .name = "consumer" };
	derived = (struct ledger_realm){ .number = 2, .name = "webmail", .parent_count = 1, .parents = parents };
	tenants = ledger_tenants_new(&world.ledger);
	return tenants != NULL && configured(&enterprise, "contoso", "aaaa", "contoso.example") &&
	        configured(&literal, "people", "", "people.example") &&
	        configured(NULL, "others", "", "others.example") ?
	    0 :
	    -1;
}

static int
tear_down(void **state)
{
	(void)state;
	ledger_tenants_free(&tenants);
	return 0;
}

static void
ask(enum mm_mint_verb verb, struct ledger_realm *realm, const char *name, const char *id, const char *domains)
{
	struct mm_mint_ask question = { .number = 7, .uid = 1000, .verb = (uint16_t)verb };
	struct mm_ask_tenant what = { .stated = domains == NULL ? 0 : MM_TENANT_STATES_DOMAINS };

	assert_true(mm_mint_text_set(&what.name, mm_slice_str(name)) && mm_mint_text_set(&what.id, mm_slice_str(id)));
	if (domains != NULL)
		assert_true(mm_mint_text_set(&what.domains, mm_slice_str(domains)));
	world.done = NULL;
	ledger_tenants_ask(tenants, realm, &question, mm_slice(&what, sizeof(what)));
	if (world.done != NULL)
		world.done(world.ctx, true);
}

static bool
has(const struct ledger_realm *realm, const char *id)
{
	return ledger_tenants_has(tenants, realm, mm_slice_str(id));
}

static void
those_of_the_configuration_are_there(void **state)
{
	(void)state;
	assert_false(has(&enterprise, "aaaa"));
	ledger_tenants_begin(tenants);
	assert_true(has(&enterprise, "aaaa") && has(&literal, "") && has(&derived, "aaaa"));
	assert_false(has(&enterprise, "") || has(&enterprise, "bbbb") || has(&literal, "aaaa"));
	assert_string_equal(world.told, "{\"tenants\":[]}");
}

static void
one_is_added_changed_and_disabled(void **state)
{
	(void)state;
	ledger_tenants_begin(tenants);
	ask(MM_MINT_VERB_TENANT_ADD, &enterprise, "fabrikam", "bbbb", "Fabrikam.example two.example");
	assert_true(world.answer_done);
	assert_true(has(&enterprise, "bbbb") && has(&derived, "bbbb"));
	assert_string_equal(world.told,
	    "{\"tenants\":[{\"name\":\"fabrikam\",\"id\":\"bbbb\","
	    "\"domains\":[\"fabrikam.example\",\"two.example\"]}]}");
	ask(MM_MINT_VERB_TENANT_CHANGE, &enterprise, "fabrikam", "", "two.example");
	assert_string_equal(world.told,
	    "{\"tenants\":[{\"name\":\"fabrikam\",\"id\":\"bbbb\",\"domains\":[\"two.example\"]}]}");
	ask(MM_MINT_VERB_TENANT_SHOW, &enterprise, "fabrikam", "", NULL);
	assert_non_null(strstr(world.answer, "\"changed_by\":1000"));
	ask(MM_MINT_VERB_TENANT_DISABLE, &enterprise, "fabrikam", "", NULL);
	assert_false(has(&enterprise, "bbbb"));
	assert_string_equal(world.told, "{\"tenants\":[]}");
	ask(MM_MINT_VERB_TENANT_LIST, NULL, "", "", NULL);
	assert_non_null(strstr(world.answer, "\"disabled\":true"));
}

static void
what_would_refuse_the_trust_is_refused(void **state)
{
	(void)state;
	ledger_tenants_begin(tenants);
	ask(MM_MINT_VERB_TENANT_ADD, &enterprise, "fabrikam", "bbbb", "others.example");
	assert_string_equal(world.answer, "a domain belongs to another tenant");
	ask(MM_MINT_VERB_TENANT_ADD, &enterprise, "fabrikam", "bbbb", "no..domain");
	assert_string_equal(world.answer, "a domain is none");
	ask(MM_MINT_VERB_TENANT_ADD, &enterprise, "fabrikam", "aaaa", NULL);
	assert_string_equal(world.answer, "another tenant of the realm has this id");
	ask(MM_MINT_VERB_TENANT_ADD, &enterprise, "others", "bbbb", NULL);
	assert_string_equal(world.answer, "there is a tenant of this name");
	ask(MM_MINT_VERB_TENANT_ADD, &enterprise, "a b", "bbbb", NULL);
	assert_string_equal(world.answer, "a tenant's name is letters, digits, '-', '_' and '.'");
	ask(MM_MINT_VERB_TENANT_ADD, &enterprise, "fabrikam", "b/b", NULL);
	assert_string_equal(world.answer,
	    "a tenant's id is letters, digits and '-': the text that stands for {tenant}");
	ask(MM_MINT_VERB_TENANT_ADD, &literal, "fabrikam", "bbbb", NULL);
	assert_string_equal(world.answer,
	    "the issuer of this realm has no {tenant}: its one tenant stands in the configuration");
	ask(MM_MINT_VERB_TENANT_CHANGE, &enterprise, "contoso", "", "new.example");
	assert_string_equal(world.answer, "the tenant stands in the configuration: change it there");
	ask(MM_MINT_VERB_TENANT_CHANGE, &enterprise, "nobody", "", "new.example");
	assert_string_equal(world.answer, "the realm has no such tenant");
	ask(MM_MINT_VERB_TENANT_ADD, NULL, "fabrikam", "bbbb", NULL);
	assert_string_equal(world.answer, "which realm?");
}

static void
records_bring_them_back(void **state)
{
	struct mm_slice record;

	(void)state;
	ledger_tenants_begin(tenants);
	ask(MM_MINT_VERB_TENANT_ADD, &enterprise, "fabrikam", "bbbb", "fabrikam.example");
	(void)tear_down(state);
	tenants = ledger_tenants_new(&world.ledger);
	record = mm_slice(world.record, world.record_len);
	assert_null(ledger_tenants_take_record(tenants, mm_slice_str("enterprise"), record));
	assert_null(ledger_tenants_take_record(tenants, mm_slice_str("enterprise"), record));
	for (size_t len = 0; len < record.len; len++)
		assert_non_null(ledger_tenants_take_record(tenants, mm_slice_str("enterprise"),
		    mm_slice(record.ptr, len)));
	ledger_tenants_begin(tenants);
	assert_true(has(&enterprise, "bbbb"));
}

static void
a_list_that_is_none_is_refused(void **state)
{
	(void)state;
	assert_false(ledger_tenants_configured(tenants, &enterprise, mm_slice_str("x"), mm_slice_str("y"),
	    mm_slice("a.example", 9)));
	assert_false(ledger_tenants_configured(tenants, &enterprise, mm_slice_str("x"), mm_slice_str("y"),
	    mm_slice("a.example\0\0b", 12)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(those_of_the_configuration_are_there),
		TEST(one_is_added_changed_and_disabled),
		TEST(what_would_refuse_the_trust_is_refused),
		TEST(records_bring_them_back),
		TEST(a_list_that_is_none_is_refused),
	};

	return cmocka_run_group_tests_name("ledger-tenants", tests, NULL, NULL);
}
