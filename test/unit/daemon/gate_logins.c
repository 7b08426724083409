/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logins that callers told of: found by service, caller and name, while they are fresh, and by nothing less.
 */
#include "daemon/gate/logins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S 1000

static struct gate_login_key
key_of(const char *service, const char *caller, const char *name)
{
	return (struct gate_login_key){ mm_slice_str(service), mm_slice_str(caller), mm_slice_str(name) };
}

static void
note(struct gate_logins *logins, const char *service, const char *caller, const char *name, const char *source,
    int64_t now_s)
{
	struct gate_login_key key = key_of(service, caller, name);
	struct gate_login login = { .protocol = "imap", .session = "s" };

	snprintf(login.source, sizeof(login.source), "%s", source);
	gate_logins_note(logins, &key, &login, now_s);
}

/* The address that is found; "" where none is. */
static const char *
found(struct gate_logins *logins, const char *service, const char *caller, const char *name, int64_t now_s)
{
	static struct gate_login login;
	struct gate_login_key key = key_of(service, caller, name);

	return gate_logins_find(logins, &key, now_s, &login) ? login.source : "";
}

static void
service_caller_and_name_go_together(void **state)
{
	struct gate_logins *logins = gate_logins_new();

	(void)state;
	assert_non_null(logins);
	assert_string_equal(found(logins, "imap", "dovecot", "alice@x", NOW_S), "");
	note(logins, "imap", "dovecot", "alice@x", "192.0.2.1", NOW_S);
	note(logins, "imap", "webmail", "alice@x", "192.0.2.2", NOW_S);
	note(logins, "sieve", "dovecot", "alice@x", "192.0.2.3", NOW_S);
	assert_string_equal(found(logins, "imap", "dovecot", "alice@x", NOW_S), "192.0.2.1");
	assert_string_equal(found(logins, "imap", "dovecot", "ALICE@X", NOW_S), "192.0.2.1");
	assert_string_equal(found(logins, "imap", "webmail", "alice@x", NOW_S), "192.0.2.2");
	assert_string_equal(found(logins, "sieve", "dovecot", "alice@x", NOW_S), "192.0.2.3");
	assert_string_equal(found(logins, "sieve", "webmail", "alice@x", NOW_S), "");
	assert_string_equal(found(logins, "imapd", "ovecot", "alice@x", NOW_S), "");
	assert_string_equal(found(logins, "imap", "Dovecot", "alice@x", NOW_S), "");
	assert_string_equal(found(logins, "imap", "dovecot", "alice@xx", NOW_S), "");
	assert_string_equal(found(logins, "imap", "dovecot", "", NOW_S), "");
	gate_logins_free(&logins);
	assert_null(logins);
}

static void
the_last_one_counts_while_it_is_fresh(void **state)
{
	struct gate_logins *logins = gate_logins_new();

	(void)state;
	note(logins, "imap", "dovecot", "alice@x", "192.0.2.1", NOW_S);
	note(logins, "imap", "dovecot", "Alice@x", "192.0.2.2", NOW_S + 1);
	assert_string_equal(found(logins, "imap", "dovecot", "alice@x", NOW_S + 1), "192.0.2.2");
	assert_string_equal(found(logins, "imap", "dovecot", "alice@x", NOW_S + 1 + GATE_LOGIN_AGE_MAX_S), "192.0.2.2");
	assert_string_equal(found(logins, "imap", "dovecot", "alice@x", NOW_S + 2 + GATE_LOGIN_AGE_MAX_S), "");
	/* The clock was set back. */
	assert_string_equal(found(logins, "imap", "dovecot", "alice@x", NOW_S), "");
	note(logins, "imap", "dovecot", "alice@x", "192.0.2.3", NOW_S - 500);
	assert_string_equal(found(logins, "imap", "dovecot", "alice@x", NOW_S - 500), "192.0.2.3");
	gate_logins_free(&logins);
}

/*
 * Which set a name belongs to, chance decides: of the newest 300 some two find no place beside others of their set, and
 * more than 20 never. If another one than the oldest gave way, more than a hundred would be missing.
 */
static void
the_oldest_gives_way(void **state)
{
	enum { COUNT = GATE_LOGIN_SETS * GATE_LOGINS_IN_SET * 4, IN_A_SECOND = 10, MISSING_MAX = 20 };
	enum { FRESH = GATE_LOGIN_AGE_MAX_S * IN_A_SECOND };
	struct gate_logins *logins = gate_logins_new();
	char name[32];
	int kept = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		const int64_t now_s = NOW_S + i / IN_A_SECOND;

		snprintf(name, sizeof(name), "u%d@x", i);
		note(logins, "imap", "dovecot", name, "192.0.2.1", now_s);
		assert_string_equal(found(logins, "imap", "dovecot", name, now_s), "192.0.2.1");
	}
	for (int i = COUNT - FRESH; i < COUNT; i++) {
		snprintf(name, sizeof(name), "u%d@x", i);
		kept += found(logins, "imap", "dovecot", name, NOW_S + (COUNT - 1) / IN_A_SECOND)[0] != '\0';
	}
	assert_in_range(kept, FRESH - MISSING_MAX, FRESH);
	gate_logins_free(&logins);
}

static void
what_is_too_long_is_not_kept(void **state)
{
	struct gate_logins *logins = gate_logins_new();
	char name[MM_MAILBOX_LEN_MAX + 2], caller[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	memset(caller, 'c', sizeof(caller));
	caller[sizeof(caller) - 1] = '\0';
	note(logins, "imap", "dovecot", name, "192.0.2.1", NOW_S);
	assert_string_equal(found(logins, "imap", "dovecot", name, NOW_S), "");
	name[MM_MAILBOX_LEN_MAX] = '\0';
	assert_string_equal(found(logins, "imap", "dovecot", name, NOW_S), "");
	note(logins, "imap", "dovecot", name, "192.0.2.1", NOW_S);
	assert_string_equal(found(logins, "imap", "dovecot", name, NOW_S), "192.0.2.1");
	note(logins, "imap", caller, "alice@x", "192.0.2.1", NOW_S);
	assert_string_equal(found(logins, "imap", caller, "alice@x", NOW_S), "");
	gate_logins_free(&logins);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(service_caller_and_name_go_together),
		cmocka_unit_test(the_last_one_counts_while_it_is_fresh),
		cmocka_unit_test(the_oldest_gives_way),
		cmocka_unit_test(what_is_too_long_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
