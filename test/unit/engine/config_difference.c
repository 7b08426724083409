/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change of configuration lets in and shuts out.
 */
#include "engine/config_difference.h"

#include "engine/config_settings.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parts of a configuration; each test swaps some. */
#define TOP "state_dir = \"/s\"\n"
#define REALM(more) \
	"realm enterprise { issuer = \"https://login.example/{tenant}/v2.0\" keys = \"file:/k\" " more " }\n"
#define FETCHED(more) \
	"realm enterprise { issuer = \"https://login.example/{tenant}/v2.0\" "         \
	"keys = \"discovery:https://k.example\" " more " }\n"
#define CONTOSO(domains) "tenant contoso { realm = enterprise id = \"c\" domains = { " domains " } }\n"
#define SERVICE(name, more) \
	"service " name " { audience = \"https://" name "\" realms = { \"enterprise\" } " \
	"mailbox_claim = \"email\" " more " }\n"
#define BASE TOP REALM("") CONTOSO("\"contoso.example\"") SERVICE("imap", "") SERVICE("mail", "")

static struct mm_config *
parse(const char *text)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = mm_config_parse(mm_slice_str(text), "/etc/m.conf", &problems);

	if (config == NULL)
		mm_problems_print(&problems, stderr, true);
	assert_non_null(config);
	mm_problems_clear(&problems);
	return config;
}

/* The difference of two texts is exactly wanted, and the way back has as many lines, let in and shut out swapped. */
static void
check(const char *old_text, const char *new_text, const char *wanted)
{
	struct mm_config *old = parse(old_text), *new = parse(new_text);
	struct mm_buf lines;

	mm_buf_init(&lines, MM_CONFIG_DIFFERENCE_MAX);
	assert_int_equal(mm_config_difference(old, new, &lines), strcmp(wanted, "nothing changed\n") != 0);
	mm_buf_add_u8(&lines, '\0');
	assert_true(mm_buf_ok(&lines));
	assert_string_equal(lines.data, wanted);
	mm_buf_clear(&lines);
	mm_config_free(&old);
	mm_config_free(&new);
}

#define IN "newly allowed: "
#define OUT "no longer allowed: "

/* One way lets in what the other way shuts out. */
static void
check_both(const char *less, const char *more, const char *what)
{
	char wanted[1024];

	snprintf(wanted, sizeof(wanted), IN "%s\n", what);
	check(less, more, wanted);
	snprintf(wanted, sizeof(wanted), OUT "%s\n", what);
	check(more, less, wanted);
}

static void
test_nothing(void **state)
{
	(void)state;
	check(BASE, BASE, "nothing changed\n");
	check(TOP REALM("") SERVICE("a", "clients = { x, y }"), SERVICE("a", "clients = { y, x }") REALM("") TOP
	    , "nothing changed\n");
}

static void
test_tenants(void **state)
{
	(void)state;
	check_both(BASE, BASE "tenant fabrikam { realm = enterprise id = \"f\" domains = { \"fabrikam.example\" } }\n",
	    "tenant fabrikam of realm enterprise at imap, mail (domain fabrikam.example)");
	check_both(BASE, BASE "tenant f { realm = enterprise id = \"f\" domains = { \"a.example\", \"b.example\" } }\n",
	    "tenant f of realm enterprise at imap, mail (domains a.example, b.example)");
	check_both(BASE,
	    TOP REALM("") CONTOSO("\"CONTOSO.example\", \"c.example\"") SERVICE("imap", "") SERVICE("mail", ""),
	    "mailboxes of domain c.example, of tenant contoso of realm enterprise at imap, mail");
	check(TOP REALM("") CONTOSO("") SERVICE("imap", ""),
	    TOP REALM("") "tenant contoso { realm = enterprise id = \"d\" }\n" SERVICE("imap", ""),
	    IN "tenant contoso of realm enterprise, as id d, at imap\n"
	    OUT "tenant contoso of realm enterprise, as id c, at imap\n");
}

static void
test_realms(void **state)
{
	static const char consumer[] = "realm consumer { issuer = \"https://c.example\" keys = \"file:/c\" }\n";
	char less[2048], more[2048];

	(void)state;
	snprintf(less, sizeof(less), "%s%s", BASE, consumer);
	check_both(BASE, less,
	    "realm consumer (issuer https://c.example, keys /c), which no service accepts");
	snprintf(more, sizeof(more), "%s%s%s", TOP REALM("") CONTOSO("\"contoso.example\"") SERVICE("mail", ""),
	    consumer, "service imap { audience = \"https://imap\" realms = { \"enterprise\", \"consumer\" }"
	    " mailbox_claim = \"email\" }\n");
	check_both(less, more, "realm consumer at imap");
	check_both(BASE, more, "realm consumer (issuer https://c.example, keys /c) at imap");
}

/* What one setting of a realm lets in. */
static void
test_realm_settings(void **state)
{
	static const struct {
		const char *less, *more, *what;
	} rows[] = {
		{ "", "token_types = { \"AT+jwt\", JWT }", "tokens of type JWT of realm enterprise at imap" },
		{ "", "algorithms = { RS256, ES256 }",
		    "keys that state no algorithm, as ES256 of realm enterprise at imap" },
		{ "max_lifetime = 60", "max_lifetime = 61",
		    "tokens that live for more than 60 s, up to 61 s, of realm enterprise at imap" },
		{ "require_key_issuer = true", "",
		    "keys that do not state their issuer, of realm enterprise at imap" },
	};
	char less[1024], more[1024];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		snprintf(less, sizeof(less), TOP REALM("%s") SERVICE("imap", ""), rows[i].less);
		snprintf(more, sizeof(more), TOP REALM("%s") SERVICE("imap", ""), rows[i].more);
		check_both(less, more, rows[i].what);
	}
	check_both(TOP FETCHED("") SERVICE("imap", ""),
	    TOP FETCHED("key_hosts = { \"h.example\" }") SERVICE("imap", ""),
	    "keys from host h.example of realm enterprise at imap");
	check_both(TOP FETCHED("absent_for = 60") SERVICE("imap", ""),
	    TOP FETCHED("absent_for = 90") SERVICE("imap", ""),
	    "keys gone from their document for more than 60 s, up to 90 s, of realm enterprise at imap");
	check(TOP REALM("") SERVICE("imap", ""),
	    TOP "realm enterprise { issuer = \"https://b.example/{tenant}\" keys = \"file:/l\" }\n" SERVICE("imap", ""),
	    IN "tokens of issuer https://b.example/{tenant} of realm enterprise at imap\n"
	    IN "tokens signed by keys of /l of realm enterprise at imap\n"
	    OUT "tokens of issuer https://login.example/{tenant}/v2.0 of realm enterprise at imap\n"
	    OUT "tokens signed by keys of /k of realm enterprise at imap\n");
}

static void
test_services(void **state)
{
	static const struct {
		const char *less, *more, *what;
	} rows[] = {
		{ "clients = { thunderbird }", "", "clients other than thunderbird at imap" },
		{ "clients = { a, b }", "clients = { a, thunderbird, b }", "client thunderbird at imap" },
		{ "scopes = { imap, x }", "scopes = { x }", "tokens without scope imap at imap" },
		{ "", "callers = { \"dovecot:/d\" }", "caller dovecot at imap" },
		{ "binding = dpop", "", "tokens that are not bound to a DPoP key at imap" },
		{ "binding = mtls", "", "tokens that are not bound to a client certificate at imap" },
		{ "dpop_nonce = required", "", "DPoP proofs without a nonce of the gate at imap" },
	};
	char less[1024], more[1024];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		snprintf(less, sizeof(less), TOP REALM("") SERVICE("imap", "%s"), rows[i].less);
		snprintf(more, sizeof(more), TOP REALM("") SERVICE("imap", "%s"), rows[i].more);
		check_both(less, more, rows[i].what);
	}
	check_both(BASE, BASE SERVICE("web", "clients = { a, b }"),
	    "service web (audience https://web, realms enterprise, clients a, b)");
	check_both(BASE, BASE SERVICE("web", ""), "service web (audience https://web, realms enterprise, clients any)");
	check(TOP REALM("") SERVICE("imap", "callers = { \"d:/one\" }"),
	    TOP REALM("") "service imap { audience = \"B\" realms = { enterprise } mailbox = none "
	    "callers = { \"d:/two\" } }\n",
	    IN "tokens for audience B at imap\n" IN "tokens without a mailbox at imap\n"
	    IN "caller d with the secret in /two at imap\n"
	    OUT "tokens for audience https://imap at imap\n" OUT "mailboxes named by claim email at imap\n"
	    OUT "caller d with the secret in /one at imap\n");
}

#define MINT(more) "realm m { issuer = \"https://m.example\" keys = mint listen = { \"127.0.0.1:1\" } " more " }\n"
#define OUT_REALM "realm o { issuer = \"https://o.example\" keys = \"file:/o\" }\n"
#define ASKING(more) "service imap { audience = A realms = { m, o } mailbox_claim = email " more " }\n"
#define EXCHANGES(name) \
	"service " name " { audience = \"https://" name "\" realms = { o } mailbox = none exchange_from = { o } }\n"

static void
test_mints(void **state)
{
	(void)state;
	check(MINT("") OUT_REALM ASKING("mark = required accept_unproven = { o }"),
	    MINT("") OUT_REALM ASKING("mark = observe"),
	    IN "tokens of a mint without its mark at imap\n"
	    OUT "tokens without proof of issuance, of realm o at imap\n"
	    "changed: service imap: 'mark' is observe (was required)\n");
	check(MINT("") OUT_REALM ASKING("ledger = required accept_unproven = { o }"),
	    MINT("") OUT_REALM ASKING("ledger = required accept_unproven = { o } ledger_away = marked_only"),
	    IN "tokens that have a mark alone, while the ledger is away, at imap\n");
	check(MINT("") OUT_REALM ASKING("exchange_from = { o }"), MINT("") OUT_REALM ASKING(""),
	    IN "tokens that are derived ones at imap\n" OUT "exchanges of tokens of realm o at imap\n");
	check_both(MINT("") OUT_REALM ASKING("exchange_from = { o }"),
	    MINT("") OUT_REALM ASKING("exchange_from = { o, m }"), "exchanges of tokens of realm m at imap");
	check(MINT("") OUT_REALM EXCHANGES("one"), MINT("derived_from = { o } derived_by = { one }") OUT_REALM
	    EXCHANGES("one"),
	    IN "tokens derived from those of realm o of realm m, which no service accepts\n"
	    IN "tokens derived from those for service one of realm m, which no service accepts\n");
	check_both(MINT("derived_from = { o } derived_by = { one }") OUT_REALM EXCHANGES("one") EXCHANGES("two"),
	    MINT("derived_from = { o } derived_by = { one, two }") OUT_REALM EXCHANGES("one") EXCHANGES("two"),
	    "tokens derived from those for service two of realm m, which no service accepts");
	check_both(MINT("") SERVICE("imap", ""), MINT("when_stale = marked_only") SERVICE("imap", ""),
	    "tokens that have a mark alone, at a gate that is stale, of realm m, which no service accepts");
	check(MINT("") "service imap { audience = A realms = { m } directory = mint }",
	    MINT("") "service imap { audience = A realms = { m } mailbox_claim = email }",
	    IN "subjects whom the mint's directory does not know at imap\n"
	    IN "mailboxes named by claim email at imap\n"
	    OUT "mailboxes named by the mint's directory at imap\n");
	check(MINT(""), "stale_after = 3\n" MINT("rotate_every = 200000"),
	    "changed: 'stale_after' is 3 (was 10)\n"
	    "changed: realm m: 'rotate_every' is 200000 (was 604800), from the next start on\n");
	check(MINT(""),
	    "realm m { issuer = \"https://m.example\" keys = mint listen = { \"127.0.0.1:2\" } }\n",
	    "changed: realm m: 'listen' is 127.0.0.1:2 (was 127.0.0.1:1), from the next start on\n");
}

#define REVOKE(name, more) "revoke " name " { realm = enterprise " more " }\n"

static void
test_revocations(void **state)
{
	(void)state;
	check_both(BASE REVOKE("a", "tokens = { J }"), BASE, "token J of realm enterprise");
	check_both(BASE REVOKE("a", "clients = { c } subjects = { s }"), BASE REVOKE("b", "clients = { c }"),
	    "tokens of subject s of realm enterprise");
	check_both(BASE REVOKE("a", "keys = { k1 } revoked_at = 5"), BASE, "key k1 of realm enterprise");
	check_both(BASE REVOKE("a", "sessions = { s } issued_before = 100"), BASE,
	    "tokens of session s of realm enterprise, issued before 100");
	check_both(BASE REVOKE("a", "tenants = { contoso } issued_before = 100"),
	    BASE REVOKE("a", "tenants = { contoso } issued_before = 50"),
	    "tokens of tenant contoso of realm enterprise, issued at 50 or later, issued before 100");
	check_both(BASE REVOKE("a", "tenants = { contoso }"),
	    BASE REVOKE("a", "tenants = { contoso } issued_before = 50"),
	    "tokens of tenant contoso of realm enterprise, issued at 50 or later");
	/* Which section says it does not matter, and the one that says most counts. */
	check(BASE REVOKE("a", "clients = { c }"),
	    BASE REVOKE("b", "clients = { c } issued_before = 5") REVOKE("c", "clients = { c }"), "nothing changed\n");
}

static void
test_other_settings(void **state)
{
	(void)state;
	check(BASE, "journal_keep = 3\n" BASE, "changed: 'journal_keep' is 3 (was 0), from the next start on\n");
	check(BASE, "journal = group\n" BASE,
	    "changed: 'journal' is group (was before_answer), from the next start on\n");
	check(BASE, "listen = { \"[::1]:81\", \"unix:/x\" }\n" BASE,
	    "changed: 'listen' is ::1:81, unix:/x (was 127.0.0.1:9080, unix:/run/mintmark/gate.sock), "
	    "from the next start on\n");
	check(BASE, "trust_socket = \"/t\"\n" BASE,
	    "changed: 'trust_socket' is /t (was none), from the next start on\n");
	check(TOP FETCHED("") SERVICE("imap", ""), TOP FETCHED("refresh = 60") SERVICE("imap", ""),
	    "changed: realm enterprise: 'refresh' is 60 (was 3600)\n");
	check(TOP REALM("") "tenant c { realm = enterprise id = \"c\" }\n" SERVICE("imap", ""),
	    TOP REALM("") "tenant c { realm = enterprise id = \"c\" admins = { \"a@b.example\" } }\n"
	    SERVICE("imap", ""),
	    "changed: tenant c: 'admins' is a@b.example (was none)\n");
}

static void
test_proxies(void **state)
{
	(void)state;
	check_both(BASE, "trusted_proxies = { \"10.0.0.0/8\" }\n" BASE, "proxy 10.0.0.0/8 may say who its clients are");
}

/* A line is one line whatever a configuration holds. */
static void
test_control_characters(void **state)
{
	struct mm_config *old = parse(TOP REALM("") SERVICE("imap", "clients = { a }"));
	struct mm_config *new = parse(TOP REALM("") SERVICE("imap", "clients = { a, \"b_c\" }"));
	struct mm_buf lines;

	(void)state;
	new->services[0].clients[1][1] = '\n';
	mm_buf_init(&lines, MM_CONFIG_DIFFERENCE_MAX);
	assert_true(mm_config_difference(old, new, &lines));
	assert_true(mm_slice_equal(mm_slice(lines.data, lines.len), mm_slice_str(IN "client b?c at imap\n")));
	mm_buf_clear(&lines);
	mm_config_free(&old);
	mm_config_free(&new);
}

static void
test_too_long(void **state)
{
	struct mm_config *old = parse(BASE), *new = parse(TOP);
	struct mm_buf lines;

	(void)state;
	mm_buf_init(&lines, 40);
	assert_false(mm_config_difference(old, new, &lines));
	assert_false(mm_buf_ok(&lines));
	mm_buf_clear(&lines);
	mm_config_free(&old);
	mm_config_free(&new);
}

/* ---- no setting is forgotten ---- */

static char *other_list[] = { (char *)(uintptr_t)"other", NULL };

/* Give a setting another value than it has; false where it has none. */
static bool
change(const struct mm_setting *setting, void *section)
{
	void *value = (char *)section + setting->offset;

	switch (setting->type) {
	case MM_SETTING_TEXT:
	case MM_SETTING_PATH:
	case MM_SETTING_SOCKET:
	case MM_SETTING_KEYS:
	case MM_SETTING_STORE:
	case MM_SETTING_SEALING:
		*(const char **)value = "other";
		return true;
	case MM_SETTING_LIST:
		*(char ***)value = other_list;
		return true;
	case MM_SETTING_NUMBER:
		*(int64_t *)value = *(int64_t *)value == INT64_MAX ? 5 : *(int64_t *)value + 1;
		return true;
	case MM_SETTING_FLAG:
		*(bool *)value = !*(bool *)value;
		return true;
	case MM_SETTING_CHOICE:
		*(int *)value = *(int *)value == 0 ? 1 : 0;
		return true;
	case MM_SETTING_LISTEN:
	case MM_SETTING_CALLERS: /* have tests of their own */
	case MM_SETTING_FIXED:
		break;
	}
	return false;
}

static void
test_no_setting_is_forgotten(void **state)
{
	static const char text[] = BASE REVOKE("r", "clients = { c } issued_before = 100");
	struct mm_config *old = parse(text);
	size_t told = 0;

	(void)state;
	for (size_t i = 0; i < mm_setting_count; i++) {
		struct mm_config new = *old;
		struct mm_config_realm realm = old->realms[0];
		struct mm_config_tenant tenant = old->tenants[0];
		struct mm_config_service services[2] = { old->services[0], old->services[1] };
		struct mm_config_revoke revoke = old->revokes[0];
		void *const sections[MM_SECTION_COUNT] = {
			[MM_SECTION_TOP] = &new, [MM_SECTION_REALM] = &realm, [MM_SECTION_TENANT] = &tenant,
			[MM_SECTION_SERVICE] = &services[0], [MM_SECTION_REVOKE] = &revoke,
		};
		struct mm_buf lines;

		if (!change(&mm_settings[i], sections[mm_settings[i].section]) ||
		    strcmp(mm_settings[i].name, "revoked_at") == 0) /* for the autopsy: it lets nothing in */
			continue;
		new.realms = &realm;
		new.tenants = &tenant;
		new.services = services;
		new.revokes = &revoke;
		mm_buf_init(&lines, MM_CONFIG_DIFFERENCE_MAX);
		if (!mm_config_difference(old, &new, &lines))
			fail_msg("a change of '%s' is not told", mm_settings[i].name);
		mm_buf_clear(&lines);
		told++;
	}
	assert_true(told > 25);
	mm_config_free(&old);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_tenants),
		cmocka_unit_test(test_realms),
		cmocka_unit_test(test_realm_settings),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_mints),
		cmocka_unit_test(test_revocations),
		cmocka_unit_test(test_other_settings),
		cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_no_setting_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
