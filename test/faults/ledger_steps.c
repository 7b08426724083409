/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real mintmark-ledger, with everybody else played, does a little of everything it does; and it is killed before or
 * behind the n-th of the calls by which it changes files or tells others, for every n; or its n-th call on a file, or
 * all from there on, fail in every way until that was told. Then it is started anew, by a clock that was set back, and
 * everything that must be so is looked at.
 *
 *	faults-ledger-steps LEDGER STEPS
 *		every n, by several processes; where a sanitizer makes it slow, some
 *	faults-ledger-steps LEDGER STEPS EVERY [FIRST [TEST]]
 *		every so manieth step, from the first one on
 */
#include "daemon/ipc/mint_ask.h"
#include "test/ledger_world.h"

/* The clock is so far ahead while tokens are made, and a third of it less when the ledger is started anew. */
#define CLOCK_AHEAD_S 1800

#define KID_LEN 43
#define SESSION "session-1"

/* Each waits most of its time. */
#define WORKERS 12
#define EVERY_SANITIZED (6 * WORKERS)

/* Fewer are none: the load does not do what it did. */
#define STEPS_MIN 100
#define FILE_STEPS_MIN 40

static const char *program, *preload;
static unsigned every = 1, first = 1;

/* A call, or all calls from one on, fail: what is not done is tried again until it is. */
static bool fails, lasts;

/* What an operator was told is done. */
static struct {
	bool tainted, revoked;
	char tainted_kid[64], revoked_kid[64];
} told;

static void
arm(enum steps_how how, unsigned from, unsigned to)
{
	world.steps->how = how;
	world.steps->first = from;
	world.steps->last = to;
	world.steps->calls = world.steps->hits = 0;
}

/* A disk that fails for long: it is told, and then it is mended. */
static void
mend(void)
{
	if (!lasts || world.steps->hits == 0)
		return;
	world_until(strstr(world.status, "\"state\":\"ok\"") == NULL && world.status[0] != '\0');
	arm(STEPS_COUNT, 0, 0);
}

/* ---- a little of everything ---- */

/* Have so many tokens of a realm made at once; whether the ledger is still there. */
static bool
issue(unsigned realm, unsigned count)
{
	unsigned opened = world.opened_count;
	size_t answered = world.token_count;
	struct mm_grant grant;
	uint64_t number = 0;

	world_grant(realm, &grant);
	for (unsigned i = 0; i < count; i++)
		number = world_open_ticket(realm, &grant);
	world_until(world.opened_count == opened + count);
	for (unsigned i = 0; i < count && !world.gone; i++)
		world_spend(realm, number - i);
	world_until(world.token_count == answered + count);
	return !world.gone;
}

static bool
wait_for_token(unsigned realm)
{
	int64_t end_ms = world_boot_ms() + WORLD_PATIENCE_MS;

	for (;;) {
		if (!issue(realm, 1))
			return false;
		if (world.tokens[world.token_count - 1].status == MM_MINT_DONE)
			return true;
		if (world_boot_ms() > end_ms)
			fail_msg("no token is made; status: %s", world.status);
		mend();
		world_pump(20);
	}
}

/* Send an operator's question about the first realm. */
static void
send_question(enum mm_mint_verb verb, const void *structure, size_t len)
{
	struct mm_mint_ask ask = { .number = 1, .verb = (uint16_t)verb };
	char payload[sizeof(ask) + sizeof(struct mm_ask_tenant)];

	assert_true(len <= sizeof(struct mm_ask_tenant));
	memcpy(ask.realm, world_realm_names[0], strlen(world_realm_names[0]));
	memcpy(payload, &ask, sizeof(ask));
	memcpy(payload + sizeof(ask), structure, len);
	world_tell(MM_MESSAGE_LEDGER_ASK, payload, sizeof(ask) + len, -1);
}

/* Whether it was done. */
static bool
ask(enum mm_mint_verb verb, const void *structure, size_t len)
{
	int64_t end_ms = world_boot_ms() + WORLD_PATIENCE_MS;

	do {
		unsigned answers = world.answers;

		send_question(verb, structure, len);
		world_until(world.answers > answers);
		if (world.gone || world.answer_done)
			return world.answers > answers && world.answer_done;
		mend();
		world_pump(20);
	} while (fails && world_boot_ms() < end_ms);
	fail_msg("question %d is refused: %s; status: %s", (int)verb, world.answer, world.status);
	return false;
}

static bool
ask_of_key(enum mm_mint_verb verb, const char *kid)
{
	struct mm_ask_key what = { .now = verb == MM_MINT_VERB_KEY_ROTATE };

	assert_true(mm_mint_text_set(&what.kid, mm_slice_str(kid)));
	return ask(verb, &what, sizeof(what));
}

static bool
add_tenant(void)
{
	struct mm_ask_tenant what = { .stated = MM_TENANT_STATES_DOMAINS };

	assert_true(mm_mint_text_set(&what.name, mm_slice_str("fabrikam")) &&
	    mm_mint_text_set(&what.id, mm_slice_str("ffffffff-0000-4000-8000-00000000000f")) &&
	    mm_mint_text_set(&what.domains, mm_slice_str("fabrikam.example")));
	return ask(MM_MINT_VERB_TENANT_ADD, &what, sizeof(what));
}

/* How many keys of the first realm are prepared and not the one to be revoked; kid is that of the last of them. */
static unsigned
count_prepared(char kid[64])
{
	unsigned count = 0;

	for (const char *at = world.lists[0].keys; (at = strstr(at, "\"kid\":\"")) != NULL; at++) {
		const char *state = strstr(at, "\"state\":\"");

		if (state == NULL || strncmp(state + 9, "prepared", 8) != 0 ||
		    strncmp(at + 7, told.revoked_kid, KID_LEN) == 0)
			continue;
		(void)snprintf(kid, 64, "%.*s", KID_LEN, at + 7);
		count++;
	}
	return count;
}

/* Whether two are prepared, at last. */
static bool
wait_for_prepared(char kid[64])
{
	int64_t end_ms = world_boot_ms() + WORLD_PATIENCE_MS;

	while (count_prepared(kid) < 2 && !world.gone) {
		if (world_boot_ms() > end_ms)
			fail_msg("no keys are prepared; status: %s", world.status);
		mend();
		world_pump(50);
	}
	return !world.gone;
}

/* The first key signs, two are prepared: all of what operators and a signer make a ledger do. */
static bool
change_keys(void)
{
	char kid[64];

	if (!wait_for_prepared(told.revoked_kid) || count_prepared(told.tainted_kid) == 0)
		return false;
	told.tainted = ask_of_key(MM_MINT_VERB_KEY_TAINT, told.tainted_kid);
	told.revoked = told.tainted && ask_of_key(MM_MINT_VERB_KEY_REVOKE, told.revoked_kid);
	if (!told.revoked)
		return false;
	/* Others are made in their place. */
	return wait_for_prepared(kid) && ask_of_key(MM_MINT_VERB_KEY_ROTATE, "") && add_tenant();
}

/* Have a session revoked until that is on record. */
static bool
revoke_session(void)
{
	int64_t end_ms = world_boot_ms() + WORLD_PATIENCE_MS;

	do {
		unsigned count = world.revoke_count;

		world_revoke(0, 1, MM_REVOKED_SESSION, SESSION, "");
		world_until(world.revoke_count > count);
		if (world.gone || world.revoked_until[0] == 1)
			return !world.gone;
		mend();
		world_pump(20);
	} while (world_boot_ms() < end_ms);
	fail_msg("nothing is revoked; status: %s", world.status);
	return false;
}

static bool
refuse_one(void)
{
	bool goes_on;

	world.signers[0].refuse = true;
	goes_on = issue(0, 1);
	world.signers[0].refuse = false;
	return goes_on;
}

/* All of it, as far as the ledger lives; false: it does not. */
static bool
work(void)
{
	memset(&told, 0, sizeof(told));
	world_start();
	world_join();
	if (world.gone || !wait_for_token(0) || !wait_for_token(1))
		return false;
	/* Not to before the keys were made: then none would sign. */
	world.steps->clock_offset_s = CLOCK_AHEAD_S;
	if (!issue(0, 3) || !issue(1, 2) || !refuse_one() || !revoke_session() || !wait_for_token(0))
		return false;
	/* And back: a promotion that was not told when it was to count is waited for. */
	world.steps->clock_offset_s = 0;
	return change_keys() && issue(0, 2);
}

/* ---- afterwards ---- */

static void
check_told(void)
{
	if (told.tainted) {
		assert_non_null(strstr(world.lists[0].keys, told.tainted_kid));
		assert_non_null(strstr(world.lists[0].keys, "\"tainted\":"));
	}
	if (told.revoked) {
		assert_non_null(strstr(world.lists[0].keys, told.revoked_kid));
		assert_non_null(strstr(world.lists[0].keys, "\"state\":\"revoked\""));
	}
	if (world.revoked_until[0] == 1)
		world_until(world_is_revoked(0, MM_REVOKED_SESSION, SESSION, 0));
}

/* Whether a signer keeps a key that no list names. */
static bool
is_left_over(void)
{
	for (unsigned i = 0; i < WORLD_REALMS; i++)
		for (size_t j = 0; j < world.signers[i].key_count; j++) {
			const struct world_key *key = &world.signers[i].keys[j];
			char kid[KID_LEN + 1] = "";

			mm_base64url_encode(mm_slice(key->thumbprint, MM_DIGEST_LEN), kid);
			if (!key->gone && strstr(world.lists[i].keys, kid) == NULL)
				return true;
		}
	return false;
}

/* Every token that left is on record, and others are made. */
static void
check_living(void)
{
	world_until_issuing();
	world_until(!is_left_over());
	world_check_tokens();
	check_told();
	world_check_no_alarm("tokens are recorded, but");
	world_check_no_alarm("damaged");
}

static void
end_in_order(void)
{
	world.no_patience = true;
	assert_int_equal(world_end(0), 0);
	world_hear_last_words();
}

/* It begins anew, or its signers as well, by a clock that was set back. */
static void
check_after(bool signers_anew)
{
	for (unsigned i = 0; signers_anew && i < WORLD_REALMS; i++)
		world.signers[i].count = world.signers[i].last_serial = 0;
	world.no_patience = false;
	world.steps->clock_offset_s = world.steps->clock_offset_s * 2 / 3;
	world_start();
	world_join();
	check_living();
	end_in_order();
	world_check_files();
}

static void
begin(void)
{
	world_make(program, preload);
	(void)snprintf(world.steps->victim, sizeof(world.steps->victim), "mintmark-ledger");
}

static void
tell(unsigned step)
{
	if (getenv("MM_TEST_ALARMS") != NULL)
		fprintf(stderr, "step %u: %s\n", step, world.steps->call);
}

/* ---- killed at each step ---- */

/* False: there was no such step. */
static bool
is_killed_at(unsigned step, enum steps_how how)
{
	bool hit;
	int status;

	begin();
	world.no_patience = true;
	arm(how, step, step);
	(void)work();
	status = world_end(0);
	hit = world.steps->hits > 0;
	tell(step);
	if (hit ? !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL : status != 0)
		fail_msg("step %u (%s): it ended with status %d", step, world.steps->call, status);
	world_hear_last_words();
	arm(STEPS_COUNT, 0, 0);
	check_after(step % 2 == 0);
	world_remove();
	return hit;
}

static void
kill_at_each_step(enum steps_how how)
{
	unsigned step = first;

	fails = lasts = false;
	while (is_killed_at(step, how))
		step += every;
	assert_true(step > STEPS_MIN);
}

static void
it_is_killed_before_each_step(void **state)
{
	(void)state;
	kill_at_each_step(STEPS_KILL_BEFORE);
}

static void
it_is_killed_behind_each_step(void **state)
{
	(void)state;
	kill_at_each_step(STEPS_KILL_AFTER);
}

/* ---- failing at each step ---- */

static bool
fails_at(unsigned step, enum steps_how how)
{
	bool hit;

	begin();
	arm(how, step, lasts ? UINT32_MAX : step);
	assert_true(work());
	mend();
	if (lasts)
		world.steps->last = 0;
	check_living();
	world_until(strstr(world.status, "\"state\":\"ok\"") != NULL);
	end_in_order(); /* a call may fail even then: its files are looked at after the next start */
	tell(step);
	hit = world.steps->hits > 0 || world.steps->first == 0;
	arm(STEPS_COUNT, 0, 0);
	check_after(step % 2 == 0);
	world_remove();
	return hit;
}

static void
fail_at_each_step(enum steps_how how)
{
	unsigned step = first;

	fails = true;
	while (fails_at(step, how))
		step += every;
	assert_true(step > FILE_STEPS_MIN);
}

static void
each_call_fails_once(void **state)
{
	(void)state;
	lasts = false;
	fail_at_each_step(STEPS_EIO);
	fail_at_each_step(STEPS_SHORT);
}

static void
each_call_fails_for_long(void **state)
{
	(void)state;
	lasts = true;
	fail_at_each_step(STEPS_ENOSPC);
}

/* ---- all of it ---- */

static unsigned
first_of(unsigned worker, unsigned from, unsigned step)
{
	return 1 + (from + worker * step / WORKERS) % step;
}

/* Every step, by processes that take turns. */
static int
share(char **argv, unsigned step)
{
	unsigned from = (unsigned)time(NULL) % step;
	pid_t workers[WORKERS];
	bool failed = false;
	char numbers[2][16];
	int status;

	for (unsigned i = 0; i < WORKERS; i++) {
		(void)snprintf(numbers[0], sizeof(numbers[0]), "%u", step);
		(void)snprintf(numbers[1], sizeof(numbers[1]), "%u", first_of(i, from, step));
		workers[i] = fork();
		if (workers[i] == 0) {
			execl("/proc/self/exe", argv[0], argv[1], argv[2], numbers[0], numbers[1], NULL);
			_exit(2);
		}
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		if (workers[i] != -1 && waitpid(workers[i], &status, 0) != -1 && status == 0)
			continue;
		fprintf(stderr, "to have this again: %s %s %s %u %u\n", argv[0], argv[1], argv[2], step,
		    first_of(i, from, step));
		failed = true;
	}
	return failed;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_killed_before_each_step),
		cmocka_unit_test(it_is_killed_behind_each_step),
		cmocka_unit_test(each_call_fails_once),
		cmocka_unit_test(each_call_fails_for_long),
	};
	const char *sanitized = getenv("MINTMARK_SANITIZED");

	if (argc < 3) {
		fprintf(stderr, "usage: %s LEDGER STEPS [EVERY [FIRST [TEST]]]\n", argv[0]);
		return 2;
	}
	if (argc == 3)
		return share(argv, sanitized != NULL && sanitized[0] == '1' ? EVERY_SANITIZED : WORKERS);
	program = argv[1];
	preload = argv[2];
	every = (unsigned)strtoul(argv[3], NULL, 10);
	first = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 1;
	if (argc > 5)
		cmocka_set_test_filter(argv[5]);
	signal(SIGPIPE, SIG_IGN);
	return every == 0 || first == 0 ? 2 : cmocka_run_group_tests(tests, NULL, NULL);
}
