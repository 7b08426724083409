/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mintmarkd sends while the gate answers becomes its view whole or not at all: a snapshot that cannot be used is
 * an alarm and the old view stays, an epoch is told when no older view is used, a finding once.
 */
#include "daemon/gate/control.h"
#include "daemon/gate/epoch.h"
#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "lib/trust/trust.h"
#include "test/maker/key.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct gate gate;
static int mintmarkd = -1; /* our end of the control socket */
static char folder[] = "/tmp/mintmark-gate-epoch-XXXXXX";

static void
want_no_segment(void *ctx)
{
	(void)ctx;
}

static void
hear_no_alarm(void *ctx, const char *text)
{
	(void)ctx;
	fail_msg("the journal: %s", text);
}

/* ---- snapshots ---- */

/* A key set with one key; the same material each time. */
static void
add_document(struct mm_trust_builder *builder, const char *name, const char *kid)
{
	static EVP_PKEY *key;
	struct maker_text text = { NULL, 0, 0 };
	struct maker_object jwk = { .count = 0 };

	if (key == NULL)
		key = maker_key_new(MAKER_EC256, NULL);
	maker_key_publish(key, &jwk);
	maker_object_set_string(&jwk, "kid", kid);
	maker_object_set_string(&jwk, "alg", "ES256");
	maker_text_add_str(&text, "{\"keys\":[");
	maker_object_write(&jwk, &text);
	maker_text_add_str(&text, "]}");
	maker_object_clear(&jwk);
	assert_true(mm_trust_builder_add_document(builder, name, mm_slice(text.bytes, text.len), MM_DOCUMENT_FETCHED));
	maker_text_clear(&text);
}

/* The bytes of a snapshot; with_finding: two realms publish one material. */
static struct mm_slice
compile(uint64_t epoch, bool with_finding)
{
	static const char *const realms[] = { "a", "b", NULL };
	struct mm_trust_builder *builder = mm_trust_builder_new();
	void *snapshot = NULL;
	size_t len = 0;

	add_document(builder, "a", "k");
	if (with_finding)
		add_document(builder, "b", "l");
	else
		assert_true(mm_trust_builder_add_document(builder, "b", mm_slice_str("{\"keys\":[]}"),
		    MM_DOCUMENT_FILE));
	assert_true(mm_trust_builder_add_realm(builder,
	    &(struct mm_realm_settings){ .name = "a", .issuer = "https://a.example", .keys = "a" }));
	assert_true(mm_trust_builder_add_realm(builder,
	    &(struct mm_realm_settings){ .name = "b", .issuer = "https://b.example", .keys = "b" }));
	assert_true(mm_trust_builder_add_service(builder,
	    &(struct mm_service_settings){ .name = "s", .audience = "x", .realms = realms }));
	assert_true(mm_trust_builder_compile(builder, epoch, NULL, NULL, &snapshot, &len));
	mm_trust_builder_free(&builder);
	return mm_slice(snapshot, len);
}

static int
seal(struct mm_slice bytes, bool sealed)
{
	int fd = mm_sealed_new("snapshot");

	assert_true(fd >= 0);
	assert_int_equal(mm_sealed_write(fd, bytes), 0);
	if (sealed)
		assert_int_equal(mm_sealed_seal(fd), 0);
	return fd;
}

static int
snapshot(uint64_t epoch, bool with_finding)
{
	struct mm_slice bytes = compile(epoch, with_finding);
	int fd = seal(bytes, true);

	free((void *)(uintptr_t)bytes.ptr);
	return fd;
}

static void
replace(int fd)
{
	gate_epoch_replace(&gate, fd);
	close(fd);
}

/* ---- what is told ---- */

static struct mm_message message;

static bool
told(enum mm_message_type type)
{
	return mm_message_receive(mintmarkd, MM_PROCESS_MINTMARKD, MM_PROCESS_GATE, &message) == 1 &&
	    message.type == type;
}

static void
assert_alarm(const char *text)
{
	assert_true(told(MM_MESSAGE_GATE_ALARM));
	message.payload[message.len] = '\0';
	if (strstr((const char *)message.payload, text) == NULL)
		fail_msg("the alarm is not '%s' but '%s'", text, (const char *)message.payload);
}

static void
assert_epoch(uint64_t epoch)
{
	assert_true(told(MM_MESSAGE_GATE_EPOCH));
	assert_int_equal(message.len, sizeof(epoch));
	for (size_t i = 0; i < sizeof(epoch); i++)
		assert_int_equal(message.payload[i], epoch >> 8 * i & 0xff);
}

static void
assert_nothing_told(void)
{
	assert_int_equal(mm_message_receive(mintmarkd, MM_PROCESS_MINTMARKD, MM_PROCESS_GATE, &message), -1);
}

static uint64_t
current_epoch(void)
{
	return mm_trust_epoch(gate_views_newest(&gate.views)->trust);
}

static bool
add_caller(const char *service_and_name, size_t len)
{
	unsigned char payload[MM_DIGEST_LEN + 64] = { 0 };

	memcpy(payload + MM_DIGEST_LEN, service_and_name, len);
	return gate_epoch_add_caller(&gate, payload, MM_DIGEST_LEN + len);
}

static bool
add_proxy(const char *text)
{
	return gate_epoch_add_proxy(&gate, (const unsigned char *)text, strlen(text));
}

/* ---- a gate ---- */

static void
open_journal(void)
{
	static const struct mm_journal_hooks hooks = { want_no_segment, hear_no_alarm, NULL };
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	gate.journal = mm_journal_open("gate", MM_JOURNAL_BEFORE_ANSWER, &hooks);
	assert_non_null(gate.journal);
	assert_true(mm_journal_add_segment(gate.journal,
	    mm_journal_segment_create(dir, "gate", MM_JOURNAL_SEGMENT_MIN, 1)));
	close(dir);
}

/* The gate's end has the number that it has in the gate; so nothing else may be open under it. */
static void
open_control_socket(void)
{
	int pair[2], gates;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	mintmarkd = fcntl(pair[0], F_DUPFD_CLOEXEC, MM_CONTROL_FD + 1);
	gates = fcntl(pair[1], F_DUPFD_CLOEXEC, MM_CONTROL_FD + 1);
	assert_true(mintmarkd > MM_CONTROL_FD && gates > MM_CONTROL_FD);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(dup2(gates, MM_CONTROL_FD), MM_CONTROL_FD);
	close(gates);
}

/* With one caller and one proxy, at epoch 5. */
static int
begin(void **state)
{
	int fd;

	(void)state;
	open_control_socket();
	memcpy(folder + sizeof(folder) - sizeof("XXXXXX"), "XXXXXX", sizeof("XXXXXX"));
	assert_non_null(mkdtemp(folder));
	memset(&gate, 0, sizeof(gate));
	memcpy(gate.name, "g", sizeof("g"));
	open_journal();
	assert_true(add_caller("s\0first", sizeof("s\0first")));
	assert_true(add_proxy("192.0.2.1"));
	fd = snapshot(5, false);
	assert_null(gate_epoch_load(&gate, fd));
	close(fd);
	assert_true(gate_epoch_begin(&gate));
	return 0;
}

static int
end(void **state)
{
	char path[sizeof(folder) + 64];

	(void)state;
	assert_true(mm_journal_close(&gate.journal));
	gate_view_free(&gate.next);
	gate_views_clear(&gate.views);
	gate_findings_clear(&gate.findings);
	gate_metrics_clear(&gate.metrics);
	close(mintmarkd);
	close(MM_CONTROL_FD);
	snprintf(path, sizeof(path), "%s/" MM_JOURNAL_FILE, folder, "gate", UINT64_C(1));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

/* ---- tests ---- */

static void
a_snapshot_takes_what_came_before_it_along(void **state)
{
	const struct gate_view *view;

	(void)state;
	assert_true(add_caller("s\0second", sizeof("s\0second")));
	assert_true(add_proxy("unix"));
	assert_int_equal(gate_views_newest(&gate.views)->callers.count, 1);
	replace(snapshot(6, false));
	view = gate_views_newest(&gate.views);
	assert_int_equal(current_epoch(), 6);
	assert_int_equal(view->callers.count, 1);
	assert_string_equal(view->callers.items[0].name, "second");
	assert_int_equal(view->proxies.count, 1);
	assert_true(view->proxies.items[0].is_unix);
	/* The next one begins empty. */
	replace(snapshot(7, false));
	assert_int_equal(gate_views_newest(&gate.views)->callers.count, 0);
	assert_nothing_told();
}

static void
an_epoch_is_told_when_no_older_view_is_used(void **state)
{
	const struct gate_view *used = gate_views_take(&gate.views);

	(void)state;
	gate_epoch_settle(&gate);
	assert_nothing_told();
	replace(snapshot(6, false));
	gate_epoch_settle(&gate);
	assert_nothing_told();
	gate_views_give_back(&gate.views, used);
	gate_epoch_settle(&gate);
	assert_epoch(6);
	gate_epoch_settle(&gate);
	assert_nothing_told();
}

/* What cannot be used leaves no trace but its alarm: the next good snapshot is taken, and with nothing of it. */
static void
assert_old_stays(int fd, const char *alarm)
{
	assert_true(add_proxy("unix"));
	replace(fd);
	assert_alarm(alarm);
	assert_int_equal(current_epoch(), 5);
	assert_int_equal(gate_views_newest(&gate.views)->callers.count, 1);
	assert_false(gate_views_newest(&gate.views)->proxies.items[0].is_unix);
	gate_epoch_settle(&gate);
	assert_nothing_told();
}

static void
a_bad_snapshot_leaves_the_old_view(void **state)
{
	struct mm_slice good = compile(6, false);

	(void)state;
	assert_old_stays(seal(mm_slice_str("no snapshot"), true), "the old one stays");
	assert_old_stays(seal(mm_slice(good.ptr, good.len - 1), true), "the old one stays");
	assert_old_stays(seal(good, false), "no sealed memory");
	assert_old_stays(mm_sealed_new("empty"), "no sealed memory");
	assert_old_stays(open("/dev/null", O_RDONLY | O_CLOEXEC), "no sealed memory");
	assert_old_stays(snapshot(5, false), "epoch is not later");
	assert_old_stays(snapshot(4, false), "epoch is not later");
	free((void *)(uintptr_t)good.ptr);
	replace(snapshot(6, false));
	assert_int_equal(current_epoch(), 6);
	assert_int_equal(gate_views_newest(&gate.views)->proxies.count, 0);
}

static void
what_cannot_be_read_spoils_its_snapshot_alone(void **state)
{
	(void)state;
	assert_false(add_caller("s\0first", sizeof("s\0first") - 1));
	assert_false(add_caller("s\0first\0more", sizeof("s\0first\0more")));
	assert_false(add_caller("", 1));
	assert_false(add_caller("", 0));
	assert_false(add_proxy("localhost"));
	gate.next_spoiled = true;
	assert_old_stays(snapshot(6, false), "could not be read");
	replace(snapshot(6, false));
	assert_int_equal(current_epoch(), 6);
}

static void
a_finding_is_told_once(void **state)
{
	(void)state;
	replace(snapshot(6, true));
	/* One of each realm, since neither can be said to have the material rightly. */
	assert_int_equal(gate_views_newest(&gate.views)->trust->finding_count, 2);
	assert_true(told(MM_MESSAGE_GATE_ALARM));
	assert_true(told(MM_MESSAGE_GATE_ALARM));
	assert_nothing_told();
	replace(snapshot(7, true));
	replace(snapshot(8, false));
	replace(snapshot(9, true));
	assert_nothing_told();
	assert_int_equal(gate.metrics.findings[GATE_FINDING_KEY_MATERIAL], 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_snapshot_takes_what_came_before_it_along, begin, end),
		cmocka_unit_test_setup_teardown(an_epoch_is_told_when_no_older_view_is_used, begin, end),
		cmocka_unit_test_setup_teardown(a_bad_snapshot_leaves_the_old_view, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_spoils_its_snapshot_alone, begin, end),
		cmocka_unit_test_setup_teardown(a_finding_is_told_once, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
