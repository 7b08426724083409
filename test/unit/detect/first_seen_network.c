/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New is a network that neither mailbox nor organisation knew; of those who move about, when several share it.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_first_seen_network)

#define HOME "192.0.2.7"
#define ELSEWHERE "203.0.113.9"

static void
add(struct detect_world *world, const char *time, const char *mailbox, const char *address)
{
	struct record record = { .time = time, .mailbox = mailbox, .address = address };

	detect_world_access(world, &record);
}

static void
test_new_network(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	add(world, "2023-06-01T08:00:00Z", "alice", HOME);
	add(world, "2023-06-10T08:00:00Z", "alice", "198.51.100.1");
	add(world, "2023-06-18T08:00:00Z", "alice", "2603:10a6:100::1");
	add(world, "2023-06-18T08:00:00Z", "alice", "10.0.0.1");
	add(world, "2023-06-18T08:00:00Z", "alice", "192.0.2.77");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	add(world, "2023-06-18T09:00:00Z", "alice", ELSEWHERE);
	add(world, "2023-06-18T09:01:00Z", "alice", HOME);
	detect_world_line(world, "{\"CreationTime\":\"2023-06-18T09:01:30Z\",\"Id\":"
	    "\"eeeeeeee-0000-4000-8000-000000000000\",\"Operation\":\"Send\",\"OrganizationId\":\"" CONTOSO "\","
	    "\"RecordType\":2,\"Workload\":\"Exchange\",\"UserId\":\"alice@contoso.example\","
	    "\"MailboxOwnerUPN\":\"alice@contoso.example\",\"ClientIPAddress\":\"" ELSEWHERE "\"}");
	add(world, "2023-06-18T09:02:00Z", "alice", ELSEWHERE);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_LEAD);
	assert_int_equal(finding->subject.kind, MM_SUBJECT_NETWORK);
	assert_int_equal(finding->records, 2);
	assert_int_equal(finding->first_us, world_time("2023-06-18T09:00:00Z"));
	assert_int_equal(detect_world_concerned(world, finding), 2);
}

static void
test_known_to_organisation(void **state)
{
	struct detect_world *world = *state;

	add(world, "2023-06-01T08:00:00Z", "alice", HOME);
	add(world, "2023-06-02T08:00:00Z", "bob", ELSEWHERE);
	add(world, "2023-06-18T08:00:00Z", "alice", ELSEWHERE);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
}

/* Three mailboxes, each of them seen from many networks. */
static void
test_people_who_move_about(void **state)
{
	static const char *const mailboxes[] = { "alice", "bob", "carol" };
	struct detect_world *world = *state;
	char time[32], address[32];

	for (unsigned i = 0; i < 12; i++) {
		(void)snprintf(address, sizeof(address), "198.18.%u.1", i);
		add(world, detect_world_time(1 + i / 3, 8 * 3600, time), mailboxes[i % 3], address);
	}
	add(world, "2023-06-20T08:00:00Z", "alice", ELSEWHERE);
	add(world, "2023-06-20T09:00:00Z", "bob", ELSEWHERE);
	add(world, "2023-06-20T09:30:00Z", "bob", ELSEWHERE);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	add(world, "2023-06-20T10:00:00Z", "carol", ELSEWHERE);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
}

/* One that failed neither teaches nor tells. */
static void
test_logins_at_dovecot(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	detect_world_line(world, "2023-06-01T08:00:00+00:00 mail dovecot: imap-login: Login: "
	    "user=<alice@contoso.example>, method=OAUTHBEARER, rip=" HOME ", lip=10.0.0.1, mpid=1, TLS, session=<a1>");
	detect_world_line(world, "2023-06-18T08:00:00+00:00 mail dovecot: imap-login: Disconnected "
	    "(auth failed, 1 attempts in 2 secs): user=<alice@contoso.example>, "
	    "method=PLAIN, rip=198.18.9.9, lip=10.0.0.1, TLS, session=<a2>");
	detect_world_line(world, "2023-06-18T09:00:00+00:00 mail dovecot: imap-login: Login: "
	    "user=<alice@contoso.example>, method=OAUTHBEARER, rip=" ELSEWHERE ", lip=10.0.0.1, mpid=2, TLS, "
	    "session=<a3>");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->records, 1);
	assert_int_equal(finding->first_us, world_time("2023-06-18T09:00:00Z"));
	world_assert_name(&world->logs, finding->mailbox, "alice@contoso.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_network, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_known_to_organisation, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_people_who_move_about, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_logins_at_dovecot, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
